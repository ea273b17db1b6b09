"""No device is told of what is held, nor shown what is under a mask."""

import uuid

from tests.db.helpers import World
from tests.db.moderation.kit import Judged
from tests.db.push.test_notifying import ACCEPTED, claim, end, start
from tests.db.push.test_push import register


def test_a_device_is_told_at_the_release_and_shown_the_mask(world: World) -> None:
    """Nothing while it waits, is in review or was stopped; changed after it was passed, it is taken back."""
    chat = Judged(world, push_delay_s=0, push_shows="preview")
    ann, bob, thread = chat.talk()
    register(world, bob.user, None, f"https://push.test/{chat.tenant.slug}/bob", chat.tenant.slug)
    said = [uuid.UUID(chat.say(ann, thread, f"Call 555-0100, {n}")["message_id"]) for n in range(3)]
    chat.judge(said[0], "review")
    chat.judge(said[1], "blocked")
    assert claim(world) == []
    chat.judge(said[2], "filtered", filtered_content="Call [phone]")
    [push] = claim(world)
    shown = world.value("select private.person_push_content(%s, %s)", chat.tenant.id, push["push_id"])
    assert shown["preview"] == "Call [phone]"
    chat.call(ann, "edit_own_message", message_id=said[2], body="Call 555-0100 now")
    assert world.value("select private.person_push_content(%s, %s)", chat.tenant.id, push["push_id"]) is None
    chat.sound()


def test_what_was_changed_and_released_again_rings_once(world: World) -> None:
    """A device that was told of a message hears nothing more of it; one that was not told yet is."""
    chat = Judged(world, push_delay_s=0, push_shows="preview")
    ann, bob, thread = chat.talk()
    register(world, bob.user, None, f"https://push.test/{chat.tenant.slug}/bob", chat.tenant.slug)
    said = uuid.UUID(chat.say(ann, thread, "Tomorrow at nine?")["message_id"])
    chat.judge(said)
    chat.call(ann, "edit_own_message", message_id=said, body="Tomorrow at ten?")
    chat.judge(said)
    [push] = claim(world)
    assert push["content"]["preview"] == "Tomorrow at ten?", "nobody was told of the first wording"
    assert start(world, push)
    for hour in ("eleven", "noon"):
        chat.call(ann, "edit_own_message", message_id=said, body=f"Tomorrow at {hour}?")
        chat.judge(said)
        if hour == "eleven":
            assert end(world, push, ACCEPTED) == "pushed"
    assert claim(world) == []
    more = uuid.UUID(chat.say(ann, thread, "Or the day after")["message_id"])
    chat.judge(more)
    assert [one["content"]["preview"] for one in claim(world)] == ["Or the day after"]
    chat.sound()
