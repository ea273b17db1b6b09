"""The way out over SMTP, class N: the dialogue is split so that nothing is ever sent twice by itself.

Until RCPT is accepted nothing can have been delivered, so failures are `retry` or `rejected`. Then `before_send`
commits the mark, and DATA begins. A definite negative reply to DATA or to its end means not delivered; a timeout or a
broken connection means nobody knows: `unknown`.

What the server offers is used: SIZE, SMTPUTF8 where an address needs it, and DSN, so that a bounce names the address we
wrote to and the mail it is about even when it quotes neither.
"""

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import Sequence

import aiosmtplib

from app.channels import outside
from app.channels.email.compose import HeaderError, compose
from app.channels.email.dkim import DkimError, sign
from app.channels.email.outgoing import MissingFileError, to_mail
from app.channels.email.provider_events import read_events
from app.channels.email.report_words import find_status, verdict
from app.channels.email.smtp_pool import COMMAND_TIMEOUT, SmtpPool, reply_text, server_for, server_from_url
from app.domain.addresses import AddressError, normalize_email
from app.domain.channels import BeforeSend, Capabilities, Dispatch, Health, Outcome, Session, Webhook
from app.domain.email import OutgoingMail
from app.domain.inbound import ChannelEvent
from app.settings import Settings

BY_MAIL = frozenset({"bounced_hard", "bounced_soft", "delayed", "complained", "delivered"})
"""Receipts that come as mail; the others are events of a relay's provider."""
CAPABILITIES = Capabilities(
    provider="smtp",
    channel="email",
    webhook_secrets=frozenset({"webhook_secret"}),
    webhook_function="email-events",
    webhook_optional=True,
    delivery_class="N",
    max_body_chars=500_000,
    max_attachment_bytes=25 * 1024 * 1024,
    max_attachments=20,
    receipts=BY_MAIL | {"failed", "unsubscribed", "opened", "clicked"},
)
_LOG_IN_FIRST = {530, 534, 535, 538}
"""The server wants to know us, or knows us no longer: the account is to be mended, the mail is fine."""
_Failure = (aiosmtplib.SMTPException, OSError, TimeoutError, ssl.SSLError)


class SmtpAdapter:
    """Sends mail through an SMTP server: the one of `url`, or a session's own (`session_config["smtp"]`).

    `timeout` bounds each reply before DATA, `data_timeout` the reply to the whole mail, both in seconds. A session's
    own server must be public or one of `private_hosts`; that of `url` is the operator's word and dialled as it is.
    """

    def __init__(
        self,
        url: str,
        *,
        capabilities: Capabilities = CAPABILITIES,
        timeout: float = COMMAND_TIMEOUT,
        data_timeout: float = 300.0,
        pool_size: int = 4,
        idle_s: float = 30.0,
        hostname: str | None = None,
        tls_context: ssl.SSLContext | None = None,
        private_hosts: frozenset[str] = frozenset(),
    ) -> None:
        self.capabilities = capabilities
        self._default = server_from_url(url)
        self._data_timeout = data_timeout
        name = hostname or socket.gethostname()
        self._pool = SmtpPool(
            size=pool_size,
            idle_s=idle_s,
            hostname=name if name.isascii() else "localhost",
            context=tls_context,
            timeout=timeout,
            private_hosts=private_hosts,
        )

    async def send(self, dispatch: Dispatch, before_send: BeforeSend) -> Outcome:
        """Send one mail. Provider errors end as an `Outcome`; only what `before_send` raises is raised again."""
        try:
            mail = to_mail(dispatch)
            content = compose(mail)
            sender = normalize_email(mail.envelope_from or mail.from_address)
            content = sign(content, mail.from_address, dispatch.session_config.get("dkim"), dispatch.secrets)
            server = server_for(self._default, dispatch.session_config, dispatch.secrets)
        except HeaderError as error:
            return _refused("invalid_header", f"the mail cannot be written: {error}")
        except DkimError as error:
            # A mail that should be signed does not leave unsigned; the account is to be mended.
            return Outcome(kind="retry", provider="smtp", error_code="dkim", error=str(error), retry_after_s=300.0)
        except MissingFileError as error:
            return _refused("missing_file", str(error))
        except (AddressError, ValueError) as error:
            return _refused("invalid_config", str(error))
        guard = _Guard(before_send)
        try:
            async with self._pool.connection(server) as client:
                return await self._dialogue(client, mail, sender, content, guard)
        except Exception as error:
            if error is guard.error:
                raise
            return _failure(error, guard.passed)

    async def check(self, session: Session) -> Health:
        """Whether the server of an account lets us in. Says nothing of what happens to a mail."""
        try:
            server = server_for(self._default, session.config, session.secrets)
        except ValueError as error:
            return Health(status="disconnected", reason=str(error))
        try:
            async with self._pool.connection(server) as client:
                await client.noop()
        except outside.Refused as error:
            return Health(status="disconnected", reason=f"config.smtp.host: {error}")
        except aiosmtplib.SMTPAuthenticationError as error:
            return Health(status="disconnected", reason=reply_text(f"the server refuses the password: {error.message}"))
        except _Failure as error:
            return Health(status="degraded", reason=reply_text(f"{type(error).__name__}: {error}"))
        return Health(status="connected")

    async def read_webhook(self, webhook: Webhook, session: Session) -> Sequence[ChannelEvent]:
        """What the provider behind an account's relay tells of mails: `config.webhook.kind` is `ses` or `sendgrid`.

        Raises ValueError for a call that makes no sense.
        """
        told = session.config.get("webhook")
        return read_events(str(told.get("kind")) if isinstance(told, dict) else "", webhook)

    async def close(self) -> None:
        """Release pooled connections."""
        await self._pool.close()

    async def _dialogue(
        self, client: aiosmtplib.SMTP, mail: OutgoingMail, sender: str, content: bytes, guard: "_Guard"
    ) -> Outcome:
        recipient = normalize_email(mail.to_address)
        if not content.isascii() and not client.supports_extension("smtputf8"):
            return _refused("smtputf8", "the address is not ASCII and the mail server takes no such addresses")
        try:
            await client.mail(sender, options=_mail_options(client, mail, content), encoding="utf-8")
            await client.rcpt(recipient, options=_rcpt_options(client, recipient), encoding="utf-8")
        except aiosmtplib.SMTPResponseException as error:
            await _reset(client)
            return _negative(error, recipient=isinstance(error, aiosmtplib.SMTPRecipientRefused))
        try:
            await guard()
        except BaseException:
            await _reset(client)
            raise
        try:
            response = await client.data(content, timeout=self._data_timeout)
        except aiosmtplib.SMTPResponseException as error:
            await _reset(client)
            return _negative(error, recipient=False)
        return Outcome(kind="accepted", provider="smtp", provider_message_id=_provider_id(mail, response.message))


def create_adapter(settings: Settings) -> SmtpAdapter:
    """The adapter of this process, with the platform's own server as default."""
    return SmtpAdapter(
        settings.smtp_url or "smtp://127.0.0.1:25", pool_size=8, private_hosts=frozenset(settings.private_host_names())
    )


class _Guard:
    """Runs `before_send` once and remembers whether DATA may have begun and what it raised."""

    def __init__(self, before_send: BeforeSend) -> None:
        self._before_send = before_send
        self.passed = False
        self.error: BaseException | None = None

    async def __call__(self) -> None:
        try:
            await self._before_send()
        except BaseException as error:
            self.error = error
            raise
        self.passed = True


def _mail_options(client: aiosmtplib.SMTP, mail: OutgoingMail, content: bytes) -> list[str]:
    options = [f"SIZE={len(content)}"] if client.supports_extension("size") else []
    if not content.isascii():
        options += ["BODY=8BITMIME", "SMTPUTF8"]
    if client.supports_extension("dsn"):
        envelope_id = _xtext(mail.message_id)
        # RFC 3461 allows a hundred characters; without an id the bounce still quotes our header.
        options += ["RET=HDRS", *([f"ENVID={envelope_id}"] if len(envelope_id) <= 100 else [])]
    return options


def _rcpt_options(client: aiosmtplib.SMTP, recipient: str) -> list[str]:
    if not client.supports_extension("dsn"):
        return []
    return ["NOTIFY=FAILURE,DELAY", *([f"ORCPT=rfc822;{_xtext(recipient)}"] if recipient.isascii() else [])]


def _xtext(text: str) -> str:
    """RFC 3461's encoding of a parameter's value."""
    return re.sub(r"[^!-*,-<>-~]", lambda match: f"+{ord(match[0]):02X}", text)


async def _reset(client: aiosmtplib.SMTP) -> None:
    """Leave the connection clean for the next mail, or close it."""
    try:
        await asyncio.shield(asyncio.wait_for(client.rset(), 5))
    except (*_Failure, asyncio.CancelledError):
        with contextlib.suppress(Exception):
            client.close()


def _provider_id(mail: OutgoingMail, message: str) -> str:
    queue = re.search(r"(?i)(?:queued as|queue id|id=|ok:? id)[\s:=]*<?([\w.@-]{3,80})", message)
    return f"{mail.message_id} {queue[1]}" if queue else mail.message_id


def _refused(code: str, text: str) -> Outcome:
    return Outcome(kind="rejected", provider="smtp", error_code=code, error=text)


def _negative(error: aiosmtplib.SMTPResponseException, *, recipient: bool) -> Outcome:
    """A definite no. 4xx and lost sessions (421) may be tried again; a 5xx about the recipient may suppress the
    address."""
    text = reply_text(str(error.message))
    code = str(error.code)
    if error.code in _LOG_IN_FIRST:
        return _auth_failed(text)
    if 500 <= error.code < 600:
        gone = recipient and verdict("failed", find_status(text) or "", f"{code} {text}") == "bounced_hard"
        # A bare 550 says nothing of the address: relays use it for policy as well.
        known = gone and _names_recipient(code, text)
        return Outcome(kind="rejected", provider="smtp", error_code=code, error=text, suppress_recipient=known)
    wait = re.search(r"(?i)(?:retry|try again|wait)\D{0,20}(\d{1,5})\s*(s|sec|seconds|m|min|minutes)\b", text)
    seconds = float(wait[1]) * (60 if wait[2].lower().startswith("m") else 1) if wait else None
    return Outcome(kind="retry", provider="smtp", error_code=code, error=text, retry_after_s=seconds)


def _auth_failed(text: str) -> Outcome:
    return Outcome(kind="retry", provider="smtp", error_code="auth", error=text, retry_after_s=300.0)


def _names_recipient(code: str, text: str) -> bool:
    status = find_status(text)
    if status:
        return status.startswith(("5.1.", "5.2.")) or verdict("failed", "5.5.0", text) == "bounced_hard"
    return code in {"550", "551", "553"} and verdict("", None, text) == "bounced_hard"


def _failure(error: BaseException, begun: bool) -> Outcome:
    """A broken dialogue: harmless before DATA, ambiguous after."""
    if isinstance(error, outside.Refused):
        # As with a wrong password: the account is to be mended, the mail is fine.
        said = f"config.smtp.host: {error}"
        return Outcome(kind="retry", provider="smtp", error_code="private_host", error=said, retry_after_s=300.0)
    text = reply_text(f"{type(error).__name__}: {error}")
    if begun:
        return Outcome(kind="unknown", provider="smtp", error_code="no_answer", error=text)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError) and 500 <= error.code < 600:
        return _auth_failed(text)
    if isinstance(error, aiosmtplib.SMTPResponseException) and 400 <= error.code < 600:
        return Outcome(kind="retry", provider="smtp", error_code=str(error.code), error=text)
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError) or "TLS" in text.upper():
        return Outcome(kind="retry", provider="smtp", error_code="tls", error=text, retry_after_s=300.0)
    return Outcome(kind="retry", provider="smtp", error_code="connection", error=text)
