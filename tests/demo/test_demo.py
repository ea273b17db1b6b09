"""`parley demo`: the main job in one go, with figures that can be believed."""

import json
import mailbox
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from app.commands.demo import _free_of_charge
from app.settings import PROJECT, Settings
from devstack.ports import free_port

KEYS = [
    "sent", "received", "lost", "duplicates", "unparsed", "threads", "decisions", "replies", "errors", "p50_ms",
    "p95_ms", "p99_ms", "violations",
]  # fmt: skip
MAILS, COPIES = 180, 20
TEXTS = (
    "Hello, what are your opening hours this week?", "How much does a visit cost?", "Thanks a lot, see you!",
    "I want to talk to a real person about my contract.", "Bonjour, quels sont vos horaires ?",
    "You broke my sink and never came back. I am furious!", "Do you serve Hoboken?", "asdf qwer zxcv",
)  # fmt: skip


class Stack:
    """A private stack below a temporary home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        drop = ("DATABASE_URL", "PARLEY_", "SUPABASE_", "ANTHROPIC_")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(drop)}
        self.environment |= {"PARLEY_HOME": str(home), "COLUMNS": "100", "PARLEY_DECIDER": "rules"}
        for name in ("API", "SMTP", "CATCHER", "PG"):
            self.environment[f"PARLEY_{name}_PORT"] = str(free_port())

    def run(self, *arguments: str, **extra: str) -> "subprocess.CompletedProcess[str]":
        """`parley ARGUMENTS` to its end."""
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments], cwd=PROJECT, env={**self.environment, **extra}, check=False,
            capture_output=True, text=True, timeout=280, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def demo(self, *arguments: str) -> dict[str, Any]:
        """The report of a run that went well."""
        done = self.run("demo", "--json", *arguments)
        assert done.returncode == 0, done.stderr + done.stdout + self.run("check").stdout
        report: dict[str, Any] = json.loads(done.stdout)
        return report


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A running stack."""
    folder = Path(tempfile.mkdtemp(prefix="parley-demo-test-"))
    folder.chmod(0o711)
    made = Stack(folder / ".parley")
    up = made.run("up", "--detach")
    try:
        assert up.returncode == 0, up.stderr + up.stdout
        yield made
    finally:
        made.run("down")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def mbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 mails of 90 people: 180 different ones, 20 of them once more, and garbage among them."""
    path = tmp_path_factory.mktemp("mbox") / "list.mbox"
    box = mailbox.mbox(path)
    mails: list[bytes] = []
    for number in range(MAILS - 2):
        mail = EmailMessage()
        mail["From"], mail["To"] = f"Person {number % 90} <p{number % 90}@people.test>", "support@acme.test"
        mail["Subject"], mail["Message-ID"] = f"Mail {number}", f"<{number}@people.test>"
        mail.set_content(TEXTS[number % len(TEXTS)] + f"\nFrom the desk of person {number % 90}, No. {number}")
        mails.append(mail.as_bytes())
    mails += [b"\xff\xfe\xfd no mail at all", b"From: broken <\x00>\nSubject: =?x?q?=ff?=\n\n\x00\x01\x02"]
    for raw in mails + mails[:COPIES]:
        box.add(raw)
    box.close()
    return path


def test_an_mbox_goes_through_whole_and_a_second_time_changes_nothing(stack: Stack, mbox: Path) -> None:
    """Every mail has a row, every copy is recognised, nothing is broken; again: no message, no reply."""
    first = stack.demo("--mbox", str(mbox))
    print(first)
    assert list(first) == KEYS
    assert (first["sent"], first["received"], first["lost"]) == (MAILS + COPIES, MAILS + COPIES, 0)
    assert (first["duplicates"], first["errors"], first["violations"]) == (COPIES, 0, 0)
    assert first["unparsed"] == 1
    assert first["threads"] > 50
    assert first["decisions"] > 0
    assert 0 < first["replies"] <= first["decisions"]
    assert 0 < first["p50_ms"] <= first["p95_ms"] <= first["p99_ms"]
    caught = len(json.loads(stack.run("mail", "--json").stdout))
    again = stack.demo("--mbox", str(mbox))
    print(again)
    assert (again["sent"], again["duplicates"], again["lost"]) == (MAILS + COPIES, MAILS + COPIES, 0)
    assert (again["decisions"], again["replies"], again["violations"]) == (0, 0, 0)
    assert again["p50_ms"] is None
    assert len(json.loads(stack.run("mail", "--json").stdout)) == caught


def test_its_own_mails_show_what_becomes_of_a_broken_one(stack: Stack) -> None:
    """Eleven mails, one of them no program can read: kept and counted, and its conversation is there to be opened."""
    report = stack.demo()
    assert (report["sent"], report["received"], report["lost"], report["unparsed"]) == (11, 11, 0, 1)
    threads = json.loads(stack.run("threads", "--json", "--limit", "50", "--tenant", "acme").stdout)
    assert [one for one in threads if "Photos of the damage" in json.dumps(one)]


def test_it_refuses_where_replies_could_reach_somebody(stack: Stack) -> None:
    """Outbound mail set to any other server: not a single mail is sent, and the remedy is named."""
    for url in ("smtp://mail.example.com:25", f"smtp://127.0.0.1:{free_port()}", "smtp://127.0.0.1:25261"):
        refused = stack.run("demo", "--json", PARLEY_SMTP_URL=url)
        assert refused.returncode != 0, url
        assert "catcher" in refused.stderr + refused.stdout
        assert "Traceback" not in refused.stderr


def test_a_file_that_is_not_there_is_told_in_one_line(stack: Stack, tmp_path: Path) -> None:
    """No traceback, no stack started: a sentence with the remedy."""
    empty = tmp_path / "empty.mbox"
    empty.touch()
    for arguments in (
        ("--mbox", str(tmp_path / "none")),
        ("--maildir", str(tmp_path / "none")),
        ("--mbox", str(empty)),
    ):
        done = stack.run("demo", *arguments)
        assert done.returncode != 0
        assert len(done.stderr.strip().splitlines()) == 1
        assert "Traceback" not in done.stderr


def test_the_other_commands_speak_of_the_same_mails(stack: Stack, mbox: Path) -> None:
    """check finds every promise kept; threads and explain show what came in, in words and as JSON."""
    check = json.loads(stack.run("check", "--json").stdout)
    assert check["violations"] == 0
    assert len(check["invariants"]) > 10
    assert "FAIL" not in stack.run("check").stdout
    threads = json.loads(stack.run("threads", "--json", "--limit", "5", "--tenant", "acme").stdout)
    assert len(threads) == 5
    words = stack.run("explain", "<3@people.test>").stdout
    assert "p3@people.test" in words
    assert "decision" in words
    assert json.loads(stack.run("explain", "3@people.test", "--json").stdout)["message"]["subject"] == "Mail 3"
    missing = stack.run("explain", "nobody-knows")
    assert missing.returncode != 0
    assert "Traceback" not in missing.stderr


@pytest.mark.parametrize(
    ("key", "address", "chosen"),
    [("", "", {}), ("k", "", {"PARLEY_DECIDER": "rules"}), ("k", "https://models.test", {"PARLEY_DECIDER": "rules"}),
     ("k", "http://127.0.0.1:8080", {})],
)  # fmt: skip
def test_a_throw_away_stack_spends_no_money(key: str, address: str, chosen: dict[str, str]) -> None:
    """With a real provider's key in the environment the rules answer; a model on this machine is asked."""
    assert _free_of_charge(Settings(anthropic_api_key=key, anthropic_base_url=address)) == chosen


def test_a_demo_that_is_ended_takes_its_stack_along() -> None:
    """SIGTERM in the middle: the throw-away stack is stopped and its folder removed, as after an error."""
    with tempfile.TemporaryDirectory(prefix="parley-demo-test-") as folder:
        Path(folder).chmod(0o711)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
        demo = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "demo", "--private", "--channel", "telegram", "--count", "5000", "--json"],
            cwd=PROJECT, env={**environment, "TMPDIR": folder}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 120
        while not any(
            json.loads(path.read_text()).get("ready") for path in Path(folder).glob("parley-demo-*/state.json")
        ):
            assert demo.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        demo.terminate()
        assert demo.wait(60) == 143
        assert list(Path(folder).glob("parley-demo-*")) == []
