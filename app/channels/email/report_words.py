# ruff: noqa: E501 - a pattern reads better on one line
"""The words by which mail systems say what happened, and the verdict they lead to.

Hard means: this address will not work, send nothing more there. Soft means everything else that came back:
a full mailbox (x.2.2), size limits, a content, policy or reputation block (x.7.x), an unreachable server, any 4.x.x.
A policy block is permanent for that mail, yet the address is good, so it must not end up on the suppression list.
"""

import re

from app.domain.email import ReportKind

_UNKNOWN_USER = re.compile(
    r"""(?ix)
      (?:user|recipient|mailbox|account|address|alias|destinataire|addressee|customer|client|member|subscriber|utilisateur)
        (?:\s\S{1,80}){0,4}?\s(?:is\s|was\s|has\sbeen\s|name\sis\s|does\s)?(?:un(?:known|routeable|routable|rout[a-z]*)|not?[\s-](?:known|found|exist(?:s|ing)?
        |recogni[sz]ed|listed|valid|existent|local|longer|active|registered|available)|non-?existent|invalid|inactive|disabled|deactivated
        |suspended|closed|deleted|terminated|expired|inconnue?|unbekannt)
    | (?:unknown|no\ssuch|invalid|bad|unrouteable|unroutable|undeliverable|nonexist[ae]nt|inactive|disabled|illegal|unrecogni[sz]ed)
        \s(?:local\s|destination\s|e-?mail\s|mail\s|virtual\s|final\s|or\sillegal\s|rcpt\s|smtp\s|local-?part\s)*
        (?:user|recipient|mail-?box|account|address|alias|person|part|name|addressee|rcpt|mail\sdrop)
    | (?:there\sis\s)?no\s(?:mail-?box|user|account|one|person)\s(?:here\s|by\s|with\s|of\s|called|named|at\sthis)
    | (?:does|do|did)(?:n.?t|\snot)\s(?:have\s(?:an?\s)?(?:\S{1,60}\s)?(?:account|mailbox|yahoo)|exist|match)
    | not\s(?:a\s(?:valid|known|local)\s(?:user|mailbox|recipient|address|account)|listed\sin\s(?:public\s)?(?:domino|name)|our\scustomer
        |(?:a\s)?known\sat\sthis|in\s(?:the\s)?(?:relay|my|our)\s?(?:recipient|user|control|validrcptto|table|alias))
    | isn.?t\s(?:in\smy\scontrol|a\sknown) | (?:couldn.?t|could\snot|cannot|can.?t)\sfind\s(?:any\s)?(?:mailbox|user|recipient|alias)
    | invalid\sfinal\sdelivery\suserid | recipnotfound | adr\.(?:recipnotfound|exrecipnotfound|invalidsmtp) | recipient\snot\sfound | user\sunknown | unknown\suser | unknown\slocal
    | (?:account|mailbox)\s(?:has\sbeen\s|is\s|was\s)?(?:disabled|closed|deactivated|suspended|unavailable|inactive|not\savailable)
    | no\slonger\s(?:valid|available|active|works?|employed|exists?|in\suse|on\sserver|with\s) | has\s(?:moved|left)\b
    | (?:e-?mail\s)?address(?:es)?\s(?:\S{1,80}\s)?(?:could\snot\sbe\s(?:found|resolved)|couldn.?t\sbe\sfound|wasn.?t\sfound|is\snot\svalid
        |does(?:n.?t|\snot)\s(?:appear|exist|seem)|not\sfound|unknown)
    | (?:email\s)?account\sthat\syou\stried\sto\sreach\s(?:does\snot|is\s(?:disabled|inactive|over)) | unbekannter\s(?:empf|benutz)
    | (?:empfänger|benutzer|adresse)\s(?:\S{1,60}\s){0,3}?(?:unbekannt|existiert\snicht|nicht\sgefunden) | kein\s(?:solcher\s)?(?:benutzer|empf)
    | destinatario\s(?:desconocido|inexistente|sconosciuto) | usuario\s(?:desconocido|no\sexiste) | utilisateur\sinconnu | adresse\sinconnue | adresse\s(?:\S{1,60}\s){0,6}?n.?existe\spas
    | 宛先(?:不明|が見つかり)|ユーザ.{0,6}(?:不明|存在) | (?:用户|收件人).{0,6}不存在
    """
)
_UNKNOWN_HOST = re.compile(
    r"""(?ix) \bnxdomain\b | (?:host|domain|server|site)(?:\s\S{1,80}){0,3}?\s(?:name\s)?(?:is\s|was\s|lookup\s)?
        (?:unknown|not\s(?:found|exist|known|valid)|does(?:n.?t|\snot)\sexist|invalid|unresolv)
    | (?:unknown|no\ssuch|bad|invalid|unrouteable|illegal)\s(?:mail\s)?(?:host|domain|(?:mail\s)?server|destination\sdomain|host/domain)
    | couldn.?t\sfind\sany\shost | (?:dns|mx|name)\s(?:error|lookup|record|type|service\serror).{0,80}(?:nxdomain|noerror|nonexist|not\sfound|no\s(?:mx|such))
    | host\sor\sdomain\sname\snot\sfound | name\sor\sservice\snot\sknown | no\s(?:mx|valid\smx|route\sto)\s(?:host|record|found|for)|all\srelevant\smx\srecords
    | domain\sname\snot\sfound | null\s?mx | recipient\sdomain\s(?:must|not|does) | unrouteable\s(?:mail\s)?domain | no\smail\sserver
    """
)
_FULL = re.compile(
    r"""(?ix) (?:mail-?box|inbox|account|user|recipient|quota|storage|disk|space|folder|maildir)[\s:_'"-]{1,3}(?:\S{1,60}\s){0,6}?
        (?:full|exceed(?:s|ed|ing)?|over(?:\s(?:its\s|the\s)?(?:quota|limit|storage|size))?|exhausted|too\sfull|reached)\b
    | over\s?(?:the\s|its\s)?quota | out\sof\s(?:storage|disk|space|email\sstorage) | (?:quota|storage)\s(?:exceeded|violation|limit|full)|exceed\w*\s(?:\S{1,20}\s){0,4}(?:quota|storage|limit|allowed)
    | (?:insufficient|not\senough|no)\s(?:\S{1,20}\s)?(?:disk|storage|space|system\sstorage) | mailfolder\sis\sfull | boîte\spleine
    | (?:postfach|mailbox)\s(?:ist\s)?voll | buzón\slleno | casella\spiena
    """
)
_BLOCKED = re.compile(
    r"""(?ix) \bspam(?:med|ming|\b|hau|cop)|\bspf\b|\bdkim\b|\bdmarc\b|\brbl\b|\bdnsbl\b|blacklist|black\slist|block(?:ed|\s?list)|\bbanned\b|reputation|policy|policies|unsolicited
    | bulk\s(?:mail|email)|\bvirus|malware|phish|content\s(?:reject|filter|restrict)|message\s(?:content\s)?(?:reject|refused)|access\sden|not\s(?:permitted|authori[sz]ed|allowed|accepted\sfrom)
    | relay(?:ing)?\s(?:\S{1,20}\s)?(?:denied|not|prohibited|access)|authentication\s(?:required|fail)|unauthenticated|rate\slimit|too\smany\s(?:mess|conn|rec|hop|erro)|ptr\srecord|reverse\s(?:dns|lookup|hostname)
    | sender\s(?:address\s)?(?:\S{1,80}\s)?(?:rejected|denied|verif|invalid)|executable|attachment|too\s(?:large|big|long)|size\s(?:exceed|limit|of\sthis)|exceeds?\s(?:\S{1,20}\s){0,4}size|mail\sloop|loop(?:ed|s)?\sback|hop\scount
    | prohibited|denied\sby|suspicious|greylist|graylist|throttl|barracuda|proofpoint|complaint|listed\s(?:at|in|by)\s|receiving\s(?:mail|messages)\s(?:at\sa|too)
    """
)
_TEMPORARY = re.compile(
    r"""(?ix) tim(?:ed?|ing)[\s-]?out|timeout|connection\s(?:refused|reset|lost|dropped|closed)|connect(?:ion)?\s(?:to\s\S{1,80}\s)?(?:fail|refus)|could\snot\s(?:connect|contact)|unable\sto\s(?:connect|contact|establish)|network\s(?:is\s)?unreachable
    | no\sroute\sto\shost|temporar|try\s(?:again|later)|(?:too\slong|for\s\d{1,3}\s(?:hours?|days?|minutes?)|in\sthe\squeue)|retry\s(?:time|timeout)|expired|resources|not\sresponding|no\sresponse|tls|certificate|lookup\sfailure|unavailable|deferred
    | did\snot\saccept\sour\srequests|starttls|insecure|service\snot
    """
)
_FOR_GOOD = re.compile(r"(?i)permanent|fatal error|giv(?:en|ing) up on this address")
DELAY_WORDS = re.compile(
    r"""(?ix) (?:message|mail|delivery|deliveries)\s(?:\S{1,40}\s){0,6}?(?:delayed|deferred)|delayed\s(?:mail|message|delivery)|still\sbeing\sretried|warning\smessage\sonly|\(delay\)|warning:\s(?:could\snot|message)
    | not\syet\s(?:been\s)?delivered|will\s(?:continue|keep|be)\s(?:to\s)?(?:be\s)?(?:try|retr|attempt)|(?:not|no)\sneed\sto\sre-?send|delivery\sattempts\swill\scontinue|attempts?\sto\sdeliver\s(?:\S{1,20}\s){0,4}will\scontinue|verzögert|will\sretry|temporarily\sdelayed
    """
)
_NO_MAILBOX = re.compile(r"(?i)\b5\.4\.1\b.{0,200}recipient address rejected: access denied")
"""What Exchange Online answers for an address that its directory does not have."""
_TRY_AGAIN = re.compile(
    r"(?i)(?:host|domain)(?: name)? not found,? try again|malformed or unexpected name server|\bservfail\b|server failure"
)
"""A name server that cannot answer now says nothing about the domain."""
_NOT_ABOUT_RECIPIENT = re.compile(
    r"""(?ix) in\sreply\sto\s(?:end\sof\s)?(?:mail\sfrom|helo|ehlo|data|starttls|auth)\b | protocol\sviolation
    | lock\sfail|error\swhile\swriting|can.?t\screate|cannot\s(?:create|open)|command\s(?:died|parameter|not\simplemented)|improper\ssequence|bad\ssequence
    | mailer\serror|queue\sfile\swrite|internal\s(?:server\s)?error|configuration\serror|does\snot\ssupport|report\sunavailable | transaction\sfailed
    | service\s(?:is\s)?unavailable
    """
)
"""The server, the sender or the connection was at fault: the same mail may arrive another time."""
_STATUS = re.compile(r"(?<![\d.\-])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\.\d|\d)")
_REPLY_CODE = re.compile(r"(?<![\d.#:/@\-])([245]\d\d)[ \-](?!\d\d:)(?=[^\s])")

_OF_THE_ADDRESS = {"550", "551", "553"}
_OF_THE_MAIL = {"500", "501", "502", "503", "504", "552", "554", "555", "556"}
_GONE_STATUS = {"1.1", "1.2", "1.3", "1.4", "1.6", "1.10"}
_LIKELY_GONE = {"2.1", "4.4"}
_SENDER_STATUS = {"1.7", "1.8"}
_BUSY_STATUS = {"2.2", "2.3", "2.4", "3.1", "3.2", "3.3", "3.4", "3.5", "4.1", "4.2", "4.5", "4.6", "4.7"}
_ACTIONS: dict[str, ReportKind] = {
    "delayed": "delayed",
    "delivered": "delivered",
    "relayed": "delivered",
    "expanded": "delivered",
    "deliverable": "delivered",
}


_NOT_HEARD = re.compile(r"(?i)my name was rejected")
"""The receiving server did not even listen: it wants another client, whatever the address."""


def find_status(text: str) -> str | None:
    """The first RFC 3463 code in a text, preferring one of class 5 or 4 to a success code."""
    found = [f"{match[1]}.{match[2]}.{match[3]}" for match in _STATUS.finditer(text[:20_000])]
    return next((code for code in found if code[0] != "2"), found[0] if found else None)


def find_reply_code(text: str) -> str | None:
    """The first three-digit SMTP reply of class 4 or 5 in a text."""
    return next((match[1] for match in _REPLY_CODE.finditer(text[:20_000]) if match[1][0] != "2"), None)


def verdict(action: str, status: str | None, words: str) -> ReportKind:
    """What one recipient's report means. `action` as in RFC 3464 or empty, `words` the diagnostic or the text around it."""
    words = " ".join(words[:4000].split())
    if action in _ACTIONS:
        return _ACTIONS[action]
    if status and status[0] == "2" and action != "failed":
        return "delivered"
    told = _NO_MAILBOX.search(words), _NOT_HEARD.search(words)
    if any(told):
        return "bounced_hard" if told[0] else "bounced_soft"
    code = status or ""
    detail = code.partition(".")[2]
    own = find_status(words) if detail in {"", "0.0", "5.0", "1.0", "4.0", "3.0"} else None
    if own and own.partition(".")[2] not in {"", "0.0"} and (not code or own[0] == code[0] or detail == "0.0"):
        code, detail = own, own.partition(".")[2]
    if code[:1] == "4" and detail != "0.0":
        return "bounced_soft"
    if code[:1] == "5" and detail in _GONE_STATUS:
        return "bounced_hard"
    return _by_words(code, detail, words)


def _by_words(code: str, detail: str, words: str) -> ReportKind:
    """The status left it open: the text decides, a reason to keep the address before a reason to give it up."""
    kept = detail in _BUSY_STATUS | _SENDER_STATUS or _FULL.search(words)
    if kept or (detail.startswith("7.") and _BLOCKED.search(words)):
        return "bounced_soft"
    if _UNKNOWN_USER.search(words) or (_UNKNOWN_HOST.search(words) and not _TRY_AGAIN.search(words)):
        return "bounced_hard"
    if _NOT_ABOUT_RECIPIENT.search(words) or _TRY_AGAIN.search(words):
        return "bounced_soft"
    if detail.startswith("7.") or _BLOCKED.search(words):
        return "bounced_soft"
    if code[:1] == "5" and detail in _LIKELY_GONE:
        return "bounced_hard"
    return _by_class(code, detail, words)


def _by_class(code: str, detail: str, words: str) -> ReportKind:
    """Nothing but numbers: 550, 551 and 553 speak of the address, other codes of the command, the size or the mail."""
    reply = find_reply_code(words) or ""
    leading = code[:1] or reply[:1]
    if leading == "4" or reply in _OF_THE_MAIL or (detail.startswith("5.") and reply not in _OF_THE_ADDRESS):
        return "bounced_soft"
    unreachable = code.startswith("5.4.") or (code.endswith(".0.0") and reply[:1] != "5")
    if leading == "5" and not (unreachable and _TEMPORARY.search(words)):
        return "bounced_hard"
    if _TEMPORARY.search(words):
        return "bounced_soft"
    # A report without a reason is none to give an address up, unless it says that this is for good.
    return "bounced_hard" if leading == "5" or _FOR_GOOD.search(words) else "bounced_soft"
