"""Senders, editors, judges, a policy that changes and people who take back, all at once: nothing slips through."""

import random
import threading
import uuid

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.db.chat.kit import Person
from tests.db.helpers import Row, World
from tests.db.moderation.kit import Judged
from tests.support.database import as_user

SECRET = "zq5550100"


def writes(world: World, thread: str, who: Person, seed: int, done: threading.Event) -> None:
    """A person writes, changes and takes back, as fast as he can."""
    dice = random.Random(seed)
    mine: list[str] = []
    with world.database.connect("parley_api", row_factory=dict_row) as connection:
        for number in range(40):
            text = f"{SECRET} {number}" if dice.random() < 0.5 else f"fine {number}"
            call, values = ("send_message(%s, %s)", [uuid.UUID(thread), text])
            if mine and dice.random() < 0.4:
                call, values = ("edit_own_message(%s, %s)", [uuid.UUID(dice.choice(mine)), text])
            elif mine and dice.random() < 0.2:
                call, values = ("delete_own_message(%s)", [uuid.UUID(mine.pop())])
            try:
                with as_user(connection, who.user):
                    row = connection.execute(f"select public.{call} as a", values).fetchone()
                assert row is not None
                mine.append(row["a"]["message_id"])
            except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                continue
            except psycopg.Error as error:
                assert error.sqlstate == "PT409", error
    done.set()


def judges(chat: Judged, name: str, over: threading.Event) -> None:
    """A moderator: masks or stops what holds the secret, and is killed now and then."""
    dice = random.Random(name)
    with chat.world.database.connect("parley_worker", row_factory=dict_row) as connection:
        while True:
            last = over.is_set()
            jobs: list[Row] = connection.execute(
                "select * from private.claim_moderation(%s, 5)", [name]).fetchall()  # fmt: skip
            if last and not jobs:
                waits = connection.execute("select depth from private.queue_metrics() where queue = 'moderation'"
                                           " and tenant_id = %s", [chat.tenant.id]).fetchone()  # fmt: skip
                if not waits:
                    return
            for job in jobs:
                if dice.random() < 0.1:
                    connection.execute("select private.fail_moderation(%s, %s, %s, null)",
                                       [job["tenant_id"], job["message_id"], job["fence"]])  # fmt: skip
                    continue
                bad = SECRET in job["inputs"]["body"]
                verdict = chat.verdict(job["inputs"], dice.choice(("filtered", "blocked", "review")) if bad else "approved",
                                       filtered_content="[masked]")  # fmt: skip
                connection.execute("select private.record_verdict(%s, %s, %s, %s)",
                                   [job["tenant_id"], job["message_id"], Jsonb(verdict), job["fence"]])  # fmt: skip


def reads(world: World, who: Person, over: threading.Event, seen: list[str]) -> None:
    """The recipient looks all the time, wherever a text may be."""
    with world.database.connect("parley_api", row_factory=dict_row) as connection:
        while not over.is_set():
            with as_user(connection, who.user):
                rows = connection.execute(
                    "select m.body as t from public.et_messages as m where m.sender_user_id <> %s"
                    " union all select t.preview from public.et_threads as t", [who.user]).fetchall()  # fmt: skip
                seen += [row["t"] for row in rows if row["t"] and SECRET in row["t"]]


def test_nothing_slips_through_a_storm(world: World) -> None:
    """Two who write, two judges, a changing policy, one who reads: he never sees the secret, and all ends sound."""
    chat = Judged(world)
    ann, bob, thread = chat.talk()
    cid = chat.person("Cid", "provider")
    over, seen = threading.Event(), list[str]()
    dones = [threading.Event(), threading.Event()]
    threads = [
        threading.Thread(target=writes, args=(world, thread, ann, 1, dones[0])),
        threading.Thread(target=writes, args=(world, thread, ann, 2, dones[1])),
        threading.Thread(target=judges, args=(chat, "m1", over)),
        threading.Thread(target=judges, args=(chat, "m2", over)),
        threading.Thread(target=reads, args=(world, bob, over, seen)),
    ]
    for one in threads:
        one.start()
    while not all(done.wait(0.1) for done in dones):
        chat.decree({"window": 3, "lanes": {"people": {"before": {}, "after": {}}}})
    over.set()
    for one in threads:
        one.join(60)
        assert not one.is_alive()
    assert seen == []
    assert world.all("select m.id from public.et_messages as m where m.tenant_id = %s and m.moderation_status = 'pending'",
                     chat.tenant.id) == []  # fmt: skip
    assert not any(SECRET in body for body in chat.bodies(bob, thread)) and chat.list(cid) == []
    chat.sound()
