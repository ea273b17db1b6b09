"""The moderator and words beside messages: let in or refused, at once, and never while nobody read them."""

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.db.marketplace.kit import Market
from tests.db.moderation.test_held_words import DISGUISED
from tests.db.moderation.test_words import shop
from tests.db.moderation.words_kit import held, over_rest, sound
from tests.support.database import Database
from tests.workers.harness import Room, kill_again_and_again, threads, wait_until

CALM, THREAT = "Three rooms upstairs", "I will kill you and your family tonight."
ENDS: dict[str, list[str]] = {CALM: [], DISGUISED: ["phone"], THREAT: ["threat"]}
MOST_WAITING = 60


@pytest.fixture(scope="module")
def watched(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A room with a moderator."""
    made = Room(module_database, tmp_path_factory.mktemp("watched"))
    made.start("moderator")
    made.wait_for_listeners("moderator")
    yield made
    made.close()


def settled(made: Market) -> None:
    """Wait until nothing waits at this tenant."""
    query = "select count(*) from private.word_work where tenant_id = %s"
    wait_until(lambda: not made.world.value(query, made.tenant.id), step_s=0.005)


def said(made: Market) -> dict[str, str]:
    """What stands in each project: its category, and its words or the sign that there are none."""
    rows = made.world.all("select category, description from public.projects where tenant_id = %s", made.tenant.id)
    return {row["category"]: row["description"] for row in rows}


def test_words_are_read_at_once(watched: Room) -> None:
    """What a detector finds stays beside its row, with field and kinds for its author; the rest comes in."""
    made = shop(watched.world)
    with over_rest(watched.world):
        for number, words in enumerate(ENDS):
            made.project(category=str(number), description=words)
        made.call(made.rob, "put_profile(%s, %s)", {"display_name": "Robert", "company": THREAT}, made.tenant.slug)
        settled(made)
        assert said(made) == {"0": CALM, "1": None, "2": None}
        rows = watched.world.all("select field, status, kinds from public.held_words where tenant_id = %s order by kinds, field",
                                 made.tenant.id)  # fmt: skip
        assert rows == [
            {"field": "description", "status": "refused", "kinds": ["phone"]},
            {"field": "company", "status": "refused", "kinds": ["threat"]},
            {"field": "description", "status": "refused", "kinds": ["threat"]},
        ]
        assert set(held(watched.world, made.tenant, (made.rob.user, None))) == {"company"}
    name = watched.world.one("select display_name, company from public.contacts where id = %s", made.rob.contact)
    assert name == {"display_name": "Robert", "company": None}
    sound(made)


def test_a_changed_text_is_judged_like_a_new_one(watched: Room) -> None:
    """Harmless first and changed later is no way in, and a place may be said where it is asked for."""
    made = shop(watched.world)
    with over_rest(watched.world):
        row = made.project(category="1", description=CALM)
        settled(made)
        made.call(made.ann, "change_project(%s, %s)", row["id"], {"description": DISGUISED})
        made.call(made.ann, "change_project(%s, %s)", row["id"], {"location": "12 Main Street, Springfield, IL 62701"})
        settled(made)
    assert said(made) == {"1": CALM}
    assert watched.world.value("select location from public.projects where id = %s", row["id"]) is not None
    assert set(held(watched.world, made.tenant)) == {"description"}
    sound(made)


def test_a_policy_that_nobody_can_read_holds_by_the_defaults(watched: Room) -> None:
    """As over the API."""
    made = shop(watched.world, {"people": {"before": {"phone": {"action": "shout"}}, "after": {}}})
    with over_rest(watched.world):
        made.project(category="1", description=DISGUISED)
        settled(made)
    assert said(made) == {"1": None}


def test_words_wait_while_no_moderator_lives_and_none_slips_through_however_often_it_is_killed(
    database: Database, tmp_path: Any
) -> None:
    """Killed at random moments while people write and change: each text ends in its row or refused, as it was written last."""
    room = Room(database, tmp_path)
    room.lease(1)
    try:
        made = shop(room.world)
        with over_rest(room.world):
            made.project(category="first", description=CALM)
        time.sleep(0.2)
        assert said(made) == {None: None} and room.violations() == []
        written: dict[str, str] = {}
        ended: list[int] = []

        def write() -> None:
            world = type(room.world)(database)
            writer = Market(world, made.tenant, made.ann, made.rob)
            with over_rest(world):
                for number in itertools.count():
                    if ended and number > 100:
                        break
                    row = writer.project(category=f"{number} a", description=list(ENDS)[number % 3])
                    words = list(ENDS)[number * 7 % 3]
                    writer.call(made.ann, "change_project(%s, %s)", row["id"], {"description": words})
                    written[row["id"]] = words
                    while world.value("select count(*) from private.word_work") > MOST_WAITING:
                        time.sleep(0.02)
            world.close()

        def kill() -> None:
            query = "select count(*) from private.word_work where lease_until is not null"
            watching = type(room.world)(database)
            kill_again_and_again(room, "moderator", 8, 0.6, busy=lambda: bool(watching.value(query)))
            ended.append(1)

        with threads(write, kill) as wait:
            wait()
        wait_until(lambda: not room.world.value("select count(*) from private.word_work"), 80, 0.05, room.logs)
        shown = {
            str(row["id"]): row["description"] for row in room.world.all("select id, description from public.projects")
        }
        kinds = {
            str(row["row_id"]): (row["words"], row["kinds"])
            for row in room.world.all("select row_id, words, kinds from public.held_words where field = 'description'")
        }  # fmt: skip
        for row_id, words in written.items():
            if ENDS[words] or row_id in kinds:
                assert kinds[row_id] in ((words, ENDS[words]), (words, ["unjudged"])) and shown[row_id] in (None, CALM)
            else:
                assert shown[row_id] == words
        assert Counter(bool(one) for one in shown.values())[True] > 0
        assert room.violations() == []
    finally:
        room.close()
