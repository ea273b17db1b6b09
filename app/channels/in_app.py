"""In-app chat: the row in Postgres is the delivery. Who takes part reads it under row-level security."""

from app.domain.channels import BeforeSend, Capabilities, Dispatch, Health, Outcome, Session
from app.settings import Settings


class InAppAdapter:
    """Accepts at once; class I, because saying it twice shows the same row once."""

    capabilities = Capabilities(
        provider="in_app", channel="in_app", delivery_class="I", max_body_chars=20_000, can_edit=True, can_unsend=True,
        max_attachment_bytes=25 * 1024 * 1024, max_attachments=10,
    )  # fmt: skip

    async def send(self, dispatch: Dispatch, before_send: BeforeSend) -> Outcome:
        """The message is where its readers look: nothing is left to do but to say so."""
        await before_send()
        return Outcome(kind="accepted", provider="in_app", provider_message_id=dispatch.message_id)

    async def check(self, session: Session) -> Health:  # noqa: ARG002
        """The row is the delivery: there is nobody to ask."""
        return Health(status="connected")

    async def close(self) -> None:
        """Nothing is held."""


def create_adapter(settings: Settings) -> InAppAdapter:
    """The adapter of this process."""
    del settings
    return InAppAdapter()
