"""How fast a provider lets us send, and how we find out that its trouble is over."""

from typing import Any

import pytest

from tests.db.helpers import Row, Tenant, World, refused


@pytest.fixture(autouse=True)
def undeclared(world: World) -> Any:
    """No declaration of another test holds, and none of this one's remains."""
    world.register({"email": {}})
    yield
    world.register({"email": {}})


def some(world: World, tenant: Tenant, count: int, sender: str = "ann{}@people.test") -> list[Row]:
    """Messages waiting to leave, to as many people (or to one)."""
    return [world.enqueue(world.arrive(tenant, sender.format(number))) for number in range(count)]


def paced(world: World, **declared: Any) -> list[Row]:
    """Claim what may leave now under a declaration."""
    world.register({"email": declared})
    cursor = world.worker.execute("select * from private.claim_outbound('o', 100)")
    return cursor.fetchall()


def gaps(world: World, tenant: Tenant) -> list[float]:
    """Seconds between the moments the waiting rows may leave."""
    rows = world.all(
        "select extract(epoch from run_at - lag(run_at) over (order by run_at))::float8 as gap from private.outbound_work"
        " where tenant_id = %s and lease_until is null order by run_at", tenant.id,
    )  # fmt: skip
    return [row["gap"] for row in rows if row["gap"] is not None]


def test_an_account_sends_no_faster_than_declared(world: World) -> None:
    """One leaves at once; the others get slots the declared pause apart."""
    tenant = world.tenant()
    some(world, tenant, 6)
    assert len(paced(world, session_per_second=2)) == 1
    assert {round(gap, 2) for gap in gaps(world, tenant)} == {0.5}
    rows = world.all(
        "select distinct status, status_reason from public.et_outbound_queue where tenant_id = %s", tenant.id
    )
    assert sorted(map(str, (tuple(row.values()) for row in rows))) == ["('queued', 'pace')", "('sending', None)"]


def test_one_recipient_is_not_flooded_and_others_do_not_wait(world: World) -> None:
    """The pause counts per recipient of an account."""
    tenant = world.tenant()
    some(world, tenant, 3, "ann@people.test")
    some(world, tenant, 2, "bob{}@people.test")
    claimed = paced(world, recipient_interval_s=1)
    assert len(claimed) == 3
    assert [round(gap, 1) for gap in gaps(world, tenant)] == [1.0]


def test_a_slot_is_used_once_and_a_missed_one_is_taken_anew(world: World) -> None:
    """At its slot a row leaves; rows that overslept theirs do not leave all at once."""
    tenant = world.tenant()
    some(world, tenant, 4)
    paced(world, session_per_second=0.02)
    world.owner.execute(
        "update private.outbound_work set run_at = clock_timestamp(), slot_at = clock_timestamp() where tenant_id = %s"
        " and lease_until is null and run_at = (select min(run_at) from private.outbound_work where tenant_id = %s"
        " and lease_until is null)", [tenant.id, tenant.id],
    )  # fmt: skip
    assert len(paced(world, session_per_second=0.02)) == 1
    world.owner.execute(
        "update private.outbound_work set run_at = clock_timestamp() - interval '1 min',"
        " slot_at = clock_timestamp() - interval '1 min' where tenant_id = %s and lease_until is null", [tenant.id],
    )  # fmt: skip
    world.owner.execute("update private.send_slots set next_at = clock_timestamp() - interval '1 min'")
    assert len(paced(world, session_per_second=0.02)) == 1
    assert [round(gap, 1) for gap in gaps(world, tenant)] == []


def test_routers_at_once_never_share_a_slot(world: World) -> None:
    """Eight routers claim together; no two rows get the same moment."""
    tenant = world.tenant()
    some(world, tenant, 24)
    world.register({"email": {"session_per_second": 2}})
    world.together(8, lambda connection, n: connection.execute(
        "select * from private.claim_outbound(%s, 3)", [f"o{n}"]).fetchall())  # fmt: skip
    moments = world.all(
        "select slot_at from private.outbound_work where tenant_id = %s and slot_at is not null", tenant.id
    )
    assert len({row["slot_at"] for row in moments}) == len(moments) >= 15


def test_routers_that_meet_in_many_tenants_do_not_wait_in_a_circle(world: World) -> None:
    """Four routers, each beginning with another tenant, share recipients, accounts and caps: none is a deadlock's victim."""
    tenants = [world.tenant(daily_send_cap=1000) for _ in range(4)]
    for tenant in tenants * 3:
        some(world, tenant, 3)
    world.register({"email": {"session_per_second": 10_000, "recipient_interval_s": 0.001}})

    def route(connection: Any, number: int) -> None:
        for _ in range(9):
            connection.execute(
                "select * from private.claim_outbound(%s, 8, '-infinity', %s)", [f"o{number}", tenants[number].id]
            )

    world.together(4, route)
    assert world.value("select count(*) from private.send_slots where tenant_id = any(%s)", [t.id for t in tenants]) > 4


def test_too_many_requests_makes_the_whole_account_wait(world: World) -> None:
    """After a 429 every row of the account waits as long as the provider asked for."""
    tenant = world.tenant()
    some(world, tenant, 3)
    (claim,) = paced(world, session_per_second=20)
    world.finish(claim, "retry", error_code="429", retry_after_s=30)
    world.owner.execute(
        "update private.outbound_work set run_at = clock_timestamp(), slot_at = null where tenant_id = %s", [tenant.id]
    )
    assert paced(world, session_per_second=20) == []
    waits = world.all(
        "select extract(epoch from run_at - clock_timestamp())::float8 as s from private.outbound_work"
        " where tenant_id = %s", tenant.id,
    )  # fmt: skip
    assert all(5 < row["s"] < 31 for row in waits)


def test_only_one_send_tries_whether_the_trouble_is_over(world: World) -> None:
    """A half-open breaker lets one row through; its success frees the others at once."""
    tenant = world.tenant()
    some(world, tenant, 4)
    world.owner.execute(
        "insert into private.breakers values (%s, 'test_email', 5, clock_timestamp() + interval '1 min')", [tenant.id]
    )
    assert world.claim_out() == []
    world.owner.execute("update private.breakers set open_until = clock_timestamp()")
    world.owner.execute("update private.outbound_work set run_at = clock_timestamp()")
    (probe,) = world.claim_out()
    assert world.claim_out() == []
    world.finish(probe)
    assert len(world.claim_out()) == 3


def test_a_failed_probe_pauses_again(world: World) -> None:
    """The provider is still down: nobody else is sent into it."""
    tenant = world.tenant()
    some(world, tenant, 2)
    world.owner.execute("insert into private.breakers values (%s, 'test_email', 5, clock_timestamp())", [tenant.id])
    (probe,) = world.claim_out()
    world.finish(probe, "retry", error_code="connection")
    world.owner.execute("update private.outbound_work set run_at = clock_timestamp() where tenant_id = %s", [tenant.id])
    assert world.claim_out() == []
    until = world.value("select extract(epoch from open_until - clock_timestamp())::float8 from private.breakers"
                        " where tenant_id = %s", tenant.id)  # fmt: skip
    assert until > 5


def test_a_text_longer_than_the_provider_takes_is_refused(world: World) -> None:
    """What could never leave is not queued."""
    tenant = world.tenant()
    world.register({"email": {"max_body_chars": 10}})
    thread = world.arrive(tenant)
    with refused("PT422", code="bad_length"):
        world.enqueue(thread, "eleven char")
    assert world.enqueue(thread, "ten chars.")["message_id"] is not None


def test_a_text_is_as_long_as_its_provider_finds_it(world: World) -> None:
    """Telegram counts an emoji as two and a letter of any alphabet as one; whoever writes is told so."""
    tenant = world.tenant()
    thread = world.arrive(tenant)
    five, letters = "\N{SNOWBOARDER}" * 5, "\N{CYRILLIC SMALL LETTER ZHE}\N{HIRAGANA LETTER A}" * 5
    world.register({"email": {"max_body_chars": 10, "counts_utf16": True}})
    for fits in (five, letters, "ten chars."):
        assert world.enqueue(thread, fits)["message_id"] is not None
    with refused("PT422", code="bad_length") as errors:
        world.enqueue(thread, five + "!")
    assert "emojis count as two" in str(errors[0].diag.message_hint)
    world.register({"email": {"max_body_chars": 10}})
    assert world.enqueue(thread, five + "!")["message_id"] is not None
