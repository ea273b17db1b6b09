"""Lists, cursors and polling: what each person sees of his conversations, and what moving through them costs."""

import json
import uuid
from typing import Any

import pytest

from tests.db.chat.kit import Chat, Person, call
from tests.db.helpers import World, refused


def test_cursors_move_forward_only_and_ticks_follow(world: World) -> None:
    """Delivered, then read; never back, never past the end; the other sees both in his page and as rows."""
    chat = Chat(world)
    ann, bob = chat.pair()
    thread = uuid.UUID(chat.start(ann, bob, body="1")["thread_id"])
    for body in "23":
        chat.say(ann, thread, body)

    def ticks() -> tuple[int, int]:
        (receipt,) = chat.page(ann, thread)["receipts"]
        assert (receipt["user_id"], receipt["contact_id"]) == (str(bob.user), str(bob.contact))
        return receipt["last_delivered_seq"], receipt["last_read_seq"]

    def move(name: str, seq: int | None = None) -> tuple[int, int, int]:
        answer = chat.call(bob, name, thread_id=thread, seq=seq)
        return answer["last_delivered_seq"], answer["last_read_seq"], answer["unread_count"]

    assert ticks() == (0, 0)
    assert move("mark_delivered") == (3, 0, 3) and ticks() == (3, 0)
    assert move("mark_read", 2) == (3, 2, 1) and ticks() == (3, 2)
    assert move("mark_read", 1) == (3, 2, 1) and move("mark_read", 99) == (3, 3, 0)
    with world.acting(ann.user) as connection:
        rows = connection.execute(
            "select seq, is_delivered, is_read from public.message_receipts where thread_id = %s order by seq", [thread]
        ).fetchall()
    assert [tuple(row.values()) for row in rows] == [(n, True, True) for n in (1, 2, 3)]
    with refused("PT422", code="bad_value"):
        move("mark_read", -1)
    with refused("PT409", code="bad_seq"), world.owner.transaction():
        world.owner.execute("update public.thread_participants set last_read_seq = 1 where user_id = %s", [bob.user])
    chat.sound()


def test_polling_sees_everything_once_in_pages(world: World) -> None:
    """Pages of three by rev, then nothing; history by seq, newest first; the pause follows what the user does."""
    chat = Chat(world)
    ann, bob = chat.pair()
    thread = chat.start(ann, bob)["thread_id"]
    for n in range(1, 8):
        chat.say(ann, thread, str(n))
    seen, since, more = [], 0, True
    while more:
        page = chat.page(bob, thread, since, limit=3)
        seen += [message["body"] for message in page["messages"]]
        since, more = page["next_since"], page["has_more"]
    assert seen == list("1234567") and since == 7
    empty = chat.page(bob, thread, since, client_state="idle")
    assert (empty["messages"], empty["next_since"], empty["has_more"], empty["next_poll_ms"]) == ([], 7, False, 30000)
    past = chat.page(bob, thread, before_seq=4, limit=2, client_state="background")
    assert [m["seq"] for m in past["messages"]] == [3, 2] and past["has_more"] and past["next_since"] == 7
    assert past["next_poll_ms"] == 10000
    assert not chat.page(bob, thread, before_seq=2)["has_more"]
    with refused("PT422", code="bad_value"):
        chat.page(bob, thread, client_state="asleep")
    chat.limit("page_size", 2)
    assert len(chat.page(bob, thread, limit=50)["messages"]) == 2


def test_a_client_id_is_shown_to_its_sender_alone(world: World) -> None:
    """So that nobody learns what would be taken for a repetition."""
    chat = Chat(world)
    ann, bob = chat.pair()
    thread = chat.start(ann, bob, body="x", client_message_id="mine")["thread_id"]
    assert [chat.page(one, thread)["messages"][0]["client_message_id"] for one in (ann, bob)] == ["mine", None]


def test_a_list_is_newest_first_and_pages_by_cursor(world: World) -> None:
    """Conversations without a message are in none; the cursor neither skips nor repeats; nonsense is refused."""
    chat = Chat(world)
    ann = chat.person("Ann")
    threads = []
    for n in range(5):
        other = chat.person(f"P{n}")
        chat.share(ann, other)
        threads.append(chat.start(ann, other, body=f"to {n}")["thread_id"])
    silent = chat.person("Silent")
    chat.share(ann, silent)
    chat.start(ann, silent)
    chat.say(ann, threads[1], "again")
    order = [threads[n] for n in (1, 4, 3, 2, 0)]
    assert [item["thread_id"] for item in chat.list(ann)] == order
    seen, cursor = [], None
    while True:
        page = chat.call(ann, "list_conversations", limit=2, cursor=cursor)
        seen += [item["thread_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == order
    for word in ({"cursor": "x"}, {"filter": "x"}, {"client_state": "x"}):
        with refused("PT422", code="bad_cursor" if "cursor" in word else "bad_value"):
            chat.list(ann, **word)


def test_archive_and_mute_are_ones_own(world: World) -> None:
    """Archived it leaves my list and my total, not the other's; a message brings it back, unless it is muted."""
    chat = Chat(world)
    ann, bob = chat.pair()
    thread = uuid.UUID(chat.start(ann, bob, body="Hi")["thread_id"])

    def total() -> int:
        return int(chat.call(bob, "unread_total")["unread_total"])

    assert total() == 1
    assert chat.call(bob, "set_conversation", thread_id=thread, archived=True)["archived_at"]
    assert chat.list(bob) == [] and len(chat.list(bob, filter="archived")) == 1 and len(chat.list(ann)) == 1
    assert total() == 0
    chat.say(ann, thread, "Still there?")
    assert len(chat.list(bob)) == 1 and total() == 2
    chat.call(bob, "set_conversation", thread_id=thread, archived=True, muted_until="infinity")
    chat.say(ann, thread, "Hello?")
    assert chat.list(bob) == [] and total() == 0
    (item,) = chat.list(bob, filter="unread")
    assert (item["unread_count"], item["muted"], item["muted_until"]) == (3, True, None)
    item = chat.call(bob, "set_conversation", thread_id=thread, archived=False, muted_until="1970-01-01T00:00:00Z")
    assert not item["muted"] and item["archived_at"] is None and total() == 3
    chat.say(bob, thread, "Here")
    assert chat.call(ann, "unread_total") == {"unread_total": 1, "conversations": 1}
    chat.sound()


def test_a_block_closes_a_conversation_to_both(world: World) -> None:
    """The blocker is told so, the other is not; it leaves the active list; edits end; unblocked all is as before."""
    chat = Chat(world)
    ann, bob = chat.pair()
    first = chat.start(ann, bob, body="Hi")
    thread = uuid.UUID(first["thread_id"])
    assert chat.call(bob, "block_person", contact_id=ann.user) == {"contact_id": str(ann.contact), "blocked": True}
    with refused("PT409", code="blocked"):
        chat.say(bob, thread)
    with refused("PT403", code="not_allowed"):
        chat.say(ann, thread)
    with refused("PT403", code="not_allowed"):
        chat.call(ann, "edit_own_message", message_id=uuid.UUID(first["message_id"]), body="worse")
    assert chat.list(bob) == [] and [item["blocked"] for item in chat.list(bob, filter="blocked")] == [True]
    assert [item["blocked"] for item in chat.list(ann)] == [False]
    assert not chat.call(ann, "get_conversation", thread_id=thread)["may_write"]
    assert chat.call(bob, "unread_total")["unread_total"] == 0
    with world.acting(ann.user) as connection:
        assert connection.execute("select 1 from public.contact_blocks").fetchall() == []
    chat.call(bob, "block_person", contact_id=ann.contact, blocked=False)
    assert chat.say(ann, thread)["seq"] == 2 and len(chat.list(bob)) == 1
    for nobody in (uuid.uuid4(), chat.person("Cid").contact, bob.contact):
        assert chat.call(bob, "block_person", contact_id=nobody)["code"] == "not_found"
    cid = chat.person("Cid")
    chat.share(bob, cid)
    chat.call(bob, "block_person", contact_id=cid.contact)
    with refused("PT403", code="not_allowed"):
        chat.start(cid, bob, body="Hi")
    chat.sound()


def test_who_left_the_context_reads_and_writes_no_more(world: World) -> None:
    """The policy is asked at every send: what was written stays readable; another shared context opens it again."""
    chat = Chat(world)
    ann, bob = chat.person("Ann"), chat.person("Bob")
    project = chat.share(ann, bob, kind="project")
    thread = chat.start(ann, bob, body="Hi", context_kind="project", context_id=project)["thread_id"]
    chat.part(bob, project, "project")
    for one in (ann, bob):
        with refused("PT403", code="not_allowed"):
            chat.say(one, thread)
    assert chat.bodies(bob, thread) == ["Hi"]
    chat.share(ann, bob)
    assert chat.say(bob, thread)["seq"] == 2
    world.owner.execute("update public.contacts set blocked_at = now() where id = %s", [bob.contact])
    with refused("PT403", code="not_allowed"):
        chat.say(bob, thread)
    world.owner.execute("select private.suspend_tenant(%s, 'unpaid')", [chat.tenant.id])
    with refused("PT403", code="not_allowed"):
        chat.say(ann, thread)


def test_the_people_of_a_context_are_put_as_a_list(world: World) -> None:
    """The list replaces the one before, all or nothing; people see those they share it with, others nobody."""
    chat = Chat(world)
    ann, bob, cid = (chat.person(name) for name in ("Ann", "Bob", "Cid"))
    agent = chat.tenant.people["agent"]

    def put(*people: Any) -> Any:
        listed = json.dumps([{"contact_id": str(one), "role": "provider"} for one in people])
        return world.rpc(agent, chat.tenant, "put_context_participants('job', '7', %s)", listed)

    def people(who: Person) -> set[str]:
        items = chat.call(who, "list_people", context_kind="job", context_id="7")["items"]
        return {item["name"] for item in items}

    assert put(ann.contact, bob.user)["people"] == 2
    assert people(ann) == {"Ann", "Bob"} and people(cid) == set()
    assert put(ann.contact, uuid.uuid4())["code"] == "not_found" and people(bob) == {"Ann", "Bob"}
    assert put(ann.contact, cid.contact)["people"] == 2
    assert people(ann) == {"Ann", "Cid"} and people(bob) == set()
    with world.acting(bob.user) as connection:
        rows = connection.execute("select contact_id, left_at from public.context_participants").fetchall()
    assert [(row["contact_id"], row["left_at"] is None) for row in rows] == [(bob.contact, False)]
    for bad in ('{"a": 1}', json.dumps([{"contact_id": str(ann.contact), "role": "king"}]), '[{"who": 1}]'):
        with refused("PT422"):
            world.rpc(agent, chat.tenant, "put_context_participants('job', '7', %s)", bad)
    foreign = Chat(world).person("Eve")
    assert put(foreign.contact)["code"] == "not_found"
    with world.database.connect("admin") as admin, admin.transaction():
        admin.execute("set local role service_role")
        admin.execute("select public.put_context_participants('job', '7', '[]', %s)", [chat.tenant.id])
    assert people(ann) == set()


def test_erasure_takes_a_person_out_of_everything(world: World) -> None:
    """His texts, contexts, blocks and name go; the other keeps his own words and cannot write there any more."""
    chat = Chat(world)
    ann, bob = chat.pair()
    thread = chat.start(ann, bob, body="My address is 1 Elm St")["thread_id"]
    chat.say(bob, thread, "Noted")
    chat.call(ann, "block_person", contact_id=bob.contact)
    world.rpc(chat.tenant.people["admin"], chat.tenant, "erase_contact(%s, 'request')", ann.contact)
    while world.value("select private.continue_erasures(500)"):
        pass
    assert sorted(chat.bodies(bob, thread)) == ["", "Noted"] and chat.list(bob)[0]["title"] is None
    assert chat.page(ann, thread)["code"] == "not_found" and chat.list(ann) == []
    with refused("PT403", code="not_allowed"):
        chat.say(bob, thread)
    for table in ("context_participants", "contact_blocks"):
        assert world.value(f"select count(*) from public.{table} where contact_id = %s", ann.contact) == 0
    chat.sound()


def test_people_of_two_businesses_keep_them_apart(world: World) -> None:
    """A person who is a contact of two sees each by its slug, and both without one."""
    one, two = Chat(world), Chat(world)
    ann, bob = one.pair()
    contact, email = two.contact("Ann")
    world.owner.execute("update auth.users set email = %s where id = %s", [email, ann.user])
    world.rpc(ann.user, None, "claim_contact(%s)", two.tenant.slug)
    eve = two.person("Eve")
    two.share(contact, eve)
    one.start(bob, ann, body="from one")
    two.call(eve, "start_thread", contact_id=contact, body="from two")
    for slug, previews in ((one.tenant.slug, ["from one"]), (two.tenant.slug, ["from two"]),
                           (None, ["from two", "from one"]), ("nowhere", [])):  # fmt: skip
        got = call(world, ann.user, "list_conversations", tenant_slug=slug)
        assert [item["preview"] for item in got["items"]] == previews
        assert got["unread_total"] == len(previews)
    world.owner.execute("update public.tenants set status = 'deleted', deleted_at = now() where id = %s",
                        [two.tenant.id])  # fmt: skip
    assert len(call(world, ann.user, "list_conversations")["items"]) == 1
    assert one.tenant.id != two.tenant.id


BUFFERS = 60


@pytest.fixture(scope="module")
def busy(module_world: World) -> tuple[Chat, Person, list[Any]]:
    """A provider with 5,000 conversations, 50 of them unread; and the ten newest, of three messages each like 300 more."""
    chat = Chat(module_world)
    bob = chat.person("Bob", "provider")
    module_world.owner.execute(
        """
        with people as (
          insert into public.contacts (tenant_id, display_name, kind)
          select %(t)s, 'C' || n, 'customer' from generate_series(1, 5000) as n returning id, display_name
        ), shared as (
          insert into public.context_participants (tenant_id, context_kind, context_id, contact_id)
          select %(t)s, 'job', p.id::text, c.id from people as p cross join lateral (values (p.id), (%(b)s)) as c (id)
        ), threads as (
          insert into public.et_threads (tenant_id, kind, channel, contact_id, other_contact_id, scope_rule, scope_key,
            staff_readable, control)
          select %(t)s, 'direct', 'in_app', p.id, %(b)s, 'pair', private.thread_scope_key('pair', null, p.id, %(b)s),
            false, 'human' from people as p returning id
        )
        insert into public.thread_participants (tenant_id, thread_id, user_id, contact_id, title)
        select %(t)s, t.id, %(u)s, %(b)s, 'C' from threads as t
        """,
        {"t": chat.tenant.id, "b": bob.contact, "u": bob.user},
    )
    module_world.owner.execute(
        "insert into public.et_messages (tenant_id, thread_id, channel, direction, delivery_status, sender_kind, sender,"
        " body) select t.tenant_id, t.id, 'in_app', 'internal', 'sent', 'participant', 'x', 'message ' || n"
        " from public.et_threads as t cross join generate_series(1, 3) as n where t.tenant_id = %s"
        " and (n = 1 or md5(t.id::text) > 'f') order by n, md5(t.id::text)", [chat.tenant.id],
    )  # fmt: skip
    module_world.owner.execute(
        "update public.thread_participants as p set last_read_seq = t.last_seq from (select thread_id from"
        " public.thread_participants where user_id = %s order by last_activity_at limit 4950) as o"
        " inner join public.et_threads as t on t.id = o.thread_id where p.thread_id = o.thread_id", [bob.user],
    )  # fmt: skip
    with module_world.database.connect("admin") as admin:
        admin.execute("vacuum analyze public.thread_participants, public.et_threads, public.et_messages")
    threads = [row["thread_id"] for row in module_world.all(
        "select thread_id from public.thread_participants where user_id = %s order by last_activity_at desc limit 10",
        bob.user,
    )]  # fmt: skip
    return chat, bob, threads


def cost(world: World, person: Person, query: str, *values: Any) -> tuple[int, float]:
    """Buffers and milliseconds of a call as a participant, the third time: plans and caches are there."""
    with world.acting(person.user) as connection:
        for _ in range(6):
            connection.execute(query, values).fetchall()
        row = connection.execute(f"explain (analyze, buffers, format json) {query}", values).fetchone()
    plan = next(iter(row.values()))[0]
    top = plan["Plan"]
    return top["Shared Hit Blocks"] + top["Shared Read Blocks"], plan["Execution Time"]


def test_a_busy_provider_pays_for_what_he_sees(module_world: World, busy: tuple[Chat, Person, list[Any]]) -> None:
    """5,000 conversations, the newest scattered over them: a list, a page, an empty poll, the total: few buffers each."""
    chat, bob, threads = busy
    reads = {
        "list": ("select public.list_conversations()",),
        "total": ("select public.unread_total()",),
        "page": ("select public.poll_messages(%s)", threads[0]),
        "empty poll": ("select public.poll_messages(%s, 3)", threads[1]),
        "rows": (
            "select * from public.et_messages where tenant_id = %s and thread_id = %s",
            chat.tenant.id,
            threads[2],
        ),
    }
    costs = {name: cost(module_world, bob, *read) for name, read in reads.items()}

    assert all(buffers <= BUFFERS for buffers, _ in costs.values()), costs
