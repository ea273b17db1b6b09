"""`parse_mail`: any bytes in, a `ParsedMail` out. It never raises and its time grows with the size only."""

import hashlib
from collections.abc import Sequence

from app.channels.email.bodies import Bodies, original_file
from app.channels.email.classify import classify, is_unsubscribe
from app.channels.email.headers import Headers, message_id, message_ids, normal_address, parse_addresses, parse_date
from app.channels.email.mime import Tree
from app.channels.email.replies import strip_reply
from app.channels.email.reports import ReportInput, read_reports
from app.channels.email.spam import score_spam
from app.channels.email.spam_features import SpamInput
from app.channels.email.text import clean_line, clean_text, decode_bytes
from app.domain.email import AutoClass, MailLimits, MailReport, ParsedMail

DEFAULT_LIMITS = MailLimits()


def parse_mail(
    raw: bytes, *, envelope_from: str, envelope_to: Sequence[str], limits: MailLimits = DEFAULT_LIMITS
) -> ParsedMail:
    """Reduce a received mail to what the core stores.

    `envelope_from` is empty for the null sender. A mail that cannot be read in full (no header, parts without end, a
    body in an encoding that is none, more structure than the limits allow) comes back with `unparsed` set, a
    best-effort text and the original as its first attachment; nothing is dropped silently.
    """
    sender = _envelope(envelope_from)
    try:
        return _parse(raw, sender, envelope_to, limits)
    except Exception as error:  # the promise of this function: a defect of ours must not lose a mail
        return _unreadable(raw, sender, envelope_to, limits, f"{type(error).__name__}: {clean_line(str(error), 200)}")


def keep_unparsed(raw: bytes, *, envelope_from: str, limits: MailLimits = DEFAULT_LIMITS, reason: str) -> ParsedMail:
    """A mail whose parsed form could not be stored: best-effort text, the original as a file, and the reason."""
    return _unreadable(raw, _envelope(envelope_from), (), limits, reason)


def _parse(raw: bytes, envelope_from: str, envelope_to: Sequence[str], limits: MailLimits) -> ParsedMail:
    tree = Tree(raw, limits)
    headers = tree.root.headers
    bodies = Bodies(tree, limits)
    defect = tree.defect or bodies.defect
    from_name, from_address = _author(headers, envelope_from)
    subject = headers.text("subject", 998)
    own = tuple(dict.fromkeys(one for one in map(_envelope, envelope_to) if one))
    recipients = _recipients(headers, own)
    text = strip_reply(bodies.text)
    auto_class, auto_reason, reports = _automatic(
        tree, bodies, subject=subject, author=(from_name, from_address), envelope_from=envelope_from, own=own
    )
    score, reasons = score_spam(
        SpamInput(
            headers=headers, subject=subject, text=bodies.text, html=bodies.html_source, from_name=from_name,
            from_address=from_address, to_addresses=recipients, own_addresses=own, files=tuple(bodies.files),
            auto_class=auto_class,
        )
    )  # fmt: skip
    own_id = message_id(headers.raw("message-id"))
    return ParsedMail(
        message_id=own_id,
        dedupe_id=own_id or _digest_id(from_address, headers, subject, bodies, raw if defect else b""),
        content_digest=_content_digest(from_address, bodies),
        from_address=from_address, from_name=from_name, envelope_from=envelope_from,
        reply_to=_first_address(headers.raw("reply-to")), to_addresses=recipients,
        subject=subject, text=text, full_text=bodies.text,
        in_reply_to=next(iter(message_ids(headers.raw("in-reply-to"))), None),
        references=message_ids(headers.raw("references")),
        sent_at=parse_date(headers.raw("date")),
        auto_class=auto_class, auto_reason=auto_reason, spam_score=score, spam_reasons=reasons,
        attachments=((original_file(raw),) if defect else ()) + tuple(bodies.files), reports=reports,
        unsubscribe_request=auto_class in {"none", "auto_reply"} and is_unsubscribe(subject, text, own),
        unparsed=defect, html=clean_text(bodies.html_source) if "<" in bodies.html_source else None,
    )  # fmt: skip


def _automatic(
    tree: Tree, bodies: Bodies, *, subject: str, author: tuple[str, str], envelope_from: str, own: tuple[str, ...]
) -> tuple[AutoClass, str | None, tuple[MailReport, ...]]:
    from_name, from_address = author
    is_report, reports = read_reports(
        ReportInput(
            root=tree.root,
            subject=subject,
            text=bodies.text,
            from_address=from_address,
            from_name=from_name,
            envelope_from=envelope_from,
            own_addresses=own,
        )
    )
    if is_report:
        return "report", reports[0].kind if reports else "report", reports
    auto_class, reason = classify(
        tree.root.headers, subject=subject, from_address=from_address, envelope_from=envelope_from
    )
    return auto_class, reason, ()


def _envelope(address: str) -> str:
    """An envelope address in normal form; one that has none is kept as written, cleaned."""
    text = clean_line(address, 320).strip("<>")
    return (normal_address(text) or text.lower()) if text else ""


def _author(headers: Headers, envelope_from: str) -> tuple[str, str]:
    """The first readable mailbox of From, else Sender, else the envelope."""
    name = ""
    for field in (*headers.all("from")[:5], headers.raw("sender")):
        for written_name, written in parse_addresses(field):
            address = normal_address(written)
            if address:
                return written_name or name, address
            name = name or written_name
    return name, envelope_from


def _first_address(value: bytes) -> str | None:
    return next((one for _, written in parse_addresses(value) if (one := normal_address(written))), None)


def _recipients(headers: Headers, own: tuple[str, ...]) -> tuple[str, ...]:
    written = (pair[1] for name in ("to", "cc") for value in headers.all(name)[:5] for pair in parse_addresses(value))
    found = dict.fromkeys(one for one in map(normal_address, written) if one)
    return tuple(list(found)[:200]) or own


def _digest_id(from_address: str, headers: Headers, subject: str, bodies: Bodies, unread: bytes) -> str:
    digest = hashlib.sha256(unread)
    for piece in (from_address, headers.text("date", 200), subject, _folded(bodies.text)):
        digest.update(piece.encode("utf-8", "replace") + b"\x00")
    for file in bodies.files:
        digest.update(file.sha256.encode())
    return f"digest:{digest.hexdigest()}"


def _content_digest(from_address: str, bodies: Bodies) -> bytes:
    """White space is folded first: relays rewrap lines, and a repeated delivery must stay one."""
    digest = hashlib.sha256(
        from_address.encode("utf-8", "replace") + b"\x00" + _folded(bodies.text).encode("utf-8", "replace")
    )
    for file in bodies.files:
        digest.update(file.sha256.encode())
    return digest.digest()


def _folded(text: str) -> str:
    return " ".join(text.split())


def _unreadable(
    raw: bytes, envelope_from: str, envelope_to: Sequence[str], limits: MailLimits, reason: str
) -> ParsedMail:
    """The way out when reading failed: nothing but decoding, hashing and cutting."""
    text = clean_text(decode_bytes(raw[: limits.max_text_chars], "utf-8"))
    digest = hashlib.sha256(raw)
    return ParsedMail(
        message_id=None,
        dedupe_id=f"digest:{digest.hexdigest()}",
        content_digest=digest.digest(),
        from_address=envelope_from,
        from_name="",
        envelope_from=envelope_from,
        reply_to=None,
        to_addresses=tuple(one for one in map(_envelope, envelope_to) if one),
        subject="",
        text=text,
        full_text=text,
        in_reply_to=None,
        references=(),
        sent_at=None,
        auto_class="none",
        auto_reason=None,
        spam_score=0.0,
        spam_reasons=(),
        attachments=(original_file(raw),),
        unparsed=reason,
    )
