"""Connections to hosts that strangers and tenants name: public addresses only, looked up once and connected to as
looked up. `fetch` and `once` for HTTP, `dial` and `dial_blocking` for what speaks a protocol of its own.

Every connection is checked, so a redirect, a second look-up or a name that changes its mind leads nowhere else.
"""

import asyncio
import ipaddress
import socket
import time
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx
import msgspec

TIMEOUT_S = 20.0
"""How long each byte is waited for."""
PATIENCE_S = 60.0
"""How long a whole answer is waited for, however it drips."""
MOST_BYTES = 2 * 1024 * 1024
REDIRECTS = 5
TRANSLATED = tuple(ipaddress.IPv6Network(net) for net in ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48"))
"""IPv6 addresses that a gateway or the system turns into the IPv4 address at their end."""
ERRORS = (httpx.HTTPError, httpx.InvalidURL)
"""What a visit may fail with beside Refused and Lost."""


class Refused(Exception):
    """The address is not one we talk to."""


class Lost(Exception):
    """The first request was answered with a redirect, and what came after it failed: what was sent may have arrived."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a page answered; `body` is cut at what its reader asked for at most, two MiB if nothing."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to public addresses, and to hosts that are named as exceptions."""

    def __init__(self, private_hosts: frozenset[str]) -> None:
        self._private = private_hosts
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:  # fmt: skip
        """Look the host up once; connect to one of the addresses that were looked at."""
        try:
            addresses = await _look_up(host, port, self._private)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        last: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as failed:
                last = failed
        raise last


async def dial(host: str, port: int, private_hosts: frozenset[str], timeout_s: float) -> socket.socket:
    """A connected, non-blocking socket to a public address of `host`, after at most `timeout_s`. Raises Refused and
    OSError."""
    last = OSError(f"{host} has no address")
    async with asyncio.timeout(timeout_s):
        for address in await _look_up(host, port, private_hosts):
            opened = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
            opened.setblocking(False)
            try:
                await asyncio.get_running_loop().sock_connect(opened, (address, port))
            except BaseException as error:
                opened.close()
                if not isinstance(error, OSError):
                    raise
                last = error
            else:
                return opened
    raise last


def dial_blocking(host: str, port: int, private_hosts: frozenset[str], timeout_s: float) -> socket.socket:
    """The same for a thread that may wait; the socket keeps what is left of `timeout_s`. Raises Refused and OSError."""
    until, last = time.monotonic() + timeout_s, OSError(f"{host} has no address")
    for address in _checked(host, _find(host, port), private_hosts):
        try:
            return socket.create_connection((address, port), max(0.1, until - time.monotonic()))
        except OSError as error:
            last = error
    raise last


async def _look_up(host: str, port: int, private_hosts: frozenset[str]) -> list[str]:
    found = await asyncio.get_running_loop().run_in_executor(None, _find, host, port)
    return _checked(host, found, private_hosts)


def _find(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:  # ValueError: a name that cannot be one
        raise OSError(f"{host} is not known") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _checked(host: str, addresses: list[str], private_hosts: frozenset[str]) -> list[str]:
    """The addresses when all of them may be talked to. Raises Refused."""
    if host not in private_hosts and not all(_is_public(ipaddress.ip_address(a.split("%")[0])) for a in addresses):
        raise Refused(f"{host} is not a public address")
    return addresses


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether everybody reaches the same host there. Addresses that carry another one count for what they carry."""
    if isinstance(address, ipaddress.IPv6Address):
        carried = address.ipv4_mapped or address.sixtofour
        if carried is None and any(address in net for net in TRANSLATED):
            carried = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if carried is not None:
            return _is_public(carried)
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast


def transport(
    private_hosts: frozenset[str], limits: httpx.Limits | None = None, *, http2: bool = False
) -> httpx.AsyncHTTPTransport:
    """A way to the network that leads to public addresses and to the hosts that are named; over HTTP/2 and nothing
    else, or over HTTP/1.1."""
    made = _Http2(limits) if http2 else httpx.AsyncHTTPTransport(retries=0, limits=limits or httpx.Limits())
    # httpx has no public way to give its transport another network.
    made._pool._network_backend = GuardedBackend(private_hosts)
    return made


class _Http2(httpx.AsyncHTTPTransport):
    """Looks at a connection that was idle before it is used: httpcore finds out that the server has said goodbye only
    by failing on it, and then nobody could tell whether the request was read."""

    def __init__(self, limits: httpx.Limits | None) -> None:
        super().__init__(retries=0, limits=limits or httpx.Limits(), http1=False, http2=True)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        for connection in self._pool.connections:
            stream = getattr(getattr(connection, "_connection", None), "_network_stream", None)
            # Between two requests a server has nothing else to say.
            if stream is not None and connection.is_idle() and stream.get_extra_info("is_readable"):
                await connection.aclose()
        return await super().handle_async_request(request)


def client(private_hosts: frozenset[str] = frozenset()) -> httpx.AsyncClient:
    """A client that keeps cookies of one visit; close it after the visit."""
    return httpx.AsyncClient(
        transport=transport(private_hosts), trust_env=False, follow_redirects=False, timeout=TIMEOUT_S,
        headers={"User-Agent": "Parley/1 (+contact form)", "Accept": "text/html,application/json;q=0.9,*/*;q=0.5"},
    )  # fmt: skip


async def fetch(
    visit: httpx.AsyncClient, method: str, url: str, *, content: bytes | None = None,
    headers: dict[str, str] | None = None, most: int = MOST_BYTES,
) -> Answer:  # fmt: skip
    """One request, redirects followed as browsers do. Raises Refused, `ERRORS`, and Lost for an error after one."""
    answer, location = await once(visit, method, url, content, headers, most=most)
    try:
        for _ in range(REDIRECTS):
            if location is None:
                return answer
            if answer.status in (301, 302, 303):
                method, content, headers = "GET", None, None
            answer, location = await once(visit, method, location, content, headers, most=most)
    except (Refused, *ERRORS) as error:
        raise Lost(f"{type(error).__name__} after a redirect: {error}") from error
    raise Lost(f"more than {REDIRECTS} redirects")


async def once(
    visit: httpx.AsyncClient, method: str, url: str, content: bytes | None = None,
    headers: dict[str, str] | None = None, *, most: int = MOST_BYTES,
) -> tuple[Answer, str | None]:  # fmt: skip
    """The answer to one request, and where it sends us. Raises Refused and `ERRORS`."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise Refused("only http and https pages are opened")
    try:
        async with (
            asyncio.timeout(PATIENCE_S), visit.stream(method, url, content=content, headers=headers) as response
        ):  # fmt: skip
            body = await _read(response, most)
    except TimeoutError as error:
        raise httpx.ReadTimeout(f"no whole answer within {PATIENCE_S:g} s") from error
    answer = Answer(url=url, status=response.status_code, headers=dict(response.headers), body=body)
    location = response.headers.get("location") if answer.status in (301, 302, 303, 307, 308) else None
    return answer, urljoin(url, location) if location else None


async def _read(response: httpx.Response, most: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) >= most:
            break
    return bytes(body[:most])
