"""What we believe of a demo's dispatches, held against what a provider took."""

from collections.abc import Mapping, Set

import msgspec

from app.db.queries import query
from app.demo.channel import Connection
from app.demo.loopback import ask
from app.demo.report import Report, Tally

ONE_LOST_IN = 20


class Dispatched(msgspec.Struct, frozen=True):
    """One message that was to leave over an account."""

    queue_id: str
    message_id: str
    delivery_class: str
    status: str
    recipient: str
    provider_message_id: str | None


class Losses:
    """One provider whose answers to `calls` are lost on purpose, from `begin` on."""

    def __init__(self, provider: str, calls: str) -> None:
        self.provider, self.calls = provider, calls
        self.session_id = ""
        self._url, self._unanswered = "", 0
        self._before: frozenset[str] = frozenset()

    async def begin(self, connection: Connection, url: str, session_id: str) -> None:
        """Every twentieth answer is lost from here on; what the account sent before is none of this run's."""
        self._url, self.session_id = url, session_id
        await ask(url, "POST", "clear-faults")
        await ask(url, "POST", "faults", {"kind": "lost", "calls": self.calls, "every": ONE_LOST_IN})
        self._unanswered = await self._lost()
        self._before = frozenset(one.queue_id for one in await dispatches(connection, session_id))

    async def end(self) -> int:
        """Good weather again; how many answers were lost."""
        await ask(self._url, "POST", "clear-faults")
        return await self._lost() - self._unanswered

    async def report(self, connection: Connection, report: Report, taken: Mapping[str, int], lost: int) -> Report:
        """The report with this provider's tally. An unknown is the answer, not a failure: it is listed."""
        found = await tally(connection, self.provider, self.session_id, taken, lost, before=self._before)
        return msgspec.structs.replace(report, errors=max(0, report.errors - len(found.unknown)), providers=[found])

    async def _lost(self) -> int:
        return int((await ask(self._url, "GET", ""))["unanswered"])


async def tally(
    connection: Connection, provider: str, session_id: str, taken: Mapping[str, int], answers_lost: int, *,
    before: Set[str] = frozenset(),
) -> Tally:  # fmt: skip
    """One provider's. `taken`: our queue id → how often it took that message; `before`: those of earlier runs."""
    rows = [row for row in await dispatches(connection, session_id) if row.queue_id not in before]
    sent = {row.queue_id for row in rows if row.status in {"sent", "delivered", "read"}}
    unknown = {row.queue_id: row.message_id for row in rows if row.status == "dispatch_unknown"}
    ours = [row.queue_id for row in rows]
    return Tally(
        provider=provider, delivery_class=rows[0].delivery_class if rows else "?", dispatches=len(rows), sent=len(sent),
        answers_lost=answers_lost, doubled=sum(taken.get(one, 0) > 1 for one in ours),
        lost=sum(one not in taken for one in sent),
        unlisted=sum(one in taken and one not in sent and one not in unknown for one in ours),
        unknown=sorted(unknown.values()),
    )  # fmt: skip


async def dispatches(connection: Connection, session_id: str) -> list[Dispatched]:
    """Everything that was to leave over an account."""
    cursor = await connection.execute(query("operations", "demo_dispatches"), {"session_id": session_id})
    return [Dispatched(*row) for row in await cursor.fetchall()]
