"""What was decided can be decided again: the same input gives the same, and where it does not, it is told."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from app.settings import PROJECT
from tests.db.helpers import Tenant
from tests.support.database import Database
from tests.support.messages_api import Call, MessagesAPI, Reply, decision, message, obliging
from tests.workers.harness import Room, someone
from workers.loop import open_pool
from workers.shadow import make

CONVERSATIONS = (
    ("Hello, what are your opening hours?", "Thanks a lot!", "And are you open tomorrow?"),
    ("How much does a visit cost?", "Is there a discount?", "I want to cancel my contract."),
    ("Bonjour, quels sont vos horaires ?", "Merci beaucoup", "C'est inadmissible, je veux parler à quelqu'un."),
    ("I will get back to you next week.", "asdf qwer zxcv", "Is there parking?"),
    ("Unsubscribe",),
    ("Wann haben Sie geöffnet?", "Gibt es Parkplätze?", "Können wir den Termin verschieben?"),
    ("Dzień dobry", "¿Cuánto cuesta una visita?", "Yes, go ahead"),
)


def parley(room: Room, *arguments: str, fails: bool = False, api: MessagesAPI | None = None) -> str:
    """What the command line says, or says it failed with; with a model at hand when there is one."""
    key = {"ANTHROPIC_API_KEY": api.key, "ANTHROPIC_BASE_URL": api.url} if api else {}
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments], cwd=PROJECT, env=room.environment(**key), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert (done.returncode != 0) == fails, done.stderr + done.stdout
    return done.stderr if fails else done.stdout


def replayed(room: Room, tenant: Tenant, *options: str, api: MessagesAPI | None = None) -> dict[str, Any]:
    """The report of a replay."""
    report: dict[str, Any] = json.loads(
        parley(
            room,
            "decisions",
            "replay",
            "--json",
            "--tenant",
            tenant.slug,
            "--decider",
            *(options or ("rules",)),
            api=api,
        )
    )
    return report


@pytest.fixture(scope="module")
def room(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A room whose inbound worker decides by rules."""
    made = Room(module_database, tmp_path_factory.mktemp("replay"))
    made.start("inbound")
    made.wait_for_listeners("inbound")
    yield made
    made.close()


def talked(room: Room) -> Tenant:
    """A tenant with conversations that were decided message by message, while its knowledge changed."""
    tenant = room.tenant()
    people = [someone() for _ in CONVERSATIONS]
    for turn in range(3):
        for person, texts in zip(people, CONVERSATIONS, strict=True):
            if turn < len(texts):
                room.world.arrive(tenant, person, texts[turn], sender_name=f"Ann {'Lee' if turn else 'May'}")
        room.settle(60, "inbound")
        room.world.owner.execute(
            "insert into public.faq_entries (tenant_id, question, keywords, answer) values (%s, 'Parking', %s, %s)",
            [tenant.id, ["parking", "parkplätze", f"word{turn}"], f"In the yard, place {turn}."],
        )
    return tenant


def test_live_decisions_of_rules_are_repeated_exactly(room: Room) -> None:
    """Every one of them, reply and reasons too, though FAQ, names, statuses and control have changed since."""
    tenant = talked(room)
    decided = room.world.value(
        "select count(*) from public.inbound_decisions where tenant_id = %s and decider = 'rules'", tenant.id
    )
    room.world.owner.execute("delete from public.faq_entries where tenant_id = %s", [tenant.id])
    room.world.owner.execute("update public.contacts set display_name = 'Somebody' where tenant_id = %s", [tenant.id])
    room.world.owner.execute("update public.tenants set name = 'Renamed', time_zone = 'Asia/Tokyo' where id = %s", [tenant.id])  # fmt: skip
    report = replayed(room, tenant)
    print({name: report[name] for name in ("replayed", "equal", "different", "skipped", "inputs_changed")})
    assert report["replayed"] == decided > 10
    assert (report["equal"], report["different"], report["inputs_changed"]) == (decided, 0, 0)
    assert report["agreement"] == 1.0 and report["differences"] == []
    actions = room.world.all("select distinct action from public.inbound_decisions where tenant_id = %s", tenant.id)
    assert {row["action"] for row in actions} >= {"auto_reply", "human_takeover", "no_reply", "follow_up"}
    assert "100.0% equal" in parley(room, "decisions", "replay", "--decider", "rules", "--tenant", tenant.slug)


def test_an_edit_is_told_and_not_counted(room: Room) -> None:
    """Which decision, which part of its input, which message, when; the others stay exact."""
    tenant = room.tenant()
    edited = room.world.arrive(tenant, someone(), "What are your opening hours?")
    room.world.arrive(tenant, someone(), "Thank you!")
    room.settle(60, "inbound")
    room.world.owner.execute(
        "update public.et_messages set body = 'I want my money back', edited_at = now() where id = %s", [edited["id"]]
    )
    report = replayed(room, tenant)
    assert (report["equal"], report["different"], report["inputs_changed"]) == (1, 0, 1)
    (changed,) = report["changed"]
    assert changed["parts"] == ["burst"]
    assert [(one["seq"], one["what"]) for one in changed["messages"]] == [(1, "edited")]


def test_a_difference_is_shown_field_by_field(room: Room) -> None:
    """A stored decision that says something else than the rules do now is found."""
    tenant = room.tenant()
    room.world.arrive(tenant, someone(), "What are your opening hours?")
    room.settle(60, "inbound")
    room.world.owner.execute(
        "update public.inbound_decisions set action = 'no_reply', intent = 'thanks' where tenant_id = %s", [tenant.id]
    )
    report = replayed(room, tenant)
    assert (report["equal"], report["different"], report["agreement"]) == (0, 1, 0.0)
    (difference,) = report["differences"]
    assert difference["fields"]["action"] == ["no_reply", "auto_reply"]
    assert difference["fields"]["intent"] == ["thanks", "opening"]
    assert report["actions"] == {"no_reply → auto_reply": 1}


def test_a_burst_of_several_messages_is_one_input(room: Room) -> None:
    """Messages decided together are replayed together, with the history before them."""
    tenant, ann = room.tenant(), someone()
    room.world.arrive(tenant, ann, "Hello")
    room.settle(60, "inbound")
    with room.world.owner.transaction():
        thread = room.world.one("select id from public.et_threads where tenant_id = %s for update", tenant.id)
        assert thread
    for text in ("What are your opening hours?", "I mean tomorrow."):
        room.world.arrive(tenant, ann, text)
    room.settle(60, "inbound")
    report = replayed(room, tenant)
    assert report["different"] == report["inputs_changed"] == 0 and report["equal"] >= 2


def test_another_decider_can_be_asked_and_is_paid_for(room: Room) -> None:
    """A model on stored inputs: what would differ, at what cost; nothing is written but the ledger."""
    tenant = room.tenant()
    room.world.owner.execute(
        "insert into public.faq_entries (tenant_id, question, keywords, answer) values (%s, %s, %s, %s)",
        [tenant.id, "Is there parking?", ["stellplatz"], "You can leave your car in our yard behind the house."],
    )
    room.world.arrive(tenant, someone(), "Hi, where can I leave my car for the day?")
    room.settle(60, "inbound")
    before = room.world.value("select count(*) from public.inbound_decisions")
    assert "ANTHROPIC_API_KEY" in parley(room, "decisions", "replay", "--decider", "anthropic", fails=True)
    assert "oracle" in parley(room, "decisions", "replay", "--decider", "oracle", fails=True)
    with MessagesAPI() as api:
        report = replayed(room, tenant, "anthropic", api=api)
        assert len(api.calls) == 1
    assert (report["replayed"], report["different"], report["cost_usd"]) == (1, 1, 0.000165)
    assert report["actions"] == {"human_takeover → auto_reply": 1}
    assert room.world.value("select count(*) from public.inbound_decisions") == before
    rows = room.world.all("select purpose, outcome from public.ai_calls where tenant_id = %s", tenant.id)
    assert rows == [{"purpose": "replay", "outcome": "answered"}]


async def judged(room: Room, candidate: str, api: MessagesAPI) -> None:
    """Ask a candidate about everything that was decided, as the shadow worker does and as its role."""
    settings = room.database.settings(shadow_decider=candidate, **api.settings())
    shadow = make(settings)
    mine = msgspec.structs.replace(settings, worker_database_url=settings.shadow_database_url)
    pool = open_pool(mine, "shadow", size=2)
    await pool.open()
    while await shadow.round(pool) == 0.0:
        pass
    await shadow.close()
    await pool.close()


def test_two_prompts_and_two_models_of_one_decider_are_compared(room: Room) -> None:
    """Each is a candidate by its whole name: beside the live decisions, beside each other, and asked again."""
    v1, v2 = "anthropic:claude-haiku-5-5:decide.v1", "anthropic:claude-haiku-5-5:decide.v2"
    dear = "anthropic:claude-sonnet-5-5:decide.v2"
    tenant = room.tenant()
    room.world.owner.execute(
        "insert into public.faq_entries (tenant_id, question, keywords, answer) values (%s, %s, %s, %s)",
        [tenant.id, "Is there parking?", ["stellplatz"], "You can leave your car in our yard behind the house."],
    )
    for _ in range(3):
        room.world.arrive(tenant, someone(), "Hi, where can I leave my car for the day?")
    room.settle(60, "inbound")

    def answer(call: Call) -> Reply:
        """The older prompt makes this model hand everything over."""
        return obliging(call) if "`voice`" in call.system else message(decision(intent="other"))

    def compared(*options: str) -> dict[str, Any]:
        report = json.loads(parley(room, "decisions", "diff", "--json", "--tenant", tenant.slug, *options))
        return {name: report[name] for name in ("bases", "candidates", "exact", "same_action", "actions")}

    with MessagesAPI(answer) as api:
        for candidate in (v1, v2, dear):
            asyncio.run(judged(room, candidate, api))
        assert {call.body["model"] for call in api.calls} == {"claude-haiku-5-5", "claude-sonnet-5-5"}
        report = replayed(room, tenant, v1, "--made-by", "rules", api=api)
    assert (report["decider"], report["replayed"], report["actions"]) == (v1, 3, {})
    assert compared("--candidate", v2) == {
        "bases": {"rules": 3}, "candidates": {v2: 3}, "exact": 3, "same_action": 0.0,
        "actions": {"human_takeover → auto_reply": 3},
    }  # fmt: skip
    assert compared("--candidate", v2, "--against", v1) == {
        "bases": {v1: 3}, "candidates": {v2: 3}, "exact": 3, "same_action": 0.0,
        "actions": {"human_takeover → auto_reply": 3},
    }  # fmt: skip
    models = compared("--candidate", dear, "--against", "anthropic:claude-haiku-5-5:decide.v2")
    assert (models["bases"], models["candidates"], models["same_action"]) == ({v2: 3}, {dear: 3}, 1.0)
    assert compared("--candidate", "anthropic:claude-haiku-5-5")["candidates"] == {v1: 3, v2: 3}
    assert compared("--made-by", "anthropic")["exact"] == 0
    assert f"3 beside them by {v2}" in parley(room, "decisions", "diff", "--candidate", v2, "--against", v1, "--tenant", tenant.slug)  # fmt: skip
    assert "decide.v2" in parley(room, "decisions", "diff", "--candidate", "haiku", fails=True)


def test_times_are_understood(room: Room) -> None:
    """`--since` takes a span or a moment, and says what it takes otherwise."""
    for since in ("1h", "7d", "2030-01-01T00:00:00Z", "2030-01-01"):
        report = json.loads(parley(room, "decisions", "replay", "--decider", "rules", "--json", "--since", since))
        assert (report["replayed"] == 0) == since.startswith("2030")
    assert "2h, 7d" in parley(room, "decisions", "replay", "--decider", "rules", "--since", "soon", fails=True)
