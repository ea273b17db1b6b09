"""A clamd on loopback: INSTREAM over TCP or a Unix socket, with its limit, its answers and its ways to fail."""

import contextlib
import socket
import struct
import threading
from pathlib import Path

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The test file every scanner knows; harmless."""


class FakeClamd:
    """Scans for EICAR. `mode`: ok; hang (no answer); drop (hangs up early); error (the engine failed)."""

    def __init__(self, path: Path | None = None, most: int = 1_000_000) -> None:
        self._path, self.most, self.mode = path, most, "ok"
        self.scanned: list[int] = []
        """Sizes of the streams that were read to their end."""
        self.address = ""
        self._server: socket.socket | None = None

    def __enter__(self) -> "FakeClamd":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; at the same address as before, when there was one."""
        family = socket.AF_UNIX if self._path else socket.AF_INET
        server = socket.socket(family, socket.SOCK_STREAM)
        if self._path:
            self._path.unlink(missing_ok=True)
            server.bind(str(self._path))
            self.address = str(self._path)
        else:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", int(self.address.rpartition(":")[2] or 0)))
            self.address = f"127.0.0.1:{server.getsockname()[1]}"
        server.listen(16)
        self._server = server
        threading.Thread(target=self._serve, args=[server], daemon=True).start()

    def stop(self) -> None:
        """Go down: connections are refused."""
        if self._server is not None:
            with contextlib.suppress(OSError):
                self._server.shutdown(socket.SHUT_RDWR)
            self._server.close()
            self._server = None

    def _serve(self, server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            stream = connection.makefile("rb")
            command = b""
            while not command.endswith(b"\0"):
                one = stream.read(1)
                if not one:
                    return
                command += one
            if command != b"zINSTREAM\0":
                connection.sendall(b"UNKNOWN COMMAND\0")
                return
            if self.mode == "drop":
                return
            data = b""
            while length := struct.unpack("!I", stream.read(4))[0]:
                if len(data) + length > self.most:
                    connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                    return
                data += stream.read(length)
            self.scanned.append(len(data))
            if self.mode == "hang":
                connection.settimeout(30)
                connection.recv(1)
            elif self.mode == "error":
                connection.sendall(b"stream: Can't allocate memory ERROR\0")
            else:
                connection.sendall(b"stream: Win.Test.EICAR_HDB-1 FOUND\0" if EICAR in data else b"stream: OK\0")
