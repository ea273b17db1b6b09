"""One conversation for the people who may have it: found or made, whoever asks, however many ask at once."""

import uuid
from typing import Any

import pytest

from tests.db.chat.kit import Chat, call
from tests.db.helpers import World, refused
from tests.support.database import as_user


def test_two_people_have_one_conversation(world: World) -> None:
    """Whoever starts, named by contact or by sign-in, finds the same one; its first message is sent once."""
    chat = Chat(world)
    ann, bob = chat.pair()
    first = chat.start(ann, bob, body="Tuesday?", client_message_id="1")
    assert (first["created"], first["kind"], first["seq"], first["duplicate"]) == (True, "direct", 1, False)
    again = chat.start(ann, bob, body="Tuesday?", client_message_id="1")
    assert again["duplicate"] and not again["created"] and again["message_id"] == first["message_id"]
    back = chat.call(bob, "start_thread", contact_id=ann.user)
    assert (back["thread_id"], back["created"], back["message_id"]) == (first["thread_id"], False, None)
    thread = world.thread(first["thread_id"])
    assert (thread["contact_id"], thread["other_contact_id"]) == (ann.contact, bob.contact)
    assert not thread["staff_readable"] and thread["control"] == "human"
    assert [item["title"] for item in chat.list(bob)] == ["Ann"] and chat.list(ann)[0]["title"] == "Bob"
    chat.sound()


def test_eight_who_start_at_once_get_one(world: World) -> None:
    """A storm of starts from both sides makes one thread with two seats, and each first message is there once."""
    chat = Chat(world)
    ann, bob = chat.pair()

    def work(connection: Any, number: int) -> Any:
        me, other = (ann, bob) if number % 2 else (bob, ann)
        with as_user(connection, me.user):
            return connection.execute(
                "select public.start_thread(%s, p_body => %s, p_client_message_id => %s) as a",
                [other.contact, f"m{number}", f"c{number % 4}"],
            ).fetchone()["a"]

    answers = world.together(8, work, "parley_api")
    assert len({answer["thread_id"] for answer in answers}) == 1
    assert sum(answer["created"] for answer in answers) == 1
    assert sum(not answer["duplicate"] for answer in answers) == 4
    thread = answers[0]["thread_id"]
    assert world.value("select count(*) from public.thread_participants where thread_id = %s", thread) == 2
    assert world.thread(thread)["last_seq"] == 4
    chat.sound()


def test_the_scope_says_which_conversation(world: World) -> None:
    """pair: one for ever; pair_context: one for each context, the pair's own without; explicit: one for each start."""
    chat = Chat(world)
    ann, bob = chat.pair()
    one, two = chat.share(ann, bob), chat.share(ann, bob)

    def start(context: str | None = None, key: str | None = None) -> Any:
        named = {"context_kind": "booking", "context_id": context} if context else {}
        return chat.start(ann, bob, client_message_id=key, **named)["thread_id"]

    assert start(one) == start(two) == start()
    old = start()
    world.configure(chat.tenant, chat_scope="pair_context")
    assert start(one) == start(one) != start(two) and start() == old
    assert world.thread(start(one))["relationship_id"] == world.thread(old)["relationship_id"]
    world.configure(chat.tenant, chat_scope="explicit")
    assert start(one) != start(one) and start(one, "k") == start(one, "k")
    chat.sound()


def test_only_who_shares_a_context_may_begin(world: World) -> None:
    """Strangers, people of other contexts and unknown ids are missing alike; a context has to be both people's."""
    chat = Chat(world)
    ann, bob = chat.pair()
    cid, own = chat.person("Cid"), chat.share(ann)
    for other in (cid.contact, cid.user, uuid.uuid4()):
        assert chat.call(ann, "start_thread", contact_id=other, body="Hi")["code"] == "not_found"
    answer = chat.call(ann, "start_thread", contact_id=bob.contact, context_kind="booking", context_id=own)
    assert answer["code"] == "not_found"
    denied = world.all("select object_kind, object_id from public.access_denials where tenant_id = %s", chat.tenant.id)
    assert {(row["object_kind"], row["object_id"]) for row in denied} == {
        ("contact", str(cid.contact)),
        ("contact", str(bob.contact)),
    }
    with refused("PT422", code="bad_value"):
        chat.start(ann, ann)
    with refused("PT422", code="bad_context"):
        chat.start(ann, bob, context_kind="booking")
    with refused("PT422", code="bad_context"):
        chat.start(ann, bob, context_kind="dinner", context_id="1")


def test_the_policy_opens_and_closes(world: World) -> None:
    """anyone: any two who have signed up; nobody: the backend begins, and those who are in it write."""
    chat = Chat(world, chat_policy="anyone")
    ann, bob = chat.person("Ann"), chat.person("Bob")
    lead, _ = chat.contact("Lead", "lead")
    assert chat.call(ann, "start_thread", contact_id=lead)["code"] == "not_found"
    thread = chat.start(ann, bob, body="Hi")["thread_id"]
    world.configure(chat.tenant, chat_policy="nobody")
    with refused("PT403", code="not_allowed"):
        chat.start(ann, bob)
    assert chat.say(bob, thread)["seq"] == 2
    made = world.value("select private.open_conversation(%s, %s, %s)", chat.tenant.id, ann.contact, lead)
    assert chat.say(ann, made)["seq"] == 1
    chat.sound()


def test_who_is_linked_nowhere_is_nobody(world: World) -> None:
    """A sign-in that is no contact, an anonymous one and a key begin nothing and list nothing."""
    chat = Chat(world)
    ann, _ = chat.pair()
    stranger = world.user()
    for claims in ({}, {"is_anonymous": True}):
        with refused("PT403", code="not_linked"):
            world.rpc(stranger, None, "start_thread(%s)", ann.contact, **claims)
        got = world.rpc(stranger, None, "list_conversations()", **claims)
        assert got["items"] == [] and got["unread_total"] == 0
    with refused("PT401", code="not_authenticated"):
        world.rpc(uuid.uuid4(), chat.tenant, "start_thread(%s)", ann.contact, api_key_id=str(uuid.uuid4()))
    other = Chat(world)
    contact, email = other.contact("Ann")
    world.owner.execute("update auth.users set email = %s where id = %s", [email, ann.user])
    world.rpc(ann.user, None, "claim_contact(%s)", other.tenant.slug)
    with refused("PT422", code="which_tenant"):
        call(world, ann.user, "start_thread", contact_id=contact)


def test_who_signs_up_later_finds_what_he_has(world: World) -> None:
    """A conversation with a contact who has no sign-in waits for him, with what is unread, and shows his new name."""
    chat = Chat(world)
    ann = chat.person("Ann")
    contact, email = chat.contact("Bo", "provider")
    chat.share(ann, contact)
    thread = chat.call(ann, "start_thread", contact_id=contact, body="Are you there?")["thread_id"]
    people = chat.call(ann, "get_conversation", thread_id=uuid.UUID(thread))["people"]
    assert {(row["name"], row["user_id"]) for row in people} == {("Ann", str(ann.user)), ("Bo", None)}
    user = world.user(email)
    world.rpc(user, None, "claim_contact(%s)", chat.tenant.slug)
    item = call(world, user, "list_conversations")["items"][0]
    assert (item["thread_id"], item["unread_count"], item["title"], item["role"]) == (thread, 1, "Ann", "participant")
    world.owner.execute("update public.contacts set display_name = 'Robert' where id = %s", [contact])
    assert chat.list(ann)[0]["title"] == "Robert"
    chat.sound()


def test_a_group_is_of_people_of_one_context(world: World) -> None:
    """It has a name and a context, once per client id; everybody in it reads, whoever leaves does not."""
    chat = Chat(world)
    ann, bob, cid = (chat.person(name) for name in ("Ann", "Bob", "Cid"))
    job = chat.share(ann, bob, cid, kind="job")
    about = {"context_kind": "job", "context_id": job, "subject": "Roof", "client_message_id": "g"}

    def start(*people: Any, **more: Any) -> Any:
        return chat.call(ann, "start_thread", contact_ids=[p.contact for p in people], **{**about, **more})

    thread = uuid.UUID(start(bob)["thread_id"])
    assert start(bob)["thread_id"] == str(thread)
    for lacking, code in (
        ({"subject": None}, "bad_value"),
        ({"context_kind": None, "context_id": None}, "bad_context"),
    ):
        with refused("PT422", code=code):
            start(bob, **lacking, client_message_id="h")
    stranger = chat.person("Dan")
    assert start(bob, stranger, client_message_id="i")["code"] == "not_found"
    chat.say(ann, thread, "before")
    chat.call(bob, "add_people", thread_id=thread, contact_ids=[cid.contact])
    assert chat.bodies(cid, thread) == ["before"] and chat.list(cid)[0]["unread_count"] == 0
    chat.say(cid, thread, "after")
    assert [chat.list(one)[0]["unread_count"] for one in (ann, bob)] == [1, 2]
    assert chat.call(bob, "leave_conversation", thread_id=thread)["left"]
    assert chat.page(bob, thread)["code"] == "not_found" and chat.list(bob) == []
    chat.call(ann, "add_people", thread_id=thread, contact_ids=[bob.contact])
    assert chat.bodies(bob, thread) == ["before", "after"]
    lead, _ = chat.contact("Lead")
    chat.share(lead, kind="job", context=job)
    with refused("PT422", code="not_signed_up"):
        chat.call(ann, "add_people", thread_id=thread, contact_ids=[lead])
    chat.limit("group_people", 3)
    with refused("PT422", code="too_many_people"):
        chat.call(ann, "add_people", thread_id=thread, contact_ids=[lead])
    chat.sound()


@pytest.mark.parametrize("order", [0, 1])
def test_an_older_id_leads_to_the_conversation(world: World, order: int) -> None:
    """conv_<person>_<person>, in any order and of either kind of id, for who takes part in it alone."""
    chat = Chat(world)
    ann, bob = chat.pair()
    thread = chat.start(ann, bob, body="Hi")["thread_id"]
    ids = [str(ann.user), str(bob.contact)][:: -1 if order else 1]
    alias = f"conv_{ids[0]}_{ids[1]}"
    assert chat.call(bob, "resolve_conversation", alias=alias) == {"thread_id": thread}
    assert chat.call(chat.person("Cid"), "resolve_conversation", alias=alias)["code"] == "not_found"
    for nonsense in ("conv_1_2", "x", f"conv_{uuid.uuid4()}_{uuid.uuid4()}"):
        assert chat.call(ann, "resolve_conversation", alias=nonsense)["code"] == "not_found"


def test_merged_contacts_keep_their_conversations(world: World) -> None:
    """Contexts and seats move to the winner, and the pair's key still leads to the old thread."""
    chat = Chat(world)
    ann, bob = chat.pair()
    thread = chat.start(ann, bob, body="Hi")["thread_id"]
    winner, _ = chat.contact("Robert", "provider")
    world.rpc(chat.tenant.people["owner"], chat.tenant, "merge_contacts(%s, %s)", winner, bob.contact)
    assert chat.call(ann, "start_thread", contact_id=winner)["thread_id"] == thread
    assert chat.start(ann, bob)["thread_id"] == thread
    assert chat.say(bob, thread)["seq"] == 2 and chat.bodies(bob, thread) == ["Hi", "Hello"]
    chat.sound()


def test_the_business_itself_can_be_written_to(world: World) -> None:
    """Nobody named: an inbound message over the in-app account, decided on, answered, and read by its staff."""
    chat = Chat(world)
    ann = chat.person("Ann")
    with refused("PT409", code="no_account"):
        chat.call(ann, "start_thread", body="Hello?")
    world.session(chat.tenant.id, "in_app", "app")
    first = chat.call(ann, "start_thread", body="Hello?", client_message_id="1")
    assert chat.call(ann, "start_thread", body="Hello?", client_message_id="1")["duplicate"]
    assert (first["kind"], first["delivery_status"]) == ("channel", "received")
    thread = uuid.UUID(first["thread_id"])
    message = world.message(first["message_id"])
    assert (message["direction"], message["sender"]) == ("inbound", f"contact:{ann.contact}")
    claim = next(row for row in world.claim() if row["thread_id"] == thread)
    world.complete(claim, "follow_up", reply="Still interested?", follow_up_in_s=86400)
    assert chat.bodies(ann, thread) == ["Hello?"] and chat.list(ann)[0]["preview"] == "Hello?"
    assert world.thread(thread)["preview"] == "Hello?" and chat.list(ann)[0]["unread_count"] == 0
    chat.sound()
    since = chat.page(ann, thread)["next_since"]
    chat.say(ann, thread, "Anybody?")
    world.complete(next(row for row in world.claim() if row["thread_id"] == thread))
    due = next(row for row in world.claim_out(classes={"in_app": "I"}) if row["thread_id"] == thread)
    world.finish(due)
    shown = [m["body"] for m in chat.page(ann, thread, since)["messages"]]
    assert shown == ["Anybody?", "Thanks, we are on it."]
    assert chat.list(ann)[0]["unread_count"] == 1 and chat.list(ann)[0]["title"] == chat.tenant.slug
    world.rpc(chat.tenant.people["agent"], chat.tenant, "send_message(%s, 'A person now')", thread)
    assert chat.say(ann, thread, "Good")["delivery_status"] == "received"
    chat.sound()
