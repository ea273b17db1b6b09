"""Keeps one Postgres for a whole test run: `python tests/support/guardian.py FOLDER PID`.

Several pytest processes share the server; none of them may own it, since the first to finish would take it along.
This process starts it, writes FOLDER/ready.json, and ends (removing FOLDER) when the process PID is gone, however
that came about.
"""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from devstack.bootstrap import bootstrap
from devstack.keys import ensure_keys, surface_logins
from devstack.ports import free_port
from devstack.postgres import Server


def guard(folder: Path, watched: int) -> None:
    """Run the server until process `watched` is gone."""
    keys = ensure_keys(folder)
    server = Server(folder, port=free_port(), password=keys["pg_admin_password"], durable=False)
    try:
        server.start()
        bootstrap(server.dsn(), passwords={"postgres": keys["pg_password"], **surface_logins(keys)}, is_ours=True)
        scratch = folder / "ready.json.new"
        scratch.write_text(json.dumps({"admin": server.dsn(), **keys}))
        scratch.rename(folder / "ready.json")
        while is_alive(watched):
            time.sleep(0.2)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(server.data_dir, ignore_errors=True)


def is_alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.chdir("/")
    guard(Path(sys.argv[1]), int(sys.argv[2]))
