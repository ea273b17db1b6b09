"""Judging, as workers do it: one typed function per query of moderation.sql. No function commits."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from app.db.worker import Connection, fetch, fetch_value
from app.domain.judgement import Record, Recorded, WordInputs
from app.domain.work import Claim, Job


async def claim_moderation(connection: Connection, claim: Claim) -> list[Job]:
    """What waits to be judged, oldest first: messages, with `data` for `read_inputs`, and words of a row, with
    `data` for `read_words`."""
    values = {
        "worker": claim.worker, "limit": claim.limit, "after_tenant": claim.after_tenant,
        "full_tenants": list(claim.full_tenants),
    }  # fmt: skip
    rows = await fetch(connection, "moderation", "claim_moderation", **values)
    return [
        Job(
            tenant_id=row["tenant_id"], item_id=row["item_id"], fence=row["fence"], run_at=row["run_at"],
            attempts=row["attempts"], thread_id=row["thread_id"], data=row["inputs"],
        )
        for row in rows
    ]  # fmt: skip


async def record_verdicts(connection: Connection, judged: Sequence[tuple[Job, Record]]) -> list[Recorded]:
    """Record verdicts under the jobs' fences, all of them or none. A fence of 0 is none: nobody else can know of it."""
    document = [
        {"tenant_id": job.tenant_id, "message_id": job.item_id, "thread_id": job.thread_id, "fence": job.fence or None,
         "verdict": msgspec.to_builtins(record)} for job, record in judged
    ]  # fmt: skip
    rows = await fetch(connection, "moderation", "record_verdicts", verdicts=Jsonb(document))
    return [msgspec.convert(row["result"], Recorded) for row in sorted(rows, key=lambda row: int(row["ord"]))]


async def inputs_of(connection: Connection, messages: Sequence[tuple[str, str]]) -> list[dict[str, Any] | None]:
    """What `read_inputs` takes, for each (tenant, message) written in this transaction; None for what does not wait."""
    tenant_ids, message_ids = [tenant for tenant, _ in messages], [message for _, message in messages]
    rows = await fetch(connection, "moderation", "inputs_of", tenant_ids=tenant_ids, message_ids=message_ids)
    return [row["inputs"] for row in rows]


async def fail_moderation(connection: Connection, job: Job, error: str | None) -> str:
    """retry (after a growing pause), review (a person reads what no detector could), lost, or released."""
    values: dict[str, Any] = {"tenant_id": job.tenant_id, "message_id": job.item_id, "fence": job.fence}
    return str(await fetch_value(connection, "moderation", "fail_moderation", error=error, **values))


async def record_words(connection: Connection, job: Job, judged: WordInputs, found: dict[str, list[str]]) -> str:
    """Record what was found in which of a row's words: recorded, stale (they, policy or stage moved) or lost."""
    rules = judged.rules
    verdict = {
        "digests": judged.digests, "policy_version": rules and rules.policy_version, "stage": rules and rules.stage,
        "found": found,
    }  # fmt: skip
    return str(
        await fetch_value(connection, "moderation", "record_words", verdict=Jsonb(verdict), **_row(job, judged.kind))
    )


async def fail_words(connection: Connection, job: Job, kind: str, error: str | None) -> str:
    """retry (after a growing pause), refused (the staff reads what no detector could), lost, or released."""
    return str(await fetch_value(connection, "moderation", "fail_words", error=error, **_row(job, kind)))


def _row(job: Job, kind: str) -> dict[str, Any]:
    return {"tenant_id": job.tenant_id, "kind": kind, "row_id": job.item_id, "fence": job.fence}
