"""A form of ours: a person follows a link and answers on a page. Messages come in; nothing is sent there.

The edge function `form-reply` keeps an answer as a call like any provider's; who wrote it says the link it came by.
"""

from collections.abc import Sequence

import msgspec

from app.domain.channels import BeforeSend, Capabilities, Dispatch, Health, Outcome, Session, Webhook
from app.domain.inbound import ChannelEvent, InboundMessage
from app.settings import Settings

CAPABILITIES = Capabilities(
    provider="hosted_form", channel="form", delivery_class="N", max_body_chars=4000, direction="in"
)


class Answer(msgspec.Struct, frozen=True):
    """What the form sends."""

    text: str
    name: str | None = None


class HostedFormAdapter:
    """Reads answers. There is no way out: the database refuses to queue anything, and so does `send`."""

    capabilities = CAPABILITIES

    async def send(self, dispatch: Dispatch, before_send: BeforeSend) -> Outcome:  # noqa: ARG002
        """Refused: a form has no inbox."""
        return Outcome(
            kind="rejected", provider="hosted_form", error_code="receive_only", error="Nothing can be sent to a form."
        )

    async def check(self, session: Session) -> Health:  # noqa: ARG002
        """The page is ours: there is nobody to ask."""
        return Health(status="connected")

    async def close(self) -> None:
        """Nothing is held."""

    async def read_webhook(self, webhook: Webhook, session: Session) -> Sequence[ChannelEvent]:  # noqa: ARG002
        """One answer, one message. Raises ValueError for what is no answer."""
        answer = msgspec.json.decode(webhook.payload, type=Answer)
        contact = webhook.headers.get("contact_id")
        if not contact or not answer.text.strip():
            raise ValueError("an answer has a text and a contact")
        return [
            InboundMessage(
                external_message_id=webhook.event_id,
                sender_address=contact,
                contact_id=contact,
                sender_name=answer.name,
                body=answer.text,
                metadata={"in_answer_to": webhook.headers.get("message_id")},
            )
        ]


def create_adapter(settings: Settings) -> HostedFormAdapter:  # noqa: ARG001
    """What the registry looks for."""
    return HostedFormAdapter()
