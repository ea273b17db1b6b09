"""Tasks and browsers over HTTP: what a person sees, says, and may not."""

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.api.kit import Client, World

TASK = {"kind": "manual", "provider": "phone", "error_code": "call", "task": {"kind": "call", "title": "Call Ann"}}


@pytest.fixture
def task(world: World) -> Any:
    """A message that waits for a call: the task's id and the message's."""
    _, thread = world.mail(world.acme, "call@example.com")
    sent = world.db.execute(
        "select message_id, queue_id from private.enqueue_outbound(%s, %s, 'Ask for the keys', 'agent', 'agent', '{}')",
        [world.acme.id, thread],
    ).fetchone()
    claims = world.db.execute("select queue_id, fence from private.claim_outbound('t', 1000)").fetchall()
    fence = next(fence for queue_id, fence in claims if queue_id == sent[1])
    world.db.execute("select private.complete_outbound(%s, %s, %s, %s)", [world.acme.id, sent[1], fence, Jsonb(TASK)])
    return str(world.one("select id from public.manual_tasks where queue_id = %s", sent[1])), str(sent[0])


def test_a_task_is_listed_taken_and_done(owner_client: Client, world: World, task: Any) -> None:
    """With what to say; once somebody has done it the message is sent, and a second word is refused."""
    task_id, message_id = task
    listed = owner_client.get("/v1/tasks").json()["items"]
    row = next(item for item in listed if item["id"] == task_id)
    assert (row["script"], row["reason"], row["status"]) == ("Ask for the keys", "call", "open")
    me = owner_client.get("/v1/me").json()["user_id"]
    assert owner_client.post(f"/v1/tasks/{task_id}/assign", {"user_id": me}).json()["assignee_id"] == me
    mine = owner_client.get("/v1/tasks", assignee_id=me).json()["items"]
    assert [item["id"] for item in mine] == [task_id]
    done = owner_client.post(f"/v1/tasks/{task_id}/complete", {"outcome": "done", "note": "spoke to her"})
    assert done.status_code == 200 and done.json()["status"] == "done", done.text
    assert world.one("select delivery_status from public.et_messages where id = %s", message_id) == "sent"
    again = owner_client.post(f"/v1/tasks/{task_id}/complete", {"outcome": "done"})
    assert (again.status_code, again.json()["code"]) == (409, "task_closed")
    assert owner_client.get(f"/v1/tasks/{task_id}").json()["note"] == "spoke to her"


def test_tasks_are_listed_by_the_dates_they_are_given(owner_client: Client, world: World, task: Any) -> None:
    """Page by page: what is due first, what is due later, what has no date last."""
    made = [task[0]]
    for number in range(3):
        made.append(
            str(world.one(
                "insert into public.manual_tasks (tenant_id, kind, title, reason, target, message_id, thread_id)"
                " select tenant_id, 'escalation', %s, 'late', 'conversation', message_id, thread_id"
                " from public.manual_tasks where id = %s returning id", f"Look {number}", task[0],
            ))
        )  # fmt: skip
    thread = str(world.one("select thread_id from public.manual_tasks where id = %s", task[0]))
    contact = str(world.one("select contact_id from public.et_threads where id = %s", thread))
    me = owner_client.get("/v1/me").json()["user_id"]
    for task_id, due_at in zip(made, [None, "2031-05-02T09:00:00Z", "2031-05-01T11:00:00+02:00", None], strict=True):
        changed = owner_client("PATCH", f"/v1/tasks/{task_id}", {"due_at": due_at, "assignee_id": me})
        assert changed.status_code == 200 and changed.json()["assignee_id"] == me, changed.text
    pages, cursor = [], None
    while cursor or not pages:
        answer = owner_client.get(
            "/v1/tasks", contact_id=contact, limit=1, **({"cursor": cursor} if cursor else {})
        ).json()
        pages.append([(item["id"], item["due_at"]) for item in answer["items"]])
        cursor = answer["next_cursor"]
    dateless = sorted([made[0], made[3]])
    assert pages == [
        [(made[2], "2031-05-01T09:00:00Z")],
        [(made[1], "2031-05-02T09:00:00Z")],
        *([(one, None)] for one in dateless),
    ]
    past = owner_client("PATCH", f"/v1/tasks/{made[0]}", {"due_at": "2020-05-02T09:00:00Z"})
    assert (past.status_code, past.json()["code"], past.json()["field"]) == (422, "bad_time", "due_at")
    zoneless = owner_client("PATCH", f"/v1/tasks/{made[0]}", {"due_at": "2031-05-02T09:00:00"})
    assert (zoneless.status_code, zoneless.json()["field"]) == (422, "due_at")
    assert owner_client("PATCH", f"/v1/tasks/{made[0]}", {}).json()["due_at"] is None


def test_what_there_is_to_do_about_a_contact(owner_client: Client, world: World, task: Any) -> None:
    """His tasks alone, ended ones too where they are asked for; nothing of anybody else's."""
    task_id, _ = task
    query = "select t.contact_id from public.manual_tasks as k join public.et_threads as t on t.id = k.thread_id"
    contact = str(world.one(f"{query} where k.id = %s", task_id))
    _, thread = world.mail(world.acme, "other@example.com")
    other = str(world.one("select contact_id from public.et_threads where id = %s", thread))
    assert task_id in [item["id"] for item in owner_client.get("/v1/tasks", contact_id=contact).json()["items"]]
    assert owner_client.get("/v1/tasks", contact_id=other).json()["items"] == []
    owner_client.post(f"/v1/tasks/{task_id}/complete", {"outcome": "done"})
    ended = owner_client.get("/v1/tasks", contact_id=contact, task_status="any").json()["items"]
    assert task_id in [item["id"] for item in ended]


def test_follow_ups_are_listed_by_due_date(owner_client: Client, world: World) -> None:
    """What an insight foresees and what a decision has put off, page by page; sent ones where they are asked for."""
    _, thread = world.mail(world.acme, "again@example.com")
    contact = str(world.one("select contact_id from public.et_threads where id = %s", thread))
    assert owner_client.get("/v1/follow-ups", contact_id=contact).json()["items"] == []
    world.db.execute(
        "insert into public.et_thread_insights (tenant_id, thread_id, summary, follow_up_at, follow_up_text,"
        " follow_up_status, read_seq, model) values (%s, %s, 's', now() + interval '3 days', 'Still?', 'scheduled', 1,"
        " 'rules')", [world.acme.id, thread],
    )  # fmt: skip
    epoch = world.one("select control_epoch from public.et_threads where id = %s", thread)
    world.db.execute(
        "select private.enqueue_outbound(%s, %s, 'Well?', 'ai', 'ai', %s)", [world.acme.id, thread, Jsonb({
            "purpose": "follow_up", "delay_seconds": 86400, "control_epoch": epoch, "based_on_seq": 1,
            "cause_kind": "decision", "cause_id": str(thread)})],
    )  # fmt: skip
    first = owner_client.get("/v1/follow-ups", contact_id=contact, limit=1).json()
    rest = owner_client.get("/v1/follow-ups", contact_id=contact, cursor=first["next_cursor"]).json()
    rows = first["items"] + rest["items"]
    assert [(row["origin"], row["body"]) for row in rows] == [("decision", "Well?"), ("insight", "Still?")]
    assert rows[0]["due_at"] < rows[1]["due_at"] and rest["next_cursor"] is None
    assert owner_client.get("/v1/follow-ups", contact_id=contact, follow_up_status="sent").json()["items"] == []
    assert len(owner_client.get("/v1/follow-ups", contact_id=contact, follow_up_status="any").json()["items"]) == 2


@pytest.mark.parametrize("body", [{"outcome": "finished"}, {"outcome": "done", "note": "x" * 4001}, {}])
def test_a_word_that_means_nothing_is_refused(owner_client: Client, world: World, task: Any, body: Any) -> None:
    """The field is named and the task stays open."""
    answer = owner_client.post(f"/v1/tasks/{task[0]}/complete", body)
    assert answer.status_code == 422, answer.text
    assert world.one("select status from public.manual_tasks where id = %s", task[0]) == "open"


def test_the_key_browsers_subscribe_with_is_given_out(owner_client: Client, world: World) -> None:
    """404 with the remedy until a notifier has said it."""
    none = owner_client.get("/v1/push-subscriptions/key")
    assert (none.status_code, none.json()["code"]) == (404, "no_push_key") and "notifier" in none.json()["remedy"]
    world.db.execute("select private.set_push_key(%s)", ["B" + "A" * 86])
    assert owner_client.get("/v1/push-subscriptions/key").json() == {"public_key": "B" + "A" * 86}
    world.db.execute("update private.deployment set vapid_public_key = null")


def test_a_browser_is_registered_and_forgotten(owner_client: Client, world: World) -> None:
    """As the browser itself describes the subscription."""
    browser = {
        "endpoint": "https://push.test/h",
        "expirationTime": None,
        "keys": {"p256dh": "B" + "A" * 86, "auth": "A" * 22},
    }
    made = owner_client("PUT", "/v1/push-subscriptions", browser)
    assert made.status_code == 200 and made.json()["registered"], made.text
    stored = world.one("select count(*) from public.contact_identities where kind = 'push' and address like %s",
                       "https://push.test/h#%")  # fmt: skip
    assert stored == 1
    gone = owner_client("DELETE", "/v1/push-subscriptions", {"endpoint": "https://push.test/h"})
    assert gone.json() == {"forgotten": 1}


def test_an_app_is_registered_and_forgotten(owner_client: Client, world: World) -> None:
    """With the token its device gave it; Apple's is the same in upper case."""
    for kind, token, stored in (
        ("apns", "AB" * 32, "ab" * 32),
        ("fcm", "cX:APA91b_-" + "q" * 40, "cX:APA91b_-" + "q" * 40),
    ):
        phone = {"kind": kind, "app": "acme-desk", "token": token}
        made = owner_client("PUT", "/v1/push-devices", phone)
        assert made.status_code == 200 and made.json()["registered"], made.text
        address = f"{kind}:acme-desk/{stored}"
        assert (
            world.one("select count(*) from public.contact_identities where kind = 'push' and address = %s", address)
            == 1
        )
        assert owner_client("DELETE", "/v1/push-devices", phone).json() == {"forgotten": 1}
        assert owner_client("DELETE", "/v1/push-devices", phone).json() == {"forgotten": 0}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "web", "app": "x", "token": "ab" * 32}, "kind"),
        ({"kind": "apns", "app": "com/acme", "token": "ab" * 32}, "app"),
        ({"kind": "apns", "app": "com.acme", "token": "xy" * 32}, "token"),
        ({"kind": "fcm", "app": "acme", "token": "a b" * 32}, "token"),
        ({"kind": "fcm", "app": "acme"}, "token"),
    ],
)
def test_what_is_no_app_on_a_device_is_named(owner_client: Client, body: Any, field: str) -> None:
    """The field is named, whoever finds it wrong."""
    answer = owner_client("PUT", "/v1/push-devices", body)
    assert answer.status_code == 422 and field in answer.text, answer.text
