"""Running the real command, in a home of its own, on ports of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.settings import PROJECT
from devstack.plan import NAMES
from devstack.ports import free_port
from devstack.state import State

UP_TIMEOUT_S = 240
ALONE = [f"--without={name}" for name in NAMES if name != "catcher"]
"""These tests are about the supervisor: Postgres and one process are enough to watch it at work."""


class Stack:
    """A stack below a temporary home: `run` calls `parley`, `start` leaves `parley up` running in the foreground."""

    def __init__(self, home: Path) -> None:
        self.home = home
        drop = ("DATABASE_URL", "PARLEY_", "SUPABASE_", "ANTHROPIC_")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(drop)}
        self.environment |= {"PARLEY_HOME": str(home), "COLUMNS": "100", "PARLEY_DECIDER": "rules"}
        for name in ("API", "SUPABASE", "FUNCTIONS", "BAILEYS", "SMTP", "CATCHER", "PG"):
            self.environment[f"PARLEY_{name}_PORT"] = str(free_port())
        self.process: subprocess.Popen[str] | None = None

    def run(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """Run `parley ARGUMENTS` to its end."""
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments], cwd=PROJECT, env={**self.environment, **extra},
            check=False, capture_output=True, text=True, timeout=UP_TIMEOUT_S, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def spawn(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `parley ARGUMENTS` in a session of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "app.cli", *arguments], cwd=PROJECT, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def start(self) -> subprocess.Popen[str]:
        """Start `parley up` and return once it is ready."""
        self.process = self.spawn("up", *ALONE)
        deadline = time.monotonic() + UP_TIMEOUT_S
        while not self._says_ready(self.process.pid):
            assert self.process.poll() is None, self.process.communicate()[0]
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.05)
        return self.process

    def _says_ready(self, supervisor: int) -> bool:
        # From the file: asking `parley status` again and again would take the machine from what is to start.
        said = State(self.home).values
        return said.get("pid") == supervisor and bool(said.get("ready"))

    def status(self) -> dict[str, Any]:
        """`parley status --json`."""
        answer: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return answer

    def pids(self) -> list[int]:
        """The processes of the stack, Postgres among them."""
        return [process["pid"] for process in self.status()["processes"].values()]

    def logs(self) -> str:
        """What every process said, for a failing test."""
        return "\n".join(f"--- {path}\n{path.read_text()[-2000:]}" for path in sorted(self.home.glob("logs/*.log")))

    def clean(self) -> None:
        """Stop what runs and remove everything."""
        self.run("down")
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()
        shutil.rmtree(self.home, ignore_errors=True)


def is_alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(pids: list[int], timeout_s: float = 60) -> list[int]:
    """The processes still there after waiting for them to go."""
    deadline = time.monotonic() + timeout_s
    while (left := [pid for pid in pids if is_alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that an unprivileged account may enter, which pytest's own are not."""
    made = Path(tempfile.mkdtemp(prefix="parley-stack-"))
    made.chmod(0o711)
    yield made / ".parley"
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def stack(home: Path) -> Iterator[Stack]:
    """A stack that is not yet running."""
    made = Stack(home)
    yield made
    made.clean()
