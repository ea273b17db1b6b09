"""A repeated delivery changes nothing at all."""

import random
import uuid

import psycopg
from psycopg.rows import dict_row

from tests.db.helpers import Row, World, heard, listening, refused

HEAD = "last_seq, last_rev, last_inbound_seq, unread_count, last_message_at, preview, status"


def head(world: World, thread_id: uuid.UUID) -> Row:
    """What a duplicate must not touch."""
    return world.one(f"select {HEAD} from public.et_threads where id = %s", thread_id)


def test_same_id_same_content_is_dropped(world: World) -> None:
    """The second copy makes no row, moves no counter and leaves no work row."""
    tenant = world.tenant()
    first = world.arrive(tenant, external_id="a@x")
    world.complete(world.claim()[0], "no_reply")
    before = head(world, first["thread_id"])
    assert world.deliver(tenant, external_id="a@x") is None
    assert head(world, first["thread_id"]) == before
    assert world.value("select count(*) from private.inbound_work where tenant_id = %s", tenant.id) == 0
    assert world.value("select count(*) from public.et_messages where tenant_id = %s", tenant.id) == 1


def test_duplicate_of_a_stranger_makes_no_contact_and_no_thread(world: World) -> None:
    """A copy that claims another sender but carries the same content digest leaves no trace."""
    tenant = world.tenant()
    first = world.arrive(tenant, external_id="b@x")
    copy = world.deliver(tenant, "eve@people.test", external_id="b@x", content_digest=first["content_digest"])
    assert copy is None
    assert world.value("select count(*) from public.contacts where tenant_id = %s", tenant.id) == 1
    assert world.value("select count(*) from public.et_threads where tenant_id = %s", tenant.id) == 1


def test_reused_id_with_other_content_is_kept_once(world: World) -> None:
    """Another mail that reuses an id is a message of its own, and its own copies are dropped."""
    tenant = world.tenant()
    world.arrive(tenant, external_id="c@x", body="first")
    other = world.arrive(tenant, external_id="c@x", body="second")
    assert other["external_message_id"] == "c@x#" + bytes(other["content_digest"]).hex()
    assert world.deliver(tenant, external_id="c@x", body="second") is None
    assert world.deliver(tenant, external_id="c@x", body="first") is None
    assert not world.violations(tenant) and other["seq"] == 2


def test_same_id_at_another_tenant_is_another_message(world: World) -> None:
    """Dedupe never reaches over tenants."""
    one, two = world.tenant(), world.tenant()
    assert world.deliver(one, external_id="d@x") is not None
    assert world.deliver(two, external_id="d@x") is not None


def test_duplicates_do_not_notify(world: World) -> None:
    """Waiting threads wake the workers once per transaction, a copy never."""
    tenant = world.tenant()
    world.arrive(tenant, external_id="e@x")
    with listening(world.database, "et_inbound") as ear:
        world.deliver(tenant, external_id="e@x")
        assert heard(ear) == []
        with world.worker.transaction():
            for number in range(5):
                world.arrive(tenant, f"e{number}@people.test")
        notes = heard(ear)
    assert [(note.channel, note.payload) for note in notes] == [("et_inbound", "")]


def test_storm_of_copies_leaves_one_row_each(world: World) -> None:
    """Twenty connections deliver the same 200 mails in any order: 200 rows, and every head is true."""
    tenant = world.tenant()
    mails = [(f"s{number}@x", f"p{number % 40}@people.test", f"mail {number}") for number in range(200)]

    def storm(connection: psycopg.Connection[Row], number: int) -> int:
        mine = random.Random(number).sample(mails, len(mails))
        return sum(
            world.deliver(tenant, sender, body, external_id=key, connection=connection) is not None
            for key, sender, body in mine
        )

    kept = world.together(20, storm)
    assert sum(kept) == 200
    assert world.value("select count(*) from public.et_messages where tenant_id = %s", tenant.id) == 200
    assert world.value("select count(*) from public.et_threads where tenant_id = %s", tenant.id) == 40
    assert world.value("select count(*) from public.contacts where tenant_id = %s", tenant.id) == 40
    assert world.violations(tenant) == {}


def test_client_message_id_is_idempotent(world: World) -> None:
    """A send repeated with its client id is the same send, whichever body it brings."""
    tenant = world.tenant("agent")
    thread = world.arrive(tenant)["thread_id"]
    first = world.rpc(tenant.people["agent"], tenant, "send_message(%s, 'one', 'k1')", thread)
    again = world.rpc(tenant.people["agent"], tenant, "send_message(%s, 'two', 'k1')", thread)
    assert again["message_id"] == first["message_id"]
    assert (first["duplicate"], again["duplicate"]) == (False, True)
    assert world.thread(thread)["last_seq"] == 2


def test_client_message_id_in_two_threads_is_refused(world: World) -> None:
    """An id that was used in another conversation is an error, never a silent loss."""
    tenant = world.tenant("agent")
    one, two = world.arrive(tenant)["thread_id"], world.arrive(tenant, "bob@people.test")["thread_id"]
    world.rpc(tenant.people["agent"], tenant, "send_message(%s, 'one', 'k2')", one)
    with refused("PT409", code="client_id_reused"):
        world.rpc(tenant.people["agent"], tenant, "send_message(%s, 'one', 'k2')", two)
    assert world.thread(two)["last_seq"] == 1


def test_concurrent_sends_with_one_client_id_make_one_message(world: World) -> None:
    """Eight copies of one send at once: one message, eight equal answers."""
    tenant = world.tenant("agent")
    thread = world.arrive(tenant)["thread_id"]
    claims = f'{{"role":"authenticated","sub":"{tenant.people["agent"]}","app_metadata":{{"tenant_id":"{tenant.id}"}}}}'

    def send(connection: psycopg.Connection[Row], _: int) -> str:
        with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute("set local role authenticated")
            cursor.execute("select set_config('request.jwt.claims', %s, true)", [claims])
            row = cursor.execute("select public.send_message(%s, 'x', 'k3') as r", [thread]).fetchone()
        assert row is not None
        return str(row["r"]["message_id"])

    assert len(set(world.together(8, send, "parley_api"))) == 1
    assert world.thread(thread)["last_seq"] == 2
