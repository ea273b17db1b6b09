"""Reading by rev, by feed, by search, with a reason, and asking why."""

import threading
import uuid
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.db.helpers import Row, Tenant, World, refused


def page(world: World, tenant: Tenant, thread: Any, since: int = 0, limit: int = 50) -> list[Row]:
    """list_messages as the owner of the tenant."""
    with world.acting(tenant.people["owner"], tenant) as connection:
        return list(
            connection.execute("select * from public.list_messages(%s, %s, %s)", [thread, since, limit]).fetchall()
        )


def test_paging_by_rev_sees_every_change_once(world: World) -> None:
    """Pages of three end with the last rev; an edit comes again, at the end, under its new rev."""
    tenant = world.tenant()
    ids = [world.arrive(tenant)["id"] for _ in range(7)]
    thread = world.message(ids[0])["thread_id"]
    seen: list[Any] = []
    since = 0
    while rows := page(world, tenant, thread, since, 3):
        assert len(rows) <= 3 and [row["rev"] for row in rows] == sorted(row["rev"] for row in rows)
        seen += [row["id"] for row in rows]
        since = rows[-1]["rev"]
    assert seen == ids
    world.owner.execute("update public.et_messages set body = 'edited' where id = %s", [ids[2]])
    assert [(row["id"], row["body"]) for row in page(world, tenant, thread, since)] == [(ids[2], "edited")]


def test_a_page_has_at_most_fifty(world: World) -> None:
    """Whatever a client asks for; nonsense becomes the default or one."""
    tenant = world.tenant()
    for _ in range(52):
        thread = world.arrive(tenant)["thread_id"]
    sizes = [len(page(world, tenant, thread, 0, limit)) for limit in (1000, 0, -5, 2)]
    assert sizes == [50, 1, 1, 2]


def test_a_foreign_thread_is_an_empty_page(world: World) -> None:
    """Row level security answers a filter with nothing."""
    thread = world.arrive(world.tenant())["thread_id"]
    assert page(world, world.tenant(), thread) == []


def test_the_feed_skips_nothing_beside_eight_writers(world: World) -> None:
    """A reader that follows the cursor while eight connections write ends with every row, each once, in order."""
    tenant = world.tenant()
    done = threading.Event()

    def act(connection: Any, number: int) -> list[Any]:
        if number < 8:
            for mail in range(30):
                with connection.transaction():
                    world.deliver(tenant, f"f{number}@people.test", connection=connection)
                    if mail % 5 == 0:
                        connection.execute("select pg_sleep(0.004)")
            return []
        got: list[Any] = []
        cursor = (1, "0", uuid.UUID(int=0))
        idle = 0
        while idle < 3:
            finished = done.is_set()
            rows = connection.execute("select * from private.read_feed(%s, %s, %s::xid8, %s, 7)",
                                      [tenant.id, *cursor]).fetchall()  # fmt: skip
            got += [row["message_id"] for row in rows]
            if rows:
                cursor = (rows[-1]["feed_epoch"], rows[-1]["xid"], rows[-1]["message_id"])
            if finished and not rows:
                if not idle:
                    world.let_others_finish()
                idle += 1
        return got

    def run(connection: Any, number: int) -> list[Any]:
        try:
            return act(connection, number)
        finally:
            with lock:
                left.remove(number)
                if not left - {8}:
                    done.set()

    lock, left = threading.Lock(), set(range(9))
    read = world.together(9, run)[8]
    everything = world.all("select id from public.et_messages where tenant_id = %s", tenant.id)
    assert len(read) == 240 == len(set(read)) and set(read) == {row["id"] for row in everything}


def found(world: World, tenant: Tenant, words: str) -> int:
    """How many messages a search finds."""
    with world.acting(tenant.people["owner"], tenant) as connection:
        return len(connection.execute("select * from public.search_messages(%s)", [words]).fetchall())


def vectors(world: World, tenant: Tenant) -> int:
    """How many messages are in the search index."""
    return int(world.value("select count(search_vector) from public.et_messages where tenant_id = %s", tenant.id))


def test_search_exists_only_where_the_policy_is_full(world: World) -> None:
    """none and metadata keep no vector; full fills at once, and taking it back empties at once."""
    tenant = world.tenant()
    world.arrive(tenant, body="the boiler leaks")
    assert (vectors(world, tenant), found(world, tenant, "boiler")) == (0, 0)
    for policy, expected in (("full", 1), ("metadata", 0), ("full", 1), ("none", 0)):
        world.rpc(tenant.people["owner"], tenant, "update_tenant(jsonb_build_object('settings',"
                  " jsonb_build_object('search_policy', %s::text)))", policy)  # fmt: skip
        assert (vectors(world, tenant), found(world, tenant, "boiler")) == (expected, expected), policy
        assert world.violations(tenant) == {}
    world.configure(tenant, search_policy="full")
    world.arrive(tenant, body="another boiler")
    assert found(world, tenant, "boiler") == 2
    assert found(world, world.tenant(search_policy="full"), "boiler") == 0


def test_a_thread_may_have_its_own_policy(world: World) -> None:
    """An override closes or opens one thread, and going back to the tenant's follows it."""
    tenant = world.tenant(search_policy="full")
    thread = world.arrive(tenant, body="secret garden")["thread_id"]
    world.arrive(tenant, "other@people.test", body="open garden")
    for policy, expected in (("none", 1), (None, 2), ("none", 1)):
        world.rpc(tenant.people["owner"], tenant, "set_thread_search(%s, %s)", thread, policy)
        assert found(world, tenant, "garden") == expected
        assert world.violations(tenant) == {}
    world.arrive(tenant, body="garden again")
    assert found(world, tenant, "garden") == 1


def test_the_index_follows_edits_and_forgets_what_was_deleted(world: World) -> None:
    """An edited message is found by its new words only; a deleted one by none, also after a policy change."""
    tenant = world.tenant(search_policy="full")
    message = world.arrive(tenant, body="walrus")
    world.owner.execute("update public.et_messages set body = 'penguin' where id = %s", [message["id"]])
    assert (found(world, tenant, "walrus"), found(world, tenant, "penguin")) == (0, 1)
    world.owner.execute("update public.et_messages set deleted_at = now() where id = %s", [message["id"]])
    for policy in ("none", "full"):
        world.configure(tenant, search_policy=policy)
        assert vectors(world, tenant) == 0 == found(world, tenant, "penguin")


def test_a_message_that_is_held_shows_in_no_preview(world: World) -> None:
    """What recipients see of a head changes at release, not at insert; what is taken out of sight leaves it again."""
    tenant, user = world.tenant(), world.user()
    thread = world.value(
        "insert into public.et_threads (tenant_id, kind, channel, scope_rule, scope_key, staff_readable)"
        " values (%s, 'direct', 'in_app', 'explicit', 'x:held', false) returning id", tenant.id,
    )  # fmt: skip
    world.owner.execute(
        "insert into public.thread_participants (tenant_id, thread_id, user_id) values (%s, %s, %s)",
        [tenant.id, thread, user],
    )

    def say(body: str, status: str) -> Any:
        return world.value(
            "insert into public.et_messages (tenant_id, thread_id, channel, direction, delivery_status, sender_kind,"
            " sender, body, moderation_status) values (%s, %s, 'in_app', 'internal', 'sent', 'participant', 'x', %s, %s)"
            " returning id", tenant.id, thread, body, status,
        )  # fmt: skip

    def preview() -> Any:
        with world.acting(user) as connection:
            return connection.execute("select preview from public.et_threads where id = %s", [thread]).fetchone()["preview"]  # fmt: skip

    def judge(message: Any, status: str) -> None:
        world.owner.execute("select public.edit_message(%s, %s)", [message, Jsonb({"moderation_status": status})])

    say("first", "approved")
    held = say("call me on 555", "pending")
    assert preview() == "first"
    judge(held, "approved")
    assert preview() == "call me on 555"
    judge(held, "blocked")
    assert preview() == "first"
    say("last", "filtered")
    judge(held, "approved")
    assert preview() == "last"
    assert world.violations(tenant) == {}


def test_reading_a_private_conversation_is_audited(world: World) -> None:
    """With a reason and the right it is read and logged; without a reason neither; agents not at all."""
    tenant = world.tenant("agent", "admin")
    thread = world.value(
        "insert into public.et_threads (tenant_id, kind, channel, scope_rule, scope_key, staff_readable)"
        " values (%s, 'direct', 'in_app', 'explicit', 'x:1', false) returning id", tenant.id,
    )  # fmt: skip
    world.owner.execute(
        "insert into public.et_messages (tenant_id, thread_id, channel, direction, delivery_status,"
        " sender_kind, sender,"
        " body) values (%s, %s, 'in_app', 'internal', 'sent', 'participant', 'x', 'between us')",
        [tenant.id, thread],
    )
    assert page(world, tenant, thread) == []
    with refused("PT422", code="reason_missing"):
        world.rpc(tenant.people["admin"], tenant, "read_thread(%s, ' x ')", thread)
    with refused("PT403"):
        world.rpc(tenant.people["agent"], tenant, "read_thread(%s, 'curious about it')", thread)
    got = world.rpc(tenant.people["admin"], tenant, "read_thread(%s, 'abuse report 12')", thread)
    assert [message["body"] for message in got["messages"]] == ["between us"]
    rows = world.all("select actor, action, object_id, details from public.audit_log where tenant_id = %s", tenant.id)
    assert rows == [{"actor": f"user:{tenant.people['admin']}", "action": "thread.read", "object_id": str(thread),
                     "details": {"reason": "abuse report 12"}}]  # fmt: skip


def test_staff_functions_do_not_open_private_conversations(world: World) -> None:
    """What staff may not read it may not close, send to or explain either; it reads like missing, unlogged."""
    tenant = world.tenant()
    thread = world.value(
        "insert into public.et_threads (tenant_id, kind, channel, scope_rule, scope_key, staff_readable)"
        " values (%s, 'direct', 'in_app', 'explicit', 'x:2', false) returning id", tenant.id,
    )  # fmt: skip
    for call in ("close_thread(%s)", "send_message(%s, 'x')", "mark_thread_read(%s)"):
        assert world.rpc(tenant.people["owner"], tenant, call, thread)["code"] == "not_found"
    assert world.all("select 1 from public.access_denials where tenant_id = %s", tenant.id) == []
    for table, more in (("et_thread_insights", ""), ("thread_insight_versions", ", version")):
        for one in (thread, world.arrive(tenant)["thread_id"]):
            world.owner.execute(
                f"insert into public.{table} (tenant_id, thread_id, summary, read_seq, model{more})"
                f" values (%s, %s, 's', 1, 'm'{', 1' if more else ''})", [tenant.id, one],
            )  # fmt: skip
        with world.acting(tenant.people["owner"], tenant) as connection:
            rows = connection.execute(f"select thread_id from public.{table}").fetchall()
        assert [row["thread_id"] for row in rows] == [one], "a summary tells what was said"


def test_explain_tells_the_whole_chain(world: World) -> None:
    """From the inbound message and from its reply alike: thread, decision, dispatch, try and receipt."""
    tenant = world.tenant("viewer")
    done = world.answered(tenant)
    world.finish(world.claim_out()[0])
    world.receipt(tenant, "delivered", world.message(done["message_id"])["external_message_id"])
    for message in (done["inbound_id"], done["message_id"]):
        told = world.rpc(tenant.people["viewer"], tenant, "explain_message(%s)", message)
        assert told["message"]["id"] == str(message)
        assert told["thread"]["scope_rule"] == "channel_contact"
        assert told["decision"]["id"] == done["decision_id"] and told["decision"]["action"] == "auto_reply"
        (dispatch,) = told["dispatches"]
        assert (dispatch["message_id"], dispatch["status"]) == (done["message_id"], "delivered")
        assert [attempt["outcome"] for attempt in dispatch["attempts"]] == ["accepted"]
        assert [receipt["kind"] for receipt in dispatch["receipts"]] == ["delivered"]
    waiting = world.arrive(tenant)
    told = world.rpc(tenant.people["viewer"], tenant, "explain_message(%s)", waiting["id"])
    assert told["decision"] is None and told["waiting"]["attempts"] == 0


@pytest.mark.parametrize("mode", ["inserted", "edited"])
def test_unread_counts_and_read_marks(world: World, mode: str) -> None:
    """Inbound counts as unread until the staff has read that far; marks never go back; edits count for nothing."""
    tenant = world.tenant("agent")
    rows = [world.arrive(tenant) for _ in range(3)]
    thread = rows[0]["thread_id"]
    if mode == "edited":
        world.owner.execute("update public.et_messages set body = 'x' where id = %s", [rows[0]["id"]])
    call = "mark_thread_read(%s, %s)"
    for seq, unread, mark in ((2, 1, 2), (1, 1, 2), (99, 0, 3), (None, 0, 3)):
        got = world.rpc(tenant.people["agent"], tenant, call, thread, seq)
        assert (got["unread_count"], got["staff_read_seq"]) == (unread, mark)
    assert world.violations(tenant) == {}
