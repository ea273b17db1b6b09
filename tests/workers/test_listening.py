"""A wake-up is a hint: whatever becomes of it, the work is done, and the listening comes back by itself."""

import time
from urllib.parse import urlsplit, urlunsplit

from tests.support.proxy import Proxy
from tests.workers.harness import Room, someone, wait_until

NEVER = {"PARLEY_POLL_INTERVAL_MS": "600000"}
"""Without polling only a wake-up gets anything done."""


def wait_for_decision(room: Room) -> None:
    """A message arrives, and is decided long before a worker that does not poll would look again."""
    row = room.world.arrive(room.tenant(), someone(), "What are your opening hours?")
    room.decided(row["id"])


def test_a_notification_alone_wakes_the_worker(room: Room) -> None:
    """Without any polling a message is decided at once: the wake-up works."""
    room.start("inbound", **NEVER)
    room.wait_for_listeners("inbound")
    time.sleep(0.5)
    for _ in range(5):
        wait_for_decision(room)


def test_a_worker_whose_listening_was_cut_polls_and_listens_again(room: Room) -> None:
    """The LISTEN backend is terminated: work goes on by polling, and listening comes back."""
    room.start("inbound")
    room.wait_for_listeners("inbound")
    for _ in range(3):
        (pid,) = room.listeners("inbound")
        room.world.owner.execute("select pg_terminate_backend(%s)", [pid])
        wait_for_decision(room)
        wait_until(lambda pid=pid: set(room.listeners("inbound")) - {pid})  # type: ignore[misc]


def test_what_came_while_nobody_listened_is_found_after_the_reconnect(room: Room) -> None:
    """Without polling: a message that arrives between the cut and the new LISTEN is still decided."""
    room.start("inbound", **NEVER)
    room.wait_for_listeners("inbound")
    time.sleep(0.5)
    room.world.owner.execute("select pg_terminate_backend(%s)", room.listeners("inbound"))
    wait_for_decision(room)


def test_lost_notifications_cost_a_poll_and_nothing_else(room: Room) -> None:
    """The trigger that notifies is gone: polling finds the work."""
    room.world.owner.execute("drop trigger inbound_work_900_wake on private.inbound_work")
    room.start("inbound")
    room.wait_for_listeners("inbound")
    time.sleep(0.5)
    for _ in range(3):
        wait_for_decision(room)


def test_connections_that_died_without_a_word_are_replaced(room: Room) -> None:
    """Every connection of the worker falls silent, as behind a firewall that forgot them.

    Work is done again, and a new connection listens, long before the network would give the old ones up.
    """
    url = room.settings.worker_database_url
    parts = urlsplit(url)
    with Proxy((parts.hostname or "", parts.port or 0)) as proxy:
        place = parts.netloc.rpartition("@")[0] + f"@127.0.0.1:{proxy.port}"
        room.start("inbound", PARLEY_WORKER_DATABASE_URL=urlunsplit(parts._replace(netloc=place)))
        room.wait_for_listeners("inbound")
        wait_for_decision(room)
        before = set(room.listeners("inbound"))
        assert proxy.swallow() >= 2
        wait_for_decision(room)
        wait_until(lambda: set(room.listeners("inbound")) - before)
