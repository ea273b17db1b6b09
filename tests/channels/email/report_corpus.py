"""Measure the e-mail reader on a folder of mail: `python tests/channels/email/report_corpus.py FOLDER [--list]`.

The folder holds one message per file. Printed: how many were read, how long it took, the classes and kinds found and
how many pass the spam threshold; with `--list` one line per file. Exits 1 if any file made the reader fail.
"""

import sys
import time
from collections import Counter
from pathlib import Path

from app.channels.email import FILED_APART, parse_mail


def main(folder: Path, listed: bool) -> int:
    """Read every file below `folder` as a mail from a null sender and print what was found."""
    times: list[float] = []
    classes: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    spam = failed = 0
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        raw = path.read_bytes()
        started = time.perf_counter()
        mail = parse_mail(raw, envelope_from="", envelope_to=[])
        times.append(time.perf_counter() - started)
        classes[mail.auto_class] += 1
        kinds.update(report.kind for report in mail.reports)
        spam += mail.spam_score >= FILED_APART
        failed += "Error" in (mail.unparsed or "")
        if listed:
            told = "; ".join(f"{one.kind} {one.recipient} {one.status_code}" for one in mail.reports)
            print(f"{path.name}\t{mail.auto_class}\t{told}\t{mail.unparsed or ''}")
    times.sort()
    if times:
        middle, last = times[len(times) // 2] * 1e3, times[int(len(times) * 0.99)] * 1e3
        print(f"{len(times)} mails, {failed} failed, median {middle:.2f} ms, p99 {last:.2f} ms")
        print("classes", dict(classes), "reports", dict(kinds), "filed as spam", spam)
    return 1 if failed or not times else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), "--list" in sys.argv))
