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
        ("https://[p.example/bot", "an address that is none"),
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


async def test_nobody_else_s_webhook_is_removed(place: Any, pushed: Session) -> None:
    """Ours goes; another program's stays; a token Telegram knows no more has nothing to remove."""
    place.bot.webhook = {"url": "https://other.example/bot"}
    assert (await place.adapter.remove_webhook(pushed)).status == "connected"
    assert place.bot.webhook
    place.bot.webhook = {"url": "https://p.example" + webhook_path("telegram-webhook", place.session_id)}
    place.provider.faults.order("drop", calls="deleteWebhook", times=1)
    assert (await place.adapter.remove_webhook(pushed)).status == "degraded"
    assert (await place.adapter.remove_webhook(pushed)).status == "connected"
    assert place.bot.webhook == {}
    place.bot.revoked = True
    assert (await place.adapter.remove_webhook(pushed)).status == "connected"


@pytest.mark.parametrize(
    ("secrets", "address", "where", "words"),
    [
        ({}, "700001", "http://127.0.0.1:9", "webhook_secret"), ({"webhook_secret": "s"}, "700001", "", "PARLEY_PUBLIC_URL"),
        ({"webhook_secret": "s"}, "700002", "http://127.0.0.1:9", "another bot"),
        ({"webhook_secret": "s"}, "700001", "https://elsewhere.example", "bad webhook"),
    ],
)  # fmt: skip
async def test_why_a_webhook_cannot_be_set(
    place: Any, pushed: Session, secrets: dict[str, str], address: str, where: str, words: str
) -> None:
    """No secret, no public address, the token of another bot, an address Telegram refuses: each is named."""
    place.adapter.webhook_place, place.bot.webhook = where, {}
    account = msgspec.structs.replace(pushed, address=address, secrets={**pushed.secrets, **secrets})
    health = await place.adapter.set_webhook(account)
    assert health.status != "connected" and words in str(health.reason)
    assert place.bot.webhook == {}
