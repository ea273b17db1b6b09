"""The mail catcher: an SMTP server that accepts everything and keeps it in a Maildir, for `parley mail` to show.

Nothing leaves this machine. Run with `python -m devstack.catcher`; it listens on 127.0.0.1:PARLEY_CATCHER_PORT.
"""

import asyncio
import itertools
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from app.settings import Settings, load

IDENT = "Parley mail catcher"
MAX_BYTES = 64 * 1024 * 1024
_sequence = itertools.count(1)


class Server(SMTP):
    """An SMTP session without the limit of 1,000 octets a line: real mail breaks it, and a catcher refuses nothing."""

    line_length_limit = MAX_BYTES


class Catcher:
    """Stores each mail before it is acknowledged: 250 means that it is on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in ("tmp", "new", "cur"):
            (folder / part).mkdir(parents=True, exist_ok=True)

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail; answer 250 with its id, or 451 when it cannot be written."""
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        recipients = ", ".join(_one_line(recipient) for recipient in envelope.rcpt_tos)
        head = (
            f"X-Parley-Envelope-From: {_one_line(envelope.mail_from or '')}\r\nX-Parley-Envelope-To: {recipients}\r\n"
        )
        try:
            name = await asyncio.to_thread(self.store, head.encode() + raw)
        except OSError as error:
            return f"451 4.3.0 cannot be stored: {error.strerror}"
        return f"250 2.0.0 kept as {name}"

    async def handle_EHLO(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Name ourselves in the greeting, so that a sender can be sure that this is a catcher."""
        session.host_name = hostname
        return [f"250-{server.hostname} {IDENT}", *responses[1:]]

    def store(self, raw: bytes) -> str:
        """Write one mail durably and return its id; ids sort by time."""
        now = time.time_ns()
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now // 10**9))
        name = f"{stamp}.{now % 10**9 // 1000:06d}-{os.getpid()}-{next(_sequence)}"
        scratch, final = self.folder / "tmp" / name, self.folder / "new" / name
        with scratch.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        scratch.rename(final)
        folder = os.open(final.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return name


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


async def serve(settings: Settings) -> None:
    """Listen until SIGTERM or SIGINT. Raises OSError when the port is taken."""
    loop = asyncio.get_running_loop()
    catcher = Catcher(settings.home_dir / "mail")

    def session() -> Any:
        return Server(
            catcher,
            hostname="catcher.parley.localhost",
            ident=IDENT,
            data_size_limit=MAX_BYTES,
            enable_SMTPUTF8=True,
            loop=loop,
        )

    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    server = await loop.create_server(session, "127.0.0.1", settings.catcher_port, backlog=512)
    await stop.wait()
    server.close()
    await asyncio.sleep(0.05)  # a mail being acknowledged gets its 250


def main() -> None:
    """Run the catcher with the settings of the environment."""
    settings = load()
    try:
        asyncio.run(serve(settings))
    except OSError as error:
        sys.exit(
            f"error: cannot listen on 127.0.0.1:{settings.catcher_port}: {error.strerror} — set PARLEY_CATCHER_PORT"
        )


if __name__ == "__main__":
    main()
