"""Who is there."""

from typing import Any

from app.realtime.limits import Limits
from tests.realtime.conftest import Client, Later, People, Running, serving, token
from tests.support.database import Database


async def tracked(client: Client, topic: str, said: dict[str, Any]) -> Any:
    """Track, and the reply's payload."""
    await client.send(f"realtime:{topic}", "presence", {"type": "presence", "event": "TRACK", "payload": said})
    return (await client.frame("phx_reply"))[4]


async def test_coming_and_going_is_told(gateway: Running, people: People) -> None:
    """State once after the join, even when empty; then differences: new metas, changed ones, and who left or hung up."""
    topic = f"thread:{people.thread}"
    async with gateway.client() as ann:
        await ann.join(topic, token(people.ann), presence={"key": "ann", "enabled": True})
        assert (await ann.frame("presence_state"))[4] == {}
        async with gateway.client() as bob:
            await bob.join(topic, token(people.bob), presence={"key": "bob", "enabled": True})
            assert (await tracked(bob, topic, {"mood": "fine"}))["status"] == "ok"
            diff = (await ann.frame("presence_diff"))[4]
            first = diff["joins"]["bob"]["metas"][0]
            assert (first["mood"], diff["leaves"]) == ("fine", {})
            await tracked(bob, topic, {"mood": "fine"})  # says nothing new
            await tracked(bob, topic, {"mood": "better"})
            diff = (await ann.frame("presence_diff"))[4]
            assert diff["joins"]["bob"]["metas"][0]["phx_ref_prev"] == first["phx_ref"]
            assert diff["leaves"]["bob"]["metas"][0]["phx_ref"] == first["phx_ref"]
            async with gateway.client() as late:
                await late.join(topic, token(people.ann), presence={"key": "late", "enabled": True})
                state = (await late.frame("presence_state"))[4]
                assert state["bob"]["metas"][0]["mood"] == "better"
        gone = (await ann.frame("presence_diff"))[4]
        assert gone["leaves"]["bob"]["metas"][0]["mood"] == "better"


async def test_who_tracks_sees_the_others(gateway: Running, people: People) -> None:
    """A client that did not ask for presence is given it with its first track: who is there, then differences."""
    topic = f"thread:{people.thread}"
    async with gateway.client() as ann, gateway.client() as bob:
        await ann.join(topic, token(people.ann), presence={"key": "ann", "enabled": True})
        await tracked(ann, topic, {"n": 1})
        await bob.join(topic, token(people.bob), presence={"key": "bob"})
        await tracked(bob, topic, {"n": 2})
        state = (await bob.frame("presence_state"))[4]
        assert {key: one["metas"][0]["n"] for key, one in state.items()} == {"ann": 1, "bob": 2}
        await tracked(ann, topic, {"n": 3})
        while "ann" not in (diff := (await bob.frame("presence_diff"))[4])["joins"]:
            pass
        assert diff["joins"]["ann"]["metas"][0]["n"] == 3


async def test_presence_ends_with_the_token_and_on_untrack(gateway: Running, people: People, later: Later) -> None:
    """A channel that is closed leaves; so does who says so."""
    topic = f"thread:{people.thread}"
    async with gateway.client() as ann, gateway.client() as bob:
        await ann.join(topic, token(people.ann), presence={"key": "ann", "enabled": True})
        await bob.join(topic, token(people.bob, lasts=300), presence={"key": "bob"})
        await tracked(bob, topic, {})
        assert "bob" in (await ann.frame("presence_diff"))[4]["joins"]
        await bob.send(f"realtime:{topic}", "presence", {"event": "untrack"})
        assert "bob" in (await ann.frame("presence_diff"))[4]["leaves"]
        await tracked(bob, topic, {"n": 2})
        assert "bob" in (await ann.frame("presence_diff"))[4]["joins"]
        later(301)
        assert "bob" in (await ann.frame("presence_diff"))[4]["leaves"]  # the token ran out


async def test_presence_has_limits_and_rights(module_database: Database, people: People) -> None:
    """Who may not write is not present; what is no object, or too often, is refused."""
    limits = Limits(presence_calls=3, join_backoff_s=0.0)
    inbox = f"inbox:{people.tenant}"
    async with serving(module_database, limits) as small, small.client() as viewer, small.client() as ann:
        await viewer.join(inbox, token(people.viewer, tenant=people.tenant), presence={"key": "v", "enabled": True})
        assert (await tracked(viewer, inbox, {}))["status"] == "error"
        topic = f"user:{people.ann}"
        await ann.join(topic, token(people.ann), presence={"key": "ids", "enabled": True})  # breaks supabase-js
        await ann.send(f"realtime:{topic}", "presence", {"event": "track", "payload": [1]})
        assert (await ann.frame("phx_reply"))[4]["status"] == "error"
        for number in range(3):
            assert (await tracked(ann, topic, {"n": number}))["status"] == "ok"
        assert "ids" not in (await ann.frame("presence_diff"))[4]["joins"]
        await ann.send(f"realtime:{topic}", "presence", {"event": "track", "payload": {}})
        assert (await ann.frame("system"))[4]["message"] == "Client presence rate limit exceeded"
