"""A conversation goes on while notifiers work: what is told, once."""

import random
import threading
from typing import Any

from psycopg.types.json import Jsonb

from tests.db.helpers import World
from tests.db.push.test_notifying import ACCEPTED, finish
from tests.db.push.test_people import Pushed


def work_badly(connection: Any, worker: str) -> None:
    """One round of a notifier that stops before one call in five, and is told to come later by one in five."""
    for push in connection.execute("select * from private.claim_pushes(%s, 5)", [worker]).fetchall():
        held = [push["tenant_id"], push["push_id"], push["fence"]]
        kind = random.choice(["released", "retry", "accepted", "accepted", "accepted"])
        if kind != "released":
            connection.execute("select private.start_push(%s, %s, %s)", held)
        connection.execute("select private.finish_push(%s, %s, %s, %s)", [*held, Jsonb({"kind": kind})])


def test_nothing_is_lost_or_doubled_while_people_talk_and_notifiers_work(world: World) -> None:
    """Two notifiers beside a conversation of sixty messages: each message is told in exactly one push that left."""
    chat = Pushed(world)
    ann, _, thread = chat.talk()
    over = threading.Event()

    def work(connection: Any, number: int) -> set[str]:
        if number == 0:
            said = {chat.say(ann, thread, str(count))["message_id"] for count in range(60)}
            over.set()
            return said
        while not over.wait(0.002):
            work_badly(connection, f"n{number}")
        return set()

    said = world.together(3, work)[0]
    for _ in range(12):
        world.end_rests("notification_pushes")
        for push in chat.due():
            finish(world, push, ACCEPTED)
    rows = world.all(
        "select status, reason, message_ids from private.notification_pushes where tenant_id = %s", chat.tenant.id
    )
    told = [str(one) for row in rows if row["status"] == "pushed" for one in row["message_ids"]]
    assert sorted(told) == sorted(said), "each in exactly one push that left"
    assert {(row["status"], row["reason"]) for row in rows} <= {("pushed", None), ("skipped", "joined")}
    chat.sound()
