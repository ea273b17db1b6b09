"""Signed mail: a receiver finds it whole, and finds out when it is not."""

import dkim as verifier
import msgspec
import pytest

from app.channels.email.dkim import dns_record, new_key
from tests.channels.email import smtp_servers as servers
from tests.channels.email.test_smtp import DISPATCH, Mark, adapter

KEY = new_key()
SIGNING = msgspec.structs.replace(
    DISPATCH, body="Grüße,\n\nwhite  space \n", secrets={"dkim_private_key": KEY}, session_config={"dkim": {"domain": "example.com", "selector": "s1"}}
)  # fmt: skip


def record(name: bytes, timeout: int = 5) -> bytes:
    """The DNS of this test: one record."""
    del timeout
    return dns_record(KEY).encode() if name.rstrip(b".") == b"s1._domainkey.example.com" else b""


async def sent(**changes: object) -> bytes:
    """A mail as the server got it."""
    script = servers.Script()
    async with servers.smtp_server(script) as port:
        out = adapter(port)
        assert (await out.send(msgspec.structs.replace(SIGNING, **changes), Mark())).kind == "accepted"
        await out.close()
    return script.mails[0]


async def test_a_signed_mail_is_found_whole() -> None:
    """Relaxed/relaxed, our domain, the thread headers among what is signed."""
    raw = await sent()
    assert verifier.verify(raw, dnsfunc=record)
    head = raw.split(b"\r\n\r\n")[0]
    assert b"c=relaxed/relaxed" in head
    assert b"d=example.com" in head
    assert head.lower().count(b"dkim-signature:") == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"Subject: Your visit", b"Subject: Your money"), (b"\r\n\r\n", b"\r\n\r\nPay here\r\n"), (b"In-Reply-To: <in-1", b"In-Reply-To: <in-2"),
     (b"From: Desk", b"From: Eve <eve@example.org>\r\nFrom: Desk")],
)  # fmt: skip
async def test_a_changed_mail_is_found_out(before: bytes, after: bytes) -> None:
    """Subject, body, thread and an added sender: each change breaks the signature."""
    raw = await sent()
    changed = raw.replace(before, after, 1)
    assert changed != raw
    assert not verifier.verify(changed, dnsfunc=record)


async def test_what_relays_do_to_white_space_does_no_harm() -> None:
    """Folded headers and spaces at line ends are no change."""
    raw = await sent()
    assert verifier.verify(raw.replace(b"Subject: Your visit", b"Subject:   Your\r\n visit"), dnsfunc=record)


async def test_a_mail_with_files_is_signed_too() -> None:
    """The signature covers every part."""
    from tests.channels.email.test_compose import FILE

    raw = await sent(attachments=(FILE,))
    assert verifier.verify(raw, dnsfunc=record)


@pytest.mark.parametrize(
    ("secrets", "dkim"),
    [({"dkim_private_key": "no key"}, {"domain": "example.com", "selector": "s1"}), ({"dkim_private_key": KEY}, {"domain": "elsewhere.test"}),
     ({"dkim_private_key": KEY}, {"domain": "example.com", "selector": "s1\r\nBcc: x"})],
)  # fmt: skip
async def test_a_mail_that_cannot_be_signed_waits(secrets: dict[str, str], dkim: dict[str, str]) -> None:
    """A broken key or a foreign domain: nothing leaves unsigned, and the key is in no error."""
    mark = Mark()
    outcome = await adapter(9).send(
        msgspec.structs.replace(SIGNING, secrets=secrets, session_config={"dkim": dkim}), mark
    )
    assert (outcome.kind, outcome.error_code, mark.calls) == ("retry", "dkim", 0)
    assert "PRIVATE" not in repr(outcome)


async def test_an_account_without_key_sends_unsigned() -> None:
    """Signing is a choice of the account."""
    assert b"DKIM-Signature" not in await sent(secrets={})
