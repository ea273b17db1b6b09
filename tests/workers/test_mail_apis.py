"""E-mail over HTTP providers with the real router: what is lost on the way back is never sent twice."""

import random
import threading
from collections import Counter
from typing import Any

import pytest

from app.secrets import Vault
from tests.channels.email.mail_apis import KEY, Api, Resend, SparkPost, serve
from tests.db.helpers import Tenant
from tests.workers.harness import Room, someone, wait_until

ACCOUNTS, EACH = 12, 10


def unreliable(seed: int) -> Any:
    """Every twentieth answer is lost after the mail was taken, a few calls meet trouble before anything was done."""
    chance, lock = random.Random(seed), threading.Lock()

    def mood() -> Any:
        with lock:
            drawn = chance.random()
        if drawn < 0.05:
            return "lose"
        if drawn < 0.08:
            return (429, {"Retry-After": "1"}, {"name": "rate_limit_exceeded", "message": "slow down"})
        return (500, {}, {"message": "internal"}) if drawn < 0.1 else None

    return mood


def queue_mails(room: Room, provider: str) -> dict[str, Tenant]:
    """Accounts of a provider, each with mails to people of its own; the tenants by recipient."""
    world, vault, recipients = room.world, Vault(room.settings.secret_keys()), {}
    world.providers["email"] = provider
    for _ in range(ACCOUNTS):
        tenant = room.tenant()
        world.owner.execute(
            "insert into private.channel_secrets (tenant_id, session_id, name, ciphertext) values (%s, %s, 'api_key', %s)",
            [tenant.id, tenant.session, vault.seal(KEY)],
        )
        for number in range(EACH):
            ann = someone()
            thread = world.arrive(tenant, ann, f"Question {number}")
            world.enqueue(thread, f"Answer {number}")
            recipients[ann] = tenant
    return recipients


@pytest.mark.parametrize(("provider", "make"), [("resend", Resend), ("sparkpost", SparkPost)])
def test_lost_answers_lose_and_double_nothing(room: Room, provider: str, make: type[Api]) -> None:
    """Class I: every mail is sent once. Class N: every row is `sent` with one mail, or `dispatch_unknown` with one or none."""
    with serve(make()) as api:
        api.moods = unreliable(7)
        recipients = queue_mails(room, provider)
        room.start("outbound", **{f"PARLEY_{provider.upper()}_URL": f"http://127.0.0.1:{api.port}"})
        wait_until(lambda: not room.unsettled()["outbound"], 60, 0.1, room.logs)
        got = Counter(_recipient(mail) for mail in api.mails)
    rows = room.world.all("select recipient, status, provider_message_id from public.et_outbound_queue")
    statuses = Counter(row["status"] for row in rows)
    print(provider, dict(statuses), f"{len(api.calls)} calls for {len(rows)} mails")
    assert len(rows) == len(recipients) == ACCOUNTS * EACH
    assert max(got.values()) == 1, "a mail was sent twice"
    for row in rows:
        if row["status"] == "sent":
            assert got[row["recipient"]] == 1
            assert row["provider_message_id"]
        else:
            assert (provider, row["status"]) == ("sparkpost", "dispatch_unknown")
    if provider == "resend":
        assert statuses == {"sent": len(rows)}
    else:
        assert 0 < statuses["dispatch_unknown"] < len(rows) / 4
    assert room.violations() == []


def _recipient(mail: dict[str, Any]) -> str:
    return str(mail["to"][0] if "to" in mail else mail["recipients"][0]["address"]["email"])
