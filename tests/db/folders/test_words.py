"""One of the staff says whether a conversation is spam; from then on that counts, and not the detector."""

import threading
import uuid
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.db.helpers import Row, Tenant, World, detail, refused

SPAM = {"spam_score": 0.97}


def say(world: World, tenant: Tenant, thread: Any, folder: str | None, *more: Any, who: str = "agent") -> Row:
    """public.set_thread_folder() as a member."""
    marks = ", ".join(["%s"] * (2 + len(more)))
    return dict(world.rpc(tenant.people[who], tenant, f"set_thread_folder({marks})", thread, folder, *more))


def folder(world: World, thread: Any) -> tuple[str, int | None]:
    """Where a conversation is, and since which message somebody's word holds."""
    row = world.thread(thread)
    return row["folder"], row["folder_said_seq"]


def told(world: World, claim: Row) -> list[float]:
    """The spam scores a decider is told."""
    row = world.worker.execute(
        "select private.decision_context(%s, %s, %s, %s) as c",
        [claim["tenant_id"], claim["thread_id"], claim["first_seq"], claim["last_seq"]],
    ).fetchone()
    return [one["spam_score"] for one in row["c"]["burst"]]  # type: ignore[index]


def claimed(world: World, thread: Any) -> Row:
    """The claim on a conversation."""
    return next(row for row in world.claim() if row["thread_id"] == thread)


def bulk(world: World, tenant: Tenant, *senders: str, **columns: Any) -> None:
    """Messages arrive as a batch."""
    rows = [{
        "tenant_id": str(tenant.id), "channel": "email", "channel_session_id": str(tenant.session), "body": "Hello",
        "sender_address": sender, "external_message_id": f"{uuid.uuid4().hex}@people.test", **columns,
    } for sender in senders]  # fmt: skip
    with world.worker.transaction():
        world.worker.execute("select set_config('parley.tenant_id', %s, true)", [str(tenant.id)])
        world.worker.execute("select * from private.ingest_messages(%s)", [Jsonb(rows)])


def test_a_word_is_answered_audited_and_said_once(world: World) -> None:
    """The answer is the conversation's new state; saying it again is no second deed."""
    tenant = world.tenant("agent")
    thread = world.arrive(tenant, **SPAM)["thread_id"]
    for _ in range(2):
        state = say(world, tenant, thread, "inbox")
        assert (state["folder"], state["folder_said"], state["control"]) == ("inbox", True, "ai")
    rows = world.all("select actor, details from public.audit_log where action = 'thread.folder'"
                     " and tenant_id = %s", tenant.id)  # fmt: skip
    assert rows == [{"actor": f"user:{tenant.people['agent']}",
                     "details": {"folder": "inbox", "before": None, "detected": "spam"}}]  # fmt: skip
    assert world.violations(tenant) == {}


@pytest.mark.parametrize("how", ["one by one", "batch"])
def test_spam_stays_spam_whatever_the_contact_writes(world: World, how: str) -> None:
    """Without the word a personal message moves a conversation to the inbox; with it none does, and it reopens all the
    same."""
    tenant = world.tenant("agent")
    said, unsaid = (world.arrive(tenant, f"{name}@people.test")["thread_id"] for name in ("said", "unsaid"))
    world.owner.execute("update public.et_threads set folder = 'spam' where id = %s", [unsaid])
    assert say(world, tenant, said, "spam")["folder"] == "spam"
    world.rpc(tenant.people["agent"], tenant, "close_thread(%s)", said)
    senders = ("said@people.test", "unsaid@people.test")
    if how == "batch":
        bulk(world, tenant, *senders)
    else:
        for sender in senders:
            world.arrive(tenant, sender)
    assert (folder(world, said), folder(world, unsaid)) == (("spam", 1), ("inbox", None))
    row = world.thread(said)
    assert (row["status"], row["last_seq"], row["unread_count"]) == ("open", 2, 2)
    assert world.violations(tenant) == {}


@pytest.mark.parametrize("columns", [SPAM, {"auto_class": "list"}])
@pytest.mark.parametrize("how", ["one by one", "batch"])
def test_what_is_none_stays_in_the_inbox(world: World, columns: Row, how: str) -> None:
    """A newsletter that somebody fetched out of its folder is not hidden again: not here, and not in the sender's next
    conversation."""
    tenant = world.tenant("agent")
    other = world.session(tenant.id, "email", f"second@{tenant.slug}.test")
    thread = world.arrive(tenant, "news@people.test", **columns)["thread_id"]
    assert folder(world, thread)[0] in ("spam", "automated")
    say(world, tenant, thread, "inbox")
    if how == "batch":
        bulk(world, tenant, "news@people.test", **columns)
        bulk(world, tenant, "news@people.test", channel_session_id=str(other), **columns)
    else:
        world.arrive(tenant, "news@people.test", **columns)
        world.arrive(tenant, "news@people.test", channel_session_id=other, **columns)
    rows = world.all("select folder, folder_said_seq, last_seq from public.et_threads where tenant_id = %s"
                     " order by created_at", tenant.id)  # fmt: skip
    assert [tuple(row.values()) for row in rows] == [("inbox", 1, 2), ("inbox", 0, 1)]
    assert world.violations(tenant) == {}


def test_the_newest_word_on_a_contact_counts(world: World) -> None:
    """Each new conversation begins where the staff last said this contact belongs, and stays there."""
    tenant = world.tenant("agent", thread_scopes={"email": "email_reference"})
    first = world.arrive(tenant)["thread_id"]
    say(world, tenant, first, "spam")
    second = world.arrive(tenant)["thread_id"]
    assert second != first and folder(world, second) == ("spam", 0)
    say(world, tenant, second, "inbox")
    third = world.arrive(tenant, **SPAM)["thread_id"]
    assert [folder(world, one) for one in (first, second, third)] == [("spam", 1), ("inbox", 1), ("inbox", 0)]
    say(world, tenant, first, "spam")
    assert folder(world, world.arrive(tenant)["thread_id"]) == ("spam", 0)
    assert folder(world, world.arrive(tenant, "bob@people.test")["thread_id"]) == ("inbox", None)


def test_a_word_is_taken_back(world: World) -> None:
    """Null is the way back: the folder is the detector's, also for what came meanwhile, and the contact's next
    conversation is sorted as before."""
    tenant = world.tenant("agent", thread_scopes={"email": "email_reference"})
    spam = world.arrive(tenant, external_id="a@x", **SPAM)["thread_id"]
    say(world, tenant, spam, "inbox")
    state = say(world, tenant, spam, None)
    assert (state["folder"], state["folder_said"]) == ("spam", False)
    assert world.all("select * from public.folder_words where tenant_id = %s", tenant.id) == []
    assert folder(world, world.arrive(tenant, **SPAM)["thread_id"]) == ("spam", None)
    say(world, tenant, spam, "spam")
    world.arrive(tenant, reference_ids=["a@x"])
    assert say(world, tenant, spam, None)["folder"] == "inbox"
    assert world.violations(tenant) == {}


def test_only_two_words_and_only_what_was_read(world: World) -> None:
    """No other folder is said; with expected_last_seq a newer message refuses the word and is told; a merged or erased
    conversation takes none."""
    tenant = world.tenant("agent", "admin")
    first, twin = world.arrive(tenant), world.arrive(tenant, "twin@people.test")
    thread = first["thread_id"]
    with refused("23514"):
        say(world, tenant, thread, "automated")
    world.arrive(tenant, body="It is me, Ann")
    with refused("PT409", code="thread_moved") as caught:
        say(world, tenant, thread, "spam", 1)
    assert [one["body"] for one in detail(caught[0])["new_messages"]] == ["It is me, Ann"]
    assert folder(world, thread) == ("inbox", None)
    assert say(world, tenant, thread, "spam", 2)["folder"] == "spam"
    who = tenant.people["admin"]
    world.rpc(who, tenant, "merge_contacts(%s, %s)", first["sender_contact_id"], twin["sender_contact_id"])
    world.rpc(who, tenant, "merge_threads(%s, %s)", thread, twin["thread_id"])
    with refused("PT409", code="merged"):
        say(world, tenant, twin["thread_id"], "spam")
    world.rpc(who, tenant, "erase_contact(%s, 'request')", first["sender_contact_id"])
    with refused("PT409", code="erased"):
        say(world, tenant, thread, "inbox")


# ── the AI ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_in_spam_the_ai_is_silent(world: World) -> None:
    """What it had queued stays at home, what it is saying at that moment is refused, and later messages are told to it
    as spam; nobody is called."""
    tenant = world.tenant("agent")
    done = world.answered(tenant)
    thread = done["thread_id"]
    (sending,) = world.claim_out()
    world.arrive(tenant)
    claim = claimed(world, thread)
    say(world, tenant, thread, "spam")
    assert world.start(sending) == "superseded"
    assert world.complete(claim)["action"] == "no_reply"
    world.arrive(tenant)
    claim = claimed(world, thread)
    assert told(world, claim) == [1.0]
    assert world.complete(claim, "human_takeover")["action"] == "no_reply"
    reasons = world.all("select reasons[1] as r from public.inbound_decisions where proposed_action is not null"
                        " and tenant_id = %s", tenant.id)  # fmt: skip
    assert [row["r"] for row in reasons] == ["This conversation is filed as spam."] * 2
    assert world.all("select kind from public.notifications where tenant_id = %s", tenant.id) == []
    assert world.violations(tenant) == {}


def test_what_waits_to_be_sent_is_cancelled(world: World) -> None:
    """A reply and a promised follow-up of the AI stay at home; what a person wrote leaves."""
    tenant = world.tenant("agent")
    done = world.answered(tenant)
    mine = world.enqueue({"tenant_id": tenant.id, "thread_id": done["thread_id"]})
    say(world, tenant, done["thread_id"], "spam")
    row = world.queue(done["message_id"])
    assert (row["status"], row["status_reason"]) == ("cancelled", "spam")
    assert world.queue(mine["message_id"])["status"] == "queued"
    world.owner.execute(
        "insert into public.et_thread_insights (tenant_id, thread_id, summary, read_seq, model, follow_up_at,"
        " follow_up_text, follow_up_status) values (%s, %s, 's', 9, 'm', now(), 'Still there?', 'scheduled')",
        [tenant.id, done["thread_id"]],
    )
    runs = world.worker.execute("select * from private.run_follow_ups(10)").fetchall()
    assert [one["outcome"] for one in runs if one["thread_id"] == done["thread_id"]] == ["cancelled"]


def test_out_of_spam_nothing_old_is_answered(world: World) -> None:
    """A conversation fetched out is unread and open as it was and calls nobody; what is older than the word keeps its
    score, also undecided, and what comes after it is told as no spam and may be answered."""
    tenant = world.tenant("agent")
    old = world.arrive(tenant, **SPAM)
    thread = old["thread_id"]
    say(world, tenant, thread, "inbox")
    row = world.thread(thread)
    assert (row["status"], row["unread_count"], row["control"], row["last_rev"]) == ("open", 1, "ai", 1)
    claim = claimed(world, thread)
    assert told(world, claim) == [pytest.approx(0.97)]
    world.complete(claim, "no_reply", labels=["late", "spam"])
    say(world, tenant, thread, None)
    assert say(world, tenant, thread, "inbox")["labels"] == ["late"]
    assert world.all("select kind from public.notifications where tenant_id = %s", tenant.id) == []
    assert world.all("select id from public.et_outbound_queue where tenant_id = %s", tenant.id) == []
    world.arrive(tenant, **SPAM)
    claim = claimed(world, thread)
    assert told(world, claim) == [0.0]
    assert world.complete(claim)["action"] == "auto_reply"
    assert world.violations(tenant) == {}


# ── others at the same time ──────────────────────────────────────────────────────────────────────────────────────


def test_a_message_that_arrives_meanwhile_comes_before_or_after(world: World) -> None:
    """While contacts write, single and in batches, the staff says spam and not spam of the same conversations: no
    message is lost, no head is wrong, and each ends where it was last said to be."""
    tenant = world.tenant("agent")
    senders = [f"p{number}@people.test" for number in range(4)]
    threads = [world.arrive(tenant, sender)["thread_id"] for sender in senders]
    start = threading.Barrier(4)

    def work(connection: Any, number: int) -> None:
        start.wait(60)
        for turn in range(12):
            if number < 2:
                sender = senders[(number + turn) % 4]
                world.deliver(tenant, sender, connection=connection, spam_score=0.97 * (turn % 2))
            elif number == 2:
                rows = [{"tenant_id": str(tenant.id), "channel": "email", "channel_session_id": str(tenant.session),
                         "sender_address": sender, "body": "b", "external_message_id": uuid.uuid4().hex}
                        for sender in senders]  # fmt: skip
                with connection.transaction():
                    connection.execute("select set_config('parley.tenant_id', %s, true)", [str(tenant.id)])
                    connection.execute("select count(*) from private.ingest_messages(%s)", [Jsonb(rows)])
            else:
                for place, thread in enumerate(threads):
                    say(world, tenant, thread, "spam" if (turn + place) % 2 else "inbox")

    world.together(4, work)
    ends = [world.thread(thread) for thread in threads]
    assert [row["folder"] for row in ends] == ["spam", "inbox", "spam", "inbox"]
    assert sum(row["last_seq"] for row in ends) == 4 + 2 * 12 + 12 * 4
    assert world.violations(tenant) == {}


def test_a_merge_keeps_the_word(world: World) -> None:
    """What was said of the contact that was merged away is said of the one that goes on."""
    tenant = world.tenant("agent", thread_scopes={"email": "email_reference"})
    winner, loser = world.arrive(tenant, "w@people.test"), world.arrive(tenant, "l@people.test")
    say(world, tenant, loser["thread_id"], "spam")
    world.rpc(tenant.people["agent"], tenant, "merge_contacts(%s, %s)",
              winner["sender_contact_id"], loser["sender_contact_id"])  # fmt: skip
    for sender in ("w@people.test", "l@people.test"):
        assert folder(world, world.arrive(tenant, sender)["thread_id"]) == ("spam", 0)
    assert world.violations(tenant) == {}


def test_an_erasure_forgets_the_word(world: World) -> None:
    """Who was forgotten and writes again is a stranger: the detector alone decides."""
    tenant = world.tenant("agent", "admin")
    first = world.arrive(tenant)
    say(world, tenant, first["thread_id"], "spam")
    world.rpc(tenant.people["admin"], tenant, "erase_contact(%s, 'request')", first["sender_contact_id"])
    assert world.all("select * from public.folder_words where tenant_id = %s", tenant.id) == []
    assert folder(world, first["thread_id"])[1] is None
    assert folder(world, world.arrive(tenant)["thread_id"]) == ("inbox", None)
    assert world.violations(tenant) == {}


def test_the_word_is_asked_for_by_its_index(world: World) -> None:
    """A new conversation costs one look-up in the contact's words, however many the tenant has."""
    tenant = world.tenant("agent")
    contact = world.arrive(tenant)["sender_contact_id"]
    with world.owner.transaction(force_rollback=True):
        world.owner.execute(
            "insert into public.et_threads (tenant_id, channel, scope_rule, scope_key)"
            " select %s, 'email', 'explicit', 'x:' || n from generate_series(1, 3000) as n", [tenant.id])  # fmt: skip
        world.owner.execute(
            "insert into public.folder_words (tenant_id, thread_id, folder, detected, spam_score, auto_class, said_by)"
            " select tenant_id, id, 'spam', 'inbox', 0, 'none', 'x' from public.et_threads where tenant_id = %s", [tenant.id])  # fmt: skip
        world.owner.execute("analyze public.folder_words")
        plan = world.value(
            "explain (analyze, buffers, format json) select w.folder from public.folder_words as w where w.tenant_id = %s"
            " and w.contact_id = any(private.contact_family(%s, %s)) order by w.said_at desc limit 1",
            tenant.id, tenant.id, contact,
        )[0]["Plan"]  # fmt: skip
    assert "folder_words_tenant_id_contact_id_idx" in str(plan)
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 30


# ── what people make of the detector ─────────────────────────────────────────────────────────────────────────────


def test_words_are_counted_against_the_detector(world: World) -> None:
    """False alarms, misses and agreement by folder, class and tenth of the score; a word that was taken back counts
    nothing, and one that was said twice counts once."""
    tenant, other = world.tenant("agent"), world.tenant("agent")
    for sender, word, columns in (
        ("a", "inbox", {"spam_score": 0.97}), ("b", "inbox", {"spam_score": 0.93}), ("c", "spam", {"spam_score": 0.91}),
        ("d", "inbox", {"auto_class": "list"}), ("e", "spam", {"spam_score": 0.55}), ("f", None, {"spam_score": 0.97}),
        ("g", "spam", {"spam_score": 1.0}),
    ):  # fmt: skip
        thread = world.arrive(tenant, f"{sender}@people.test", **columns)["thread_id"]
        say(world, tenant, thread, "inbox")
        say(world, tenant, thread, word)
    # A message that comes later does not make the detector right after all.
    world.arrive(tenant, "a@people.test")
    say(world, tenant, world.value("select thread_id from public.et_messages where tenant_id = %s and sender_address"
                                   " = 'a@people.test' limit 1", tenant.id), "inbox")  # fmt: skip
    look = ("select detected, auto_class, score_from, conversations, false_alarms, misses, confirmed"
            " from public.folder_outcomes order by detected, score_from")  # fmt: skip
    with world.acting(tenant.people["agent"], tenant) as connection:
        rows = [tuple(row.values()) for row in connection.execute(look).fetchall()]
    assert rows == [
        ("automated", "list", 0.0, 1, 1, 0, 0), ("inbox", "none", 0.5, 1, 0, 1, 0), ("spam", "none", 0.9, 4, 2, 0, 2),
    ]  # fmt: skip
    with world.acting(other.people["agent"], other) as connection:
        assert connection.execute(look).fetchall() == []
