"""`parley demo --channel telegram`: the main job over a Bot API on this machine, and nowhere else."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from app.demo.tally import Dispatched
from app.demo.telegram import Whose
from app.settings import PROJECT
from tests.demo.test_demo import KEYS, Stack
from tests.stack.conftest import ALONE

COUNT = 50


@pytest.fixture
def provider_url() -> Iterator[str]:
    """A Bot API on loopback, as a process."""
    with subprocess.Popen(
        [sys.executable, "-m", "devstack.providers.telegram"], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        yield json.loads(process.stdout.readline())["url"]
        process.terminate()


def test_every_message_is_answered_or_decided_on_a_stack_of_its_own(stack: Stack) -> None:
    """Nothing runs: a stack and a provider are started and thrown away. Telegram loses one answer in twenty and tells
    nothing afterwards: nobody gets two messages, and exactly those sends are listed as unknown."""
    report = stack.demo("--channel", "telegram", "--count", str(COUNT))
    print(report)
    assert list(report) == [*KEYS, "providers"]
    assert (report["sent"], report["received"], report["lost"], report["duplicates"]) == (COUNT, COUNT, 0, 0)
    assert (report["errors"], report["violations"]) == (0, 0)
    assert (report["threads"], report["decisions"]) == (COUNT, COUNT)
    assert 0 < report["replies"] <= report["decisions"]
    (told,) = report["providers"]
    assert (told["provider"], told["delivery_class"]) == ("telegram", "N")
    assert (told["doubled"], told["lost"], told["unlisted"]) == (0, 0, 0)
    assert len(told["unknown"]) == told["answers_lost"] == told["dispatches"] // 20 >= 1
    assert told["sent"] + len(told["unknown"]) == told["dispatches"]
    assert 0 < report["p50_ms"] <= report["p95_ms"] <= report["p99_ms"]
    assert not stack.home.exists(), "it touched no stack of ours"


@pytest.mark.prove
def test_a_running_stack_on_loopback_is_used_again_and_again(stack: Stack, provider_url: str) -> None:
    """The demo's bot is made once; every run is new people."""
    up = stack.run("up", "--detach", PARLEY_TELEGRAM_URL=provider_url)
    assert up.returncode == 0, up.stderr + up.stdout
    for _ in range(2):
        report = stack.demo("--channel", "telegram")
        assert (report["sent"], report["received"], report["lost"], report["errors"]) == (50, 50, 0, 0)
        assert report["decisions"] == 50
        assert [(one["doubled"], one["answers_lost"] >= 1) for one in report["providers"]] == [(0, True)]
    assert json.loads(stack.run("check", "--json").stdout)["violations"] == 0


def test_it_refuses_where_answers_could_reach_somebody(stack: Stack, provider_url: str) -> None:
    """What counts is the address the running stack uses, whatever this process is told."""
    up = stack.run("up", "--detach", *ALONE)
    assert up.returncode == 0, up.stderr + up.stdout
    for extra in ({}, {"PARLEY_TELEGRAM_URL": provider_url}):
        refused = stack.run("demo", "--channel", "telegram", "--json", **extra)
        assert refused.returncode != 0
        assert "real people" in refused.stderr and "--private" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_options_of_mail_are_refused(stack: Stack) -> None:
    """A bot reads no mbox, and a mail demo sends what it is given."""
    for arguments in (("--channel", "telegram", "--mbox", "x"), ("--count", "3"), ("--channel", "pigeon")):
        refused = stack.run("demo", *arguments)
        assert refused.returncode == 2
        assert "Traceback" not in refused.stderr


def test_a_second_message_in_a_chat_is_a_double() -> None:
    """Known by its id, or, when its answer was lost, by its chat; what no dispatch stands for is told apart."""
    rows = [
        Dispatched("q1", "m1", "N", "sent", "7", "s:7:1"),
        Dispatched("q2", "m2", "N", "dispatch_unknown", "8", None),
    ]
    got = [{"message_id": number, "chat": {"id": chat}} for chat, number in ((7, 1), (7, 2), (8, 1), (9, 1))]
    assert [Whose("s", rows).queue_id(one) for one in got] == ["q1", "q1", "q2", ""]
