"""Formatting that people and models write becomes MarkdownV2 that Telegram's rules accept; nothing else changes."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.channels.telegram.markdown import escape, to_markdown_v2
from devstack.providers.telegram.text import RESERVED, EntityError, read_markdown_v2


def shown(text: str) -> tuple[str, list[str]]:
    """What a person sees, and which formatting it has."""
    marked = to_markdown_v2(text)
    if marked is None:
        return text, []
    read, entities = read_markdown_v2(marked)
    return read, [entity["type"] for entity in entities]


@pytest.mark.parametrize(
    ("text", "seen", "kinds"),
    [
        ("**Open** from *9* to _18_.", "Open from 9 to 18.", ["bold", "italic", "italic"]),
        ("__Open__, ~~closed~~", "Open, closed", ["bold", "strikethrough"]),
        ("Use `a_b*c` here", "Use a_b*c here", ["code"]),
        ("```py\nprint('`*')\n```", "print('`*')\n", ["pre"]),
        ("See [our map (new)](https://a.example/x_(1)?a=b).", "See our map (new).", ["text_link"]),
        ("**a *b* `c`**", "a b c", ["bold", "italic", "code"]),
        ("**48 €!**", "48 €!", ["bold"]),
        ("(**yes**)", "(yes)", ["bold"]),
    ],
)
def test_deliberate_formatting_is_kept(text: str, seen: str, kinds: list[str]) -> None:
    """Bold, italic, struck, code and links."""
    assert shown(text) == (seen, kinds)


@pytest.mark.parametrize(
    "text",
    [
        "5*3*2 = 30", "2 ** 3 ** 4", "file_name_v2.txt and snake_case_name", "* one\n* two", "- a\n+ b\n# c\n> d",
        "**open", "half* and *half", "a * b * c", "[no link] (really)", "[x](javascript:alert(1))",
        "[x](https://a.example/<b>)", "**two\nlines**", "\\*not this\\*", "1. first", "a|b||c", "{x}=~y~!",
        "`open", "``", "____", "****", "_", "ünï_cödé_ü", "5 < 6 > 4",
    ],
)  # fmt: skip
def test_everything_else_is_sent_as_it_is(text: str) -> None:
    """No formatting, no MarkdownV2: there is nothing to escape and nothing to get wrong."""
    assert to_markdown_v2(text) is None


def test_reserved_characters_around_formatting_are_escaped() -> None:
    """Whatever stands beside the bold word reads as it was written."""
    for character in RESERVED + "\\":
        for beside in (f"x{character}y", f"x {character} y", f"{character}{character}"):
            assert shown(f"**a** {beside}") == (f"a {beside}", ["bold"]), character
    assert read_markdown_v2(escape(RESERVED)) == (RESERVED, [])


TRICKY = st.text(alphabet=st.sampled_from("ab *_~`[]()!.\\\n#>|-+={}:/€😀") | st.characters(codec="utf-8"), max_size=80)
BITS = st.lists(st.sampled_from(["**", "*", "_", "__", "~~", "`", "```", "[a](https://b.c)", "x", " ", "\n", "\\", ".", "py\n"]), max_size=30)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(TRICKY | BITS.map("".join))
def test_no_text_makes_unreadable_formatting(text: str) -> None:
    """Any text gives MarkdownV2 that is read without an error, and shows no character that was not there."""
    marked = to_markdown_v2(text)
    if marked is None:
        return
    seen, entities = read_markdown_v2(marked)
    assert entities
    rest = iter(text)
    assert all(character in rest for character in seen.replace("\n", "")), (text, seen)


@pytest.mark.parametrize(
    "piece", ["**", "_a ", "[a](", "*a", "**a ", "`", "_", "~~a", "```\n", "**a*", "[a](https://b"]
)
def test_a_text_made_to_be_slow_is_not(piece: str) -> None:
    """4,096 characters of half-open marks take milliseconds."""
    text = (piece * 4096)[:4096]
    started = time.process_time()
    to_markdown_v2(text)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("a.b", "Character '.' is reserved"), ("*a", "Can't find end of Bold entity at byte offset 0"),
        ("ü _a", "Can't find end of Italic entity at byte offset 3"), ("[a](b", "Can't find end of a URL"),
        ("a > b", "Character '>' is reserved"),
    ],
)  # fmt: skip
def test_the_reader_on_loopback_refuses_what_telegram_refuses(source: str, reason: str) -> None:
    """Otherwise the tests above would prove nothing."""
    with pytest.raises(EntityError) as refused:
        read_markdown_v2(source)
    assert str(refused.value).startswith(reason)


def test_the_reader_on_loopback_counts_as_telegram_does() -> None:
    """Offsets and lengths in UTF-16 units; nesting, spoilers, quotes and languages are known."""
    text, entities = read_markdown_v2("😀 *b _i_* ||s|| ~d~ __u__ `c`\n>q\n```py\nx\n```")
    assert text == "😀 b i s d u c\nq\nx\n"
    assert [(one["type"], one["offset"], one["length"]) for one in entities] == [
        ("bold", 3, 3), ("italic", 5, 1), ("spoiler", 7, 1), ("strikethrough", 9, 1), ("underline", 11, 1),
        ("code", 13, 1), ("blockquote", 15, 1), ("pre", 17, 2),
    ]  # fmt: skip
    assert entities[-1]["language"] == "py"
