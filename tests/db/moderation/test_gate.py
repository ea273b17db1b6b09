"""Nothing is read before it was judged."""

import uuid

from tests.db.helpers import World
from tests.db.moderation.kit import Judged


def test_what_people_write_waits_and_is_read_once_it_was_approved(world: World) -> None:
    """Nobody but its sender sees it before; its release takes a new rev and moves preview and count."""
    chat = Judged(world)
    ann, bob, thread = chat.talk()
    held = uuid.UUID(chat.say(ann, thread, "Call 555-0100")["message_id"])
    assert chat.status(held) == "pending"
    assert chat.bodies(bob, thread) == ["One"] and sorted(chat.bodies(ann, thread)) == ["Call 555-0100", "One"]
    since = chat.page(bob, thread)["next_since"]
    chat.sound()
    answer = chat.judge(held)
    assert (answer["result"], answer["moderation_status"]) == ("recorded", "approved")
    assert [m["id"] for m in chat.page(bob, thread, since)["messages"]] == [str(held)]
    assert (chat.list(bob)[0]["preview"], chat.list(bob)[0]["unread_count"]) == ("Call 555-0100", 2)
    chat.sound()
