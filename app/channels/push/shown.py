"""What a notification shows, the same for a browser and for an app: no way out knows more than this.

| member | what it is |
|---|---|
| `title`, `body`, `image` | what is read and seen |
| `url` | where a tap leads |
| `badge` | a number for the app's icon; a text is the address of a browser's little picture |
| `actions` | buttons, each an `action` and its `title` |
| `category` | what the app calls these buttons; without it, the actions' names joined by `_` |
| `tag` | a newer one with it replaces the older |
| `data` | what the app is told beside |
"""

from typing import Any, Protocol

import msgspec

from app.domain.channels import BeforeSend, Dispatch, Outcome, OutcomeKind, Session

KEPT_S = 24 * 3600
"""How long a push service keeps a notification for a device that is off."""
PREVIEW_CHARS = 600
"""What a notification shows of a message."""
PAYLOAD_MOST = 4096
"""Bytes the push services of apps take."""
RICH = ("icon", "image", "badge", "url", "actions", "category")
"""What a message says for itself, in `metadata.push`."""


class Push(msgspec.Struct, frozen=True, kw_only=True):
    """One notification for one device."""

    address: str
    shown: dict[str, Any]
    topic: str
    """While a device is off, the newest of a topic waits for it."""
    urgent: bool


class Way(Protocol):
    """One kind of device."""

    async def push(self, push: Push, account: Session | None, before_send: BeforeSend) -> Outcome:
        """Push one. `account` is what an app is reached with; a browser is reached without. Raises what `before_send`
        does and nothing else."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class Device(msgspec.Struct, frozen=True):
    """An app on a device, as its address names it: `fcm:<project>/<token>` or `apns:<bundle>/<token>`."""

    kind: str
    app: str
    token: str


def device(address: str) -> Device:
    """The device behind an address. Raises ValueError."""
    kind, _, rest = address.partition(":")
    app, _, token = rest.partition("/")
    if not (app and token):
        raise ValueError("this is no app on a device")
    return Device(kind, app, token)


def of_message(dispatch: Dispatch) -> Push:
    """A message of a conversation. The body is cut to what a notification shows; the app reads the rest."""
    rich = dispatch.metadata.get("push")
    shown: dict[str, Any] = {
        "title": (dispatch.subject or dispatch.sender_name)[:120], "body": dispatch.body[:PREVIEW_CHARS],
        "tag": dispatch.thread_id,
        "data": {"thread_id": dispatch.thread_id, "message_id": dispatch.message_id, "tenant_id": dispatch.tenant_id},
    }  # fmt: skip
    if isinstance(rich, dict):
        shown |= {name: rich[name] for name in RICH if name in rich}
    return Push(
        address=dispatch.recipient, shown=shown, topic=dispatch.thread_id, urgent=dispatch.purpose == "reply"
    )  # fmt: skip


def account_of(dispatch: Dispatch) -> Session:
    """What a message is sent with."""
    return Session(
        tenant_id=dispatch.tenant_id, session_id=dispatch.session_id, channel=dispatch.channel,
        provider=dispatch.provider, address=dispatch.session_address, config=dispatch.session_config,
        secrets=dispatch.secrets,
    )  # fmt: skip


def badge(shown: dict[str, Any]) -> int | None:
    """The number for the app's icon, if it is one."""
    number = shown.get("badge")
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 1_000_000 else None


def actions(shown: dict[str, Any]) -> list[dict[str, str]]:
    """The buttons that make sense."""
    given = shown.get("actions")
    return [
        {"action": one["action"], "title": one["title"]}
        for one in (given if isinstance(given, list) else [])
        if isinstance(one, dict) and isinstance(one.get("action"), str) and isinstance(one.get("title"), str)
    ]


def category(shown: dict[str, Any]) -> str:
    """What an app calls the buttons it has for this; empty without buttons."""
    named = shown.get("category")
    return named if isinstance(named, str) else "_".join(one["action"] for one in actions(shown))


def link(shown: dict[str, Any]) -> str:
    """Where a tap leads; empty where nobody said."""
    url = shown.get("url")
    return url if isinstance(url, str) else ""


def picture(shown: dict[str, Any]) -> str:
    """The address of a picture; apps load it over https alone."""
    image = shown.get("image")
    return image if isinstance(image, str) and image.startswith("https://") else ""


def told(shown: dict[str, Any]) -> dict[str, str]:
    """What the app is told beside, as texts: services take nothing else."""
    data = {name: value for name, value in (shown.get("data") or {}).items() if isinstance(value, str)}
    tag = str(shown.get("tag", ""))
    beside = {"url": link(shown), "image": picture(shown), "category": category(shown), "tag": tag}
    buttons = actions(shown)
    if buttons:
        beside["actions"] = msgspec.json.encode(buttons).decode()
    return data | {name: value for name, value in beside.items() if value}


def fitting(body: str, size: int) -> str:
    """So much of a text that a payload of `size` bytes is small enough, if its text can make it so."""
    over = size - PAYLOAD_MOST
    # What JSON escapes is counted as if it were not: rather too much is cut than too little.
    return body if over <= 0 else body.encode()[: max(0, len(body.encode()) - over - 3)].decode("utf-8", "ignore") + "…"


def ending_at(
    provider: str, kind: OutcomeKind, code: str | None = None, error: str | None = None, *, made: str | None = None,
    pause_s: float | None = None, gone: bool = False,
) -> Outcome:  # fmt: skip
    """An ending at a provider; `gone`: the device is reached there no more."""
    return Outcome(kind=kind, provider=provider, provider_message_id=made, error_code=code, error=error,
                   retry_after_s=pause_s, suppress_recipient=gone)  # fmt: skip
