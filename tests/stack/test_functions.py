"""`parley up` serves the edge functions where hosted Supabase does, under a role and settings of their own."""

import os
import signal
import time
from pathlib import Path

import httpx
import pytest

from devstack import functions
from devstack.plan import NAMES
from tests.stack.conftest import Stack

WITH_FUNCTIONS = [f"--without={name}" for name in NAMES if name != "functions"]


def test_the_functions_are_served_and_told(stack: Stack) -> None:
    """At /functions/v1/<name> on the port that panel and status name; a killed process comes back."""
    up = stack.run("up", "--detach", *WITH_FUNCTIONS)
    assert up.returncode == 0, up.stdout + up.stderr + stack.logs()
    status = stack.status()
    assert status["functions_url"] in up.stdout
    refused = httpx.post(f"{status['functions_url']}/telegram-webhook/x", content=b"{}")
    assert (refused.status_code, refused.json()["code"]) == (401, "bad_signature")
    assert httpx.get(f"{status['functions_url']}/nothing").status_code == 404
    os.kill(status["processes"]["functions"]["pid"], signal.SIGKILL)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        now = stack.status()["processes"]["functions"]
        if now["restarts"] == 1 and now["state"] == "running":
            break
        time.sleep(0.2)
    assert now["restarts"] == 1


def test_the_functions_know_no_password_but_their_own(stack: Stack) -> None:
    """Not the owner's, not the workers', and no key of a model."""
    assert stack.run("up", "--detach", *WITH_FUNCTIONS, ANTHROPIC_API_KEY="a-key-of-a-model").returncode == 0, (
        stack.logs()
    )
    status = stack.status()
    seen = Path(f"/proc/{status['processes']['functions']['pid']}/environ").read_bytes().decode()
    names = {line.partition("=")[0] for line in seen.split("\0")}
    assert {name for name in names if name.startswith(functions.OURS)} <= functions.READ
    assert "PARLEY_INGRESS_DATABASE_URL" in names and "a-key-of-a-model" not in seen


def test_without_their_libraries_they_are_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is fetched while the stack starts: what is not there is not run."""
    assert functions.can_run()
    monkeypatch.setattr(functions, "CACHE", tmp_path)
    assert not functions.can_run()
