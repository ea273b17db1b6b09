"""Pushed updates with their files, and every reason why a file is not kept."""

import json
from typing import Any

import pytest

from app.channels import media
from app.domain.channels import Webhook
from app.domain.inbound import InboundFile, InboundMessage, digest


async def read(place: Any, **members: Any) -> InboundMessage:
    """The message of a pushed update, as the adapter reads it."""
    place.provider.write(place.token, place.person, **members)
    _, update = place.bot.updates[-1]
    webhook = Webhook(event_id="e", headers={}, payload=json.dumps(update).encode())
    events = await place.adapter.read_webhook(webhook, place.session)
    (found,) = [event for event in events if isinstance(event, InboundMessage)]
    return found


async def only_file(place: Any, document: dict[str, Any]) -> InboundFile:
    """The one file of a message that holds a document."""
    message = await read(place, document=document, caption="see there")
    assert message.body == "see there", "the message stays whatever becomes of its file"
    (file,) = message.files
    return file


async def test_a_pushed_message_comes_with_its_file(place: Any) -> None:
    """Byte for byte, with its digest."""
    data = bytes(range(256)) * 300
    file = await only_file(place, place.provider.upload(place.token, data) | {"file_name": "plan.pdf"})
    assert (file.filename, file.size_bytes, file.data) == ("plan.pdf", len(data), data)
    assert (file.sha256, file.refused) == (digest(data), None)


async def test_a_file_over_the_limit_is_refused_without_being_fetched(place: Any) -> None:
    """Its name, size and the reason stay."""
    file = await only_file(place, place.provider.upload(place.token, b"x" * 100_001))
    assert file.refused == "larger than 100000 bytes" and not file.data
    assert (file.size_bytes, place.provider.calls.get("getFile")) == (100_001, None)


async def test_a_file_that_lies_about_its_size_is_refused_while_it_is_fetched(place: Any) -> None:
    """No more than the limit is read."""
    file = await only_file(place, place.provider.upload(place.token, b"x" * 200_000, size=10))
    assert file.refused == "larger than 100000 bytes" and not file.data


async def test_a_file_telegram_does_not_give_out_is_refused(place: Any) -> None:
    """Over 20 MB or unknown: asked once."""
    large = place.provider.upload(place.token, b"\0" * (20 * 1024 * 1024 + 1), size=1)
    for document in (large, {"file_id": "nobody-knows"}):
        file = await only_file(place, document)
        assert file.refused and not file.data
    assert place.provider.calls["getFile"] == 2


async def test_a_file_is_asked_for_again_when_telegram_stumbles(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors, limits and lost connections are waited out; after five tries the file is named as refused."""
    monkeypatch.setattr(media, "PAUSE_S", 0.01)
    place.provider.faults.order("status", calls="getFile", times=1)
    place.provider.faults.order("limit", calls="getFile", times=1, seconds=1)
    place.provider.faults.order("drop", calls="file", times=1)
    file = await only_file(place, place.provider.upload(place.token, b"at last"))
    assert (file.data, place.provider.calls["getFile"]) == (b"at last", 4)
    place.provider.faults.order("status", calls="getFile")
    file = await only_file(place, place.provider.upload(place.token, b"never"))
    assert file.refused and file.refused.startswith("the provider did not give it out")


async def test_a_call_that_is_no_update_is_refused(place: Any) -> None:
    """Whoever stores calls learns that this one makes no sense."""
    for payload in (b"", b"\xff", b"[]", b'"x"', b"{}", b'{"update_id": "1"}'):
        with pytest.raises(ValueError, match="no "):
            await place.adapter.read_webhook(Webhook(event_id="e", headers={}, payload=payload), place.session)


async def test_a_path_that_leads_elsewhere_is_not_followed(place: Any) -> None:
    """The path of a file is Telegram's to name, the host and the token are not."""
    place.bot.files["odd"] = ("../../bot1:x/getMe", b"x")
    file = await only_file(place, {"file_id": "odd"})
    assert file.refused and not file.data
