"""What every receiver that asks for messages stands on: claim an account → read → store → move the cursor.

A provider is a `Reader`: an endless stream of batches for one account. Everything else is here: one process an account
(lease and fence), the cursor in the transaction of the messages, heartbeats, back-off, a graceful stop. Any number of
copies may run, and any of them may be killed at any moment.
"""

import asyncio
import contextlib
import logging
import random
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Literal, Protocol

import msgspec
import psycopg
from psycopg_pool import PoolTimeout

from app import log as logs
from app.db import receivers as db
from app.db.inbound import Place, store
from app.db.receivers import Claimed, LeaseLost
from app.db.worker import lease_seconds
from app.domain.channels import Session
from app.domain.inbound import ChannelEvent, InboundMessage
from app.errors import SetupError, told_in_one_line
from app.secrets import Vault
from app.settings import Settings, load
from workers import metrics
from workers.loop import open_pool, worker_name

log = logging.getLogger("parley.polling")
Away = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, OSError)
Refused = (psycopg.DataError, psycopg.IntegrityError)
LOOK_S = 2.0
"""How often a process looks for accounts that nobody reads."""
SHARE = 16
"""Accounts taken at once, so that copies that start together share them."""
MOST = 500
HEARTBEAT_S = 30.0
PAUSE_MOST_S = 60.0
SETTLE_S = 4.0
"""After trouble an account is said to be well again once it was read for so long: a provider that throws out the older
of two readers lets each of them in first."""
GRACE_S = 10.0


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What one thing the provider gave us says, and the cursor once it is stored."""

    events: Sequence[ChannelEvent]
    cursor: dict[str, Any]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account to read: its secrets are open, `cursor` says how far it was read."""

    session: Session
    cursor: dict[str, Any]


class Reader(Protocol):
    """One provider."""

    provider: str
    proves_address: bool
    """Whether being let in proves that the account's address is the tenant's: not where he chose the server."""

    def read(self, account: Account) -> AsyncIterator[list[Item]]:
        """Batches without end, oldest first; each is stored in one transaction before the next is asked for. An empty
        one says: the account works, there is nothing new. Raises Trouble; any other exception is a bug of ours.
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class Trouble(Exception):
    """The provider does not give what was asked. `reason` is for a person; `pause_s` what the provider asked for.

    `certain`: no hiccup, so it is told the first time. Disconnected always is.
    """

    def __init__(
        self, status: Literal["degraded", "disconnected"], reason: str, *, pause_s: float | None = None,
        certain: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(reason)
        self.status, self.reason, self.pause_s = status, reason, pause_s
        self.certain = certain or status == "disconnected"


class Poller:
    """Reads every account of one provider that this process could claim."""

    def __init__(self, settings: Settings, reader: Reader) -> None:
        self.reader = reader
        self.name = worker_name(f"receive-{reader.provider}")
        self.pool = open_pool(settings, self.name)
        self.vault = Vault(settings.secret_keys())
        self.stopping = asyncio.Event()
        self._look = asyncio.Event()
        self._running: dict[asyncio.Task[None], Claimed] = {}
        self._failures: dict[str, int] = {}
        self._beats: dict[str, tuple[str, str | None, float, float]] = {}
        """Account → what was last told of it: status, reason, when, and when that a message came."""
        self._lease_s = 60.0

    def stop(self) -> None:
        """Ask for nothing more; what was read is stored, then every account is let go."""
        self.stopping.set()
        self._look.set()

    async def run(self) -> None:
        """Until stopped. Raises nothing for a database that goes away: it waits and tries again."""
        await self.pool.open()
        renewer = asyncio.create_task(self._renew_forever())
        try:
            await self._claim_forever()
        finally:
            if self._running:
                await asyncio.wait(self._running, timeout=GRACE_S)
            for task in list(self._running):
                task.cancel()
            renewer.cancel()
            await asyncio.gather(renewer, *self._running, return_exceptions=True)
            await self.reader.close()
            await self.pool.close()

    async def _claim_forever(self) -> None:
        while not self.stopping.is_set():
            self._look.clear()
            claimed: list[Claimed] = []
            with contextlib.suppress(*Away):
                async with self.pool.connection() as connection:
                    room = min(SHARE, MOST - len(self._running))
                    claimed = await db.claim(connection, self.name, self.reader.provider, room) if room > 0 else []
            for held in claimed:
                task = asyncio.create_task(self._serve(held))
                self._running[task] = held
                task.add_done_callback(self._done)
            await _sleep(self._look, 0.1 if len(claimed) == SHARE else LOOK_S * (0.5 + random.random()))  # noqa: S311

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._running.pop(task, None)
        self._look.set()

    async def _serve(self, held: Claimed) -> None:
        """Read one account until it is in trouble, lost, or we stop. After trouble it is let go and claimed anew, with
        the secrets and the cursor of then."""
        key, lost = held.session_id, False
        with logs.context(tenant_id=held.tenant_id, session_id=key):
            try:
                await self._read(held)
            except LeaseLost:
                lost = True
                log.info("another process reads this account now")
            except Trouble as trouble:
                await self._pause(held, trouble)
            except Away as error:
                await self._pause(held, Trouble("degraded", f"the database does not answer: {error}"))
            except Exception as error:
                log.exception("reading an account failed: this is a bug of ours")
                await self._pause(held, Trouble("degraded", f"{type(error).__name__} in the receiver, see its log"))
            finally:
                if not lost:
                    with contextlib.suppress(*Away):
                        async with self.pool.connection() as connection:
                            await db.release(connection, held)

    async def _pause(self, held: Claimed, trouble: Trouble) -> None:
        failures = self._failures[held.session_id] = self._failures.get(held.session_id, 0) + 1
        pause = min(PAUSE_MOST_S, 2.0 ** min(failures, 6) / 2) * (0.5 + random.random() / 2)  # noqa: S311 - jitter
        until = time.monotonic() + max(pause, min(trouble.pause_s or 0.0, 600.0))
        log.warning("an account cannot be read", extra={"reason": trouble.reason, "failures": failures})
        # A network that hiccups once is nobody's business; the account is still looked after while it waits.
        told = trouble.certain or failures > 1
        while not self.stopping.is_set() and (left := until - time.monotonic()) > 0:
            if told:
                await self._beat(held, trouble.status, trouble.reason)
            await _sleep(self.stopping, min(left, HEARTBEAT_S))

    async def _read(self, held: Claimed) -> None:
        stream = aiter(self.reader.read(Account(session=self._open(held), cursor=held.cursor)))
        proven = held.proven or not self.reader.proves_address
        began = time.monotonic()
        try:
            while (batch := await self._next(stream)) is not None:
                if not proven:
                    proven = await self._prove(held)
                received = await self._store(held, batch) if batch else False
                if held.session_id not in self._failures or time.monotonic() - began > SETTLE_S:
                    self._failures.pop(held.session_id, None)
                    await self._beat(held, "connected", None, received=received)
            if not self.stopping.is_set():
                raise Trouble("degraded", "the provider ended the conversation")
        finally:
            if close := getattr(stream, "aclose", None):
                await close()

    def _open(self, held: Claimed) -> Session:
        try:
            secrets = {name: self.vault.open(sealed) for name, sealed in held.secrets.items()}
        except SetupError as error:
            raise Trouble("disconnected", str(error)) from error
        return Session(
            tenant_id=held.tenant_id, session_id=held.session_id, channel=held.channel, provider=held.provider,
            address=held.address, config=held.config, secrets=secrets,
        )  # fmt: skip

    async def _next(self, stream: AsyncIterator[list[Item]]) -> list[Item] | None:
        """The next batch; None once we are to stop, or when the stream ended."""
        step = asyncio.ensure_future(_advance(stream))
        stop = asyncio.ensure_future(self.stopping.wait())
        try:
            await asyncio.wait({step, stop}, return_when=asyncio.FIRST_COMPLETED)
            return step.result() if step.done() else None
        finally:
            for task in (step, stop):
                task.cancel()
            await asyncio.gather(step, stop, return_exceptions=True)

    async def _prove(self, held: Claimed) -> bool:
        async with self.pool.connection() as connection:
            if await db.prove(connection, held):
                return True
        raise Trouble("disconnected", f"another account has proved that {held.address} is its own")

    async def _store(self, held: Claimed, batch: list[Item]) -> bool:
        """Messages and cursor in one transaction, tried until it is done or the lease is over."""
        until, pause = time.monotonic() + self._lease_s, 0.1
        while True:
            try:
                return await self._commit(held, batch)
            except Refused:
                if len(batch) > 1:
                    return any([await self._store(held, [item]) for item in batch])
                log.exception("the database refuses what was received; keeping what it takes")
                return await self._store(held, [_plainer(batch[0])])
            except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                pass
            except Away as error:
                if time.monotonic() > until:
                    raise
                metrics.DATABASE_ERRORS.labels("receive").inc()
                log.warning("the database does not answer, trying again", extra={"reason": str(error)})
            await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311 - jitter
            pause = min(pause * 2, 2.0)

    async def _commit(self, held: Claimed, batch: list[Item]) -> bool:
        place = Place(held.tenant_id, held.session_id, held.channel, held.provider)
        async with self.pool.connection() as connection, connection.transaction():
            await db.advance(connection, held, batch[-1].cursor)
            stored = await store(connection, place, [event for item in batch for event in item.events])
        for one in stored:
            metrics.POLLED.labels(held.provider, "stored" if one.new else "duplicate").inc()
            log.info("message received", extra={"thread_id": one.thread_id, "message_id": one.message_id})
        return bool(stored)

    async def _beat(self, held: Claimed, status: str, reason: str | None, *, received: bool = False) -> None:
        """Tell the account's state when it changed, and now and then that it has not."""
        now = time.monotonic()
        before, why, at, heard = self._beats.get(held.session_id, ("", None, -HEARTBEAT_S, -HEARTBEAT_S))
        news = (before, why) != (status, reason) or (received and now - heard >= HEARTBEAT_S)
        if not news and now - at < HEARTBEAT_S:
            return
        with contextlib.suppress(psycopg.Error, PoolTimeout, OSError):
            async with self.pool.connection() as connection:
                await db.record_state(connection, held, status, reason, received=received)
            self._beats[held.session_id] = (status, reason, now, now if received else heard)

    async def _renew_forever(self) -> None:
        while True:
            with contextlib.suppress(psycopg.Error, PoolTimeout, OSError):
                async with self.pool.connection() as connection:
                    self._lease_s = await lease_seconds(connection)
                    for task, held in list(self._running.items()):
                        if not await db.renew(connection, held) and not task.done():
                            metrics.LOST.labels("receive").inc()
                            task.cancel()
            await asyncio.sleep(self._lease_s / 4)


def _plainer(item: Item) -> Item:
    """The same with nothing in it that a database could refuse, so that one message cannot stop an account. A message
    that is down to its ids already is left out."""
    kept = [
        InboundMessage(
            external_message_id=event.external_message_id, sender_address=event.sender_address, body="",
            metadata={"unparsed": "refused by the database"},
        )
        for event in item.events if isinstance(event, InboundMessage) and not event.metadata.get("unparsed")
    ]  # fmt: skip
    return Item(events=kept, cursor=item.cursor)


async def _advance(stream: AsyncIterator[list[Item]]) -> list[Item] | None:
    return await anext(stream, None)


async def _sleep(until: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(until.wait(), seconds)


@told_in_one_line()
def main(make: Callable[[Settings], Reader]) -> None:
    """What every polling receiver runs: settings, logs, metrics, then the poller, until SIGTERM."""
    settings = load()

    async def start() -> None:
        reader = make(settings)
        logs.configure(settings, worker=worker_name(f"receive-{reader.provider}"))
        metrics.serve(settings)
        poller = Poller(settings, reader)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, poller.stop)
        log.info("receiver started", extra={"provider": reader.provider})
        await poller.run()
        log.info("receiver stopped")

    import uvloop

    uvloop.run(start())
