"""How long whoever starts Parley waits for the first answer: `parley up`, one mail in, its reply in the catcher."""

import json
import smtplib
import subprocess
import sys
import time
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any

from app.commands.mail import list_mails
from bench.rows import Row, Say, at_most, fact

TARGET_S = 10.0
PATIENCE_S = 120.0
WARM = "`parley up` with the data of an earlier run → ready → one mail over SMTP → its reply in the catcher"
COLD = "the same without any data: initdb, every migration and the seed as well"


def _parley(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise RuntimeError(f"parley {' '.join(arguments)}: {lines[-1].removeprefix('error: ')}")
    return done.stdout


def first_answer(status: dict[str, Any], sender: str) -> None:
    """Send one mail to the first mailbox of a running stack and wait until the catcher holds the reply to `sender`."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, status["mailboxes"][0]["address"], "Hours"
    message["Message-ID"] = make_msgid(domain="bench.test")
    message.set_content("Hello, what are your opening hours?\n")
    host, _, port = str(status["smtp"]).rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=PATIENCE_S) as smtp:
        smtp.send_message(message)
    deadline, folder = time.monotonic() + PATIENCE_S, Path(status["mail_dir"])
    while not list_mails(folder, to=sender):
        if time.monotonic() > deadline:
            raise RuntimeError("the first mail was not answered: is the stack whole?")
        time.sleep(0.01)


def _start(number: int) -> tuple[float, float]:
    """Seconds until the first answer, and until the stack called itself ready."""
    begun = time.monotonic()
    _parley("up", "--detach")
    ready = time.monotonic() - begun
    first_answer(json.loads(_parley("status", "--json")), f"first{number}@bench.test")
    taken = time.monotonic() - begun
    _parley("down")
    return taken, ready


def run(say: Say) -> list[Row]:
    """The rows; wants a home of its own (PARLEY_HOME) in which nothing runs and nothing was."""
    cold, _ = _start(0)
    say("start", 0.5)
    warm, ready = _start(1)
    say("start", 1.0)
    return [
        at_most("warm start to first answer", warm, "s", TARGET_S, WARM),
        at_most("first start to first answer", cold, "s", TARGET_S, COLD),
        fact("warm start to ready", ready, "s", "the part of the first row in which no mail could be sent yet"),
    ]
