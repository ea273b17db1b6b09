"""The name before an at sign: letters apart, marks in words, digits in words, pieces that a note says to join."""

import re
from typing import NamedTuple

from app.moderation.commonwords import NO_NAME, ROLES
from app.moderation.maildomains import SPACED
from app.moderation.numerals import numeral

LOCAL = 96
_WORD_JOINER = (
    "dot|full stop|underscore|under score|dash|hyphen|punto|punkt|point|ponto|minus|plus|guion bajo|barra baja|guion|tiret du bas|tiret bas|tiret|trattino basso|trattino|bindestrich|"
    "unterstrich|underline|sublinhado|traco"
)
_JOINER = rf"(?:\s{{0,2}}[._+-]{{1,3}}\s{{0,2}}|\s{{0,2}}[(\[{{<](?:{_WORD_JOINER}|[._-])[)\]}}>]\s{{0,2}}|\s{{1,2}}(?:{_WORD_JOINER})\s{{1,2}})"
_BEFORE = re.compile(
    rf"(?<![a-z0-9'])((?:[a-z0-9](?:[ ._-][a-z0-9]){{2,20}}|[a-z0-9%+]{{1,40}})(?:{_JOINER}[a-z0-9%+]{{1,40}}){{0,5}})$"
)
_APART = re.compile(r"(?<![a-z0-9._+'-])([a-z0-9](?:\s[a-z0-9._+-]){2,40})$")
"""A name whose letters stand apart: `j o . s m i t h`."""
_SPELT = re.compile(r"(?<![a-z0-9])([a-z0-9](?:([-*/|,~])(?:\s?)[a-z0-9._+]){3,40})$")
"""`j-o-.-s-m-i-t-h`."""
_JOIN = re.compile(_JOINER)
_SIGNS = {
    **dict.fromkeys(("underscore", "under score", "guion bajo", "barra baja", "tiret bas", "tiret du bas", "trattino basso", "unterstrich", "underline", "sublinhado"), "_"),
    **dict.fromkeys(("tiret", "trattino", "bindestrich", "traco", "dash", "hyphen", "minus", "guion"), "-"),
    "plus": "+",
}  # fmt: skip
_SAID = re.compile(r"(?:(?:[a-z]{2,9}|\d{1,4})[\s-]{1,2}){1,8}$")
_NAME = re.compile(r"(?<![a-z0-9'@])([a-z0-9][a-z0-9_]{1,40}(?:[._+-][a-z0-9]{1,40}){0,4})[\s-]{1,2}$")
_PIECE = re.compile(r"(?<![a-z0-9'@])([a-z0-9][a-z0-9._+-]{0,40})\s{1,2}$")
_DOTS = re.compile(r"(?<=[a-z]{2})(?:dot|punto|ponto|punkt)(?=[a-z]{2})")


class Name(NamedTuple):
    """A mailbox's name, and where it begins."""

    value: str
    start: int


def name(text: str, end: int, *, spoken: bool, joined: bool) -> Name | None:
    """The name that ends at a place of a text; `joined`: a note says to take the spaces out."""
    before = text[max(0, end - LOCAL) : end]
    spelt = _SPELT.search(before)
    apart = _APART.search(before)
    found = spelt or apart or _BEFORE.search(before)
    if found is None:
        return None
    start = end - len(found[1])
    if spelt:
        value = found[1].replace(found[2], "").replace(" ", "")
    elif apart:
        value = re.sub(r"\s", "", found[1])
    else:
        value, start = _local(found[1], start, spoken)
    if joined and (" " not in found[1] or start > end - len(found[1])):
        return _with_piece(text, value, start)
    return with_digits(text, value, start)


def _with_piece(text: str, value: str, start: int) -> Name:
    """A name that was torn apart: `in fo`."""
    piece = _PIECE.search(text, max(0, start - 44), start)
    if (
        piece is None
        or (piece[1].endswith(".") and re.search(r"[._-]", value))
        or (piece[1] in NO_NAME and piece[1] + value not in ROLES and not (len(value) < 4 and piece[1] in ("in", "he")))
    ):
        return Name(value, start)
    return Name(piece[1] + value, piece.start(1))


def with_digits(text: str, value: str, start: int) -> Name:
    """A name whose digits are said: `jo seven seven`."""
    last = re.split(r"[._+-]", value)[-1]
    if not (last.isalpha() and _digits(last)) or last != value:
        return Name(value, start)
    words = _SAID.search(text, max(0, start - 80), start)
    digits, begin = _digits(last), start
    for word in reversed(list(re.finditer(r"[a-z0-9]+", words[0]))) if words else ():
        said = _digits(word[0])
        if not said:
            break
        digits, begin = said + digits, words.start() + word.start() if words else begin
    before = _NAME.search(text, max(0, begin - 64), begin)
    if before is None or before[1] in NO_NAME:
        return Name(digits, begin) if len(digits) > 3 and begin < start else Name(value, start)
    return Name(before[1] + digits, before.start(1))


def _digits(word: str) -> str:
    found = numeral(word)
    return found.digits if found and found.kind in ("word", "tens", "plain") and len(found.digits) <= 4 else ""


def undotted(value: str) -> str:
    """`chrisdotharris` is `chris.harris` where the rest is glued the same way."""
    return _DOTS.sub(".", value)


def _local(written: str, start: int, spoken: bool) -> tuple[str, int]:
    """The mailbox's name without its disguise, and where it begins."""
    if re.fullmatch(SPACED, written) and len(written) > 3:
        return re.sub(r"\s" if "." in written or "_" in written else r"[\s-]", "", written), start
    parts = _JOIN.split(written)
    joints = _JOIN.findall(written)
    # A sentence's end before the name is no part of it: `Thanks. jo at gmail` is jo.
    for index in range(len(joints) - 1, -1, -1):
        if joints[index] == "... " or (
            joints[index].startswith(".")
            and joints[index].strip(".")
            and (spoken or "  " in joints[index] or joints[index] == ". ")
        ):
            kept = "".join(part + joint for part, joint in zip(parts[: index + 1], joints[: index + 1], strict=False))
            return _local(written[len(kept) :], start + len(kept), spoken)
    value = parts[0]
    for joint, part in zip(joints, parts[1:], strict=True):
        mark = joint.strip(" ()[]{}<>")
        value += _SIGNS.get(mark, mark[0] if mark[:1] in "._+-" else ".") + part
    return value, start
