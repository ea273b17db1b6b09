"""Ports on 127.0.0.1: the one asked for, else the next free one, held from the choice to the end.

That a port is free is no promise. Until our server is up, the kernel may lend it to somebody's outgoing connection, and
another stack may choose it as well. So a chosen port is held: it is bound, but nobody listens on it. The kernel then
gives it to nobody else, while our own servers, which all set SO_REUSEADDR, may listen on it, also after a restart.
"""

import os
import random
import socket
import sys
from pathlib import Path

from devstack.errors import StackError

HOST = "127.0.0.1"
CAN_HOLD = sys.platform == "linux"
"""Elsewhere a bound port is nobody else's to listen on, not even ours: there a choice is only checked."""


class Ports:
    """The ports of one run of the stack, no two alike. They are ours until `release()` or the end of this process."""

    def __init__(self) -> None:
        self._held: dict[int, list[socket.socket]] = {}

    def take(self, wanted: int, *, tries: int = 200) -> int:
        """`wanted`, or the first free port above it; 0 is any free one. Raises StackError after `tries`."""
        if wanted == 0:
            wanted = _any_port()
        for port in range(wanted, min(wanted + tries, 65536)):
            # A port that was not asked for should be nobody's at all; the one asked for may be held for us by whoever
            # asks, or still have old connections of our last run.
            sockets = None if port in self._held else _hold(port, strictly=port != wanted)
            if sockets is not None:
                self._held[port] = sockets
                return port
        raise StackError(
            f"no free port from {wanted} on", "stop what listens there, or set another port (see .env.example)"
        )

    def release(self) -> None:
        """Let go of all of them."""
        for sockets in self._held.values():
            for one in sockets:
                one.close()
        self._held.clear()


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` now."""
    with socket.socket() as probe:
        return _bind(probe, port, reuse=True)


def listens(pid: int, port: int) -> bool:
    """Whether process `pid` itself listens on `port`, and not somebody who was quicker. True where there is no
    /proc to ask."""
    if not CAN_HOLD:
        return True
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
        except OSError:
            continue
        # Columns: local address and port in hexadecimal, state (0A: listening), and the number of the socket.
        inodes |= {f"socket:[{row[9]}]" for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A"}
    try:
        return any(_target(entry) in inodes for entry in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def free_port() -> int:
    """A port nobody listens on, held for a server of this process or of one it starts, until this process ends."""
    holder = socket.socket()
    while not _bind(holder, port := random.choice(_UNLENT), reuse=False):  # noqa: S311 - no secret
        pass
    if not CAN_HOLD:
        holder.close()
        return port
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # from here on others may share it who say so too
    _KEPT.append(holder)
    return port


_UNLENT = range(20_000, 32_000)
"""Ports that no kernel lends to outgoing connections by default, and none of ours has by default."""


_KEPT: list[socket.socket] = []
"""What `free_port` holds."""


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _hold(port: int, *, strictly: bool) -> list[socket.socket] | None:
    """The sockets that keep `port` ours, or None when it is somebody's; `strictly`: also when merely held."""
    if not CAN_HOLD:
        return [] if is_free(port) else None
    # Two stacks would both be allowed to bind it. A name in the abstract space is given out once, whoever asks, and
    # goes with its process.
    name, holder = socket.socket(socket.AF_UNIX), socket.socket()
    try:
        name.bind(f"\0parley-port-{port}")
    except OSError:
        name.close()
        holder.close()
        return None
    if not (strictly and not _is_nobodys(port)) and _bind(holder, port, reuse=True):
        return [name, holder]
    name.close()
    holder.close()
    return None


def _is_nobodys(port: int) -> bool:
    with socket.socket() as probe:
        return _bind(probe, port, reuse=False)


def _bind(one: socket.socket, port: int, *, reuse: bool) -> bool:
    if reuse:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        one.bind((HOST, port))
    except OSError:
        return False
    return True


def _target(entry: Path) -> str:
    try:
        return os.readlink(entry)  # noqa: PTH115 - socket:[1] is no path
    except OSError:
        return ""
