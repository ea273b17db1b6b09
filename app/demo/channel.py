"""One way into the product, as a demo sees it. A channel adds one file beside this one and a line in the command."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec
import psycopg

from app.demo.report import Report
from app.settings import Settings

Progress = Callable[[str, int, int], None]
"""Called with (phase, done, total)."""
Connection = psycopg.AsyncConnection[Any]


class Sent(msgspec.Struct):
    """What became of one message that was sent in. Accepted without an id is lost: nobody can say where it went."""

    message_id: str | None = None
    duplicate: bool = False
    error: str | None = None


class DemoChannel(Protocol):
    """How a demo's messages come in, and where the answers go."""

    def provider(self) -> AbstractContextManager[Mapping[str, str]]:
        """Stand in for the provider while the block lasts; the environment of a stack that is to use it."""
        ...

    async def require_harmless(self, settings: Settings, connection: Connection) -> None:
        """Refuse to run where an answer could reach a real person. Raises Conflict or Unavailable with the remedy."""
        ...

    async def send_all(self, settings: Settings, connection: Connection, progress: Progress) -> list[Sent]:
        """Send every message in, and say what became of each."""
        ...

    async def compare(self, settings: Settings, connection: Connection, report: Report) -> Report:
        """The report with what the provider says of the same run."""
        ...
