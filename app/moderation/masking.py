"""Masking: what was found is replaced by a word in brackets, nothing else is touched."""

from collections.abc import Iterable

from app.moderation.verdicts import Threat

WORDS = {
    "email": "[email removed]",
    "phone": "[phone removed]",
    "url": "[link removed]",
    "meeting_link": "[meeting link removed]",
    "social_handle": "[handle removed]",
    "payment_handle": "[payment details removed]",
    "address": "[address removed]",
}
"""What stands in a masked text. None of them is found again: masking twice is masking once."""


def mask(text: str, threats: Iterable[Threat]) -> str:
    """A text with exactly the spans of `threats` replaced; of overlapping ones the union, named after the first."""
    parts: list[str] = []
    done = 0
    last = -1
    for threat in sorted(threats, key=lambda threat: threat.span):
        start, end = threat.span
        if start < last:
            last = done = max(last, end)
            continue
        parts += (text[done:start], WORDS.get(threat.kind, "[removed]"))
        done = last = end
    return "".join([*parts, text[done:]])
