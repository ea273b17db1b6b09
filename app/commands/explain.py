"""Say in words why a message is where it is and what became of it."""

import json
from typing import Any

import click
import psycopg

from app.db.queries import query
from app.errors import NotFound
from app.explain import in_words
from app.settings import load


@click.command()
@click.argument("message", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the whole chain as one JSON object.")
def command(message: str | None, as_json: bool) -> None:
    """Explain MESSAGE: its id, or a mail's Message-ID. Without one: the newest received message.

    Shows the chain: thread and scope rule, moderation, decision with reasons, dispatches, attempts, receipts.
    """
    chain = _chain(message)
    click.echo(json.dumps(chain, indent=2, default=str) if as_json else "\n".join(in_words(chain)))


def _chain(message: str | None) -> dict[str, Any]:
    with psycopg.connect(load().database_url, autocommit=True) as connection:
        if message is None:
            row = connection.execute(query("operations", "latest_inbound")).fetchone()
            if row is None:
                raise NotFound("no message was received yet", remedy="send one: `parley demo`")
            message = str(row[0])
        found = connection.execute(query("operations", "explain"), {"id": message.strip().strip("<>")}).fetchone()
    if found is None or not found[0]:
        raise NotFound(f"there is no message {message}", remedy="`parley threads` lists the newest conversations")
    chain: dict[str, Any] = found[0]
    return chain
