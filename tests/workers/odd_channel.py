"""A provider whose calls misbehave in every way a call can: what the payload says is done to the worker that reads it."""

import asyncio
import json
import os
import signal
from collections.abc import Sequence

from app.domain.channels import BeforeSend, Capabilities, Dispatch, Outcome, Session, Webhook
from app.domain.inbound import ChannelEvent, InboundMessage
from app.settings import Settings


class OddAdapter:
    """Reads `{"do": …, "from": …, "text": …}`."""

    capabilities = Capabilities(provider="odd", channel="odd", delivery_class="N", max_body_chars=200, direction="in")

    async def send(self, dispatch: Dispatch, before_send: BeforeSend) -> Outcome:
        """Never."""
        del dispatch, before_send
        return Outcome(kind="rejected", provider="odd")

    async def close(self) -> None:
        """Nothing is held."""

    async def read_webhook(self, webhook: Webhook, session: Session) -> Sequence[ChannelEvent]:
        """What the payload asks for."""
        said = json.loads(webhook.payload)
        match said.get("do"):
            case "raise":
                raise RuntimeError("the media server does not answer")
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "wait":
                await asyncio.sleep(float(said["s"]))
            case "lie":
                return [InboundMessage(external_message_id="x", sender_address="", body="no sender")]
        return [
            InboundMessage(external_message_id=f"{session.session_id}:{webhook.event_id}", sender_address=said["from"],
                           body=said["text"], metadata={"secret": session.secrets.get("token")})
        ]  # fmt: skip


def create_adapter(settings: Settings) -> OddAdapter:
    """What the registry looks for."""
    del settings
    return OddAdapter()
