"""What commands know about the local stack: whether it runs, and how to stop it."""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from app.errors import SetupError
from app.settings import process_environment, read_json

STOP_TIMEOUT_S = 60.0


@contextmanager
def tidied_up() -> Iterator[None]:
    """Within the block SIGTERM and SIGHUP end the program as an error does: what was started is stopped again."""

    def end(signum: int, _: object) -> NoReturn:
        sys.exit(128 + signum)

    before = {signum: signal.signal(signum, end) for signum in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def read_state(home: Path) -> dict[str, Any]:
    """The stack's state file, empty when there never was a stack here."""
    return read_json(home / "state.json")


def is_running(home: Path) -> bool:
    """Whether a supervisor holds the stack's lock: certain, whatever became of process ids."""
    return _is_locked(home / "up.lock", fcntl.LOCK_SH)


def has_processes(home: Path) -> bool:
    """Whether any process of the stack is left: they outlive a killed supervisor by a moment."""
    return _is_locked(home / "alive.lock", fcntl.LOCK_EX)


def stop(home: Path) -> bool:
    """Stop the running stack and wait until all of it is gone; False when there was nothing. Raises SetupError when it
    does not stop."""
    if is_running(home):
        pid = read_state(home).get("pid")
        if not isinstance(pid, int):
            raise SetupError("the stack is just starting or stopping", remedy="try again in a moment")
        os.kill(pid, signal.SIGTERM)
        problem = f"the supervisor (pid {pid}) does not stop"
        _wait(lambda: is_running(home), SetupError(problem, remedy=f"`kill -9 {pid}` ends it, data stays whole"))
        return True
    if not has_processes(home):
        return False
    problem = "processes of a stack whose supervisor was killed do not end"
    _wait(lambda: has_processes(home), SetupError(problem, remedy="`parley up` ends them and starts again"))
    return True


def _wait(lasts: Callable[[], bool], otherwise: SetupError) -> None:
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while lasts():
        if time.monotonic() > deadline:
            raise otherwise
        time.sleep(0.05)


def _is_locked(path: Path, how: int) -> bool:
    try:
        with path.open("a") as lock:
            fcntl.flock(lock, how | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def become(module: str, *arguments: str) -> NoReturn:
    """Replace this process by `python -m module`: signals and exit code are then its own."""
    import sys

    os.execve(sys.executable, [sys.executable, "-m", module, *arguments], process_environment())  # noqa: S606
