"""The product at work for a test: real processes on a real database, mail in over SMTP, mail out to a real server.

`Room` holds one database and the processes that work on it.
"""

import contextlib
import os
import random
import signal
import smtplib
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg
from cryptography.fernet import Fernet

from app.settings import PROJECT, Settings, to_environment
from devstack.ports import free_port
from tests.db.helpers import Row, Tenant, World
from tests.support.database import Database
from tests.support.nursery import Worker, the_nursery
from tests.support.patience import PATIENCE_S

MODULES = {
    "receive": "workers.receivers.email", "telegram": "workers.receivers.telegram", "imap": "workers.receivers.imap",
    "api": "app.http.main", "catcher": "devstack.catcher", "functions": "devstack.functions", "surface": "devstack.surface.main",
    "fragile": "tests.workers.fragile",
}  # fmt: skip
HOURS = [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(7)]
QUESTION = "Hello, what are your opening hours this week?"


def wait_until(check: Callable[[], Any], timeout_s: float = PATIENCE_S, step_s: float = 0.02, what: Any = None) -> Any:
    """The first true value of `check`; fails the test after `timeout_s`, with what `what()` says then."""
    deadline = time.monotonic() + timeout_s
    while not (found := check()):
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what() if callable(what) else what or check}"
        time.sleep(step_s)
    return found


def plain_environment() -> dict[str, str]:
    """This process's environment without anything of a stack that may be running here."""
    drop = ("PARLEY_", "SUPABASE_", "ANTHROPIC_", "DATABASE_URL")
    return {name: value for name, value in os.environ.items() if not name.startswith(drop)}


class Room:
    """One database, a home folder, free ports, and the processes started with `start`."""

    def __init__(self, database: Database, home: Path, **settings: Any) -> None:
        self.database = database
        self.world = World(database)
        self.world.providers = {"email": "smtp"}
        self.home = home
        self.smtp_port, self.lmtp_port, self.catcher_port = free_port(), free_port(), free_port()
        self.functions_port = free_port()
        chosen: dict[str, Any] = {
            "home": str(home), "smtp_port": self.smtp_port, "catcher_port": self.catcher_port,
            "functions_port": self.functions_port,
            "smtp_url": f"smtp://127.0.0.1:{self.catcher_port}?tls=none", "log_level": "info",
            "secrets_keys": Fernet.generate_key().decode(), "decider": "rules",
            "private_hosts": "127.0.0.1", **settings,
        }  # fmt: skip
        self.settings: Settings = database.settings(**chosen)
        self.processes: list[subprocess.Popen[bytes] | Worker] = []

    # ── processes ────────────────────────────────────────────────────────────────────────────────────────────────

    def environment(self, **extra: str) -> dict[str, str]:
        """What a process of this room sees."""
        return {**plain_environment(), **to_environment(self.settings), "PYTHONUNBUFFERED": "1", **extra}

    def log_path(self, kind: str) -> Path:
        """Where a kind of process writes its log."""
        return self.home / f"{kind}.log"

    def start(self, *kinds: str, **extra: str) -> list[Worker]:
        """Start `python -m workers.<kind>` for each kind; servers are waited for."""
        started = [self.fork(kind, **extra) for kind in kinds]
        for kind, port in (("receive", self.smtp_port), ("catcher", self.catcher_port)):
            if kind in kinds:
                self.wait_for_port(port)
        if "functions" in kinds:
            self.wait_for_functions()
        return started

    def fork(self, kind: str, **extra: str) -> Worker:
        """Start one kind of process, and wait for nothing."""
        module = MODULES.get(kind, f"workers.{kind}")
        worker = the_nursery().start(module, self.environment(**extra), self.log_path(kind))
        self.processes.append(worker)
        return worker

    def spawn(self, command: list[str], kind: str, *, cwd: Path = PROJECT, **extra: str) -> subprocess.Popen[bytes]:
        """Start any command as a process of this room."""
        with self.log_path(kind).open("ab") as log:
            process = subprocess.Popen(
                command, cwd=cwd, env=self.environment(**extra), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def wait_for_port(self, port: int) -> None:
        """Return once something speaks SMTP at `port`."""

        def greets() -> bool:
            try:
                with smtplib.SMTP("127.0.0.1", port, timeout=60):
                    return True
            except (OSError, smtplib.SMTPException):
                return False

        wait_until(greets, PATIENCE_S, 0.03, lambda: f"an SMTP greeting at {port}: {self.logs()}")

    def wait_for_functions(self) -> None:
        """Return once the edge functions answer."""

        def answers() -> bool:
            with contextlib.suppress(OSError, urllib.error.URLError):
                return bool(urllib.request.urlopen(f"http://127.0.0.1:{self.functions_port}/health", timeout=30).status)
            return False

        wait_until(answers, PATIENCE_S, 0.03, self.logs)

    def wait_for_listener_port(self, port: int) -> None:
        """Return once anything accepts connections at `port`."""

        def answers() -> bool:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 30):
                return True
            return False

        wait_until(answers, PATIENCE_S, 0.03, self.logs)

    def wait_for_listeners(self, *kinds: str) -> None:
        """Return once every kind listens for notifications."""
        for kind in kinds:
            wait_until(lambda kind=kind: self.listeners(kind), what=self.logs)  # type: ignore[misc]

    def listeners(self, kind: str) -> list[int]:
        """The backends that listen for workers of a kind."""
        rows = self.world.all(
            "select pid from pg_stat_activity where datname = current_database() and application_name like %s",
            f"{kind}:%:listen",
        )
        return [row["pid"] for row in rows]

    def logs(self) -> str:
        """The end of every log, for a failing test."""
        return "\n".join(f"--- {path.name}\n{path.read_text()[-1500:]}" for path in sorted(self.home.glob("*.log")))

    def end_all(self) -> None:
        """End every process that is left."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
        for process in self.processes:
            process.wait()

    def close(self) -> None:
        """End every process that is left, and hang up."""
        self.end_all()
        self.world.close()

    # ── mail in ──────────────────────────────────────────────────────────────────────────────────────────────────

    def tenant(self, **settings: Any) -> Tenant:
        """A tenant whose opening hours the machine may tell."""
        return self.world.tenant(business_hours=HOURS, **settings)

    def send(self, mail: EmailMessage | bytes, *recipients: str, sender: str | None = None) -> str:
        """Deliver one mail over SMTP; the whole last answer. Raises smtplib's exceptions."""
        raw = mail if isinstance(mail, bytes) else mail.as_bytes(policy=policy.SMTP)
        if sender is None:
            sender = address_of(raw)
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=60) as client:
            client.ehlo_or_helo_if_needed()
            accept(client.mail(sender))
            for recipient in recipients:
                accept(client.rcpt(recipient))
            code, text = client.data(raw)
            accept((code, text))
            return f"{code} {text.decode(errors='replace')}"

    def message_of(self, answer: str) -> Row:
        """The row an answer of the receiver names."""
        return self.world.message(answer.split()[3])

    # ── mail out, and what became of it ──────────────────────────────────────────────────────────────────────────

    def caught(self, recipient: str | None = None) -> list[EmailMessage]:
        """What the catcher holds, oldest first."""
        mails = [read_mail(path.read_bytes()) for path in sorted((self.home / "mail" / "new").glob("*"))]
        return [mail for mail in mails if recipient is None or recipient in mail["X-Parley-Envelope-To"]]

    def reply_to(self, recipient: str, timeout_s: float = PATIENCE_S) -> EmailMessage:
        """The one mail that went to `recipient`, waited for."""
        wait_until(lambda: self.caught(recipient), timeout_s, what=lambda: f"a reply to {recipient}: {self.logs()}")
        mails = self.caught(recipient)
        assert len(mails) == 1
        return mails[0]

    def decided(self, message_id: Any, timeout_s: float = PATIENCE_S) -> Row:
        """The decision on a message, waited for."""
        query = (
            "select d.* from public.inbound_decisions d join public.et_messages m on m.tenant_id = d.tenant_id and"
            " m.thread_id = d.thread_id and m.seq between d.first_seq and d.last_seq where m.id = %s"
        )
        found = wait_until(
            lambda: self.world.all(query, message_id),
            timeout_s,
            what=lambda: f"a decision on {message_id}: {self.logs()}",
        )
        return dict(found[0])

    def unsettled(self) -> dict[str, int]:
        """Work rows left, by queue; what is scheduled for later does not count."""
        return dict(
            self.world.one(
                "select (select count(*) from private.inbound_work) as inbound,"
                " (select count(*) from private.outbound_work w join public.et_outbound_queue q"
                "   on q.tenant_id = w.tenant_id and q.id = w.queue_id where q.scheduled_at <= clock_timestamp())"
                " as outbound, (select count(*) from private.insight_work) as insights"
            )
        )

    def unsettled_moderation(self) -> int:
        """Messages that wait to be judged."""
        return int(self.world.value("select count(*) from private.moderation_work"))

    def settle(self, timeout_s: float = PATIENCE_S, *queues: str) -> None:
        """Wait until nothing is left to do in `queues` (default: inbound and outbound)."""
        names = queues or ("inbound", "outbound")

        def done() -> bool:
            left = self.unsettled()
            return not any(left[name] for name in names)

        try:
            wait_until(done, timeout_s, 0.05)
        except AssertionError as error:
            raise AssertionError(f"left after {timeout_s:g} s: {self.unsettled()}\n{self.logs()}") from error

    def violations(self) -> list[Row]:
        """Invariants that do not hold."""
        return [row for row in self.world.all("select * from private.check_invariants()") if row["violations"]]

    @contextlib.contextmanager
    def database_away(self) -> Iterator[None]:
        """Nobody can connect to this database, and whoever was connected is cut off."""
        allow = psycopg.sql.SQL("alter database {} with allow_connections {}")
        name, cluster = psycopg.sql.Identifier(self.database.name), self.database.cluster
        cluster.execute(allow.format(name, psycopg.sql.SQL("false")))
        cluster.execute(
            psycopg.sql.SQL("select pg_terminate_backend(pid) from pg_stat_activity where datname = {} and pid <> pg_backend_pid()")
            .format(psycopg.sql.Literal(self.database.name))
        )  # fmt: skip
        try:
            yield
        finally:
            cluster.execute(allow.format(name, psycopg.sql.SQL("true")))
            self.world.close()
            self.world = World(self.database)

    def lease(self, seconds: float) -> None:
        """How long claims last in this database, for connections made from now on."""
        name = psycopg.sql.Identifier(self.database.name)
        change = psycopg.sql.SQL("alter database {} set parley.lease_seconds = {}")
        self.database.cluster.execute(change.format(name, psycopg.sql.Literal(str(seconds))))


def accept(answer: tuple[int, bytes]) -> None:
    """Raise what smtplib would when a server says no."""
    if not 200 <= answer[0] < 300:
        raise smtplib.SMTPResponseException(*answer)


def read_mail(raw: bytes) -> EmailMessage:
    """A mail with the modern API."""
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def address_of(raw: bytes) -> str:
    """The address in From, to be used in MAIL FROM."""
    found = read_mail(raw.split(b"\r\n\r\n")[0] + b"\r\n\r\n")["From"]
    return str(found.addresses[0].addr_spec) if found is not None and found.addresses else ""


def someone(domain: str = "people.test") -> str:
    """An address nobody else in the run has."""
    return f"p{uuid.uuid4().hex[:10]}@{domain}"


def write_mail(sender: str, recipient: str, text: str = QUESTION, subject: str = "Opening hours", **headers: str) -> EmailMessage:  # fmt: skip
    """A mail as a person's program writes it; keyword `Message_ID` sets that header."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, recipient, subject
    headers.setdefault("Message_ID", f"<{uuid.uuid4().hex}@people.test>")
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def is_alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill_again_and_again(
    room: Room,
    kind: str,
    kills: int,
    longest_s: float,
    *,
    busy: Callable[[], bool] | None = None,
) -> int:
    """Start a worker, kill it at a random moment, `kills` times; then leave one running. Returns its pid.

    With `busy` every second life goes on until that is true (for at most 3 s) and ends a random moment later.
    """
    chance = random.Random()
    for number in range(kills):
        pid = room.fork(kind).pid
        if busy is not None and number % 2:
            until = time.monotonic() + 3
            while not busy() and time.monotonic() < until:
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.1))
        else:
            time.sleep(chance.uniform(0.03, longest_s))
        assert is_alive(pid), f"{kind} ended by itself: {room.logs()}"
        os.kill(pid, signal.SIGKILL)
    return room.fork(kind).pid


@contextlib.contextmanager
def threads(*jobs: Callable[[], Any]) -> Iterator[Callable[[], None]]:
    """Run jobs beside the test; call what is yielded to wait for them. An error in one fails the test."""
    errors: list[BaseException] = []

    def guarded(job: Callable[[], Any]) -> None:
        try:
            job()
        except BaseException as error:
            errors.append(error)

    running = [threading.Thread(target=guarded, args=(job,), daemon=True) for job in jobs]
    for thread in running:
        thread.start()

    def join() -> None:
        for thread in running:
            thread.join()
        if errors:
            raise errors[0]

    try:
        yield join
    finally:
        for thread in running:
            thread.join(60)
    if errors:
        raise errors[0]
