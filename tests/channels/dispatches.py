"""A dispatch as an adapter gets it, for tests; a file; and a mark that counts."""

from typing import Any

from app.domain.channels import Dispatch, OutgoingFile


def dispatch(**members: Any) -> Dispatch:
    """One claimed message; `members` replace what a test is about."""
    plain: dict[str, Any] = {
        "tenant_id": "t", "queue_id": "0197a000-0000-7000-8000-00000000aaaa", "message_id": "m1", "thread_id": "th1",
        "channel": "form", "provider": "webform", "attempt": 1, "idempotency_key": "k", "recipient": "", "body": "Hello",
        "recipient_name": "Ann", "subject": None, "sender_kind": "agent", "sender_address": "desk@acme.test",
        "sender_name": "Olivia Owner", "session_address": "desk", "external_message_id": None, "in_reply_to": None,
        "references": (), "session_config": {}, "secrets": {},
    }  # fmt: skip
    return Dispatch(**(plain | members))


def file(data: bytes, content_type: str, filename: str = "file.bin") -> OutgoingFile:
    """A file to send."""
    return OutgoingFile(id="f", filename=filename, content_type=content_type, size_bytes=len(data), data=data)


class Mark:
    """A `before_send` that counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    async def __call__(self) -> None:
        self.calls += 1
