"""Brings the stack up, keeps it up, takes it down: Postgres, migrations, then every other process.

One thread, one loop. Signals only set a flag or interrupt a wait; whatever happens, `run()` leaves no process behind.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from devstack import bootstrap
from devstack.alive import GRACE_S, Alive, end_last_run
from devstack.children import Child, stop_all
from devstack.errors import StackError
from devstack.keys import surface_logins
from devstack.nursery import preload
from devstack.plan import Plan, fingerprint, mailboxes
from devstack.ports import Ports, is_free
from devstack.postgres import PortTaken, Server, die_with_parent
from devstack.state import State, take_lock

READY_TIMEOUT_S = 60.0
PORT_ATTEMPTS = 5
LINGER_S = 2.0
"""How long after everything was stopped a process that was being started in that moment may take to notice."""
START_ATTEMPTS = 3
"""A process that ends so often before the stack is ready will not come up: say so instead of trying on."""


class StopRequested(BaseException):
    """Somebody pressed Ctrl-C or sent SIGTERM while we were waiting for something."""


class Supervisor:
    """One run of the stack. `ports` and `alive` are the run's; `say` prints a line for the person at the terminal."""

    def __init__(self, plan: Plan, state: State, ports: Ports, alive: Alive, say: Callable[[str], None]) -> None:
        self.plan = plan
        self.state = state
        self.ports = ports
        self.alive = alive
        self.say = say
        self.logs = plan.home / "logs"
        self.server: Server | None = None
        self.children: list[Child] = []
        self.interruptible = True
        self.stops = 0

    def run(self, on_ready: Callable[[dict[str, Any]], None]) -> None:
        """Come up, call `on_ready` with the state, stay up until told to stop. Raises StackError when it cannot come
        up."""
        with self._signals():
            try:
                self._start()
                on_ready(self.state.values)
                self._watch()
            except StopRequested:
                pass
            except StackError as error:
                self.state.update(error={"detail": error.detail, "remedy": error.remedy})
                raise
            finally:
                self.interruptible = False
                self._stop()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def stop(*_: object) -> None:
            self.stops += 1
            if self.interruptible:
                self.interruptible = False
                raise StopRequested

        report = sys.unraisablehook

        def keep_quiet(lost: Any) -> None:
            if not isinstance(lost.exc_value, StopRequested):  # `_check()` raises it again
                report(lost)

        before = {signum: signal.signal(signum, stop) for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        sys.unraisablehook = keep_quiet
        try:
            yield
        finally:
            sys.unraisablehook = report
            for signum, handler in before.items():
                signal.signal(signum, handler)

    def _check(self) -> None:
        """Stop when told to. The signal's own exception is lost where Python cannot raise it, as in a destructor."""
        if self.stops:
            raise StopRequested

    def _start(self) -> None:
        started = time.monotonic()
        self.logs.mkdir(parents=True, exist_ok=True)
        self.state.update(**self.plan.opening_state())
        self._start_database()
        self.children = self.plan.children()
        # What the last run left prepared is most likely still right: then the rest starts while that is being checked.
        prepared = fingerprint(self.plan)
        early = self.state.values.get("prepared") == prepared
        migration = self._spawn_migration()
        try:
            asks_a_model = ("anthropic",) if self.plan.settings.anthropic_api_key else ()  # it takes seconds to import
            preload((*(child.module for child in self.children), *asks_a_model))
            if early:
                self._launch_all()
            self._finish_migration(migration)
        finally:
            if migration.poll() is None:
                migration.terminate()
                migration.wait()
        self._launch_all()
        self._wait_until_ready()
        self.state.update(
            ready=True, prepared=prepared, processes=self._reports(),
            mailboxes=mailboxes(self.plan.settings.database_url),
            seconds_to_ready=round(time.monotonic() - started, 2),
        )  # fmt: skip

    def _start_database(self) -> None:
        settings, keys = self.plan.settings, self.plan.keys
        if self.plan.external:
            prepared = bootstrap.bootstrap(settings.database_url, passwords=surface_logins(keys))
            if prepared.taken:
                taken = ", ".join(prepared.taken)
                self._leave_out_surface(f"{taken} of this server have passwords of their own, which they keep")
            elif not prepared.changed:
                self._leave_out_surface("the database is a Supabase project: it has Auth, REST and Storage of its own")
            return
        self.server = Server(
            self.plan.home, port=settings.pg_port, password=keys["pg_admin_password"], pg_bin=settings.pg_bin or None,
            inherits=self._inherited(),
        )  # fmt: skip
        if self.server.data_dir.parent != self.plan.home:
            self.say(
                f"{self.plan.home} cannot be entered by an unprivileged account: data goes to {self.server.data_dir}"
            )
        self.state.update(data_dir=str(self.server.data_dir))
        self._start_server(self.server)
        passwords = {"postgres": keys["pg_password"], **surface_logins(keys)}
        bootstrap.bootstrap(self.server.dsn(), passwords=passwords, is_ours=True)

    def _leave_out_surface(self, reason: str) -> None:
        """A Supabase project has the real thing, and nobody gave us the passwords of its logins."""
        if "surface" not in self.plan.missing:
            self.say(f"{reason}: surface left out")
            self.plan = self.plan.leave_out("surface")
            self.state.update(missing=self.plan.missing)

    def _start_server(self, server: Server) -> None:
        """Start Postgres, on another port when somebody who does not care that ours is held listens on it first."""
        for attempts_left in reversed(range(PORT_ATTEMPTS)):
            try:
                server.start()
                return
            except PortTaken:
                if not attempts_left:
                    raise
            self.plan = self.plan.move_postgres(self.ports, self.say)
            server.port = self.plan.settings.pg_port
            self.state.update(pg_port=server.port, moved=self.plan.moved)

    def _inherited(self) -> tuple[int, ...]:
        """The open file by which every process of this run is known."""
        return () if self.alive.descriptor is None else (self.alive.descriptor,)

    def _spawn_migration(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "app.cli", "migrate", "--quiet", *([] if self.plan.external else ["--seed"])],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=self.plan.environment, start_new_session=True,
            pass_fds=self._inherited(), preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509
        )  # fmt: skip

    def _finish_migration(self, migration: subprocess.Popen[str]) -> None:
        output = None
        while output is None:
            self._check()
            with contextlib.suppress(subprocess.TimeoutExpired):
                output = migration.communicate(timeout=0.2)[0].strip()
        if migration.returncode == 0:
            if output:
                self.say(output.splitlines()[-1])
            return
        line = output.splitlines()[-1] if output else f"exit code {migration.returncode}"
        detail, _, remedy = line.removeprefix("error: ").partition(" — ")
        raise StackError(detail, remedy)

    def _launch(self, child: Child) -> None:
        if child.metrics_port and not is_free(child.metrics_port):  # nobody but the state file names it
            child.metrics_port = self.ports.take(child.metrics_port + 1)
            self.state.update(metrics={**self.state.values["metrics"], child.name: child.metrics_port})
        child.start(self.plan.environment, self.logs, self._inherited())

    def _launch_all(self) -> None:
        for child in self.children:
            if child.process is None:
                self._launch(child)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while sum(child.check_ready() for child in self.children) < len(self.children):
            self._check()
            self._revive(starting=True)
            if time.monotonic() > deadline:
                late = next(child for child in self.children if not child.is_ready)
                raise StackError(
                    f"{late.name} is not ready after {READY_TIMEOUT_S:.0f} s: {late.last_line(self.logs)}",
                    f"see {late.log_path(self.logs)}",
                )
            time.sleep(0.05)

    def _watch(self) -> None:
        while True:
            time.sleep(0.25)
            self._check()
            if self.server is not None and self.server.process is not None and self.server.process.poll() is not None:
                if not (self.server.data_dir / "PG_VERSION").exists():  # never begin anew behind a running stack's back
                    raise StackError(f"{self.server.data_dir} is gone", "`parley up` starts afresh")
                self.say(f"Postgres ended with {self.server.process.returncode}: starting it again")
                self.server.start()
                self.state.update(processes=self._reports())
            if self._revive(starting=False):
                self.state.update(processes=self._reports())

    def _revive(self, *, starting: bool) -> bool:
        """Start again what ended by itself, after its backoff. Returns whether anything changed."""
        changed = False
        for child in self.children:
            if child.process is None or child.is_running():
                continue
            if child.retry_at <= child.started_at:  # just found dead: its restart is not yet planned
                if starting and child.failures + 1 >= START_ATTEMPTS:
                    raise StackError(
                        f"{child.name} does not start: {child.last_line(self.logs)}", f"see {child.log_path(self.logs)}"
                    )
                code, delay = child.process.returncode, child.schedule_restart()
                self.say(f"{child.name} ended with {code}, again in {delay:.1f} s ({child.last_line(self.logs)})")
                changed = True
            elif time.monotonic() >= child.retry_at:
                self._launch(child)
                changed = True
        return changed

    def _reports(self) -> dict[str, Any]:
        reports = {child.name: child.report(self.logs) for child in self.children}
        if self.server is not None and self.server.process is not None:
            log = str(self.server.log_path())
            reports["postgres"] = {"state": "running", "pid": self.server.process.pid, "restarts": 0, "log": log}
        return reports

    def _stop(self) -> None:
        """Workers and receiver first, then the API, the catcher, and Postgres last. A second Ctrl-C cuts the waiting
        short."""
        first = self.stops
        killed = stop_all(self.children, grace_s=GRACE_S, hurry=lambda: self.stops > first)
        if killed:
            self.say(f"killed, did not stop in time: {', '.join(killed)}")
        if self.server is not None:
            self.server.stop()
        # A signal may come between the start of a process and our knowing of it.
        self.alive.leave()
        self.alive.end_all(LINGER_S)
        self.state.update(ready=False, pid=None, processes={}, moved={})


def run_stack(
    say: Callable[[str], None], on_ready: Callable[[dict[str, Any]], None], without: frozenset[str] = frozenset(),
    check: Callable[[], None] = lambda: None,
) -> None:  # fmt: skip
    """Take the lock, plan, run until stopped; `without` names processes to leave out. `check` raises when somebody
    pressed Ctrl-C before the supervisor could hear it.

    Raises StackError when the stack runs already or cannot come up.
    """
    from app.settings import load

    asked = load(local_stack=False)
    check()
    lock = take_lock(asked.home_dir)
    ports, alive = Ports(), Alive(asked.home_dir)
    try:
        state = State(asked.home_dir)
        state.update(pid=os.getpid(), ready=False)
        end_last_run(alive, state.values.get("data_dir"), say)
        alive.join()
        plan = Plan.make(asked, state, say, without, ports)
        check()
        Supervisor(plan, state, ports, alive, say).run(on_ready)
    finally:
        ports.release()
        os.close(lock)
