"""What every send rests on: no row in the queue without its proof, and nothing leaves once it is taken back."""

import uuid
from typing import Any

import pytest

from tests.db.helpers import Row, Tenant, World, refused


@pytest.fixture
def asked(world: World) -> tuple[Tenant, Row]:
    """A tenant, and what a contact wrote to it."""
    tenant = world.tenant("agent", "admin")
    thread = world.arrive(tenant, f"{uuid.uuid4().hex[:8]}@people.test")
    world.complete(world.claim()[0], "no_reply")
    return tenant, thread


def unwritten(world: World, tenant: Tenant) -> Row:
    """A thread with somebody who has never written: what a campaign or an invitation would begin."""
    contact = world.value("insert into public.contacts (tenant_id) values (%s) returning id", tenant.id)
    world.owner.execute("insert into public.contact_identities (tenant_id, contact_id, kind, address)"
                        " values (%s, %s, 'email', %s)", [tenant.id, contact, f"{contact}@people.test"])  # fmt: skip
    thread = world.value(
        "insert into public.et_threads (tenant_id, scope_rule, scope_key, channel, channel_session_id, contact_id)"
        " values (%s, 'channel_contact', %s, 'email', %s, %s) returning id",
        tenant.id, f"cc:{tenant.session}:{contact}", tenant.session, contact,
    )  # fmt: skip
    return {"tenant_id": tenant.id, "thread_id": thread, "sender_contact_id": contact}


def basis(world: World, sent: Row) -> tuple[Any, Any]:
    """(consent, seq of the message) a send rests on."""
    row = world.queue(sent["message_id"])
    return row["consent_id"], row["basis_seq"]


def test_an_answer_rests_on_the_newest_message_of_its_thread(world: World, asked: Any) -> None:
    """Whoever answers, and whichever way it is queued: together with other decisions, or one by one."""
    tenant, thread = asked
    again = world.arrive(tenant, thread["sender_address"], "And?")
    done = world.complete(world.claim()[0])
    assert basis(world, done) == (None, again["seq"])
    assert basis(world, world.enqueue(thread, purpose="follow_up")) == (None, again["seq"])
    world.arrive(tenant, "two@people.test")
    (claim,) = world.claim()
    decision = {"action": "auto_reply", "reply": "Yes.", "decider": "test", "confidence": 0.9,
                "control_epoch": claim["control_epoch"]}  # fmt: skip
    (result,) = world.complete_together([(claim, decision)])
    assert basis(world, result) == (None, 1)
    assert world.violations(tenant) == {}


def test_marketing_needs_the_newest_consent_to_say_yes(world: World, asked: Any) -> None:
    """Nothing, granted, withdrawn, granted: only the last word counts, for its channel, and a merge takes it along."""
    tenant, thread = asked
    contact = thread["sender_contact_id"]
    world.consent(tenant, contact, channel="sms")
    world.consent(tenant, contact, "notification")
    for granted in (None, True, False, True):
        consent = None if granted is None else world.consent(tenant, contact, granted=granted)
        if granted:
            assert basis(world, world.enqueue(thread, purpose="marketing")) == (consent, None)
        else:
            with refused("PT422", code="no_consent"):
                world.enqueue(thread, purpose="marketing")
    other = world.arrive(tenant, "other@people.test")
    world.rpc(tenant.people["agent"], tenant, "merge_contacts(%s, %s)", other["sender_contact_id"], contact)
    assert basis(world, world.enqueue(thread, purpose="marketing"))[0] == consent
    assert world.violations(tenant) == {}


def test_no_machine_writes_first_without_a_consent(world: World, asked: Any) -> None:
    """A consent to service opens it for answers and notifications, not for marketing."""
    tenant, _ = asked
    thread = unwritten(world, tenant)
    for purpose in ("reply", "conversation", "follow_up", "notification", "marketing"):
        with refused("PT422", code="no_consent"):
            world.enqueue(thread, kind="system", purpose=purpose)
    world.rpc(tenant.people["agent"], tenant, "record_consent(%s, 'email', 'service', true, 'Write to me.', 'fair')",
              thread["sender_contact_id"])  # fmt: skip
    consent = world.value("select id from public.contact_consents where contact_id = %s", thread["sender_contact_id"])
    for purpose in ("reply", "conversation", "follow_up", "notification"):
        assert basis(world, world.enqueue(thread, kind="system", purpose=purpose)) == (consent, None)
    with refused("PT422", code="no_consent"):
        world.enqueue(thread, kind="system", purpose="marketing")
    assert world.violations(tenant) == {}


def test_a_person_may_write_first_until_he_is_told_no(world: World, asked: Any) -> None:
    """His own word is the basis of his message, and of nothing that is sent to many; a no binds him, also for what waits."""
    tenant, _ = asked
    agent, thread = tenant.people["agent"], unwritten(world, tenant)
    sent = world.rpc(agent, tenant, "send_message(%s, 'May we come?')", thread["thread_id"])
    assert basis(world, sent) == (None, None) and world.message(sent["message_id"])["sender_user_id"] == agent
    for purpose in ("follow_up", "notification", "marketing"):
        with refused("PT422", code="no_consent"):
            world.enqueue(thread, purpose=purpose)
    world.consent(tenant, thread["sender_contact_id"], "service", granted=False)
    assert world.queue(sent["message_id"])["status_reason"] == "no_consent"
    with refused("PT422", code="no_consent"):
        world.rpc(agent, tenant, "send_message(%s, 'Please')", thread["thread_id"])
    assert world.violations(tenant) == {}


def test_a_notification_may_rest_on_the_conversation_until_somebody_says_no(world: World, asked: Any) -> None:
    """Who wrote to us hears how it goes on; a no is a no, also to what is queued; a yes is named."""
    tenant, thread = asked
    sent = world.enqueue(thread, purpose="notification")
    assert basis(world, sent) == (None, 1)
    world.consent(tenant, thread["sender_contact_id"], "notification", granted=False)
    assert world.queue(sent["message_id"])["status_reason"] == "no_consent"
    with refused("PT422", code="no_consent"):
        world.enqueue(thread, purpose="notification")
    assert world.enqueue(thread)["message_id"], "an answer is no notification"
    consent = world.consent(tenant, thread["sender_contact_id"], "notification")
    assert basis(world, world.enqueue(thread, purpose="notification"))[0] == consent


def test_what_is_queued_on_a_consent_is_cancelled_with_it(world: World, asked: Any) -> None:
    """In the transaction that takes it back, also what is due next week; other purposes, channels and people go on."""
    tenant, thread = asked
    contact = thread["sender_contact_id"]
    other = world.arrive(tenant, "other@people.test")
    world.consent(tenant, contact)
    world.consent(tenant, other["sender_contact_id"])
    now, later = (world.enqueue(thread, purpose="marketing", delay_seconds=n) for n in (0, 604_800))
    stays = [
        world.enqueue(thread),
        world.enqueue(thread, purpose="notification"),
        world.enqueue(other, purpose="marketing"),
    ]
    world.consent(tenant, contact, granted=False, channel="sms")
    world.consent(tenant, contact, "service", granted=False, channel="whatsapp")
    assert world.queue(now["message_id"])["status"] == "queued"
    world.rpc(tenant.people["agent"], tenant, "record_consent(%s, 'email', 'marketing', false)", contact)
    for sent in (now, later):
        row = world.queue(sent["message_id"])
        assert (row["status"], row["status_reason"]) == ("cancelled", "no_consent")
    assert {world.queue(one["message_id"])["status"] for one in stays} == {"queued"}
    assert {row["queue_id"] for row in world.claim_out()} == {one["queue_id"] for one in stays}
    assert world.violations(tenant) == {}


def test_what_was_queued_while_it_was_taken_back_stops_at_the_claim(world: World, asked: Any) -> None:
    """A send in a transaction that the withdrawal could not see is looked at once more before it leaves."""
    tenant, thread = asked
    world.consent(tenant, thread["sender_contact_id"])
    with world.database.connect("parley_worker") as late, late.transaction():
        row = late.execute("select message_id from private.enqueue_outbound(%s, %s, 'Offer', 'system', 'system',"
                           " '{\"purpose\": \"marketing\"}')", [tenant.id, thread["thread_id"]]).fetchone()  # fmt: skip
        world.consent(tenant, thread["sender_contact_id"], granted=False)
    assert row is not None and world.queue(row[0])["status"] == "queued"
    assert world.claim_out() == []
    assert world.queue(row[0])["status_reason"] == "no_consent"


def test_an_unknown_is_not_sent_again_against_a_withdrawal(world: World, asked: Any) -> None:
    """A person who resends is bound by it as well."""
    tenant, thread = asked
    world.consent(tenant, thread["sender_contact_id"])
    sent = world.enqueue(thread, purpose="marketing")
    assert world.finish(world.claim_out()[0], "unknown") == "dispatch_unknown"
    world.consent(tenant, thread["sender_contact_id"], granted=False)
    with refused("PT422", code="no_consent"):
        world.rpc(tenant.people["agent"], tenant, "resolve_unknown(%s, 'resend')", sent["message_id"])
    assert world.status(sent["message_id"]) == "dispatch_unknown"


def test_a_test_of_an_account_is_its_admins_word(world: World, asked: Any) -> None:
    """Whom an admin names for a test is on record as agreeing, by whom and why; once, and not against a no."""
    tenant, _ = asked
    admin, call = tenant.people["admin"], "test_channel_session(%s, 'me@people.test')"
    sent = world.rpc(admin, tenant, call, tenant.session)
    consent = world.one("select c.* from public.contact_consents as c where c.id = %s", basis(world, sent)[0])
    assert (consent["purpose"], consent["source"], consent["recorded_by"]) == (
        "service",
        "test of an account",
        f"user:{admin}",
    )
    assert basis(world, world.rpc(admin, tenant, call, tenant.session))[0] == consent["id"]
    world.consent(tenant, consent["contact_id"], "service", granted=False)
    with refused("PT422", code="no_consent"):
        world.rpc(admin, tenant, call, tenant.session)


MESSAGE = (
    "with m as (insert into public.et_messages (tenant_id, thread_id, channel, channel_session_id, direction,"
    " delivery_status, sender_kind, sender, body) values (%(t)s, %(th)s, 'email', %(s)s, 'outbound', 'queued', 'system',"
    " 'system', 'Buy!') returning *) insert into public.et_outbound_queue (tenant_id, message_id, thread_id, channel,"
    " channel_session_id, recipient, purpose, consent_id, basis_seq) select m.tenant_id, m.id, %(in)s, 'email', %(s)s,"
    " 'a@b.test', %(purpose)s, %(consent)s, %(seq)s from m"
)
FORGERIES: dict[str, tuple[dict[str, Any], str]] = {
    "marketing on nothing": ({"purpose": "marketing"}, "23514"),
    "marketing on a message": ({"purpose": "marketing", "seq": 1}, "23514"),
    "an answer to nothing": ({"purpose": "reply"}, "PT422"),
    "a machine's first word": ({"purpose": "conversation"}, "PT422"),
    "a follow-up of nothing": ({"purpose": "follow_up"}, "23514"),
    "a notification on nothing": ({"purpose": "notification"}, "23514"),
    "an answer to a message that is not there": ({"purpose": "reply", "seq": 77}, "PT422"),
    "an answer to our own message": ({"purpose": "reply", "seq": 2}, "PT422"),
    "an answer to a message of another thread": ({"purpose": "reply", "seq": 1, "in": "other_th"}, "PT409"),
    "a consent that is not there": ({"purpose": "marketing", "consent": "nobody"}, "PT422"),
    "another tenant's consent": ({"purpose": "marketing", "consent": "foreign"}, "PT422"),
    "somebody else's consent": ({"purpose": "marketing", "consent": "other"}, "PT422"),
    "a consent to something else": ({"purpose": "marketing", "consent": "service"}, "PT422"),
    "a consent for another channel": ({"purpose": "marketing", "consent": "sms"}, "PT422"),
    "a consent that was taken back": ({"purpose": "notification", "consent": "withdrawn"}, "PT422"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_no_row_gets_in_without_its_proof(world: World, asked: Any, name: str) -> None:
    """Over a plain connection as the backend's own role, at the latest when the transaction ends; with the proof it goes."""
    tenant, thread = asked
    other, stranger = world.arrive(tenant, "other@people.test"), world.tenant()
    theirs = world.arrive(stranger)
    world.enqueue(thread)  # seq 2 is our own
    contact = thread["sender_contact_id"]
    known = {
        "nobody": uuid.uuid4(), "foreign": world.consent(stranger, theirs["sender_contact_id"]),
        "other": world.consent(tenant, other["sender_contact_id"]), "service": world.consent(tenant, contact, "service"),
        "sms": world.consent(tenant, contact, channel="sms"), "withdrawn": world.consent(tenant, contact, "notification"),
        "other_th": other["thread_id"],
    }  # fmt: skip
    world.consent(tenant, contact, "notification", granted=False)
    plain = {
        "t": tenant.id,
        "th": thread["thread_id"],
        "in": thread["thread_id"],
        "s": tenant.session,
        "consent": None,
        "seq": None,
    }
    forged, state = FORGERIES[name]
    values = plain | {key: known.get(value, value) for key, value in forged.items()}
    with refused(state), world.database.connect("admin") as backend, backend.transaction():
        backend.execute("set local role service_role")
        backend.execute(MESSAGE, values)
    with world.database.connect("admin") as backend, backend.transaction():
        backend.execute("set local role service_role")
        backend.execute(MESSAGE, plain | {"purpose": "reply", "seq": 1})
        good = world.consent(tenant, contact)
        backend.execute(MESSAGE, plain | {"purpose": "marketing", "consent": good})
    assert world.violations(tenant) == {}


def test_a_foreign_key_holds_where_no_trigger_does(world: World, asked: Any) -> None:
    """The reference carries the tenant: with triggers of ours off, another tenant's consent is still none."""
    _tenant, thread = asked
    stranger = world.tenant()
    foreign = world.consent(stranger, world.arrive(stranger)["sender_contact_id"])
    sent = world.enqueue(thread)
    with refused("23503"), world.database.connect("postgres") as owner, owner.transaction():
        owner.execute("alter table public.et_outbound_queue disable trigger user")
        owner.execute("update public.et_outbound_queue set consent_id = %s where id = %s", [foreign, sent["queue_id"]])


def test_what_a_send_rests_on_does_not_change(world: World, asked: Any) -> None:
    """Nor does its purpose: a row queued as an answer never becomes an offer."""
    tenant, thread = asked
    sent = world.enqueue(thread)
    consent = world.consent(tenant, thread["sender_contact_id"])
    for change in ("purpose = 'notification'", "basis_seq = null, consent_id = %(c)s", "basis_seq = 2"):
        with refused("PT409", code="immutable"):
            world.owner.execute(
                f"update public.et_outbound_queue set {change} where id = %(q)s".encode(),
                {"c": consent, "q": sent["queue_id"]},
            )


def test_why_a_message_was_sent_says_what_it_rests_on(world: World, asked: Any) -> None:
    """A dispute is settled by one question."""
    tenant, thread = asked
    consent = world.consent(tenant, thread["sender_contact_id"])
    sent = world.enqueue(thread, purpose="marketing")
    (dispatch,) = world.rpc(tenant.people["agent"], tenant, "explain_message(%s)", sent["message_id"])["dispatches"]
    assert (dispatch["purpose"], dispatch["consent_id"], dispatch["basis_seq"]) == ("marketing", str(consent), None)
