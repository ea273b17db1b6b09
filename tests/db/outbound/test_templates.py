"""Templates: what a provider wants where it takes no free text, kept on the queue row and checked twice."""

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
