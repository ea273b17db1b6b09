"""Phone numbers, plain and disguised: runs of numerals, windows that could be a number, and what speaks for each.

`phonenumbers` says which digits are a number in which country; shape and words around decide whether they are meant
as one.
"""

import re
from collections.abc import Sequence

from app.moderation.apart import find_apart, is_led, is_refined
from app.moderation.cards import is_card
from app.moderation.cues import (
    AGAINST,
    AMOUNTS,
    AROUND,
    BARCODE,
    BEHIND,
    CUE,
    DATE,
    EXTENSION,
    HOST,
    MONTH,
    NUMBER_CUE,
    POSTAL,
    SERIAL,
    STRONG_CUE,
    TOWN,
    UNIT,
    VARIANT,
    WITHHELD,
    YEAR,
)
from app.moderation.dialling import NO_TRUNK, american, elsewhere, number, possible
from app.moderation.folding import Folded, is_capital
from app.moderation.lookalikes import find_lookalikes
from app.moderation.pieces import Shape, Window, scattered, unbroken
from app.moderation.runs import LONGEST, Run, is_counting, is_listed, is_scale, runs
from app.moderation.spellings import plainly
from app.moderation.verdicts import Threat

ALONE = 14
"""Letters and figures beside a number in a text that holds next to nothing else."""
MAX_CHECKS = 72
"""Windows of one text that are looked up; a longer series of numbers is a table, not a message."""
_PLUS = re.compile(r"\bplus\W{1,3}$")
_USUAL_GAPS = frozenset((" ", "-", ".", "/", ") ", ")", " (", ") (", " - ", " 0", " (0) ", "(", "-("))
_AND = re.compile(r"[\s,]*(?:and|y|et|und|plus)[\s,]*")
DISGUISED = frozenset(("word", "tens", "score", "teen", "hundred", "leet", "mixed", "weak"))


def find_phones(folded: Folded, home: Sequence[str]) -> list[Threat]:
    """Every phone number of a text, the surest first where two overlap."""
    text = plainly(folded.text)
    folded = folded._replace(text=text)
    found: list[Threat] = []
    checks = [MAX_CHECKS]
    spoken = _count(text)
    every = list(runs(text))
    if every and sum(len(token.digits) for run in every for token in run) >= 7:
        found.extend(find_apart(folded, every, home))
    told = [one.span for one in found]
    for run in every:
        if told and _overlaps(folded, run, told):
            continue
        if sum(len(token.digits) for token in run) < 7:
            continue
        alone = spoken - _count(text[run[0].start : run[-1].end]) <= ALONE
        found.extend(_in_run(folded, run, home, checks, alone=alone))
    if not found and every:
        found = find_lookalikes(folded, home)
    if not found:
        found.extend(
            Threat(kind="phone", span=folded.span(*match.span()), value="".join(match.groups()), confidence=0.75)
            for match in WITHHELD.finditer(text)
        )
    return found


def _overlaps(folded: Folded, run: Run, spans: Sequence[tuple[int, int]]) -> bool:
    start, end = folded.span(run[0].start, run[-1].end)
    return any(start < stop and begin < end for begin, stop in spans)


def _count(text: str) -> int:
    """Letters and figures."""
    return sum(map(str.isalnum, text))


def _in_run(folded: Folded, run: Run, home: Sequence[str], checks: list[int], *, alone: bool) -> list[Threat]:
    """The numbers of one run: windows judged left to right, none sharing a numeral with an earlier one."""
    text = folded.text
    if is_card(run, text) or SERIAL.search(text, max(0, run[0].start - AROUND), run[0].start):
        return []
    found: list[Threat] = []
    index = 0
    cue = _is_announced(text, run)
    against_all = _is_else(text, run)
    dates = _other_figures(folded, run, cue=cue)
    while index < len(run) and checks[0] > 0:
        best: tuple[float, str, Window] | None = None
        begin = run[index].start
        against = against_all or AGAINST.search(text, max(0, begin - 32), begin) is not None
        strong = STRONG_CUE.search(text, max(0, begin - AROUND), begin) is not None or (
            not against and NUMBER_CUE.search(text, max(0, begin - AROUND), begin) is not None
        )
        for window in _windows(text, run, index):
            if checks[0] <= 0:
                break
            if _hopeless(text, run, window, () if window.plus else dates) or (
                not cue and is_scale(run[window.first : window.last + 1])
            ):
                continue
            checks[0] -= 1
            shape = _shape(run, window, cue=cue, strong_cue=strong, against=against)._replace(alone=alone)
            value, sure = _judge(text, run, window, shape, home)
            if (
                value
                and sure >= 0.6
                and (best is None or sure > best[0] or (_fuller(window, shape) and sure == best[0]))
            ):
                best = (sure, value, window)
        if best is None:
            index += 1
            continue
        found.append(_threat(folded, run, *best))
        index = best[2].last + 1
    found.extend(_unread(folded, run[index:]))
    return found


def _is_else(text: str, run: Run) -> bool:
    """Whether words beside a run say that it is an order's number, or the like."""
    start = run[0].start
    before = max(0, start - 32)
    return (
        AGAINST.search(text, before, start) is not None
        or BARCODE.search(text, before, start) is not None
        or BEHIND.match(text, run[-1].end) is not None
    )


def _threat(folded: Folded, run: Run, sure: float, value: str, window: Window) -> Threat:
    span = folded.span(*_edges(folded.text, run[window.first].start, run[window.last].end))
    return Threat(kind="phone", span=span, value=value, confidence=round(sure, 2))


def _fuller(window: Window, shape: Shape) -> bool:
    """Whether of windows that are equally sure the longer one counts."""
    return shape.whole or window.plus or window.digits.startswith(("00", "011"))


def _other_figures(folded: Folded, run: Run, *, cue: bool) -> list[tuple[int, int]]:
    """Where a run holds a date and, unless somebody says to call, an Internet address or the code of a town."""
    text = folded.text
    marked = (DATE,) if cue else (DATE, HOST)
    found = [match.span() for one in marked for match in one.finditer(text, run[0].start, run[-1].end + 3)]
    if not cue:
        found += [
            match.span()
            for match in POSTAL.finditer(text, run[0].start, run[-1].end)
            if match.start() == run[0].start or text[match.start() - 2 : match.start()] == ", "
        ]
        found += [
            match.span(1)
            for match in TOWN.finditer(text, run[0].start, min(len(text), run[-1].end + 24))
            if is_capital(folded, match.start(2))
        ]
    return found


def _unread(folded: Folded, rest: Run) -> list[Threat]:
    """Too many figures to look each up: what was not looked at is not let through."""
    digits = "".join(token.digits for token in rest)
    if len(digits) < 7:
        return []
    span = folded.span(rest[0].start, rest[-1].end)
    return [Threat(kind="phone", span=span, value=digits[:15], confidence=0.6)]


def _is_announced(text: str, run: Run) -> bool:
    """Whether words before or just behind a run are about calling."""
    start, end = run[0].start, run[-1].end
    return bool(CUE.search(text, max(0, start - AROUND), start) or CUE.search(text, end, min(len(text), end + 24)))


def _windows(text: str, run: Run, first: int) -> list[Window]:
    """What begins at one numeral and has 7 to 15 digits."""
    start = run[first].start
    plus = (
        text[max(0, start - 3) : start].rstrip(" (").endswith("+")
        or _PLUS.search(text, max(0, start - 8), start) is not None
    )
    found: list[Window] = []
    digits = ""
    for last in range(first, min(len(run), first + LONGEST)):
        digits += run[last].digits
        if len(digits) > 15:
            break
        if len(digits) >= 7:
            found.append(Window(first, last, digits, plus))
    return found


def _hopeless(text: str, run: Run, window: Window, dates: Sequence[tuple[int, int]]) -> bool:
    """What is no phone number whatever it says: a price, an amount with its unit, a date."""
    start, end = run[window.first].start, run[window.last].end
    before = text[max(0, start - 2) : start].rstrip()
    if before.endswith(("$", "€", "£", "¥")) or (
        before.endswith((".", ",")) and start > 1 and text[start - 2].isdigit()
    ):
        return True
    if AMOUNTS.match(text, start) and window.last > window.first + 1 and run[window.first + 2].gap != ",":
        return True
    if UNIT.match(text, end) and not (text[end] == '"' == before[-1:]):
        return True
    if text[end : end + 1] in "-/" and text[end + 1 : end + 2].isdigit() and window.last == len(run) - 1:
        return True
    if is_counting(run[window.first : window.last + 1]):
        return True
    if len(window.digits) > 13 and not window.plus and not window.digits.startswith(("00", "011")):
        return True
    return any(start <= one < end or start < other <= end for one, other in dates)


def _shape(run: Run, window: Window, *, cue: bool, strong_cue: bool, against: bool) -> Shape:
    tokens = run[window.first : window.last + 1]
    gaps = [token.gap for token in tokens[1:]]
    return Shape(
        groups=tuple(len(token.digits) for token in tokens),
        disguised=any(token.kind in DISGUISED for token in tokens),
        whole=len(tokens) == len(run),
        listed=is_listed([len(token.digits) for token in tokens], [gap.strip() if gap != "," else "" for gap in gaps]),
        cue=cue,
        strong_cue=strong_cue,
        against=against and not strong_cue,
        loose=any(token.kind == "loose" for token in tokens),
        said=any(_AND.fullmatch(gap) for gap in gaps) and not (len(set(gaps)) == 1 and len(gaps) >= 8),
        even=not any("," in gap or "\n" in gap for gap in gaps) or (len(gaps) >= 8 and set(gaps) == {","}),
        alone=False,
    )


def _judge(text: str, run: Run, window: Window, shape: Shape, home: Sequence[str]) -> tuple[str, float]:
    """(E.164, how sure) of one window; ('', 0) when the digits are no number anywhere."""
    if window.plus:
        return _international(window)
    digits = window.digits
    if len(digits) == 13 and not (digits.startswith(("00", "011")) or (shape.whole and (shape.cue or shape.disguised))):
        return "", 0.0
    if len(digits) == 7 and {"US", "CA"} & set(home):
        plain = shape.groups in ((3, 4), (7,)) and shape.strong_cue and shape.whole
        return (digits, 0.65) if plain else ("", 0.0)
    for prefix in ("011", "00"):
        if shape.even and digits.startswith(prefix) and len(digits) > 9 + len(prefix) - 2:
            value = number("+" + digits[len(prefix) :], None)
            if value:
                return value, 0.9
    for place, region in enumerate(home):
        value = number(digits, region)
        if value:
            return value, _sureness(text, run, window, shape, region) - 0.01 * place
    return _foreign(text, run, window, shape, home)


def _international(window: Window) -> tuple[str, float]:
    """What follows a plus sign: valid, or at least as long as numbers of that country are, with or without a `(0)`."""
    value = number("+" + window.digits, None)
    if value:
        return value, 0.97
    value = possible(window.digits)
    return (value, 0.85) if value else ("", 0.0)


def _sureness(text: str, run: Run, window: Window, shape: Shape, region: str) -> float:
    """How sure a valid number of a home region is meant as one."""
    tokens = run[window.first : window.last + 1]
    classic = shape.groups in ((3, 3, 4), (1, 3, 3, 4)) and text[tokens[-1].end : tokens[-1].end + 1] not in ("-", "/")
    if shape.against:
        return 0.3
    if shape.loose and not (classic and (shape.cue or shape.whole)):
        return 0.75 if shape.whole and shape.cue else 0.62 if shape.whole and shape.alone else 0.3
    if shape.said and not (shape.cue or shape.alone or shape.disguised):
        led = shape.whole and is_led([token.gap for token in tokens[1:]])
        return 0.7 if led and is_refined(shape.groups, number(window.digits, region)) else 0.5
    if shape.disguised and (shape.whole or shape.cue):
        spoken = sum(len(token.digits) for token in tokens if token.kind in DISGUISED)
        return 0.93 if spoken >= 1 or shape.cue else 0.6
    if classic:
        return (0.96 if shape.cue else 0.92) if not shape.listed else 0.62 if shape.whole else 0.3
    if len(shape.groups) == 1:
        return unbroken(tokens[0].kind, window.digits, shape, region)
    return scattered(text, run, window, shape, region)


def _foreign(text: str, run: Run, window: Window, shape: Shape, home: Sequence[str]) -> tuple[str, float]:
    """A national number of a country that is not home: only whole, in usual pieces, or announced."""
    tokens = run[window.first : window.last + 1]
    if shape.against or shape.loose or VARIANT.match(text, tokens[-1].end):
        return "", 0.0
    gaps = [token.gap for token in tokens[1:]]
    even = (
        len(set(gaps)) <= 2
        and all(gap in _USUAL_GAPS for gap in gaps)
        and not MONTH.search(text, max(0, tokens[0].start - 12), tokens[0].start)
    )
    usual = shape.whole and (even or shape.strong_cue) and not any("\n" in gap or "," in gap for gap in gaps)
    if "/" in gaps and not tokens[0].digits.startswith("0"):
        even = False  # dimensions, speeds, gears
    grouped = even and len(shape.groups) >= 2 and min(shape.groups) >= 2 and max(shape.groups) <= 7
    if not usual or not (shape.strong_cue or (grouped and (shape.cue or tokens[0].digits[0] == "0"))):
        return _unannounced(window, shape, home) if usual and grouped and not shape.disguised else ("", 0.0)
    if american(window.digits, home):
        return american(window.digits, home), 0.75
    for region in elsewhere(window.digits):
        value = number(window.digits, region)
        if value:
            return value, 0.8
    return (window.digits, 0.7) if shape.strong_cue and len(window.digits) >= 8 else ("", 0.0)


def _unannounced(window: Window, shape: Shape, home: Sequence[str]) -> tuple[str, float]:
    """Groups nobody announces: three or more of them that are a number of some country, or the classic 3-3-4."""
    if shape.groups in ((3, 3, 4), (1, 3, 3, 4)) and american(window.digits, home):
        return american(window.digits, home), 0.72
    if (
        len(shape.groups) >= 3
        and 9 <= len(window.digits) <= 11
        and shape.groups != (3, 2, 4)
        and (shape.alone or window.digits[0] == "0" or min(shape.groups) > 2)  # pairs of figures amid words are scores
        and not YEAR.match(window.digits)
    ):
        for region in elsewhere(window.digits) if window.digits[0] == "0" else NO_TRUNK:
            if region not in home:
                value = number(window.digits, region)
                if value:
                    return value, 0.62
    return "", 0.0


def _edges(text: str, start: int, end: int) -> tuple[int, int]:
    """The span with its plus sign and brackets."""
    for opening in "(", "+", "(":
        stripped = start
        while stripped > 0 and start - stripped < 2 and text[stripped - 1] == " ":
            stripped -= 1
        if stripped > 0 and text[stripped - 1] == opening and (opening == "+" or ")" in text[start : end + 1]):
            start = stripped - 1
    extension = EXTENSION.match(text, end)
    end = extension.end() if extension else end
    if end < len(text) and text[end] == ")" and "(" in text[start:end] and ")" not in text[start:end]:
        end += 1
    return start, end
