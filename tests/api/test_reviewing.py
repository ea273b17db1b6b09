"""Reviews, appeals, mutes and trust over HTTP: what reviewers, admins and the muted themselves ask and do."""

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.api.kit import Client, World, token

BODY = "Call 5105550123 now"
DOCUMENT = {"lanes": {"people": {"before": {}, "after": {}}}, "trust": {"mute": {"at": 4}, "tighten": {"at": 1}}}
FOUND = '{"threats_detected":[{"kind":"phone","span":[5,15],"value":"+15105550123","confidence":0.97}]}'


class Talk:
    """Two people of acme, their conversation, and what the rules say of what Ann writes."""

    def __init__(self, world: World, client: Callable[..., Client]) -> None:
        self.world = world
        self.contact, self.user = world.person(world.acme, "customer", f"{uuid.uuid4().hex[:8]}@people.test")
        other, _ = world.person(world.acme, "provider", f"{uuid.uuid4().hex[:8]}@people.test")
        for person in (self.contact, other):
            world.one(
                "select private.set_context_participant(%s, 'job', %s, %s)", world.acme.id, str(self.user), person
            )
        self.thread = world.one("select private.open_conversation(%s, %s, %s)", world.acme.id, self.contact, other)
        self.ann = client(token(self.user))

    def write(self, decision: str, *kinds: str) -> str:
        """A message of Ann that was judged so."""
        message = self.world.one(
            "insert into public.et_messages (tenant_id, thread_id, channel, direction, delivery_status, sender_kind,"
            " sender, sender_user_id, sender_contact_id, body) values (%s, %s, 'in_app', 'internal', 'sent',"
            " 'participant', %s, %s, %s, %s) returning id",
            self.world.acme.id, self.thread, f"user:{self.user}", self.user, self.contact, BODY,
        )  # fmt: skip
        inputs = self.world.one("select private.moderation_inputs(%s, %s)", self.world.acme.id, message)
        verdict = {name: inputs[name] for name in ("digest", "policy_version", "stage")} | {
            "decider": "rules", "decision": decision, "kinds": list(kinds), "confidence": 0.97, "verdict": FOUND,
            "filtered_content": "[masked]",
        }  # fmt: skip
        said = self.world.one("select private.record_verdict(%s, %s, %s)", self.world.acme.id, message, Jsonb(verdict))
        assert said["result"] == "recorded"
        return str(message)


@pytest.fixture(scope="module")
def judging(world: World) -> Iterator[None]:
    """Acme has what people write judged."""
    world.db.execute(
        "insert into public.moderation_policies (tenant_id, version, document, created_by) values (%s, 1, %s, 'x')",
        [world.acme.id, Jsonb(DOCUMENT)],
    )
    world.db.execute(
        "insert into public.active_moderation (tenant_id, version, activated_by) values (%s, 1, 'x')", [world.acme.id]
    )
    yield
    world.db.execute("delete from public.active_moderation")


@pytest.fixture
def talk(judging: None, world: World, client: Callable[..., Client]) -> Talk:
    """A new conversation."""
    return Talk(world, client)


def find(client: Client, message: str, **wanted: Any) -> dict[str, Any]:
    """The review of a message in a list."""
    found: list[dict[str, Any]] = client.get("/v1/reviews", **wanted).json()["items"]
    (row,) = [one for one in found if one["message_id"] == message]
    return row


def test_a_review_from_the_queue_to_its_decision(agent: Client, owner_client: Client, talk: Talk) -> None:
    """Listed without a text, claimed with a reason, kept from colleagues, decided on the text that was read."""
    message = talk.write("review", "phone", "spam")
    row = find(agent, message, queue="free", kind="spam", lane="people", origin="verdict")
    assert (row["status"], row["overdue"], row["claimed_by"]) == ("open", False, None) and BODY not in str(row)
    review = f"/v1/reviews/{row['id']}"
    claimed = agent.post(f"{review}/claim", {"reason": "clearing the queue"})
    assert (claimed.status_code, claimed.json()["body"]) == (200, BODY), claimed.text
    assert find(agent, message, queue="mine")["claimed_by"] == claimed.json()["claimed_by"]
    taken = owner_client.post(f"{review}/claim", {"reason": "me, too"})
    assert (taken.status_code, taken.json()["code"]) == (409, "review_claimed")
    assert taken.json()["claimed_by"] == claimed.json()["claimed_by"] and taken.json()["claim_until"]
    assert agent.post(f"{review}/release").json() == {"review_id": row["id"], "status": "open", "claimed_by": None}
    agent.post(f"{review}/claim", {"reason": "clearing the queue"})
    body = {"digest": claimed.json()["digest"], "decision": "filtered", "reason": "No numbers yet."}
    assert agent.post(f"{review}/decide", body | {"digest": "0" * 64}).json()["code"] == "review_stale"
    assert agent.post(f"{review}/decide", body | {"spans": [{"kind": "phone", "span": [90, 99]}]}).json()["code"] == (
        "nothing_to_mask"
    )
    done = agent.post(f"{review}/decide", body | {"note": "again"})
    assert (done.status_code, done.json()["moderation_status"]) == (200, "filtered"), done.text
    assert talk.world.one("select body from public.et_messages where id = %s", message) == "Call [phone removed] now"
    assert agent.get(review).json()["decision"] == "filtered"
    assert find(agent, message, queue="decided")["reason"] == "No numbers yet."
    again = agent.post(f"{review}/decide", body)
    assert (again.status_code, again.json()["code"]) == (409, "review_closed")


def test_the_queue_is_read_page_by_page(agent: Client, talk: Talk) -> None:
    """Every open review once, by due date, the urgent before the rest."""
    for kind in ("phone", "threat", "phone", "self_harm"):
        talk.write("review", kind)
    seen: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        page = agent.get("/v1/reviews", limit=2, **cursor).json()
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    mine = [row for row in seen if row["thread_id"] == str(talk.thread)]
    assert [row["urgent"] for row in mine] == [True, True, False, False]
    assert len({row["id"] for row in seen}) == len(seen)
    assert [row["due_at"] for row in seen] == sorted(row["due_at"] for row in seen)


def test_a_stopped_message_is_appealed(agent: Client, talk: Talk) -> None:
    """By its sender, once; and the appeal is a review like any other."""
    message = talk.write("blocked", "phone")
    appeal = talk.ann.post(f"/v1/messages/{message}/appeal", {"text": "It is my workshop."})
    assert (appeal.status_code, appeal.json()["status"]) == (201, "open"), appeal.text
    assert find(agent, message, origin="appeal")["appeal"] == "It is my workshop."
    again = talk.ann.post(f"/v1/messages/{message}/appeal", {"text": "It is my workshop."})
    assert (again.status_code, again.json()["code"]) == (409, "appealed")
    review = f"/v1/reviews/{appeal.json()['review_id']}"
    digest = agent.post(f"{review}/claim", {"reason": "an appeal"}).json()["digest"]
    done = agent.post(f"{review}/decide", {"digest": digest, "decision": "approved", "reason": "Quite so."})
    assert done.json()["outcome"] == "overturned"


def test_a_muted_person_is_told_and_heard(agent: Client, owner_client: Client, talk: Talk) -> None:
    """403 with until when; his standing; an appeal; and an admin who ends it."""
    talk.write("blocked", "threat")
    sent = talk.ann.post(f"/v1/conversations/{talk.thread}/messages", {"body": "Hello?", "client_message_id": "1"})
    assert (sent.status_code, sent.json()["code"], sent.json()["may_appeal"]) == (403, "muted", True), sent.text
    standing = talk.ann.get("/v1/standing").json()
    assert (standing["muted"], standing["tightened"]) == (True, True)
    assert datetime.fromisoformat(standing["mute"]["until"]) == datetime.fromisoformat(sent.json()["until"])
    trust = agent.get(f"/v1/contacts/{talk.contact}/trust").json()
    assert (trust["score"], trust["reasons"][0]["kind"], trust["mute_id"]) == (
        6, "threat", standing["mute"]["id"]
    )  # fmt: skip
    assert talk.ann.post("/v1/standing/appeal", {"text": "I quoted him."}).json()["mute"]["may_appeal"] is False
    (mute,) = [one for one in agent.get("/v1/mutes", show="appealed").json()["items"]
               if one["contact_id"] == str(talk.contact)]  # fmt: skip
    assert (mute["appeal"], mute["reasons"][0]["kind"]) == ("I quoted him.", "threat")
    assert agent.post(f"/v1/mutes/{mute['id']}/lift", {"reason": "He did quote."}).status_code == 403
    kept = owner_client.post(f"/v1/mutes/{mute['id']}/keep", {"reason": "He did not."}).json()
    assert (kept["muted"], kept["appeal_outcome"]) == (True, "upheld")
    lifted = owner_client.post(f"/v1/mutes/{mute['id']}/lift", {"reason": "Enough now."}).json()
    assert (lifted["muted"], lifted["end_reason"]) == (False, "lifted")
    assert talk.ann.get("/v1/standing").json()["muted"] is False
    assert mute["id"] in [one["id"] for one in agent.get("/v1/mutes", show="ended").json()["items"]]
