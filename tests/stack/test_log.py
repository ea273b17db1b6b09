"""Logs: one object a line, with ids, without secrets."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from app import log
from app.settings import Settings

SECRET = "a-very-secret-signing-key"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the lines go; the root logger is put back afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = before
    root.setLevel(level)


def test_a_line_carries_the_ids_of_the_work_at_hand(stream: io.StringIO) -> None:
    """Bound ids and `extra` members are in the object; outside the context they are gone."""
    log.configure(Settings(), stream=stream)
    with log.context(tenant_id="t1", thread_id="h1", message_id=None):
        logging.getLogger("x").info("claimed", extra={"count": 3})
    logging.getLogger("x").info("idle")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first["event"] == "claimed"
    assert (first["tenant_id"], first["thread_id"], first["count"], first["level"]) == ("t1", "h1", 3, "info")
    assert "message_id" not in first
    assert "tenant_id" not in second


@pytest.mark.parametrize("style", ["json", "console"])
def test_secrets_never_reach_the_log(stream: io.StringIO, style: str) -> None:
    """Neither in the message, nor in members, nor in a stack trace, nor as a password inside a URL."""
    log.configure(Settings(supabase_jwt_secret=SECRET, log_format=style), stream=stream)  # type: ignore[arg-type]
    try:
        raise ValueError(f"bad key {SECRET}")
    except ValueError:
        logging.getLogger("x").exception(
            "connecting to postgresql://u:hunter2@h/d with password=hunter2", extra={"key": {"nested": [SECRET]}}
        )
    text = stream.getvalue()
    assert SECRET not in text
    assert "hunter2" not in text
    assert "ValueError" in text
    assert "Traceback" in text


def test_a_line_stays_one_line(stream: io.StringIO) -> None:
    """Line breaks in what a stranger wrote cannot forge a second line."""
    log.configure(Settings(), stream=stream)
    logging.getLogger("x").warning('subject: a\n{"level":"info","event":"forged"}')
    assert len(stream.getvalue().splitlines()) == 1
