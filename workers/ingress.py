"""Reads what providers pushed: the adapter of the account turns a stored call into events, one transaction keeps them.

One worker at a time reads an account, oldest call first, so that a conversation keeps its order.
"""

import asyncio
import logging
import time
from collections.abc import Sequence

import msgspec
import psycopg

from app.channels.registry import create_adapters
from app.db import ingress as calls
from app.db import worker as db
from app.db.inbound import Place, store
from app.db.queries import query
from app.domain.channels import Adapter, ReadsWebhooks, Session
from app.domain.inbound import ChannelEvent, InboundMessage
from app.domain.work import Call, Claim, Job
from app.secrets import Vault
from app.settings import Settings
from workers import metrics
from workers.loop import Pool, main

log = logging.getLogger("parley.ingress")
READ_S = 60.0
"""How long an adapter may take over one call: it may fetch media."""
TURN_CALLS = 200
TURN_S = 20.0
"""After so many calls or seconds an account is given back, so that the others get their turn."""
CLASHES = 3
"""How often a transaction that met another one is tried again at once."""


class LeaseLostError(Exception):
    """Somebody else reads this account now: nothing of this call may be kept."""


class IngressHandler:
    """One job is one account: its calls are read until none is due."""

    name = "ingress"
    chapter = "ingress"
    channel = "et_ingress"
    concurrency = 16
    batch = 4

    def __init__(self, settings: Settings, adapters: dict[str, Adapter] | None = None) -> None:
        self.adapters = create_adapters(settings) if adapters is None else adapters
        self.vault = Vault(settings.secret_keys())
        self._registered = False

    async def claim(self, connection: db.Connection, claim: Claim) -> list[Job]:
        """Accounts with calls to read. The first claim says what the adapters can do: what arrives is judged by it."""
        if not self._registered:
            await db.register_providers(connection, [adapter.capabilities for adapter in self.adapters.values()])
            self._registered = True
        return await calls.claim_ingress(connection, claim)

    async def handle(self, pool: Pool, job: Job) -> str:
        """Read an account's calls; `lost` when somebody else has it now."""
        until = time.monotonic() + TURN_S
        heard = False
        for _ in range(TURN_CALLS):
            async with pool.connection() as connection:
                call = await calls.next_webhook(connection, job)
            if call is None or time.monotonic() > until:
                break
            outcome, messages = await self._read(pool, job, call)
            metrics.WEBHOOKS.labels(job.data["provider"], outcome).inc()
            log.info("webhook read", extra={"webhook_id": call.webhook_id, "provider": job.data["provider"],
                                            "session_id": job.item_id, "outcome": outcome})  # fmt: skip
            if outcome == "lost":
                return "lost"
            heard = heard or messages > 0
        async with pool.connection() as connection:
            if heard:
                await self._note_heartbeat(connection, job)
            await calls.release_webhooks(connection, job)
        return "read"

    async def _read(self, pool: Pool, job: Job, call: Call) -> tuple[str, int]:
        """Read and record one call: its outcome, and how many messages it held."""
        try:
            events = await self._events(job, call)
        except (ValueError, msgspec.MsgspecError) as error:
            return await self._fail(pool, job, call, error, final=True), 0
        except Exception as error:
            log.warning("a webhook could not be read", exc_info=error)
            return await self._fail(pool, job, call, error, final=False), 0
        try:
            await self._store(pool, job, call, events)
        except LeaseLostError:
            return "lost", 0
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            return await self._fail(pool, job, call, error, final=True), 0
        return "stored" if events else "nothing", sum(isinstance(event, InboundMessage) for event in events)

    async def _events(self, job: Job, call: Call) -> Sequence[ChannelEvent]:
        provider = str(job.data["provider"])
        adapter = self.adapters.get(provider)
        if not isinstance(adapter, ReadsWebhooks):
            raise LookupError(f"no adapter of this worker reads webhooks of {provider}")
        session = Session(
            tenant_id=job.tenant_id, session_id=job.item_id, channel=job.data["channel"], provider=provider,
            address=job.data["address"], config=job.data["config"],
            secrets={name: self.vault.open(value) for name, value in job.data["secrets"].items()},
        )  # fmt: skip
        async with asyncio.timeout(READ_S):
            return await adapter.read_webhook(call.webhook, session)

    async def _store(self, pool: Pool, job: Job, call: Call, events: Sequence[ChannelEvent]) -> None:
        """What the call says, and that it was read, or nothing. Raises LeaseLostError and psycopg errors."""
        place = Place(job.tenant_id, job.item_id, job.data["channel"], job.data["provider"], pushed=True)
        for left in reversed(range(CLASHES)):
            try:
                async with pool.connection() as connection, connection.transaction():
                    await store(connection, place, events)
                    if not await calls.complete_webhook(connection, job, call):
                        raise LeaseLostError
                return
            except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                # Another channel wrote to the same threads in another order; one of the two was asked to step back.
                if not left:
                    raise

    async def _fail(self, pool: Pool, job: Job, call: Call, error: Exception, *, final: bool) -> str:
        told = f"{type(error).__name__}: {error}".replace("\x00", "")
        async with pool.connection() as connection:
            return await calls.fail_webhook(connection, job, call, told, final=final)

    async def _note_heartbeat(self, connection: db.Connection, job: Job) -> None:
        values = {"tenant_id": job.tenant_id, "session_id": job.item_id}
        await connection.execute(query("inbound", "record_heartbeat"), values)

    async def fail(self, pool: Pool, job: Job, error: Exception) -> str:  # noqa: ARG002
        """Nothing that one call could cause: the account rests until its lease ends."""
        return "unrecorded"

    async def release(self, pool: Pool, job: Job) -> None:
        """The call at hand was not recorded; whoever takes the account reads it again."""
        async with pool.connection() as connection:
            await calls.release_webhooks(connection, job)

    async def close(self) -> None:
        """Close pooled provider connections."""
        for adapter in self.adapters.values():
            await adapter.close()


if __name__ == "__main__":
    main(IngressHandler)
