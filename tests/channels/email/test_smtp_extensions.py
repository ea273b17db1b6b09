"""What a server offers is used: DSN, SMTPUTF8, SIZE; and nothing is asked of a server that does not offer it."""

import msgspec
import pytest

from app.channels.email import parse_mail
from app.channels.email.smtp import SmtpAdapter
from app.domain.channels import Dispatch
from tests.channels.email import smtp_servers as servers
from tests.channels.email.test_smtp import DISPATCH, Mark, adapter

UTF8 = msgspec.structs.replace(DISPATCH, recipient="grüße@bücher.example", sender_address="bürö@example.com")


async def send(script: servers.Script, dispatch: Dispatch = DISPATCH, **options: bool) -> str:
    """One mail to a server; how it ended."""
    async with servers.smtp_server(script, **options) as port:
        out: SmtpAdapter = adapter(port)
        outcome = await out.send(dispatch, Mark())
        await out.close()
    return outcome.kind if outcome.kind == "accepted" else f"{outcome.kind} {outcome.error_code}"


async def test_a_bounce_is_asked_for_by_name() -> None:
    """With DSN: failures and delays, our Message-ID as the envelope's id, and the address we wrote to."""
    script = servers.Script(extensions=("DSN",))
    sent = msgspec.structs.replace(DISPATCH, recipient="ann+x=1@example.org")
    assert await send(script, sent) == "accepted"
    assert script.last_rcpt == "TO:<ann+x=1@example.org> NOTIFY=FAILURE,DELAY ORCPT=rfc822;ann+2Bx+3D1@example.org"
    assert "RET=HDRS ENVID=out-1@example.com" in str(script.last_mail)


async def test_nothing_is_asked_of_a_server_without_dsn() -> None:
    """Such a server would refuse the recipient over an unknown parameter."""
    script = servers.Script()
    assert await send(script) == "accepted"
    assert script.last_rcpt == "TO:<ann@example.org>"
    assert "ENVID" not in str(script.last_mail)


async def test_an_envelope_id_that_is_too_long_is_left_out() -> None:
    """RFC 3461 allows a hundred characters; the rest is asked for all the same."""
    script = servers.Script(extensions=("DSN",))
    long = msgspec.structs.replace(DISPATCH, external_message_id=f"{'x' * 100}@example.com")
    assert await send(script, long) == "accepted"
    assert "RET=HDRS" in str(script.last_mail)
    assert "ENVID" not in str(script.last_mail)


def test_a_bounce_that_quotes_nothing_is_matched_by_its_envelope_id() -> None:
    """Original-Envelope-Id is the Message-ID we gave, in xtext."""
    mail = parse_mail(
        b"From: MAILER-DAEMON@mx.test\nSubject: Undelivered\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        b"--b\n\nIt did not work.\n--b\nContent-Type: message/delivery-status\n\nOriginal-Envelope-Id: a+2B1+3D@example.com\n"
        b"Reporting-MTA: dns; mx.test\n\nOriginal-Recipient: rfc822;ann+2Bx+3D1@example.org\n"
        b"Final-Recipient: rfc822; inbox-77@cluster.test\nAction: failed\nStatus: 5.1.1\n\n--b--\n",
        envelope_from="", envelope_to=["desk@example.com"],
    )  # fmt: skip
    (report,) = mail.reports
    assert (report.original_message_id, report.recipient) == ("a+1=@example.com", "ann+x=1@example.org")


async def test_a_mailbox_that_is_not_ascii_is_written_to() -> None:
    """With SMTPUTF8 the envelope and the addresses in the header are UTF-8; names and subject stay encoded."""
    script = servers.Script()
    assert await send(script, UTF8) == "accepted"
    (envelope,) = script.envelopes
    assert (envelope.smtp_utf8, envelope.mail_from) == (True, "bürö@example.com")
    assert envelope.rcpt_tos == ["grüße@xn--bcher-kva.example"]
    assert "To: Ann <grüße@xn--bcher-kva.example>\r\n".encode() in script.mails[0]
    again = parse_mail(script.mails[0], envelope_from="", envelope_to=[])
    assert (again.from_address, again.to_addresses) == ("bürö@example.com", ("grüße@xn--bcher-kva.example",))


async def test_a_mailbox_that_is_not_ascii_is_refused_where_the_server_cannot() -> None:
    """No spelling would reach it through this server: an end that says why, and nothing was sent."""
    script = servers.Script()
    assert await send(script, UTF8, enable_SMTPUTF8=False) == "rejected smtputf8"
    assert script.mails == []


async def test_ordinary_mail_needs_no_extension() -> None:
    """ASCII addresses go out without SMTPUTF8 and without 8-bit lines, whatever the text says."""
    script = servers.Script()
    plain = msgspec.structs.replace(DISPATCH, body="Grüße 🙂", recipient_name="Jörg")
    assert await send(script, plain, enable_SMTPUTF8=False) == "accepted"
    assert script.mails[0].isascii()
    assert "SMTPUTF8" not in str(script.last_mail)


@pytest.mark.parametrize("strange", ["gruß@example.org", "a b@example.org", "x" * 901])
async def test_an_odd_id_of_somebody_elses_mail_does_not_stop_the_answer(strange: str) -> None:
    """An id that cannot stand in a header is left out; the answer still goes, threaded by the ids that can."""
    script = servers.Script()
    odd = msgspec.structs.replace(DISPATCH, in_reply_to=strange)
    assert await send(script, odd) == "accepted"
    assert b"In-Reply-To" not in script.mails[0]
    assert b"References: <in-0@example.org>" in script.mails[0]


@pytest.mark.parametrize(
    "field", ["subject", "recipient_name", "sender_name", "recipient", "sender_address", "external_message_id"]
)
@pytest.mark.parametrize("evil", ["x\r\nBcc: eve@example.org", "x\nRCPT TO:<eve@example.org>", "x\x00y"])
async def test_no_field_of_a_dispatch_can_add_a_line(field: str, evil: str) -> None:
    """Every field a stranger can choose is refused before a connection is made."""
    script = servers.Script()
    assert (await send(script, msgspec.structs.replace(DISPATCH, **{field: evil}))).startswith("rejected invalid_")
    assert script.sessions == set()


async def test_no_text_can_end_the_mail_early() -> None:
    """Lone dots, bare CRs and bare LFs in a body arrive inside one mail, and no second envelope comes out of them."""
    script = servers.Script()
    smuggled = "hello\r\n.\r\nMAIL FROM:<eve@example.org>\r\n\n.\n\r.\r\n.\r\nbye"
    assert await send(script, msgspec.structs.replace(DISPATCH, body=smuggled)) == "accepted"
    assert len(script.mails) == 1
    assert script.mails[0].rstrip().endswith(b"bye")
