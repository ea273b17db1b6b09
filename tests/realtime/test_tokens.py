"""Tokens that run out, are renewed, or whose bearer lost his right."""

import time
import uuid
from typing import Any

import jwt
import psycopg
from cryptography.hazmat.primitives.asymmetric import ec

from tests.realtime.conftest import SECRET, Client, Later, People, Running, serving, token
from tests.support.database import Database


async def ended(client: Client) -> str:
    """Why a channel was closed."""
    why = (await client.frame("system"))[4]["message"]
    assert (await client.frame("phx_close"))[3] == "phx_close"
    return str(why)


async def test_a_channel_ends_with_its_token(gateway: Running, people: People, later: Later) -> None:
    """When the token has run out the channel is closed with a reason, and nothing more is heard."""
    async with gateway.client() as ann:
        assert (await ann.join(f"user:{people.ann}", token(people.ann, lasts=600)))["status"] == "ok"
        later(601)
        assert await ended(ann) == "Token has expired"
        people.say(f"user:{people.ann}", {})
        await ann.silent("news")


async def test_a_new_token_keeps_the_channel(gateway: Running, people: People, later: Later) -> None:
    """A refresh counts from then on; one for somebody else ends what he may not hear."""
    topic = f"user:{people.ann}"
    async with gateway.client() as ann, gateway.client() as bob:
        assert (await ann.join(topic, token(people.ann, lasts=600)))["status"] == "ok"
        assert (await bob.join(f"user:{people.bob}", token(people.bob, lasts=600)))["status"] == "ok"
        await ann.send(f"realtime:{topic}", "access_token", {"access_token": token(people.ann, lasts=1200)})
        await ann.send("phoenix", "heartbeat", {})
        await ann.frame("phx_reply")
        later(601)
        assert await ended(bob) == "Token has expired"
        people.say(topic, {"n": 1})
        assert (await ann.told("news"))["payload"]["n"] == 1
        await ann.send(f"realtime:{topic}", "access_token", {"access_token": token(people.bob, lasts=1200)})
        assert (await ended(ann)).startswith("You do not have permissions to read")


async def test_an_expired_token_does_not_join(gateway: Running, people: People) -> None:
    """Joins and refreshes with one are refused, in the words clients look for."""
    topic = f"user:{people.ann}"
    async with gateway.client() as ann:
        refused = await ann.join(topic, token(people.ann, lasts=-3))
        assert refused["response"]["reason"].startswith("InvalidJWTToken: Token has expired")
        forged = token(people.ann)[:-4] + "AAAA"
        assert (await ann.join(topic, forged))["response"]["reason"].startswith("JwtSignatureError: ")
        assert (await ann.join(topic, "nonsense"))["response"]["reason"].startswith("MalformedJWT: ")
        timeless = jwt.encode({"sub": str(people.ann), "role": "authenticated"}, SECRET, algorithm="HS256")
        assert "required in JWT" in (await ann.join(topic, timeless))["response"]["reason"]
        powerful = token(people.ann, role="postgres")
        assert (await ann.join(topic, powerful))["response"]["reason"].startswith("Unauthorized: ")
        assert (await ann.join(topic))["status"] == "error"  # anonymous


async def test_who_is_removed_hears_nothing_any_more(gateway: Running, people: People) -> None:
    """Members and participants who are removed, or leave: their channels end with it, others stay."""
    support = people.add_thread(staff_readable=True)
    async with gateway.client() as viewer, gateway.client() as staff, gateway.client() as ann, gateway.client() as bob:
        for client, user in ((viewer, people.viewer), (staff, people.staff)):
            own = token(user, tenant=people.tenant)
            assert (await client.join(f"thread:{support}", own))["status"] == "ok"
        for client, user in ((ann, people.ann), (bob, people.bob)):
            assert (await client.join(f"thread:{people.thread}", token(user)))["status"] == "ok"
        people.run("delete from public.tenant_members where user_id = %s", people.viewer)
        assert await ended(viewer)
        people.run("update public.thread_participants set left_at = now() where user_id = %s", people.ann)
        assert await ended(ann)
        people.write(people.thread, people.bob, "only for bob")
        assert await bob.told("message.new")
        people.run("delete from public.thread_participants where user_id = %s", people.bob)
        assert await ended(bob)
        people.run("update public.et_threads set subject = 'vip' where id = %s", support)
        assert await staff.told("thread.changed")
        people.run("update public.tenants set status = 'deleted', deleted_at = now() where id = %s", people.tenant)
        assert await ended(staff)


async def test_a_session_that_ends_takes_its_channels_along(gateway: Running, people: People) -> None:
    """Signing out ends the channels of that session; other sessions of the user go on."""
    topic = f"user:{people.ann}"
    async with gateway.client() as here, gateway.client() as there:
        sessions = [str(uuid.uuid4()) for _ in range(2)]
        for client, session in zip((here, there), sessions, strict=True):
            people.run("insert into auth.sessions (id, user_id) values (%s, %s)", session, people.ann)
            assert (await client.join(topic, token(people.ann, session_id=session)))["status"] == "ok"
        people.run("delete from auth.sessions where id = %s", sessions[0])
        assert await ended(here)
        people.say(topic, {})
        assert await there.told("news")


async def test_a_right_that_ended_while_nobody_listened_is_noticed(gateway: Running, people: People) -> None:
    """After the listening connection broke, every private channel is judged anew."""
    async with gateway.client() as ann:
        assert (await ann.join(f"thread:{people.thread}", token(people.ann)))["status"] == "ok"
        with people.owner.transaction():
            listener = people.value("select pid from pg_stat_activity where application_name = 'realtime:listen'"
                                    " and datname = current_database()")  # fmt: skip
            # The notification of this transaction finds nobody.
            _kill(people, listener)
            people.run("update public.thread_participants set left_at = now() where user_id = %s", people.ann)
        assert await ended(ann)


def _kill(people: People, pid: Any) -> None:
    with psycopg.connect(people.database.dsn("admin"), autocommit=True) as admin:
        admin.execute("select pg_terminate_backend(%s, 1000)", [pid])


async def test_keys_that_are_published_count(module_database: Database, people: People) -> None:
    """A token signed with the project's ES256 key joins; one of another key with the same id does not."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    public = jwt.algorithms.ECAlgorithm.to_jwk(keys[0].public_key(), as_dict=True)
    claims = {"sub": str(people.ann), "role": "authenticated", "exp": time.time() + 60}
    good, forged = (jwt.encode(claims, key, algorithm="ES256", headers={"kid": "k"}) for key in keys)
    published = {"keys": [{**public, "kid": "k", "alg": "ES256", "use": "sig"}]}
    async with serving(module_database, public_keys=published) as running, running.client() as ann:
        assert (await ann.join(f"user:{people.ann}", good))["status"] == "ok"
        refused = await ann.join(f"user:{people.ann}", forged)
        assert refused["response"]["reason"].startswith("JwtSignatureError: ")
