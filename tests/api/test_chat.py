"""The calls of people who write to each other, over HTTP: the same functions, with polling, entity tags and statuses."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.kit import Client, World, token

Talk = tuple[Client, Client, str, dict[str, Any]]


@pytest.fixture(scope="module")
def people(world: World, client: Callable[..., Client]) -> Callable[..., tuple[Client, str, str]]:
    """Makes a linked person of acme: a client, his contact and his sign-in."""

    def make(name: str) -> tuple[Client, str, str]:
        email = f"{uuid.uuid4().hex[:10]}@people.test"
        user = world.user(email)
        contact = world.one(
            "insert into public.contacts (tenant_id, display_name) values (%s, %s) returning id", world.acme.id, name
        )
        world.db.execute(
            "insert into public.contact_identities (tenant_id, contact_id, kind, address) values (%s, %s, 'email', %s)",
            [world.acme.id, contact, email],
        )
        world.db.execute("update public.contacts set auth_user_id = %s where id = %s", [user, contact])
        return client(token(user)), str(contact), str(user)

    return make


@pytest.fixture
def talk(people: Callable[..., tuple[Client, str, str]], client: Callable[..., Client], world: World) -> Talk:
    """Two people who share a booking, put there by the tenant's own server, and their conversation."""
    (ann, ann_contact, _), (bob, bob_contact, _) = people("Ann"), people("Bob")
    server, booking = client(world.acme.token("agent")), uuid.uuid4().hex
    put = server("PUT", f"/v1/contexts/booking/{booking}/participants", {"participants": [
        {"contact_id": ann_contact, "role": "customer"}, {"contact_id": bob_contact, "role": "provider"},
    ]})  # fmt: skip
    assert put.json() == {"context_kind": "booking", "context_id": booking, "people": 2}
    started = ann.post("/v1/conversations", {"contact_id": bob_contact, "body": "Tuesday?", "client_message_id": "1"})
    assert started.status_code == 201
    return ann, bob, booking, started.json()


def test_a_conversation_from_its_start_to_its_end(talk: Talk) -> None:
    """Start, send, quote, read, react, edit, delete, archive, mute, block: each as the document says."""
    ann, bob, booking, started = talk
    thread = f"/v1/conversations/{started['thread_id']}"
    again = ann.post("/v1/conversations", {"contact_id": ann.get(thread).json()["other_contact_id"]})
    assert again.status_code == 200 and again.json()["thread_id"] == started["thread_id"]
    body = {"body": "Yes", "client_message_id": "2", "reply_to_id": started["message_id"], "context_kind": "booking",
            "context_id": booking}  # fmt: skip
    sent = bob.post(f"{thread}/messages", body)
    assert (sent.status_code, bob.post(f"{thread}/messages", body).status_code) == (201, 200)
    message = f"/v1/messages/{sent.json()['message_id']}"
    page = ann.get(f"{thread}/messages", since=1).json()
    assert page["messages"][0]["reply_to"]["body"] == "Tuesday?" and page["unread_count"] == 1
    assert ann.post(f"{thread}/read", {}).json() == {
        "thread_id": started["thread_id"], "last_read_seq": 2, "last_delivered_seq": 2, "unread_count": 0,
    }  # fmt: skip
    assert bob.post(f"{thread}/delivered", {"seq": 1}).json()["last_delivered_seq"] == 1
    assert ann("PUT", f"{message}/reactions/👍").json()["rev"] == 3
    assert ann("DELETE", f"{message}/reactions/👍").json()["rev"] == 4
    assert bob("PATCH", message, {"body": "Yes!"}).json()["rev"] == 5
    assert ann("PATCH", message, {"body": "No"}).json()["code"] == "not_yours"
    assert bob("DELETE", message).json()["rev"] == bob("DELETE", message).json()["rev"] == 6
    assert ann.get("/v1/conversations/unread").json() == {"unread_total": 0, "conversations": 0}
    muted = ann("PATCH", thread, {"archived": True, "muted": True}).json()
    assert muted["muted"] and muted["muted_until"] is None and muted["archived_at"]
    assert ann.get("/v1/conversations").json()["items"] == []
    assert len(ann.get("/v1/conversations", show="archived").json()["items"]) == 1
    until = ann("PATCH", thread, {"archived": False, "muted_until": "2099-01-01T00:00:00Z"}).json()
    assert until["muted_until"] == "2099-01-01T00:00:00Z" and until["archived_at"] is None
    assert not ann("PATCH", thread, {"muted": False}).json()["muted"]
    other = until["other_contact_id"]
    assert ann("PUT", f"/v1/people/{other}/block").json() == {"contact_id": other, "blocked": True}
    assert ann.post(f"{thread}/messages", {"body": "x"}).json()["code"] == "blocked"
    assert bob.post(f"{thread}/messages", {"body": "x"}).status_code == 403
    assert ann("DELETE", f"/v1/people/{other}/block").json()["blocked"] is False


def test_nothing_new_is_304_until_something_is(talk: Talk) -> None:
    """The tag covers messages and cursors: a poll of nothing has no body, a receipt or an edit has."""
    ann, bob, _, started = talk
    path = f"/v1/conversations/{started['thread_id']}/messages?since=1"

    def poll(tag: str | None = None) -> Any:
        return ann("GET", path, headers={"if-none-match": tag} if tag else {})

    first = poll()
    assert first.json()["messages"] == [] and first.json()["next_poll_ms"] == 3000
    assert poll(first.headers["etag"]).status_code == 304
    bob.post(f"/v1/conversations/{started['thread_id']}/read", {})
    second = poll(first.headers["etag"])
    assert second.status_code == 200 and second.json()["receipts"][0]["last_read_seq"] == 1
    bob("PUT", f"/v1/messages/{started['message_id']}/reactions/👍")
    third = poll(second.headers["etag"])
    assert [m["id"] for m in third.json()["messages"]] == [started["message_id"]]
    assert ann.get(path.removesuffix("?since=1"), since="1", client_state="idle").json()["next_poll_ms"] == 30000


def test_a_client_that_knows_only_the_time_loses_nothing(talk: Talk) -> None:
    """since as a moment is answered through rev."""
    ann, bob, _, started = talk
    thread = f"/v1/conversations/{started['thread_id']}/messages"
    at = ann.get(thread).json()["messages"][0]["created_at"]
    bob.post(thread, {"body": "Two"})
    assert [m["body"] for m in ann.get(thread, since=at).json()["messages"]] == ["Tuesday?", "Two"]
    assert ann.get(thread, since="2099-01-01T00:00:00Z").json()["messages"] == []
    assert ann.get(thread, since="yesterday").status_code == 422


def test_a_list_pages_by_its_cursor(people: Callable[..., tuple[Client, str, str]], client: Callable[..., Client],
                                    world: World) -> None:  # fmt: skip
    """Three conversations in pages of one, each once, newest first; a cursor of nobody's is refused."""
    (ann, ann_contact, _) = people("Ann")
    server, threads = client(world.acme.token("agent")), []
    for n in range(3):
        (_, other, _) = people(f"P{n}")
        server("PUT", f"/v1/contexts/job/{uuid.uuid4().hex}/participants",
               {"participants": [{"contact_id": ann_contact}, {"contact_id": other}]})  # fmt: skip
        threads.append(ann.post("/v1/conversations", {"contact_id": other, "body": "Hi"}).json()["thread_id"])
    seen, cursor = [], None
    while True:
        page = ann.get("/v1/conversations", limit=1, **({"cursor": cursor} if cursor else {})).json()
        seen += [item["thread_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == threads[::-1]
    assert ann.get("/v1/conversations", cursor="x").json()["code"] == "bad_cursor"


def test_the_eleventh_a_minute_says_when_to_come_back(talk: Talk, world: World) -> None:
    """429 with Retry-After."""
    ann, _, _, started = talk
    world.db.execute("insert into public.message_limits values (%s, 'in_app', 'sends_per_minute', 1)", [world.acme.id])
    try:
        answers = [ann.post(f"/v1/conversations/{started['thread_id']}/messages", {"body": "x"}) for _ in range(3)]
    finally:
        world.db.execute("delete from public.message_limits where kind = 'sends_per_minute'")
    assert answers[-1].status_code == 429 and int(answers[-1].headers["retry-after"]) >= 1


def test_the_tenants_server_speaks_for_nobody(talk: Talk, client: Callable[..., Client], world: World) -> None:
    """A system message by an agent, once; people of the context by name; a group over HTTP."""
    ann, bob, booking, started = talk
    server = client(world.acme.token("agent"))
    path = f"/v1/conversations/{started['thread_id']}"
    body = {"body": "Confirmed", "client_message_id": booking, "metadata": {"call_url": "https://meet.test/1"}}
    assert [server.post(f"{path}/system-messages", body).status_code for _ in range(2)] == [201, 200]
    assert ann.get(f"{path}/messages", since=1).json()["messages"][0]["metadata"] == body["metadata"]
    assert ann.post(f"{path}/system-messages", body).status_code == 403
    listed = bob.get(f"/v1/contexts/booking/{booking}/participants").json()["items"]
    assert {person["name"] for person in listed} == {"Ann", "Bob"}
    group = {"contact_ids": [person["contact_id"] for person in listed], "subject": "Visit", "context_kind": "booking",
             "context_id": booking, "body": "All here?"}  # fmt: skip
    made = ann.post("/v1/conversations", group).json()
    assert made["kind"] == "group"
    assert bob.post(f"/v1/conversations/{made['thread_id']}/leave").json()["left"]
    bobs = next(person["contact_id"] for person in listed if person["name"] == "Bob")
    back = ann.post(f"/v1/conversations/{made['thread_id']}/people", {"contact_ids": [bobs]})
    assert len(back.json()["people"]) == 2
    alias = f"conv_{listed[0]['contact_id']}_{listed[1]['user_id']}"
    assert ann.get(f"/v1/conversations/by-alias/{alias}").json() == {"thread_id": started["thread_id"]}
