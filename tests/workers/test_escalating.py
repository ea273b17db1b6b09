"""Customers are watched where their messages are decided on: an angry one gets a person, whatever dies on the way."""

from collections.abc import Iterator

import pytest
from psycopg.types.json import Jsonb

from tests.support.database import Database
from tests.workers.harness import Room, someone, wait_until

ANGRY = "This is unacceptable, the worst service ever. I want a refund or you hear from my lawyer!"


@pytest.fixture(scope="module")
def room(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A room whose inbound workers decide by rules."""
    made = Room(module_database, tmp_path_factory.mktemp("escalating"))
    yield made
    made.close()


def test_an_angry_customer_gets_a_person_once(room: Room) -> None:
    """The first worker dies while it holds the burst, another one decides: one escalation, no answer of the AI; whoever
    is calm is answered."""
    tenant = room.tenant()
    rules = {
        "angry": {"on": "score", "threshold": 0.6, "action": "handover"},
        "look": {"on": "score", "threshold": 0.6, "action": "task", "due_minutes": 30},
    }
    document = {"lanes": {"people": {}}, "escalation": {"customers": {"after": rules}}}
    room.world.owner.execute(
        "select private.add_moderation_policy(%s, %s, 'Call somebody.', true, null)", [tenant.id, Jsonb(document)]
    )
    angry = room.world.arrive(tenant, someone(), ANGRY)
    calm = room.world.arrive(tenant, someone(), "Hello, what are your opening hours?")
    assert {row["thread_id"] for row in room.world.claim(10, "dies")} >= {angry["thread_id"]}
    room.world.expire_leases()
    room.start("inbound", "inbound")
    wait_until(lambda: room.world.status(angry["id"]) == "inbound_human_takeover", what=room.logs)
    wait_until(lambda: room.world.status(calm["id"]) not in {"received", "inbound_processing"}, what=room.logs)
    made = room.world.all("select rule, action, task_id, decision_id from public.escalations where tenant_id = %s"
                          " order by rule", tenant.id)  # fmt: skip
    assert [(one["rule"], one["action"]) for one in made] == [("angry", "handover"), ("look", "task")]
    assert made[1]["task_id"]
    decision = room.world.one("select * from public.inbound_decisions where id = %s", made[0]["decision_id"])
    assert decision["action"] == "human_takeover"
    seen = decision["input"]["escalation"]
    assert [one["rule"] for one in seen["raised"]] == ["angry", "look"]
    assert room.world.thread(angry["thread_id"])["control"] == "human"
    assert room.violations() == []
