"""An SMS provider on loopback with one account, and what an adapter is given."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from app.channels.sms.twilio import TwilioAdapter
from app.domain.channels import Dispatch, Session, Webhook, webhook_path
from app.domain.inbound import ChannelEvent
from devstack.providers.sms import Sms
from tests.channels.dispatches import dispatch

SID, TOKEN, DESK, PERSON = "AC" + "a1" * 16, "testTESTtest", "+15550783881", "+16505551234"
SESSION = "0197a000-0000-7000-8000-0000000000cc"
PUBLIC = "https://parley.example.com"
MOST = 100_000


class Place:
    """A provider, its URL, one account, and an adapter."""

    person, desk = PERSON, DESK

    def __init__(self, provider: Sms, url: str) -> None:
        self.provider, self.url = provider, url
        self.account = provider.add_account(SID, TOKEN, DESK, PUBLIC + webhook_path("sms-webhook", SESSION))
        self.adapter = self.make_adapter()
        self.session = Session(
            tenant_id="t", session_id=SESSION, channel="sms", provider="twilio", address=DESK,
            config={"account_sid": SID}, secrets={"auth_token": TOKEN},
        )  # fmt: skip

    def make_adapter(self, **members: Any) -> TwilioAdapter:
        """An adapter for this provider, whose files may lie on this machine."""
        usual: dict[str, Any] = {
            "public_url": PUBLIC, "max_attachment_bytes": MOST, "private_hosts": frozenset({"127.0.0.1"}),
        }  # fmt: skip
        return TwilioAdapter(self.url, **usual | members)

    def dispatch(self, body: str = "Good day", **members: Any) -> Dispatch:
        """A message to PERSON."""
        usual = dispatch(
            channel="sms", provider="twilio", recipient=PERSON, body=body, session_id=SESSION, session_address=DESK,
            session_config={"account_sid": SID}, secrets={"auth_token": TOKEN},
        )  # fmt: skip
        return msgspec.structs.replace(usual, **members)

    async def read(self, said: dict[str, Any] | bytes, **headers: str) -> list[ChannelEvent]:
        """What the adapter makes of a call."""
        payload = said if isinstance(said, bytes) else urlencode(said).encode()
        webhook = Webhook(
            event_id="e", headers={name.replace("_", "-"): one for name, one in headers.items()}, payload=payload
        )
        return list(await self.adapter.read_webhook(webhook, self.session))


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    """A provider of this test's own."""
    provider = Sms()
    async with provider.serving() as url:
        made = Place(provider, url)
        yield made
        await made.adapter.close()
