"""What happens to a decision when the world moves while it is being made. The loop and its handler run in this process,
so that the decider can be anything."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import psycopg
import pytest
from prometheus_client import REGISTRY

from app.db import worker as db
from app.domain.deciding import Decider, Decision, DecisionRequest
from app.domain.work import Job
from app.settings import Settings
from tests.db.helpers import Row, Tenant, World
from workers.inbound import InboundHandler
from workers.loop import Loop, Pool

Think = Callable[[DecisionRequest], Awaitable[Decision]]
LEASE_S = 4.0
"""Short enough to be outlived by a thought; it is renewed every second, which even a busy machine manages within three more."""


def reply(text: str = "We are open.") -> Decision:
    """What a decider that knows the answer says."""
    return Decision(
        action="auto_reply", intent="opening", confidence=0.9, language="en", reasons=("It knows.",), reply=text
    )


class Thinker:
    """A decider that does what the test wants and remembers what it was asked."""

    name = "thinker"

    def __init__(self, think: Think) -> None:
        self.think = think
        self.asked: list[DecisionRequest] = []
        self.began = asyncio.Event()

    async def decide(self, request: DecisionRequest) -> Decision:
        self.asked.append(request)
        self.began.set()
        return await self.think(request)


@contextlib.asynccontextmanager
async def working(
    world: World, handler: Callable[[Settings], InboundHandler], *, deadline_s: float = 60.0
) -> AsyncIterator[Loop]:
    """An inbound worker in this process."""
    settings = world.database.settings(decider_deadline_s=deadline_s)
    loop = Loop(settings, handler(settings))
    running = asyncio.create_task(loop.run())
    try:
        yield loop
    finally:
        loop.stop()
        await asyncio.wait_for(running, 60)


def deciding_by(decider: Decider) -> Callable[[Settings], InboundHandler]:
    """A handler with this decider."""
    return lambda settings: InboundHandler(settings, decider)


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant of this test's own."""
    return world.tenant()


async def settled(world: World, tenant: Tenant, timeout_s: float = 60.0) -> list[dict[str, Any]]:
    """The decisions of a tenant once nothing of it waits."""
    until = time.monotonic() + timeout_s
    while world.value("select count(*) from private.inbound_work where tenant_id = %s", tenant.id):
        assert time.monotonic() < until, world.all("select * from private.inbound_work")
        await asyncio.sleep(0.02)
    return world.all("select * from public.inbound_decisions where tenant_id = %s order by created_at", tenant.id)


def queued(world: World, tenant: Tenant) -> list[dict[str, Any]]:
    """The queue rows of a tenant that were not cancelled."""
    return world.all("select * from public.et_outbound_queue where tenant_id = %s and status <> 'cancelled'", tenant.id)


async def test_a_person_who_takes_over_meanwhile_silences_the_machine(world: World, tenant: Tenant) -> None:
    """The decider has an answer ready, but a person took the conversation: nothing is written."""
    go = asyncio.Event()

    async def think(_: DecisionRequest) -> Decision:
        await go.wait()
        return reply()

    thinker = Thinker(think)
    async with working(world, deciding_by(thinker)):
        row = world.arrive(tenant)
        await asyncio.wait_for(thinker.began.wait(), 60)
        world.rpc(tenant.people["owner"], tenant, "take_over_thread(%s)", row["thread_id"])
        go.set()
        (decision,) = await settled(world, tenant)
    assert decision["action"] == "human_takeover"
    assert queued(world, tenant) == []
    assert world.status(row["id"]) == "inbound_human_takeover"
    assert world.violations(tenant) == {}


async def test_a_person_who_took_over_and_gave_back_meanwhile_makes_it_decide_anew(
    world: World, tenant: Tenant
) -> None:
    """The epoch moved though the machine is in control again: what was thought before is thrown away."""
    go = asyncio.Event()

    async def think(request: DecisionRequest) -> Decision:
        await go.wait()
        return reply("first" if len(thinker.asked) == 1 else "second")

    thinker = Thinker(think)
    async with working(world, deciding_by(thinker)):
        row = world.arrive(tenant)
        await asyncio.wait_for(thinker.began.wait(), 60)
        for call in ("take_over_thread(%s)", "hand_back_thread(%s)"):
            world.rpc(tenant.people["owner"], tenant, call, row["thread_id"])
        go.set()
        await settled(world, tenant)
    assert len(thinker.asked) == 2
    (sent,) = queued(world, tenant)
    assert world.message(sent["message_id"])["body"] == "second"


async def test_a_message_that_comes_meanwhile_is_answered_with_the_first(world: World, tenant: Tenant) -> None:
    """The contact goes on writing while the machine thinks: one reply, to all of it."""
    go = asyncio.Event()

    async def think(_: DecisionRequest) -> Decision:
        await go.wait()
        return reply()

    thinker = Thinker(think)
    async with working(world, deciding_by(thinker)):
        first = world.arrive(tenant, body="What are your opening hours?")
        await asyncio.wait_for(thinker.began.wait(), 60)
        second = world.arrive(tenant, body="On Monday, I mean.")
        go.set()
        (decision,) = await settled(world, tenant)
    assert second["thread_id"] == first["thread_id"]
    assert [[one.text for one in asked.burst] for asked in thinker.asked] == [
        ["What are your opening hours?"], ["What are your opening hours?", "On Monday, I mean."],
    ]  # fmt: skip
    assert (decision["first_seq"], decision["last_seq"]) == (1, 2)
    assert len(queued(world, tenant)) == 1
    assert world.violations(tenant) == {}


async def test_a_decider_that_does_not_answer_in_time_is_replaced_by_a_person(world: World, tenant: Tenant) -> None:
    """The deadline is the worker's, whatever the decider thinks of it."""

    async def think(_: DecisionRequest) -> Decision:
        await asyncio.sleep(60)
        raise AssertionError("nobody waited")

    async with working(world, deciding_by(Thinker(think)), deadline_s=1.5):
        world.arrive(tenant)
        (decision,) = await settled(world, tenant)
    assert (decision["action"], decision["intent"]) == ("human_takeover", "too_slow")
    assert "1.5 s" in decision["reasons"][0]
    assert world.value("select count(*) from public.notifications where tenant_id = %s", tenant.id) == 1


async def test_a_broken_decider_is_replaced_by_a_person(world: World, tenant: Tenant) -> None:
    """Whatever it raises, somebody is told."""

    async def think(_: DecisionRequest) -> Decision:
        raise RuntimeError("out of order")

    async with working(world, deciding_by(Thinker(think))):
        world.arrive(tenant)
        (decision,) = await settled(world, tenant)
    assert (decision["action"], decision["intent"]) == ("human_takeover", "broken")
    assert "RuntimeError" in decision["reasons"][0]


async def test_a_decider_that_talks_nonsense_leaves_nothing_waiting(world: World, tenant: Tenant) -> None:
    """An answer without a reply, too sure of itself, or in an unknown word does not jam the queue."""
    nonsense = (
        Decision(action="auto_reply", intent="x", confidence=0.9, language="en", reasons=(), reply=None),
        Decision(action="dance", intent="x", confidence=0.9, language="en", reasons=()),  # type: ignore[arg-type]
        Decision(action="auto_reply", intent="x", confidence=9e9, language="en", reasons=(), reply="Hi"),
        Decision(action="auto_reply", intent="x\0", confidence=0.5, language="en", reasons=("\0",), reply="\0"),
    )
    told = iter(nonsense)
    answers: dict[str, Decision] = {}

    async def think(request: DecisionRequest) -> Decision:
        return answers.setdefault(request.burst[0].id, next(told, reply()))

    class Impatient(InboundHandler):
        """Gives up at the first error, as after five."""

        async def fail(self, pool: Pool, job: Job, error: Exception) -> str:
            async with pool.connection() as connection:
                return await db.fail_inbound(
                    connection, _last_try(job), job.data["burst"].last_seq, f"{type(error).__name__}: {error}"
                )

    async with working(world, lambda settings: Impatient(settings, Thinker(think))):
        rows = [world.arrive(tenant, f"p{number}@people.test") for number in range(5)]
        await settled(world, tenant)
    statuses = [world.status(row["id"]) for row in rows]
    assert set(statuses) <= {"inbound_error", "inbound_human_takeover", "inbound_ai_replied"}
    assert statuses.count("inbound_ai_replied") >= 1, "the good one was answered"
    assert world.violations(tenant) == {}


def _last_try(job: Job) -> Job:
    import msgspec

    return msgspec.structs.replace(job, attempts=4)


async def test_a_poison_message_is_set_aside_and_the_others_are_answered(world: World, tenant: Tenant) -> None:
    """A message that makes the handler fail every time ends in inbound_error with the reason; a person can retry it."""

    class Fragile(InboundHandler):
        """Our own code breaks on one message."""

        poisoned = True

        async def handle(self, pool: Pool, job: Job) -> str:
            if self.poisoned and "poison" in str(job.data["burst"].context["burst"]):
                raise ZeroDivisionError("our own bug")
            return await super().handle(pool, job)

    async def think(_: DecisionRequest) -> Decision:
        return reply()

    made: list[Fragile] = []

    def make(settings: Settings) -> Fragile:
        made.append(Fragile(settings, Thinker(think)))
        return made[0]

    async with working(world, make):
        good = [world.arrive(tenant, f"g{number}@people.test") for number in range(3)]
        bad = world.arrive(tenant, "bad@people.test", "this is poison")
        good += [world.arrive(tenant, f"h{number}@people.test") for number in range(3)]
        until = time.monotonic() + 60
        while world.status(bad["id"]) != "inbound_error":
            # Each error is followed by a growing pause: let it pass.
            world.owner.execute(
                "update private.inbound_work set run_at = clock_timestamp() where tenant_id = %s and lease_until is null",
                [tenant.id],
            )
            assert time.monotonic() < until
            await asyncio.sleep(0.05)
        await settled(world, tenant)
        assert {world.status(row["id"]) for row in good} == {"inbound_ai_replied"}
        decision = world.one(
            "select * from public.inbound_decisions where tenant_id = %s and action = 'error'", tenant.id
        )
        assert "our own bug" in decision["reasons"][0]
        assert world.value("select kind from public.notifications where tenant_id = %s", tenant.id) == "inbound_error"
        made[0].poisoned = False
        world.rpc(tenant.people["owner"], tenant, "retry_inbound(%s)", bad["id"])
        await settled(world, tenant)
    assert world.status(bad["id"]) == "inbound_ai_replied"
    assert world.violations(tenant) == {}


async def test_a_decision_longer_than_the_lease_is_kept_by_renewing(world: World, tenant: Tenant) -> None:
    """The lease is 4 s, the thought takes longer: it is renewed, nobody else gets the message, it is decided once."""

    async def think(_: DecisionRequest) -> Decision:
        await asyncio.sleep(LEASE_S + 0.5)
        return reply()

    set_lease(world, LEASE_S)
    try:
        one, two = Thinker(think), Thinker(think)
        async with working(world, deciding_by(one)), working(world, deciding_by(two)):
            world.arrive(tenant)
            decisions = await settled(world, tenant)
    finally:
        set_lease(world, 60)
    assert len(one.asked) + len(two.asked) == 1
    assert [decision["action"] for decision in decisions] == ["auto_reply"]


def set_lease(world: World, seconds: float) -> None:
    """The length of claims, for connections made from now on."""
    world.database.cluster.execute(_lease(world.database.name, str(seconds)))


def _lease(database: str, seconds: str) -> Any:
    from psycopg import sql

    change = sql.SQL("alter database {} set parley.lease_seconds = {}")
    return change.format(sql.Identifier(database), sql.Literal(seconds))


async def test_a_deadlocks_victim_is_decided_again_at_once(world: World, tenant: Tenant) -> None:
    """The database gave somebody else the way: nobody waits a whole lease for the answer."""

    class Unlucky(InboundHandler):
        victims = 0

        async def handle(self, pool: Pool, job: Job) -> str:
            if not self.victims:
                self.victims += 1
                raise psycopg.errors.DeadlockDetected
            return await super().handle(pool, job)

    async def think(_: DecisionRequest) -> Decision:
        return reply()

    before = REGISTRY.get_sample_value("parley_wait_seconds_count", {"worker": "inbound"}) or 0
    async with working(world, lambda settings: Unlucky(settings, Thinker(think))):
        world.arrive(tenant)
        (decision,) = await settled(world, tenant)
    assert decision["action"] == "auto_reply"
    assert REGISTRY.get_sample_value("parley_wait_seconds_count", {"worker": "inbound"}) == before + 2


@pytest.mark.parametrize("shift", [3600, -3600], ids=["an hour ahead", "an hour behind"])
async def test_a_worker_with_a_wrong_clock_keeps_its_leases(
    world: World, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, shift: int
) -> None:
    """Time is the database's: a worker whose clock is an hour off claims, renews, decides and sends as any other."""
    real, real_ns = time.time, time.time_ns
    monkeypatch.setattr(time, "time", lambda: real() + shift)
    monkeypatch.setattr(time, "time_ns", lambda: real_ns() + shift * 10**9)

    async def think(request: DecisionRequest) -> Decision:
        await asyncio.sleep(LEASE_S + 0.5)
        assert abs(request.now.timestamp() - real()) < 60
        return reply()

    set_lease(world, LEASE_S)
    try:
        thinker = Thinker(think)
        async with working(world, deciding_by(thinker)):
            world.arrive(tenant)
            (decision,) = await settled(world, tenant)
    finally:
        set_lease(world, 60)
    assert len(thinker.asked) == 1
    assert decision["action"] == "auto_reply"
    assert abs(decision["created_at"].timestamp() - real()) < 60


def test_a_reply_claimed_while_its_question_was_asked_again_is_not_given_twice(world: World, tenant: Tenant) -> None:
    """A burst counts an earlier reply as never sent, but that reply is just leaving: the burst is decided anew.

    Otherwise the first question would be answered twice.
    """
    first = world.answered(tenant, body="What are your opening hours?")
    with world.database.connect("parley_worker", autocommit=False) as router:
        (leaving,) = world.claim_out(connection=router)
        world.arrive(tenant, body="How much is a visit?")
        (claim,) = world.claim()
        seen = context(world, claim)
        assert (seen["first_seq"], len(seen["burst"])) == (1, 2), "seen from here the first reply never left"
        router.commit()
    assert world.complete(claim, first_seq=seen["first_seq"])["result"] == "released"
    assert world.finish(leaving) == "sent"
    (claim,) = world.claim()
    seen = context(world, claim)
    assert (seen["first_seq"], len(seen["burst"])) == (3, 1)
    assert world.complete(claim, first_seq=seen["first_seq"])["result"] == "recorded"
    (leaving,) = world.claim_out()
    assert world.finish(leaving) == "sent"
    assert world.status(first["inbound_id"]) == "inbound_ai_replied"
    assert world.violations(tenant) == {}


def context(world: World, claim: Row) -> Row:
    """What a decider would be told about a claim."""
    names = ("tenant_id", "thread_id", "first_seq", "last_seq")
    row = world.worker.execute(
        "select private.decision_context(%s, %s, %s, %s) as c", [claim[name] for name in names]
    ).fetchone()
    assert row is not None
    return dict(row["c"])
