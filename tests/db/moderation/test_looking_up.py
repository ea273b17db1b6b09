"""What its sender learns of his message, and what an admin reads with a reason."""

import uuid
from typing import Any

import pytest

from tests.db.helpers import World, refused
from tests.db.moderation.kit import Judged

KIND = {"visibility": "sender", "kind": "phone", "comment": "Leave the number out."}


def test_a_sender_learns_what_became_of_his_message(world: World) -> None:
    """Its status, what others read, what he wrote, and what to change; of his new text nothing of the old verdict."""
    chat = Judged(world)
    ann, _, thread = chat.talk()
    message = uuid.UUID(chat.say(ann, thread, "Call 555-0100")["message_id"])

    def told() -> Any:
        return chat.call(ann, "my_message_moderation", message_id=message)

    assert (told()["moderation_status"], told()["original"], told()["comments"]) == ("pending", None, [])
    chat.judge(message, "filtered", filtered_content="Call [phone]", kinds=["phone"], comments=[
        KIND, KIND | {"visibility": "staff", "comment": "Third time"}])  # fmt: skip
    answer = told()
    assert (answer["moderation_status"], answer["body"], answer["kinds"]) == ("filtered", "Call [phone]", ["phone"])
    assert answer["original"] == {"subject": None, "body": "Call 555-0100"}
    assert answer["comments"] == [{"kind": "phone", "comment": "Leave the number out."}]
    shown = next(m for m in chat.page(ann, thread)["messages"] if m["id"] == str(message))
    assert shown["moderation_status"] == "filtered"
    chat.call(ann, "edit_own_message", message_id=message, body="Call me?")
    assert (told()["moderation_status"], told()["kinds"], told()["comments"]) == ("pending", [], [])


def test_it_is_nobody_elses_to_ask(world: World) -> None:
    """Recipient, other participants, staff, strangers: missing, and their tries are on record. Nor do pages tell others."""
    chat = Judged(world)
    ann, bob, thread = chat.talk()
    message = uuid.UUID(chat.say(ann, thread, "555-0100")["message_id"])
    chat.judge(message, "filtered")
    assert [m["moderation_status"] for m in chat.page(bob, thread)["messages"]] == [None, None]
    for user in (bob.user, chat.person("Cid").user, world.user()):
        assert world.rpc(user, None, "my_message_moderation(%s)", message)["code"] == "not_found"
    admin = chat.tenant.people["admin"]
    assert world.rpc(admin, chat.tenant, "my_message_moderation(%s)", message)["code"] == "not_found"
    assert world.value("select count(*) from public.access_denials where object_id = %s", str(message)) == 3


def test_an_agent_learns_it_of_his_own(world: World) -> None:
    """As a person by his sign-in, and as a key by its id."""
    chat = Judged(world)
    thread = world.arrive(chat.tenant)["thread_id"]
    agent = chat.tenant.people["agent"]
    sent = world.rpc(agent, chat.tenant, "send_message(%s, 'Idiot')", thread)
    assert sent["moderation_status"] == "pending"
    chat.judge(sent["message_id"], "blocked", comments=[KIND | {"comment": "Be kind."}])
    told = world.rpc(agent, chat.tenant, "my_message_moderation(%s)", uuid.UUID(sent["message_id"]))
    assert (told["moderation_status"], told["comments"][0]["comment"]) == ("blocked", "Be kind.")
    admin = chat.tenant.people["admin"]
    assert world.rpc(admin, chat.tenant, "my_message_moderation(%s)", sent["message_id"])["code"] == "not_found"


@pytest.mark.parametrize("status", ["pending", "filtered", "review", "blocked"])
def test_an_admin_reads_the_original_with_a_reason(world: World, status: str) -> None:
    """And leaves a row of the audit log that says so; without one, or as an agent, he reads nothing."""
    chat = Judged(world)
    ann, _, thread = chat.talk()
    message = uuid.UUID(chat.say(ann, thread, "Call 555-0100")["message_id"])
    if status != "pending":
        chat.judge(message, status)
    admin, agent = chat.tenant.people["admin"], chat.tenant.people["agent"]
    with refused("PT422", code="reason_missing"):
        world.rpc(admin, chat.tenant, "read_original(%s, ' ')", message)
    with refused("PT403"):
        world.rpc(agent, chat.tenant, "read_original(%s, 'curious')", message)
    assert world.value("select count(*) from public.audit_log where action = 'message.original_read'"
                       " and tenant_id = %s", chat.tenant.id) == 0  # fmt: skip
    read = world.rpc(admin, chat.tenant, "read_original(%s, 'a complaint')", message)
    assert (read["moderation_status"], read["original"]["body"]) == (status, "Call 555-0100")
    row = world.one("select object_id, details from public.audit_log where action = 'message.original_read'"
                    " and tenant_id = %s", chat.tenant.id)  # fmt: skip
    assert row == {"object_id": str(message), "details": {"thread_id": thread, "reason": "a complaint"}}
    other = Judged(world)
    assert (
        world.rpc(other.tenant.people["owner"], other.tenant, "read_original(%s, 'nosy one')", message)["code"]
        == "not_found"
    )


def test_explanations_carry_the_verdicts(world: World) -> None:
    """Every one with its comments, and the work while it waits; no text and no digest among them."""
    chat = Judged(world)
    arrived = world.arrive(chat.tenant)
    sent = world.enqueue(arrived, "Call 555-0100")["message_id"]
    agent = chat.tenant.people["agent"]
    why = world.rpc(agent, chat.tenant, "explain_message(%s)", sent)["moderation"]
    assert (why["status"], why["verdicts"], why["waiting"]["attempts"]) == ("pending", [], 0)
    chat.judge(sent, "review", comments=[KIND])
    chat.decide(sent, "filtered", filtered_content="Call *")
    why = world.rpc(agent, chat.tenant, "explain_message(%s)", sent)["moderation"]
    assert [(v["decider"], v["decision"], v["decided_by"]) for v in why["verdicts"]] == [
        ("rules", "review", None), ("person", "filtered", "user:reviewer")]  # fmt: skip
    assert why["verdicts"][0]["comments"] == [KIND] and why["waiting"] is None
    assert "555-0100" not in str(why) and "digest" not in str(why)
