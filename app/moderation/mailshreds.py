"""Mailboxes torn into shreds or told as numbered pieces, and those whose sign is described: `jo|@gm|ail`, `part1 jo part2 …`, `a in a circle`."""

import re
from collections.abc import Iterator

from app.moderation.commonwords import NO_NAME
from app.moderation.hosts import PROVIDERS, registered
from app.moderation.maildomains import corrected

Found = tuple[int, int, str, float]
"""(start, end, address, how sure)."""

_HOST = r"[a-z0-9-]{2,40}(?:\.[a-z0-9-]{2,24}){1,3}"
_LOCAL = r"[a-z0-9][a-z0-9._+-]{1,40}"
_WHOLE = re.compile(rf"({_LOCAL})@({_HOST})")
_SHREDS = re.compile(r"(?<![^\s:,(])[a-z0-9._+@-]{1,12}(?:([/|\\~])[a-z0-9._+@-]{1,6}){3,40}(?![^\s,;!?)])")
_BRACKETS = re.compile(rf"(?<![a-z0-9._+-])({_LOCAL})\s?((?:[(\[{{][a-z0-9@.-]{{1,12}}[)\]}}]\s?){{2,8}})")
_NUMBERED = re.compile(
    rf"(?<![a-z0-9])(?:part|piece|bit)?\s?#?1\s?[).:=-]?\s({_LOCAL})[\s,;]{{1,3}}(?:part|piece|bit)?\s?#?2\s?[).:=-]?\s(?:@[\s,;]{{1,3}}(?:part|piece|bit)?\s?#?3\s?[).:=-]?\s|@?)"
    r"([a-z0-9-]{2,40})[\s,;]{1,3}(?:part|piece|bit)?\s?#?([34])\s?[).:=-]?\s(?:dot\s)?\.?([a-z]{2,6}(?:\.[a-z]{2})?)(?![a-z0-9@])"
)
_DESCRIBED = re.compile(
    rf"(?<![a-z0-9._+-])({_LOCAL})\s(?:with )?(?:the |that |an? )?(?:little |small |lowercase )?(?:a (?:in|inside|with) an? (?:circle|ring|loop|curl|tail)|(?:swirly|curly|twirly|circled|round) a)"
    rf"(?: thing| sign| symbol| thingy)?\s({_HOST})(?![a-z0-9@])"
)
_GATE = re.compile(r"a (?:in|inside|with) an? (?:circle|ring|loop|curl|tail)|(?:swirly|curly|twirly|circled|round) a\b")
_UNSIGNED = re.compile(
    rf"(?<![a-z0-9@._+-])([a-z0-9][a-z0-9._+-]{{1,40}}?)({'|'.join(sorted(PROVIDERS, key=len, reverse=True))})\.(com|net|org|me|de|fr|es|it|ru|co\.uk|com\.[a-z]{{2}})"
    r"\s(?:but )?(?:with|con|mit|avec|com) (?:the|an?|la|el|dem|le|o) (?:@|at|arroba|arobase)(?: sign| symbol)? (?:before|in front of|where it|antes|vor|avant|goes)"
)
_STANDS = re.compile(
    rf"(?<![a-z0-9._+-])({_LOCAL})\s?[&%#]\s?((?:{'|'.join(sorted(PROVIDERS))})\s?[.#]\s?(?:com|net|org|me|de|fr|es|it|ru|co\.uk))(?![a-z0-9])"
)


def by_shreds(text: str) -> Iterator[Found]:
    """Everything this module knows, each behind a cheap look."""
    if "@" in text:
        yield from _in_shreds(text)
    if "2" in text and "1" in text:
        yield from _numbered(text)
    if _GATE.search(text):
        yield from _joined(_DESCRIBED, text)
    if "&" in text or "%" in text or "#" in text:
        yield from _joined(_STANDS, text)
    if "@" in text or "arroba" in text or " at " in text:
        for match in _UNSIGNED.finditer(text):
            yield match.start(), match.end(), f"{match[1]}@{match[2]}.{match[3]}", 0.85


def _in_shreds(text: str) -> Iterator[Found]:
    """`jo|e@|gma|il.|com`, `jo (@gm)(ail)(.com)`."""
    for match in _SHREDS.finditer(text):
        if "@" in match[0] and (whole := _WHOLE.fullmatch(match[0].replace(match[1], "").rstrip("."))):
            yield from _sure(match.start(), match.end(), whole[1], whole[2])
    for match in _BRACKETS.finditer(text):
        if "@" in match[2] and (whole := _WHOLE.fullmatch(match[1] + re.sub(r"[()\[\]{}\s]", "", match[2]))):
            yield from _sure(match.start(), match.end(2), whole[1], whole[2])


def _numbered(text: str) -> Iterator[Found]:
    """`part1 jo part2 gmail part3 com`, `1) jo 2) @ 3) gmail 4) com`."""
    for match in _NUMBERED.finditer(text):
        yield from _sure(match.start(), match.end(), match[1], f"{match[2]}.{match[4]}")


def _joined(pattern: re.Pattern[str], text: str) -> Iterator[Found]:
    for match in pattern.finditer(text):
        yield from _sure(match.start(), match.end(), match[1], re.sub(r"\s", "", match[2]).replace("#", "."))


def _sure(start: int, end: int, local: str, host: str) -> Iterator[Found]:
    if registered(host) and local not in NO_NAME and any(map(str.isalpha, local)):
        yield start, end, f"{local.strip('.')}@{corrected(host)}", 0.85
