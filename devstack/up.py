"""`parley up`: the stack in the foreground, or (`--detach`) in the background once it is ready."""

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from app.errors import ParleyError
from app.settings import fill_in, load, process_environment, read_json
from devstack.errors import StackError
from devstack.panel import show
from devstack.plan import NAMES
from devstack.state import STATE
from devstack.supervisor import READY_TIMEOUT_S, run_stack

DATABASE = "database"
"""What `--only` names when no process at all is wanted beside Postgres."""


class Early:
    """Ctrl-C before the supervisor hears it. Its exception is lost where Python cannot raise it, as in a destructor:
    it is remembered, and raised again by `check`."""

    def __init__(self) -> None:
        self.pressed = False

    def __call__(self, *_: object) -> None:
        self.pressed = True
        raise KeyboardInterrupt

    def check(self) -> None:
        """Raises KeyboardInterrupt when it was pressed."""
        if self.pressed:
            raise KeyboardInterrupt


def main() -> None:
    """Run with the arguments `--detach` or `--supervise` (the background half of it), and any `--without=NAME` or
    `--only=NAME`."""
    parser = argparse.ArgumentParser(prog="parley up", description=__doc__)
    parser.add_argument("--detach", action="store_true")
    parser.add_argument("--supervise", action="store_true")
    parser.add_argument("--without", action="append", default=[], choices=NAMES)
    parser.add_argument("--only", action="append", default=[], choices=[*NAMES, DATABASE])
    asked = parser.parse_args()
    if asked.only:
        asked.without += [name for name in NAMES if name not in asked.only]
    early = Early()
    try:
        signal.signal(signal.SIGINT, early)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # the command line held it back
        if asked.detach:
            detach(asked.without)
        else:
            foreground(frozenset(asked.without), early.check, quiet=asked.supervise)
    except (StackError, ParleyError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def foreground(without: frozenset[str], check: Callable[[], None], *, quiet: bool) -> None:
    """Run until Ctrl-C; `quiet` leaves the panel to whoever started us."""
    on_ready = (lambda _: None) if quiet else (lambda state: present(state, detached=False))
    run_stack(lambda line: print(line, flush=True), on_ready, without, check)
    if not quiet:
        print("stopped", flush=True)


def present(state: dict[str, Any], *, detached: bool) -> None:
    """Print the panel for `state`."""
    settings = load(local_stack=False)
    keys = read_json(settings.home_dir / "keys.json")
    show(state, fill_in(settings, state, keys), keys, detached=detached, console=Console(highlight=False))
    sys.stdout.flush()


def detach(without: list[str]) -> None:
    """Start a supervisor in the background, wait until it is ready, print the panel. Raises StackError when it
    fails."""
    home = load(local_stack=False).home_dir
    log_path = home / "logs" / "up.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    start = log_path.stat().st_size if log_path.exists() else 0
    with log_path.open("ab") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "devstack.up", "--supervise", *(f"--without={name}" for name in without)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env=process_environment(), start_new_session=True,
        )  # fmt: skip
    try:
        state = _await(supervisor, home, log_path, start)
    except BaseException:
        if supervisor.poll() is None:
            supervisor.terminate()
            supervisor.wait()
        raise
    _print_since(log_path, start)
    present(state, detached=True)
    supervisor.returncode = 0  # it lives on without us: no warning when this object goes


def _await(supervisor: "subprocess.Popen[bytes]", home: Path, log_path: Path, start: int) -> dict[str, Any]:
    deadline = time.monotonic() + READY_TIMEOUT_S + 30
    while time.monotonic() < deadline:
        state = read_json(home / STATE)
        if state.get("pid") == supervisor.pid and state.get("ready"):
            return state
        if supervisor.poll() is not None:
            lines = log_path.read_bytes()[start:].decode(errors="replace").strip().splitlines() or ["no message"]
            detail, _, remedy = lines[-1].removeprefix("error: ").partition(" — ")
            raise StackError(detail, remedy or f"see {log_path}")
        time.sleep(0.05)
    raise StackError("the stack is not ready in time", f"see {log_path}")


def _print_since(log_path: Path, start: int) -> None:
    sys.stdout.write(log_path.read_bytes()[start:].decode(errors="replace"))


if __name__ == "__main__":
    main()
