"""The pieces a number of a home region is written in, and how sure they are that it is one."""

from collections.abc import Sequence
from typing import NamedTuple

from app.moderation.cues import YEAR
from app.moderation.dialling import TRUNK, groupings, number
from app.moderation.runs import Run

_ODD = frozenset("*~|=^_°#;<>→•\\¤§¦")
"""Marks that stand between the figures of no amount, date or size."""


_EVEN = frozenset("-./|_~:+")


class Window(NamedTuple):
    """Neighbouring numerals that could be one number, with what the run around them looks like."""

    first: int
    last: int
    digits: str
    plus: bool


class Shape(NamedTuple):
    """How a window is written."""

    groups: tuple[int, ...]
    disguised: bool
    whole: bool
    """Whether it is all of its run."""
    listed: bool
    """Separated like a list: `25, 23, 21`."""
    cue: bool
    strong_cue: bool
    against: bool
    """Words before it say that it is something else, and none says to call."""
    loose: bool
    """Letters stand for so many of its digits that only the usual groups make it a number."""
    said: bool
    """An `and` stands between its digits."""
    even: bool
    """No comma or line's end between its digits."""
    alone: bool
    """There is next to nothing else in the text."""


def unbroken(kind: str, digits: str, shape: Shape, region: str) -> float:
    """Digits in one piece: a number in its full length, or any figure."""
    full = len(digits) in (10, 11) or (region not in ("US", "CA") and len(digits) == 9)
    if region in TRUNK and digits[0] != "0" and not shape.cue:
        return 0.3
    if region in TRUNK and len(digits) == 12 and shape.whole:
        full = True
    if region not in ("US", "CA") and len(digits) == 8:
        return 0.8 if shape.strong_cue else 0.62 if shape.whole and (shape.cue or shape.alone) else 0.3
    if kind == "embedded" and not (full and shape.cue):
        return 0.3
    if not full:
        return 0.7 if shape.strong_cue and shape.whole else 0.3
    if len(digits) == 11 and region in ("US", "CA") and not shape.cue:
        return 0.55 if not shape.whole else 0.7
    return 0.95 if shape.cue else 0.8 if shape.whole or digits[0] in "23456789" else 0.5


def scattered(text: str, run: Run, window: Window, shape: Shape, region: str) -> float:
    """Digits in other pieces than usual: believed when they are all there is, or somebody says to call."""
    tokens = run[window.first : window.last + 1]
    gaps = [token.gap for token in tokens[1:]]
    home = region in ("US", "CA")
    year = (len(window.digits) != 11 and YEAR.fullmatch(tokens[0].digits) is not None) or (
        home and YEAR.fullmatch(tokens[-1].digits) is not None
    )
    if shape.strong_cue and not shape.listed:
        return 0.9
    if (year and not shape.cue) or shape.listed:
        return 0.3
    between = "".join(gaps)
    if any(mark in between for mark in ('"', "x", "$", "\n")):
        return _marked(text, run, window, shape, region)
    odd = any(mark in between for mark in _ODD)
    return _at_home(run, window, shape, gaps, odd) if home else _abroad(run, window, shape, region, odd)


def _is_usual(window: Window, shape: Shape, region: str) -> bool:
    """Whether the pieces are those in which its country writes a number."""
    return shape.groups in groupings(number(window.digits, region))


def _marked(text: str, run: Run, window: Window, shape: Shape, region: str) -> float:
    """Pieces between which there are quotation marks, signs of sizes and amounts, or the ends of lines."""
    tokens = run[window.first : window.last + 1]
    gaps = [token.gap for token in tokens[1:]]
    between = "".join(gaps)
    if '"' in between and set(gaps) <= {'" "', '""'} and text[max(0, tokens[0].start - 1)] == '"':
        return 0.7 if shape.whole else 0.3  # each piece in quotation marks, no inches
    if max(shape.groups) == 1 and shape.whole and not between.strip():
        return 0.75  # a digit a line
    if (
        shape.whole
        and set(gaps) == {"\n"}
        and min(shape.groups) >= 2
        and (window.digits[0] == "0" or _is_usual(window, shape, region))
    ):
        return 0.65  # a piece a line
    return 0.65 if shape.cue and shape.whole else 0.3


def _at_home(run: Run, window: Window, shape: Shape, gaps: Sequence[str], odd: bool) -> float:
    """In North America, where an area code is three digits."""
    if not is_aligned(shape.groups):
        tight = len(set(gaps)) == 1 and gaps[0].strip() not in ("", ",") and shape.alone
        return 0.62 if (shape.cue or tight or odd) and shape.whole and len(window.digits) == 10 else 0.3
    if shape.whole:
        return 0.9 if shape.cue else 0.8 if max(shape.groups) <= 4 else 0.7
    return 0.75 if shape.cue and _set_apart(run, window) else 0.62 if _set_apart(run, window) else 0.4


def _abroad(run: Run, window: Window, shape: Shape, region: str, odd: bool) -> float:
    """Elsewhere, where pieces are of any length."""
    gaps = [token.gap for token in run[window.first + 1 : window.last + 1]]
    told = _digit_by_digit(shape.groups)
    if told and ((shape.whole and shape.even) or _set_apart(run, window)):
        return 0.75
    if (
        shape.whole
        and len(set(gaps)) == 1
        and gaps[0].strip() in _EVEN
        and len(gaps) >= 5
        and len(set(shape.groups)) > 1
    ):
        return 0.65  # the same mark between pieces as nobody measures in
    if not shape.cue and window.digits[0] != "0" and (region in TRUNK or set(shape.groups) == {2}):
        return 0.5  # who lives there says the zero
    if shape.whole and len(window.digits) >= 9 and odd:
        return 0.65
    if min(shape.groups[1:]) == 1 and not shape.cue:
        return 0.5
    return 0.85 if shape.whole else 0.7 if shape.cue else 0.45


def _digit_by_digit(groups: Sequence[int]) -> bool:
    """`0 1 6 1 …`, or an area code and then digit by digit."""
    return max(groups[1:]) == 1 and (groups[0] == 1 or 2 < groups[0] < 6) and len(groups) >= 7 and sum(groups) >= 9


def is_aligned(groups: Sequence[int]) -> bool:
    """Whether a piece ends after the area code (3 digits, or 1 + 3): people break numbers there."""
    total = 0
    for group in groups:
        total += group
        if total == 3 or (sum(groups) == 11 and total == 4):
            return True
    return False


def _set_apart(run: Run, window: Window) -> bool:
    """Whether the gaps at the window's edges are wider or other than those inside."""
    inside = {token.gap.strip() for token in run[window.first + 1 : window.last + 1]}
    edges = [run[window.first].gap] if window.first else []
    if window.last + 1 < len(run):
        edges.append(run[window.last + 1].gap)
    return bool(edges) and all(edge.strip() not in inside or len(edge) > 3 for edge in edges)
