"""Measure the e-mail reader on a folder of mail: `python tests/channels/email/report_corpus.py FOLDER [--list]`.

The folder holds one message per file. Printed: how many were read, how long it took, the classes and kinds found and
how many pass the spam threshold; with `--list` one line per file. Files that `report_truth.tsv` beside this script names
are judged: how many reports have the right kind, recipient and code, name the mail they are about, and say why. Exits 1 if any file made the reader fail, or if
less than 95 % of the judged files are right.
"""

import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import msgspec

from app.channels.email import FILED_APART, parse_mail
from app.domain.email import ParsedMail

ENOUGH = 0.95


class Expected(msgspec.Struct, frozen=True, order=True):
    """What a person reads of one recipient; what is empty is not judged."""

    kind: str
    recipient: str = ""
    code: str = ""
    original: str = ""
    """Message-ID of the mail the report is about."""
    reason: str = ""
    """Words in lower case that the diagnostic has."""


Truth = dict[str, list[Expected]]


def read_truth(path: Path) -> Truth:
    """File stem → what is expected of every recipient."""
    truth: Truth = defaultdict(list)
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            name, *values = line.split("\t")
            truth[name].append(Expected(*values))
    return truth


def judge(mail: ParsedMail, expected: list[Expected]) -> str | None:
    """What is wrong with the reading of one file; None when nothing is."""
    kind = expected[0].kind
    if kind in {"auto_reply", "unsubscribe", "machine"}:
        right = {
            "auto_reply": mail.auto_class == "auto_reply",
            "unsubscribe": mail.unsubscribe_request,
            "machine": mail.auto_class == "report",
        }[kind]
        return None if right and not mail.reports else f"{kind} read as {mail.auto_class} {kinds(mail)}"
    got = sorted(
        Expected(one.kind, one.recipient or "", one.status_code or "", one.original_message_id or "", _plain(one.diagnostic))
        for one in mail.reports
    )  # fmt: skip
    if sorted(one.kind for one in expected) != [one.kind for one in got]:
        return f"{sorted(one.kind for one in expected)} read as {kinds(mail)}"
    for want, found in zip(sorted(expected), got, strict=True):
        for name in ("recipient", "code", "original"):
            if getattr(want, name) not in ("", getattr(found, name)):
                return f"{name} {getattr(want, name)} read as {getattr(found, name)}"
        if want.reason not in found.reason:
            return f"reason {want.reason!r} read as {found.reason[:200]!r}"
    return None


def _plain(words: str | None) -> str:
    return " ".join((words or "").lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())


def kinds(mail: ParsedMail) -> list[str]:
    """The kinds of a mail's reports, sorted."""
    return sorted(one.kind for one in mail.reports)


def main(folder: Path, listed: bool) -> int:
    """Read every file below `folder` as a mail from a null sender and print what was found."""
    times: list[float] = []
    classes: Counter[str] = Counter()
    found: Counter[str] = Counter()
    truth = read_truth(Path(__file__).with_name("report_truth.tsv"))
    wrong: dict[str, str] = {}
    spam = failed = judged = 0
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        raw = path.read_bytes()
        started = time.perf_counter()
        mail = parse_mail(raw, envelope_from="", envelope_to=[])
        times.append(time.perf_counter() - started)
        classes[mail.auto_class] += 1
        found.update(report.kind for report in mail.reports)
        spam += mail.spam_score >= FILED_APART
        failed += "Error" in (mail.unparsed or "")
        if path.stem in truth:
            judged += 1
            if reason := judge(mail, truth[path.stem]):
                wrong[path.stem] = reason
        if listed:
            told = "; ".join(f"{one.kind} {one.recipient} {one.status_code}" for one in mail.reports)
            print(f"{path.name}\t{mail.auto_class}\t{told}\t{mail.unparsed or ''}")
    _print(times, failed, classes, found, spam)
    if judged:
        print(f"{judged} judged: {judged - len(wrong)} right ({(judged - len(wrong)) / judged:.1%})")
    for name, reason in wrong.items():
        print(f"  {name}: {reason}")
    return 1 if failed or not times or len(wrong) > judged * (1 - ENOUGH) else 0


def _print(times: list[float], failed: int, classes: Counter[str], found: Counter[str], spam: int) -> None:
    times.sort()
    if times:
        middle, last = times[len(times) // 2] * 1e3, times[int(len(times) * 0.99)] * 1e3
        print(f"{len(times)} mails, {failed} failed, median {middle:.2f} ms, p99 {last:.2f} ms")
        print("classes", dict(classes), "reports", dict(found), "filed as spam", spam)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), "--list" in sys.argv))
