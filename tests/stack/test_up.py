"""`parley up`: up, down, and whatever happens in between."""

import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from devstack.alive import Alive
from tests.stack.conftest import ALONE, Stack, is_alive, wait_until_gone


def test_ctrl_c_leaves_no_process_and_keeps_the_data(stack: Stack) -> None:
    """SIGINT ends with exit code 0 and nothing running; the next start finds what was written."""
    process = stack.start()
    status, pids = stack.status(), stack.pids()
    assert {"catcher", "postgres"} <= status["processes"].keys()
    with psycopg.connect(status["database_url"], autocommit=True) as owner:
        owner.execute("create table public.kept (id int)")
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=120)[0]
    assert process.returncode == 0, output
    assert "Parley is up" in output
    assert "stopped" in output
    assert wait_until_gone(pids) == []
    down = stack.run("status")
    assert (down.returncode, down.stdout.splitlines()[0]) == (3, "not running: `parley up` starts it")

    detached = stack.run("up", "--detach", *ALONE)
    assert detached.returncode == 0, detached.stdout + detached.stderr
    with psycopg.connect(stack.status()["database_url"]) as owner:
        assert owner.execute("select count(*) from public.kept").fetchone() == (0,)
    pids = stack.pids()
    assert stack.run("down").stdout == "stopped\n"
    assert wait_until_gone(pids) == []


def test_a_killed_supervisor_takes_everything_along_and_the_next_start_works(stack: Stack) -> None:
    """After SIGKILL the children stop by themselves, Postgres in order; starting again needs no repair."""
    process = stack.start()
    pids, url = stack.pids(), stack.status()["database_url"]
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("create table public.kept (id int)")
    process.kill()
    process.wait()
    again = stack.run("up", "--detach", *ALONE)
    assert again.returncode == 0, again.stdout + again.stderr + stack.logs()
    assert [pid for pid in pids if is_alive(pid)] == []
    assert stack.status()["database_url"] == url
    with psycopg.connect(url, connect_timeout=30) as owner:
        assert owner.execute("select count(*) from public.kept").fetchone() == (0,)


def wake(pids: list[int], log: Path, sign: str) -> None:
    """Let stopped processes go on a moment after `sign` appears in `log`, or after a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (log.exists() and sign in log.read_text()):
        time.sleep(0.05)
    time.sleep(0.5)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


def test_a_start_waits_for_what_still_ends(stack: Stack) -> None:
    """Postgres and the catcher of a killed run take their time: the next start waits for them, and for their ports."""
    process = stack.start()
    before = stack.status()
    slow = [before["processes"][name]["pid"] for name in ("postgres", "catcher")]
    for pid in slow:
        os.kill(pid, signal.SIGSTOP)
    process.kill()
    process.wait()
    assert "not running" in stack.run("status").stdout
    waker = threading.Thread(target=wake, args=(slow, stack.home / "logs" / "up.log", "waiting for the processes"))
    waker.start()
    again = stack.run("up", "--detach", *ALONE)
    waker.join()
    assert again.returncode == 0, again.stdout + again.stderr + stack.logs()
    assert "waiting for the processes of the last run" in again.stdout
    assert "occupied" not in again.stdout
    after = stack.status()
    assert [after[name] for name in ("database_url", "catcher")] == [
        before[name] for name in ("database_url", "catcher")
    ]
    psycopg.connect(after["database_url"], connect_timeout=30).close()
    with smtplib.SMTP("127.0.0.1", int(after["catcher"].split(":")[1])) as client:
        assert client.noop()[0] == 250


@pytest.mark.parametrize("command", [["down"], ["reset", "--yes"]])
def test_stopping_waits_for_what_a_killed_supervisor_left(stack: Stack, command: list[str]) -> None:
    """Neither `down` nor `reset` returns while Postgres still writes."""
    process = stack.start()
    postgres = stack.status()["processes"]["postgres"]["pid"]
    os.kill(postgres, signal.SIGSTOP)
    process.kill()
    process.wait()
    ending = stack.spawn(*command)
    with pytest.raises(subprocess.TimeoutExpired):
        ending.communicate(timeout=4)
    os.kill(postgres, signal.SIGCONT)
    output = ending.communicate(timeout=120)[0]
    assert (ending.returncode, output.count("error")) == (0, 0), output
    assert not is_alive(postgres)
    assert (stack.home / "pg17").exists() == (command == ["down"])


def is_migrating(home: Path) -> bool:
    """Whether the stack below `home` has come as far as its migrations."""
    members = Alive(home).members()
    return any(b"migrate" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in members if is_alive(pid))


MOMENTS: dict[str, Callable[[Path], bool]] = {
    "keys made": lambda home: (home / "keys.json").exists(),
    "initdb at work": lambda home: any(home.glob("pg17.init-*/data/base")),
    "Postgres starting": lambda home: (home / "pg17" / "postmaster.pid").exists(),
    "migrating": is_migrating,
}


def test_a_supervisor_may_be_killed_at_any_moment_of_its_start(stack: Stack) -> None:
    """From the keys to the migrations: whatever it left, the next start comes up on the ports that were asked for."""
    for name, has_come in MOMENTS.items():
        process = stack.spawn("up", *ALONE)
        deadline = time.monotonic() + 120
        while not has_come(stack.home):
            assert time.monotonic() < deadline and process.poll() is None, (name, stack.logs())
            time.sleep(0.005)
        process.kill()
        process.communicate()
    again = stack.run("up", "--detach", *ALONE)
    assert again.returncode == 0, again.stdout + again.stderr + stack.logs()
    assert "occupied" not in again.stdout
    assert not list(stack.home.glob("pg17.init-*"))
    with psycopg.connect(stack.status()["database_url"], connect_timeout=30) as owner:
        assert owner.execute("select to_regclass('public.et_messages') is not null").fetchone() == (True,)


def answering(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """A connection: a server that is being started again refuses for a moment."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return psycopg.connect(url, connect_timeout=30)
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_a_child_and_postgres_that_die_are_started_again(stack: Stack) -> None:
    """The catcher and Postgres come back after SIGKILL, and are counted."""
    stack.start()
    before = stack.status()
    for name in ("catcher", "postgres"):
        os.kill(before["processes"][name]["pid"], signal.SIGKILL)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        now = stack.status()["processes"]
        if now["catcher"]["restarts"] == 1 and now["catcher"]["state"] == "running":
            break
        time.sleep(0.2)
    assert now["catcher"]["pid"] != before["processes"]["catcher"]["pid"]
    with answering(before["database_url"]) as owner:
        assert owner.execute("select 1").fetchone() == (1,)


def test_a_second_start_says_where_the_first_one_is(stack: Stack) -> None:
    """One line with the address and the command that helps; the running stack is not disturbed."""
    assert stack.run("up", "--detach", *ALONE).returncode == 0
    pids = stack.pids()
    second = stack.run("up", *ALONE)
    assert second.returncode == 1
    assert re.fullmatch(r"error: already running at http://127\.0\.0\.1:\d+ \(pid \d+\) — .*\n", second.stderr)
    assert stack.pids() == pids


def test_an_occupied_port_is_replaced_told_and_kept(stack: Stack) -> None:
    """The next free port is taken, printed, and used by the next start as well."""
    wanted = int(stack.environment["PARLEY_CATCHER_PORT"])
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        squatter.bind(("127.0.0.1", wanted))
        squatter.listen()
        first = stack.run("up", "--detach", *ALONE)
        taken = re.search(rf"port {wanted} is occupied: catcher takes (\d+)", first.stdout)
        assert taken, first.stdout + first.stderr
        assert stack.status()["catcher"] == f"127.0.0.1:{taken[1]}", "asked for the old port, the new one is meant"
        stack.environment.pop("PARLEY_CATCHER_PORT")
        assert stack.status()["catcher"] == f"127.0.0.1:{taken[1]}"
        with smtplib.SMTP("127.0.0.1", int(taken[1])) as client:
            assert client.noop()[0] == 250
        stack.run("down")
    assert stack.run("up", "--detach", *ALONE).returncode == 0
    assert stack.status()["catcher"] == f"127.0.0.1:{taken[1]}"


def test_data_of_another_major_is_refused_and_reset_helps(stack: Stack) -> None:
    """One line names the version and `parley reset`; after it the stack starts."""
    data = stack.home / "pg16"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("16\n")
    kept = stack.home / "storage" / "signing.key"
    kept.parent.mkdir()
    kept.write_text("of that data's files")
    refused = stack.run("up", *ALONE)
    assert refused.returncode == 1
    assert "holds data of Postgres 16, this is Postgres 17 — `parley reset`" in refused.stderr
    assert stack.run("reset", "--yes").returncode == 0
    assert (data.exists(), kept.exists()) == (False, False)
    assert stack.run("up", "--detach", *ALONE).returncode == 0


def test_what_an_interrupted_start_left_is_cleared(stack: Stack) -> None:
    """A half-made data folder and a stale state file do not matter."""
    (stack.home / "pg17.init-1" / "data").mkdir(parents=True)
    (stack.home / "state.json").write_text('{"pid": 1, "ready": true, "proc')
    (stack.home / "keys.json").write_text("{")
    started = stack.run("up", "--detach", *ALONE)
    assert started.returncode == 0, started.stderr + stack.logs()
    assert not list(stack.home.glob("pg17.init-*"))
    assert (stack.home / "keys.json").stat().st_mode & 0o777 == 0o600


def test_another_database_is_used_when_one_is_given(stack: Stack, home: object) -> None:
    """With DATABASE_URL no Postgres is started: a bare server reached by a superuser is prepared and migrated."""
    from devstack.ports import free_port
    from devstack.postgres import Server

    server = Server(stack.home.parent / "other", port=free_port(), password="elsewhere-password", durable=False)
    server.start()
    try:
        url = f"postgresql://supabase_admin:elsewhere-password@127.0.0.1:{server.port}/postgres"
        started = stack.run("up", "--detach", *ALONE, DATABASE_URL=url)
        assert started.returncode == 0, started.stdout + started.stderr + stack.logs()
        status = stack.status()
        assert "postgres" not in status["processes"]
        assert status["database_url"] == url
        with psycopg.connect(status["worker_database_url"]) as worker:
            row = worker.execute("select current_user::text, to_regclass('public.et_messages') is not null").fetchone()
        assert row == ("parley_worker", True)
        stack.run("down")
    finally:
        server.stop()


def test_the_command_line_answers_quickly_and_helps(stack: Stack) -> None:
    """Help imports no command, and a mistyped name is answered with the nearest one."""
    script = "import sys, app.cli; app.cli.main(['--help'])"
    helped = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", script], env=stack.environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Start everything" in helped.stdout
    assert "app.commands.up" not in helped.stderr
    assert "rich" not in re.findall(r"\| +(\w+)$", helped.stderr, re.MULTILINE)
    wrong = stack.run("statsu")
    assert wrong.returncode == 2
    assert "Did you mean `parley status`?" in wrong.stderr
