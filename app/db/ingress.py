"""Calls of providers on their way from the edge to the core: the statements of the ingress worker.

Functions take the connection and never commit.
"""

from typing import Any

from app.db.worker import Connection, fetch, fetch_value
from app.domain.channels import Webhook
from app.domain.work import Call, Claim, Job


async def claim_ingress(connection: Connection, claim: Claim) -> list[Job]:
    """Accounts with calls to read; `data` has channel, provider, address, config and secrets (encrypted)."""
    rows = await fetch(
        connection, "ingress", "claim_ingress", worker=claim.worker, limit=claim.limit, after_tenant=claim.after_tenant,
        full_tenants=list(claim.full_tenants),
    )  # fmt: skip
    return [
        Job(
            tenant_id=row["tenant_id"], item_id=row["session_id"], thread_id="", fence=row["fence"],
            run_at=row["run_at"], data=row,
        )
        for row in rows
    ]  # fmt: skip


async def next_webhook(connection: Connection, job: Job) -> Call | None:
    """The oldest call of the account that is due; None when there is none or the lease is lost."""
    rows = await fetch(connection, "ingress", "next_webhook", **_holder(job))
    if not rows:
        return None
    row = rows[0]
    webhook = Webhook(event_id=row["event_id"], headers=row["headers"], payload=row["payload"])
    return Call(webhook_id=row["webhook_id"], webhook=webhook, attempts=row["attempts"])


async def complete_webhook(connection: Connection, job: Job, call: Call) -> bool:
    """The call was read; False when the lease is lost, and then the transaction must be undone."""
    values = {**_holder(job), "webhook_id": call.webhook_id}
    return bool(await fetch_value(connection, "ingress", "complete_webhook", **values))


async def fail_webhook(connection: Connection, job: Job, call: Call, error: str, *, final: bool) -> str:
    """Reading failed: retry, webhook_error or lost. `final` for what would fail again."""
    values = {**_holder(job), "webhook_id": call.webhook_id, "error": error, "final": final}
    return str(await fetch_value(connection, "ingress", "fail_webhook", **values))


async def release_webhooks(connection: Connection, job: Job) -> None:
    """Give the account back."""
    await fetch(connection, "ingress", "release_webhooks", **_holder(job))


def _holder(job: Job) -> dict[str, Any]:
    return {"tenant_id": job.tenant_id, "session_id": job.item_id, "fence": job.fence}
