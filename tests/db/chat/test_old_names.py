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
