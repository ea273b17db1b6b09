"""The dialogue of the mail receiver: aiosmtpd's server, made fit for real mail and real senders. It stores nothing."""

import re
from typing import AnyStr

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, syntax

_PATH = re.compile(r'<(?:@[^:<>]*:)?((?:"(?:\\.|[^"\\])*"|[^<>"])*)>(.*)', re.DOTALL)
_BARE = re.compile(r"([^\s<>]+)(.*)", re.DOTALL)
_IGNORED = {"MAIL": ("RET=", "ENVID=", "AUTH="), "RCPT": ("NOTIFY=", "ORCPT=")}
"""Parameters of DSN and AUTH: neither is offered, yet some senders give them. They change nothing here."""
_REFUSED_DATA = {"552 Error: Too much mail data", "500 Line too long (see RFC5321 4.5.3.1.6)"}
"""What aiosmtpd says to the end of data without asking the handler."""


class _RealMail(SMTP):
    """What real senders need of a server, over SMTP and LMTP alike."""

    line_length_limit = 1_000_000
    """Lines far over RFC 5321's 1,000 octets exist and are kept."""

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """`(address, parameters)` of a path; the null sender stays `<>`. None for what is no path.

        The library reads addresses by the grammar and stumbles over real ones (`a..b@docomo.example`); whether there is
        such a mailbox is for the handler to say.
        """
        match = _PATH.fullmatch(arg.strip()) or _BARE.fullmatch(arg.strip())
        if match is None:
            return None, None
        return match[1].strip() or "<>", match[2].strip()

    @syntax("MAIL FROM: <address>", extended=" [SP <mail-parameters>]")
    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd calls it so
        """Without the parameters that are not ours to keep."""
        await super().smtp_MAIL(_without(arg, *_IGNORED["MAIL"]))

    @syntax("RCPT TO: <address>", extended=" [SP <mail-parameters>]")
    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        """Without the parameters that are not ours to keep."""
        await super().smtp_RCPT(_without(arg, *_IGNORED["RCPT"]))


class SmtpServer(_RealMail):
    """One connection over SMTP."""


class LmtpServer(_RealMail, LMTP):
    """One connection over LMTP: the end of data is answered once for every accepted recipient, whatever the answer."""

    async def push(self, status: AnyStr) -> None:
        """Send one reply, or one a recipient when it refuses the data of all."""
        times = len(self.envelope.rcpt_tos) if self.envelope and status in _REFUSED_DATA else 1
        for _ in range(times or 1):
            await super().push(status)


def _without(arg: str | None, *names: str) -> str | None:
    if arg is None or "=" not in arg:
        return arg
    return " ".join(word for word in arg.split(" ") if not word.upper().startswith(names))
