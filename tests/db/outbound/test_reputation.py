"""What an account may send unasked: its start, and what people say of it."""

import datetime
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.db.helpers import Tenant, World, refused

pytestmark = pytest.mark.usefixtures("in_one_day")


def account(world: World, tenant: Tenant, **columns: Any) -> None:
    """Change the tenant's mailbox as an admin does."""
    admin = world.member(tenant.id, "admin")
    world.rpc(admin, tenant, "update_channel_session(%s, %s)", tenant.session, Jsonb(columns))


def unasked(world: World, tenant: Tenant, count: int) -> list[Any]:
    """Notifications to as many people, queued."""
    return [
        world.enqueue(world.arrive(tenant, f"p{number}@people.test"), purpose="notification") for number in range(count)
    ]


def day(world: World, tenant: Tenant, **counts: int) -> None:
    """What the mailbox sent today, and what came back."""
    world.owner.execute(
        "insert into private.reputation_days (tenant_id, session_id, day, sent, complained)"
        " values (%s, %s, (clock_timestamp() at time zone 'UTC')::date, %s, %s)"
        " on conflict (tenant_id, session_id, day) do update set sent = excluded.sent, complained = excluded.complained",
        [tenant.id, tenant.session, counts.get("sent", 0), counts.get("complained", 0)],
    )


def today(world: World) -> datetime.date:
    """The day by UTC, as the database sees it."""
    return world.value("select (clock_timestamp() at time zone 'UTC')::date")


@pytest.mark.parametrize(
    ("days", "cap"), [(0, 50), (1, 100), (3, 400), (13, 409_600), (14, None), (-2, 50), (None, None)]
)
def test_the_start_doubles_daily_for_a_fortnight(world: World, days: int | None, cap: int | None) -> None:
    """50 on the first day, twice as many each day, no limit after the fourteenth."""
    began = None if days is None else today(world) - datetime.timedelta(days=days)
    assert world.value("select private.warm_up_cap(%s)", began) == cap


def test_a_batch_cannot_pass_the_start(world: World) -> None:
    """Two of fifty are left: eight routers claim two of twenty; the rest is due at midnight UTC; replies leave."""
    tenant = world.tenant()
    account(world, tenant, warm_up_from=str(today(world)))
    day(world, tenant, sent=48)
    unasked(world, tenant, 20)
    got = world.together(8, lambda connection, number: world.claim_out(20, f"o{number}", connection=connection))
    claims = [row for rows in got for row in rows]
    assert len(claims) == 2
    held = world.all("select q.status_reason, w.run_at at time zone 'UTC' as due from private.outbound_work as w"
                     " inner join public.et_outbound_queue as q on q.id = w.queue_id"
                     " where w.tenant_id = %s and w.lease_until is null", tenant.id)  # fmt: skip
    assert {(row["status_reason"], row["due"].time()) for row in held} == {("warm_up", datetime.time(0))}
    world.enqueue(world.arrive(tenant, "asks@people.test"))
    assert len(world.claim_out(20)) == 1
    assert world.finish(claims[0], "rejected", error_code="smtp_550") == "failed"
    world.owner.execute("update private.outbound_work set run_at = clock_timestamp() - interval '1 s'")
    assert len(world.claim_out(20)) == 1, "what failed gave its place back"
    assert world.violations(tenant) == {}


def test_too_many_complaints_stop_what_nobody_asked_for(world: World) -> None:
    """The third complaint in 900 tells the staff once and holds unasked messages; replies still leave."""
    tenant = world.tenant()
    day(world, tenant, sent=900)
    sent = unasked(world, tenant, 4)
    for claim in world.claim_out(10):
        world.finish(claim, provider_message_id=f"m-{claim['message_id']}")
    for row in sent:
        world.receipt(tenant, "complained", f"m-{row['message_id']}")
    told = world.all(
        "select title from public.notifications where tenant_id = %s and kind = 'complaint_rate'", tenant.id
    )
    assert len(told) == 1 and "Too many complaints" in told[0]["title"]
    held = world.enqueue(world.arrive(tenant, "new@people.test"), purpose="notification")
    answer = world.enqueue(world.arrive(tenant, "asks@people.test"))
    assert [row["message_id"] for row in world.claim_out(10)] == [answer["message_id"]]
    assert world.queue(held["message_id"])["status_reason"] == "complaint_rate"
    world.configure(tenant, max_complaint_rate=None)
    world.owner.execute("update private.outbound_work set run_at = clock_timestamp() - interval '1 s'")
    assert [row["message_id"] for row in world.claim_out(10)] == [held["message_id"]]


def test_two_angry_people_are_no_rate(world: World) -> None:
    """A small mailing goes on though two complain, each of them three times."""
    tenant = world.tenant()
    sent = unasked(world, tenant, 2)
    for claim in world.claim_out(10):
        world.finish(claim, provider_message_id=f"m-{claim['message_id']}")
    for row in sent * 3:
        world.receipt(tenant, "complained", f"m-{row['message_id']}")
    world.enqueue(world.arrive(tenant, "new@people.test"), purpose="notification")
    assert len(world.claim_out(10)) == 1


def test_an_early_complaint_is_counted_once(world: World) -> None:
    """A receipt that came while the message was under way is applied later, and counts then."""
    tenant = world.tenant()
    (sent,) = unasked(world, tenant, 1)
    (claim,) = world.claim_out(10)
    world.receipt(tenant, "complained", "early", queue_id=str(claim["queue_id"]))
    assert world.all("select 1 from private.reputation_days where complained > 0 and tenant_id = %s", tenant.id) == []
    world.finish(claim, provider_message_id="early")
    counted = world.one("select sent, complained from private.reputation_days where tenant_id = %s", tenant.id)
    assert counted == {"sent": 1, "complained": 1}
    assert world.status(sent["message_id"]) == "sent"


def test_agents_do_not_change_a_mailbox_and_strangers_find_none(world: World) -> None:
    """warm_up_from is an admin's to set."""
    tenant = world.tenant("agent")
    with refused("PT403"):
        change = Jsonb({"warm_up_from": None})
        world.rpc(tenant.people["agent"], tenant, "update_channel_session(%s, %s)", tenant.session, change)
