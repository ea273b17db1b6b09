"""What a batch promises beyond the result: once, in order, inside its tenant, without deadlock."""

import json
import random
import threading
from typing import Any

import psycopg
import pytest

from tests.db.helpers import heard
from tests.db.ingest_messages.conftest import for_tenant, make_tenant, message
from tests.support.database import Database


def test_the_same_batch_again_changes_nothing(owner: psycopg.Connection[Any], ingest: Any) -> None:
    """A repeated delivery adds no row, moves no head and makes no work."""
    tenant = make_tenant(owner)
    batch = [message(tenant, f"m{n}", f"p{n % 7}@x.test") for n in range(40)]
    assert not any(duplicate for *_, duplicate in ingest(batch))
    heads = owner.execute(
        "select id, last_seq, last_rev, last_message_at from public.et_threads order by id"
    ).fetchall()
    again = ingest(batch)
    assert [(row[1], row[2], row[3], row[4]) for row in again] == [(None, None, None, True)] * 40
    assert (
        heads
        == owner.execute("select id, last_seq, last_rev, last_message_at from public.et_threads order by id").fetchall()
    )


def test_an_empty_batch_is_answered_with_nothing(ingest: Any) -> None:
    """No messages, no rows, no error."""
    assert ingest([]) == []


def test_one_notification_a_batch(owner: psycopg.Connection[Any], ingest: Any) -> None:
    """Forty waiting threads wake the workers once."""
    tenant = make_tenant(owner)
    owner.execute("listen et_inbound")
    ingest([message(tenant, f"m{n}", f"p{n}@x.test") for n in range(40)])
    assert len(heard(owner)) == 1


def test_a_worker_stays_in_its_tenant(owner: psycopg.Connection[Any], database: Database) -> None:
    """The worker role stores messages of the tenant it has set, and of no other."""
    mine, foreign = make_tenant(owner), make_tenant(owner)
    with database.connect("parley_worker") as worker:
        worker.execute("select set_config('parley.tenant_id', %s, false)", [mine.id])
        call = "select count(*) from private.ingest_messages(%s)"
        worker.execute(call, [json.dumps([message(mine, "m1", "a@x.test")])])
        with pytest.raises(psycopg.errors.DatabaseError) as refused:
            worker.execute(call, [json.dumps([message(mine, "m2", "a@x.test"), message(foreign, "m1", "a@x.test")])])
    assert refused.value.sqlstate == "PT403"
    assert owner.execute("select count(*) from public.et_messages").fetchone() == (1,)


def test_batches_in_any_order_do_not_deadlock(owner: psycopg.Connection[Any], database: Database) -> None:
    """Writers that send the same new people and ids in different orders all finish, and each message is there once."""
    tenant = make_tenant(owner)
    failures: list[Exception] = []

    def write(seed: int) -> None:
        random_ = random.Random(seed)
        rows = [{"external_id": f"m{n}", "address": f"p{n % 20}@x.test"} for n in range(120)]
        random_.shuffle(rows)
        with database.connect() as connection:
            for start in range(0, 120, 30):
                batch = json.dumps(for_tenant(tenant, rows[start : start + 30]))
                try:
                    connection.execute("select count(*) from private.ingest_messages(%s)", [batch])
                except psycopg.Error as error:
                    failures.append(error)

    writers = [threading.Thread(target=write, args=[seed]) for seed in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []
    assert owner.execute("select count(*), count(distinct external_message_id) from public.et_messages").fetchone() == (
        120, 120,
    )  # fmt: skip
    broken = owner.execute("select invariant from private.check_invariants() where violations > 0").fetchall()
    assert broken == []
