"""`parley demo --channel whatsapp` and `--channel sms`: signed calls to the real functions, answers over a provider that
loses some of its own, and the same figures as everywhere."""

import json
import subprocess
import sys

import pytest

from app.settings import PROJECT
from tests.demo.test_demo import KEYS, Stack
from tests.stack.conftest import ALONE

COUNT = 60
CHANNELS = {"whatsapp": ("devstack.providers.whatsapp", "PARLEY_WHATSAPP_URL"), "sms": ("devstack.providers.sms", "PARLEY_TWILIO_URL")}  # fmt: skip


@pytest.mark.parametrize("channel", ["whatsapp", pytest.param("sms", marks=pytest.mark.prove)])
def test_every_message_is_answered_or_decided_on_a_stack_of_its_own(stack: Stack, channel: str) -> None:
    """Nothing runs: a stack and a provider are started and thrown away. What the provider's lost answers left unknown,
    its statuses have settled: no error is left."""
    report = stack.demo("--channel", channel, "--count", str(COUNT))
    print(report)
    assert list(report) == [*KEYS, "providers"]
    assert (report["sent"], report["received"], report["lost"], report["duplicates"]) == (COUNT, COUNT, 0, 0)
    assert (report["errors"], report["violations"]) == (0, 0)
    assert (report["threads"], report["decisions"]) == (COUNT, COUNT)
    assert 0 < report["replies"] <= report["decisions"]
    (told,) = report["providers"]
    assert (told["delivery_class"], told["doubled"], told["lost"], told["unlisted"], told["unknown"]) == (
        "N",
        0,
        0,
        0,
        [],
    )
    assert told["dispatches"] == told["sent"] >= 20 and told["answers_lost"] == told["dispatches"] // 20
    assert 0 < report["p50_ms"] <= report["p95_ms"] <= report["p99_ms"]
    assert not stack.home.exists(), "it touched no stack of ours"


@pytest.mark.prove
@pytest.mark.parametrize("channel", sorted(CHANNELS))
def test_a_running_stack_on_loopback_is_used_again_and_again(stack: Stack, channel: str) -> None:
    """The demo's account is made once; every run is new people. SMS without a public address lists what is unknown."""
    module, setting = CHANNELS[channel]
    with subprocess.Popen([sys.executable, "-m", module], cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        up = stack.run("up", "--detach", **{setting: json.loads(process.stdout.readline())["url"]})
        assert up.returncode == 0, up.stderr + up.stdout
        for _ in range(2):
            report = stack.demo("--channel", channel)
            assert (report["sent"], report["received"], report["lost"], report["decisions"]) == (50, 50, 0, 50)
            assert report["violations"] == 0
            assert ("providers" in report) == (channel == "whatsapp"), "without a public address SMS has no callbacks"
        process.terminate()


@pytest.mark.prove
@pytest.mark.parametrize("channel", sorted(CHANNELS))
def test_it_refuses_where_answers_could_reach_somebody(stack: Stack, channel: str) -> None:
    """What counts is the address the running stack uses, whatever this process is told."""
    up = stack.run("up", "--detach", *ALONE)
    assert up.returncode == 0, up.stderr + up.stdout
    for extra in ({}, {CHANNELS[channel][1]: "http://127.0.0.1:9"}):
        refused = stack.run("demo", "--channel", channel, "--json", **extra)
        assert refused.returncode != 0
        assert "real people" in refused.stderr and "--private" in refused.stderr
        assert "Traceback" not in refused.stderr
