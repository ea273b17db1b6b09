# ruff: noqa: E501 - a pattern reads better on one line
"""Bounces of mailers that follow no standard: told by their words, their sender and what they quote.

`flufl.bounce` is asked first for the addresses; its detectors know some twenty mailers by heart. What they miss is found
by the text itself: the addresses that stand above the quoted original.
"""

import email
import re

from flufl.bounce import all_failures

from app.channels.email.classify import is_mailer
from app.channels.email.headers import Headers, normal_address, parse_addresses
from app.channels.email.mime import Part
from app.channels.email.report_reason import find_reason
from app.channels.email.report_words import DELAY_WORDS, find_reply_code, find_status, verdict
from app.domain.email import MailReport, ReportKind

_SUBJECT = re.compile(
    r"""(?ix)^\W{0,4}(?:
      (?:mail|message|e-?mail|delivery|permanent|final|automatic)?\s?(?:delivery|mail|processing)?\s?(?:status)?\s?(?:failed|failure|error|problem|warning)\b
    | delivery\s(?:status|failure|notification|report|has\sfailed|error|problem|unsuccessful|delayed|attempt)
    | undeliver|un-?delivered|nicht\szustellbar|unzustellbar|non\s?remis|no\sse\s(?:puede|pudo|ha\spodido)\sentregar|non\srecapitabile|mancato\srecapito
    | onbestelbaar|ej\sleveransbart|oleverer|kan\sikke\sleveres|nie\s(?:dostarczono|można)|nedoručiteln|не\s?доставлен|недоставлен|não\s(?:foi\s)?entreg|falha\sna\sentrega
    | returned\s(?:mail|e-?mail|message|to\ssender)|mail\s(?:system\serror|returned|could\snot|not\sdelivered|undeliver|rejected|status)|(?:your\s)?(?:mail|message|e-?mail)\s(?:\S{1,80}\s){0,6}?(?:could\snot|couldn.t|cannot|not\s(?:been\s)?deliver|was\snot|undeliver|rejected|blocked|delayed|returned|bounced|refused|failed)
    | failure\s(?:notice|delivery)|fail(?:ed|ure)\s(?:mail|delivery|to\sdeliver)|(?:unable|failed)\sto\sdeliver|non-?deliver|nondeliver|warning:\s(?:could|message)|warning\s-\sdelayed|could\snot\s(?:be\s)?(?:send|deliver)
    | notice:\s(?:mail|message|delivery)|returning\smessage|message\sdelivery|bounced?\b|auto:.*fail|rejected(?::|\smail)|user\sunknown|\S{1,20}\sdelivery\sfail|delayed\smail|mail\serror|error\ssending|(?:address|recipient)\s(?:unknown|not\sfound|error)|transient|mdaemon\snotification
    | \*{1,3}message\syou\ssent|message\syou\ssent|problem\sdelivering|notification\s(?:d.état|de\sestado)|zustell|benachrichtigung|rückläufer|fehler|échec|echec|retour\s|error\sde\sentrega|配信|送信でき|宛先|メールを?届|邮件|退信|退件|系统退信
    )"""
)
_BODY = re.compile(
    r"""(?ix)
      (?:message|mail|e-?mail|it|delivery|attachment)\s(?:\S{1,80}\s){0,14}?(?:could\snot|couldn.t|cannot|can.t|can\snot|was\snot|wasn.t|has\snot|unable|did\snot|failed|not)\s(?:be\s|been\s|to\s|get\s|reach)*(?:deliver|reach|sent|accept|complet|process|the\sfollowing|route)
    | (?:unable|not\sable|failed|attempt\w{0,9}|trying|fail\w{0,9}|error\w{0,9}|problem\w{0,9})\s(?:\S{1,30}\s){0,6}?(?:to\s)?deliver | deliver\w{0,9}\s(?:\S{1,80}\s){0,12}?(?:has\s(?:been\s)?)?(?:failed|failure|impossible|aborted|suspended|unsuccessful|error|postponed|deferred|delayed)
    | (?:following|these)\s(?:\S{1,20}\s){0,4}?(?:address|recipient|user|group|mailbox)|(?:permanent|fatal|transient|delivery)\s(?:fatal\s|delivery\s)?(?:error|failure|problem) | did\snot\sreach
    | returned\s(?:to\s(?:you|sender)|message|mail|because) | (?:user|recipient|mailbox|address|account|host|domain)\s(?:\S{1,60}\s){0,3}?(?:unknown|not\sfound|does\snot\sexist|unavailable|is\sfull|rejected|exceeds|over\squota)
    | unknown\s(?:user|recipient|local|address|host|domain)|no\ssuch\s(?:user|recipient|mailbox|address|person)|said:\s*[45]\d\d|\b5[0-5]\d[\s-]#?\(?5\.\d\.\d|reason:\s|transcript\sof\ssession|failed\srecipient|undeliver|non-?deliver|bounce
    | (?:zugestellt|zustellung|empfänger).{0,60}(?:nicht|fehl|unbekannt)|n.a\spas\spu|n.a\spu\sêtre|no\s(?:se\s)?(?:pudo|puede|ha\spodido)|impossibile\s(?:recapitare|consegnare)|не\s(?:может|удалось|было)|(?:配信|送信|届け).{0,20}(?:でき|失敗|不能)|无法(?:投递|送达|发送)|退回
    """
)
_QUOTED = re.compile(
    r"""(?ix)[ \t>|]{0,8}(?:
      [-_=*+~<]{2,}.{0,60}(?:original|returned|unsent|undelivered|rejected|enclosed|your)\s(?:e-?mail\s)?(?:message|mail|text|header).{0,60}
    | [-_=*+~]{2,}.{0,40}(?:message\s(?:header|text|follow|source|contents?)|header|below\sthis\sline|copy\sof).{0,60}
    | (?!.{0,60}delete\syour\sown)(?:.{0,60}\b)?(?:copy|text|header|headers|beginning|part|portion)\s(?:\S{1,20}\s){0,3}?(?:of|from)\s(?:the|your|this)\s(?:\S{1,20}\s){0,2}?(?:message|mail|text)\b.{0,80}
    | (?:the\s|your\s)?(?:original|returned)\smessage\s(?:follows|text|header|below).{0,80} | original\smessage\sfollows.{0,20} | received\s?:.* | return-path\s?:.*
    )$"""
)
_ADDRESS = re.compile(
    r"[^\s<>()\[\]\"',;:=|*]{1,64}@[A-Za-z0-9\u0080-\uffff](?:[A-Za-z0-9\u0080-\uffff._-]{0,200}[A-Za-z0-9\u0080-\uffff])?"
)
_NOT_RECIPIENT = re.compile(
    r"(?i)message[- ]?id|^\s*(?:from|sender|reply-to|mail from|return-path|references|in-reply-to|contact)\b\s*:?|mail from:|postmaster|helpdesk|for (?:help|assistance)|please contact|e-?mail id"
)
_SUBJECT_LINE = re.compile(r"(?im)^[ \t>|]{0,8}(?:subject|betreff|objet|asunto|oggetto)[ \t]*:.{0,1000}$")
_MAX_SCAN = 64 * 1024


def free_text_reports(
    *, root: Part, subject: str, text: str, from_address: str, from_name: str, envelope_from: str,
    own_addresses: tuple[str, ...], original: Headers | None, original_id: str | None, declared: bool,
) -> list[MailReport] | None:  # fmt: skip
    """The reports of a free-text bounce; None when the mail is none. `declared`: its structure says that it is one."""
    text = text[:_MAX_SCAN]
    cut = _quoted_from(text)
    head = text[:cut] if cut is not None and cut > 20 else text
    failed = root.headers.text("x-failed-recipients", 4000)
    if not (
        failed
        or declared
        or _is_bounce(
            root, subject=subject, head=head, sender=from_address, name=from_name, envelope=envelope_from,
            quotes=original is not None or cut is not None,
        )
    ):  # fmt: skip
        return None
    own = {address for address in (*own_addresses, from_address) if address}
    delayed = bool(DELAY_WORDS.search(subject) or DELAY_WORDS.search(" ".join(head[:4000].split())))
    temporary, permanent = _known_mailers(root)
    named = [one for one in map(normal_address, failed.split(",")[:50]) if one] if failed else []
    # The detectors also read the quoted original: its id and addresses are not what failed.
    below = {one for one in (*permanent, *temporary) if one.partition("@")[0] not in head.lower()} | {original_id or ""}
    known = [one for one in dict.fromkeys([*permanent, *temporary]) if one not in own]
    known = [one for one in known if one not in below] or [one for one in known if one != original_id]
    found = [one for one in named if one not in own] or known
    found = found or _from_text(head, own) or _from_original(original, own) or _from_text(subject, own)
    nobody = MailReport(
        kind=_kind(head, subject, delayed), recipient=None, original_message_id=original_id,
        status_code=_failure_status(head),
    )  # fmt: skip
    return [
        _one(
            address, head=head, subject=subject, delayed=delayed, temporary=address in temporary,
            original_id=original_id, alone=len(found) == 1,
        )
        for address in found[:50]
    ] or [nobody]  # fmt: skip


def _quoted_from(text: str) -> int | None:
    """Where the quoted original begins. Line by line, as no line of a stranger may cost more than its first words."""
    position = 0
    for line in text.split("\n"):
        if _QUOTED.match(line[:300]):
            return position
        position += len(line) + 1
    return None


def _is_bounce(root: Part, *, subject: str, head: str, sender: str, name: str, envelope: str, quotes: bool) -> bool:
    headers = root.headers
    machine = 0
    if is_mailer(sender) or re.search(
        r"(?i)mail(?:er)?[\s-]?(?:delivery|daemon|administrator|system)|postmaster|system administrator", name
    ):
        machine += 2
    if envelope in {"", "<>"} or headers.raw("return-path").strip() in {b"<>", b"<MAILER-DAEMON>"}:
        machine += 1
    if headers.token("auto-submitted") not in {"", "no"} or root.content_type == "multipart/report":
        machine += 1
    if not machine:
        return False
    words = " ".join(head[:6000].split())
    said = (
        2 * bool(_SUBJECT.match(subject))
        + 2 * bool(_BODY.search(words))
        + bool(find_status(words) or find_reply_code(words))
        + quotes
    )
    # An automatic answer of a person (null sender, nothing quoted, no bounce words) stays below this.
    return said >= 2 and machine + said >= 5 and not (is_answer(subject) and not _SUBJECT.match(subject))


def is_answer(subject: str) -> bool:
    """Whether a subject answers or forwards, which mail systems never do."""
    return bool(re.match(r"(?i)\s*(?:re|aw|fwd?|wg|sv|tr)\s*:", subject))


def _known_mailers(root: Part) -> tuple[list[str], list[str]]:
    """flufl.bounce's findings on a mail rebuilt from the parsed tree's head; it gets a bounded copy."""
    source = (
        b"\n".join(name.encode() + b": " + value for name, value in root.headers.fields[:200])
        + b"\n\n"
        + root.body[:_MAX_SCAN]
    )
    if root.children:
        boundary = root.params.get("boundary", "").encode("latin-1", "replace")
        pieces = [_source(part)[:_MAX_SCAN] for part in root.children[:10]]
        source += b"".join(b"\n--" + boundary + b"\n" + piece for piece in pieces) + b"\n--" + boundary + b"--\n"
    try:
        temporary, permanent = all_failures(email.message_from_bytes(source))
    except Exception:  # detectors stumble over broken bounces in many ways; the text is read next
        return [], []
    return _mailboxes(temporary), _mailboxes(permanent)


def _source(part: Part) -> bytes:
    return (
        b"\n".join(name.encode() + b": " + value for name, value in part.headers.fields[:50])
        + b"\n\n"
        + part.body[:_MAX_SCAN]
    )


def _mailboxes(found: object) -> list[str]:
    values = (
        sorted(one.decode("latin-1") for one in found if isinstance(one, bytes))
        if isinstance(found, (set, frozenset))
        else []
    )
    return [one for one in map(normal_address, values) if one]


def _from_text(head: str, own: set[str]) -> list[str]:
    """Addresses of the report's own words: those that open a line before those inside one."""
    opening: list[str] = []
    inside: list[str] = []
    for line in head.split("\n")[:400]:
        if "@" not in line or _NOT_RECIPIENT.search(line[:300]):
            continue
        for match in _ADDRESS.finditer(line[:1000]):
            address = normal_address(match[0].removeprefix("mailto:").rstrip("."))
            if address is None or address in own or is_mailer(address) or "." not in address.rpartition("@")[2]:
                continue
            before = line[: match.start()].strip(" \t<>\"'*-+|#.(")
            target = (
                opening
                if not before
                or re.match(
                    r"(?i)^(?:(?:final |original |failed )?(?:recipients?|address|user|to|rcpt(?: to)?)\s*:?|smtp:?|mailto:?)\W*$",
                    before,
                )
                else inside
            )
            target.append(address)
    return list(dict.fromkeys(opening))[:50] or list(dict.fromkeys(inside))[:1]


def _from_original(original: Headers | None, own: set[str]) -> list[str]:
    if original is None:
        return []
    pairs = [pair for name in ("x-original-to", "to") for pair in parse_addresses(original.raw(name))]
    return [one for one in (normal_address(address) for _, address in pairs) if one and one not in own][:1]


def _one(
    address: str, *, head: str, subject: str, delayed: bool, temporary: bool, original_id: str | None, alone: bool
) -> MailReport:
    words = head if alone else _around(head, address)
    kind = _kind(words, subject, delayed)
    if temporary and kind == "bounced_hard" and not _failure_status(words):
        kind = "delayed"
    return MailReport(
        kind=kind,
        recipient=address,
        original_message_id=original_id,
        status_code=_failure_status(words),
        diagnostic=find_reason(words, address),
    )


def _kind(words: str, subject: str, delayed: bool) -> ReportKind:
    return "delayed" if delayed else verdict("", _failure_status(words), f"{words[:3500]} {subject[:300]}")


def _failure_status(words: str) -> str | None:
    """The code in a bounce's own words; one of success, or in a subject it quotes, is a version number or a date."""
    status = find_status(_SUBJECT_LINE.sub("", words))
    return status if status and status[0] != "2" else None


def _around(head: str, address: str) -> str:
    """The lines about one of several recipients: from its first mention to the next blank line after some words."""
    lines = head.split("\n")
    local = address.rpartition("@")[0]
    at = next((index for index, line in enumerate(lines) if local in line.lower()), None)
    if at is None:
        return head
    end = at + 1
    while end < min(at + 10, len(lines)):
        line = lines[end].strip()
        if (not line and end > at + 1) or (_ADDRESS.match(line.lstrip("<\"' ")) and local not in line.lower()):
            break
        end += 1
    return "\n".join(lines[at:end])
