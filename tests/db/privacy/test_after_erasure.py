"""What an erasure leaves alone, what it refuses afterwards, and who may ask for it."""

import uuid

import pytest
from psycopg.types.json import Jsonb

from tests.db.helpers import Tenant, World, refused
from tests.db.privacy.kit import ADDRESS, BODY, NAME, erase, go_on, traces


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


def test_an_erased_message_is_not_decided_anew(world: World, tenant: Tenant) -> None:
    """One that failed stays as it is: there is nothing left to decide on."""
    arrived = world.arrive(tenant, ADDRESS)
    (claim,) = world.claim()
    world.worker.execute("select private.fail_inbound(%s, %s, %s, %s, 4, 'boom')",
                         [claim["tenant_id"], claim["thread_id"], claim["fence"], claim["last_seq"]])  # fmt: skip
    assert world.status(arrived["id"]) == "inbound_error"
    erase(world, tenant, arrived["sender_contact_id"])
    with refused("PT409", code="erased"):
        world.rpc(tenant.people["agent"], tenant, "retry_inbound(%s)", arrived["id"])
    assert world.status(arrived["id"]) == "inbound_error" and world.violations(tenant) == {}


def test_an_erased_message_is_not_sent_again(world: World, tenant: Tenant) -> None:
    """A person may still say what became of it."""
    arrived = world.arrive(tenant, ADDRESS)
    queued = world.enqueue(arrived, "Ours")
    (claim,) = world.claim_out()
    assert world.finish(claim, "unknown") == "dispatch_unknown"
    erase(world, tenant, arrived["sender_contact_id"])
    with refused("PT422", code="no_recipient"):
        world.rpc(tenant.people["agent"], tenant, "resolve_unknown(%s, 'resend')", queued["message_id"])
    world.rpc(tenant.people["agent"], tenant, "resolve_unknown(%s, 'sent')", queued["message_id"])
    assert world.status(queued["message_id"]) == "sent" and world.violations(tenant) == {}


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
