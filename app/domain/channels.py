"""The channel port: what every channel adapter declares and how a dispatch ends. No I/O here."""

from typing import Any, Literal, Protocol

import msgspec

Channel = Literal["email", "whatsapp", "telegram", "sms", "form", "phone", "push", "in_app"]
DeliveryClass = Literal["I", "N"]
OutcomeKind = Literal["accepted", "rejected", "retry", "unknown", "refused"]
"""`refused` is the router's own: a rule of ours stopped the message between claim and call."""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel can do, stated once so that the core never asks which channel it is."""

    channel: str
    delivery_class: DeliveryClass
    """`I`: the provider honours an idempotency key. `N`: it does not, so an unfinished call is never resent."""
    max_body_chars: int
    max_attachment_bytes: int
    receipts: frozenset[str] = frozenset()
    can_edit: bool = False
    can_unsend: bool = False


class Dispatch(msgspec.Struct, frozen=True, kw_only=True):
    """One outbound message, claimed and ready to send."""

    tenant_id: str
    queue_id: str
    message_id: str
    thread_id: str
    attempt: int
    idempotency_key: str
    recipient: str
    recipient_name: str
    body: str
    subject: str | None
    sender_kind: str
    sender_address: str
    sender_name: str
    external_message_id: str | None
    in_reply_to: str | None
    references: tuple[str, ...]
    session_config: dict[str, Any]
    secrets: dict[str, str]
    purpose: str = "reply"
    """`reply`, `follow_up`, `notification` or `marketing`; the last two carry List-Unsubscribe on e-mail."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a dispatch ended. `retry` means: nothing can have been delivered, try again after `retry_after_s`."""

    kind: OutcomeKind
    provider: str
    provider_message_id: str | None = None
    error_code: str | None = None
    error: str | None = None
    retry_after_s: float | None = None
    suppress_recipient: bool = False
    """The provider said that this address does not exist: a hard bounce in the dialogue."""


class BeforeSend(Protocol):
    """Commits the `send_started` mark. Must be awaited just before the call that could deliver."""

    async def __call__(self) -> None: ...


class Adapter(Protocol):
    """One channel's way out."""

    capabilities: Capabilities

    async def send(self, dispatch: Dispatch, before_send: BeforeSend) -> Outcome:
        """Send one message. Never raises for provider errors: every ending is an `Outcome`."""
        ...

    async def close(self) -> None:
        """Release pooled connections."""
        ...
