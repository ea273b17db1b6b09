"""The mails of Supabase Auth. They go to the mail catcher of the stack, by SMTP, whatever else the stack is set up to
send through: nobody outside this machine gets a log-in link from a developer's sign-up form."""

import html
import logging
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

import aiosmtplib

from devstack.surface.auth.problems import Problem

logger = logging.getLogger(__name__)
SENDER = "Supabase Auth <auth@parley.localhost>"
TIMEOUT_S = 5.0
TEXTS = {
    "signup": ("Confirm your signup", "Confirm that this address is yours:", "confirmation"),
    "invite": ("You have been invited", "Accept the invitation and choose a password:", "invite"),
    "magiclink": ("Your magic link", "Sign in with this link:", "magic link"),
    "recovery": ("Reset your password", "Choose a new password:", "recovery"),
    "email_change": ("Confirm email change", "Confirm that your address changes to {new_email}:", "email change"),
    "reauthentication": ("Confirm reauthentication", "Somebody, you we hope, wants to change your password.",
                         "reauthentication"),
}  # fmt: skip
"""Verification type → subject, first line, and what hosted's errors call the mail."""


class Mailer:
    """Sends mail to the SMTP server on `port` of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def send(self, kind: str, to: str, code: str, link: str = "", new_email: str = "") -> None:
        """Send the mail of a verification type. Raises Problem when nobody takes it."""
        message = compose(kind, to, code, link, new_email)
        try:
            await aiosmtplib.send(
                message,
                hostname="127.0.0.1",
                port=self._port,
                timeout=TIMEOUT_S,
                use_tls=False,
                start_tls=False,
                local_hostname="localhost",  # else it asks the DNS who we are
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            logger.error("port %d did not take a mail (%s): %s", self._port, kind, error)
            raise Problem(500, "unexpected_failure", f"Error sending {TEXTS[kind][2]} email") from error


def compose(kind: str, to: str, code: str, link: str, new_email: str) -> EmailMessage:
    """The mail: a link, and the code for those who type."""
    subject, first, _ = TEXTS[kind]
    first = first.format(new_email=new_email)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, to, subject
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="parley.localhost")
    message["Auto-Submitted"] = "auto-generated"
    enter = f"{'Alternatively, enter' if link else 'Enter'} the code: {code}"
    message.set_content("\n\n".join(part for part in (first, link, enter) if part) + "\n")
    anchor = f'<p><a href="{html.escape(link)}">{html.escape(subject)}</a></p>' if link else ""
    message.add_alternative(
        f"<h2>{html.escape(subject)}</h2><p>{html.escape(first)}</p>{anchor}<p>{html.escape(enter)}</p>",
        subtype="html",
    )
    return message
