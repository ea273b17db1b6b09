"""Stored inputs through any decider: what would it have decided, and where does it differ?

An input is put together again from where it lives: the tenant's knowledge by digest, burst and history by seq, the
moment and the contact's name as they were. A message edited or erased since then reads differently; such an input is
replayed all the same, told apart, and counted for nothing.
"""

import asyncio
from collections import Counter
from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from app.db.assistants import ledger_on
from app.db.queries import query
from app.deciders.registry import create_decider, name_of, parts_of
from app.domain.deciding import Decider, Decision, DecisionRequest
from app.domain.replaying import digests
from app.settings import Settings

NOT_DECIDED = ("too_slow", "broken")
"""Intents that the worker writes when a decider did not decide."""
MOST_DIFFERENCES = 500


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which decisions: since a moment, of one tenant, made by one decider; at most `limit`, newest first."""

    since: datetime | None = None
    tenant: str | None = None
    made_by: str | None = None
    """`decider[:model[:prompt]]`."""
    limit: int = 1000


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One decision that came out otherwise: field → [live, replayed]."""

    decision_id: str
    thread_id: str
    fields: dict[str, list[Any]]


class Report(msgspec.Struct, kw_only=True):
    """What a replay found. `equal` and `different` count exact inputs only."""

    decider: str
    replayed: int = 0
    equal: int = 0
    different: int = 0
    inputs_changed: int = 0
    skipped: int = 0
    agreement: float | None = None
    """The share of exact inputs that came out equal."""
    same_action: int = 0
    cost_usd: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    actions: dict[str, int] = msgspec.field(default_factory=dict)
    """`live → replayed` and how often, where they differ."""
    differences: list[Difference] = msgspec.field(default_factory=list)
    changed: list[dict[str, Any]] = msgspec.field(default_factory=list)
    """Inputs that read differently now, and which messages were edited or deleted."""


def replay(settings: Settings, name: str, selection: Selection) -> Report:
    """Run the decider called `name` over stored inputs, on the owner's connection. Nothing is recorded but the cost."""
    return asyncio.run(_replay(settings, name, selection))


async def _replay(settings: Settings, name: str, selection: Selection) -> Report:
    async with await AsyncConnection.connect(settings.database_url, autocommit=True) as connection:
        ledger = ledger_on(connection)
        decider = create_decider(name, settings if name != "rules" else None, ledger, purpose="replay")
        report = Report(decider=name_of(decider))
        for context in await _contexts(connection, selection):
            await _one(decider, context, report)
        await ledger.close()
    exact = report.equal + report.different
    report.agreement = round(report.equal / exact, 4) if exact else None
    report.cost_usd = round(report.cost_usd, 6)
    return report


async def _contexts(connection: AsyncConnection[Any], selection: Selection) -> list[dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("decisions", "replay_contexts"), values_of(selection))
        return [row["context"] for row in await cursor.fetchall()]


def values_of(selection: Selection) -> dict[str, Any]:
    """A selection as a query takes it. Raises UnknownDecider."""
    return msgspec.structs.asdict(selection) | filters("made_by", selection.made_by)


def filters(prefix: str, name: str | None) -> dict[str, Any]:
    """A decider's name as three values of a query, None where anything will do. Raises UnknownDecider."""
    parts = parts_of(name)._asdict() if name else {"decider": None, "model": None, "prompt": None}
    return {f"{prefix}_{part}": value for part, value in parts.items()}


async def _one(decider: Decider, context: dict[str, Any], report: Report) -> None:
    live = context["live"]
    if live["intent"] in NOT_DECIDED:
        report.skipped += 1
        return
    made = await decider.decide(msgspec.convert(context, DecisionRequest))
    report.replayed += 1
    report.cost_usd += made.cost_usd
    report.tokens_in += made.tokens_in
    report.tokens_out += made.tokens_out
    now = digests(context)
    if now != context["digests"]:
        report.inputs_changed += 1
        parts = sorted(part for part, digest in now.items() if digest != context["digests"].get(part))
        report.changed.append({"decision_id": live["id"], "parts": parts, "messages": context["changed"]})
        return
    fields = differing(live, made)
    report.same_action += "action" not in fields
    if not fields:
        report.equal += 1
        return
    report.different += 1
    if "action" in fields:
        key = " → ".join(map(str, fields["action"]))
        report.actions = dict(Counter(report.actions) + Counter({key: 1}))
    if len(report.differences) < MOST_DIFFERENCES:
        report.differences.append(Difference(decision_id=live["id"], thread_id=live["thread_id"], fields=fields))


def differing(live: dict[str, Any], made: Decision) -> dict[str, list[Any]]:
    """Field → [live, replayed], for fields that differ. A decision the database overruled counts as it was proposed."""
    action = live["proposed_action"] or live["action"]
    pairs: dict[str, list[Any]] = {
        "action": [action, made.action], "intent": [live["intent"], made.intent],
        "confidence": [_rounded(live["confidence"]), _rounded(made.confidence)],
        "language": [live["language"], made.language],
        "sentiment": [_rounded(live["sentiment"]), _rounded(made.sentiment)],
    }  # fmt: skip
    if live["reply_message_id"] is not None:
        pairs["reply"] = [live["reply"], made.reply]
    if live["model"] is None and made.model is None and live["proposed_action"] is None:
        pairs["reasons"] = [list(live["reasons"]), list(made.reasons)]
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _rounded(value: Any) -> float | None:
    return None if value is None else round(float(value), 3)
