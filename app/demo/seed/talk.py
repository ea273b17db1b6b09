"""The conversations with the business: what comes in, what is decided, what leaves, and how each stands in the end."""

import random
from datetime import datetime, timedelta
from typing import Any

from app.demo.seed.script import Conversation, Turn
from app.demo.seed.world import Values, World

OUTCOMES: dict[str, Values] = {
    "failed": {"kind": "rejected", "error_code": "550", "error": "The mailbox does not take messages from us."},
    "bounced": {
        "kind": "rejected",
        "error_code": "550-5.1.1",
        "error": "There is no such address.",
        "suppress_recipient": True,
    },
    "unknown": {"kind": "unknown", "error_code": "no_answer", "error": "The connection broke before the answer came."},
}
INTENTS = {
    "plumbing": "appointment",
    "billing": "invoice",
    "quote": "price",
    "scheduling": "appointment",
    "urgent": "emergency",
    "feedback": "thanks",
}


class Talk:
    """Plays one conversation after the other, and remembers when each message was written."""

    def __init__(self, world: World, staff: dict[str, str], chance: random.Random, now: datetime) -> None:
        self.world, self.staff, self.chance, self.now = world, staff, chance, now
        self.moments: dict[str, list[datetime]] = {}

    def play(self, one: Conversation) -> str:
        """Everything that happens in a conversation; its thread."""
        agent = self.staff["mira" if one.end == "mine" else self.chance.choice(("jonas", "aiko"))]
        turns, thread = list(one.turns), ""
        while turns:
            said = [turns.pop(0)]
            while said[0].kind == "in" and turns and turns[0].kind == "in":
                said.append(turns.pop(0))
            if said[0].kind == "agent":
                self._agent(one, thread, agent, said[0])
                continue
            thread = self.world.receive(
                one.channel, one.person.address(one.channel), one.person.name, one.subject, [turn.text for turn in said]
            )
            self._decide(one, thread, turns.pop(0) if turns and turns[0].kind == "ai" else None)
        self._remember(one, thread)
        self._settle(one, thread, agent)
        return thread

    def _decide(self, one: Conversation, thread: str, answer: Turn | None) -> None:
        common = {
            "intent": INTENTS.get(one.label or "", "question"),
            "language": one.person.language,
            "latency_ms": round(self.chance.uniform(2, 9), 2),
            "decider": "rules",
        }
        if answer is None:
            # With the AI it stays in hand even while nothing was answered; else a person is called.
            quiet = one.end == "ai"
            self.world.decide(
                {
                    **common,
                    "action": "no_reply" if quiet else "human_takeover",
                    "confidence": round(self.chance.uniform(0.7, 0.95) if quiet else self.chance.uniform(0.2, 0.55), 2),
                    "reasons": ["Nothing is asked." if quiet else "No answer is sure enough: a person reads it."],
                }
            )
            return
        done = self.world.decide(
            {
                **common,
                "action": "auto_reply",
                "reply": answer.text,
                "confidence": round(self.chance.uniform(0.72, 0.98), 2),
                "reasons": ["An entry of the knowledge answers it."],
                "labels": [one.label] if one.label else [],
            }
        )
        self.world.judge()
        if done.get("queue_id") and answer.delivery == "cancelled" and one.end == "ai":
            self.world.value("select private.cancel_queued(%s, %s, 'superseded')", self.world.tenant_id, thread)
        elif done.get("queue_id"):
            self._deliver(done["queue_id"], one.channel, answer.delivery)

    def _agent(self, one: Conversation, thread: str, agent: str, turn: Turn) -> None:
        sent = self.world.call(agent, "send_message(%s, %s)", thread, turn.text)
        self.world.judge()
        self._deliver(self.world.queue_of(sent["message_id"]), one.channel, turn.delivery)

    def _deliver(self, queue_id: str, channel: str, delivery: str) -> None:
        self.world.send(queue_id, channel, OUTCOMES.get(delivery, {"kind": "accepted"}))
        if delivery in {"delivered", "read"}:
            self.world.hear(queue_id, channel, "delivered")
        if delivery == "read" and channel in {"whatsapp", "telegram"}:
            self.world.hear(queue_id, channel, "read")

    def _remember(self, one: Conversation, thread: str) -> None:
        """Backwards from the newest message, each its own time before the next."""
        ago, times = one.ended_s_ago, []
        for turn in reversed(one.turns):
            times.append(self.now - timedelta(seconds=ago))
            ago += turn.after_s
        self.moments.setdefault(thread, []).extend(reversed(times))

    def _settle(self, one: Conversation, thread: str, agent: str) -> None:
        call: Any = self.world.call
        if one.label and one.turns[-1].kind != "ai":
            call(agent, "label_thread(%s, %s)", thread, [one.label])
        if not one.is_unread:
            call(agent, "mark_thread_read(%s)", thread)
        if one.end in {"mine", "colleague"}:
            call(agent, "assign_thread(%s, %s)", thread, agent)
        elif one.end == "closed":
            call(agent, "close_thread(%s)", thread)
        elif one.end == "snoozed":
            until = self.now + timedelta(hours=self.chance.randint(6, 150))
            call(agent, "snooze_thread(%s, %s)", thread, until)
