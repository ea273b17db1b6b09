"""Whom a candidate policy would have called: rules of escalation over history, each once in its cool-down."""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.simulation import RuleCalls, Written
from app.moderation.raising import Watch, watches_of

_BEFORE = datetime.min.replace(tzinfo=UTC)
_MOST_BLOCKED = 200


class Calls:
    """Counts calls. Of history it remembers the conversation it is in, so rows come by thread and seq."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.watches = watches_of(document)
        self.found: dict[str, RuleCalls] = {}
        self.thread: Any = None
        self.until: dict[str, datetime] = {}
        self.blocked: dict[str, deque[datetime]] = {}

    def add(self, row: Written, stage: str, decision: str, raised: Iterable[str]) -> None:
        """Count a message of which the rules `raised` hold, and where it is blocked those on how many were."""
        watch = self.watches.get((row.lane, stage))
        if row.thread_id != self.thread:
            self.thread, self.until, self.blocked = row.thread_id, {}, {}
        if decision == "blocked":
            self.blocked.setdefault(row.sender, deque(maxlen=_MOST_BLOCKED)).append(row.written_at)
        if watch is None:
            return
        for name in (*raised, *(self._by_blocks(watch, row) if decision == "blocked" else ())):
            one = self.found.setdefault(f"{row.lane}.{stage}.{name}", RuleCalls())
            one.holds += 1
            if row.written_at >= self.until.get(name, _BEFORE):
                one.calls += 1
                self.until[name] = row.written_at + timedelta(minutes=watch.rules[name].cool_down_minutes)

    def _by_blocks(self, watch: Watch, row: Written) -> list[str]:
        if not watch.counts_blocked:
            return []
        since = row.written_at - timedelta(hours=watch.blocked_hours)
        count = sum(moment > since for moment in self.blocked.get(row.sender, ()))
        return [name for name, rule in watch.rules.items() if rule.on == "blocked" and count >= rule.threshold]
