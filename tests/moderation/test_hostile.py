"""Texts made to hurt: no crash, no long look, spans that hold, the same answer every time."""

import base64
import html
import json
import random
import subprocess
import sys
import time
import urllib.parse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.moderation import canonical, judge
from app.moderation.folding import MAX_CHARS
from app.moderation.masking import mask
from app.moderation.verdicts import CONTACT_KINDS, KINDS

BOUND_S = 0.4
"""Ten times what the longest look at 4 KB takes on a good machine, in seconds of this process: who goes back and forth takes far more."""
SIZE = 4_096

PIECES = [
    "1 ", "at ", "at.", "@", "a@b ", "x dot ", "five ", "twentyfive", "5105747946 ", "5 1 0 5 7 4 7 9 4 6, ", "12 Main ", "12 a b c d ",
    "Suite 12 ", "rue A ", "rue '\"ab.ab", "via twentyfivearea code (0) ", "http://", "a.", "a.com ", "insta: ", "$a ", "12-34-56-", "(", "de12 ", "a", " ", "j at gmail ", "555 1234 ",
    "+1 ", "l0l ", "5\u200b", "\ufdfa", "Hauptstrasse ", "live at 12 Aa ", "o ", "1 dash ", "4155551 ", "a1b2 ", "j o h n @ ", "tel 1234567 ",
    "\x00", "\ud800", "\U0001f1fa", "e\u0301", "\u202e", "5️⃣", "一", "you are ", "fuck ", "'\"", "a_", "-", "\n", "%20", "&#53;", "\\u0035",
    "kill you ", "win cash now! ", "five hundred ", "area code ", "first three ", "f i v e ", "5x1x", "&#53;", "%40", "\\u0035", "ATgmailDOT", "user a domain b ",
    "too too ", "two! ", "a-b-", "_a_", "then @ ", "gmail: ", "you are a fucking ", "muslims are ", "+49 ", "00 ", "(0) ", "x12 ", "@@", "a . b ", "zoom id 123 ", "0x", "bc1", "not ", "!!!", ":) ", "A" * 64 + ".",
]  # fmt: skip

TEXTS = st.one_of(
    st.text(max_size=400),
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=40).map("".join),
)


def check(text: str) -> None:
    """Everything that holds for any text."""
    verdict = judge(text)
    assert canonical(verdict) == canonical(judge(text))
    assert verdict.decision in ("approved", "filtered", "blocked", "review")
    assert 0 <= verdict.confidence_score <= 1
    last = 0
    for one in verdict.threats_detected:
        assert one.kind in KINDS
        assert 0 <= one.span[0] < one.span[1] <= len(text)
        assert 0 < one.confidence <= 1
        if one.kind in CONTACT_KINDS:
            assert one.span[0] >= last
            last = one.span[1]
    if verdict.filtered_content is not None:
        masked = [one for one in verdict.threats_detected if one.kind in CONTACT_KINDS]
        assert verdict.filtered_content == mask(text, masked)
        again = judge(verdict.filtered_content)
        assert [one for one in again.threats_detected if one.kind in CONTACT_KINDS] == []


def seconds(text: str) -> float:
    """The quicker of two looks: what else the machine does is not the text's fault."""
    taken = []
    for _ in range(2):
        begun = time.process_time()
        judge(text)
        taken.append(time.process_time() - begun)
    return min(taken)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_any_text_is_judged(text: str) -> None:
    """Spans lie in the text and apart, masked texts hold nothing more, and the answer is the same again."""
    check(text)


@pytest.mark.parametrize("piece", PIECES)
def test_four_kilobytes_of_anything_are_judged_in_time(piece: str) -> None:
    """Repetition is what blows a careless pattern up."""
    assert seconds((piece * SIZE)[:SIZE]) <= BOUND_S


@pytest.mark.parametrize("piece", ["j at gmail ", "a@b.c ", "a (at) a dot b ", "j o h n @ g m a i l . c o m "])
def test_a_text_full_of_mailboxes_is_masked_whole(piece: str) -> None:
    """However many there are, none is left for readers."""
    check((piece * SIZE)[:SIZE])


def test_idle_signs_do_not_hide_a_mailbox() -> None:
    """Any number of words that only look like one stand before it."""
    text = "look at it, " * 70 + "write me: jo at gmail dot com"
    assert [one.value for one in judge(text).threats_detected] == ["jo@gmail.com"]


def test_digits_that_nobody_counts_with_are_digits() -> None:
    """Those of Brahmi or Kharoshthi, raised, ringed and dotted ones."""
    for sevens in ("\U00011058", "\u2077", "\u2466", "\u248e", "\u2087", "\U00010a43", "\u136f"):
        judge(f"5{sevens}55 10 20 30 {sevens} " * 9)
    assert [one.value for one in judge("415 555 01\U0001105a\u2079").threats_detected] == ["+14155550199"]


@pytest.mark.parametrize("piece", ["tel 1234567 ", "two! "])
def test_time_grows_with_the_text(piece: str) -> None:
    """Not with its square: the longest text that is read has its share of the bound."""
    text = (piece * MAX_CHARS)[:MAX_CHARS]
    assert seconds(text) <= BOUND_S * MAX_CHARS / SIZE


def test_verdicts_do_not_depend_on_the_process() -> None:
    """Another process with another hash seed says the same, byte for byte."""
    lines = "".join(
        json.dumps({"text": text}) + "\n"
        for text in ("510-574-7946 or jo at gmail dot com", "you win a prize, acme.com", "12 Main St")
    )
    command = [sys.executable, "-m", "app.cli", "moderate", "--jsonl"]
    one, other = (
        subprocess.run(
            command, input=lines, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    )
    assert one == other
    assert len(one.splitlines()) == 3


CONTACTS = [
    "call 510-574-7946", "jo at gmail dot com", "five one zero five seven four 7946", "insta: acme_pl", "12 Main Street, Springfield, IL 62704",
    "https://acme.com/a?b=c", "+44 20 7946 0958", "venmo @acme-pl", "zoom id 845 1234 5678", "j o @ g m a i l . c o m", "&#53;&#49;&#48; 574 7946",
]  # fmt: skip
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
RIGHT_TO_LEFT = ["שלום 054-123-4567", "اتصل بي ٠٥٠١٢٣٤٥٦٧", "مرحبا jo@x.com", "רחוב הרצל 12"]


def encoded(text: str, dice: random.Random) -> str:
    """A text in a writing of machines."""
    form = dice.randrange(6)
    if form == 0:
        return "".join(f"&#{ord(char)};" for char in text)
    if form == 1:
        return urllib.parse.quote(text, errors="replace")
    if form == 2:
        return json.dumps(text)
    if form == 3:
        return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()
    if form == 4:
        return text.encode("utf-16", "surrogatepass").decode("latin-1")
    return html.escape(text)


def mixture(dice: random.Random) -> str:
    """Pieces, some characters from anywhere, repeated."""
    pool = dice.sample(PIECES, dice.randint(1, 6)) + [chr(dice.randrange(0x110000)) for _ in range(dice.randint(0, 3))]
    return "".join(dice.choice(pool) for _ in range(dice.choice((3, 10, 40, 400))))


def nested(dice: random.Random) -> str:
    """A contact, encoded, and that encoded again."""
    text = dice.choice(CONTACTS)
    for _ in range(dice.randint(1, 3)):
        text = encoded(text, dice)[:SIZE]
    return text


def bent(dice: random.Random) -> str:
    """A contact with characters that turn the reading around, or that nobody sees."""
    text = dice.choice([*CONTACTS, *RIGHT_TO_LEFT])
    return "".join(char + dice.choice(BIDI) * dice.choice((0, 0, 1, 3)) for char in text)


def flooded(dice: random.Random) -> str:
    """Marks upon marks, controls, and halves of pairs."""
    marks = [
        chr(dice.randrange(0x300, 0x370)),
        chr(dice.randrange(0x20)),
        chr(dice.randrange(0xD800, 0xE000)),
        "\ufe0f",
        "\u200d",
    ]
    return "".join(char + dice.choice(marks) * dice.choice((0, 1, 8, 60)) for char in dice.choice(CONTACTS))


def anything(dice: random.Random) -> str:
    """Characters of one block, or of all."""
    start, width = (0, 0x110000) if dice.random() < 0.3 else (dice.randrange(0x10F000), 0x1000)
    return "".join(chr(start + dice.randrange(width)) for _ in range(dice.choice((5, 50, 500, 4_000))))


def giant(dice: random.Random) -> str:
    """More than is read."""
    piece = dice.choice([*PIECES, *CONTACTS])
    return (piece * (200_000 // len(piece)))[: dice.choice((9_000, 50_000, 200_000))]


@pytest.mark.prove
def test_ten_thousand_adversarial_texts() -> None:
    """None crashes, none is looked at for longer than the bound, and what holds for any text holds for each."""
    dice = random.Random(5)
    kinds = (mixture, mixture, mixture, nested, bent, flooded, anything)
    slow: list[tuple[float, str, str]] = []
    worst = 0.0
    for turn in range(10_000):
        make = giant if turn % 50 == 0 else dice.choice(kinds)
        text = make(dice)
        text = text if make is giant else text[:SIZE]
        check(text)
        bound = BOUND_S * max(1.0, min(len(text), MAX_CHARS) / SIZE)
        taken = seconds(text)
        worst = max(worst, taken / bound)
        if taken > bound:
            slow.append((taken, make.__name__, text[:80]))
    sys.stdout.write(f"10000 texts, {len(slow)} over the bound, the worst at {worst:.2f} of it\n")
    assert slow == []
