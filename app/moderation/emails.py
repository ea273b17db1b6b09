"""E-mail addresses, plain and disguised: `jo at gmail dot com`, `jo(at)x[.]de`, `j o @ g m a i l . c o m`, `my gmail is jo`."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from app.moderation.folding import Folded, folded_words, is_capital
from app.moderation.hosts import COMMON, PROVIDERS, SURE_PROVIDERS, WORDS_TOO, registered
from app.moderation.verdicts import Threat


class Domain(NamedTuple):
    """A domain as it is written in a text."""

    host: str
    length: int
    """Characters of the text."""
    provider: bool
    """Whether its name alone says e-mail."""
    ended: bool
    """Whether its ending is written, or understood."""


LOCAL = 72
DOMAIN = 96

_PLAIN = re.compile(
    r"(?<![a-z0-9._%+@-])[a-z0-9_%+'-]{1,64}(?:\.[a-z0-9_%+'-]{1,64}){0,6}@(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}(?![a-z0-9-])"
)
_MARK = r"[)(\[\]{}<>|*~_`/\\.'\"+=:;,^#-]"
_SPOKEN_AT = (
    "(?:over )?at (?:the|d) rate(?: of)?|attherate|at the domain|over at|4t|@t|at|bei|chez|arroba|arobase|klammeraffe|chiocciola|malpa|apenstaartje|snabel-?a|kukac|sobaka|zavinac|et|"
    + folded_words("собака|собачка|эт")
)
_THEN = r"(?:and )?(?:then|followed by)(?: an?| the)?"
_SIGN = re.compile(
    rf"\s{{0,3}}{_MARK}{{1,3}}\s{{0,2}}(?:insert |the )?(?:(?:{_SPOKEN_AT}|a\st)(?:[\s-]?(?:sign|symbol))?|@|æ)(?: here| goes here)?\s{{0,2}}{_MARK}{{1,3}}\s{{0,3}}"
    r"|\s{0,3}[(\[{<]\s?a\s?[)\]}>]\s{0,3}"
    rf"|,?\s{{1,2}}{_THEN}\s(?:@|at(?: sign| symbol)?),?\s?(?:{_THEN}\s)?"
    rf"|\s{{0,3}}@{{1,3}}(?:-{{0,2}}>)?\s{{0,3}}|\s{{1,3}}(?:{_SPOKEN_AT}|a\st)(?:[\s-]?(?:sign|symbol))?\s{{1,3}}"
)
_SPOKEN_DOT = (
    r"d\so\st|dot|d0t|point|punto|punkt|ponto|period|full stop|tochka|tocka|kropka|nokta|prik|punt|tecka|"
    + folded_words("точка")
)
_DOT = (
    rf"(?:\s{{0,2}}{_MARK}{{1,2}}\s{{0,2}}(?:{_SPOKEN_DOT}|\.)\s{{0,2}}{_MARK}{{1,2}}\s{{0,2}}"
    rf"|\s{{1,3}}(?:{_SPOKEN_DOT})\s{{1,3}}|\s{{0,2}}[.]\s{{0,2}}|\s?,\s?)"
)
_NAME = r"[a-z0-9][a-z0-9-]{0,40}"
_SPACED = r"[a-z0-9](?:[ ._-][a-z0-9]){1,20}"
_AFTER = re.compile(rf"({_SPACED}(?![a-z0-9])|{_NAME})((?:{_DOT}(?:{_SPACED}(?![a-z0-9])|{_NAME})(?![a-z0-9])){{1,4}})")
_GLUED_DOT = re.compile(
    r"([a-z0-9][a-z0-9-]{1,40}?)\s?(?:dot|punto|punkt)(com|net|org|io|de|fr|es|it|uk|info|biz)(?![a-z0-9])"
)
_SPLIT = re.compile(_DOT)
_DASHED_DOT = re.compile(r"(?<=[a-z0-9])-dot-(?=[a-z0-9])")
_GLUED = re.compile(
    r"("
    + "|".join(sorted(PROVIDERS))
    + r")\s?(?:dot|d0t|punto|punkt|[.,])?\s?(com|net|org|co|me|de|fr|es|it|uk|ru|ca)(?![a-z0-9]|\s?[.]\s?[a-z]{2}(?![a-z0-9]))"
)
_PROVIDER = re.compile(
    r"g[\s._-]?m[\s._-]?a[\s._-]?[il1][\s._-]?[l1i]|gee\s?mail|jee\s?mail|hot\s?-?mail|y[\s._-]?a[\s._-]?h[\s._-]?[o0][\s._-]?[o0]|out\s?-?look"
    r"|[i1]\s?-?cl[o0]ud|pr[o0]t[o0]n\s?-?mail|" + "|".join(sorted(SURE_PROVIDERS))
)
_JOINER = r"(?:\s{0,2}[._+-]\s{0,2}|\s{0,2}[(\[{](?:dot|underscore|dash|\.)[)\]}]\s{0,2}|\s{1,2}(?:dot|underscore|under score|dash|hyphen|punto|punkt|point|ponto|minus|plus|guion bajo|barra baja|guion|tiret bas|tiret|trattino basso|trattino|bindestrich|unterstrich|underline|sublinhado|traco)\s{1,2})"
_BEFORE = re.compile(
    rf"(?<![a-z0-9'])((?:[a-z0-9](?:[ ._-][a-z0-9]){{2,20}}|[a-z0-9%+]{{1,40}})(?:{_JOINER}[a-z0-9%+]{{1,40}}){{0,5}})$"
)
_APART = re.compile(r"(?<![a-z0-9._+'-])([a-z0-9](?:\s[a-z0-9._+-]){2,40})$")
"""A name whose letters stand apart: `j o . s m i t h`."""
_SHOUTED = re.compile(
    r"(?<![a-z0-9])([a-z0-9][a-z0-9._+-]{1,40}?)(at)([a-z0-9-]{2,40}?)(dot|\.)([a-z]{2,4}(?:(?:dot|\.)[a-z]{2})?)(?![a-z0-9])"
)
"""`joATgmailDOTcom`."""
_USER = re.compile(
    r"(?:user ?(?:name|id)?|name|account|login)\s?(?:is|:|=)?\s?([a-z0-9][a-z0-9._+-]{1,40})[\s,;]{1,3}(?:and )?(?:the )?(?:domain|provider|server|host)\s?(?:is|:|=)?\s?"
    r"([a-z0-9-]{2,40}(?:\.[a-z]{2,12}){0,2})"
)
_USER_GATE = re.compile(r"domain|provider|server|host")
_SPAM_TRAP = re.compile(r"[._-]?(?:no[._-]?spam|remove[._-]?(?:this|me)?|delete[._-]?(?:this|me)|anti[._-]?spam)[._-]?")
"""What people put into an address for a reader to take out again."""
_JOIN = re.compile(_JOINER)
_CUE = re.compile(
    r"e-?mail|mail|gmail|correo|courriel|address|reach|contact|write|send|msg|message|hit me|posta|adresse"
)
_NO_LOCAL = frozenset(
    ("me", "us", "it", "look", "looking", "available", "meet", "is", "are", "was", "here", "there", "open", "room", "call", "out",
     "people", "person", "shop", "found", "find", "sold", "work", "working", "one", "all", "not", "good", "start", "starting", "see",
     "seen", "be", "stay", "priced", "set", "based", "live", "lives", "and", "or", "the", "on", "only", "up", "pm", "am", "him",
     "them", "her", "you", "that", "this", "bought", "buy", "order", "ordered", "located", "book", "online", "stuff", "things",
     "email", "mail", "met", "looked", "worked", "works", "outlook", "looks", "the", "a", "i", "we", "reviews", "listed", "posted", "sell", "sells", "customer", "store", "deals", "arrive", "house", "mine", "get")
)  # fmt: skip
_BESIDE = frozenset(
    (
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
        "use",
        "using",
        "by",
        "host",
        "domain",
        "provider",
        "server",
        "user",
        "of",
        "rate",
    )
)
_ENDS = re.compile(
    r"\s{0,2}(?:$|[.,;:!?)\n]|(?:please|pls|thanks|thx|ok|okay|and|or|if|when|works|anytime|any time|for|is (?:my|the|best|mine))(?![a-z]))"
)
_LAST = re.compile(r"\s{0,2}(?:$|[.,;:!?)\n])")
_AFTER_PROVIDER = re.compile(
    r"(?<![@.a-z])(gmail|g-?mail|hotmail|yahoo|outlook|icloud)(?:\s(?:address|id|account|handle|name|user ?name|user|login))?(?:\s(?:is|as|under)\s|\s?[:=]\s?)"
    r"([a-z0-9]{1,40}(?:[._+-][a-z0-9]{1,40}){0,4})(?![a-z0-9@])"
)
_NEAR_PROVIDER = re.compile(
    r"(?<![a-z0-9._])([a-z0-9]{2,40}(?:[._+-][a-z0-9]{1,40}){0,4})[\s,]{0,2}[(\[{<|/*-]{1,2}\s?(gmail|hotmail|yahoo|outlook|icloud)(?:\s?[.]?\s?com)?\s?[)\]}>|/*-]{1,2}"
)
_BESIDE_PROVIDER = re.compile(
    r"(?<![a-z0-9._])([a-z0-9]{2,40}(?:[._+-][a-z0-9]{1,40}){0,4})\s{1,2}(gmail|hotmail|yahoo|outlook|icloud|aol|protonmail)\s?(?:dot|d0t|[.,])?\s?com(?![a-z0-9])"
)


_SYMBOL = re.compile(
    r"(?<![a-z0-9._+-])([a-z0-9]{2,40}(?:[._+-][a-z0-9]{1,40}){0,4})\s?[^\w\s.,;:!?()'\"@/\\\[\]<>$%+-]{1,3}\s?"
    r"((?:gmail|g-mail|hotmail|yahoo|outlook|icloud|protonmail|aol)\s?\.\s?(?:com|net|org|co\.uk|de|fr))(?![a-z0-9])"
)
"""Any sign in the place of the at sign: `jo#outlook.com`, also a picture."""

_WORDS_AT = frozenset(("at", "a t", "4t", "@t", "et", "over at", "bei", "chez"))
"""Signs that are words as well."""
_NO_DOT = re.compile(
    r"(gmx|web|t-online|freenet|orange|free|wanadoo|laposte|libero|uol|bol|terra|yahoo|hotmail|outlook|live|bigpond)\s"
    r"(com\s(?:br|au|mx|ar)|co\s(?:uk|in)|net\sau|de|fr|it|es|ca)(?![a-z0-9])|([a-z0-9-]{3,40})\s(com|net|org)(?![a-z0-9])"
)
_USER_ON = re.compile(
    r"(?:user ?(?:name|id)|handle|account|login)\s?(?:is|:|=)?\s?([a-z0-9][a-z0-9._+-]{1,40})\s(?:on|at|in|with)\s"
    r"(gmail|hotmail|yahoo|outlook|icloud)(?![a-z0-9.]*[a-z0-9])"
)
_PICTURES = "📧✉📨📩🌀"
_PICTURE = re.compile(
    rf"(?<![a-z0-9._+-])([a-z0-9]{{2,40}}(?:[._+-][a-z0-9]{{1,40}}){{0,4}})\s?[{_PICTURES}]\s?((?:[a-z0-9-]{{2,40}}\.){{1,3}}[a-z]{{2,6}})(?![a-z0-9])"
)
"""A letter's picture in the place of the at sign."""


def find_emails(folded: Folded) -> list[Threat]:
    """Every e-mail address of a text."""
    text = folded.text
    found: list[Threat] = []
    taken: list[tuple[int, int]] = []
    if "@" in text:
        for match in _PLAIN.finditer(text):
            if registered(match[0].rpartition("@")[2]):
                taken.append(match.span())
                value = _without_trap(match[0].strip("'-"))
                found.append(Threat(kind="email", span=folded.span(*match.span()), value=value, confidence=0.99))
    for start, end, value, sure in (*_shouted(folded), *_disguised(text)):
        if not any(start < stop and begin < end for begin, stop in taken):
            taken.append((start, end))
            found.append(Threat(kind="email", span=folded.span(start, end), value=value, confidence=sure))
    return found


def _without_trap(mailbox: str) -> str:
    """`jo@nospam-x.com` is `jo@x.com`."""
    local, _, host = _SPAM_TRAP.sub(lambda found: "." if found[0][-1] == "." else "", mailbox).rpartition("@")
    local, host = local.strip("."), host.strip(".")
    return f"{local}@{host}" if local and registered(host) else mailbox


def _shouted(folded: Folded) -> Iterator[tuple[int, int, str, float]]:
    """Addresses whose `AT` and `DOT` stand out by their capitals, or by the provider they lead to."""
    for match in _USER.finditer(folded.text) if _USER_GATE.search(folded.text) else ():
        host = match[2] if "." in match[2] else match[2] + ".com"
        if registered(host) and ("." in match[2] or match[2] in SURE_PROVIDERS):
            yield match.start(1), match.end(), f"{match[1]}@{host}", 0.85
    if "at" not in folded.text:
        return
    for match in _SHOUTED.finditer(folded.text):
        host = f"{match[3]}.{match[5].replace('dot', '.')}"
        shouted = all(
            is_capital(folded, match.start(part)) and not is_capital(folded, match.start(part + 1))
            for part in (2, 4)
            if match[part] != "."
        )
        if registered(host) and (shouted or (match[3] in SURE_PROVIDERS and match[4] == "dot")):
            yield match.start(), match.end(), f"{match[1]}@{host}", 0.9


def _disguised(text: str) -> Iterator[tuple[int, int, str, float]]:
    """(start, end, address, how sure) of what is written around filters."""
    for sign in _SIGN.finditer(text):
        domain = _domain(text[sign.end() : sign.end() + DOMAIN])
        if domain is None and sign[0].strip() not in _WORDS_AT and (bare := _NO_DOT.match(text, sign.end())):
            host = f"{bare[1] or bare[3]}.{(bare[2] or bare[4]).replace(' ', '.')}"
            domain = Domain(host, bare.end() - sign.end(), provider=False, ended=True)
        if domain is None or domain.host.startswith("www."):
            continue
        before = text[max(0, sign.start() - LOCAL) : sign.start()]
        local = _APART.search(before) or _BEFORE.search(before)
        if local is None:
            continue
        end = sign.end() + domain.length
        start = sign.start() - len(local[1])
        if local.re is _APART:
            value = re.sub(r"\s", "", local[1])
        else:
            value, start = _local(local[1], start, "@" not in sign[0])
        if sign[0].strip() in _WORDS_AT:
            sure = _said(text, (start, sign.end(), end), value, domain)
        else:
            sure = 0.95 if domain.provider else 0.9
        if sure:
            yield start, end, f"{value}@{domain.host}", sure
    if "mail" in text or "yahoo" in text or "outlook" in text or "icloud" in text:
        yield from (*_by_provider(text), *_by_symbol(text))
    if not text.isascii():
        yield from _by_picture(text)
    if "moc." in text:
        yield from _backwards(text)


def _by_symbol(text: str) -> Iterator[tuple[int, int, str, float]]:
    for match in _SYMBOL.finditer(text):
        if match[1] not in _NO_LOCAL and match[1] not in _BESIDE and registered(match[2].replace(" ", "")):
            yield match.start(), match.end(), f"{match[1]}@{match[2].replace(' ', '')}", 0.85


def _by_picture(text: str) -> Iterator[tuple[int, int, str, float]]:
    for match in _PICTURE.finditer(text) if any(one in text for one in _PICTURES) else ():
        if registered(match[2]):
            yield match.start(), match.end(), f"{match[1]}@{match[2]}", 0.85


def _backwards(text: str) -> Iterator[tuple[int, int, str, float]]:
    for match in _PLAIN.finditer(text[::-1]):
        if registered(match[0].rpartition("@")[2]):
            yield len(text) - match.end(), len(text) - match.start(), match[0], 0.8


def _by_provider(text: str) -> Iterator[tuple[int, int, str, float]]:
    for match in _AFTER_PROVIDER.finditer(text):
        provider, local = match[1].replace("-", ""), match[2]
        telling = any(char in "0123456789._-" for char in local) or len(local) > 7
        if local in _NO_LOCAL:
            continue
        if telling or (
            provider not in ("outlook", "yahoo")
            and (" is" not in match[0] or " user" in match[0] or " login" in match[0])
            and _ENDS.match(text, match.end())
        ):
            yield match.start(2), match.end(2), f"{local}@{provider}.com", 0.8
    for match in (*_NEAR_PROVIDER.finditer(text), *_USER_ON.finditer(text), *_BESIDE_PROVIDER.finditer(text)):
        if match[1] not in _NO_LOCAL and match[1] not in _BESIDE:
            yield match.start(), match.end(), f"{match[1]}@{match[2]}.com", 0.8


def _domain(text: str) -> Domain | None:
    """What a text begins with, read as a domain."""
    if "-dot-" in text:
        text = _DASHED_DOT.sub("  .  ", text)
    spelt = _spelt(text)
    glued = _GLUED.match(text)
    if glued and (spelt is None or spelt.length < glued.end()):
        return Domain(f"{glued[1]}.{glued[2]}", glued.end(), provider=True, ended=True)
    if spelt is not None:
        return spelt
    joined = _GLUED_DOT.match(text)
    if joined and registered(f"{joined[1]}.{joined[2]}"):
        return Domain(f"{joined[1]}.{joined[2]}", joined.end(), provider=joined[1] in SURE_PROVIDERS, ended=True)
    provider = _PROVIDER.match(text)
    if provider is not None and not text[provider.end() : provider.end() + 1].isalnum():
        name = re.sub(r"[\s._-]", "", provider[0]).replace("1", "l").replace("0", "o")
        name = {"geemail": "gmail", "jeemail": "gmail", "lcloud": "icloud"}.get(name, name)
        name = "gmail" if name.startswith("gma") else name
        return Domain(f"{name}.{PROVIDERS.get(name, 'com')}", provider.end(), provider=True, ended=False)
    return None


_DOTS = frozenset(("dot", "d0t", "punkt", "punto", "ponto"))
"""`gmail, dot com`: the comma is no dot."""
_LEET_ENDS = {"c0m": "com", "0rg": "org", "n3t": "net", "c0": "co"}


def _spelt(text: str) -> Domain | None:
    """Labels with dots, signs or words for dots between them, as many as make a host."""
    match = _AFTER.match(text)
    if match is None:
        return None
    joints = _SPLIT.findall(match[2])
    labels = [_squeezed(match[1]), *(_squeezed(part) for part in _SPLIT.split(match[2])[1:])]
    if labels[1] in _DOTS:
        return None
    if labels[0].replace("-", "") in SURE_PROVIDERS:
        labels[0] = labels[0].replace("-", "")
    for place, joint in enumerate(joints[1:], 1):
        if joint != joints[0] and re.fullmatch(r"[.,]\s+", joint):
            labels = labels[: place + 1]  # a sentence's end
            break
    for count in range(len(labels), 1, -1):
        host = ".".join([*labels[: count - 1], _LEET_ENDS.get(labels[count - 1], labels[count - 1])])
        if (
            _LEET_ENDS.get(labels[count - 1], labels[count - 1]) in COMMON
            or count == 2
            or labels[1] in ("com", "co", "net", "org")
        ) and registered(host):
            whole = count == len(joints) + 1
            stop = match.end() if whole else match.start(2) + _last_start(match[2], count)
            return Domain(host, stop, provider=labels[0] in SURE_PROVIDERS, ended=True)
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
        return re.sub(r"\s" if "." in words or "_" in words else r"[\s-]", "", words), start
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
            **dict.fromkeys(("guion bajo", "barra baja", "tiret bas", "trattino basso", "unterstrich"), "_"),
            **dict.fromkeys(("underline", "sublinhado"), "_"),
            **dict.fromkeys(("tiret", "trattino", "bindestrich", "traco"), "-"),
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


def _said(text: str, places: tuple[int, int, int], local: str, domain: Domain) -> float:
    """How sure what is said with a plain `at` is an address: `look at amazon dot com` and `at this point to` are not.

    `places`: where the name begins, the domain begins, and the domain ends.
    """
    start, begin, end = places
    cue = _CUE.search(text, max(0, start - 40), start) is not None
    telling = any(char in "0123456789._-" for char in local)
    if not any(char.isalpha() for char in local) and not cue:
        return 0.0
    if local in _NO_LOCAL and not (domain.provider and cue and local not in ("me", "us", "is", "it")):
        return 0.0
    if domain.provider:
        ends = _LAST if domain.host.startswith(("outlook", "yahoo")) else _ENDS
        return 0.95 if domain.ended or cue or telling or ends.match(text, end) else 0.0
    written = text[begin:end]
    joints = [joint.strip() for joint in _SPLIT.findall(written)]
    spoken = any(char.isalpha() for joint in joints for char in joint)
    if not _is_joined(written) or (
        spoken
        and joints[-1] not in ("dot", "d0t", "punkt", "punto", "ponto")
        and domain.host.rpartition(".")[2] in WORDS_TOO
    ):
        return 0.0
    return 0.85 if cue or telling else 0.7 if spoken else 0.0
