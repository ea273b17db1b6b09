"""The e-mail channel: any received mail to a `ParsedMail`, an `OutgoingMail` to bytes, and the way out over SMTP."""

from app.channels.email.classify import classify, is_mailer
from app.channels.email.compose import HeaderError, compose
from app.channels.email.html_text import html_to_text
from app.channels.email.parse import DEFAULT_LIMITS, keep_unparsed, parse_mail
from app.channels.email.replies import strip_reply
from app.channels.email.smtp import SmtpAdapter
from app.channels.email.spam import FILED_APART, score_spam

__all__ = [
    "DEFAULT_LIMITS",
    "FILED_APART",
    "HeaderError",
    "SmtpAdapter",
    "classify",
    "compose",
    "html_to_text",
    "is_mailer",
    "keep_unparsed",
    "parse_mail",
    "score_spam",
    "strip_reply",
]
