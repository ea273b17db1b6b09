"""The statements of the notifier: one typed function per query of notifier.sql."""

from typing import Any

from psycopg.types.json import Jsonb

from app.db.queries import query
from app.db.worker import Connection, fetch, fetch_value
from app.domain.channels import Session
from app.domain.work import Claim, Job


async def set_push_key(connection: Connection, key: str) -> None:
    """Tell the database which key browsers subscribe with."""
    await connection.execute(query("notifier", "set_push_key"), {"key": key})


async def claim_pushes(connection: Connection, claim: Claim) -> list[Job]:
    """Pushes that are due; `data` is what is shown, empty when the subscription went this very moment."""
    rows = await fetch(
        connection, "notifier", "claim_pushes", worker=claim.worker, limit=claim.limit,
        after_tenant=claim.after_tenant, full_tenants=list(claim.full_tenants),
    )  # fmt: skip
    return [
        Job(
            tenant_id=row["tenant_id"], item_id=row["push_id"], thread_id=(row["content"] or {}).get("thread_id") or "",
            fence=row["fence"], run_at=row["run_at"], attempts=row["attempts"], data=row["content"] or {},
        )
        for row in rows
    ]  # fmt: skip


async def start_push(connection: Connection, job: Job) -> bool:
    """Commit that the call begins; False when somebody else holds the push now."""
    return bool(await fetch_value(connection, "notifier", "start_push", **_key(job)))


async def finish_push(connection: Connection, job: Job, outcome: dict[str, Any]) -> str:
    """Record how it ended: pushed, gone, failed, unknown, retry, released or lost."""
    return str(await fetch_value(connection, "notifier", "finish_push", **_key(job), outcome=Jsonb(outcome)))


async def record_broken_account(connection: Connection, account: Session, reason: str) -> None:
    """What a provider said of an account while something was pushed with it."""
    await fetch(
        connection, "operations", "record_health", tenant_id=account.tenant_id, session_id=account.session_id,
        status="disconnected", reason=reason[:300], proves_address=False,
    )  # fmt: skip


def _key(job: Job) -> dict[str, Any]:
    return {"tenant_id": job.tenant_id, "push_id": job.item_id, "fence": job.fence}
