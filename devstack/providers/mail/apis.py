"""What the two APIs say to a request, as their documentation tells it: `(status, document)`. No network in here."""

import base64
import binascii
import json
import re
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

Reply = tuple[int, Any]
Json = dict[str, Any]
_ADDRESS = r"[^\s@<>\"]+@[a-z0-9.-]+"


class Api(ABC):
    """One provider with the mails it took, in order. Header names are in lower case."""

    path = ""

    def __init__(self, key: str) -> None:
        self.key = key
        self.mails: list[Json] = []

    @abstractmethod
    def answer(self, headers: Mapping[str, str], document: Any) -> Reply:
        """To a POST to `path`."""

    @abstractmethod
    def look(self, headers: Mapping[str, str]) -> Reply:
        """To a GET that only needs a valid key."""

    @abstractmethod
    def queue_id(self, mail: Json) -> str:
        """The queue row a taken mail names."""


class ResendApi(Api):
    """`POST /emails` with idempotency keys."""

    path = "/emails"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.keys: dict[str, tuple[str, str]] = {}
        """Idempotency key → the id it made, and the body it made it from."""

    def answer(self, headers: Mapping[str, str], document: Any) -> Reply:
        """A repeated key with the same body gives the first answer again; with another body it is refused."""
        if headers.get("authorization") != f"Bearer {self.key}":
            return 403, {"statusCode": 403, "name": "invalid_api_key", "message": "API key is invalid"}
        if fault := _resend_fault(document):
            return 422, {"statusCode": 422, "name": "validation_error", "message": fault}
        key, payload = headers.get("idempotency-key", ""), json.dumps(document, sort_keys=True)
        if not 1 <= len(key) <= 256:
            return 400, {"statusCode": 400, "name": "invalid_idempotency_key", "message": "1-256 chars"}
        if key in self.keys:
            made, before = self.keys[key]
            if before != payload:
                return 409, {"statusCode": 409, "name": "invalid_idempotent_request", "message": "other payload"}
            return 200, {"id": made}
        made = str(uuid.uuid4())
        self.keys[key] = (made, payload)
        self.mails.append(document)
        return 200, {"id": made}

    def look(self, headers: Mapping[str, str]) -> Reply:
        """`GET /domains`; a key that may only send says so."""
        if headers.get("authorization") == f"Bearer {self.key}":
            return 200, {"data": []}
        if headers.get("authorization") == "Bearer re_sending_only":
            return 401, {"name": "restricted_api_key", "message": "This API key is restricted to only send emails"}
        return 403, {"name": "invalid_api_key", "message": "API key is invalid"}

    def queue_id(self, mail: Json) -> str:
        """From its tags."""
        return next((str(tag["value"]) for tag in mail["tags"] if tag["name"] == "queue_id"), "")


class SparkPostApi(Api):
    """`POST /api/v1/transmissions`: whoever asks twice, sends twice."""

    path = "/api/v1/transmissions"

    def answer(self, headers: Mapping[str, str], document: Any) -> Reply:
        """Every accepted call is a mail of its own."""
        if headers.get("authorization") != self.key:
            return 401, {"errors": [{"message": "Unauthorized."}]}
        if not isinstance(document, dict):
            return 422, _error("1300", "invalid data format/type", "no object")
        content, recipients = document.get("content", {}), document.get("recipients", [])
        if not recipients or not content.get("from", {}).get("email") or not content.get("subject"):
            return 422, _error("1400", "required field is missing", "content object or template_id required")
        if {name.lower() for name in content.get("headers", {})} & {"from", "to", "subject", "reply-to"}:
            return 422, _error("1300", "invalid data format/type", "header not allowed")
        if fault := _base64_fault(one["data"] for one in content.get("attachments", [])):
            return 422, _error("1300", "invalid data format/type", fault)
        self.mails.append(document)
        made = str(uuid.uuid4().int)[:17]
        return 200, {"results": {"total_rejected_recipients": 0, "total_accepted_recipients": 1, "id": made}}

    def look(self, headers: Mapping[str, str]) -> Reply:
        """`GET /api/v1/account`; a key that may only send is forbidden to look."""
        known = {self.key: 200, "sending-only": 403}
        return known.get(headers.get("authorization", ""), 401), {"results": {}}

    def queue_id(self, mail: Json) -> str:
        """From its metadata."""
        return str(mail["metadata"]["queue_id"])


def _resend_fault(document: Any) -> str | None:
    document = document if isinstance(document, dict) else {}
    if not re.fullmatch(rf'{_ADDRESS}|"(?:[^"\\]|\\.)+" <{_ADDRESS}>', document.get("from", "")):
        return "Invalid `from` field"
    if not all(re.fullmatch(_ADDRESS, one) for one in document.get("to", ["?"])):
        return "Invalid `to` field"
    if not document.get("subject") or not (document.get("text") or document.get("html")):
        return "Missing `subject` or `text`"
    if any(re.search(r"[\r\n]", name + value) for name, value in document.get("headers", {}).items()):
        return "Invalid `headers`"
    if any(not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", one["name"] + one["value"]) for one in document.get("tags", [])):
        return "Invalid `tags`"
    return _base64_fault(one["content"] for one in document.get("attachments", []))


def _error(code: str, message: str, description: str) -> Json:
    return {"errors": [{"code": code, "message": message, "description": description}]}


def _base64_fault(contents: Iterable[Any]) -> str | None:
    for content in contents:
        try:
            base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            return "Invalid attachment content"
    return None
