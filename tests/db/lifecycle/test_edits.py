"""Edits beside decisions: locks are taken in one order, so nobody has to be sent away to try again."""

import threading
import time
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from tests.db.helpers import World

EDIT = "select public.edit_message(%s, %s)"


def deadlocks(world: World) -> int:
    """How many the server has broken up in this database."""
    return int(world.value("select deadlocks from pg_stat_database where datname = current_database()"))


def waits_for_a_lock(world: World, pid: int) -> bool:
    """Whether a backend waits for somebody's row."""
    with world.database.connect("admin") as admin:
        row = admin.execute("select wait_event_type from pg_stat_activity where pid = %s", [pid]).fetchone()
    return row is not None and row[0] == "Lock"


def test_an_edit_waits_for_the_decision_without_holding_what_it_needs(world: World) -> None:
    """The decision has the thread and wants the message; the edit waits for the thread and holds no message."""
    message = world.arrive(world.tenant())
    (claim,) = world.claim()
    with world.database.connect("admin") as deciding, world.database.connect("admin") as editing:
        editing.execute("set role service_role")
        with deciding.transaction():
            # The first lock of complete_inbound().
            deciding.execute("set local lock_timeout = '30s'")
            deciding.execute("select from public.et_threads where id = %s for no key update", [message["thread_id"]])
            edit = threading.Thread(target=editing.execute, args=(EDIT, [message["id"], Jsonb({"body": "edited"})]))
            edit.start()
            deadline = time.monotonic() + 60
            while not waits_for_a_lock(world, editing.info.backend_pid):
                assert edit.is_alive() and time.monotonic() < deadline
                time.sleep(0.01)
            row = deciding.execute(
                "select private.complete_inbound(%s, %s, %s, %s, %s)",
                [claim["tenant_id"], claim["thread_id"], claim["fence"], claim["last_seq"],
                 Jsonb({"action": "no_reply", "intent": "thanks", "control_epoch": claim["control_epoch"]})],
            ).fetchone()  # fmt: skip
            assert row and row[0]["result"] == "recorded"
        edit.join(60)
        assert not edit.is_alive()
    left = world.message(message["id"])
    assert (left["body"], left["delivery_status"]) == ("edited", "inbound_ai_replied")


def test_a_storm_of_edits_and_decisions_has_no_deadlock(world: World) -> None:
    """Two editors and two workers on the same few conversations: nobody is asked to retry, every promise holds."""
    tenant = world.tenant(ai_enabled=True)
    messages = [world.arrive(tenant, f"{number}@people.test") for number in range(3)]
    before, until = deadlocks(world), time.monotonic() + 4

    def edit(connection: psycopg.Connection[Any], number: int) -> int:
        done = 0
        connection.execute("set role service_role")
        while time.monotonic() < until or done <= 10:
            for message in messages:
                connection.execute(EDIT, [message["id"], Jsonb({"body": f"{number}.{done}"})])
                done += 1
        return done

    def decide() -> int:
        done = 0
        while time.monotonic() < until or done <= 10:
            for message in messages:
                world.arrive(tenant, message["sender_address"], f"more {done}")
            for claim in world.claim(limit=3):
                world.complete(claim, "no_reply")
                done += 1
        return done

    edited: list[int] = []
    editors = threading.Thread(target=lambda: edited.extend(world.together(2, edit, "admin")))
    editors.start()
    decided = decide()
    editors.join(60)
    assert decided > 10 and len(edited) == 2 and min(edited) > 10
    assert deadlocks(world) == before and world.violations(tenant) == {}
