"""Templates: what a provider wants where it takes no free text, kept on the queue row and checked twice."""

import json
import uuid
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.db.helpers import Row, Tenant, World, refused
from tests.db.outbound.test_verdicts import verdict

REMINDER = {"name": "visit_reminder", "language": "en_US", "variables": ["Tuesday", "nine"]}


def whatsapp(world: World, tenant: Tenant, *, hours_ago: float = 0, said_at: str | None = None) -> Row:
    """A thread on WhatsApp whose contact wrote so long ago."""
    world.register({"whatsapp": {}})
    session = world.session(tenant.id, "whatsapp", f"+1{uuid.uuid4().int % 10**10:010d}")
    thread = world.arrive(tenant, "+12025550123", channel="whatsapp", channel_session_id=session)
    with world.database.connect("admin") as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute(
            "update public.et_messages set created_at = now() - %s * interval '1 h',"
            " occurred_at = now() + %s::interval where id = %s",
            [hours_ago, said_at, thread["id"]],
        )
    return thread


def test_a_template_goes_out_when_the_window_is_closed(world: World) -> None:
    """Through the RPC of the staff: refused as text, queued as a template, claimed, and handed to the adapter whole."""
    tenant = world.tenant("agent")
    thread = whatsapp(world, tenant, hours_ago=25)
    agent = tenant.people["agent"]
    with refused("PT422", code="window_closed"):
        world.rpc(agent, tenant, "send_message(%s, 'Hello')", thread["thread_id"])
    sent = world.rpc(agent, tenant, "send_message(%s, 'See you on Tuesday at nine.', 't1', null, null, %s)",
                     thread["thread_id"], Jsonb(REMINDER))  # fmt: skip
    message = world.message(sent["message_id"])
    assert (message["message_type"], message["body"]) == ("template", "See you on Tuesday at nine.")
    assert verdict(world, tenant, sent) == ("sending", None)
    row = world.queue(sent["message_id"])
    details = world.worker.execute("select private.dispatch_details(%s, %s) as d", [tenant.id, row["id"]]).fetchone()
    assert details and details["d"]["template"] == REMINDER == row["template"]


def test_a_writer_is_told_before_he_writes_what_a_reply_may_be(world: World) -> None:
    """The same rule that refuses a send, asked by the staff ahead of it; a stranger is told nothing."""
    tenant, other = world.tenant("agent"), world.tenant("agent")
    world.owner.execute("insert into public.message_limits values (%s, 'whatsapp', 'body_chars', 900)", [tenant.id])
    late, early = whatsapp(world, tenant, hours_ago=25), whatsapp(world, tenant, hours_ago=1)
    ask = "select l.*, l.reply_until > now() as is_open from public.reply_limits(%s) as l"
    for thread, is_open in ((late, False), (early, True)):
        with world.acting(tenant.people["agent"], tenant) as connection:
            told = connection.execute(ask, [thread["thread_id"]]).fetchone()
        assert told and (told["is_open"], told["takes_templates"], told["no_reply"]) == (is_open, True, None)
        assert told["reply_chars"] == 900
    with world.acting(other.people["agent"], other) as connection:
        assert connection.execute(ask, [late["thread_id"]]).fetchall() == []
    mail = world.arrive(tenant)
    with world.acting(tenant.people["agent"], tenant) as connection:
        told = connection.execute(ask, [mail["thread_id"]]).fetchone()
    assert told and (told["reply_until"], told["takes_templates"]) == (None, False)


def test_the_window_is_counted_from_when_the_contact_wrote(world: World) -> None:
    """A call that its provider delivered a day late opens no window."""
    tenant = world.tenant()
    late = whatsapp(world, tenant, said_at="-25 hours")
    with refused("PT422", code="window_closed"):
        world.enqueue(late)
    assert verdict(world, tenant, world.enqueue(whatsapp(world, tenant, said_at="-23 hours"))) == ("sending", None)
    ahead = whatsapp(world, tenant, hours_ago=25, said_at="3 hours")
    with refused("PT422", code="window_closed"):
        world.enqueue(ahead)


@pytest.mark.parametrize(
    "given",
    [
        {"name": "visit_reminder"}, {"language": "en"}, {"name": "", "language": "en"}, {"name": "Visit", "language": "en"},
        {"name": "a", "language": "english"}, {"name": "a", "language": "en-US"}, {"name": "a", "language": None},
        {"name": "a", "language": "en", "variables": "x"}, {"name": "a", "language": "en", "variables": None},
        {"name": "a", "language": "en", "variables": [1]}, {"name": "a", "language": "en", "variables": [""]},
        {"name": "a", "language": "en", "variables": ["two\nlines"]}, {"name": "a", "language": "en", "variables": ["x"] * 51},
        {"name": "a", "language": "en", "variables": {"when": 3}}, {"name": "a", "language": "en", "variables": {"No!": "x"}},
        {"name": "a", "language": "en", "variables": [["x"]]}, {"name": "a", "language": "en", "more": "x"}, [], "text", 7,
    ],
)  # fmt: skip
def test_a_template_that_makes_no_sense_is_refused(world: World, given: Any) -> None:
    """With the reason, before anything is queued; and the table itself refuses it whoever writes."""
    tenant = world.tenant()
    thread = whatsapp(world, tenant)
    with refused("PT422", code="bad_template"):
        world.enqueue(thread, template=given)
    good = world.enqueue(thread, template={"name": "a", "language": "en"})
    with pytest.raises(psycopg.errors.CheckViolation):
        world.owner.execute(
            "update public.et_outbound_queue set template = %s where id = %s", [Jsonb(given), good["queue_id"]]
        )


@pytest.mark.parametrize("variables", [None, [], ["Tuesday"], {"when": "Tuesday", "who": "Ann"}, ["Ä" * 1024]])
def test_variables_stand_in_order_or_by_name(world: World, variables: Any) -> None:
    """Or there are none."""
    tenant = world.tenant()
    template = {"name": "hello_world", "language": "pt_BR"} | ({} if variables is None else {"variables": variables})
    sent = world.enqueue(whatsapp(world, tenant), template=template)
    assert world.queue(sent["message_id"])["template"] == template


def test_a_channel_without_a_window_has_no_templates(world: World) -> None:
    """Mail refuses one when it is queued, and cancels one whose provider said so only afterwards."""
    tenant = world.tenant()
    thread = world.arrive(tenant)
    world.register({"email": {}})
    with refused("PT422", code="no_templates"):
        world.enqueue(thread, template=REMINDER)
    there = whatsapp(world, tenant)
    sent = world.enqueue(there, template=REMINDER)
    with world.database.connect("parley_worker") as connection:
        declared = [{"provider": "test_whatsapp", "channel": "whatsapp", "delivery_class": "N", "max_body_chars": 4096}]
        connection.execute("select private.register_providers(%s)", [Jsonb(declared)])
        connection.execute("select * from private.claim_outbound('o1', 10)")
    row = world.queue(sent["message_id"])
    assert (row["status"], row["status_reason"]) == ("cancelled", "no_templates")


def test_saying_template_is_not_sending_one(world: World) -> None:
    """A message type of that name opens no window: the queue row counts, at claim too."""
    tenant = world.tenant()
    thread = whatsapp(world, tenant, hours_ago=25)
    with refused("PT422", code="window_closed"):
        world.enqueue(thread, message_type="template")


def test_an_unknown_template_is_sent_again_as_a_template(world: World) -> None:
    """Who resends an unknown dispatch after the window closed sends what it was."""
    tenant = world.tenant("agent")
    thread = whatsapp(world, tenant, hours_ago=25)
    sent = world.enqueue(thread, template=REMINDER)
    (claim,) = world.claim_out(classes={"whatsapp": "N"})
    assert world.finish(claim, "unknown") == "dispatch_unknown"
    world.rpc(tenant.people["agent"], tenant, "resolve_unknown(%s, 'resend')", sent["message_id"])
    rows = world.all("select template, status from public.et_outbound_queue where tenant_id = %s order by created_at", tenant.id)  # fmt: skip
    assert [row["template"] for row in rows] == [REMINDER, REMINDER]
    assert [row["status"] for row in rows] == ["failed", "queued"]


REMIND = {"name": "visit_reminder", "language": "en_US", "status": "approved", "category": "utility", "shape": {"body": 2},
          "components": [{"type": "BODY", "text": "On {{1}} at {{2}}"}]}  # fmt: skip
OFFER = {"name": "offer", "language": "de", "status": "approved", "category": "marketing", "components": [], "shape": {
    "body": ["name"], "header": {"kind": "image"}, "buttons": {"0": "quick_reply", "1": "url"}}}  # fmt: skip
ORDER = {"name": "order", "language": "en", "status": "approved", "category": "utility", "components": [],
         "shape": {"header": {"kind": "text", "places": 1}}}  # fmt: skip
PNG = b"\x89PNG\r\n\x1a\n"
SEND = "send_message(p_thread_id => %s, p_body => 'Hello', p_template => %s, p_attachments => %s)"


def send_with_file(world: World, tenant: Tenant, thread: Row, template: Row) -> Row:
    """Send a template with a picture of our own, as a member."""
    agent = tenant.people["agent"]
    file = world.upload(tenant, agent, PNG, "a.png", "image/png")["attachment_id"]
    return dict(world.rpc(agent, tenant, SEND, thread["thread_id"], Jsonb(template), [file]))


def record(world: World, thread: Row, *templates: Row) -> int:
    """The health worker read the templates of the thread's account."""
    row = world.worker.execute(
        "select private.record_templates(%s, %s, %s) as n",
        [thread["tenant_id"], thread["channel_session_id"], Jsonb(list(templates))],
    ).fetchone()
    return int(row["n"])  # type: ignore[index]


def test_only_what_the_provider_approved_is_queued(world: World) -> None:
    """Unknown names and languages, and what was paused or refused: refused with what there is instead."""
    tenant = world.tenant("agent")
    thread = whatsapp(world, tenant, hours_ago=25)
    record(world, thread, REMIND, {**ORDER, "status": "paused"})
    agent = tenant.people["agent"]
    for given, code, hint in (
        ({"name": "visit_remindr", "language": "en_US"}, "unknown_template", "visit_reminder"),
        ({"name": "visit_reminder", "language": "de"}, "unknown_template", "en_US"),
        ({"name": "order", "language": "en", "header": ["7"]}, "template_not_approved", "approves"),
    ):
        with refused("PT422", code=code) as caught:
            world.rpc(agent, tenant, "send_message(%s, 'x', null, null, null, %s)", thread["thread_id"], Jsonb(given))
        assert hint in str(caught[0].diag.message_hint)
    sent = world.rpc(agent, tenant, "send_message(%s, 'x', null, null, null, %s)", thread["thread_id"], Jsonb(REMINDER))
    assert verdict(world, tenant, sent) == ("sending", None)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "visit_reminder", "language": "en_US", "variables": ["Tuesday"]}, "template.variables"),
        ({"name": "visit_reminder", "language": "en_US"}, "template.variables"),
        ({"name": "visit_reminder", "language": "en_US", "variables": {"a": "x", "b": "y"}}, "template.variables"),
        ({**REMINDER, "header": ["x"]}, "template.header"),
        ({**REMINDER, "header_link": "https://a.test/x.png"}, "template.header_link"),
        ({**REMINDER, "buttons": {"0": "x"}}, "template.buttons"),
        ({"name": "offer", "language": "de", "variables": ["Ann"]}, "template.variables"),
        ({"name": "offer", "language": "de", "variables": {"nam": "Ann"}}, "template.variables"),
        ({"name": "offer", "language": "de", "variables": {"name": "Ann"}, "buttons": {"1": "7"}}, "template.header_link"),
        ({"name": "offer", "language": "de", "variables": {"name": "Ann"}, "header_link": "https://a.test/x.png"}, "template.buttons"),
        ({"name": "offer", "language": "de", "variables": {"name": "Ann"}, "header_link": "https://a.test/x.png",
          "buttons": {"1": "7", "2": "x"}}, "template.buttons"),
        ({"name": "order", "language": "en"}, "template.header"),
        ({"name": "order", "language": "en", "header": ["1", "2"]}, "template.header"),
    ],
)  # fmt: skip
def test_a_template_filled_wrongly_names_the_part(world: World, given: Row, field: str) -> None:
    """Too few, too many, by another name, a header or button that is not there, or is missing."""
    thread = whatsapp(world, world.tenant())
    record(world, thread, REMIND, OFFER, ORDER)
    with refused("PT422", code="template_mismatch") as caught:
        world.enqueue(thread, template=given)
    assert json.loads(str(caught[0].diag.message_detail))["field"] == field


def test_every_part_may_be_filled(world: World) -> None:
    """By numbers and by names, a picture by its address or as the message's own file, buttons that must and may."""
    tenant = world.tenant("agent")
    thread = whatsapp(world, tenant)
    record(world, thread, REMIND, OFFER, ORDER)
    offer = {"name": "offer", "language": "de", "variables": {"name": "Ann"}, "buttons": {"1": "7", "0": "stop"}}
    for given, file in (
        (REMINDER, False), ({**offer, "header_link": "https://a.test/x.png"}, False), (offer, True),
        ({"name": "order", "language": "en", "header": ["K-7"]}, False),
    ):  # fmt: skip
        sent = send_with_file(world, tenant, thread, given) if file else world.enqueue(thread, template=given)
        row = world.queue(sent["message_id"])
        shape = world.value("select private.dispatch_details(%s, %s) -> 'template_shape'", tenant.id, row["id"])
        assert shape == next(one["shape"] for one in (REMIND, OFFER, ORDER) if one["name"] == given["name"])
        assert verdict(world, tenant, sent) == ("sending", None)
    with refused("PT422", code="template_mismatch"):
        send_with_file(world, tenant, thread, {**offer, "header_link": "https://a.test/x.png"})


def test_a_template_that_was_paused_meanwhile_does_not_leave(world: World) -> None:
    """Asked again when it is claimed: paused, taken away, or approved anew with other places."""
    tenant = world.tenant()
    for now, reason in (
        ([{**REMIND, "status": "paused"}], "template_not_approved"), ([ORDER], "unknown_template"),
        ([{**REMIND, "shape": {"body": 3}}], "template_mismatch"),
    ):  # fmt: skip
        thread = whatsapp(world, tenant)
        assert record(world, thread, REMIND) == 1
        sent = world.enqueue(thread, template=REMINDER)
        record(world, thread, *now)
        assert verdict(world, tenant, sent) == ("cancelled", reason)


def test_an_account_is_judged_once_its_templates_can_be_known(world: World) -> None:
    """Without a business named nobody judges; with one, nothing is sent before they were read, and each account has its
    own."""
    tenant, other = world.tenant(), world.tenant()
    thread, elsewhere = whatsapp(world, tenant), whatsapp(world, other)
    assert world.enqueue(thread, template=REMINDER)
    world.owner.execute(
        'update public.et_channel_sessions set config = \'{"business_account_id": "1"}\' where id = %s',
        [thread["channel_session_id"]],
    )
    with refused("PT422", code="templates_unread"):
        world.enqueue(thread, template=REMINDER)
    record(world, elsewhere, REMIND)
    record(world, thread, ORDER)
    with refused("PT422", code="unknown_template"):
        world.enqueue(thread, template=REMINDER)
    assert world.enqueue(elsewhere, template=REMINDER)


def test_what_the_provider_has_no_more_goes(world: World) -> None:
    """Reading again writes only what changed; nothing of another account, nothing for a deleted one."""
    tenant = world.tenant()
    thread, beside = whatsapp(world, tenant), whatsapp(world, tenant)
    record(world, beside, ORDER)
    assert (record(world, thread, REMIND, OFFER), record(world, thread, REMIND, OFFER)) == (2, 0)
    assert record(world, thread, {**REMIND, "status": "disabled"}) == 1
    rows = world.all("select name, status from public.message_templates where tenant_id = %s order by name", tenant.id)
    assert [tuple(row.values()) for row in rows] == [("order", "approved"), ("visit_reminder", "disabled")]
    world.owner.execute("update public.et_channel_sessions set status = 'deleted' where id = %s", [thread["channel_session_id"]])  # fmt: skip
    assert record(world, thread, OFFER) == 0


def test_a_template_with_its_file_is_sent_again_with_it(world: World) -> None:
    """Who resends an unknown dispatch sends all of it."""
    tenant = world.tenant("agent")
    thread = whatsapp(world, tenant, hours_ago=25)
    record(world, thread, {**OFFER, "shape": {"header": {"kind": "image"}}})
    sent = send_with_file(world, tenant, thread, {"name": "offer", "language": "de"})
    (claim,) = world.claim_out(classes={"whatsapp": "N"})
    assert world.finish(claim, "unknown") == "dispatch_unknown"
    world.rpc(tenant.people["agent"], tenant, "resolve_unknown(%s, 'resend')", sent["message_id"])
    rows = world.all(
        "select a.filename, b.data from public.message_attachments as a"
        " join private.attachment_blobs as b on b.attachment_id = a.id where a.tenant_id = %s", tenant.id,
    )  # fmt: skip
    assert [tuple(row.values()) for row in rows] == [("a.png", PNG)] * 2
