"""What the staff notes about a conversation stays with the staff: nothing sends it, reads it aloud or decides by it."""

from typing import Any

import psycopg
import pytest

from tests.db.helpers import Row, Tenant, World, refused

READERS = {"add_note", "change_note", "delete_note", "shown_note", "owner_of", "forget_insights"}
"""All that may name the table: what writes notes, what forgets them, and whose they are."""


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant with two agents, an admin and a viewer."""
    return world.tenant("agent", "admin", "viewer")


@pytest.fixture
def thread(world: World, tenant: Tenant) -> Any:
    """A conversation with a contact."""
    return world.arrive(tenant)["thread_id"]


def add(
    world: World, tenant: Tenant, thread: Any, note: str = "between us", who: str = "agent", key: Any = None
) -> Row:
    """public.add_note() as a member."""
    return dict(world.rpc(tenant.people[who], tenant, "add_note(%s, %s, %s)", thread, note, key))


def test_a_note_is_seen_by_the_staff_and_by_nobody_else(world: World, tenant: Tenant, thread: Any) -> None:
    """A stranger of another tenant, and the contact himself with a sign-in and a seat, find nothing."""
    note = add(world, tenant, thread)
    user, other = world.user("ann@people.test"), world.tenant("agent")
    contact = world.thread(thread)["contact_id"]
    world.owner.execute("update public.contacts set auth_user_id = %s where id = %s", [user, contact])
    world.owner.execute(
        "insert into public.thread_participants (tenant_id, thread_id, user_id, contact_id) values (%s, %s, %s, %s)",
        [tenant.id, thread, user, contact],
    )
    look = "select note from public.thread_notes where id = %s"
    for who, where, wanted in (
        (tenant.people["viewer"], tenant, ["between us"]), (other.people["agent"], other, []), (user, None, []),
        (user, tenant, []),
    ):  # fmt: skip
        with world.acting(who, where) as connection:
            found = [row["note"] for row in connection.execute(look, [note["id"]]).fetchall()]
        assert found == wanted, who


def test_nothing_that_sends_decides_drafts_or_searches_can_read_it(world: World) -> None:
    """No other function of the database, no view and no worker's role has the table: what they do not read, they
    cannot tell a model or a contact."""
    named = {
        row["name"]
        for row in world.all(
            "select p.proname as name from pg_proc as p where p.pronamespace in ('public'::regnamespace,"
            " 'private'::regnamespace) and p.prokind = 'f' and pg_get_functiondef(p.oid) ~ 'thread_notes'"
        )
    }
    assert named == READERS
    views = world.all("select viewname from pg_views where definition ~ 'thread_notes'")
    assert views == []
    grants = world.all(
        "select a.grantee::regrole::text as role, a.privilege_type as what from pg_class as c, aclexplode(c.relacl) as a"
        " where c.oid = 'public.thread_notes'::regclass and a.grantee <> c.relowner order by 1"
    )
    assert [tuple(row.values()) for row in grants] == [("authenticated", "SELECT"), ("service_role", "SELECT")]


def test_it_can_never_be_put_into_the_queue(world: World, tenant: Tenant, thread: Any) -> None:
    """A send names a message: the id of a note is refused by the database itself."""
    note = add(world, tenant, thread)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        world.owner.execute(
            "insert into public.et_outbound_queue (tenant_id, message_id, thread_id, channel, channel_session_id, recipient)"
            " values (%s, %s, %s, 'email', %s, 'ann@people.test')", [tenant.id, note["id"], thread, tenant.session],
        )  # fmt: skip
    head = world.thread(thread)
    assert (head["last_seq"], head["last_rev"], head["control"]) == (1, 1, "ai"), "the conversation has not moved"


def test_colleagues_are_told_on_their_own_topic_alone(world: World, tenant: Tenant, thread: Any) -> None:
    """Ids, no word of it; the topic of the conversation, which its contact may join, hears nothing."""
    before = world.value("select count(*) from realtime.messages where topic = %s", f"thread:{thread}")
    note = add(world, tenant, thread, "a secret word")
    world.rpc(tenant.people["agent"], tenant, "change_note(%s, %s)", note["id"], "another secret")
    world.rpc(tenant.people["agent"], tenant, "delete_note(%s)", note["id"])
    told = world.all("select topic, payload::text as said from realtime.messages where event = 'note.changed'"
                     " and topic like %s", f"%{tenant.id}%")  # fmt: skip
    assert {row["topic"] for row in told} == {f"inbox:{tenant.id}"} and len(told) == 3
    assert not any("secret" in row["said"] for row in told)
    assert world.value("select count(*) from realtime.messages where topic = %s", f"thread:{thread}") == before


def test_its_author_changes_it_and_an_admin_may_delete_it(world: World, tenant: Tenant, thread: Any) -> None:
    """Each is on record, with ids and without the text."""
    note = add(world, tenant, thread)
    for who, call in (
        (world.member(tenant.id, "agent"), "change_note(%s, 'x')"), (tenant.people["admin"], "change_note(%s, 'x')"),
        (world.member(tenant.id, "agent"), "delete_note(%s)"),
    ):  # fmt: skip
        with refused("PT403", code="not_the_author"):
            world.rpc(who, tenant, call, note["id"])
    changed = world.rpc(tenant.people["agent"], tenant, "change_note(%s, %s)", note["id"], "better said")
    assert changed["note"] == "better said" and changed["edited_at"]
    assert world.rpc(tenant.people["admin"], tenant, "delete_note(%s)", note["id"])["deleted"]
    rows = world.all("select action, details::text as said from public.audit_log where tenant_id = %s and action like"
                     " 'note.%%' order by id", tenant.id)  # fmt: skip
    assert [row["action"] for row in rows] == ["note.added", "note.changed", "note.deleted"]
    assert not any("between" in row["said"] or "better" in row["said"] for row in rows)


def test_said_twice_it_is_written_once(world: World, tenant: Tenant, thread: Any) -> None:
    """A client that lost the answer asks again under its own id."""
    first, again = (add(world, tenant, thread, key="k1") for _ in range(2))
    assert again["id"] == first["id"] and (first["duplicate"], again["duplicate"]) == (False, True)
    with refused("PT409", code="client_id_reused"):
        add(world, tenant, thread, "something else", key="k1")
    assert add(world, tenant, thread, who="admin", key="k1")["id"] != first["id"]


def test_viewers_and_other_tenants_write_none(world: World, tenant: Tenant, thread: Any) -> None:
    """A conversation between participants takes none either: the staff is no party of it."""
    with refused("PT403", code="forbidden"):
        add(world, tenant, thread, who="viewer")
    other = world.tenant("agent")
    assert add(world, other, thread)["code"] == "not_found"
    world.owner.execute("update public.et_threads set staff_readable = false where id = %s", [thread])
    assert add(world, tenant, thread)["code"] == "not_found"
