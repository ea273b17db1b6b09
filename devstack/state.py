"""What the running stack tells everyone else: `.parley/state.json`, and the lock that proves it is running."""

import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any

from app.settings import read_json
from devstack.errors import StackError
from devstack.keys import write_private

STATE = "state.json"
LOCK = "up.lock"
LOCK_PATIENCE_S = 0.5
"""Commands hold the lock for a moment, to see whether it is held."""


class State:
    """The state file of one stack: a flat object, rewritten as a whole on every change, 0600 since it may hold a
    URL."""

    def __init__(self, home: Path) -> None:
        self.path = home / STATE
        self.values: dict[str, Any] = read_json(self.path)

    def update(self, **values: Any) -> None:
        """Change some members and write the file."""
        self.values.update(values)
        write_private(self.path, json.dumps(self.values, indent=2) + "\n")


def take_lock(home: Path) -> int:
    """Hold the stack's lock for the life of this process; children must not inherit it. Raises StackError when it is
    held."""
    home.mkdir(mode=0o755, parents=True, exist_ok=True)
    descriptor = os.open(home / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor)
    except OSError as error:
        os.close(descriptor)
        running = read_json(home / STATE)
        where = f"http://127.0.0.1:{running['api_port']}" if "api_port" in running else str(home)
        raise StackError(
            f"already running at {where} (pid {running.get('pid', '?')})",
            "`parley status` tells more, `parley down` stops it",
        ) from error
    return descriptor


def _lock(descriptor: int) -> None:
    deadline = time.monotonic() + LOCK_PATIENCE_S
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.02)
