"""A bot with a webhook: connected only while Telegram calls this account and is heard."""

import time
from typing import Any

import msgspec
import pytest

from app.domain.channels import Session, webhook_path


@pytest.fixture
def pushed(place: Any) -> Session:
    """The account with mode webhook, and Telegram set to call it where nobody listens."""
    url = "http://127.0.0.1:9" + webhook_path("telegram-webhook", place.session_id)
    place.bot.webhook = {"url": url}
    session: Session = msgspec.structs.replace(place.session, config={"mode": "webhook"})
    return session


def fail(place: Any, error: str, *, ago_s: int = 5, waiting: int = 2) -> None:
    """Telegram tells of a call that failed, and of what waits."""
    place.bot.webhook |= {"last_error_date": int(time.time()) - ago_s, "last_error_message": error}
    place.bot.updates.extend((time.monotonic(), {"update_id": n}) for n in range(waiting))


async def test_a_webhook_that_works_is_connected(place: Any, pushed: Session) -> None:
    """It leads to this account, and what went wrong once is over: nothing waits, or it was long ago."""
    assert (await place.adapter.check(pushed)).status == "connected"
    fail(place, "Wrong response from the webhook: 503 Service Unavailable", waiting=0)
    assert (await place.adapter.check(pushed)).status == "connected"
    fail(place, "Wrong response from the webhook: 503 Service Unavailable", ago_s=7200)
    health = await place.adapter.check(pushed)
    assert health.status == "connected" and health.proves_address


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "no webhook"), ("https://other.example/bot", "other.example"),
        ("https://p.example/functions/v1/telegram-webhook/x", "p.example"),
    ],
)  # fmt: skip
async def test_a_webhook_that_leads_elsewhere_is_dead(place: Any, pushed: Session, url: str, words: str) -> None:
    """None at all, another program's, another account's: nothing comes in, and the reason says where it goes."""
    place.bot.webhook = {"url": url} if url else {}
    health = await place.adapter.check(pushed)
    assert health.status == "disconnected" and words in str(health.reason)
    assert (await place.adapter.check(place.session)).status == "connected", "who is polled needs none"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("Wrong response from the webhook: 401 Unauthorized", "disconnected"), ("Connection refused", "degraded"),
        ("Wrong response from the webhook: 503 Service Unavailable", "degraded"),
    ],
)  # fmt: skip
async def test_calls_that_fail_are_told_in_telegram_s_words(
    place: Any, pushed: Session, error: str, status: str
) -> None:
    """With how many updates wait. Refused for good is disconnected, not answered is degraded."""
    fail(place, error)
    health = await place.adapter.check(pushed)
    assert health.status == status and error in str(health.reason) and "2 updates wait" in str(health.reason)
