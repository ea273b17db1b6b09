"""`python -m bench ingest|queue|reads …` on the database DATABASE_URL names; prints the rows as JSON.

It writes tens of thousands of messages: give it a database that may be thrown away. `parley bench` does.
"""

import argparse
import sys

import msgspec

from app.settings import load
from bench import api, ingest, moderate, peers, queue, reads, realtime, release, reply, screen, simulate, start
from bench import api, ingest, moderate, peers, queue, reads, realtime, reply, screen, security, start
from bench import api, desk, ingest, moderate, peers, queue, reads, realtime, reply, screen, start
from bench.rows import Row, progress

ALONE = {"start": start.run, "moderate": moderate.run}
"""Benches that need no database of others."""
WHAT = (
    "ingest", "queue", "reads", "api", "reply", "release", "realtime", "screen", "start", "moderate", "simulate",
)  # fmt: skip


def main() -> None:
    """Run one bench."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("what", choices=WHAT)
    parser.add_argument(
        "what", choices=["ingest", "queue", "reads", "api", "reply", "realtime", "screen", "desk", "start", "moderate"]
    )
    parser.add_argument("--seconds", type=float, default=2.0, help="length of one slice")
    parser.add_argument("--messages", type=int, default=1_000_000, help="reads, simulate: size of the large table")
    parser.add_argument(
        "what",
        choices=["ingest", "queue", "reads", "api", "reply", "realtime", "screen", "start", "moderate", "security"],
    )
    parser.add_argument("--messages", type=int, default=1_000_000, help="reads, security: size of the large table")
    parser.add_argument("--install-peers", action="store_true", help="only install graphile-worker and procrastinate")
    parser.add_argument("--no-peers", action="store_true", help="queue: do not run graphile-worker and procrastinate")
    asked = parser.parse_args()
    if asked.install_peers:
        sys.exit("\n".join(peers.install()) or 0)
    with progress() as say:
        rows: list[Row]
        if asked.what in ALONE:
            sys.stdout.write(msgspec.json.encode({"rows": ALONE[asked.what](say)}).decode() + "\n")
            return
        settings = load()
        if asked.what == "ingest":
            rows = ingest.run(settings.database_url, asked.seconds, say)
        elif asked.what == "queue":
            rows = queue.run(settings, asked.seconds, say, peers=not asked.no_peers)
        elif asked.what == "api":
            rows = [
                Row(**row | {"target": "" if row["target"] is None else f"≥ {row['target']:g}"})
                for row in api.rows(settings)
            ]
        elif asked.what == "reply":
            rows = reply.run(settings, say)
        elif asked.what == "release":
            rows = release.run(settings, say)
        elif asked.what == "simulate":
            rows = simulate.run(settings.database_url, asked.messages, say)
        elif asked.what == "screen":
            rows = screen.run(settings, say)
        elif asked.what == "desk":
            rows = desk.run(settings, say)
        elif asked.what == "realtime":
            rows = realtime.run(settings, say, seconds=max(asked.seconds, realtime.SECONDS))
        elif asked.what == "security":
            rows = security.run(settings.database_url, asked.messages, say)
        else:
            rows = reads.run(settings.database_url, asked.messages, say)
    sys.stdout.write(msgspec.json.encode({"rows": rows}).decode() + "\n")


if __name__ == "__main__":
    main()
