"""Judges what the API's callers write before it is committed, so that the answer says what became of it."""

import hashlib
import logging
import time
from typing import Any

import msgspec

from app.db import moderation_api as db
from app.db.queries import Query
from app.db.unit import Caller, Connection, Params, Unit
from app.domain.judgement import Notice, Recorded
from app.moderation.gate import judge_inputs, notice, read_inputs, second_look

log = logging.getLogger("parley.gate")
CALM_S = 60.0
"""How long a caller whose message was not judged is taken for one whose next one will not be either."""
MOST_CALM = 10_000
TRIES = 3
"""Text, policy or stage may move while they are judged; then the moderator does it."""

Key = tuple[Any, ...]


class Gate:
    """Where the rules can decide, they decide in the sender's own transaction; where a model is to be asked, or
    something is in the way, the message waits for the moderator, and nobody sees it meanwhile.

    Whoever is not moderated pays nothing: his messages are written and committed in one round trip, and only the answer
    tells that a policy has come into force since. The first message after that is judged right after its commit.
    """

    def __init__(self) -> None:
        self._calm: dict[Key, float] = {}

    async def call(self, unit: Unit, query: Query, params: Params) -> dict[str, Any]:
        """As `unit.call`; the answer has `moderation_status` and, for what did not pass as it was, `moderation`."""
        key = (*_who(unit.caller), query.name, params.get("thread_id"))
        if self._calm.get(key, 0.0) > time.monotonic():
            answer = await unit.call(query, params)
            if not _waits(answer):
                return answer
            del self._calm[key]
            async with unit.transaction() as connection:
                return await _judged(connection, answer)
        waited = False

        async def judge(connection: Connection, answer: dict[str, Any]) -> dict[str, Any]:
            nonlocal waited
            waited = _waits(answer)
            return await _judged(connection, answer) if waited else answer

        answer = await unit.call_then(query, params, judge)
        if not waited:
            self._remember(key)
        return answer

    def _remember(self, key: Key) -> None:
        if len(self._calm) >= MOST_CALM:
            self._calm.clear()
        self._calm[key] = time.monotonic() + CALM_S


def _who(caller: Caller) -> Key:
    if caller.key:  # not kept as it is
        return (hashlib.sha256(caller.key.encode("utf-8", "replace")).digest(),)
    return caller.tenant_id, caller.user_id


def _waits(answer: dict[str, Any]) -> bool:
    return answer.get("moderation_status") == "pending"


async def _judged(connection: Connection, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer after the judgement, made on the caller's transaction; as it was where the moderator has to do it."""
    message_id = answer["message_id"]
    async with db.judging(connection, message_id) as waiting:
        for _ in range(TRIES):
            inputs = await waiting.inputs()
            if inputs is None:
                return answer
            try:
                said = read_inputs(inputs)
                record = judge_inputs(said)
            except msgspec.ValidationError:
                log.exception("a policy cannot be read: the message waits", extra={"message_id": message_id})
                return answer
            if second_look(said, record, str(waiting.tenant_id)) is not None:
                return answer
            done = await waiting.record(record)
            if done.result != "stale":
                told = notice(record)
                if told is not None and done.moderation_status == "filtered":
                    told = msgspec.structs.replace(told, body=await waiting.readers_body())
                return _told(answer, done, told)
    return answer


def _told(answer: dict[str, Any], done: Recorded, told: Notice | None) -> dict[str, Any]:
    status = done.moderation_status or answer["moderation_status"]
    changes: dict[str, Any] = {"moderation_status": status}
    if told is not None and status != "pending":
        changes["moderation"] = msgspec.to_builtins(told)
    if done.rev is not None:
        changes["rev"] = done.rev
    if status == "blocked" and answer.get("delivery_status") == "queued":
        changes["delivery_status"] = "cancelled"
    return answer | changes
