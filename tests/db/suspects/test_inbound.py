"""Who is to blame when workers die: rows that were merely there are done, the one that kills is set aside."""

from typing import Any

import pytest

from tests.db.helpers import Row, Tenant, World

LEASE_S = 60


def people(world: World, tenant: Tenant, count: int) -> list[Row]:
    """Messages of that many people."""
    return [world.arrive(tenant, f"p{number}@people.test") for number in range(count)]


def lost(world: World, thread: Any) -> int:
    """Leases a row has lost, as far as they were counted."""
    return int(world.value("select expiries from private.inbound_work where thread_id = %s", thread))


def die(world: World, times: int) -> list[Row]:
    """That many workers take all they can get and never come back; what the last one held."""
    held: list[Row] = []
    for number in range(times):
        held = world.claim(64, f"dead{number}")
        world.expire_leases()
    return held


def test_company_is_not_blamed(world: World) -> None:
    """After three dead workers no worker holds two of their rows, several workers share them, and all get done."""
    tenant = world.tenant()
    messages = people(world, tenant, 6)
    assert len(die(world, 3)) == 6
    ours, theirs = world.claim(worker="w1"), world.claim(worker="w2")
    assert (len(ours), len(theirs), world.claim(worker="w1")) == (1, 1, [])
    fresh = world.arrive(tenant, "fresh@people.test")
    (beside,) = world.claim(worker="w1")
    assert beside["message_ids"] == [fresh["id"]], "what nobody suspects is claimed beside a suspect"
    for claim in (*ours, *theirs, beside):
        assert world.complete(claim)["result"] == "recorded"
    for _ in range(4):
        (claim,) = world.claim(worker="w1")
        world.complete(claim)
    assert {world.status(message["id"]) for message in messages} == {"inbound_ai_replied"}
    assert world.violations(tenant) == {}


def test_a_limit_counts_suspects_too(world: World) -> None:
    """A worker with room for one gets one."""
    tenant = world.tenant()
    people(world, tenant, 2)
    die(world, 3)
    world.arrive(tenant, "fresh@people.test")
    assert len(world.claim(1)) == 1


@pytest.mark.parametrize(("already", "rest"), [(3, 1), (4, 2), (5, 4), (6, 8), (7, 16)])
@pytest.mark.parametrize("housekeeper", [False, True])
def test_a_suspect_rests_longer_every_time(world: World, already: int, rest: int, housekeeper: bool) -> None:
    """One lease length after the third loss, twice as long after each further one, whoever noticed the loss."""
    tenant = world.tenant()
    message = world.arrive(tenant)
    world.claim()
    change = (
        "update private.inbound_work set expiries = %s, lease_until = clock_timestamp() - make_interval(secs => %s)"
    )
    age = 1 if housekeeper else rest * LEASE_S - 5
    world.owner.execute(change, [already - 1, age])
    if housekeeper:
        world.worker.execute("select private.release_expired_inbound()")
        assert lost(world, message["thread_id"]) == already
        waits = world.value("select extract(epoch from run_at - clock_timestamp())::float8 from private.inbound_work")
        assert rest * LEASE_S - 5 < waits <= rest * LEASE_S
    assert world.claim() == []
    past = "update private.inbound_work set {} - make_interval(secs => %s)"
    world.owner.execute(
        past.format("run_at = run_at" if housekeeper else "lease_until = lease_until"), [rest * LEASE_S]
    )
    assert len(world.claim()) == 1
    assert lost(world, message["thread_id"]) == already


@pytest.mark.parametrize("housekeeper", [False, True])
def test_a_message_that_kills_is_set_aside_and_nobody_else_is(world: World, housekeeper: bool) -> None:
    """Whoever holds it dies: eight workers do, then it is an error with its reason; nineteen others are answered."""
    tenant = world.tenant()
    messages = people(world, tenant, 20)
    killer = messages[7]["id"]
    deaths = 0
    for number in range(200):
        claims = world.claim(64, f"w{number}")
        if any(killer in claim["message_ids"] for claim in claims):
            deaths += 1
            world.expire_leases()
            if housekeeper:
                world.worker.execute("select private.release_expired_inbound()")
                world.end_rests()
            continue
        for claim in claims:
            assert world.complete(claim, "no_reply")["result"] == "recorded"
        if not claims and not world.value("select count(*) from private.inbound_work where tenant_id = %s", tenant.id):
            break
    assert deaths == 8
    statuses = {message["id"]: world.status(message["id"]) for message in messages}
    assert statuses.pop(killer) == "inbound_error"
    assert set(statuses.values()) == {"inbound_ai_replied"}
    decision = world.one(
        "select action, reasons from public.inbound_decisions where action = 'error' and tenant_id = %s", tenant.id
    )
    assert decision["reasons"] == ["Workers died on this again and again."]
    assert world.value("select kind from public.notifications where tenant_id = %s", tenant.id) == "inbound_error"
    assert world.violations(tenant) == {}


def test_a_thread_goes_on_after_its_killer(world: World) -> None:
    """What arrived behind the message that was set aside is decided as if nothing had been."""
    tenant = world.tenant()
    world.arrive(tenant)
    for _ in range(8):
        assert len(world.claim()) == 1
        world.expire_leases()
    later = world.arrive(tenant, body="Are you there?")
    (claim,) = world.claim()
    assert claim["message_ids"] == [later["id"]]
    assert lost(world, claim["thread_id"]) == 0
    assert world.complete(claim)["result"] == "recorded"
    assert world.violations(tenant) == {}


def test_an_error_proves_that_the_worker_lived(world: World) -> None:
    """A handler that fails and says so clears its row of the deaths before."""
    tenant = world.tenant()
    message = world.arrive(tenant)
    die(world, 2)
    (claim,) = world.claim()
    assert lost(world, message["thread_id"]) == 2
    world.worker.execute(
        "select private.fail_inbound(%s, %s, %s, %s, 0, 'boom')",
        [tenant.id, claim["thread_id"], claim["fence"], claim["last_seq"]],
    )
    assert lost(world, message["thread_id"]) == 0
