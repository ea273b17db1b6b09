"""Merging threads moves no message; what comes in, aliases and history follow the one that goes on."""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.db.helpers import Row, Tenant, World, detail, refused


def merge(world: World, tenant: Tenant, winner: Any, loser: Any) -> Any:
    """Merge as an agent."""
    return world.rpc(tenant.people["agent"], tenant, "merge_threads(%s, %s)", winner, loser)


def threads(world: World, tenant: Tenant, count: int = 2) -> list[Row]:
    """First messages of as many threads of one person: under email_reference a mail without references opens one."""
    made = [world.arrive(tenant, body=f"first {n}", external_id=f"root{n}@{tenant.slug}") for n in range(count)]
    assert len({row["thread_id"] for row in made}) == count
    return made


def by_reference(world: World) -> Tenant:
    """A tenant where every new mail opens a thread."""
    return world.tenant("agent", thread_scopes={"email": "email_reference"})


def one_person(world: World, **settings: Any) -> tuple[Tenant, Any, Any]:
    """A tenant and two threads of one person; his next mail belongs to the second."""
    tenant = world.tenant("agent", **settings)
    old, new = world.arrive(tenant, "l@people.test"), world.arrive(tenant, "w@people.test")
    world.rpc(tenant.people["agent"], tenant, "merge_contacts(%s, %s)", new["sender_contact_id"],
              old["sender_contact_id"])  # fmt: skip
    return tenant, old["thread_id"], new["thread_id"]


def ingest(world: World, tenant: Tenant, sender: str = "w@people.test") -> Row:
    """One message as a batch."""
    message = {"tenant_id": str(tenant.id), "channel": "email", "channel_session_id": str(tenant.session),
               "sender_address": sender, "body": "x", "external_message_id": uuid.uuid4().hex}  # fmt: skip
    with world.database.connect("parley_worker", row_factory=dict_row) as worker, worker.transaction():
        worker.execute("select set_config('parley.tenant_id', %s, true)", [str(tenant.id)])
        row = worker.execute("select * from private.ingest_messages(%s)", [Jsonb([message])]).fetchone()
    assert row is not None
    return dict(row)


def deliver(world: World, tenant: Tenant, sender: str = "w@people.test") -> Row:
    """One message by insert, on a connection of its own."""
    with world.database.connect("parley_worker", row_factory=dict_row) as worker:
        return world.arrive(tenant, sender, connection=worker)


WAYS = [deliver, ingest]


@pytest.mark.parametrize("way", WAYS)
def test_new_inbound_follows(world: World, way: Callable[..., Row]) -> None:
    """Mail that belongs to the loser lands in the winner; what the loser had stays there."""
    tenant, winner, loser = one_person(world)
    assert merge(world, tenant, winner, loser) == {"thread_id": str(winner), "merged": str(loser)}
    assert way(world, tenant)["thread_id"] == winner
    row = world.thread(loser)
    assert (row["merged_into"], row["status"], row["last_seq"]) == (winner, "archived", 1)
    assert world.thread(winner)["last_seq"] == 2
    assert world.violations(tenant) == {}


@pytest.mark.parametrize("way", WAYS)
def test_inbound_that_waited_for_the_merge_follows(world: World, way: Callable[..., Row]) -> None:
    """A message that found the loser before the merge committed lands in the winner, indexed as the tenant says."""
    tenant, winner, loser = one_person(world, search_policy="full")
    with ThreadPoolExecutor(1) as pool:
        with world.acting(tenant.people["agent"], tenant) as connection:
            connection.execute("select public.merge_threads(%s, %s)", [winner, loser])
            arriving = pool.submit(way, world, tenant)
            waits = (
                "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
                " and usename = 'parley_worker'"
            )
            deadline = time.monotonic() + 60
            while not world.all(waits):
                assert time.monotonic() < deadline
                time.sleep(0.02)
            assert not arriving.done()
        assert arriving.result(60)["thread_id"] == winner
    assert world.thread(loser)["last_seq"] == 1
    assert world.violations(tenant) == {}


def test_a_chain_stays_one_hop(world: World) -> None:
    """A into B into C: replies to A land in C, and A points at C."""
    tenant = by_reference(world)
    first, middle, last = threads(world, tenant, 3)
    merge(world, tenant, middle["thread_id"], first["thread_id"])
    merge(world, tenant, last["thread_id"], middle["thread_id"])
    assert world.thread(first["thread_id"])["merged_into"] == last["thread_id"]
    reply = world.arrive(tenant, reference_ids=[first["external_message_id"]])
    assert reply["thread_id"] == last["thread_id"]
    assert world.violations(tenant) == {}


def test_aliases_follow(world: World) -> None:
    """An old id of the loser leads to the winner."""
    tenant = by_reference(world)
    winner, loser = (row["thread_id"] for row in threads(world, tenant))
    world.owner.execute("insert into public.thread_aliases (tenant_id, scope_key, thread_id) values (%s, %s, %s)",
                        [tenant.id, "conv_u1_u2", loser])  # fmt: skip
    merge(world, tenant, winner, loser)
    assert world.value("select thread_id from public.thread_aliases where tenant_id = %s", tenant.id) == winner


def test_merging_contacts_afterwards_makes_aliases_of_the_winner(world: World) -> None:
    """The key of a contact that never wrote leads past the merged thread, and mail with it to the winner."""
    tenant, winner, loser = one_person(world)
    merge(world, tenant, winner, loser)
    silent = world.value("insert into public.contacts (tenant_id) values (%s) returning id", tenant.id)
    person = world.thread(loser)["contact_id"]
    world.rpc(tenant.people["agent"], tenant, "merge_contacts(%s, %s)", silent, person)
    assert {row["thread_id"] for row in world.all(
        "select thread_id from public.thread_aliases where tenant_id = %s", tenant.id)} == {winner}  # fmt: skip
    assert deliver(world, tenant)["thread_id"] == winner
    assert world.violations(tenant) == {}


def test_history_unites_and_pages(world: World) -> None:
    """Asked for either thread, history is all messages newest first, and its pages lose and repeat none."""
    tenant = by_reference(world)
    one, two = threads(world, tenant)
    stranger = world.arrive(tenant, "else@people.test")
    for root in (one, two, one, two, one):
        world.arrive(tenant, reference_ids=[root["external_message_id"]])
    merge(world, tenant, two["thread_id"], one["thread_id"])
    expected = [row["id"] for row in world.all(
        "select id from public.et_messages where tenant_id = %s and id <> %s order by created_at desc",
        tenant.id, stranger["id"])]  # fmt: skip
    for thread in (one, two):
        seen: list[Any] = []
        while len(seen) < 20:
            with world.acting(tenant.people["agent"], tenant) as connection:
                page = connection.execute("select id from public.list_history(%s, %s, 2)", [
                    thread["thread_id"], seen[-1] if seen else None]).fetchall()  # fmt: skip
            if not page:
                break
            seen += [row["id"] for row in page]
        assert seen == expected
    foreign = world.tenant("agent")
    with world.acting(foreign.people["agent"], foreign) as connection:
        assert connection.execute("select id from public.list_history(%s)", [two["thread_id"]]).fetchall() == []


def test_history_pages_through_a_batch(world: World) -> None:
    """Messages of one batch share their moment; paging by message still finds each once."""
    tenant = world.tenant("agent")
    batch = [{"tenant_id": str(tenant.id), "channel": "email", "channel_session_id": str(tenant.session),
              "sender_address": "b@people.test", "body": str(n), "external_message_id": uuid.uuid4().hex}
             for n in range(7)]  # fmt: skip
    thread = world.all("select * from private.ingest_messages(%s)", Jsonb(batch))[0]["thread_id"]
    seen: list[Row] = []
    with world.acting(tenant.people["agent"], tenant) as connection:
        for _ in range(4):
            seen += connection.execute("select id, seq from public.list_history(%s, %s, 2)", [
                thread, seen[-1]["id"] if seen else None]).fetchall()  # fmt: skip
    assert [row["seq"] for row in seen] == [7, 6, 5, 4, 3, 2, 1]


def test_a_merged_thread_refuses_what_is_meant_for_the_winner(world: World) -> None:
    """Sending, taking over and merging again answer merged and name the winner; nothing leaves the loser."""
    tenant = by_reference(world)
    winner, loser, third = threads(world, tenant, 3)
    claim = next(row for row in world.claim() if row["thread_id"] == loser["thread_id"])
    queued = world.complete(claim)["message_id"]
    merge(world, tenant, winner["thread_id"], loser["thread_id"])
    gone = loser["thread_id"]
    for call, values in (
        ("send_message(%s, 'x')", [gone]), ("take_over_thread(%s)", [gone]), ("reopen_thread(%s)", [gone]),
        ("merge_threads(%s, %s)", [gone, third["thread_id"]]), ("merge_threads(%s, %s)", [third["thread_id"], gone]),
    ):  # fmt: skip
        with refused("PT409", code="merged") as caught:
            world.rpc(tenant.people["agent"], tenant, call, *values)
        assert detail(caught[0])["merged_into"] == str(winner["thread_id"])
    row = world.queue(queued)
    assert (row["status"], row["status_reason"]) == ("cancelled", "merged")
    assert world.violations(tenant) == {}


def test_refusals(world: World) -> None:
    """Itself, another person's, another account's, a missing and a foreign one; only the foreign one is logged."""
    tenant, foreign = by_reference(world), world.tenant()
    one, two = threads(world, tenant)
    other = world.arrive(tenant, "else@people.test")
    account = world.session(tenant.id, "email", f"second@{tenant.slug}.test")
    elsewhere = world.arrive(tenant, channel_session_id=account)
    theirs = world.arrive(foreign)
    for loser, code in ((one, "same_thread"), (other, "other_contact"), (elsewhere, "other_session")):
        with refused("PT422", code=code):
            merge(world, tenant, one["thread_id"], loser["thread_id"])
    missing = merge(world, tenant, one["thread_id"], uuid.uuid4())
    assert missing["code"] == "not_found"
    assert merge(world, tenant, one["thread_id"], theirs["thread_id"]) == missing
    assert merge(world, tenant, theirs["thread_id"], two["thread_id"]) == missing
    denials = world.all("select tenant_id, object_id from public.access_denials where tenant_id = %s", foreign.id)
    assert denials == [{"tenant_id": foreign.id, "object_id": str(theirs["thread_id"])}] * 2


def test_what_the_loser_still_owed_goes_to_a_person(world: World) -> None:
    """An undecided message of the loser leaves no question behind: the winner is in a person's hands, who is told."""
    tenant = by_reference(world)
    winner, loser = threads(world, tenant)
    (first, second) = sorted(world.claim(), key=lambda row: row["thread_id"] != winner["thread_id"])
    world.complete(first, action="no_reply")
    merge(world, tenant, winner["thread_id"], loser["thread_id"])
    assert world.thread(winner["thread_id"])["control"] == "human"
    assert world.complete(second)["action"] == "human_takeover"
    notes = world.all("select 1 from public.notifications where thread_id = %s", winner["thread_id"])
    assert len(notes) == 1 and world.violations(tenant) == {}
