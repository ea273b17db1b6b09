"""A Bot API on loopback with one bot, and what an adapter is given."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from app.channels.telegram.adapter import TelegramAdapter
from app.domain.channels import Dispatch, OutgoingFile, Session
from devstack.providers.telegram import Telegram
from devstack.providers.telegram.bots import Bot

TOKEN = "700001:AAtestTESTtestTESTtestTESTtestTESTte"
SESSION = "0197a000-0000-7000-8000-0000000000aa"
PERSON = 4242
MOST = 100_000


class Mark:
    """A `before_send` that counts and may refuse."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls, self.error = 0, error

    async def __call__(self) -> None:
        self.calls += 1
        if self.error:
            raise self.error


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
        usual = Dispatch(
            tenant_id="t", queue_id="q", message_id="m", thread_id="th", channel="telegram", provider="telegram",
            attempt=1, idempotency_key="q", recipient=str(PERSON), recipient_name="Ann", body=body, subject=None,
            sender_kind="ai", sender_address="700001", sender_name="Desk", session_address="700001",
            session_id=SESSION, external_message_id=None, in_reply_to=None, references=(), session_config={},
            secrets={"token": TOKEN},
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


@pytest.fixture
def mark() -> Mark:
    """A `before_send`."""
    return Mark()


@pytest.fixture
def refusing_mark() -> Callable[[Exception], Mark]:
    """Makes a `before_send` that raises."""
    return Mark


@pytest.fixture
def outgoing() -> Callable[..., OutgoingFile]:
    """Makes a file to send."""

    def make(data: bytes, content_type: str, filename: str = "file.bin") -> OutgoingFile:
        return OutgoingFile(
            id="f", filename=filename, content_type=content_type, size_bytes=len(data), data=data
        )  # fmt: skip

    return make
