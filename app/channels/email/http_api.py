"""What e-mail providers with an HTTP API have in common: the mail of a dispatch, and what an answer means.

Whether what is `unknown` leads to another try is the business of the delivery class.
"""

import json
import re
from typing import Any

from app.channels.email.compose import HeaderError, address_fields, extra_fields
from app.channels.email.outgoing import MissingFileError, to_mail
from app.channels.http_api import AUTH_PAUSE_S, Answer, HttpApi, NoAnswerError, NotReachedError
from app.domain.channels import BeforeSend, Dispatch, Health, Outcome
from app.domain.email import OutgoingMail

QUOTA_PAUSE_S = 3600.0
_SUPPRESSED = re.compile(r"(?i)\bsuppress(?:ed|ion list)\b")


class MailApi:
    """One provider's HTTP API. `base_url` is the operator's choice alone: a tenant's could point anywhere."""

    def __init__(self, provider: str, base_url: str, *, answer_s: float = 30.0, connections: int = 16) -> None:
        self.provider = provider
        self._api = HttpApi(base_url, answer_s=answer_s, connections=connections)

    async def close(self) -> None:
        """Close idle connections."""
        await self._api.close()

    async def deliver(
        self, path: str, document: dict[str, Any], headers: dict[str, str], before_send: BeforeSend
    ) -> Answer | Outcome:
        """POST the call that delivers; the provider's answer, or the outcome when there is none."""
        await before_send()
        try:
            return await self._call("POST", path, headers, document)
        except NotReachedError as error:
            return self.ended("retry", "connection", str(error))
        except NoAnswerError as error:
            return self.ended("unknown", "no_answer", str(error))

    async def look(self, path: str, headers: dict[str, str], *, restricted: tuple[int, ...] = ()) -> Health:
        """GET what needs nothing but a valid key; `restricted` answers come from a key that may do less, and works."""
        try:
            answer = await self._call("GET", path, headers)
        except (NotReachedError, NoAnswerError) as error:
            return Health(status="degraded", reason=str(error))
        if answer.status < 300 or answer.status in restricted:
            return Health(status="connected")
        if answer.status in {401, 403}:
            return Health(status="disconnected", reason=f"the provider refuses the key: {answer.text[:200]}")
        return Health(status="degraded", reason=f"the provider answers {answer.status}: {answer.text[:200]}")

    def ended(self, kind: Any, code: str, text: str, after_s: float | None = None, *, gone: bool = False) -> Outcome:
        """An outcome of this provider."""
        return Outcome(
            kind=kind, provider=self.provider, error_code=code, error=text[:500], retry_after_s=after_s,
            suppress_recipient=gone,
        )  # fmt: skip

    def refused(self, answer: Answer, name: str, text: str) -> Outcome:
        """What an answer that is no success means, when the provider's own codes have not decided it."""
        said = f"{name}: {text}" if name else text or f"HTTP {answer.status}"
        status, after = answer.status, answer.retry_after_s
        if status == 429:
            return self.ended("retry", "429", said, after)
        if status in {401, 403}:
            # The key or the domain is to be mended; the mail is fine.
            return self.ended("retry", "auth", said, AUTH_PAUSE_S)
        if status == 408 or 300 <= status < 400:
            return self.ended("retry", str(status), said, after)
        if 400 <= status < 500:
            return self.ended("rejected", name or str(status), said, gone=bool(_SUPPRESSED.search(said)))
        return self.ended("unknown", str(status), said, after)

    async def _call(self, method: str, path: str, headers: dict[str, str], document: Any = None) -> Answer:
        content = None if document is None else json.dumps(document, ensure_ascii=False, sort_keys=True).encode()
        kind = {} if content is None else {"Content-Type": "application/json"}
        return await self._api.call(method, path, headers={**kind, **headers}, content=content)


def prepared(api: MailApi, dispatch: Dispatch) -> tuple[str, OutgoingMail] | Outcome:
    """The account's key and the mail of a dispatch, else why it cannot be sent."""
    key = dispatch.secrets.get("api_key")
    if not key or not key.isascii():
        return api.ended("retry", "auth", "the account has no secret api_key", AUTH_PAUSE_S)
    mail = readable(api, dispatch)
    return mail if isinstance(mail, Outcome) else (key.strip(), mail)


def readable(api: MailApi, dispatch: Dispatch) -> OutgoingMail | Outcome:
    """The mail of a dispatch when every field of it may stand in a header, else why not."""
    try:
        mail = to_mail(dispatch)
        address_fields(mail)
    except HeaderError as error:
        return api.ended("rejected", "invalid_header", f"the mail cannot be written: {error}")
    except MissingFileError as error:
        return api.ended("rejected", "missing_file", str(error))
    return mail


def plain_headers(mail: OutgoingMail) -> dict[str, str]:
    """Thread, loop and unsubscribe headers on one line each; Reply-To has a field of its own in every API."""
    fields = {name: value.replace("\r\n", "") for name, value in extra_fields(mail)}
    fields.pop("Reply-To", None)
    return fields


def named(address: str, name: str) -> str:
    """`"Name" <address>`, or the bare address."""
    shown = name.strip().replace("\\", "\\\\").replace('"', '\\"')
    return f'"{shown}" <{address}>' if shown else address
