"""A person is called where a rule of the policy holds: once, in the transaction of the verdict, and on record."""

import uuid
from typing import Any

import msgspec
import pytest
from psycopg.types.json import Jsonb

from app.history.reading import Span
from app.history.replay import replay
from app.history.simulate import simulate
from app.moderation.customers import watch_burst
from app.moderation.gate import judge_inputs, read_inputs
from tests.db.helpers import Row, World, refused
from tests.db.moderation.judging import Gated

ANGRY = "This is unacceptable, the worst service ever. I want a refund or you hear from my lawyer!"
CALM = "Thank you, see you on Monday."


def rule(action: str, on: str = "score", threshold: float = 0.6, **more: Any) -> Row:
    """A rule of escalation."""
    return {"on": on, "threshold": threshold, "action": action, **more}


@pytest.fixture
def gated(world: World) -> Gated:
    """A tenant that judges what its people write, and watches nobody yet."""
    return Gated(world)


def watch(gated: Gated, messages: int = 5, customers: bool = False, **rules: Row) -> None:
    """Have one side watched by these rules."""
    part: Row = {"customers": {"after": rules}} if customers else {"people": {"before": rules}}
    document = {"regions": ["US"], "lanes": {"people": {}}, "escalation": {"messages": messages, **part}}
    gated.world.owner.execute("select private.check_moderation_document(%s)", [Jsonb(document)])
    gated.decree(document)


def talk(gated: Gated) -> tuple[Any, Any, Any]:
    """Two people and their conversation."""
    ann, bob = gated.pair()
    first = gated.start(ann, bob, body="Hello, we talked about the kitchen.")
    gated.pass_gate(first["message_id"])
    return ann, bob, first["thread_id"]


def called(gated: Gated, thread: Any) -> list[Row]:
    """Who was called to a conversation, oldest first."""
    return gated.world.all("select * from public.escalations where thread_id = %s order by id", thread)


def wrote(gated: Gated, body: str, sender: str = "ann@people.test", **more: Any) -> tuple[Row, Row]:
    """A customer writes and it is decided on; the claim and what became of it."""
    arrived = gated.world.arrive(gated.tenant, sender, body)
    claim = next(row for row in gated.world.claim() if row["thread_id"] == arrived["thread_id"])
    return claim, gated.world.complete(claim, **(seen(gated, claim) | more))


def seen(gated: Gated, claim: Row) -> Row:
    """What the inbound worker adds to a decision."""
    row = gated.world.worker.execute(
        "select private.decision_context(%s, %s, %s, %s) as c",
        [claim["tenant_id"], claim["thread_id"], claim["first_seq"], claim["last_seq"]],
    ).fetchone()
    assert row is not None
    found = watch_burst(row["c"])
    return {"escalation": found} if found and found["raised"] else {}


def notices(gated: Gated) -> list[Row]:
    """What the staff was told of escalations."""
    return gated.world.all(
        "select user_id, title, thread_id from public.notifications where tenant_id = %s and kind = 'escalation'"
        " order by id", gated.tenant.id,
    )  # fmt: skip


def test_nobody_is_called_without_rules(gated: Gated) -> None:
    """A policy that says nothing of escalation escalates nothing, and its verdicts say nothing of it."""
    ann, _, thread = talk(gated)
    gated.write(ann, thread, ANGRY)
    assert called(gated, thread) == []
    kept = gated.world.value("select count(*) from private.verdict_documents where tenant_id = %s"
                             " and verdict like '%%escalation%%'", gated.tenant.id)  # fmt: skip
    assert kept == 0
    gated.sound()


def test_staff_is_told_once_in_a_cool_down(gated: Gated) -> None:
    """Anger goes on; the staff hears of it once, without a word of the message, with reasons, and it is audited."""
    watch(gated, angry=rule("notify"))
    ann, _, thread = talk(gated)
    messages = gated.write(ann, thread, CALM, ANGRY, ANGRY, "I said I want a refund, or else my lawyer writes!!!")
    [one] = called(gated, thread)
    assert (str(one["message_id"]), one["rule"], one["signal"], one["action"]) == (
        messages[1]["message_id"], "angry", "score", "notify",
    )  # fmt: skip
    assert one["value"] >= 0.6
    assert "legal_words" in one["reasons"]
    [told] = notices(gated)
    assert (told["user_id"], told["thread_id"]) == (None, None)  # between people: opened with a reason
    assert told["title"].startswith("Escalated: angry (legal words")
    [audited] = gated.world.all("select details from public.audit_log where tenant_id = %s"
                                " and action = 'thread.escalated'", gated.tenant.id)  # fmt: skip
    assert audited["details"]["escalation_id"] == str(one["id"])
    gated.sound()


def test_it_rings_again_after_the_cool_down(gated: Gated) -> None:
    """A minute is over: the same rule calls again, for another message."""
    watch(gated, angry=rule("notify", cool_down_minutes=1))
    ann, _, thread = talk(gated)
    gated.write(ann, thread, ANGRY)
    with gated.world.owner.transaction():
        gated.world.owner.execute("alter table public.escalations disable trigger user")
        gated.world.owner.execute("update public.escalations set created_at = created_at - interval '1 hour',"
                                  " until = until - interval '1 hour' where thread_id = %s", [thread])  # fmt: skip
        gated.world.owner.execute("alter table public.escalations enable trigger user")
    gated.write(ann, thread, ANGRY + " Really.")
    assert len(called(gated, thread)) == 2
    gated.sound()


def test_the_same_verdict_twice_calls_once(gated: Gated) -> None:
    """A moderator whose answer got lost records again what is recorded: nothing more happens."""
    watch(gated, angry=rule("task", due_minutes=30))
    ann, _, thread = talk(gated)
    sent = gated.say(ann, thread, ANGRY)
    verdict = msgspec.to_builtins(judge_inputs(read_inputs(gated.inputs(sent["message_id"]))))
    assert gated.record(sent["message_id"], verdict)["result"] == "recorded"
    assert gated.record(sent["message_id"], verdict)["result"] == "stale"
    [one] = called(gated, thread)
    task = gated.world.one("select * from public.manual_tasks where id = %s", one["task_id"])
    assert (task["kind"], task["status"], task["reason"], task["queue_id"]) == ("escalation", "open", "angry", None)
    assert 25 < (task["due_at"] - one["created_at"]).total_seconds() / 60 < 35
    gated.sound()


def test_many_verdicts_at_once_call_once(gated: Gated) -> None:
    """Four moderators record four angry messages of one conversation in the same moment."""
    watch(gated, angry=rule("notify"))
    ann, _, thread = talk(gated)
    waiting = [gated.say(ann, thread, f"{ANGRY} {number}")["message_id"] for number in range(4)]
    verdicts = [msgspec.to_builtins(judge_inputs(read_inputs(gated.inputs(one)))) for one in waiting]

    def record(connection: Any, number: int) -> str:
        given = [gated.tenant.id, waiting[number], Jsonb(verdicts[number])]
        row = connection.execute("select private.record_verdict(%s, %s, %s) as r", given).fetchone()
        return str(row["r"]["result"])

    assert gated.world.together(4, record) == ["recorded"] * 4
    assert (len(called(gated, thread)), len(notices(gated))) == (1, 1)
    gated.sound()


def test_what_was_rolled_back_called_nobody(gated: Gated) -> None:
    """The verdict's transaction fails after all of it: no row, no notice; judged again it calls once."""
    watch(gated, angry=rule("notify"))
    ann, _, thread = talk(gated)
    sent = gated.say(ann, thread, ANGRY)
    with pytest.raises(RuntimeError), gated.world.worker.transaction():
        gated.pass_gate(sent["message_id"])
        raise RuntimeError("the worker dies here")
    assert (called(gated, thread), notices(gated)) == ([], [])
    gated.pass_gate(sent["message_id"])
    assert (len(called(gated, thread)), len(notices(gated))) == (1, 1)
    gated.sound()


def test_a_rule_may_have_a_person_look_first(gated: Gated) -> None:
    """The message is held, its sender is told so, and it is in the review queue."""
    watch(gated, angry=rule("review"))
    ann, bob, thread = talk(gated)
    [sent] = gated.write(ann, thread, ANGRY)
    assert gated.status(sent["message_id"]) == "review"
    assert ANGRY not in gated.bodies(bob, thread)
    comments = gated.world.all("select kind from public.agent_comments where message_id = %s", sent["message_id"])
    assert comments == [{"kind": "escalated"}]
    assert gated.world.value("select count(*) from public.moderation_reviews where message_id = %s and status = 'open'",
                             sent["message_id"]) == 1  # fmt: skip
    gated.sound()


def test_a_kind_calls_whoever_the_rule_names(gated: Gated) -> None:
    """Signs of self-harm: each owner and admin is told, agents are not."""
    owner, admin = (gated.world.member(gated.tenant.id, role) for role in ("owner", "admin"))
    agent = gated.world.member(gated.tenant.id, "agent")
    watch(gated, help=rule("notify", "kind", 0.3, kinds=["self_harm"], to="admins"))
    ann, _, thread = talk(gated)
    gated.write(ann, thread, "I want to kill myself, I cannot go on")
    told = {one["user_id"] for one in notices(gated)}
    assert {owner, admin} <= told
    assert agent not in told
    [one] = called(gated, thread)
    assert (one["signal"], one["rule"]) == ("kind", "help")
    gated.sound()


def test_repeated_blocks_call(gated: Gated) -> None:
    """The second message that is stopped in one conversation puts a label on it."""
    watch(gated, trouble=rule("label", "blocked", 2, label="trouble"))
    ann, _, thread = talk(gated)
    for body in ("You are an idiot and I will kill you", "I will kill you, you stupid idiot"):
        [sent] = gated.write(ann, thread, body)
        assert gated.status(sent["message_id"]) == "blocked"
    [one] = called(gated, thread)
    assert (one["value"], one["action"]) == (2, "label")
    assert gated.world.thread(thread)["labels"] == ["trouble"]
    report = replay(gated.world.database.url(), Span(tenant=gated.tenant.slug))
    assert (report.different, report.gone, report.identical) == (0, 0, report.verdicts)
    gated.sound()


def test_what_was_watched_is_replayed_byte_for_byte(gated: Gated) -> None:
    """Score, mood, trend and the rules that held stand in the verdict, and are made again from what is on record."""
    watch(gated, 7, angry=rule("notify"), worse=rule("label", "trend", -0.3), low=rule("notify", "mood", -0.2))
    ann, _, thread = talk(gated)
    gated.write(ann, thread, "Great work, we love it!", "Still waiting. Nobody showed up.", ANGRY, CALM)
    kept = gated.world.all("select d.verdict from private.verdict_documents as d where tenant_id = %s"
                           " and d.verdict like '%%\"escalation\":%%'", gated.tenant.id)  # fmt: skip
    assert len(kept) == 5
    report = replay(gated.world.database.url(), Span(tenant=gated.tenant.slug))
    assert (report.identical, report.different, report.gone) == (5, 0, 0)


def test_a_customer_is_handed_to_a_person(gated: Gated) -> None:
    """The rule takes the AI off: no reply leaves, the decision says why, and the staff is told."""
    watch(gated, customers=True, angry=rule("handover"))
    claim, done = wrote(gated, ANGRY)
    assert (done["action"], done["message_id"]) == ("human_takeover", None)
    thread = gated.world.thread(claim["thread_id"])
    assert thread["control"] == "human"
    decision = gated.world.one("select * from public.inbound_decisions where id = %s", done["decision_id"])
    assert decision["proposed_action"] == "auto_reply"
    assert "The rule angry of the policy calls a person." in decision["reasons"]
    [one] = called(gated, claim["thread_id"])
    assert (one["lane"], one["action"], one["decision_id"]) == ("customers", "handover", decision["id"])
    gated.sound()


def test_handed_back_it_stays_with_the_ai_until_it_cooled_down(gated: Gated) -> None:
    """A person has looked and given it back: the same anger does not take it away again at once."""
    watch(gated, customers=True, angry=rule("handover"))
    claim, _ = wrote(gated, ANGRY)
    gated.world.owner.execute("update public.et_threads set control = 'ai' where id = %s", [claim["thread_id"]])
    _, done = wrote(gated, ANGRY)
    assert done["action"] == "auto_reply"
    assert len(called(gated, claim["thread_id"])) == 1
    gated.sound()


def test_what_was_answered_is_not_called_a_handover(gated: Gated) -> None:
    """A rule that cools down between the decision and its record waits for the next message."""
    watch(gated, customers=True, angry=rule("handover"))
    claim, done = wrote(gated, CALM)
    assert done["action"] == "auto_reply"
    late = {"policy_version": 2, "reasons": [], "raised": [{"rule": "angry", "value": 0.9}]}
    gated.world.owner.execute(
        "select private.escalate_decision(t, %s) from public.et_threads as t where t.id = %s",
        [Jsonb({"id": done["decision_id"], "escalation": late}), claim["thread_id"]],
    )
    assert called(gated, claim["thread_id"]) == []
    assert gated.world.thread(claim["thread_id"])["control"] == "ai"
    gated.sound()


def test_a_decision_told_twice_calls_once(gated: Gated) -> None:
    """The fence is gone with the first answer: the second one is lost."""
    watch(gated, customers=True, angry=rule("task"), low=rule("notify", "mood", -0.1))
    claim, done = wrote(gated, ANGRY)
    assert done["result"] == "recorded"
    assert gated.world.complete(claim, **seen(gated, claim))["result"] == "lost"
    assert sorted(one["rule"] for one in called(gated, claim["thread_id"])) == ["angry", "low"]
    told = [one["thread_id"] for one in notices(gated)]
    assert told == [claim["thread_id"]] * 2
    gated.sound()


def test_many_decisions_at_once_call_each_their_own(gated: Gated) -> None:
    """Recorded in one statement: the angry one is handed over, the calm ones are answered."""
    watch(gated, customers=True, angry=rule("handover"))
    for name, body in (("a", CALM), ("b", ANGRY), ("c", CALM)):
        gated.world.arrive(gated.tenant, f"{name}@people.test", body)
    claims = [row for row in gated.world.claim() if row["tenant_id"] == gated.tenant.id]
    bursts = [
        (claim, {"action": "auto_reply", "reply": "Thanks!", "decider": "test", "confidence": 0.9,
                 "control_epoch": claim["control_epoch"], **seen(gated, claim)}) for claim in claims
    ]  # fmt: skip
    done = gated.world.complete_together(bursts)
    assert sorted(one["action"] for one in done) == ["auto_reply", "auto_reply", "human_takeover"]
    made = [one for claim in claims for one in called(gated, claim["thread_id"])]
    assert [one["action"] for one in made] == ["handover"]
    gated.sound()


def test_machines_and_blocked_contacts_call_nobody(gated: Gated) -> None:
    """An out-of-office mail full of anger is a mail of a machine."""
    watch(gated, customers=True, angry=rule("handover"))
    arrived = gated.world.arrive(gated.tenant, "bot@people.test", ANGRY, auto_class="auto_reply")
    claim = next(row for row in gated.world.claim() if row["thread_id"] == arrived["thread_id"])
    assert seen(gated, claim) == {}


def test_the_chain_says_who_was_called(gated: Gated) -> None:
    """explain_message() names the rule, what was measured and why; a stranger reads nothing, anywhere."""
    watch(gated, customers=True, angry=rule("handover"))
    claim, _ = wrote(gated, ANGRY)
    owner = gated.world.member(gated.tenant.id, "owner")
    message = claim["message_ids"][-1]
    chain = gated.world.rpc(owner, gated.tenant, "explain_message(%s)", message)
    [one] = chain["escalations"]
    assert (one["rule"], one["action"], one["signal"]) == ("angry", "handover", "score")
    other = gated.world.tenant("owner")
    with gated.world.acting(other.people["owner"], other) as connection:
        assert connection.execute("select * from public.escalations").fetchall() == []
    with gated.world.acting(owner, gated.tenant) as connection:
        assert len(connection.execute("select * from public.escalations").fetchall()) == 1


def test_an_escalation_is_not_changed(gated: Gated) -> None:
    """Append-only, also to its owner."""
    watch(gated, customers=True, angry=rule("notify"))
    claim, _ = wrote(gated, ANGRY)
    with refused("PT405", code="append_only"):
        gated.world.owner.execute("update public.escalations set rule = 'calm' where thread_id = %s",
                                  [claim["thread_id"]])  # fmt: skip


def test_a_task_without_a_send_is_done_like_any_other(gated: Gated) -> None:
    """Whoever looked says so; nothing is sent."""
    watch(gated, customers=True, angry=rule("task"))
    claim, _ = wrote(gated, ANGRY)
    owner = gated.world.member(gated.tenant.id, "owner")
    task: uuid.UUID = called(gated, claim["thread_id"])[0]["task_id"]
    done = gated.world.rpc(owner, gated.tenant, "complete_task(%s, 'done')", task)
    assert done["status"] == "done"
    gated.sound()


def test_a_candidate_is_tried_before_it_calls(gated: Gated) -> None:
    """Of what people and customers wrote: for how many messages a rule would hold, and how often it would call."""
    ann, _, thread = talk(gated)
    gated.write(ann, thread, ANGRY, CALM, ANGRY, "I will kill you, you idiot", "You idiot, I will kill you")
    wrote(gated, ANGRY)
    gated.world.arrive(gated.tenant, "bot@people.test", ANGRY, auto_class="auto_reply")
    rules = {
        "angry": rule("notify"),
        "again": rule("label", "blocked", 2),
        "hurt": rule("review", "kind", 0.5, kinds=["threat"]),
    }
    document = {
        "regions": ["US"], "lanes": {"people": {}},
        "escalation": {"people": {"before": rules}, "customers": {"after": {"angry": rule("handover")}}},
    }  # fmt: skip
    report = simulate(gated.world.database.url(), document, Span(tenant=gated.tenant.slug))
    found = {name: (one.holds, one.calls) for name, one in report.escalations.items()}
    assert found["customers.after.angry"] == (1, 1)
    assert found["people.before.again"] == (1, 1)
    assert found["people.before.angry"][0] >= 2
    assert found["people.before.angry"][1] == 1
    assert report.messages == 7  # the answer to the customer, too
    assert called(gated, thread) == []
