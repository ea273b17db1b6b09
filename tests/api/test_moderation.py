"""What the API's callers write is judged before it is committed, and the answer says what became of it."""

import json
import subprocess
import sys
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from app.moderation import canonical, judge
from tests.api.kit import Client, World, token

CALM, PHONE, THREAT = "See you on Tuesday.", "Call me at 510-574-7946.", "I will kill you and your family tonight."
MASKED = "Call me at [phone removed]."
LANES: dict[str, Any] = {"people": {"before": {}, "after": {}}, "agent": {"after": {"phone": {"action": "allow"}}}}
Talk = tuple[Client, Client, str]


def decree(world: World, document: dict[str, Any] | None) -> None:
    """The policy of acme from now on; None is none."""
    world.db.execute("delete from public.active_moderation where tenant_id = %s", [world.acme.id])
    if document is not None:
        version = world.one(
            "insert into public.moderation_policies (tenant_id, version, document, created_by)"
            " select %s, 1 + coalesce(max(version), 0), %s, 'test' from public.moderation_policies where tenant_id = %s"
            " returning version", world.acme.id, Jsonb(document), world.acme.id,
        )  # fmt: skip
        world.db.execute("insert into public.active_moderation (tenant_id, version, activated_by) values (%s, %s, 't')",
                         [world.acme.id, version])  # fmt: skip


@pytest.fixture(autouse=True)
def policy(world: World) -> None:
    """People and agents of acme are judged, each by the defaults but for phone numbers of agents."""
    decree(world, {"regions": ["US"], "lanes": LANES})


@pytest.fixture
def talk(world: World, client: Callable[..., Client]) -> Talk:
    """Two people who share a booking, and their conversation."""
    (ann, ann_user), (bob, bob_user) = (
        world.person(world.acme, kind, f"{uuid.uuid4().hex[:10]}@people.test") for kind in ("customer", "provider")
    )
    booking = uuid.uuid4().hex
    client(world.acme.token("agent"))("PUT", f"/v1/contexts/booking/{booking}/participants", {"participants": [
        {"contact_id": str(ann), "role": "customer"}, {"contact_id": str(bob), "role": "provider"},
    ]})  # fmt: skip
    one, other = client(token(ann_user)), client(token(bob_user))
    started = one.post("/v1/conversations", {"contact_id": str(bob)}).json()
    return one, other, started["thread_id"]


def read_by(who: Client, thread: str) -> list[str]:
    """What somebody reads."""
    return [one["body"] for one in who.get(f"/v1/conversations/{thread}/messages").json()["messages"]]


def say(who: Client, thread: str, body: str) -> Any:
    """A send and its answer."""
    answer = who.post(f"/v1/conversations/{thread}/messages", {"body": body})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_what_is_fine_is_there_at_once(talk: Talk) -> None:
    """Approved in the sender's own transaction: the answer says so, the other reads it."""
    ann, bob, thread = talk
    sent = say(ann, thread, CALM)
    assert (sent["moderation_status"], sent["moderation"]) == ("approved", None)
    assert read_by(bob, thread) == [CALM]
    assert [one["rev"] for one in bob.get(f"/v1/conversations/{thread}/messages").json()["messages"]] == [sent["rev"]]


def test_a_mask_comes_back_with_what_to_change(talk: Talk) -> None:
    """The caller learns what readers see, why, and where it stands."""
    ann, bob, thread = talk
    sent = say(ann, thread, PHONE)
    assert sent["moderation_status"] == "filtered"
    assert sent["moderation"] == {
        "comments": [{"kind": "phone", "comment": "A phone number is shared only once you are connected."}],
        "found": [{"kind": "phone", "span": [11, 23]}], "body": MASKED,
    }  # fmt: skip
    assert read_by(bob, thread) == [MASKED]


def test_what_is_stopped_is_stopped_before_it_is_there(talk: Talk, world: World) -> None:
    """201: it was taken, and nobody sees it; not as unread, not in the list."""
    ann, bob, thread = talk
    sent = say(ann, thread, THREAT)
    assert sent["moderation_status"] == "blocked"
    assert sent["moderation"]["body"] is None
    assert [one["kind"] for one in sent["moderation"]["comments"]] == ["threat"]
    assert read_by(bob, thread) == []
    assert bob.get("/v1/conversations").json()["items"] == []
    assert world.one("select count(*) from public.blocked_messages_log where message_id = %s", sent["message_id"]) == 1


def test_an_edit_is_judged(talk: Talk) -> None:
    """Harmless first and changed later."""
    ann, bob, thread = talk
    message = f"/v1/messages/{say(ann, thread, CALM)['message_id']}"
    changed = ann("PATCH", message, {"body": PHONE}).json()
    assert (changed["moderation_status"], changed["moderation"]["body"]) == ("filtered", MASKED)
    assert read_by(bob, thread) == [MASKED]


def test_the_first_message_of_a_conversation_is_judged(talk: Talk) -> None:
    """Begun with words, or without any."""
    ann, _, thread = talk
    other = ann.get(f"/v1/conversations/{thread}").json()["other_contact_id"]
    assert ann.post("/v1/conversations", {"contact_id": other}).json()["moderation_status"] is None
    begun = ann.post("/v1/conversations", {"contact_id": other, "body": PHONE}).json()
    assert (begun["moderation_status"], begun["moderation"]["body"]) == ("filtered", MASKED)


def test_what_staff_writes_is_judged_by_its_own_rules(world: World, agent: Client) -> None:
    """An agent may name a phone number; what is stopped never leaves."""
    _, thread = world.mail(world.acme, f"{uuid.uuid4().hex}@people.test")
    fine = agent.post(f"/v1/threads/{thread}/messages", {"body": PHONE}).json()
    assert (fine["moderation_status"], fine["delivery_status"]) == ("approved", "queued")
    stopped = agent.post(f"/v1/threads/{thread}/messages", {"body": THREAT}).json()
    assert (stopped["moderation_status"], stopped["delivery_status"]) == ("blocked", "cancelled")
    assert (
        world.one("select status from public.et_outbound_queue where message_id = %s", stopped["message_id"])
        == "cancelled"
    )
    masked = agent.post(
        f"/v1/threads/{thread}/messages", {"body": "Write to jo@x.com", "subject": "Or jo@y.com"}
    ).json()
    row = world.db.execute(
        "select subject, body from public.et_messages where id = %s", [masked["message_id"]]
    ).fetchone()
    assert (masked["moderation_status"], row) == ("filtered", ("Or [email removed]", "Write to [email removed]"))


def test_what_a_servers_key_writes_is_judged_like_an_agents(world: World, owner_client: Client, client: Callable[..., Client]) -> None:  # fmt: skip
    """Each time, also when the first one was fine."""
    _, thread = world.mail(world.acme, f"{uuid.uuid4().hex}@people.test")
    made = owner_client.post("/v1/api-keys", {"name": uuid.uuid4().hex[:8], "scopes": ["read", "send"]}).json()
    server = client(made["key"])
    for body, status in ((CALM, "approved"), (THREAT, "blocked"), (CALM, "approved")):
        answer = server.post(f"/v1/threads/{thread}/messages", {"body": body})
        assert (answer.status_code, answer.json()["moderation_status"]) == (201, status), answer.text


def test_a_number_told_in_parts_is_found_in_the_last(talk: Talk) -> None:
    """What the sender wrote before is read with it."""
    ann, _, thread = talk
    assert [say(ann, thread, part)["moderation_status"] for part in ("510", "574", "7946")] == [
        "approved", "approved", "filtered",
    ]  # fmt: skip


def test_a_policy_counts_from_the_next_message_on(talk: Talk, world: World) -> None:
    """Also for a caller who was not judged a moment ago."""
    ann, bob, thread = talk
    decree(world, None)
    assert say(ann, thread, PHONE)["moderation_status"] == "approved"
    assert say(ann, thread, PHONE)["moderation_status"] == "approved"
    decree(world, {"regions": ["US"], "lanes": LANES})
    assert say(ann, thread, PHONE)["moderation_status"] == "filtered"
    assert say(ann, thread, PHONE)["moderation_status"] == "filtered"
    assert read_by(bob, thread) == [PHONE, PHONE, MASKED, MASKED]


def test_a_repeated_request_gets_the_first_verdict(talk: Talk) -> None:
    """The same client id, the same message, the same status."""
    ann, _, thread = talk
    body = {"body": PHONE, "client_message_id": "1"}
    first = ann.post(f"/v1/conversations/{thread}/messages", body)
    again = ann.post(f"/v1/conversations/{thread}/messages", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["moderation_status"] == first.json()["moderation_status"] == "filtered"


def test_where_a_model_is_to_be_asked_the_message_waits(talk: Talk, world: World) -> None:
    """No request waits for a model: the moderator asks, and nobody sees it meanwhile."""
    ann, bob, thread = talk
    decree(world, {"regions": ["US"], "lanes": LANES, "second_opinion": {"when": "always"}})
    sent = say(ann, thread, CALM)
    assert (sent["moderation_status"], sent["moderation"]) == ("pending", None)
    assert read_by(bob, thread) == []
    assert read_by(ann, thread) == [CALM]


def test_a_policy_that_cannot_be_read_lets_nothing_through(talk: Talk, world: World) -> None:
    """The message waits, as without a moderator."""
    ann, bob, thread = talk
    decree(world, {"lanes": {"people": {"before": {"phone": {"action": "shout"}}}}})
    assert say(ann, thread, CALM)["moderation_status"] == "pending"
    assert read_by(bob, thread) == []


MIXED = (
    "", CALM, PHONE, THREAT, 'say "é" and \u2028', "call me at five1oh 574-79 46", "jo at gmail dot com", "12 Oak Street, Springfield",
    "\u0665\u0661\u0660-574-7946", "5\ufe0f\u20e31\ufe0f\u20e30 574 7946", "see www.example.com\r\n\tor @ann on insta", "send 50 to $anncash",
    "Congratulations! You won a free prize, click here now!!!", "I want to kill myself", "\u202eCall 020 7946 0958\u202c", "a\u200bnn@example.com",
    "x" * 8001, "🧑\u200d🔧 " * 40 + "ring 7946",
)  # fmt: skip
"""Of every kind, in every script, and what a line of JSON might trip over."""


def test_a_text_is_judged_as_the_command_does(agent: Client, world: World) -> None:
    """Byte for byte the verdict of function and command, whatever regions and earlier texts; nothing is kept."""
    decree(world, None)
    before = world.one("select count(*) from public.moderation_verdicts")
    asked: list[dict[str, Any]] = [
        {"text": text, **more} for text in MIXED
        for more in ({"region": "US"}, {"region": ["GB", "IN"]}, {"region": "US", "earlier": ["510", "574"]})
    ]  # fmt: skip
    command = subprocess.run(
        [sys.executable, "-m", "app.cli", "moderate", "--jsonl"], input="\n".join(map(json.dumps, asked)),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = command.stdout.removesuffix("\n").split("\n")
    assert len(lines) == len(asked) > 50
    for one, line in zip(asked, lines, strict=True):
        answer = agent.post("/v1/moderation/judge", one)
        assert answer.status_code == 200, answer.text
        assert answer.text == line
        assert answer.content == canonical(judge(one["text"], region=one["region"], earlier=one.get("earlier", ())))
    assert world.one("select count(*) from public.moderation_verdicts") == before


def test_a_text_is_judged_by_the_policy_in_force(agent: Client) -> None:
    """By lane and stage, with the messages before it."""

    def decided(**more: Any) -> str:
        return str(agent.post("/v1/moderation/judge", {"text": PHONE, **more}).json()["decision"])

    assert decided() == "filtered"
    assert decided(lane="agent", stage="after") == "approved"
    assert decided(text="7946", earlier=["510", "574"]) == "filtered"


def test_only_staff_tries_texts_out(talk: Talk) -> None:
    """To people who write to each other the policy is no oracle."""
    assert talk[0].post("/v1/moderation/judge", {"text": PHONE}).status_code == 403


def test_comments_are_read_by_whom_they_are_meant_for(talk: Talk, world: World, agent: Client, stranger: Client) -> None:  # fmt: skip
    """The sender his, the recipient his, staff all; a stranger finds no such message."""
    ann, bob, thread = talk
    message = say(ann, thread, PHONE)["message_id"]
    for visibility in ("recipient", "staff"):
        world.db.execute(
            "insert into public.agent_comments (tenant_id, message_id, visibility, comment, created_by)"
            " values (%s, %s, %s, %s, 'person')", [world.acme.id, message, visibility, f"For {visibility}"],
        )  # fmt: skip
    path = f"/v1/messages/{message}/comments"

    def seen(who: Client, **query: Any) -> list[str]:
        return sorted(one["visibility"] for one in who.get(path, **query).json()["items"])

    assert (seen(ann), seen(bob), seen(agent)) == (["sender"], ["recipient"], ["recipient", "sender", "staff"])
    assert (seen(agent, visibility="staff"), seen(bob, visibility="sender")) == (["staff"], [])
    assert stranger.get(path).status_code == 404


def test_its_sender_learns_what_became_of_a_message(talk: Talk, agent: Client) -> None:
    """Status, what others read, what he wrote and what to change; nobody else learns anything."""
    ann, bob, thread = talk
    path = f"/v1/messages/{say(ann, thread, PHONE)['message_id']}/moderation"
    told = ann.get(path).json()
    assert (told["moderation_status"], told["body"], told["original"]) == (
        "filtered",
        MASKED,
        {"subject": None, "body": PHONE},
    )
    assert (told["kinds"], [one["kind"] for one in told["comments"]]) == (["phone"], ["phone"])
    assert (bob.get(path).status_code, agent.get(path).status_code) == (404, 404)


def test_an_original_is_read_with_a_reason_and_on_record(talk: Talk, world: World, owner_client: Client, agent: Client) -> None:  # fmt: skip
    """By admins alone; the reason stands in the audit log."""
    ann, _, thread = talk
    message = say(ann, thread, PHONE)["message_id"]
    path, why = f"/v1/messages/{message}/original", f"complaint {uuid.uuid4().hex}"
    assert owner_client.post(path, {"reason": "x"}).status_code == 422
    assert agent.post(path, {"reason": why}).status_code == 403
    read = owner_client.post(path, {"reason": why}).json()
    assert (read["body"], read["original"]["body"]) == (MASKED, PHONE)
    audited = (
        "select count(*) from public.audit_log where action = 'message.original_read' and details ->> 'reason' = %s"
    )
    assert world.one(audited, why) == 1


ANGRY = "This is unacceptable, the worst service ever. I want a refund or you hear from my lawyer!"


def test_whom_a_conversation_called(world: World, client: Callable[..., Client], talk: Talk) -> None:
    """Judged by the API in the sender's own transaction; the staff reads which rule and why, page by page, people do
    not, and a text that is only tried calls nobody."""
    rules = {"angry": {"on": "score", "threshold": 0.6, "action": "notify"},
             "low": {"on": "mood", "threshold": -0.1, "action": "label"}}  # fmt: skip
    decree(world, {"regions": ["US"], "lanes": LANES, "escalation": {"people": {"before": rules}}})
    ann, _, thread = talk
    agent = client(world.acme.token("agent"))
    path = f"/v1/threads/{thread}/escalations"
    tried = agent.post("/v1/moderation/judge", {"text": ANGRY}).json()
    assert [one["rule"] for one in tried["escalation"]["raised"]] == ["angry", "low"]
    assert agent.get(path).status_code == 404  # between people, and nobody was called
    sent = say(ann, thread, ANGRY)
    page = agent.get(path, limit=1).json()
    rest = agent.get(path, limit=1, cursor=page["next_cursor"]).json()
    assert {one["rule"] for one in (*page["items"], *rest["items"])} == {"angry", "low"}
    assert rest["next_cursor"] is None
    assert page["items"][0]["message_id"] == sent["message_id"]
    assert page["items"][0]["reasons"][0] == "legal_words"
    assert ANGRY not in agent.get(path).text
    assert ann.get(path).status_code in {403, 404}
    assert client(world.birch.token("owner")).get(path).status_code == 404
