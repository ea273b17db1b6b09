"""What the e-mail channel hands to the core: one parsed mail, its attachments and what a report mail reports.

Pure data; produced by `app.channels.email`, consumed by `workers.receivers.email`.
"""

from datetime import datetime
from typing import Literal

import msgspec

from app.domain.channels import OutgoingFile

AutoClass = Literal["none", "auto_reply", "list", "bulk", "report"]
ReportKind = Literal["delivered", "delayed", "bounced_hard", "bounced_soft", "complained"]


class MailLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What the parser keeps of one mail. Beyond a limit the mail stays and says what was cut."""

    max_attachment_bytes: int = 10 * 1024 * 1024
    max_total_attachment_bytes: int = 25 * 1024 * 1024
    max_attachments: int = 200
    max_parts: int = 1000
    max_depth: int = 30
    max_header_bytes: int = 512 * 1024
    max_text_chars: int = 500_000
    max_html_bytes: int = 400_000
    """HTML beyond this is read by the plain tag stripper: layout is not worth the time."""


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a mail. `data` is empty when `refused` names why the file was not kept."""

    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    data: bytes = b""
    inline: bool = False
    content_id: str | None = None
    refused: str | None = None


class MailReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a bounce (RFC 3464 or free text) or complaint (RFC 5965) says about one recipient of one mail we sent."""

    kind: ReportKind
    recipient: str | None
    original_message_id: str | None
    status_code: str | None = None
    """RFC 3463 enhanced status, e.g. `5.1.1`."""
    diagnostic: str | None = None


class ParsedMail(msgspec.Struct, frozen=True, kw_only=True):
    """A received mail, reduced to what the core stores. Every text is NFC, free of NUL and control characters."""

    message_id: str | None
    """Message-ID with angle brackets removed, or None."""
    dedupe_id: str
    """`message_id`, or `digest:<hex>` of From, Date, Subject and body when the mail carries none."""
    content_digest: bytes
    """32 bytes: SHA-256 over normalised From and body. Tells a reused Message-ID from a repeated delivery."""
    from_address: str
    """Normalised: lower case, IDN domain as A-label. Empty for the null sender."""
    from_name: str
    envelope_from: str
    reply_to: str | None
    to_addresses: tuple[str, ...]
    subject: str
    text: str
    """What the person wrote: HTML made text, quoted history and signature stripped."""
    full_text: str
    in_reply_to: str | None
    references: tuple[str, ...]
    """Message-ids without brackets, oldest first, at most 50."""
    sent_at: datetime | None
    auto_class: AutoClass
    auto_reason: str | None
    spam_score: float
    """0 (clean) to 1 (spam)."""
    spam_reasons: tuple[str, ...]
    attachments: tuple[Attachment, ...] = ()
    reports: tuple[MailReport, ...] = ()
    unsubscribe_request: bool = False
    html: str | None = None
    """The HTML part as it was sent, at most 100,000 characters; None when there is none."""
    unparsed: str | None = None
    """Why the mail could not be parsed; the text is then a best-effort decoding and the original is an attachment."""


class OutgoingMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to be sent, before MIME. Addresses are normalised; ids carry no angle brackets."""

    message_id: str
    from_address: str
    from_name: str
    to_address: str
    to_name: str
    subject: str
    text: str
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    reply_to: str | None = None
    auto_generated: bool = False
    """True for AI and system replies: carries Auto-Submitted: auto-replied and Precedence-like loop guards."""
    unsubscribe_url: str | None = None
    unsubscribe_mailto: str | None = None
    envelope_from: str | None = None
    files: tuple[OutgoingFile, ...] = ()
    html: str | None = None
    """The same words as HTML, where opens and clicks are tracked."""
    more_headers: tuple[tuple[str, str], ...] = ()
    """What a provider's relay is told, in ASCII."""
