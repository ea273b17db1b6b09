"""Bounces, delays and complaints: what a mail system says about a mail of ours.

Read in this order: RFC 5965 complaints, RFC 3464 delivery status (wherever its fields stand), RFC 8098 receipts,
Amazon SES notifications, and last the free text of mailers that follow no standard.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from app.channels.email.free_bounces import free_text_reports
from app.channels.email.headers import Headers, message_id, message_ids, normal_address, parse_addresses
from app.channels.email.mime import Part, split_header
from app.channels.email.report_reason import find_reason
from app.channels.email.report_words import find_status, verdict
from app.channels.email.text import clean_line, clean_text, decode_bytes
from app.domain.email import MailReport, ReportKind

MAX_REPORTS = 100
MAX_SCAN = 256 * 1024
_STATUS_TYPES = {"message/delivery-status", "message/global-delivery-status"}
_ORIGINAL_TYPES = {
    "message/rfc822",
    "text/rfc822-headers",
    "message/global",
    "message/global-headers",
    "text/rfc822",
    "message/rfc822-headers",
    "text/rfc822-header",
}
_DSN_FIELD = re.compile(r"(?mi)^(?:final|original)-recipient\s*:")
_ID_IN_TEXT = r"(?i)\bmessage[- ]?id(?:\s?[:=]?\s*<|\sof\s<?)([^<>\s@]{1,250}@[^<>\s]{1,250})"
_HEAD_IN_TEXT = re.compile(r"(?mi)^[ >|\t]{0,8}(?:received|return-path|message-id)[ \t]*:")
_COMPLAINT_SUBJECT = re.compile(r"(?i)^(?:complaint about (?:message|e-?mail)|(?:abuse|spam) (?:report|complaint)\b)")


class ReportInput(msgspec.Struct, frozen=True, kw_only=True):
    """What the reader of reports gets: the tree, and what the parser already decoded from it."""

    root: Part
    subject: str
    text: str
    from_address: str
    from_name: str
    envelope_from: str
    own_addresses: tuple[str, ...]


def read_reports(mail: ReportInput) -> tuple[bool, tuple[MailReport, ...]]:
    """`(is a report, what it says)`. A report of which no recipient can be read still counts as one."""
    parts = list(mail.root.walk())[:200]
    original = _original(parts, mail)
    complaint = _complaint(parts, mail, original)
    if complaint is not None:
        return True, complaint
    status = _delivery_status(parts, mail, original)
    if status:
        return True, tuple(status[:MAX_REPORTS])
    receipt = _receipt(parts, original, mail)
    if receipt is not None:
        return True, receipt
    if '"notificationType"' in mail.text or '"eventType"' in mail.text:
        notified = _ses(mail.text)
        if notified:
            return True, tuple(notified[:MAX_REPORTS])
    declared = mail.root.content_type == "multipart/report" and any(p.content_type in _STATUS_TYPES for p in parts)
    free = free_text_reports(
        root=mail.root,
        subject=mail.subject,
        text=mail.text[:MAX_SCAN],
        from_address=mail.from_address,
        from_name=mail.from_name,
        envelope_from=mail.envelope_from,
        own_addresses=mail.own_addresses,
        original=original,
        original_id=_original_id(original, mail),
        declared=declared,
    )
    return (False, ()) if free is None else (True, tuple(free[:MAX_REPORTS]))


def _original(parts: Sequence[Part], mail: ReportInput) -> Headers | None:
    """The header of our mail, as the report quotes it: attached, or in the text."""
    for part in parts[1:]:
        if part.content_type in _ORIGINAL_TYPES:
            body = part.decoded()[:MAX_SCAN].lstrip(b"\r\n")
            headers, _ = split_header(body, 0, len(body), MAX_SCAN)
            if headers.fields:
                return headers
    text = mail.text[:MAX_SCAN]
    position = 0
    for _ in range(3):
        match = _HEAD_IN_TEXT.search(text, position)
        if match is None:
            return None
        quoted = re.sub(r"(?m)^[ >|\t]{1,8}(?=[A-Za-z-]{2,40}:)", "", text[match.start() :]).encode()
        headers, _ = split_header(quoted, 0, len(quoted), MAX_SCAN)
        end = text.find("\n\n", match.end())
        # A person who passes a bounce on quotes the bounce first, and our mail inside it.
        if end < 0 or not headers.text("content-type", 200).lower().startswith("multipart/report"):
            return headers if headers.fields else None
        position = end
    return None


def _original_id(original: Headers | None, mail: ReportInput) -> str | None:
    if original is not None and (found := message_id(original.raw("message-id"))):
        return found
    if envelope_id := _envelope_id(mail.root):
        return envelope_id
    # A header that a relay has broken still holds the line; some reports name the id in a sentence.
    quoted = (decode_bytes(p.decoded()[:MAX_SCAN], None) for p in mail.root.walk() if p.content_type in _ORIGINAL_TYPES)
    places = (
        *((text, r"(?im)^message-id[ \t]*:\s*<([^<>\s]{3,500})>") for text in quoted),
        (mail.text[:MAX_SCAN], _ID_IN_TEXT),
    )
    for text, pattern in places:
        if match := re.search(pattern, text):
            return clean_line(match[1], 500)
    headers = mail.root.headers
    for name in ("x-original-message-id", "in-reply-to", "references"):
        ids = message_ids(headers.raw(name))
        if ids:
            return ids[-1]
    return None


def _envelope_id(root: Part) -> str | None:
    """The ENVID of the mail a report is about, if it has the form of a Message-ID: that is what we hand over."""
    for part in [one for one in root.walk() if one.content_type in _STATUS_TYPES][:5]:
        head = decode_bytes(part.decoded()[:4000], part.charset)
        match = re.search(r"(?mi)^original-envelope-id[ \t]*:[ \t]*([!-~]{3,300})[ \t]*\r?$", head)
        if match and "@" in (written := unxtext(match[1])):
            return written.strip("<>")
    return None


def unxtext(text: str) -> str:
    """A value with RFC 3461's encoding of `+` and `=` undone. No more: mailers decode as they like, and `john+2026@…`
    is an address."""
    return re.sub(r"\+(2B|3D)", lambda match: chr(int(match[1], 16)), text)


def _fields(block: str) -> dict[str, str]:
    """The fields of one block of a status part, folded lines joined, first value kept."""
    out: dict[str, str] = {}
    last = ""
    for line in block.split("\n")[:200]:
        if line[:1] in {" ", "\t"} and last:
            out[last] = f"{out[last]} {line.strip()}"[:4000]
            continue
        name, colon, value = line.partition(":")
        if colon and name.strip() and " " not in name.strip():
            last = name.strip().lower()
            out.setdefault(last, value.strip())
    return out


def _typed(value: str) -> str:
    """The value of a `type; value` field, or the whole when no type is given."""
    kind, semicolon, rest = value.partition(";")
    return rest.strip() if semicolon and "@" not in kind and len(kind) < 40 else value.strip()


def _recipient(value: str) -> str | None:
    text = _typed(value).strip("<>\"' ")
    match = re.search(r"[^\s<>()\[\]\"';,]{1,64}@[^\s<>()\[\]\"';,]{1,255}", text[:1000])
    return normal_address((match[0] if match else text).rstrip(".:"))


def _delivery_status(parts: Sequence[Part], mail: ReportInput, original: Headers | None) -> list[MailReport]:
    blocks: list[dict[str, str]] = []
    for part in parts:
        if part.content_type in _STATUS_TYPES:
            text = decode_bytes(part.decoded()[:MAX_SCAN], part.charset)
        elif not part.children and part.content_type.startswith("text/") and part.content_type not in _ORIGINAL_TYPES:
            text = decode_bytes(part.decoded()[:MAX_SCAN], part.charset)
            if not (_machine(mail) and _DSN_FIELD.search(text)):
                continue
        else:
            continue
        blocks += [_fields(block) for block in re.split(r"\n[ \t]*\n", clean_text(text))[:1000]]
    original_id = _original_id(original, mail)
    reports: list[MailReport] = []
    for block in blocks:
        if not ({"final-recipient", "original-recipient", "x-actual-recipient"} & block.keys()):
            continue
        reports.append(_from_block(block, original_id, mail.text))
        if len(reports) >= MAX_REPORTS:
            break
    return reports


def _machine(mail: ReportInput) -> bool:
    headers = mail.root.headers
    return (
        mail.root.content_type == "multipart/report"
        or mail.envelope_from in {"", "<>"}
        or headers.raw("return-path") == b"<>"
        or bool(re.match(r"(?i)(?:mailer-?daemon|postmaster|mail)", mail.from_address))
        or headers.has("auto-submitted")
    )


def _from_block(block: dict[str, str], original_id: str | None, text: str) -> MailReport:
    action = block.get("action", "").lower().partition(" ")[0].strip(".,;()")
    status = find_status(block.get("status", ""))
    diagnostic = clean_line(_typed(block.get("diagnostic-code", "")), 1000)
    # Some systems call the mailbox they expanded the final one: what we wrote to is the original recipient.
    recipients = (
        _recipient(unxtext(block[name]) if name == "original-recipient" else block[name])
        for name in ("original-recipient", "final-recipient", "x-actual-recipient")
        if name in block
    )
    head = re.split(r"(?mi)^[ >|\t]{0,8}(?:received|return-path)[ \t]*:", text[:MAX_SCAN], maxsplit=1)[0]
    comment = block.get("status", "").partition("(")[2].rstrip(") ")
    kind = verdict(action, status, f"{diagnostic} {comment}" if diagnostic else f"{comment} {head}")
    recipient = next((one for one in recipients if one), None)
    return MailReport(
        kind=kind,
        recipient=recipient,
        original_message_id=original_id,
        status_code=_exact(status, find_status(diagnostic)),
        diagnostic=diagnostic or clean_line(comment, 1000) or find_reason(head, recipient or ""),
    )


def _exact(status: str | None, said: str | None) -> str | None:
    """The more telling of the status field and the diagnostic's code: many relays write 5.0.0 for whatever it was."""
    generic = status is None or status.endswith(".0.0")
    return said if said and generic and (status is None or said[0] == status[0]) else status


def _complaint(parts: Sequence[Part], mail: ReportInput, original: Headers | None) -> tuple[MailReport, ...] | None:
    feedback = next((part for part in parts if part.content_type == "message/feedback-report"), None)
    declared = (
        mail.root.content_type == "multipart/report" and "feedback" in mail.root.params.get("report-type", "").lower()
    )
    attached = any(part.content_type in _ORIGINAL_TYPES for part in parts[1:])
    if feedback is None and not declared and not (attached and _COMPLAINT_SUBJECT.match(mail.subject)):
        return None
    fields = _fields(clean_text(decode_bytes(feedback.decoded()[:MAX_SCAN], None))) if feedback else {}
    # Authentication reports and "this is not spam" are no complaint of the person: they must suppress nobody.
    if fields.get("feedback-type", "").lower() in {"auth-failure", "not-spam"}:
        return ()
    text = clean_text(decode_bytes(feedback.decoded()[:MAX_SCAN], None)) if feedback else ""
    named = re.findall(r"(?mi)^(?:original-rcpt-to|removal-recipient)[ \t]*:(.*)$", text)[:MAX_REPORTS]
    recipients = list(dict.fromkeys(one for one in map(_recipient, named) if one))
    if not recipients and original is not None:
        names = ("x-hmxmroriginalrecipient", "x-original-to", "delivered-to", "to")
        found = (parse_addresses(original.raw(name)) for name in names)
        recipients = [one for pairs in found for pair in pairs[:1] if (one := normal_address(pair[1]))][:1]
    original_id = _original_id(original, mail)
    why = clean_line(fields.get("feedback-type", ""), 100) or None
    return tuple(
        MailReport(kind="complained", recipient=one, original_message_id=original_id, diagnostic=why)
        for one in (*recipients,) or (None,)
    )


def _receipt(parts: Sequence[Part], original: Headers | None, mail: ReportInput) -> tuple[MailReport, ...] | None:
    part = next(
        (
            one
            for one in parts
            if one.content_type in {"message/disposition-notification", "message/global-disposition-notification"}
        ),
        None,
    )
    if part is None:
        return None
    fields = _fields(clean_text(decode_bytes(part.decoded()[:MAX_SCAN], None)))
    disposition = fields.get("disposition", "").lower()
    kind: ReportKind = "delivered"
    if "deleted" in disposition and re.search(r"(?i)\breject", f"{mail.subject} {mail.text[:2000]}"):
        # Dovecot and its kin refuse after they accepted, and say so in the form of a receipt.
        kind = verdict("failed", find_status(mail.text[:2000]), mail.text)
    elif not re.search(r"displayed|processed|dispatched", disposition) or "error" in disposition:
        return ()
    written = fields.get("original-message-id", "").encode() or (original.raw("message-id") if original else b"")
    recipient = _recipient(fields.get("final-recipient", "") or fields.get("original-recipient", ""))
    return (
        MailReport(
            kind=kind,
            recipient=recipient,
            original_message_id=message_id(written),
            diagnostic=clean_line(disposition, 200),
        ),
    )


def _ses(text: str) -> list[MailReport]:
    """Amazon SES event JSON, alone in the body or wrapped by SNS."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end - start > MAX_SCAN:
        return []
    try:
        event = json.loads(text[start : end + 1])
        if isinstance(event, dict) and isinstance(event.get("Message"), str):
            event = json.loads(event["Message"])
    except (ValueError, RecursionError):
        return []
    return _ses_event(event) if isinstance(event, dict) else []


def _ses_event(event: dict[str, Any]) -> list[MailReport]:
    kind = str(event.get("notificationType") or event.get("eventType") or "").lower()
    names = {
        "bounce": "bouncedRecipients",
        "complaint": "complainedRecipients",
        "delivery": "recipients",
        "deliverydelay": "delayedRecipients",
    }
    detail = event.get(kind if kind != "deliverydelay" else "deliveryDelay")
    mail = event.get("mail")
    if kind not in names or not isinstance(detail, dict):
        return []
    common = mail.get("commonHeaders", {}) if isinstance(mail, dict) else {}
    written = common.get("messageId") if isinstance(common, dict) else None
    original = message_id(str(written).encode()) if written else None
    out: list[MailReport] = []
    recipients = detail.get(names[kind])
    for entry in recipients[:MAX_REPORTS] if isinstance(recipients, list) else []:
        item = entry if isinstance(entry, dict) else {"emailAddress": entry}
        diagnostic = clean_line(str(item.get("diagnosticCode") or detail.get("bounceSubType") or ""), 1000)
        status = find_status(str(item.get("status") or detail.get("smtpResponse") or ""))
        fixed: dict[str, ReportKind] = {"complaint": "complained", "delivery": "delivered", "deliverydelay": "delayed"}
        permanent = str(detail.get("bounceType", "")).lower() == "permanent"
        result = fixed.get(kind) or verdict("failed", status or ("5.0.0" if permanent else "4.0.0"), diagnostic)
        out.append(
            MailReport(
                kind=result,
                recipient=normal_address(str(item.get("emailAddress", ""))),
                original_message_id=original,
                status_code=status,
                diagnostic=diagnostic or None,
            )
        )
    return out
