"""Links, plain and disguised; what they lead to says their kind: a page, a meeting, a profile, a till."""

import re
from collections.abc import Iterator

from app.moderation.commonwords import FUNCTION, NO_NAME
from app.moderation.folding import Folded, is_capital
from app.moderation.hosts import COMMON, WORDS_TOO, is_within, registered
from app.moderation.verdicts import Claims, Threat

MEETING = frozenset(
    ("zoom.us", "zoom.com", "meet.google.com", "teams.microsoft.com", "teams.live.com", "whereby.com", "webex.com",
     "gotomeeting.com", "meet.jit.si", "calendly.com", "discord.gg", "join.skype.com", "bluejeans.com", "cal.com")
)  # fmt: skip
SOCIAL = frozenset(
    ("instagram.com", "facebook.com", "fb.com", "fb.me", "m.me", "twitter.com", "x.com", "t.me", "telegram.me", "wa.me",
     "whatsapp.com", "snapchat.com", "tiktok.com", "linkedin.com", "threads.net", "discord.com", "signal.me", "vk.com",
     "linktr.ee", "line.me", "messenger.com", "nextdoor.com", "yelp.com", "youtube.com", "reddit.com", "pinterest.com")
)  # fmt: skip
PAYMENT = frozenset(
    ("paypal.me", "paypal.com", "venmo.com", "cash.app", "buy.stripe.com", "ko-fi.com", "revolut.me", "wise.com", "zellepay.com")
)  # fmt: skip

_ADDRESS = re.compile(
    r"(?:h[tx]{2}ps?|ftp)\s{0,2}(?::|\[:\]|;)\s{0,2}[/\\]{2}\s{0,2}[^\s<>\"')\[\]]{2,400}"
    r"|(?<![a-z0-9@.])www\s{0,2}[.]\s{0,2}[a-z0-9-]{1,63}\s{0,1}[.][^\s<>\"')\[\]]{2,400}"
)
_BARE = re.compile(
    r"(?<![a-z0-9@._/-])((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,5}[a-z]{2,24})(?![a-z0-9@_]|-[a-z])(:\d{2,5})?(/[^\s<>\"')\[\]]{0,300})?"
)
_DOT = r"(?:\s{0,2}[(\[{<]\s{0,2}(?:dot|d0t|punto|punkt|point|ponto|\.)\s{0,2}[)\]}>]\s{0,2}|\s{1,2}(?:dot|d0t|punto|punkt|ponto)\s{1,2})"
_SPOKEN = re.compile(
    rf"(?<![a-z0-9@.-])((?:www{_DOT})?[a-z0-9][a-z0-9-]{{1,40}}(?:{_DOT}[a-z0-9-]{{2,24}}){{1,3}})(?![a-z0-9])"
)
_SPACED = re.compile(
    r"(?<![a-z0-9@.])([a-z0-9][a-z0-9-]{2,40})\s?[.,]\s(com|net|org)(?![a-z0-9])|(?<![a-z0-9@.])([a-z0-9][a-z0-9-]{2,40})\s[.,]\s?(com|net|org)(?![a-z0-9])"
)
_TALK = re.compile(
    r"\s?,\s?(?:and |or )?(?:[.]|dot )?(?:com|net|org|info|biz)\b"
    r"|\s(?:shops?|stores?|compan(?:y|ies)|business(?:es)?|money|boom|bubble|crash|era|office|crowd|guys?|people|world|startups?|millionaires?|domains?|stuff|address(?:es)?)(?![a-z])"
)
"""Behind an ending that people talk about: `com, net, org`, `a dot com company`."""
_SAYING = frozenset(
    "say says saying said spell spells spelling call calls called calling write writes writing type types typing mean means hear heard hears put puts add adds "
    "type typed print prints read reads show shows want wants like likes dot point from use uses using buy bought own owns".split()
)
"""Words before an ending that is talked about: `keeps saying dot com`."""
_WIRING = re.compile(
    r"\s(?:terminals?|goes|go|ports?|pins?|wires?|leads?|contacts?|connects?|screw|post|lug|tab|side|relay|on the|at the|to (?:the|l|n|live)|and n[oc])(?![a-z])"
)
"""Behind `com`, the common terminal of a switch."""
_ON = re.compile(r"\s{1,2}(?!(?:for|and|or|please|pls|thanks|thx|if|when|is|has|it'?s|there|anytime)(?![a-z]))[a-z]")
"""A sentence that goes on behind `…, com`."""
_SPLIT = re.compile(_DOT)
_IP = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{2,5}|/[^\s]{1,300})")
_FILE = frozenset(("py", "sh", "rs", "md", "js", "ts", "cc", "pl", "zip", "mov", "so", "ps", "ai"))


def find_links(folded: Folded, allowed: frozenset[str]) -> list[Threat]:
    """Every link of a text but those to `allowed` domains."""
    found: list[Threat] = []
    claims = Claims()
    for start, end, value, host, sure in _all(folded):
        if is_within(host, allowed):
            continue
        threat = Threat(kind=_kind(host, value), span=folded.span(start, end), value=value, confidence=sure)
        if claims.take(threat.span):
            found.append(threat)
    return found


def _all(folded: Folded) -> Iterator[tuple[int, int, str, str, float]]:
    """(start, end, link, host, how sure)."""
    text = folded.text
    if "//" in text or "\\\\" in text or "www" in text:
        for match in _ADDRESS.finditer(text):
            link = match[0].rstrip(".,;:!?*'")
            value = re.sub(r"\s", "", link)
            host = re.split(r"[/\\?#:]", re.sub(r"^[a-z]+[\[\]:;]+[/\\]+", "", value).rpartition("@")[2])[0]
            yield match.start(), match.start() + len(link), value.replace("hxxp", "http"), host, 0.98
    if "." in text:
        for match in _BARE.finditer(text):
            if _is_bare(text, match):
                link = match[0].rstrip(".,;:!?*'")
                yield match.start(), match.start() + len(link), link, match[1], 0.9
        for match in _IP.finditer(text):
            link = match[0].rstrip(".,;:!?*'")
            if all(int(part) < 256 for part in re.split(r"[:/]", link)[0].split(".")):
                yield match.start(), match.start() + len(link), link, "", 0.7
    for match in _SPOKEN.finditer(text):
        labels = _SPLIT.split(match[1])
        host = ".".join(labels)
        if labels[0] in _SAYING:
            continue
        known = labels[-1] in COMMON - WORDS_TOO | {"co", "shop", "store"} and registered(host)
        if known and labels[0] not in FUNCTION and not _TALK.match(text, match.end()):
            yield match.start(), match.end(), host, host, 0.85
    for match in _SPACED.finditer(text):
        host = f"{match[1] or match[3]}.{match[2] or match[4]}"
        sentence = is_capital(folded, match.start(2) if match[2] else match.start(4))
        listed = re.match(r",\s", text[match.end(1) if match[1] else match.end(3) :]) and _ON.match(text, match.end())
        if registered(host) and not sentence and not listed and not _is_talk(text, match.end(), match[1] or match[3]):
            yield match.start(), match.end(), host, host, 0.7


def _is_talk(text: str, end: int, label: str) -> bool:
    """Whether an ending is only talked about: `com, net, org`, `better than .net`."""
    return (
        label in NO_NAME
        or label in COMMON
        or _TALK.match(text, end) is not None
        or _WIRING.match(text, end) is not None
    )


def _is_bare(text: str, match: re.Match[str]) -> bool:
    """Whether words with a dot between are a host: `name.com` is, `fine.in` is not."""
    host, path = match[1], match[3]
    labels = host.split(".")
    ending = labels[-1]
    if not registered(host) or (len(labels) == 2 and labels[0].isdigit()):
        return False
    if path is not None and len(path) > 1:
        return ending not in _FILE or len(path) > 3
    if labels[0] == "www":
        return True
    if ending not in COMMON:
        return False
    if ending in WORDS_TOO:
        original = match.end() < len(text) and text[match.end() : match.end() + 2].strip(" .,!?)\n") != ""
        return (
            len(labels) == 2
            and ending
            not in ("in", "it", "is", "at", "be", "me", "to", "so", "no", "us", "my", "as", "am", "do", "id", "st")
            and not original
        )
    return True


def _kind(host: str, value: str) -> str:
    if is_within(host, MEETING) and not ("discord" in host and "/" not in value):
        return "meeting_link"
    if is_within(host, PAYMENT):
        return "payment_handle"
    if is_within(host, SOCIAL):
        return "social_handle"
    return "url"
