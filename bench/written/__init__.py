"""Texts with contacts in them, and texts with everything that looks like one: made from a seed, with the answer.

Its grammar is its own: countries, number types and groups come from the metadata of `phonenumbers`, ways of hiding a
number or a mailbox from lists of how people do it. Nothing here knows how a detector reads. Some ways were kept aside
(`LATE`) while the detectors were made; `parley bench moderate` measures them apart.
"""

from bench.written.case import Case
from bench.written.harmless import card, harmless
from bench.written.hidden import LATE_PHONES, PHONES, hidden_phone
from bench.written.mailboxes import LATE_MAILS, MAILS, hidden_mail
from bench.written.numbers import plain_phone

__all__ = [
    "LATE_MAILS",
    "LATE_PHONES",
    "MAILS",
    "PHONES",
    "Case",
    "card",
    "harmless",
    "hidden_mail",
    "hidden_phone",
    "plain_phone",
]
