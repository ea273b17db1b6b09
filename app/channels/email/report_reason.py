"""Why a mail came back, in the words of a report that has no field for it."""

import re

from app.channels.email.report_words import find_reply_code, find_status
from app.channels.email.text import clean_line

_LINES_MOST = 400
_REASON_MOST = 400
_PREAMBLE = re.compile(
    r"(?i):\s*$|^(?:to|cc|from|subject|date)\s*:|(?:following|these)\s+(?:recipient|address|group)|will be retried"
    r"|^[-_=*|\s]*$"
)
"""Lines that announce a reason, or stand about it."""
_BECAUSE = re.compile(
    r"(?i)\bbecause\b|(?:could|can|was|were|has|did)\s?(?:not|n.t)\s(?:be\s)?(?:deliver|reach|sent|accept)"
    r"|unable to deliver"
)


def find_reason(words: str, address: str) -> str | None:
    """The words that say why, for `address` in lower case: from a line with a reply code, else with a status; else what
    stands beside the address, or after it. None when nothing does."""
    lines = [line.strip() for line in words.split("\n")[:_LINES_MOST]]
    at = next((n for n, line in enumerate(lines) if find_reply_code(line)), None)
    if at is None:
        at = next((n for n, line in enumerate(lines) if find_status(line)), None)
    if at is None:
        at = _beside(lines, address)
    return None if at is None else clean_line(_joined(lines, at, address), 1000)


def _beside(lines: list[str], address: str) -> int | None:
    """The line that says why without any number."""
    place = next((n for n, line in enumerate(lines) if address and address in line.lower()), None)
    if place is not None and _says(lines[place].lower().replace(address, " ")):
        return place
    after = range(place + 1, min(place + 9, len(lines))) if place is not None else range(0)
    told = [n for n in after if lines[n]]
    because = (n for n, line in enumerate(lines) if _BECAUSE.search(line[:500]))
    return next((n for n in told if not _PREAMBLE.search(lines[n][:300])), None) or next(
        because, told[0] if told else None
    )


def _says(line: str) -> bool:
    """Whether a line without its address is more than a frame."""
    return len(re.findall(r"[^\W\d_]{2,}", line[:500])) > 1 and not _PREAMBLE.search(line[:300])


def _joined(lines: list[str], at: int, address: str) -> str:
    """The line with those it goes on in: mailers fold at eighty characters."""
    said = lines[at]
    for line in lines[at + 1 : at + 4]:
        opens = re.match(r"<?[^\s<>]{1,64}@[^\s<>]{1,255}>?:?", line[:400])
        another = opens and address not in opens[0].lower()
        if not line or another or len(said) > _REASON_MOST or re.match(r"[-_=*>|.]{3}|<<<|Giving up", line):
            break
        said = f"{said} {line}"
    return said
