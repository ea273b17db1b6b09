"""A long text in pieces as long as the models have learned from: what few words say is not drowned by many others.

The models add up what they know of the words of a text. Four hundred friendly words before a threat outweigh it, and a
window as long as the threat does not hold them all.
"""

from collections.abc import Iterator, Sequence

from app.moderation.features import WORD
from app.moderation.folding import Folded

Parts = Sequence[tuple[str, list[str]]]
"""Pieces of one text: as each was written, and its words."""

PART = 20
"""Words of a piece. Half of the SMS and tweets the models have learned from have fewer."""
STEP = 10
"""Words from one piece to the next: what is told in ten words stands in one of them whole."""


def parts(folded: Folded, tokens: list[str]) -> Iterator[tuple[str, list[str]]]:
    """(as it was written, its words) of each piece of a text that has more than one; of equal pieces one."""
    if len(tokens) <= PART:
        return
    places = [match.span() for match in WORD.finditer(folded.text)]
    seen: set[tuple[str, ...]] = set()
    for first in range(0, len(tokens) - PART + STEP, STEP):
        piece = tokens[first : first + PART]
        key = tuple(piece)
        if key not in seen:
            seen.add(key)
            start, end = folded.span(places[first][0], places[first + len(piece) - 1][1])
            yield folded.original[start:end], piece
