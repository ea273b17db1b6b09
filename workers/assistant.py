"""The assistant worker: drafts replies and translates, when somebody of the staff asks. It sends nothing."""

import logging
import time
from typing import Any

import msgspec

from app.db import assistants
from app.db.worker import Connection, to_plain
from app.deciders.registry import create_assistant
from app.domain.assisting import Assistant, Suggestions, TranslationRequest
from app.domain.deciding import DecisionRequest
from app.domain.work import Claim, Job
from app.settings import Settings
from workers.loop import Pool, main
from workers.parts import close

log = logging.getLogger("parley.assistant")


class AssistantHandler:
    """One request at a time per slot; what the model cannot do the rules do, or the answer says what is missing."""

    name = "assistant"
    chapter = "assistants"
    channel = "et_assist"
    concurrency = 8
    batch = 2

    def __init__(self, settings: Settings, assistant: Assistant | None = None) -> None:
        self.ledger = assistants.Ledger()
        self.assistant = assistant or create_assistant(settings, self.ledger)

    async def claim(self, connection: Connection, claim: Claim) -> list[Job]:
        """Requests that wait."""
        return await assistants.claim_assistants(connection, claim)

    async def handle(self, pool: Pool, job: Job) -> str:
        """Serve one request: the status it ends with, or `released` when the message was edited meanwhile."""
        self.ledger.use(pool.connection)
        started = time.perf_counter()
        result = await self._serve(job)
        result["latency_ms"] = round((time.perf_counter() - started) * 1000, 3)
        async with pool.connection() as connection:
            recorded = await assistants.complete_assistant(connection, job, result)
        log.info("assisted", extra={"kind": job.data.get("kind"), "status": result["status"], "result": recorded})
        return str(result["status"]) if recorded == "recorded" else recorded

    async def _serve(self, job: Job) -> dict[str, Any]:
        if not job.data:
            return {"status": "unavailable", "reason": "gone"}
        if job.data["kind"] == "translation":
            translation = await self.assistant.translate(msgspec.convert(job.data, TranslationRequest))
            status = "done" if translation.text is not None else "unavailable"
            return {**to_plain(translation), "status": status, "rev": job.data["rev"], "decider": self.assistant.name}
        if not job.data.get("channel"):
            suggestions = Suggestions(reason="no_message")
        else:
            suggestions = await self.assistant.suggest(msgspec.convert(job.data, DecisionRequest))
        status = "done" if suggestions.drafts else "unavailable"
        return {**to_plain(suggestions), "status": status}

    async def fail(self, pool: Pool, job: Job, error: Exception) -> str:  # noqa: ARG002
        """Tried again later; failed after five errors."""
        async with pool.connection() as connection:
            return await assistants.fail_assistant(connection, job)

    async def release(self, pool: Pool, job: Job) -> None:
        """Put back for another worker."""
        async with pool.connection() as connection:
            await assistants.fail_assistant(connection, job)

    async def close(self) -> None:
        """Settle what is open, hang up on the model."""
        await self.ledger.close()
        await close(self.assistant)


if __name__ == "__main__":
    main(AssistantHandler)
