"""Conversations as they were written and read at moments of a test's own: rows put in place by hand."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.db.helpers import Row, Tenant, World

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = NOON.date()


@dataclass
class Written:
    """One conversation, and how many messages it has."""

    world: World
    tenant: Tenant
    kind: str = "direct"
    channel: str = "in_app"
    people: list[uuid.UUID] = field(default_factory=list)
    seq: int = 0

    def __post_init__(self) -> None:
        self.id: uuid.UUID = self.world.one(
            "insert into public.et_threads (tenant_id, kind, channel, scope_rule, scope_key, last_seq, last_rev,"
            " control, staff_readable) values (%s, %s, %s, 'explicit', %s, 100, 100, 'human', %s) returning id",
            self.tenant.id, self.kind, self.channel, f"x:{uuid.uuid4()}", self.kind == "channel",
        )["id"]  # fmt: skip
        self.people = self.people or [self.world.user() for _ in range(1 if self.kind == "channel" else 2)]
        self.contact = self.world.one(
            "insert into public.contacts (tenant_id, kind) values (%s, 'customer') returning id", self.tenant.id
        )["id"]
        for person in self.people:
            self.join(person, NOON - timedelta(1000))

    def join(self, person: uuid.UUID, at: datetime) -> None:
        """Somebody takes part from a moment on."""
        self.world.owner.execute(
            "insert into public.thread_participants (tenant_id, thread_id, user_id, joined_at) values (%s, %s, %s, %s)",
            [self.tenant.id, self.id, person, at],
        )

    def say(self, by: Any, minutes: float = 0, **columns: Any) -> uuid.UUID:
        """A message, minutes after noon: of a person by his place, else of customer, agent, ai or system."""
        self.seq += 1
        at = NOON + timedelta(minutes=minutes)
        user = self.people[by] if isinstance(by, int) else None
        sides = {"customer": ("inbound", "received", "contact"), "agent": ("outbound", "sent", "agent"),
                 "ai": ("outbound", "sent", "ai"), "system": ("internal", "sent", "system")}  # fmt: skip
        direction, status, kind = ("internal", "sent", "participant") if user else sides[by]
        made = uuid.UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | uuid.uuid4().int & (1 << 76) - 1)
        values: dict[str, Any] = {
            "tenant_id": self.tenant.id, "id": made, "thread_id": self.id, "seq": self.seq, "rev": self.seq,
            "channel": self.channel, "direction": direction, "delivery_status": status, "sender_kind": kind,
            "sender": f"user:{user}" if user else by, "sender_user_id": user, "body": "words", "created_at": at,
            **({"external_message_id": str(made), "sender_contact_id": self.contact} if by == "customer" else {}),
            **({"control_epoch": 1, "based_on_seq": 0} if by == "ai" else {}), **columns,
        }  # fmt: skip
        with self.world.database.connect("admin") as connection:
            # Without triggers: what the business wrote long ago has no send that waits.
            connection.execute("set session_replication_role = replica")
            connection.execute(
                f"insert into public.et_messages ({', '.join(values)}) values ({', '.join(['%s'] * len(values))})",
                list(values.values()),
            )
        return made

    def read(self, person: int, seq: int, minutes: float) -> None:
        """A person's cursor reached a message, minutes after noon."""
        self.world.owner.execute(
            "update public.thread_participants set last_read_seq = %s, last_read_at = %s"
            " where tenant_id = %s and thread_id = %s and user_id = %s",
            [seq, NOON + timedelta(minutes=minutes), self.tenant.id, self.id, self.people[person]],
        )


def figures(
    world: World, tenant: Tenant, name: str, role: str = "owner", *, first: int = 0, last: int = 0
) -> list[Row]:
    """The items of reading_rates() or answer_times(), of days after the day of the test."""
    asked: list[Row] = world.rpc(tenant.people[role], tenant, f"{name}(%s, %s)", DAY + timedelta(first),
                                 DAY + timedelta(last))["items"]  # fmt: skip
    return asked
