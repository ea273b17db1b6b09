"""Digits that are told with something around or inside them: labels of their pieces, marks between, letters starred, stretched or torn.

Two passes, each behind a look that costs next to nothing. `plainly` takes out what stands around digits (`first half`, `(b)`, `$5 $5`, `5th`)
and keeps every place; `respelled` finds words that one closed list of digits holds once stars, repeats and blanks are folded.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import islice, pairwise

from app.moderation.numerals import ARTICLES, WORDS
from app.moderation.tongues import NAMES, TONGUES, segments

PART = "¦"
"""What stands for a label that was taken out: a mark that parts nothing but pieces of one number."""
MOST = 24
"""Labels or words of one text that are looked at."""
_MOST_GLUED = 40
_LONGEST = 12
"""Letters of a digit's name."""

_ROW = re.compile(
    r"(?:[$€£¥]\s?\d(?![\d.]|,\d)[\s,.;-]{0,3}){7,16}|(?:\d(?:st|nd|rd|th|er|e|o|a|º|ª)[\s,.;-]{1,3}){6,15}\d(?:st|nd|rd|th|er|e|o|a|º|ª)(?![a-z])"
)
"""`$5 $5 $1 …`, `5th 5th 1st …`."""
_ROWED = re.compile(r"[$€£¥]\s?\d(?!\d)|\d(?:st|nd|rd|th|er|e|o|a|º|ª)[\s,.;-]{1,3}\d")
_AROUND = re.compile(r"[^\d\s,.;-]")
_LACED = re.compile(
    r"(?<![a-z0-9])\d{1,4}([a-z])\d{2,4}(?:\1\d{2,4}){1,4}(?![a-z0-9])|(?<![a-z0-9])\d(?:[a-z]\d){6,14}[a-z]?(?![a-z0-9])"
)
"""`06x21x36x88x73`, `5a5b1c0d…`."""
_LETTER = re.compile(r"[a-z]")
_LEAST_LACED = 9
_LEAST = 7
"""Digits of a number."""
_PLACES = {"first": 1, "1st": 1, "primera": 1, "primeira": 1, "primero": 1, "premiere": 1, "premier": 1, "erste": 1, "second": 2, "2nd": 2, "other": 2, "segunda": 2, "segundo": 2, "deuxieme": 2,
           "seconde": 2, "zweite": 2, "third": 3, "3rd": 3, "last": 3, "final": 3, "tercera": 3, "terceira": 3, "troisieme": 3, "dritte": 3, "fourth": 4, "4th": 4, "cuarta": 4, "quarta": 4}  # fmt: skip
_PIECE = r"(?:half|halves|part|bit|piece|chunk|group|section|set|mitad|metade|parte|moitie|partie|haelfte|halfte|teil)"
_LABEL = re.compile(
    rf"[\s,;]*(?:<?[-=>]{{1,3}}\s?)?(?:the )?(?<![a-z0-9])(?P<place>{'|'.join(_PLACES)})(?![a-z0-9])(?:\s{_PIECE}(?![a-z]))?(?:\s(?:is|es|e|est|ist))?[\s:=>-]*"
    rf"|[\s,;]*(?<![a-z0-9]){_PIECE}\s?#?(?P<part>[1-4])(?:\s?[):.=>-]{{1,3}}\s*|\s(?=\d))"
    r"|[\s,;]*(?:\((?P<inside>[a-d1-4])\)|(?<![a-z0-9])(?P<item>[a-d1-4])\s?[):=])\s*(?=\+?\d)"
    r"|[\s,;]*(?<![a-z0-9])(?:digits?|numbers?|pos(?:itions?)?|figures?)?\s?(?P<range>[1-9]\s?(?:-|to)\s?\d{1,2})\s?[:=]\s*(?=\d)"
)
_LABELLED = re.compile(rf"{_PIECE}|\d\s?<-|\([ab1]\)|\b[a1]\s?[):=]|\bfirst\b|\b1\s?-\s?\d\s?[:=]")
"""What a text has that labels the pieces of a number."""
_FIGURES = re.compile(r"\d{2,7}(?:[ .-]\d{1,4}){0,3}")


def plainly(text: str) -> str:
    """The text without what stands around its digits, as long as before."""
    if sum(map(text.count, "0123456789")) < _LEAST:
        return text
    if _LABELLED.search(text):
        text = _unlabelled(text)
    if _ROWED.search(text):
        text = _ROW.sub(lambda row: _AROUND.sub(" ", row[0]), text)
    return _LACED.sub(_unlaced, text)


def _unlaced(found: re.Match[str]) -> str:
    written = found[0]
    figures = sum("0" <= char <= "9" for char in written)
    if figures < _LEAST_LACED or (
        found[1] == "x" and written[0] != "0" and not re.fullmatch(r"\d{3}x\d{3}x\d{4}", written)
    ):
        return written
    return _LETTER.sub(PART, written)


def _unlabelled(text: str) -> str:
    """Pieces of a number without the labels that count them; those must count, and a piece follow or precede each."""
    labels = list(islice(_LABEL.finditer(text), MOST))
    for family in ("place", "part", "inside", "item", "range"):
        mine = [match for match in labels if match[family]]
        for first in range(len(mine)):
            row = _counted(mine[first:], family)
            if row and _is_of_figures(text, row):
                for match in row:
                    text = text[: match.start()] + PART.center(match.end() - match.start()) + text[match.end() :]
                return text
    return text


def _counted(labels: Sequence[re.Match[str]], family: str) -> list[re.Match[str]]:
    """The labels that count on from the first: first, second; 1, 2; a, b, c; 1-3, 4-6."""
    row: list[re.Match[str]] = []
    for match in labels:
        said = match[family]
        if family == "range":
            begin, end = (int(one) for one in re.findall(r"\d+", said))
            follows = begin == (int(re.findall(r"\d+", row[-1][family])[1]) + 1 if row else 1) and end > begin
        elif family == "place":
            follows = _PLACES[said] == len(row) + 1 or (said in ("last", "final", "other") and len(row) > 0)
        else:
            follows = said in ("abcd"[len(row) : len(row) + 1], str(len(row) + 1))
        if not follows:
            break
        row.append(match)
    return row if len(row) >= (3 if family in ("inside", "item") else 2) else []


def _is_of_figures(text: str, row: Sequence[re.Match[str]]) -> bool:
    """Whether figures stand between the labels, and nothing else, seven of them or more."""
    before = any(char in "<" for char in row[0][0])
    pieces = [text[one.end() : two.start()] for one, two in pairwise(row)]
    if before:
        led = re.search(r"\d{2,7}$", text[max(0, row[0].start() - 8) : row[0].start()])
        pieces = [*pieces, led[0] if led else ""]
    else:
        last = _FIGURES.match(text, row[-1].end())
        pieces = [*pieces, last[0] if last else ""]
    return (
        all(_FIGURES.fullmatch(piece.strip(" ,;.\n")) for piece in pieces)
        and sum("0" <= char <= "9" for piece in pieces for char in piece) > 6
    )


_STARS = "*#@$%&?~^"
_STARRED = re.compile(r"[*#@$%&?~^][a-z*#@$%&?~^]|[a-z]\.[a-z]{1,4}(?![a-z])")
_DOTTED = re.compile(r"(?<![^\W_])(?=[a-z]{0,4}\.[a-z]?)[a-z0.]{3,6}(?![^\W_])")
_WILD = re.compile(r"(?<![^\W_])(?=[a-z0-9]?[a-z]{0,7}[*#@$%&?~^])[a-z0*#@$%&?~^]{3,9}(?![^\W_])")
_STRETCHED = re.compile(r"([^\W\d_])\1\1")
_APART = re.compile(r"(?<![^\W_])[^\W\d_](?:([ .·_/|*,~-])[^\W\d_](?:\1[^\W\d_]){0,8})(?![^\W_])")
_JOINT = re.compile(r"[ .·_/|*~-]")
_ROMANS = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "0": "0", "o": "0"}  # fmt: skip
_LEAST_ROMAN = 9
_LEAST_GLUED = 8
_DOUBLED = re.compile(r"(.)\1+")
_FIRST = ("en", "es", "pt", "fr", "de", "it")
_ORDER = (*_FIRST, *(name for name in TONGUES if name not in _FIRST))
_BY_SIZE: dict[str, dict[int, list[tuple[str, str]]]] = {
    name: {size: [(word, digit) for word, digit in words.items() if len(word) == size] for size in range(2, _LONGEST)}
    for name, words in TONGUES.items()
}
_SQUEEZED = {
    name: {_DOUBLED.sub(r"\1", word): digit for word, digit in words.items()} for name, words in TONGUES.items()
}


def _long_words() -> dict[str, dict[str, str]]:
    """Digits' names of three letters and more, with their languages."""
    found: dict[str, dict[str, str]] = {}
    for name in _ORDER:
        for word, digit in TONGUES[name].items():
            if len(word) > 2:
                found.setdefault(word, {})[name] = digit
    return found


_EXACT = _long_words()
_HEADS = frozenset(word[:size] for word in _EXACT for size in range(1, len(word))) - frozenset(_EXACT)
"""What a torn digit may begin with."""
_COMMON = frozenset("a i on no do to is the th t o e in at se un de me my it so be ok see ca she s n m f".split())
"""Those that say nothing alone."""
_STARTS = frozenset(word[:2] for word in _EXACT)

Word = tuple[str, int, int]
_Said = tuple[int, int, dict[str, str]]
"""(start, end, language -> digits)."""


def respelled(words: Sequence[Word], text: str) -> Sequence[Word]:
    """The words of a text, those that say a digit once they are put together in the place of their pieces."""
    found: list[_Said] = []
    if _STARRED.search(text):
        found += [(*match.span(), said) for match in islice(_WILD.finditer(text), MOST) if (said := _starred(match[0]))]
        if text.count(".") > 1:
            dotted = [
                (*match.span(), said)
                for match in islice(_DOTTED.finditer(text), MOST)
                if (said := _starred(match[0].replace(".", "*")))
            ]
            found += dotted if sum(text[end - 1] != "." for _, end, _ in dotted) > 1 else ()
    if _STRETCHED.search(text):
        found += [(start, end, said) for word, start, end in words if (said := _squeezed(word))]
    heads = [place for place, word in enumerate(words) if word[0] in _HEADS]
    if len(heads) > 1 and (len(heads) > 4 or any(words[place][0] not in _COMMON for place in heads)):
        found += _torn(words, heads, text)
        if sum(word in _ROMANS for word, _, _ in words) >= _LEAST_ROMAN:
            found += _in_romans(words)
    found += _two_in_one(words)
    return _with(words, _in_one_tongue(found)) if found else words


@lru_cache(maxsize=4096)
def _starred(word: str) -> dict[str, str]:
    """Language -> digit of a word with stars for letters, where only one fits: `f**r`."""
    said: dict[str, str] = {}
    if not any(char.isalpha() for char in word):
        return said
    for name in _ORDER:
        fits = {digit for known, digit in _BY_SIZE[name].get(len(word), ()) if _fits(word, known)}
        if len(fits) == 1:
            said[name] = next(iter(fits))
    return said


def _fits(word: str, known: str) -> bool:
    return all(
        one == other or one in _STARS or (one == "0" and other == "o")
        for one, other in zip(word, known, strict=True)
    )  # fmt: skip


@lru_cache(maxsize=8192)
def _squeezed(word: str) -> dict[str, str]:
    """Language -> digit of a word whose letters are stretched: `nooove`."""
    if len(word) > MOST or not _STRETCHED.search(word):
        return {}
    single = _DOUBLED.sub(r"\1", word)
    return {name: digit for name in _ORDER if (digit := _SQUEEZED[name].get(single))}


def _torn(words: Sequence[Word], heads: Sequence[int], text: str) -> list[_Said]:
    """Words in letters or in two pieces: `f-i-v-e`, `fi ve`."""
    found: list[_Said] = []
    if sum(len(words[place][0]) == 1 for place in heads) > 1:
        found += [(*match.span(), said) for match in _APART.finditer(text) if (said := _EXACT.get(match[0][::2]))]
    for place in heads:
        if place + 1 == len(words):
            break
        (one, start, end), (two, begin, stop) = words[place], words[place + 1]
        if begin - end == 1 and (said := _EXACT.get(one + two)) and _JOINT.match(text, end):
            found.append((start, stop, said))
    return found


def _in_romans(words: Sequence[Word]) -> list[_Said]:
    """`VI.VIII.0.I …`: nine figures of the Romans in a row."""
    rows: list[list[Word]] = [[]]
    for word in words:
        if word[0] not in _ROMANS or (rows[-1] and not 0 < word[1] - rows[-1][-1][2] < 4):
            rows.append([])
        if word[0] in _ROMANS:
            rows[-1].append(word)
    return [
        (start, end, {"en": _ROMANS[word]}) for row in rows if len(row) >= _LEAST_ROMAN for word, start, end in row
    ]  # fmt: skip


def _two_in_one(words: Sequence[Word]) -> list[_Said]:
    """`OchoUno.TresSeis …`: two or more digits a word, of one language."""
    found = [
        (start, end, said) for word, start, end in words
        if 5 < len(word) < _MOST_GLUED and word[:2] in _STARTS and (said := _glued(word))
    ]  # fmt: skip
    return found if sum(max(map(len, said.values())) for _, _, said in found) >= _LEAST_GLUED else []


@lru_cache(maxsize=8192)
def _glued(word: str) -> dict[str, str]:
    """Language -> digits of a word in which two or more stand."""
    said = {}
    for name in _ORDER:
        pieces = segments(word, name)
        if len(pieces) > 1 and all(piece in TONGUES[name] for piece in pieces):
            said[name] = "".join(TONGUES[name][piece] for piece in pieces)
    return said


def _in_one_tongue(found: Sequence[_Said]) -> list[Word]:
    """The digits in the language that has most of them, no two of the same letters."""
    best = max(_ORDER, key=lambda name: sum(name in said for _, _, said in found))
    kept: list[Word] = []
    for start, end, said in sorted(found, key=lambda one: (one[0], -one[1])):
        if best in said and (not kept or start >= kept[-1][2]):
            digits = said[best]
            kept.append(
                (_name(digits, best) if len(digits) == 1 else "".join(map(NAMES.__getitem__, digits)), start, end)
            )
    return kept


@cache
def _name(digit: str, tongue: str) -> str:
    """A digit in a language, so that its neighbours are read in it, too; in English where that is a word of others."""
    word = next(word for word, value in TONGUES[tongue].items() if value == digit)
    return word if WORDS.get(word) == digit and word not in ARTICLES else NAMES[digit]


def _with(words: Sequence[Word], told: Sequence[Word]) -> Sequence[Word]:
    """Words of which those that `told` covers are replaced."""
    covered = bytearray(max(end for _, _, end in (*words, *told)) if words else 0)
    for _, start, end in told:
        covered[start:end] = b"\1" * (end - start)
    return sorted([*(word for word in words if not covered[word[1]]), *told], key=lambda word: word[1])
