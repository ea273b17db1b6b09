"""Tries and their ends: what is sent again, what never is, and who may still record anything."""

import uuid
from typing import Any

import pytest

from tests.db.helpers import Row, Tenant, World, refused


@pytest.fixture
def queued(world: World) -> tuple[Tenant, Row, Row]:
    """A tenant, a thread and one queued message of a person."""
    tenant = world.tenant("agent")
    thread = world.arrive(tenant)
    world.complete(world.claim()[0], "no_reply")
    return tenant, thread, world.enqueue(thread)


def attempts(world: World, sent: Row) -> list[tuple[int, str | None]]:
    """Number and outcome of every try."""
    rows = world.all("select number, outcome from public.dispatch_attempts where queue_id = %s order by number",
                     sent["queue_id"])  # fmt: skip
    return [(row["number"], row["outcome"]) for row in rows]


def soon(world: World) -> None:
    """Let every pause pass."""
    world.owner.execute("update private.outbound_work set run_at = clock_timestamp() - interval '1 s'")


@pytest.mark.parametrize(
    ("kind", "more", "status", "suppressed"),
    [("accepted", {"provider_message_id": "p1"}, "sent", False),
     ("rejected", {"error_code": "smtp_552"}, "failed", False),
     ("rejected", {"error_code": "smtp_550", "suppress_recipient": True}, "bounced", True),
     ("retry", {"error_code": "smtp_451"}, "queued", False),
     ("refused", {"error_code": "human_takeover"}, "cancelled", False),
     ("unknown", {"error_code": "timeout"}, "dispatch_unknown", False)],
)  # fmt: skip
def test_each_outcome_has_its_end(
    world: World, queued: Any, kind: str, more: Row, status: str, suppressed: bool
) -> None:
    """The queue row, its message and its work row agree after every kind of outcome."""
    tenant, _, sent = queued
    (claim,) = world.claim_out()
    assert world.finish(claim, kind, **more) == status
    assert (world.queue(sent["message_id"])["status"], world.status(sent["message_id"])) == (status, status)
    assert attempts(world, sent) == [(1, kind)]
    rows = world.all("select scope from public.suppressions where tenant_id = %s", tenant.id)
    assert rows == ([{"scope": "all"}] if suppressed else [])
    assert world.violations(tenant) == {}


def test_eight_tries_then_failed(world: World, queued: Any) -> None:
    """A provider that always says later gets eight tries with growing pauses, then the row is failed."""
    tenant, _, sent = queued
    for number in range(1, 9):
        soon(world)
        world.owner.execute("delete from private.breakers")
        (claim,) = world.claim_out()
        assert world.finish(claim, "retry", retry_after_s=30) == ("queued" if number < 8 else "failed")
        if number < 8:
            pause = world.value(
                "select extract(epoch from run_at - clock_timestamp())::float8 from private.outbound_work"
                " where queue_id = %s",
                sent["queue_id"],
            )
            assert 29 < pause <= max(30, 2**number)
    assert len(attempts(world, sent)) == 8 and world.violations(tenant) == {}


def test_an_expired_lease_before_the_call_is_tried_again(world: World, queued: Any) -> None:
    """Nothing had left the house: the row is claimed again, and the dead router records nothing."""
    tenant, _, sent = queued
    (dead,) = world.claim_out()
    world.expire_leases("outbound_work")
    (alive,) = world.claim_out()
    assert world.finish(dead, start=False) == "lost" and world.start(dead) == "lost"
    assert world.finish(alive) == "sent"
    assert attempts(world, sent) == [(1, "retry"), (2, "accepted")] and world.violations(tenant) == {}


def test_class_n_is_never_repeated(world: World, queued: Any) -> None:
    """The call had begun and the provider cannot dedupe: unknown, listed, and never claimed again."""
    tenant, _, sent = queued
    (claim,) = world.claim_out()
    assert world.start(claim) == "ok"
    world.expire_leases("outbound_work")
    for _ in range(3):
        assert world.claim_out() == []
    assert world.status(sent["message_id"]) == "dispatch_unknown"
    assert world.finish(claim, start=False) == "lost"
    assert attempts(world, sent) == [(1, "unknown")] and world.violations(tenant) == {}


def test_class_i_is_repeated_with_the_same_key(world: World, queued: Any) -> None:
    """The provider dedupes by key, so a begun call is repeated under the key of the first."""
    tenant, _, sent = queued
    (claim,) = world.claim_out(classes={"email": "I"})
    assert world.start(claim) == "ok"
    world.expire_leases("outbound_work")
    (again,) = world.claim_out(classes={"email": "I"})
    assert world.finish(again) == "sent"
    keys = world.all(
        "select distinct idempotency_key from public.dispatch_attempts where queue_id = %s", sent["queue_id"]
    )
    assert keys == [{"idempotency_key": str(sent["queue_id"])}] and world.violations(tenant) == {}


def keyed(world: World, hours: int | None = 24) -> Row | None:
    """What a router claims whose provider honours a key so long."""
    world.register({"email": {"delivery_class": "I", "key_hours": hours}})
    claims = world.worker.execute("select * from private.claim_outbound('o1', 10)").fetchall()
    return claims[0] if claims else None


def later(world: World, sent: Row, hours: float) -> None:
    """So long ago the last try began; the next is due."""
    world.owner.execute(
        "update public.dispatch_attempts set send_started_at = send_started_at - make_interval(mins => %s)"
        " where queue_id = %s", [round(hours * 60), sent["queue_id"]],
    )  # fmt: skip
    world.owner.execute("update private.outbound_work set run_at = now() where queue_id = %s", [sent["queue_id"]])


@pytest.mark.parametrize(
    ("hours", "passed", "again"), [(24, 23.5, True), (24, 24, False), (24, 72, False), (None, 10_000, True)]
)
def test_a_key_the_provider_has_forgotten_is_not_relied_on(
    world: World, queued: Any, hours: int | None, passed: float, again: bool
) -> None:
    """An account that was paused for days, or a stack that was down: the unfinished call is listed, not repeated."""
    tenant, _, sent = queued
    claim = keyed(world, hours)
    assert claim and world.finish(claim, "unknown") == "queued"
    later(world, sent, passed)
    repeated = keyed(world, hours)
    assert bool(repeated) == again
    if repeated:
        assert world.finish(repeated) == "sent"
    else:
        row = world.one("select status, status_reason from public.et_outbound_queue where id = %s", sent["queue_id"])
        assert (row["status"], row["status_reason"]) == ("dispatch_unknown", "key_expired")
    assert world.violations(tenant) == {}


def test_a_killed_router_that_is_missed_for_days_repeats_nothing(world: World, queued: Any) -> None:
    """Its call began; nobody came back before the key was forgotten."""
    tenant, _, sent = queued
    claim = keyed(world)
    assert claim and world.start(claim) == "ok"
    world.expire_leases("outbound_work")
    later(world, sent, 48)
    assert keyed(world) is None
    assert world.status(sent["message_id"]) == "dispatch_unknown" and world.violations(tenant) == {}


def test_clear_refusals_spend_no_key(world: World, queued: Any) -> None:
    """Nothing can have been delivered: sent again however late."""
    tenant, _, sent = queued
    claim = keyed(world)
    assert claim and world.finish(claim, "retry", error_code="429") == "queued"
    later(world, sent, 72)
    again = keyed(world)
    assert again and world.finish(again) == "sent" and world.violations(tenant) == {}


def test_what_may_have_left_is_not_called_cancelled_or_failed(world: World) -> None:
    """A rule that stops the repetition, and a provider that says later for the eighth time, leave it unknown."""
    tenant = world.tenant("agent")
    stopped, tried = (world.enqueue(world.arrive(tenant, f"{name}@people.test")) for name in ("ann", "bob"))
    world.register({"email": {"delivery_class": "I"}})
    claims = {row["queue_id"]: row for row in world.claim_out(classes={"email": "I"})}
    for claim in claims.values():
        assert world.finish(claim, "unknown") == "queued"
    address = world.one("select recipient from public.et_outbound_queue where id = %s", stopped["queue_id"])
    world.rpc(tenant.people["agent"], tenant, "suppress_address('email', %s, 'all')", address["recipient"])
    for _ in range(7):
        world.owner.execute("update private.outbound_work set run_at = now()")
        world.owner.execute("delete from private.breakers")
        for claim in world.claim_out(classes={"email": "I"}):
            assert claim["queue_id"] == tried["queue_id"]
            world.finish(claim, "retry", error_code="503")
    assert world.status(stopped["message_id"]) == world.status(tried["message_id"]) == "dispatch_unknown"
    assert world.violations(tenant) == {}


@pytest.mark.parametrize(
    "call", ["take_over_thread(%(t)s)", "record_consent(%(c)s, 'email', 'notification', false)", "erase_contact(%(c)s, 'request')"]
)  # fmt: skip
def test_whoever_stops_a_repetition_hears_that_it_may_have_left(world: World, call: str) -> None:
    """A takeover, a withdrawal and an erasure stop what waits; what was begun once is listed as unknown at once."""
    tenant = world.tenant("agent", "admin")
    done = world.answered(tenant)
    contact = world.thread(done["thread_id"])["contact_id"]
    if "consent" in call:
        world.rpc(tenant.people["agent"], tenant, "record_consent(%s, 'email', 'notification', true)", contact)
        arrived = world.one("select * from public.et_messages where thread_id = %s and direction = 'inbound'",
                            done["thread_id"])  # fmt: skip
        done = world.enqueue(arrived, "News", "system", purpose="notification")
    for claim in world.claim_out(classes={"email": "I"}):
        assert world.finish(claim, "unknown") == "queued"
    with world.acting(tenant.people["admin"], tenant) as connection:
        connection.execute(
            f"select public.{call}".encode(), {"t": world.message(done["message_id"])["thread_id"], "c": contact}
        )
    assert world.status(done["message_id"]) == "dispatch_unknown"
    assert world.claim_out(classes={"email": "I"}) == [] or "consent" in call
    assert world.violations(tenant) == {}


def test_what_may_have_left_is_not_changed(world: World, queued: Any) -> None:
    """It waits to be repeated as it was: another text under the same key would be no repetition."""
    tenant, _, sent = queued
    (claim,) = world.claim_out(classes={"email": "I"})
    assert world.finish(claim, "unknown") == "queued"
    with refused("PT409", code="already_sent"):
        world.owner.execute('select public.edit_message(%s, \'{"body": "else"}\')', [sent["message_id"]])
    assert world.violations(tenant) == {}


def test_a_takeover_between_claim_and_call_stops_the_ai(world: World) -> None:
    """mark_send_started looks at the fence a last time; the refused try is cancelled and on record."""
    tenant = world.tenant("agent")
    done = world.answered(tenant)
    (claim,) = world.claim_out()
    world.rpc(tenant.people["agent"], tenant, "take_over_thread(%s)", done["thread_id"])
    assert world.start(claim) == "superseded"
    assert world.finish(claim, "refused", start=False, error_code="human_takeover") == "cancelled"
    assert world.violations(tenant) == {}


def test_a_reply_on_its_way_when_somebody_took_over_is_listed(world: World) -> None:
    """Once the call has begun nothing stops it: such sends are listed, those before and after the takeover are not."""
    tenant = world.tenant("agent")
    calm, late = world.answered(tenant), world.answered(tenant, "late@people.test")
    claims = {str(claim["message_id"]): claim for claim in world.claim_out()}
    world.finish(claims[calm["message_id"]])
    assert world.start(claims[late["message_id"]]) == "ok"
    for done in (calm, late):
        world.rpc(tenant.people["agent"], tenant, "take_over_thread(%s)", done["thread_id"])
    assert world.finish(claims[late["message_id"]], start=False) == "sent"
    listed = world.all("select message_id from private.residual_sends() where tenant_id = %s", tenant.id)
    assert [str(row["message_id"]) for row in listed] == [late["message_id"]]
    assert world.violations(tenant) == {}


def test_a_takeover_cancels_what_the_ai_had_queued(world: World) -> None:
    """In the same transaction; the row is gone from the work table."""
    tenant = world.tenant("agent")
    done = world.answered(tenant)
    world.rpc(tenant.people["agent"], tenant, "take_over_thread(%s)", done["thread_id"])
    assert world.queue(done["message_id"])["status_reason"] == "human_takeover"
    assert world.claim_out() == [] and world.violations(tenant) == {}


def test_a_person_who_speaks_takes_over(world: World) -> None:
    """An agent's send cancels the queued AI reply and gives him the thread."""
    tenant = world.tenant("agent")
    done = world.answered(tenant)
    sent = world.rpc(tenant.people["agent"], tenant, "send_message(%s, 'I am here')", done["thread_id"])
    thread = world.thread(done["thread_id"])
    assert (thread["control"], thread["assignee_id"]) == ("human", tenant.people["agent"])
    assert [row["message_id"] for row in world.claim_out()] == [uuid.UUID(sent["message_id"])]
    assert world.violations(tenant) == {}


def test_unknown_endings_open_the_breaker_and_a_greylisted_recipient_does_not(world: World, queued: Any) -> None:
    """No answer is the provider's trouble; a 4xx about one recipient is not."""
    tenant, _, _ = queued
    for code in ["450", "451", "4.7.1", "452", "450", "450"]:
        soon(world)
        world.finish(world.claim_out(1)[0], "retry", error_code=code)
    assert world.all("select 1 from private.breakers where tenant_id = %s", tenant.id) == []
    soon(world)
    world.finish(world.claim_out(1)[0], "unknown", error_code="no_answer")
    assert world.value("select failures from private.breakers where tenant_id = %s", tenant.id) == 1


def test_five_failures_open_the_breaker_and_a_success_closes_it(world: World, queued: Any) -> None:
    """Provider trouble pauses the account; the first accepted send forgets it."""
    tenant, _, _ = queued
    for _ in range(5):
        soon(world)
        world.finish(world.claim_out(1)[0], "retry")
    assert world.value("select open_until > clock_timestamp() from private.breakers where tenant_id = %s", tenant.id)
    soon(world)
    assert world.claim_out() == []
    world.owner.execute("update private.breakers set open_until = clock_timestamp()")
    soon(world)
    world.finish(world.claim_out(1)[0])
    assert world.all("select 1 from private.breakers where tenant_id = %s", tenant.id) == []


def test_eight_routers_never_share_a_row(world: World, queued: Any) -> None:
    """Concurrent claims hand every row to one router."""
    tenant, thread, _ = queued
    for _ in range(40):
        world.enqueue(thread)

    def claim(connection: Any, number: int) -> list[Row]:
        got: list[Row] = []
        while batch := world.claim_out(3, f"o{number}", connection=connection):
            got += batch
        return got

    claims = [row for rows in world.together(8, claim) for row in rows]
    assert len(claims) == 41 == len({row["queue_id"] for row in claims}) and world.violations(tenant) == {}


def test_a_flood_does_not_hide_another_tenants_reply(world: World, queued: Any) -> None:
    """The router's first claim has a row of every tenant that waits."""
    tenant, thread, _ = queued
    for _ in range(30):
        world.enqueue(thread)
    other = world.tenant()
    world.enqueue(world.arrive(other))
    assert {row["tenant_id"] for row in world.claim_out(6)} == {tenant.id, other.id}


@pytest.mark.parametrize("resolution", ["sent", "failed", "resend"])
def test_an_unknown_is_resolved_by_a_person(world: World, queued: Any, resolution: str) -> None:
    """sent and failed settle the row; resend settles it and writes a new message; each once."""
    tenant, _, sent = queued
    world.finish(world.claim_out()[0], "unknown")
    call = "resolve_unknown(%s, %s)"
    agent = tenant.people["agent"]
    assert world.rpc(agent, tenant, call, sent["message_id"], resolution)["resolution"] == resolution
    assert world.status(sent["message_id"]) == ("sent" if resolution == "sent" else "failed")
    assert world.rpc(agent, tenant, call, sent["message_id"], resolution)["code"] == "not_found"
    claims = world.claim_out()
    assert len(claims) == (resolution == "resend")
    assert all(claim["message_id"] != sent["message_id"] for claim in claims)
    assert world.violations(tenant) == {}


def test_claimed_details_are_complete(world: World, queued: Any) -> None:
    """Claim and details in one statement agree, and say what an adapter needs."""
    tenant, _, sent = queued
    row = world.worker.execute(
        "select private.dispatch_details(c.tenant_id, c.queue_id) as d from private.claim_outbound('o', 5) as c"
    ).fetchone()
    assert row is not None
    details = row["d"]
    assert (details["attempt"], details["recipient"], details["sender_address"]) == (
        1,
        "ann@people.test",
        tenant.mailbox,
    )
    assert details["message_id"] == str(sent["message_id"]) and details["body"] == "Hello from us"


def test_a_stray_work_row_does_not_stop_the_router(world: World, queued: Any) -> None:
    """A work row of a finished dispatch is removed at claim, and the rest of the batch is served."""
    tenant, thread, sent = queued
    world.finish(world.claim_out()[0])
    world.owner.execute("insert into private.outbound_work (tenant_id, queue_id) values (%s, %s)",
                        [tenant.id, sent["queue_id"]])  # fmt: skip
    other = world.enqueue(thread)
    assert [row["queue_id"] for row in world.claim_out()] == [other["queue_id"]]
    assert world.violations(tenant) == {}


@pytest.mark.parametrize(("started", "status"), [(False, "failed"), (True, "dispatch_unknown")])
def test_a_message_that_kills_its_routers_is_set_aside(world: World, queued: Any, started: bool, status: str) -> None:
    """After eight lost tries the row comes to rest: failed when nothing ever left, unknown when something may have."""
    tenant, _, sent = queued
    for _ in range(8):
        (claim,) = world.claim_out(classes={"email": "I"})
        if started:
            assert world.start(claim) == "ok"
        world.expire_leases("outbound_work")
    assert world.claim_out(classes={"email": "I"}) == []
    assert world.status(sent["message_id"]) == status and world.violations(tenant) == {}
