"""`python -m bench ingest|queue|reads …` on the database DATABASE_URL names; prints the rows as JSON.

It writes tens of thousands of messages: give it a database that may be thrown away. `parley bench` does.
"""

import argparse
import sys
from collections.abc import Callable

import msgspec

from app.settings import Settings, load
from bench import (
    api,
    board,
    desk,
    ingest,
    moderate,
    peers,
    queue,
    reads,
    realtime,
    release,
    reply,
    screen,
    security,
    simulate,
    start,
)
from bench.rows import Row, Say, progress

Asked = argparse.Namespace
ALONE = {"start": start.run, "moderate": moderate.run}
"""Benches that need no database of others."""
ON_A_DATABASE: dict[str, Callable[[Settings, Asked, Say], list[Row]]] = {
    "ingest": lambda settings, asked, say: ingest.run(settings.database_url, asked.seconds, say),
    "queue": lambda settings, asked, say: queue.run(settings, asked.seconds, say, peers=not asked.no_peers),
    "reads": lambda settings, asked, say: reads.run(settings.database_url, asked.messages, say),
    "api": lambda settings, _asked, _say: [
        Row(**row | {"target": "" if row["target"] is None else f"≥ {row['target']:g}"}) for row in api.rows(settings)
    ],
    "reply": lambda settings, _asked, say: reply.run(settings, say),
    "release": lambda settings, _asked, say: release.run(settings, say),
    "realtime": lambda settings, asked, say: realtime.run(settings, say, seconds=max(asked.seconds, realtime.SECONDS)),
    "screen": lambda settings, _asked, say: screen.run(settings, say),
    "desk": lambda settings, _asked, say: desk.run(settings, say),
    "simulate": lambda settings, asked, say: simulate.run(settings.database_url, asked.messages, say),
    "security": lambda settings, asked, say: security.run(settings.database_url, asked.messages, say),
    "board": lambda settings, asked, say: board.run(settings.database_url, asked.messages, say),
}


def main() -> None:
    """Run one bench."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("what", choices=[*ON_A_DATABASE, *ALONE])
    parser.add_argument("--seconds", type=float, default=2.0, help="length of one slice")
    parser.add_argument(
        "--messages", type=int, default=1_000_000, help="reads, simulate, security, board: size of the large table"
    )
    parser.add_argument("--install-peers", action="store_true", help="only install graphile-worker and procrastinate")
    parser.add_argument("--no-peers", action="store_true", help="queue: do not run graphile-worker and procrastinate")
    asked = parser.parse_args()
    if asked.install_peers:
        sys.exit("\n".join(peers.install()) or 0)
    with progress() as say:
        rows = ALONE[asked.what](say) if asked.what in ALONE else ON_A_DATABASE[asked.what](load(), asked, say)
    sys.stdout.write(msgspec.json.encode({"rows": rows}).decode() + "\n")


if __name__ == "__main__":
    main()
