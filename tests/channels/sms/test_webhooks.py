"""What Twilio pushes becomes events: messages with files, STOP and START, and what became of ours."""

import hashlib
from typing import Any

import pytest

from app.channels import media
from app.domain.inbound import InboundMessage, OptedIn, OptedOut, Reachable, Receipt
from tests.channels.sms.conftest import PERSON

SAID = {"MessageSid": "SM" + "0" * 32, "From": PERSON, "To": "+15550783881", "Body": "Hello", "NumMedia": "0"}
TOLD = {"MessageSid": "SM" + "1" * 32, "From": "+15550783881", "To": PERSON}


async def test_a_message_comes_with_its_sender(place: Any) -> None:
    """Text as it was written; the carrier vouches for the number."""
    fields = place.provider.write(place.account, PERSON, "Grüße & 50 % 👋")
    events = await place.read(fields)
    assert events[0] == Reachable(address=PERSON)
    message = events[1]
    assert isinstance(message, InboundMessage)
    assert (message.body, message.sender_address, message.auto_class) == ("Grüße & 50 % 👋", PERSON, "none")
    assert message.external_message_id == fields["MessageSid"] == message.metadata["message_id"]


async def test_pictures_are_fetched_from_where_they_lie(place: Any) -> None:
    """The provider is shown the token, the place it points to is not; byte for byte."""
    data = [(bytes(range(256)), "image/jpeg"), (b"#!AMR\n", "audio/amr")]
    events = await place.read(place.provider.write(place.account, PERSON, "", data))
    (message,) = [event for event in events if isinstance(event, InboundMessage)]
    assert (message.body, message.message_type) == ("", "image")
    assert [(file.filename, file.content_type, file.data) for file in message.files] == [
        ("media-1.jpg", "image/jpeg", data[0][0]), ("media-2.amr", "audio/amr", data[1][0]),
    ]  # fmt: skip
    assert message.files[0].sha256 == hashlib.sha256(data[0][0]).hexdigest()
    assert place.provider.calls == {"media": 2, "file": 2}


async def test_a_file_that_cannot_be_had_is_named_as_refused(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too large, gone, elsewhere, or never given out: its message stays."""
    monkeypatch.setattr(media, "PAUSE_S", 0.01)
    large = place.provider.write(place.account, PERSON, "look", [(b"x" * 100_001, "image/png")])
    gone = place.provider.write(place.account, PERSON, "look", [(b"x", "image/png")])
    gone["MediaUrl0"] += "0"
    foreign = gone | {"MediaUrl0": "http://169.254.169.254/latest/meta-data"}
    stumbling = place.provider.write(place.account, PERSON, "look", [(b"x", "image/png")])
    place.provider.faults.order("drop", calls="file")
    for fields, reason in ((gone, "HTTP 404"), (foreign, "not a file of the provider's"),
                           (stumbling, "did not give it out")):  # fmt: skip
        (message,) = [event for event in await place.read(fields) if isinstance(event, InboundMessage)]
        assert message.body == "look" and reason in (message.files[0].refused or "")
    place.provider.faults.clear()
    (message,) = [event for event in await place.read(large) if isinstance(event, InboundMessage)]
    assert message.files[0].refused == "larger than 100000 bytes"


async def test_files_on_private_addresses_are_not_fetched(place: Any) -> None:
    """Wherever the provider points: only public addresses, unless the operator allows one."""
    fields = place.provider.write(place.account, PERSON, "look", [(b"x", "image/png")])
    place.adapter = place.make_adapter(private_hosts=frozenset())
    (message,) = [event for event in await place.read(fields) if isinstance(event, InboundMessage)]
    assert "not a public address" in (message.files[0].refused or "")
    assert "file" not in place.provider.calls


@pytest.mark.parametrize(
    "word", ["STOP", "stop", " Stop\n", "UNSUBSCRIBE", "Cancel", "end", "quit", "StopAll", "optout"]
)
async def test_stop_is_heard_and_kept(place: Any, word: str) -> None:
    """As a wish, and as a message people can read; the machine does not answer it."""
    events = await place.read({**SAID, "Body": word})
    assert events[0] == OptedOut(address=PERSON, scope="all")
    message = events[1]
    assert isinstance(message, InboundMessage)
    assert (message.body, message.auto_class) == (word, "auto_reply")


@pytest.mark.parametrize(
    ("word", "auto_class"),
    [("START", "auto_reply"), ("unstop", "auto_reply"), ("YES", "none"), ("yes ", "none")],
)
async def test_start_lets_us_in_again(place: Any, word: str, auto_class: str) -> None:
    """A bare YES does too, and stays an answer."""
    events = await place.read({**SAID, "Body": word})
    assert events[0] == OptedIn(address=PERSON)
    assert isinstance(events[1], InboundMessage) and events[1].auto_class == auto_class


@pytest.mark.parametrize("text", ["Please stop by on Tuesday", "stop it", "START now", "the end", "No", ""])
async def test_a_sentence_is_no_keyword(place: Any, text: str) -> None:
    """Only a message that is nothing but the word counts, as carriers read it."""
    events = await place.read({**SAID, "Body": text})
    assert events[0] == Reachable(address=PERSON)
    assert isinstance(events[1], InboundMessage) and events[1].auto_class == "none"


async def test_the_providers_own_reading_goes_first(place: Any) -> None:
    """An account may have taught Twilio words of its own."""
    assert (await place.read({**SAID, "Body": "Arrêt", "OptOutType": "STOP"}))[0] == OptedOut(address=PERSON)
    assert (await place.read({**SAID, "Body": "stop", "OptOutType": "HELP"}))[0] == Reachable(address=PERSON)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        ("sent", "", "sent"), ("delivered", "", "delivered"), ("read", "", "read"), ("failed", "30007", "failed"),
        ("undelivered", "30003", "failed"), ("undelivered", "30005", "bounced_hard"),
        ("undelivered", "30006", "bounced_hard"), ("canceled", "", "failed"), ("undelivered", "", "failed"),
    ],
)  # fmt: skip
async def test_a_status_is_a_receipt_that_names_our_row(place: Any, status: str, code: str, kind: str) -> None:
    """By its sid and by the id in the callback's address; only what is for good suppresses."""
    error = {"ErrorCode": code} if code else {}
    (receipt,) = await place.read({**TOLD, "MessageStatus": status, **error}, queue_id="q1")
    assert isinstance(receipt, Receipt)
    assert (receipt.event_id, receipt.kind) == (f"{TOLD['MessageSid']}:{status}", kind)
    assert (receipt.external_message_id, receipt.queue_id) == (TOLD["MessageSid"], "q1")
    assert (receipt.recipient, receipt.status_code) == (PERSON, code or None)


async def test_steps_on_the_way_say_nothing(place: Any) -> None:
    """Queued, sending, accepted: nobody needs to know."""
    for status in ("queued", "sending", "accepted", "scheduled", "partially_delivered"):
        assert await place.read({**TOLD, "MessageStatus": status}) == []


async def test_a_late_refusal_of_who_said_stop_counts(place: Any) -> None:
    """Told by the status, it means what it means at once."""
    wish, receipt = await place.read({**TOLD, "MessageStatus": "failed", "ErrorCode": "21610"})
    assert wish == OptedOut(address=PERSON)
    assert isinstance(receipt, Receipt) and receipt.kind == "failed"


@pytest.mark.parametrize(
    "payload",
    [b"", b"Body=hi", b"\xff\xfe", b"MessageSid=x", {**SAID, "From": "anonymous"}, {**SAID, "From": ""},
     {**SAID, "MessageSid": "../../x"}],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused(place: Any, payload: Any) -> None:
    """Whoever stores calls learns it and keeps the call."""
    with pytest.raises(ValueError, match="no "):
        await place.read(payload)


async def test_what_postgres_cannot_hold_is_taken_out(place: Any) -> None:
    """Zeros and bytes that are no text."""
    payload = f"MessageSid={SAID['MessageSid']}&From=%2B16505551234&Body=a%00b%FF".encode()
    events = await place.read(payload)
    assert isinstance(events[1], InboundMessage) and events[1].body == "ab\ufffd"
