"""Verdicts as they stand in the table, with times of one's own, to count them."""

import hashlib
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.db.helpers import World


def midnight() -> datetime:
    """When today began (UTC). Asked anew by each test: a run may last over the end of a day."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


class Verdicts:
    """A tenant whose messages were judged, all in one conversation; texts with a name are messages of their own."""

    def __init__(self, world: World, *roles: str) -> None:
        self.world, self.tenant = world, world.tenant(*roles)
        self.number = 0
        for version in (1, 2):
            world.owner.execute(
                "insert into public.moderation_policies (tenant_id, version, document, created_by)"
                " values (%s, %s, '{}', 'x')", [self.tenant.id, version],
            )  # fmt: skip
        self.message = self.another_message()
        self.texts: dict[str, Any] = {}

    def another_message(self, sender: str = "rob@people.test") -> Any:
        """A message to have verdicts on, in the conversation of its sender."""
        arrived = self.world.deliver(self.tenant, sender)
        assert arrived
        return arrived["id"]

    def contact(self, name: str = "Rob", merged_into: Any = None) -> uuid.UUID:
        """Somebody who writes."""
        made: uuid.UUID = self.world.value(
            "insert into public.contacts (tenant_id, display_name, merged_into) values (%s, %s, %s) returning id",
            self.tenant.id, name, merged_into,
        )  # fmt: skip
        return made

    def give(
        self, decision: str, *kinds: str, text: str = "", days: int = 0, minutes: float = 0, **columns: Any
    ) -> Any:
        """A verdict, `days` ago and `minutes` after that midnight (UTC). Ids rise as verdicts are given."""
        self.number += 1
        if text and text not in self.texts:
            self.texts[text] = self.another_message()
        message = columns.pop("message_id", self.texts.get(text, self.message))
        values = {
            "tenant_id": self.tenant.id, "id": uuid.UUID(int=(0x7A << 120) + self.number), "message_id": message,
            "thread_id": self.world.message(message)["thread_id"], "lane": "people", "stage": "before",
            "policy_version": 1, "decider": "rules", "decision": decision, "kinds": list(kinds), "confidence": 1,
            "digest": hashlib.sha256(b"%d" % self.number).digest(),
            "created_at": midnight() - timedelta(days) + timedelta(minutes=minutes), **columns,
        }  # fmt: skip
        names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
        self.world.owner.execute(
            f"insert into public.moderation_verdicts ({names}) values ({marks})", list(values.values())
        )
        return values["id"]

    def review(self, opened: datetime, *, due: float, decided: float | None = None, **columns: Any) -> None:
        """A review of a message of its own; `due` and `decided` are minutes after it was opened."""
        message = self.another_message()
        values = {
            "tenant_id": self.tenant.id, "message_id": message, "thread_id": self.world.message(message)["thread_id"],
            "verdict_id": self.give("filtered", "scam", message_id=message), "digest": b"", "origin": "verdict",
            "lane": "people", "kinds": ["scam"], "policy_version": 1, "opened_at": opened,
            "due_at": opened + timedelta(minutes=due), **columns,
        }  # fmt: skip
        if decided is not None:
            ended = {"status": "decided", "decided_at": opened + timedelta(minutes=decided), "decided_by": "x"}
            values |= {"decision": "approved", **ended}
        names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
        self.world.owner.execute(
            f"insert into public.moderation_reviews ({names}) values ({marks})", list(values.values())
        )

    def rows(self, view: str, columns: str = "*", rest: str = "") -> list[tuple[Any, ...]]:
        """What the owner of the tenant sees in a view."""
        with self.world.acting(self.tenant.people["owner"], self.tenant) as connection:
            return [tuple(row.values()) for row in connection.execute(f"select {columns} from public.{view} {rest}")]

    def ask(self, call: str, *values: Any) -> Any:
        """What the owner of the tenant is answered."""
        return self.world.rpc(self.tenant.people["owner"], self.tenant, call, *values)
