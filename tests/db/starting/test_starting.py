"""The first word to a contact who has not written: where it goes, what stops it, and that it is said once."""

import datetime
import threading
import uuid
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.db.helpers import Row, Tenant, World, detail, refused
from tests.support.database import as_user

TEMPLATE = Jsonb({"name": "visit_offer", "language": "en_US"})


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant with an agent."""
    return world.tenant("agent", sends_per_minute=1000)


def contact(world: World, tenant: Tenant, kind: str = "email", address: str | None = None) -> uuid.UUID:
    """Somebody who has never written."""
    made: uuid.UUID = world.value(
        "select private.find_or_create_contact(%s, %s, %s)",
        tenant.id,
        kind,
        address or f"{uuid.uuid4().hex}@people.test",
    )
    return made


def start(world: World, tenant: Tenant, to: Any, session: Any = None, **members: Any) -> Row:
    """An agent starts a conversation."""
    named = {"contact_id": to, "session_id": session or tenant.session, **members}
    call = f"start_thread({', '.join(f'p_{name} => %s' for name in named)})"
    return dict(world.rpc(tenant.people["agent"], tenant, call, *named.values()))


def test_the_first_word_and_the_answer_share_a_thread(world: World, tenant: Tenant) -> None:
    """It leaves as an unasked message of a person; what comes back lands in the same thread and is then a reply's."""
    ann = contact(world, tenant, address="ann@first.test")
    started = start(world, tenant, ann, subject="Your boiler", body="May we come on Tuesday?")
    thread, queue = world.thread(started["thread_id"]), world.queue(started["message_id"])
    assert (started["created"], started["seq"], started["delivery_status"]) == (True, 1, "queued")
    assert (thread["subject"], thread["folder"], thread["control"]) == ("Your boiler", "inbox", "human")
    assert thread["assignee_id"] == tenant.people["agent"]
    assert (queue["purpose"], queue["recipient"], queue["status"]) == ("conversation", "ann@first.test", "queued")
    assert world.message(started["message_id"])["subject"] == "Your boiler"
    arrived = world.arrive(tenant, "ann@first.test", "Tuesday is fine")
    assert arrived["thread_id"] == thread["id"]
    again = start(world, tenant, ann, body="See you then")
    assert (again["thread_id"], again["created"]) == (started["thread_id"], False)
    assert world.queue(again["message_id"])["purpose"] == "reply"
    assert world.violations(tenant) == {}


def test_nothing_is_sent_without_a_text(world: World, tenant: Tenant) -> None:
    """The thread alone: made once, found afterwards, in nobody's way; what a person then writes there is unasked."""
    ann = contact(world, tenant)
    first, second = start(world, tenant, ann), start(world, tenant, ann)
    assert (first["created"], first["message_id"], second["created"]) == (True, None, False)
    assert first["thread_id"] == second["thread_id"] and world.thread(first["thread_id"])["control"] == "ai"
    sent = world.rpc(tenant.people["agent"], tenant, "send_message(%s, 'Hello')", first["thread_id"])
    assert world.queue(sent["message_id"])["purpose"] == "conversation"
    assert world.violations(tenant) == {}


@pytest.mark.parametrize("purpose", ["notification", "marketing"])
def test_what_is_sent_to_many_leaves_the_answers_to_the_ai(world: World, tenant: Tenant, purpose: str) -> None:
    """A notification or an offer takes nothing over."""
    ann = contact(world, tenant)
    world.rpc(tenant.people["agent"], tenant, "record_consent(%s, 'email', %s, true)", ann, purpose)
    started = start(world, tenant, ann, purpose=purpose, body="We have moved.")
    assert world.thread(started["thread_id"])["control"] == "ai"
    assert world.queue(started["message_id"])["purpose"] == purpose


def test_what_was_written_before_a_merge_counts(world: World, tenant: Tenant) -> None:
    """A conversation that went on in one the staff had begun is answered, not begun again."""
    world.configure(tenant, thread_scopes={"email": "email_reference"})
    ann = contact(world, tenant, address="ann@merged.test")
    wrote = world.arrive(tenant, "ann@merged.test")
    begun = start(world, tenant, ann, subject="Your boiler", body="Hello")
    agent = tenant.people["agent"]
    world.rpc(agent, tenant, "merge_threads(%s, %s)", begun["thread_id"], wrote["thread_id"])
    sent = world.rpc(agent, tenant, "send_message(%s, 'As I said')", begun["thread_id"])
    purposes = [world.queue(one["message_id"])["purpose"] for one in (begun, sent)]
    assert purposes == ["conversation", "reply"]


def test_a_client_id_says_it_once(world: World, tenant: Tenant) -> None:
    """Repeated it changes nothing, even after the contact was merged; for somebody else it is refused."""
    ann, bob, twin = (contact(world, tenant) for _ in range(3))
    first = start(world, tenant, ann, body="Hello", client_message_id="c1")
    again = start(world, tenant, ann, body="Hello", client_message_id="c1")
    assert again == {**first, "created": False, "duplicate": True}
    with refused("PT409", code="client_id_reused"):
        start(world, tenant, bob, body="Hello", client_message_id="c1")
    world.rpc(tenant.people["agent"], tenant, "merge_contacts(%s, %s)", twin, ann)
    merged = start(world, tenant, ann, body="Hello", client_message_id="c1")
    assert (merged["thread_id"], merged["duplicate"]) == (first["thread_id"], True)
    count = world.value("select count(*) from public.et_messages where tenant_id = %s", tenant.id)
    assert count == 1


@pytest.mark.parametrize("rule", ["channel_contact", "email_reference"])
def test_starts_at_once_are_one_thread(world: World, tenant: Tenant, rule: str) -> None:
    """Eight requests with one client id, and eight with their own where the contact has one thread."""
    world.configure(tenant, thread_scopes={"email": rule})
    ann, barrier = contact(world, tenant), threading.Barrier(8)
    own = rule == "channel_contact"

    def run(connection: Any, number: int) -> Row:
        barrier.wait()
        with as_user(connection, tenant.people["agent"], tenant.id):
            row = connection.execute("select public.start_thread(%s, %s, p_body => 'Hi', p_client_message_id => %s) as r",
                                     [ann, tenant.session, f"c{number if own else 0}"]).fetchone()  # fmt: skip
        return dict(row["r"])

    answers = world.together(8, run, "parley_api")
    assert len({answer["thread_id"] for answer in answers}) == 1
    assert sum(answer["created"] for answer in answers) == 1
    assert sum(not answer["duplicate"] for answer in answers) == (8 if own else 1)
    assert world.value("select count(*) from public.et_threads where tenant_id = %s", tenant.id) == 1
    assert world.violations(tenant) == {}


def test_a_start_and_a_first_mail_meet_in_one_thread(world: World, tenant: Tenant) -> None:
    """The contact writes in the very moment he is written to, ten times over."""
    for number in range(10):
        address = f"meet{number}@first.test"
        ann, barrier = contact(world, tenant, address=address), threading.Barrier(2)

        def write(worker: Any, who: int, ann: Any = ann, address: str = address, barrier: Any = barrier) -> Any:
            barrier.wait()
            if who:
                return world.arrive(tenant, address, connection=worker)["thread_id"]
            return start(world, tenant, ann, body="Hello")["thread_id"]

        assert len({str(thread) for thread in world.together(2, write)}) == 1
    assert world.violations(tenant) == {}


def test_where_mails_begin_conversations_so_do_starts(world: World, tenant: Tenant) -> None:
    """Under email_reference two starts are two threads, and an answer finds the one it refers to."""
    world.configure(tenant, thread_scopes={"email": "email_reference"})
    ann = contact(world, tenant, address="ann@refers.test")
    first, second = (start(world, tenant, ann, subject=subject, body="Hi") for subject in ("Boiler", "Roof"))
    assert first["thread_id"] != second["thread_id"]
    mine = world.message(first["message_id"])["external_message_id"]
    arrived = world.arrive(tenant, "ann@refers.test", "yes", reference_ids=[mine])
    assert str(arrived["thread_id"]) == first["thread_id"] and world.violations(tenant) == {}


# ── what stops it ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("body", ["Hello", None])
def test_a_stranger_gets_what_is_missing_and_is_logged(world: World, tenant: Tenant, body: str | None) -> None:
    """A foreign contact or account is answered like one that does not exist; each attempt is one row."""
    other = world.tenant("agent")
    theirs, mine = contact(world, other), contact(world, tenant)
    tries = [(theirs, tenant.session, "contact", theirs), (mine, other.session, "channel_session", other.session)]
    for to, session, kind, named in tries:
        foreign = start(world, tenant, to, session, body=body)
        missing = start(world, tenant, *(uuid.uuid4() if one == named else one for one in (to, session)), body=body)
        assert foreign == missing and foreign["code"] == "not_found"
        logged = world.one("select * from public.access_denials where object_id = %s", str(named))
        assert (logged["tenant_id"], logged["action"], logged["object_kind"]) == (other.id, "start_thread", kind)
    assert world.all("select 1 from public.et_threads where tenant_id in (%s, %s)", tenant.id, other.id) == []


def test_a_deleted_account_is_not_found_and_not_an_attempt(world: World, tenant: Tenant) -> None:
    """One's own deleted account answers like a missing one, without a row."""
    ann = contact(world, tenant)
    world.rpc(tenant.people["owner"], tenant, "set_channel_session_status(%s, 'deleted')", tenant.session)
    assert start(world, tenant, ann, body="Hello")["code"] == "not_found"
    assert world.all("select 1 from public.access_denials where tenant_id = %s", tenant.id) == []


@pytest.mark.parametrize(
    ("scope", "purpose"), [("all", "conversation"), ("automatic", "conversation"), ("automatic", "notification")]
)
def test_who_asked_to_be_left_alone_is_not_written_to(world: World, tenant: Tenant, scope: str, purpose: str) -> None:
    """Also who only wants nothing automatic: a first word answers nothing. Nothing is left of the attempt."""
    ann = contact(world, tenant, address="left@alone.test")
    world.rpc(tenant.people["agent"], tenant, "suppress_address('email', 'left@alone.test', %s)", scope)
    world.rpc(tenant.people["agent"], tenant, "record_consent(%s, 'email', 'notification', true)", ann)
    with refused("PT422", code="suppressed") as caught:
        start(world, tenant, ann, purpose=purpose, body="Hello")
    assert detail(caught[0])["reason"] == "suppressed_manual"
    assert world.all("select 1 from public.et_threads where tenant_id = %s", tenant.id) == []
    assert world.all("select 1 from private.send_buckets where tenant_id = %s", tenant.id) == []


def test_the_suppressed_may_still_be_answered(world: World, tenant: Tenant) -> None:
    """Who wants nothing automatic and wrote gets an answer, and nothing else."""
    world.arrive(tenant, "asks@alone.test")
    ann = contact(world, tenant, address="asks@alone.test")
    world.rpc(tenant.people["agent"], tenant, "suppress_address('email', 'asks@alone.test', 'automatic')")
    assert start(world, tenant, ann, body="Here you are")["delivery_status"] == "queued"
    with refused("PT422", code="suppressed"):
        start(world, tenant, ann, purpose="notification", body="News")


def test_a_blocked_contact_is_not_written_to(world: World, tenant: Tenant) -> None:
    """The staff blocked him itself."""
    ann = contact(world, tenant)
    world.rpc(tenant.people["agent"], tenant, "block_contact(%s)", ann)
    with refused("PT422", code="contact_blocked"):
        start(world, tenant, ann, body="Hello")


@pytest.mark.parametrize("purpose", ["notification", "marketing"])
def test_what_is_sent_to_many_needs_consent(world: World, tenant: Tenant, purpose: str) -> None:
    """None, given, taken back: the newest word counts."""
    ann = contact(world, tenant)
    for granted in (None, True, False):
        if granted is not None:
            world.rpc(tenant.people["agent"], tenant, "record_consent(%s, 'email', %s, %s)", ann, purpose, granted)
        if granted:
            assert start(world, tenant, ann, purpose=purpose, body="Offer")["created"]
            continue
        with refused("PT422", code="no_consent"):
            start(world, tenant, ann, purpose=purpose, body="Offer")


def test_outside_the_window_only_a_template_begins(world: World, tenant: Tenant) -> None:
    """WhatsApp's rule: nobody has written, so free text is refused and a template is not."""
    world.register({"whatsapp": {}, "email": {}})
    session = world.session(tenant.id, "whatsapp", "+15550001111")
    ann = contact(world, tenant, "phone", "+15557770001")
    with refused("PT422", code="window_closed"):
        start(world, tenant, ann, session, body="Hello")
    with refused("PT422", code="bad_length"):
        start(world, tenant, ann, session, template=TEMPLATE)
    begun = start(world, tenant, ann, session, body="We offer a visit.", template=TEMPLATE)
    assert world.queue(begun["message_id"])["template"] == {"name": "visit_offer", "language": "en_US"}
    with refused("PT422", code="no_templates"):
        start(world, tenant, contact(world, tenant), body="Hello", template=TEMPLATE)


@pytest.mark.parametrize("body", ["Hello", None])
def test_where_nothing_can_be_sent_nothing_begins(world: World, tenant: Tenant, body: str | None) -> None:
    """No address on the channel, or an account that only receives: no thread is left behind."""
    world.register({"form": {"direction": "in"}, "sms": {}})
    ann = contact(world, tenant)
    with refused("PT422", code="no_recipient"):
        start(world, tenant, ann, world.session(tenant.id, "sms", "+15550002222"), body=body)
    with refused("PT422", code="receive_only"):
        start(world, tenant, ann, world.session(tenant.id, "form", "site"), body=body)
    assert world.all("select 1 from public.et_threads where tenant_id = %s", tenant.id) == []


def test_starts_count_against_the_rate(world: World, tenant: Tenant) -> None:
    """With and without a text; a repeated client id costs nothing."""
    world.configure(tenant, sends_per_minute=2)
    ann, bob = contact(world, tenant), contact(world, tenant)
    start(world, tenant, ann, body="Hello", client_message_id="c1")
    start(world, tenant, bob)
    with refused("PT429", code="rate_limited"):
        start(world, tenant, bob)
    assert start(world, tenant, ann, body="Hello", client_message_id="c1")["duplicate"]


@pytest.mark.parametrize("purpose", ["reply", "follow_up", "", None])
def test_a_thread_is_started_for_a_reason(world: World, tenant: Tenant, purpose: Any) -> None:
    """A reply answers somebody; no word but the three is taken."""
    with refused("PT422", code="bad_purpose"):
        start(world, tenant, contact(world, tenant), purpose=purpose)


@pytest.mark.parametrize(("change", "reason"), [
    ("update public.tenants set status = 'suspended', suspended_reason = 'x' where id = %s", "tenant_suspended"),
    ("update public.et_channel_sessions set status = 'paused' where tenant_id = %s", "session_paused"),
    ("update public.tenant_settings set quiet_hours_start = '{from}', quiet_hours_end = '{to}' where tenant_id = %s",
     "quiet_hours"),
])  # fmt: skip
def test_what_only_has_to_wait_is_queued(world: World, tenant: Tenant, change: str, reason: str) -> None:
    """A suspended tenant, a paused account, the night where the tenant is: taken, and not sent yet."""
    now = datetime.datetime.now(datetime.UTC)
    around = {name: f"{now + datetime.timedelta(hours=hours):%H:%M}" for name, hours in (("from", -1), ("to", 1))}
    world.owner.execute(change.format(**around) if "{" in change else change, [tenant.id])
    sent = start(world, tenant, contact(world, tenant), body="Hello")["message_id"]
    assert sent not in {str(row["message_id"]) for row in world.claim_out(100)}
    assert (world.queue(sent)["status"], world.queue(sent)["status_reason"]) == ("queued", reason)


def test_a_resent_message_keeps_its_purpose(world: World, tenant: Tenant) -> None:
    """What was unasked does not become a reply because nobody knew how it ended."""
    started = start(world, tenant, contact(world, tenant), body="Hello")
    for status in ("sending", "dispatch_unknown"):
        world.owner.execute("update public.et_outbound_queue set status = %s where message_id = %s",
                            [status, started["message_id"]])  # fmt: skip
    world.rpc(tenant.people["agent"], tenant, "resolve_unknown(%s, 'resend')", started["message_id"])
    rows = world.all("select purpose from public.et_outbound_queue where tenant_id = %s", tenant.id)
    assert [row["purpose"] for row in rows] == ["conversation", "conversation"]
