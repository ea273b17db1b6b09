"""The gateway as a process of its own."""

import signal
import subprocess
import sys

import httpx

from app.settings import to_environment
from devstack.ports import free_port
from tests.realtime.conftest import SECRET
from tests.support.database import Database
from tests.workers.harness import wait_until


def test_the_command_serves_and_stops(module_database: Database) -> None:
    """`parley realtime` answers on its port, says how rows come, lets no key into the log, and ends when told to."""
    port = free_port()
    settings = module_database.settings(supabase_jwt_secret=SECRET, supabase_key="sb_publishable_x", realtime_port=port)
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "realtime"], env=to_environment(settings), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        wait_until(lambda: source(port) == "replication", 60, 0.05)
        place = f"http://127.0.0.1:{port}/realtime/v1/api/broadcast"
        sent = httpx.post(place, json={"messages": []}, headers={"apikey": "sb_publishable_x"})
        assert (sent.status_code, sent.headers["access-control-allow-origin"]) == (202, "*")
        assert httpx.post(place, json={"messages": []}, headers={"apikey": "sb_publishable_y"}).status_code == 401
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGTERM and "sb_publishable" not in said and SECRET not in said, said


def source(port: int) -> str:
    """How rows come, by the gateway's own word; nothing while it does not answer."""
    try:
        return str(httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).json()["source"])
    except httpx.HTTPError:
        return ""
