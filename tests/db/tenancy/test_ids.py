"""Ids that sort by the moment they were made in."""

import uuid
from datetime import UTC, datetime, timedelta

from tests.db.helpers import World


def test_ids_made_one_after_the_other_sort_so(world: World) -> None:
    """Within one millisecond, too: a history read by id is in the order it happened in."""
    made = [world.value("select private.uuid_v7()") for _ in range(500)]
    assert made == sorted(made) and len(set(made)) == 500
    assert {(each.version, each.variant) for each in made} == {(7, uuid.RFC_4122)}


def test_an_id_says_when_it_was_made(world: World) -> None:
    """Its first 48 bits are the millisecond, and no id of that moment is smaller than the first one."""
    row = world.one(
        "select t as at, private.first_id(t) as first, private.uuid_v7() as made, clock_timestamp() as later"
        " from clock_timestamp() as t"
    )
    at, later = (row[name].replace(microsecond=row[name].microsecond // 1000 * 1000) for name in ("at", "later"))
    assert row["first"] <= row["made"]
    assert at <= datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=row["made"].int >> 80) <= later
