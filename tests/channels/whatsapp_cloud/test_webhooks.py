"""What Meta pushes becomes events: batches, media, statuses, and what nobody can read."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from app.channels import media
from app.domain.inbound import InboundMessage, MessageEdit, OptedIn, OptedOut, Reachable, Receipt
from tests.channels.whatsapp_cloud.conftest import DISPLAY, NUMBER, PERSON


def call(*values: dict[str, Any], number: str = NUMBER) -> dict[str, Any]:
    """One call with a change per value, spread over two entries."""
    about = {"messaging_product": "whatsapp", "metadata": {"display_phone_number": DISPLAY, "phone_number_id": number}}
    changes = [{"field": "messages", "value": about | value} for value in values]
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes[:1]}, {"id": "1", "changes": changes[1:]}]}  # fmt: skip


def said(kind: str = "text", number: int = 1, person: str = PERSON, **members: Any) -> dict[str, Any]:
    """One message of a person, with its profile."""
    message = {"from": person, "id": f"wamid.{number}", "timestamp": "1762000000", "type": kind, **members}
    return {"contacts": [{"profile": {"name": "Ann Ämter"}, "wa_id": person}], "messages": [message]}


def status(kind: str, message: str = "wamid.out", **members: Any) -> dict[str, Any]:
    """One status of a message of ours."""
    return {"statuses": [{"id": message, "status": kind, "timestamp": "1762000001", "recipient_id": PERSON, **members}]}


async def only_message(place: Any, value: dict[str, Any]) -> InboundMessage:
    """The one message of a call."""
    events = await place.read(call(value))
    assert events[0] == Reachable(address=f"+{PERSON}"), "WhatsApp vouches for who writes"
    (found,) = [event for event in events if isinstance(event, InboundMessage)]
    return found


async def test_a_text_comes_with_its_sender_and_what_it_answers(place: Any) -> None:
    """Number in E.164, the name of the profile, the time it was written, the message it refers to."""
    message = await only_message(place, said(text={"body": "Grüße 👋"}, context={"id": "wamid.0", "forwarded": True}))
    assert (message.body, message.sender_address, message.sender_name) == ("Grüße 👋", f"+{PERSON}", "Ann Ämter")
    assert (message.external_message_id, message.reference_ids) == ("wamid.1", ("wamid.0",))
    assert (message.message_type, message.auto_class) == ("text", "none")
    assert message.occurred_at == datetime.fromtimestamp(1762000000, UTC)
    assert message.metadata == {"message_id": "wamid.1", "whatsapp_type": "text", "forwarded": True}


async def test_a_batch_is_read_whole_and_in_its_order(place: Any) -> None:
    """Several entries, changes, messages and statuses in one body."""
    two = said(number=1, text={"body": "one"})
    two["messages"] += said(number=2, text={"body": "two"})["messages"]
    events = await place.read(call(two, status("sent"), said(number=3, text={"body": "three"}), status("read")))
    assert [event.body for event in events if isinstance(event, InboundMessage)] == ["one", "two", "three"]
    assert [event.kind for event in events if isinstance(event, Receipt)] == ["sent", "read"]


@pytest.mark.parametrize(
    ("kind", "content_type", "message_type", "filename"),
    [
        ("image", "image/jpeg", "image", "image.jpg"), ("audio", "audio/ogg; codecs=opus", "audio", "audio.ogg"),
        ("video", "video/mp4", "video", "video.mp4"), ("sticker", "image/webp", "image", "sticker.webp"),
        ("document", "application/pdf", "file", "Plan_ Küche.pdf"),
    ],
)  # fmt: skip
async def test_a_file_is_fetched_and_kept(
    place: Any, kind: str, content_type: str, message_type: str, filename: str
) -> None:
    """Byte for byte, with its caption; audio too."""
    data = bytes(range(256)) * 9
    named = {"filename": "Plan/ Küche.pdf"} if kind == "document" else {}
    about = {"id": place.provider.files.keep(data, "x"), "mime_type": content_type, "caption": "see there", **named}
    message = await only_message(place, said(kind, **{kind: about}))
    assert (message.message_type, message.body) == (message_type, "see there")
    (file,) = message.files
    assert (file.filename, file.content_type) == (filename, content_type.partition(";")[0])
    assert (file.data, file.sha256, file.refused) == (data, hashlib.sha256(data).hexdigest(), None)


async def test_a_voice_message_is_marked_as_one(place: Any) -> None:
    """It is kept as audio without words."""
    about = {
        "id": place.provider.files.keep(b"OggS", "audio/ogg"),
        "mime_type": "audio/ogg; codecs=opus",
        "voice": True,
    }
    message = await only_message(place, said("audio", audio=about))
    assert (message.body, message.message_type, message.metadata["voice"]) == ("", "audio", True)
    assert message.files[0].data == b"OggS"


async def test_a_file_over_the_limit_or_nobody_has_is_named_as_refused(place: Any) -> None:
    """The message stays; the large one is never fetched."""
    large = place.provider.files.keep(b"x" * 100_001, "image/png")
    for media_id, reason in ((large, "larger than 100000 bytes"), ("123", "HTTP 400")):
        about = {"id": media_id, "mime_type": "image/png", "caption": "look"}
        message = await only_message(place, said("image", image=about))
        assert message.body == "look"
        assert reason in (message.files[0].refused or "") and not message.files[0].data
    assert "file" not in place.provider.calls


async def test_a_file_is_asked_for_again_when_meta_stumbles(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors, limits and lost connections are waited out; after five tries the file is named as refused."""
    monkeypatch.setattr(media, "PAUSE_S", 0.01)
    place.provider.faults.order("status", calls="media", times=1)
    place.provider.faults.order("limit", calls="media", times=1, seconds=1)
    place.provider.faults.order("drop", calls="file", times=1)
    about = {"id": place.provider.files.keep(b"at last", "image/png"), "mime_type": "image/png"}
    assert (await only_message(place, said("image", image=about))).files[0].data == b"at last"
    place.provider.faults.order("status", calls="file")
    before = place.provider.calls["file"]
    message = await only_message(place, said("image", image=about))
    assert (message.files[0].refused or "").startswith("the provider did not give it out")
    assert place.provider.calls["file"] - before == 5


async def test_files_inside_the_network_are_not_fetched(place: Any) -> None:
    """An address that is not public is not connected to, TLS or not, unless it is the API's own: nor asked twice."""
    media_id = place.provider.files.keep(b"x", "image/png")
    place.provider.url = "https://localhost:1"
    message = await only_message(place, said("image", image={"id": media_id, "mime_type": "image/png"}))
    assert message.files[0].refused == "localhost is not a public address"
    assert place.provider.calls["media"] == 1


async def test_the_token_is_shown_to_nobody_but_meta(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A media address on a foreign plain host gets no request."""
    media_id = place.provider.files.keep(b"x", "image/png")
    monkeypatch.setattr(place.provider, "url", "http://127.0.0.2:9")
    message = await only_message(place, said("image", image={"id": media_id, "mime_type": "image/png"}))
    assert message.files[0].refused == "its address leads elsewhere"


@pytest.mark.parametrize(
    ("kind", "about", "body"),
    [
        ("reaction", {"message_id": "wamid.0", "emoji": "👍"}, "👍"),
        ("reaction", {"message_id": "wamid.0"}, "[reaction removed]"),
        ("button", {"payload": "yes", "text": "Yes, please"}, "Yes, please"),
        ("interactive", {"type": "button_reply", "button_reply": {"id": "b1", "title": "Tuesday"}}, "Tuesday"),
        ("interactive", {"type": "list_reply", "list_reply": {"id": "l1", "title": "Nine"}}, "Nine"),
        ("interactive", {"type": "nfm_reply"}, "[nfm_reply]"),
        ("location", {"latitude": 40.7, "longitude": -74.1, "name": "Shop"}, "Shop\n40.700000, -74.100000"),
        ("contacts", [{"name": {"formatted_name": "Bob"}}], "[contact]"),
        ("order", {"catalog_id": "c", "text": "two please"}, "[order] two please"),
        ("system", {"body": "User changed number", "type": "user_changed_number"}, "User changed number"),
        ("unsupported", {}, "[unsupported message]"), ("hologram", {"id": "x"}, "[unsupported message]"),
    ],
)  # fmt: skip
async def test_what_is_no_text_is_kept_where_people_see_it(place: Any, kind: str, about: Any, body: str) -> None:
    """Reactions and what WhatsApp itself calls unsupported too. A thumb asks for no answer."""
    message = await only_message(place, said(kind, **{kind: about}, errors=[{"code": 131051, "title": "Unknown"}]))
    assert message.body == body
    assert message.metadata["whatsapp_type"] == kind and message.metadata["errors"] == [131051]
    assert message.auto_class == ("auto_reply" if kind in ("reaction", "system") else "none")
    assert message.reference_ids == (("wamid.0",) if kind == "reaction" else ())


async def test_edits_and_deletions_change_the_message_they_name(place: Any) -> None:
    """Where Meta tells of them."""
    edit = said("edit", number=2, edit={"original_message_id": "wamid.1", "message": {"text": {"body": "new"}}})
    gone = said("revoke", number=3, revoke={"original_message_id": "wamid.1"})
    events = [event for event in await place.read(call(edit, gone)) if isinstance(event, MessageEdit)]
    assert [(event.external_message_id, event.body) for event in events] == [("wamid.1", "new"), ("wamid.1", None)]


async def test_a_status_is_a_receipt_that_names_our_row(place: Any) -> None:
    """By its id and by what we gave along; one event per message and status."""
    error = {"code": 131026, "title": "Message undeliverable", "error_data": {"details": "Not on WhatsApp"}}
    events = await place.read(call(*(status(kind, biz_opaque_callback_data="q1") for kind in ("sent", "delivered", "read")),
                                   status("failed", errors=[error]), status("deleted")))  # fmt: skip
    assert [(one.event_id, one.kind, one.queue_id) for one in events] == [
        ("wamid.out:sent", "sent", "q1"), ("wamid.out:delivered", "delivered", "q1"), ("wamid.out:read", "read", "q1"),
        ("wamid.out:failed", "failed", None),
    ]  # fmt: skip
    assert (events[-1].status_code, events[-1].diagnostic) == ("131026", "Not on WhatsApp")
    assert events[0].recipient == f"+{PERSON}"


async def test_who_stops_marketing_in_whatsapp_is_believed(place: Any) -> None:
    """By a failed marketing message or by the menu; answers are still welcome, and resuming lifts it."""
    failed = status("failed", errors=[{"code": 131050, "title": "stopped"}])
    wish = {"wa_id": PERSON, "category": "marketing_messages"}
    events = await place.read(call(failed, {"user_preferences": [{**wish, "value": "stop"}, {**wish, "value": "resume"}, {**wish, "category": "x"}]}))  # fmt: skip
    assert [event for event in events if not isinstance(event, Receipt)] == [
        OptedOut(address=f"+{PERSON}", scope="automatic"), OptedOut(address=f"+{PERSON}", scope="automatic"),
        OptedIn(address=f"+{PERSON}"),
    ]  # fmt: skip


async def test_a_call_for_another_number_is_not_lost_in_silence(place: Any) -> None:
    """Alone it is refused, so that somebody sees it; in a batch ours is read."""
    with pytest.raises(ValueError, match="a webhook of its own"):
        await place.read(call(said(text={"body": "for others"}), number="999"))
    mixed = call(said(text={"body": "ours"}))
    mixed["entry"] += call(said(number=2, text={"body": "theirs"}), number="999")["entry"]
    events = await place.read(mixed)
    assert [event.body for event in events if isinstance(event, InboundMessage)] == ["ours"]


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xff", b"[]", b'"x"', b"{}", b'{"entry": 1}', call({"messages": [{"id": "wamid.1", "type": "text"}]}),
     call(said(person="somebody")), call({"messages": [{"from": PERSON, "type": "text"}]}), call({"messages": ["x"]})],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused(place: Any, payload: Any) -> None:
    """Whoever stores calls learns it and keeps the call: a message nobody could answer must not vanish."""
    with pytest.raises(ValueError, match=r"no |without"):
        await place.read(payload)


@pytest.mark.parametrize("value", [
    None, 7, [], {"messages": None}, {"messages": 3, "contacts": 4}, {"statuses": ["x", None, {}, {"id": 1, "status": "sent"}]},
    {"statuses": [{"id": "wamid.1", "status": ["sent"]}]}, {"contacts": [None, "x"], "statuses": "sent"},
    {"user_preferences": [1, {"wa_id": "x", "category": "marketing_messages", "value": "stop"}]},
])  # fmt: skip
async def test_odd_parts_are_left_out(place: Any, value: Any) -> None:
    """A status nobody can read costs nothing else of its call."""
    odd = {
        "entry": [{"changes": [{"value": value}, *call(status("sent"))["entry"][0]["changes"]]}, None, {"changes": 1}]
    }
    assert [event.event_id for event in await place.read(odd)] == ["wamid.out:sent"]


async def test_what_postgres_cannot_hold_is_taken_out(place: Any) -> None:
    """Zeros and halves of surrogate pairs."""
    payload = (
        b'{"entry": [{"changes": [{"value": {"messages": [{"from": "16505551234", "id": "wamid.1", "type": "text",'
        b' "text": {"body": "a\\u0000b \\ud83d c"}}]}}]}]}'
    )
    (message,) = [event for event in await place.read(payload) if isinstance(event, InboundMessage)]
    assert message.body == "ab \ufffd c"
