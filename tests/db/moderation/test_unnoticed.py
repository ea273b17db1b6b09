"""A reader who asks everything there is, before and after: he is answered the same while a text is held."""

import uuid
from typing import Any

import pytest

from tests.db.chat.kit import Person
from tests.db.helpers import Row, World
from tests.db.moderation.crawl import asked, crawl, without
from tests.db.moderation.kit import Judged
from tests.db.moderation.test_surfaces import SECRET

MOVED = "last_seq|last_rev|next_since|rev|seq|thread_rev_at|code"
"""Numbers of the conversation that also count what is held: a gap is no error, see docs/moderation.md. Codes are made
anew for each referral."""


class Asking:
    """What one who takes part knows, and asks about."""

    def __init__(self, chat: Judged, ann: Person, thread: uuid.UUID) -> None:
        self.chat, self.ann, self.thread = chat, ann, thread

    def about(self, person: Person, ids: Row, tenant: Any = None) -> dict[str, str]:
        """All he is answered, about a message and a file."""
        message, file, user = ids["message"], ids["file"], person.user
        known = {
            "p_thread_id": self.thread, "p_message_id": message, "p_reply_to_id": message, "p_attachment_id": file,
            "p_attachments": [file], "p_contact_id": self.ann.contact, "p_contact_ids": [self.ann.contact],
            "p_tenant_slug": self.chat.tenant.slug, "p_reaction": "👍", "p_query": SECRET, "p_seq": 99,
            "p_client_message_id": "ask", "p_expected_last_seq": 5,
            "topics": [f"thread:{self.thread}", f"user:{user}", f"user:{self.ann.user}", f"inbox:{self.chat.tenant.id}"],
        }  # fmt: skip
        return {
            name: without(answer, ids, MOVED) for name, answer in crawl(self.chat.world, user, tenant, known).items()
        }


def talking(world: World) -> tuple[Judged, Person, Person, Asking]:
    """Two who have written, quoted, reacted and read."""
    chat = Judged(world)
    world.configure(chat.tenant, search_policy="full", ai_enabled=True, chat_policy="anyone")
    ann, bob, thread = chat.talk()
    said = uuid.UUID(chat.say(ann, thread, "Tuesday?")["message_id"])
    chat.judge(said)
    chat.judge(chat.say(bob, thread, "Fine", reply_to_id=said)["message_id"])
    chat.call(bob, "react_to_message", message_id=said, reaction="👍")
    chat.call(bob, "mark_read", thread_id=uuid.UUID(thread))
    return chat, ann, bob, Asking(chat, ann, uuid.UUID(thread))


@pytest.mark.parametrize("status", ["pending", "review", "blocked"])
def test_a_held_text_is_not_noticed(world: World, status: str) -> None:
    """Its id and its file's are answered like ids of nothing, with what its sender does to it; nothing else moves."""
    chat, ann, bob, asking = talking(world)
    before = asking.about(bob, {"message": uuid.uuid4(), "file": uuid.uuid4()})
    place = chat.call(ann, "reserve_attachment", filename=f"{SECRET}.pdf", content_type="application/pdf", size_bytes=9)
    file = uuid.UUID(place["attachment_id"])
    held = uuid.UUID(chat.say(ann, asking.thread, f"Call {SECRET}", attachments=[file])["message_id"])
    chat.call(ann, "react_to_message", message_id=held, reaction="👍")
    if status != "pending":
        chat.judge(held, status)
    after = asking.about(bob, {"message": held, "file": file})
    assert len(after) > 200
    assert {name: (before.get(name), answer) for name, answer in after.items() if before.get(name) != answer} == {}


def test_what_a_text_was_changed_to_is_nowhere(world: World) -> None:
    """Neither the new one nor, once it is masked, what it says; nor what stood there before, which was never shown."""
    chat, ann, bob, asking = talking(world)
    said = uuid.UUID(chat.say(ann, asking.thread, f"Call {SECRET}")["message_id"])
    ids = {"message": said, "file": uuid.uuid4()}
    chat.judge(said, "filtered", filtered_content="Call [phone]")
    chat.judge(chat.say(bob, asking.thread, "Which?", reply_to_id=said)["message_id"])
    chat.call(ann, "edit_own_message", message_id=said, body=f"Call me: {SECRET}")
    waiting = asking.about(bob, ids)
    chat.judge(said, "filtered", filtered_content="Call me: [phone]")
    masked = asking.about(bob, ids)
    chat.call(ann, "edit_own_message", message_id=said, body="Call me")
    chat.judge(said)
    shown = asking.about(bob, ids)
    for seen, text in ((waiting, "Fine"), (masked, "Call me: [phone]"), (shown, "Call me")):
        assert any(f"'body': '{text}'" in answer for answer in seen.values())
        assert [name for name, answer in seen.items() if SECRET in answer.replace(f"'{SECRET}'", "")] == []


def test_the_servers_own_books_tell_nothing(world: World) -> None:
    """Statistics of columns, statements and sessions, as whoever is signed in may read them; his own query aside."""
    chat, ann, bob, asking = talking(world)
    said = uuid.UUID(chat.say(ann, asking.thread, f"Call {SECRET}")["message_id"])
    world.owner.execute("analyze public.et_messages, private.moderation_work")
    seen = [
        asked(world, bob.user, None, f"select t::text from {book} as t", [])
        for book in ("pg_stats", "pg_stats_ext", "pg_stat_activity", "pg_prepared_statements", "pg_cursors",
                     "extensions.pg_stat_statements", "pg_stat_statements_info", "pg_file_settings", "pg_locks")
    ]  # fmt: skip
    assert sum(len(text) > 100 for text in seen) > 3
    assert [text[:200] for text in seen if SECRET in text or str(said) in text] == []
    refused_to = ("select pg_read_file('PG_VERSION')", "select * from pg_statistic")
    assert {asked(world, bob.user, None, query, [])[:5] for query in refused_to} == {"42501"}
