"""A channel of its own in one file: what a channel has to bring along, and nothing else."""

import asyncio
import json
from collections.abc import Sequence

from app.domain.channels import BeforeSend, Capabilities, Dispatch, Outcome, Session, Webhook
from app.domain.inbound import ChannelEvent, InboundMessage, Receipt
from app.settings import Settings


class PigeonAdapter:
    """Hands every letter to a loft that listens on a local port, as one line of JSON."""

    capabilities = Capabilities(
        provider="pigeon", channel="pigeon", delivery_class="N", max_body_chars=200,
        receipts=frozenset({"delivered"}), webhook_secrets=frozenset({"seal"}),
        webhook_function="pigeon-webhook",
    )  # fmt: skip

    async def send(self, dispatch: Dispatch, before_send: BeforeSend) -> Outcome:
        """The loft answers `ok <ring number>`, or nothing."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(dispatch.session_config["port"]))
        except OSError as error:
            return Outcome(kind="retry", provider="pigeon", error_code="connection", error=str(error))
        await before_send()
        writer.write(json.dumps({"to": dispatch.recipient, "text": dispatch.body}).encode() + b"\n")
        answer = (await reader.readline()).decode().split()
        writer.close()
        if answer[:1] != ["ok"]:
            return Outcome(kind="unknown", provider="pigeon", error_code="no_answer")
        return Outcome(kind="accepted", provider="pigeon", provider_message_id=answer[1])

    async def close(self) -> None:
        """Nothing is held."""

    async def read_webhook(self, webhook: Webhook, session: Session) -> Sequence[ChannelEvent]:
        """One letter or one receipt a call."""
        said = json.loads(webhook.payload)
        if "landed" in said:
            return [Receipt(event_id=webhook.event_id, kind="delivered", external_message_id=said["landed"])]
        return [letter(said, session)]


def letter(said: dict[str, str], session: Session) -> InboundMessage:
    """A letter as the loft gives it, whichever way it comes."""
    key = f"{session.session_id}:{said['ring']}"
    return InboundMessage(external_message_id=key, sender_address=said["from"], body=said["text"])


def create_adapter(settings: Settings) -> PigeonAdapter:
    """What the registry looks for."""
    del settings
    return PigeonAdapter()
