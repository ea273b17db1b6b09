"""The inbound worker: decides on received messages. Rules that must hold are the database's; this asks and records."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg

from app.db import worker as db
from app.db.assistants import Ledger
from app.deciders.registry import create_decider
from app.domain.deciding import Decider, Decision, DecisionRequest
from app.domain.replaying import remember
from app.domain.work import Burst, Claim, Finished, Job
from app.moderation.customers import watch_burst
from app.settings import Settings
from workers import metrics
from workers.hints import Hints
from workers.loop import Pool, main, worker_name
from workers.moderator import judge_replies
from workers.parts import close
from workers.turns import Together

log = logging.getLogger("parley.inbound")


class InboundHandler:
    """Claims bursts, decides outside any transaction, records decisions and replies in one."""

    name = "inbound"
    chapter = "inbound"
    channel = "et_inbound"
    concurrency = 32
    batch = 8

    def __init__(self, settings: Settings, decider: Decider | None = None) -> None:
        self.ledger = Ledger()
        self.decider = decider or create_decider(settings.decider, settings, self.ledger)
        self.deadline_s = settings.decider_deadline_s
        self.worker = worker_name(self.name)
        self._record = Together(_record, most=16)
        self._hints = Hints()

    async def claim(self, connection: db.Connection, claim: Claim) -> list[Job]:
        """Threads with all they have waiting."""
        return await db.claim_inbound(connection, claim)

    async def handle(self, pool: Pool, job: Job) -> str:
        """Decide on one burst. `released`: the thread moved meanwhile and will be decided anew."""
        burst: Burst | None = job.data["burst"]
        if burst is None:
            raise ValueError("a work row without undecided messages")
        self.ledger.use(pool.connection)
        self._hints.add(pool, job.thread_id)
        started = time.perf_counter()
        decision = await self._decide(burst)
        elapsed = time.perf_counter() - started
        metrics.DECIDE_SECONDS.labels(decision.decider).observe(elapsed)
        record = db.to_plain(decision) | {
            "control_epoch": burst.control_epoch,
            "first_seq": burst.context["first_seq"],
            "policy_version": burst.context["knowledge"]["policy_version"],
            "latency_ms": round(elapsed * 1000, 3),
            "worker": self.worker,
        }
        seen = _watch(burst)
        if seen and seen["raised"]:
            record["escalation"] = seen
        if decision.decider != "none":
            told = remember(burst.context) | ({"escalation": seen} if seen else {})
            record |= {"input": told, "knowledge_digest": burst.context["knowledge_digest"]}
        finished = Finished(job=job, last_seq=burst.last_seq, decision=record)
        result = await self._record(pool, job.tenant_id, finished)
        self._hints.add(pool, job.thread_id)
        if result["result"] == "recorded":
            metrics.DECISIONS.labels(result["action"], decision.intent).inc()
            log.info(
                "decided",
                extra={"action": result["action"], "intent": decision.intent, "decision_id": result["decision_id"]},
            )
        return str(result["result"])

    async def fail(self, pool: Pool, job: Job, error: Exception) -> str:
        """Another try after a pause, or inbound_error after five."""
        burst: Burst | None = job.data["burst"]
        async with pool.connection() as connection:
            return await db.fail_inbound(
                connection, job, burst.last_seq if burst else 0, f"{type(error).__name__}: {error}"
            )

    async def release(self, pool: Pool, job: Job) -> None:
        """Give the burst back as received."""
        async with pool.connection() as connection:
            await db.release_inbound(connection, job)

    async def close(self) -> None:
        """Settle what is open, hang up on the model."""
        await self._hints.close()
        await self.ledger.close()
        await close(self.decider)

    async def _decide(self, burst: Burst) -> Decision:
        if burst.control == "human":
            return _takeover("in_control", None, "none")
        if burst.context["contact_blocked"]:
            return Decision(action="no_reply", intent="blocked", confidence=1.0, language="en", decider="none",
                            reasons=("The contact is blocked.",))  # fmt: skip
        request = msgspec.convert(_request(burst.context), DecisionRequest)
        try:
            async with asyncio.timeout(self.deadline_s):
                return await self.decider.decide(request)
        except TimeoutError:
            return _takeover("too_slow", f"The decider did not answer within {self.deadline_s:g} s.", self.decider.name)
        except Exception as error:
            log.exception("the decider is broken: a person takes over")
            return _takeover("broken", f"The decider failed: {type(error).__name__}.", self.decider.name)


async def _record(pool: Pool, done: Sequence[Finished]) -> list[dict[str, Any] | psycopg.Error]:
    async with pool.connection() as connection:
        if not any(one.decision.get("reply") for one in done):
            return await db.complete_inbound(connection, done)
        async with connection.transaction():
            results = await db.complete_inbound(connection, done)
            await judge_replies(connection, done, results)
        return results


def _watch(burst: Burst) -> dict[str, Any] | None:
    """What the tenant's rules of escalation see in it; a policy that cannot be read calls nobody."""
    try:
        return watch_burst(burst.context)
    except msgspec.ValidationError:
        log.exception("a policy cannot be read: nobody is called")
        return None


def _takeover(intent: str, reason: str | None, decider: str) -> Decision:
    # Without a reason of ours the database writes its own: it checks control again when it records.
    return Decision(
        action="human_takeover",
        intent=intent,
        confidence=0.0,
        language="en",
        reasons=(reason,) if reason else (),
        decider=decider,
    )


def _request(context: dict[str, Any]) -> dict[str, Any]:
    members = (
        "tenant_id", "case_id", "channel", "now", "burst", "history", "knowledge", "contact_name", "contact_locale",
    )  # fmt: skip
    return {name: context[name] for name in members}


if __name__ == "__main__":
    main(InboundHandler)
