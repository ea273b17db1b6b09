"""What one completion does, and what makes the database overrule or refuse it."""

import uuid
from typing import Any

import pytest

from tests.db.helpers import CLASSES, Row, Tenant, World, refused


def context(world: World, claim: Row) -> Row:
    """What the decider is told."""
    row = world.worker.execute(
        "select private.decision_context(%s, %s, %s, %s) as c",
        [claim["tenant_id"], claim["thread_id"], claim["first_seq"], claim["last_seq"]],
    ).fetchone()
    return dict(row["c"])  # type: ignore[index]


@pytest.mark.parametrize(
    ("action", "status", "control", "queued"),
    [("auto_reply", "inbound_ai_replied", "ai", 1), ("follow_up", "inbound_ai_replied", "ai", 1),
     ("no_reply", "inbound_ai_replied", "ai", 0), ("human_takeover", "inbound_human_takeover", "human", 0)],
)  # fmt: skip
def test_each_action_has_its_end(world: World, action: str, status: str, control: str, queued: int) -> None:
    """Every action leads to its status, control and queue, and records one decision."""
    tenant = world.tenant()
    message = world.arrive(tenant)
    done = world.complete(world.claim()[0], action, reply="Yes.", labels=["vip"])
    assert done["result"] == "recorded" and done["action"] == action
    assert world.status(message["id"]) == status
    assert world.thread(message["thread_id"])["control"] == control
    assert world.thread(message["thread_id"])["labels"] == ["vip"]
    rows = world.all("select purpose from public.et_outbound_queue where tenant_id = %s", tenant.id)
    assert len(rows) == queued
    kinds = world.all("select kind from public.notifications where tenant_id = %s", tenant.id)
    assert kinds == ([{"kind": "human_takeover"}] if action == "human_takeover" else [])
    assert world.violations(tenant) == {}


def test_a_message_during_the_decision_releases_it(world: World) -> None:
    """The reply is refused, nothing is recorded, and the next claim has all messages."""
    tenant = world.tenant()
    world.arrive(tenant)
    (claim,) = world.claim()
    world.arrive(tenant)
    assert world.complete(claim) == {"result": "released"}
    assert world.value("select count(*) from public.inbound_decisions where tenant_id = %s", tenant.id) == 0
    (again,) = world.claim()
    assert (again["first_seq"], again["last_seq"]) == (1, 2)
    assert world.complete(again)["result"] == "recorded" and world.violations(tenant) == {}


def test_a_message_during_a_silent_decision_waits_its_turn(world: World) -> None:
    """A decision without a reply stands; what came meanwhile is claimed next, alone."""
    tenant = world.tenant()
    world.arrive(tenant)
    (claim,) = world.claim()
    late = world.arrive(tenant)
    assert world.complete(claim, "no_reply")["result"] == "recorded"
    (again,) = world.claim()
    assert again["message_ids"] == [late["id"]] and world.violations(tenant) == {}


def test_answers_switched_off_during_the_decision_call_a_person(world: World) -> None:
    """The switch is the database's: whatever the decider had in mind, nothing is written in the machine's name."""
    tenant = world.tenant()
    message = world.arrive(tenant)
    (claim,) = world.claim()
    world.configure(tenant, ai_enabled=False)
    assert world.complete(claim)["action"] == "human_takeover"
    assert world.status(message["id"]) == "inbound_human_takeover"
    row = world.one("select proposed_action, reasons from public.inbound_decisions where tenant_id = %s", tenant.id)
    assert row == {"proposed_action": "auto_reply", "reasons": ["Automatic answers are switched off."]}
    assert world.violations(tenant) == {}


def test_a_takeover_during_the_decision_leaves_no_reply(world: World) -> None:
    """A person took over: the decision is recorded as a takeover, what was proposed beside it."""
    tenant = world.tenant("agent")
    message = world.arrive(tenant)
    (claim,) = world.claim()
    world.rpc(tenant.people["agent"], tenant, "take_over_thread(%s)", message["thread_id"])
    assert world.complete(claim)["action"] == "human_takeover"
    row = world.one(
        "select action, proposed_action, reply_message_id from public.inbound_decisions where tenant_id = %s", tenant.id
    )
    assert row == {"action": "human_takeover", "proposed_action": "auto_reply", "reply_message_id": None}
    assert world.thread(message["thread_id"])["last_seq"] == 1
    assert world.status(message["id"]) == "inbound_human_takeover" and world.violations(tenant) == {}


def test_taken_and_handed_back_during_the_decision_is_decided_anew(world: World) -> None:
    """Control is the AI's again, but under a newer epoch: the old decision is released."""
    tenant = world.tenant("agent")
    message = world.arrive(tenant)
    (claim,) = world.claim()
    for call in ("take_over_thread(%s)", "hand_back_thread(%s)"):
        world.rpc(tenant.people["agent"], tenant, call, message["thread_id"])
    assert world.complete(claim) == {"result": "released"}
    assert world.complete(world.claim()[0])["action"] == "auto_reply"


def test_a_decision_without_its_epoch_is_not_trusted(world: World) -> None:
    """A reply that does not say under which epoch it was decided is released."""
    tenant = world.tenant()
    world.arrive(tenant)
    assert world.complete(world.claim()[0], control_epoch=None) == {"result": "released"}


def test_an_ai_message_behind_the_fence_is_refused_by_the_table(world: World) -> None:
    """Whoever inserts it: an AI message with an old epoch or an old seq finds no place."""
    tenant = world.tenant()
    done = world.arrive(tenant)
    for epoch, seq in ((9, 1), (1, 0)):
        with refused("PT409", code="fence_moved"):
            world.enqueue(done, kind="ai", control_epoch=epoch, based_on_seq=seq)
    assert world.thread(done["thread_id"])["last_seq"] == 1


def test_a_human_in_control_is_not_answered_by_the_machine(world: World) -> None:
    """Messages under human control become takeovers without a reply and without another notification."""
    tenant = world.tenant("agent")
    message = world.arrive(tenant)
    world.rpc(tenant.people["agent"], tenant, "take_over_thread(%s)", message["thread_id"])
    (claim,) = world.claim()
    assert claim["control"] == "human"
    assert world.complete(claim)["action"] == "human_takeover"
    assert world.all("select 1 from public.notifications where tenant_id = %s", tenant.id) == []


def test_a_superseded_reply_leaves_its_questions_open(world: World) -> None:
    """A queued reply is overtaken by a new mail: its questions are in the next context, and it is never sent."""
    tenant = world.tenant()
    first = world.answered(tenant, body="What does it cost?")
    world.arrive(tenant, body="And when?")
    (claim,) = world.claim()
    told = context(world, claim)
    assert (claim["first_seq"], told["first_seq"]) == (3, 1)
    assert [turn["text"] for turn in told["burst"]] == ["What does it cost?", "And when?"]
    done = world.complete(claim, first_seq=told["first_seq"])
    assert world.queue(first["message_id"])["status_reason"] == "superseded"
    assert [row["message_id"] for row in world.claim_out()] == [uuid.UUID(done["message_id"])]
    assert world.violations(tenant) == {}


def test_a_superseded_reply_is_cancelled_at_claim(world: World) -> None:
    """The router meets an overtaken reply before any new decision: it stays at home."""
    tenant = world.tenant()
    first = world.answered(tenant)
    world.arrive(tenant)
    assert world.claim_out() == []
    assert world.queue(first["message_id"])["status_reason"] == "superseded"
    assert context(world, world.claim()[0])["first_seq"] == 1


def test_a_reply_once_tried_is_seen_through(world: World) -> None:
    """A reply whose first try failed safely is not superseded: the new decision did not carry its questions."""
    tenant = world.tenant()
    first = world.answered(tenant, body="What does it cost?")
    (sending,) = world.claim_out()
    world.arrive(tenant, body="And when?")
    (claim,) = world.claim()
    told = context(world, claim)
    assert [turn["text"] for turn in told["burst"]] == ["And when?"]
    assert world.finish(sending, "retry") == "queued"
    world.complete(claim, first_seq=told["first_seq"])
    assert world.queue(first["message_id"])["status"] == "queued"
    world.owner.execute("update private.outbound_work set run_at = clock_timestamp() where tenant_id = %s", [tenant.id])
    assert first["message_id"] in {str(row["message_id"]) for row in world.claim_out()}
    assert world.violations(tenant) == {}


def test_an_answered_question_is_not_asked_again(world: World) -> None:
    """A reply that left closes its burst: the next context starts after it."""
    tenant = world.tenant()
    world.answered(tenant, body="one")
    world.finish(world.claim_out()[0])
    world.arrive(tenant, body="two")
    told = context(world, world.claim()[0])
    assert (told["first_seq"], [turn["text"] for turn in told["burst"]]) == (3, ["two"])
    assert [turn["sender"] for turn in told["history"]] == ["contact", "ai"]


def test_claim_and_context_in_one_statement_agree(world: World) -> None:
    """The worker asks for both in one query: the context must see what the claim just took."""
    tenant = world.tenant()
    message = world.arrive(tenant, body="only this")
    row = world.worker.execute(
        "select c.fence, private.decision_context(c.tenant_id, c.thread_id, c.first_seq, c.last_seq) as context"
        " from private.claim_inbound('w', 5) as c"
    ).fetchone()
    assert row is not None and [turn["id"] for turn in row["context"]["burst"]] == [str(message["id"])]
    for function in ("decision_context", "dispatch_details", "thread_history"):
        assert world.value("select provolatile from pg_proc where proname = %s", function) == "v", function


def test_the_hourly_cap_hands_over(world: World) -> None:
    """After N automatic replies to a contact in an hour, over all his threads, a person is asked."""
    tenant = world.tenant(auto_replies_per_hour=2)
    other = world.session(tenant.id, "email", f"second@{tenant.slug}.test")
    for session in (tenant.session, other):
        assert world.answered(tenant, channel_session_id=session)["action"] == "auto_reply"
        world.finish(world.claim_out()[0])
    message = world.arrive(tenant)
    done = world.complete(world.claim()[0])
    assert done["action"] == "human_takeover" and world.thread(message["thread_id"])["control"] == "human"
    reasons = world.value("select reasons from public.inbound_decisions where id = %s", uuid.UUID(done["decision_id"]))
    assert "cap of 2" in reasons[0]
    assert world.answered(tenant, "someone.else@people.test")["action"] == "auto_reply"


@pytest.mark.parametrize("batched", [False, True])
def test_replies_that_never_left_do_not_use_up_the_cap(world: World, batched: bool) -> None:
    """Somebody writes in pieces and each piece withdraws the reply to the one before: what he was never sent is not
    counted, what left is."""
    tenant = world.tenant(auto_replies_per_hour=1)
    for number in range(4):
        world.arrive(tenant, body=f"and {number}")
        (claim,) = world.claim()
        if batched:
            decision = {"action": "auto_reply", "reply": "Ok.", "control_epoch": claim["control_epoch"]}
            world.arrive(tenant, f"other{number}@people.test")
            (other,) = world.claim()
            done, _ = world.complete_together([(claim, decision), (other, decision)])
        else:
            done = world.complete(claim)
        assert done["action"] == "auto_reply"
    kept = world.all(
        "select q.status, q.status_reason from public.et_outbound_queue as q where q.tenant_id = %s and q.thread_id = %s"
        " order by q.created_at", tenant.id, claim["thread_id"],
    )  # fmt: skip
    assert [row["status"] for row in kept] == ["cancelled"] * 3 + ["queued"]
    sent = next(row for row in world.claim_out() if row["thread_id"] == claim["thread_id"])
    world.finish(sent)
    world.arrive(tenant, body="thanks")
    assert world.complete(world.claim()[0])["action"] == "human_takeover"
    assert world.violations(tenant) == {}


def test_a_reply_that_waits_in_another_thread_counts(world: World) -> None:
    """What may still leave uses up the cap before it has left."""
    tenant = world.tenant(auto_replies_per_hour=1)
    other = world.session(tenant.id, "email", f"second@{tenant.slug}.test")
    assert world.answered(tenant)["action"] == "auto_reply"
    assert world.answered(tenant, channel_session_id=other)["action"] == "human_takeover"


def test_the_cap_holds_over_a_merge(world: World) -> None:
    """Two records of one person share one cap once they are merged."""
    tenant = world.tenant("agent", auto_replies_per_hour=1)
    one, two = world.arrive(tenant, "a@people.test"), world.arrive(tenant, "b@people.test")
    world.rpc(
        tenant.people["agent"], tenant, "merge_contacts(%s, %s)", one["sender_contact_id"], two["sender_contact_id"]
    )
    actions = sorted(world.complete(claim)["action"] for claim in world.claim())
    assert actions == ["auto_reply", "human_takeover"]


def forged(world: World, tenant: Tenant, number: int, reply_to: str = "Victim@people.test") -> Row:
    """A mail of somebody new that wants its answer at another address."""
    return world.arrive(tenant, f"forged{number}@people.test", metadata={"reply_to": reply_to})


@pytest.mark.parametrize("batched", [False, True])
def test_many_senders_cannot_have_one_address_written_to(world: World, batched: bool) -> None:
    """The cap holds for the address that Reply-To names as well, with its owner's own mails counted in; other addresses
    are answered."""
    tenant = world.tenant(auto_replies_per_hour=3)
    world.answered(tenant, "victim@people.test")
    world.finish(world.claim_out()[0])
    for number in range(6):
        forged(world, tenant, number)
    elsewhere = forged(world, tenant, 9, "ann@people.test")
    claims = world.claim(20)
    decisions = [{"action": "auto_reply", "reply": "ok", "control_epoch": claim["control_epoch"]} for claim in claims]
    if batched:
        done = world.complete_together(list(zip(claims, decisions, strict=True)))
    else:
        done = [world.complete(claim) for claim in claims]
    assert sorted(one["action"] for one in done) == ["auto_reply"] * 3 + ["human_takeover"] * 4
    assert world.thread(elsewhere["thread_id"])["control"] == "ai"
    to = "select count(*) from public.et_outbound_queue where tenant_id = %s and recipient = 'victim@people.test'"
    assert world.value(to, tenant.id) == 3
    reason = (
        "select count(*) from public.inbound_decisions where tenant_id = %s and reasons[1] like '%% to one address %%'"
    )
    assert world.value(reason, tenant.id) == 4 and world.violations(tenant) == {}


def test_workers_side_by_side_keep_to_the_cap_of_an_address(world: World) -> None:
    """Different contacts, one address, eight workers at once with batches in any order: exactly as many replies as the
    cap allows, and nobody is caught in a deadlock."""
    tenant = world.tenant(auto_replies_per_hour=3)
    for number in range(24):
        forged(world, tenant, number, f"victim{number % 2}@people.test")
    claims = world.claim(50)

    def complete(connection: Any, number: int) -> list[str]:
        mine = claims[number::8]
        decision = {"action": "auto_reply", "reply": "ok", "control_epoch": 1}
        done = world.complete_together([(claim, decision) for claim in mine], connection)
        return [one["action"] for one in done]

    actions = sorted(action for some in world.together(8, complete) for action in some)
    assert actions == ["auto_reply"] * 6 + ["human_takeover"] * 18
    assert world.violations(tenant) == {}


def test_two_threads_of_one_contact_cannot_both_take_the_last_reply(world: World) -> None:
    """The contact's row is the lock: concurrent completions respect the cap exactly."""
    tenant = world.tenant(auto_replies_per_hour=3)
    for number in range(8):
        session = world.session(tenant.id, "email", f"s{number}@{tenant.slug}.test")
        world.arrive(tenant, channel_session_id=session)
    claims = world.claim(20)

    def complete(connection: Any, number: int) -> str:
        claim = claims[number]
        row = connection.execute(
            "select private.complete_inbound(%s, %s, %s, %s, %s::jsonb) as r",
            [tenant.id, claim["thread_id"], claim["fence"], claim["last_seq"],
             '{"action": "auto_reply", "reply": "ok", "control_epoch": 1}'],
        ).fetchone()  # fmt: skip
        return str(row["r"]["action"])

    actions = world.together(8, complete)
    assert sorted(actions) == ["auto_reply"] * 3 + ["human_takeover"] * 5
    assert world.violations(tenant) == {}


def test_unsubscribing_suppresses_what_is_automatic(world: World) -> None:
    """suppress_contact keeps follow-ups away and still lets people answer."""
    tenant = world.tenant()
    thread = world.arrive(tenant)
    world.complete(world.claim()[0], "no_reply", suppress_contact=True)
    world.enqueue(thread, purpose="notification")
    world.enqueue(thread)
    (claim,) = world.claim_out(classes=CLASSES)
    assert world.queue(claim["message_id"])["purpose"] == "reply"


def test_takeover_beside_claiming_never_deadlocks(world: World) -> None:
    """People take over while the router claims the same rows: nobody is asked to retry, every row has one end."""
    tenant = world.tenant("agent")
    threads = [world.answered(tenant, f"d{number}@people.test") for number in range(40)]
    claims = f'{{"role":"authenticated","sub":"{tenant.people["agent"]}","app_metadata":{{"tenant_id":"{tenant.id}"}}}}'

    def act(connection: Any, number: int) -> None:
        if number < 2:
            for _ in range(30):
                world.claim_out(3, f"o{number}", connection=connection)
            return
        with world.database.connect("parley_api") as api:
            for thread in threads[number % 2 :: 2]:
                with api.transaction():
                    api.execute("set local role authenticated")
                    api.execute("select set_config('request.jwt.claims', %s, true)", [claims])
                    api.execute("select public.take_over_thread(%s)", [thread["thread_id"]])

    world.together(4, act)
    statuses = {row["status"] for row in world.all(
        "select status from public.et_outbound_queue where tenant_id = %s", tenant.id)}  # fmt: skip
    assert statuses <= {"sending", "cancelled"} and world.violations(tenant) == {}
