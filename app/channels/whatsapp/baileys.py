"""WhatsApp by way of the bridge (Baileys), class N: the bridge holds the account open, we ask it to send.

The id of the message is the queue row's own, so that whatever WhatsApp says of it later, an acknowledgement or a
receipt, settles a send whose answer was lost.
"""

import base64
import hmac
from typing import Any
from uuid import UUID

import httpx

from app.domain.channels import BeforeSend, Capabilities, Dispatch, Outcome
from app.settings import Settings

ANSWER_S = 40.0
"""Longer than the bridge waits for WhatsApp: its answer says more than our giving up."""
FILE_MOST = 16 * 1024 * 1024
KINDS = ("accepted", "rejected", "retry", "unknown")
CAPABILITIES = Capabilities(
    provider="baileys",
    channel="whatsapp",
    address_kind="phone",
    can_pair=True,
    delivery_class="N",
    max_body_chars=4096,
    max_attachment_bytes=FILE_MOST,
    max_attachments=1,
    # Not a rule of WhatsApp's, which names none: a pace that a person at a keyboard could keep.
    session_per_second=1,
    recipient_interval_s=1,
    receipts=frozenset({"sent", "delivered", "read", "failed"}),
)


class BaileysAdapter:
    """Sends over the bridge at `url`; `keys` are the installation's secret keys, which both sides have."""

    capabilities = CAPABILITIES

    def __init__(self, url: str, keys: list[str]) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(ANSWER_S, connect=5.0))
        self._keys = keys

    async def send(self, dispatch: Dispatch, before_send: BeforeSend) -> Outcome:
        """Send one message. Errors end as an `Outcome`; only what `before_send` raises is raised again."""
        if not self._keys:
            return _ended("retry", "auth", "PARLEY_SECRETS_KEYS is not set")
        if (problem := _unsendable(dispatch)) is not None:
            return problem
        await before_send()
        try:
            answer = await self._client.post(
                "/send", json=request(dispatch), headers={"authorization": f"Bearer {token(self._keys[0])}"}
            )
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return _ended("retry", "connection", f"the WhatsApp bridge does not run: {error}")
        except httpx.HTTPError as error:
            return _ended("unknown", "no_answer", f"the WhatsApp bridge gave no answer: {type(error).__name__}")
        return read(answer, dispatch)

    async def close(self) -> None:
        """Release pooled connections."""
        await self._client.aclose()


def create_adapter(settings: Settings) -> BaileysAdapter:
    """The adapter of this process."""
    url = settings.baileys_url or f"http://127.0.0.1:{settings.baileys_port}"
    return BaileysAdapter(url, settings.secret_keys())


def token(key: str) -> str:
    """What lets us in at the bridge: made from a key that both sides have, and tells nothing about it."""
    return hmac.new(base64.urlsafe_b64decode(key), b"parley whatsapp bridge", "sha256").hexdigest()


def message_id(queue_id: str) -> str:
    """The WhatsApp message id of a queue row: its 32 hex digits. The same for every try of a row."""
    return UUID(queue_id).hex.upper()


def qualified(dispatch: Dispatch) -> str:
    """The message's id as the core keeps it: account, chat and message."""
    return f"{dispatch.session_id}:{dispatch.recipient.removeprefix('+')}:{message_id(dispatch.queue_id)}"


def request(dispatch: Dispatch) -> dict[str, Any]:
    """What the bridge is asked to send."""
    file = dispatch.attachments[0] if dispatch.attachments else None
    return {
        "session_id": dispatch.session_id,
        "id": message_id(dispatch.queue_id),
        "to": dispatch.recipient,
        "body": dispatch.body,
        "quoted": _quoted(dispatch),
        # Who wrote to us is on WhatsApp; anybody else is looked up first: writing into the void gets numbers banned.
        "check": dispatch.in_reply_to is None,
        "file": file
        and {
            "filename": file.filename,
            "content_type": file.content_type,
            "data": base64.b64encode(file.data).decode(),
        },
    }


def read(answer: httpx.Response, dispatch: Dispatch) -> Outcome:
    """What the bridge's answer means. One that makes no sense may stand for a message that was sent."""
    if answer.status_code in (400, 401, 404):
        return _ended(
            "retry", "auth" if answer.status_code == 401 else "bridge", f"the bridge says {answer.status_code}"
        )
    try:
        said = answer.json()
    except ValueError:
        said = None
    if answer.status_code != 200 or not isinstance(said, dict) or said.get("kind") not in KINDS:
        return _ended("unknown", "no_answer", f"the bridge gave an answer that makes no sense ({answer.status_code})")
    return Outcome(
        kind=said["kind"],
        provider="baileys",
        provider_message_id=qualified(dispatch) if said["kind"] in ("accepted", "unknown") else None,
        error_code=said.get("code"),
        error=said.get("error"),
        suppress_recipient=said.get("gone") is True,
    )


def _quoted(dispatch: Dispatch) -> str | None:
    """The WhatsApp id of what is answered, where it was said in this chat to this account."""
    place = f"{dispatch.session_id}:{dispatch.recipient.removeprefix('+')}:"
    asked = dispatch.in_reply_to or ""
    return asked.removeprefix(place) if dispatch.purpose == "reply" and asked.startswith(place) else None


def _unsendable(dispatch: Dispatch) -> Outcome | None:
    if len(dispatch.attachments) > 1:
        return _ended("rejected", "too_many_files", "WhatsApp takes one file a message: send the rest by itself")
    if not dispatch.attachments and not dispatch.body.strip():
        return _ended("rejected", "empty", "WhatsApp takes no empty message")
    if dispatch.attachments and not dispatch.attachments[0].data:
        return _ended("rejected", "empty_file", "WhatsApp takes no empty file")
    return None


def _ended(kind: Any, code: str, text: str) -> Outcome:
    return Outcome(kind=kind, provider="baileys", error_code=code, error=text)
