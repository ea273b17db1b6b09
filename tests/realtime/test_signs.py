"""Where what people write is judged, what they send each other live has no words in it."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from psycopg.types.json import Jsonb

from tests.realtime.conftest import SERVER_KEY, Client, People, Running, token
from tests.realtime.test_broadcasting import pushed
from tests.realtime.test_presence import tracked

ACKNOWLEDGED = {"ack": True}
PHONE = "call 212-555-0199"


def judged(people: People, lane: str = "people") -> None:
    """From now on this lane of the tenant is judged."""
    people.run("insert into public.moderation_policies (tenant_id, version, document, created_by)"
               " values (%s, 1, %s, 'test')", people.tenant, Jsonb({"lanes": {lane: {"before": {}, "after": {}}}}))  # fmt: skip
    people.run(
        "insert into public.active_moderation (tenant_id, version, activated_by) values (%s, 1, 'test')", people.tenant
    )


async def answered(client: Client, topic: str, event: str, said: Any, ref: str = "9") -> Any:
    """Broadcast and wait for what becomes of it: the reply's status and response."""
    data = said if isinstance(said, bytes) else json.dumps(said).encode()
    await client.socket.send(
        pushed(topic, event, data, ref=ref, is_json=not isinstance(said, bytes) or said[:1] == b"{")
    )
    reply = (await client.frame("phx_reply"))[4]
    return reply["status"], reply["response"].get("error")


async def heard(client: Client) -> Any:
    """The next broadcast of a person or a key: not a row of the database."""
    while "meta" in (told := (await client.frame("broadcast"))[4]):
        pass
    return told


async def test_typing_goes_on_and_nothing_else(gateway: Running, people: People) -> None:
    """Signs pass, written anew; texts in any field, name, event, doubled field, number or bytes are refused by name."""
    judged(people)
    topic = f"thread:{people.thread}"
    me = str(people.ann)
    async with gateway.client() as ann, gateway.client() as bob:
        await ann.join(topic, token(people.ann), broadcast=ACKNOWLEDGED)
        await bob.join(topic, token(people.bob))
        refused: list[tuple[str, Any]] = [
            ("typing", {"text": PHONE}), ("typing", {"user_id": PHONE}), ("typing", {"typing": PHONE}),
            ("typing", {"typing": 2125550199}), ("typing", {PHONE: True}), ("typing", {"user_id": str(people.bob)}),
            ("typing", {"user_id": {"text": PHONE}}), ("typing", [PHONE]), ("typing", PHONE), ("typing", b"\xff\x00"),
            ("message", {"text": PHONE}), (PHONE, {}), ("Typing", {"typing": True}), ("message.new", {"rev": 1}),
        ]  # fmt: skip
        for event, said in refused:
            assert await answered(ann, topic, event, said) == ("error", "words_not_allowed"), (event, said)
        hidden = f'{{"user_id":"{PHONE}",  "user_\\u0069d":"{me}","typing":true}}'.encode()
        assert await answered(ann, topic, "typing", hidden) == ("ok", None)
        text = {"type": PHONE, "event": "typing", "payload": {"user_id": me, "typing": False}, "note": PHONE}
        await ann.send(f"realtime:{topic}", "broadcast", text)
        await ann.send(f"realtime:{topic}", "broadcast", {**text, "payload": {"text": PHONE}})
        await answered(ann, topic, "typing", {})
        told = [await heard(bob) for _ in range(3)]
        assert [one["payload"] for one in told] == [
            {"user_id": me, "typing": True}, {"user_id": me, "typing": False}, {},
        ]  # fmt: skip


async def test_who_is_not_answered_is_told_once(gateway: Running, people: People) -> None:
    """Without ack the channel says what may be sent, once, and stays open."""
    judged(people)
    topic = f"thread:{people.thread}"
    async with gateway.client() as ann, gateway.client() as bob:
        await ann.join(topic, token(people.ann))
        await bob.join(topic, token(people.bob))
        for _ in range(2):
            await ann.socket.send(pushed(topic, "message", b'{"text":"x"}'))
        told = (await ann.frame("system"))[4]
        assert (told["extension"], told["status"]) == ("broadcast", "error") and "typing" in told["message"]
        await ann.socket.send(pushed(topic, "typing", b"{}"))
        assert (await heard(bob))["payload"] == {}
        await ann.send("phoenix", "heartbeat", {})
        await bob.socket.send(pushed(topic, "typing", b'{"typing":true}'))
        assert (await heard(ann))["payload"] == {"typing": True}


async def test_presence_is_who_and_nothing_more(gateway: Running, people: People) -> None:
    """A note, a foreign id or a key of words is refused by name; one's own id, or none, is shown."""
    judged(people)
    topic, me = f"thread:{people.thread}", str(people.ann)
    async with gateway.client() as bob:
        await bob.join(topic, token(people.bob), presence={"key": str(people.bob), "enabled": True})
        assert (await bob.frame("presence_state"))[4] == {}
        for key in (PHONE, str(people.bob)):
            async with gateway.client() as ann:
                await ann.join(topic, token(people.ann), presence={"key": key})
                reply = await tracked(ann, topic, {"user_id": me})
                assert reply["status"] == "error" and "user id" in reply["response"]["reason"]
        async with gateway.client() as ann, gateway.client() as nameless:
            await ann.join(topic, token(people.ann), presence={"key": me})
            for said in ({"note": PHONE}, {"user_id": PHONE}, {"user_id": me, PHONE: None}):
                assert (await tracked(ann, topic, said))["status"] == "error"
            assert (await tracked(ann, topic, {"user_id": me}))["status"] == "ok"
            diff = (await bob.frame("presence_diff"))[4]
            assert {key: one["metas"][0]["user_id"] for key, one in diff["joins"].items()} == {me: me}
            await nameless.join(topic, token(people.ann))
            assert (await tracked(nameless, topic, {}))["status"] == "ok"
            assert len((await bob.frame("presence_diff"))[4]["joins"]) == 1


async def test_http_is_held_to_the_same(gateway: Running, people: People) -> None:
    """One by path is 403, entries of a batch are left out, signs arrive; the server's key says what it likes."""
    judged(people)
    topic = f"thread:{people.thread}"
    place = f"{gateway.url}/api/broadcast"
    one = f"{place}/{topic.replace(':', '%3A')}/events"
    headers = {"apikey": "sb_publishable_test", "authorization": f"Bearer {token(people.ann)}"}
    entry = {"topic": topic, "private": True}
    async with gateway.client() as bob, httpx.AsyncClient() as http:
        await bob.join(topic, token(people.bob))
        refused = await http.post(f"{one}/typing?private=true", json={"text": PHONE}, headers=headers)
        assert refused.status_code == 403 and "user_id" in refused.json()["message"]
        batch = [{**entry, "event": "message", "payload": {"text": PHONE}}, {**entry, "event": "typing", "payload": {}}]
        assert (await http.post(place, json={"messages": batch}, headers=headers)).status_code == 202
        assert await heard(bob) == {"type": "broadcast", "event": "typing", "payload": {}}
        await http.post(f"{one}/notice?private=true", json={"text": "Closed"}, headers={"apikey": SERVER_KEY})
        assert (await bob.told("notice"))["payload"] == {"text": "Closed"}


async def test_the_business_and_its_database_say_what_they_like(gateway: Running, people: People) -> None:
    """Staff in a conversation with the business, staff among themselves, a person's own devices, rows: as before."""
    judged(people)
    shared = people.add_thread(staff_readable=True)
    people.run("insert into public.thread_participants (tenant_id, thread_id, user_id) values (%s, %s, %s)",
               people.tenant, shared, people.ann)  # fmt: skip
    staff = token(people.staff, tenant=people.tenant)
    for topic, access in (
        (f"thread:{shared}", staff), (f"desk:{shared}", staff), (f"inbox:{people.tenant}", staff),
        (f"user:{people.ann}", token(people.ann)),
    ):  # fmt: skip
        async with gateway.client() as who:
            await who.join(topic, access, broadcast=ACKNOWLEDGED, presence={"key": "at the desk"})
            assert await answered(who, topic, "note", {"text": "Back at two"}) == ("ok", None)
            assert (await tracked(who, topic, {"note": "Back at two"}))["status"] == "ok"
    async with gateway.client() as ann:
        await ann.join(f"thread:{shared}", token(people.ann), broadcast=ACKNOWLEDGED)
        assert await answered(ann, f"thread:{shared}", "note", {"text": PHONE}) == ("error", "words_not_allowed")
        people.say(f"thread:{shared}", {"text": "a row"})
        assert (await ann.told("news"))["payload"]["text"] == "a row"


@pytest.mark.parametrize("lane", [None, "agent"])
async def test_where_people_are_not_judged_all_is_as_it_was(gateway: Running, people: People, lane: str | None) -> None:
    """Without a policy, and with one for others, people send what they like."""
    if lane:
        judged(people, lane)
    topic = f"thread:{people.thread}"
    async with gateway.client() as ann:
        await ann.join(topic, token(people.ann), broadcast=ACKNOWLEDGED, presence={"key": "Ann"})
        assert await answered(ann, topic, "wave", {"text": "hi"}) == ("ok", None)
        assert (await tracked(ann, topic, {"mood": "fine"}))["status"] == "ok"


async def test_a_policy_that_comes_later_counts_at_once(gateway: Running, people: People) -> None:
    """Channels that are open are asked anew, words of presence go, and come back with the end of the policy."""
    topic, his = f"thread:{people.thread}", str(people.bob)
    async with gateway.client() as ann, gateway.client() as bob:
        await bob.join(topic, token(people.bob), presence={"key": his, "enabled": True})
        await ann.join(topic, token(people.ann), broadcast=ACKNOWLEDGED, presence={"key": "Ann"})
        assert (await tracked(ann, topic, {"note": PHONE}))["status"] == "ok"
        assert (await tracked(bob, topic, {"user_id": his}))["status"] == "ok"
        assert await answered(ann, topic, "wave", {"text": "hi"}) == ("ok", None)
        while "Ann" not in (await bob.frame("presence_diff"))[4]["joins"]:
            pass
        judged(people)
        while "Ann" not in (diff := (await bob.frame("presence_diff"))[4])["leaves"]:
            pass
        assert his not in diff["leaves"]
        assert await answered(ann, topic, "wave", {"text": "hi"}) == ("error", "words_not_allowed")
        assert await answered(ann, topic, "typing", {"typing": True}) == ("ok", None)
        people.run("delete from public.active_moderation where tenant_id = %s", people.tenant)
        async with gateway.client() as later:
            await later.join(topic, token(people.ann), broadcast=ACKNOWLEDGED)
            assert await answered(later, topic, "wave", {"text": "hi"}) == ("ok", None)


async def test_a_tenant_may_have_no_signs_at_all(gateway: Running, people: People) -> None:
    """With `live_signs` none the policies of realtime.messages refuse people, whichever Realtime asks; only while judged."""
    topic = f"thread:{people.thread}"
    people.run("insert into public.tenant_settings (tenant_id) values (%s) on conflict do nothing", people.tenant)
    people.run("update public.tenant_settings set live_signs = 'none' where tenant_id = %s", people.tenant)
    async with gateway.client() as ann, gateway.client() as bob:
        await bob.join(topic, token(people.bob))
        await ann.join(topic, token(people.ann))
        await ann.socket.send(pushed(topic, "typing", b"{}"))
        await bob.told("typing")
        judged(people)
        async with gateway.client() as again:
            await again.join(topic, token(people.ann))
            assert (await tracked(again, topic, {}))["status"] == "error"
            await again.socket.send(pushed(topic, "typing", b"{}"))
            await again.send("phoenix", "heartbeat", {})
            await again.frame("phx_reply")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await heard(bob)
