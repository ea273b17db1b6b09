"""The telephone: a person calls. The message's body is the script; the outcome is what he says afterwards."""

from app.domain.channels import BeforeSend, Capabilities, Dispatch, Health, ManualTask, Outcome, Session
from app.settings import Settings


class PhoneAdapter:
    """Turns every message into a call somebody has to make. Nothing leaves by itself."""

    capabilities = Capabilities(
        provider="phone", channel="phone", delivery_class="N", max_body_chars=20_000, direction="out"
    )

    async def send(self, dispatch: Dispatch, before_send: BeforeSend) -> Outcome:
        """Always `manual`: `before_send` is not needed, because nothing can have been delivered."""
        del before_send
        name = dispatch.recipient_name or dispatch.recipient
        return Outcome(
            kind="manual", provider="phone", error_code="call", task=ManualTask(kind="call", title=f"Call {name}")
        )

    async def check(self, session: Session) -> Health:  # noqa: ARG002
        """A person calls: there is nobody to ask."""
        return Health(status="connected")

    async def close(self) -> None:
        """Nothing is held."""


def create_adapter(settings: Settings) -> PhoneAdapter:
    """The adapter of this process."""
    del settings
    return PhoneAdapter()
