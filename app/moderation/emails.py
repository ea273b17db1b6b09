"""E-mail addresses, plain and disguised: `jo at gmail dot com`, `jo(at)x[.]de`, `j o @ g m a i l . c o m`, `my gmail is jo`."""

import re
from collections.abc import Iterator

from app.moderation.commonwords import FUNCTION, GIVEN, NO_HOST, NO_MAILBOX, ROLES
from app.moderation.folding import Folded, is_capital
from app.moderation.hosts import WORDS_TOO, registered
from app.moderation.maildomains import NO_DOT, Domain, corrected, domain, provider_of
from app.moderation.mailhints import UNSPACED, by_hint, by_order, noted
from app.moderation.mailnames import Name, name, with_digits
from app.moderation.mailshreds import by_shreds
from app.moderation.mailsigns import Sign, signs
from app.moderation.verdicts import Threat

DOMAIN = 128
GATE = re.compile(
    r"@|a(?:(?<![a-z0-9]a)\s?t(?![a-z0-9])|rr?ob|penst|ttherate|t ?the|(?<!\w\w)(?:[eth]t|at)\b)|4(?<!\w\w)t\b|e(?<!\w\w)[th]?t\b|æ"
    r"|klammer|chioc|chez\b|malp|snabel|sobak|strudel|kukac|zavin|bei\b|\(\s?a\s?[)\]}>]|\[\s?a\s?[)\]}>]|\{\s?a\s?[)\]}>]|<\s?a\s?[)\]}>]"
)
"""What a mailbox has for its sign; each alternative begins with a letter of its own, so that most places cost nothing."""

_PLAIN = re.compile(
    r"(?<![a-z0-9._%+@-])[a-z0-9_%+'-]{1,64}(?:\.[a-z0-9_%+'-]{1,64}){0,6}@(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}(?![a-z0-9-])"
)
_SPAM_TRAP = re.compile(r"[._-]?(?:no[._-]?spam|remove[._-]?(?:this|me)?|delete[._-]?(?:this|me)|anti[._-]?spam)[._-]?")
"""What people put into an address for a reader to take out again."""
_CUE = re.compile(
    r"e-?mail|mail|gmail|correo|courriel|address|reach|contact|kontakt|write|send|msg|message|hit me|posta|adresse|drop (?:me|us) a|escrib|escrev|schreib|ecri|reply|invoice|quotation|drawings"
    r"|(?:app|site|platform|chat) (?:keeps|blocks|deletes|allow)|they allow|off (?:the |this )?(?:app|platform|site)|\bdirect\b|get hold|so its|it's|here you go|details|:\s?$"
)
_ENDS = re.compile(
    r"\s{0,2}(?:$|[.,;:!?)\n<]|(?:please|pls|thanks|thx|ok|okay|and|or|if|when|works|anytime|any time|for|is (?:my|the|best|mine))(?![a-z]))"
)
_STAFF = re.compile(
    r"\s(?:support|team|office|hq|headquarters|store|shop|help ?desk|customer|employee|engineer|account|inc)(?![a-z])"
)
"""Behind a provider's name when people work there, or go there."""
_LAST = re.compile(r"\s{0,2}(?:$|[.,;:!?)\n<])")
_PERSONAL = frozenset(("gmail", "hotmail", "icloud", "protonmail", "googlemail", "aol", "gmx"))
_POINTS = frozenset(("period", "punt", "prik", "pont", "piste", "dat", "dote"))
"""Words for a dot that are words of a sentence as well."""
_SHOUTED = re.compile(r"(?<=[a-z0-9])at(?=[\sa-z])|(?<=\s)at(?=[a-z])|(?<=[a-z0-9])dot(?=[\sa-z])|(?<=\s)dot(?=[a-z])")


def find_emails(folded: Folded) -> list[Threat]:
    """Every e-mail address of a text."""
    folded = _unshouted(folded)
    text = folded.text
    found: list[Threat] = []
    taken: list[tuple[int, int]] = []
    for start, end, value, sure in (
        *_plain(text),
        *by_shreds(text),
        *by_order(text),
        *_signed(folded),
        *by_hint(folded),
        *_backwards(text),
    ):
        if any(start < stop and begin < end for begin, stop in taken):
            continue
        taken.append((start, end))
        found.append(Threat(kind="email", span=folded.span(start, end), value=value, confidence=sure))
    return found


def _unshouted(folded: Folded) -> Folded:
    """`joATgmail DOT com` with the signs it means: capitals glued to small letters on one side at least."""
    if "AT" not in folded.original or folded.original.isupper():
        return folded
    text = folded.text

    def sign(match: re.Match[str]) -> str:
        first, last = match.span()
        beside = [place for place in (first - 1, last) if 0 <= place < len(text) and text[place].isalpha()]
        if not all(is_capital(folded, place) for place in range(first, last)) or any(
            is_capital(folded, place) for place in beside
        ):
            return match[0]
        return " @" if match[0] == "at" else " . "

    return folded._replace(text=_SHOUTED.sub(sign, text))


def _plain(text: str) -> Iterator[tuple[int, int, str, float]]:
    for match in _PLAIN.finditer(text) if "@" in text else ():
        local, _, host = match[0].strip("'-").rpartition("@")
        if not registered(host):
            continue
        name = with_digits(text, local, match.start()) if local.isalpha() else Name(local, match.start())
        value, end = noted(text, match.end(), _without_trap(f"{name.value}@{corrected(host)}"))
        yield name.start, end, value, 0.99


def _without_trap(mailbox: str) -> str:
    """`jo@nospam-x.com` is `jo@x.com`."""
    local, _, host = _SPAM_TRAP.sub(lambda found: "." if found[0][-1] == "." else "", mailbox).rpartition("@")
    local, host = local.strip("."), host.strip(".")
    return f"{local}@{host}" if local and registered(host) else mailbox


def _signed(folded: Folded) -> Iterator[tuple[int, int, str, float]]:
    """(start, end, address, how sure) of what has something for an at sign."""
    text = folded.text
    if text.isascii() and not GATE.search(text):
        return
    for sign in signs(folded):
        place = _domain(text, sign)
        if place is None or place.host.startswith("www."):
            continue
        end = sign.end + place.length
        unspaced = UNSPACED.match(text, end)
        local = name(
            text, sign.start, spoken=sign.said or "@" not in text[sign.start : sign.end], joined=unspaced is not None
        )
        if local is None:
            continue
        sure = _said(text, sign, local, end, place) if sign.said else _meant(text, local, place)
        if sure:
            value, stop = noted(text, end, f"{local.value}@{place.host}")
            yield local.start, unspaced.end() if unspaced else stop, _without_trap(value), sure


def _domain(text: str, sign: Sign) -> Domain | None:
    """The domain behind a sign; without a dot only behind one that is no word."""
    place = domain(text[sign.end : sign.end + DOMAIN], leet=sign.leet)
    if sign.said or (place and place.ended):
        return place
    bare = NO_DOT.match(text, sign.end)
    if bare is None or (
        bare[2] in ("in", "it") and text[bare.end() : bare.end() + 2].strip() not in ("", ".", ",", "!", "?")
    ):
        return place
    host = f"{provider_of(bare[1])}.{bare[2].replace(' ', '.')}"
    return (
        Domain(host, bare.end() - sign.end, provider=False, ended=True)
        if registered(host) and bare[1] not in FUNCTION
        else place
    )


def _meant(text: str, local: Name, place: Domain) -> float:
    """How sure it is where no word, but a sign stands between: prices have one, too."""
    if not any(char.isalpha() for char in local.value) and not (
        place.provider or _CUE.search(text, max(0, local.start - 40), local.start)
    ):
        return 0.0
    label = place.host.partition(".")[0]
    if label in NO_HOST or (not place.ended and local.value in FUNCTION):
        return 0.0
    return 0.95 if place.provider else 0.9


def _backwards(text: str) -> Iterator[tuple[int, int, str, float]]:
    for match in _PLAIN.finditer(text[::-1]) if "moc." in text else ():
        if registered(match[0].rpartition("@")[2]):
            yield len(text) - match.end(), len(text) - match.start(), match[0], 0.8


def _is_joined(text: str, start: int, place: Domain) -> bool:
    """Whether a domain behind a spoken `at` has spoken or tight dots: `at home. Meet me` has not."""
    tight = re.search(r"\s[.]|[.]\s|,", text[start : start + place.length]) is None
    return all((joint == "." and tight) or any(char.isalpha() for char in joint) for joint in place.joints)


def _is_given(local: str) -> bool:
    """Whether a name is, or begins with, one that people are called by."""
    return local in GIVEN or any(local[:size] in GIVEN for size in range(4, 10) if len(local) > size + 3)


def _said(text: str, sign: Sign, local: Name, end: int, place: Domain) -> float:
    """How sure what is said with a plain `at` is an address: `look at amazon dot com` and `at this point to` are not."""
    cue = _CUE.search(text, max(0, local.start - 48), local.start) is not None
    telling = any(char in "0123456789._-" for char in local.value)
    label = place.host.partition(".")[0]
    if not any(char.isalpha() for char in local.value) and not cue:
        return 0.0
    if local.value in NO_MAILBOX and not (place.provider and cue and local.value not in FUNCTION):
        return 0.0
    if place.provider and not place.ended and not telling and _STAFF.match(text, end):
        return 0.0
    if place.provider:
        ends = _LAST if place.host.startswith(("outlook", "yahoo")) else _ENDS
        named = label in _PERSONAL or telling or cue or _is_given(local.value)
        return 0.95 if place.ended or named or ends.match(text, end) else 0.0
    if label in FUNCTION:
        return 0.0
    joints = place.joints
    spoken = any(char.isalpha() for joint in joints for char in joint)
    akin = any(local.value[at : at + 5] in label for at in range(len(local.value) - 4))
    whose = telling or akin or local.value in ROLES or _is_given(local.value)
    if place.odd:
        return 0.85 if whose or cue else 0.7
    if not (_is_joined(text, sign.end, place) or (whose and cue)) or (
        spoken and joints[-1] in _POINTS and place.host.rpartition(".")[2] in WORDS_TOO
    ):
        return 0.0
    return 0.85 if cue or whose else 0.7 if spoken and not sign.picture else 0.0
