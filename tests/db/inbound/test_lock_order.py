"""Whoever locks many threads locks them in one order, or waits for none: two of them never wait for each other."""

import threading
import time
from typing import Any

import pytest

from app.db.queries import query
from tests.db.helpers import Row, Tenant, World
from tests.support.database import as_user

MANY = {
    "release_expired_inbound": "select private.release_expired_inbound()",
    "run_follow_ups": "select * from private.run_follow_ups(10)",
    "wake_snoozed": "select private.wake_snoozed()",
}


def busy_threads(world: World, tenant: Tenant) -> list[Row]:
    """Two threads for each of them to do something with, the later one due first; in the order of their ids."""
    threads = [world.thread(world.arrive(tenant, f"p{number}@people.test")["thread_id"]) for number in range(2)]
    for claim in world.claim():
        world.complete(claim, "no_reply")
    for number, thread in enumerate(threads):
        world.owner.execute(
            "insert into public.et_thread_insights (tenant_id, thread_id, summary, read_seq, model, follow_up_at,"
            " follow_up_text, follow_up_status) values (%s, %s, 's', 1, 'm', now() - make_interval(hours => %s), 'Hi',"
            " 'scheduled')", [tenant.id, thread["id"], number + 1],
        )  # fmt: skip
    for thread in reversed(threads):
        world.owner.execute(
            "insert into private.inbound_work (tenant_id, thread_id, first_seq, lease_until) values (%s, %s, 1,"
            " clock_timestamp() - interval '1 s')", [tenant.id, thread["id"]],
        )  # fmt: skip
        world.owner.execute(
            "update public.et_threads set status = 'snoozed', snoozed_until = now() where id = %s", [thread["id"]]
        )
    return threads


def wait_until_held_up(world: World, connection: Any, running: threading.Thread) -> None:
    """Until a connection waits for a lock, or what ran on it is over."""
    deadline = time.monotonic() + 60
    while running.is_alive() and not world.all(
        "select from pg_stat_activity where pid = %s and wait_event_type = 'Lock'", connection.info.backend_pid
    ):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("name", MANY)
def test_nobody_waits_for_a_thread_with_a_later_one_in_hand(world: World, name: str) -> None:
    """While somebody holds the first thread, the second one is still to be had: whoever waits there holds nothing."""
    first, second = busy_threads(world, world.tenant())

    def run(connection: Any) -> None:
        connection.execute(MANY[name]).fetchall()

    lock = "select from public.et_threads where id = %s for no key update"
    with world.database.connect() as holder, world.database.connect("parley_worker") as worker:
        with holder.transaction():
            holder.execute(lock, [first["id"]])
            running = threading.Thread(target=run, args=[worker])
            running.start()
            wait_until_held_up(world, worker, running)
            holder.execute(f"{lock} nowait", [second["id"]])
        running.join(60)
    assert not running.is_alive()


CLIENTS = {
    "send_message": "select public.send_message(%(thread)s, 'Hello')",
    "start_thread": "select public.start_thread(%(contact)s, %(session)s, p_body => 'Hello')",
    "test_channel_session": "select public.test_channel_session(%(session)s, 'ann@people.test')",
}


@pytest.mark.parametrize("name", CLIENTS)
def test_whoever_sends_takes_the_thread_before_the_rate(world: World, name: str) -> None:
    """Two sends of one person into one conversation never hold what the other waits for: while somebody has the thread,
    the person's bucket is free."""
    tenant = world.tenant("admin")
    thread = world.thread(world.arrive(tenant)["thread_id"])
    named = {"thread": thread["id"], "contact": thread["contact_id"], "session": tenant.session}
    admin = tenant.people["admin"]
    world.rpc(admin, tenant, "send_message(%s, 'Hi')", thread["id"])

    def run(connection: Any) -> None:
        with as_user(connection, admin, tenant.id):
            connection.execute(CLIENTS[name], named)

    with world.database.connect() as holder, world.database.connect("parley_api") as client:
        with holder.transaction():
            holder.execute("select from public.et_threads where id = %s for no key update", [thread["id"]])
            running = threading.Thread(target=run, args=[client])
            running.start()
            wait_until_held_up(world, client, running)
            assert running.is_alive()
            bucket = "select tokens from private.send_buckets where tenant_id = %s for update nowait"
            assert len(holder.execute(bucket, [tenant.id]).fetchall()) == 1
        running.join(60)
    assert not running.is_alive()
    assert world.value("select count(*) from public.et_outbound_queue where tenant_id = %s", tenant.id) == 2


def keep_knowledge(connection: Any, tenant: Tenant) -> None:
    """Store what a tenant has taught, as a claim does."""
    connection.execute("select private.keep_knowledge(%(t)s, private.tenant_knowledge(%(t)s))", {"t": tenant.id})


@pytest.mark.parametrize(("chapter", "name"), [("inbound", "claim_inbound"), ("assistants", "claim_assistants")])
def test_whoever_claims_stores_what_tenants_taught_in_one_order(world: World, chapter: str, name: str) -> None:
    """Two workers that meet two newly taught tenants, each beginning with another one: whoever waits at the first of
    them has stored nothing of the second."""
    world.calm()
    first, second = sorted((world.tenant("agent"), world.tenant("agent")), key=lambda one: one.id)
    for tenant in (first, second):
        thread = world.arrive(tenant)["thread_id"]
        world.rpc(tenant.people["agent"], tenant, "suggest_replies(%s)", thread)
    asked = {
        "worker": "w", "limit": 10, "watermark": "-infinity", "after_tenant": first.id, "full_tenants": [],
    }  # fmt: skip

    claimed: list[Any] = []

    def run(connection: Any) -> None:
        claimed.extend(connection.execute(query(chapter, name), asked).fetchall())

    with world.database.connect() as holder, world.database.connect("parley_worker") as worker:
        with holder.transaction():
            keep_knowledge(holder, first)
            running = threading.Thread(target=run, args=[worker])
            running.start()
            wait_until_held_up(world, worker, running)
            assert running.is_alive()
            holder.execute("set local lock_timeout = '30s'")
            keep_knowledge(holder, second)
        running.join(60)
    assert len(claimed) == 2
    kept = "select count(*) from private.decision_knowledge where tenant_id = any(%s)"
    assert world.value(kept, [first.id, second.id]) == 2
