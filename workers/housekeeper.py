"""What has to happen now and then: bursts of dead workers, snoozes that ended, statistics, seals on the audit log."""

import logging
import time

from app.db import worker as db
from app.settings import Settings, load
from app.storage import Storage, StorageAwayError
from workers import metrics
from workers.loop import Pool
from workers.proving import Prover
from workers.timers import main

log = logging.getLogger("parley.housekeeper")
SEAL_EVERY_S = 60.0
JUDGE_EVERY_S = 60.0
JUDGED = ("mark_refused_sessions", "mark_unheard_sessions")
EXPIRE_EVERY_S = 3600.0
ROUND_S = 2.0
SWEEP_EVERY_S = 30.0
OBJECTS_AT_ONCE = 500
FILES_AT_ONCE = 200
TELLING_S = 1.0
"""How long a round goes on with broadcasts, some hundred people in a transaction."""
TOLD_AT_ONCE = 200
ERASING_S = 1.0
"""How long a round goes on emptying messages of people who were erased, a few hundred in a transaction."""
ERASED_AT_ONCE = 500
COUNT_EVERY_S = 5.0
COUNTING_S = 1.0
"""How long a round goes on with counting, some ten thousand events in a transaction."""
COUNTED_AT_ONCE = 20_000
SEARCH_STEPS = 5
"""Of two thousand messages each, in a transaction of its own: a round stays short, a million takes minutes."""
OLD = (("assistants", "expire_assistance"), ("assistants", "expire_shadows"), ("ingress", "sweep_webhooks"),
       ("ingress", "sweep_tracking"), ("operations", "sweep_reputation"), ("operations", "sweep_uploads"),
       ("notifier", "sweep_pushes"), ("operations", "sweep_hints"), ("operations", "sweep_rollups"))  # fmt: skip


class Housekeeper:
    """One short round every two seconds; every step is safe to run twice and beside another housekeeper."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.storage = Storage(settings or Settings())
        self.storage_after: tuple[str | None, str | None] = (None, None)
        self.storage_swept_at = float("-inf")
        self.sealed_at = float("-inf")
        self.judged_at = float("-inf")
        self.expired_at = float("-inf")
        self.counted_at = float("-inf")
        self.prover = Prover(settings or Settings())

    async def round(self, pool: Pool) -> float:
        """Release expired leases, wake snoozed threads, keep search and statistics true, sweep old slots, notice silent
        accounts, go on erasing, tell of late reviews, end mutes, count for the board; once a minute seal audit logs,
        and judge accounts by their calls."""
        async with pool.connection() as connection:
            released = await db.fetch_value(connection, "operations", "release_expired_inbound")
            woken = await db.fetch_value(connection, "operations", "wake_snoozed")
            rechecked = sum(
                [await db.fetch_value(connection, "operations", "recheck_search") for _ in range(SEARCH_STEPS)]
            )
            analyzed = await db.fetch_value(connection, "operations", "analyze_grown")
            silent = await db.fetch_value(connection, "operations", "mark_silent_sessions")
            judged = await self._judge(connection)
            swept = await db.fetch_value(connection, "operations", "sweep_send_slots")
            emptied = await self._erase(connection)
            told = await self._tell(connection)
            late = await db.fetch_value(connection, "operations", "note_overdue_reviews")
            freed = await db.fetch_value(connection, "operations", "end_expired_mutes")
            lease = await db.lease_seconds(connection)
            counted = await self._count(connection)
            sealed = await self._seal(connection)
            expired = await self._expire(connection)
            objects = await self._sweep_storage(connection)
        for what, count in (
            ("released", released), ("woken", woken), ("rechecked", rechecked), ("analyzed", len(analyzed)),
            ("silent", silent), ("judged", judged), ("swept", swept), ("emptied", emptied), ("told", told),
            ("late", late), ("freed", freed), ("counted", counted), ("sealed", sealed), ("expired", expired),
            ("objects", objects),
        ):  # fmt: skip
            if count:
                metrics.HANDLED.labels("housekeeper", what).inc(count)
                log.info("housekeeping", extra={what: count})
        self.prover.go_on()
        return min(ROUND_S, lease / 2)

    async def _erase(self, connection: db.Connection) -> int:
        """Messages looked at in erasures that the call could not finish; each step is a transaction of its own."""
        until = time.monotonic() + ERASING_S
        emptied = 0
        while time.monotonic() < until:
            step = await db.fetch_value(connection, "operations", "continue_erasures", limit=ERASED_AT_ONCE)
            if not step:
                break
            emptied += step
        return emptied

    async def _count(self, connection: db.Connection) -> int:
        """Events added up for the board, every five seconds and at once while many wait; each batch is a transaction
        of its own."""
        if time.monotonic() - self.counted_at < COUNT_EVERY_S:
            return 0
        until, counted = time.monotonic() + COUNTING_S, 0
        while time.monotonic() < until:
            step: int = await db.fetch_value(connection, "operations", "count_rollups", limit=COUNTED_AT_ONCE)
            counted += step
            if step < COUNTED_AT_ONCE:
                self.counted_at = time.monotonic()
                break
        return counted

    async def _tell(self, connection: db.Connection) -> int:
        """People looked at for broadcasts under way; each batch is a transaction of its own."""
        until, told = time.monotonic() + TELLING_S, 0
        while time.monotonic() < until:
            step = await db.fetch_value(connection, "operations", "deliver_broadcasts", limit=TOLD_AT_ONCE)
            if not step:
                break
            told += step
        return told

    async def _expire(self, connection: db.Connection) -> int:
        """What has been kept as long as it may be, once an hour: drafts, translations, shadow decisions, calls of
        providers that were read, addresses of readers, days of accounts, files nobody sent, evidence."""
        if time.monotonic() - self.expired_at < EXPIRE_EVERY_S:
            return 0
        self.expired_at = time.monotonic()
        gone = 0
        for name in ("expire_attachments", "expire_moderation"):
            until, step = time.monotonic() + ERASING_S, FILES_AT_ONCE
            while step >= FILES_AT_ONCE and time.monotonic() < until:
                step = await db.fetch_value(connection, "operations", name, limit=FILES_AT_ONCE)
                gone += step
        return gone + sum([int(await db.fetch_value(connection, chapter, name)) for chapter, name in OLD])

    async def _sweep_storage(self, connection: db.Connection) -> int:
        """Objects no file needs any more, some hundred of them looked at twice a minute, round and round."""
        if time.monotonic() - self.storage_swept_at < SWEEP_EVERY_S:
            return 0
        self.storage_swept_at = time.monotonic()
        bucket, name = self.storage_after
        rows = await db.fetch(
            connection, "operations", "orphaned_objects", after_bucket=bucket, after_name=name, limit=OBJECTS_AT_ONCE
        )
        last = rows[-1] if len(rows) == OBJECTS_AT_ONCE else {"bucket_id": None, "name": None}
        self.storage_after = (last["bucket_id"], last["name"])
        orphans: dict[str, list[str]] = {}
        for row in rows:
            if row["is_orphan"]:
                orphans.setdefault(row["bucket_id"], []).append(row["name"])
        try:
            for bucket_id, names in orphans.items():
                await self.storage.remove(bucket_id, names)
        except StorageAwayError as error:
            log.warning("objects wait to be swept", extra={"reason": str(error)})
            return 0
        return sum(map(len, orphans.values()))

    async def _judge(self, connection: db.Connection) -> int:
        """Accounts whose calls are all refused, or of whose sends nothing is heard; and those that are well again."""
        if time.monotonic() - self.judged_at < JUDGE_EVERY_S:
            return 0
        self.judged_at = time.monotonic()
        return sum([int(await db.fetch_value(connection, "operations", name)) for name in JUDGED])

    async def _seal(self, connection: db.Connection) -> int:
        if time.monotonic() - self.sealed_at < SEAL_EVERY_S:
            return 0
        self.sealed_at = time.monotonic()
        sealed = 0
        for row in await db.fetch(connection, "operations", "tenants_with_audit"):
            sealed += await db.fetch_value(connection, "operations", "checkpoint_audit", tenant_id=row["id"])
        return sealed

    async def close(self) -> None:
        """After the last round."""
        await self.prover.close()
        await self.storage.close()


if __name__ == "__main__":
    settings = load()
    housekeeper = Housekeeper(settings)
    main("housekeeper", housekeeper.round, settings=settings, close=housekeeper.close)
