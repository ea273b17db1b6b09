"""The SMTP adapter against real servers: how each ending of the dialogue becomes an outcome."""

import asyncio
import socket
from pathlib import Path

import msgspec
import pytest

from app.channels.email.smtp import SmtpAdapter
from app.channels.email.smtp_pool import SmtpPool, server_from_url
from app.domain.channels import Dispatch, OutgoingFile
from tests.channels.email import smtp_servers as servers
from tests.support.tls import Authority

DISPATCH = Dispatch(
    tenant_id="t", queue_id="q1", message_id="m1", thread_id="th1", channel="email", provider="smtp",
    session_address="desk@example.com", attempt=1, idempotency_key="k", recipient="ann@example.org",
    recipient_name="Ann", body="Hello\n.\nbye", subject="Your visit", sender_kind="ai", sender_address="desk@example.com",
    sender_name="Desk", external_message_id="out-1@example.com", in_reply_to="in-1@example.org", references=("in-0@example.org",),
    session_config={}, secrets={},
)  # fmt: skip


class Mark:
    """A `before_send` that counts and may refuse."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls, self.error = 0, error

    async def __call__(self) -> None:
        self.calls += 1
        if self.error:
            raise self.error


def adapter(port: int, query: str = "", **options: float) -> SmtpAdapter:
    return SmtpAdapter(
        f"smtp://127.0.0.1:{port}{query}",
        timeout=options.get("timeout", 30),
        data_timeout=options.get("data_timeout", 30),
    )


async def test_an_accepted_mail_reports_its_ids() -> None:
    """250 after the data is `accepted`, with our Message-ID and the server's queue id, marked exactly once before."""
    script, mark = servers.Script(), Mark()
    async with servers.smtp_server(script) as port:
        out = adapter(port)
        outcome = await out.send(DISPATCH, mark)
        await out.close()
    assert (outcome.kind, mark.calls) == ("accepted", 1)
    assert outcome.provider_message_id == "out-1@example.com Q123ABC"
    assert b"Message-ID: <out-1@example.com>" in script.mails[0]
    assert b"\r\n.\r\nbye" in script.mails[0], "a lone dot must survive the transport"


@pytest.mark.parametrize(
    ("reply", "kind", "suppress"),
    [
        ("450 4.2.1 try later", "retry", False),
        ("550 5.1.1 User unknown", "rejected", True),
        ("550 5.7.1 Relaying denied", "rejected", False),
        ("552 5.2.2 Mailbox full", "rejected", False),
        ("550 rejected by local policy", "rejected", False),
    ],
)
async def test_a_refused_recipient_never_reaches_the_mark(reply: str, kind: str, suppress: bool) -> None:
    """A no at RCPT ends before `before_send`, and only an unknown address is suppressed."""
    mark = Mark()
    async with servers.smtp_server(servers.Script(rcpt=reply)) as port:
        out = adapter(port)
        outcome = await out.send(DISPATCH, mark)
        await out.close()
    assert (outcome.kind, outcome.suppress_recipient, mark.calls) == (kind, suppress, 0)


@pytest.mark.parametrize(("reply", "kind"), [("451 4.3.0 disk", "retry"), ("554 5.6.0 content refused", "rejected")])
async def test_a_definite_no_after_the_data_is_definite(reply: str, kind: str) -> None:
    """A negative reply to the end of data means not delivered, and says nothing about the address."""
    async with servers.smtp_server(servers.Script(data=reply)) as port:
        out = adapter(port)
        outcome = await out.send(DISPATCH, Mark())
        await out.close()
    assert (outcome.kind, outcome.suppress_recipient) == (kind, False)


@pytest.mark.parametrize("ending", ["drop", "hang"])
async def test_a_lost_answer_after_the_data_is_unknown(ending: str) -> None:
    """A connection that breaks or falls silent after the data leaves the outcome open."""
    async with servers.broken_server(ending) as port:
        outcome = await adapter(port, data_timeout=0.3).send(DISPATCH, Mark())
    assert outcome.kind == "unknown"


async def test_nobody_listening_is_a_retry() -> None:
    """A refused connection cannot have delivered anything."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mark = Mark()
    outcome = await adapter(port).send(DISPATCH, mark)
    assert (outcome.kind, mark.calls) == ("retry", 0)


async def test_a_lost_lease_stops_before_data() -> None:
    """What `before_send` raises comes back, nothing is sent, and the connection is clean for the next mail."""
    script = servers.Script()
    async with servers.smtp_server(script) as port:
        out = adapter(port)
        with pytest.raises(ConnectionError, match="lease"):
            await out.send(DISPATCH, Mark(ConnectionError("lease lost")))
        assert script.mails == []
        assert script.resets == 1
        assert (await out.send(DISPATCH, Mark())).kind == "accepted"
        await out.close()
    assert len(script.mails) == 1


async def test_starttls_is_used_when_offered_and_demanded_when_required(tmp_path: Path) -> None:
    """Offered: a self-signed server is talked to in TLS. Required: a server without STARTTLS gets nothing."""
    script = servers.Script()
    async with servers.smtp_server(script, tls=Authority(tmp_path).server("localhost")) as port:
        out = adapter(port)
        assert (await out.send(DISPATCH, Mark())).kind == "accepted"
        strict = adapter(port, "?tls=required")
        assert (await strict.send(DISPATCH, Mark())).kind == "retry", (
            "an unproven certificate is not enough when TLS is required"
        )
        await out.close()
    assert script.tls == [True]
    async with servers.smtp_server(plain := servers.Script()) as port:
        mark = Mark()
        assert (await adapter(port, "?tls=required").send(DISPATCH, mark)).kind == "retry"
        assert (mark.calls, plain.mails) == (0, [])


async def test_connections_are_reused_and_replaced_after_a_restart() -> None:
    """Two mails share a connection; after the server restarts the next mail still goes out."""
    script = servers.Script()
    async with servers.smtp_server(script) as port:
        out = adapter(port)
        for _ in range(2):
            assert (await out.send(DISPATCH, Mark())).kind == "accepted"
        assert len(script.sessions) == 1
    again = servers.Script()
    async with servers.smtp_server(again, port=port):
        assert (await out.send(DISPATCH, Mark())).kind == "accepted"
        await out.close()
    assert len(again.mails) == 1


async def test_a_server_nobody_uses_any_more_is_forgotten() -> None:
    """Its connection is hung up and its password is kept no longer; one in use stays, however long it takes."""
    async with servers.smtp_server(servers.Script()) as old, servers.smtp_server(servers.Script()) as new:
        pool = SmtpPool(size=2, idle_s=0.05, hostname="desk.example.com", context=None, timeout=30)
        first, second = (server_from_url(f"smtp://127.0.0.1:{port}?tls=none") for port in (old, new))
        async with pool.connection(first) as client, pool.connection(second):
            await asyncio.sleep(0.06)
            async with pool.connection(second):
                assert set(pool.servers) == {first, second} and client.is_connected
        await asyncio.sleep(0.06)
        async with pool.connection(second):
            assert set(pool.servers) == {second} and not client.is_connected
        await pool.close()


async def test_a_session_may_name_its_own_server() -> None:
    """`session_config["smtp"]` overrides the default server; an unknown TLS mode is refused, not guessed."""
    script = servers.Script()
    async with servers.smtp_server(script) as port:
        out = SmtpAdapter("smtp://192.0.2.1:25", timeout=30, private_hosts=frozenset({"127.0.0.1"}))
        own = {"smtp": {"host": "127.0.0.1", "port": port, "tls": "none"}}
        assert (await out.send(msgspec.structs.replace(DISPATCH, session_config=own), Mark())).kind == "accepted"
        wrong = {"smtp": {"host": "127.0.0.1", "port": port, "tls": "maybe"}}
        assert (
            await out.send(msgspec.structs.replace(DISPATCH, session_config=wrong), Mark())
        ).error_code == "invalid_config"
        await out.close()


async def test_a_message_without_its_file_does_not_leave() -> None:
    """A file whose bytes are not there ends as `rejected`, before any connection."""
    file = OutgoingFile(id="f", filename="a.pdf", content_type="application/pdf", size_bytes=7)
    outcome = await adapter(9).send(msgspec.structs.replace(DISPATCH, attachments=(file,)), Mark())
    assert (outcome.kind, outcome.error_code) == ("rejected", "missing_file")


async def test_an_injected_header_is_rejected_before_any_connection() -> None:
    """A line break in the subject ends as `rejected`, naming the field."""
    outcome = await adapter(9).send(msgspec.structs.replace(DISPATCH, subject="x\r\nBcc: eve@example.org"), Mark())
    assert (outcome.kind, outcome.error_code) == ("rejected", "invalid_header")
    assert "subject" in (outcome.error or "")


@pytest.mark.parametrize(
    ("url", "mode", "port"),
    [("smtp://h", "offered", 25), ("smtp://h?tls=auto", "offered", 25), ("smtp://h:587?tls=starttls", "required", 587),
     ("smtp://h?tls=tls", "implicit", 465), ("smtps://h", "implicit", 465), ("smtp://h?tls=none", "none", 25)],
)  # fmt: skip
def test_every_documented_mode_is_understood(url: str, mode: str, port: int) -> None:
    """The words of .env.example, each with its usual port."""
    server = server_from_url(url)
    assert (server.tls, server.port) == (mode, port)


def test_a_server_never_shows_its_password() -> None:
    """The password of the URL is kept out of every representation."""
    server = server_from_url("smtp://bob:s%3Acret@mail.example.org:587?tls=required")
    assert (server.password, server.port, server.tls) == ("s:cret", 587, "required")
    assert "cret" not in repr(server)
