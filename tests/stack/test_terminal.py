"""Ctrl-C at a real terminal: the whole foreground group gets it, and everything ends in order."""

import os
import pty
import select
import signal
import sys
import time
from collections.abc import Callable

import pytest

from app.settings import PROJECT
from devstack.alive import Alive
from tests.stack.conftest import ALONE, Stack
from tests.stack.test_up import MOMENTS


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, stack: Stack, *command: str) -> None:
        self.shown = b""
        self.pid, self.screen = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # as a shell does; who runs the tests may ignore it
            os.chdir(PROJECT)
            os.execve(command[0], list(command), stack.environment)

    def read(self, timeout_s: float) -> bool:
        """Take what it shows; False once it has hung up."""
        if select.select([self.screen], [], [], timeout_s)[0]:
            try:
                self.shown += (some := os.read(self.screen, 65_536))
            except OSError:  # how Linux tells that the last process has closed the terminal
                return False
            return bool(some)
        return True

    def press_ctrl_c_when(self, has_come: Callable[[], bool], timeout_s: float = 240) -> None:
        """Wait for a moment, then press."""
        deadline = time.monotonic() + timeout_s
        while not has_come():
            assert time.monotonic() < deadline, self.text()
            assert self.read(0.01), self.text()
        os.write(self.screen, b"\x03")

    def end(self, timeout_s: float = 120) -> int:
        """Its exit code, once it has ended."""
        deadline = time.monotonic() + timeout_s
        while self.read(0.05):
            assert time.monotonic() < deadline, self.text()
        os.close(self.screen)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def text(self) -> str:
        """What was shown."""
        return self.shown.decode(errors="replace")


def test_ctrl_c_at_the_terminal_stops_everything(stack: Stack) -> None:
    """The last line is `stopped`, the exit code 0, and no process is left."""
    terminal = Terminal(stack, sys.executable, "-m", "app.cli", "up", *ALONE)
    terminal.press_ctrl_c_when(lambda: b"Ctrl-C stops it" in terminal.shown)
    assert terminal.end() == 0, terminal.text()
    assert Alive(stack.home).members() == []
    assert terminal.text().rstrip().endswith("stopped")
    assert "Traceback" not in terminal.text()


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_while_it_starts_stops_everything(stack: Stack, moment: str) -> None:
    """Whatever it was doing: no traceback, no process left, and the next start works."""
    terminal = Terminal(stack, sys.executable, "-m", "app.cli", "up", *ALONE)
    terminal.press_ctrl_c_when(lambda: MOMENTS[moment](stack.home))
    assert terminal.end() in (0, 130), terminal.text()
    assert Alive(stack.home).members() == []
    assert "Traceback" not in terminal.text()
    again = stack.run("up", "--detach", *ALONE)
    assert again.returncode == 0, again.stdout + again.stderr + stack.logs()


def test_ctrl_c_before_anything_runs_is_answered_quietly(stack: Stack) -> None:
    """While Python still imports there is nobody to handle it: it is kept until somebody is."""
    terminal = Terminal(stack, sys.executable, "-m", "app.cli", "up", *ALONE)

    def is_importing() -> bool:
        try:
            with open(f"/proc/{terminal.pid}/cmdline", "rb") as file:  # noqa: PTH123 - in a loop
                return b"devstack.up" in file.read()
        except OSError:
            return False

    terminal.press_ctrl_c_when(is_importing)
    assert terminal.end() == 130, terminal.text()
    assert "Traceback" not in terminal.text()
    assert not (stack.home / "state.json").exists()
