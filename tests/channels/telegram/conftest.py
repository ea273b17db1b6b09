"""A Bot API on loopback with one bot, and what an adapter is given."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from app.channels.telegram.adapter import TelegramAdapter
from app.domain.channels import Dispatch, Session
from devstack.providers.telegram import Telegram
from devstack.providers.telegram.bots import Bot
from tests.channels.dispatches import dispatch

TOKEN = "700001:AAtestTESTtestTESTtestTESTtestTESTte"
SESSION = "0197a000-0000-7000-8000-0000000000aa"
PERSON = 4242
MOST = 100_000


class Place:
    """A provider, its URL, one bot that PERSON has written to, and an adapter."""

    token, person, session_id = TOKEN, PERSON, SESSION

    def __init__(self, provider: Telegram, url: str) -> None:
        self.provider, self.url = provider, url
        self.bot: Bot = provider.add_bot(TOKEN)
        self.first = provider.write(TOKEN, PERSON, "Hello")
        self.bot.updates.clear()
        self.adapter = TelegramAdapter(url, max_attachment_bytes=MOST)
        self.session = Session(
            tenant_id="t", session_id=SESSION, channel="telegram", provider="telegram", address="700001", config={},
            secrets={"token": TOKEN},
        )  # fmt: skip

    def dispatch(self, body: str = "Good day", **members: Any) -> Dispatch:
        """A message to PERSON."""
        usual = dispatch(
            channel="telegram", provider="telegram", recipient=str(PERSON), body=body, session_id=SESSION,
            session_address="700001", secrets={"token": TOKEN},
        )  # fmt: skip
        return msgspec.structs.replace(usual, **members)

    @property
    def delivered(self) -> list[dict[str, Any]]:
        """The messages people got."""
        return [one["message"] for one in self.provider.deliveries]


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    """A provider of this test's own."""
    provider = Telegram()
    async with provider.serving() as url:
        made = Place(provider, url)
        yield made
        await made.adapter.close()
