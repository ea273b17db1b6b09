"""STOP and START: what a person told his carrier holds on that channel, in that tenant, until he says otherwise."""

import uuid

import psycopg
import pytest

from tests.db.helpers import Row, Tenant, World, refused
from tests.db.outbound.test_verdicts import verdict

ANN = "+12025550123"


def thread_on(world: World, tenant: Tenant, channel: str) -> Row:
    """Ann has just written on a channel."""
    world.register({channel: {}})
    session = world.session(tenant.id, channel, f"+1{uuid.uuid4().int % 10**10:010d}")
    return world.arrive(tenant, ANN, channel=channel, channel_session_id=session)


def say(world: World, tenant: Tenant, wish: str, channel: str = "sms", *, as_tenant: uuid.UUID | None = None) -> None:
    """A receiver notes a wish, in a transaction of its tenant."""
    with world.worker.transaction():
        world.worker.execute("select set_config('parley.tenant_id', %s, true)", [str(as_tenant or tenant.id)])
        arguments = [tenant.id, channel, ANN, *(["all"] if wish == "note_opt_out" else [])]
        world.worker.execute(f"select private.{wish}({', '.join(['%s'] * len(arguments))})", arguments)


def suppressions(world: World, tenant: Tenant) -> list[tuple[str, str, str]]:
    """(kind, scope, reason) of each."""
    rows = world.all(
        "select kind, scope, reason from public.suppressions where tenant_id = %s order by kind", tenant.id
    )
    return [(row["kind"], row["scope"], row["reason"]) for row in rows]


def test_stop_ends_everything_on_that_channel_and_start_brings_it_back(world: World) -> None:
    """Answers too, also those already queued; the same number on WhatsApp is not concerned."""
    tenant = world.tenant()
    sms, whatsapp = thread_on(world, tenant, "sms"), thread_on(world, tenant, "whatsapp")
    waiting = world.enqueue(sms)
    say(world, tenant, "note_opt_out")
    assert suppressions(world, tenant) == [("sms", "all", "unsubscribed")]
    assert verdict(world, tenant, waiting) == ("cancelled", "suppressed_unsubscribed")
    assert verdict(world, tenant, world.enqueue(whatsapp)) == ("sending", None)
    say(world, tenant, "note_reachable")
    assert verdict(world, tenant, world.enqueue(sms))[0] == "cancelled", "writing is no START"
    say(world, tenant, "note_opt_in")
    assert verdict(world, tenant, world.enqueue(sms)) == ("sending", None)
    log = world.all("select details from public.audit_log where tenant_id = %s and action = 'suppression.lifted'", tenant.id)  # fmt: skip
    assert len(log) == 1


def test_stop_withdraws_a_consent_and_start_gives_none(world: World) -> None:
    """On record: who, when, and that it was his own word."""
    tenant = world.tenant()
    thread = thread_on(world, tenant, "sms")
    world.consent(tenant, thread["sender_contact_id"], channel="sms")
    offer = world.enqueue(thread, purpose="marketing")
    for _ in range(2):
        say(world, tenant, "note_opt_out")
    say(world, tenant, "note_opt_in")
    rows = world.all("select granted, source from public.contact_consents where tenant_id = %s order by recorded_at", tenant.id)  # fmt: skip
    assert [row["granted"] for row in rows] == [True, False]
    assert world.queue(offer["message_id"])["status_reason"] == "no_consent"
    with refused("PT422", code="no_consent"):
        world.enqueue(thread, purpose="marketing")


def test_start_does_not_lift_what_others_decided(world: World) -> None:
    """The staff's own suppression stays, on the channel and on the number."""
    tenant = world.tenant()
    thread = thread_on(world, tenant, "sms")
    for kind in ("sms", "phone"):
        world.owner.execute(
            "insert into public.suppressions (tenant_id, kind, address, scope, reason) values (%s, %s, %s, 'all', 'manual')",
            [tenant.id, kind, ANN],
        )
    say(world, tenant, "note_opt_out")
    say(world, tenant, "note_opt_in")
    assert suppressions(world, tenant) == [("phone", "all", "manual"), ("sms", "all", "manual")]
    assert verdict(world, tenant, world.enqueue(thread)) == ("cancelled", "suppressed_manual")


def test_the_stronger_of_two_suppressions_counts(world: World) -> None:
    """Nothing automatic to the number, nothing at all by SMS: an answer by SMS stays, one on WhatsApp goes."""
    tenant = world.tenant()
    sms, whatsapp = thread_on(world, tenant, "sms"), thread_on(world, tenant, "whatsapp")
    world.owner.execute(
        "insert into public.suppressions (tenant_id, kind, address, scope, reason) values (%s, 'phone', %s, 'automatic', 'manual')",
        [tenant.id, ANN],
    )
    say(world, tenant, "note_opt_out")
    assert verdict(world, tenant, world.enqueue(sms)) == ("cancelled", "suppressed_unsubscribed")
    assert verdict(world, tenant, world.enqueue(whatsapp)) == ("sending", None)
    assert verdict(world, tenant, world.enqueue(whatsapp, purpose="notification")) == ("cancelled", "suppressed_manual")


def test_a_wish_counts_in_the_tenant_of_the_transaction_only(world: World) -> None:
    """Naming another tenant changes nothing, and nobody but the workers may say it."""
    tenant, other = world.tenant(), world.tenant()
    say(world, tenant, "note_opt_out", as_tenant=other.id)
    assert suppressions(world, tenant) == []
    say(world, tenant, "note_opt_out")
    say(world, tenant, "note_opt_in", as_tenant=other.id)
    assert suppressions(world, tenant) == [("sms", "all", "unsubscribed")]
    assert suppressions(world, other) == []
    for role in ("parley_api", "parley_ingress"):
        with world.database.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select private.note_opt_out(%s, 'sms', %s, 'all')", [tenant.id, ANN])


def test_a_provider_that_says_unsubscribed_is_believed(world: World) -> None:
    """The refusal of a send fails that send and suppresses the number on that channel, in the person's name."""
    tenant = world.tenant()
    sent = world.enqueue(thread_on(world, tenant, "sms"))
    (claim,) = world.claim_out(classes={"sms": "N"})
    assert world.finish(claim, "rejected", error_code="21610", opted_out=True) == "failed"
    assert suppressions(world, tenant) == [("sms", "all", "unsubscribed")]
    assert world.queue(sent["message_id"])["status_reason"] == "21610"


def test_a_bounce_is_the_channels_own(world: World) -> None:
    """A landline takes no SMS and may still be called or be on WhatsApp."""
    tenant = world.tenant()
    sms, whatsapp = thread_on(world, tenant, "sms"), thread_on(world, tenant, "whatsapp")
    world.enqueue(sms)
    (claim,) = world.claim_out(classes={"sms": "N"})
    assert world.finish(claim, "rejected", suppress_recipient=True) == "bounced"
    assert suppressions(world, tenant) == [("sms", "all", "bounced")]
    assert verdict(world, tenant, world.enqueue(whatsapp)) == ("sending", None)
