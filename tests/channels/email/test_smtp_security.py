"""Passwords and certificates: who gets to see a mail and the password it is sent with."""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from app.channels.email.smtp import SmtpAdapter
from tests.channels.email import smtp_servers as servers
from tests.channels.email.test_smtp import DISPATCH, Mark
from tests.support.tls import Authority

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
"""The server library's own warning about implicit TLS, where it does not see that all of it is encrypted."""

USERS = {"desk": "s3cret:/?"}
RIGHT, WRONG = "desk:s3cret%3A%2F%3F@", "desk:guess@"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """The authority that this machine trusts, as an operator would tell it to."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


async def send(port: int, login: str = "", query: str = "", scheme: str = "smtp") -> tuple[object, Mark]:
    """One mail to localhost; the outcome and how often the mark was set."""
    out, mark = SmtpAdapter(f"{scheme}://{login}localhost:{port}{query}", timeout=30, data_timeout=30), Mark()
    outcome = await out.send(DISPATCH, mark)
    await out.close()
    return outcome, mark


@pytest.mark.parametrize("excluded", ["LOGIN", "PLAIN"])
async def test_either_mechanism_logs_in_over_starttls(authority: Authority, excluded: str) -> None:
    """PLAIN alone and LOGIN alone: the password arrives whole, under TLS, and the mail is taken."""
    script = servers.Script(users=USERS)
    options = {"auth_required": True, "auth_exclude_mechanism": [excluded]}
    async with servers.smtp_server(script, tls=authority.server("localhost"), **options) as port:
        outcome, _ = await send(port, RIGHT, "?tls=starttls")
    assert outcome.kind == "accepted"
    assert script.logins == [("LOGIN" if excluded == "PLAIN" else "PLAIN", "desk", True)]


async def test_implicit_tls_logs_in(authority: Authority) -> None:
    """smtps:// speaks TLS from the first byte."""
    script = servers.Script(users=USERS)
    tls = authority.server("localhost")
    async with servers.smtp_server(script, tls=tls, implicit=True, auth_required=True) as port:
        outcome, _ = await send(port, RIGHT, scheme="smtps")
    assert (outcome.kind, script.tls) == ("accepted", [True])
    assert all(encrypted for _, _, encrypted in script.logins)


@pytest.mark.parametrize("implicit", [True, False])
async def test_a_wrong_password_waits_for_somebody_to_mend_it(authority: Authority, implicit: bool) -> None:
    """535 is no fault of the mail: it waits five minutes under the name `auth`, and nothing was marked as begun."""
    script = servers.Script(users=USERS)
    tls = authority.server("localhost")
    async with servers.smtp_server(script, tls=tls, implicit=implicit, auth_required=True) as port:
        outcome, mark = await send(port, WRONG, scheme="smtps" if implicit else "smtp")
    assert (outcome.kind, outcome.error_code, outcome.retry_after_s) == ("retry", "auth", 300)
    assert "guess" not in repr(outcome)
    assert (mark.calls, script.mails) == (0, [])


async def test_a_server_that_offers_no_log_in_is_an_auth_failure(authority: Authority) -> None:
    """An account with a password at a server without AUTH is told as such."""
    options = {"auth_exclude_mechanism": ["LOGIN", "PLAIN"]}
    async with servers.smtp_server(servers.Script(), tls=authority.server("localhost"), **options) as port:
        outcome, mark = await send(port, RIGHT)
    assert (outcome.kind, outcome.error_code, mark.calls) == ("retry", "auth", 0)


async def test_a_server_that_wants_a_log_in_we_lack_does_not_fail_the_mail(authority: Authority) -> None:
    """530 at MAIL speaks of the account, so the mail waits instead of failing for good."""
    script = servers.Script(users=USERS)
    async with servers.smtp_server(script, tls=authority.server("localhost"), auth_required=True) as port:
        outcome, mark = await send(port)
    assert (outcome.kind, outcome.error_code, mark.calls) == ("retry", "auth", 0)


def _wrong_name(authority: Authority, _folder: Path) -> ssl.SSLContext:
    return authority.server("mail.elsewhere.test")


def _unknown_authority(_authority: Authority, folder: Path) -> ssl.SSLContext:
    return Authority(folder, "Somebody else").server("localhost")


def _expired(authority: Authority, _folder: Path) -> ssl.SSLContext:
    return authority.server("localhost", days=-1)


@pytest.mark.parametrize("certificate", [_wrong_name, _unknown_authority, _expired])
@pytest.mark.parametrize("mode", ["", "?tls=starttls", "implicit"])
async def test_no_password_goes_to_a_server_that_cannot_prove_itself(
    authority: Authority, tmp_path: Path, certificate: object, mode: str
) -> None:
    """Another name, an unknown authority, an expired certificate: no log-in is tried and the mail waits as `tls`."""
    script, implicit = servers.Script(users=USERS), mode == "implicit"
    tls = certificate(authority, tmp_path)  # type: ignore[operator]
    async with servers.smtp_server(script, tls=tls, implicit=implicit) as port:
        outcome, mark = await send(port, RIGHT, "" if implicit else mode, "smtps" if implicit else "smtp")
    assert (outcome.kind, outcome.error_code, mark.calls) == ("retry", "tls", 0)
    assert (script.logins, script.mails) == ([], [])


async def test_without_a_password_any_certificate_beats_clear_text(authority: Authority, tmp_path: Path) -> None:
    """Offered TLS is used between mail servers that know no common authority, as they do everywhere."""
    script = servers.Script()
    async with servers.smtp_server(script, tls=_unknown_authority(authority, tmp_path)) as port:
        outcome, _ = await send(port)
    assert (outcome.kind, script.tls) == ("accepted", [True])


async def test_a_password_never_travels_in_the_clear_unless_told_so(authority: Authority) -> None:
    """A server without STARTTLS gets no password under the default; `tls=none` is somebody's decision."""
    script = servers.Script(users=USERS)
    async with servers.smtp_server(script, auth_require_tls=False) as port:
        outcome, mark = await send(port, RIGHT)
        assert (outcome.kind, outcome.error_code, mark.calls, script.logins) == ("retry", "tls", 0, [])
        outcome, _ = await send(port, RIGHT, "?tls=none")
    assert outcome.kind == "accepted"
    assert script.logins == [("PLAIN", "desk", False)]


class TokenScript(servers.Script):
    """A server that takes XOAUTH2 and nothing else."""

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        said = base64.b64decode(args[1]).decode() if len(args) > 1 else (await server.challenge_auth("")).decode()
        self.logins.append(("XOAUTH2", said, True))
        good = said == "user=desk@example.com\x01auth=Bearer tok1\x01\x01"
        return AuthResult(success=good, handled=False, auth_data=LoginPassword(b"desk", b"") if good else None)


@pytest.mark.parametrize(("token", "expected"), [("tok1", ("accepted", None)), ("old", ("retry", "auth"))])
async def test_an_account_without_password_logs_in_by_token(
    authority: Authority, token: str, expected: tuple[str, str | None]
) -> None:
    """XOAUTH2 with the access token; a token that is not taken waits like a wrong password. Never in the clear."""
    script = TokenScript()
    options = {"auth_required": True, "auth_exclude_mechanism": ["LOGIN", "PLAIN"]}
    async with servers.smtp_server(script, tls=authority.server("localhost"), **options) as port:
        config = {"smtp": {"host": "localhost", "port": port, "user": "desk@example.com"}, "oauth": {}}
        out = SmtpAdapter("smtp://127.0.0.1:9", timeout=30, private_hosts=frozenset({"localhost"}))
        outcome = await out.send(
            msgspec.structs.replace(DISPATCH, session_config=config, secrets={"oauth_token": token}), Mark()
        )
        await out.close()
    assert (outcome.kind, outcome.error_code) == expected
    assert token not in repr(outcome)
    assert len(script.logins) == 1


@contextlib.asynccontextmanager
async def meddler(after_starttls: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server on the way that answers STARTTLS as told; yields its port and every line it was sent in the clear."""
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            writer.write(b"220 mx.test\r\n")
            while line := await reader.readline():
                heard.append(line)
                if line.upper().startswith(b"EHLO"):
                    writer.write(b"250-mx.test\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE 1000000\r\n")
                elif line.upper().startswith(b"STARTTLS"):
                    writer.write(after_starttls)
                else:
                    writer.write(b"250 ok\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()


@pytest.mark.parametrize(
    "answer", [b"454 4.7.0 TLS not available\r\n", b"220 go ahead\r\n250 no need for TLS, really\r\n", b"250 ok\r\n"]
)
async def test_a_meddler_on_the_way_hears_no_password(authority: Authority, answer: bytes) -> None:
    """STARTTLS refused, or answered by words in the clear: the dialogue ends there."""
    async with meddler(answer) as (port, heard):
        outcome, mark = await send(port, RIGHT)
    assert (outcome.kind, mark.calls) == ("retry", 0)
    assert not [line for line in heard if line.upper().startswith((b"AUTH", b"MAIL", b"DATA"))]
