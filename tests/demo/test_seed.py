"""The demo tenant: lifelike in every state, made by the product's own rules, the same for the same seed."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from app.demo.seed import script
from app.demo.seed.build import Seeded, remove_tenant, seed_tenant
from app.errors import NotFound
from app.settings import PROJECT
from tests.db.analytics.kit import count
from tests.db.helpers import World
from tests.support.database import Cluster, Database

ENOUGH = 200


@pytest.fixture(scope="module")
def database(cluster: Cluster, template: str) -> Iterator[Database]:
    """A database that has tenants already."""
    made = cluster.create(template=template)
    with made.connect() as owner:
        owner.execute((PROJECT / "supabase" / "seed.sql").read_bytes())
    yield made
    made.drop()


@pytest.fixture(scope="module")
def world(database: Database) -> Iterator[World]:
    """The eyes on it."""
    made = World(database)
    yield made
    made.close()


@pytest.fixture(scope="module")
def seeded(database: Database) -> Seeded:
    """The tenant of seed 1."""
    return seed(database)


def seed(database: Database, number: int = 1) -> Seeded:
    """One run of the command's inner half."""
    with database.connect() as owner:
        return seed_tenant(owner, number, None, lambda *_: None)


def kinds(world: World, seeded: Seeded, statement: str) -> set[Any]:
    """The first column of a query about the tenant."""
    return {next(iter(row.values())) for row in world.all(statement, seeded.tenant_id)}


def test_no_promise_of_the_core_is_broken(world: World, seeded: Seeded) -> None:
    """What `parley check` looks for is nowhere found, and nothing waits to leave by itself."""
    broken = [row for row in world.all("select invariant, violations, samples from private.check_invariants()")
              if row["violations"]]  # fmt: skip
    assert broken == [] and seeded.is_new
    due = "select q.id from public.et_outbound_queue as q inner join private.outbound_work as w on w.queue_id = q.id"
    due += " where q.tenant_id = %s and w.run_at < 'infinity'"
    assert kinds(world, seeded, due) == set()


def test_the_board_has_its_month(world: World, seeded: Seeded) -> None:
    """What is counted for the operations board lies where the moments were moved to, and adds up."""
    count(world)
    assert world.all("select * from private.check_rollups(now() - interval '60 days', now() + interval '1 day')") == []
    days = (
        "select count(distinct at) from public.rollups where tenant_id = %s and metric = 'deliveries' and step = 'day'"
    )
    assert min(kinds(world, seeded, days)) >= 15


def test_every_state_a_desk_shows_is_there(world: World, seeded: Seeded) -> None:
    """Conversations, sends, decisions, reviews, tasks and accounts of every kind, over a month, to two hundred unread."""
    assert seeded.conversations >= ENOUGH
    threads = "from public.et_threads where tenant_id = %s and kind = 'channel'"
    assert kinds(world, seeded, f"select distinct status {threads}") == {"open", "snoozed", "closed"}
    assert kinds(world, seeded, f"select distinct control {threads} and status = 'open'") == {"ai", "human"}
    assert kinds(world, seeded, f"select max(unread_count) {threads}") == {script.FLOOD}
    assert kinds(world, seeded, f"select distinct assignee_id is null {threads} and status = 'open'") == {True, False}
    assert kinds(world, seeded, "select distinct status from public.et_outbound_queue where tenant_id = %s") >= {
        "sent", "delivered", "read", "failed", "bounced", "cancelled", "dispatch_unknown"}  # fmt: skip
    assert kinds(world, seeded, "select distinct decision from public.moderation_verdicts where tenant_id = %s") >= {
        "approved", "filtered", "review", "blocked"}  # fmt: skip
    assert kinds(world, seeded, "select distinct status from public.moderation_reviews where tenant_id = %s") >= {
        "open", "decided"}  # fmt: skip
    due = "select distinct due_at < now() from public.manual_tasks where tenant_id = %s and status = 'open'"
    assert kinds(world, seeded, due) == {True, False}
    assert kinds(world, seeded, "select distinct kind from public.et_threads where tenant_id = %s") >= {
        "channel", "direct", "group"}  # fmt: skip
    assert (
        len(kinds(world, seeded, "select distinct channel from public.et_channel_sessions where tenant_id = %s")) >= 6
    )
    days = "select count(distinct created_at::date) from public.et_messages where tenant_id = %s"
    assert min(kinds(world, seeded, days)) >= 20
    ahead = "select count(*) from public.et_messages where tenant_id = %s and created_at > clock_timestamp()"
    assert kinds(world, seeded, ahead) == {0}


def test_a_second_run_finds_it(world: World, database: Database, seeded: Seeded) -> None:
    """Nothing is made twice, and no second password."""
    again = seed(database)
    assert (again.tenant_id, again.is_new, again.password) == (seeded.tenant_id, False, None)
    assert (again.conversations, again.messages) == (seeded.conversations, seeded.messages)


def test_the_same_seed_tells_the_same() -> None:
    """Every name, text and delay of a seed, and others of another."""
    assert script.conversations(1) == script.conversations(1) != script.conversations(2)


def test_other_tenants_are_left_alone(world: World, seeded: Seeded) -> None:
    """No row of theirs came, went or waits otherwise than before."""
    assert kinds(
        world, seeded, "select count(*) from public.et_threads where tenant_id <> %s and kind = 'channel'"
    ) == {0}
    assert kinds(world, seeded, "select count(*) from public.tenant_members where tenant_id <> %s") == {3}


def test_it_can_be_taken_away_and_made_anew(database: Database, world: World, seeded: Seeded) -> None:
    """Removed it is hidden from its own people, and its name is free again; what is not there cannot be removed."""
    with database.connect() as owner:
        assert remove_tenant(owner, 1) == seeded.tenant_id
        assert world.value("select status from public.tenants where id = %s", seeded.tenant_id) == "deleted"
        assert world.value("select count(*) from public.tenants where slug = 'demo'") == 0
        with pytest.raises(NotFound):
            remove_tenant(owner, 1)


def test_a_run_that_is_broken_off_leaves_nothing(database: Database, world: World) -> None:
    """One transaction: the tenant is there whole, or not at all, and the guards stand again."""

    def stop(phase: str, done: int, total: int) -> None:
        if phase == "the past" and done == total:
            raise KeyboardInterrupt

    short = pytest.MonkeyPatch()
    short.setattr(script, "CONVERSATIONS", 12)
    with short.context(), database.connect() as owner, pytest.raises(KeyboardInterrupt):
        seed_tenant(owner, 7, None, stop)
    short.undo()
    assert world.value("select count(*) from public.tenants where slug = 'demo-7'") == 0
    off = "select count(*) from pg_trigger where not tgisinternal and tgenabled <> 'O' and tgrelid::regclass::text like %s"
    assert world.value(off, "%et_messages") == 0


def test_the_owner_alone_may_do_it(database: Database) -> None:
    """A worker's login makes no tenant."""
    with database.connect("parley_worker") as worker, pytest.raises(psycopg.Error):
        seed_tenant(worker, 1, None, lambda *_: None)
