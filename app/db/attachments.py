"""The statements of the attachments worker: queries of attachments.sql."""

from typing import Any

from psycopg.types.json import Jsonb

from app.db.queries import query
from app.db.worker import Connection, fetch, fetch_value
from app.domain.work import Claim, Job


async def claim_attachments(connection: Connection, claim: Claim) -> list[Job]:
    """Files in quarantine, each with its name, its types and how large it may be."""
    rows = await fetch(
        connection, "attachments", "claim_attachments", worker=claim.worker, limit=claim.limit,
        after_tenant=claim.after_tenant, full_tenants=list(claim.full_tenants),
    )  # fmt: skip
    return [
        Job(
            tenant_id=row["tenant_id"], item_id=row["attachment_id"], thread_id=row["thread_id"], fence=row["fence"],
            run_at=row["run_at"], attempts=row["attempts"], data=row["file"],
        )
        for row in rows
    ]  # fmt: skip


async def read_bytes(connection: Connection, job: Job) -> bytes | None:
    """The bytes of a file; None when it has none."""
    async with connection.transaction():
        await connection.execute(query("inbound", "set_tenant"), {"tenant_id": job.tenant_id})
        data: bytes | None = await fetch_value(
            connection, "attachments", "quarantined_bytes", tenant_id=job.tenant_id, attachment_id=job.item_id
        )
    return data


async def settle_attachment(connection: Connection, job: Job, verdict: dict[str, Any]) -> str:
    """released, refused, or lost."""
    return str(await fetch_value(connection, "attachments", "settle_attachment", verdict=Jsonb(verdict), **_key(job)))


async def put_off_attachment(connection: Connection, job: Job, error: str | None) -> str:
    """waiting, put_back (without an error), or lost."""
    return str(await fetch_value(connection, "attachments", "put_off_attachment", error=error, **_key(job)))


def _key(job: Job) -> dict[str, Any]:
    return {"tenant_id": job.tenant_id, "attachment_id": job.item_id, "fence": job.fence}
