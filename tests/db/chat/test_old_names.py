"""The names older systems know conversations by, read by those who take part."""

import uuid

from tests.db.chat.kit import Chat
from tests.db.helpers import World


def test_each_side_has_its_unread_and_each_message_its_ticks(world: World) -> None:
    """conversations and messages say per side and per message what the cursors mean; staff see neither."""
    chat = Chat(world)
    ann, bob = chat.pair()
    booking = chat.share(ann, bob)
    thread = chat.start(ann, bob, body="1", context_kind="booking", context_id=booking)["thread_id"]
    chat.say(ann, thread, "2")

    def read() -> tuple[dict[str, int], list[tuple[str, bool]]]:
        with world.acting(ann.user) as connection:
            counts = connection.execute(
                "select unread_count, unread_count_customer, unread_count_artist from public.conversations"
                " where id = %s and homeowner_id = %s and contractor_id = %s", [thread, ann.contact, bob.contact],
            ).fetchone()  # fmt: skip
            rows = connection.execute(
                "select status, read_at is not null as is_read, booking_id from public.messages"
                " where conversation_id = %s order by sent_at", [thread],
            ).fetchall()  # fmt: skip
        assert [row["booking_id"] for row in rows] == [booking, None]
        return dict(counts), [(row["status"], row["is_read"]) for row in rows]

    assert read() == ({"unread_count": 0, "unread_count_customer": 0, "unread_count_artist": 2},
                      [("sent", False), ("sent", False)])  # fmt: skip
    chat.call(bob, "mark_delivered", thread_id=uuid.UUID(thread))
    chat.call(bob, "mark_read", thread_id=uuid.UUID(thread), seq=1)
    counts, ticks = read()
    assert counts["unread_count_artist"] == 1 and ticks == [("read", True), ("delivered", False)]
    with world.acting(chat.tenant.people["owner"], chat.tenant) as connection:
        for view in ("conversations", "messages", "message_receipts", "thread_participants"):
            assert connection.execute(f"select 1 from public.{view}").fetchall() == [], view


def test_a_message_names_both_sides_and_its_file(world: World) -> None:
    """Sender with his role, whom it is for, the first file, when it changed; a conversation lists who is in it."""
    chat = Chat(world)
    ann, bob = chat.pair()
    thread = chat.start(ann, bob, body="1")["thread_id"]
    first = chat.say(ann, thread, "2")
    world.owner.execute("update public.thread_participants set role = 'customer' where thread_id = %s and user_id = %s",
                        [thread, ann.user])  # fmt: skip
    world.owner.execute(
        "insert into public.message_attachments (tenant_id, message_id, filename, content_type, size_bytes, position)"
        " values (%(tenant)s, %(message)s, 'second.txt', 'text/plain', 2, 2),"
        " (%(tenant)s, %(message)s, 'first.txt', 'text/plain', 1, 1)",
        {"tenant": chat.tenant.id, "message": first["message_id"]},
    )  # fmt: skip
    chat.call(bob, "send_message", thread_id=uuid.UUID(thread), body="3", client_message_id="3")
    with world.acting(ann.user) as connection:
        rows = connection.execute(
            "select sender_id, sender_role, recipient_id, file_name, file_size, updated_at = created_at as is_new"
            " from public.messages where conversation_id = %s order by sent_at", [thread],
        ).fetchall()  # fmt: skip
        listed = connection.execute("select participants from public.conversations where id = %s", [thread]).fetchone()
    assert [tuple(row.values()) for row in rows] == [
        (ann.user, "customer", bob.user, None, None, True),
        (ann.user, "customer", bob.user, "first.txt", 1, True),
        (bob.user, "participant", ann.user, None, None, True),
    ]
    assert listed and set(listed["participants"]) == {ann.user, bob.user}
