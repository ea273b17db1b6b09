"""Every RPC that names an id: missing and foreign read alike, and the foreign attempt is on record, exactly."""

import uuid
from typing import Any

import pytest

from tests.db.helpers import World, refused

CALLS = [
    ("take_over_thread(%s)", "thread"), ("hand_back_thread(%s)", "thread"), ("close_thread(%s)", "thread"),
    ("archive_thread(%s)", "thread"), ("reopen_thread(%s)", "thread"), ("label_thread(%s)", "thread"),
    ("snooze_thread(%s, now() + interval '1 h')", "thread"), ("assign_thread(%s, null)", "thread"),
    ("set_thread_folder(%s, 'spam')", "thread"),
    ("mark_thread_read(%s)", "thread"), ("send_message(%s, 'x')", "thread"), ("read_thread(%s, 'a reason')", "thread"),
    ("explain_message(%s)", "message"), ("retry_inbound(%s)", "message"), ("resolve_unknown(%s, 'sent')", "message"),
    ("revoke_invitation(%s)", "invitation"), ("revoke_api_key(%s)", "api_key"), ("set_thread_search(%s,"
                                                                                 " 'none')", "thread"),
    ("set_channel_session_status(%s, 'paused')", "channel_session"), ("switch_tenant(%s)", "tenant"),
    ("put_contact(%s, '{}')", "contact"), ("block_contact(%s)", "contact"), ("erase_contact(%s, 'request')", "contact"), ("delete_faq_entry(%s)", "faq_entry"),
    ("add_note(%s, 'x')", "thread"), ("change_note(%s, 'x')", "note"), ("delete_note(%s)", "note"),
    ("record_consent(%s, 'email', 'marketing', true)", "contact"), ("delete_canned_reply(%s)", "canned_reply"),
]  # fmt: skip


@pytest.fixture(scope="module")
def foreign(module_world: World) -> dict[str, Any]:
    """One object of every kind, of a tenant the caller has nothing to do with."""
    world = module_world
    tenant = world.tenant()
    owner = tenant.people["owner"]
    message = world.arrive(tenant)
    world.rpc(owner, tenant, 'put_faq_entry(null, \'{"question": "q", "keywords": ["k"], "answer": "a"}\')')
    world.rpc(owner, tenant, "put_canned_reply('i', 'b')")
    invitation = world.rpc(owner, tenant, "invite_member('x@y.test')")["invitation_id"]
    key = world.rpc(owner, tenant, "create_api_key('k')")["api_key_id"]
    return {
        "tenant": tenant.id, "thread": message["thread_id"], "message": message["id"],
        "contact": message["sender_contact_id"], "channel_session": tenant.session, "invitation": invitation,
        "api_key": key, "faq_entry": world.value("select id from public.faq_entries where tenant_id = %s", tenant.id),
        "note": world.rpc(owner, tenant, "add_note(%s, 'n')", message["thread_id"])["id"],
        "canned_reply": world.value("select id from public.canned_replies where tenant_id = %s", tenant.id),
    }  # fmt: skip


def before(world: World) -> set[Any]:
    """Ids of the denials there are."""
    return {row["id"] for row in world.all("select id from public.access_denials")}


@pytest.mark.parametrize(("call", "kind"), CALLS)
def test_foreign_reads_like_missing_and_is_logged(world: World, foreign: dict[str, Any], call: str, kind: str) -> None:
    """Same bytes, same status; one row for the foreign id, none for the missing one."""
    mine = world.tenant()
    owner = mine.people["owner"]
    known, answers = before(world), []
    for target in (uuid.uuid4(), foreign[kind]):
        with world.acting(owner, mine) as connection:
            row = connection.execute(f"select public.{call}::text as r", [target]).fetchone()
            status = connection.execute("select current_setting('response.status', true) as s").fetchone()
        answers.append((row["r"], status["s"]))
    assert answers[0] == answers[1] and answers[0][1] == "404"
    assert '"code": "not_found"' in answers[0][0] and str(foreign[kind]) not in answers[0][0]
    rows = [row for row in world.all("select * from public.access_denials") if row["id"] not in known]
    assert [
        (row["tenant_id"], row["actor"], row["actor_tenant_id"], row["object_kind"], row["object_id"], row["surface"])
        for row in rows
    ] == [(foreign["tenant"], f"user:{owner}", mine.id, kind, str(foreign[kind]), "rpc")]


def test_the_api_classifies_before_it_answers(world: World, foreign: dict[str, Any]) -> None:
    """own, missing or foreign; the foreign is logged when the word is out."""
    mine = world.tenant("agent")
    own = world.arrive(mine)["thread_id"]
    known, words = before(world), []
    for target in (own, uuid.uuid4(), foreign["thread"]):
        with world.api.transaction():
            world.api.execute(
                "select set_config('request.jwt.claims', jsonb_build_object('role', 'authenticated', 'sub', %s::text,"
                " 'app_metadata', jsonb_build_object('tenant_id', %s::text))::text, true)",
                [str(mine.people["agent"]), str(mine.id)],
            )
            row = world.api.execute("select private.classify_access('thread', %s, 'GET') as w", [target]).fetchone()
            words.append(row["w"])  # type: ignore[index]
    assert words == ["own", "missing", "foreign"]
    rows = [row for row in world.all("select * from public.access_denials") if row["id"] not in known]
    assert [(row["surface"], row["tenant_id"]) for row in rows] == [("api", foreign["tenant"])]


def test_the_protected_tenant_learns_what_but_not_from_where(world: World) -> None:
    """Its admins see the attempt, agents see nothing, and nobody of it sees who tried."""
    victim, other = world.tenant("agent"), world.tenant()
    world.rpc(other.people["owner"], other, "switch_tenant(%s)", victim.id)
    columns = "tenant_id, at, surface, action, object_kind, object_id"
    with world.acting(victim.people["owner"], victim) as connection:
        assert len(connection.execute(f"select {columns} from public.access_denials").fetchall()) == 1
    with world.acting(victim.people["agent"], victim) as connection:
        assert connection.execute(f"select {columns} from public.access_denials").fetchall() == []
    for hidden in ("actor_tenant_id", "actor", "*"):
        with refused("42501"), world.acting(victim.people["owner"], victim) as connection:
            connection.execute(f"select {hidden} from public.access_denials")


def test_if_it_cannot_be_logged_it_is_not_answered(world: World, foreign: dict[str, Any]) -> None:
    """Denied and logged, or an error: a read-only transaction gets no 404."""
    mine = world.tenant("agent")
    with refused("25006"), world.acting(mine.people["agent"], mine) as connection:
        connection.execute("set transaction read only")
        connection.execute("select public.explain_message(%s)", [foreign["message"]])


def test_a_removed_member_is_a_stranger_where_he_was_at_home(world: World) -> None:
    """His old token still names the tenant; what he asks for there is on record all the same."""
    tenant = world.tenant()
    agent = world.member(tenant.id, "agent")
    thread = world.arrive(tenant)["thread_id"]
    known = before(world)
    with world.acting(agent, tenant) as connection:
        connection.execute("select public.get_conversation(%s)", [thread])
    assert before(world) == known  # a member asks for what is the staff's, not his: no attempt
    world.owner.execute("delete from public.tenant_members where user_id = %s", [agent])
    with world.acting(agent, tenant) as connection:
        row = connection.execute("select public.get_conversation(%s)::text as r", [thread]).fetchone()
    assert row and '"code": "not_found"' in row["r"]
    logged = world.all("select * from public.access_denials where tenant_id = %s", tenant.id)
    assert [(one["actor"], one["action"]) for one in logged if one["id"] not in known] == [
        (f"user:{agent}", "get_conversation")
    ]
