"""Moderation policies over HTTP: versions, the one in force, comparing, simulating; reveals; who may what."""

import uuid
from typing import Any

import pytest

from tests.api.kit import Client, World

MASKING = {"lanes": {"people": {"before": {"phone": {"action": "mask"}}}}, "regions": ["US"]}
STRICT = {"lanes": {"people": {"before": {"phone": {"action": "block"}}}}, "regions": ["US"]}


@pytest.fixture(autouse=True)
def off_again(owner_client: Client) -> Any:
    """Other tests of this world find nothing moderated."""
    yield
    owner_client("DELETE", "/v1/moderation/policy")


def talk(world: World) -> Any:
    """A conversation of a customer and a provider."""
    ann, _ = world.person(world.acme, "customer", f"ann-{uuid.uuid4().hex}@example.com")
    rob, _ = world.person(world.acme, "provider", f"rob-{uuid.uuid4().hex}@example.com")
    return world.one("select private.open_conversation(%s, %s, %s)", world.acme.id, ann, rob)


def test_versions_from_the_first_to_a_rollback(owner_client: Client, agent: Client) -> None:
    """Put, read, compared, taken back, switched off; agents read and change nothing."""
    assert agent.get("/v1/moderation/policy").status_code == 404
    first = owner_client.post("/v1/moderation/policies", {"document": MASKING, "note": "to begin with"})
    assert first.status_code == 201
    one = first.json()["version"]
    assert first.json() == {"version": one, "active_version": one, "previous_version": None}
    two = owner_client.post("/v1/moderation/policies", {"document": STRICT, "expected_version": one}).json()["version"]
    moved = owner_client.post("/v1/moderation/policies", {"document": STRICT, "expected_version": one})
    assert (moved.status_code, moved.json()["code"], moved.json()["active_version"]) == (409, "policy_moved", two)
    assert agent.get("/v1/moderation/policy").json()["document"] == STRICT
    changes = agent.get(f"/v1/moderation/policies/{two}/changes", from_version=one).json()["changes"]
    assert changes == [{"path": "lanes.people.before.phone.action", "from": "mask", "to": "block"}]
    back = owner_client.post(f"/v1/moderation/policies/{one}/activate", {})
    assert (back.status_code, back.json()["previous_version"]) == (200, two)
    listed = agent.get("/v1/moderation/policies", limit=2).json()["items"]
    assert [(row["version"], row["activated_at"] is None) for row in listed] == [(two, True), (one, False)]
    assert agent.get("/v1/moderation/policies", before_version=two).json()["items"][0]["note"] == "to begin with"
    assert agent.get(f"/v1/moderation/policies/{two}").json()["document"] == STRICT
    for answer in (agent.post("/v1/moderation/policies", {"document": STRICT}), agent("DELETE", "/v1/moderation/policy"),
                   agent.post(f"/v1/moderation/policies/{two}/activate", {})):  # fmt: skip
        assert answer.status_code == 403
    off = owner_client("DELETE", f"/v1/moderation/policy?expected_version={one}")
    assert (off.status_code, off.json()["active_version"]) == (200, None)
    for path in ("/v1/moderation/policy", "/v1/moderation/policies/99999"):
        assert owner_client.get(path).status_code == 404


def test_a_bad_policy_is_refused_with_its_field(owner_client: Client) -> None:
    """Put or tried: the path, and what to write instead; nothing is kept."""
    before = len(owner_client.get("/v1/moderation/policies").json()["items"])
    bad = {"lanes": {"people": {"before": {"phone": {"action": "mask", "threshold": 60}}}}}
    for path in ("policies", "simulations"):
        answer = owner_client.post(f"/v1/moderation/{path}", {"document": bad})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_policy")
        assert answer.json()["field"] == "lanes.people.before.phone.threshold"
        assert answer.json()["remedy"]
    assert len(owner_client.get("/v1/moderation/policies").json()["items"]) == before


def test_a_policy_is_tried_on_history(owner_client: Client, agent: Client, world: World) -> None:
    """What would change in a bounded span, without texts; nothing changes but the audit log."""
    thread = talk(world)
    for body in ("call me at 650-253-0000", "see you", "or write to jo@example.com"):
        world.db.execute(
            "insert into public.et_messages (tenant_id, thread_id, channel, direction, delivery_status, sender_kind,"
            " sender, body) values (%s, %s, 'in_app', 'internal', 'sent', 'participant', 'user:x', %s)",
            [world.acme.id, thread, body],
        )
    tried = {"document": STRICT, "thread_id": str(thread)}
    nameless = owner_client.post("/v1/moderation/simulations", tried)
    assert (nameless.status_code, nameless.json()["code"]) == (422, "reason_missing")
    tried["reason"] = "complaint 4711"
    report = owner_client.post("/v1/moderation/simulations", tried).json()
    assert (report["complete"], report["messages"]) == (True, 3)
    assert report["changes"] == {"approved→blocked": 1, "approved→filtered": 1}
    assert report["by_rule"]["people.before.phone.block"] == {"acts_on": 1, "changed": 1}
    assert [(one["tenant"], one["seq"], one["text"]) for one in report["samples"]] == [
        ("acme", 1, None),
        ("acme", 3, None),
    ]
    assert "650-253" not in str(report)
    part = owner_client.post("/v1/moderation/simulations", tried | {"limit": 2, "samples": 0}).json()
    assert (part["complete"], part["messages"], part["samples"]) == (False, 2, [])
    statuses = "select count(*) from public.et_messages where thread_id = %s and moderation_status = 'approved'"
    assert world.one(statuses, thread) == 3
    looked = (
        "select array_agg(details ->> 'reason') from public.audit_log"
        " where action = 'moderation_policy.simulated' and tenant_id = %s"
    )
    assert world.one(looked, world.acme.id) == ["complaint 4711"] * 2
    everything = owner_client.post("/v1/moderation/simulations", {"document": STRICT})
    assert everything.json()["messages"] >= 3
    assert agent.post("/v1/moderation/simulations", tried).status_code == 403


def test_a_foreign_conversation_is_not_tried_on(owner_client: Client, world: World) -> None:
    """Missing and foreign are alike, and the attempt on a foreign one is on record."""
    foreign = world.mail(world.birch)[1]
    answers = [
        owner_client.post("/v1/moderation/simulations", {"document": STRICT, "thread_id": str(one), "reason": "x" * 5})
        for one in (foreign, uuid.uuid4())
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    tried = "select count(*) from public.access_denials where object_id = %s and action = 'simulate_moderation'"
    assert world.one(tried, str(foreign)) == 1


def test_the_staff_reveals_contacts(owner_client: Client, agent: Client, world: World) -> None:
    """With a reason, where the policy leaves it to the staff; again it is the same reveal."""
    thread = talk(world)
    path, why = f"/v1/threads/{thread}/reveal", {"reason": "They met at our fair."}
    owner_client.post("/v1/moderation/policies", {"document": MASKING | {"reveal_on": []}})
    refused = agent.post(path, why)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_revealing")
    owner_client.post("/v1/moderation/policies", {"document": MASKING})
    first, again = agent.post(path, why), agent.post(path, why)
    assert (first.status_code, first.json()["created"], again.json()["created"]) == (200, True, False)
    assert first.json()["revealed_at"] == again.json()["revealed_at"]
    assert agent.post(path, {"reason": "x"}).status_code == 422
