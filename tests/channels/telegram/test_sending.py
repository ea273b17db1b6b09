"""The Telegram adapter against a Bot API on loopback: how each ending of a call becomes an outcome."""

import asyncio
import hashlib
from typing import Any

import pytest

from app.channels.telegram.adapter import CAPABILITIES, TelegramAdapter, create_adapter
from app.domain.channels import ChecksHealth, ReadsWebhooks
from app.settings import load
from tests.channels import promises
from tests.channels.dispatches import file

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 200


async def test_an_accepted_message_reports_its_qualified_id(place: Any, mark: Any) -> None:
    """One call, marked once just before, and the id says which account, chat and message."""
    outcome = await place.adapter.send(place.dispatch("Good day, Ann!"), mark)
    assert (outcome.kind, mark.calls) == ("accepted", 1)
    (message,) = place.delivered
    assert outcome.provider_message_id == f"{place.session_id}:{place.person}:{message['message_id']}"
    assert (message["text"], message.get("entities")) == ("Good day, Ann!", None)
    assert place.provider.calls == {"sendMessage": 1}


def test_what_it_declares_is_what_telegram_allows() -> None:
    """Class N, 4096 characters, one a second to one chat, thirty overall; the registry finds it."""
    declared = create_adapter(load({})).capabilities
    assert declared == CAPABILITIES
    assert (declared.delivery_class, declared.max_body_chars) == ("N", 4096)
    assert (declared.session_per_second, declared.recipient_interval_s) == (30, 1)
    adapter = create_adapter(load({}))
    assert isinstance(adapter, ReadsWebhooks) and isinstance(adapter, ChecksHealth)


async def test_formatting_arrives_as_formatting_and_everything_else_as_it_is(place: Any, mark: Any) -> None:
    """Bold is bold; dots, dashes and brackets are not Telegram's business."""
    outcome = await place.adapter.send(place.dispatch("**Open** (9-18h). See [map](https://example.com/a_b)!"), mark)
    assert outcome.kind == "accepted"
    (message,) = place.delivered
    assert message["text"] == "Open (9-18h). See map!"
    assert [entity["type"] for entity in message["entities"]] == ["bold", "text_link"]
    assert message["entities"][1]["url"] == "https://example.com/a_b"


async def test_what_telegram_cannot_read_is_sent_as_plain_text(place: Any, mark: Any) -> None:
    """A clear refusal of the formatting is followed by one plain call, with the text as it was written."""
    place.provider.faults.order("status", calls="sendMessage", times=1, status=400,
                                text="Bad Request: can't parse entities: Character '.' is reserved")  # fmt: skip
    outcome = await place.adapter.send(place.dispatch("**Open** at 9."), mark)
    assert (outcome.kind, mark.calls) == ("accepted", 1)
    assert [message["text"] for message in place.delivered] == ["**Open** at 9."]
    assert place.provider.calls["sendMessage"] == 2


@pytest.mark.parametrize(
    ("refusal", "suppress"),
    [
        ("bot was blocked by the user", True),
        ("user is deactivated", True),
        ("bot can't initiate conversation with a user", True),
        ("bot was kicked from the group chat", True),
        ("have no rights to send a message", False),
    ],
)
async def test_who_cannot_be_written_to_is_suppressed(place: Any, mark: Any, refusal: str, suppress: bool) -> None:
    """403 is final; the address is given up when it is the address that says no."""
    place.provider.chat(place.token, place.person).refusal = refusal
    outcome = await place.adapter.send(place.dispatch(), mark)
    assert (outcome.kind, outcome.error_code, outcome.suppress_recipient) == ("rejected", "403", suppress)
    assert place.delivered == []


async def test_a_chat_that_does_not_exist_is_rejected_and_suppressed(place: Any, mark: Any) -> None:
    """400 chat not found."""
    outcome = await place.adapter.send(place.dispatch(recipient="999"), mark)
    assert (outcome.kind, outcome.error_code, outcome.suppress_recipient) == ("rejected", "400", True)


async def test_too_many_requests_wait_as_long_as_telegram_says(place: Any, mark: Any) -> None:
    """429 is a retry that makes the whole account wait retry_after seconds."""
    place.provider.faults.order("limit", calls="sendMessage", times=1, seconds=7)
    outcome = await place.adapter.send(place.dispatch(), mark)
    assert (outcome.kind, outcome.error_code, outcome.retry_after_s) == ("retry", "429", 7.0)


async def test_a_token_telegram_does_not_know_is_tried_again_later(place: Any, mark: Any) -> None:
    """401 and a missing token are `auth`: nothing was sent, and a new secret mends it."""
    place.bot.revoked = True
    outcome = await place.adapter.send(place.dispatch(), mark)
    assert (outcome.kind, outcome.error_code) == ("retry", "auth")
    for secrets in ({}, {"token": "../../x"}, {"token": "1:short"}):
        before = mark.calls
        outcome = await place.adapter.send(place.dispatch(secrets=secrets), mark)
        assert (outcome.kind, outcome.error_code, mark.calls) == ("retry", "auth", before)


@pytest.mark.parametrize(("fault", "delivered"), promises.UNCLEAR)
async def test_a_call_whose_end_nobody_knows_is_unknown(place: Any, mark: Any, fault: Any, delivered: int) -> None:
    """Lost, late, senseless answers and server errors: the message may be there or not, so it is never sent again."""
    place.provider.faults.order_all(fault)
    adapter = TelegramAdapter(place.url, max_attachment_bytes=1, answer_s=promises.answer_s(fault))
    outcome = await adapter.send(place.dispatch(), mark)
    await adapter.close()
    assert (outcome.kind, outcome.error_code, mark.calls) == ("unknown", "no_answer", 1)
    assert len(place.delivered) == delivered
    assert place.token not in (outcome.error or "")


async def test_nobody_listening_is_a_retry(place: Any) -> None:
    """Without a connection not a byte has left."""
    error = await promises.nobody_listens(lambda url: TelegramAdapter(url, max_attachment_bytes=1), place.dispatch())
    assert place.token not in error


async def test_a_redirect_is_not_followed(place: Any, mark: Any) -> None:
    """A token goes to no other host than the one that is set."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        location = f"{place.url}/bot{place.token}/sendMessage"
        writer.write(f"HTTP/1.1 307 Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        adapter = TelegramAdapter(url, max_attachment_bytes=1)
        outcome = await adapter.send(place.dispatch(), mark)
        await adapter.close()
    assert (outcome.kind, outcome.error_code) == ("retry", "redirect")
    assert place.provider.calls == {}


async def test_a_lost_lease_stops_before_the_call(place: Any) -> None:
    """What `before_send` raises comes back, and nothing is sent."""
    await promises.a_lost_lease_stops(place)


async def test_what_does_not_fit_into_one_call_is_refused_before_it(place: Any, mark: Any) -> None:
    """Length is counted as Telegram does: an emoji is two. A message is never cut in two, as half of it could be lost."""
    picture = file(PNG, "image/png")
    cases = [
        ({"body": "a" * 4097}, "too_long"), ({"body": "😀" * 2049}, "too_long"), ({"body": " \n"}, "empty"),
        ({"body": "a" * 1025, "attachments": (picture,)}, "too_long"), ({"recipient": "@someone"}, "bad_recipient"),
        ({"attachments": (picture,) * 11}, "too_many_files"),
        ({"attachments": (file(b"", "text/plain"),)}, "empty_file"),
    ]  # fmt: skip
    for members, code in cases:
        outcome = await place.adapter.send(place.dispatch(**members), mark)
        assert (outcome.kind, outcome.error_code) == ("rejected", code), members
    assert (mark.calls, place.provider.calls) == (0, {})
    for body in ("a" * 4096, "😀" * 2048):
        assert (await place.adapter.send(place.dispatch(body), mark)).kind == "accepted"


@pytest.mark.parametrize(
    ("data", "content_type", "method", "member"),
    [
        (PNG, "image/png", "sendPhoto", "photo"),
        (b"%PDF-1.7\r\n--x\r\n\0\xff", "application/pdf", "sendDocument", "document"),
        (b"OggS" + bytes(range(256)), "audio/ogg", "sendVoice", "voice"),
        (b"no picture at all", "image/jpeg", "sendDocument", "document"),
    ],
)
async def test_a_file_goes_out_as_what_it_is(
    place: Any, mark: Any, data: bytes, content_type: str, method: str, member: str
) -> None:  # fmt: skip
    """Photo, document or voice, byte for byte, with its caption; a picture that is none goes out as a document."""
    plan = file(data, content_type, "Plan – Küche.pdf")
    outcome = await place.adapter.send(place.dispatch("**Plan** of 2.11.", attachments=(plan,)), mark)
    assert (outcome.kind, mark.calls) == ("accepted", 1)
    (sent,) = place.provider.deliveries
    assert sent["method"] == method
    assert sent["message"]["caption"] == "Plan of 2.11."
    assert sent["message"]["caption_entities"][0]["type"] == "bold"
    held = sent["message"][member]
    held = held[-1] if isinstance(held, list) else held
    assert held["file_unique_id"] == hashlib.sha256(data).hexdigest()[:12]
    if member == "document":
        assert held["file_name"] == "Plan – Küche.pdf"


async def test_a_voice_that_is_not_wanted_goes_out_as_a_document(place: Any, mark: Any) -> None:
    """Who forbids voice messages still gets the file."""
    place.provider.chat(place.token, place.person).no_voice = True
    voice = file(b"OggS...", "audio/ogg")
    outcome = await place.adapter.send(place.dispatch("", attachments=(voice,)), mark)
    assert outcome.kind == "accepted"
    assert [one["method"] for one in place.provider.deliveries] == ["sendDocument"]


@pytest.mark.parametrize(("types", "kind"), [(("image/png",) * 3, "photo"), (("image/png", "text/plain"), "document")])
async def test_several_files_are_one_album_in_one_call(
    place: Any, mark: Any, types: tuple[str, ...], kind: str
) -> None:
    """Pictures as pictures, a mixture as documents; the text stands below the first."""
    files = tuple(file(PNG + bytes([n]), one, f"{n}.bin") for n, one in enumerate(types))
    outcome = await place.adapter.send(place.dispatch("All of it.", attachments=files), mark)
    assert outcome.kind == "accepted"
    assert place.provider.calls == {"sendMediaGroup": 1}
    assert [kind in message for message in place.delivered] == [True] * len(types)
    assert [message.get("caption") for message in place.delivered] == ["All of it.", *[None] * (len(types) - 1)]
    first = place.delivered[0]["message_id"]
    assert outcome.provider_message_id == f"{place.session_id}:{place.person}:{first}"


async def test_an_answer_quotes_what_it_answers(place: Any, mark: Any) -> None:
    """Only in the same chat of the same account, only replies, and also when the question is gone by now."""
    number = place.first["message_id"]
    asked = f"{place.session_id}:{place.person}:{number}"
    await place.adapter.send(place.dispatch(in_reply_to=asked), mark)
    assert place.delivered[0]["reply_to_message"]["message_id"] == number
    others = (f"other-session:{place.person}:{number}", f"{place.session_id}:999:{number}", "in-1@example.org",
              f"{place.session_id}:{place.person}:31337")  # fmt: skip
    for in_reply_to in others:
        place.bot._buckets.clear()
        assert (await place.adapter.send(place.dispatch(in_reply_to=in_reply_to), mark)).kind == "accepted"
    await place.adapter.send(place.dispatch(in_reply_to=asked, purpose="follow_up"), mark)
    assert [message.get("reply_to_message") for message in place.delivered[1:]] == [None] * 5


async def test_a_group_that_became_a_supergroup_is_found_under_its_new_id(place: Any, mark: Any) -> None:
    """Telegram says where it went; the message is sent there once."""
    for chat in (-50, -100500):
        place.provider.write(place.token, place.person, "Hi", chat={"id": chat, "type": "group", "title": "Team"})
    place.provider.chat(place.token, -50).moved_to = -100500
    outcome = await place.adapter.send(
        place.dispatch(recipient="-50", in_reply_to=f"{place.session_id}:-50:1"), mark
    )  # fmt: skip
    assert outcome.kind == "accepted"
    assert outcome.provider_message_id and outcome.provider_message_id.startswith(f"{place.session_id}:-100500:")
    assert [message["chat"]["id"] for message in place.delivered] == [-100500]


async def test_health_is_what_getme_says(place: Any) -> None:
    """Connected; the wrong bot and an unknown token are disconnected; silence is degraded."""
    import msgspec

    assert (await place.adapter.check(place.session)).status == "connected"
    other = msgspec.structs.replace(place.session, address="700002")
    wrong = await place.adapter.check(other)
    assert wrong.status == "disconnected" and "700001" in (wrong.reason or "")
    place.provider.faults.order("status", calls="getMe", times=1)
    assert (await place.adapter.check(place.session)).status == "degraded"
    place.bot.revoked = True
    assert (await place.adapter.check(place.session)).status == "disconnected"
