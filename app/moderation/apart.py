"""Numbers whose parts stand apart among words: `510, then 574 and to finish 7946`; `574 7946, area code 510`.

Each part is a run of its own. Together they are believed when they are a valid number of a home region and what stands
between them only leads from one part to the next, or somebody has just said to call.
"""

import re
from collections.abc import Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from app.moderation.cues import AGAINST, AROUND, CUE, NUMBER_CUE, SERIAL, STRONG_CUE, UNIT
from app.moderation.dialling import TRUNK, groupings, number
from app.moderation.folding import Folded
from app.moderation.runs import Run, runs
from app.moderation.verdicts import Threat

MOST_PARTS = 15
MOST_STEPS = 40
"""Places of one text from which parts are put together; a longer series of figures is a table."""
MOST_AREAS = 6
MAX_BETWEEN = 44
MAX_WORDS = 6
_MONEY = ("$", "€", "£", "¥")
LONG = 11
"""Characters of E.164 from which a number in parts is one whatever its parts are."""
LONGEST_PART = 9
"""Digits of a part; more are a number by themselves."""

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_ASIDE = re.compile(r"\([^()\d]{1,28}\)")
"""What is said in brackets between two parts: `(no spam)`."""
_STOPS = re.compile(r"[$€£¥%]|\n\s*\n")
_LEADING = frozenset(
    "then after that thats followed by next last first second third fourth final finally part parts bit bits piece digits digit group and dont don't forget "
    "wait for it its it's dial to finish comes come start starts begin begins with in the middle of you have has got end ends ending is are my now here add "
    "plus also lastly continue continuing goes go rest of remaining numbers number ok okay so this a area code im i m thats that's say put type press write "
    "lol haha hehe hihi jaja kkk rsrs hm hmm hmmm um umm uh er ah oh well wait right got far yes yeah yep please pls thanks dash minus dot point traco guion strich tiret trattino "
    "puis ensuite suivi suivie de du et enfin finir pour debut fin apres premier dernier deuxieme commence par termine "
    "luego al final seguido despues y primero principio empieza termina con acaba por ultimo entonces lo que sigue el la los "
    "depois e fim seguida inicio comeca resto o os ddd no "
    "und danach dann zuletzt zum schluss gefolgt von am anfang ende erst zuerst noch "
    "poi infine seguito da dopo inizia finisce prima "
    "phir uske baad aur ant mein me shuru pehle "
    "potem nastepnie dalej i na koniec a dan daarna en tot slot sonra ardindan ve nihayet zatem kemudian lalu "
    "потом затем дальше и в конце".split()
)  # fmt: skip
"""Words that lead from one part of a number to the next."""
_SMALL = frozenset(
    "and y e et und to is are my in the of a at by with for no me you i on am el la los o os ve en i и this it".split()
)
"""Those of them that stand between any two figures."""
_AREA = re.compile(
    r"\barea ?code\b|\bvorwahl\b|\bddd\b|\blada\b|\bprefijo\b|\bprefixo\b|\bprefisso\b|\bindicatif\b|\bstd(?: code)?\b|\bdiall?ing code\b|\bkengetal\b|\bcodigo de area\b|\bclave\b"
    r"|\b(?:its|it's|it is|thats|that's|in the|from the|with an?) an?\b|\b(?:in|from|with) the\b"
)
_OF_AREA = re.compile(r"[^\w]{0,3}\s?(?:area(?: ?code)?|number|code|one|region)\b")
_BEFORE_AREA = re.compile(
    r"(?:[^\w\n]|\b(?:and|und|y|e|et|o|el|le|die|the|mit|with|con|com|my|mein|meine|is|local)\b){0,12}"
)
_AFTER_AREA = re.compile(r"(?:[^\w\n]|\b(?:is|ist|es|e|est|of|the|de|is the|da)\b){0,8}")


def find_apart(folded: Folded, found: Sequence[Run], home: Sequence[str]) -> list[Threat]:
    """The numbers that several runs of a text say together, and those whose area code comes last."""
    threats = _area_last(folded, home) if any(4 < len(_digits(run)) < MOST_PARTS for run in found) else []
    first, steps = 0, 0
    while first < len(found) - 1 and steps < MOST_STEPS:
        if found[first + 1][0].start - found[first][-1].end > MAX_BETWEEN:
            first += 1
            continue
        steps += 1
        best = None if _is_whole(found[first]) else _from(folded, found, first, home)
        if best is None:
            first += 1
            continue
        last, value, sure = best
        span = folded.span(found[first][0].start, found[last][-1].end)
        threats.append(Threat(kind="phone", span=span, value=value, confidence=sure))
        first = last + 1
    return threats


def _digits(run: Run) -> str:
    return "".join(token.digits for token in run)


def _is_whole(run: Run) -> bool:
    return len(_digits(run)) > LONGEST_PART


def _from(folded: Folded, found: Sequence[Run], first: int, home: Sequence[str]) -> tuple[int, str, float] | None:
    """(last run, E.164, how sure) of the longest number whose first part is a run."""
    text = folded.text
    digits = _digits(found[first])
    best: tuple[int, str, float] | None = None
    told = True
    said: _Said | None = None
    for last in range(first + 1, min(len(found), first + MOST_PARTS)):
        between = text[found[last - 1][-1].end : found[last][0].start]
        if len(between) > MAX_BETWEEN or _is_whole(found[last]):
            break
        if "(" in between:
            between = _ASIDE.sub(" ", between)
        words = _WORD.findall(between)
        if len(words) > MAX_WORDS or _STOPS.search(between) or UNIT.match(text, found[last - 1][-1].end):
            break
        told = told and _LEADING.issuperset(words)
        digits += _digits(found[last])
        if len(digits) > MOST_PARTS:
            break
        value = _valid(digits, home) if len(digits) > 7 else ""
        if value and not UNIT.match(text, found[last][-1].end):
            said = said or _said(text, found[first][0].start)
            if said is None or not (said.announced or digits[0] == "0" or TRUNK.isdisjoint(home)):
                break
            sure = _sureness(text, found[first : last + 1], value, said, told=told)
            best = (last, value, sure) if sure else best
    return best


def _valid(digits: str, home: Sequence[str]) -> str:
    for prefix in ("00", "011"):
        if digits.startswith(prefix) and len(digits) > 10:
            return number("+" + digits[len(prefix) :], None)
    return next((value for region in home if (value := number(digits, region))), "")


class _Said(NamedTuple):
    """What the words before a number say about it."""

    strong: bool
    """Somebody has just said to call."""
    announced: bool


def _said(text: str, start: int) -> _Said | None:
    """What stands before a place; None when that says it is an amount, or something else's number."""
    against = AGAINST.search(text, max(0, start - 32), start) or SERIAL.search(text, max(0, start - 48), start)
    if against or text[max(0, start - 2) : start].rstrip().endswith(_MONEY):
        return None
    strong = any(cue.search(text, max(0, start - AROUND), start) for cue in (STRONG_CUE, NUMBER_CUE))
    return _Said(strong, strong or CUE.search(text, max(0, start - AROUND), start) is not None)


def _sureness(text: str, parts: Sequence[Run], value: str, said: _Said, *, told: bool) -> float:
    """How sure parts that are a valid number together are meant as one; 0 when they are not."""
    written = [len(token.digits) for part in parts for token in part]
    if told:
        single = max(written) == 1 and len({text[a[-1].end : b[0].start] for a, b in pairwise(parts)}) == 1
        if said.announced or single:
            return 0.85
        words = [_WORD.findall(text, one[-1].end, two[0].start) for one, two in pairwise(parts)]
        led = all(not _SMALL.issuperset(between) for between in words)
        if not (led or not any(words)):
            return 0.0
        return 0.7 if (led and len(value) > LONG) or is_refined(written, value) else 0.0
    called = said.strong or (len(parts) > 2 and said.announced)
    return 0.7 if called and len(written) <= 5 and is_refined(written, value) else 0.0


def is_refined(written: Sequence[int], value: str) -> bool:
    """Whether a number is broken wherever its country breaks it, and perhaps elsewhere."""
    places = _ends(written)
    total = sum(written)
    return any(
        {end + total - sum(usual) for end in _ends(usual)} <= places | {total - sum(usual)}
        for usual in groupings(value)
        if abs(sum(usual) - total) < 3
    )


def is_led(gaps: Sequence[str]) -> bool:
    """Whether one of the words between the numerals of a run says that another follows: `then`, not only `and`."""
    return any(not _SMALL.issuperset(_WORD.findall(gap)) for gap in gaps)


def _ends(groups: Sequence[int]) -> set[int]:
    total, ends = 0, set()
    for group in groups[:-1]:
        total += group
        ends.add(total)
    return ends


def _area_last(folded: Folded, home: Sequence[str]) -> list[Threat]:
    """`574 7946 (area code 510)`, `… and it's a 510 number`, `…, Vorwahl 040`."""
    text = folded.text
    found: list[Threat] = []
    for match in islice(_AREA.finditer(text), MOST_AREAS):
        before = next(reversed(list(runs(text[max(0, match.start() - 64) : match.start()]))), None)
        after = next(runs(text[match.end() : match.end() + 40]), None)
        if before is None or after is None:
            continue
        from_here = max(0, match.start() - 64)
        end = match.end() + after[-1].end
        named = "code" in match[0] or match[0][:2] not in ("it", "th", "in", "fr", "wi")
        if not _BEFORE_AREA.fullmatch(text[from_here + before[-1].end : match.start()]):
            continue
        if not _AFTER_AREA.fullmatch(text[match.end() : match.end() + after[0].start]) or not (
            named or _OF_AREA.match(text, end)
        ):
            continue
        rest = _digits(before)
        value = ""
        for count in range(1, len(after) + 1):
            area = _digits(after[:count])
            if 2 <= len(area) <= 5 and 5 <= len(rest) <= LONGEST_PART and (value := _valid(area + rest, home)):
                end = match.end() + after[count - 1].end
                break
        if value:
            span = folded.span(from_here + before[0].start, end)
            found.append(Threat(kind="phone", span=span, value=value, confidence=0.95))
    return found
