"""Number words of one language at a time: in a row, however they are spelt, or glued into one word.

A word that is nearly a digit says nothing; seven that are all digits of one language, or nearly, say a number.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from app.moderation.folding import fold_char

ROW = 7
"""Words that say digits, one behind the other, before a misspelt one is believed."""
LONGEST = 40
MOST_ROWS = 4
"""Rows of one text that are looked at, and words of a row."""
LEAST_GLUED = 5
"""Number words of one language that are glued together before they are believed; three beside figures."""
MOST_GLUED = 120

_TONGUES = {
    "en": "zero/oh/ow/nought one/wun/won two/too/tu three/tree/free four/fore/foar/for five/fife/phive six/siks/sicks/seex seven eight/ate/ait nine/niner/nein",
    "es": "cero uno/una/un dos tres cuatro/quatro cinco/sinco seis siete ocho nueve",
    "fr": "zero un/une deux trois quatre/catre cinq/cinque/sank six sept/cet huit/uit neuf",
    "de": "null/nul eins/ein zwei/zwo drei vier/fier funf/fuenf sechs/seks/sex sieben acht neun/noin/nein",
    "it": "zero uno/un due tre quattro/quatro cinque sei sette otto nove",
    "pt": "zero um/uma/hum dois/duas tres quatro cinco/sinco seis/meia sete/cete oito nove",
    "nl": "nul een twee drie vier vijf zes zeven acht negen",
    "sv": "noll ett/en tva tre fyra fem sex sju atta nio",
    "da": "nul en/et to tre fire fem seks syv otte ni",
    "no": "null en to tre fire fem seks sju/syv atte ni",
    "fi": "nolla yksi kaksi kolme nelja viisi kuusi seitseman kahdeksan yhdeksan",
    "pl": "zero jeden dwa trzy cztery piec szesc siedem osiem dziewiec",
    "cs": "nula jedna/jeden dva tri ctyri pet sest sedm osm devet",
    "hu": "nulla egy ketto/ket harom negy ot hat het nyolc kilenc",
    "ro": "zero unu/una doi/doua trei patru cinci sase sapte opt noua",
    "tr": "sifir bir iki uc dort bes alti yedi sekiz dokuz",
    "id": "nol/kosong satu dua tiga empat lima enam tujuh delapan/lapan sembilan",
    "tl": "sero/zero isa dalawa tatlo apat lima anim pito walo siyam",
    "vi": "khong mot hai ba bon nam sau bay tam chin",
    "zh": "ling yi/yao er san si wu liu qi ba jiu",
    "hi": "shunya/zero/sunya/sifar/jero ek/aik do teen/tin char/chaar/chaer paanch/panch/paach/pach chhe/che/chah/chhah/chha/chhai/cheh saat/sat aath/aat/ath nau/nou/no/naw",
    "ru": "ноль/нуль один два три четыре пять шесть семь восемь девять",
    "uk": "нуль один два три чотири пять шість сім вісім девять",
    "ru-latn": "nol odin dva tri chetyre pyat shest sem vosem devyat",
    "el": "μηδεν ενα δυο τρια τεσσερα πεντε εξι επτα/εφτα οκτω/οχτω εννεα/εννια",
    "hi-deva": "शून्य/जीरो एक दो तीन चार पांच/पाँच छह/छः/छे सात आठ नौ",
    "ar": "صفر واحد اثنان/اثنين ثلاثة/ثلاث اربعة/اربع خمسة/خمس ستة/ست سبعة/سبع ثمانية/ثمان تسعة/تسع",
    "ar-latn": "sifr wahed/wahid ithnan/itnen thalatha/talata arbaa khamsa sitta sabaa thamaniya/tamanya tisaa",
    "fa": "صفر یک دو سه چهار پنج شش هفت هشت نه",
    "en-deva": "जीरो वन टू थ्री फोर फाइव सिक्स सेवन एट नाइन",
}
_REPEATS = frozenset(("double", "triple", "dubble", "dash", "hyphen", "dot"))
_HESITATIONS = frozenset(("um", "umm", "ummm", "uh", "uhh", "er", "err", "erm", "hm", "hmm", "ah"))
_EDGES = frozenset(("to", "too", "for", "fore", "won", "tree", "free", "ate", "ow", "no"))
"""Words that are digits of a number rather than of its sentence only where it lacks one."""
NATIONAL = 10
_NEVER = frozenset(
    "on at no for to the it is if or in an and of my me so up as by we he she de la le el al en un a e o i te se si fine line live mine nice "
    "here there they then than this that have more done gone some fire wire hour your our sure size sit set see sent text next best just call time times "
    "them her him his not now new know want take make made like good work days week home door side size wide even ever never over house don fone phone tel cell zone tone bone none alone text aao whats".split()
)
"""Words that are no misspelt digit at the ends of a row."""


def _folded(word: str) -> str:
    return "".join(fold_char(char) for char in word)


TONGUES: dict[str, dict[str, str]] = {
    name: {
        _folded(word): str(digit) for digit, words in enumerate(digits.split()) for word in words.split("/")
    }
    for name, digits in _TONGUES.items()
}  # fmt: skip
NAMES = {str(digit): words.split("/")[0] for digit, words in enumerate(_TONGUES["en"].split())}
_DOUBLED = re.compile(r"(.)\1+")
_BETWEEN = re.compile(r"[^\w]{1,5}|_{1,3}")
_FIRST = {
    name: {initial: [word for word in sorted(words, key=lambda one: -len(one)) if word[0] == initial] for initial in {word[0] for word in words}}
    for name, words in TONGUES.items()
}  # fmt: skip

Word = tuple[str, int, int]


def is_near(word: str, other: str) -> bool:
    """Whether one letter too many, too few, changed, or two changed about part them."""
    if word == other:
        return True
    if abs(len(word) - len(other)) > 1:
        return False
    first = next((place for place, (one, two) in enumerate(zip(word, other, strict=False)) if one != two), -1)
    if first < 0:
        return True
    one, two = word[first:], other[first:]
    return (
        one[1:] == two
        or one == two[1:]
        or one[1:] == two[1:]
        or (one[2:] == two[2:] and one[:2] == two[1::-1])
    )  # fmt: skip


@lru_cache(maxsize=16_384)
def tongues(word: str) -> dict[str, tuple[str, bool]]:
    """Language -> (digit, whether it is spelt so) of a word that is, or nearly is, a digit."""
    if len(word) > 16 or len(word) < 2:
        return {}
    found: dict[str, tuple[str, bool]] = {}
    single = _DOUBLED.sub(r"\1", word)
    for name, words in TONGUES.items():
        if word in words:
            found[name] = words[word], True
            continue
        digit = next((value for known, value in words.items() if _is_meant(word, single, known)), None)
        if digit is not None:
            found[name] = digit, False
    return found


def _is_meant(word: str, single: str, known: str) -> bool:
    if single == _DOUBLED.sub(r"\1", known):
        return True
    if len(word) < 3 and not any(char.isdigit() for char in word):
        return False
    if len(known) < 3:
        return len(word) == len(known) and word[0].isdigit() and word[1:] == known[1:]
    return is_near(word, known) or is_near(single, known)


def respelt(found: Sequence[Word], text: str, reading: Callable[[str], object]) -> Sequence[Word]:
    """The words of a text, misspelt digits in a row of digits put right; `reading` says what a word is as it stands."""
    if len(found) < ROW:
        return found
    rows = [
        (first, last)
        for first, last in _rows(found, text)
        if not all(reading(found[place][0]) for place in range(first, last))
    ]
    if not rows:
        return found
    words = list(found)
    for first, last in rows[:MOST_ROWS]:
        for place, said in _in_one_tongue(found, first, min(last, first + LONGEST)).items():
            words[place] = (said, *found[place][1:])
    return words


def _rows(found: Sequence[Word], text: str) -> list[tuple[int, int]]:
    """(first, past the last) of words that could all be digits."""
    rows: list[tuple[int, int]] = []
    first = 0
    for place, (word, start, _) in enumerate(found):
        joined = place == first or _BETWEEN.fullmatch(text[found[place - 1][2] : start]) is not None
        fits = word.isdigit() or word in _REPEATS or word in _HESITATIONS or bool(tongues(word))
        if fits and joined:
            continue
        if place - first >= ROW:
            rows.append((first, place))
        first = place if fits else place + 1
    if len(found) - first >= ROW:
        rows.append((first, len(found)))
    return rows


def _in_one_tongue(found: Sequence[Word], first: int, last: int) -> dict[int, str]:
    """What the misspelt words of a row mean, in the language that knows most of them."""
    best: dict[int, str] = {}
    most = 0
    for name in TONGUES:
        stretch: list[int] = []
        for place in range(first, last + 1):
            word = found[place][0] if place < last else ""
            if word and (word.isdigit() or word in _REPEATS or word in _HESITATIONS or name in tongues(word)):
                stretch.append(place)
                continue
            said = _said(found, _trimmed(found, stretch, name), name)
            exact = sum(1 for one in stretch if tongues(found[one][0]).get(name, ("", False))[1])
            if said and 10 * len(stretch) + exact > most:
                best, most = said, 10 * len(stretch) + exact
            stretch = []
    return best


def _trimmed(found: Sequence[Word], stretch: list[int], name: str) -> list[int]:
    """Without the words at its ends that are rather no digits."""

    def is_end(place: int) -> bool:
        word = found[place][0]
        return word.isdigit() or (
            name in tongues(word) and (tongues(word)[name][1] or len(word) > 2) and word not in _NEVER
        )

    kept = list(stretch)
    while kept and not is_end(kept[0]):
        kept.pop(0)
    if kept and _length(found, kept) > NATIONAL and _is_doubtful(found[kept[0]][0], name):
        kept.pop(0)
    while kept and not is_end(kept[-1]):
        kept.pop()
    return kept


def _is_doubtful(word: str, name: str) -> bool:
    """Whether a word before a number that is long enough without it is none of its digits."""
    digit, exact = tongues(word).get(name, ("0", True))
    return word in _EDGES or (not exact and digit != "0" and len(word) < 4)


def _length(found: Sequence[Word], stretch: list[int]) -> int:
    """Digits of a row."""
    return sum(
        len(found[place][0]) if found[place][0].isdigit() else 1 for place in stretch if found[place][0] not in _REPEATS
    )


def _said(found: Sequence[Word], stretch: list[int], name: str) -> dict[int, str]:
    """English for each word of a row long enough, when not all of it are figures; misspelt ones may not stand alone."""
    spoken = [place for place in stretch if name in tongues(found[place][0])]
    if len(stretch) < ROW or sum(found[place][0] not in _HESITATIONS for place in spoken) < 2:
        return {}
    return {place: NAMES[tongues(found[place][0])[name][0]] for place in spoken}


@lru_cache(maxsize=4096)
def glued(word: str) -> str:
    """The digits of a word in which nothing but number words of one language and figures stand, else ''."""
    if not 10 <= len(word) <= MOST_GLUED and not (any("0" <= char <= "9" for char in word) and len(word) >= 4):
        return ""
    for name in TONGUES:
        pieces = segments(word, name)
        figures = sum(piece.isdigit() for piece in pieces)
        if len(pieces) >= LEAST_GLUED or (figures and len(pieces) >= 3 and len(pieces) > figures):
            return "".join(piece if piece.isdigit() else TONGUES[name][piece] for piece in pieces)
    return ""


def segments(word: str, name: str) -> list[str]:
    """A word taken apart into number words of a language and figures, the longest first, or nothing."""
    first = _FIRST[name]
    came: dict[int, str] = {0: ""}
    for place in range(len(word)):
        if place not in came:
            continue
        if "0" <= word[place] <= "9":
            came.setdefault(place + 1, word[place])
            continue
        for known in first.get(word[place], ()):
            if word.startswith(known, place):
                came.setdefault(place + len(known), known)
    if len(word) not in came:
        return []
    pieces: list[str] = []
    end = len(word)
    while end:
        pieces.insert(0, came[end])
        end -= len(came[end])
    return pieces
