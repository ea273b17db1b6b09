"""Outreach to contractors under the names of the older documents: what is a row, what it says, and who reads it."""

import uuid
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.db.helpers import Row, Tenant, World, refused

ATTEMPTS, EVENTS = "contractor_outreach_attempts", "email_tracking_events"
COLUMNS = {
    ATTEMPTS: {"attempt_id": "uuid", "bid_card_id": "text", "campaign_id": "uuid", "contractor_lead_id": "uuid",
               "channel": "text", "message_template_id": "text", "personalized_content": "text",
               "sent_at": "timestamp with time zone", "status": "text", "delivery_metadata": "jsonb"},
    EVENTS: {"event_id": "uuid", "outreach_attempt_id": "uuid", "event_type": "text",
             "event_timestamp": "timestamp with time zone", "event_data": "jsonb", "contractor_id": "uuid"},
}  # fmt: skip
"""As the older documents name them."""


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant that records opens and clicks."""
    return world.tenant("agent", "viewer", tracking_enabled=True, sends_per_minute=1000)


def write(world: World, tenant: Tenant, kind: str = "lead", **members: Any) -> Row:
    """The agent writes first to somebody of a kind, by e-mail; the message and the contact."""
    agent = tenant.people["agent"]
    person = {"kind": kind, "identities": [{"kind": "email", "address": f"{uuid.uuid4().hex}@roofs.test"}]}
    to = world.rpc(agent, tenant, "put_contact(null, %s)", Jsonb(person))["contact_id"]
    named = {
        "contact_id": to,
        "session_id": tenant.session,
        "purpose": "notification",
        "body": "A job near you",
        **members,
    }
    if named["purpose"] != "conversation":
        world.rpc(agent, tenant, "record_consent(%s, 'email', %s, true)", to, named["purpose"])
    call = f"start_thread({', '.join(f'p_{name} => %s' for name in named)})"
    return {**world.rpc(agent, tenant, call, *named.values()), "contact_id": to}


def leave(world: World, sent: Row, kind: str = "accepted", **more: Any) -> None:
    """The message leaves, or does not."""
    claim = next(row for row in world.claim_out(1000) if str(row["message_id"]) == sent["message_id"])
    world.finish(claim, kind, provider_message_id=f"p-{claim['queue_id']}", **more)


def seen(world: World, view: str, tenant: Tenant, role: str = "viewer") -> list[Row]:
    """The rows somebody sees."""
    with world.acting(tenant.people[role], tenant) as connection:
        rows: list[Row] = connection.execute(
            f"select * from public.{view} where tenant_id = %s", [tenant.id]
        ).fetchall()
    return rows


@pytest.mark.parametrize("view", [ATTEMPTS, EVENTS])
def test_the_documented_columns_are_there(world: World, view: str) -> None:
    """By name and type, also those nothing fills yet; the tenant's beside them."""
    rows = world.all(
        "select a.attname as name, format_type(a.atttypid, a.atttypmod) as type from pg_attribute as a"
        " where a.attrelid = %s::regclass and a.attnum > 0", f"public.{view}",
    )  # fmt: skip
    assert COLUMNS[view].items() <= {row["name"]: row["type"] for row in rows}.items()
    assert "tenant_id" in {row["name"] for row in rows}


def test_an_attempt_is_a_queue_row_to_a_contractor(world: World, tenant: Tenant) -> None:
    """Leads and providers, once each; customers and answers to a contractor are no outreach."""
    lead, provider, _ = (write(world, tenant, kind) for kind in ("lead", "provider", "customer"))
    world.arrive(tenant, world.queue(lead["message_id"])["recipient"])
    world.rpc(tenant.people["agent"], tenant, "send_message(%s, 'Gladly')", lead["thread_id"])
    rows = {str(row["message_id"]): row for row in seen(world, ATTEMPTS, tenant)}
    assert set(rows) == {lead["message_id"], provider["message_id"]}
    row, queue = rows[lead["message_id"]], world.queue(lead["message_id"])
    assert (row["attempt_id"], str(row["contractor_lead_id"]), row["channel"]) == (
        queue["id"],
        lead["contact_id"],
        "email",
    )
    assert (row["personalized_content"], row["status"], row["sent_at"]) == ("A job near you", "queued", None)
    assert (row["bid_card_id"], row["campaign_id"], row["message_template_id"]) == (None, None, None)
    assert row["delivery_metadata"]["purpose"] == "notification"


def test_a_merged_lead_and_a_bid_card_are_followed(world: World, tenant: Tenant) -> None:
    """The contact is the one that goes on; the bid card is the context of the conversation."""
    sent, twin = write(world, tenant), write(world, tenant)
    world.rpc(tenant.people["agent"], tenant, "merge_contacts(%s, %s)", twin["contact_id"], sent["contact_id"])
    world.owner.execute(
        "update public.et_threads set context_kind = 'bid_card', context_id = 'BC-7' where id = %s", [sent["thread_id"]]
    )
    row = next(row for row in seen(world, ATTEMPTS, tenant) if str(row["message_id"]) == sent["message_id"])
    assert (str(row["contractor_lead_id"]), row["bid_card_id"]) == (twin["contact_id"], "BC-7")


def test_a_status_is_one_of_the_documented_words_once_it_is_known(world: World, tenant: Tenant) -> None:
    """Read is delivered, cancelled is failed; the core's own word stays beside it."""
    outcomes: dict[str, Row] = {
        name: write(world, tenant) for name in ("sent", "read", "bounced", "failed", "cancelled")
    }
    world.rpc(tenant.people["agent"], tenant, "block_contact(%s)", outcomes["cancelled"]["contact_id"])
    claims = {str(row["message_id"]): row for row in world.claim_out(1000)}
    for name, kind, more in (("sent", "accepted", {}), ("read", "accepted", {"provider_message_id": "p-read"}),
                             ("bounced", "rejected", {"suppress_recipient": True}), ("failed", "rejected", {})):  # fmt: skip
        world.finish(claims[outcomes[name]["message_id"]], kind, **more)
    world.receipt(tenant, "read", "p-read")
    rows = {str(row["message_id"]): row for row in seen(world, ATTEMPTS, tenant)}
    told = {name: (rows[one["message_id"]]["status"], rows[one["message_id"]]["sent_at"] is not None)
            for name, one in outcomes.items()}  # fmt: skip
    assert told == {"sent": ("sent", True), "read": ("delivered", True), "bounced": ("bounced", True),
                    "failed": ("failed", False), "cancelled": ("failed", False)}  # fmt: skip
    own = rows[outcomes["cancelled"]["message_id"]]["delivery_metadata"]
    assert (own["status"], own["reason"]) == ("cancelled", "contact_blocked")


def test_events_say_what_became_of_a_mail(world: World, tenant: Tenant) -> None:
    """Sent, delivered, opened, clicked, bounced, each of its attempt; what the documents do not name is left out."""
    sent = write(world, tenant, body="See https://jobs.test/7")
    leave(world, sent)
    message = world.message(sent["message_id"])
    for kind in ("delivered", "bounced_soft", "delayed", "complained"):
        world.receipt(tenant, kind, message["external_message_id"])
    links = {row["kind"]: row["id"] for row in world.all(
        "select l.kind, l.id from private.tracking_links as l inner join public.et_outbound_queue as q"
        " on q.id = l.queue_id where q.message_id = %s", sent["message_id"])}  # fmt: skip
    for kind in ("open", "click"):
        world.ingress.execute("select private.track(%s, '203.0.113.9', 'Firefox', false)", [links[kind]])
    rows = seen(world, EVENTS, tenant)
    assert sorted(row["event_type"] for row in rows) == ["bounced", "clicked", "delivered", "opened", "sent"]
    assert {row["outreach_attempt_id"] for row in rows} == {world.queue(sent["message_id"])["id"]}
    assert {str(row["contractor_id"]) for row in rows} == {sent["contact_id"]}
    assert all(row["event_timestamp"] for row in rows)
    assert len({row["event_id"] for row in rows}) == 5
    clicked = {role: next(row["event_data"] for row in seen(world, EVENTS, tenant, role) if row["event_type"] == "clicked")
               for role in ("viewer", "owner")}  # fmt: skip
    assert clicked["viewer"] == {"provider": "parley", "kind": "clicked", "machine": False,
                                 "click_target": "https://jobs.test/7"}  # fmt: skip
    assert clicked["owner"] == {**clicked["viewer"], "ip": "203.0.113.9", "user_agent": "Firefox"}


def test_a_send_is_told_once_however_it_was_learnt(world: World, tenant: Tenant) -> None:
    """A lost answer that a receipt settled is one `sent`, and so is an answer with a receipt beside it."""
    known = write(world, tenant)
    leave(world, known)
    lost = write(world, tenant)
    leave(world, lost, "unknown", error_code="no_answer")
    for one in (known, lost):
        world.receipt(tenant, "sent", world.message(one["message_id"])["external_message_id"])
    events = seen(world, EVENTS, tenant)
    assert [row["event_type"] for row in events] == ["sent", "sent"]
    assert len({row["outreach_attempt_id"] for row in events}) == 2


@pytest.mark.parametrize("view", [ATTEMPTS, EVENTS])
def test_only_the_tenants_own_staff_reads_and_nobody_writes(world: World, tenant: Tenant, view: str) -> None:
    """Another tenant's owner, also with a forged token, and a participant see nothing; writes fail for every role."""
    leave(world, write(world, tenant))
    other = world.tenant()
    leave(world, write(world, world.tenant("agent")))
    assert len(seen(world, view, tenant)) == 1
    for user, named in ((other.people["owner"], other), (other.people["owner"], tenant), (world.user(), None)):
        with world.acting(user, named) as connection:
            rows = connection.execute(f"select 1 from public.{view} where tenant_id = %s", [tenant.id]).fetchall()
        assert rows == []
    with refused("42501"), world.acting(None) as connection:
        connection.execute(f"select 1 from public.{view}")
    for role in ("authenticated", "service_role", "parley_worker", "anon"):
        writes = "has_table_privilege(%s, %s, 'insert, update, delete, truncate')"
        assert not world.value(f"select {writes}", role, f"public.{view}"), role
