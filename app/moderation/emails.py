"""E-mail addresses, plain and disguised: `jo at gmail dot com`, `jo(at)x[.]de`, `j o @ g m a i l . c o m`, `my gmail is jo`."""

import re
from collections.abc import Iterator

from app.moderation.folding import Folded
from app.moderation.hosts import COMMON, PROVIDERS, SURE_PROVIDERS, registered
from app.moderation.verdicts import Threat

MAX_SIGNS = 60
LOCAL = 72
DOMAIN = 96

_PLAIN = re.compile(
    r"(?<![a-z0-9._%+@-])[a-z0-9_%+'-]{1,64}(?:\.[a-z0-9_%+'-]{1,64}){0,6}@(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}(?![a-z0-9-])"
)
_SPOKEN_AT = r"at|arroba|arobase|klammeraffe|chiocciola|malpa|apenstaartje|snabel-?a|kukac|sobaka|собака|cобaкa|et"
_SIGN = re.compile(
    rf"\s{{0,3}}[(\[{{<|*~_/\\.'\"-]{{1,3}}\s{{0,2}}(?:{_SPOKEN_AT}|a|@|æ|arroba)\s{{0,2}}[)\]}}>|*~_/\\.'\"-]{{1,3}}\s{{0,3}}"
    rf"|\s{{0,3}}@\s{{0,3}}|\s{{1,3}}(?:{_SPOKEN_AT})(?:\s?sign)?\s{{1,3}}"
)
_DOT = (
    r"(?:\s{0,2}[(\[{<|*~_/-]{1,2}\s{0,2}(?:dot|d0t|point|punto|punkt|ponto|period|\.)\s{0,2}[)\]}>|*~_/-]{1,2}\s{0,2}"
    r"|\s{1,3}(?:dot|d0t|point|punto|punkt|ponto|period|tochka|tocka|kropka|nokta|prik|punt)\s{1,3}|\s{0,2}[.]\s{0,2}|\s?,\s?)"
)
_NAME = r"[a-z0-9][a-z0-9-]{0,40}"
_SPACED = r"[a-z0-9](?:[ ._-][a-z0-9]){2,20}"
_AFTER = re.compile(rf"({_SPACED}|{_NAME})((?:{_DOT}(?:{_SPACED}|{_NAME})(?![a-z0-9])){{1,4}})")
_SPLIT = re.compile(_DOT)
_GLUED = re.compile(
    r"("
    + "|".join(sorted(PROVIDERS))
    + r")\s?(?:dot|d0t|punto|punkt|[.,])?\s?(com|net|org|co|me|de|fr|es|it|uk|ru|ca)(?![a-z0-9])"
)
_PROVIDER = re.compile(
    r"g[\s._-]?m[\s._-]?a[\s._-]?[il1][\s._-]?[l1i]|gee\s?mail|jee\s?mail|hot\s?-?mail|y[\s._-]?a[\s._-]?h[\s._-]?[o0][\s._-]?[o0]|out\s?-?look"
    r"|[i1]\s?-?cl[o0]ud|pr[o0]t[o0]n\s?-?mail|" + "|".join(sorted(SURE_PROVIDERS))
)
_JOINER = r"(?:\s{0,2}[._+-]\s{0,2}|\s{0,2}[(\[{](?:dot|underscore|dash|\.)[)\]}]\s{0,2}|\s{1,2}(?:dot|underscore|under score|dash|hyphen|punto|punkt|point|ponto|minus|plus|guion bajo|guion)\s{1,2})"
_BEFORE = re.compile(rf"((?:{_SPACED}|[a-z0-9%+]{{1,40}})(?:{_JOINER}[a-z0-9%+]{{1,40}}){{0,5}})$")
_JOIN = re.compile(_JOINER)
_CUE = re.compile(
    r"e-?mail|mail|gmail|correo|courriel|address|reach|contact|write|send|msg|message|hit me|posta|adresse"
)
_NO_LOCAL = frozenset(
    ("me", "us", "it", "look", "looking", "available", "meet", "is", "are", "was", "here", "there", "open", "room", "call", "out",
     "people", "person", "shop", "found", "find", "sold", "work", "working", "one", "all", "not", "good", "start", "starting", "see",
     "seen", "be", "stay", "priced", "set", "based", "live", "lives", "and", "or", "the", "on", "only", "up", "pm", "am", "him",
     "them", "her", "you", "that", "this", "bought", "buy", "order", "ordered", "located", "book", "online", "stuff", "things",
     "email", "mail", "reviews", "listed", "posted", "sell", "sells", "customer", "store", "deals", "arrive", "house", "mine", "get")
)  # fmt: skip
_AFTER_PROVIDER = re.compile(
    r"(?:my\s)?(gmail|g-?mail|hotmail|yahoo|outlook|icloud|e-?mail)\s{1,2}(?:address\s|id\s|account\s|handle\s|name\s)?(?:is|:|=)\s{0,2}"
    r"([a-z0-9]{1,40}(?:[._+-][a-z0-9]{1,40}){0,4})(?![a-z0-9@])"
)
_NEAR_PROVIDER = re.compile(
    r"(?<![a-z0-9._])([a-z0-9]{2,40}(?:[._+-][a-z0-9]{1,40}){0,4})[\s,]{0,2}[(\[{<|/*-]{1,2}\s?(gmail|hotmail|yahoo|outlook|icloud)(?:\s?[.]?\s?com)?\s?[)\]}>|/*-]{1,2}"
)
_BESIDE_PROVIDER = re.compile(
    r"(?<![a-z0-9._])([a-z0-9]{2,40}(?:[._+-][a-z0-9]{1,40}){0,4})\s{1,2}(gmail|hotmail|yahoo|outlook|icloud|aol|protonmail)\s?(?:dot|d0t|[.,])?\s?com(?![a-z0-9])"
)


def find_emails(folded: Folded) -> list[Threat]:
    """Every e-mail address of a text."""
    text = folded.text
    found: list[Threat] = []
    taken: list[tuple[int, int]] = []
    if "@" in text:
        for match in _PLAIN.finditer(text):
            host = match[0].rpartition("@")[2]
            if registered(host):
                taken.append(match.span())
                found.append(
                    Threat(kind="email", span=folded.span(*match.span()), value=match[0].strip("'-"), confidence=0.99)
                )
    for start, end, value, sure in _disguised(text):
        if not any(start < stop and begin < end for begin, stop in taken):
            taken.append((start, end))
            found.append(Threat(kind="email", span=folded.span(start, end), value=value, confidence=sure))
    return found


def _disguised(text: str) -> Iterator[tuple[int, int, str, float]]:
    """(start, end, address, how sure) of what is written around filters."""
    for count, sign in enumerate(_SIGN.finditer(text)):
        if count >= MAX_SIGNS:
            break
        domain = _domain(text[sign.end() : sign.end() + DOMAIN])
        if domain is None:
            continue
        name, length, named = domain
        if name.startswith("www."):
            continue
        local = _BEFORE.search(text[max(0, sign.start() - LOCAL) : sign.start()])
        if local is None:
            continue
        spoken = "@" not in sign[0]
        value, start = _local(local[1], sign.start() - len(local[1]), spoken)
        plain_word = spoken and sign[0].strip().isalpha()
        if plain_word and not named and not _is_joined(text[sign.end() : sign.end() + length]):
            continue
        spoken_dot = any(
            char.isalpha() for joint in _SPLIT.findall(text[sign.end() : sign.end() + length]) for char in joint
        )
        sure = _sure(text, start, value, named, plain_word)
        if plain_word and sure == 0.7 and not spoken_dot:
            continue
        if sure:
            yield start, sign.end() + length, f"{value}@{name}", sure
    if "mail" in text or "yahoo" in text or "outlook" in text or "icloud" in text:
        yield from _by_provider(text)


def _by_provider(text: str) -> Iterator[tuple[int, int, str, float]]:
    for match in _AFTER_PROVIDER.finditer(text):
        provider, local = match[1].replace("-", ""), match[2]
        if provider == "email" or local in _NO_LOCAL or not (any(c in "0123456789._" for c in local) or len(local) > 7):
            continue
        yield match.start(2), match.end(2), f"{local}@{provider}.com", 0.8
    for match in (*_NEAR_PROVIDER.finditer(text), *_BESIDE_PROVIDER.finditer(text)):
        if match[1] not in _NO_LOCAL and match[1] not in (
            "my",
            "your",
            "his",
            "com",
            "to",
            "at",
            "check",
            "in",
            "via",
            "from",
            "with",
        ):
            yield match.start(), match.end(), f"{match[1]}@{match[2]}.com", 0.8


def _domain(text: str) -> tuple[str, int, bool] | None:
    """(host, length in the text, whether it is a mail provider) of what a text begins with."""
    glued = _GLUED.match(text)
    if glued:
        return f"{glued[1]}.{glued[2]}", glued.end(), True
    provider = _PROVIDER.match(text)
    match = _AFTER.match(text)
    if match is not None:
        labels = [_squeezed(match[1]), *(_squeezed(part) for part in _SPLIT.split(match[2])[1:])]
        for count in range(len(labels), 1, -1):
            host = ".".join(labels[:count])
            if (labels[count - 1] in COMMON or count == 2) and registered(host):
                stop = match.end() if count == len(labels) else match.start(2) + _last_start(match[2], count)
                return host, stop, labels[0] in SURE_PROVIDERS
    if provider is not None and not text[provider.end() : provider.end() + 1].isalnum():
        name = re.sub(r"[\s._-]", "", provider[0]).replace("1", "l").replace("0", "o")
        name = {"geemail": "gmail", "jeemail": "gmail", "lcloud": "icloud"}.get(name, name)
        name = "gmail" if name.startswith("gma") else name
        return f"{name}.{PROVIDERS.get(name, 'com')}", provider.end(), True
    return None


def _last_start(rest: str, count: int) -> int:
    """Where label number `count` of `rest` ends."""
    following = [found.start() for found in _SPLIT.finditer(rest)]
    return following[count - 1] if count - 1 < len(following) else len(rest)


def _squeezed(label: str) -> str:
    return re.sub(r"[\s._-]", "", label) if re.fullmatch(_SPACED, label) else label


def _local(written: str, start: int, spoken: bool) -> tuple[str, int]:
    """The mailbox's name without its disguise, and where it begins."""
    words = written
    if re.fullmatch(_SPACED, words):
        return re.sub(r"[\s]", "", words), start
    parts = _JOIN.split(words)
    joints = _JOIN.findall(words)
    # A sentence's end before the name is no part of it: `Thanks. jo at gmail` is jo.
    for index in range(len(joints) - 1, -1, -1):
        if (
            joints[index].startswith(".")
            and joints[index] != "."
            and (spoken or "  " in joints[index] or joints[index] == ". ")
        ):
            kept = "".join(part + joint for part, joint in zip(parts[: index + 1], joints[: index + 1], strict=False))
            return _local(words[len(kept) :], start + len(kept), spoken)
    value = parts[0]
    for joint, part in zip(joints, parts[1:], strict=True):
        mark = joint.strip(" ()[]{}")
        value += {
            "underscore": "_",
            "under score": "_",
            "guion bajo": "_",
            "dash": "-",
            "hyphen": "-",
            "minus": "-",
            "guion": "-",
            "plus": "+",
        }.get(mark, mark if mark in "._+-" else ".") + part
    return value, start


def _is_joined(written: str) -> bool:
    """Whether a domain behind a spoken `at` has spoken or tight dots: `at home. Meet me` has not."""
    return all(joint in (".", "-.") or any(char.isalpha() for char in joint) for joint in _SPLIT.findall(written))


def _sure(text: str, start: int, local: str, provider: bool, plain_word: bool) -> float:
    """How sure an address in disguise is one: `look at amazon dot com` is not."""
    if not plain_word:
        return 0.95 if provider else 0.9
    cue = _CUE.search(text, max(0, start - 40), start) is not None
    if local in _NO_LOCAL and not (provider and cue and local not in ("me", "us", "is", "it")):
        return 0.0
    if provider:
        return 0.95
    return 0.85 if cue or any(char in "0123456789._-" for char in local) else 0.7
