"""What people do by hand: never "sent" before somebody did it, never lost, never done twice."""

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.db.helpers import Row, Tenant, World, refused

TASK = {"task": {"kind": "call", "title": "Call Ann"}, "error_code": "call"}


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant with an agent and a viewer."""
    return world.tenant("agent", "viewer")


def task(world: World, tenant: Tenant, **more: Any) -> Row:
    """A message the adapter handed to a person."""
    sent = world.enqueue(world.arrive(tenant), "Ask for the keys", **more)
    claim = next(row for row in world.claim_out() if row["queue_id"] == sent["queue_id"])
    assert world.finish(claim, "manual", start=False, **TASK) == "queued"
    return world.one("select * from public.manual_tasks where queue_id = %s", sent["queue_id"])


def complete(world: World, tenant: Tenant, made: Row, outcome: str, note: str | None = None, who: str = "agent") -> Any:
    """A person says how it went."""
    return world.rpc(tenant.people[who], tenant, "complete_task(%s, %s, %s)", made["id"], outcome, note)


def test_a_message_waits_for_the_person(world: World, tenant: Tenant) -> None:
    """The row stays queued with its reason, nobody claims it again, and the staff is told."""
    made = task(world, tenant)
    assert (made["kind"], made["status"], made["reason"], made["target"]) == ("call", "open", "call", "ann@people.test")
    queue = world.queue(made["message_id"])
    assert (queue["status"], queue["status_reason"]) == ("queued", "manual_task")
    assert world.claim_out() == []
    kinds = world.all("select kind from public.notifications where tenant_id = %s", tenant.id)
    assert [row["kind"] for row in kinds] == ["manual_task"]
    assert world.violations(tenant) == {}


@pytest.mark.parametrize(
    ("outcome", "status", "queue"),
    [("done", "done", "sent"), ("not_possible", "failed", "failed"), ("cancelled", "cancelled", "cancelled")],
)
def test_the_person_decides_how_it_ends(world: World, tenant: Tenant, outcome: str, status: str, queue: str) -> None:
    """Done is sent, not possible is failed; the note stays, and a second word is refused."""
    made = task(world, tenant)
    assert complete(world, tenant, made, outcome, "spoke to her")["status"] == status
    row = world.one("select * from public.manual_tasks where id = %s", made["id"])
    assert row["note"] == "spoke to her" and row["completed_by"] == f"user:{tenant.people['agent']}"
    assert world.status(made["message_id"]) == queue
    with refused("PT409", code="task_closed"):
        complete(world, tenant, made, "done")
    assert world.violations(tenant) == {}


def test_nobody_answers_five_times(world: World, tenant: Tenant) -> None:
    """Each time it is due again four hours later, and the fifth ends it."""
    made = task(world, tenant)
    for _ in range(4):
        assert complete(world, tenant, made, "no_answer")["status"] == "open"
    later = world.value(
        "select due_at > now() + interval '3 h 59 min' from public.manual_tasks where id = %s", made["id"]
    )
    assert later
    assert complete(world, tenant, made, "no_answer")["status"] == "failed"
    assert world.status(made["message_id"]) == "failed"


def test_a_wrong_address_is_not_used_again(world: World, tenant: Tenant) -> None:
    """It is suppressed, as a hard bounce would be."""
    complete(world, tenant, task(world, tenant), "wrong_address")
    rows = world.all("select address, reason from public.suppressions where tenant_id = %s", tenant.id)
    assert [(row["address"], row["reason"]) for row in rows] == [("ann@people.test", "bounced")]


def test_a_cancelled_message_closes_its_task(world: World, tenant: Tenant) -> None:
    """Nobody calls for what a takeover kept at home."""
    arrived = world.arrive(tenant)
    world.complete(world.claim()[0], "no_reply")
    sent = world.enqueue(arrived, kind="ai", control_epoch=1, based_on_seq=1)
    (claim,) = world.claim_out()
    world.finish(claim, "manual", start=False, **TASK)
    world.rpc(tenant.people["agent"], tenant, "take_over_thread(%s)", arrived["thread_id"])
    row = world.one("select status, outcome from public.manual_tasks where queue_id = %s", sent["queue_id"])
    assert (row["status"], row["outcome"]) == ("cancelled", "human_takeover")
    assert world.violations(tenant) == {}


def test_two_people_at_once(world: World, tenant: Tenant) -> None:
    """One of them is told that it is done already; the message is sent once."""
    made = task(world, tenant)

    def say(connection: Any, _: int) -> str:
        claims = f'{{"sub": "{tenant.people["agent"]}", "role": "authenticated", "app_metadata": {{"tenant_id": "{tenant.id}"}}}}'
        try:
            with connection.transaction():
                connection.execute("select private.enter_request(%s, false)", [claims])
                connection.execute("select public.complete_task(%s, 'done')", [made["id"]])
        except Exception as error:
            return str(getattr(error, "sqlstate", error))
        return "done"

    said = world.together(6, say, role="parley_api")
    assert sorted(said) == ["PT409"] * 5 + ["done"]
    assert world.status(made["message_id"]) == "sent"


def test_who_may_do_it(world: World, tenant: Tenant) -> None:
    """Viewers may not, bad words are named, and a foreign task reads like a missing one, on record."""
    made = task(world, tenant)
    with refused("PT403"):
        complete(world, tenant, made, "done", who="viewer")
    with refused("PT422", code="bad_outcome"):
        complete(world, tenant, made, "finished")
    stranger = world.tenant()
    answer = world.rpc(stranger.people["owner"], stranger, "complete_task(%s, 'done')", made["id"])
    assert answer["code"] == "not_found"
    assert len(world.all("select 1 from public.access_denials where object_id = %s", str(made["id"]))) == 1
    assert world.one("select status from public.manual_tasks where id = %s", made["id"])["status"] == "open"


def test_a_task_is_taken_and_given_back(world: World, tenant: Tenant) -> None:
    """Only members can have it."""
    made, agent = task(world, tenant), tenant.people["agent"]
    assert world.rpc(agent, tenant, "assign_task(%s, %s)", made["id"], agent)["assignee_id"] == str(agent)
    with refused("PT422", code="no_member"):
        world.rpc(agent, tenant, "assign_task(%s, %s)", made["id"], world.user())
    assert world.rpc(agent, tenant, "assign_task(%s, null)", made["id"])["assignee_id"] is None


def test_a_task_is_given_a_date_and_a_person(world: World, tenant: Tenant) -> None:
    """Either, both, or neither any more; what is not named stays, and each change is on record."""
    made, agent = task(world, tenant), tenant.people["agent"]
    change = "change_task(%s, %s)"
    later = world.rpc(
        agent, tenant, change, made["id"], Jsonb({"due_at": "2031-05-01T09:00:00Z", "assignee_id": str(agent)})
    )
    assert (later["due_at"], later["assignee_id"]) == ("2031-05-01T09:00:00+00:00", str(agent))
    cleared = world.rpc(agent, tenant, change, made["id"], Jsonb({"due_at": None}))
    assert (cleared["due_at"], cleared["assignee_id"]) == (None, str(agent))
    actions = world.all(
        "select details from public.audit_log where tenant_id = %s and action = 'task.changed'", tenant.id
    )
    assert sorted(len(row["details"]["fields"]) for row in actions) == [1, 2]
    assert complete(world, tenant, made, "no_answer")["due_at"] is not None
    assert world.violations(tenant) == {}


def test_what_no_task_can_be_changed_to(world: World, tenant: Tenant) -> None:
    """Not to a moment that has been or is ten years away, not to a stranger, not once it is closed, not by viewers."""
    made, agent = task(world, tenant), tenant.people["agent"]
    change = "change_task(%s, %s)"
    for moment in ("2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "infinity"):
        with refused("PT422", code="bad_time"):
            world.rpc(agent, tenant, change, made["id"], Jsonb({"due_at": moment}))
    with refused("PT422", code="unknown_field"):
        world.rpc(agent, tenant, change, made["id"], Jsonb({"title": "x"}))
    stranger = world.tenant()
    answer = world.rpc(agent, tenant, change, made["id"], Jsonb({"assignee_id": str(stranger.people["owner"])}))
    assert answer["code"] == "not_found"
    with refused("PT403"):
        world.rpc(tenant.people["viewer"], tenant, change, made["id"], Jsonb({"due_at": None}))
    answer = world.rpc(stranger.people["owner"], stranger, change, made["id"], Jsonb({"due_at": None}))
    assert answer["code"] == "not_found"
    complete(world, tenant, made, "done")
    with refused("PT409", code="task_closed"):
        world.rpc(agent, tenant, change, made["id"], Jsonb({"due_at": None}))
    row = world.one("select due_at, assignee_id from public.manual_tasks where id = %s", made["id"])
    assert (row["due_at"], row["assignee_id"]) == (made["due_at"], None)


def test_rebuilt_work_does_not_double_the_task(world: World, tenant: Tenant) -> None:
    """When work rows were lost and made again, the router hands the message over once more: one task stays."""
    made = task(world, tenant)
    world.owner.execute("delete from private.outbound_work where queue_id = %s", [made["queue_id"]])
    world.owner.execute("select private.rebuild_work()")
    claim = next(row for row in world.claim_out(100) if row["queue_id"] == made["queue_id"])
    world.finish(claim, "manual", start=False, **TASK)
    assert len(world.all("select 1 from public.manual_tasks where queue_id = %s", made["queue_id"])) == 1
    assert complete(world, tenant, made, "done")["status"] == "done"
    assert world.violations(tenant) == {}
