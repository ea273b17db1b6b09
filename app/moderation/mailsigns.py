"""What stands for `@` and `.` in a mailbox that is to be read by people only, in any marks and several languages."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from app.moderation.folding import Folded, folded_words, is_capital

MARK = r"[)(\[\]{}<>|*~_`/\\.'\"+=:;,^#!-]"
THEN = r"(?:and )?(?:then|next|followed by|plus|puis|ensuite|suivi de|et|luego|despues|seguido de|depois|dann|und|gefolgt von|poi|phir|potem)"
AT_WORDS = (
    "(?:over )?at (?:the|d|da) rate(?: of)?|at ?the ?rate|at the domain|over at|4t|@t|at|bei|chez|arr?obb?as?|arr?oba[sz]?e?|klammeraffen?|affenschwanz|chiocciol(?:a|ina)|malp[ak]a?|apenstaartje"
    "|aapenstaartje|snabel-?a|kukac|sobaka|zavinac|strudel|shtrudel|krollalfa|alfakroll|miuku|papaki|aet|att|aht|aat|ett|eht|et|atto ?maaku|atto|golbaengi|quan ?a|a\\st|"
    + folded_words("собака|собачка|эт|एट|ऐट|आत|آت|圈a|艾特|小老鼠|アットマーク|アット|골뱅이|παπάκι|שטרודל")
)
DOT_WORDS = (
    r"d\so\st|dott?|dt|d0t|doht|daht|dawt|doot|dote?|point|punto|punkt|ponto|period|full ?stop|tochka|tocka|kropka|nokta|prik|punt|tecka|punct|pont|piste|dat|"
    + folded_words("точка|डॉट|بوينت|نقطة|نقطه|点|點|ドット|닷|점|τελεία|נקודה")
)
LEET = frozenset(("4t", "@t"))
WORDS = frozenset(
    (
        "at",
        "a t",
        "4t",
        "@t",
        "et",
        "over at",
        "bei",
        "chez",
        "aet",
        "att",
        "aht",
        "aat",
        "ett",
        "eht",
        "atto",
        "strudel",
    )
)
"""Signs that are words as well."""

_EMOJI = r"[\u2600-\u2763\u2765-\u2793\u2798-\u27bf\u2b00-\u2bff\U0001f000-\U0001f445\U0001f451-\U0001f491\U0001f49f-\U0001f5ff\U0001f680-\U0001faff]"
_CORE = re.compile(rf"@t(?![a-z0-9])|@{{1,3}}|(?<![a-z0-9])(?:{AT_WORDS})(?![a-z0-9])|æ|{_EMOJI}")
_LONE_A = re.compile(r"\s{0,3}[(\[{<]\s?a\s?[)\]}>]\s{0,3}")
_LEAD = re.compile(
    rf"(?:\s|{MARK}){{0,8}}(?:(?<![a-z0-9_.-])(?:{THEN}|insert|put|the|an?|el|le|das|symbol|symbole|simbolo|sign|sinal|signo|segno|signe|zeichen|(?:sinal|signo|segno|signe) d[ei])(?:\s|{MARK}){{1,3}}){{0,3}}$"
)
_TRAIL = re.compile(
    rf"(?:[\s-]?(?:sign|symbol|symbole|simbolo|zeichen|thing|signo|sinal)(?![a-z]))?(?: goes)?(?: in)?(?: here)?(?:\s|{MARK}|-{{0,2}}>){{0,8}}(?:{THEN}\s)?"
)


class Sign(NamedTuple):
    """What may stand for an at sign."""

    start: int
    end: int
    said: bool
    """Whether it may be a plain word of a sentence."""
    leet: bool
    picture: bool


def signs(folded: Folded) -> Iterator[Sign]:
    """All that may stand for an at sign, with the marks and words around it."""
    text = folded.text
    for core in _CORE.finditer(text):
        lead = _LEAD.search(text, max(0, core.start() - 28), core.start())
        trail = _TRAIL.match(text, core.end())
        if lead is None or trail is None:
            continue
        before, behind = text[lead.start() : core.start()], text[core.end() : trail.end()]
        named = any(char.isalpha() for char in behind) or any(char.isalpha() for char in before)
        word = core[0][0].isalpha() or core[0] in LEET
        picture = not core[0].isascii() and not core[0].isalnum()
        marked = before.strip() != "" and behind.strip() != ""
        if not marked and not named and before.strip() and (before[-1:].isspace() or behind[-1:].isspace()):
            continue  # a sentence ends there
        if word and not (before and behind):
            continue
        shouted = core[0] == "at" and _is_shouted(folded, core.start())
        said = (core[0] in WORDS and not (marked or named or shouted)) or picture
        yield Sign(lead.start(), trail.end(), said, core[0] in LEET, picture)
    for lone in _LONE_A.finditer(text):
        yield Sign(lone.start(), lone.end(), said=False, leet=False, picture=False)


def _is_shouted(folded: Folded, start: int) -> bool:
    """Whether `AT` stands in capitals among small letters."""
    if not (is_capital(folded, start) and is_capital(folded, start + 1)):
        return False
    around = [
        place for place in range(max(0, start - 6), min(len(folded.text), start + 8)) if not start <= place < start + 2
    ]
    letters = [place for place in around if folded.text[place].isalpha()]
    return bool(letters) and sum(is_capital(folded, place) for place in letters) * 2 <= len(letters)
