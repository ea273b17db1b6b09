"""Notifications are hints: one per transaction, empty, and never the only way to find the work."""

import pytest

from tests.db.helpers import World, heard, listening

CHANNELS = ("et_inbound", "et_outbound", "et_insights")


def test_one_hint_per_transaction_and_channel(world: World) -> None:
    """Ten messages queued and received in one transaction are one hint each."""
    tenant = world.tenant()
    thread = world.arrive(tenant)
    with listening(world.database, *CHANNELS) as ear:
        with world.worker.transaction():
            for number in range(10):
                world.enqueue(thread)
                world.arrive(tenant, f"n{number}@people.test")
        notes = heard(ear)
    assert sorted((note.channel, note.payload) for note in notes) == [("et_inbound", ""), ("et_outbound", "")]


def test_nothing_is_said_of_what_was_rolled_back(world: World) -> None:
    """A hint leaves at commit or not at all."""
    tenant = world.tenant()
    with listening(world.database, *CHANNELS) as ear:
        with world.worker.transaction(force_rollback=True):
            world.arrive(tenant)
        assert heard(ear) == []


def test_a_decision_wakes_router_and_insights(world: World) -> None:
    """Recording a reply hints at what it made."""
    tenant = world.tenant()
    world.arrive(tenant)
    (claim,) = world.claim()
    with listening(world.database, *CHANNELS) as ear:
        world.complete(claim)
        assert {note.channel for note in heard(ear)} == {"et_outbound", "et_insights"}


@pytest.mark.parametrize("gate", ["parley.woke_outbound", "parley.woke_inbound"])
def test_unheard_work_is_found_by_looking(world: World, gate: str) -> None:
    """With the hint suppressed, claims still find everything."""
    tenant = world.tenant()
    thread = world.arrive(tenant)
    world.calm()
    with listening(world.database, *CHANNELS) as ear:
        with world.worker.transaction():
            world.worker.execute("select set_config(%s, 'on', true)", [gate])
            if gate.endswith("outbound"):
                world.enqueue(thread)
            else:
                world.arrive(tenant)
        assert heard(ear) == []
    assert len(world.claim_out() if gate.endswith("outbound") else world.claim()) == 1
