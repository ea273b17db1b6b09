"""What is left behind when clients leave, and what a gateway refuses as a whole."""

import gc

import httpx
import pytest

from app.realtime.channel import Channel
from app.realtime.limits import Limits
from tests.realtime.conftest import SERVER_KEY, People, Running, serving, token
from tests.support.database import Database


async def test_who_left_leaves_nothing_behind(gateway: Running, people: People) -> None:
    """Clients that leave, hang up, or join again: no channel, room, presence or timer of theirs remains."""
    topic = f"thread:{people.thread}"
    for turn in range(20):
        async with gateway.client() as ann:
            await ann.join(topic, token(people.ann), presence={"key": "ann", "enabled": True})
            await ann.send(f"realtime:{topic}", "presence", {"event": "track", "payload": {"turn": turn}})
            await ann.frame("phx_reply")
            if turn % 3 == 0:
                await ann.send(f"realtime:{topic}", "phx_leave", {})
                await ann.frame("phx_close")
            elif turn % 3 == 1:
                await ann.join(topic, token(people.ann))
    inside = gateway.app.gateway
    await gateway.until(lambda: not inside.sockets and inside.rooms.count() == 0)
    assert (inside.rooms._of_user, inside.clock._due) == ({}, {})
    await gateway.until(lambda: gc.collect() >= 0 and not any(isinstance(one, Channel) for one in gc.get_objects()))


async def test_joining_twice_replaces_the_channel(gateway: Running, people: People) -> None:
    """The older one is closed under its own ref, and frames that are meant for it are dropped."""
    topic = f"user:{people.ann}"
    async with gateway.client() as ann:
        await ann.join(topic, token(people.ann), broadcast={"self": True})
        await ann.send(
            f"realtime:{topic}", "phx_join",
            {"access_token": token(people.ann), "config": {"private": True, "broadcast": {"self": True}}}, join_ref="2",
        )  # fmt: skip
        assert (await ann.frame("phx_close"))[:2] == ["1", "1"]
        assert (await ann.frame("phx_reply"))[4]["status"] == "ok"
        for join_ref, n in (("1", 1), ("2", 2)):
            said = {"type": "broadcast", "event": "note", "payload": {"n": n}}
            await ann.send(f"realtime:{topic}", "broadcast", said, join_ref=join_ref)
        assert (await ann.told("note"))["payload"] == {"n": 2}


async def test_one_that_cannot_be_judged_is_closed_and_the_next_is_judged(
    gateway: Running, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake of ours while rights are looked at ends that channel, and not the looking."""
    look_again = Channel.look_again

    async def fails_for_ann(channel: Channel) -> None:
        if channel.claims.sub == str(people.ann):
            raise ValueError(channel.topic)
        await look_again(channel)

    monkeypatch.setattr(Channel, "look_again", fails_for_ann)
    topic = f"thread:{people.thread}"
    async with gateway.client() as ann, gateway.client() as bob:
        await ann.join(topic, token(people.ann))
        await bob.join(topic, token(people.bob))
        people.run("select pg_notify('et_realtime', %s)", f"user:{people.ann}")
        assert (await ann.frame("system"))[4]["message"] == "Its rights could not be judged"
        people.run(
            "update public.thread_participants set left_at = now() where thread_id = %s and user_id = %s",
            people.thread, people.bob,
        )  # fmt: skip
        assert (await bob.frame("system"))[4]["status"] == "error"


async def test_public_channels_may_be_refused(module_database: Database, people: People) -> None:
    """Where only private channels are allowed, public ones are refused in hosted's words, over HTTP as well."""
    limits = Limits(join_backoff_s=0.0)
    async with serving(module_database, limits, realtime_channels="private") as closed, closed.client() as ann:
        refused = await ann.join("lobby", private=False)
        assert refused["response"]["reason"] == "PrivateOnly: This project only allows private channels"
        assert (await ann.join(f"user:{people.ann}", token(people.ann)))["status"] == "ok"
        async with httpx.AsyncClient(headers={"apikey": SERVER_KEY}) as http:
            body = {"messages": [{"topic": "lobby", "event": "note", "payload": {}}]}
            assert (await http.post(f"{closed.url}/api/broadcast", json=body)).status_code == 403


async def test_topics_have_names(gateway: Running) -> None:
    """No name, a foreign prefix, or more than one length byte can tell: refused."""
    async with gateway.client() as client:
        for name in ("", "x" * 247):
            assert (await client.join(name, private=False))["response"]["reason"].startswith("TopicNameRequired: ")
        await client.send("elsewhere:x", "phx_join", {}, join_ref="1")
        assert (await client.frame("phx_reply"))[4]["status"] == "error"
