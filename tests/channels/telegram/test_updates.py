"""What updates say: one mapping for webhooks and polling, which no update can break."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.channels.telegram.updates import Reading, qualify, read_update, split_id
from app.domain.inbound import InboundMessage, MessageEdit, Reachable

SESSION = "0197a000-0000-7000-8000-0000000000aa"
ANN = {"id": 42, "is_bot": False, "first_name": "Ann", "last_name": "Lee", "username": "annlee", "language_code": "de"}
PRIVATE = {"id": 42, "type": "private", "first_name": "Ann"}
GROUP = {"id": -100777, "type": "supergroup", "title": "Neighbours"}
DATE = 1_790_000_000


def update(kind: str = "message", chat: Any = PRIVATE, **members: Any) -> dict[str, Any]:
    """An update with one message of Ann's; a member that is None is left out."""
    usual: dict[str, Any] = {"message_id": 7, "from": ANN, "chat": chat, "date": DATE} | members
    return {"update_id": 1, kind: {name: value for name, value in usual.items() if value is not None}}


def message(reading: Reading) -> InboundMessage:
    """The one message of a reading."""
    (found,) = [event for event in reading.events if isinstance(event, InboundMessage)]
    return found


def test_a_text_is_a_message_of_its_sender() -> None:
    """Id qualified by account and chat, the user's id as address, name, time, and the facts of the channel."""
    read = message(read_update(update(text="Hello"), SESSION))
    assert read.external_message_id == f"{SESSION}:42:7"
    assert (read.sender_address, read.sender_name, read.body) == ("42", "Ann Lee", "Hello")
    assert read.occurred_at == datetime.fromtimestamp(DATE, UTC)
    assert (read.message_type, read.auto_class, read.reference_ids) == ("text", "none", ())
    assert read.metadata == {"message_id": f"{SESSION}:42:7", "username": "annlee", "language_code": "de"}


def test_in_a_group_the_answer_goes_to_the_group() -> None:
    """The sender is the person, `reply_to` the group, and a topic is told."""
    read = message(read_update(update(chat=GROUP, text="Hi all", message_thread_id=9), SESSION))
    assert (read.sender_address, read.metadata["reply_to"]) == ("42", "-100777")
    assert read.metadata["chat_title"] == "Neighbours"
    assert (read.metadata["chat_type"], read.metadata["topic_id"]) == ("supergroup", 9)
    assert read.external_message_id == f"{SESSION}:-100777:7"


def test_a_hidden_admin_writes_as_his_group() -> None:
    """Telegram shows a bot account in his place; the group itself is the sender then."""
    hidden = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    read = message(read_update(update(chat=GROUP, text="Hi", sender_chat=GROUP, **{"from": hidden}), SESSION))
    assert (read.sender_address, read.sender_name) == ("-100777", "Neighbours")
    assert "reply_to" not in read.metadata


def test_a_reply_refers_to_what_it_answers() -> None:
    """By the id under which that message is kept."""
    read = message(read_update(update(text="Yes", reply_to_message={"message_id": 3}), SESSION))
    assert read.reference_ids == (f"{SESSION}:42:3",)


def test_a_forwarded_message_says_whose_it_was() -> None:
    """By name, in every form Telegram has for it."""
    origins = [
        ({"forward_origin": {"type": "user", "sender_user": {"id": 5, "first_name": "Bo"}}}, "Bo"),
        ({"forward_origin": {"type": "hidden_user", "sender_user_name": "Someone"}}, "Someone"),
        ({"forward_origin": {"type": "channel", "chat": {"id": -1, "title": "News"}}}, "News"),
        ({"forward_date": 1}, "unknown"),
    ]
    for members, name in origins:
        assert message(read_update(update(text="x", **members), SESSION)).metadata["forwarded_from"] == name


def test_an_edit_changes_the_message_it_names() -> None:
    """Text or caption, at the time of the edit."""
    for members in (
        {"text": "Corrected"},
        {"photo": [{"file_id": "p", "width": 1, "height": 1}], "caption": "Corrected"},
    ):
        (edit,) = read_update(update("edited_message", edit_date=DATE + 60, **members), SESSION).events
        assert edit == MessageEdit(external_message_id=f"{SESSION}:42:7", body="Corrected",
                                   edited_at=datetime.fromtimestamp(DATE + 60, UTC))  # fmt: skip


FILE = {"file_id": "F", "file_unique_id": "U-1", "file_size": 10}
FILES = {
    "photo": ([{**FILE, "width": 9, "height": 9}, {**FILE, "file_id": "L", "width": 99, "height": 99}], "image", "image/jpeg", "photo-U1.jpg"),
    "document": ({**FILE, "file_name": "a/b\\c\n.pdf", "mime_type": "application/pdf"}, "file", "application/pdf", "a_b_c_.pdf"),
    "voice": ({**FILE, "mime_type": "audio/ogg", "duration": 1}, "audio", "audio/ogg", "voice-U1.ogg"),
    "audio": ({**FILE, "file_name": "song.mp3"}, "audio", "audio/mpeg", "song.mp3"),
    "video": ({**FILE, "mime_type": "video/mp4"}, "video", "video/mp4", "video-U1.mp4"),
    "video_note": (FILE, "video", "video/mp4", "video_note-U1.mp4"),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_named_with_its_type_and_caption(kind: str) -> None:
    """The largest of a photo's sizes; names a file system can hold; the caption is the text."""
    held, message_type, content_type, filename = FILES[kind]
    reading = read_update(update(caption="Look", **{kind: held}), SESSION)
    (media,) = reading.media
    assert (message(reading).body, message(reading).message_type) == ("Look", message_type)
    assert (media.content_type, media.filename, media.size_bytes) == (content_type, filename, 10)
    assert media.file_id == ("L" if kind == "photo" else "F")


def test_an_animation_is_one_file_although_it_comes_twice() -> None:
    """Telegram repeats it as a document."""
    reading = read_update(update(animation={**FILE, "mime_type": "video/mp4"}, document=FILE), SESSION)
    assert [media.content_type for media in reading.media] == ["video/mp4"]


@pytest.mark.parametrize(
    ("members", "body", "message_type"),
    [
        ({"location": {"latitude": 52.52, "longitude": 13.405}}, "52.520000, 13.405000", "location"),
        ({"venue": {"title": "Café", "address": "Main St 1", "location": {"latitude": 1, "longitude": 2}},
          "location": {"latitude": 1, "longitude": 2}}, "Café\nMain St 1\n1.000000, 2.000000", "location"),
        ({"contact": {"phone_number": "+491234", "first_name": "Bo", "last_name": "Berg"}}, "Contact: Bo Berg +491234", "text"),
        ({"sticker": {**FILE, "emoji": "👍"}}, "👍", "text"),
        ({"sticker": FILE}, "[sticker]", "text"),
        ({"dice": {"emoji": "🎲", "value": 4}}, "🎲 4", "text"),
        ({"poll": {"question": "When?", "options": [{"text": "Mon"}, {"text": "Tue"}]}}, "Poll: When?\n- Mon\n- Tue", "text"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_told_as_text(members: dict[str, Any], body: str, message_type: str) -> None:
    """Places, contacts, stickers, dice and polls can be read and answered; no file is fetched for a sticker."""
    reading = read_update(update(**members), SESSION)
    assert (message(reading).body, message(reading).message_type) == (body, message_type)
    assert reading.media == ()


def test_start_is_a_button_and_gets_no_answer() -> None:
    """Telegram writes /start for whoever opens the bot: kept, but marked as not written by a person."""
    for text, machine in (("/start", True), ("/start promo-7", True), ("/start me up please", False), ("/help", False)):
        assert (message(read_update(update(text=text), SESSION)).auto_class == "auto_reply") is machine, text


def test_who_writes_or_lets_the_bot_in_is_reachable() -> None:
    """Being blocked is noticed at the next send; it is no event of ours."""
    assert read_update(update(text="Hi"), SESSION).events[0] == Reachable(address="42")
    assert read_update(update(chat=GROUP, text="Hi"), SESSION).events[0] == Reachable(address="-100777")
    for status, events in (("member", (Reachable(address="42"),)), ("kicked", ()), ("left", ())):
        said = {"chat": PRIVATE, "from": ANN, "date": DATE, "new_chat_member": {"status": status}}
        assert read_update({"update_id": 1, "my_chat_member": said}, SESSION).events == events


@pytest.mark.parametrize(
    "members",
    [
        {"new_chat_members": [ANN]}, {"left_chat_member": ANN}, {"new_chat_title": "x"}, {"pinned_message": {"message_id": 1}},
        {"migrate_to_chat_id": -1}, {"group_chat_created": True}, {"video_chat_started": {}}, {"something_new": {"a": 1}},
        {"text": "from a bot", "from": {"id": 9, "is_bot": True, "first_name": "B"}},
        {"text": "a post", "chat": {"id": -1, "type": "channel", "title": "News"}, "from": None},
        {"text": "a post", "is_automatic_forward": True}, {"text": "x", "from": None}, {},
    ],
)  # fmt: skip
def test_what_nobody_said_to_us_is_left_out(members: dict[str, Any]) -> None:
    """Service messages, bots, channels, and kinds that are not known yet."""
    assert read_update(update(**members), SESSION) == Reading()
    assert read_update(update("edited_message", **members), SESSION) == Reading()


BROKEN: list[dict[str, Any]] = [
    {"update_id": 1}, {"update_id": 1, "message": None}, {"update_id": 1, "message": {}}, {"update_id": 1, "message": [1]},
    {"update_id": 1, "callback_query": {"id": "1"}}, {"update_id": 1, "message": {"chat": {}, "text": "x"}},
    update(text="x", date="soon"), update(text="x", date=10**30), update(photo=[]), update(photo=["x"]),
    update(document={"no": "id"}), update(location={"latitude": None}), update(text="x", chat={"id": "abc", "type": "private"}),
    update(text="x", **{"from": {"id": None}}), {"update_id": 1, "my_chat_member": {"new_chat_member": []}},
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN, ids=range(len(BROKEN)))
def test_an_update_without_sense_breaks_nothing(broken: dict[str, Any]) -> None:
    """It says nothing, and the ones after it are read."""
    assert read_update(broken, SESSION) == Reading()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3), max_leaves=8,
)  # fmt: skip
MEMBERS = st.dictionaries(
    st.sampled_from(["text", "photo", "document", "voice", "location", "venue", "contact", "sticker", "poll", "from", "chat",
                     "date", "message_id", "caption", "reply_to_message", "forward_origin", "edit_date", "sender_chat"]),
    JSON, max_size=5,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["message", "edited_message", "my_chat_member"]), MEMBERS)
def test_no_update_at_all_makes_it_raise(kind: str, members: dict[str, Any]) -> None:
    """Any member may be anything."""
    read_update(update(kind, **members), SESSION)


def test_text_postgres_cannot_hold_is_mended() -> None:
    """Zeros go, halves of surrogate pairs are replaced, wherever they are."""
    user = {**ANN, "first_name": "A\0n\ud800n"}
    read = message(read_update(update(text="a\0b\udfff", **{"from": user}), SESSION))
    assert read.body == "ab\ufffd"
    assert (read.sender_name or "").encode()


def test_ids_can_be_taken_apart_again() -> None:
    """What `qualify` made, and nothing else."""
    assert split_id(qualify(SESSION, -100777, 7)) == (SESSION, -100777, 7)
    for other in ("", "a:b:c", "in-1@example.org", f"{SESSION}:1", f"{SESSION}:1:-2"):
        assert split_id(other) is None
