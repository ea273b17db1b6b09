"""A tenant with a review queue: who takes a review, what he reads, what he decides."""

import uuid
from typing import Any

from psycopg.types.json import Jsonb

from tests.db.chat.kit import Person
from tests.db.helpers import Row, World
from tests.db.moderation.kit import EVERYTHING, Judged

WHY = "clearing the queue"
PHONE = "Call 5105550123 now"
FOUND = {"kind": "phone", "span": [5, 15], "value": "+15105550123", "confidence": 0.97}
VERDICT = (
    '{"decision":"review","threats_detected":[{"kind":"phone","span":[5,15],"value":"+15105550123","confidence":0.97}]}'
)


class Reviewed(Judged):
    """A tenant whose policy says what strikes are worth, and whose agents review."""

    def __init__(self, world: World, trust: Row | None = None, **settings: Any) -> None:
        super().__init__(world, **settings)
        if trust is not None:
            self.decree({"regions": ["US"], "window": 5, "lanes": EVERYTHING, "trust": trust})

    def staff(self, role: str = "agent") -> uuid.UUID:
        """Another member."""
        return self.world.member(self.tenant.id, role)

    def sent(self, person: Person, thread: Any, body: str = PHONE) -> uuid.UUID:
        """A message that waits to be judged."""
        return uuid.UUID(self.say(person, thread, body)["message_id"])

    def judged(
        self, person: Person, thread: Any, decision: str = "review", body: str = PHONE, **more: Any
    ) -> uuid.UUID:
        """A message, and what the rules say of it."""
        message = self.sent(person, thread, body)
        more.setdefault("kinds", ["phone"])
        more.setdefault("verdict", VERDICT)
        self.judge(message, decision, **more)
        return message

    def review(self, message: Any, status: str = "open") -> Row:
        """The newest review of a message with this status."""
        return self.world.all(
            "select * from public.moderation_reviews where message_id = %s and status = %s order by opened_at desc", message,
            status,
        )[0]  # fmt: skip

    def claim_review(self, message: Any, who: Any = None, reason: str = WHY) -> Row:
        """An agent takes the open review of a message."""
        user = who or self.tenant.people["agent"]
        return dict(self.world.rpc(user, self.tenant, "claim_review(%s, %s)", self.review(message)["id"], reason))

    def decide_review(self, claimed: Row, decision: str, who: Any = None, **more: Any) -> Row:
        """He decides on what he read."""
        user = who or self.tenant.people["agent"]
        spans = more.get("spans")
        return dict(self.world.rpc(
            user, self.tenant, "decide_review(%s, %s, %s, %s, %s, %s::jsonb)", claimed["review_id"],
            more.get("digest", claimed["digest"]), decision, more.get("reason", "Numbers may be said here."),
            more.get("note"), None if spans is None else Jsonb(spans),
        ))  # fmt: skip

    def reviewed(self, message: Any, decision: str, **more: Any) -> Row:
        """Claimed and decided."""
        return self.decide_review(self.claim_review(message), decision, **more)

    def strikes(self, person: Person) -> list[Row]:
        """What speaks against somebody, oldest first."""
        return self.world.all(
            "select reason, kind, weight, voided_by from public.contact_strikes where contact_id = %s order by at, id",
            person.contact,
        )  # fmt: skip

    def mutes(self, person: Person) -> list[Row]:
        """His mutes, oldest first."""
        return self.world.all(
            "select * from public.contact_mutes where contact_id = %s order by muted_at", person.contact
        )

    def trust(self, person: Person) -> Row:
        """contact_trust() as an agent."""
        return dict(self.world.rpc(self.tenant.people["agent"], self.tenant, "contact_trust(%s)", person.contact))

    def threads(self, person: Person, count: int) -> list[str]:
        """Conversations he began with as many others, their first messages approved."""
        made = []
        for number in range(count):
            other = self.person(f"P{number}")
            self.share(person, other)
            started = self.start(person, other, body=f"Hello {number}")
            self.judge(started["message_id"])
            made.append(started["thread_id"])
        return made
