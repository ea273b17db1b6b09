"""Hosts that a tenant names: nothing inside is dialled, whatever the protocol, the spelling or the name server says."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.channels import outside
from app.channels.email.smtp import SmtpAdapter
from app.domain.channels import Health, Session
from app.settings import Settings
from tests.channels.email import smtp_servers as servers
from tests.channels.email.test_smtp import DISPATCH, Mark
from tests.support.tls import Authority
from workers.receivers.imap import ImapReader
from workers.receiving.polling import Account, Trouble

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1", "::1", "fe80::1%1", "fc00::1", "fec0::1",
    "ff02::1", "::ffff:10.0.0.1", "::ffff:0:10.0.0.1", "::10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:a00:1::",
]  # fmt: skip
PUBLIC = ["9.9.9.9", "2620:fe::fe", "64:ff9b::909:909", "::ffff:9.9.9.9"]
Names = Callable[..., None]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    """Let names have addresses; each look-up takes the next answer, the last one stays."""
    known: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def answer(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        if host not in known:
            return real(host, port, *rest, **options)
        answers = known[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    yield lambda host, *answers: known.update({host: list(answers)})


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Somebody inside, who must not be talked to."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.setblocking(False)
        yield made


def untouched(listener: socket.socket) -> bool:
    """Whether nobody came."""
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return True
    return False


def session(**config: Any) -> Session:
    """An account with servers of the tenant's own."""
    return Session(
        tenant_id="t", session_id="s", channel="email", provider="imap", address="desk@acme.test", config=config,
        secrets={"password": "x"},
    )  # fmt: skip


async def check(host: str, port: int, *private_hosts: str) -> Health:
    """How an account with its own SMTP server is."""
    adapter = SmtpAdapter("smtp://127.0.0.1:25", timeout=30, private_hosts=frozenset(private_hosts))
    try:
        return await adapter.check(session(smtp={"host": host, "port": port, "tls": "none"}))
    finally:
        await adapter.close()


def test_what_is_public_is_told_from_what_is_not() -> None:
    """Loopback, private, shared, link-local and multicast addresses are refused, also when another address carries
    them."""
    judged = {text: outside._is_public(ipaddress.ip_address(text.split("%")[0])) for text in [*PRIVATE, *PUBLIC]}
    assert judged == {**dict.fromkeys(PRIVATE, False), **dict.fromkeys(PUBLIC, True)}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "inside.test", "mixed.test"])
async def test_a_tenants_smtp_server_inside_is_not_dialled(names: Names, listener: socket.socket, host: str) -> None:
    """However it is spelled, and also when only one of its addresses is inside: no connection, and the reason is told."""
    names("inside.test", ["127.0.0.1"])
    names("mixed.test", ["127.0.0.1", "9.9.9.9"])
    port = listener.getsockname()[1]
    assert await check(host, port) == Health(
        status="disconnected", reason=f"config.smtp.host: {host} is not a public address"
    )
    own = msgspec.structs.replace(DISPATCH, session_config={"smtp": {"host": host, "port": port, "tls": "none"}})
    mark = Mark()
    outcome = await SmtpAdapter("smtp://127.0.0.1:25").send(own, mark)
    assert (outcome.kind, outcome.error_code, outcome.retry_after_s, mark.calls) == ("retry", "private_host", 300, 0)
    assert untouched(listener)


@pytest.mark.parametrize("host", ["localhost", "inside.test"])
async def test_a_tenants_imap_server_inside_is_not_dialled(names: Names, listener: socket.socket, host: str) -> None:
    """The account is disconnected at once and says which field to change."""
    names("inside.test", ["127.0.0.1"])
    config = {"host": host, "port": listener.getsockname()[1], "tls": "none"}
    reader = ImapReader(Settings(private_hosts="127.0.0.1"))
    with pytest.raises(Trouble) as told:
        await anext(reader.read(Account(session=session(imap=config), cursor={})))
    await reader.close()
    assert (told.value.status, told.value.certain) == ("disconnected", True)
    assert told.value.reason == f"config.imap.host: {host} is not a public address"
    assert untouched(listener)


async def test_a_name_that_changes_its_mind_leads_nowhere_else(names: Names) -> None:
    """What was looked at is what is dialled, by SMTP and by IMAP: the second answer, another host, is never asked for."""
    async with servers.smtp_server(servers.Script()) as port:
        names("twice.test", ["127.0.0.1"], ["127.0.0.2"])
        assert (await check("twice.test", port, "twice.test")).status == "connected"
        names("twice.test", ["127.0.0.1"], ["127.0.0.2"])
        dialled = await asyncio.to_thread(outside.dial_blocking, "twice.test", port, frozenset({"twice.test"}), 5.0)
        assert dialled.getpeername() == ("127.0.0.1", port)
        dialled.close()


async def test_hosts_the_operator_names_are_dialled(names: Names) -> None:
    """An intranet's mail server works once the operator has named it, whatever its address."""
    names("mail.intranet.test", ["127.0.0.1"])
    async with servers.smtp_server(servers.Script()) as port:
        assert (await check("mail.intranet.test", port, "mail.intranet.test")).status == "connected"


@pytest.mark.parametrize("implicit", [True, False])
async def test_the_certificate_is_that_of_the_name(
    names: Names, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, implicit: bool
) -> None:
    """Dialled by address, proven by name: TLS from the first byte and STARTTLS both ask for the host's certificate."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    tls = "tls" if implicit else "starttls"
    states = {}
    for shown in ("mail.acme.test", "mail.elsewhere.test"):
        names("mail.acme.test", ["127.0.0.1"])
        async with servers.smtp_server(servers.Script(), tls=authority.server(shown), implicit=implicit) as port:
            adapter = SmtpAdapter("smtp://127.0.0.1:25", timeout=30, private_hosts=frozenset({"mail.acme.test"}))
            config = {"host": "mail.acme.test", "port": port, "tls": tls}
            states[shown] = (await adapter.check(session(smtp=config))).status
            await adapter.close()
    assert states == {"mail.acme.test": "connected", "mail.elsewhere.test": "degraded"}


@pytest.mark.parametrize("host", ["a" * 64 + ".test", "nul\0.test", "nowhere.invalid"])
async def test_a_name_that_is_none_is_an_error_of_the_account(host: str) -> None:
    """No name that a tenant can write breaks a worker."""
    assert (await check(host, 25)).status == "degraded"
