"""The two logs over HTTP: found by who, what, on what and when; taken away on record."""

from typing import Any

import pytest

from tests.api.kit import Client, World


@pytest.fixture
def reply(owner_client: Client) -> str:
    """A wording that was made and deleted again: two rows of the audit log about one object."""
    answer = owner_client("PUT", "/v1/canned-replies", {"intent": "audited", "body": "x"})
    made = str(answer.json()["reply_id"])
    assert owner_client("DELETE", f"/v1/canned-replies/{made}").status_code == 200
    return made


def actions(answer: Any) -> list[str]:
    """What was done, newest first."""
    assert answer.status_code == 200, answer.text
    return [row["action"] for row in answer.json()["items"]]


def test_rows_are_found_by_who_what_on_what_and_when(owner_client: Client, world: World, reply: str) -> None:
    """Each filter alone and all of them together; what nobody did finds nothing."""
    about = owner_client.get("/v1/audit-log", object_id=reply).json()["items"]
    assert len(about) == 2
    deleted, made = about
    who = f"user:{world.acme.people['owner']}"
    for wanted in (
        {"action": deleted["action"]}, {"actor": who}, {"object_kind": deleted["object_kind"]},
        {"after": deleted["at"]}, {"action": deleted["action"], "actor": who, "object_id": reply},
    ):  # fmt: skip
        assert deleted["action"] in actions(owner_client.get("/v1/audit-log", **wanted)), wanted
    assert actions(owner_client.get("/v1/audit-log", object_id=reply, before=deleted["at"])) == [made["action"]]
    assert actions(owner_client.get("/v1/audit-log", actor=f"user:{world.acme.people['viewer']}")) == []


def test_a_moment_without_a_zone_is_refused(owner_client: Client) -> None:
    """It means another thing at every place."""
    answer = owner_client.get("/v1/audit-log", after="2026-11-01T00:00:00")
    assert (answer.status_code, answer.json()["field"]) == (422, "after")


def test_what_is_taken_away_is_on_record(owner_client: Client, world: World, reply: str) -> None:
    """The rows are those of the list, and the newest row of the log says who took how many by which filter."""
    listed = owner_client.get("/v1/audit-log", object_id=reply).json()["items"]
    taken = owner_client.post("/v1/audit-log/export", {"object_id": reply, "limit": 1}).json()
    assert taken["items"] == listed[:1] and taken["next_cursor"]
    rest = owner_client.post("/v1/audit-log/export", {"object_id": reply, "cursor": taken["next_cursor"]}).json()
    assert rest == {"items": listed[1:], "next_cursor": None}
    newest = owner_client.get("/v1/audit-log", action="audit_log.exported").json()["items"]
    assert len(newest) == 2 and newest[1]["actor"] == f"user:{world.acme.people['owner']}"
    assert newest[1]["details"] == {"log": "audit", "filter": {"object_id": reply}, "rows": 1}


def test_what_was_refused_is_found_and_taken_away(owner_client: Client, client: Any, world: World) -> None:
    """By the object a stranger named; from where he came is in neither, and an agent gets none of it."""
    _, thread = world.mail(world.acme)
    stranger = client(world.birch.token("owner"))
    assert stranger.get(f"/v1/threads/{thread}").status_code == 404
    rows = owner_client.get("/v1/access-denials", object_id=str(thread), action="get_thread").json()["items"]
    assert len(rows) == 1
    taken = owner_client.post("/v1/access-denials/export", {"object_id": str(thread)})
    assert taken.json() == {"items": rows, "next_cursor": None} and str(world.birch.id) not in taken.text
    assert stranger.post("/v1/access-denials/export", {"object_id": str(thread)}).json()["items"] == []
    agent = client(world.acme.token("agent"))
    for path in ("/v1/audit-log/export", "/v1/access-denials/export"):
        assert agent.post(path, {}).status_code == 403
