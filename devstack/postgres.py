"""An embedded Postgres: initialise, start as our own child, wait for it, stop it.

The server listens on 127.0.0.1 only (no Unix socket), asks for scram passwords, and runs unprivileged even when we
are root.
"""

import ctypes
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from devstack.binaries import Account, Binaries, find_binaries
from devstack.errors import StackError

SUPERUSER = "supabase_admin"
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 20.0
REQUIRED_MAJOR = 17
LOG_MAX_BYTES = 20_000_000


class PortTaken(StackError):
    """Somebody else listens on the port."""


class Server:
    """One embedded Postgres below `home` (`home/pg17`), started by `start()` as a child of this process.

    `durable=False` turns fsync off: for tests only. `inherits` are open files its processes are to keep open. Raises
    StackError with a remedy whenever it cannot go on.
    """

    def __init__(
        self, home: Path, *, port: int, password: str, pg_bin: str | None = None, durable: bool = True,
        inherits: tuple[int, ...] = (),
    ) -> None:  # fmt: skip
        self.home = home
        self.port = port
        self.password = password
        self.durable = durable
        self.inherits = inherits
        self._log_start = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.data_dir = self._place()
        self.binaries: Binaries = find_binaries(pg_bin, self.data_dir)
        if self.binaries.major != REQUIRED_MAJOR:
            raise StackError(
                f"PG_BIN is Postgres {self.binaries.major}, Parley needs {REQUIRED_MAJOR}",
                f"point PG_BIN at a Postgres {REQUIRED_MAJOR}, or unset it",
            )
        self.refuse_other_major()

    def dsn(self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        """A libpq connection string for this server."""
        secret = self.password if password is None else password
        return make_conninfo(
            "", host="127.0.0.1", port=self.port, dbname=database, user=user, password=secret, connect_timeout=5
        )

    def start(self) -> None:
        """Initialise when there is no data yet, start, and return once the server answers.

        Raises PortTaken when somebody else listens on the port, StackError for everything else.
        """
        if not (self.data_dir / "PG_VERSION").exists():
            self._initialise()
        stop_leftover(self.data_dir)
        self.process = self._spawn()
        self._wait()

    def stop(self, timeout: float = STOP_TIMEOUT_S) -> None:
        """Fast shutdown: running transactions are rolled back, a checkpoint is written."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(timeout)

    def log_path(self) -> Path:
        """Where the server writes its messages."""
        return self.home / "logs" / "postgres.log"

    def refuse_other_major(self) -> None:
        """Raise when the data on disk belongs to another major version than the programs at hand."""
        places = dict.fromkeys((self.data_dir.parent, self.home))
        found = [folder for place in places for folder in sorted(place.glob("pg[0-9][0-9]"))]
        for place in found:
            version_file = place / "PG_VERSION"
            if not version_file.is_file():
                continue
            version = version_file.read_text().strip()
            if version != str(self.binaries.major):
                raise StackError(
                    f"{place} holds data of Postgres {version}, this is Postgres {self.binaries.major}",
                    "`parley reset` starts afresh; to keep the data, dump it with that Postgres first",
                )

    def _place(self) -> Path:
        """`home/pg17`, or a keyed folder elsewhere when the account Postgres runs as cannot get to `home`."""
        preferred = self.home / f"pg{REQUIRED_MAJOR}"
        if os.geteuid() != 0:
            return preferred
        account = find_account(preferred)
        self.home.mkdir(parents=True, exist_ok=True)
        if all(reachable_folder(place, account) for place in (self.home, *self.home.absolute().parents)):
            return preferred
        key = hashlib.sha256(str(self.home.absolute()).encode()).hexdigest()[:12]
        base = Path("/var/tmp") / f"parley-data-{key}"  # noqa: S108 - ownership is checked
        base.mkdir(mode=0o711, exist_ok=True)
        if base.is_symlink() or base.stat().st_uid != 0:
            raise StackError(f"{base} belongs to somebody else", "set PARLEY_HOME to a folder every user may enter")
        return base / f"pg{REQUIRED_MAJOR}"

    def _initialise(self) -> None:
        """Run initdb aside and rename: a half-finished run never looks like a data folder."""
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        for leftover in self.data_dir.parent.glob(f"{self.data_dir.name}.init-*"):
            shutil.rmtree(leftover)
        if self.data_dir.exists():  # without PG_VERSION it is no data folder
            raise StackError(f"{self.data_dir} is there but holds no Postgres data", "`parley reset` clears it")
        scratch = self.data_dir.with_name(f"{self.data_dir.name}.init-{os.getpid()}")
        account = self.binaries.account
        fresh, password_file = scratch / "data", scratch / "password"
        scratch.mkdir(mode=0o700)
        password_file.touch(mode=0o600)
        password_file.write_text(self.password + "\n")
        if account:
            os.chown(scratch, account.uid, account.gid)
            os.chown(password_file, account.uid, account.gid)
        command = [
            str(self.binaries.bin_dir / "initdb"), "-D", str(fresh), "-U", SUPERUSER, "-E", "UTF8", "--locale=C.UTF-8",
            "--auth=scram-sha-256", f"--pwfile={password_file}", "--no-instructions",
        ]  # fmt: skip
        if not self.durable:
            command.append("--no-sync")
        result = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd="/", env=_environment(),
            user=account.uid if account else None, group=account.gid if account else None,
            extra_groups=[] if account else None,
            pass_fds=self.inherits, preexec_fn=die_with_parent(signal.SIGTERM),
        )  # fmt: skip
        if result.returncode != 0:
            shutil.rmtree(scratch, ignore_errors=True)
            reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise StackError(
                f"initdb failed: {reason}", "see the line above, or set DATABASE_URL to a Postgres 17 you have"
            )
        fresh.rename(self.data_dir)
        shutil.rmtree(scratch)

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings = {
            "port": str(self.port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
            "wal_level": "logical",
            "max_connections": "200", "shared_buffers": "128MB", "max_wal_size": "1GB", "timezone": "UTC",
            "log_timezone": "UTC", "log_min_messages": "warning", "shared_preload_libraries": "pg_stat_statements",
            "password_encryption": "scram-sha-256", "jit": "off",
        }  # fmt: skip
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = [str(self.binaries.bin_dir / "postgres"), "-D", str(self.data_dir)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        account = self.binaries.account
        path = self.log_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LOG_MAX_BYTES:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as log:
            self._log_start = log.tell()
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=_environment(),
                start_new_session=True, preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509
                user=account.uid if account else None, group=account.gid if account else None,
                extra_groups=[] if account else None, pass_fds=self.inherits,
            )  # fmt: skip

    def _wait(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                said = self._said()
                if "could not bind" in said:
                    raise PortTaken(
                        f"another server answers on port {self.port}", "start again: the next free port is taken then"
                    )
                last = (said.strip().splitlines() or ["no message"])[-1]
                raise StackError(f"Postgres stopped at once: {last}", f"see {self.log_path()}")
            try:
                # Whoever was quicker to take the port answers there too: only our own says so in its pid file.
                psycopg.connect(self.dsn(), autocommit=True).close()
                if self._is_ready():
                    return
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error) and self._is_ready():
                    self.stop()
                    raise StackError(
                        f"{self.data_dir} does not know the password in {self.home / 'keys.json'}",
                        "put the keys.json it was created with back, or start afresh with `parley reset`",
                    ) from error
            time.sleep(0.03)
        self.stop()
        raise StackError(f"Postgres did not answer within {START_TIMEOUT_S:.0f} s", f"see {self.log_path()}")

    def _is_ready(self) -> bool:
        """Whether our own server listens, by what it wrote into `postmaster.pid`."""
        try:
            lines = (self.data_dir / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        ours = self.process is not None and lines[:1] == [str(self.process.pid)]
        return ours and len(lines) > 7 and lines[7].strip() == "ready"

    def _said(self) -> str:
        """What the server wrote since it was started, at most the end of it."""
        try:
            with self.log_path().open("rb") as log:
                log.seek(max(self._log_start, self.log_path().stat().st_size - 20_000))
                return log.read().decode(errors="replace")
        except OSError:
            return ""


def stop_leftover(data_dir: Path) -> None:
    """Stop a server that outlived its supervisor, and wait for every process of it: they hold data and port.

    Raises StackError when it does not stop. Where there is no /proc, looking is left to Postgres, which refuses to
    start beside another one.
    """
    if not Path("/proc").is_dir():
        return
    deadline = time.monotonic() + STOP_TIMEOUT_S
    postmaster, told = postmaster_pid(data_dir), False
    while left := inhabitants(data_dir):
        if postmaster in left and not told:
            os.kill(postmaster, signal.SIGINT)
            told = True
        if time.monotonic() > deadline:
            pid = postmaster if postmaster in left else left[0]
            raise StackError(f"an older Postgres (pid {pid}) still holds {data_dir}", f"stop it with `kill -INT {pid}`")
        time.sleep(0.03)
    # Were its number another program's by now, Postgres would refuse to start.
    (data_dir / "postmaster.pid").unlink(missing_ok=True)


def inhabitants(data_dir: Path) -> list[int]:
    """The processes of a server on `data_dir`: each works in that folder."""
    found, wanted = [], str(data_dir.resolve())
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(place / "cwd") == wanted:  # noqa: PTH115 - a string is all that is compared
                found.append(int(place.name))
        except OSError:  # it ended meanwhile, or is somebody else's
            continue
    return found


def find_account(data_dir: Path) -> Account:
    """The account a root stack runs Postgres as. Raises StackError when there is none."""
    from devstack.binaries import unprivileged_account

    account = unprivileged_account(data_dir)
    if account is None:
        raise StackError("no unprivileged account is needed when not root", "this is a programming error")
    return account


def reachable_folder(place: Path, account: Account) -> bool:
    """Whether `account` may pass through the folder `place`."""
    status = place.stat()
    shift = 6 if status.st_uid == account.uid else 3 if status.st_gid == account.gid else 0
    return bool((status.st_mode >> shift) & 0o1)


def postmaster_pid(data_dir: Path) -> int | None:
    """The process id in `postmaster.pid`, or None when there is no readable one."""
    try:
        first = (data_dir / "postmaster.pid").read_text().splitlines()[0]
    except (OSError, IndexError):
        return None
    return int(first) if re.fullmatch(r"\d+", first.strip()) else None


def die_with_parent(signum: int) -> Callable[[], None]:
    """A `preexec_fn` that has the kernel send `signum` to the child when this process dies, however it dies."""
    parent = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def arm() -> None:
        if libc is None:
            return
        libc.prctl(1, signum)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:  # the parent died before the kernel knew
            os._exit(0)

    return arm


def _environment() -> dict[str, str]:
    """Nothing of ours: PG* variables of the caller must not steer the server."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TMPDIR": tempfile.gettempdir()}
