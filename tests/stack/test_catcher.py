"""The mail catcher: accepts everything, has it on disk before it says so, and shows it."""

import json
import smtplib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from app.commands.mail import find, list_mails, text_of
from app.settings import PROJECT
from devstack.children import answers_smtp
from tests.stack.conftest import Stack


@pytest.fixture
def port(stack: Stack) -> Iterator[int]:
    """A running catcher, without the rest of the stack."""
    number = int(stack.environment["PARLEY_CATCHER_PORT"])
    catcher = subprocess.Popen([sys.executable, "-m", "devstack.catcher"], cwd=PROJECT, env=stack.environment)
    try:
        ready = answers_smtp(number)
        while not ready():
            assert catcher.poll() is None
            time.sleep(0.05)
        yield number
    finally:
        catcher.terminate()
        assert catcher.wait(60) == 0


def send(port: int, to: list[str], subject: str) -> None:
    """Send one mail with smtplib."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@example.com", to[0], subject
    message.set_content(f"Body of {subject}")
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(message, to_addrs=to)


def test_a_mail_is_on_disk_when_it_is_acknowledged_and_can_be_read(stack: Stack, port: int) -> None:
    """Envelope, subject and text come back through `parley mail`, newest first, also in JSON."""
    send(port, ["ada@example.com", "hidden@example.com"], "Grüße")
    mails = list_mails(stack.home / "mail")
    assert [(mail.subject, mail.sender) for mail in mails] == [("Grüße", "shop@example.com")]
    assert mails[0].to == ["ada@example.com", "hidden@example.com"]
    assert text_of(Path(mails[0].path)).strip() == "Body of Grüße"
    send(port, ["bob@example.com"], "second")
    listed = json.loads(stack.run("mail", "--json").stdout)
    assert [mail["subject"] for mail in listed] == ["second", "Grüße"]
    assert [m["subject"] for m in json.loads(stack.run("mail", "--to", "ADA@example.com", "--json").stdout)] == [
        "Grüße"
    ]
    assert "Body of Grüße" in stack.run("mail", "show", "2").stdout
    assert find(stack.home / "mail", mails[0].id).name == mails[0].id
    assert stack.run("mail", "clear").stdout == "2 removed\n"
    assert stack.run("mail").stdout == "no mail\n"


def test_waiting_for_a_mail_ends_when_it_comes_or_with_exit_code_one(stack: Stack, port: int) -> None:
    """`--wait` returns as soon as there is one, and fails when there is none in time."""
    assert stack.run("mail", "--to", "ada@example.com", "--wait", "0.2").returncode == 1
    timer = threading.Timer(1.0, send, [port, ["ada@example.com"], "late"])
    timer.start()
    answer = stack.run("mail", "--to", "ada@example.com", "--wait", "9999", "--json")
    timer.join()
    assert (answer.returncode, json.loads(answer.stdout)[0]["subject"]) == (0, "late")


def test_the_greeting_names_the_catcher(port: int) -> None:
    """A sender can make sure that mail goes to a catcher: banner and EHLO say so."""
    with smtplib.SMTP() as client:
        assert b"Parley mail catcher" in client.connect("127.0.0.1", port)[1]
        assert b"Parley mail catcher" in client.ehlo()[1]


def test_a_line_longer_than_the_standard_allows_is_kept(stack: Stack, port: int) -> None:
    """Real mail has such lines; what was sent must be seen as it was sent."""
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("a@example.com", ["b@example.com"], "Subject: long\r\n\r\n" + "x" * 200_000)
    [mail] = list_mails(stack.home / "mail")
    assert len(text_of(Path(mail.path)).strip()) == 200_000


def test_many_mails_over_several_connections_are_all_kept(stack: Stack, port: int) -> None:
    """800 mails over 4 connections: none lost, none twice."""

    def burst(worker: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as client:
            for number in range(200):
                head = f"From: a@example.com\r\nTo: b@example.com\r\nSubject: {worker}-{number}\r\n\r\n"
                client.sendmail("a@example.com", ["b@example.com"], head + "x" * 500)

    threads = [threading.Thread(target=burst, args=[worker]) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    subjects = [mail.subject for mail in list_mails(stack.home / "mail")]
    assert len(subjects) == len(set(subjects)) == 800
