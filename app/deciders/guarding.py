"""The check over every text a model wrote, before anybody sees it.

A reply may say what the tenant has written down, and nothing else that could hurt: no address, price, number or promise
from elsewhere, nothing of our own prompt, nothing hidden, in the right language and a fair tone. What a stranger wrote
vouches for nothing but plain numbers (his own date, his own house number).
"""

import base64
import codecs
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from app.deciders.language import detect
from app.deciders.prompting import CANARY, visible
from app.deciders.reading import GUARDS, interpret
from app.deciders.text import fold, read, words_of
from app.deciders.vocabulary import LANGUAGES, vocabulary

MAX_REPLY = 1500
RUDE = -0.5
SHINGLE = 7
"""So many of our prompt's words in a row are no coincidence."""
CANARY_PART = 8

_ADDRESS = re.compile(
    r"(?i)\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})*"  # mail
    r"|\b[a-z][a-z0-9+.-]{1,20}://[^\s<>\"')\]]{1,400}"  # any scheme
    r"|\bwww\.[^\s<>\"')\]]{1,400}"
    r"|(?<![\w@])@[a-z0-9_.]{3,40}"  # handles
    r"|\b(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,5}(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})"  # domains
    r"(?:/[^\s<>\"')\]]{0,400})?"
)
_SPELLED = re.compile(
    r"(?i)[\[({]\s*(?:dot|at|punkt|punto|point|ponto|punt)\s*[\])}]|\bdot\s+(?:com|net|org|io|info|biz|co)\b"
)
_PHONE = re.compile(r"\+?\(?\d(?:[\s().\-/]{0,3}\d){5,24}")
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b")
_CLOCK = re.compile(r"\b\d{1,2}[:.h]\d{2}\b")
_TIME = re.compile(r"(?<!\d)([01]?\d|2[0-4])[:h]([0-5]\d)(?!\d)")
_NUMBER = re.compile(r"\d+")
_MARKUP = re.compile(r"</?[a-zA-Z!][^>]{0,200}>|\]\(|```|\{\{|\}\}|&#?\w{2,8};")
_SYMBOLS = "$€£¥₹₽₴₺₩฿₫₿"
_WORDS: dict[str, str] = msgspec.json.decode(
    (Path(__file__).parent / "lexicon" / "money.json").read_bytes(), type=dict[str, str]
)
_CURRENCY, _PERCENT, _GIVEAWAYS = (frozenset(_WORDS[name].split()) for name in ("currencies", "percent", "giveaways"))
_MONEY_SPAN = 2
_TOKEN = re.compile(rf"\d+(?:[.,:]\d+)*|[^\W\d_]+|[{_SYMBOLS}%]")


class Finding(NamedTuple):
    """Why a text must not be shown. `hostile`: it looks like a model that obeyed somebody else."""

    code: str
    reason: str
    hostile: bool = False


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What a text may rest on."""

    instructions: str
    """Our prompt: nothing of it may appear."""
    knowledge: tuple[str, ...] = ()
    """What the tenant has written down."""
    ours: tuple[str, ...] = ()
    """What the business said earlier in the conversation."""
    theirs: tuple[str, ...] = ()
    """What the contact wrote."""
    language: str | None = None
    """The language it has to be in; None is any."""
    avoid: tuple[str, ...] = ()
    """Words and phrases the tenant does not want to hear from itself."""


def examine(text: str, ground: Ground, *, limit: int = MAX_REPLY) -> Finding | None:
    """The first thing wrong with a reply, None when nothing is."""
    flat = unicodedata.normalize("NFKC", text)
    vouched = "\n".join((*ground.knowledge, *ground.ours))
    return (
        _form(text, flat, ground, limit)
        or _addresses(flat, vouched)
        or _money(flat, vouched)
        or _giveaways(flat, vouched)
        or _times(flat, vouched)
        or _numbers(flat, (vouched, *ground.theirs))
        or _manner(flat, ground)
        or _wording(flat, ground)
    )


def _form(text: str, flat: str, ground: Ground, limit: int) -> Finding | None:
    """What can be told without knowing what it is about."""
    found: Finding | None = None
    if not flat.strip():
        found = Finding("empty", "it is empty")
    elif leaks(text, ground.instructions):
        found = Finding("leak", "it gives away internal instructions", hostile=True)
    elif len(text) > limit:
        found = Finding("length", f"it is longer than {limit} characters")
    elif visible(flat) != flat or _MARKUP.search(flat):
        found = Finding("markup", "it holds markup or characters nobody can see", hostile=True)
    elif _echoes(flat, ground):
        found = Finding("echo", "it repeats what the contact wrote at length", hostile=True)
    return found


def leaks(text: str, instructions: str) -> bool:
    """Whether a text has the canary in any dress we know, or a run of words of our instructions."""
    return _has_canary(text) or bool(_shingles(text) & _shingles(instructions))


def _has_canary(text: str) -> bool:
    flat = re.sub(r"[^0-9a-z]", "", unicodedata.normalize("NFKC", text).casefold())
    for dress in (flat, flat[::-1], codecs.decode(flat, "rot13")):
        if any(CANARY[at : at + CANARY_PART] in dress for at in range(len(CANARY) - CANARY_PART + 1)):
            return True
    packed = re.sub(r"[^0-9A-Za-z+/]", "", text)
    codes = {CANARY.encode().hex()} | {_base64_core(CANARY.encode(), shift) for shift in range(3)}
    return any(code in packed or code in packed.lower() for code in codes)


def _base64_core(secret: bytes, shift: int) -> str:
    """The part of a base64 text that a secret at this offset always makes."""
    encoded = base64.b64encode(b"\0" * shift + secret).decode().rstrip("=")
    return encoded[(0, 2, 3)[shift] : -1]


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[^\W_]+", fold(text[:20_000]))
    return {tuple(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1)}


def _echoes(text: str, ground: Ground) -> bool:
    """A run of the contact's words that are not the tenant's as well: somebody else is speaking through us."""
    theirs = set().union(*(_shingles(one) for one in ground.theirs)) if ground.theirs else set()
    return bool(_shingles(text) & theirs - _shingles("\n".join((*ground.knowledge, *ground.ours))))


def foreign_address(text: str, vouched: str) -> Finding | None:
    """An address or telephone number in a text that does not stand in what vouches for it."""
    return _addresses(unicodedata.normalize("NFKC", text), vouched)


def _addresses(text: str, vouched: str) -> Finding | None:
    known = fold(vouched)
    digits = {_digits(one) for one in _PHONE.findall(_DATE.sub(" ", unicodedata.normalize("NFKC", vouched)))}
    if _SPELLED.search(text):
        return Finding("address", "it spells out an address", hostile=True)
    for one in _ADDRESS.findall(text):
        if fold(one.rstrip(".,;:!?")) not in known:
            return Finding("address", "it names an address the tenant has not written down", hostile=True)
    for one in _phones(text):
        number = _digits(one)
        if not any(number in known_number for known_number in digits):
            return Finding("address", "it names a telephone number the tenant has not written down", hostile=True)
    return None


def _phones(text: str) -> list[str]:
    """What looks like telephone numbers; dates and times of day are none."""
    return _PHONE.findall(_CLOCK.sub(" ", _DATE.sub(" ", text)))


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit()).lstrip("0")


def _money(text: str, vouched: str) -> Finding | None:
    """Every amount, and every percentage, stands in what the tenant wrote with the same number."""
    known = _amounts(vouched)
    if _amounts(text) - known:
        return Finding("price", "it names a price or percentage the tenant has not written down")
    return None


def _amounts(text: str) -> set[str]:
    """Numbers near a currency or percent sign; a currency without a number nearby counts as a word of its own."""
    words = [fold(one) for one in _TOKEN.findall(unicodedata.normalize("NFKC", text))]
    found: set[str] = set()
    for at, word in enumerate(words):
        percent = word == "%" or word in _PERCENT
        if not (percent or word in _SYMBOLS or word in _CURRENCY):
            continue
        near = words[max(0, at - _MONEY_SPAN) : at + _MONEY_SPAN + 1]
        numbers = [one for one in near if one[0].isdigit()]
        mark = "%" if percent else "money "
        found |= {mark + _plain_number(one) for one in numbers} or {f"{mark}{words[at - 1] if at else ''} {word}"}
    return found


def _plain_number(number: str) -> str:
    """`1,200.00` and `1200` alike; `89.50` stays."""
    plain = re.sub(r"[.,](?=\d{3}\b)", "", number)
    return re.sub(r"[.,]0+$", "", plain).replace(",", ".")


def _giveaways(text: str, vouched: str) -> Finding | None:
    """Free, discount, refund, guarantee, … only where the tenant says so himself."""
    words = list(words_of(text))
    known = set(words_of(vouched[:100_000]))
    for at, word in enumerate(words):
        polite = word == "free" and at and words[at - 1] in ("feel", "please")
        if word in _GIVEAWAYS and word not in known and not polite:
            return Finding("promise", f"it promises something the tenant has not written down ({word})")
    return None


def _times(text: str, vouched: str) -> Finding | None:
    """Every time of day stands in what the tenant wrote, as a whole and in either way of counting hours: its two
    numbers are found too easily in a date and an opening hour, and a time is soon a promise to come."""
    known = set(_clocks(unicodedata.normalize("NFKC", vouched[:100_000])))
    for hour, minute in _clocks(text):
        if (hour, minute) not in known:
            return Finding("number", f"it names a time of day the tenant has not written down ({hour}:{minute:02})")
    return None


def _clocks(text: str) -> list[tuple[int, int]]:
    """Times of day on a twelve-hour dial."""
    return [(int(hour) % 12, int(minute)) for hour, minute in _TIME.findall(text)]


def _numbers(text: str, grounds: Iterable[str]) -> Finding | None:
    """Every number stands somewhere in knowledge or conversation; hours also in the twelve-hour way."""
    known: set[int] = {0, 1}
    for ground in grounds:
        for number in _NUMBER.findall(unicodedata.normalize("NFKC", ground[:100_000])):
            value = int(number[:18])
            known |= {value, value - 12, value + 12} if value <= 24 else {value}
    for phone in _phones(text):  # looked at before, as a whole
        text = text.replace(phone, " ", 1)
    for number in _NUMBER.findall(text):
        if int(number[:18]) not in known:
            return Finding("number", f"it names a number nobody has named ({number[:18]})")
    return None


def _manner(text: str, ground: Ground) -> Finding | None:
    """Language, subject and tone."""
    words = read(text)
    guess = detect(words, text, contact_locale=None, tenant_locale=ground.language or "en")
    if ground.language and guess.source in ("text", "script") and guess.language != ground.language:
        return Finding("language", f"it is written in another language ({guess.language})")
    if guess.language not in LANGUAGES:
        return None
    found = interpret(words, vocabulary(guess.language))
    said = interpret(read("\n".join(ground.knowledge)[:4000]), vocabulary(guess.language))
    grave = [name for name in GUARDS if name in found.intents and name not in said.intents and name != "human_please"]
    if grave:
        return Finding("topic", f"it speaks of what only a person may ({grave[0]})")
    if found.sentiment <= RUDE:
        return Finding("tone", "it is unfriendly")
    return None


def _wording(text: str, ground: Ground) -> Finding | None:
    """Words the tenant avoids, whatever their case and accents."""
    said = words_of(text)
    for phrase in ground.avoid:
        words = words_of(phrase)
        if words and any(said[at : at + len(words)] == words for at in range(len(said) - len(words) + 1)):
            return Finding("wording", f"it uses a word the business avoids ({phrase[:60]})")
    return None
