"""Processes forked from one that has their code imported already.

A dozen Python processes that are started one by one import much the same libraries a dozen times: up to a second of a
core each. A fork has everything at hand after milliseconds, and shares the memory. Only a process with a single thread
may do it, since what another thread holds in that moment stays held in the child for ever; elsewhere, and where forks
are not trusted (macOS), a process is started from nothing.
"""

import contextlib
import gc
import importlib
import os
import runpy
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Collection, Iterable, Mapping
from subprocess import DEVNULL, Popen, TimeoutExpired
from typing import IO

from setproctitle import setproctitle

from app.settings import take_environment
from devstack.postgres import die_with_parent

ALSO = ("uvloop",)
"""What all our processes import only once they run."""
STEP_S = 0.01


class Fork:
    """A forked process, with the part of `subprocess.Popen` that is asked of it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, minus the signal that ended it; None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, waited for. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutExpired(str(self.pid), timeout or 0)
            time.sleep(STEP_S)
        return code

    def send_signal(self, signum: int) -> None:
        """Send a signal, unless it ended."""
        if self.poll() is None:
            os.kill(self.pid, signum)


def preload(modules: Iterable[str]) -> None:
    """Import what the children will run. What cannot be imported is left to the child, which says why."""
    for module in (*modules, *ALSO):
        with contextlib.suppress(Exception):
            importlib.import_module(module)
    gc.collect()
    gc.freeze()  # a collection in a child would touch, and so copy, every page it shares


def start(
    module: str, environment: Mapping[str, str], log: IO[bytes], *,
    title: str, inherits: Collection[int] = (), dies_by: int = signal.SIGTERM,
) -> Fork | Popen[bytes]:  # fmt: skip
    """Start what `python -m module` would: in a session of its own, with `environment` and nothing else, its output in
    `log`.

    `title` is what `ps` shows. `inherits` are the open files it keeps. When this process dies, it is sent `dies_by`.
    """
    arm = die_with_parent(dies_by)
    if sys.platform != "linux" or threading.active_count() > 1:
        return Popen(
            [sys.executable, "-m", module], stdin=DEVNULL, stdout=log, stderr=log, env=environment,
            start_new_session=True, pass_fds=inherits, preexec_fn=arm,  # noqa: PLW1509 - it makes two system calls
        )  # fmt: skip
    sys.stdout.flush()
    sys.stderr.flush()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # no handler of ours runs in the child
    try:
        pid = os.fork()
        if pid:
            return Fork(pid)
        code = 1
        try:
            arm()
            _leave_the_parent(log.fileno(), inherits)
            code = _run(module, environment, title)
        finally:
            os._exit(code)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _leave_the_parent(log: int, inherits: Collection[int]) -> None:
    """A session of its own, signals as a new process has them, and no file of the parent's but `inherits`."""
    os.setsid()
    for signum in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(signum, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.set_wakeup_fd(-1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, number in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, number)
    kept = sorted({0, 1, 2, *inherits})
    for descriptor in inherits:
        os.set_inheritable(descriptor, True)  # for those that become another program
    for low, high in zip(kept, [*kept[1:], os.sysconf("SC_OPEN_MAX")], strict=True):
        os.closerange(low + 1, high)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signal.valid_signals())


def _run(module: str, environment: Mapping[str, str], title: str) -> int:
    """The exit code of the module's main program."""
    sys.stdout, sys.stderr = (open(number, "w", buffering=1, closefd=False) for number in (1, 2))  # noqa: SIM115
    sys.argv = [module]
    warnings.filterwarnings("ignore", ".*found in sys.modules", RuntimeWarning)  # which is what we want
    try:
        setproctitle(title)  # before the environment goes, whose memory it uses
        take_environment(environment)
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return _code(end)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
    return 0


def _code(end: SystemExit) -> int:
    """What `sys.exit(…)` means to the one who waits."""
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    print(end.code, file=sys.stderr, flush=True)
    return 1
