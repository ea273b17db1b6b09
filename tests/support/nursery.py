"""Workers for tests, forked from one process that has everything imported: a start costs milliseconds, not a second.

`python tests/support/nursery.py` reads a JSON object per line: `module`, `environment` and `log` of a process to start.
It answers with its `pid`, and tells its `code` once it ended. With its input it ends, and so does all it started.
"""

import contextlib
import functools
import json
import os
import queue
import selectors
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from app.settings import PROJECT
from devstack import nursery
from tests.support.patience import PATIENCE_S

MODULES = (
    "app.http.main", "devstack.catcher", "devstack.functions", "devstack.surface.main", "workers.receivers.email",
    "workers.receivers.imap", "workers.receivers.telegram", "workers.assistant", "workers.attachments", "workers.followups", "workers.health",
    "workers.housekeeper", "workers.inbound", "workers.ingress", "workers.insights", "workers.notifier",
    "workers.outbound", "workers.shadow",
)  # fmt: skip
Process = nursery.Fork | subprocess.Popen[bytes]


class Worker:
    """One process of the nursery, with the part of `subprocess.Popen` that tests ask for."""

    def __init__(self, pid: int, log: str) -> None:
        self.pid = pid
        self.log = log
        self.returncode: int | None = None
        self.ended = threading.Event()

    def poll(self) -> int | None:
        """Its exit code, minus the signal that ended it; None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, waited for."""
        if not self.ended.wait(timeout):
            raise subprocess.TimeoutExpired(self.log, timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, signum: int) -> None:
        """Send a signal, unless it ended."""
        if self.returncode is None:
            # It may have ended, and been noticed by the nursery, before we were told.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signum)

    def terminate(self) -> None:
        """Ask it to stop."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The process that forks, seen from the tests."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__], cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._workers: dict[int, Worker] = {}
        self._started: queue.Queue[Worker] = queue.Queue()
        self._asked: queue.Queue[str] = queue.Queue()
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def start(self, module: str, environment: dict[str, str], log: Path) -> Worker:
        """`python -m module` with that environment, its output at the end of `log`."""
        assert self.process.stdin is not None
        asked = json.dumps({"module": module, "environment": environment, "log": str(log)})
        with self._lock:
            self._asked.put(str(log))
            self.process.stdin.write(asked + "\n")
            self.process.stdin.flush()
            return self._started.get(timeout=PATIENCE_S)

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told = json.loads(line)
            if "code" not in told:
                self._workers[told["pid"]] = worker = Worker(told["pid"], self._asked.get())
                self._started.put(worker)
            else:
                worker = self._workers.pop(told["pid"])
                worker.returncode = told["code"]
                worker.ended.set()


@functools.cache
def the_nursery() -> Nursery:
    """The one of this test process, started when first wanted."""
    return Nursery()


def serve() -> None:
    """Start what is asked for and tell what ended, until the input ends."""
    nursery.preload(MODULES)
    running: list[Process] = []
    woken, waker = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    wishes = b""
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                read = os.read(key.fd, 65536)
                if key.fd == woken:
                    running = [one for one in running if not _ended(one)]
                elif not read:
                    return
                else:
                    *lines, wishes = (wishes + read).split(b"\n")
                    running += [_start(**json.loads(line)) for line in lines]


def _start(module: str, environment: dict[str, str], log: str) -> Process:
    with Path(log).open("ab") as file:
        started = nursery.start(module, environment, file, title=f"test: {module}", dies_by=signal.SIGKILL)
    _tell(pid=started.pid)
    return started


def _ended(one: Process) -> bool:
    if one.poll() is not None:
        _tell(pid=one.pid, code=one.returncode)
    return one.returncode is not None


def _tell(**what: Any) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    serve()
