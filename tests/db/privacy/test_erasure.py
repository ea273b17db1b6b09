"""A person is forgotten: nothing he wrote, nothing he is reached at, and nothing concluded from it is left anywhere."""

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from app.db.inbound import Place, store
from app.domain.inbound import InboundMessage, Stored
from app.explain import in_words
from tests.db.helpers import Row, Tenant, World, refused
from workers.housekeeper import Housekeeper

ADDRESS = "wilhelmina.quist@quistworks.test"
NAME = "Wilhelmina Quist"
BODY = "The zebrafish tank leaks again"
OURS = "Our plumber brings a marmoset on Tuesday"
FILE = b"blueprint of the ocelot"
WORDS = ("wilhelmina", "quist", "zebrafish", "marmoset", "ocelot", "+15557770123", "15557770123")


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant with everybody in it."""
    return world.tenant("agent", "admin", search_policy="full", tracking_enabled=True)


def traces(world: World, tenant: Tenant) -> set[str]:
    """Tables in which a row of the tenant, or of nobody, holds one of the words: as text, in JSON, in bytes."""
    tables = world.all(
        "select c.oid::regclass::text as name from pg_class as c where c.relkind = 'r'"
        " and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
    )
    needles = [f"%{form}%" for word in WORDS for form in (word, word.encode().hex())]
    look = (
        "select 1 from {} as t where to_jsonb(t)::text ilike any(%s)"
        " and coalesce(to_jsonb(t) ->> 'tenant_id', %s) = %s limit 1"
    )
    return {
        row["name"] for row in tables if world.all(look.format(row["name"]), needles, str(tenant.id), str(tenant.id))
    }


def erase(world: World, tenant: Tenant, contact: Any, reason: str = "request", who: str = "admin") -> Row:
    """public.erase_contact() as a member."""
    return dict(world.rpc(tenant.people[who], tenant, "erase_contact(%s, %s)", contact, reason))


def go_on(world: World, limit: int = 500) -> int:
    """The housekeeper's steps until nothing is due; how many there were."""
    steps = 0
    while world.worker.execute("select private.continue_erasures(%s) as n", [limit]).fetchone()["n"]:  # type: ignore[index]
        steps += 1
    return steps


def decided(world: World, tenant: Tenant, **message: Any) -> Row:
    """A message of hers that was answered, with all that is written down on the way."""
    message.setdefault("sender_name", NAME)
    arrived = world.arrive(tenant, ADDRESS, BODY, **message)
    claim = next(row for row in world.claim() if row["thread_id"] == arrived["thread_id"])
    world.complete(
        claim, reply=OURS, reasons=[f"said: {BODY}"], intent="price",
        input={"now": "2026-01-01", "contact": {"name": NAME}},
    )  # fmt: skip
    (sent,) = [row for row in world.claim_out() if row["thread_id"] == arrived["thread_id"]]
    world.finish(sent, provider_message_id="chat:quist:1", error=f"250 queued for <{ADDRESS}>")
    return dict(arrived) | {"queue_id": sent["queue_id"], "sent_id": sent["message_id"]}


def everything(world: World, tenant: Tenant) -> Row:
    """A person in every table there is."""
    first = decided(
        world, tenant, subject=f"From {NAME}", metadata={"message_id": f"x1@{ADDRESS}", "reply_to": ADDRESS,
                                                         "attachments": [{"filename": "ocelot.pdf"}]},
        reference_ids=[f"x0@{ADDRESS}"], external_id=f"x1@{ADDRESS}",
    )  # fmt: skip
    thread, contact = first["thread_id"], first["sender_contact_id"]
    world.receipt(tenant, "delivered", "chat:quist:1", f"event-quist-{uuid.uuid4()}", recipient=ADDRESS,
                  diagnostic=f"250 {ADDRESS} fine")  # fmt: skip
    world.receipt(tenant, "delayed", f"unknown-{uuid.uuid4()}", recipient=ADDRESS, diagnostic=ADDRESS)
    made = world.value(
        "insert into public.message_attachments (tenant_id, message_id, filename, content_type, size_bytes, sha256, content_id)"
        " values (%s, %s, 'ocelot.pdf', 'application/pdf', 23, 'x', 'quist') returning id", tenant.id, first["id"],
    )  # fmt: skip
    world.owner.execute("insert into private.attachment_blobs values (%s, %s, %s)", [tenant.id, made, FILE])
    world.worker.execute("select * from private.claim_insights('i1', 10)")
    for version in (1, 2):
        world.owner.execute(
            "insert into public.thread_insight_versions (tenant_id, thread_id, version, summary, next_step, read_seq, model)"
            " values (%s, %s, %s, %s, %s, 1, 'm')", [tenant.id, thread, version, f"{NAME}: {BODY}", "call Quist"],
        )  # fmt: skip
    world.owner.execute(
        "insert into public.et_thread_insights (tenant_id, thread_id, summary, next_step, read_seq, model, follow_up_at,"
        " follow_up_text, follow_up_status) values (%s, %s, %s, 'call Quist', 1, 'm', now(), %s, 'scheduled')",
        [tenant.id, thread, BODY, OURS],
    )
    world.owner.execute(
        "insert into public.shadow_decisions (tenant_id, decision_id, candidate, reasons)"
        " select tenant_id, id, 'rules', %s from public.inbound_decisions where thread_id = %s", [[BODY], thread],
    )  # fmt: skip
    work = world.value(
        "insert into private.assist_work (tenant_id, kind, thread_id, requested_by) values (%s, 'suggestions', %s, 'x')"
        " returning id", tenant.id, thread,
    )  # fmt: skip
    world.owner.execute(
        "insert into private.suggestion_drafts (tenant_id, request_id, number, body, source) values (%s, %s, 1, %s, 'faq')",
        [tenant.id, work, OURS],
    )
    world.owner.execute(
        "insert into private.message_translations (tenant_id, message_id, language, body, model, prompt_version)"
        " values (%s, %s, 'de', 'Das zebrafish', 'm', 'v1')", [tenant.id, first["id"]],
    )  # fmt: skip
    told = world.enqueue(first, f"{OURS} https://quist.test/marmoset", "system", purpose="notification")
    called = world.enqueue(first, OURS)
    for claim in world.claim_out():
        if claim["queue_id"] == called["queue_id"]:
            world.finish(
                claim, "manual", start=False, task={"kind": "call", "title": f"Call {NAME}"}, error_code="call"
            )
        elif claim["queue_id"] == told["queue_id"]:
            world.finish(claim, provider_message_id=f"m-{uuid.uuid4()}")
    world.owner.execute("update public.manual_tasks set note = %s where thread_id = %s", [f"{NAME} was away", thread])
    world.owner.execute("update public.et_threads set labels = '{quist}' where id = %s", [thread])
    world.rpc(tenant.people["agent"], tenant, "put_contact(%s, %s)", contact, Jsonb({
        "company": "Quist Works", "attributes": {"cat": "ocelot"},
        "identities": [{"kind": "phone", "address": "+15557770123"}, {"kind": "push", "address": "https://quist.test/p#x"}],
    }))  # fmt: skip
    world.rpc(tenant.people["agent"], tenant, "record_consent(%s, 'email', 'marketing', true)", contact)
    world.owner.execute(
        "insert into private.send_slots (tenant_id, session_id, recipient, next_at) values (%s, %s, %s, now())",
        [tenant.id, tenant.session, ADDRESS],
    )
    world.owner.execute(
        "insert into private.webhook_events (tenant_id, session_id, provider, event_id, headers, payload, error)"
        " values (%s, %s, 'twilio', %s, %s, %s, 'unreadable')",
        [tenant.id, tenant.session, uuid.uuid4().hex, Jsonb({"from": NAME}), b"From=%2B15557770123&Body=zebrafish"],
    )
    for address in (ADDRESS, "+15557770123"):
        kind = "email" if "@" in address else "sms"
        world.rpc(tenant.people["agent"], tenant, "suppress_address(%s, %s, 'all')", kind, address)
    world.rpc(tenant.people["admin"], tenant, "lift_suppression('sms', '+15557770123')")
    last = world.arrive(tenant, ADDRESS, BODY, sender_name=NAME)
    world.enqueue(last, OURS)
    return dict(first) | {"last": last}


@pytest.fixture
def person(world: World, tenant: Tenant) -> Iterator[Row]:
    """She, everywhere."""
    made = everything(world, tenant)
    assert traces(world, tenant) >= {
        "contacts", "contact_identities", "et_messages", "et_threads", "et_outbound_queue", "dispatch_attempts",
        "delivery_receipts", "inbound_decisions", "shadow_decisions", "et_thread_insights", "thread_insight_versions",
        "message_attachments", "private.attachment_blobs", "private.suggestion_drafts", "private.message_translations",
        "manual_tasks", "notifications", "suppressions", "private.tracking_links", "private.send_slots",
        "private.webhook_events",
    }  # fmt: skip
    yield made


def test_nothing_of_a_person_is_left_in_any_table(world: World, tenant: Tenant, person: Row) -> None:
    """Every column of every table is searched, bytes and JSON included; the promises of the core still hold."""
    seqs = world.all(
        "select seq, direction, created_at from public.et_messages where thread_id = %s order by seq",
        person["thread_id"],
    )
    done = erase(world, tenant, person["sender_contact_id"])
    assert done["status"] == "done" and done["messages_erased"] == len(seqs) and done["sends_cancelled"] >= 1
    assert traces(world, tenant) == set()
    assert world.violations(tenant) == {}
    left = world.all(
        "select seq, direction, created_at from public.et_messages where thread_id = %s order by seq",
        person["thread_id"],
    )
    assert left == seqs, "places, directions and times stay"
    thread = world.thread(person["thread_id"])
    assert (thread["last_seq"], thread["status"], thread["preview"]) == (len(seqs), "archived", "")
    attempts = world.all("select outcome from public.dispatch_attempts where queue_id = %s", person["queue_id"])
    assert [row["outcome"] for row in attempts] == ["accepted"], "the ledger keeps what happened"
    assert (
        world.value("select count(*) from public.contact_consents where contact_id = %s", person["sender_contact_id"])
        == 1
    )


def test_the_audit_log_says_who_did_it_and_why_and_stays_intact(world: World, tenant: Tenant, person: Row) -> None:
    """Ids and counts, no name; the chain over older rows still verifies."""
    world.let_others_finish()
    world.owner.execute("select private.checkpoint_audit(%s)", [tenant.id])
    erase(world, tenant, person["sender_contact_id"], "authority")
    rows = world.all(
        "select * from public.audit_log where tenant_id = %s and action like 'contact.eras%%' order by id", tenant.id
    )
    assert [row["action"] for row in rows] == ["contact.erased", "contact.erasure_finished"]
    assert rows[0]["actor"] == f"user:{tenant.people['admin']}" and rows[0]["details"]["reason"] == "authority"
    assert all(row["intact"] for row in world.all("select * from private.verify_audit(%s)", tenant.id))


def test_said_twice_it_is_done_once(world: World, tenant: Tenant, person: Row) -> None:
    """The second call says how far the first is, and changes nothing."""
    first = erase(world, tenant, person["sender_contact_id"])
    rev = world.thread(person["thread_id"])["last_rev"]
    assert erase(world, tenant, person["sender_contact_id"], "mistake") == first
    assert world.thread(person["thread_id"])["last_rev"] == rev
    assert (
        world.value(
            "select count(*) from public.audit_log where tenant_id = %s and action = 'contact.erased'", tenant.id
        )
        == 1
    )


def test_a_tombstone_explains_itself(world: World, tenant: Tenant, person: Row) -> None:
    """Why the message is empty, since when, and what had become of it."""
    erase(world, tenant, person["sender_contact_id"], "retention")
    told = world.rpc(tenant.people["agent"], tenant, "explain_message(%s)", person["id"])
    assert told["message"]["erased_at"] and told["message"]["erased_because"] == "retention"
    assert told["decision"]["reasons"] == ["erased"] and told["decision"]["input"] is None
    assert [one["status"] for one in told["attachments"]] == ["erased"]
    assert told["dispatches"][0]["status"] == "delivered"
    words = "\n".join(in_words(told))
    assert "erased" in words and "because it had been kept long enough" in words


def test_clients_poll_the_tombstones(world: World, tenant: Tenant, person: Row) -> None:
    """Every emptied message has a rev of its own above what was read before."""
    rev = world.thread(person["thread_id"])["last_rev"]
    erase(world, tenant, person["sender_contact_id"])
    rows = world.all(
        "select rev, body, deleted_at from public.et_messages where thread_id = %s order by rev", person["thread_id"]
    )
    assert [row["rev"] for row in rows] == list(range(rev + 1, rev + len(rows) + 1))
    assert {row["body"] for row in rows} == {""} and all(row["deleted_at"] for row in rows)
    assert world.thread(person["thread_id"])["last_rev"] == rows[-1]["rev"]


def test_an_opt_out_outlives_the_person(world: World, tenant: Tenant, person: Row) -> None:
    """The same address comes back as a new contact: what was suppressed stays so, by a digest nobody can read."""
    erase(world, tenant, person["sender_contact_id"])
    again = world.arrive(tenant, ADDRESS, "Hello again")
    assert again["sender_contact_id"] != person["sender_contact_id"] and again["thread_id"] != person["thread_id"]
    sent = world.enqueue(again, "Welcome back")
    assert sent["queue_id"] not in [row["queue_id"] for row in world.claim_out()]
    queue = world.queue(sent["message_id"])
    assert (queue["status"], queue["status_reason"]) == ("cancelled", "suppressed_manual")
    digests = world.all("select * from private.suppression_digests where tenant_id = %s", tenant.id)
    assert [row["kind"] for row in digests] == ["email"] and "quist" not in str(digests)
    lifted = world.rpc(tenant.people["admin"], tenant, "lift_suppression('email', %s)", ADDRESS)
    assert lifted["lifted"]
    sent = world.enqueue(again, "Welcome back")
    assert sent["queue_id"] in [row["queue_id"] for row in world.claim_out()]


def test_a_digest_is_of_one_tenant(world: World, tenant: Tenant, person: Row) -> None:
    """Two tenants that erased the same address share nothing that could be compared."""
    erase(world, tenant, person["sender_contact_id"])
    other = world.tenant("admin")
    world.rpc(other.people["admin"], other, "suppress_address('email', %s, 'all')", ADDRESS)
    erase(world, other, world.arrive(other, ADDRESS)["sender_contact_id"])
    rows = world.all("select digest from private.suppression_digests where tenant_id in (%s, %s)", tenant.id, other.id)
    assert len({row["digest"] for row in rows}) == len(rows) == 2


def test_a_link_in_an_old_mail_still_stops_mail(world: World, tenant: Tenant) -> None:
    """Whoever was erased and unsubscribes afterwards is not written to under that address again."""
    arrived = world.arrive(tenant, ADDRESS)
    sent = world.enqueue(arrived, "News", "system", purpose="notification")
    (claim,) = [row for row in world.claim_out() if row["queue_id"] == sent["queue_id"]]
    world.finish(claim)
    link = world.value(
        "select id from private.tracking_links where queue_id = %s and kind = 'unsubscribe'", sent["queue_id"]
    )
    erase(world, tenant, arrived["sender_contact_id"])
    world.ingress.execute("select private.unsubscribe(%s)", [link])
    assert traces(world, tenant) == set()
    again = world.arrive(tenant, ADDRESS)
    sent = world.enqueue(again, "News", "system", purpose="notification")
    world.claim_out()
    assert world.queue(sent["message_id"])["status_reason"] == "suppressed_unsubscribed"


def test_receipts_that_come_later_bring_nothing_back(world: World, tenant: Tenant) -> None:
    """They still move the send forward, once, and leave no address behind."""
    arrived = decided(world, tenant)
    erase(world, tenant, arrived["sender_contact_id"])
    later = {"recipient": ADDRESS, "diagnostic": f"read by {NAME}"}
    assert world.receipt(tenant, "read", "chat:quist:1", "event-quist-2", **later)["result"] == "applied"
    assert world.receipt(tenant, "read", "chat:quist:1", "event-quist-2", **later)["result"] == "duplicate"
    assert world.status(arrived["sent_id"]) == "read" and traces(world, tenant) == set()
    assert world.violations(tenant) == {}


def test_a_mail_that_is_read_again_stays_erased(world: World, tenant: Tenant) -> None:
    """A mailbox that is read from its beginning brings an erased mail once more: it is a duplicate."""
    arrived = world.arrive(tenant, ADDRESS, BODY, external_id="m-1@quistworks.test")
    erase(world, tenant, arrived["sender_contact_id"])
    assert world.deliver(tenant, ADDRESS, BODY, external_id="m-1@quistworks.test") is None
    batch = [{"tenant_id": str(tenant.id), "channel": "email", "channel_session_id": str(tenant.session), "body": BODY,
              "sender_address": ADDRESS, "external_message_id": "m-1@quistworks.test"}]  # fmt: skip
    (row,) = world.owner.execute("select * from private.ingest_messages(%s)", [Jsonb(batch)]).fetchall()
    assert row["duplicate"] and traces(world, tenant) == set()

    async def receive() -> list[Stored]:
        message = InboundMessage(external_message_id="m-1@quistworks.test", sender_address=ADDRESS, body=BODY)
        place = Place(str(tenant.id), str(tenant.session), "email", "smtp")
        async with await psycopg.AsyncConnection.connect(world.database.dsn("parley_worker")) as connection:
            return await store(connection, place, [message])

    (stored,) = asyncio.run(receive())
    assert (stored.new, stored.message_id) == (False, str(arrived["id"]))
    for _ in range(2):
        world.arrive(tenant, ADDRESS, "She is back")
    assert world.deliver(tenant, ADDRESS, BODY, external_id="m-1@quistworks.test") is None
    (row,) = world.owner.execute("select * from private.ingest_messages(%s)", [Jsonb(batch)]).fetchall()
    assert row["duplicate"]


def test_an_undecided_message_is_dealt_with(world: World, tenant: Tenant) -> None:
    """Nobody decides on a tombstone, and a worker that was deciding can record nothing."""
    arrived = world.arrive(tenant, ADDRESS, BODY)
    (claim,) = [row for row in world.claim() if row["thread_id"] == arrived["thread_id"]]
    world.arrive(tenant, ADDRESS, BODY)
    erase(world, tenant, arrived["sender_contact_id"])
    assert world.complete(claim, reply=OURS)["result"] == "lost"
    assert world.claim() == [] and world.status(arrived["id"]) == "inbound_ai_replied"
    assert traces(world, tenant) == set() and world.violations(tenant) == {}


def test_a_send_under_way_is_emptied_when_its_try_has_ended(world: World, tenant: Tenant) -> None:
    """What has begun cannot be stopped; what was only claimed can. Until then the erasure is running."""
    arrived = world.arrive(tenant, ADDRESS, BODY)
    begun, claimed = world.enqueue(arrived, OURS), world.enqueue(arrived, OURS)
    claims = {row["queue_id"]: row for row in world.claim_out()}
    world.start(claims[begun["queue_id"]])
    assert erase(world, tenant, arrived["sender_contact_id"])["status"] == "running"
    assert world.start(claims[claimed["queue_id"]]) == "superseded"
    world.finish(claims[claimed["queue_id"]], "refused", start=False)
    assert world.finish(claims[begun["queue_id"]], start=False, provider_message_id="quist") == "sent"
    world.owner.execute("update private.erasure_work set run_at = now()")
    go_on(world)
    assert erase(world, tenant, arrived["sender_contact_id"])["status"] == "done"
    assert traces(world, tenant) == set() and world.violations(tenant) == {}


def test_a_long_history_is_emptied_in_steps(world: World, tenant: Tenant) -> None:
    """The call ends after a few hundred messages; the housekeeper goes on, and no step holds more than its share."""
    batch = [{"tenant_id": str(tenant.id), "channel": "email", "channel_session_id": str(tenant.session), "body": BODY,
              "sender_address": ADDRESS, "external_message_id": f"{n}@quistworks.test"} for n in range(1200)]  # fmt: skip
    world.owner.execute("select count(*) from private.ingest_messages(%s)", [Jsonb(batch)])
    contact = world.value("select contact_id from public.contact_identities where tenant_id = %s", tenant.id)
    first = erase(world, tenant, contact)
    assert (first["status"], first["messages_erased"]) == ("running", 500)
    assert go_on(world, 300) == 3
    last = erase(world, tenant, contact)
    assert (last["status"], last["messages_erased"]) == ("done", 1200)
    assert traces(world, tenant) == set() and world.violations(tenant) == {}


def test_the_housekeeper_goes_on(world: World, tenant: Tenant) -> None:
    """What a call left is emptied by its next round."""
    arrived = world.arrive(tenant, ADDRESS, BODY)
    with world.owner.transaction():
        world.owner.execute(
            "select private.begin_erasure(%s, %s, 'request')", [tenant.id, arrived["sender_contact_id"]]
        )

    async def once() -> None:
        dsn = world.database.dsn("parley_worker")
        async with AsyncConnectionPool(dsn, open=False, kwargs={"autocommit": True}) as pool:
            await Housekeeper().round(pool)

    asyncio.run(once())
    assert traces(world, tenant) == set() and world.violations(tenant) == {}


def test_two_housekeepers_share_the_work(world: World, tenant: Tenant) -> None:
    """Each message is emptied once, whoever comes by."""
    senders = [f"{n}@quistworks.test" for n in range(4)]
    for address in senders:
        for _ in range(3):
            world.arrive(tenant, address, BODY)
    contacts = world.all("select distinct contact_id from public.contact_identities where tenant_id = %s", tenant.id)
    winner = contacts[0]["contact_id"]
    for row in contacts[1:]:
        world.rpc(tenant.people["agent"], tenant, "merge_contacts(%s, %s)", winner, row["contact_id"])
    with world.owner.transaction():
        world.owner.execute("select private.begin_erasure(%s, %s, 'request')", [tenant.id, winner])

    def run(connection: psycopg.Connection[Any], _: int) -> None:
        while connection.execute("select private.continue_erasures(2) as n").fetchone()["n"]:  # type: ignore[call-overload]
            pass

    world.together(4, run)
    go_on(world)
    done = erase(world, tenant, winner)
    assert (done["status"], done["messages_erased"]) == ("done", 12)
    assert (
        world.value("select count(*) from public.contacts where tenant_id = %s and erased_at is null", tenant.id) == 0
    )
    assert traces(world, tenant) == set() and world.violations(tenant) == {}


def test_others_keep_what_they_wrote(world: World, tenant: Tenant) -> None:
    """In a conversation of two contacts only the erased one's words go, and he reads it no more."""
    ada, bob = world.user("ada@people.test"), world.user("bob@people.test")
    ids = {}
    for name, user in (("ada", ada), ("bob", bob)):
        ids[name] = world.value(
            "insert into public.contacts (tenant_id, display_name) values (%s, %s) returning id",
            tenant.id,
            f"Quist {name}",
        )
        world.owner.execute(
            "insert into public.contact_identities (tenant_id, contact_id, kind, address) values (%s, %s, 'email', %s)",
            [tenant.id, ids[name], f"{name}@people.test"],
        )
        world.owner.execute("update public.contacts set auth_user_id = %s where id = %s", [user, ids[name]])
    thread = world.value(
        "insert into public.et_threads (tenant_id, kind, channel, contact_id, other_contact_id, scope_rule, scope_key,"
        " staff_readable) values (%s, 'direct', 'in_app', %s, %s, 'pair', %s, false) returning id",
        tenant.id, ids["ada"], ids["bob"], f"p:{uuid.uuid4()}",
    )  # fmt: skip
    for name, user in (("ada", ada), ("bob", bob)):
        world.owner.execute(
            "insert into public.thread_participants (tenant_id, thread_id, user_id, contact_id) values (%s, %s, %s, %s)",
            [tenant.id, thread, user, ids[name]],
        )
        world.owner.execute(
            "insert into public.et_messages (tenant_id, thread_id, channel, direction, delivery_status, sender_kind, sender,"
            " sender_user_id, body) values (%s, %s, 'in_app', 'internal', 'sent', 'participant', %s, %s, %s)",
            [tenant.id, thread, f"user:{user}", user, f"{name} writes"],
        )
    assert erase(world, tenant, ids["ada"])["messages_erased"] == 1
    bodies = world.all("select body from public.et_messages where thread_id = %s order by seq", thread)
    assert [row["body"] for row in bodies] == ["", "bob writes"]
    assert world.thread(thread)["status"] == "open" and world.thread(thread)["erased_at"] is None
    with world.acting(ada) as connection:
        assert connection.execute("select from public.et_messages").fetchall() == []
    with world.acting(bob) as connection:
        assert len(connection.execute("select from public.et_messages").fetchall()) == 2
    assert world.violations(tenant) == {}


@pytest.mark.parametrize(
    "call",
    ["put_contact(%(c)s, '{\"display_name\": \"x\"}')",
     "put_contact(%(c)s, '{\"identities\": [{\"kind\": \"email\", \"address\": \"w@quist.test\"}]}')",
     "block_contact(%(c)s, false)", "record_consent(%(c)s, 'email', 'marketing', true)", "merge_contacts(%(c)s, %(o)s)",
     "merge_contacts(%(o)s, %(c)s)", "reopen_thread(%(t)s)", "label_thread(%(t)s, '{quist}')"],
)  # fmt: skip
def test_nothing_is_written_on_a_tombstone(world: World, tenant: Tenant, call: str) -> None:
    """Whoever would bring a contact or a conversation back is refused, and told that it was erased."""
    arrived, other = world.arrive(tenant, ADDRESS), world.arrive(tenant, "other@people.test")
    erase(world, tenant, arrived["sender_contact_id"])
    values = {"c": arrived["sender_contact_id"], "o": other["sender_contact_id"], "t": arrived["thread_id"]}
    with refused("PT409", code="erased"), world.acting(tenant.people["owner"], tenant) as connection:
        connection.execute(f"select public.{call}".encode(), values)


def test_an_erased_conversation_is_not_answered(world: World, tenant: Tenant) -> None:
    """There is nobody to send to."""
    arrived = world.arrive(tenant, ADDRESS)
    erase(world, tenant, arrived["sender_contact_id"])
    with refused("PT422", code="no_recipient"):
        world.rpc(tenant.people["agent"], tenant, "send_message(%s, 'Hello?')", arrived["thread_id"])
    with refused("PT409", code="erased"):
        world.owner.execute("update public.et_messages set body = 'x' where id = %s", [arrived["id"]])


def test_a_message_that_meets_an_erasure_finds_another_contact(world: World, tenant: Tenant) -> None:
    """A receiver that had looked up the contact waits for the erasure, is told to look again, and its message is kept."""
    arrived = world.arrive(tenant, ADDRESS)
    world.owner.execute(
        "update public.et_threads set status = 'closed', closed_at = now() where id = %s", [arrived["thread_id"]]
    )
    with world.database.connect("admin") as eraser, world.database.connect("parley_worker") as receiver:
        with eraser.transaction():
            eraser.execute("select private.begin_erasure(%s, %s, 'request')", [tenant.id, arrived["sender_contact_id"]])
            with receiver.transaction(force_rollback=True):
                receiver.execute("set local lock_timeout = '200ms'")
                with refused("55P03"):
                    world.deliver(tenant, ADDRESS, BODY, connection=receiver)
        go_on(world)
        again = world.deliver(tenant, ADDRESS, "After all", connection=receiver)
    assert again is not None and again["sender_contact_id"] != arrived["sender_contact_id"]
    with refused("40001"):
        world.owner.execute("select private.refuse_erased_thread(%s, %s)", [tenant.id, arrived["thread_id"]])
    assert world.violations(tenant) == {}


def test_only_admins_erase_and_only_their_own(world: World, tenant: Tenant) -> None:
    """An agent is refused, a stranger gets the answer for a missing contact and is on record, a bad reason is named."""
    contact = world.arrive(tenant, ADDRESS)["sender_contact_id"]
    with refused("PT403"):
        erase(world, tenant, contact, who="agent")
    other = world.tenant("admin")
    foreign = world.rpc(other.people["admin"], other, "erase_contact(%s, 'request')", contact)
    missing = world.rpc(other.people["admin"], other, "erase_contact(%s, 'request')", uuid.uuid4())
    assert foreign == missing and foreign["code"] == "not_found"
    denied = world.one("select * from public.access_denials where tenant_id = %s", tenant.id)
    assert (denied["action"], denied["object_id"]) == ("erase_contact", str(contact))
    with refused("PT422", code="bad_value"):
        erase(world, tenant, contact, "because")
    assert traces(world, tenant) != set()


def test_a_contact_without_a_word_is_erased_at_once(world: World, tenant: Tenant) -> None:
    """Nothing to empty, nothing to wait for; who was merged into somebody goes with him."""
    made = [
        world.rpc(tenant.people["agent"], tenant, "put_contact(null, %s)", Jsonb({"display_name": NAME}))["contact_id"]
        for _ in range(2)
    ]
    world.rpc(tenant.people["agent"], tenant, "merge_contacts(%s, %s)", made[0], made[1])
    done = erase(world, tenant, made[1])
    assert (done["contact_id"], done["status"]) == (made[0], "done")
    assert traces(world, tenant) == set() and world.violations(tenant) == {}
