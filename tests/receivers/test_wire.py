"""The receiver's dialogue byte by byte: what real and hostile senders do that a library would not."""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.db.helpers import Row, Tenant
from tests.receivers.conftest import MAX_MAIL
from tests.workers.harness import Room, someone, wait_until, write_mail

MAIL = b"From: ann@people.test\r\nTo: desk@acme.test\r\nSubject: hello\r\n\r\nWhat are your opening hours?\r\n"


class Line:
    """A connection on which every byte is the test's own."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 30)
        self.file = self.socket.makefile("rb")
        assert self.answer()[0] == 220

    def answer(self) -> tuple[int, bytes]:
        """The next reply, all its lines."""
        text = b""
        while line := self.file.readline():
            text += line
            if line[3:4] != b"-":
                return int(line[:3]), text
        return 0, text

    def say(self, command: bytes) -> int:
        """Send one command; the code of its reply."""
        self.socket.sendall(command + b"\r\n")
        return self.answer()[0]

    def codes(self, count: int) -> list[int]:
        """The codes of the next replies."""
        return [self.answer()[0] for _ in range(count)]

    def silent(self) -> bool:
        """Whether nothing more comes unasked: a reply too many would be read as the answer to the next command."""
        self.socket.sendall(b"NOOP\r\n")
        return self.answer()[1].startswith(b"250 OK")


@contextlib.contextmanager
def line(port: int, hello: bytes = b"EHLO people.test") -> Iterator[Line]:
    """A greeted connection."""
    made = Line(port)
    try:
        assert made.say(hello) == 250
        yield made
    finally:
        made.file.close()
        made.socket.close()


def envelope(tenant: Tenant, sender: bytes = b"ann@people.test") -> bytes:
    """MAIL and RCPT as one piece."""
    return b"MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\n" % (sender, tenant.mailbox.encode())


def messages(room: Room, tenant: Tenant) -> list[Row]:
    """The messages of a tenant, oldest first."""
    return room.world.all("select * from public.et_messages where tenant_id = %s order by created_at", tenant.id)


def test_a_sender_may_say_everything_at_once(receiving: Room, tenant: Tenant) -> None:
    """PIPELINING is offered and kept: two mails and QUIT in one write, every reply in order."""
    with line(receiving.smtp_port) as talk:
        talk.socket.sendall(b"EHLO people.test\r\n")
        assert b"250-PIPELINING\r\n" in talk.answer()[1]
        one = envelope(tenant) + b"DATA\r\n" + MAIL + b".\r\n"
        talk.socket.sendall(one + one.replace(b"hello", b"again") + b"QUIT\r\n")
        assert talk.codes(9) == [250, 250, 354, 250, 250, 250, 354, 250, 221]
    assert [row["subject"] for row in messages(receiving, tenant)] == ["hello", "again"]


def test_a_pipelined_mail_to_nobody_ends_cleanly(receiving: Room) -> None:
    """Every recipient refused: DATA is refused as well, and what follows is read as commands, not as a mail."""
    with line(receiving.smtp_port) as talk:
        talk.socket.sendall(b"MAIL FROM:<ann@people.test>\r\nRCPT TO:<no@nowhere.test>\r\nDATA\r\nRSET\r\n")
        assert talk.codes(4) == [250, 550, 503, 250]


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r\n\0.\r\n"])
def test_only_a_true_end_of_data_ends_a_mail(receiving: Room, tenant: Tenant, end: bytes) -> None:
    """No half-breed of a lone dot starts a second mail that our own filters would never have seen."""
    smuggled = b"MAIL FROM:<eve@people.test>\r\nRCPT TO:<%s>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n"
    with line(receiving.smtp_port) as talk:
        talk.socket.sendall(envelope(tenant) + b"DATA\r\n" + MAIL + end + smuggled % tenant.mailbox.encode() + b".\r\n")
        assert talk.codes(4) == [250, 250, 354, 250]
        assert talk.silent()
    (row,) = messages(receiving, tenant)
    assert row["subject"] == "hello"


def test_eight_bit_mail_and_utf8_addresses_arrive(receiving: Room, tenant: Tenant) -> None:
    """BODY=8BITMIME with SMTPUTF8: the raw bytes of text, subject and sender are read as what they say."""
    raw = "From: Jürgen <jürgen@bücher.example>\r\nSubject: Größe\r\n\r\nWie groß ist 日本?\r\n".encode()
    with line(receiving.smtp_port) as talk:
        talk.socket.sendall(b"EHLO people.test\r\n")
        offered = talk.answer()[1]
        assert b"8BITMIME" in offered
        assert b"SMTPUTF8" in offered
        assert talk.say("MAIL FROM:<jürgen@bücher.example> BODY=8BITMIME SMTPUTF8".encode()) == 250
        assert talk.say(b"RCPT TO:<%s>" % tenant.mailbox.encode()) == 250
        assert talk.say(b"DATA") == 354
        assert talk.say(raw + b".") == 250
    (row,) = messages(receiving, tenant)
    assert (row["sender_address"], row["sender_name"]) == ("jürgen@xn--bcher-kva.example", "Jürgen")
    assert (row["subject"], row["body"]) == ("Größe", "Wie groß ist 日本?")


def test_parameters_of_dsn_do_not_turn_a_mail_away(receiving: Room, tenant: Tenant) -> None:
    """A sender that gives ORCPT and ENVID unasked is served; a parameter nobody knows is refused by name."""
    with line(receiving.smtp_port) as talk:
        assert talk.say(b"MAIL FROM:<ann@people.test> FOO=1") == 555
        assert talk.say(b"MAIL FROM:<ann@people.test> SIZE=100 RET=HDRS ENVID=q+2B1 AUTH=<>") == 250
        assert talk.say(b"RCPT TO:<%s> NOTIFY=FAILURE ORCPT=rfc822;x+2By@z" % tenant.mailbox.encode()) == 250
        assert talk.say(b"RCPT TO:<%s> FOO=1" % tenant.mailbox.encode()) == 555
        assert talk.say(b"DATA") == 354
        assert talk.say(MAIL + b".") == 250


@pytest.mark.parametrize(
    "sender",
    [b"a..b@docomo.test", b".ann@people.test", b"ann.@people.test", b'"ann o\'d"@people.test', b"@relay.test:ann@people.test",
     b"bounce+x=y=z@people.test", b"ann@[192.0.2.7]", b"", b"ann", b"a" * 200 + b"@people.test", b"ann@b\xc3\xbccher.test", b"\xff\xfe@x.test",
     b"ann@(x)@people.test", b"SRS0=ab=cd=people.test=ann@relay.test"],
)  # fmt: skip
def test_whoever_sends_is_heard(receiving: Room, tenant: Tenant, sender: bytes) -> None:
    """Senders by no grammar exist; the mail is taken, and the connection is fit for the next one."""
    with line(receiving.smtp_port) as talk:
        talk.socket.sendall(envelope(tenant, sender) + b"DATA\r\n")
        assert talk.codes(3) == [250, 250, 354]
        assert talk.say(MAIL + b".") == 250
        assert talk.silent()
    assert len(messages(receiving, tenant)) == 1


@pytest.mark.parametrize(
    "arg",
    [b"", b"<", b">", b"<>>", b"<@>", b"<@@@:>", b"<\"@x>", b"<" + b"(" * 400, b"\xff" * 50, b"<a@b> =", b"<a@b> X" * 20, b" " * 300,
     b"<" + b"@a," * 100 + b"@b:c@d>", b"a@b c@d", b"<\r>", b"<a\x00@b>", b"<a@b>\tX=1"],
)  # fmt: skip
def test_no_argument_breaks_the_dialogue(receiving: Room, arg: bytes) -> None:
    """Whatever stands behind MAIL FROM and RCPT TO gets one reply, and never one that blames the sender for our bug."""
    with line(receiving.smtp_port) as talk:
        for command in (b"MAIL FROM:", b"MAIL FROM:<ann@people.test>\r\nRCPT TO:", b"RCPT TO:", b"VRFY "):
            talk.socket.sendall(b"RSET\r\n" + command + arg + b"\r\n")
            replies = [talk.answer() for _ in range(2 + command.count(b"\r\n"))]
            assert all(200 <= code < 600 for code, _ in replies)
            assert not [text for _, text in replies if b"Error: (" in text or text.startswith(b"451 4.3.0 Something")]
        assert talk.silent()


def test_a_command_without_end_is_refused_and_forgotten(receiving: Room) -> None:
    """Two megabytes in one command line: 500, and the connection goes on."""
    with line(receiving.smtp_port) as talk:
        assert talk.say(b"NOOP " + b"x" * 2_000_000) == 500
        assert talk.silent()


def test_a_stranger_cannot_log_in(receiving: Room) -> None:
    """AUTH is not offered, and no password is ever taken in the clear."""
    with line(receiving.smtp_port) as talk:
        talk.socket.sendall(b"EHLO people.test\r\n")
        assert b"AUTH" not in talk.answer()[1]
        assert 500 <= talk.say(b"AUTH PLAIN AGFubgBzZWNyZXQ=") < 600


# ── LMTP ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def lmtp(room: Room) -> contextlib.AbstractContextManager[Line]:
    """A greeted connection over LMTP."""
    return line(room.lmtp_port, b"LHLO mx.people.test")


def open_lmtp(talk: Line, *mailboxes: str) -> list[int]:
    """MAIL, every RCPT and DATA; their codes."""
    commands = [b"MAIL FROM:<ann@people.test>", *(b"RCPT TO:<%s>" % one.encode() for one in mailboxes), b"DATA"]
    talk.socket.sendall(b"\r\n".join(commands) + b"\r\n")
    return talk.codes(len(commands))


def test_lmtp_speaks_its_own_greeting(receiving: Room) -> None:
    """HELO and EHLO belong to SMTP."""
    with lmtp(receiving) as talk:
        assert talk.say(b"EHLO people.test") == 500
        assert talk.say(b"HELO people.test") == 500


def test_lmtp_refuses_too_much_data_once_for_every_recipient(receiving: Room) -> None:
    """552 for each of three recipients, nothing stored, and the connection is not out of step."""
    tenants = [receiving.tenant() for _ in range(3)]
    with lmtp(receiving) as talk:
        assert open_lmtp(talk, *(one.mailbox for one in tenants)) == [250, 250, 250, 250, 354]
        talk.socket.sendall(MAIL + (b"y" * 76 + b"\r\n") * (MAX_MAIL // 78 + 10) + b".\r\n")
        assert talk.codes(3) == [552] * 3
        assert talk.silent()
        assert open_lmtp(talk, tenants[0].mailbox) == [250, 250, 354]
        talk.socket.sendall(MAIL + b"z" * 1_200_000 + b"\r\n.\r\n")
        assert talk.codes(1) == [500]
        assert talk.silent()
    assert [messages(receiving, one) for one in tenants] == [[], [], []]


def test_lmtp_takes_two_addresses_of_one_mailbox_as_one_delivery(receiving: Room, tenant: Tenant) -> None:
    """Two recipients, two answers that name the same row."""
    local, _, domain = tenant.mailbox.partition("@")
    with lmtp(receiving) as talk:
        assert open_lmtp(talk, tenant.mailbox, f"{local}+orders@{domain}") == [250, 250, 250, 354]
        talk.socket.sendall(MAIL + b".\r\n")
        (first, one), (second, two) = talk.answer(), talk.answer()
        assert (first, second) == (250, 250)
        assert one.split()[3] == two.split()[3]
        assert talk.silent()
    assert len(messages(receiving, tenant)) == 1


def test_lmtp_answers_4xx_for_every_recipient_while_the_database_is_away(receiving: Room) -> None:
    """451 at RCPT; and after DATA, when it went away in between, 451 for each; afterwards both are taken."""
    tenants = [receiving.tenant(), receiving.tenant()]
    boxes = [one.mailbox for one in tenants]
    with lmtp(receiving) as talk:
        assert open_lmtp(talk, *boxes) == [250, 250, 250, 354]
        with receiving.database_away():
            talk.socket.sendall(MAIL + b".\r\n")
            assert talk.codes(2) == [451, 451]
            assert talk.silent()
            assert open_lmtp(talk, boxes[0]) == [250, 451, 503]
        wait_until(lambda: _taken(talk, boxes), 60, 0.3)
    assert [len(messages(receiving, one)) for one in tenants] == [1, 1]


def _taken(talk: Line, boxes: list[str]) -> bool:
    assert talk.say(b"RSET") == 250
    if open_lmtp(talk, *boxes) != [250, 250, 250, 354]:
        return False
    talk.socket.sendall(MAIL + b".\r\n")
    return talk.codes(2) == [250, 250]


def test_lmtp_answers_each_recipient_for_itself(receiving: Room) -> None:
    """One mailbox cannot be written now, the other can: 451 for the one, 250 for the other, and one row."""
    stuck, fine = receiving.tenant(), receiving.tenant()
    sender = someone()
    receiving.send(write_mail(sender, stuck.mailbox), stuck.mailbox)
    answers: list[tuple[int, bytes]] = []
    with receiving.database.connect() as holder, holder.transaction(), lmtp(receiving) as talk:
        holder.execute("select 1 from public.et_threads where tenant_id = %s for update", [stuck.id])
        assert open_lmtp(talk, stuck.mailbox, fine.mailbox) == [250, 250, 250, 354]
        raw = write_mail(sender, fine.mailbox).as_bytes().replace(b"\n", b"\r\n")
        reader = threading.Thread(target=lambda: answers.extend([talk.answer(), talk.answer()]))
        talk.socket.sendall(raw + b"\r\n.\r\n")
        reader.start()
        waiting = wait_until(lambda: receiving.world.all(
            "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            " and application_name like 'receive:%%'"
        ))  # fmt: skip
        wait_until(lambda: messages(receiving, fine), what="the other mailbox waits for nobody")
        for row in waiting:
            receiving.world.owner.execute("select pg_terminate_backend(%s)", [row["pid"]])
        reader.join(60)
        assert talk.silent()
    assert [code for code, _ in answers] == [451, 250]
    named = re.search(rb"250 2.0.0 OK ([0-9a-f-]{36})", answers[1][1])
    assert named
    assert [str(row["id"]) for row in messages(receiving, fine)] == [named[1].decode()]
    assert len(messages(receiving, stuck)) == 1


def test_the_invariants_hold_after_all_of_it(receiving: Room) -> None:
    """Whatever was said, the core is whole."""
    assert receiving.violations() == []
