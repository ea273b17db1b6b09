"""Judge messages offline: JSON lines in, one verdict a line out."""

import sys
from collections.abc import Iterator

import click
import msgspec

from app.errors import BadInput
from app.moderation import canonical, judge


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
def command(text: str | None, jsonl: bool, region: tuple[str, ...]) -> None:
    """Judge TEXT, or with --jsonl every line of stdin, and print one JSON object for each.

    A verdict has: decision (approved, filtered, blocked, review), threats_detected (kind, span, value, confidence),
    filtered_content, confidence_score, comments, sentiment, version. Nothing is fetched and nothing stored. A line
    that is no such object ends it with exit code 1 and the line's number.
    """
    if jsonl == (text is not None):
        raise click.UsageError("give a TEXT, or --jsonl and lines on stdin")
    lines = _lines() if text is None else iter((Line(text=text, region=list(region)),))
    for line in lines:
        sys.stdout.buffer.write(canonical(judge(line.text, region=line.region, earlier=line.earlier)) + b"\n")
    sys.stdout.buffer.flush()


def _lines() -> Iterator[Line]:
    decoder = msgspec.json.Decoder(Line)
    for number, raw in enumerate(sys.stdin.buffer, 1):
        if not raw.strip():
            continue
        try:
            yield decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadInput(
                f"line {number} of stdin is no message: {error}", remedy='one {"text": "…"} a line'
            ) from None
