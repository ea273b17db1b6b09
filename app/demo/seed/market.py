"""People who write to each other, what moderation makes of it, and the tasks a person has to do."""

import random
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from app.demo.seed.house import add_user, user_id
from app.demo.seed.world import World

FIRST = 100
"""Numbers of sign-ins from here on are people's; below are the staff's."""
TASKS = (
    ("call", "Call back about the boiler", -49),
    ("call", "Ask for the gate code", -5),
    ("form", "Fill in the permit form of the city", 3),
    ("call", "Tell them the parts have come", 28),
    ("call", "Ask whether the paint dried", -120),
    ("form", "Register the warranty", 90),
)
"""Kind, what is to be done, and in how many hours it is due."""
DONE = 2
"""So many of them were done."""


class Market:
    """Customers and providers of the tenant, each with a sign-in of his own."""

    def __init__(self, world: World, seed: int, slug: str, chance: random.Random, now: datetime) -> None:
        self.world, self.seed, self.slug, self.chance, self.now = world, seed, slug, chance, now
        self.people: dict[str, tuple[str, str]] = {}
        """Name → contact and sign-in."""
        self.moments: dict[str, list[datetime]] = {}

    def person(self, name: str, kind: str) -> tuple[str, str]:
        """Somebody of the marketplace."""
        if name not in self.people:
            number = FIRST + len(self.people)
            email = f"market{number}@{self.slug}.test"
            user = add_user(self.world, user_id(self.seed, number), email, name)
            contact = str(
                self.world.value(
                    "insert into public.contacts (tenant_id, kind, display_name) values (%s, %s, %s) returning id",
                    self.world.tenant_id,
                    kind,
                    name,
                )
            )
            self.world.connection.execute(
                "insert into public.contact_identities (tenant_id, contact_id, kind, address, verified_at)"
                " values (%s, %s, 'email', %s, now())",
                [self.world.tenant_id, contact, email],
            )
            self.world.connection.execute(
                "update public.contacts set auth_user_id = %s where tenant_id = %s and id = %s",
                [user, self.world.tenant_id, contact],
            )
            self.people[name] = contact, user
        return self.people[name]

    def chat(self, number: int, one: dict[str, Any]) -> None:
        """Two who share a job, and what they write; a rule or a person looks at each word first."""
        pair = self.person(one["customer"], "customer"), self.person(one["provider"], "provider")
        job = str(4000 + number)
        for (contact, _), role in zip(pair, ("customer", "provider"), strict=True):
            self.world.value(
                "select private.set_context_participant(%s, 'job', %s, %s, %s)",
                self.world.tenant_id,
                job,
                contact,
                role,
            )
        thread = str(
            self.world.value(
                "select private.open_conversation(%s, %s, %s, 'job', %s)",
                self.world.tenant_id,
                pair[0][0],
                pair[1][0],
                job,
            )
        )
        at = self.now - timedelta(hours=self.chance.uniform(0.5, 60))
        for speaker, text in one["says"]:
            self.world.call(pair[speaker][1], "send_message(%s, %s)", thread, text)
            self.world.judge()
            at += timedelta(minutes=self.chance.uniform(2, 25))
            self.moments.setdefault(thread, []).append(min(at, self.now))

    def gather(self) -> None:
        """A group, and one who writes to the business itself."""
        (_, ann), (ben, _), (amina, _) = list(self.people.values())[:3]
        for contact in self.people.values():
            self.world.value(
                "select private.set_context_participant(%s, 'project', 'harbour-12', %s, 'participant')",
                self.world.tenant_id,
                contact[0],
            )
        group = self.world.call(
            ann,
            "start_thread(p_contact_ids => %s::uuid[], p_subject => %s, p_body => %s, p_context_kind => 'project',"
            " p_context_id => 'harbour-12', p_tenant_slug => %s)",
            [ben, amina],
            "Harbour 12, all trades",
            "Who needs the crane on Monday?",
            self.slug,
        )
        own = self.world.call(
            ann,
            "start_thread(p_body => %s, p_tenant_slug => %s)",
            "May I have the bill for the deck as one document, please?",
            self.slug,
        )
        self.world.decide({"action": "human_takeover", "decider": "rules", "confidence": 0.4, "intent": "invoice"})
        self.world.judge()
        self.moments[group["thread_id"]] = [self.now - timedelta(hours=30)]
        self.moments[own["thread_id"]] = [self.now - timedelta(minutes=12)]

    def review(self, staff: dict[str, str]) -> None:
        """Of what waits for a person one is decided and one is being read."""
        waiting = self.world.rows(
            "select id from public.moderation_reviews where tenant_id = %s and status = 'open'"
            " and lane = 'people' order by id",
            self.world.tenant_id,
        )
        for number, (review,) in enumerate(waiting[:2]):
            taken = self.world.call(staff["jonas"], "claim_review(%s, %s)", review, "Working through the queue")
            if number == 0:
                self.world.call(
                    staff["jonas"],
                    "decide_review(%s, %s, 'blocked', %s, %s)",
                    review,
                    taken["digest"],
                    "Please stay friendly: this was not delivered.",
                    "Second time this month",
                )

    def trespass(self) -> None:
        """Strangers to the staff who try to work in the tenant are refused, and it is on record."""
        for _, user in list(self.people.values())[:3]:
            with self.world.acting(user):
                self.world.value("select public.switch_tenant(%s)", self.world.tenant_id)


def give_tasks(world: World, staff: dict[str, str], threads: list[str], now: datetime) -> None:
    """Sends a machine cannot make: somebody has to call, or to fill in a form."""
    for number, ((kind, title, hours), thread) in enumerate(zip(TASKS, threads, strict=False)):
        sent = world.call(
            staff["aiko"], "send_message(%s, %s)", thread, f"{title}. Be friendly, and note what was agreed."
        )
        world.judge()
        queue = world.queue_of(sent["message_id"])
        world.send(queue, "sms", {"kind": "manual", "task": {"kind": kind, "title": title}, "error_code": kind})
        task = world.value(
            "update public.manual_tasks set due_at = %s where tenant_id = %s and queue_id = %s returning id",
            now + timedelta(hours=hours),
            world.tenant_id,
            queue,
        )
        if number >= len(TASKS) - DONE:
            world.call(staff["aiko"], "complete_task(%s, 'done', %s)", task, "Talked to them; all is well.")
        elif number % 2:
            world.call(staff["aiko"], "assign_task(%s, %s)", task, staff["mira"])


def read_insights(world: World, notes: dict[str, dict[str, Any]]) -> None:
    """What the conversations are about, and what was promised: thread → the insight."""
    rows = world.rows(
        "select w.tenant_id, w.thread_id, w.fence, t.last_seq from private.claim_insights('demo-seed', 1000,"
        " p_except => %s) as w inner join public.et_threads as t on t.tenant_id = w.tenant_id and t.id = w.thread_id",
        world.others,
    )
    told = [
        {
            "tenant_id": str(tenant),
            "thread_id": str(thread),
            "fence": str(fence),
            "insight": {**notes[str(thread)], "read_seq": last} if str(thread) in notes else None,
        }
        for tenant, thread, fence, last in rows
    ]
    world.rows("select result from private.complete_insights(%s)", Jsonb(told))
