"""Numbers of businesses, the people who write to them, and the files both send."""

import base64
import hashlib
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from devstack.providers.limits import Buckets

Json = dict[str, Any]
WINDOW_S = 24 * 3600.0
PLACE = re.compile(r"\{\{(\w+)\}\}")
"""A place of a template's text."""


class GraphError(Exception):
    """A refusal in the words of the Graph API."""

    def __init__(self, code: int, message: str, details: str = "", status: int = 400, **headers: str) -> None:
        super().__init__(message)
        self.code, self.message, self.details, self.status, self.headers = code, message, details, status, headers

    def body(self) -> Json:
        """As Meta writes it."""
        data = {"messaging_product": "whatsapp", "details": self.details}
        return {"error": {
            "message": f"(#{self.code}) {self.message}", "type": "OAuthException", "code": self.code,
            **({"error_data": data} if self.details else {}), "fbtrace_id": secrets.token_urlsafe(8),
        }}  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """How much a number may send: messages a second overall, and to one person a second with how many at once."""

    number_per_second: float = 80.0
    number_burst: int = 80
    pair_per_second: float = 1 / 6
    pair_burst: int = 45


@dataclass
class File:
    """Something uploaded or sent."""

    data: bytes
    content_type: str

    @property
    def digest(self) -> str:
        """SHA-256 as hex."""
        return hashlib.sha256(self.data).hexdigest()


class Number:
    """One number of a business, with what a test may change about it."""

    def __init__(self, phone_number_id: str, display: str, limits: Limits) -> None:
        self.id, self.display = phone_number_id, display
        self.token, self.app_secret, self.webhook = "", "", ""
        self.quality = "GREEN"
        self.business, self.subscribed = str(int(phone_number_id) + 1), True
        """The WhatsApp Business Account it belongs to, and whether an app is subscribed to that."""
        self.override = ""
        """A callback URL of the number's own."""
        self.wrote: dict[str, float] = {}
        """Person → when he wrote last, by the clock."""
        self.templates: dict[tuple[str, str], Json] = {}
        """(name, language) → the template, as GET lists it."""
        self.refusals: dict[str, GraphError] = {}
        """Person → what every send to him is refused with."""
        self.failures: dict[str, tuple[int, str]] = {}
        """Person → the error his messages fail with after they were accepted."""
        self.all = Buckets(limits.number_per_second, limits.number_burst)
        self.pairs = Buckets(limits.pair_per_second, limits.pair_burst)

    def about(self) -> Json:
        """What GET says of it."""
        return {"verified_name": "Demo", "display_phone_number": self.display, "quality_rating": self.quality,
                "id": self.id}  # fmt: skip

    def callbacks(self) -> Json:
        """Who is called for it, as `webhook_configuration` tells."""
        own = {"phone_number": self.override} if self.override else {}
        app = {"application": self.webhook} if self.webhook else {}
        return {"webhook_configuration": own | app, "id": self.id}

    def subscriptions(self) -> Json:
        """The apps that hear of what happens in its WhatsApp Business Account."""
        app = {"link": "https://www.facebook.com/games/?app_id=1", "name": "Parley", "id": "1"}
        return {"data": [{"whatsapp_business_api_data": app}] if self.subscribed else []}

    def approve(self, name: str, language: str, text: str = "Hello", *parts: Json, **members: Any) -> Json:
        """A template of the business, approved unless `status` says otherwise; `parts` are its other components."""
        named = any(not place.isdigit() for place in PLACE.findall(text))
        made = {"name": name, "language": language, "status": "APPROVED", "category": "UTILITY",
                "parameter_format": "NAMED" if named else "POSITIONAL", "id": str(10**14 + len(self.templates)),
                "components": [*parts, {"type": "BODY", "text": text}], **members}  # fmt: skip
        self.templates[name, language] = made
        return made

    def is_open(self, person: str) -> bool:
        """Whether free text may be sent to him."""
        return time.time() - self.wrote.get(person, 0.0) < WINDOW_S


@dataclass
class Files:
    """What was uploaded, by id."""

    held: dict[str, File] = field(default_factory=dict)

    def keep(self, data: bytes, content_type: str) -> str:
        """Its id."""
        made = str(secrets.randbelow(10**15) + 10**14)
        self.held[made] = File(data, content_type)
        return made


def new_wamid() -> str:
    """An id as WhatsApp gives to a message."""
    return "wamid." + base64.b64encode(secrets.token_bytes(30)).decode()
