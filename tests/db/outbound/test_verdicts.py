"""Every rule that can stop or delay a send, asked at claim."""

import datetime
import itertools
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from app.channels.whatsapp.baileys import CAPABILITIES
from app.db.worker import to_plain
from tests.db.helpers import Row, Tenant, World, refused


def verdict(world: World, tenant: Tenant, sent: Row) -> tuple[str, str | None]:
    """Claim once and say what became of the row: its status and reason."""
    world.claim_out()
    row = world.queue(sent["message_id"])
    if row["status"] in ("queued", "sending"):
        work = world.one("select run_at > clock_timestamp() as later from private.outbound_work where queue_id = %s",
                         row["id"])  # fmt: skip
        assert work["later"] == (row["status"] == "queued")
    assert world.violations(tenant) == {}
    return row["status"], row["status_reason"]


def suppress(world: World, tenant: Tenant, scope: str, reason: str, address: str = "ann@people.test") -> None:
    """Plant a suppression."""
    world.owner.execute(
        "insert into public.suppressions (tenant_id, kind, address, scope, reason) values (%s, 'email', %s, %s, %s)",
        [tenant.id, address, scope, reason],
    )


def owner(statement: str) -> Callable[[World, Tenant, Row], Any]:
    """A rule made true by one statement of the owner over `tenant`."""
    return lambda world, tenant, thread: world.owner.execute(statement, {"t": tenant.id})


RULES: dict[str, tuple[Callable[[World, Tenant, Row], Any], dict[str, Any], tuple[str, str | None]]] = {
    "nothing": (owner("select 1"), {}, ("sending", None)),
    "suppressed_all": (lambda w, t, _: suppress(w, t, "all", "bounced"), {}, ("cancelled", "suppressed_bounced")),
    "automatic_lets_replies": (lambda w, t, _: suppress(w, t, "automatic", "unsubscribed"), {}, ("sending", None)),
    "automatic_stops_notifications": (
        lambda w, t, _: suppress(w, t, "automatic", "unsubscribed"),
        {"purpose": "notification"},
        ("cancelled", "suppressed_unsubscribed"),
    ),
    "blocked": (
        owner("update public.contacts set blocked_at = now() where tenant_id = %(t)s"),
        {},
        ("cancelled", "contact_blocked"),
    ),
    "suspended": (
        owner("update public.tenants set status = 'suspended' where id = %(t)s"),
        {},
        ("queued", "tenant_suspended"),
    ),
    "deleted": (
        owner("update public.tenants set status = 'deleted', deleted_at = now() where id = %(t)s"),
        {},
        ("cancelled", "tenant_deleted"),
    ),
    "paused": (
        owner("update public.et_channel_sessions set status = 'paused' where tenant_id = %(t)s"),
        {},
        ("queued", "session_paused"),
    ),
    "session_deleted": (
        owner("update public.et_channel_sessions set status = 'deleted' where tenant_id = %(t)s"),
        {},
        ("cancelled", "session_deleted"),
    ),
    "breaker": (
        owner("insert into private.breakers values (%(t)s, 'test_email', 5, clock_timestamp() + interval '1 min')"),
        {},
        ("queued", "breaker_open"),
    ),
    "daily_cap": (
        owner(
            "with s as (update public.tenant_settings set daily_send_cap = 3 where tenant_id = %(t)s)"
            " insert into private.send_counters values (%(t)s, (clock_timestamp() at time zone 'UTC')::date, 3)"
        ),
        {},
        ("queued", "daily_cap"),
    ),
}


@pytest.mark.parametrize("name", sorted(RULES))
def test_rule(world: World, name: str) -> None:
    """Each rule alone gives its verdict."""
    make, options, expected = RULES[name]
    tenant = world.tenant()
    thread = world.arrive(tenant)
    sent = world.enqueue(thread, **options)
    make(world, tenant, thread)
    assert verdict(world, tenant, sent) == expected


@pytest.mark.parametrize(("kind", "expected"), [("ai", "cancelled"), ("system", "cancelled"), ("agent", "sending")])
def test_a_closed_thread_stops_machines_only(world: World, kind: str, expected: str) -> None:
    """After a thread was closed its automatic messages stay; a person's message goes."""
    tenant = world.tenant()
    thread = world.arrive(tenant)
    world.complete(world.claim()[0], "no_reply")
    sent = world.enqueue(thread, kind=kind, control_epoch=1, based_on_seq=1)
    world.owner.execute(
        "update public.et_threads set status = 'closed', closed_at = now() where id = %s", [thread["thread_id"]]
    )
    assert verdict(world, tenant, sent)[0] == expected


def test_switching_answers_off_stops_what_is_queued_and_calls_a_person(world: World) -> None:
    """A reply that still waits does not leave, and somebody is told; a person's own message goes."""
    tenant = world.tenant("agent")
    done = world.answered(tenant)
    world.configure(tenant, ai_enabled=False)
    assert verdict(world, tenant, done) == ("cancelled", "ai_disabled")
    told = world.all("select kind, thread_id from public.notifications where tenant_id = %s", tenant.id)
    assert told == [{"kind": "human_takeover", "thread_id": done["thread_id"]}]
    sent = world.rpc(tenant.people["agent"], tenant, "send_message(%s, 'I am here')", done["thread_id"])
    assert verdict(world, tenant, sent) == ("sending", None)


def test_suppression_does_not_depend_on_letter_case(world: World) -> None:
    """A Reply-To in capitals reaches nobody its small form is closed to."""
    tenant = world.tenant()
    thread = world.arrive(tenant, metadata={"reply_to": "ANN@People.Test", "message_id": "m@x"})
    suppress(world, tenant, "all", "complained")
    assert verdict(world, tenant, world.enqueue(thread)) == ("cancelled", "suppressed_complained")


def test_whatsapp_window(world: World) -> None:
    """Free text needs a message of the contact within 24 hours, at claim and when it is queued; a template does not."""
    tenant = world.tenant()
    world.register({"whatsapp": {}})
    session = world.session(tenant.id, "whatsapp", f"+1{uuid.uuid4().int % 10**10:010d}")
    thread = world.arrive(tenant, "+12025550123", channel="whatsapp", channel_session_id=session)
    assert verdict(world, tenant, world.enqueue(thread)) == ("sending", None)
    waiting = world.enqueue(thread)
    with world.database.connect("admin") as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute(
            "update public.et_messages set created_at = now() - interval '25 h' where id = %s", [thread["id"]]
        )
    assert verdict(world, tenant, waiting) == ("cancelled", "window_closed")
    with refused("PT422", code="window_closed"):
        world.enqueue(thread)
    assert verdict(world, tenant, world.enqueue(thread, template={"name": "hello", "language": "en"})) == (
        "sending",
        None,
    )


def test_a_number_on_the_bridge_has_no_window(world: World) -> None:
    """What the bridge declares, and what follows: free text a month after the contact's last word, and no templates."""
    tenant = world.tenant()
    with world.database.connect("parley_worker") as worker:
        worker.execute("select private.register_providers(%s)", [Jsonb([to_plain(CAPABILITIES)])])
    session = world.session(tenant.id, "whatsapp", f"+1{uuid.uuid4().int % 10**10:010d}")
    world.owner.execute("update public.et_channel_sessions set provider = 'baileys' where id = %s", [session])
    thread = world.arrive(tenant, "+12025550123", channel="whatsapp", channel_session_id=session)
    with world.database.connect("admin") as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute(
            "update public.et_messages set created_at = now() - interval '30 d' where id = %s", [thread["id"]]
        )
    assert verdict(world, tenant, world.enqueue(thread)) == ("sending", None)
    with refused("PT422", code="no_templates"):
        world.enqueue(thread, template={"name": "hello", "language": "en"})


def zone_at(hour: int) -> str:
    """A zone where it is now about `hour` o'clock (Etc/GMT signs are reversed)."""
    now = datetime.datetime.now(datetime.UTC)
    offset = (hour - now.hour) % 24
    offset = offset - 24 if offset > 14 else offset
    return f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"


@pytest.mark.usefixtures("in_one_hour")
@pytest.mark.parametrize("start,end", [("21:00", "08:00"), ("01:00", "07:00")])
def test_quiet_hours_are_those_of_the_recipient(world: World, start: str, end: str) -> None:
    """At three in the morning where he lives he is left alone until the hours end; at noon he is not."""
    for hour, expected in ((3, ("queued", "quiet_hours")), (12, ("sending", None))):
        tenant = world.tenant(quiet_hours_start=start, quiet_hours_end=end)
        thread = world.arrive(tenant)
        world.owner.execute(
            "update public.contacts set time_zone = %s where tenant_id = %s", [zone_at(hour), tenant.id]
        )
        sent = world.enqueue(thread, purpose="notification")
        assert verdict(world, tenant, sent) == expected
        if expected[0] == "queued":
            local = world.value(
                "select (run_at at time zone %s)::time from private.outbound_work where queue_id = %s",
                zone_at(hour), sent["queue_id"],
            )  # fmt: skip
            assert local == datetime.time.fromisoformat(end)
        assert verdict(world, tenant, world.enqueue(thread))[0] == "sending", "a reply is not held back"


def test_quiet_hours_fall_back_to_the_tenants_zone(world: World) -> None:
    """A contact without a zone is judged by the tenant's."""
    tenant = world.tenant(quiet_hours_start="22:00", quiet_hours_end="06:00")
    world.owner.execute("update public.tenants set time_zone = %s where id = %s", [zone_at(2), tenant.id])
    sent = world.enqueue(world.arrive(tenant), purpose="follow_up")
    assert verdict(world, tenant, sent) == ("queued", "quiet_hours")


def test_a_batch_cannot_pass_the_daily_cap(world: World) -> None:
    """Twenty rows, a cap of five: eight routers claim exactly five, and a failed try gives its place back."""
    tenant = world.tenant(daily_send_cap=5)
    thread = world.arrive(tenant)
    for _ in range(20):
        world.enqueue(thread)
    got = world.together(8, lambda connection, number: world.claim_out(20, f"o{number}", connection=connection))
    claims = [row for rows in got for row in rows]
    assert len(claims) == 5
    for claim in claims[:4]:
        assert world.finish(claim) == "sent"
    assert world.finish(claims[4], "rejected", error_code="smtp_550") == "failed"
    world.owner.execute("update private.outbound_work set run_at = clock_timestamp() - interval '1 s'")
    assert len(world.claim_out(20)) == 1
    assert world.violations(tenant) == {}


def test_the_cap_ends_at_the_tenants_midnight(world: World) -> None:
    """What the cap holds back is due at 00:00 where the tenant is."""
    tenant = world.tenant(daily_send_cap=1)
    world.owner.execute("update public.tenants set time_zone = 'Asia/Kolkata' where id = %s", [tenant.id])
    thread = world.arrive(tenant)
    world.enqueue(thread)
    held = world.enqueue(thread)
    world.claim_out(1)
    world.claim_out(5)
    local = world.value(
        "select (run_at at time zone 'Asia/Kolkata')::time from private.outbound_work where queue_id = %s",
        held["queue_id"],
    )
    assert local == datetime.time(0)


def test_message_and_queue_row_come_together(world: World) -> None:
    """An outbound message without its queue row, whatever status it claims, is refused at commit."""
    tenant = world.tenant()
    thread = world.arrive(tenant)
    for status in ("queued", "sent", "read"):
        with refused("PT409", "PT422", "42501", "23514"), world.worker.transaction():
            world.deliver(tenant, direction="outbound", delivery_status=status, sender_kind="system",
                          thread_id=thread["thread_id"], external_message_id=f"{status}@x")  # fmt: skip
    assert world.thread(thread["thread_id"])["last_seq"] == 1


def test_nobody_to_send_to_is_said(world: World) -> None:
    """A thread without an address refuses the send and writes nothing."""
    tenant = world.tenant()
    thread = world.value(
        "insert into public.et_threads (tenant_id, channel, scope_rule, scope_key) values (%s, 'email',"
        " 'explicit', 'x:1')"
        " returning id",
        tenant.id,
    )
    with refused("PT422", code="no_recipient"), world.worker.transaction():
        world.enqueue({"tenant_id": tenant.id, "thread_id": thread})
    with refused("PT422", "PT404"), world.worker.transaction():
        world.enqueue({"tenant_id": tenant.id, "thread_id": uuid.uuid4()})


def test_limits_of_a_body(world: World) -> None:
    """Empty and over-long messages are refused; a tenant's own limit counts before the channel's."""
    tenant = world.tenant("agent")
    thread = world.arrive(tenant)["thread_id"]
    send = "send_message(%s, %s)"
    for body in ("", "  ", "x" * 100001):
        with refused("PT422", code="bad_length"):
            world.rpc(tenant.people["agent"], tenant, send, thread, body)
    world.owner.execute("insert into public.message_limits values (%s, 'email', 'body_chars', 5)", [tenant.id])
    with refused("PT422", code="bad_length"):
        world.rpc(tenant.people["agent"], tenant, send, thread, "123456")
    assert world.rpc(tenant.people["agent"], tenant, send, thread, "12345")["delivery_status"] == "queued"


def test_the_rate_limit_says_how_long_to_wait(world: World) -> None:
    """Ten messages go through, and one every six seconds; then a 429 says how long. Others and inbound are not touched."""
    tenant = world.tenant("agent", "admin")
    thread = world.arrive(tenant)["thread_id"]
    sent, began = 0, time.monotonic()
    caught: list[psycopg.Error]
    with refused("PT429", code="rate_limited") as caught:
        for sent in itertools.count():
            world.rpc(tenant.people["agent"], tenant, "send_message(%s, 'x', %s)", thread, f"k{sent}")
    assert 10 <= sent <= 10 + (time.monotonic() - began) / 6
    assert re.search(r'"retry_after_s": [1-6]\b', str(caught[0].diag.message_detail))
    again = world.rpc(tenant.people["agent"], tenant, "send_message(%s, 'x', 'k3')", thread)
    assert again["duplicate"], "a repeated send costs nothing"
    assert world.rpc(tenant.people["admin"], tenant, "send_message(%s, 'x')", thread)["seq"] == sent + 2
    assert world.arrive(tenant)["seq"] == sent + 3


def test_expected_last_seq_answers_with_what_is_new(world: World) -> None:
    """Two agents answer at once: the second learns what the first wrote, and nothing is sent."""
    tenant = world.tenant("agent")
    thread = world.arrive(tenant, body="question")["thread_id"]
    world.rpc(tenant.people["agent"], tenant, "send_message(%s, 'first', null, 1)", thread)
    caught: list[psycopg.Error]
    with refused("PT409", code="thread_moved") as caught:
        world.rpc(tenant.people["owner"], tenant, "send_message(%s, 'second', null, 1)", thread)
    assert '"body": "first"' in str(caught[0].diag.message_detail) and '"last_seq": 2' in str(
        caught[0].diag.message_detail
    )
    assert world.thread(thread)["last_seq"] == 2
