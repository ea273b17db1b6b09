"""The public texts `scripts.train_moderation` learns from, read from a folder of data sets."""

import csv
import email
import hashlib
import html
import json
import random
import re
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

from bench.written import harmless, hidden_mail, hidden_phone, plain_phone

Labelled = list[tuple[str, int]]

SIZES = (12, 25, 40, 60)
"""Words of a mail that are kept: a message is no mail."""
_HTML = re.compile(r"(?is)<(script|style).*?</\1>|<[^>]*>")
_QUOTE = re.compile(r"\bwrote:|\bwrites:")
_SIGNATURE = re.compile(r"\n-- ?\n|\n_{10,}|\n-{10,}")


def table(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file; bytes that are no UTF-8 are replaced."""
    with path.open(encoding="utf8", errors="replace", newline="") as file:
        return list(csv.DictReader(file))


def messages(path: Path) -> Labelled:
    """SMS, 1 when unwanted or fraudulent (SMS Phishing dataset, `smishing.csv`)."""
    return list({row["TEXT"]: int(row["label"].lower() != "ham") for row in table(path)}.items())


def frauds(path: Path) -> Labelled:
    """The same, 1 when fraudulent."""
    return list({row["TEXT"]: int(row["label"].lower() == "smishing") for row in table(path)}.items())


def tweets(path: Path) -> Labelled:
    """Tweets, 1 when hateful or offensive (Davidson et al., `abuse_tweets.csv`)."""
    return list({row["tweet"]: int(row["class"] != "2") for row in table(path)}.items())


def advertised(path: Path) -> list[str]:
    """Ads (cocoa, `disguised_phones.jsonl`) in pieces as long as a message: prices and figures that are no spam."""
    pieces = []
    for line in path.read_text(encoding="utf8").splitlines():
        tokens = json.loads(line)["text"].split()[:200]
        pieces += [" ".join(tokens[start : start + 14]) for start in range(0, len(tokens), 14)]
    return pieces


_PROMOTES = re.compile(
    r"link|click|https?:|www|subscri|free|offer|deal|discount|sale\b|account|confirm|download|sign up|join|win\b|gift"
    r"|!|%|credit|password"
)


def requests(path: Path) -> list[str]:
    """Sentences of mail (Parakweet, `email_requests.txt`), without those that promote something."""
    lines = [line.partition("\t")[2] for line in path.read_text(encoding="utf8", errors="replace").splitlines()]
    return [line for line in lines if line and not _PROMOTES.search(line.lower())]


def with_contacts(count: int) -> list[str]:
    """Everyday sentences with a number or a mailbox in them, and with figures that are none: that alone is no spam."""
    dice = random.Random(2_024)  # noqa: S311 - the same each time
    makers = (plain_phone, hidden_phone, hidden_mail, harmless)
    return [makers[turn % len(makers)](dice).text for turn in range(count)]


def mails(folder: Path) -> Labelled:
    """Beginnings of mails, 1 when spam (SpamAssassin's public corpus, a folder for each of its parts)."""
    found: Labelled = []
    for part in sorted(folder.iterdir()):
        if part.name.startswith(("easy", "spam")):
            for path in sorted(part.glob("*.txt")):
                words = _body(email.message_from_bytes(path.read_bytes())).split()[: _size(path.name)]
                if len(words) >= 4:
                    found.append((" ".join(words), int(part.name.startswith("spam"))))
    return list(dict(found).items())


def _size(name: str) -> int:
    """How many words of a file's mail are kept: the same each time."""
    return SIZES[hashlib.sha256(name.encode()).digest()[0] % len(SIZES)]


def _body(mail: Message) -> str:
    """What the sender himself wrote, without markup, quotes and signature."""
    part = next(_parts(mail), None)
    payload = part.get_payload(decode=True) if part else b""
    text = payload.decode("latin-1") if isinstance(payload, bytes) else ""
    if part and (part.get_content_type() == "text/html" or "<html" in text.lower()):
        text = html.unescape(_HTML.sub(" ", text))
    lines = [line for line in text.splitlines() if not line.startswith((">", "|", ":")) and not _QUOTE.search(line)]
    return _SIGNATURE.split("\n".join(lines))[0]


def _parts(mail: Message) -> Iterator[Message]:
    """Its readable parts, plain text first."""
    for kind in ("text/plain", "text/html"):
        yield from (part for part in mail.walk() if part.get_content_type() == kind)


TODAY = Path(__file__).with_name("texts") / "today.txt"
SAYINGS = Path(__file__).with_name("texts") / "sayings.txt"
_CHOICE = re.compile(r"\{([^{}]*)\}")


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    """(kind, text) of each line that is no comment."""
    for line in path.read_text(encoding="utf8").splitlines():
        kind, _, row = line.partition("|")
        if not kind.startswith("#"):
            yield kind, row


def today(kinds: tuple[str, ...], times: int = 5) -> Labelled:
    """Texts of today's kind by the project's own hand, 1 when of one of `kinds`; choices in several wordings."""
    dice = random.Random(1_130)  # noqa: S311 - the same each time
    found: Labelled = []
    for kind, row in _rows(TODAY):
        for _ in range(times):
            found.append((_CHOICE.sub(lambda choice: dice.choice(choice[1].split("|")), row), int(kind in kinds)))
    found += [(text, int(kind in kinds)) for kind, text in _rows(SAYINGS)]
    return list(dict(found).items())
