"""POST /v1/threads: writing to somebody first."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.kit import Client, World, seen


def someone(owner: Client, **members: Any) -> str:
    """A contact who has never written."""
    address = f"{uuid.uuid4().hex}@example.com"
    made = owner.post("/v1/contacts", {"identities": [{"kind": "email", "address": address}], **members})
    return str(made.json()["contact_id"])


def test_a_conversation_is_started_once(agent: Client, world: World) -> None:
    """201 and a queued message, 200 for the same again; the conversation alone is 201, then 200."""
    body = {"contact_id": someone(agent), "session_id": str(world.acme.session_id), "subject": "Your boiler",
            "body": "May we come on Tuesday?", "client_message_id": uuid.uuid4().hex}  # fmt: skip
    first, again = agent.post("/v1/threads", body), agent.post("/v1/threads", body)
    assert (first.status_code, again.status_code) == (201, 200), first.text
    assert first.json()["created"] and again.json() == {**first.json(), "created": False, "duplicate": True}
    thread = agent.get(f"/v1/threads/{first.json()['thread_id']}").json()
    assert (thread["subject"], thread["control"], thread["last_seq"]) == ("Your boiler", "human", 1)
    quiet = {"contact_id": someone(agent), "session_id": str(world.acme.session_id)}
    made, found = agent.post("/v1/threads", quiet), agent.post("/v1/threads", quiet)
    assert (made.status_code, found.status_code) == (201, 200)
    assert made.json()["message_id"] is None and found.json()["thread_id"] == made.json()["thread_id"]


def test_two_starts_at_once_are_one_conversation(client: Callable[..., Client], agent: Client, world: World) -> None:
    """Agent and owner write to the same person in the same moment: two messages, one conversation."""
    ann, barrier, answers = someone(agent), threading.Barrier(2), []

    def run(role: str) -> None:
        who = client(world.acme.token(role))
        barrier.wait()
        answers.append(who.post("/v1/threads", {"contact_id": ann, "session_id": str(world.acme.session_id),
                                                "body": f"from {role}"}))  # fmt: skip

    threads = [threading.Thread(target=run, args=[role]) for role in ("agent", "owner")]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len({answer.json()["thread_id"] for answer in answers}) == 1
    assert sorted(answer.json()["seq"] for answer in answers) == [1, 2]
    assert sorted(answer.json()["created"] for answer in answers) == [False, True]


@pytest.mark.parametrize("kind", ["contact", "channel_session"])
def test_what_is_foreign_reads_as_missing_and_is_logged_once(
    agent: Client, stranger: Client, world: World, kind: str
) -> None:
    """A contact or an account named in the body is guarded like one named in the path."""
    ids = {"contact": someone(agent), "channel_session": str(world.acme.session_id)}
    own = {"contact": someone(stranger), "channel_session": str(world.birch.session_id)}
    before, answers = world.denials(), []
    for named in (ids[kind], str(uuid.uuid4())):
        chosen = {**own, kind: named}
        body = {"contact_id": chosen["contact"], "session_id": chosen["channel_session"], "body": "Hi"}
        answers.append(stranger("POST", "/v1/threads", body, headers={"x-request-id": "same"}))
    assert seen(answers[0]) == seen(answers[1]) and answers[0].status_code == 404
    assert world.denials() - before == 1
    row = world.db.execute(
        "select tenant_id, object_kind, object_id from public.access_denials order by at desc, id desc limit 1"
    ).fetchone()
    assert row == (world.acme.id, kind, ids[kind])
    assert stranger.get("/v1/threads", contact=own["contact"]).json()["items"] == []


def test_what_may_not_be_sent_is_said(agent: Client, owner_client: Client, world: World) -> None:
    """Consent, suppression and block, each with its code, the field and a remedy."""
    session = str(world.acme.session_id)
    ann = someone(agent)
    offer = {"contact_id": ann, "session_id": session, "purpose": "marketing", "body": "Half price"}
    codes = [agent.post("/v1/threads", offer).json()["code"]]
    agent.post(f"/v1/contacts/{ann}/consents", {"channel": "email", "purpose": "marketing", "granted": True})
    assert agent.post("/v1/threads", offer).status_code == 201
    agent.post(f"/v1/contacts/{ann}/block", {})
    codes.append(agent.post("/v1/threads", offer).json()["code"])
    bob = someone(agent)
    address = agent.get(f"/v1/contacts/{bob}").json()["identities"][0]["address"]
    owner_client.post("/v1/suppressions", {"kind": "email", "address": address})
    refused = agent.post("/v1/threads", {"contact_id": bob, "session_id": session, "body": "Hi"}).json()
    codes.append(refused["code"])
    assert codes == ["no_consent", "contact_blocked", "suppressed"]
    assert (refused["status"], refused["field"], refused["reason"]) == (422, "contact_id", "suppressed_manual")
    assert "suppressions" in refused["remedy"]


def test_the_limit_of_sends_holds(client: Callable[..., Client], world: World) -> None:
    """Over it the answer is 429 with Retry-After."""
    slow = world.tenant("slow-starter")
    world.db.execute("update public.tenant_settings set sends_per_minute = 1 where tenant_id = %s", [slow.id])
    who = client(slow.token("agent"))
    body = {"contact_id": someone(who), "session_id": str(slow.session_id), "body": "Hi"}
    first, second = who.post("/v1/threads", body), who.post("/v1/threads", body)
    assert (first.status_code, second.status_code) == (201, 429) and int(second.headers["retry-after"]) >= 1
