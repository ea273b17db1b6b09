"""Mailboxes read over IMAP: from a real server, through the real receiver, over kills, cuts and renumberings."""

import json
import random
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest
from psycopg.types.json import Jsonb

from app.secrets import Vault
from devstack.ports import free_port
from tests.db.helpers import Row, Tenant
from tests.support.imap_server import PASSWORD, USER, MailServer
from tests.workers.harness import Room, someone, wait_until, write_mail

START_S = 60.0
"""How long a process may take to start on a busy machine."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    """A mail server with one mail from before we came."""
    made = MailServer(tmp_path / "imap", free_port())
    made.put(write_mail(someone(), USER, "An old mail", "old"))
    made.start()
    yield made
    made.stop()


class Reading:
    """A room, a tenant whose mailbox lies on the server, and the receiver."""

    def __init__(self, room: Room, server: MailServer, port: int | None = None, **config: Any) -> None:
        self.room, self.server = room, server
        room.world.providers["email"] = "imap"
        self.tenant: Tenant = room.tenant()
        given = {"imap": {"host": "127.0.0.1", "port": port or server.port, "user": USER, "tls": "none"}, **config}
        room.world.owner.execute(
            "update public.et_channel_sessions set config = %s where id = %s", [Jsonb(given), self.tenant.session]
        )

    def secret(self, **secrets: str) -> "Reading":
        """Store secrets of the account."""
        vault = Vault(self.room.settings.secret_keys())
        for name, value in secrets.items():
            self.room.world.owner.execute(
                "insert into private.channel_secrets (tenant_id, session_id, name, ciphertext) values (%s, %s, %s, %s)"
                " on conflict (tenant_id, session_id, name) do update set ciphertext = excluded.ciphertext",
                [self.tenant.id, self.tenant.session, name, vault.seal(value)],
            )
        return self

    def start(self, **extra: str) -> Any:
        """Start a receiver and wait until it reads."""
        process = self.room.fork("imap", **extra)
        wait_until(lambda: self.reads(process.pid), START_S, what=self.room.logs)
        return process

    def reads(self, pid: int) -> bool:
        """Whether this process has the account, and its place in the mailbox."""
        query = "select claimed_by, cursor from private.receiver_cursors where session_id = %s"
        rows = self.room.world.all(query, self.tenant.session)
        return bool(rows) and f":{pid}" in (rows[0]["claimed_by"] or "") and "uidvalidity" in rows[0]["cursor"]

    def cursor(self) -> dict[str, Any]:
        """How far the account was read."""
        rows = self.room.world.all(
            "select cursor from private.receiver_cursors where session_id = %s", self.tenant.session
        )
        return dict(rows[0]["cursor"]) if rows else {}

    def rows(self) -> list[Row]:
        """The tenant's messages."""
        return self.room.world.all(
            "select * from public.et_messages where tenant_id = %s order by seq, created_at", self.tenant.id
        )

    def subjects(self) -> list[str]:
        """Their subjects, sorted."""
        return sorted(row["subject"] for row in self.rows())

    def wait_for(self, *subjects: str, timeout_s: float = START_S) -> None:
        """Wait until exactly these are there."""
        wait_until(
            lambda: self.subjects() == sorted(subjects),
            timeout_s,
            0.05,
            lambda: f"{self.subjects()} {self.room.logs()}",
        )

    def session(self) -> Row:
        """The account as staff sees it."""
        return self.room.world.one("select * from public.et_channel_sessions where id = %s", self.tenant.session)


def test_new_mail_is_stored_at_once_and_left_where_it_is(room: Room, server: MailServer) -> None:
    """What was there before the account is not read; what arrives is, out of IDLE, and stays unread in the mailbox."""
    reading = Reading(room, server).secret(password=PASSWORD)
    reading.start()
    started = time.monotonic()
    mail = write_mail(someone(), USER, subject="first")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    server.put(mail)
    reading.wait_for("first")
    print(f"stored {time.monotonic() - started:.1f} s after its arrival")
    assert server.count() == 2
    assert reading.session()["status"] == "connected"
    (row,) = reading.rows()
    assert row["external_message_id"] == mail["Message-ID"].strip("<>")
    assert (
        room.world.value("select filename from public.message_attachments where message_id = %s", row["id"]) == "a.pdf"
    )
    assert room.violations() == []


def test_kills_lose_nothing_and_read_nothing_twice(room: Room, server: MailServer) -> None:
    """The receiver is killed again and again while mail arrives; every mail is there once."""
    reading = Reading(room, server).secret(password=PASSWORD)
    room.lease(2)
    process = reading.start()
    expected = []
    for number in range(24):
        subject = f"mail {number:02}"
        server.put(write_mail(someone(), USER, subject=subject))
        expected.append(subject)
        if number % 6 == 5:
            time.sleep(0.15 * (number % 4))
            process.kill()
            process.wait()
            process = room.fork("imap")
    reading.wait_for(*expected, timeout_s=60)
    time.sleep(1)
    assert len(reading.rows()) == 24
    assert room.violations() == []


@pytest.mark.prove
def test_twenty_kills_in_the_middle_of_reading(room: Room, server: MailServer) -> None:
    """Each life finds a batch waiting and is killed a random moment after it took the mailbox over."""
    reading = Reading(room, server).secret(password=PASSWORD)
    room.lease(2)
    process, expected, torn = reading.start(), [], 0
    process.kill()
    process.wait(60)
    chance = random.Random(20261121)
    for life in range(20):
        for number in range(8):
            expected.append(f"mail {life:02}-{number}")
            server.put(write_mail(someone(), USER, subject=expected[-1]))
        process = reading.start()
        time.sleep(chance.uniform(0, 0.5))
        process.kill()
        process.wait(60)
        torn += len(reading.rows()) < len(expected)
    reading.start()
    reading.wait_for(*expected, timeout_s=120)
    time.sleep(2)
    print(f"{torn} of 20 lives ended before they had read all that waited")
    assert torn > 0, "no kill hit a reading: the test proved nothing"
    assert len(reading.rows()) == len(expected)
    assert room.violations() == []


def test_one_process_at_a_time_reads_a_mailbox(room: Room, server: MailServer) -> None:
    """Two receivers: one holds the account; when it is killed the other takes over and goes on where it stopped."""
    reading = Reading(room, server).secret(password=PASSWORD)
    room.lease(2)
    processes = {f"receive-imap:{one.pid}": one for one in (reading.start(), room.fork("imap"))}
    server.put(write_mail(someone(), USER, subject="one"))
    reading.wait_for("one")
    holder = room.world.value(
        "select claimed_by from private.receiver_cursors where session_id = %s", reading.tenant.session
    )
    processes[f"receive-imap:{holder.rpartition(':')[2]}"].kill()
    server.put(write_mail(someone(), USER, subject="two"))
    reading.wait_for("one", "two", timeout_s=START_S)
    again = room.world.value(
        "select claimed_by from private.receiver_cursors where session_id = %s", reading.tenant.session
    )
    assert again != holder


def test_uids_that_change_their_meaning_lose_and_double_nothing(room: Room, server: MailServer) -> None:
    """After a new UIDVALIDITY the mailbox is read again: what is there already is recognised, what is new is stored."""
    reading = Reading(room, server).secret(password=PASSWORD)
    reading.start()
    for subject in ("one", "two"):
        server.put(write_mail(someone(), USER, subject=subject, Date=_now()))
    reading.wait_for("one", "two")
    before = reading.cursor()["uidvalidity"]
    server.stop()
    server.renumber()
    server.put(write_mail(someone(), USER, subject="three", Date=_now()))
    server.start()
    reading_has(reading, "three")
    assert reading.cursor()["uidvalidity"] != before
    server.put(write_mail(someone(), USER, subject="four", Date=_now()))
    reading_has(reading, "four")
    assert len({row["external_message_id"] for row in reading.rows()}) == len(reading.rows())
    assert reading.subjects().count("one") == 1


def reading_has(reading: Reading, subject: str) -> None:
    """Wait for one more mail."""
    wait_until(lambda: subject in reading.subjects(), 60, 0.05, lambda: f"{reading.subjects()} {reading.room.logs()}")


def _now() -> str:
    return format_datetime(datetime.now(UTC))


def test_a_cut_line_in_idle_is_noticed_and_mended(room: Room, server: MailServer) -> None:
    """The server restarts while we wait: the account says so, comes back by itself, and what came meanwhile is there."""
    reading = Reading(room, server).secret(password=PASSWORD)
    reading.start()
    server.put(write_mail(someone(), USER, subject="one"))
    reading.wait_for("one")
    server.stop()
    wait_until(lambda: reading.session()["status"] == "degraded", what=room.logs)
    assert reading.session()["status_reason"]
    server.put(write_mail(someone(), USER, subject="meanwhile"))
    server.start()
    reading.wait_for("meanwhile", "one", timeout_s=60)
    wait_until(lambda: reading.session()["status"] == "connected", what=lambda: f"{reading.session()} {room.logs()}")


@pytest.mark.parametrize("before", ["connected", "pending"])
def test_a_wrong_password_is_told_and_tried_again_slowly(room: Room, server: MailServer, before: str) -> None:
    """Degraded with the reason at once, the owner is notified once, nothing is stored, the password is in no log."""
    reading = Reading(room, server).secret(password="not the one")
    room.world.owner.execute(
        "update public.et_channel_sessions set status = %s where id = %s", [before, reading.tenant.session]
    )
    room.fork("imap")
    wait_until(lambda: reading.session()["status"] == "degraded", START_S, what=room.logs)
    assert "refuses the log-in" in reading.session()["status_reason"]
    told = room.world.all("select * from public.notifications where tenant_id = %s", reading.tenant.id)
    assert [(one["kind"], one["user_id"]) for one in told] == [("channel_degraded", reading.tenant.people["owner"])]
    assert "refuses the log-in" in told[0]["title"]
    assert "not the one" not in room.logs() + told[0]["title"]
    assert reading.rows() == []


def test_being_let_in_proves_no_address(room: Room, server: MailServer) -> None:
    """The tenant chose the server, so an address it claims there is not taken for verified."""
    reading = Reading(room, server).secret(password=PASSWORD)
    room.world.owner.execute(
        "update public.et_channel_sessions set verified_at = null where id = %s", [reading.tenant.session]
    )
    reading.start()
    server.put(write_mail(someone(), USER, subject="one"))
    reading.wait_for("one")
    assert reading.session()["verified_at"] is None


def test_a_mail_too_large_is_named_with_its_header(room: Room, server: MailServer) -> None:
    """Its header and a note are stored, the reason is told, and the next mail is read."""
    reading = Reading(room, server).secret(password=PASSWORD)
    reading.start(PARLEY_MAX_MAIL_BYTES="20000")
    server.put(write_mail(someone(), USER, "x" * 60 + "\n" + "word " * 10_000, "huge"))
    server.put(write_mail(someone(), USER, subject="small"))
    reading.wait_for("huge", "small")
    huge = next(row for row in reading.rows() if row["subject"] == "huge")
    assert huge["metadata"]["unparsed"] == "larger than 20000 bytes"
    assert "still in the mailbox" in huge["body"]


class Tokens(BaseHTTPRequestHandler):
    """A token endpoint that changes the refresh token every time."""

    issued: ClassVar[list[str]] = []
    valid = "refresh-0"
    folder: Path

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        good = (
            form["refresh_token"] == [Tokens.valid]
            and form["client_id"] == ["client-1"]
            and form["grant_type"] == ["refresh_token"]
        )
        if good:
            token = f"access-{len(Tokens.issued)}"
            Tokens.issued.append(token)
            Tokens.valid = f"refresh-{len(Tokens.issued)}"
            (Tokens.folder / "tokens").write_text(token)
            said: dict[str, Any] = {"access_token": token, "expires_in": 3600, "refresh_token": Tokens.valid}
        else:
            said = {"error": "invalid_grant"}
        body = json.dumps(said).encode()
        self.send_response(200 if good else 400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Silent."""


@pytest.fixture
def tokens(server: MailServer) -> Iterator[str]:
    """The URL of a token endpoint whose tokens the mail server takes."""
    Tokens.issued, Tokens.valid, Tokens.folder = [], "refresh-0", server.folder
    endpoint = ThreadingHTTPServer(("127.0.0.1", 0), Tokens)
    threading.Thread(target=endpoint.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{endpoint.server_port}/token"
    endpoint.shutdown()
    endpoint.server_close()


def test_a_mailbox_without_password_is_read_by_token(room: Room, server: MailServer, tokens: str) -> None:
    """XOAUTH2: the refresh token becomes an access token, both are stored sealed, and a restart renews nothing."""
    reading = Reading(room, server, oauth={"token_url": tokens, "client_id": "client-1"}).secret(
        oauth_refresh_token="refresh-0"
    )
    process = reading.start(PARLEY_OAUTH_TOKEN_URLS=tokens)
    server.put(write_mail(someone(), USER, subject="one"))
    reading.wait_for("one")
    assert Tokens.issued == ["access-0"]
    sealed = room.world.all(
        "select name, ciphertext from private.channel_secrets where session_id = %s", reading.tenant.session
    )
    assert {row["name"] for row in sealed} == {"oauth_refresh_token", "oauth_access_token"}
    assert not any(b"access-0" in row["ciphertext"] or b"refresh-" in row["ciphertext"] for row in sealed)
    process.terminate()
    process.wait(60)
    reading.start(PARLEY_OAUTH_TOKEN_URLS=tokens)
    server.put(write_mail(someone(), USER, subject="two"))
    reading.wait_for("one", "two")
    assert Tokens.issued == ["access-0"]
    assert "access-0" not in room.logs()


def test_a_token_server_of_the_tenants_choice_is_not_asked(room: Room, server: MailServer, tokens: str) -> None:
    """A URL that is neither a known provider's nor allowed by the operator gets no request."""
    reading = Reading(room, server, oauth={"token_url": tokens, "client_id": "client-1"}).secret(
        oauth_refresh_token="refresh-0"
    )
    room.fork("imap")
    wait_until(lambda: reading.session()["status"] == "disconnected", START_S, what=room.logs)
    assert "token_url" in reading.session()["status_reason"]
    assert Tokens.issued == []
