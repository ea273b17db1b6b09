"""What clients say to each other, in text, in binary frames and over HTTP."""

import json
import time
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from app.realtime import frames
from app.realtime import limits as realtime_limits
from app.realtime.limits import Limits
from tests.realtime.conftest import SERVER_KEY, Client, People, Running, serving, token
from tests.support.database import Database


def pushed(topic: str, event: str, data: bytes, *, ref: str = "9", is_json: bool = True) -> bytes:
    """A binary frame of kind 3, as realtime-js sends broadcasts."""
    parts = [b"1", ref.encode(), f"realtime:{topic}".encode(), event.encode(), b""]
    return bytes([3, *map(len, parts), int(is_json)]) + b"".join(parts) + data


async def joined(client: Client, topic: str, access: str, **config: Any) -> None:
    """Join a private topic under join_ref 1."""
    assert (await client.join(topic, access, **config))["status"] == "ok"


async def test_typing_reaches_the_others(gateway: Running, people: People) -> None:
    """A participant's broadcast is heard by the other one, not by himself."""
    topic = f"thread:{people.thread}"
    async with gateway.client() as ann, gateway.client() as bob:
        await joined(ann, topic, token(people.ann))
        await joined(bob, topic, token(people.bob))
        await ann.socket.send(pushed(topic, "typing", b'{"on":true}'))
        assert (await bob.told("typing"))["payload"] == {"on": True}
        await ann.silent("typing")


async def test_self_and_ack(gateway: Running, people: People) -> None:
    """With self the sender hears himself; with ack he is answered after everybody was told."""
    topic = f"user:{people.ann}"
    async with gateway.client() as ann:
        await joined(ann, topic, token(people.ann), broadcast={"self": True, "ack": "true"})
        await ann.socket.send(pushed(topic, "note", b'{"n":1}', ref="77"))
        assert (await ann.told("note"))["payload"] == {"n": 1}
        reply = await ann.frame("phx_reply")
        assert (reply[1], reply[4]["status"]) == ("77", "ok")


async def test_bytes_stay_bytes(gateway: Running, people: People) -> None:
    """An opaque payload arrives as it was sent."""
    topic = f"user:{people.ann}"
    async with gateway.client() as ann, gateway.client() as again:
        await joined(ann, topic, token(people.ann))
        await joined(again, topic, token(people.ann))
        await ann.socket.send(pushed(topic, "blob", b"\x00\xff{", is_json=False))
        assert (await again.told("blob"))["payload"] == b"\x00\xff{"


@pytest.mark.parametrize(
    "frame",
    [b"", b"\x03", pushed("x", "e", b"{broken"), pushed("x", "e", b"1}, {"), "[]", "nonsense", '{"a":', "[" * 5000,
     bytes([3, 255, 255, 255, 255, 255, 1]) + b"x"],
)  # fmt: skip
async def test_broken_frames_are_dropped(gateway: Running, frame: str | bytes) -> None:
    """What cannot be read is dropped, and the connection goes on."""
    async with gateway.client() as client:
        await client.socket.send(frame)
        await client.send("phoenix", "heartbeat", {})
        assert (await client.frame("phx_reply"))[4] == {"status": "ok", "response": {}}


async def test_who_may_only_read_speaks_to_nobody(gateway: Running, people: People) -> None:
    """A viewer's broadcast is dropped without a word, though he hears the inbox."""
    topic = f"inbox:{people.tenant}"
    async with gateway.client() as staff, gateway.client() as viewer:
        await joined(staff, topic, token(people.staff, tenant=people.tenant))
        await joined(viewer, topic, token(people.viewer, tenant=people.tenant), broadcast={"ack": True})
        await viewer.socket.send(pushed(topic, "shout", b"{}"))
        await staff.silent("shout")
        await staff.socket.send(pushed(topic, "shout", b"{}"))
        assert (await viewer.told("shout"))["payload"] == {}


async def test_text_clients_hear_json_alone(gateway: Running, people: People) -> None:
    """Version 1.0.0 gets JSON as text, with a ref of null, and no bytes."""
    from websockets.asyncio.client import connect

    topic = f"user:{people.ann}"
    address = f"ws://127.0.0.1:{gateway.port}/socket/websocket?apikey=sb_publishable_test"
    async with gateway.client() as ann, connect(address) as old:
        await joined(ann, topic, token(people.ann))
        config = {"config": {"private": True}, "access_token": token(people.ann)}
        await old.send(json.dumps({"topic": f"realtime:{topic}", "event": "phx_join", "payload": config, "ref": "1"}))
        assert json.loads(await old.recv())["payload"]["status"] == "ok"
        await ann.socket.send(pushed(topic, "blob", b"\xff", is_json=False))
        await ann.socket.send(pushed(topic, "note", b'{"n":1}'))
        frame = json.loads(await old.recv())
        assert frame["ref"] is None and frame["payload"] == {"type": "broadcast", "event": "note", "payload": {"n": 1}}
        text = {"type": "broadcast", "event": "back", "payload": {"n": 2}}
        await old.send(
            json.dumps(
                {"topic": f"realtime:{topic}", "event": "broadcast", "payload": text, "ref": "2", "join_ref": "1"}
            )
        )
        assert (await ann.told("back"))["payload"] == {"n": 2}


async def test_http_batches(gateway: Running, people: People) -> None:
    """The batch endpoint answers 202; private entries the caller may not write are left out."""
    body = {"messages": [
        {"topic": f"user:{people.ann}", "event": "note", "payload": {"n": 1}, "private": True},
        {"topic": f"user:{people.bob}", "event": "note", "payload": {"n": 2}, "private": True},
    ]}  # fmt: skip
    async with gateway.client() as ann, gateway.client() as bob, httpx.AsyncClient() as http:
        await joined(ann, f"user:{people.ann}", token(people.ann))
        await joined(bob, f"user:{people.bob}", token(people.bob))
        headers = {"apikey": "sb_publishable_test", "authorization": f"Bearer {token(people.ann)}"}
        answer = await http.post(f"{gateway.url}/api/broadcast", json=body, headers=headers)
        assert (answer.status_code, answer.content) == (202, b"")
        assert (await ann.told("note"))["payload"] == {"n": 1}
        await bob.silent("note")


async def test_http_single(gateway: Running, people: People) -> None:
    """One message by path: JSON or bytes, refused by name where it may not be."""
    topic = f"user:{people.ann}"
    place = f"{gateway.url}/api/broadcast/{topic.replace(':', '%3A')}/events/note"
    async with gateway.client() as ann, httpx.AsyncClient(headers={"apikey": SERVER_KEY}) as http:
        await joined(ann, topic, token(people.ann))
        assert (await http.post(f"{place}?private=true", json={"n": 1})).status_code == 202
        assert (await ann.told("note"))["payload"] == {"n": 1}
        sent = await http.post(
            f"{place}?private=true", content=b"\xff", headers={"content-type": "application/octet-stream"}
        )
        assert sent.status_code == 202
        assert (await ann.told("note"))["payload"] == b"\xff"
        stranger = {"authorization": f"Bearer {token(people.bob)}"}
        codes = [
            (await http.post(f"{place}?private=true", json={}, headers=stranger)).status_code,
            (await http.post(place, content=b"<a/>", headers={"content-type": "text/xml"})).status_code,
            (await http.post(place, content=b"{", headers={"content-type": "application/json"})).status_code,
            (await http.post(place, json={}, headers={"authorization": "Bearer nonsense"})).status_code,
            (await http.post(f"{gateway.url}/api/elsewhere", json={})).status_code,
            (await http.get(place)).status_code,
        ]
        assert codes == [403, 415, 422, 401, 404, 405]
    async with httpx.AsyncClient() as nobody:
        assert (await nobody.post(place, json={})).status_code == 401


async def test_too_much_is_refused(module_database: Database, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large payloads, floods, too many channels: in hosted's words; the connection itself goes on."""
    limits = Limits(payload_bytes=100, events_per_s=5, channels_per_connection=2, join_backoff_s=0.0, connections=1)
    topic, second = f"user:{people.ann}", time.monotonic()
    async with serving(module_database, limits) as small, small.client() as ann:
        await joined(ann, topic, token(people.ann), broadcast={"ack": True})
        monkeypatch.setattr(realtime_limits, "time", SimpleNamespace(monotonic=lambda: second))
        await ann.socket.send(pushed(topic, "big", b'"' + b"x" * 100 + b'"'))
        assert (await ann.frame("phx_reply"))[4]["response"] == {"error": "payload_size_exceeded"}
        for _ in range(5):
            await ann.socket.send(pushed(topic, "flood", b"{}"))
        assert (await ann.frame("system"))[4]["message"] == "Too many messages per second"
        assert (await ann.frame("phx_close"))[0] == "1"
        answer = await ann.join("room-0", private=False)
        assert answer["response"]["reason"] == "ClientJoinRateLimitReached: Too many joins per second"
        second += 2
        for number in (1, 2, 3):
            answer = await ann.join(f"room-{number}", private=False)
        assert answer["response"]["reason"] == "ChannelRateLimitReached: Too many channels"
        with pytest.raises(Exception, match="429"):
            async with small.client():
                pass


async def test_a_client_that_does_not_read_is_cut_off(module_database: Database, people: People) -> None:
    """Its outbox is bounded: it is hung up on, and the others are served on meanwhile."""
    limits = Limits(outbox_bytes=300_000, join_backoff_s=0.0)
    topic = f"user:{people.ann}"
    load = frames.Broadcast("load", b'"' + b"x" * 200_000 + b'"')
    async with serving(module_database, limits) as small, small.client() as reads:
        await joined(reads, topic, token(people.ann))
        async with small.client(max_queue=1, close_timeout=0.1) as asleep:
            await joined(asleep, topic, token(people.ann))
            sockets = small.app.gateway.sockets
            for _ in range(400):
                small.app.gateway.rooms.publish(True, topic, load)
                assert await reads.told("load")
                if len(sockets) == 1:
                    break
            assert len(sockets) == 1
