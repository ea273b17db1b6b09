"""The statements of the assistant and shadow workers, and the account of model calls: queries of assistants.sql."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from app.db.worker import Connection, fetch, fetch_value
from app.domain.spending import Bill, Charge
from app.domain.work import Claim, Job

log = logging.getLogger("parley.model")
SETTLE_S = 10.0


class Ledger:
    """`Spending` in the database. Reserving waits for the database; settling happens behind the caller's back, since
    a call that is not settled counts in full and no decision should wait for a receipt.
    """

    def __init__(self) -> None:
        self._connect: Callable[[], AbstractAsyncContextManager[Connection]] | None = None
        self._open: set[asyncio.Task[None]] = set()

    def use(self, connect: Callable[[], AbstractAsyncContextManager[Connection]]) -> None:
        """Where connections come from, e.g. `pool.connection`: known once the worker's pool is."""
        self._connect = connect

    async def reserve(self, charge: Charge) -> str | None:
        """Book the most a call may cost; None when the budget does not reach. Raises psycopg's errors."""
        assert self._connect is not None, "use() comes first"
        call = msgspec.to_builtins(charge)
        async with self._connect() as connection:
            found = await fetch_value(
                connection, "assistants", "reserve_ai_call", tenant_id=charge.tenant_id, call=Jsonb(call)
            )
        return None if found is None else str(found)

    async def settle(self, tenant_id: str, call_id: str, bill: Bill) -> None:
        """Say what a call came to, soon."""
        task = asyncio.create_task(self._settle(tenant_id, call_id, bill))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def close(self) -> None:
        """Wait until everything is settled, or was given up."""
        if self._open:
            await asyncio.wait(set(self._open), timeout=SETTLE_S)

    async def _settle(self, tenant_id: str, call_id: str, bill: Bill) -> None:
        assert self._connect is not None, "use() comes first"
        result = Jsonb(msgspec.to_builtins(bill))
        try:
            async with asyncio.timeout(SETTLE_S), self._connect() as connection:
                await fetch(
                    connection, "assistants", "settle_ai_call", tenant_id=tenant_id, call_id=call_id, result=result
                )
        except Exception as error:
            log.warning("a call to the model was not settled and counts in full", extra={"reason": str(error)[:200]})


@contextlib.asynccontextmanager
async def _same(connection: Connection) -> Any:
    yield connection


def ledger_on(connection: Connection) -> Ledger:
    """An account over one connection of the caller's, which must not be used by two tasks at once but in turns."""
    ledger = Ledger()
    ledger.use(lambda: _same(connection))
    return ledger


async def claim_assistants(connection: Connection, claim: Claim) -> list[Job]:
    """Requests for drafts and translations, each with what is needed to serve it."""
    values = {
        "worker": claim.worker, "limit": claim.limit, "after_tenant": claim.after_tenant,
        "full_tenants": list(claim.full_tenants),
    }  # fmt: skip
    rows = await fetch(connection, "assistants", "claim_assistants", **values)
    return [
        Job(
            tenant_id=row["tenant_id"], item_id=row["request_id"], thread_id=row["thread_id"], fence=row["fence"],
            run_at=row["run_at"], attempts=row["attempts"], data=row["context"] or {},
        )
        for row in rows
    ]  # fmt: skip


async def complete_assistant(connection: Connection, job: Job, result: dict[str, Any]) -> str:
    """recorded, released (the message was edited meanwhile) or lost."""
    values = {"tenant_id": job.tenant_id, "request_id": job.item_id, "fence": job.fence}
    return str(await fetch_value(connection, "assistants", "complete_assistant", result=Jsonb(result), **values))


async def fail_assistant(connection: Connection, job: Job) -> str:
    """retry, failed or lost."""
    values = {"tenant_id": job.tenant_id, "request_id": job.item_id, "fence": job.fence}
    return str(await fetch_value(connection, "assistants", "fail_assistant", **values) or "lost")


async def claim_shadow(connection: Connection, candidate: str, worker: str, limit: int) -> list[dict[str, Any]]:
    """Live decisions a candidate was not asked about: {"tenant_id", "decision_id", "fence", "context"}."""
    return await fetch(connection, "assistants", "claim_shadow", candidate=candidate, worker=worker, limit=limit)


async def complete_shadow(connection: Connection, row: dict[str, Any], candidate: str, result: dict[str, Any]) -> str:
    """recorded or lost."""
    values = {"tenant_id": row["tenant_id"], "decision_id": row["decision_id"], "fence": row["fence"]}
    return str(
        await fetch_value(
            connection, "assistants", "complete_shadow", candidate=candidate, result=Jsonb(result), **values
        )
    )
