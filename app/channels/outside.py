"""HTTP to addresses strangers name: only public addresses, looked up once and connected to as looked up.

Every connection is checked, so a redirect, a second look-up or a name that changes its mind leads nowhere else.
"""

import asyncio
import ipaddress
import socket
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
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} is not known") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if host not in self._private and not all(ipaddress.ip_address(a.split("%")[0]).is_global for a in addresses):
            raise Refused(f"{host} is not a public address")
        last: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as failed:
                last = failed
        raise last


def transport(private_hosts: frozenset[str], limits: httpx.Limits | None = None) -> httpx.AsyncHTTPTransport:
    """A way to the network that leads to public addresses and to the hosts that are named."""
    made = httpx.AsyncHTTPTransport(retries=0, limits=limits or httpx.Limits())
    # httpx has no public way to give its transport another network.
    made._pool._network_backend = GuardedBackend(private_hosts)
    return made


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
