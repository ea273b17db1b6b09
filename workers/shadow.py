"""The shadow worker: asks a candidate (PARLEY_SHADOW_DECIDER) about what was just decided, and only writes it down.

It logs in as `parley_shadow`, a role that can call four functions and read or write no table: whatever a candidate
says, it cannot become a message.
"""

import asyncio
import hashlib
import logging
import time
from typing import Any

import msgspec

from app.db import assistants
from app.db.worker import to_plain
from app.deciders.registry import create_decider, name_of
from app.domain.deciding import Decider, Decision, DecisionRequest
from app.domain.replaying import digests
from app.errors import SetupError
from app.settings import Settings, load
from workers import metrics
from workers.loop import Pool, worker_name
from workers.parts import close
from workers.timers import main

log = logging.getLogger("parley.shadow")
BATCH = 16
PAUSE_S = 1.0


class Shadow:
    """Asks one candidate, a batch of live decisions at a time."""

    def __init__(self, candidate: str, decider: Decider, ledger: assistants.Ledger, deadline_s: float) -> None:
        self.candidate = candidate
        self.decider = decider
        self.ledger = ledger
        self.deadline_s = deadline_s
        self.worker = worker_name("shadow")

    async def round(self, pool: Pool) -> float:
        """One batch; seconds to wait before the next."""
        self.ledger.use(pool.connection)
        async with pool.connection() as connection:
            rows = await assistants.claim_shadow(connection, self.candidate, self.worker, BATCH)
        results = await asyncio.gather(*(self._judge(row) for row in rows))
        async with pool.connection() as connection:
            for row, result in zip(rows, results, strict=True):
                recorded = await assistants.complete_shadow(connection, row, self.candidate, result)
                metrics.HANDLED.labels("shadow", recorded).inc()
        return 0.0 if len(rows) == BATCH else PAUSE_S

    async def _judge(self, row: dict[str, Any]) -> dict[str, Any]:
        """What the candidate would do, ready to be recorded."""
        context = row["context"]
        if not context:
            return {"error": "no_input"}
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self.deadline_s):
                decision = await self.decider.decide(msgspec.convert(context, DecisionRequest))
        except Exception as error:
            log.warning("the candidate failed", extra={"reason": type(error).__name__})
            return {"error": type(error).__name__}
        changed = digests(context) != context["digests"]
        return described(decision) | {
            "latency_ms": round((time.perf_counter() - started) * 1000, 3), "inputs_changed": changed,
        }  # fmt: skip

    async def close(self) -> None:
        """Settle what is open, hang up on the model."""
        await self.ledger.close()
        await close(self.decider)


def described(decision: Decision) -> dict[str, Any]:
    """A decision without its text: digest and length stand for it."""
    plain = to_plain(decision)
    reply = plain.pop("reply")
    if reply is not None:
        plain |= {"reply_digest": hashlib.sha256(reply.encode()).hexdigest(), "reply_chars": len(reply)}
    return plain


def make(settings: Settings) -> Shadow:
    """The shadow of these settings. Raises SetupError when no candidate is named."""
    if not settings.shadow_decider:
        raise SetupError("no candidate is named", remedy="set PARLEY_SHADOW_DECIDER to rules or anthropic")
    ledger = assistants.Ledger()
    asked = None if settings.shadow_decider == "rules" else settings
    decider = create_decider(settings.shadow_decider, asked, ledger, purpose="shadow")
    return Shadow(name_of(decider), decider, ledger, settings.decider_deadline_s)


def run() -> None:
    """Run until SIGTERM, as the role that cannot send."""
    settings = load()
    shadow = make(settings)
    if not settings.shadow_database_url:
        raise SetupError("no database is known for the shadow", remedy="run `parley migrate`, or set DATABASE_URL")
    mine = msgspec.structs.replace(settings, worker_database_url=settings.shadow_database_url)
    main("shadow", shadow.round, settings=mine, close=shadow.close)


if __name__ == "__main__":
    from app.errors import told_in_one_line

    with told_in_one_line():
        run()
