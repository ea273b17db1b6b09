"""Who still runs of a stack, however its supervisor ended.

Every process of a run inherits one open file, `alive.lock`, with a shared lock on it. The kernel keeps that lock until
the last of them is gone. A list of process ids proves nothing: it is written a moment late, and numbers are given out
again.
"""

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from devstack.errors import StackError
from devstack.postgres import stop_leftover

ALIVE = "alive.lock"
GRACE_S = 20.0
KILLED_S = 5.0
"""How long the kernel may take to end what was killed."""


class Alive:
    """The stack's processes below `home`: `descriptor` is handed to each of them."""

    def __init__(self, home: Path) -> None:
        self.path = home / ALIVE
        self.descriptor: int | None = None

    def join(self) -> None:
        """Be one of them, and have `descriptor` to hand on."""
        self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self.descriptor, fcntl.LOCK_SH)

    def leave(self) -> None:
        """Be none of them any more; those who inherited the file stay."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def wait_until_empty(self, timeout_s: float) -> bool:
        """Whether nobody is left within `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        with self.path.open("a") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return True
                except OSError:
                    if time.monotonic() >= deadline:
                        return False
                time.sleep(0.02)

    def members(self) -> list[int]:
        """The processes that have the file open, this one aside; none where there is no /proc."""
        found, wanted = [], self.path.absolute()
        for place in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it ended meanwhile, or is somebody else's
                is_one = any(_leads_to(entry, wanted) for entry in (place / "fd").iterdir())
                if is_one and int(place.name) != os.getpid():
                    found.append(int(place.name))
        return found

    def end_all(self, grace_s: float) -> list[int]:
        """Wait for everybody to go, end who does not; the processes that had to be killed.

        Raises StackError when even that does not help.
        """
        if self.wait_until_empty(grace_s):
            return []
        killed = self.members()
        for pid in killed:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not self.wait_until_empty(KILLED_S):
            left = " ".join(map(str, self.members())) or "unknown"
            raise StackError(f"processes of this stack do not end (pids {left})", "end them, then `parley up`")
        return killed


def end_last_run(alive: Alive, data_dir: object, say: Callable[[str], None]) -> None:
    """Processes of a run whose supervisor was killed stop by themselves: wait, so that nothing of theirs is in the way,
    neither ports nor data. `data_dir`: where that run's Postgres kept its data, as far as is known."""
    if alive.wait_until_empty(0):
        return
    say("waiting for the processes of the last run, which was cut off")
    if isinstance(data_dir, str):
        stop_leftover(Path(data_dir))
    killed = alive.end_all(GRACE_S)
    if killed:
        say(f"killed what did not end: {' '.join(map(str, killed))}")


def _leads_to(entry: Path, wanted: Path) -> bool:
    try:
        return entry.readlink() == wanted
    except OSError:
        return False
