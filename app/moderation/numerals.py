"""Digits as people write them to be read by people only: words, look-alike letters, doubles, in several languages."""

import re
from functools import lru_cache
from typing import NamedTuple

from app.moderation.folding import fold_char
from app.moderation.tongues import glued

MAX_WORD = 64
MAX_STRETCHED = 14

_UNITS = {
    "en": "zero one two three four five six seven eight nine",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "fr": "zero un deux trois quatre cinq six sept huit neuf",
    "de": "null eins zwei drei vier funf sechs sieben acht neun",
    "it": "zero uno due tre quattro cinque sei sette otto nove",
    "pt": "zero um dois tres quatro cinco seis sete oito nove",
    "nl": "nul een twee drie vier vijf zes zeven acht negen",
    "sv": "noll ett tva tre fyra fem sex sju atta nio",
    "pl": "zero jeden dwa trzy cztery piec szesc siedem osiem dziewiec",
    "tr": "sifir bir iki uc dort bes alti yedi sekiz dokuz",
    "ru": "ноль один два три четыре пять шесть семь восемь девять",
    "uk": "нуль один два три чотири пять шість сім вісім девять",
    "hi": "शून्य एक दो तीन चार पांच छह सात आठ नौ",
    "hi-latn": "shunya ek do teen char paanch chhe saat aath nau",
    "ar": "صفر واحد اثنان ثلاثة اربعة خمسة ستة سبعة ثمانية تسعة",
}
_MORE = {
    "che": "6", "panch": "5", "chaar": "4", "nou": "9", "aath": "8", "chah": "6", "paach": "5", "oh": "0", "nought": "0", "naught": "0", "nil": "0", "fife": "5", "fiv": "5", "niner": "9", "seben": "7",
    "fuenf": "5", "zwo": "2", "meia": "6", "thre": "3", "sevn": "7",
    "wun": "1", "thri": "3", "foar": "4", "fower": "4", "phour": "4", "phive": "5", "fyve": "5", "siks": "6", "sicks": "6",
    "sevin": "7", "eigt": "8", "eght": "8", "eit": "8", "nyne": "9", "nein": "9", "zro": "0", "ziro": "0",
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16",
    "seventeen": "17", "eighteen": "18", "nineteen": "19",
}  # fmt: skip
TENS = {
    "twenty": "20", "thirty": "30", "forty": "40", "fourty": "40", "fifty": "50", "sixty": "60", "seventy": "70",
    "eighty": "80", "ninety": "90", "veinte": "20", "treinta": "30", "cuarenta": "40", "cincuenta": "50",
    "sesenta": "60", "setenta": "70", "ochenta": "80", "noventa": "90",
}  # fmt: skip
_TENS_ELSEWHERE = {
    "es": ("diez", "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa"),
    "pt": ("dez", "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa"),
    "it": ("dieci", "venti trenta quaranta cinquanta sessanta settanta ottanta novanta"),
    "de": ("zehn", "zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig"),
    "nl": ("tien", "twintig dertig veertig vijftig zestig zeventig tachtig negentig"),
    "fr": ("", "- trente quarante cinquante soixante septante octante nonante"),
    "pl": ("dziesiec", "dwadziescia trzydziesci czterdziesci piecdziesiat szescdziesiat siedemdziesiat osiemdziesiat dziewiecdziesiat"),
    "ru": ("десять", "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто"),
}  # fmt: skip
_TEENS_ELSEWHERE = (
    "- doce trece catorce quince dieciseis diecisiete dieciocho diecinueve",
    "onze doze treze quatorze quinze dezesseis dezessete dezoito dezenove",
    "undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove",
    "- zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn",
    "- twaalf dertien veertien vijftien zestien zeventien achttien negentien",
    "- douze treize quatorze quinze - dix-sept dix-huit dix-neuf",
    "одиннадцать двенадцать тринадцать четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать",
    "- veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve",
)
"""11 … 19 of several languages, the last row 21 … 29; without what is another word in one of them."""
SCORE = frozenset(("vingt", "vingts"))
_FRENCH_TEENS = {"dix": "10", "onze": "11", "douze": "12", "treize": "13", "quatorze": "14", "quinze": "15", "seize": "16"}  # fmt: skip
SCALES = {"hundred": "00", "thousand": "000"}
REPEATS = {"double": 2, "triple": 3, "dubble": 2}
WEAK = {"to": "2", "too": "2", "for": "4", "fore": "4", "won": "1", "tree": "3", "o": "0", "i": "1", "l": "1", "b": "8", "s": "5", "ate": "8"}  # fmt: skip
"""Words and letters that stand for a digit only between digits."""
ARTICLES = frozenset(("un", "um", "een", "do", "en", "ett", "une", "ein"))
"""Digits that are articles, too, or the like: digits behind a digit in words, or between two."""

FILLERS = frozenset(
    ("dash", "hyphen", "dot", "point", "period", "space", "slash", "then", "and", "minus", "guion", "punto", "tiret",
     "punkt", "strich", "ponto", "stop", "comma", "plus", "y", "et", "und", "lastly", "finally", "next", "e", "en",
     "uh", "uhh", "umm", "ummm", "er", "err", "erm", "hmm", "hm", "ah")
)  # fmt: skip
"""Words people say between two digits."""


def _folded(word: str) -> str:
    return "".join(fold_char(char) for char in word)


WORDS: dict[str, str] = {
    _folded(word): str(digit) for words in _UNITS.values() for digit, word in enumerate(words.split())
} | _MORE
_MORE_TENS = {
    _folded(word): str(10 * (place + 2))
    for _, words in _TENS_ELSEWHERE.values() for place, word in enumerate(words.split()) if word != "-"
} | {_folded(ten): "10" for ten, _ in _TENS_ELSEWHERE.values() if ten}  # fmt: skip
_MORE_TEENS = {
    _folded(word): str((21 if row == len(_TEENS_ELSEWHERE) - 1 else 11) + place)
    for row, words in enumerate(_TEENS_ELSEWHERE) for place, word in enumerate(words.split()) if word != "-"
} | {"veintiuno": "21", "ventuno": "21"}  # fmt: skip
_COMPOUNDS = {
    _folded(f"{unit}{joint}{ten}"): str(20 + 10 * place + one)
    for joint, units, tens in (
        ("und", "ein zwei drei vier funf sechs sieben acht neun", _TENS_ELSEWHERE["de"][1]),
        ("en", "een twee drie vier vijf zes zeven acht negen", _TENS_ELSEWHERE["nl"][1]),
    )
    for place, ten in enumerate(tens.split()) for one, unit in enumerate(units.split(), 1)
}  # fmt: skip
_COMPOUNDS |= {
    _folded((ten[:-1] if unit[0] in "uo" else ten) + unit): str(20 + 10 * place + one)
    for place, ten in enumerate(_TENS_ELSEWHERE["it"][1].split())
    for one, unit in enumerate("uno due tre quattro cinque sei sette otto nove".split(), 1)
}
"""`einundzwanzig`, `eenentwintig`, `trentaquattro`."""
_HUNDREDS = {
    _folded(word): f"{place}00"
    for words in (
        "ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos",
        "сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот",
        "sto dwiescie trzysta czterysta piecset szescset siedemset osiemset dziewiecset",
        "cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos",
    )
    for place, word in enumerate(words.split(), 1)
}
_AMBIGUOUS = {"nein", "eit", "wun", "do", "che", "sex", "sei", "dos", "un", "um", "nul", "ate", "tre", "char", "due", "fem", "bir", "uc", "een", "bes", "ett", "nil", "ek"}  # fmt: skip
"""Digits in one language, other words in another: inside one glued word they count in neither."""

_GLUED = sorted((word for word in WORDS | TENS if word.isascii() and word not in _AMBIGUOUS), key=lambda word: (-len(word), word))  # fmt: skip
_ROW = re.compile(rf"(?:{'|'.join(_GLUED)}){{3,12}}")
_LOOKS = "oilbszgзбч"
"""Letters that look like a digit, three of them Cyrillic."""
_PIECE = re.compile("|".join(["[0-9]+", *_GLUED, f"[{_LOOKS}]"]))
_WORD_ONLY = re.compile(rf"(?:{'|'.join(_GLUED)})+")
_MIXED = re.compile(rf"(?:[0-9]+|{'|'.join(_GLUED)}|[{_LOOKS}])+")
_STRETCHED = {re.sub(r"(.)\1+", r"\1", word): str(digit) for digit, word in enumerate(_UNITS["en"].split())}  # fmt: skip
"""Without doubled letters: `threee`, `seeven`, `zerooo`."""
_WRITTEN_LEET = str.maketrans("013457@$!", "oieastasi")
_ENGLISH = frozenset(_UNITS["en"].split())
_MISTYPED = {
    word[:at] + word[at + 1] + word[at] + word[at + 2 :]: str(digit)
    for digit, word in enumerate(_UNITS["en"].split()) if len(word) > 3 for at in range(len(word) - 1)
    if word[at] != word[at + 1] and (digit, at) != (3, 2)
} | {f"{digit}{word[1:]}": str(digit) for digit, word in enumerate(_UNITS["en"].split())} | {"0h": "0", "foor": "4"}  # fmt: skip
"""Two letters changed about (but for *there*), or the figure before the rest of its word: `fuor`, `4our`."""
_LOOSE = re.compile(r"(?=[oilbszg]*[0-9])[0-9oilbszg]{2,12}")
_LEET = {"o": "0", "i": "1", "l": "1", "b": "8", "s": "5", "z": "2", "g": "9", "з": "3", "б": "6", "ч": "4"}


class Numeral(NamedTuple):
    """What one word says in digits."""

    digits: str
    kind: str
    """`plain`, `word`, `tens` (twenty may be followed by one), `leet`, `mixed`, or `loose`: more letters than one believes at once."""


@lru_cache(maxsize=8192)
def numeral(word: str) -> Numeral | None:
    """The digits a folded word stands for, or None when it stands for none."""
    if len(word) > MAX_WORD:
        digits = glued(word)
        return Numeral(digits, "word") if digits else None
    if word.isascii() and word.isdigit():
        return Numeral(word, "plain")
    if word in WORDS:
        return Numeral(WORDS[word], "word")
    if word in TENS or word in _MORE_TENS:
        return Numeral(TENS.get(word) or _MORE_TENS[word], "tens")
    if word in _HUNDREDS:
        return Numeral(_HUNDREDS[word], "hundred")
    if word in SCORE:
        return Numeral("20", "score")
    if word in _FRENCH_TEENS:
        return Numeral(_FRENCH_TEENS[word], "teen")
    if known := _MISTYPED.get(word) or _MORE_TEENS.get(word) or _COMPOUNDS.get(word):
        return Numeral(known, "word")
    if _WORD_ONLY.fullmatch(word):
        return Numeral(_joined(_PIECE.findall(word)), "word")
    if word.translate(_WRITTEN_LEET) in _ENGLISH:
        return Numeral(WORDS[word.translate(_WRITTEN_LEET)], "word")
    if 3 < len(word) <= MAX_STRETCHED and word.isalpha():
        value = _STRETCHED.get(re.sub(r"(.)\1+", r"\1", word))
        if value:
            return Numeral(value, "word")
    return _mixture(word) or _in_a_tongue(word)


def _in_a_tongue(word: str) -> Numeral | None:
    digits = glued(word)
    return Numeral(digits, "mixed" if any("0" <= char <= "9" for char in word) else "word") if digits else None


LOOKALIKE = re.compile(r"[oilszbg]{1,5}")
_REAL = frozenset(
    "is so go os so sos lol oil ill il lo si io los sol solo big bill bills log logs boss loss goal gig bio silo sill sis bs gb sb ol oo gg zoo goo boil soil sols ils lisbo bob sob lob lol big bigs gigs obs gos sir bis les".split()
)


@lru_cache(maxsize=4096)
def weak(word: str) -> str:
    """The digits a word stands for only amid digits: `to`, `o`, `sS`; else ''."""
    if word in WEAK:
        return WEAK[word]
    if word in ARTICLES:
        return WORDS.get(word, "")
    if word not in _REAL and len(word) > 1 and LOOKALIKE.fullmatch(word):
        return "".join(_LEET[char] for char in word)
    return ""


def spelled(letters: str) -> tuple[int, int, str] | None:
    """Where three or more number words stand one after the other in a row of letters, and those letters."""
    longest = max(_ROW.finditer(letters), key=lambda match: match.end() - match.start(), default=None)
    return (longest.start(), longest.end(), longest[0]) if longest else None


def _mixture(word: str) -> Numeral | None:
    if not _MIXED.fullmatch(word):
        return None
    found = _mixed(_PIECE.findall(word))
    if found is None and _LOOSE.fullmatch(word):
        return Numeral("".join(_LEET.get(char, char) for char in word), "loose")
    return found


def _mixed(pieces: list[str]) -> Numeral | None:
    """A word of digits, number words and look-alike letters: believed when it holds enough of the first two."""
    letters = [piece for piece in pieces if piece in _LEET]
    spoken = [piece for piece in pieces if not piece.isdigit() and piece not in _LEET]
    figures = sum(len(piece) for piece in pieces if piece.isdigit())
    if not figures and not spoken:
        return None
    if len(letters) > 3 * (figures + len(spoken)):
        return None
    if not spoken and len(pieces) == 2 and pieces[0] in "bszg" and len(pieces[1]) > 1:
        return None  # `s500` is a car
    if any(letter in "bszg" for letter in letters) and (figures < 2 * len(letters) or pieces[-1] in ("s", "b", "g")):
        return None
    return Numeral(_joined(pieces), "mixed" if spoken else "leet")


def _joined(pieces: list[str]) -> str:
    digits = ""
    tens = False
    for piece in pieces:
        if piece in TENS:
            digits += TENS[piece]
            tens = True
            continue
        value = piece if piece.isdigit() else WORDS.get(piece) or _LEET[piece]
        digits = (
            digits[:-1] + value if tens and len(value) == 1 and value != "0" and not piece.isdigit() else digits + value
        )
        tens = False
    return digits
