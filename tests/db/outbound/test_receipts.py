"""Receipts: kept once, forward only, whatever the order they arrive in."""

import itertools
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.db.helpers import Row, Tenant, World

KINDS = ["sent", "delivered", "read", "delayed", "failed", "bounced_hard", "bounced_soft", "opened", "clicked"]
RANK = ["sending", "dispatch_unknown", "sent", "failed", "delivered", "bounced", "read"]


def outgoing(world: World, tenant: Tenant, end: str | None = "accepted") -> tuple[Row, str]:
    """A message that was tried (end None: the try is still running) and its Message-ID."""
    sent = world.enqueue(
        {"tenant_id": tenant.id, "thread_id": world.arrive(tenant, f"{uuid.uuid4().hex}@p.test")["thread_id"]}
    )
    # Unknown endings open the breaker; here it is the receipts that are looked at.
    world.owner.execute("delete from private.breakers where tenant_id = %s", [tenant.id])
    claim = next(row for row in world.claim_out(1000) if row["queue_id"] == sent["queue_id"])
    if end:
        world.finish(claim, end)
    else:
        assert world.start(claim) == "ok"
    return sent | {"claim": claim}, world.message(sent["message_id"])["external_message_id"]


@pytest.fixture(scope="module")
def shared(module_world: World) -> Tenant:
    """One tenant for all the tries of a property."""
    return module_world.tenant()


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant for one test."""
    return world.tenant()


@pytest.mark.parametrize("end", ["accepted", "unknown"])
@given(kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=5), data=st.data())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_any_order_ends_the_same(
    module_world: World, shared: Tenant, end: str, kinds: list[str], data: st.DataObject
) -> None:
    """Two shufflings with repeats end in the same status, and no step goes back."""
    world, tenant, ends = module_world, shared, set()
    for _ in range(2):
        sent, key = outgoing(world, tenant, end)
        order = data.draw(st.permutations(list(enumerate(kinds)) * 2))
        rank = 0
        for number, kind in order:
            world.receipt(tenant, kind, key, f"{key}{number}")
            now = RANK.index(world.status(sent["message_id"]))
            assert now >= rank
            rank = now
        ends.add(world.status(sent["message_id"]))
    assert len(ends) == 1
    assert world.violations(tenant) == {}


def test_every_pair_of_receipts_commutes(world: World, tenant: Tenant) -> None:
    """The small exhaustive core of the property above."""
    for pair in itertools.combinations(("sent", "failed", "delivered", "bounced_hard", "read"), 2):
        ends = set()
        for order in (pair, pair[::-1]):
            sent, key = outgoing(world, tenant)
            for kind in order:
                world.receipt(tenant, kind, key)
            ends.add(world.status(sent["message_id"]))
        assert len(ends) == 1, (pair, ends)


def test_a_repeated_event_is_kept_once(world: World, tenant: Tenant) -> None:
    """The provider's event id is the key."""
    _, key = outgoing(world, tenant)
    assert world.receipt(tenant, "delivered", key, "once")["result"] == "applied"
    assert world.receipt(tenant, "read", key, "once")["result"] == "duplicate"


@pytest.mark.parametrize(
    ("ending", "status"),
    [("accepted", "delivered"), ("unknown", "delivered"), ("crash", "delivered"), ("rejected", "delivered")],
)
def test_a_receipt_during_the_call_counts_when_it_ends(world: World, tenant: Tenant, ending: str, status: str) -> None:
    """Whichever way the try ends, also by a crash, the early receipt is applied at that moment."""
    sent, key = outgoing(world, tenant, None)
    world.receipt(tenant, "delivered", key)
    assert world.status(sent["message_id"]) == "sending"
    if ending == "crash":
        world.expire_leases("outbound_work")
        world.claim_out(1000)
    else:
        world.finish(sent["claim"], ending, start=False)
    assert world.status(sent["message_id"]) == status and world.violations(tenant) == {}


def test_a_receipt_while_waiting_for_a_retry_is_not_lost(world: World, tenant: Tenant) -> None:
    """A row back in the queue keeps its receipts until it comes to rest."""
    sent, key = outgoing(world, tenant, "retry")
    world.receipt(tenant, "delivered", key)
    assert world.status(sent["message_id"]) == "queued"
    world.owner.execute("update private.outbound_work set run_at = clock_timestamp() - interval '1 s'")
    claim = next(row for row in world.claim_out(1000) if row["queue_id"] == sent["queue_id"])
    assert world.finish(claim) == "sent"
    assert world.status(sent["message_id"]) == "delivered" and world.violations(tenant) == {}


def test_a_receipt_for_an_unknown_id_waits_for_its_message(world: World, tenant: Tenant) -> None:
    """The provider's id may be known to it before it is to us."""
    assert world.receipt(tenant, "delivered", "prov-1")["result"] == "kept"
    sent, _ = outgoing(world, tenant, None)
    world.finish(sent["claim"], "accepted", start=False, provider_message_id="prov-1")
    assert world.status(sent["message_id"]) == "delivered"


def test_a_receipt_of_another_tenant_touches_nothing(world: World, tenant: Tenant) -> None:
    """Ids are looked up inside the tenant the receipt came for."""
    sent, key = outgoing(world, tenant)
    assert world.receipt(world.tenant(), "bounced_hard", key)["result"] == "kept"
    assert world.status(sent["message_id"]) == "sent"


def test_receipt_and_completion_at_once_meet(world: World, tenant: Tenant) -> None:
    """The receipt that names a provider id races with the completion that brings it: one always sees the other."""
    for number in range(15):
        sent, _ = outgoing(world, tenant, None)
        claim, provider_id = sent["claim"], f"race-{number}"

        def act(connection: Any, which: int, claim: Row = claim, provider_id: str = provider_id) -> None:
            if which:
                connection.execute(
                    "select private.record_receipt(%s, jsonb_build_object('provider', 'test', 'event_id', %s::text,"
                    " 'kind', 'delivered', 'channel', 'email', 'external_message_id', %s::text))",
                    [tenant.id, provider_id, provider_id],
                )
            else:
                connection.execute(
                    "select private.complete_outbound(%s, %s, %s, jsonb_build_object('kind', 'accepted',"
                    " 'provider_message_id', %s::text))",
                    [tenant.id, claim["queue_id"], claim["fence"], provider_id],
                )

        world.together(2, act)
        assert world.status(sent["message_id"]) == "delivered"


@pytest.mark.parametrize(
    ("kind", "scope"), [("bounced_hard", "all"), ("complained", "all"), ("unsubscribed", "automatic")]
)
def test_what_suppresses(world: World, tenant: Tenant, kind: str, scope: str) -> None:
    """Hard bounces and complaints close an address to everything, unsubscribing to what is automatic."""
    sent, key = outgoing(world, tenant)
    world.receipt(tenant, kind, key)
    recipient = world.queue(sent["message_id"])["recipient"]
    assert world.value("select scope from public.suppressions where tenant_id = %s and address = %s", tenant.id,
                       recipient) == scope  # fmt: skip


def test_a_stronger_suppression_replaces_a_weaker_one_only(world: World, tenant: Tenant) -> None:
    """automatic becomes all, all never becomes automatic."""
    sent, key = outgoing(world, tenant)
    for kind in ("unsubscribed", "complained", "unsubscribed"):
        world.receipt(tenant, kind, key)
    row = world.one("select scope, reason from public.suppressions where address = %s",
                    world.queue(sent["message_id"])["recipient"])  # fmt: skip
    assert row == {"scope": "all", "reason": "complained"}


@pytest.mark.parametrize("end", ["unknown", None])
def test_a_receipt_that_repeats_our_queue_id_settles_a_lost_answer(
    world: World, tenant: Tenant, end: str | None
) -> None:
    """The provider's id never reached us; its receipt names the id we gave it, and later ones are known by its own."""
    sent, _ = outgoing(world, tenant, end)
    assert world.receipt(tenant, "delivered", "prov-9", queue_id=str(sent["queue_id"]))["result"] == "applied"
    if end is None:
        world.finish(sent["claim"], "unknown", start=False)
    assert world.status(sent["message_id"]) == "delivered"
    assert world.receipt(tenant, "read", "prov-9")["result"] == "applied"
    assert world.status(sent["message_id"]) == "read"


def test_a_receipt_never_reaches_another_tenants_row(world: World, tenant: Tenant) -> None:
    """A foreign queue id is kept like an unknown one, and so is one that is no id at all."""
    sent, _ = outgoing(world, tenant, "unknown")
    stranger = world.tenant()
    for queue_id in (str(sent["queue_id"]), "no-uuid"):
        assert world.receipt(stranger, "delivered", f"x-{queue_id}", queue_id=queue_id)["result"] == "kept"
    assert world.status(sent["message_id"]) == "dispatch_unknown"
