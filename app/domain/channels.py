"""The channel port (what an adapter declares, is given, how a dispatch ends) and a tenant's accounts. No I/O."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol, runtime_checkable

import msgspec

from app.domain.inbound import ChannelEvent

NAME = r"^[a-z][a-z0-9_]{0,40}(?![\s\S])"
Channel = Annotated[str, msgspec.Meta(pattern=NAME)]
"""email, whatsapp, telegram, sms, form, phone, push, in_app, or one that was added."""
SessionStatus = Literal["pending", "connected", "degraded", "disconnected", "paused", "deleted"]
DeliveryClass = Literal["I", "N"]
Direction = Literal["both", "in", "out"]
OutcomeKind = Literal["accepted", "rejected", "retry", "unknown", "refused", "manual"]
"""`refused` is the router's own: a rule of ours stopped the message between claim and call. `manual`: a person has to
do it; the row waits until he says how it went."""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider can do, stated once: the router registers it in Postgres, which enforces limits, window and pace.

    The core never asks which channel it is.
    """

    provider: str
    """The adapter's name, unique in the installation; a channel session names the one it uses."""
    channel: str
    delivery_class: DeliveryClass
    """`I`: the provider honours an idempotency key. `N`: it does not, so an unfinished call is never resent."""
    key_hours: int | None = None
    """How long a key is honoured from the first call on; None: for ever. After that an unfinished call is unknown."""
    max_body_chars: int
    counts_utf16: bool = False
    """Limits of text are in UTF-16 units: most emojis are two."""
    max_attachment_bytes: int = 0
    """Of the files of one message together."""
    max_attachments: int = 0
    """Most files of one message; none, unless it says so."""
    max_caption_chars: int | None = None
    """Most characters of a text beside files; as many as of any text, unless it says less."""
    captionless: frozenset[str] = frozenset()
    """Kinds of files (`audio`, `video` …) beside which no text is shown."""
    fetches_files: bool = False
    """It fetches files from `OutgoingFile.url`, instead of being given them."""
    direction: Direction = "both"
    window_hours: int | None = None
    """Free text only within so many hours of the contact's last message; templates at any time."""
    session_per_second: float | None = None
    """Most sends of one account a second."""
    recipient_interval_s: float | None = None
    """Least pause between two sends to one recipient, in seconds."""
    receipts: frozenset[str] = frozenset()
    """The kinds of `Receipt` it gives."""
    can_edit: bool = False
    """What was sent can be changed: the recipient sees what stands here. Elsewhere changing it is refused."""
    can_unsend: bool = False
    """What was sent can be taken back: the recipient sees what stands here. Elsewhere deleting it is refused."""
    check_every_s: float = 300.0
    """How long an account is not asked about again, in seconds."""
    secret_rules: dict[str, str] = {}
    """Name of a secret → the regular expression its whole value must match."""
    can_pair: bool = False
    """An account is paired with a phone, by a code that a bridge shows."""
    webhook_secrets: frozenset[str] = frozenset()
    """The secrets of an account that verifying its provider's calls needs: the edge function gets no others."""
    webhook_function: str | None = None
    """The edge function it calls. With `delivered` among `receipts`, one that is silent for a day is degraded."""
    webhook_optional: bool = False
    """Only accounts with a `config.webhook` are called."""
    address_kind: Literal["email", "phone"] | None = None
    """Whether the channel's people are reached at an address that other channels use too: one number is one person."""
    recipient_prefix: str | None = None
    """How addresses begin that an account reaches, if not every one; `{account}` in it is the account's own address."""


def webhook_path(function: str, session_id: str) -> str:
    """Where an edge function is called for an account, below the public address."""
    return f"/functions/v1/{function}/{session_id}"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One account of a tenant as an adapter or receiver sees it; its secrets are open."""

    tenant_id: str
    session_id: str
    channel: str
    provider: str
    address: str
    config: dict[str, Any]
    secrets: dict[str, str]


class OutgoingFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file to send along."""

    id: str
    filename: str
    content_type: str
    size_bytes: int
    data: bytes = b""
    url: str = ""
    """Where a provider that fetches files finds it, while the message is sent and for an hour."""


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """The links a mail may carry, as addresses below PARLEY_PUBLIC_URL; a reply has none."""

    unsubscribe: str | None = None
    open: str | None = None
    """A picture: whoever loads it has probably opened the mail."""
    clicks: dict[str, str] = {}
    """Web address in the body → the address that leads there by way of us."""


class Template(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A text the provider has approved, and what its places are filled with: in their order, or by name."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]{1,512}(?![\s\S])")]
    language: Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?(?![\s\S])")]
    variables: list[str] | dict[str, str] = []
    header: list[str] | dict[str, str] = []
    """The places of a header that is text."""
    header_link: Annotated[str, msgspec.Meta(pattern=r"^https://[^\s]{1,2000}(?![\s\S])")] | None = None
    """Where a header that is a picture, video or document is fetched, if the message carries no file."""
    buttons: dict[str, str] = {}
    """What buttons are filled with, by their number from 0: the end of an address, a code, or what comes back."""


class TemplateHeader(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands above a template's text."""

    kind: Literal["text", "image", "video", "document"]
    places: int | list[str] = 0
    """How many values, or their names; text alone has some."""


class TemplateShape(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a send has to give with a template."""

    body: int | list[str] = 0
    header: TemplateHeader | None = None
    buttons: dict[str, str] = {}
    """Number → url, copy_code or quick_reply; the last may be left out."""
    unsupported: str | None = None
    """What in it is not sent from here."""


class ApprovedTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A template as the provider has it; only `approved` is sent. `components` are its texts, as the provider writes
    them."""

    name: str
    language: str
    status: str
    category: str
    shape: TemplateShape
    components: list[Any]


class Dispatch(msgspec.Struct, frozen=True, kw_only=True):
    """One outbound message, claimed and ready to send."""

    tenant_id: str
    queue_id: str
    message_id: str
    thread_id: str
    channel: str
    provider: str
    attempt: int
    idempotency_key: str
    recipient: str
    recipient_name: str
    body: str
    subject: str | None
    sender_kind: str
    sender_address: str
    sender_name: str
    session_address: str
    external_message_id: str | None
    in_reply_to: str | None
    """The external id of the newest message this one refers to, as its receiver stored it."""
    references: tuple[str, ...]
    session_config: dict[str, Any]
    secrets: dict[str, str]
    session_id: str = ""
    message_type: str = "text"
    metadata: dict[str, Any] = {}
    """Channel facts of the message."""
    template: Template | None = None
    """What is sent in place of the body, where the provider takes no free text."""
    template_shape: TemplateShape | None = None
    """What it asks for, where the account's templates were read."""
    attachments: tuple[OutgoingFile, ...] = ()
    purpose: str = "reply"
    """`reply`, `conversation` (a person writes first), `follow_up`, `notification` or `marketing`; the last two carry
    List-Unsubscribe on e-mail."""
    links: Links = Links()


class ManualTask(msgspec.Struct, frozen=True, kw_only=True):
    """What a person is asked to do. What to say is the message's body."""

    kind: str
    """call or form."""
    title: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a dispatch ended. `retry` means: nothing can have been delivered, try again after `retry_after_s`."""

    kind: OutcomeKind
    provider: str
    provider_message_id: str | None = None
    error_code: str | None = None
    """`429` makes every row of the account wait `retry_after_s`, where the provider declared a pace."""
    error: str | None = None
    retry_after_s: float | None = None
    suppress_recipient: bool = False
    """The provider said that this address does not exist: a hard bounce in the dialogue."""
    opted_out: bool = False
    """The provider said that this person wants nothing from us."""
    task: ManualTask | None = None
    """For `manual`; `error_code` says why."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of an account: `connected`, `degraded` (works, with trouble) or `disconnected`."""

    status: Literal["connected", "degraded", "disconnected"]
    reason: str | None = None
    webhook_lost: bool = False
    """The provider does not call us as it should: the webhook is set again."""
    proves_address: bool = False
    """The provider itself says that the account's address is this account's: it is verified by that."""


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a provider, verified and stored by the edge function, still as it came."""

    event_id: str
    headers: dict[str, str]
    payload: bytes


class BeforeSend(Protocol):
    """Commits the `send_started` mark. Must be awaited just before the call that could deliver."""

    async def __call__(self) -> None: ...


class Adapter(Protocol):
    """One provider's way out. A module of `app.channels` offers it by a function `create_adapter(settings)`."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    async def send(self, dispatch: Dispatch, before_send: BeforeSend) -> Outcome:
        """Send one message. Never raises for provider errors: every ending is an `Outcome`."""
        ...

    async def close(self) -> None:
        """Release pooled connections."""
        ...


@runtime_checkable
class ReadsWebhooks(Protocol):
    """An adapter whose provider pushes: it turns a stored call into events."""

    async def read_webhook(self, webhook: Webhook, session: Session) -> Sequence[ChannelEvent]:
        """What the call says, in its order. May fetch media. Raises ValueError for a call that makes no sense."""
        ...


class TemplatesRefusedError(Exception):
    """The provider does not give out the account's templates; the message is for a person."""


@runtime_checkable
class ListsTemplates(Protocol):
    """An adapter whose provider approves templates."""

    async def templates(self, session: Session) -> list[ApprovedTemplate] | None:
        """All of an account; None when its config does not say where they are, or the provider does not answer. Raises
        TemplatesRefusedError."""
        ...


@runtime_checkable
class ChecksHealth(Protocol):
    """An adapter that can ask its provider whether an account works."""

    async def check(self, session: Session) -> Health:
        """One cheap call to the provider. Raises nothing for what the provider answers."""
        ...


@runtime_checkable
class KeepsWebhook(Protocol):
    """An adapter that tells its provider whom to call. For accounts with mode webhook; doing it twice does no harm."""

    @property
    def webhook_place(self) -> str:
        """The public address our functions are below. With another one every webhook is set anew."""
        ...

    async def set_webhook(self, session: Session) -> Health:
        """Have the account called. Connected: done; else why not. Raises nothing for what the provider answers."""
        ...

    async def remove_webhook(self, session: Session) -> Health:
        """Have it called no more, where it is us that are called. Connected: done, or there was none of ours."""
        ...


class ChannelTemplate(msgspec.Struct, frozen=True):
    """A template of an account, as its provider had it when it was read last."""

    name: str
    language: str
    status: str
    category: str
    shape: dict[str, Any]
    components: list[Any]
    read_at: datetime
