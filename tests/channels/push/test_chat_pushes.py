"""What a locked screen shows of a chat message: as much as it was given, in the reader's words."""

from typing import Any

import pytest

from app.domain.chat_pushes import WORDS, ChatPush, shown_to_person


def show(**given: Any) -> dict[str, Any]:
    """A push of one message, as a device shows it."""
    plain = {
        "address": "https://push.test/1", "unread": 7, "tenant_id": "t", "tenant_name": "Acme", "thread_id": "th", "count": 1,
        "language": "en", "message_type": "text", "sender_name": "Ann",
    }  # fmt: skip
    return shown_to_person(ChatPush(**{**plain, **given}), "https://app.test/#{thread_id}", "https://app.test/i.png")


def test_who_wrote_and_how_many_are_shown() -> None:
    """With where to go, what it replaces, and all that is unread for the icon."""
    shown = show()
    assert (shown["title"], shown["body"]) == ("Ann", "You have a new message")
    assert (shown["url"], shown["data"]["url"]) == ("https://app.test/#th",) * 2
    assert (shown["tag"], shown["badge"], shown["icon"]) == ("message:th", 7, "https://app.test/i.png")
    assert show(count=3)["body"] == "3 new messages" and show(group_name="Kitchen")["title"] == "Ann · Kitchen"
    assert show(sender_name=None)["title"] == "Acme"


def test_a_preview_is_cut_and_a_file_is_named() -> None:
    """At 120 characters, with how many in the title; what has no text says what it is."""
    shown = show(preview="x" * 121, count=2)
    assert shown["title"] == "Ann (2)" and len(shown["body"]) == 120 and shown["body"].endswith("x…")
    kinds = {kind: show(preview="", message_type=kind)["body"] for kind in ("image", "video", "audio", "file", "text")}
    assert kinds == {"image": "Photo", "video": "Video", "audio": "Voice message", "file": "File", "text": "File"}


@pytest.mark.parametrize(
    ("language", "known"), [("de-AT", "de"), ("pt-BR", "pt"), ("FR", "fr"), ("ja", "en"), ("", "en")]
)
def test_the_words_are_those_of_the_reader(language: str, known: str) -> None:
    """By the first part of the tag; whoever reads another language reads English."""
    shown = show(language=language, count=2)
    assert shown["lang"] == known and shown["body"] == WORDS[known].many.format(2)
    assert show(language=language)["body"] == WORDS[known].one
