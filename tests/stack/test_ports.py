"""Ports are held from the choice on: nobody else gets them, and our own servers still may listen."""

import http.server
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import load
from devstack.alive import Alive
from devstack.children import Child, answers_http
from devstack.plan import NAMES, Plan
from devstack.ports import Ports, free_port, is_free, listens
from devstack.state import State
from devstack.supervisor import StopRequested, Supervisor
from tests.stack.conftest import Stack

IP_LOCAL_PORT_RANGE = 51
"""From <linux/in.h> (Linux 6.3): the ports the kernel may choose from for this socket."""
KERNEL = tuple(int(number) for number in re.findall(r"\d+", os.uname().release)[:2])


@pytest.fixture
def ports() -> Iterator[Ports]:
    """The ports of a stack."""
    made = Ports()
    yield made
    made.release()


def lend(port: int) -> None:
    """Have the kernel choose a port for an outgoing connection, from `port` alone. Raises OSError when it is held."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE, struct.pack("I", port << 16 | port))
        client.connect(server.getsockname())
        assert client.getsockname()[1] == port


def listener(port: int) -> socket.socket:
    """A server that does what all of ours do."""
    return socket.create_server(("127.0.0.1", port), backlog=8)


@pytest.mark.skipif(KERNEL < (6, 3), reason="older kernels cannot be asked for one port")
def test_a_chosen_port_is_lent_to_no_connection(ports: Ports) -> None:
    """The kernel gives a port of its range to anybody's outgoing connection, but not one that was chosen."""
    chosen = ports.take(0)
    with pytest.raises(OSError, match="Cannot assign requested address"):
        lend(chosen)
    first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    assert not first <= free_port() <= last
    ports.release()
    lend(chosen)


def test_a_chosen_port_is_nobody_elses_and_ours_to_listen_on_again_and_again(ports: Ports) -> None:
    """Another stack gets the next one; a server of ours may listen, stop, and listen again."""
    chosen, others = ports.take(0), Ports()
    assert others.take(chosen) > chosen
    assert ports.take(chosen) > chosen, "no two alike"
    with socket.socket() as stranger, pytest.raises(OSError, match="Address already in use"):
        stranger.bind(("127.0.0.1", chosen))
    for _ in range(2):
        with listener(chosen):
            assert not is_free(chosen)
        assert is_free(chosen)
    others.release()
    ports.release()
    assert others.take(chosen) == chosen
    others.release()


def test_stacks_that_choose_at_once_choose_differently() -> None:
    """Thirty processes want the same port at the same moment: thirty ports."""
    wanted = free_port()
    code = (
        "import sys; from devstack.ports import Ports; ports = Ports(); sys.stdin.readline();"
        f"print(ports.take({wanted}), flush=True); sys.stdin.readline()"
    )
    stacks = [
        subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(30)
    ]
    for stack in stacks:
        assert stack.stdin
        stack.stdin.write("\n")
        stack.stdin.flush()
    chosen = [int(stack.stdout.readline()) for stack in stacks if stack.stdout]
    for stack in stacks:
        stack.communicate("\n")
    assert len(set(chosen)) == 30
    assert wanted in chosen


def test_a_substitute_is_not_taken_from_somebody_who_holds_it(ports: Ports) -> None:
    """The port asked for may be held for us; the next one must be nobody's."""
    while True:
        wanted = ports.take(0)
        ports.release()
        with socket.socket() as holder:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                holder.bind(("127.0.0.1", wanted + 1))
            except OSError:
                continue
            with listener(wanted):
                assert ports.take(wanted) > wanted + 1
            return


def test_only_the_process_that_listens_is_told_to_listen() -> None:
    """The kernel says whose socket it is."""
    port = free_port()
    assert not listens(os.getpid(), port)
    with listener(port):
        assert listens(os.getpid(), port)
        assert not listens(os.getppid(), port)


def test_a_stranger_that_answers_does_not_make_a_process_ready(stack: Stack) -> None:
    """Whoever took the port may say 200: the process counts as ready only when it is the one that listens."""

    class Friendly(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

    with http.server.HTTPServer(("127.0.0.1", 0), Friendly) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        answers = answers_http(f"http://127.0.0.1:{other.server_port}/")
        child = Child("api", "http.server", 2, other.server_port, answers)
        stack.home.mkdir()
        child.start(stack.environment, stack.home)
        try:
            assert answers()
            assert not child.check_ready()
        finally:
            child.signal(signal.SIGKILL)
            assert child.process is not None
            child.process.wait()
            other.shutdown()


@pytest.fixture
def alive(stack: Stack) -> Iterator[Alive]:
    """A run of the stack, in this process, over before the stack is cleaned away: that waits for all who take part."""
    stack.home.mkdir()
    made = Alive(stack.home)
    made.join()
    yield made
    made.leave()


def test_a_port_lost_between_choice_and_start_is_replaced_by_another(stack: Stack, ports: Ports, alive: Alive) -> None:
    """Somebody insists on Postgres's port in the last moment: it takes the next, says so, and everybody looks there."""
    asked = load(stack.environment, local_stack=False)
    state, said = State(stack.home), list[str]()
    plan = Plan.make(asked, state, said.append, frozenset(NAMES) - {"catcher"}, ports)
    supervisor = Supervisor(plan, state, ports, alive, said.append)
    up: dict[str, object] = {}

    def note_and_stop(values: dict[str, object]) -> None:
        up.update(values)
        up["status"] = stack.status()
        raise StopRequested

    with listener(asked.pg_port):
        supervisor.run(note_and_stop)
    taken = up["pg_port"]
    assert taken != asked.pg_port
    assert f"port {asked.pg_port} is occupied: pg takes {taken}" in said
    assert f":{taken}/" in up["status"]["database_url"]  # type: ignore[index]


def test_an_occupied_metrics_port_stops_no_worker(stack: Stack, ports: Ports, alive: Alive) -> None:
    """Nobody but the state file names it: another one is as good."""
    asked = load(stack.environment, local_stack=False)
    state = State(stack.home)
    plan = Plan.make(asked, state, lambda _: None, frozenset(NAMES) - {"inbound"}, ports)
    supervisor = Supervisor(plan, state, ports, alive, lambda _: None)
    up: dict[str, object] = {}

    def look_and_stop(values: dict[str, object]) -> None:
        deadline = time.monotonic() + 120
        (child,) = supervisor.children
        assert child.process is not None
        while not listens(child.process.pid, child.metrics_port):
            assert time.monotonic() < deadline, stack.logs()
            time.sleep(0.05)
        up.update(values, restarts=child.restarts)
        raise StopRequested

    with listener(plan.metrics["inbound"]):
        supervisor.run(look_and_stop)
    assert up["restarts"] == 0
    assert up["metrics"] != plan.metrics


def test_a_stop_that_python_cannot_raise_is_kept_and_not_shown(
    stack: Stack, ports: Ports, alive: Alive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal that comes while a destructor or a fork's callback runs: no traceback, and the next look ends the run."""
    shown: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", shown.append)
    state = State(stack.home)
    asked = load(stack.environment, local_stack=False)
    supervisor = Supervisor(
        Plan.make(asked, state, lambda _: None, frozenset(NAMES), ports), state, ports, alive, lambda _: None
    )

    class Signalled:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0)

    class Broken:
        def __del__(self) -> None:
            raise ValueError("ours to see")

    with supervisor._signals():
        Signalled()
        Broken()
    assert supervisor.stops == 1
    with pytest.raises(StopRequested):
        supervisor._check()
    (other,) = shown
    assert "ours to see" in str(other.exc_value)  # type: ignore[attr-defined]
