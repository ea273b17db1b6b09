"""Ports on 127.0.0.1: the one asked for, else the next free one."""

import socket

from devstack.errors import StackError


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
        return True


def next_free(wanted: int, taken: set[int] | None = None, *, tries: int = 200) -> int:
    """`wanted`, or the first free port above it that is not in `taken`. Raises StackError after `tries`."""
    for port in range(wanted, min(wanted + tries, 65536)):
        if port not in (taken or set()) and is_free(port):
            return port
    raise StackError(
        f"no free port from {wanted} on", "stop what listens there, or set another port (see .env.example)"
    )


def free_port() -> int:
    """Any port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
