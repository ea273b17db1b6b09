"""Words that are no message, as supabase-js writes them, and the moderator who reads them, in person."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.db.helpers import Row, World
from tests.db.marketplace.kit import Market
from tests.db.moderation.kit import Judged

Place = Market | Judged


@contextlib.contextmanager
def over_rest(world: World) -> Iterator[None]:
    """What is called in the block comes over PostgREST's login, as from supabase-js."""
    with (
        world.database.connect("authenticator", row_factory=dict_row) as rest,
        pytest.MonkeyPatch.context() as over,
    ):
        over.setattr(world, "api", rest)
        yield


def held(world: World, tenant: Any, who: Any = None) -> dict[str, Row]:
    """What is held at a tenant, by field: all of it, or what a person reads."""
    query = "select field, words, status, kinds from public.held_words where tenant_id = %s order by field"
    if who is None:
        rows = world.all(query, tenant.id)
    else:
        with world.acting(*who) as connection:
            rows = connection.execute(query, [tenant.id]).fetchall()
    return {row.pop("field"): dict(row) for row in rows}


def claim(made: Place, worker: str = "m1") -> list[Row]:
    """Rows of this tenant whose words wait, claimed."""
    rows = made.world.worker.execute("select * from private.claim_words(%s, 100)", [worker]).fetchall()
    return [dict(row) for row in rows if row["tenant_id"] == made.tenant.id]


def record(made: Place, job: Row, **found: list[str]) -> str:
    """What the moderator says of a claim: kinds by field; nothing about the others."""
    inputs = job["inputs"]
    rules = inputs["rules"] or {}
    verdict = {"digests": inputs["digests"], "policy_version": rules.get("policy_version"), "stage": rules.get("stage"),
               "found": found}  # fmt: skip
    row = made.world.worker.execute(
        "select private.record_words(%s, %s, %s, %s, %s) as r",
        [made.tenant.id, inputs["kind"], job["row_id"], job["fence"], Jsonb(verdict)],
    ).fetchone()
    assert row is not None
    return str(row["r"])


def judge(made: Place, **found: list[str]) -> None:
    """Judge all that waits at this tenant, now."""
    for job in claim(made):
        assert (
            record(made, job, **{field: kinds for field, kinds in found.items() if field in job["inputs"]["words"]})
            == "recorded"
        )


def sound(made: Place) -> None:
    """No invariant is broken at this tenant."""
    assert made.world.violations(made.tenant) == {}
