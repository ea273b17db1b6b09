"""The notifier: pushes what the staff should know to the browsers of those it is for. Once each, and never by guess."""

import logging

import msgspec

from app.channels.push import WebPush, create_push
from app.db import notifier as db
from app.db.worker import Connection, to_plain
from app.domain.notifications import URGENT, PushContent, shown
from app.domain.work import Claim, Job
from app.settings import Settings
from workers.loop import Pool, main

log = logging.getLogger("parley.notifier")


class LeaseLostError(Exception):
    """Somebody else pushes this now."""


class NotifierHandler:
    """One job is one notification for one browser."""

    name = "notifier"
    chapter = "notifier"
    channel = "et_notifier"
    concurrency = 32
    batch = 8

    def __init__(self, settings: Settings, push: WebPush | None = None) -> None:
        self.push = push or create_push(settings)
        self.url, self.icon = settings.notification_url, settings.notification_icon
        self._key = self.push.public_key
        self._told = False
        if self._key is None:
            log.warning("nothing is pushed: PARLEY_VAPID_PRIVATE_KEY is not set")

    async def claim(self, connection: Connection, claim: Claim) -> list[Job]:
        """Pushes that are due. The first claim says which key browsers subscribe with; without a key none is made."""
        if self._key is None:
            return []
        if not self._told:
            await db.set_push_key(connection, self._key)
            self._told = True
        return await db.claim_pushes(connection, claim)

    async def handle(self, pool: Pool, job: Job) -> str:
        """Push one; `lost` when somebody else has it now."""
        if not job.data:
            return await self._finish(pool, job, {"kind": "rejected", "error_code": "unsubscribed"})
        content = msgspec.convert(job.data, PushContent)

        async def start() -> None:
            async with pool.connection() as connection:
                if not await db.start_push(connection, job):
                    raise LeaseLostError

        try:
            outcome = await self.push.send(
                content.address, shown(content, self.url, self.icon), start,
                topic=f"{content.kind}:{content.thread_id or content.notification_id}", urgent=content.kind in URGENT,
            )  # fmt: skip
        except LeaseLostError:
            return "lost"
        ended = await self._finish(pool, job, to_plain(outcome))
        log.info("notification pushed", extra={"notification_id": content.notification_id, "outcome": ended,
                                               "reason": outcome.error_code})  # fmt: skip
        return ended

    async def _finish(self, pool: Pool, job: Job, outcome: dict[str, object]) -> str:
        async with pool.connection() as connection:
            return await db.finish_push(connection, job, outcome)

    async def fail(self, pool: Pool, job: Job, error: Exception) -> str:
        """A bug of ours: tried again up to eight times, unless the call had begun."""
        return await self._finish(pool, job, {"kind": "error", "error_code": type(error).__name__})

    async def release(self, pool: Pool, job: Job) -> None:
        """Put back for another worker, unless the call had begun."""
        await self._finish(pool, job, {"kind": "released", "error_code": "stopped"})

    async def close(self) -> None:
        """Close pooled connections."""
        await self.push.close()


if __name__ == "__main__":
    main(NotifierHandler)
