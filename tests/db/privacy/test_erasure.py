"""A person is forgotten: nothing he wrote, nothing he is reached at, and nothing concluded from it is left anywhere."""

import asyncio
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from app.db.inbound import Place, store
from app.domain.inbound import InboundMessage, Stored
from app.explain import in_words
from tests.db.helpers import Row, Tenant, World
from tests.db.privacy.kit import ADDRESS, BODY, NAME, OURS, decided, erase, go_on, traces
from workers.housekeeper import Housekeeper


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
    assert world.thread(arrived["thread_id"])["preview"] == "" and world.violations(tenant) == {}
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
