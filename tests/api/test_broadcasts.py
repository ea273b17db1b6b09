"""Announcements and the admins' viewer over HTTP: begun, counted, stopped; found and read with a reason."""

import uuid
from collections.abc import Callable

from tests.api.kit import Client, World, token


def test_an_announcement_from_its_beginning_to_its_readers(
    owner_client: Client, agent: Client, client: Callable[..., Client], world: World
) -> None:
    """Repeatable by its id; how far it is and who has read it; agents see it and begin none."""
    world.db.execute("update public.contacts set blocked_at = now() where tenant_id = %s", [world.acme.id])
    _, user = world.person(world.acme, "customer", f"ann-{uuid.uuid4().hex}@example.com")
    body = {"id": str(uuid.uuid4()), "body": "We move.", "role": "customer"}
    first, again = owner_client.post("/v1/broadcasts", body), owner_client.post("/v1/broadcasts", body)
    assert (first.status_code, first.json()["created"], again.json()["created"]) == (201, True, False)
    assert agent.post("/v1/broadcasts", {"body": "x"}).status_code == 403
    both = owner_client.post("/v1/broadcasts", body | {"context_kind": "job", "context_id": "1", "id": None})
    assert (both.status_code, both.json()["field"]) == (422, "role")
    while world.one("select private.deliver_broadcasts(10)"):
        pass
    ann = client(token(user))
    thread = world.one("select thread_id from public.broadcast_recipients where broadcast_id = %s", first.json()["id"])
    assert ann.post(f"/v1/conversations/{thread}/read", {}).status_code == 200
    seen = agent.get(f"/v1/broadcasts/{first.json()['id']}").json()
    assert (seen["status"], seen["delivered"], seen["read"], seen["body"]) == ("done", 1, 1, "We move.")
    assert agent.get("/v1/broadcasts").json()["items"][0]["id"] == first.json()["id"]
    stopped = owner_client.post(f"/v1/broadcasts/{first.json()['id']}/cancel")
    assert stopped.json()["status"] == "done", "too late to stop it"


def test_an_admin_looks_with_a_reason(owner_client: Client, agent: Client, stranger: Client, world: World) -> None:
    """Found by person, read page by page; each look is in the audit log, and nobody else may."""
    ann, _ = world.person(world.acme, "customer", f"ann-{uuid.uuid4().hex}@example.com")
    rob, _ = world.person(world.acme, "provider", f"rob-{uuid.uuid4().hex}@example.com")
    thread = world.one("select private.open_conversation(%s, %s, %s)", world.acme.id, ann, rob)
    for n in range(3):
        world.db.execute("select private.post_system_message(%s, %s, %s)", [world.acme.id, thread, f"m{n}"])
    why = "complaint 4711"
    found = owner_client.post("/v1/viewer/conversations", {"reason": why, "contact_id": str(ann)}).json()
    assert [one["thread_id"] for one in found["items"]] == [str(thread)] and not found["has_more"]
    path = f"/v1/viewer/conversations/{thread}/messages"
    page = owner_client.post(path, {"reason": why, "limit": 2}).json()
    assert [one["body"] for one in page["messages"]] == ["m1", "m2"] and page["has_more"]
    older = owner_client.post(path, {"reason": why, "limit": 2, "before_seq": page["messages"][0]["seq"]}).json()
    assert [one["body"] for one in older["messages"]] == ["m0"] and not older["has_more"]
    assert agent.post(path, {"reason": why}).status_code == 403
    assert owner_client.post(path, {"reason": "x"}).status_code == 422
    assert stranger.post(path, {"reason": why}).status_code == 404
    rows = owner_client.get("/v1/audit-log").json()["items"]
    mine = [row for row in rows if row["details"].get("reason") == why]
    assert sorted(row["action"] for row in mine) == ["thread.read", "thread.read", "thread.searched"]
