"""The outbound router: sends what is queued through the adapter of its channel, and writes down how every try ended."""

import asyncio
import logging
import random
from typing import Any

import msgspec

from app.channels.email.oauth import OAuthError
from app.channels.registry import create_adapters
from app.db import worker as db
from app.domain.channels import Adapter, Dispatch, Links, Outcome, OutcomeKind, OutgoingFile, Session
from app.domain.work import Claim, Job
from app.secrets import Vault
from app.settings import Settings
from workers import metrics
from workers.loop import Pool, main
from workers.tokens import TokenKeeper
from workers.turns import AWAY

log = logging.getLogger("parley.outbound")


class LeaseLostError(Exception):
    """Somebody else has this row now: nothing may be sent and nothing recorded."""


class SupersededError(Exception):
    """A person took over between claim and call."""


class OutboundHandler:
    """Routes by channel. The mark before the call is what makes a crash honest."""

    name = "outbound"
    chapter = "outbound"
    channel = "et_outbound"
    concurrency = 32
    batch = 8

    def __init__(self, settings: Settings, adapters: dict[str, Adapter] | None = None) -> None:
        self.settings = settings
        self._tokens: TokenKeeper | None = None
        self.adapters = create_adapters(settings) if adapters is None else adapters
        self.vault = Vault(settings.secret_keys())
        self.public_url = settings.public_url
        self._registered = False
        self._started: set[int] = set()
        """Fences whose call may have delivered: kept until recorded, so that an error of ours is not taken for safe."""

    async def claim(self, connection: db.Connection, claim: Claim) -> list[Job]:
        """Queue rows that may leave now. The first claim says what this router's adapters can do."""
        if not self._registered:
            await db.register_providers(connection, [adapter.capabilities for adapter in self.adapters.values()])
            self._registered = True
        return await db.claim_outbound(connection, claim)

    async def handle(self, pool: Pool, job: Job) -> str:
        """Send one row; the outcome is recorded under the fence, whatever it is."""
        channel = str(job.data["channel"])
        outcome = await self._send(pool, job)
        if outcome is None:
            return "lost"
        status = await self._record(pool, job, outcome)
        self._started.discard(job.fence)
        metrics.DISPATCHES.labels(channel, outcome.kind).inc()
        log.info("dispatched", extra={"outcome": outcome.kind, "status": status, "queue_id": job.item_id,
                                      "error_code": outcome.error_code})  # fmt: skip
        return status

    async def _record(self, pool: Pool, job: Job, outcome: Outcome) -> str:
        """Write down how a try ended, again and again while the database is away: what the provider said is known here
        alone, and without it the send would be one nobody knows of. The loop ends this with the lease."""
        pause = 0.1
        while True:
            try:
                async with pool.connection() as connection:
                    return await db.complete_outbound(connection, job, db.to_plain(outcome))
            except AWAY as error:
                log.warning("an outcome cannot be recorded yet", extra={"reason": str(error), "outcome": outcome.kind})
                await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311 - jitter
                pause = min(pause * 2, 2.0)

    async def _send(self, pool: Pool, job: Job) -> Outcome | None:
        provider = str(job.data["provider"])
        adapter = self.adapters.get(provider)
        if adapter is None or adapter.capabilities.channel != job.data["channel"]:
            return Outcome(kind="rejected", provider=provider, error_code="no_adapter",
                           error=f"No adapter for {job.data['channel']} over {provider}.")  # fmt: skip

        async def before_send() -> None:
            async with pool.connection() as connection:
                answer = await db.mark_send_started(connection, job)
            if answer != "ok":
                raise SupersededError if answer == "superseded" else LeaseLostError
            self._started.add(job.fence)

        try:
            return await adapter.send(await self._dispatch(pool, job.data), before_send)
        except OAuthError as error:
            return Outcome(kind="retry", provider=provider, error_code="auth", error=str(error), retry_after_s=300.0)
        except LeaseLostError:
            return None
        except SupersededError:
            return Outcome(kind="refused", provider=provider, error_code="human_takeover",
                           error="A person took over before it left.")  # fmt: skip

    async def _dispatch(self, pool: Pool, details: dict[str, Any]) -> Dispatch:
        members = {name: details[name] for name in Dispatch.__struct_fields__ if name in details}
        members["secrets"] = {name: self.vault.open(value) for name, value in details["secrets"].items()}
        if details["session_config"].get("oauth"):
            members["secrets"]["oauth_token"] = await self._token(pool, details, members["secrets"])
        if details["attachments"]:
            async with pool.connection() as connection:
                data = await db.outgoing_files(connection, details["tenant_id"], details["message_id"])
            members["attachments"] = tuple(self._file(file, data) for file in details["attachments"])
        members["links"] = addresses(details.get("links") or {}, self.public_url)
        return msgspec.convert(members, Dispatch)

    def _file(self, about: dict[str, Any], data: dict[str, bytes]) -> OutgoingFile:
        plain = {name: value for name, value in about.items() if name != "link"}
        return OutgoingFile(**plain, data=data.get(about["id"], b""), url=file_address(about["link"], self.public_url))

    async def _token(self, pool: Pool, details: dict[str, Any], secrets: dict[str, str]) -> str:
        """An access token for accounts that take no password. Raises OAuthError."""
        self._tokens = self._tokens or TokenKeeper(self.settings, pool)
        session = Session(
            tenant_id=details["tenant_id"], session_id=details["session_id"], channel=details["channel"],
            provider=details["provider"], address=details["session_address"], config=details["session_config"],
            secrets=secrets,
        )  # fmt: skip
        return await self._tokens.fresh(session)

    async def fail(self, pool: Pool, job: Job, error: Exception) -> str:
        """Our own code failed: another try if nothing had left, else nobody knows."""
        kind: OutcomeKind = "unknown" if job.fence in self._started else "retry"
        self._started.discard(job.fence)
        outcome = Outcome(kind=kind, provider="none", error_code="internal", error=f"{type(error).__name__}: {error}")
        async with pool.connection() as connection:
            return await db.complete_outbound(connection, job, db.to_plain(outcome))

    async def release(self, pool: Pool, job: Job) -> None:
        """Nothing: a try that may have started is settled by the ledger when its lease ends."""

    async def close(self) -> None:
        """Close pooled provider connections."""
        for adapter in self.adapters.values():
            await adapter.close()
        if self._tokens is not None:
            await self._tokens.close()


def file_address(link: str | None, public_url: str) -> str:
    """Where a provider fetches a file: an address of the edge functions; empty where it has none."""
    return f"{public_url.rstrip('/')}/functions/v1/media/{link}" if link and public_url else ""


def addresses(ids: dict[str, Any], public_url: str) -> Links:
    """The links of a send as addresses of the edge functions; none where nobody said how the internet reaches them."""
    if not public_url:
        return Links()
    base = f"{public_url.rstrip('/')}/functions/v1"
    return Links(
        unsubscribe=f"{base}/unsubscribe/{ids['unsubscribe']}" if ids.get("unsubscribe") else None,
        open=f"{base}/track/{ids['open']}.gif" if ids.get("open") else None,
        clicks={url: f"{base}/track/{one}" for url, one in (ids.get("clicks") or {}).items()},
    )


if __name__ == "__main__":
    main(OutboundHandler)
