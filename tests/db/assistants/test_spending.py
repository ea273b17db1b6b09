"""A tenant's model calls cost at most its budget, however many workers call at once."""

from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.db.helpers import Tenant, World, refused


def call(most: float = 0.01, **changes: Any) -> Jsonb:
    """A call about to be made."""
    plain = {"purpose": "decision", "model": "m", "prompt_version": "decide.v1", "most_usd": most, "case_id": ""}
    return Jsonb(plain | changes)


def reserve(world: World, tenant: Tenant, most: float = 0.01, connection: psycopg.Connection[Any] | None = None) -> Any:
    """The id of a reservation, None when it was refused."""
    row = (
        (connection or world.worker)
        .execute("select private.reserve_ai_call(%s, %s) as id", [tenant.id, call(most)])
        .fetchone()
    )
    return row["id"]  # type: ignore[index]


def settle(world: World, tenant: Tenant, call_id: Any, **result: Any) -> bool:
    """Whether the call was settled now."""
    row = world.worker.execute(
        "select private.settle_ai_call(%s, %s, %s) as done", [tenant.id, call_id, Jsonb(result)]
    ).fetchone()
    return bool(row["done"])  # type: ignore[index]


def spent(world: World, tenant: Tenant) -> Decimal:
    """What the month has cost."""
    return Decimal(world.value("select coalesce(sum(spent_usd), 0) from public.ai_months where tenant_id = %s", tenant.id))  # fmt: skip


def test_a_call_is_booked_before_and_settled_after(world: World) -> None:
    """First the most it may cost, then what it did; tokens and outcome are kept."""
    tenant = world.tenant()
    call_id = reserve(world, tenant)
    assert spent(world, tenant) == Decimal("0.01")
    assert settle(world, tenant, call_id, cost_usd=0.002, tokens_in=1200, tokens_out=80, outcome="answered")
    assert spent(world, tenant) == Decimal("0.002")
    row = world.one("select * from public.ai_calls where id = %s", call_id)
    assert (row["tokens_in"], row["tokens_out"], row["outcome"]) == (1200, 80, "answered")
    assert row["month"] == date(row["started_at"].year, row["started_at"].month, 1)
    assert world.violations(tenant) == {}


def test_settling_twice_changes_nothing(world: World) -> None:
    """A repeated receipt is ignored, and so is one for another tenant's call."""
    tenant, other = world.tenant(), world.tenant()
    call_id = reserve(world, tenant)
    assert not settle(world, other, call_id, cost_usd=0)
    assert settle(world, tenant, call_id, cost_usd=0.001)
    assert not settle(world, tenant, call_id, cost_usd=0.005)
    assert spent(world, tenant) == Decimal("0.001")


def test_what_nobody_learned_counts_in_full(world: World) -> None:
    """A hang (settled without a cost) and a killed worker (never settled) stay booked at their most."""
    tenant = world.tenant()
    settle(world, tenant, reserve(world, tenant), cost_usd=None, outcome="too_slow")
    reserve(world, tenant)
    assert spent(world, tenant) == Decimal("0.02")
    assert world.violations(tenant) == {}


def test_the_budget_ends_the_calls(world: World) -> None:
    """What no longer fits is refused and counted; what a settled call gave back may be spent."""
    tenant = world.tenant(ai_budget_usd=0.05)
    assert all(reserve(world, tenant) for _ in range(5))
    assert reserve(world, tenant) is None
    row = world.one("select calls, refused, spent_usd from public.ai_months where tenant_id = %s", tenant.id)
    assert (row["calls"], row["refused"], row["spent_usd"]) == (5, 1, Decimal("0.05"))
    first = world.value("select id from public.ai_calls where tenant_id = %s order by id limit 1", tenant.id)
    settle(world, tenant, first, cost_usd=0.001)
    assert reserve(world, tenant, 0.009) is not None
    assert reserve(world, tenant, 0.009) is None


def test_last_month_is_not_this_month(world: World) -> None:
    """A used-up month before does not count."""
    tenant = world.tenant(ai_budget_usd=0.01)
    world.owner.execute(
        "insert into public.ai_months (tenant_id, month, spent_usd)"
        " values (%s, date_trunc('month', now() - interval '40 days')::date, 99)", [tenant.id],
    )  # fmt: skip
    assert reserve(world, tenant) is not None
    assert reserve(world, tenant) is None


@pytest.mark.parametrize("settings", [{"ai_budget_usd": 0}, {"ai_provider": "rules"}])
def test_a_tenant_that_wants_no_model_pays_for_none(world: World, settings: dict[str, Any]) -> None:
    """No budget, or rules only: every reservation is refused, whatever a worker thinks."""
    assert reserve(world, world.tenant(**settings)) is None


def test_a_suspended_tenant_spends_nothing(world: World) -> None:
    """Until it is active again."""
    tenant = world.tenant()
    world.owner.execute("select private.suspend_tenant(%s, 'unpaid')", [tenant.id])
    assert reserve(world, tenant) is None
    world.owner.execute("select private.suspend_tenant(%s, null)", [tenant.id])
    assert reserve(world, tenant) is not None


def test_many_workers_together_never_overshoot(world: World) -> None:
    """Sixteen callers, a budget for twenty calls: exactly twenty are granted, whoever is first."""
    tenant = world.tenant(ai_budget_usd=0.20)

    def work(connection: psycopg.Connection[Any], _: int) -> int:
        return sum(reserve(world, tenant, connection=connection) is not None for _ in range(10))

    assert sum(world.together(16, work)) == 20
    assert spent(world, tenant) == Decimal("0.20")
    assert world.violations(tenant) == {}


def test_an_overrun_is_at_most_the_calls_under_way(world: World) -> None:
    """A call dearer than booked is counted as it was, and nothing more is granted."""
    tenant = world.tenant(ai_budget_usd=0.02)
    first, second = reserve(world, tenant), reserve(world, tenant)
    settle(world, tenant, first, cost_usd=0.05)
    assert spent(world, tenant) == Decimal("0.06")
    assert reserve(world, tenant, 0.000001) is None
    settle(world, tenant, second, cost_usd=0.0)
    assert reserve(world, tenant, 0.000001) is None


def test_one_tenants_spending_is_not_anothers(world: World) -> None:
    """Budgets are apart, and staff sees its own tenant's calls only."""
    poor, rich = world.tenant(ai_budget_usd=0.01), world.tenant()
    assert reserve(world, poor) and not reserve(world, poor)
    assert reserve(world, rich)
    with world.acting(rich.people["owner"], rich) as connection:
        rows = connection.execute("select tenant_id from public.ai_calls").fetchall()
    assert {row["tenant_id"] for row in rows} == {rich.id}


def test_an_admin_cannot_raise_the_budget(world: World) -> None:
    """The platform pays, so the platform sets it; whether to use a model is the tenant's choice."""
    tenant = world.tenant()
    owner = tenant.people["owner"]
    with refused("PT422", code="unknown_setting"):
        world.rpc(owner, tenant, "update_tenant(%s)", Jsonb({"settings": {"ai_budget_usd": 9999}}))
    world.rpc(owner, tenant, "update_tenant(%s)", Jsonb({"settings": {"ai_provider": "rules"}}))
    assert world.value("select ai_provider from public.tenant_settings where tenant_id = %s", tenant.id) == "rules"
    with refused("23514"):
        world.rpc(owner, tenant, "update_tenant(%s)", Jsonb({"settings": {"ai_provider": "oracle"}}))
    world.owner.execute("select private.set_ai_budget(%s, 25)", [tenant.id])
    assert world.value("select ai_budget_usd from public.tenant_settings where tenant_id = %s", tenant.id) == 25
    assert world.value(
        "select count(*) from public.audit_log where tenant_id = %s and action = 'tenant.ai_budget_set'", tenant.id
    ) == 1  # fmt: skip
