"""A message as the deciders see it: folded words, each with its sentence and clause.

Pure, and linear in the text's length: one `finditer` of a pattern without nested repetition, over at most `MAX_CHARS`
characters. Nothing read here is ever copied into a reply.
"""

import re
import unicodedata
from typing import NamedTuple

import msgspec

MAX_CHARS = 4000
MAX_WORDS = 400
"""What lies beyond is not read; `Text.truncated` says so, and the rules then leave the message to a person."""

_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_MARKS = re.compile("[\u0300-\u036f]+")
_LETTERS = (
    ("ł", "l"), ("ø", "o"), ("đ", "d"), ("ı", "i"), ("æ", "ae"), ("œ", "oe"), ("’", "'"), ("ʼ", "'"), ("´", "'"),
)  # fmt: skip
_SOFT_WRAP = re.compile(r"(?<!\n)\n(?=[a-zà-ÿ])")
_TOKEN = re.compile(
    r"(\d+(?:[.:,/-]\d+)+)"  # a number, time or date is one word
    r"|([^\W_]+(?:'[^\W_]+)*)"
    r"|([.!?…;\n\r]+)"
    r"|([,:()–—])"
)
_ELISIONS = frozenset(
    ("l", "d", "j", "c", "n", "s", "m", "t", "qu", "un", "dell", "all", "nell", "dall", "sull", "dov", "com",
     "cos", "jusqu", "quest")
)  # fmt: skip
_QUOTE_VERBS = ("wrote", "schrieb", "écrit", "escribió", "escreveu", "scritto", "schreef", "geschreven")
_QUOTE_STARTS = ("on ", "am ", "le ", "el ", "em ", "il ", "op ", "a ")
_SENT_FROM = re.compile(
    r"(?i)^\s*(?:sent from my|get outlook for|von meinem .{1,40} gesendet|gesendet von|envoyé de mon|enviado desde mi|"
    r"enviado do meu|inviato da|verzonden vanaf).{0,80}$"
)


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """Parallel sequences, one entry per word, plus what is known per sentence."""

    words: tuple[str, ...]
    sentence: tuple[int, ...]
    clause: tuple[int, ...]
    questions: frozenset[int]
    """Sentences that end with a question mark."""
    exclamations: int
    shouting: bool
    """Mostly capitals, and long enough for it to be deliberate."""
    truncated: bool


class _Parts(NamedTuple):
    own: str
    signature: str


def fold(text: str) -> str:
    """Remove case, accents, compatibility forms and invisible characters: `ＣＡＮ\u200bCEL` is `cancel`."""
    if text.isascii():
        return text.casefold()
    visible = _INVISIBLE.sub("", text)
    # Some letters unfold to eighteen; what they unfold to is cut like any other text.
    flat = _MARKS.sub("", unicodedata.normalize("NFKD", visible.casefold())[: 2 * MAX_CHARS])
    for letter, plain in _LETTERS:
        flat = flat.replace(letter, plain)
    return flat


def split_word(word: str) -> tuple[str, ...]:
    """`l'orario` is two words, `don't` is one (`dont`)."""
    if "'" not in word:
        return (word,)
    head, _, tail = word.partition("'")
    if head in _ELISIONS:
        return (head, tail.replace("'", ""))
    return (word.replace("'", ""),)


def words_of(text: str) -> tuple[str, ...]:
    """The folded words of a short text such as a keyword, without sentence structure."""
    found: list[str] = []
    for match in _TOKEN.finditer(fold(text)[: 2 * MAX_CHARS]):
        if match.lastindex in (1, 2):
            found.extend(split_word(match.group()))
    return tuple(found)


def own_words(raw: str) -> str:
    """The lines the sender wrote himself: no quoted lines, nothing after a quote header, no device footer."""
    kept: list[str] = []
    for line in raw[:MAX_CHARS].splitlines():
        bare = line.lstrip()
        if bare.startswith(">"):
            continue
        if line.rstrip() == "--" or _quote_header(line):
            break
        if not _SENT_FROM.match(line):
            kept.append(line.strip())
    return "\n".join(kept).strip()


def _quote_header(line: str) -> bool:
    bare = line.strip().casefold()
    if bare.startswith("--"):
        return "message" in bare or "nachricht" in bare or "mensaje" in bare or "messaggio" in bare or "bericht" in bare
    return bare.endswith(":") and bare.startswith(_QUOTE_STARTS) and any(verb in bare for verb in _QUOTE_VERBS)


def split_signature(own: str, closings: frozenset[tuple[str, ...]]) -> _Parts:
    """Cut after a line such as "Kind regards": names and addresses below it are no part of what is asked."""
    lines = own.split("\n")
    for number, line in enumerate(lines):
        if number == 0 or not line or len(line) > 60:
            continue
        words = words_of(line)
        if any(words[: len(closing)] == closing for closing in closings) and len(words) <= 8:
            rest = "\n".join(lines[number + 1 :])
            if len(rest) <= 400 and "?" not in rest:
                return _Parts("\n".join(lines[:number]), rest)
    return _Parts(own, "")


def read(raw: str) -> Text:
    """Cut a text into words, sentences and clauses. Never raises."""
    cut = raw[:MAX_CHARS]
    folded = fold(_SOFT_WRAP.sub(" ", cut.replace("\r\n", "\n")))[: 2 * MAX_CHARS]
    words: list[str] = []
    sentences: list[int] = []
    clauses: list[int] = []
    questions: set[int] = set()
    sentence = clause = exclamations = 0
    for match in _TOKEN.finditer(folded):
        if len(words) >= MAX_WORDS:
            break
        kind = match.lastindex
        if kind == 1:
            words.append(match.group())
        elif kind == 2:
            words.extend(split_word(match.group()))
        elif kind == 3:
            mark = match.group()
            exclamations += mark.count("!")
            if "?" in mark and words:
                questions.add(sentence)
            if sentences and sentences[-1] == sentence and not _abbreviation(mark, words[-1]):
                sentence += 1
                clause += 1
            continue
        else:
            clause += 1
            continue
        sentences.extend([sentence] * (len(words) - len(sentences)))
        clauses.extend([clause] * (len(words) - len(clauses)))
    return Text(
        words=tuple(words),
        sentence=tuple(sentences),
        clause=tuple(clauses),
        questions=frozenset(questions),
        exclamations=exclamations,
        shouting=_shouting(cut),
        truncated=len(raw) > MAX_CHARS or len(words) >= MAX_WORDS,
    )


def _abbreviation(mark: str, word: str) -> bool:
    return mark == "." and len(word) == 1 and word.isalpha()


def _shouting(text: str) -> bool:
    upper = sum(map(str.isupper, text))
    return upper >= 12 and upper >= 0.7 * sum(map(str.isalpha, text))
