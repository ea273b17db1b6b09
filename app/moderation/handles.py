"""Names on other platforms, tills, and meeting numbers: said with the platform's name, or written as such names are."""

import re
from collections.abc import Callable

from app.moderation.folding import Folded
from app.moderation.numerals import numeral
from app.moderation.verdicts import Claims, Threat

_SOCIAL = (
    r"instagram|insta|\big\b|facebook|\bfb\b|snapchat|\bsnap\b|telegram|\btg\b|twitter|tik ?tok|linked ?in|discord|skype|"
    r"wechat|we chat|weixin|微信|viber|kik|whats ?app|messenger|threads|\bvk\b|\bline\b id|signal"
)
_PAYMENT = r"venmo|cash ?app|pay ?pal|zelle|apple pay|google pay|gpay|revolut|bizum|twint|\bpix\b|\bupi\b|paytm|western union|bit ?coin|\bbtc\b|\beth\b|usdt"
_NAME = r"@?[a-z0-9_][a-z0-9_.]{2,29}"
_NOT_NAMES = (
    r"(?:is|it|the|and|or|for|me|you|your|my|on|at|to|we|us|not|but|so|if|he|she|they|with|account|page|post|posts|app|profile|"
    r"message|messages|group|link|video|videos|photo|photos|story|stories|ads?|marketplace|reviews?|instead|please|thanks|too|"
    r"now|also|works|work|payment|payments|fees?|has|had|have|was|will|would|can|does|did|only|user|handle|name|id|com)"
)
_NAMED = re.compile(
    rf"(?:{_SOCIAL})(?:\s(?:me|us))?\s{{0,2}}(?:account|handle|name|username|user|id|page|profile)?\s{{0,2}}(?:is\s|[:=]\s{{0,2}}|[-–>]{{1,2}}\s{{0,2}}|@|at\s@|under\s|as\s)\s{{0,1}}"
    rf"(?:@\s?)?(?!{_NOT_NAMES}(?![a-z0-9_]))({_NAME})"
)
_NAMED_BEFORE = re.compile(
    rf"(?<![a-z0-9_.@])(@[a-z0-9_][a-z0-9_.]{{2,29}})\s{{1,2}}(?:on|en|auf|sur|su|no)\s(?:my\s)?(?:{_SOCIAL})(?![a-z])"
)
_ASKED = re.compile(
    rf"(?:add|find|follow|dm|message|msg|text|hit|reach|write|hmu|agrega\w*|segui\w*|ajoute\w*)\s(?:me|us|my|moi|mich)?\s?(?:up\s)?(?:on|at|en|via|through|sur|auf)?\s?(?:{_SOCIAL})"
    rf"\s{{0,2}}(?:as|at|under|is|:|-|,|@)?\s{{0,2}}(?!{_NOT_NAMES}(?![a-z0-9_]))(@?[a-z0-9_.]{{0,20}}[0-9_@.][a-z0-9_]{{1,20}}|@[a-z0-9_.]{{3,30}})"
)
_AT = re.compile(r"(?<![a-z0-9_.@/])@([a-z0-9_](?:[a-z0-9_.]{1,28}[a-z0-9_]))(?![a-z0-9@])")
_AT_CUE = re.compile(
    r"(?:dm|add|follow|find|message|msg|handle|username|user name|reach|hit|contact|hmu|page|profile|telegram|insta\w*|snap\w*|\big\b|\btg\b)[^\n.!?]{0,24}$"
)
_TILL = re.compile(
    rf"(?:{_PAYMENT})(?:\s(?:me|us|it to|to))?\s{{0,2}}(?:tag|handle|account|name|id|key|address)?\s{{0,2}}(?:is\s|[:=-]{{1,2}}\s{{0,2}}|at\s|to\s|@)?\s?"
    rf"(\$[a-z][a-z0-9_-]{{1,24}}|@[a-z0-9_-]{{3,30}}|(?<=[:=] )(?!{_NOT_NAMES}(?![a-z0-9_]))[a-z0-9_.-]{{4,30}}|(?<=is )(?!{_NOT_NAMES}(?![a-z0-9_]))[a-z0-9_.-]{{0,24}}[0-9_-][a-z0-9_]{{1,12}})"
)
_CASHTAG = re.compile(r"(?<![a-z0-9$])\$([a-z][a-z0-9_]{3,20})(?![a-z0-9])")
_CASH_CUE = re.compile(r"cash|pay|send|deposit|tag|money|tip|venmo|zelle")
_UPI = re.compile(
    r"(?<![a-z0-9._@])[a-z0-9._-]{3,40}@(?:ok(?:axis|hdfcbank|icici|sbi)|ybl|paytm|upi|ibl|axl|apl)(?![a-z0-9.])"
)
_IBAN = re.compile(r"(?<![a-z0-9])[a-z]{2}\d{2}(?:[ -]?[a-z0-9]{4}){2,7}(?:[ -]?[a-z0-9]{1,4})?(?![a-z0-9])")
_WALLET = re.compile(r"(?<![a-z0-9])(?:0x[0-9a-f]{40}|bc1[a-z0-9]{25,59}|[13][a-z0-9]{26,34}(?=\s|$))(?![a-z0-9])")
_MEETING = re.compile(
    r"(?:zoom|meeting|webex|teams)\s{0,2}(?:meeting\s)?(?:id|number|#|code)\s{0,2}(?:is|:|#)?\s{0,2}(\d{3}[ -]?\d{3,4}[ -]?\d{3,4})(?!\d)"
)
_WECHAT = re.compile(
    r"(?:微信|wechat|we chat|v信)\s{0,2}(?:号|id)?\s{0,2}[::]?\s{0,2}([a-z][a-z0-9_-]{5,19})(?![a-z0-9])"
)
_GATE = re.compile(
    rf"[@$]|{_SOCIAL}|{_PAYMENT}|meeting|webex|zoom|teams|[a-z]{{2}}\d{{2}}|0x|bc1|[13][a-z0-9]{{25}}|iban"
)


def find_handles(folded: Folded) -> list[Threat]:
    """Every handle of a text: social, payment, meeting."""
    text = folded.text
    if not _GATE.search(text):
        return []
    found: list[Threat] = []
    claims = Claims()

    def add(kind: str, start: int, end: int, sure: float) -> None:
        while end > start and text[end - 1] in ".-":
            end -= 1
        threat = Threat(
            kind=kind, span=folded.span(start, end), value=re.sub(r"\s", "", text[start:end]), confidence=sure
        )
        if claims.take(threat.span):
            found.append(threat)

    for match in _MEETING.finditer(text):
        add("meeting_link", match.start(1), match.end(1), 0.85)
    _tills(text, add)
    for pattern, sure in ((_NAMED, 0.85), (_ASKED, 0.8), (_WECHAT, 0.8), (_NAMED_BEFORE, 0.9)):
        for match in pattern.finditer(text):
            start = match.start(1) - (1 if match.start(1) and text[match.start(1) - 1] == "@" else 0)
            if not (match[1].isdigit() or numeral(match[1])):
                add("social_handle", start, match.end(1), sure)
    if "@" in text:
        for match in _AT.finditer(text):
            if _AT_CUE.search(text, max(0, match.start() - 40), match.start()):
                add("social_handle", match.start(), match.end(), 0.75)
    return found


def _tills(text: str, add: Callable[[str, int, int, float], None]) -> None:
    for match in _TILL.finditer(text):
        add("payment_handle", match.start(1), match.end(1), 0.9)
    for match in _UPI.finditer(text):
        add("payment_handle", match.start(), match.end(), 0.9)
    for match in _IBAN.finditer(text):
        if is_iban(re.sub(r"[ -]", "", match[0])):
            add("payment_handle", match.start(), match.end(), 0.97)
    for match in _WALLET.finditer(text):
        if match[0].startswith(("0x", "bc1")) or "btc" in text or "bitcoin" in text or "wallet" in text:
            add("payment_handle", match.start(), match.end(), 0.9)
    for match in _CASHTAG.finditer(text):
        if _CASH_CUE.search(text, max(0, match.start() - 40), match.start()):
            add("payment_handle", match.start(), match.end(), 0.8)


def is_iban(text: str) -> bool:
    """Whether the check digits of an account number are right."""
    if not 15 <= len(text) <= 34:
        return False
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1
