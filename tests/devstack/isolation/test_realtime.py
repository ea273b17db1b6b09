"""Realtime: no topic of others is joined, spoken or shown on, and asking for one is on record."""

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import connect

from tests.devstack.isolation.conftest import Actor, Scene
from tests.realtime.conftest import Client

KEYS = "apikey={}&vsn=2.0.0"


async def try_topic(scene: Scene, actor: Actor, topic: str) -> list[Any]:
    """Join, then broadcast and show presence all the same; the replies, without their refs."""
    key = scene.local.project.publishable_key
    address = f"{scene.local.project.url.replace('http', 'ws')}/realtime/v1/websocket?{KEYS.format(key)}"
    said = []
    async with connect(address, max_size=None, proxy=None) as socket:
        client = Client(socket)
        joined = await client.join(topic, None if actor.user is None else actor.token)
        said.append(joined)
        for event, payload in (
            ("broadcast", {"type": "broadcast", "event": "typing", "payload": {}}),
            ("presence", {"type": "presence", "event": "track", "payload": {}}),
        ):
            await client.send(f"realtime:{topic}", event, payload, join_ref="1")
        await client.send("phoenix", "heartbeat", {})
        while (frame := json.loads(await socket.recv()))[2] != "phoenix":
            said.append([frame[3], frame[4]])
    return said


@pytest.mark.parametrize("kind", ["thread", "user", "inbox"])
async def test_a_topic_of_others_is_closed_and_on_record(scene: Scene, kind: str) -> None:
    """Whoever is nobody there gets the words of a topic that does not exist; the attempt is logged once for each."""
    topic = f"{kind}:{ {'thread': scene.thread, 'user': scene.tenant.people['agent'], 'inbox': scene.tenant.id}[kind] }"
    nobody = f"{kind}:00000000-0000-7000-8000-00000000dead"
    # A refusal takes its second, so all of them try at once. A viewer may listen to his own inbox.
    actors = [one for one in scene.actors.values() if (kind, one.name) != ("inbox", "viewer")]
    before = scene.attempts()
    missing = await asyncio.gather(*(try_topic(scene, actor, nobody) for actor in actors))
    assert scene.attempts() == before
    refused = await asyncio.gather(*(try_topic(scene, actor, topic) for actor in actors))
    for actor, one, none in zip(actors, refused, missing, strict=True):
        assert json.dumps(one).replace(topic, "T") == json.dumps(none).replace(nobody, "T"), actor.name
        assert one[0]["status"] == "error", actor.name
    rows = scene.attempts()[len(before) :]
    assert {(row["surface"], row["object_kind"], row["object_id"]) for row in rows} == {("realtime", "topic", topic)}
    outside = [actor for actor in actors if actor.works != scene.tenant.id]
    known = sorted(f"user:{actor.user}" for actor in outside if actor.user)
    assert sorted(row["actor"] for row in rows if row["actor"].startswith("user:")) == known
    assert len(rows) == len(outside)


async def test_who_takes_part_gets_in(scene: Scene) -> None:
    """The same frames are taken from one of them."""
    ann = scene.as_person(scene.ann)
    for topic in (f"thread:{scene.thread}", f"user:{scene.ann.user}"):
        joined, *_ = await try_topic(scene, ann, topic)
        assert joined["status"] == "ok", topic


async def test_a_broadcast_over_http_reaches_nobody(scene: Scene) -> None:
    """What a stranger sends to a private topic is not kept and not told."""
    count = "select count(*) from realtime.messages where topic = %s"
    topic = f"thread:{scene.thread}"
    before = scene.world.value(count, topic)
    for actor in scene.actors.values():
        scene.ask(actor, "POST", "/realtime/v1/api/broadcast", json={
            "messages": [{"topic": topic, "event": "typing", "payload": {}, "private": True}]})  # fmt: skip
    assert scene.world.value(count, topic) == before
