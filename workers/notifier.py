"""The notifier: pushes what the staff should know, and what is new in the chat, to the browsers and apps of those it is
for. Once each, and never by guess."""

import logging
from typing import Any

import msgspec

from app.channels.push.shown import Push
from app.channels.push.ways import WEB, create_ways, way_of
from app.db import notifier as db
from app.db.worker import Connection, to_plain
from app.domain.channels import Outcome, Session
from app.domain.chat_pushes import KIND, ChatPush, shown_to_person
from app.domain.notifications import URGENT, PushContent, shown
from app.domain.work import Claim, Job
from app.secrets import Vault
from app.settings import Settings
from workers.hooks import open_session
from workers.loop import Pool, main

log = logging.getLogger("parley.notifier")
NOT_SET_S = 3600.0
"""How long a push waits for a setting of the installation's; after a day it is too old."""


class LeaseLostError(Exception):
    """Somebody else pushes this now, or nobody is to be told any more."""


class NotifierHandler:
    """One job is one notification, or what is new in one conversation, for one device."""

    name = "notifier"
    chapter = "notifier"
    channel = "et_notifier"
    concurrency = 32
    batch = 8

    def __init__(self, settings: Settings) -> None:
        self.ways, self._key = create_ways(settings)
        self.url, self.icon = settings.notification_url, settings.notification_icon
        self.chat_url, self.chat_icon = settings.chat_url, settings.chat_icon
        self.vault = Vault(settings.secret_keys())
        self._told = False
        if self._key is None:
            log.warning("nothing is pushed to browsers: PARLEY_VAPID_PRIVATE_KEY is not set")

    async def claim(self, connection: Connection, claim: Claim) -> list[Job]:
        """Pushes that are due. The first claim says which key browsers subscribe with."""
        if self._key is not None and not self._told:
            await db.set_push_key(connection, self._key)
            self._told = True
        return await db.claim_pushes(connection, claim)

    async def handle(self, pool: Pool, job: Job) -> str:
        """Push one; `lost` when somebody else has it now, or it was read or withdrawn this very moment."""
        if not job.data:
            return await self._finish(pool, job, {"kind": "rejected", "error_code": "unsubscribed"})
        content = _content(job.data)

        async def start() -> None:
            async with pool.connection() as connection:
                if not await db.start_push(connection, job):
                    raise LeaseLostError

        provider = way_of(content.address)
        push = self._push(content)
        account = open_session(self.vault, content.account) if content.account else None
        try:
            outcome = self._not_yet(provider, content, account) or await self.ways[provider].push(push, account, start)
        except LeaseLostError:
            return "lost"
        ended = await self._finish(pool, job, to_plain(outcome))
        if account is not None and outcome.error_code == "auth":
            await self._report(pool, account, outcome)
        log.info("notification pushed", extra={"notification_id": job.data.get("notification_id"), "outcome": ended,
                                               "provider": provider, "reason": outcome.error_code})  # fmt: skip
        return ended

    def _push(self, content: PushContent | ChatPush) -> Push:
        if isinstance(content, ChatPush):
            # Somebody waits for an answer: a phone that sleeps is woken.
            return Push(
                address=content.address, shown=shown_to_person(content, self.chat_url, self.chat_icon), urgent=True,
                topic=f"{KIND}:{content.thread_id}",
            )  # fmt: skip
        return Push(
            address=content.address, shown=shown(content, self.url, self.icon), urgent=content.kind in URGENT,
            topic=f"{content.kind}:{content.thread_id or content.notification_id}",
        )  # fmt: skip

    def _not_yet(self, provider: str, content: PushContent | ChatPush, account: Session | None) -> Outcome | None:
        """Why a push cannot be made from here: a setting that may come, or an account there is not."""
        if provider != WEB and content.account is None:
            return Outcome(kind="rejected", provider=provider, error_code="no_account")
        if provider == WEB and self._key is None:
            return Outcome(kind="retry", provider=provider, error_code="no_vapid_key", retry_after_s=NOT_SET_S)
        if provider != WEB and account is None:
            return Outcome(kind="retry", provider=provider, error_code="secrets_keys", retry_after_s=NOT_SET_S)
        return None

    async def _report(self, pool: Pool, account: Session, outcome: Outcome) -> None:
        """An account that cannot be used says so at once; a check that finds it well takes that back."""
        async with pool.connection() as connection:
            await db.record_broken_account(connection, account, outcome.error or "the provider refuses it")

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
        for way in self.ways.values():
            await way.close()


def _content(data: dict[str, Any]) -> PushContent | ChatPush:
    return msgspec.convert(data, ChatPush) if "count" in data else msgspec.convert(data, PushContent)


if __name__ == "__main__":
    main(NotifierHandler)
