"""Asks providers whether the accounts work, and which templates they have there.

One that looks connected may be dead without anybody having noticed, and a pending one waits to be seen at work.
"""

import asyncio
import logging

from psycopg.types.json import Jsonb

from app.channels.registry import create_adapters
from app.db import worker as db
from app.domain.channels import (
    Adapter,
    ApprovedTemplate,
    ChecksHealth,
    Health,
    ListsTemplates,
    Session,
    TemplatesRefusedError,
)
from app.secrets import Vault
from app.settings import Settings, load
from workers import metrics
from workers.hooks import HookKeeper, open_session
from workers.loop import Pool
from workers.timers import main

log = logging.getLogger("parley.health")
ROUND_S = 5.0
ANSWER_S = 20.0
AT_ONCE = 16


class HealthWorker:
    """One round every few seconds; an account is asked about every five minutes (or as its provider likes it) by
    whichever copy takes it, and at once when it is new or was changed."""

    def __init__(self, settings: Settings, adapters: dict[str, Adapter] | None = None) -> None:
        found = create_adapters(settings) if adapters is None else adapters
        self.asked: dict[str, ChecksHealth] = {
            provider: adapter for provider, adapter in found.items() if isinstance(adapter, ChecksHealth)
        }
        self.rhythms: dict[float, list[str]] = {}
        """Seconds between two checks of an account → the providers that are asked so often."""
        for provider in self.asked:
            self.rhythms.setdefault(found[provider].capabilities.check_every_s, []).append(provider)
        self.vault = Vault(settings.secret_keys())
        self.hooks = HookKeeper(self.vault, found, self._record)

    async def round(self, pool: Pool) -> float:
        """Set and remove webhooks, then check what is due; at once again when one round could not take it all."""
        more = await self.hooks.round(pool)
        rows: list[dict[str, object]] = []
        async with pool.connection() as connection:
            for every_s, providers in self.rhythms.items():
                rows += await db.fetch(
                    connection, "operations", "claim_health_checks", providers=providers, every_s=every_s,
                    limit=AT_ONCE - len(rows),
                )  # fmt: skip
        sessions = [session for row in rows if (session := open_session(self.vault, row)) is not None]
        answers = await asyncio.gather(*(self._check(session) for session in sessions))
        for session, (health, templates) in zip(sessions, answers, strict=True):
            if health is not None:
                await self._record(pool, session, health)
            if templates is not None:
                await self._record_templates(pool, session, templates)
        return 0.0 if more or len(rows) == AT_ONCE else ROUND_S

    async def _check(self, session: Session) -> tuple[Health | None, list[ApprovedTemplate] | None]:
        """What the provider says of an account, and the templates it has there."""
        asked = self.asked[session.provider]
        try:
            async with asyncio.timeout(ANSWER_S):
                health = await asked.check(session)
                if health.status != "connected" or not isinstance(asked, ListsTemplates):
                    return health, None
                return health, await asked.templates(session)
        except TemplatesRefusedError as error:
            return Health(status="degraded", reason=str(error)), None
        except TimeoutError:
            return Health(status="degraded", reason=f"the provider did not answer within {ANSWER_S:g} s"), None
        except Exception:
            log.exception("a check is broken; the account keeps its status")
            return None, None

    async def _record_templates(self, pool: Pool, session: Session, templates: list[ApprovedTemplate]) -> None:
        async with pool.connection() as connection:
            changed = await db.fetch_value(
                connection, "operations", "record_templates", tenant_id=session.tenant_id,
                session_id=session.session_id, templates=Jsonb([db.to_plain(one) for one in templates]),
            )  # fmt: skip
        if changed:
            log.info("templates read", extra={"tenant_id": session.tenant_id, "session_id": session.session_id,
                                              "templates": len(templates), "changed": changed})  # fmt: skip

    async def _record(self, pool: Pool, session: Session, health: Health) -> None:
        async with pool.connection() as connection:
            status = await db.fetch_value(
                connection, "operations", "record_health", tenant_id=session.tenant_id,
                session_id=session.session_id, status=health.status, reason=health.reason,
                proves_address=health.proves_address,
            )  # fmt: skip
            if health.webhook_lost:
                values = {"tenant_id": session.tenant_id, "session_id": session.session_id}
                await db.fetch(connection, "operations", "lose_hook", **values)
        metrics.HANDLED.labels("health", health.status).inc()
        if status != "unchanged":
            log.info(
                "account changed", extra={"tenant_id": session.tenant_id, "status": status, "reason": health.reason}
            )


if __name__ == "__main__":
    main("health", HealthWorker(load()).round)
