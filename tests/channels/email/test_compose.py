"""Mail we write: every relay takes it, every reader reads it back, nothing can be smuggled into its header."""

import email
import email.policy
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.channels.email import HeaderError, compose, parse_mail
from app.domain.channels import OutgoingFile
from app.domain.email import OutgoingMail

MAIL = OutgoingMail(
    message_id="out-1@example.com", from_address="desk@example.com", from_name="Müller, Söhne", to_address="ann@bücher.example", to_name="Ann",
    subject="Ihr Termin – Dienstag", text="Grüße\nvon uns", in_reply_to="in-2@example.org", references=("in-1@example.org",),
)  # fmt: skip


def change(**fields: object) -> OutgoingMail:
    return msgspec.structs.replace(MAIL, **fields)


def test_the_mail_is_plain_ascii_with_short_lines() -> None:
    """Headers are ASCII, the domain an A-label, no line is longer than 78 characters and all end in CRLF."""
    raw = compose(
        change(subject="Ä" * 200, from_name="Ö" * 60, references=tuple(f"r{n}@example.org" for n in range(30)))
    )
    assert raw.isascii()
    assert b"<ann@xn--bcher-kva.example>" in raw
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")


def test_readers_get_back_what_was_written() -> None:
    """The standard library reads names, subject, thread headers and text unchanged."""
    read = email.message_from_bytes(compose(MAIL), policy=email.policy.default)
    assert read["subject"] == MAIL.subject
    assert read["from"].addresses[0].display_name == MAIL.from_name
    assert read["message-id"] == "<out-1@example.com>"
    assert read["in-reply-to"] == "<in-2@example.org>"
    assert read["references"].split() == ["<in-1@example.org>", "<in-2@example.org>"]
    assert read.get_content().split() == MAIL.text.split()
    assert read["date"].datetime.tzinfo is not None


@settings(deadline=None)
@given(
    st.text(max_size=300), st.text(alphabet=st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=120)
)
def test_any_text_survives_the_way_out_and_in(text: str, subject: str) -> None:
    """What we compose our own parser reads as the same words."""
    mail = parse_mail(compose(change(text=text, subject=subject)), envelope_from="", envelope_to=[])
    normal = parse_mail(
        b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.encode("utf-8", "ignore"),
        envelope_from="",
        envelope_to=[],
    )
    assert mail.full_text.split() == normal.full_text.split()


FIELDS = (
    "message_id",
    "from_address",
    "from_name",
    "to_address",
    "to_name",
    "subject",
    "in_reply_to",
    "reply_to",
    "unsubscribe_url",
    "unsubscribe_mailto",
)


@pytest.mark.parametrize("evil", ["x\r\nBcc: eve@example.org", "x\ny", "x\ry", "x\x00y", "x\u2028y"])
@pytest.mark.parametrize("field", FIELDS)
def test_a_line_break_in_a_header_is_refused_by_name(field: str, evil: str) -> None:
    """CR, LF, NUL and Unicode line separators raise an error that names the field; nothing is stripped."""
    with pytest.raises(HeaderError, match=field):
        compose(change(**{field: evil}))


def test_a_line_break_in_a_reference_is_refused() -> None:
    """The chain of references is checked as well."""
    with pytest.raises(HeaderError, match="references"):
        compose(change(references=("a@x.org>\r\nBcc: eve@x.org",)))


FILE = OutgoingFile(id="f1", filename="Plan Küche.pdf", content_type="application/pdf", size_bytes=5, data=b"%PDF\n")


def test_files_go_along_and_come_out_whole() -> None:
    """Names in any script, types that may stand there, bytes unchanged; the same mail is the same bytes again."""
    strange = msgspec.structs.replace(
        FILE, filename='../"a;b\r\nBcc: x".sh', content_type="x/y\r\nBcc: z", data=bytes(range(256)) * 40
    )
    mail = msgspec.structs.replace(FILE, filename="old.eml", content_type="message/rfc822", data=b"Subject: x\n\n--=_")
    raw = compose(change(files=(FILE, strange, mail)), now=datetime(2026, 11, 2, tzinfo=UTC))
    assert raw == compose(change(files=(FILE, strange, mail)), now=datetime(2026, 11, 2, tzinfo=UTC))
    read = email.message_from_bytes(raw, policy=email.policy.default)
    assert read["Bcc"] is None
    files = list(read.iter_attachments())
    assert files[0].get_filename() == "Plan Küche.pdf"
    assert [file.get_content() for file in files] == [FILE.data, strange.data, mail.data]
    assert files[1].get_content_type() == "application/octet-stream"
    assert "Bcc" not in files[1]
    assert read.get_body().get_content().split() == MAIL.text.split()
    again = parse_mail(raw, envelope_from="", envelope_to=[])
    assert next((file.filename, file.data) for file in again.attachments) == (FILE.filename, FILE.data)
    assert max(len(line) for line in raw.split(b"\r\n")) <= 250


def test_automatic_mail_says_so_and_a_persons_does_not() -> None:
    """RFC 3834 marks only on what a machine wrote; our own classifier agrees."""
    raw = compose(change(auto_generated=True))
    assert b"\r\nAuto-Submitted: auto-replied\r\n" in raw
    assert b"\r\nX-Auto-Response-Suppress: All\r\n" in raw
    assert b"Auto-Submitted" not in compose(MAIL)
    assert parse_mail(raw, envelope_from="desk@example.com", envelope_to=[]).auto_class == "auto_reply"


def test_one_click_needs_an_https_url() -> None:
    """List-Unsubscribe-Post stands only beside an https URL; a plain http URL is refused."""
    both = compose(
        change(unsubscribe_url="https://x.example/u/1", unsubscribe_mailto="stop@example.com?subject=unsubscribe")
    )
    assert b"List-Unsubscribe: <https://x.example/u/1>,\r\n <mailto:stop@example.com?subject=unsubscribe>\r\n" in both
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in both
    assert b"List-Unsubscribe-Post" not in compose(change(unsubscribe_mailto="stop@example.com"))
    with pytest.raises(HeaderError, match="unsubscribe_url"):
        compose(change(unsubscribe_url="http://x.example/u/1"))
