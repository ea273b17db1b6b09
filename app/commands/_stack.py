"""What commands know about the local stack: whether it runs, and how to stop it."""

import fcntl
import os
import signal
import time
from pathlib import Path
from typing import Any, NoReturn

from app.errors import SetupError
from app.settings import process_environment, read_json

STOP_TIMEOUT_S = 60.0


def read_state(home: Path) -> dict[str, Any]:
    """The stack's state file, empty when there never was a stack here."""
    return read_json(home / "state.json")


def is_running(home: Path) -> bool:
    """Whether a supervisor holds the stack's lock: certain, whatever became of process ids."""
    try:
        with (home / "up.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def stop(home: Path) -> bool:
    """Stop the running stack and wait until it is gone; False when none runs. Raises SetupError when it does not
    stop."""
    if not is_running(home):
        return False
    pid = read_state(home).get("pid")
    if not isinstance(pid, int):
        raise SetupError("the stack is just starting or stopping", remedy="try again in a moment")
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while is_running(home):
        if time.monotonic() > deadline:
            raise SetupError(
                f"the supervisor (pid {pid}) does not stop", remedy=f"`kill -9 {pid}` ends it, data stays whole"
            )
        time.sleep(0.05)
    return True


def become(module: str, *arguments: str) -> NoReturn:
    """Replace this process by `python -m module`: signals and exit code are then its own."""
    import sys

    os.execve(sys.executable, [sys.executable, "-m", module, *arguments], process_environment())  # noqa: S606
