"""Street addresses: a number, a name, a word for a street; in the order of the language, with what follows (unit, town, code).

Anchored at the words for streets, so that a text without one costs one search.
"""

import re
from collections.abc import Iterator
from itertools import islice

from app.moderation.folding import Folded, folded_words, is_capital
from app.moderation.verdicts import Threat

_SURE = (
    r"street|str\.|avenue|ave|boulevard|blvd|road|rd|lane|ln|drive|dr|court|ct|place|pl|terrace|circle|cir|parkway|pkwy|"
    r"highway|hwy|crescent|cres|close|square|sq|way|trail|trl|alley|loop|row|mews|quay|grove|gardens|rise|walk|path|plaza|"
    r"ridge|hill|hills|heights|point|run|crossing|bend|cove|park|st|expressway|turnpike|route"
)
_CLEAR = frozenset(
    "street avenue ave boulevard blvd road rd lane ln parkway pkwy highway hwy crescent cres st terrace expressway turnpike str.".split()
)
"""Words that mean a street even in small letters; the others have to look like a name."""
_SPOKEN = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|zero|oh|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|"
    r"(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred)"
)
_NUMBER = rf"[nsew]?\d{{1,6}}(?:[-/]\d{{1,5}})?[a-z]?(?:\s1/2)?|(?:{_SPOKEN}[\s-]{{1,2}}){{1,4}}{_SPOKEN}"
_NAME = r"[^\W\d_][\w'.’-]{0,24}"
_ENGLISH = re.compile(
    rf"(?<![\w$€£#.,:/-])({_NUMBER})[,]?\s{{1,2}}((?:(?:n|s|e|w|ne|nw|se|sw|north|south|east|west)\.?\s)?(?:(?:{_NAME}|\d{{1,3}}(?:st|nd|rd|th)|\d{{1,4}})\s{{1,2}}){{1,4}}?)({_SURE})(?![\w'’])(\.?)"
)
_MORE = re.compile(rf"(?:\s(?:{_SURE})(?!\w))+")
"""`Willow Bend Drive`: the first word for a street was a part of its name."""
COUNTRIES = (
    "usa", "united states", "canada", "mexico", "brazil", "portugal", "spain", "france", "germany", "italy", "austria",
    "switzerland", "belgium", "netherlands", "denmark", "sweden", "norway", "finland", "iceland", "estonia", "latvia",
    "lithuania", "poland", "czech republic", "slovakia", "slovenia", "croatia", "hungary", "romania", "bulgaria", "greece",
    "cyprus", "turkey", "ukraine", "russia", "ireland", "united kingdom", "england", "scotland", "wales", "australia",
    "new zealand", "south africa", "tunisia", "morocco", "egypt", "israel", "india", "japan", "china", "singapore", "uruguay",
    "argentina", "chile", "colombia", "peru", "greenland", "luxembourg", "serbia", "philippines", r"cyprus \(greek\)",
)  # fmt: skip
MAX_LOOSE = 300
"""Parts of one text that are looked at in company."""

_SENTENCE = re.compile(r"\[q|[.!?;]\s{1,3}[^\W\d_]{3,}|\b(?:and|but|the|is|i|my|phone|mobile|tel|fax|date|name)\b")
_YEAR = re.compile(r"(?:19|20)\d\d")
_UNIT = r"(?:[,\s]{1,3}(?:(?:apt|apartment|unit|suite|ste|floor|fl|flat|room|rm|bldg|building|#)\.?\s?#?\s?[\w-]{1,8}))"
_TAIL = re.compile(
    rf"(?:{_UNIT})?(?:\s?(?:n|s|e|w|ne|nw|se|sw|north|south|east|west)\b\.?)?(?:{_UNIT})?(?:[,\s]{{1,3}}(?:[^\W\d_][^\W\d_.'’-]{{1,20}}\s?){{1,3}},?\s{{0,3}}(?:[a-z]{{2}}\b)?[,\s]{{0,3}}(?:[\w\s]{{0,16}}\s)?(?:\d{{5}}(?:-\d{{4}})?|[a-z]\d[a-z]\s?\d[a-z]\d|[a-z]{{1,2}}\d[a-z\d]?\s?\d[a-z]{{2}})(?!\d))?"
)
_KINDS = (
    r"rue|avenue|av|boulevard|bd|chemin|allee|impasse|quai|place|route|cours|calle|c/|avenida|avda|carrera|carretera|paseo|plaza|"
    r"camino|aleje|rua|travessa|largo|praca|estrada|via|viale|corso|piazza|piazzale|vicolo|largo|strada|ul\.?|ulica|aleja|al|os|"
    r"ulitsa|" + folded_words("улица|ул|проспект|пр|переулок|пер") + r"|trg|namesti|bulevar|jalan|jl|straat|sokak"
)
_HOUSE = folded_words("дом")
_PREFIXED = re.compile(
    rf"(?<!\w)(?:(\d{{1,6}}(?:\s?(?:bis|ter|[a-d]))?),?\s{{1,2}}){{0,2}}({_KINDS})\.?\s{{1,2}}((?:(?:{_NAME}|\d{{1,2}})(?:\s{{1,2}}|(?=,))){{1,6}}?)(?:,?\s{{0,2}}(?:(?:n[o°º]?|д|{_HOUSE})\.?\s?)?(\d{{1,5}}[a-z]?(?:[-/]\d{{1,4}})?)(?![\d\w]))"
)
_PREFIXED_NUMBER_FIRST = re.compile(
    rf"(?<![\w$€£#.,:/-])(\d{{1,6}}(?:\s?(?:bis|ter|[a-d]))?),?\s{{1,2}}({_KINDS})\s{{1,2}}((?:{_NAME}\s?){{1,4}})"
)
_ENDINGS = (
    r"strasse|gasse|gass|weg|platz|allee|damm|straat|laan|plein|gracht|kade|steeg|dreef|gatan|gata|gaten|vagen|vegen|"
    r"veien|gate|gade|vej|alleen|katu|tie|kuja|polku|tanav|maantee|utca|korut|ulice|trida|namesti|cesta|"
    r"braut|vegur|stigur|straeti|sokagi|caddesi|straede|plads|torv|stien|svingen|brinken|stigen|backen|puiestee|vollen|hove|centret|ulica|rgata|strasser"
)
_PROSPECT = folded_words("проспект|переулок|улица|бульвар|шоссе|набережная")
_COMPOUND = re.compile(
    rf"(?<!\w)((?:\d{{1,6}},?\s{{1,2}})?(?:[^\W\d_][\w'’.-]{{0,24}}[ -]){{0,3}}?(?:[^\W\d_][\w'’-]{{1,30}}?(?:{_ENDINGS}|str\.)|[^\W\d_][\w'’-]{{2,30}}\s(?:strasse|str\.|utca|ut|u\.|utja|ter|tere|korut|gasse|weg|platz|allee|sokak|caddesi|cad\.|sok\.|{_PROSPECT})))\.?,?\s{{1,2}}(?:n[o°]?\s?[.:]?\s?)?(\d{{1,5}}\s?[a-z]?(?:[-/]\d{{1,4}})?)(?![\w])"
)
_LOWER = re.compile(rf"(?:{_PROSPECT}|utca|ut|utja|korut|ter|tere)(?!\w)")
"""Words for streets behind a name that are no name themselves."""
_NUMBER_FIRST = re.compile(
    rf"(?<![\w$€£#.,:/-])(\d{{1,5}}[a-z]?)\s{{1,2}}((?:[^\W\d_][\w'’.-]{{0,24}}[ -]){{0,3}}?[^\W\d_][\w'’-]{{2,30}}?(?:{_ENDINGS}))(?![\w])"
)
_UNITS = re.compile(r"(?<![\w])(?:apt|apartment|suite|ste|flat)\.?\s?#?\s?\d{1,5}[a-z]?(?!\w)")
_BEFORE_UNIT = re.compile(
    r"((?:\d{1,6}\s{1,2})?(?:[^\W\d_][\w'’.-]{0,24}[ -]{1,2}){1,5}\d{1,5}[a-z]?\.?[\s,>?]{1,10})$"
)
_BETWEEN = re.compile(
    r"(?<![\w$€£#.,:/-])(?:\d{1,6})\s{1,2}(?:[^\W\d_][\w'’.-]{0,24}[ -]{1,2}){1,4}\d{1,5}(?![\w.,:/-]*\d)"
)
_CODE = re.compile(rf"(?:(?:{'|'.join(COUNTRIES)})|(?<=[ ,])(?:[a-z]{{2}}|nan))[\s,]{{1,3}}\d{{4,6}}(?!\d)")
_CUED = re.compile(
    r"(?:\baddress(?:\sof\s[^\n]{1,40}?|:)?\s{0,2}(?:is|to|:|with)|\bwohne[nt]?\b(?: in| an)?(?: de[rm])?|\bwoont?\b(?: op| aan| in)?|\bvivo en\b|j'habite(?: au)?|\babito in\b|\bmieszkam\b(?: przy)?|\bbor p[ao]\b|\bmoro n[ao]\b|located (?:at|on|in)|(?:live|lives|living|office is|offices are|meet|is|off|one|come|delivered|arrived|taxi|package|it|me|return|sent) (?:at|to)|lives on|off at|deliver to|ship (?:it )?to|stop is on|station is on|corner of)"
    r"[\s:]{0,3}((?:\d{1,6}\s{1,2}){0,2}(?:[^\W\d_][\w'’.-]{1,24}[ -]{1,2}){1,4}\d{1,5}[a-z]?)(?![\w:])"
)
_CUED_FIRST = re.compile(
    r"(?:\baddress(?:\sis|:)|\b(?:live|lives|living|located) at)"
    r"\s{1,2}(\d{2,5}\s{1,2}(?:[nsew]\.?\s)?[^\W\d_][\w'’-]{2,24}(?:\s{1,2}[^\W\d_][\w'’-]{2,24}){0,2})"
)
"""`my address is 1208 Elm`: number and name behind words that leave no doubt."""
_POSTCODE = r"(?:[a-z]{1,2}-)?(?:\d{5}|\d{4}|\d{3}\s\d{2}|\d{2}-\d{3}|\d{4}-\d{3}|\d{4}\s[a-z]{2})(?![\d-])"
_WITH_TOWN = re.compile(
    rf"(?<!\w)((?:{_NAME}[ -]){{0,4}}{_NAME})\.?\s{{1,2}}(\d{{1,4}}\s?[a-z]?(?:[/-]\d{{1,4}}[a-z]?){{0,2}})(?:,\s?[^,\d\n]{{2,24}})?,?\s{{1,2}}({_POSTCODE})\s{{1,2}}([^\W\d_]{{3,}})"
)
"""`Am Alten Markt 7, 50667 Köln`: whatever the street is called, number, code and town say what it is."""
_GRID = re.compile(
    r"(?<!\w)(?:calle|carrera|cra|cll?|kr|avenida|av|transversal|diagonal)\.?\s\d{1,3}\s?[a-z]?\s{0,2}(?:#|n[o°º]\.?)\s?\d{1,3}\s?[a-z]?\s?-\s?\d{1,3}(?!\d)"
)
_WARD = re.compile(
    r"(?<![\w-])\d{1,3}-\d{1,3}-\d{1,3},?\s[^\W\d_]{3,20}(?:[\s,-]{1,2}[^\W\d_]{2,20}){0,2}-(?:ku|shi|cho|chome|machi|gun)(?!\w)"
)
_BROADWAY = re.compile(
    r"(?<![\w$€£#.,:/-])\d{2,5}[a-z]?\s{1,2}(?:(?:[nsew]\.?\s)?broadway|the\s(?:crescent|avenue|green|mews|drive|close|grove|parade|square|terrace|lane|mall|strand|promenade|esplanade))(?=\s{0,2}(?:[,.!?\n]|$))"
)
_UK_CODE = re.compile(r"(?<!\w)[a-z]{1,2}\d[a-z\d]?\s\d[abd-hjlnp-uw-z]{2}(?!\w)")
_STREET = re.compile(rf"(?<!\w)(?:{_NAME}\s){{1,3}}(?:{_SURE})(?!\w)")
_INDIAN = re.compile(
    r"(?<!\w)(?:(?:[^\W\d_][\w'’.-]{0,24}\s){1,3}(?:road|nagar|marg|colony|vihar|enclave|apartments?|society|chowk|bagh|layout|east|west)|(?:sector|phase|block)\s\d{1,3}[a-z]?|[^\W\d_]{4,20}[ -]\d{6}(?!\d))(?!\w)"
)
_INDIAN_GATE = re.compile(r"(?<!\d)[1-8]\d{5}(?!\d)")
_MONTHS = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b")
_MONTH_NAMES = re.compile(
    r"\b(?:jan(?:uar[yi]?)?|feb(?:ruar[yi]?)?|mar(?:ch|s)?|apr(?:il)?|ma[iy]|jun[ei]?|jul[yi]?|aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\b"
)
_ARMY = re.compile(
    r"(?<!\w)(?:(?:psc|cmr|unit)\s\d{1,6},?\s(?:box\s\d{1,6}[\s,]{1,4})?|us[a-z]{1,4}\s[^\W\d_]{2,20}[\s,]{1,4})[afd]po\s(?:aa|ae|ap)\s\d{5}(?!\d)"
)
_BOX = re.compile(
    r"(?<!\w)(?:p\.?\s?o\.?\s?box|post office box|postfach|apartado(?: de correos)?|casella postale|boite postale|bp|psc|cmr|unit(?=\s\d{1,6},?\s(?:box|[afd]po)\b))\s{1,2}(\d{1,6})(?:,?\s(?:box\s\d{1,6}))?(?:\s{0,2}[,\n]?\s{0,2}(?:[afd]po)\s(?:aa|ae|ap)\s\d{5})?(?!\w)"
)
_GATE = re.compile(
    rf"(?<![^\W\d_])(?:{_SURE}|{_KINDS}|p\.?\s?o\.?\s?box|post office box|psc|cmr|[afd]po|apt|suite|ste|apartment|flat|address|located|u|ut|corner|broadway|chome|sector|cra|cll?|kr|transversal|diagonal)(?![^\W_])|\d\s?[a-z]?,(?:\s?[^,\d\n]{{2,24}},)?\s(?:[a-z]{{1,2}}-)?\d{{2,5}}|-(?:ku|shi|cho)\b|wohn|woon|vivo|habit|abito|mieszkam|[nmb]oro?\s|{_PROSPECT}|[a-z]\d[a-z\d]?\s\d[a-z]{{2}}|(?:live|lives|is|come|meet|taxi|return|me|off|sent|it) (?:at|to|on) |(?:{_ENDINGS})(?:\W|$)"
)
_NOT_BEFORE = re.compile(r"(?:\$|€|£|chapter|page|version|step|iphone|section|level|grade|room|model|exit)\s?$")
_NOT_NAMES = frozenset(
    ("minute", "minutes", "min", "mins", "hour", "hours", "hr", "mile", "miles", "block", "blocks", "day", "days", "week", "weeks",
     "month", "months", "year", "years", "car", "cars", "bath", "baths", "bed", "beds", "bedroom", "bedrooms", "way", "ways", "people",
     "guys", "more", "of", "times", "time", "door", "inch", "ft", "feet", "story", "foot", "x", "am", "pm", "percent", "and", "or",
     "is", "are", "was", "in", "the", "a", "an", "to", "for", "at", "from", "hard", "disk", "wheel", "all", "lbs", "k", "per", "sq",
     "different", "other", "new", "old", "big", "small", "good", "great", "first", "second", "stars", "star", "on", "by", "if", "we",
     "i", "you", "he", "she", "they", "it", "my", "your", "can", "will", "then", "but", "up", "u", "me", "so", "no", "not", "have", "had", "cars", "kids", "spots", "spaces", "hundred")
)  # fmt: skip
_IN_NAMES = frozenset(("old", "new", "big", "great", "good", "small", "first", "second", "way", "stars", "star"))
"""Of those, what names of streets begin with: `2101 Old Mill Rd`."""
_COUNTED = frozenset(
    "windows lot batch grade place item order no nr qty size type class series unit part phase row block rated unit units btu build square sq pieces "
    "pcs dollars usd words views members entries items parts euro".split()
)
"""Words before a number that is none of a house, and behind one that is no town's."""
_NUMBERED = re.compile(r"\d{1,3}(?:st|nd|rd|th)|\d{1,4}")


def find_addresses(folded: Folded) -> list[Threat]:
    """Every street address of a text, each with its unit, town and code."""
    text = folded.text
    if not _GATE.search(text):
        return []
    found: list[Threat] = []
    for start, end, sure in _clusters(folded):
        value = re.sub(r"[\s>]+", " ", text[start:end]).strip(" ,")
        found.append(Threat(kind="address", span=folded.span(start, end), value=value, confidence=sure))
    return found


def _clusters(folded: Folded) -> Iterator[tuple[int, int, float]]:
    """Parts that stand together, as one: a street with its unit and code. A part that proves little needs company."""
    text = folded.text
    begin = stop = -1
    sure = 0.0
    for start, end, part in sorted(_all(folded)):
        if begin >= 0 and start <= stop + 48 and not _SENTENCE.search(text, stop, start):
            stop, sure = max(stop, end), max(sure, part, 0.7)
            continue
        if sure >= 0.6:
            yield begin, stop, sure
        begin, stop, sure = start, end, part
    if sure >= 0.6:
        yield begin, stop, sure


def _with_tail(text: str, end: int) -> int:
    """The end with unit, town and code that follow."""
    match = _TAIL.match(text, end)
    stop = match.end() if match else end
    while stop > end and text[stop - 1] in " ,\n":
        stop -= 1
    return stop


def _all(folded: Folded) -> Iterator[tuple[int, int, float]]:
    """(start, end, how sure) of whatever is a part of an address."""
    text = folded.text
    place = 0
    while match := _ENGLISH.search(text, place):
        place = match.end(1)  # `apt 12 at 340 Lakeview Terrace`: another number may be the house's
        if _is_english(folded, match):
            more = _MORE.match(text, match.end(3))
            place = max(match.end(), more.end() if more else 0)
            yield match.start(), _with_tail(text, more.end() if more else match.end(3)), 0.9
    for match in _PREFIXED.finditer(text):
        if _named(folded, match.start(3), match.end(3)):
            yield match.start(), _with_tail(text, match.end()), 0.85
    for match in _PREFIXED_NUMBER_FIRST.finditer(text):
        if is_capital(folded, match.start(3)) or match[2] in ("rue", "calle", "rua", "ul."):
            yield match.start(), match.start(3) + len(match[3].rstrip()), 0.85
    yield from _compounds(folded)
    for pattern in (_BOX, _ARMY, _GRID, _WARD):
        for match in pattern.finditer(text):
            yield match.start(), match.end(), 0.9
    yield from _by_town(folded)
    yield from _loose(folded)


def _by_town(folded: Folded) -> Iterator[tuple[int, int, float]]:
    """What number, code and town, or the words before, make an address of, whatever the street is called."""
    text = folded.text
    for match in _WITH_TOWN.finditer(text):
        near = match.end(1) - len(" ".join(match[1].split(" ")[-3:]))
        capital = _named(folded, near, match.end(1)) and is_capital(folded, match.start(4))
        date = _MONTH_NAMES.search(match[1]) or _YEAR.fullmatch(match[3]) or _NOT_BEFORE.search(match[1] + " ")
        counted = match[1].rpartition(" ")[2] in _COUNTED or match[4] in _COUNTED or match[4] in _NOT_NAMES
        if capital and not date and not counted:
            yield _first_name(folded, match.start(1), match.end(1)), match.end(), 0.9
    for match in _BROADWAY.finditer(text):
        if is_capital(folded, _last_word(text, match.end())):
            yield match.start(), _with_tail(text, match.end()), 0.85
    for match in islice(_CUED_FIRST.finditer(text), MAX_LOOSE):
        first = match.start(1) + re.match(r"\d+\s+(?:[nsew]\.?\s)?", match[1]).end()  # type: ignore[union-attr]
        if is_capital(folded, first) and not _MONTH_NAMES.match(text, first):
            yield match.start(1), _capitals_end(folded, first, match.end(1)), 0.75
    yield from _by_code(folded)


def _by_code(folded: Folded) -> Iterator[tuple[int, int, float]]:
    """Streets without a number beside a British code, quarters beside an Indian one: parts that need each other."""
    text = folded.text
    for match in islice(_UK_CODE.finditer(text), MAX_LOOSE):
        if is_capital(folded, match.start()) and is_capital(folded, match.end() - 1):
            yield match.start(), match.end(), 0.4
            for street in _STREET.finditer(text, max(0, match.start() - 64), match.start()):
                if is_capital(folded, _last_word(text, street.end())):
                    yield _first_name(folded, street.start(), street.end()), street.end(), 0.4
    if _INDIAN_GATE.search(text):
        for match in islice(_INDIAN.finditer(text), MAX_LOOSE):
            if is_capital(folded, match.start()):
                yield match.start(), match.end(), 0.4


def _capitals_end(folded: Folded, start: int, end: int) -> int:
    """Where the row of words with a capital ends that begins at `start`."""
    stop = start
    for match in re.finditer(r"[^\s]+", folded.text[start:end]):
        if not is_capital(folded, start + match.start()):
            break
        stop = start + match.end()
    return stop


def _last_word(text: str, end: int) -> int:
    return text.rfind(" ", 0, end) + 1


def _compounds(folded: Folded) -> Iterator[tuple[int, int, float]]:
    text = folded.text
    for match in _COMPOUND.finditer(text):
        year = _YEAR.fullmatch(match[2]) is not None
        start = _word_start(text, match.end(1))
        if start > 1 and _LOWER.match(text, start) and not is_capital(folded, start):
            start = _word_start(text, start - 1)
        if is_capital(folded, start) and not year and not _unit_after(text, match.end()):
            yield _first_name(folded, match.start(1), match.end(1)), _with_tail(text, match.end()), 0.85
    for match in _NUMBER_FIRST.finditer(text):
        start = _word_start(text, match.end(2))
        if match.end() - start >= 7 and is_capital(folded, start) and not _MONTHS.search(match[2]):
            yield match.start(), match.end(), 0.7


def _loose(folded: Folded) -> Iterator[tuple[int, int, float]]:
    """Parts that are an address in company, or after words that announce one."""
    text = folded.text
    for match in islice(_UNITS.finditer(text), MAX_LOOSE):
        before = _BEFORE_UNIT.search(text, max(0, match.start() - 64), match.start())
        named = before is not None and _named(folded, before.start(), before.end())
        capital = is_capital(folded, match.start())
        yield (
            before.start() if before and named else match.start(),
            match.end(),
            0.8 if named else 0.65 if capital else 0.4,
        )
    for match in islice(_BETWEEN.finditer(text), MAX_LOOSE):
        if _named(folded, match.start(), match.end()) and not _MONTHS.search(match[0]):
            yield match.start(), match.end(), 0.4
    for match in _CODE.finditer(text):
        if is_capital(folded, match.start()):
            yield match.start(), match.end(), 0.4
    for match in islice(_CUED.finditer(text), MAX_LOOSE):
        named = is_capital(folded, match.end(1) - len(match[1].lstrip("0123456789 ")))
        if (named or (match[0].startswith("address") and match[1][0].isdigit())) and not _MONTHS.search(match[1]):
            yield match.start(1), match.end(1), 0.75


def _is_english(folded: Folded, match: re.Match[str]) -> bool:
    """Whether number, name and street word are an address: `5 minute walk` and `2 car drive` are not."""
    text = folded.text
    if _NOT_BEFORE.search(text, max(0, match.start() - 10), match.start()):
        return False
    names = match[2].split()
    words = [name.strip(".,'") for name in names]
    named = len(words) > 1 and words[0] in _IN_NAMES and is_capital(folded, match.start(2))
    if (words[0] in _NOT_NAMES and not named) or any(
        "," in name or (name.endswith(".") and len(name) > 3) for name in names
    ):
        return False
    kind = match[3]
    capital = is_capital(folded, match.start(2)) or _NUMBERED.fullmatch(words[0]) is not None
    if kind == "st" and words[-1].isdigit():
        return False
    if kind in _CLEAR:
        return not any(word in _NOT_NAMES for word in words[named:]) and (capital or len(words) <= 2)
    if any(word in _NOT_NAMES for word in words[named:]):
        return False
    followed = _TAIL.match(text, match.end())
    return (capital and is_capital(folded, match.start(3))) or (
        followed is not None and followed.end() > match.end() + 3
    )


def _named(folded: Folded, start: int, end: int) -> bool:
    """Whether one of the words between is a name."""
    return any(
        is_capital(folded, start + match.start()) for match in re.finditer(r"[^\W\d_]{2,}", folded.text[start:end])
    )


def _first_name(folded: Folded, start: int, end: int) -> int:
    """Where the name begins: at a number, or the first word with a capital."""
    for match in re.finditer(r"[^\s]+", folded.text[start:end]):
        if match[0][0].isdigit() or is_capital(folded, start + match.start()):
            return start + match.start()
    return start


def _word_start(text: str, end: int) -> int:
    while end > 0 and (text[end - 1].isalpha() or text[end - 1] in "'’.-"):
        end -= 1
    return end


def _unit_after(text: str, end: int) -> bool:
    return (
        re.match(
            r"\s?(?:minutes?|mins?|hours?|days?|weeks?|%|€|\$|km|kg|euro|uhr|stunden|minuten|tage|am|pm)(?!\w)",
            text[end : end + 12],
        )
        is not None
    )
