"""Sets and removes webhooks at the provider, until what it has is what the database wants."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec

from app.db import worker as db
from app.domain.channels import Adapter, Health, KeepsWebhook, Session
from app.errors import ParleyError
from app.secrets import Vault
from workers import metrics
from workers.loop import Pool

log = logging.getLogger("parley.hooks")
ANSWER_S = 30.0
AT_ONCE = 16
Record = Callable[[Pool, Session, Health], Awaitable[None]]


def open_session(vault: Vault, row: dict[str, object]) -> Session | None:
    """The account of a claimed row, its secrets open; None when no key opens them."""
    sealed = msgspec.convert(row["secrets"], dict[str, str])
    try:
        return msgspec.convert({**row, "secrets": {name: vault.open(one) for name, one in sealed.items()}}, Session)
    except ParleyError as error:
        log.warning("cannot open the secrets of an account", extra={"reason": str(error)})
        return None


class HookKeeper:
    """Every round takes some accounts whose webhook is not as it should be. `record` tells why one could not be set."""

    def __init__(self, vault: Vault, adapters: dict[str, Adapter], record: Record) -> None:
        self.keepers = {name: one for name, one in adapters.items() if isinstance(one, KeepsWebhook)}
        self.vault, self._record = vault, record

    async def round(self, pool: Pool) -> bool:
        """Whether there may be more to do at once."""
        full = False
        for provider, adapter in self.keepers.items():
            async with pool.connection() as connection:
                rows = await db.fetch(
                    connection, "operations", "claim_hooks", provider=provider, place=adapter.webhook_place,
                    limit=AT_ONCE,
                )  # fmt: skip
            await asyncio.gather(*(self._settle(pool, adapter, row) for row in rows))
            full = full or len(rows) == AT_ONCE
        return full

    async def _settle(self, pool: Pool, adapter: KeepsWebhook, row: dict[str, object]) -> None:
        session = open_session(self.vault, row)
        wanted = bool(row["wanted"])
        health = Health(status="disconnected", reason="the account's secrets cannot be opened")
        if session is not None:
            health = await _ask(adapter.set_webhook(session) if wanted else adapter.remove_webhook(session))
        values = {name: row[name] for name in ("tenant_id", "session_id", "fence", "wanted", "fingerprint")}
        async with pool.connection() as connection:
            outcome = await db.fetch_value(
                connection, "operations", "complete_hook", **values, done=health.status == "connected"
            )
        metrics.HANDLED.labels("hooks", str(outcome)).inc()
        log.info("webhook at the provider", extra={"session_id": row["session_id"], "outcome": outcome,
                                                   "reason": health.reason})  # fmt: skip
        if wanted and session is not None and outcome == "retry":
            await self._record(pool, session, health)


async def _ask(call: Awaitable[Health]) -> Health:
    try:
        async with asyncio.timeout(ANSWER_S):
            return await call
    except TimeoutError:
        return Health(status="degraded", reason=f"the provider did not answer within {ANSWER_S:g} s")
    except Exception as error:
        log.exception("setting or removing a webhook is broken")
        return Health(status="degraded", reason=f"{type(error).__name__} in the health worker, see its log")
