"""Judge messages offline: JSON lines in, one verdict a line out."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, get_args

import click
import msgspec

from app.commands._document import read_document
from app.domain.judgement import Lane, Stage
from app.errors import BadInput
from app.moderation import DEFAULT, Policy, canonical, judge
from app.moderation.documents import check
from app.moderation.policy import policy_of
from app.moderation.raising import Watch, watch_of
from app.moderation.watching import readings_of, seen_by

MAX_LINE = 1 << 20
"""Bytes of a line that are read: a message is far shorter, and a file without line ends must not fill the memory."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One message to judge."""

    text: str
    region: str | list[str] | None = None
    """Home countries, e.g. `US` or `["US", "CA"]`."""
    earlier: list[str] = []
    """The sender's last messages in the thread, oldest first."""


@click.command()
@click.argument("text", required=False)
@click.option("--jsonl", is_flag=True, help='Read {"text": …, "region": …, "earlier": […]} lines from stdin.')
@click.option(
    "--region", metavar="CC", multiple=True, help="Home country of TEXT (US when none is said); may be repeated."
)
@click.option(
    "--policy",
    "policy_file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A policy document, as `parley moderation policy` keeps it.",
)
@click.option("--lane", type=click.Choice(get_args(Lane)), default="people", show_default=True, help="Whose words.")
@click.option(
    "--stage",
    type=click.Choice(get_args(Stage)),
    default="before",
    show_default=True,
    help="Before or after contact details were revealed; only people have a before.",
)
def command(  # noqa: PLR0917 - one per option
    text: str | None, jsonl: bool, region: tuple[str, ...], policy_file: Path | None, lane: str, stage: str
) -> int:  # fmt: skip
    """Judge TEXT, or with --jsonl every line of stdin, and print one JSON object for each.

    A verdict has: decision (approved, filtered, blocked, review), threats_detected (kind, span, value, confidence),
    filtered_content, confidence_score, comments, sentiment, version; escalation, too, where a policy has rules for it.
    Nothing is fetched and nothing stored. Lines are
    judged as they come. One that is no message is named on stderr and has no verdict; the others go on, and the exit
    code is 1 in the end.
    """
    if jsonl == (text is not None):
        raise click.UsageError("give a TEXT, or --jsonl and lines on stdin")
    by = _read(policy_file, lane, stage) if policy_file else By(DEFAULT, [], None)
    if text is not None:
        _say(Line(text=text, region=list(region)), by)
        return 0
    wrong = 0
    for line in _lines(sys.stdin.buffer):
        if isinstance(line, Line):
            _say(line, by)
        else:
            wrong += 1
            click.echo(f"error: {line}", err=True)
    return 1 if wrong else 0


class By(NamedTuple):
    """What a document says of a lane and a stage."""

    policy: Policy
    home: list[str]
    watch: Watch | None


def _read(file: Path, lane: str, stage: str) -> By:
    """What a document says of a lane and a stage. Raises BadInput where it says nothing."""
    document = read_document(file)
    check(document)
    stage = stage if lane == "people" else "after"
    policy = policy_of(document, lane, stage)
    if policy is None:
        raise BadInput(f"this policy does not moderate {lane}", field="lane", remedy="name a lane that it has")
    return By(policy, document.get("regions", []), watch_of(document, lane, stage))


def _say(line: Line, by: By) -> None:
    """Print the verdict of one message at once: whoever waits for it may not send another line before."""
    verdict = judge(line.text, region=line.region or by.home, earlier=line.earlier, policy=by.policy)
    if by.watch:
        verdict = seen_by(by.watch, verdict, readings_of(by.watch, line.text, verdict, line.earlier))
    sys.stdout.buffer.write(canonical(verdict) + b"\n")
    sys.stdout.buffer.flush()


def _lines(source: BinaryIO) -> Iterator[Line | BadInput]:
    """Each line of a stream as a message, or what is wrong with it; empty ones are passed over."""
    decoder = msgspec.json.Decoder(Line)
    number = 0
    while raw := source.readline(MAX_LINE + 1):
        number += 1
        if len(raw) > MAX_LINE:
            while raw and not raw.endswith(b"\n"):
                raw = source.readline(MAX_LINE)
            yield _wrong(number, f"it is longer than {MAX_LINE} bytes")
        elif raw.strip():
            try:
                yield decoder.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                yield _wrong(number, str(error))


def _wrong(number: int, why: str) -> BadInput:
    return BadInput(f"line {number} of stdin is no message: {why}", remedy='one {"text": "…"} a line')
