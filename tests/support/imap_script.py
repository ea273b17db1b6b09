"""An IMAP server of a few commands whose every byte a test can choose: what real ones do on bad days, and bad ones always.

`said` holds the commands in the order they came. `moods` maps a command to a coroutine that answers in its place.
"""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable

from tests.support.threaded import InThread

Mood = Callable[["Talk", str], Awaitable[None]]


class Talk:
    """One connection."""

    def __init__(self, script: "ImapScript", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.script, self.reader, self.writer = script, reader, writer

    async def say(self, *lines: str | bytes) -> None:
        """Send lines."""
        for line in lines:
            self.writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")
        await self.writer.drain()

    async def serve(self) -> None:
        """Greet and answer until the client is gone."""
        await self.script.act(self, "GREETING", "")
        while line := await self.reader.readline():
            tag, _, rest = line.decode().strip().partition(" ")
            words = rest.upper().split()
            name = " ".join(words[:2]) if words[0] == "UID" else words[0]
            await self.script.act(self, name, tag, rest)


class ImapScript(InThread):
    """Serves `mails` (uid → bytes) of one mailbox on 127.0.0.1; `port` is known inside the `with` block."""

    def __init__(self, **mails: bytes) -> None:
        super().__init__()
        self.mails = {int(uid.removeprefix("uid")): raw for uid, raw in mails.items()}
        self.moods: dict[str, Mood] = {}
        self.said: list[str] = []
        self.sizes: dict[int, int] = {}
        """Uid → the size that is told, when it is not the true one."""
        self.gone = asyncio.Event()
        """Set when a client has hung up."""
        self.port = 0
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        """Begin to serve."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop_listening(self) -> None:
        """Let nobody new in."""
        if self._server is not None:
            self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await Talk(self, reader, writer).serve()
        self.gone.set()
        writer.close()

    async def act(self, talk: Talk, name: str, tag: str, rest: str = "") -> None:
        """Answer one command, or do what the test wants instead."""
        self.said.append(name)
        if mood := self.moods.get(name):
            await mood(talk, tag)
            return
        answers: list[str | bytes] = []
        if name == "GREETING":
            answers = ["* OK [CAPABILITY IMAP4rev1 IDLE] ready"]
        elif name == "CAPABILITY":
            answers = ["* CAPABILITY IMAP4rev1 IDLE"]
        elif name == "EXAMINE":
            answers = [f"* {len(self.mails)} EXISTS", "* OK [UIDVALIDITY 7] ok", f"* OK [UIDNEXT {self._next()}] ok"]
        elif name == "UID SEARCH":
            answers = ["* SEARCH " + " ".join(str(uid) for uid in sorted(self.mails))]
        elif name == "UID FETCH":
            answers = self._fetched(rest)
        elif name == "IDLE":
            await talk.say("+ idling")
            await talk.reader.readline()
            self.said.append("DONE")
        if tag:
            answers.append(f"{tag} OK done")
        await talk.say(*answers)

    def _next(self) -> int:
        return max(self.mails, default=0) + 1

    def _fetched(self, rest: str) -> list[str | bytes]:
        uid = int(rest.split()[2])
        raw = self.mails.get(uid)
        if raw is None:
            return []
        if "RFC822.SIZE" in rest:
            size = self.sizes.get(uid, len(raw))
            return [f'* 1 FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE "01-Jan-2026 00:00:00 +0000")']
        asked = re.search(r"BODY\.PEEK\[(\w*)\]<0\.(\d+)>", rest)
        assert asked, rest
        part = raw[: raw.index(b"\r\n\r\n") + 4] if asked[1] == "HEADER" else raw
        part = part[: int(asked[2])]
        return [f"* 1 FETCH (UID {uid} BODY[{asked[1]}]<0> {{{len(part)}}}".encode() + b"\r\n" + part + b")"]
