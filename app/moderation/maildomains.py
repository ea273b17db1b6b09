"""The domain behind an at sign, however its dots are written and its provider is spelt."""

import re
from typing import NamedTuple

from app.moderation.commonwords import FUNCTION
from app.moderation.hosts import COMMON, PROVIDERS, SURE_PROVIDERS, WORDS_TOO, registered
from app.moderation.mailsigns import DOT_WORDS, MARK, THEN


class Domain(NamedTuple):
    """A domain as it is written in a text."""

    host: str
    length: int
    """Characters of the text."""
    provider: bool
    """Whether its name alone says e-mail."""
    ended: bool
    """Whether its ending is written, or understood."""
    joints: tuple[str, ...] = ()
    """What stands between its labels."""
    odd: bool = False
    """Whether it is written so that it is no accident."""


_DOT = (
    rf"(?:(?:\s|{MARK}){{1,5}}(?:{THEN}\s(?:an? |the )?)?(?:{DOT_WORDS})(?:\s|{MARK}){{1,5}}"
    rf"|(?:\s|{MARK}){{0,2}}\s{{1,2}}(?:{THEN}|(?:it )?ends? (?:in|with))\s{{1,2}}[.](?=[a-z])"
    rf"|\s{{0,2}}{MARK}{{1,2}}\s?[.]\s?{MARK}{{1,2}}\s{{0,2}}|\s{{0,2}}[.]{{1,3}}\s{{0,2}}|\s?,\s?|\s?[^\w\s.,;!?()'\"@-]{{1,2}}\s?)"
)
_NAME = r"[a-z0-9][a-z0-9-]{0,40}"
SPACED = r"[a-z0-9](?:(?:[ ._]|\s?-\s?)[a-z0-9]){1,40}"
_AFTER = re.compile(rf"({SPACED}(?![a-z0-9])|{_NAME})((?:{_DOT}(?:{SPACED}(?![a-z0-9])|{_NAME})(?![a-z0-9])){{1,4}})")
_GLUED_DOT = re.compile(
    r"([a-z0-9][a-z0-9-]{1,40}?)\s?(?:dot|punto|punkt|ponto|point)\s?((?:com|net|org|io|de|fr|es|it|info|biz|co|in|at|ch|nl|be|pt|ca|me|us)(?:\s?(?:dot|punto|ponto)\s?(?:uk|br|au|in|mx|ar|nz|za))?)(?![a-z0-9])"
)
_SPACED_END = re.compile(rf"{_DOT}(c o m|n e t|o r g|d e|f r|e s|i t)(?= [a-z0-9] |$)")
_SPLIT = re.compile(_DOT)
_GLUED = re.compile(
    r"("
    + "|".join(sorted(PROVIDERS))
    + r")\s?(?:dot|d0t|punto|punkt|[.,])?\s?(com|net|org|co|me|de|fr|es|it|uk|ru|ca)(?![a-z0-9]|\s?[.]\s?[a-z]{2}(?![a-z0-9])|\s?(?:dot|ponto|punto)\s?(?:uk|br|au|in|mx|ar)\b)"
)
_PROVIDER = re.compile(
    r"g[\s._-]?m[\s._-]?a[\s._-]?[il1][\s._-]?[l1i]|gee\s?mail|jee\s?mail|hot\s?-?mail|y[\s._-]?a[\s._-]?h[\s._-]?[o0][\s._-]?[o0]|out\s?-?look"
    r"|[i1]\s?-?cl[o0]ud|pr[o0]t[o0]n\s?-?mail|" + "|".join(sorted(SURE_PROVIDERS))
)
_DASHED_DOT = re.compile(r"(?<=[a-z0-9])-{1,2}(?:dot|punkt|punto|ponto|point)-{1,2}(?=[a-z0-9])")
NO_DOT = re.compile(
    r"([a-z0-9-]{2,40})\s((?:com\s(?:br|au|mx|ar)|co\s(?:uk|in|nz|za)|net\sau)|com|net|org|de|fr|it|es|ca|in|co)(?![a-z0-9])"
)
_ENDS = frozenset(
    "com net org biz info de fr es it uk co in br au ca nl at ch me io mx ar pt be pl us ie nz za eu dk se no fi jp cn ru".split()
)
_WHOLE = frozenset("com net org".split())
"""Endings behind which a blank and a word are a sentence's: `x.com. It is`."""
_SURE_ENDS = frozenset("com net org biz info fr de uk br ru pl nl".split())
"""Endings believed behind any mark, for they are no words of a sentence."""
_LEET_ENDS = {"c0m": "com", "0rg": "org", "n3t": "net", "c0": "co"}
_UNLEET = str.maketrans("0134579", "oleastg")
_KNOWN = ("gmail", "yahoo", "hotmail", "outlook", "icloud", "protonmail")
_OTHERS = frozenset("email mail ymail gail gmai mailo hail yaho0 look outloo cloud icloud".split()) - {"icloud"}


def _misspelt() -> dict[str, str]:
    """Providers with one letter too many, too few, changed, or two changed about."""
    letters = "abcdefghijklmnopqrstuvwxyz01"
    found: dict[str, str] = {
        "geemail": "gmail",
        "jeemail": "gmail",
        "gemail": "gmail",
        "yahu": "yahoo",
        "yahooo": "yahoo",
        "lcloud": "icloud",
        "hotmial": "hotmail",
    }
    for name in _KNOWN:
        for at in range(len(name) + 1):
            head, tail = name[:at], name[at:]
            forms = [head + tail[1:], head + tail[1:2] + tail[:1] + tail[2:]]
            forms += [head + letter + tail for letter in letters] + [head + letter + tail[1:] for letter in letters]
            for form in forms:
                if len(form) > 3 and form[0] == name[0]:
                    found.setdefault(form, name)
    return {form: name for form, name in found.items() if form not in _OTHERS and form not in PROVIDERS}


MISSPELT = _misspelt()


def provider_of(label: str) -> str:
    """The label as its provider is spelt."""
    if label in PROVIDERS:
        return label
    plain = label.replace("-", "")
    return plain if plain in SURE_PROVIDERS else MISSPELT.get(plain, label)


def corrected(host: str) -> str:
    """A host whose provider is misspelt, put right: `gmial.com` is `gmail.com`."""
    first, dot, rest = host.partition(".")
    return f"{provider_of(first)}{dot}{rest}" if first in MISSPELT else host


def domain(text: str, *, leet: bool = False) -> Domain | None:
    """What a text begins with, read as a domain."""
    if "-" in text:
        text = _DASHED_DOT.sub(lambda found: " . ".center(len(found[0])), text)
    spelt = _spelt(text, leet=leet)
    glued = _GLUED.match(text)
    if glued and (spelt is None or spelt.length < glued.end()):
        return Domain(f"{glued[1]}.{glued[2]}", glued.end(), provider=True, ended=True)
    joined = _GLUED_DOT.match(text)
    if joined and (spelt is None or "dot" in spelt.host or "ponto" in spelt.host or spelt.length < joined.end()):
        ending = re.sub(r"\s?(?:dot|punto|ponto)\s?", ".", joined[2])
        host = f"{provider_of(joined[1])}.{ending}"
        if registered(host):
            return Domain(
                host,
                joined.end(),
                provider=provider_of(joined[1]) in SURE_PROVIDERS,
                ended=True,
                joints=("dot",),
                odd=True,
            )
    if spelt is not None:
        return spelt
    return _bare(text)


def _bare(text: str) -> Domain | None:
    """A provider's name without its ending."""
    found = _PROVIDER.match(text)
    if found is not None and not text[found.end() : found.end() + 1].isalnum():
        name = re.sub(r"[\s._-]", "", found[0]).replace("1", "l").replace("0", "o")
        name = "gmail" if name.startswith("gma") else provider_of(name)
        return Domain(f"{name}.{PROVIDERS.get(name, 'com')}", found.end(), provider=True, ended=False)
    word = re.match(r"[a-z0-9]{4,11}(?![a-z0-9])", text)
    name = MISSPELT.get(word[0], "") if word else ""
    return Domain(f"{name}.com", word.end(), provider=True, ended=False) if word and name else None


def _spelt(text: str, *, leet: bool) -> Domain | None:
    """Labels with dots, signs or words for dots between them, as many as make a host."""
    match = _AFTER.match(text)
    if match is None:
        return None
    joints = _SPLIT.findall(match[2])
    labels = [_squeezed(match[1]), *(_squeezed(part) for part in _SPLIT.split(match[2])[1:])]
    kinds = [_kind(joint) for joint in joints]
    for place, joint in enumerate(joints):
        if _is_sentence(place, joint, kinds, labels):
            labels = labels[: place + 1]
            break
    match_end = _ended(match, joints, labels)
    leet = leet or "d0t" in "".join(joints) or any(label in _LEET_ENDS for label in labels)
    for count in range(len(labels), 1, -1):
        ending = _LEET_ENDS.get(labels[count - 1], labels[count - 1])
        first = provider_of(_unleet(labels[0]) if leet else labels[0])
        host = ".".join([first, *(_LEET_ENDS.get(label, label) for label in labels[1 : count - 1]), ending])
        if (ending in COMMON or count == 2 or labels[1] in ("com", "co", "net", "org", "c0")) and registered(host):
            if first in FUNCTION or (
                kinds[0] == "odd" and ending not in (_ENDS - {"at"} if first in PROVIDERS else _SURE_ENDS)
            ):
                return None
            whole = count == len(joints) + 1
            stop = match_end if whole else match.start(2) + _last_start(match[2], count)
            odd = kinds[0] == "odd" or " " in match[1] or leet or "then" in joints[0]
            return Domain(
                host,
                stop,
                provider=first in SURE_PROVIDERS,
                ended=True,
                joints=tuple(joint.strip() for joint in joints[: count - 1]),
                odd=odd,
            )
    return None


def _is_sentence(place: int, joint: str, kinds: list[str], labels: list[str]) -> bool:
    """Whether a sentence ends at a joint, and the label behind it is none: `x.com. It is`."""
    wide = joint[-1:].isspace() and joint[:1] in (".", ",")
    apart = joint[-1:].isspace() and not joint.strip(". ").isalpha()
    if place and apart and labels[place] in _WHOLE and labels[place + 1] in WORDS_TOO - {"in"}:
        return True
    other = place > 0 and kinds[place] != kinds[0]
    if other and (wide or "odd" in (kinds[place], kinds[0])):
        return True
    return (wide or kinds[place] == "odd") and labels[place + 1] not in _ENDS


def _ended(match: re.Match[str], joints: list[str], labels: list[str]) -> int:
    """Where the domain ends: of letters apart (`c o m y …`) the ending alone is taken, the rest left."""
    cut = None
    if len(joints) == len(labels) - 1:
        cut = _SPACED_END.match(match[2], _last_start(match[2], len(labels) - 1))
    if cut is None:
        return match.end()
    labels[-1] = cut[1].replace(" ", "")
    return match.start(2) + cut.end(1)


def _kind(joint: str) -> str:
    bare = joint.strip()
    if any(char.isalpha() for char in bare):
        return "word"
    return "dot" if "." in bare or bare == "," else "odd"


def _unleet(label: str) -> str:
    return label.translate(_UNLEET) if re.search(r"[a-z]", label) else label


def _last_start(rest: str, count: int) -> int:
    """Where label number `count` of `rest` ends."""
    following = [found.start() for found in _SPLIT.finditer(rest)]
    return following[count - 1] if count - 1 < len(following) else len(rest)


def _squeezed(label: str) -> str:
    return re.sub(r"[\s._]" if "-" in label else r"[\s._-]", "", label) if re.fullmatch(SPACED, label) else label
