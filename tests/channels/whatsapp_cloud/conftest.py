"""A Cloud API on loopback with one number, and what an adapter is given."""

import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from app.channels.whatsapp.cloud import CloudAdapter
from app.domain.channels import Dispatch, Session, Webhook
from app.domain.inbound import ChannelEvent
from devstack.providers.whatsapp import WhatsApp
from tests.channels.dispatches import dispatch

NUMBER, DISPLAY, PERSON = "106540352242922", "+15550783881", "16505551234"
ACCESS = "EAAtestTESTtestTEST"
SESSION = "0197a000-0000-7000-8000-0000000000bb"
MOST = 100_000


class Place:
    """A provider, its URL, one number that PERSON has written to, and an adapter."""

    person = PERSON

    def __init__(self, provider: WhatsApp, url: str) -> None:
        self.provider, self.url = provider, url
        self.number = provider.add_number(NUMBER, DISPLAY, token=ACCESS, app_secret="shh")
        self.first = provider.write(self.number, PERSON, "Hello")
        self.adapter = CloudAdapter(url, max_attachment_bytes=MOST)
        self.session = Session(
            tenant_id="t", session_id=SESSION, channel="whatsapp", provider="whatsapp_cloud", address=DISPLAY,
            config={"phone_number_id": NUMBER}, secrets={"access_token": ACCESS, "app_secret": "shh"},
        )  # fmt: skip

    def dispatch(self, body: str = "Good day", **members: Any) -> Dispatch:
        """A message to PERSON."""
        usual = dispatch(
            channel="whatsapp", provider="whatsapp_cloud", recipient=f"+{PERSON}", body=body, session_id=SESSION,
            session_address=DISPLAY, session_config={"phone_number_id": NUMBER}, secrets={"access_token": ACCESS},
        )  # fmt: skip
        return msgspec.structs.replace(usual, **members)

    async def read(self, call: Any) -> list[ChannelEvent]:
        """What the adapter makes of a call."""
        payload = call if isinstance(call, bytes) else json.dumps(call).encode()
        webhook = Webhook(event_id="e", headers={}, payload=payload)
        return list(await self.adapter.read_webhook(webhook, self.session))

    @property
    def delivered(self) -> list[dict[str, Any]]:
        """The messages people got."""
        return [one["message"] for one in self.provider.deliveries]


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    """A provider of this test's own."""
    provider = WhatsApp()
    async with provider.serving() as url:
        made = Place(provider, url)
        yield made
        await made.adapter.close()
