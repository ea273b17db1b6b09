"""The statements of the worker loop: one typed function per query of inbound.sql, outbound.sql, insights.sql and
operations.sql. Functions take the connection and never commit; every call is one statement.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from app.db.queries import query
from app.domain.channels import Capabilities
from app.domain.work import Burst, Claim, Finished, Job

Connection = AsyncConnection[Any]
Pool = AsyncConnectionPool[Connection]
_NEVER = "-infinity"


async def fetch(connection: Connection, chapter: str, name: str, **values: Any) -> list[dict[str, Any]]:
    """All rows of a named query as dicts."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query(chapter, name), values)
        return await cursor.fetchall() if cursor.description else []


async def fetch_value(connection: Connection, chapter: str, name: str, **values: Any) -> Any:
    """The first column of the first row, None without a row."""
    rows = await fetch(connection, chapter, name, **values)
    return next(iter(rows[0].values())) if rows else None


def _claim_values(claim: Claim) -> dict[str, Any]:
    return {
        "worker": claim.worker,
        "limit": claim.limit,
        "watermark": claim.watermark or _NEVER,
        "after_tenant": claim.after_tenant,
        "full_tenants": list(claim.full_tenants),
    }


async def claim_inbound(connection: Connection, claim: Claim) -> list[Job]:
    """Threads with undecided messages, each with its decision context."""
    rows = await fetch(connection, "inbound", "claim_inbound", **_claim_values(claim))
    return [
        Job(
            tenant_id=row["tenant_id"], item_id=row["thread_id"], thread_id=row["thread_id"], fence=row["fence"],
            run_at=row["run_at"], attempts=row["attempts"],
            data={
                "burst": None if row["last_seq"] is None else Burst(
                    first_seq=row["first_seq"], last_seq=row["last_seq"], control=row["control"],
                    control_epoch=row["control_epoch"], context=row["context"],
                )
            },
        )
        for row in rows
    ]  # fmt: skip


async def register_providers(connection: Connection, providers: Sequence[Capabilities]) -> None:
    """Tell the database what the adapters of this router can do: it enforces limits, window and pace."""
    await fetch(connection, "outbound", "register_providers", providers=Jsonb([to_plain(known) for known in providers]))


async def outgoing_files(connection: Connection, tenant_id: str, message_id: str) -> dict[str, bytes]:
    """The bytes of a message's files, by attachment id."""
    async with connection.transaction():
        await connection.execute(query("inbound", "set_tenant"), {"tenant_id": tenant_id})
        rows = await fetch(connection, "outbound", "attachment_blobs", tenant_id=tenant_id, message_id=message_id)
    return {row["id"]: row["data"] for row in rows}


async def claim_outbound(connection: Connection, claim: Claim) -> list[Job]:
    """Queue rows that may leave now, each with what its adapter needs."""
    rows = await fetch(connection, "outbound", "claim_outbound", **_claim_values(claim))
    return [
        Job(
            tenant_id=row["tenant_id"], item_id=row["queue_id"], thread_id=row["thread_id"], fence=row["fence"],
            run_at=row["run_at"], attempts=row["attempt"], data=row["details"],
        )
        for row in rows
    ]  # fmt: skip


async def claim_insights(connection: Connection, claim: Claim) -> list[Job]:
    """Threads that may have moved since their insight was written, each with its newest turns if it has.

    What the claim acknowledges is put away first, by the same statement.
    """
    rows = await fetch(
        connection, "insights", "claim_insights", **_claim_values(claim),
        tenant_ids=[job.tenant_id for job in claim.acknowledged],
        thread_ids=[job.thread_id for job in claim.acknowledged], fences=[job.fence for job in claim.acknowledged],
    )  # fmt: skip
    return [
        Job(
            tenant_id=row["tenant_id"], item_id=row["thread_id"], thread_id=row["thread_id"], fence=row["fence"],
            run_at=row["run_at"], attempts=row["attempts"], data=row["history"] or {},
        )
        for row in rows
    ]  # fmt: skip


async def renew(connection: Connection, chapter: str, jobs: Sequence[Job]) -> set[int]:
    """Extend the leases of `jobs`; the fences that are still ours."""
    rows = await fetch(
        connection, chapter, f"renew_{chapter}", tenant_ids=[job.tenant_id for job in jobs],
        item_ids=[job.item_id for job in jobs], fences=[job.fence for job in jobs],
    )  # fmt: skip
    return {row["fence"] for row in rows}


async def release_inbound(connection: Connection, job: Job) -> bool:
    """Give a burst back undecided; False when the lease was lost."""
    values = {"tenant_id": job.tenant_id, "thread_id": job.thread_id, "fence": job.fence}
    return bool(await fetch_value(connection, "inbound", "release_inbound", **values))


async def complete_inbound(connection: Connection, done: Sequence[Finished]) -> list[dict[str, Any] | psycopg.Error]:
    """Record decisions: for each {"result": recorded | released | lost, "action", "message_id", "queue_id",
    "decision_id"}, or the error that kept this one from being recorded.
    """
    document = [
        {"tenant_id": one.job.tenant_id, "thread_id": one.job.thread_id, "fence": one.job.fence,
         "last_seq": one.last_seq, "decision": one.decision} for one in done
    ]  # fmt: skip
    rows = await fetch(connection, "inbound", "complete_inbound", bursts=Jsonb(document))
    results: dict[int, dict[str, Any]] = {row["ord"]: row["result"] for row in rows}
    return [_error_in(results[number + 1]) or results[number + 1] for number in range(len(done))]


def _error_in(result: dict[str, Any]) -> psycopg.Error | None:
    if result["result"] != "failed":
        return None
    try:
        kind = psycopg.errors.lookup(result["sqlstate"])
    except KeyError:  # one of ours, PTxyz
        kind = psycopg.DatabaseError
    return kind(f"{result['error']} ({result['sqlstate']})")


async def fail_inbound(connection: Connection, job: Job, last_seq: int, error: str) -> str:
    """The handler failed: retry, inbound_error or lost."""
    return str(
        await fetch_value(
            connection, "inbound", "fail_inbound", tenant_id=job.tenant_id, thread_id=job.thread_id, fence=job.fence,
            last_seq=last_seq, attempts=job.attempts, error=error,
        )
    )  # fmt: skip


async def mark_send_started(connection: Connection, job: Job) -> str:
    """ok, superseded or lost. Once it says ok, this try may have delivered."""
    values = {"tenant_id": job.tenant_id, "queue_id": job.item_id, "fence": job.fence}
    return str(await fetch_value(connection, "outbound", "mark_send_started", **values))


async def complete_outbound(connection: Connection, job: Job, outcome: dict[str, Any]) -> str:
    """The queue row's new status, or lost."""
    values = {"tenant_id": job.tenant_id, "queue_id": job.item_id, "fence": job.fence, "outcome": Jsonb(outcome)}
    return str(await fetch_value(connection, "outbound", "complete_outbound", **values))


async def complete_insights(connection: Connection, done: Sequence[tuple[Job, dict[str, Any]]]) -> list[str]:
    """Record insights, all of them or none: recorded or lost for each."""
    document = [
        {"tenant_id": job.tenant_id, "thread_id": job.thread_id, "fence": job.fence, "insight": insight}
        for job, insight in done
    ]
    rows = await fetch(connection, "insights", "complete_insights", insights=Jsonb(document))
    return [str(row["result"]) for row in sorted(rows, key=lambda row: int(row["ord"]))]


async def fail_insight(connection: Connection, job: Job, error: str | None) -> str:
    """retry (after a growing pause), set_aside, lost, or released (without an error)."""
    values = {"tenant_id": job.tenant_id, "thread_id": job.thread_id, "fence": job.fence, "error": error}
    return str(await fetch_value(connection, "insights", "fail_insight", **values))


async def lease_seconds(connection: Connection) -> float:
    """How long a claim lasts."""
    return float(await fetch_value(connection, "operations", "lease_seconds"))


async def horizon(connection: Connection) -> tuple[int, int]:
    """(oldest running transaction, next transaction) of the cluster."""
    row = (await fetch(connection, "operations", "horizon"))[0]
    return int(row["oldest"]), int(row["newest"])


def to_plain(struct: msgspec.Struct) -> dict[str, Any]:
    """A Struct as JSON-ready members."""
    plain: dict[str, Any] = msgspec.to_builtins(struct)
    return plain


def earliest(jobs: Sequence[Job]) -> datetime:
    """When the longest-waiting of `jobs` began to wait."""
    return min(job.run_at for job in jobs)
