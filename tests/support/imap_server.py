"""A real IMAP server over a Maildir, as a process: `python -m tests.support.imap_server DIR PORT`.

pymap with one thing added: XOAUTH2, for the tokens in DIR/tokens.
"""

import socket
import subprocess
import sys
import time
import uuid
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import imapclient
from pysasl.hashing import BuiltinHash

USER, PASSWORD = "desk@acme.test", "s3cret word"
START_S, ANSWER_S = 60.0, 30.0


def main() -> None:
    """Serve until killed."""
    from pymap.backend.maildir import Identity, Login
    from pymap.config import IMAPConfig
    from pymap.exceptions import InvalidAuth
    from pymap.main import main as serve
    from pysasl import SASLAuth
    from pysasl.creds.external import ExternalCredentials

    folder, port = Path(sys.argv[1]), sys.argv[2]
    ordinary = Login.authenticate

    async def authenticate(self: Any, credentials: Any) -> Any:
        if not isinstance(credentials, ExternalCredentials):
            return await ordinary(self, credentials)
        known = (folder / "tokens").read_text().split() if (folder / "tokens").exists() else []
        if credentials._token not in known:
            raise InvalidAuth()
        return Identity(self.config, self.tokens, credentials.authzid, None, set())

    Login.authenticate = authenticate  # type: ignore[method-assign]
    IMAPConfig.tls_auth = property(lambda _self: SASLAuth.named([b"PLAIN", b"LOGIN", b"XOAUTH2"]))  # type: ignore
    sys.argv = [
        "pymap",
        "--host",
        "127.0.0.1",
        "--port",
        port,
        "--no-tls",
        "--no-service",
        "admin",
        "maildir",
        str(folder),
    ]
    serve()


class MailServer:
    """The server and what lies in its INBOX."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pymap-etc-passwd").write_text(f"{USER}:x:::::\n".replace(":::::", "::::inbox:"))
        hashed = BuiltinHash(hash_name="sha256", rounds=1000).hash(PASSWORD).replace(":", "\\:")
        (folder / "pymap-etc-shadow").write_text(f"{USER}:{hashed}:::::::\n")
        (folder / "pymap-etc-group").write_text("")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it greets. Locks of a killed one are removed, as a mail server's start does: this one
        believes in them for ten minutes, and lets nobody select a mailbox meanwhile."""
        for lock in self.folder.rglob("*.lock"):
            lock.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.imap_server", str(self.folder), str(self.port)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=(self.folder / "log").open("ab"),
        )  # fmt: skip
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as line:
                    if line.recv(100):
                        return
            except OSError:
                time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text()[-2000:])

    def stop(self) -> None:
        """Kill it: every connection is cut."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(60)

    def put(self, raw: bytes | EmailMessage) -> None:
        """A mail arrives, as a delivery agent writes it."""
        data = raw if isinstance(raw, bytes) else raw.as_bytes(policy=SMTP)
        if self.process is not None and self.process.poll() is None:
            # This server looks into the folder when asked; only what comes through it wakes those who wait in IDLE.
            with imapclient.IMAPClient("127.0.0.1", self.port, ssl=False, timeout=ANSWER_S) as client:
                client.login(USER, PASSWORD)
                client.append("INBOX", data)
            return
        box = self.folder / "inbox"
        for part in ("tmp", "new", "cur"):
            (box / part).mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns()}.{uuid.uuid4().hex[:8]}.test"
        (box / "tmp" / name).write_bytes(data)
        (box / "tmp" / name).rename(box / "new" / name)

    def count(self) -> int:
        """Mails in the mailbox."""
        return sum(1 for part in ("new", "cur") for _ in (self.folder / "inbox" / part).glob("*"))

    def renumber(self) -> None:
        """The uids change their meaning: UIDVALIDITY is another one. The server must be stopped."""
        for path in (self.folder / "inbox").glob("dovecot-uidlist*"):
            path.unlink()


if __name__ == "__main__":
    main()
