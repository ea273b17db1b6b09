"""Counting as the housekeeper does it, and what was counted."""

import time
from collections import Counter
from typing import Any

from tests.db.helpers import Row, Tenant, World


def count(world: World, limit: int = 20_000) -> int:
    """Count until all that is committed by now is counted; how much there was.

    Transactions of the whole cluster hold counting up, other tests' included: one round is not always enough.
    """
    began = world.value("select clock_timestamp()")
    deadline = time.monotonic() + 60
    counted = 0
    while time.monotonic() < deadline:
        step: int = world.worker.execute("select private.count_rollups(%s) as n", [limit]).fetchone()["n"]  # type: ignore[index]
        counted += step
        if not step and world.value("select coalesce(as_of >= %s, false) from private.rollup_state", began):
            return counted
    raise AssertionError("counting does not end")


def counted(world: World, tenant: Tenant, metric: str, step: str = "hour") -> Counter[str]:
    """What was counted of a metric, by label, over all hours."""
    rows = world.all(
        "select label, sum(n)::bigint as n from public.rollups where tenant_id = %s and metric = %s and step = %s"
        " group by label having sum(n) <> 0", tenant.id, metric, step,
    )  # fmt: skip
    return Counter({row["label"]: row["n"] for row in rows})


def differences(world: World) -> list[Row]:
    """Where what was counted, and what waits to be, is not what the tables say."""
    return world.all(
        "select * from private.check_rollups(date_trunc('day', now(), 'UTC') - interval '2 days',"
        " date_trunc('day', now(), 'UTC') + interval '1 day')"
    )


def everything(world: World) -> list[Row]:
    """All that was counted, whenever."""
    return world.all("select * from public.rollups where n <> 0 order by 1, 2, 3, 4, 5, 6, 7")


def settle(world: World, tenant: Tenant, kind: str = "accepted", sender: str = "ann@people.test") -> Any:
    """A mail that is answered, and how its reply's only try ends; what complete_inbound said."""
    done = world.answered(tenant, sender)
    (claim,) = (one for one in world.claim_out() if str(one["message_id"]) == str(done["message_id"]))
    world.finish(claim, kind)
    return done
