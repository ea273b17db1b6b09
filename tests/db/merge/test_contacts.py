"""Merging contacts moves no message; keys, blocks and wishes follow the person."""

import threading
import uuid
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.db.helpers import Row, Tenant, World, refused


def contact(world: World, tenant: Tenant, name: str) -> Row:
    """The first message of a person: thread_id and sender_contact_id."""
    return world.arrive(tenant, f"{name}@people.test")


def merge(world: World, tenant: Tenant, winner: Row, loser: Row) -> Any:
    """Merge as an agent."""
    return world.rpc(tenant.people["agent"], tenant, "merge_contacts(%s, %s)",
                     winner["sender_contact_id"], loser["sender_contact_id"])  # fmt: skip


def test_both_have_threads(world: World) -> None:
    """The loser's address now leads to the winner's thread; the loser's messages stay where they are."""
    tenant = world.tenant("agent")
    winner, loser = contact(world, tenant, "w"), contact(world, tenant, "l")
    merge(world, tenant, winner, loser)
    after = world.arrive(tenant, "l@people.test")
    assert after["sender_contact_id"] == winner["sender_contact_id"]
    assert after["thread_id"] == winner["thread_id"]
    assert world.message(loser["id"])["thread_id"] == loser["thread_id"]
    assert world.violations(tenant) == {}


def test_only_the_loser_has_a_thread(world: World) -> None:
    """The winner never wrote: his key becomes an alias of the loser's thread."""
    tenant = world.tenant("agent")
    loser = contact(world, tenant, "l")
    winner = world.value("insert into public.contacts (tenant_id) values (%s) returning id", tenant.id)
    merge(world, tenant, {"sender_contact_id": winner}, loser)
    assert world.arrive(tenant, "l@people.test")["thread_id"] == loser["thread_id"]
    assert world.violations(tenant) == {}


def test_a_chain_of_merges_keeps_the_one_thread(world: World) -> None:
    """A into B into C, where only A ever wrote: C's mail still lands in A's thread, over one hop."""
    tenant = world.tenant("agent")
    first = contact(world, tenant, "a")
    middle, last = (
        {
            "sender_contact_id": world.value(
                "insert into public.contacts (tenant_id) values (%s) returning id", tenant.id
            )
        }
        for _ in range(2)
    )
    merge(world, tenant, middle, first)
    merge(world, tenant, last, middle)
    after = world.arrive(tenant, "a@people.test")
    assert (after["thread_id"], after["sender_contact_id"]) == (first["thread_id"], last["sender_contact_id"])
    assert world.value("select merged_into from public.contacts where id = %s", first["sender_contact_id"]) == (
        last["sender_contact_id"])  # fmt: skip
    assert world.violations(tenant) == {}


def test_references_survive_a_merge(world: World) -> None:
    """Under email_reference a reply to the loser's old mail, from the winner's address, stays in its thread."""
    tenant = world.tenant("agent", thread_scopes={"email": "email_reference"})
    loser = world.arrive(tenant, "l@people.test", external_id="old@x")
    winner = contact(world, tenant, "w")
    merge(world, tenant, winner, loser)
    assert world.arrive(tenant, "w@people.test", reference_ids=["old@x"])["thread_id"] == loser["thread_id"]


def test_refusals(world: World) -> None:
    """Itself, a merged contact, a missing and a foreign one are refused; only the foreign one is logged."""
    tenant, foreign = world.tenant("agent"), world.tenant()
    winner, loser, other = (contact(world, tenant, name) for name in ("w", "l", "o"))
    theirs = contact(world, foreign, "f")
    with refused("PT422", code="same_contact"):
        merge(world, tenant, winner, winner)
    merge(world, tenant, winner, loser)
    missing = merge(world, tenant, winner, {"sender_contact_id": uuid.uuid4()})
    assert merge(world, tenant, other, loser) == missing == merge(world, tenant, other, theirs)
    assert missing["code"] == "not_found"
    denials = world.all("select tenant_id, object_id from public.access_denials")
    assert denials == [{"tenant_id": foreign.id, "object_id": str(theirs["sender_contact_id"])}]


def test_a_block_and_a_suppression_follow_the_person(world: World) -> None:
    """Merging away a blocked record does not unblock him, and unsubscribing in the old thread still counts."""
    tenant = world.tenant("agent")
    winner, loser = contact(world, tenant, "w"), contact(world, tenant, "l")
    merge(world, tenant, winner, loser)
    claims = {row["thread_id"]: row for row in world.claim()}
    world.complete(claims[loser["thread_id"]], "no_reply", suppress_contact=True)
    addresses = {row["address"] for row in world.all(
        "select address from public.suppressions where tenant_id = %s and scope = 'automatic'", tenant.id)}  # fmt: skip
    assert addresses == {"w@people.test", "l@people.test"}
    bad = contact(world, tenant, "bad")
    world.owner.execute("update public.contacts set blocked_at = now() where id = %s", [bad["sender_contact_id"]])
    merge(world, tenant, winner, bad)
    sent = world.enqueue(loser)
    assert world.claim_out() == []
    assert world.queue(sent["message_id"])["status_reason"] == "contact_blocked"


def test_a_block_on_the_old_record_holds_for_the_person(world: World) -> None:
    """Who names the record that was merged away means the same person, also when he lifts the block."""
    tenant = world.tenant("agent")
    winner, loser = contact(world, tenant, "w"), contact(world, tenant, "l")
    merge(world, tenant, winner, loser)
    agent, blocked = tenant.people["agent"], "select blocked_at is not null from public.contacts where id = %s"
    for wanted in (True, False):
        answer = world.rpc(agent, tenant, "block_contact(%s, %s)", loser["sender_contact_id"], wanted)
        assert answer["contact_id"] == str(winner["sender_contact_id"])
        assert world.value(blocked, winner["sender_contact_id"]) is wanted


def test_merge_races_with_the_winners_first_message(world: World) -> None:
    """While contacts are merged their first messages arrive: no key ever leads to two threads."""
    tenant = world.tenant("agent")
    claims = f'{{"role":"authenticated","sub":"{tenant.people["agent"]}","app_metadata":{{"tenant_id":"{tenant.id}"}}}}'
    for turn in range(12):
        loser = contact(world, tenant, f"l{turn}")
        winner = world.value("insert into public.contacts (tenant_id) values (%s) returning id", tenant.id)
        world.owner.execute(
            "insert into public.contact_identities (tenant_id, contact_id, kind, address) values (%s, %s, 'email', %s)",
            [tenant.id, winner, f"w{turn}@people.test"],
        )
        gate = threading.Barrier(2)

        def act(
            connection: psycopg.Connection[Row], number: int, turn: int = turn, pair: tuple[Any, Any] = (winner, loser),
            gate: threading.Barrier = gate,
        ) -> None:  # fmt: skip
            with world.database.connect("parley_api", row_factory=dict_row) as api:
                gate.wait(60)
                if number:
                    world.deliver(tenant, f"w{turn}@people.test", connection=connection)
                    return
                with api.transaction():
                    api.execute("set local role authenticated")
                    api.execute("select set_config('request.jwt.claims', %s, true)", [claims])
                    api.execute("select public.merge_contacts(%s, %s)", [pair[0], pair[1]["sender_contact_id"]])

        world.together(2, act)
    assert world.violations(tenant) == {}
