"""The processes of the stack besides Postgres: what they are, how they are started, watched and stopped."""

import importlib.util
import os
import signal
import smtplib
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

from devstack.nursery import Fork, start
from devstack.ports import listens

BACKOFF_FIRST_S = 0.5
BACKOFF_MAX_S = 30.0
STEADY_S = 60.0
"""A process that ran so long starts its backoff from the beginning."""
LOG_MAX_BYTES = 20_000_000
WORKERS = (
    "inbound", "outbound", "moderator", "insights", "followups", "ingress", "assistant", "attachments", "notifier",
    "housekeeper", "health", "shadow",
)  # fmt: skip


@dataclass
class Child:
    """One process: `module` is run as by `python -m`; `stage` orders the shutdown (lower stops first); `port` is what
    it listens on before it counts as ready, `ready` a further question."""

    name: str
    module: str
    stage: int
    port: int = 0
    ready: Callable[[], bool] | None = None
    metrics_port: int = 0
    process: Fork | Popen[bytes] | None = None
    started_at: float = 0.0
    restarts: int = 0
    failures: int = 0
    retry_at: float = 0.0
    is_ready: bool = False

    def exists(self) -> bool:
        """Whether this tree has the module."""
        try:
            return importlib.util.find_spec(self.module) is not None
        except ModuleNotFoundError:
            return False

    def start(self, environment: dict[str, str], logs: Path, inherits: tuple[int, ...] = ()) -> None:
        """Start it in a session of its own, so that a Ctrl-C at the terminal reaches the supervisor only. `inherits`
        are open files it is to keep open."""
        log_path = self.log_path(logs)
        if log_path.exists() and log_path.stat().st_size > LOG_MAX_BYTES:
            log_path.replace(log_path.with_suffix(".log.1"))
        own = {"PARLEY_METRICS_PORT": str(self.metrics_port)} if self.metrics_port else {}
        with log_path.open("ab") as log:
            self.process = start(
                self.module, {**environment, **own}, log, title=f"parley: {self.name}", inherits=inherits
            )
        self.started_at = time.monotonic()
        self.is_ready = False

    def is_running(self) -> bool:
        """Whether the process is there (and reaped when it is not)."""
        return self.process is not None and self.process.poll() is None

    def check_ready(self) -> bool:
        """Whether it does what it is there for; once it was, it is not asked again until it restarts."""
        if not self.is_ready and self.is_running():
            self.is_ready = self._is_at_its_port() and (self.ready is None or self.ready())
        return self.is_ready

    def _is_at_its_port(self) -> bool:
        """Whether it is this process that listens there: another one might answer as well."""
        return not self.port or (self.process is not None and listens(self.process.pid, self.port))

    def schedule_restart(self) -> float:
        """Note that it ended by itself; returns the seconds until it is started again."""
        if time.monotonic() - self.started_at > STEADY_S:
            self.failures = 0
        delay = float(min(BACKOFF_FIRST_S * 2**self.failures, BACKOFF_MAX_S))
        self.failures += 1
        self.restarts += 1
        self.retry_at = time.monotonic() + delay
        return delay

    def signal(self, signum: int) -> None:
        """Send a signal; SIGKILL goes to its whole process group."""
        if self.process is None or self.process.poll() is not None:
            return
        if signum == signal.SIGKILL:
            os.killpg(self.process.pid, signum)
        else:
            self.process.send_signal(signum)

    def log_path(self, logs: Path) -> Path:
        """Where its output goes."""
        return logs / f"{self.name}.log"

    def last_line(self, logs: Path) -> str:
        """The last thing it said, shortened."""
        try:
            lines = self.log_path(logs).read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1][-300:] if lines else "no message"

    def report(self, logs: Path) -> dict[str, Any]:
        """Its members in the state file."""
        state = "running" if self.is_running() else "restarting"
        pid = self.process.pid if self.process is not None and self.is_running() else None
        return {"state": state, "pid": pid, "restarts": self.restarts, "log": str(self.log_path(logs))}


def answers_http(url: str) -> Callable[[], bool]:
    """A check: GET `url` answers 200."""

    def check() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - an http:// URL of ours
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    return check


def answers_smtp(port: int) -> Callable[[], bool]:
    """A check: an SMTP server greets on 127.0.0.1:`port`."""

    def check() -> bool:
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=2) as client:
                return client.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    return check


def stop_all(children: list[Child], *, grace_s: float, hurry: Callable[[], bool]) -> list[str]:
    """Stop children stage by stage: SIGTERM, then SIGKILL after `grace_s` (at once when `hurry()`). Returns who was
    killed."""
    killed: list[str] = []
    for stage in sorted({child.stage for child in children}):
        group = [child for child in children if child.stage == stage and child.is_running()]
        for child in group:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + grace_s
        while any(child.is_running() for child in group):
            if hurry() or time.monotonic() > deadline:
                for child in group:
                    if child.is_running():
                        killed.append(child.name)
                        child.signal(signal.SIGKILL)
                        if child.process is not None:
                            child.process.wait()
                break
            time.sleep(0.02)
    return killed
