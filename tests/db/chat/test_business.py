"""What the staff notes on a conversation with the business is theirs: its customer reads his side of it alone."""

import json
import uuid
from typing import Any

import pytest

from tests.db.chat.kit import Chat, Person
from tests.db.helpers import World

LABEL = "difficult-customer"
RELATIONS = (
    "select c.relname, (select string_agg(quote_ident(a.attname), ', ') from pg_attribute as a where a.attrelid = c.oid"
    " and a.attnum > 0 and not a.attisdropped and has_column_privilege('authenticated', c.oid, a.attnum, 'select'))"
    " from pg_class as c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'm', 'p')"
)
NAMES = ("et_threads", "et_conversation_threads", "conversations", "agent_conversations")


@pytest.fixture(scope="module")
def desk(module_world: World) -> tuple[Chat, Person, uuid.UUID]:
    """Ann has asked; an agent has labelled, taken, answered and put away."""
    chat = Chat(module_world)
    ann = chat.person("Ann")
    module_world.session(chat.tenant.id, "in_app", "app")
    thread = uuid.UUID(chat.call(ann, "start_thread", body="Hello?")["thread_id"])
    agent = chat.tenant.people["agent"]
    module_world.rpc(agent, chat.tenant, "label_thread(%s, %s)", thread, [LABEL])
    module_world.rpc(agent, chat.tenant, "assign_thread(%s, %s)", thread, chat.tenant.people["admin"])
    module_world.rpc(agent, chat.tenant, "send_message(%s, 'On Monday')", thread)
    module_world.finish(next(row for row in module_world.claim_out(classes={"in_app": "I"})
                             if row["thread_id"] == thread))  # fmt: skip
    module_world.rpc(agent, chat.tenant, "snooze_thread(%s, now() + interval '1 day')", thread)
    return chat, ann, thread


def test_no_table_and_no_view_shows_the_staffs_notes(module_world: World, desk: tuple[Chat, Person, uuid.UUID]) -> None:
    """Whatever a client can name, over a plain connection as she has it: no label, no assignee, no row of the thread."""
    chat, ann, thread = desk
    notes = (LABEL, str(chat.tenant.people["admin"]), "snoozed")
    with module_world.acting(ann.user) as connection:
        for relation, columns in (tuple(row.values()) for row in connection.execute(RELATIONS).fetchall()):
            if columns:
                rows = connection.execute(f"select {columns} from public.{relation}").fetchall()
                assert not any(note in json.dumps(rows, default=str) for note in notes), relation
                assert rows == [] or relation not in NAMES, relation
    with module_world.acting(chat.tenant.people["agent"], chat.tenant) as connection:
        for name in ("et_threads", "et_conversation_threads"):
            [row] = connection.execute(f"select labels, assignee_id, status from public.{name} where id = %s", [
                thread]).fetchall()  # fmt: skip
            assert tuple(row.values()) == ([LABEL], chat.tenant.people["admin"], "snoozed")


def test_her_side_is_there_by_every_call(module_world: World, desk: tuple[Chat, Person, uuid.UUID]) -> None:
    """List, head, pages, messages and history: what was said, and nothing of how the staff keeps it."""
    chat, ann, thread = desk
    said = {
        "list": chat.list(ann)[0], "head": chat.call(ann, "get_conversation", thread_id=thread),
        "page": chat.page(ann, thread),
    }  # fmt: skip
    assert said["list"]["preview"] == "On Monday" and said["head"]["may_write"] is True
    assert chat.bodies(ann, thread) == ["Hello?", "On Monday"]
    with module_world.acting(ann.user) as connection:
        for query in ("list_messages(%s, 0)", "list_history(%s)"):
            found = connection.execute(f"select body from public.{query}", [thread]).fetchall()
            assert sorted(row["body"] for row in found) == ["Hello?", "On Monday"], query
        rows = connection.execute(
            "select recipient_id, thread_rev_at(thread_id, now()) as rev from public.messages where thread_id = %s and"
            " sender_role = 'agent'", [thread],
        ).fetchall()  # fmt: skip
        assert [(row["recipient_id"], row["rev"] > 0) for row in rows] == [(ann.contact, True)]
    internal = {"labels", "assignee_id", "control", "control_epoch", "snoozed_until", "folder", "status", "scope_key"}
    for name, answer in said.items():
        assert not internal & answer.keys() and LABEL not in json.dumps(answer, default=str), name
    stranger = chat.person("Eve")
    with module_world.acting(stranger.user) as connection:
        assert connection.execute("select 1 from public.list_history(%s)", [thread]).fetchall() == []
        assert connection.execute("select public.thread_rev_at(%s, now()) as r", [thread]).fetchone() == {"r": None}


def test_between_people_the_row_is_theirs(world: World) -> None:
    """The tenant is no party: who takes part reads the head, and the staff does not."""
    chat = Chat(world)
    ann, bob = chat.pair()
    thread = chat.start(ann, bob, body="Between us")["thread_id"]
    for user, tenant, seen in ((ann.user, None, 1), (chat.tenant.people["owner"], chat.tenant, 0)):
        with world.acting(user, tenant) as connection:
            rows = connection.execute("select 1 from public.et_threads where id = %s", [thread]).fetchall()
        assert len(rows) == seen


def test_she_hears_nothing_of_it_either(module_world: World, desk: tuple[Chat, Person, uuid.UUID]) -> None:
    """A label or another assignee is told to the inbox; a new subject to her, too, without the staff's status."""
    chat, ann, thread = desk
    hers, staffs = (f"user:{ann.user}", f"thread:{thread}"), f"inbox:{chat.tenant.id}"

    def told(*topics: str) -> list[dict[str, Any]]:
        return [row["payload"] for row in module_world.all(
            "select payload from realtime.messages where topic = any(%s) and event = 'thread.changed'", list(topics))]  # fmt: skip

    assert told(*hers) == [] and len(told(staffs)) >= 3
    assert {one["status"] for one in told(staffs)} >= {"open", "snoozed"}
    module_world.owner.execute("update public.et_threads set subject = 'Roof' where id = %s", [thread])
    assert [one.keys() & {"thread_id", "status"} for one in told(*hers)] == [{"thread_id"}] * 2
