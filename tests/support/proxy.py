"""A TCP proxy on loopback that can fall silent: connections stay open, nothing comes through any more."""

import contextlib
import selectors
import socket
import threading


class Proxy:
    """Forwards to `target` (host, port) until `swallow()`: the connections of that moment are dead without knowing it.

    Connections made afterwards work. Use as a context manager.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self._stopping = threading.Event()
        self._dead: set[socket.socket] = set()
        self._peers: dict[socket.socket, socket.socket] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(60)
        for one in (*self._peers, self.listener):
            one.close()

    def swallow(self) -> int:
        """From now on the open connections carry nothing; how many they are."""
        with self._lock:
            self._dead |= set(self._peers)
            return len(self._dead) // 2

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self.listener, selectors.EVENT_READ)
            while not self._stopping.is_set():
                for key, _ in selector.select(0.05):
                    if key.fileobj is self.listener:
                        self._open(selector)
                    else:
                        self._forward(selector, key.fileobj)  # type: ignore[arg-type]

    def _open(self, selector: selectors.BaseSelector) -> None:
        inner, _ = self.listener.accept()
        outer = socket.create_connection(self.target)
        with self._lock:
            self._peers[inner], self._peers[outer] = outer, inner
        for one in (inner, outer):
            selector.register(one, selectors.EVENT_READ)

    def _forward(self, selector: selectors.BaseSelector, source: socket.socket) -> None:
        with self._lock:
            dead, peer = source in self._dead, self._peers.get(source)
        with contextlib.suppress(OSError):
            data = source.recv(65536)
            if dead:
                if not data:
                    selector.unregister(source)
                return
            if data and peer is not None:
                peer.sendall(data)
                return
        self._close(selector, source)

    def _close(self, selector: selectors.BaseSelector, source: socket.socket) -> None:
        with self._lock:
            peer = self._peers.pop(source, None)
            if peer is not None:
                self._peers.pop(peer, None)
        for one in (source, peer):
            if one is not None:
                with contextlib.suppress(KeyError, ValueError):
                    selector.unregister(one)
                one.close()
