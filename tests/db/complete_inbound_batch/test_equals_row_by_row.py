"""A batch of decisions leaves behind exactly what the same decisions leave when each is recorded alone."""

import random
import re
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.db.helpers import Row, Tenant, World

PEOPLE = [f"p{number}@people.test" for number in range(7)]
THREAD = """
  (select x.sender_address || ' at ' || s.name from public.et_messages as x
    join public.et_channel_sessions as s on s.tenant_id = x.tenant_id and s.id = x.channel_session_id
    where x.tenant_id = %(tenant)s and x.thread_id = {id} and x.seq = 1)
"""
STATE = {
    "messages": """
        select {thread:m.thread_id} as place, m.seq, m.rev, m.channel, m.direction, m.delivery_status,
          m.moderation_status, m.message_type, m.sender_kind, m.sender = 'ai' as by_ai, m.subject, m.body, m.language,
          (m.external_message_id like '%%@' || %(slug)s || '.test') as own_id, m.reference_ids,
          m.control_epoch, m.based_on_seq, m.cause_kind, d.first_seq as cause_first, d.last_seq as cause_last,
          m.metadata, m.search_vector::text, m.staff_readable, m.feed_epoch, m.created_at is not null
        from public.et_messages as m
        left join public.inbound_decisions as d on d.tenant_id = m.tenant_id and d.id = m.cause_id
        where m.tenant_id = %(tenant)s order by 1, 2""",
    "heads": """
        select {thread:t.id} as place, t.status, t.folder, t.snoozed_until, t.control, t.control_epoch, t.labels,
          t.last_seq, t.last_rev, t.last_inbound_seq, t.staff_read_seq, t.unread_count, t.last_direction, t.preview,
          t.last_message_at = (select max(m.created_at) from public.et_messages as m
            where m.tenant_id = t.tenant_id and m.thread_id = t.id)
        from public.et_threads as t where t.tenant_id = %(tenant)s order by 1""",
    "decisions": """
        select {thread:d.thread_id} as place, d.first_seq, d.last_seq, d.action, d.proposed_action, d.intent,
          d.confidence, d.language, d.sentiment, d.reasons, d.decider, d.model, d.prompt_version, d.policy_version,
          d.control_epoch, d.cost_usd, d.latency_ms, d.worker, r.seq as reply,
          (select count(*) from public.contacts as c where c.tenant_id = d.tenant_id and c.id = d.contact_id
            and c.merged_into is null)
        from public.inbound_decisions as d
        left join public.et_messages as r on r.tenant_id = d.tenant_id and r.id = d.reply_message_id
        where d.tenant_id = %(tenant)s order by 1, 2, 3, d.created_at""",
    "queue": """
        select {thread:q.thread_id} as place, m.seq, q.channel, q.recipient = 'x' or q.recipient <> '', q.recipient,
          q.purpose, q.status, q.status_reason, q.attempts, round(extract(epoch from q.scheduled_at - q.created_at)),
          q.finished_at is not null, w.queue_id is not null, w.run_at = q.scheduled_at
        from public.et_outbound_queue as q
        join public.et_messages as m on m.tenant_id = q.tenant_id and m.id = q.message_id
        left join private.outbound_work as w on w.tenant_id = q.tenant_id and w.queue_id = q.id
        where q.tenant_id = %(tenant)s order by 1, 2""",
    "waiting": """
        select {thread:w.thread_id} as place, w.first_seq, w.lease_until is null, w.claimed_by is null, w.attempts,
          w.expiries from private.inbound_work as w where w.tenant_id = %(tenant)s order by 1""",
    "moved": "select {thread:w.thread_id} from private.insight_work as w where w.tenant_id = %(tenant)s order by 1",
    "notifications": """
        select {thread:n.thread_id}, n.kind, n.title from public.notifications as n
        where n.tenant_id = %(tenant)s order by 1, 2""",
    "audit": """
        select a.action, a.object_kind, a.actor like 'worker:%%', {thread:a.object_id::uuid} from public.audit_log as a
        where a.tenant_id = %(tenant)s and a.object_kind = 'thread' order by 1, 4""",
    "suppressions": """
        select s.kind, s.address, s.scope, s.reason from public.suppressions as s
        where s.tenant_id = %(tenant)s order by 1, 2""",
}


def state(world: World, tenant: Tenant) -> dict[str, list[Any]]:
    """All that is left behind in a tenant, without ids and times."""
    found = {}
    for name, text in STATE.items():
        query = re.sub(r"\{thread:(.*?)\}", lambda found: THREAD.format(id=found[1]), text)
        with world.owner.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
            found[name] = cursor.execute(query, {"tenant": tenant.id, "slug": tenant.slug}).fetchall()
    return found


class Twin:
    """One of two tenants to which the same things happen."""

    def __init__(self, world: World, settings: Row) -> None:
        self.world = world
        self.tenant = world.tenant("agent", **settings)
        self.sessions = [self.tenant.session, world.session(self.tenant.id, "email", f"b@{self.tenant.slug}.test")]
        world.owner.execute("update public.et_channel_sessions set name = 'Second' where id = %s", [self.sessions[1]])
        self.claims: dict[tuple[str, int], Row] = {}
        self.mails = 0

    def arrive(self, person: str, session: int, body: str, subject: str | None) -> None:
        """A mail of a person to one of the two mailboxes."""
        self.mails += 1
        mailbox = self.sessions[session]
        name = f"{self.mails}@people.test"
        self.world.arrive(self.tenant, person, body, channel_session_id=mailbox, subject=subject, external_id=name)

    def thread(self, person: str, session: int) -> Any:
        """The first thread a person wrote in at a mailbox, None before he wrote. Merged people share theirs."""
        rows = self.world.all(
            "select t.id from public.et_threads t join public.et_messages m on m.tenant_id = t.tenant_id"
            " and m.thread_id = t.id and m.sender_address = %s"
            " where t.tenant_id = %s and t.channel_session_id = %s order by t.id limit 1",
            person, self.tenant.id, self.sessions[session],
        )  # fmt: skip
        return rows[0]["id"] if rows else None

    def act(self, person: str, session: int, call: str) -> None:
        """An agent does something with a thread."""
        thread = self.thread(person, session)
        if thread:
            self.world.rpc(self.tenant.people["agent"], self.tenant, f"{call}(%s)", thread)

    def merge(self, winner: str, loser: str) -> None:
        """Two people turn out to be one."""
        ids = [row["contact_id"] for person in (winner, loser) for row in self.world.all(
            "select contact_id from public.contact_identities where tenant_id = %s and address = %s",
            self.tenant.id, person)]  # fmt: skip
        if len(set(ids)) == 2:
            self.world.rpc(self.tenant.people["agent"], self.tenant, "merge_contacts(%s, %s)", *ids)

    def claim(self) -> None:
        """A worker takes everything that waits in this tenant."""
        others = self.world.all(
            "select distinct tenant_id from private.inbound_work where tenant_id <> %s", self.tenant.id
        )
        rows = self.world.worker.execute(
            "select * from private.claim_inbound('w', 64, '-infinity', null, %s)",
            [[row["tenant_id"] for row in others]],
        ).fetchall()
        self.claims = {self.place(row["thread_id"]): row for row in rows}

    def place(self, thread: Any) -> tuple[str, int]:
        """Who began a thread, and at which mailbox."""
        first = self.world.one(
            "select sender_address, channel_session_id from public.et_messages"
            " where tenant_id = %s and thread_id = %s and seq = 1", self.tenant.id, thread,
        )  # fmt: skip
        return first["sender_address"], [str(each) for each in self.sessions].index(str(first["channel_session_id"]))

    def lose(self, person: str, session: int) -> None:
        """The lease of a claim goes to somebody else."""
        self.world.owner.execute(
            "update private.inbound_work set fence = nextval('private.fences') where tenant_id = %s and thread_id = %s",
            [self.tenant.id, self.thread(person, session)],
        )

    def decided(self, decisions: list[tuple[tuple[str, int], Row]]) -> list[tuple[Row, Row]]:
        """Claims with their decisions."""
        return [
            (self.claims[place], {"control_epoch": self.claims[place]["control_epoch"], **decision})
            for place, decision in decisions
        ]


def random_decision(chance: random.Random, number: int) -> Row:
    """Whatever a decider may answer, and now and then what it must not."""
    action = chance.choice(["auto_reply"] * 6 + ["no_reply"] * 3 + ["human_takeover", "follow_up", "nonsense"])
    made: Row = {
        "action": action, "intent": "x", "confidence": chance.choice([0.5, 1, None]), "language": "en",
        "sentiment": 0.25, "reasons": ["One.", "Two."][: chance.randint(0, 2)], "decider": "test", "worker": "w",
        "policy_version": 3, "latency_ms": 1.5,
    }  # fmt: skip
    if action in ("auto_reply", "follow_up"):
        made["reply"] = chance.choice([f"Answer {number}.", "x" * 300])
    for name, value in (
        ("labels", ["vip", "a"]), ("suppress_contact", True), ("control_epoch", 7), ("first_seq", 1),
        ("follow_up_in_s", 60), ("reply", None), ("cost_usd", 0.01), ("model", "m"),
    ):  # fmt: skip
        if chance.random() < 0.07:
            made[name] = value
    if chance.random() < 0.01:
        made["confidence"] = 50
    return made


def before(chance: random.Random, twins: list[Twin]) -> None:
    """What happened until the claim: conversations, some answered, some in a person's hands, some merged."""
    for _ in range(chance.randint(0, 3)):
        place = chance.choice(PEOPLE), chance.randint(0, 1)
        for twin in twins:
            twin.arrive(*place, "Earlier", None)
            twin.claim()
            for claim in twin.claims.values():
                twin.world.complete(claim)
    for number in range(chance.randint(2, 14)):
        mail = (
            chance.choice(PEOPLE),
            chance.randint(0, 1),
            f"Mail {number}",
            chance.choice([None, "Hours", "AW: Re: x"]),
        )
        for twin in twins:
            twin.arrive(*mail)
    for _ in range(chance.randint(0, 3)):
        act = (chance.choice(PEOPLE), chance.randint(0, 1), chance.choice(["take_over_thread", "close_thread"]))
        for twin in twins:
            twin.act(*act)
    if chance.random() < 0.4:
        pair = chance.sample(PEOPLE, 2)
        for twin in twins:
            twin.merge(*pair)


def meanwhile(chance: random.Random, twins: list[Twin]) -> None:
    """What happens while the decider thinks."""
    places = sorted(twins[0].claims)
    for place in places:
        event = chance.random()
        for twin in twins:
            if event < 0.08:
                twin.arrive(*place, "One more thing", None)
            elif event < 0.14:
                twin.act(*place, "take_over_thread")
            elif event < 0.18:
                twin.act(*place, "take_over_thread")
                twin.act(*place, "hand_back_thread")
            elif event < 0.22:
                twin.lose(*place)


@pytest.mark.parametrize("seed", range(40))
def test_random_batches(world: World, seed: int) -> None:
    """Replies, silence, takeovers, caps, merges, lost leases, late mails, impossible decisions: both ways end alike."""
    chance = random.Random(seed)
    settings = {"auto_replies_per_hour": chance.choice([1, 2, 50]), "search_policy": chance.choice(["none", "full"])}
    twins = [Twin(world, settings) for _ in range(2)]
    for _ in range(2):
        before(chance, twins)
        for twin in twins:
            twin.claim()
        assert sorted(twins[0].claims) == sorted(twins[1].claims)
        meanwhile(chance, twins)
        places = sorted(twins[0].claims)
        chance.shuffle(places)
        decisions = [(place, random_decision(chance, number)) for number, place in enumerate(places)]
        if decisions and chance.random() < 0.2:
            decisions.append(decisions[0])
        together = world.complete_together(twins[0].decided(decisions))
        alone = [one_by_one(world, burst) for burst in twins[1].decided(decisions)]
        assert [(r["result"], r.get("action"), r.get("sqlstate")) for r in together] == alone
        assert state(world, twins[0].tenant) == state(world, twins[1].tenant)
        assert world.violations(twins[0].tenant) == {}


def one_by_one(world: World, burst: tuple[Row, Row]) -> tuple[str, str | None, str | None]:
    """(result, action, sqlstate) of one decision recorded alone."""
    claim, decision = burst
    values = [claim["tenant_id"], claim["thread_id"], claim["fence"], claim["last_seq"], Jsonb(decision)]
    try:
        row = world.worker.execute("select private.complete_inbound(%s, %s, %s, %s, %s) as r", values).fetchone()
    except psycopg.Error as error:
        return "failed", None, error.sqlstate
    assert row is not None
    return row["r"]["result"], row["r"].get("action"), None
