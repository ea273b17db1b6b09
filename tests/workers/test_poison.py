"""A message that kills whoever decides on it: it takes eight workers along, and nobody else's message with it."""

import os
import time
from pathlib import Path

from tests.support.database import Database
from tests.workers.harness import QUESTION, Room, is_alive, wait_until

POISON = "Please read this and drop dead."
LEFT = "select 1 from pg_stat_activity where datname = current_database() and application_name like 'inbound:%%'"


def test_a_message_that_kills_workers_harms_nobody_else(database: Database, tmp_path: Path) -> None:
    """Forty messages, one of them deadly: the worker is started again whenever it died, thirty-nine are decided."""
    room = Room(database, tmp_path)
    try:
        tenant = room.tenant()
        killer = room.world.arrive(tenant, "killer@people.test", POISON)
        others = [room.world.arrive(tenant, f"p{number}@people.test", QUESTION) for number in range(39)]
        started, deaths, pid = time.monotonic(), 0, room.fork("fragile").pid
        while room.unsettled()["inbound"]:
            assert time.monotonic() < started + 400, f"{deaths} deaths: {room.logs()}"
            if not is_alive(pid):
                deaths += 1
                wait_until(lambda: not room.world.all(LEFT), what="a claim of the dead one is still under way")
                room.world.expire_leases("inbound_work")  # and whatever rest comes after a lease that was lost
                pid = room.fork("fragile").pid
            time.sleep(0.02)
        took = time.monotonic() - started
        os.kill(pid, 9)
        decided = room.world.value(
            "select extract(epoch from max(created_at) - min(created_at))::float8 from public.inbound_decisions"
            " where action <> 'error'"
        )
        print(f"{deaths} deaths; set aside after {took:.1f} s, everybody else decided within {decided:.1f} s")
        assert room.world.status(killer["id"]) == "inbound_error"
        assert {room.world.status(message["id"]) for message in others} == {"inbound_ai_replied"}
        assert deaths == 8
        assert room.violations() == []
    finally:
        room.close()
