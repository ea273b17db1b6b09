"""The whole product with a model in it: real processes, real wires, a server that speaks the Messages API."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from app.deciders.anthropic import SENTENCES
from app.settings import PROJECT
from tests.db.helpers import Tenant
from tests.support.database import Database
from tests.support.messages_api import KEY, MessagesAPI, Reply, error, obliging
from tests.workers.harness import Room, someone, wait_until, write_mail

PARKING = "Hi there, where can I leave my car while you look at it? Thanks, Ann"
"""No keyword of any FAQ entry is in it: the rules hand it to a person, a model can answer it."""


@pytest.fixture(scope="module")
def api() -> Iterator[MessagesAPI]:
    """The server all processes of this module ask."""
    with MessagesAPI() as made:
        yield made


@pytest.fixture(scope="module")
def room(module_database: Database, tmp_path_factory: pytest.TempPathFactory, api: MessagesAPI) -> Iterator[Room]:
    """The whole product with a made-up key."""
    made = Room(module_database, tmp_path_factory.mktemp("ai"), shadow_decider="rules", **api.settings())
    made.start("catcher", "receive", "inbound", "outbound", "insights", "assistant", "shadow")
    made.wait_for_listeners("inbound", "outbound", "insights", "assistant")
    yield made
    made.close()


def shop(room: Room, **settings: Any) -> Tenant:
    """A tenant that has written down where to park."""
    tenant = room.tenant(**settings)
    for question, keywords, answer in (
        ("Is there parking?", ["stellplatz"], "You can leave your car in our yard behind the house."),
        ("What does a visit cost?", ["besuchspreis"], "A visit costs $89, travel included."),
    ):
        room.world.owner.execute(
            "insert into public.faq_entries (tenant_id, question, keywords, answer) values (%s, %s, %s, %s)",
            [tenant.id, question, keywords, answer],
        )
    return tenant


def parley(room: Room, *arguments: str) -> str:
    """What the command line says."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments], cwd=PROJECT, env=room.environment(), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_mail_is_answered_by_the_model(room: Room, api: MessagesAPI) -> None:
    """Mail in, reply out in the tenant's words; decision, ledger and explain all tell who, with what, for how much."""
    tenant, ann = shop(room), someone()
    started = time.perf_counter()
    message = room.message_of(room.send(write_mail(ann, tenant.mailbox, PARKING, "Your place"), tenant.mailbox))
    reply = room.reply_to(ann)
    print(f"answered in {(time.perf_counter() - started) * 1000:.0f} ms")
    assert "in our yard behind the house" in reply.get_content()
    assert reply["Auto-Submitted"] == "auto-replied"
    decision = room.decided(message["id"])
    assert (decision["decider"], decision["model"], decision["prompt_version"], decision["action"]) == (
        "anthropic", "claude-haiku-5-5", "decide.v2", "auto_reply",
    )  # fmt: skip
    assert (decision["tokens_in"], decision["tokens_out"], float(decision["cost_usd"])) == (1200, 90, 0.000165)
    assert decision["latency_ms"] > 0 and decision["knowledge_digest"] and decision["input"]["digests"]

    def settled() -> Any:
        return room.world.all(
            "select * from public.ai_calls where tenant_id = %s and purpose = 'decision' and finished_at is not null", tenant.id
        )  # fmt: skip

    (call,) = wait_until(settled)
    assert (call["case_id"], call["outcome"], float(call["cost_usd"])) == (message["thread_id"], "answered", 0.000165)
    words = parley(room, "explain", str(message["id"]))
    for part in ("by anthropic", "claude-haiku-5-5 with prompt decide.v2", "1200 tokens in, 90 out, 0.000165 USD",
                 "the FAQ entry 'Is there parking?'", " ms"):  # fmt: skip
        assert part in words, words
    assert json.loads(parley(room, "explain", str(message["id"]), "--json"))["decision"]["tokens_in"] == 1200
    assert api.refused == []


def test_the_insight_is_the_models(room: Room) -> None:
    """Summary, label and next step by the model, with its prompt; paid from the same budget."""
    tenant, ann = shop(room), someone()
    message = room.message_of(room.send(write_mail(ann, tenant.mailbox, PARKING), tenant.mailbox))
    room.reply_to(ann)
    row = wait_until(
        lambda: room.world.all(
            "select * from public.et_thread_insights where thread_id = %s and read_seq >= 2", message["thread_id"]
        ),
        what=room.logs,
    )[0]
    assert (row["model"], row["prompt_version"], row["label"]) == ("claude-haiku-5-5", "summarize.v1", "opening")
    assert row["next_step"] == "Wait for the contact."
    assert room.world.value(
        "select count(*) > 0 from public.ai_calls where tenant_id = %s and purpose = 'insight'", tenant.id
    )


def test_a_tenant_of_rules_is_not_shown_to_the_model(room: Room, api: MessagesAPI) -> None:
    """ai_provider rules: decided, summed up and suggested by rules; not one call carries its words."""
    tenant, ann = shop(room, ai_provider="rules"), someone()
    room.world.owner.execute("update public.tenants set name = 'Discreet Ltd' where id = %s", [tenant.id])
    message = room.message_of(room.send(write_mail(ann, tenant.mailbox, PARKING), tenant.mailbox))
    decision = room.decided(message["id"])
    assert (decision["decider"], decision["model"], decision["action"]) == ("rules", None, "human_takeover")
    room.settle(60, "insights")
    assert room.world.value("select count(*) from public.ai_calls where tenant_id = %s", tenant.id) == 0
    assert not any("Discreet Ltd" in call.system for call in api.calls)


def test_a_used_up_budget_leaves_the_rules(room: Room) -> None:
    """The month's money is gone: hours are still answered, by rules, and the reason is told."""
    tenant, ann = shop(room, ai_budget_usd=0.001), someone()
    for number in range(6):
        room.send(write_mail(someone(), tenant.mailbox, f"{PARKING} {number}"), tenant.mailbox)
    room.settle()
    message = room.message_of(room.send(write_mail(ann, tenant.mailbox), tenant.mailbox))
    room.reply_to(ann)
    decision = room.decided(message["id"])
    assert (decision["decider"], decision["action"]) == ("rules", "auto_reply")
    assert "budget" in decision["reasons"][-1]
    month = room.world.one("select * from public.ai_months where tenant_id = %s", tenant.id)
    assert month["refused"] > 0 and month["spent_usd"] <= 0.001


def member(room: Room, tenant: Tenant, call: str, *values: Any) -> Any:
    """A client function as the owner."""
    return room.world.rpc(tenant.people["owner"], tenant, call, *values)


def test_drafts_come_from_the_model_and_are_not_sent(room: Room, api: MessagesAPI) -> None:
    """Asked for, written within a moment, signed as the tenant signs, kept for the person who asked; nothing leaves."""
    tenant = shop(room, voice_signature="Warmly\nAnn", voice_tone="warm")
    row = room.world.arrive(tenant, someone(), PARKING)
    asked = member(room, tenant, "suggest_replies(%s)", row["thread_id"])

    def done() -> Any:
        state = member(room, tenant, "read_suggestions(%s)", asked["request_id"])
        return state if state["status"] != "waiting" else None

    state = wait_until(done, what=room.logs)
    assert (state["status"], state["decider"], state["model"]) == ("done", "anthropic", "claude-haiku-5-5")
    assert state["drafts"][0]["body"].endswith("behind the house.\n\nWarmly\nAnn")
    assert api.asked("suggest")[-1].voice == {"tone": "warm", "signature": "Warmly\nAnn"}
    assert state["drafts"][0]["source"] == "model"
    assert state["cost_usd"] > 0


def test_a_translation_is_made_once(room: Room, api: MessagesAPI) -> None:
    """The second reader gets the first one's, at no cost."""
    tenant = shop(room)
    row = room.world.arrive(tenant, someone(), "Bonjour, où est votre parking ?")
    member(room, tenant, "translate_message(%s, 'en')", row["id"])
    state = wait_until(lambda: (s := member(room, tenant, "read_translation(%s, 'en')", row["id"]))["status"] == "done" and s)  # fmt: skip
    assert state["text"] == "[en] Bonjour, où est votre parking ?"
    asked = len(api.asked("translate"))
    assert member(room, tenant, "translate_message(%s, 'en')", row["id"])["text"] == state["text"]
    assert len(api.asked("translate")) == asked


def test_the_shadow_judges_what_was_decided_and_diff_tells(room: Room) -> None:
    """A candidate (the rules) beside the live model: what it would have done is written down, compared, and unsent."""
    tenant, ann, bob = shop(room), someone(), someone()
    asked = room.message_of(room.send(write_mail(ann, tenant.mailbox, PARKING), tenant.mailbox))
    same = room.message_of(room.send(write_mail(bob, tenant.mailbox, "I want to cancel my contract."), tenant.mailbox))
    room.reply_to(ann)
    wait_until(
        lambda: room.world.value(
            "select count(*) from public.shadow_decisions where tenant_id = %s and status = 'done'", tenant.id
        ) == 2, what=room.logs,
    )  # fmt: skip
    report = json.loads(parley(room, "decisions", "diff", "--json", "--tenant", tenant.slug))
    assert (report["pairs"], report["exact"], report["inputs_changed"], report["failed"]) == (2, 2, 0, 0)
    assert (report["same_action"], report["base_cost_usd"] > 0, report["candidate_cost_usd"]) == (0.5, True, 0)
    assert report["actions"] == {"auto_reply → human_takeover": 1, "human_takeover → human_takeover": 1}
    (difference,) = report["differences"]
    assert difference["thread_id"] == str(asked["thread_id"])
    words = parley(room, "decisions", "diff", "--tenant", tenant.slug, "--since", "1h")
    assert "same action 50.0%" in words and "auto_reply → human_takeover" in words
    assert room.world.status(same["id"]) == "inbound_human_takeover"
    assert room.world.value(
        "select count(*) from public.et_messages where tenant_id = %s and direction = 'outbound'", tenant.id
    ) == 1  # fmt: skip
    backends = room.world.all(
        "select distinct usename::text as who from pg_stat_activity where datname = current_database()"
        " and application_name like 'shadow:%%'"
    )
    assert [row["who"] for row in backends] == ["parley_shadow"]


def test_nothing_was_broken_on_the_way(room: Room) -> None:
    """After all of the above every invariant holds, the one over money too."""
    room.settle()
    wait_until(lambda: not room.violations(), what=room.violations)


def test_without_a_key_nothing_is_missing_but_quality(database: Database, tmp_path: Path) -> None:
    """The same processes on `auto` without a key: answered by rules, summed up, suggested; a translation says what is
    missing; the shadow of a model is refused at start with the remedy."""
    room = Room(database, tmp_path, decider="auto", shadow_decider="anthropic")
    try:
        room.start("catcher", "receive", "inbound", "outbound", "insights", "assistant")
        room.wait_for_listeners("inbound", "outbound", "insights", "assistant")
        tenant, ann = shop(room), someone()
        message = room.message_of(room.send(write_mail(ann, tenant.mailbox), tenant.mailbox))
        assert "opening hours" in room.reply_to(ann).get_content()
        assert room.decided(message["id"])["decider"] == "rules"
        asked = member(room, tenant, "suggest_replies(%s)", message["thread_id"])
        state = wait_until(lambda: (s := member(room, tenant, "read_suggestions(%s)", asked["request_id"]))["status"] != "waiting" and s)  # fmt: skip
        assert state["status"] == "done" and state["decider"] == "rules" and state["drafts"]
        member(room, tenant, "translate_message(%s, 'de')", message["id"])
        state = wait_until(lambda: (s := member(room, tenant, "read_translation(%s, 'de')", message["id"]))["status"] != "waiting" and s)  # fmt: skip
        assert (state["status"], state["reason"]) == ("unavailable", "no_model")
        room.settle(60, "insights")
        assert room.world.value("select count(*) from public.ai_calls") == 0
        (shadow,) = room.start("shadow")
        assert shadow.wait(60) == 1
        assert "ANTHROPIC_API_KEY" in room.log_path("shadow").read_text()
    finally:
        room.close()


def test_a_dead_provider_costs_time_and_no_message(database: Database, tmp_path: Path) -> None:
    """It wants a rest longer than the deadline: nobody asks meanwhile, rules decide, and when it is back it is asked
    again. Then it hangs for every mail: each is decided within the deadline, by rules."""
    with MessagesAPI(lambda call: error(529, retry_after="10")) as api:
        room = Room(database, tmp_path, decider_deadline_s=5.0, **api.settings())
        try:
            room.start("catcher", "receive", "inbound", "outbound")
            room.wait_for_listeners("inbound", "outbound")
            tenant = shop(room)

            def decided() -> tuple[str, str]:
                message = room.message_of(room.send(write_mail(someone(), tenant.mailbox, PARKING), tenant.mailbox))
                row = room.decided(message["id"])
                return row["decider"], row["reasons"][-1]

            assert decided() == ("rules", "The model's provider said http 529.")
            rested = time.monotonic() + 10
            api.answer = obliging
            assert decided() == ("rules", SENTENCES["breaker_open"])
            assert len(api.calls) == 1, "it was asked though it wanted a rest"
            time.sleep(max(0.0, rested - time.monotonic()))
            assert decided()[0] == "anthropic", "it is back and nobody asked it"
            assert len(api.calls) == 2
            api.answer = lambda call: Reply(delay_s=60)
            people = [someone() for _ in range(12)]
            for person in people:
                room.send(write_mail(person, tenant.mailbox), tenant.mailbox)
            room.settle()
            rows = room.world.all(
                "select * from public.inbound_decisions where tenant_id = %s order by created_at offset 3", tenant.id
            )
            assert len(rows) == len(people)
            assert {(row["decider"], row["action"]) for row in rows} == {("rules", "auto_reply")}
            assert max(row["latency_ms"] for row in rows) < 50_000, "somebody waited for the answer"
            assert len(room.caught()) == 1 + len(people)
            assert room.violations() == []
        finally:
            room.close()


def test_a_killed_worker_leaves_no_free_money(database: Database, tmp_path: Path) -> None:
    """SIGKILL during a call: the reservation counts in full, another worker decides, the books agree."""
    with MessagesAPI(lambda call: Reply(delay_s=60)) as api:
        room = Room(database, tmp_path, decider_deadline_s=20.0, **api.settings())
        try:
            room.lease(2)
            (worker,) = room.start("inbound")
            room.wait_for_listeners("inbound")
            tenant = shop(room)
            row = room.world.arrive(tenant, someone(), PARKING)
            wait_until(lambda: api.calls, what=room.logs)
            worker.kill()
            api.answer = obliging
            room.lease(60)
            room.start("inbound")
            decision = room.decided(row["id"])
            assert decision["decider"] == "anthropic"
            calls = room.world.all("select * from public.ai_calls where tenant_id = %s order by id", tenant.id)
            assert len(calls) == 2 and calls[0]["finished_at"] is None
            wait_until(lambda: room.world.value("select finished_at from public.ai_calls where id = %s", calls[1]["id"]))  # fmt: skip
            spent = room.world.value("select spent_usd from public.ai_months where tenant_id = %s", tenant.id)
            assert float(spent) == pytest.approx(float(calls[0]["most_usd"]) + 0.000165)
            assert room.violations() == []
        finally:
            room.close()


def test_a_worker_cannot_be_talked_into_another_tenants_budget(room: Room) -> None:
    """A reservation names its tenant, and settling with the wrong one does nothing."""
    rich, poor = shop(room), shop(room, ai_budget_usd=0)
    call = Jsonb({"purpose": "decision", "model": "m", "prompt_version": "p", "most_usd": 0.001})
    with psycopg.connect(room.settings.worker_database_url, autocommit=True) as worker:
        granted = worker.execute("select private.reserve_ai_call(%s, %s)", [rich.id, call]).fetchone()
        refused = worker.execute("select private.reserve_ai_call(%s, %s)", [poor.id, call]).fetchone()
        assert granted and granted[0] and refused == (None,)
        assert worker.execute("select private.settle_ai_call(%s, %s, '{}')", [poor.id, granted[0]]).fetchone() == (False,)  # fmt: skip
    assert KEY not in room.logs()
