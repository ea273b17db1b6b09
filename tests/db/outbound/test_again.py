"""Sending again: what did not arrive leaves once more, each message once, and never what may have arrived."""

from typing import Any

import psycopg
import pytest

from tests.db.helpers import Row, Tenant, World, refused

END = {
    "failed": {"kind": "rejected", "error_code": "554", "error": "554 spam"},
    "cancelled": {"kind": "refused", "error_code": "window_closed", "start": False},
}


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant with two agents and a viewer."""
    return world.tenant("agent", "viewer")


def end(world: World, tenant: Tenant, status: str, **options: Any) -> Row:
    """A reply that ended so."""
    sent = world.enqueue(world.arrive(tenant), "The price is 80.", **options)
    claim = next(row for row in world.claim_out() if row["queue_id"] == sent["queue_id"])
    ending = dict(END[status])
    assert world.finish(claim, ending.pop("kind"), **ending) == status
    return sent


def again(world: World, tenant: Tenant, sent: Row, who: str = "agent") -> Any:
    """Somebody sends it again."""
    return world.rpc(tenant.people[who], tenant, "send_again(%s)", sent["message_id"])


@pytest.mark.parametrize("status", sorted(END))
def test_what_did_not_arrive_leaves_once_more(world: World, tenant: Tenant, status: str) -> None:
    """As a new message with the same text, by whoever asks; the old row stays as it is; on record."""
    sent = end(world, tenant, status)
    made = again(world, tenant, sent)
    assert (made["duplicate"], made["delivery_status"]) == (False, "queued")
    message, row = world.message(made["message_id"]), world.queue(made["message_id"])
    assert (message["body"], message["sender_user_id"]) == ("The price is 80.", tenant.people["agent"])
    assert (row["resend_of"], world.status(sent["message_id"])) == (sent["message_id"], status)
    assert world.thread(sent_in(world, sent))["control"] == "human"
    logged = world.all(
        "select object_id from public.audit_log where tenant_id = %s and action = 'message.sent_again'", tenant.id
    )
    assert [entry["object_id"] for entry in logged] == [str(sent["message_id"])]
    (claim,) = world.claim_out()
    assert world.finish(claim) == "sent" and world.violations(tenant) == {}


def sent_in(world: World, sent: Row) -> Any:
    """The conversation of a message."""
    return world.message(sent["message_id"])["thread_id"]


def test_it_is_sent_again_once_whoever_presses(world: World, tenant: Tenant) -> None:
    """Six at the same moment, of two people: one message, and everybody is told which."""
    sent = end(world, tenant, "failed")

    def press(connection: Any, number: int) -> str:
        person = tenant.people["agent" if number % 2 else "owner"]
        claims = f'{{"sub": "{person}", "role": "authenticated", "app_metadata": {{"tenant_id": "{tenant.id}"}}}}'
        with connection.transaction():
            connection.execute("select private.enter_request(%s, false)", [claims])
            return str(
                connection.execute(
                    "select public.send_again(%s) ->> 'message_id' as id", [sent["message_id"]]
                ).fetchone()["id"]
            )

    told = world.together(6, press, role="parley_api")
    made = world.all("select message_id from public.et_outbound_queue where resend_of = %s", sent["message_id"])
    assert set(told) == {str(row["message_id"]) for row in made} and len(made) == 1
    assert again(world, tenant, sent)["duplicate"]
    with pytest.raises(psycopg.errors.UniqueViolation):
        world.enqueue({"tenant_id": tenant.id, "thread_id": sent_in(world, sent)}, cause_kind="resend",
                      cause_id=str(sent["message_id"]))  # fmt: skip


def test_what_may_have_arrived_is_never_sent_again(world: World, tenant: Tenant) -> None:
    """Not while nobody knows; once a person has said that it did not arrive, yes."""
    sent = world.enqueue(world.arrive(tenant))
    with refused("PT409", code="not_failed"):
        again(world, tenant, sent)
    (claim,) = world.claim_out()
    assert world.finish(claim, "unknown") == "dispatch_unknown"
    with refused("PT409", code="outcome_unknown"):
        again(world, tenant, sent)
    world.rpc(tenant.people["agent"], tenant, "resolve_unknown(%s, 'failed')", sent["message_id"])
    assert not again(world, tenant, sent)["duplicate"]
    (claim,) = world.claim_out()
    world.finish(claim)
    with refused("PT409", code="not_failed"):
        world.rpc(tenant.people["agent"], tenant, "send_again(%s)", claim["message_id"])
    assert world.violations(tenant) == {}


def test_what_was_resent_for_an_unknown_is_not_sent_again(world: World, tenant: Tenant) -> None:
    """The two ways to send once more are one: whoever took the first finds no second."""
    sent = world.enqueue(world.arrive(tenant))
    (claim,) = world.claim_out()
    world.finish(claim, "unknown")
    world.rpc(tenant.people["agent"], tenant, "resolve_unknown(%s, 'resend')", sent["message_id"])
    assert again(world, tenant, sent)["duplicate"]
    assert len(world.all("select 1 from public.et_outbound_queue where resend_of = %s", sent["message_id"])) == 1


def test_what_a_rule_would_stop_again_is_refused_at_once(world: World, tenant: Tenant) -> None:
    """With the reason; nothing is written by it, and once the reason is gone it is sent."""
    sent = end(world, tenant, "failed")
    world.rpc(tenant.people["agent"], tenant, "suppress_address('email', 'ann@people.test', 'all')")
    before = len(world.all("select 1 from public.et_messages where tenant_id = %s", tenant.id))
    with refused("PT409", code="stopped_again"):
        again(world, tenant, sent)
    assert len(world.all("select 1 from public.et_messages where tenant_id = %s", tenant.id)) == before
    world.rpc(tenant.people["owner"], tenant, "lift_suppression('email', 'ann@people.test')")
    assert not again(world, tenant, sent)["duplicate"]


def test_a_deleted_text_is_not_sent_again(world: World, tenant: Tenant) -> None:
    """Nothing would be left to say."""
    sent = end(world, tenant, "failed")
    world.owner.execute("update public.et_messages set deleted_at = now() where id = %s", [sent["message_id"]])
    with refused("PT409", code="text_withheld"):
        again(world, tenant, sent)


def test_who_may_send_again(world: World, tenant: Tenant) -> None:
    """Not viewers; another tenant's message reads like a missing one, on record."""
    sent = end(world, tenant, "failed")
    with refused("PT403"):
        again(world, tenant, sent, who="viewer")
    stranger = world.tenant()
    answer = world.rpc(stranger.people["owner"], stranger, "send_again(%s)", sent["message_id"])
    assert answer["code"] == "not_found"
    assert len(world.all("select 1 from public.access_denials where object_id = %s", str(sent["message_id"]))) == 1
    assert world.claim_out() == []
