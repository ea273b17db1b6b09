"""Who gets into which topic."""

import pytest
from websockets.exceptions import InvalidStatus

from tests.realtime.conftest import SERVER_KEY, People, Running, token


async def test_a_participant_hears_the_thread(gateway: Running, people: People) -> None:
    """A message in the app is told on the topic of its thread, with seq and rev and no word of it."""
    async with gateway.client() as ann:
        assert (await ann.join(f"thread:{people.thread}", token(people.ann)))["status"] == "ok"
        message = people.write(people.thread, people.bob, "a secret word")
        told = await ann.told("message.new")
        assert told["payload"]["message_id"] == str(message)
        assert (told["payload"]["seq"], told["payload"]["rev"]) == (1, 1)
        assert "secret" not in str(told)


async def test_a_stranger_gets_nowhere(gateway: Running, people: People) -> None:
    """Threads, inboxes and people of others are refused, and each attempt is kept for the tenant it was made on."""
    async with gateway.client() as stranger:
        own = token(people.stranger, tenant=people.elsewhere)
        for topic in (f"thread:{people.thread}", f"inbox:{people.tenant}", f"user:{people.staff}"):
            answer = await stranger.join(topic, own)
            assert answer["status"] == "error" and answer["response"]["reason"].startswith("Unauthorized: ")
        assert (await stranger.join(f"inbox:{people.elsewhere}", own))["status"] == "ok"
        people.write(people.thread, people.bob, "hello")
        await stranger.silent("message.new")
    kept = people.value(
        "select count(*) from public.access_denials where tenant_id = %s and surface = 'realtime'", people.tenant
    )
    assert kept == 3


async def test_staff_reads_where_the_tenant_is_a_party(gateway: Running, people: People) -> None:
    """The inbox and threads with the business itself are the staff's; conversations between participants are not."""
    support = people.add_thread(staff_readable=True)
    async with gateway.client() as staff:
        own = token(people.staff, tenant=people.tenant)
        assert (await staff.join(f"inbox:{people.tenant}", own))["status"] == "ok"
        assert (await staff.join(f"thread:{support}", own))["status"] == "ok"
        assert (await staff.join(f"thread:{people.thread}", own))["status"] == "error"
        people.run("update public.et_threads set status = 'closed', closed_at = now() where id = %s", support)
        told = await staff.told("thread.changed")
        assert told["payload"]["status"] == "closed"
        await staff.silent("thread.changed")  # the thread's topic is its customer's, too
        people.run("update public.et_threads set subject = 'Roof' where id = %s", support)
        told = [await staff.told("thread.changed") for _ in range(2)]
        assert sorted("status" in one["payload"] for one in told) == [False, True]


async def test_the_desks_topic_is_the_staffs_alone(gateway: Running, people: People) -> None:
    """Who has a conversation open is told among colleagues: its customer may not join, and there is none between people."""
    support = people.add_thread(staff_readable=True)
    people.run("insert into public.thread_participants (tenant_id, thread_id, user_id) values (%s, %s, %s)",
               people.tenant, support, people.ann)  # fmt: skip
    own = token(people.staff, tenant=people.tenant)
    async with gateway.client() as staff, gateway.client() as viewer, gateway.client() as ann:
        assert (await staff.join(f"desk:{support}", own))["status"] == "ok"
        assert (await staff.join(f"desk:{people.thread}", own))["status"] == "error"
        assert (await viewer.join(f"desk:{support}", token(people.viewer, tenant=people.tenant)))["status"] == "ok"
        assert (await ann.join(f"thread:{support}", token(people.ann)))["status"] == "ok"
        for topic in (f"desk:{support}", f"desk:{people.thread}"):
            assert (await ann.join(topic, token(people.ann)))["status"] == "error"
    async with gateway.client() as stranger:
        assert (await stranger.join(f"desk:{support}", token(people.stranger, tenant=people.elsewhere)))[
            "status"
        ] == "error"
    assert people.value("select count(*) from public.access_denials where tenant_id = %s and object_id = %s",
                        people.tenant, f"desk:{support}") >= 1  # fmt: skip


@pytest.mark.parametrize("key", ["sb_publishable_wrong", "no-token", token(role="authenticated", lasts=-5), ""])
async def test_a_bad_key_does_not_connect(gateway: Running, key: str) -> None:
    """The handshake is refused with 401."""
    with pytest.raises(InvalidStatus) as refused:
        async with gateway.client(key):
            pass
    assert refused.value.response.status_code == 401


async def test_a_server_key_reads_everything(gateway: Running, people: People) -> None:
    """The secret key stands for service_role, whom no policy holds."""
    async with gateway.client(SERVER_KEY) as server:
        assert (await server.join(f"thread:{people.thread}"))["status"] == "ok"


async def test_public_and_private_are_two_rooms(gateway: Running, people: People) -> None:
    """What is said in the public room of a name is not heard in the private one."""
    async with gateway.client() as ann, gateway.client() as anybody:
        assert (await ann.join(f"user:{people.ann}", token(people.ann)))["status"] == "ok"
        assert (await anybody.join(f"user:{people.ann}", private=False))["status"] == "ok"
        people.say(f"user:{people.ann}", {"n": 1})
        assert (await ann.told("news"))["payload"]["n"] == 1
        await anybody.silent("news")


async def test_rows_for_the_public_reach_it(gateway: Running, people: People) -> None:
    """A row that says it is not private is for the public room, without any policy."""
    async with gateway.client() as anybody:
        assert (await anybody.join("lobby", private=False))["status"] == "ok"
        people.say("lobby", {"n": 1}, private=False)
        assert (await anybody.told("news"))["payload"]["n"] == 1


async def test_changes_of_tables_are_refused_and_the_channel_stays(gateway: Running, people: People) -> None:
    """postgres_changes is echoed as clients insist, then refused by a system message; broadcasts go on."""
    asked = {"event": "*", "schema": "public", "table": "et_messages"}
    async with gateway.client() as ann:
        answer = await ann.join(f"user:{people.ann}", token(people.ann), postgres_changes=[asked])
        assert answer["response"]["postgres_changes"] == [asked | {"id": 1}]
        told = (await ann.frame("system"))[4]
        assert (told["extension"], told["status"]) == ("postgres_changes", "error")
        people.say(f"user:{people.ann}", {"n": 1})
        assert (await ann.told("news"))["payload"]["n"] == 1
