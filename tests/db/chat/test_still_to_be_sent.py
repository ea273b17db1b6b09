"""What the business has written and not yet sent, and its customer: he reads, sees and hears nothing of it."""

import uuid
from typing import Any

from tests.db.chat.kit import Chat
from tests.db.helpers import World, detail, refused


def told(world: World, topic: str) -> list[str]:
    """The events of a topic that are about messages, in order."""
    rows = world.all(
        "select m.event from realtime.messages as m where m.topic = %s and m.event like 'message.%%'"
        " order by m.inserted_at", topic,
    )  # fmt: skip
    return [row["event"] for row in rows]


def test_it_is_told_and_shown_once_it_was_sent(world: World) -> None:
    """Until then only the staff hear of it, also when it is edited; the staff's own list shows what he has read."""
    chat = Chat(world)
    ann = chat.person("Ann")
    world.session(chat.tenant.id, "in_app", "app")
    thread = uuid.UUID(chat.call(ann, "start_thread", body="Hello?")["thread_id"])
    topics = f"user:{ann.user}", f"thread:{thread}"
    inbox = f"inbox:{chat.tenant.id}"
    sent = world.rpc(chat.tenant.people["agent"], chat.tenant, "send_message(%s, 'On Monday')", thread)
    world.owner.execute("update public.et_messages set body = 'On Tuesday', edited_at = now() where id = %s",
                        [sent["message_id"]])  # fmt: skip

    def preview() -> Any:
        with world.acting(chat.tenant.people["agent"], chat.tenant) as connection:
            return connection.execute("select preview from public.et_threads where id = %s", [thread]).fetchone()["preview"]  # fmt: skip

    assert preview() == "Hello?" == chat.list(ann)[0]["preview"]
    assert [told(world, topic) for topic in topics] == [["message.new"]] * 2
    assert told(world, inbox) == ["message.new", "message.new", "message.changed"]
    chat.sound()
    world.finish(next(row for row in world.claim_out(classes={"in_app": "I"}) if row["thread_id"] == thread))
    assert preview() == "On Tuesday" == chat.list(ann)[0]["preview"]
    assert [told(world, topic) for topic in topics] == [["message.new"] * 2] * 2
    assert chat.bodies(ann, thread) == ["Hello?", "On Tuesday"]
    chat.sound()


def test_what_bounced_after_all_leaves_it_again(world: World) -> None:
    """Its customer is told to look, and reads, sees and counts what was before."""
    chat = Chat(world)
    ann = chat.person("Ann")
    world.session(chat.tenant.id, "in_app", "app")
    thread = uuid.UUID(chat.call(ann, "start_thread", body="Hello?")["thread_id"])
    sent = world.rpc(chat.tenant.people["agent"], chat.tenant, "send_message(%s, 'On Monday')", thread)
    world.finish(next(row for row in world.claim_out(classes={"in_app": "I"}) if row["thread_id"] == thread))
    world.owner.execute("update public.et_messages set delivery_status = 'failed' where id = %s", [sent["message_id"]])
    assert (chat.bodies(ann, thread), chat.list(ann)[0]["preview"]) == (["Hello?"], "Hello?")
    assert told(world, f"user:{ann.user}") == ["message.new", "message.new", "message.changed"]


def test_who_writes_meanwhile_is_told_nothing_of_it(world: World) -> None:
    """What is held back or has yet to be sent has not moved the conversation for him; what moved it names nothing else."""
    chat = Chat(world)
    ann = chat.person("Ann")
    world.session(chat.tenant.id, "in_app", "app")
    thread = uuid.UUID(chat.call(ann, "start_thread", body="Hello?")["thread_id"])

    def answer(body: str) -> Any:
        return world.rpc(chat.tenant.people["agent"], chat.tenant, "send_message(%s, %s)", thread, body)

    answer("On Monday")
    assert chat.say(ann, thread, "Still there?", expected_last_seq=1)["seq"] == 3
    world.finish(next(row for row in world.claim_out(classes={"in_app": "I"}) if row["thread_id"] == thread))
    answer("On Sunday")
    with refused("PT409") as moved:
        chat.say(ann, thread, "Well?", expected_last_seq=1)
    told_him = detail(moved[0])
    assert told_him["code"] == "thread_moved"
    assert [one["body"] for one in told_him["new_messages"]] == ["On Monday", "Still there?"]
    with refused("PT409"):
        chat.say(ann, thread, "From the future?", expected_last_seq=99)


def test_a_quote_names_the_staff_no_more_than_the_message(world: World) -> None:
    """To its customer it is the business that writes, in a page and in what quotes it."""
    chat = Chat(world)
    ann = chat.person("Ann")
    world.session(chat.tenant.id, "in_app", "app")
    thread = uuid.UUID(chat.call(ann, "start_thread", body="Hello?")["thread_id"])
    sent = world.rpc(chat.tenant.people["agent"], chat.tenant, "send_message(%s, 'On Monday')", thread)
    world.finish(next(row for row in world.claim_out(classes={"in_app": "I"}) if row["thread_id"] == thread))
    chat.say(ann, thread, "Which one?", reply_to_id=uuid.UUID(sent["message_id"]))
    page = chat.page(ann, thread)["messages"]
    assert [message["sender_user_id"] for message in page] == [str(ann.user), None, str(ann.user)]
    assert page[2]["reply_to"]["body"] == "On Monday" and page[2]["reply_to"]["sender_user_id"] is None
