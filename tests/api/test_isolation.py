"""A stranger gets the answer of a missing object, byte for byte, and every attempt is on record exactly once."""

import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.api.kit import Client, World, seen

READS = {
    "thread": ["/v1/threads/{}", "/v1/threads/{}/messages", "/v1/threads/{}/messages?since=2026-01-01T00:00:00Z",
               "/v1/threads/{}/messages?before_seq=9", "/v1/threads/{}/insights", "/v1/threads/{}/notes", "/v1/threads/{}/escalations", "/v1/threads/{}/history", "/v1/conversations/{}",
               "/v1/conversations/{}/messages", "/v1/conversations/{}/messages?since=2026-01-01T00:00:00Z"],
    "message": ["/v1/messages/{}", "/v1/messages/{}/attachments", "/v1/messages/{}/explain", "/v1/messages/{}/html",
                "/v1/messages/{}/translation", "/v1/messages/{}/translation?language=de",
                "/v1/messages/{}/moderation", "/v1/messages/{}/comments", "/v1/messages/{}/comments?visibility=staff"],
    "suggestion": ["/v1/suggestions/{}"],
    "manual_task": ["/v1/tasks/{}"],
    "attachment": ["/v1/attachments/{}"],
    "project": ["/v1/projects/{}"],
    "broadcast": ["/v1/broadcasts/{}"],
    "moderation_review": ["/v1/reviews/{}"],
    "bid_card": ["/v1/bid-cards/{}"],
    "bid": ["/v1/bids/{}"],
    "booking": ["/v1/bookings/{}"],
    "contact": ["/v1/contacts/{}", "/v1/threads?contact={}", "/v1/contacts/{}/trust",
                "/v1/tasks?contact_id={}", "/v1/follow-ups?contact_id={}"],
    "channel_session": [
        "/v1/channel-sessions/{}", "/v1/channel-sessions/{}/templates", "/v1/threads?session={}",
    ],
    "member": ["/v1/threads?assignee={}", "/v1/tasks?assignee_id={}"],
}  # fmt: skip
WRITES: dict[str, list[tuple[str, str, Any]]] = {
    "thread": [
        ("POST", "/v1/threads/{}/messages", {"body": "Hi"}), ("POST", "/v1/threads/{}/take-over", None),
        ("POST", "/v1/threads/{}/hand-back", None), ("POST", "/v1/threads/{}/assign", {"assignee_id": None}),
        ("POST", "/v1/threads/{}/labels", {"add": ["x"]}), ("POST", "/v1/threads/{}/read", {}),
        ("POST", "/v1/threads/{}/snooze", {"until": "2099-01-01T00:00:00Z"}), ("POST", "/v1/threads/{}/close", None),
        ("POST", "/v1/threads/{}/notes", {"note": "x"}), ("POST", "/v1/threads/{}/folder", {"folder": "spam"}),
        ("POST", "/v1/threads/{}/archive", None), ("POST", "/v1/threads/{}/reopen", None),
        ("PUT", "/v1/threads/{}/search-policy", {"policy": "full"}),
        ("POST", "/v1/viewer/conversations/{}/messages", {"reason": "abuse report 12"}),
        ("POST", "/v1/threads/{}/reveal", {"reason": "they met at our fair"}),
        ("POST", "/v1/threads/{}/merge", {"loser_id": str(uuid.uuid4())}), ("POST", "/v1/threads/{}/suggestions", None),
        ("PATCH", "/v1/conversations/{}", {"archived": True}), ("POST", "/v1/conversations/{}/messages", {"body": "Hi"}),
        ("POST", "/v1/conversations/{}/read", {}), ("POST", "/v1/conversations/{}/delivered", {}),
        ("POST", "/v1/conversations/{}/people", {"contact_ids": [str(uuid.uuid4())]}),
        ("POST", "/v1/conversations/{}/leave", None), ("POST", "/v1/conversations/{}/system-messages", {"body": "Hi"}),
    ],
    "message": [
        ("PATCH", "/v1/messages/{}", {"body": "x"}), ("DELETE", "/v1/messages/{}", None),
        ("PUT", "/v1/messages/{}/reactions/x", None), ("DELETE", "/v1/messages/{}/reactions/x", None),
        ("POST", "/v1/messages/{}/translation", {"language": "de"}),
        ("POST", "/v1/messages/{}/appeal", {"text": "let me see"}),
        ("POST", "/v1/messages/{}/original", {"reason": "abuse report 12"}),
        ("POST", "/v1/messages/{}/retry", None), ("POST", "/v1/messages/{}/send-again", None),
        ("POST", "/v1/messages/{}/resolve-unknown", {"resolution": "sent"}),
    ],
    "contact": [
        ("PUT", "/v1/people/{}/block", None), ("DELETE", "/v1/people/{}/block", None),
        ("PATCH", "/v1/contacts/{}", {"company": "x"}), ("POST", "/v1/contacts/{}/block", {}),
        ("POST", "/v1/contacts/{}/erase", {"reason": "request"}),
        ("POST", "/v1/contacts/{}/consents", {"channel": "email", "purpose": "marketing", "granted": True}),
        ("POST", "/v1/contacts/{}/merge", {"loser_id": str(uuid.uuid4())}),
    ],
    "channel_session": [
        ("PATCH", "/v1/channel-sessions/{}", {"name": "x"}),
        ("POST", "/v1/channel-sessions/{}/pause", None), ("POST", "/v1/channel-sessions/{}/resume", None),
        ("POST", "/v1/channel-sessions/{}/test", {"to": "me@acme.test"}), ("POST", "/v1/channel-sessions/{}/pairing", None),
        ("POST", "/v1/channel-sessions/{}/form-links", {"contact_id": str(uuid.uuid4())}),
        ("DELETE", "/v1/channel-sessions/{}", None), ("PUT", "/v1/channel-sessions/{}/secrets/p", {"value": "x"}),
    ],
    "api_key": [("DELETE", "/v1/api-keys/{}", None)],
    "invitation": [("DELETE", "/v1/invitations/{}", None)],
    "tenant": [("POST", "/v1/tenants/{}/switch", None)],
    "member": [("PUT", "/v1/members/{}/role", {"role": "agent"}), ("DELETE", "/v1/members/{}", None)],
    "webhook": [("POST", "/v1/webhook-failures/{}/retry", None)],
    "faq_entry": [("PATCH", "/v1/faq/{}", {"answer": "x"}), ("DELETE", "/v1/faq/{}", None)],
    "manual_task": [
        ("POST", "/v1/tasks/{}/complete", {"outcome": "done"}), ("POST", "/v1/tasks/{}/assign", {"user_id": None}),
        ("PATCH", "/v1/tasks/{}", {"due_at": None}),
    ],
    "attachment": [("POST", "/v1/attachments/{}/open", {})],
    "note": [("PATCH", "/v1/notes/{}", {"note": "x"}), ("DELETE", "/v1/notes/{}", None)],
    "canned_reply": [("DELETE", "/v1/canned-replies/{}", None)],
    "broadcast": [("POST", "/v1/broadcasts/{}/cancel", None)],
    "moderation_review": [
        ("POST", "/v1/reviews/{}/claim", {"reason": "let me see"}), ("POST", "/v1/reviews/{}/release", None),
        ("POST", "/v1/reviews/{}/decide", {"digest": "0" * 64, "decision": "approved", "reason": "let it go"}),
    ],
    "contact_mute": [
        ("POST", "/v1/mutes/{}/lift", {"reason": "let it go"}), ("POST", "/v1/mutes/{}/keep", {"reason": "let it go"}),
    ],
    "project": [
        ("PATCH", "/v1/projects/{}", {"title": "x"}), ("POST", "/v1/projects/{}/status", {"status": "cancelled"}),
    ],
    "bid_card": [
        ("PATCH", "/v1/bid-cards/{}", {"title": "x"}), ("POST", "/v1/bid-cards/{}/status", {"status": "cancelled"}),
        ("POST", "/v1/bid-cards/{}/bids", {"amount": "1"}),
    ],
    "bid": [
        ("POST", "/v1/bids/{}/status", {"status": "accepted"}),
        ("POST", "/v1/bids/{}/connection-fee", {"amount": "1"}),
    ],
    "booking": [
        ("PATCH", "/v1/bookings/{}", {"title": "x"}), ("POST", "/v1/bookings/{}/status", {"status": "cancelled"}),
    ],
    "connection_fee": [("POST", "/v1/connection-fees/{}/status", {"status": "paid"})],
    "referral": [("POST", "/v1/referrals/{}/status", {"status": "expired"})],
}  # fmt: skip
CALLS = [(kind, "GET", path, None) for kind, paths in READS.items() for path in paths] + [
    (kind, *call) for kind, calls in WRITES.items() for call in calls
]


@pytest.fixture(scope="module")
def objects(world: World) -> Iterator[dict[str, str]]:
    """One object of acme per kind."""
    message, thread = world.mail(world.acme, "private@example.com")
    acme = world.acme.id
    made = {
        "thread": thread, "message": message, "channel_session": world.acme.session_id, "tenant": acme,
        "member": world.acme.people["agent"],
        "contact": world.one("select contact_id from public.et_threads where id = %s", thread),
        "attachment": world.one(
            "insert into public.message_attachments (tenant_id, message_id, filename, content_type, size_bytes)"
            " values (%s, %s, 'f', 'text/plain', 1) returning id", acme, message),
        "suggestion": world.one(
            "insert into private.assist_work (tenant_id, kind, thread_id, requested_by)"
            " values (%s, 'suggestions', %s, 'x') returning id", acme, thread),
        "manual_task": world.task(world.acme, "by-telephone@example.com"),
        "api_key": world.one(
            "insert into public.api_keys (tenant_id, name, secret_digest, hint, scopes)"
            " values (%s, 'k', 'x', 'pk', '{read}') returning id", acme),
        "invitation": world.one(
            "insert into public.tenant_invitations (tenant_id, address, role, token_digest)"
            " values (%s, 'x@x.test', 'agent', 'x') returning id", acme),
        "faq_entry": world.one(
            "insert into public.faq_entries (tenant_id, question, keywords, answer)"
            " values (%s, 'q', '{q}', 'a') returning id", acme),
        "note": world.one(
            "insert into public.thread_notes (tenant_id, thread_id, note, author)"
            " values (%s, %s, 'private', 'user:x') returning id", acme, thread),
        "webhook": world.one(
            "insert into private.webhook_events (tenant_id, session_id, provider, event_id, payload, error)"
            " values (%s, %s, 'smtp', 'e', 'x', 'oops') returning id", acme, world.acme.session_id),
        "canned_reply": world.one(
            "insert into public.canned_replies (tenant_id, intent, body) values (%s, 'price', 'b') returning id", acme),
        **world.market(world.acme),
        "broadcast": world.one(
            "insert into public.broadcasts (tenant_id, thread_id, message_id, segment_kind, created_by)"
            " values (%s, %s, %s, 'all', 'x') returning id", acme, thread, message),
        **world.stopped(world.acme, thread, message),
    }  # fmt: skip
    yield {kind: str(value) for kind, value in made.items()}


@pytest.mark.parametrize(("kind", "method", "path", "body"), CALLS, ids=[f"{c[1]} {c[2]}" for c in CALLS])
def test_foreign_reads_as_missing_and_is_logged_once(
    stranger: Client, world: World, objects: dict[str, str], kind: str, method: str, path: str, body: Any
) -> None:
    """Foreign and missing ids get equal answers; the foreign one leaves one row, the missing one none."""
    before = world.denials()
    foreign = stranger(method, path.format(objects[kind]), body, headers={"x-request-id": "same"})
    after_foreign = world.denials()
    missing = stranger(method, path.format(uuid.uuid4()), body, headers={"x-request-id": "same"})
    assert foreign.status_code == 404
    assert seen(foreign) == seen(missing)
    assert (after_foreign - before, world.denials() - after_foreign) == (1, 0)
    row = world.db.execute(
        "select tenant_id, object_kind, object_id from public.access_denials order by at desc, id desc limit 1"
    ).fetchone()
    assert row == (world.acme.id, kind, objects[kind])


def test_every_route_with_an_id_is_tried(url: str) -> None:
    """The list above is complete: no route that names an id is missing from it."""
    import re

    document = Client(url).get("/openapi.json").json()
    tried = {(method, re.sub(r"\{\}", "*", path.split("?")[0])) for _, method, path, _ in CALLS}
    named = {
        (method.upper(), re.sub(r"\{\w+_id\}", "*", path).replace("{name}", "p").replace("{reaction}", "x"))
        for path, item in document["paths"].items() for method in item if "_id}" in path
    }  # fmt: skip
    assert named - tried == set()


def test_nothing_changed_and_lists_show_nothing(stranger: Client, agent: Client, objects: dict[str, str]) -> None:
    """After all attempts the objects are as they were, and a stranger's lists hold nothing of them."""
    thread = agent.get(f"/v1/threads/{objects['thread']}").json()
    assert (thread["status"], thread["control"], thread["labels"], thread["last_seq"]) == ("open", "ai", [], 1)
    for path in (
        "threads",
        "contacts",
        "channel-sessions",
        "members",
        "faq",
        "webhook-failures",
        "canned-replies",
        "api-keys",
        "audit-log",
        "follow-ups",
        "tasks",
        "projects",
        "bid-cards",
        "bids",
        "bookings",
        "connection-fees",
        "referrals",
        "broadcasts",
        "reviews",
        "mutes",
    ):
        text = stranger.get(f"/v1/{path}").text
        assert not [value for kind, value in objects.items() if value in text], path


def test_own_work_is_never_logged_as_an_attempt(agent: Client, world: World, objects: dict[str, str]) -> None:
    """Reading and filtering one's own, found or empty, leaves no row."""
    before = world.denials()
    for path in (
        f"/v1/threads/{objects['thread']}", f"/v1/threads?contact={objects['contact']}",
        f"/v1/threads?session={objects['channel_session']}&label=none-has-this",
        f"/v1/threads?assignee={world.acme.people['owner']}", f"/v1/threads?assignee={objects['member']}",
    ):  # fmt: skip
        assert agent.get(path).status_code == 200
    assert world.denials() == before


def test_attempts_are_counted_exactly_under_concurrency(
    client: Callable[..., Client], world: World, objects: dict[str, str]
) -> None:
    """Eight strangers at once, reads and writes mixed: as many rows as attempts."""
    before, each, codes = world.denials(), 15, []

    def attempt(_: int) -> None:
        who = client(world.birch.token("owner"))
        for n in range(each):
            path = f"/v1/threads/{objects['thread']}"
            codes.append((who.get(path) if n % 2 else who.post(f"{path}/close")).status_code)

    threads = [threading.Thread(target=attempt, args=[n]) for n in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert set(codes) == {404} and world.denials() - before == 8 * each


def test_without_the_log_there_is_no_answer(stranger: Client, world: World, objects: dict[str, str]) -> None:
    """When an attempt cannot be recorded, reads and writes fail closed with 503."""
    world.db.execute("alter table public.access_denials add constraint broken check (false) not valid")
    try:
        for answer in (
            stranger.get(f"/v1/threads/{objects['thread']}"),
            stranger.post(f"/v1/threads/{objects['thread']}/close"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert answer.headers["retry-after"]
    finally:
        world.db.execute("alter table public.access_denials drop constraint broken")


def test_admins_see_the_attempts_but_not_from_where(owner_client: Client, world: World) -> None:
    """The protected tenant's admins list what was tried; who tried is not among it."""
    listed = owner_client.get("/v1/access-denials", limit=5).json()
    assert len(listed["items"]) == 5 and listed["next_cursor"]
    assert str(world.birch.id) not in str(listed) and str(world.birch.people["owner"]) not in str(listed)
    more = owner_client.get("/v1/access-denials", limit=5, cursor=listed["next_cursor"]).json()
    assert not {row["id"] for row in listed["items"]} & {row["id"] for row in more["items"]}
