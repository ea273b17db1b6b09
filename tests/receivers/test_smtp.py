"""What the receiver says on the wire, and what it has committed when it says so."""

import smtplib
import threading
import time

import psycopg
import pytest

from devstack.ports import listens
from tests.db.helpers import Tenant
from tests.receivers.conftest import MAX_MAIL
from tests.workers.harness import Room, someone, wait_until, write_mail


def rows(room: Room, tenant: Tenant) -> list[dict[str, object]]:
    """The messages of a tenant."""
    return room.world.all("select * from public.et_messages where tenant_id = %s order by created_at", tenant.id)


def test_250_names_the_committed_row(receiving: Room, tenant: Tenant) -> None:
    """The id in the answer is a row that another connection can read at once."""
    answer = receiving.send(write_mail(someone(), tenant.mailbox), tenant.mailbox)
    assert answer.startswith("250 2.0.0 OK ")
    assert receiving.message_of(answer)["tenant_id"] == tenant.id


def test_a_received_mail_is_a_heartbeat_of_its_mailbox(receiving: Room, tenant: Tenant) -> None:
    """The channel session says when it last received something."""
    receiving.send(write_mail(someone(), tenant.mailbox), tenant.mailbox)

    def beats() -> list[dict[str, object]]:
        return receiving.world.all(
            "select 1 from public.et_channel_sessions where tenant_id = %s and last_inbound_at is not null", tenant.id
        )

    wait_until(beats)


def test_an_unknown_recipient_is_refused_with_550(receiving: Room) -> None:
    """Nobody is told that a mailbox exists which does not."""
    for stranger in ("nobody@nowhere.test", "nobody", "a@b@c.test", "ünknown@nowhere.test", "x" * 70 + "@nowhere.test"):
        with smtplib.SMTP("127.0.0.1", receiving.smtp_port) as client:
            client.ehlo()
            client.command_encoding = "utf-8"
            client.mail("ann@people.test", ["SMTPUTF8"])
            assert client.rcpt(stranger)[0] in (550, 553), stranger


def test_a_tag_after_plus_belongs_to_the_mailbox(receiving: Room, tenant: Tenant) -> None:
    """support+anything@ is support@, whatever its case."""
    local, _, domain = tenant.mailbox.partition("@")
    receiving.send(write_mail(someone(), tenant.mailbox), f"{local.upper()}+Order-7@{domain.upper()}")
    assert len(rows(receiving, tenant)) == 1


def test_a_mail_that_says_it_is_too_big_is_refused_before_it_is_sent(receiving: Room) -> None:
    """552 at MAIL for a SIZE beyond the limit."""
    with smtplib.SMTP("127.0.0.1", receiving.smtp_port) as client:
        client.ehlo()
        assert client.esmtp_features["size"] == str(MAX_MAIL)
        assert client.mail("ann@people.test", [f"SIZE={MAX_MAIL + 1}"])[0] == 552


def test_a_mail_that_turns_out_too_big_is_refused_after_it_was_sent(receiving: Room, tenant: Tenant) -> None:
    """552 after the data, nothing stored, and the connection goes on."""
    big = write_mail(someone(), tenant.mailbox).as_bytes() + b"x" * 70 + (b"y" * 76 + b"\r\n") * (MAX_MAIL // 78 + 10)
    with smtplib.SMTP("127.0.0.1", receiving.smtp_port) as client:
        client.ehlo()
        client.mail("ann@people.test")
        client.rcpt(tenant.mailbox)
        assert client.data(big)[0] == 552
        assert client.noop()[0] == 250
    assert rows(receiving, tenant) == []


def test_while_the_database_is_away_nothing_is_taken_and_nothing_lost(receiving: Room, tenant: Tenant) -> None:
    """451 at RCPT and at the end of data; the same mail is taken when the database is back."""
    mail, raw = write_mail(someone(), tenant.mailbox), write_mail(someone(), tenant.mailbox).as_bytes()
    with smtplib.SMTP("127.0.0.1", receiving.smtp_port, timeout=60) as client:
        client.ehlo()
        client.mail("ann@people.test")
        assert client.rcpt(tenant.mailbox)[0] == 250
        with receiving.database_away():
            assert client.data(raw)[0] == 451
            started = time.monotonic()
            with pytest.raises(smtplib.SMTPResponseException) as refused:
                receiving.send(mail, tenant.mailbox)
            print(f"451 after {time.monotonic() - started:.1f} s")
            assert refused.value.smtp_code == 451
        assert rows(receiving, tenant) == []
        wait_until(lambda: _accepted(receiving, mail, tenant), 60, 0.2)
        client.mail("ann@people.test")
        client.rcpt(tenant.mailbox)
        assert client.data(raw)[0] == 250
    assert len(rows(receiving, tenant)) == 2


def _accepted(room: Room, mail: object, tenant: Tenant) -> str | None:
    try:
        return room.send(mail, tenant.mailbox)  # type: ignore[arg-type]
    except smtplib.SMTPResponseException as error:
        assert 400 <= error.smtp_code < 500
        return None


def test_250_is_said_after_the_commit_and_not_before(receiving: Room, tenant: Tenant) -> None:
    """The backend that writes the mail dies before its commit: the sender hears 451 and nothing is stored."""
    mail, answers = write_mail(someone(), tenant.mailbox), []
    with receiving.database.connect() as holder, holder.transaction():
        # Whoever assigns a thread's contact waits for this lock.
        holder.execute("lock table public.contact_identities in exclusive mode")
        sender = threading.Thread(target=lambda: answers.append(_accepted(receiving, mail, tenant)))
        sender.start()
        waiting = wait_until(
            lambda: receiving.world.all(
                "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
                " and application_name like 'receive:%%'"
            ), what="a receiver that waits for the lock",
        )  # fmt: skip
        assert not answers, "it answered before it had committed"
        for row in waiting:
            receiving.world.owner.execute("select pg_terminate_backend(%s)", [row["pid"]])
        sender.join(60)
    assert answers == [None]
    assert rows(receiving, tenant) == []
    assert _accepted(receiving, mail, tenant)
    assert len(rows(receiving, tenant)) == 1


def test_a_sender_that_hangs_up_in_the_middle_leaves_nothing(receiving: Room, tenant: Tenant) -> None:
    """Half a mail is no mail."""
    client = smtplib.SMTP("127.0.0.1", receiving.smtp_port)
    client.ehlo()
    client.mail("ann@people.test")
    client.rcpt(tenant.mailbox)
    client.docmd("DATA")
    client.send(b"From: ann@people.test\r\nSubject: half\r\n\r\nHel")
    client.close()
    receiving.send(write_mail(someone(), tenant.mailbox), tenant.mailbox)
    assert [row["subject"] for row in rows(receiving, tenant)] == ["Opening hours"]


def test_lmtp_answers_once_for_every_recipient(receiving: Room) -> None:
    """Two mailboxes, one of them of another tenant: two answers, two rows; an unknown one is refused at RCPT."""
    one, two = receiving.tenant(), receiving.tenant()
    client = smtplib.LMTP("127.0.0.1", receiving.lmtp_port)
    client.ehlo()
    client.mail("ann@people.test")
    assert client.rcpt(one.mailbox)[0] == 250
    assert client.rcpt("nobody@nowhere.test")[0] == 550
    assert client.rcpt(two.mailbox)[0] == 250
    code, _ = client.data(write_mail(someone(), one.mailbox).as_bytes())
    second, _ = client.getreply()
    assert (code, second) == (250, 250)
    assert client.noop()[0] == 250, "one answer too many would be read here"
    client.quit()
    assert [len(rows(receiving, tenant)) for tenant in (one, two)] == [1, 1]


def test_many_senders_at_once_are_all_served(receiving: Room, tenant: Tenant) -> None:
    """Forty connections at the same time, each with a mail of its own; repeated deliveries make no second row."""
    mails = [write_mail(someone(), tenant.mailbox) for _ in range(40)]
    errors: list[BaseException] = []

    def deliver(number: int) -> None:
        try:
            receiving.send(mails[number % 40], tenant.mailbox)
        except BaseException as error:
            errors.append(error)

    senders = [threading.Thread(target=deliver, args=(number,)) for number in range(80)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert errors == []
    assert len(rows(receiving, tenant)) == 40


def test_sigterm_finishes_the_mail_at_hand(room: Room) -> None:
    """A mail being written when the receiver is stopped gets its 250 and its row; then the process ends with 0."""
    (receiver,) = room.start("receive")
    tenant, answers = room.tenant(), []
    with psycopg.connect(room.database.dsn(), autocommit=False) as holder:
        holder.execute("lock table public.contact_identities in exclusive mode")
        sender = threading.Thread(
            target=lambda: answers.append(room.send(write_mail(someone(), tenant.mailbox), tenant.mailbox))
        )
        sender.start()
        wait_until(lambda: room.world.all(
            "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        ))  # fmt: skip
        receiver.terminate()
        wait_until(lambda: not listens(receiver.pid, room.smtp_port), what=room.logs)
        holder.commit()
    sender.join(60)
    assert receiver.wait(60) == 0
    assert len(answers) == 1
    assert answers[0].startswith("250")
    assert len(rows(room, tenant)) == 1
