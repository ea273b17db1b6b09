"""Messages: polling by rev, sending, files, asking why."""

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx

from tests.api.kit import Client, World


def test_polling_by_rev_pages_and_ends(agent: Client, world: World) -> None:
    """Pages follow each other by next_since, has_more says when to go on, an empty poll is empty."""
    thread = {world.mail(world.acme, "poll@example.com", f"m{n}")[1] for n in range(7)}.pop()
    since, bodies, pages = 0, [], 0
    while True:
        page = agent.get(f"/v1/threads/{thread}/messages", since=since, limit=3).json()
        bodies += [message["body"] for message in page["messages"]]
        since, pages = page["next_since"], pages + 1
        if not page["has_more"]:
            break
    assert (bodies, pages) == ([f"m{n}" for n in range(7)], 3)
    empty = agent.get(f"/v1/threads/{thread}/messages", since=since).json()
    assert (empty["messages"], empty["has_more"], empty["next_since"]) == ([], False, since)
    older = agent.get(f"/v1/threads/{thread}/messages", before_seq=4, limit=2).json()
    assert [message["seq"] for message in older["messages"]] == [3, 2] and older["has_more"]


def test_a_page_of_messages_may_be_a_hundred_long(agent: Client, world: World) -> None:
    """A conversation opens with everything unread in one request; more than that is refused by name."""
    _, thread = world.mail(world.acme, "long@example.com")
    assert agent.get(f"/v1/threads/{thread}/messages", before_seq=100, limit=100).status_code == 200
    refused = agent.get(f"/v1/threads/{thread}/messages", before_seq=100, limit=101)
    assert refused.status_code == 422 and refused.json()["field"] == "limit"


def test_reading_answers_with_the_conversation_as_it_is_then(
    agent: Client, world: World, owner_client: Client, client: Callable[..., Client]
) -> None:
    """Whoever says how far he has read learns what else became of it: one question less."""
    for body in ("one", "two"):
        _, thread = world.mail(world.acme, "read@example.com", body)
    said = agent.post(f"/v1/threads/{thread}/read", {"seq": 1}).json()
    assert (said["staff_read_seq"], said["unread_count"]) == (1, 1)
    assert said["conversation"] == agent.get(f"/v1/threads/{thread}").json() and said["conversation"]["last_seq"] == 2
    assert agent.post(f"/v1/threads/{thread}/read", {"seq": 0}).json()["staff_read_seq"] == 1
    blind = client(owner_client.post("/v1/api-keys", {"name": "blind", "scopes": ["manage"]}).json()["key"])
    done = blind.post(f"/v1/threads/{thread}/read", {})
    assert (done.status_code, done.json()["staff_read_seq"], done.json()["conversation"]) == (200, 2, None)


def test_a_time_is_answered_through_rev(agent: Client, world: World) -> None:
    """A client that knows only a moment gets what was written since, and a rev to go on with."""
    first, thread = world.mail(world.acme, "time@example.com", "before")
    moment = world.one("select created_at + interval '1 microsecond' from public.et_messages where id = %s", first)
    world.mail(world.acme, "time@example.com", "after")
    for text in (moment.isoformat(), moment.isoformat().replace("+00:00", "Z")):
        page = agent.get(f"/v1/threads/{thread}/messages", since=text).json()
        assert [message["body"] for message in page["messages"]] == ["after"]
    raw = agent.http.get(f"/v1/threads/{thread}/messages?since={moment.isoformat()}")  # its + arrives as a space
    assert [message["body"] for message in raw.json()["messages"]] == ["after"]
    assert agent.get(f"/v1/threads/{thread}/messages", since="2026-01-01T00:00:00").json()["field"] == "since"


def test_the_next_poll_depends_on_the_client(agent: Client, world: World) -> None:
    """Active clients poll every 3 s, background ones every 10 s, idle ones every 30 s."""
    _, thread = world.mail(world.acme)
    told = [
        agent.get(f"/v1/threads/{thread}/messages", client_state=state).json()["next_poll_ms"]
        for state in ("active", "background", "idle")
    ]
    assert told == [3000, 10_000, 30_000]


def test_a_send_is_idempotent_by_client_id(agent: Client, world: World) -> None:
    """The same client id again writes nothing and answers 200 with the first message."""
    _, thread = world.mail(world.acme, "idem@example.com")
    first = agent.post(f"/v1/threads/{thread}/messages", {"body": "Hi", "client_message_id": "c1"})
    again = agent.post(f"/v1/threads/{thread}/messages", {"body": "Hi", "client_message_id": "c1"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["message_id"] == again.json()["message_id"] and again.json()["duplicate"]
    assert world.one("select count(*) from public.et_messages where thread_id = %s", thread) == 2
    assert agent.get(f"/v1/threads/{thread}").json()["control"] == "human"
    _, other = world.mail(world.acme, "idem2@example.com")
    reused = agent.post(f"/v1/threads/{other}/messages", {"body": "Hi", "client_message_id": "c1"})
    assert (reused.status_code, reused.json()["code"]) == (409, "client_id_reused")


def test_two_agents_at_once_one_is_told_what_is_new(client: Callable[..., Client], world: World) -> None:
    """With the same expected_last_seq exactly one send goes out; the other gets 409 with the message it missed."""
    _, thread = world.mail(world.acme, "race@example.com")
    both = [client(world.acme.token("agent")), client(world.acme.token("owner"))]
    answers: list[object] = []
    barrier = threading.Barrier(2)

    def answer(who: Client) -> None:
        barrier.wait()
        answers.append(who.post(f"/v1/threads/{thread}/messages", {"body": "I do it", "expected_last_seq": 1}))

    threads = [threading.Thread(target=answer, args=[who]) for who in both]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert sorted(a.status_code for a in answers) == [201, 409]  # type: ignore[attr-defined]
    refused = next(a.json() for a in answers if a.status_code == 409)  # type: ignore[attr-defined]
    assert refused["code"] == "thread_moved" and [m["seq"] for m in refused["new_messages"]] == [2]


def test_the_rate_limit_says_when_to_come_back(client: Callable[..., Client], world: World) -> None:
    """Over the limit the answer is 429 with Retry-After, and other senders are not touched."""
    slow = world.tenant("slow")
    world.db.execute("update public.tenant_settings set sends_per_minute = 2 where tenant_id = %s", [slow.id])
    _, thread = world.mail(slow)
    one, other = client(slow.token("agent")), client(slow.token("owner"))
    codes = [one.post(f"/v1/threads/{thread}/messages", {"body": "Hi"}).status_code for _ in range(3)]
    assert codes == [201, 201, 429]
    refused = one.post(f"/v1/threads/{thread}/messages", {"body": "Hi"})
    assert 1 <= int(refused.headers["retry-after"]) <= 30 and refused.json()["code"] == "rate_limited"
    assert other.post(f"/v1/threads/{thread}/messages", {"body": "Hi"}).status_code == 201


def test_ten_a_minute_unless_the_tenant_says_otherwise(client: Callable[..., Client], world: World) -> None:
    """A new tenant's sender gets ten messages through, and then waits six seconds for each; an admin may raise that."""
    usual = world.tenant("usual")
    world.db.execute("update public.tenant_settings set sends_per_minute = default where tenant_id = %s", [usual.id])
    _, thread = world.mail(usual)
    owner = client(usual.token("owner"))
    sent, began = 0, time.monotonic()
    while (refused := owner.post(f"/v1/threads/{thread}/messages", {"body": "Hi"})).status_code == 201:
        sent += 1
    assert refused.status_code == 429 and 10 <= sent <= 10 + (time.monotonic() - began) / 6
    assert 1 <= int(refused.headers["retry-after"]) <= 6 and refused.json()["retry_after_s"] <= 6
    assert owner("PATCH", "/v1/tenant", {"settings": {"sends_per_minute": 1000}}).status_code == 200
    time.sleep(0.2)
    assert owner.post(f"/v1/threads/{thread}/messages", {"body": "Hi"}).status_code == 201


def test_files_are_downloads(agent: Client, stranger: Client, world: World) -> None:
    """A file comes with its name as a download that no browser runs, once it was checked; a refused one says why."""
    message, _ = world.mail(world.acme, "file@example.com", metadata='{"attachments": 2}')
    insert = (
        "insert into public.message_attachments (tenant_id, message_id, filename, content_type, size_bytes, refused, content_id)"
        " values (%s, %s, %s, %s, 5, %s, 'page@example.com') returning id"
    )
    kept = world.one(insert, world.acme.id, message, 'plän "x".html', "text/html", None)
    refused = world.one(insert, world.acme.id, message, "big.zip", "application/zip", "too_large")
    world.db.execute("insert into private.attachment_blobs values (%s, %s, %s)", [world.acme.id, kept, b"hello"])
    early = agent.get(f"/v1/attachments/{kept}")
    assert (early.status_code, early.json()["code"]) == (409, "file_quarantined")
    assert stranger.get(f"/v1/attachments/{kept}").status_code == 404
    before = agent.get(f"/v1/messages/{message}").json()["rev"]
    world.db.execute(
        "update private.attachment_work set fence = 7, lease_until = 'infinity' where attachment_id = %s", [kept]
    )
    world.db.execute('select private.settle_attachment(%s, %s, 7, \'{"checked_by": "sniff"}\')', [world.acme.id, kept])
    assert agent.get(f"/v1/messages/{message}").json()["rev"] > before
    listed = agent.get(f"/v1/messages/{message}/attachments").json()["items"]
    assert sorted([(item["status"], item["refused"]) for item in listed]) == [
        ("refused", "too_large"), ("released", None)
    ]  # fmt: skip
    assert {item["content_id"] for item in listed} == {"page@example.com"}
    got = agent.get(f"/v1/attachments/{kept}")
    assert got.content == b"hello" and got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-disposition"].startswith('attachment; filename="pl_n _x_.html"')
    assert "sandbox" in got.headers["content-security-policy"]
    assert (agent.get(f"/v1/attachments/{refused}").status_code) == 410
    assert stranger.get(f"/v1/attachments/{kept}").status_code == 404


def upload(who: Client, data: bytes, name: str = "plan.pdf", kind: str | None = "application/pdf") -> httpx.Response:
    """Upload a file to send."""
    headers = {"content-type": kind} if kind else {}
    return who.http.post("/v1/attachments", params={"filename": name}, content=data, headers=headers)


def test_a_file_is_uploaded_sent_and_downloaded(agent: Client, stranger: Client, world: World) -> None:
    """Larger than any JSON may be, under the type its bytes have, without a text; a stranger can name it nowhere."""
    _, thread = world.mail(world.acme, "files@example.com")
    data = b"%PDF-1.7" + b"\x00\xff" * (1 << 20)
    made = upload(agent, data, "Plan K\u00fcche.pdf", None)
    file = made.json()
    assert (made.status_code, file["content_type"], file["size_bytes"]) == (201, "application/pdf", len(data))
    _, theirs = world.mail(world.birch, "files@example.com")
    before = world.denials()
    refused = stranger.post(f"/v1/threads/{theirs}/messages", {"attachments": [file["attachment_id"]]})
    assert (refused.status_code, world.denials()) == (404, before + 1)
    sent = agent.post(f"/v1/threads/{thread}/messages", {"attachments": [file["attachment_id"]]})
    assert sent.status_code == 201
    (listed,) = agent.get(f"/v1/messages/{sent.json()['message_id']}/attachments").json()["items"]
    assert (listed["filename"], listed["id"]) == ("Plan K\u00fcche.pdf", file["attachment_id"])
    assert agent.get(f"/v1/attachments/{file['attachment_id']}").content == data
    newest = agent.get(f"/v1/threads/{thread}/messages").json()["messages"][-1]
    assert (newest["message_type"], newest["has_attachments"], newest["body"]) == ("file", True, "")
    again = agent.post(f"/v1/threads/{thread}/messages", {"body": "x", "attachments": [file["attachment_id"]]})
    assert (again.status_code, again.json()["code"]) == (409, "file_sent")


def test_what_cannot_be_sent_is_not_taken(agent: Client, client: Callable[..., Client], world: World) -> None:
    """Too large, told or not; packed; without a name; a program; by somebody who may not send."""
    most = 10_485_760
    told, streamed = b"x" * (most + 1), iter([b"x" * (1 << 20)] * 11)
    for content in (told, streamed):
        answer = agent.http.post("/v1/attachments", params={"filename": "f"}, content=content)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    packed = agent.http.post("/v1/attachments?filename=f", content=b"x", headers={"content-encoding": "gzip"})
    assert (packed.status_code, packed.json()["code"]) == (415, "unsupported_media_type")
    assert agent.http.post("/v1/attachments", content=b"x").status_code == 422
    assert upload(agent, b"x", "../x").json()["field"] == "filename"
    assert upload(agent, b"MZ\x90", "setup.exe").json()["code"] == "file_type"
    assert upload(agent, b"").json()["code"] == "file_size"
    assert upload(client(world.acme.token("viewer")), b"x", kind="text/plain").status_code == 403


def test_unknown_dispatches_are_listed_and_settled(agent: Client, world: World) -> None:
    """A send without a known outcome is on the list until a person says what became of it."""
    _, thread = world.mail(world.acme, "unknown@example.com")
    sent = agent.post(f"/v1/threads/{thread}/messages", {"body": "Hi"}).json()["message_id"]
    for status in ("sending", "dispatch_unknown"):
        world.db.execute("update public.et_outbound_queue set status = %s where message_id = %s", [status, sent])
    listed = agent.get("/v1/dispatches/unknown").json()["items"]
    assert [item["message_id"] for item in listed] == [sent]
    assert agent.post(f"/v1/messages/{sent}/resolve-unknown", {"resolution": "sent"}).status_code == 200
    assert agent.get("/v1/dispatches/unknown").json()["items"] == []
    chain = agent.get(f"/v1/messages/{sent}/explain").json()
    assert chain["message"]["id"] == sent and chain["dispatches"][0]["status"] == "sent"
    assert agent.get(f"/v1/messages/{sent}").json()["thread_id"] == str(thread)


def test_what_did_not_arrive_is_listed_and_sent_again(agent: Client, world: World) -> None:
    """Failed, unknown and stopped apart, newest first, by channel; what a newer reply took the place of is none of them."""
    ends = {"failed": ("failed", "554"), "bounced": ("bounced", "550"), "dispatch_unknown": ("dispatch_unknown", "lost"),
            "cancelled": ("cancelled", "window_closed"), "superseded": ("cancelled", "superseded")}  # fmt: skip
    sent = {}
    for name, (status, reason) in ends.items():
        _, thread = world.mail(world.acme, f"{name}@example.com")
        sent[name] = agent.post(f"/v1/threads/{thread}/messages", {"body": f"Hi {name}"}).json()["message_id"]
        for step in ("sending", status):
            world.db.execute("update public.et_outbound_queue set status = %s, status_reason = %s where message_id = %s",
                             [step, reason, sent[name]])  # fmt: skip
    order = [sent[name] for name in ("cancelled", "dispatch_unknown", "bounced", "failed")]

    def listed(**query: Any) -> list[Any]:
        return list(agent.get("/v1/dispatches/undelivered", **query).json()["items"])

    rows = [row for row in listed() if row["message_id"] in sent.values()]
    assert [row["message_id"] for row in rows] == order
    assert [row["trouble"] for row in rows] == ["stopped", "unknown", "failed", "failed"]
    assert (rows[3]["status_reason"], rows[3]["excerpt"], rows[3]["sent_again_id"]) == ("554", "Hi failed", None)
    first = agent.get("/v1/dispatches/undelivered", trouble="failed", limit=1).json()
    rest = agent.get("/v1/dispatches/undelivered", trouble="failed", limit=1, cursor=first["next_cursor"]).json()
    assert [row["message_id"] for row in first["items"] + rest["items"]] == order[2:]
    assert listed(channel="sms") == [] and listed(trouble="unknown")[0]["message_id"] == sent["dispatch_unknown"]
    made = agent.post(f"/v1/messages/{sent['failed']}/send-again")
    assert made.status_code == 201 and made.json()["delivery_status"] == "queued", made.text
    twice = agent.post(f"/v1/messages/{sent['failed']}/send-again")
    assert (twice.status_code, twice.json()["message_id"]) == (200, made.json()["message_id"])
    assert listed(trouble="failed")[1]["sent_again_id"] == made.json()["message_id"]
    unknown = agent.post(f"/v1/messages/{sent['dispatch_unknown']}/send-again")
    assert (unknown.status_code, unknown.json()["code"]) == (409, "outcome_unknown")
    world.db.execute("delete from private.outbound_work where queue_id in (select id from public.et_outbound_queue"
                     " where message_id = any(%s))", [list(sent.values())])  # fmt: skip
