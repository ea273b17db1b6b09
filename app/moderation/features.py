"""What the linear models see of a text: its words, pairs of words, and a few counts. The trainer uses the same function."""

import re
from functools import lru_cache
from itertools import combinations, pairwise

from app.moderation.abuse import PROFANITY

MAX_WORDS = 400
"""Words a text is judged by as a whole. The words behind them count in its parts, as those before do."""
WORD = re.compile(
    r"(?P<url>(?:https?://|www\.)[^\s]{1,200}|(?:[a-z0-9-]{1,40}\.){1,3}(?:com|net|org|co|uk|info|biz|io|ly|me|tv)(?:/[^\s]{0,200})?(?![a-z]))"
    r"|(?P<at>@\w{1,40})|(?P<money>[£$€]\s?\d[\d,.]*|\d[\d,.]*\s?(?:pounds|dollars|euros|usd|gbp|rs)\b)"
    r"|(?P<figure>\d[\d,.:/-]*[a-z]{0,3}(?![a-z]))|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)?)|(?P<mark>[!?]{1,3}|[:;]-?[()dp])"
)


def words(text: str) -> list[str]:
    """The words of a folded text; links, amounts and figures by what they are."""
    found: list[str] = []
    for match in WORD.finditer(text):
        kind = match.lastgroup
        if kind == "word":
            found.append(match[0][:24])
        elif kind == "figure":
            digits = sum(char.isdigit() for char in match[0])
            found.append(f"<{min(digits, 12)}d>")
        elif kind == "mark":
            found.append(match[0])
        else:
            found.append(f"<{kind}>")
    return found


def pieces(tokens: list[str]) -> set[str]:
    """Pieces of four letters of the words: what is left of a word that is written otherwise."""
    return set().union(*map(_pieces_of, tokens))


@lru_cache(maxsize=16_384)
def _pieces_of(token: str) -> frozenset[str]:
    """Those of one word: people say the same few thousand words again and again."""
    word = "^" + token + "$"
    return frozenset("~" + word[start : start + 4] for start in range(len(word) - 3))


def features(original: str, tokens: list[str]) -> set[str]:
    """The features of a text, each present or not."""
    found = set(tokens)
    found.update(map("_".join, pairwise(tokens)))
    count = len(tokens)
    found.add("#" + ("0" if count < 4 else "1" if count < 10 else "2" if count < 18 else "3" if count < 30 else "4"))
    shouted = sum(1 for word in original.split()[:MAX_WORDS] if len(word) > 2 and word.isupper())
    if shouted:
        found.add("^" + str(min(shouted, 4)))
    return found


def rude(original: str, tokens: list[str]) -> set[str]:
    """The features of a text that may be abuse: words and their pieces, without words that are merely rude."""
    return (features(original, tokens) - PROFANITY) | pieces([token for token in tokens if token not in PROFANITY])


def mass(original: str, tokens: list[str]) -> set[str]:
    """The features of a text that may be sent to many: besides words runs of letters within and across them, and what
    stands together (a link, a long number, money, a bait, an invitation to act)."""
    found = features(original, tokens)
    joined = " " + " ".join(tokens) + " "
    found.update(["~" + joined[start : start + 5] for start in range(len(joined) - 4)])
    there = set(tokens)
    if _CHEAP.search(original):
        there.add("<url>")
        found.add("%cheap")
    marks = [name for name, words_ in _MARKS if not words_.isdisjoint(there)]
    found.update("=" + mark for mark in marks)
    found.update("=" + "&".join(pair) for pair in combinations(marks, 2))
    found.add("=" + "+".join(marks))
    length = max(len(original), 1)
    found.add(f"#d{min(sum(map(str.isdigit, original)) // 4, 8)}")
    found.add(f"#u{min(20 * sum(map(str.isupper, original)) // length, 8)}")
    found.add(f"#l{min(length // 25, 8)}")
    return found


_CHEAP = re.compile(
    r"\.(?<=\w\.)(?:cc|xyz|top|site|online|shop|store|club|click|link|live|vip|icu|cfd|bet|win|fun|space|website|sbs|buzz)(?![a-z.])",
    re.IGNORECASE,
)
"""A link below one of the endings that cost next to nothing and that `WORD` does not know."""

_MARKS = (
    ("url", frozenset(("<url>",))),
    ("long", frozenset(("<9d>", "<10d>", "<11d>", "<12d>"))),
    ("short", frozenset(("<4d>", "<5d>"))),
    ("money", frozenset(("<money>",))),
    ("act", frozenset("call text txt reply click send visit sms contact".split())),
    ("bait", frozenset("free win won prize cash offer claim discount off sale award".split())),
)
