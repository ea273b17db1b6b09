"""Which decisions a batch records as a set, what one bad decision does to the others, and many batches at once."""

import json
import threading
from typing import Any

from tests.db.helpers import Row, Tenant, World

REPLY = {"action": "auto_reply", "reply": "We are open.", "decider": "test", "confidence": 0.9}


def decided(claims: list[Row], **changes: Any) -> list[tuple[Row, Row]]:
    """Each claim with a reply."""
    return [(claim, {**REPLY, "control_epoch": claim["control_epoch"], **changes}) for claim in claims]


def plain(world: World, bursts: list[tuple[Row, Row]]) -> set[int]:
    """Which of them (1, 2, …) would be recorded as a set. Nothing is kept."""
    document = json.dumps([
        {"tenant_id": str(c["tenant_id"]), "thread_id": str(c["thread_id"]), "fence": c["fence"],
         "last_seq": c["last_seq"], "decision": d} for c, d in bursts
    ])  # fmt: skip
    world.owner.execute("begin")
    try:
        rows = world.all("select b.ord from unnest(private.record_bursts(private.finished_bursts(%s))) as b", document)
    finally:
        world.owner.execute("rollback")
    return {row["ord"] for row in rows}


def waiting(world: World, tenant: Tenant, count: int) -> list[Row]:
    """Claims of that many people, in the order they wrote."""
    threads = [world.arrive(tenant, f"w{number}@people.test")["thread_id"] for number in range(count)]
    found = {row["thread_id"]: row for row in world.claim(64)}
    return [found[thread] for thread in threads]


def test_plain_decisions_are_recorded_as_a_set(world: World) -> None:
    """Replies, follow-ups, silence and takeovers of different people, also where a person is in control."""
    tenant = world.tenant("agent")
    claims = waiting(world, tenant, 5)
    world.rpc(tenant.people["agent"], tenant, "take_over_thread(%s)", claims[4]["thread_id"])
    actions = ("auto_reply", "follow_up", "no_reply", "human_takeover", "auto_reply")
    bursts = [(claim, {**REPLY, "action": action, "control_epoch": 1}) for claim, action in zip(claims, actions, strict=True)]  # fmt: skip
    assert plain(world, bursts) == {1, 2, 3, 4, 5}
    assert [r["action"] for r in world.complete_together(bursts)] == [*actions[:4], "human_takeover"]
    assert world.violations(tenant) == {}


def test_what_needs_a_closer_look_is_recorded_alone(world: World) -> None:
    """A late mail, a lost lease, two mailboxes of one person and one reply left, an overtaken reply."""
    tenant = world.tenant(auto_replies_per_hour=2)
    world.answered(tenant, "w2@people.test")
    world.finish(world.claim_out()[0])
    world.answered(tenant, "w4@people.test")
    claims = waiting(world, tenant, 6)
    second = world.session(tenant.id, "email", f"b@{tenant.slug}.test")
    world.arrive(tenant, "w0@people.test")
    world.owner.execute("update private.inbound_work set fence = 0 where fence = %s", [claims[1]["fence"]])
    world.arrive(tenant, "w2@people.test", channel_session_id=second)
    (other,) = world.claim(1)
    bursts = decided([*claims, other])
    assert plain(world, bursts) == {4, 6}
    results = world.complete_together(bursts)
    assert [r["result"] for r in results] == ["released", "lost", *["recorded"] * 5]
    assert [r.get("action") for r in results[2:]] == ["auto_reply"] * 4 + ["human_takeover"]
    assert world.violations(tenant) == {}


def test_a_decision_that_cannot_be_recorded_spoils_no_other(world: World) -> None:
    """Impossible values and nobody to send to fail alone, with their SQLSTATE; their leases stay for the handler."""
    tenant = world.tenant()
    claims = waiting(world, tenant, 4)
    world.owner.execute(
        "update public.et_messages set metadata = metadata || '{\"reply_to\": null}', sender_address = null"
        " where thread_id = %s", [claims[2]["thread_id"]],
    )  # fmt: skip
    world.owner.execute("delete from public.contact_identities where contact_id = (select contact_id from"
                        " public.et_threads where id = %s)", [claims[2]["thread_id"]])  # fmt: skip
    bursts = decided(claims)
    bursts[1][1]["confidence"] = 99
    results = world.complete_together(bursts)
    assert [(r["result"], r.get("sqlstate")) for r in results] == [
        ("recorded", None), ("failed", "22003"), ("failed", "PT422"), ("recorded", None),
    ]  # fmt: skip
    held = world.all("select fence from private.inbound_work where tenant_id = %s and lease_until is not null", tenant.id)  # fmt: skip
    assert {row["fence"] for row in held} == {claims[1]["fence"], claims[2]["fence"]}
    assert world.violations(tenant) == {}


def test_the_same_burst_twice_is_recorded_once(world: World) -> None:
    """The second of two equal decisions has lost its lease to the first."""
    tenant = world.tenant()
    (claim,) = waiting(world, tenant, 1)
    results = world.complete_together(decided([claim, claim]))
    assert [r["result"] for r in results] == ["recorded", "lost"]
    assert world.violations(tenant) == {}


def test_insights_that_were_set_aside_get_another_chance(world: World) -> None:
    """Threads whose insight failed for good are tried again once they move, also when they move together."""
    tenant = world.tenant()
    world.complete_together(decided(waiting(world, tenant, 2), action="no_reply"))
    world.owner.execute(
        "update private.insight_work set run_at = 'infinity', attempts = 8, expiries = 3 where tenant_id = %s",
        [tenant.id],
    )
    world.complete_together(decided(waiting(world, tenant, 2), action="no_reply"))
    rows = world.all(
        "select attempts, expiries from private.insight_work where tenant_id = %s and run_at <= clock_timestamp()",
        tenant.id,
    )
    assert rows == [{"attempts": 0, "expiries": 0}] * 2


def test_an_empty_batch_is_nothing(world: World) -> None:
    """Nothing in, nothing out."""
    assert world.complete_together([]) == []


def by_thread(claim: Row) -> str:
    """An order."""
    return str(claim["thread_id"])


def test_batches_beside_each_other_never_deadlock(world: World) -> None:
    """Four workers complete each other's contacts in opposite orders while agents take over and routers claim."""
    tenant = world.tenant("agent", auto_replies_per_hour=100)
    sessions = [world.session(tenant.id, "email", f"s{n}@{tenant.slug}.test") for n in range(4)]
    people = [f"d{number}@people.test" for number in range(12)]
    agent_claims = json.dumps({
        "role": "authenticated", "sub": str(tenant.people["agent"]), "app_metadata": {"tenant_id": str(tenant.id)},
    })  # fmt: skip

    def take_over(threads: list[Any]) -> None:
        with world.database.connect("parley_api") as api:
            for thread in threads:
                with api.transaction():
                    api.execute("set local role authenticated")
                    api.execute("select set_config('request.jwt.claims', %s, true)", [agent_claims])
                    api.execute("select public.take_over_thread(%s)", [thread])
                    api.execute("select public.hand_back_thread(%s)", [thread])

    for _ in range(6):
        of = {
            world.arrive(tenant, person, channel_session_id=session)["thread_id"]: session
            for session in sessions for person in people
        }  # fmt: skip
        claims = sorted(world.claim(64), key=by_thread)
        barrier = threading.Barrier(6)

        def act(connection: Any, number: int, of: Any = of, claims: Any = claims, barrier: Any = barrier) -> list[str]:
            barrier.wait()
            if number == 4:
                world.claim_out(20, connection=connection)
            elif number == 5:
                take_over(list(of)[::5])
            else:
                bursts = decided([row for row in claims if of[row["thread_id"]] == sessions[number]])
                return [r["result"] for r in world.complete_together(bursts[:: 1 - 2 * (number % 2)], connection)]
            return []

        results = [result for one in world.together(6, act) for result in one]
        assert set(results) <= {"recorded", "released"}
        assert len(results) == len(claims) == 48
    assert world.violations(tenant) == {}
