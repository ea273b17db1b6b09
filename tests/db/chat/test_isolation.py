"""Strangers, other participants, staff and admins at every door of a conversation that is not theirs."""

import uuid
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.db.chat.kit import Chat, Person, call
from tests.db.helpers import Tenant, World, refused

DOORS: dict[str, dict[str, Any]] = {
    "poll_messages": {}, "get_conversation": {}, "mark_read": {}, "mark_delivered": {},
    "set_conversation": {"archived": True}, "add_people": {"contact_ids": []}, "leave_conversation": {},
    "send_message": {"body": "Let me in"},
}  # fmt: skip
CHANGES: dict[str, dict[str, Any]] = {
    "edit_own_message": {"body": "x"}, "delete_own_message": {}, "react_to_message": {"reaction": "👍"},
}  # fmt: skip


@pytest.fixture(scope="module")
def talk(module_world: World) -> tuple[Chat, Person, Person, uuid.UUID, uuid.UUID]:
    """Two people, their conversation and its message."""
    chat = Chat(module_world)
    ann, bob = chat.pair()
    made = chat.start(ann, bob, body="Between us")
    return chat, ann, bob, uuid.UUID(made["thread_id"]), uuid.UUID(made["message_id"])


def denials(world: World, tenant: Tenant) -> list[Any]:
    """Attempts on record, newest last."""
    return world.all(
        "select actor, surface, object_kind, object_id from public.access_denials where tenant_id = %s order by at, id",
        tenant.id,
    )


@pytest.mark.parametrize("name", sorted(DOORS | CHANGES))
def test_another_participant_finds_nothing_and_is_on_record(
    module_world: World, talk: tuple[Chat, Person, Person, uuid.UUID, uuid.UUID], name: str
) -> None:
    """He gets the answer of a missing id, byte for byte, and one row says that he tried; a missing id leaves none."""
    chat, _, _, thread, message = talk
    key, arguments = ("message_id", CHANGES[name]) if name in CHANGES else ("thread_id", DOORS[name])
    foreign = message if name in CHANGES else thread
    cid, eve = chat.person("Cid"), Chat(module_world).person("Eve")
    for other in (cid, eve):
        before = denials(module_world, chat.tenant)
        missing = chat.call(other, name, **{key: uuid.uuid4()}, **arguments)
        assert denials(module_world, chat.tenant) == before
        assert chat.call(other, name, **{key: foreign}, **arguments) == missing
        assert missing["code"] == "not_found"
        (row,) = denials(module_world, chat.tenant)[len(before) :]
        assert row == {"actor": f"user:{other.user}", "surface": "rpc", "object_kind": key.removesuffix("_id"),
                       "object_id": str(foreign)}  # fmt: skip
    assert chat.world.thread(thread)["last_seq"] == 1
    chat.sound()


@pytest.mark.parametrize("name", sorted(DOORS | CHANGES))
def test_somebody_who_is_nobody_anywhere_is_on_record_too(
    module_world: World, talk: tuple[Chat, Person, Person, uuid.UUID, uuid.UUID], name: str
) -> None:
    """A sign-in without a contact or an office is answered as for a missing id by every call, and logged."""
    chat, _, _, thread, message = talk
    key, arguments = ("message_id", CHANGES[name]) if name in CHANGES else ("thread_id", DOORS[name])
    stranger, before = module_world.user(), denials(module_world, chat.tenant)
    missing = chat.call(stranger, name, **{key: uuid.uuid4()}, **arguments)
    assert denials(module_world, chat.tenant) == before
    assert chat.call(stranger, name, **{key: message if name in CHANGES else thread}, **arguments) == missing
    [row] = denials(module_world, chat.tenant)[len(before) :]
    assert row["actor"] == f"user:{stranger}"


def test_a_tenant_that_is_named_must_be_ones_own(
    module_world: World, talk: tuple[Chat, Person, Person, uuid.UUID, uuid.UUID]
) -> None:
    """Staff who name another tenant write nothing, there or at home, and are on record."""
    chat, _, _, thread, _ = talk
    other = module_world.tenant()
    for named, values in (
        ("put_context_participants('job', '1', '[]', %s)", [chat.tenant.id]),
        ("post_system_message(%s, 'x', p_tenant_id => %s)", [thread, chat.tenant.id]),
    ):
        before = denials(module_world, chat.tenant)
        assert module_world.rpc(other.people["owner"], other, named, *values)["code"] == "not_found"
        [row] = denials(module_world, chat.tenant)[len(before) :]
        assert (row["object_kind"], row["object_id"]) == ("tenant", str(chat.tenant.id))


@pytest.mark.parametrize("name", sorted(DOORS | CHANGES))
def test_staff_take_no_part(
    module_world: World, talk: tuple[Chat, Person, Person, uuid.UUID, uuid.UUID], name: str
) -> None:
    """The tenant's own owner and agent, and another's, get nothing through the calls of participants."""
    chat, _, _, thread, message = talk
    key, arguments = ("message_id", CHANGES[name]) if name in CHANGES else ("thread_id", DOORS[name])
    named = ", ".join(f"p_{field} => %s{'::uuid[]' if isinstance(value, list) else ''}"
                      for field, value in {key: message if name in CHANGES else thread, **arguments}.items())  # fmt: skip
    values = [message if name in CHANGES else thread, *arguments.values()]
    other = module_world.tenant()
    for user, tenant in (
        (chat.tenant.people["owner"], chat.tenant),
        (chat.tenant.people["agent"], chat.tenant),
        (other.people["owner"], other),
    ):
        assert module_world.rpc(user, tenant, f"{name}({named})", *values)["code"] == "not_found"


def test_a_stranger_reads_no_row_of_it(
    module_world: World, talk: tuple[Chat, Person, Person, uuid.UUID, uuid.UUID]
) -> None:
    """Over a plain connection, by every table and view, signed in or anonymous-signed-in: nothing; participants: theirs."""
    chat, ann, _, thread, _ = talk
    tables = ("et_threads", "et_messages", "thread_participants", "context_participants", "contact_blocks",
              "message_receipts", "conversations", "messages", "messaging_system_messages", "contacts")  # fmt: skip
    with module_world.database.connect("parley_api", row_factory=dict_row) as connection:
        for user, claims in ((module_world.user(), "{}"), (module_world.user(), '{"is_anonymous": true}'),
                             (Chat(module_world).person("Eve").user, "{}")):  # fmt: skip
            for table in tables:
                with connection.transaction(force_rollback=True):
                    connection.execute("select set_config('role', 'authenticated', true)")
                    connection.execute(
                        "select set_config('request.jwt.claims', (%s::jsonb || %s::jsonb)::text, true)",
                        [f'{{"sub": "{user}", "role": "authenticated"}}', claims],
                    )
                    rows = connection.execute(
                        f"select 1 from public.{table} where tenant_id = %s", [chat.tenant.id]
                    ).fetchall()
                    assert rows == [], table
    with module_world.acting(ann.user) as mine:
        for table, column in (("et_threads", "id"), ("messages", "conversation_id"), ("conversations", "id")):
            found = mine.execute(f"select 1 from public.{table} where {column} = %s", [thread]).fetchall()
            assert len(found) == 1, table


def test_nobody_writes_past_the_functions(
    module_world: World, talk: tuple[Chat, Person, Person, uuid.UUID, uuid.UUID]
) -> None:
    """A participant updates no cursor, seat, context, block or message by hand, his own included."""
    chat, ann, _, thread, _ = talk
    for statement in (
        "update public.thread_participants set unread_count = 0",
        "update public.thread_participants set left_at = null",
        "insert into public.context_participants (tenant_id, context_kind, context_id, contact_id)"
        f" values ('{chat.tenant.id}', 'job', '1', '{ann.contact}')",
        f"delete from public.contact_blocks where tenant_id = '{chat.tenant.id}'",
        f"update public.et_messages set body = 'x' where thread_id = '{thread}'",
        "select private.set_context_participant(null, 'job', '1', null)",
        "select private.open_conversation(null, null, null)",
        "select private.post_system_message(null, null, 'x')",
        "select * from private.send_chat(null, 'x', '{}')",
    ):
        with refused("42501"), module_world.acting(ann.user) as connection:
            connection.execute(statement)


def test_an_admin_reads_with_a_reason_page_by_page(module_world: World) -> None:
    """Each page is audited, agents and admins of others are refused, and what was held is marked, not hidden."""
    chat = Chat(module_world)
    ann, bob = chat.pair()
    thread = chat.start(ann, bob, body="1")["thread_id"]
    for body in "2345":
        chat.say(ann, thread, body)
    admin = chat.tenant.people["admin"]
    read = "read_thread(%s, 'abuse report 12', %s, 2)"
    newest = module_world.rpc(admin, chat.tenant, read, thread, None)
    older = module_world.rpc(admin, chat.tenant, read, thread, newest["messages"][0]["seq"])
    assert [m["body"] for m in older["messages"] + newest["messages"]] == ["2", "3", "4", "5"]
    assert newest["has_more"] and {p["name"] for p in newest["people"]} == {"Ann", "Bob"}
    audited = module_world.all("select details from public.audit_log where tenant_id = %s and action = 'thread.read'"
                               " order by at", chat.tenant.id)  # fmt: skip
    assert [row["details"] for row in audited] == [
        {"reason": "abuse report 12"},
        {"reason": "abuse report 12", "before_seq": 4},
    ]
    with refused("PT403"):
        module_world.rpc(chat.tenant.people["agent"], chat.tenant, read, thread, None)
    other = module_world.tenant()
    assert module_world.rpc(other.people["owner"], other, read, thread, None)["code"] == "not_found"
    with pytest.raises(psycopg.Error):
        call(module_world, ann, "read_thread", thread_id=uuid.UUID(thread), reason="curious me")


@pytest.mark.parametrize("column", ["blocked_at", "muted_until", "archived_at", "title"])
def test_nobody_learns_what_another_did_with_the_conversation(module_world: World, column: str) -> None:
    """That he blocked, muted or archived it is each one's own: read through the functions, and in no row of a table."""
    chat = Chat(module_world)
    ann, bob = chat.pair()
    thread = uuid.UUID(chat.start(ann, bob, body="Hello")["thread_id"])
    chat.call(bob, "set_conversation", thread_id=thread, archived=True, muted_until="infinity")
    assert chat.call(bob, "block_person", contact_id=ann.contact)["blocked"]
    with refused("42501"), module_world.acting(ann.user) as connection:
        connection.execute(f"select {column} from public.thread_participants where thread_id = %s", [thread])
    with module_world.acting(ann.user) as connection:
        cursors = "select user_id, last_read_seq from public.thread_participants where thread_id = %s"
        assert {row["user_id"] for row in connection.execute(cursors, [thread])} == {ann.user, bob.user}
        assert connection.execute("select 1 from public.message_receipts").fetchall()
    mine, his = (chat.call(one, "get_conversation", thread_id=thread) for one in (ann, bob))
    assert [(seat["blocked"], seat["muted"], seat["archived_at"] is None) for seat in (mine, his)] == [
        (False, False, True), (True, True, False),
    ]  # fmt: skip
