"""The moderator: judges messages that wait, so that they are released, masked, held or stopped, and words beside them.

While it is down messages wait: nobody sees them. The rules are pure and take well under a millisecond; where a tenant's
policy wants a second opinion, a model is asked before anything is recorded, and the rules' verdict stands without it.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg

from app.db import moderation as db
from app.db.assistants import Ledger
from app.db.worker import Connection
from app.deciders.registry import create_reader
from app.domain.judgement import Record, Recorded, SecondReader
from app.domain.work import Claim, Finished, Job
from app.moderation.gate import judge_inputs, read_inputs, second_look
from app.moderation.words import found_in, read_words
from app.settings import Settings
from workers import metrics
from workers.loop import Pool, main
from workers.turns import Together

log = logging.getLogger("parley.moderator")
AT_ONCE = 8
"""Second opinions being asked for at once. What waits for its turn is under a lease, and shown to nobody."""


class ModeratorHandler:
    """Judges outside any transaction, records under the fence of its claim."""

    name = "moderator"
    chapter = "moderation"
    channel = "et_moderation"
    concurrency = 128
    batch = 32

    def __init__(self, settings: Settings, reader: SecondReader | None = None) -> None:
        self.ledger = Ledger()
        self.reader = reader or create_reader(settings, self.ledger)
        self._asking = asyncio.Semaphore(AT_ONCE)
        self._record = Together(_record, most=32)

    async def claim(self, connection: Connection, claim: Claim) -> list[Job]:
        """Messages and words that wait, with all a judgement needs."""
        return await db.claim_moderation(connection, claim)

    async def handle(self, pool: Pool, job: Job) -> str:
        """Judge one of them and record it; `stale` when it, its policy or its stage moved meanwhile: given back."""
        if "words" in job.data:
            return await judge_words(pool, job)
        record = await self._judge(pool, job)
        done = await self._record(pool, job.tenant_id, (job, record))
        if done.result == "recorded":
            metrics.VERDICTS.labels(record.lane, record.decision, record.decider).inc()
            log.info("judged", extra={"decision": record.decision, "kinds": list(record.kinds)})
        return done.result

    async def fail(self, pool: Pool, job: Job, error: Exception) -> str:
        """Tried again later; after eight errors a person reads it."""
        return await self._put_back(pool, job, f"{type(error).__name__}: {error}")

    async def release(self, pool: Pool, job: Job) -> None:
        """Put back at once."""
        await self._put_back(pool, job, None)

    async def close(self) -> None:
        """Settle what is open, hang up on the model."""
        await self.ledger.close()
        await self.reader.close()

    async def _put_back(self, pool: Pool, job: Job, error: str | None) -> str:
        async with pool.connection() as connection:
            if "words" in job.data:
                return await db.fail_words(connection, job, job.data["kind"], error)
            return await db.fail_moderation(connection, job, error)

    async def _judge(self, pool: Pool, job: Job) -> Record:
        inputs = read_inputs(job.data)
        record = judge_inputs(inputs)
        question = second_look(inputs, record, job.tenant_id)
        if question is None:
            return record
        self.ledger.use(pool.connection)
        async with self._asking:
            opinion = await self.reader.read(question)
        metrics.OPINIONS.labels(opinion.outcome).inc()
        return judge_inputs(inputs, opinion)


async def judge_words(pool: Pool, job: Job) -> str:
    """Judge the words that are held for one row, and let in what nothing is found in."""
    inputs = read_words(job.data)
    rules = inputs.rules
    found = dict(found_in(inputs.words, rules, inputs.words)) if rules else {}
    async with pool.connection() as connection:
        done = await db.record_words(connection, job, inputs, found)
    if done == "recorded":
        for field in inputs.words:
            metrics.VERDICTS.labels("people", "blocked" if field in found else "approved", "rules").inc()
    return done


async def _record(pool: Pool, judged: Sequence[tuple[Job, Record]]) -> list[Recorded]:
    async with pool.connection() as connection:
        return await db.record_verdicts(connection, judged)


async def judge_replies(
    connection: Connection, done: Sequence[Finished], results: Sequence[dict[str, Any] | psycopg.Error]
) -> None:
    """Judge what the machine has just written, in its own transaction: for tenants that moderate it, and where no model
    is to be asked. What cannot be judged here waits for the moderator."""
    written = [
        (one, str(result["message_id"])) for one, result in zip(done, results, strict=True)
        if isinstance(result, dict) and result.get("message_id")
    ]  # fmt: skip
    if not written:
        return
    found = await db.inputs_of(connection, [(one.job.tenant_id, message_id) for one, message_id in written])
    judged: list[tuple[Job, Record]] = []
    for (one, message_id), document in zip(written, found, strict=True):
        if document is None:
            continue
        try:
            inputs = read_inputs(document)
            record = judge_inputs(inputs)
        except msgspec.ValidationError:
            log.exception("a policy cannot be read: the reply waits")
            continue
        if second_look(inputs, record, one.job.tenant_id) is None:
            judged.append((msgspec.structs.replace(one.job, item_id=message_id, fence=0), record))
            metrics.VERDICTS.labels(record.lane, record.decision, record.decider).inc()
    if judged:
        await db.record_verdicts(connection, judged)


if __name__ == "__main__":
    main(ModeratorHandler)
