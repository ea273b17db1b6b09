"""Whatever arrives is kept: as text where it can be read, as it came where it cannot."""

import base64
import hashlib
import random

import pytest

from app.explain import in_words
from tests.db.helpers import Row, Tenant
from tests.receivers.conftest import MAX_ATTACHMENT
from tests.workers.harness import Room, someone, write_mail


def store(room: Room, tenant: Tenant, raw: bytes) -> Row:
    """The row one raw mail became."""
    return room.message_of(room.send(raw, tenant.mailbox, sender="ann@people.test"))


def files(room: Room, message: Row) -> list[Row]:
    """The attachments of a message with their bytes."""
    return room.world.all(
        "select a.*, b.data from public.message_attachments a left join private.attachment_blobs b"
        " on b.tenant_id = a.tenant_id and b.attachment_id = a.id where a.message_id = %s order by a.filename",
        message["id"],
    )


def raw_mail(body: bytes, *headers: bytes, sender: bytes = b"ann@people.test") -> bytes:
    """A mail written byte by byte."""
    head = [b"From: " + sender, b"To: desk@acme.test", b"Subject: raw", *headers]
    return b"\r\n".join([*head, b"", body])


def test_an_attachment_is_kept_byte_for_byte(receiving: Room, tenant: Tenant) -> None:
    """Name, type, size, digest and every byte."""
    data = random.Random(7).randbytes(90_001)
    mail = write_mail(someone(), tenant.mailbox)
    mail.add_attachment(data, maintype="image", subtype="png", filename="Plan Küche.png")
    row = receiving.message_of(receiving.send(mail, tenant.mailbox))
    (file,) = files(receiving, row)
    assert (file["filename"], file["content_type"], file["size_bytes"]) == ("Plan Küche.png", "image/png", len(data))
    assert bytes(file["data"]) == data
    assert file["sha256"] == hashlib.sha256(data).hexdigest()
    assert file["refused"] is None


def test_a_file_over_the_limit_is_named_as_refused_and_the_mail_stays(receiving: Room, tenant: Tenant) -> None:
    """The text is there, the small file is there, the big one is a name with a reason."""
    mail = write_mail(someone(), tenant.mailbox)
    mail.add_attachment(b"a" * (MAX_ATTACHMENT + 1), maintype="application", subtype="zip", filename="big.zip")
    mail.add_attachment(b"small", maintype="application", subtype="zip", filename="small.zip")
    row = receiving.message_of(receiving.send(mail, tenant.mailbox))
    big, small = files(receiving, row)
    assert big["refused"]
    assert big["data"] is None
    assert big["size_bytes"] == MAX_ATTACHMENT + 1
    assert bytes(small["data"]) == b"small"
    assert "opening hours" in row["body"]
    listed = {item["filename"]: item.get("refused") for item in row["metadata"]["attachments"]}
    assert listed["big.zip"]
    assert listed["small.zip"] is None


GARBAGE = {
    "no header": b"\xff\xfe\x00\x01 this is no mail at all\r\n" * 3,
    "only zeros": b"\0" * 500,
    "random bytes": random.Random(3).randbytes(20_000).replace(b"\n", b" ").replace(b"\r", b" "),
    "empty": b"",
    "broken multipart": raw_mail(
        b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x--x--",
        b"Content-Type: multipart/mixed; boundary=x",
    ),
    "boundary never comes": raw_mail(b"words\r\n" * 3, b"Content-Type: multipart/mixed; boundary=x"),
    "no boundary": raw_mail(b"words\r\n" * 3, b"Content-Type: multipart/mixed"),
    "nested too deep": raw_mail(
        b"".join(b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(200)),
        b"Content-Type: multipart/mixed; boundary=b0",
    ),
    "endless header": b"From: ann@people.test\r\nX-Long: " + b"a" * 700_000 + b"\r\n\r\nHello",
    "many headers": b"From: ann@people.test\r\n" + b"X-H: v\r\n" * 20_000 + b"\r\nHello",
    "broken base64": raw_mail(b"!!!!====\xff", b"Content-Transfer-Encoding: base64"),
    "bad date": raw_mail(b"Hello", b"Date: Mon, 99 Foo 99999999 99:99:99 +9999"),
    "date before time": raw_mail(b"Hello", b"Date: Thu, 01 Jan 0001 00:00:00 +1400"),
    "lone surrogate": raw_mail(b"caf\xed\xa0\x80 \xf4\x90\x80\x80", b"Content-Type: text/plain; charset=utf-8"),
    "zero in header": raw_mail(b"Hello", b"Subject: a\0b", b"Message-ID: <a\0b@x>"),
    "huge message id": raw_mail(b"Hello", b"Message-ID: <" + b"m" * 5000 + b"@people.test>"),
    "ten thousand references": raw_mail(b"Hello", b"References: " + b" ".join(b"<r%d@x>" % n for n in range(10_000))),
    "address that is none": raw_mail(b"Hello", sender=b'"@@@" <<>>, \xff\xff <a b@>'),
}


UNREADABLE = {
    "no header": "no header",
    "only zeros": "no header",
    "random bytes": "no header",
    "broken multipart": "boundary",
    "boundary never comes": "boundary",
    "no boundary": "boundary",
    "nested too deep": "nested deeper",
    "endless header": "a header of more than",
    "many headers": "a header of more than",
    "broken base64": "base64",
}
"""What cannot be read, and a word of the reason."""


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_is_kept_and_can_be_seen(receiving: Room, tenant: Tenant, kind: str) -> None:
    """No input bounces, crashes or vanishes: it becomes a row, and what cannot be parsed says why and is attached as it
    came, whatever its size."""
    row = store(receiving, tenant, GARBAGE[kind])
    assert row["delivery_status"] == "received"
    reason, originals = (
        row["metadata"].get("unparsed"),
        [one for one in files(receiving, row) if one["filename"] == "original.eml"],
    )
    if kind in UNREADABLE:
        assert UNREADABLE[kind] in reason
        (original,) = originals
        # A client makes every line end in CRLF and adds the last one.
        assert b"".join(bytes(original["data"]).split()) == b"".join(GARBAGE[kind].split())
        assert original["sha256"] == hashlib.sha256(original["data"]).hexdigest()
    else:
        assert (reason, originals) == (None, [])
    again = receiving.send(GARBAGE[kind], tenant.mailbox, sender="ann@people.test")
    assert again.endswith("duplicate")


def test_a_mail_that_cannot_be_parsed_is_shown_as_such(receiving: Room, tenant: Tenant) -> None:
    """`parley explain` says that it could not be parsed and why, and the receiver counts it apart."""
    row = store(receiving, tenant, GARBAGE["boundary never comes"])
    chain = receiving.world.value("select private.explain(%s, %s)", tenant.id, row["id"])
    words = "\n".join(in_words(chain))
    assert "could not be parsed (parts whose boundary never comes); the original is attached" in words
    line = next(one for one in receiving.log_path("receive").read_text().splitlines() if str(row["id"]) in one)
    assert '"result":"unparsed"' in line


CHARSETS = {
    "latin-1": ("Grüße aus Köln", "iso-8859-1"), "windows-1252": ("“Smart” – quotes…", "windows-1252"),
    "koi8-r": ("Здравствуйте, сколько стоит?", "koi8-r"), "iso-2022-jp": ("営業時間を教えてください", "iso-2022-jp"),
    "shift_jis": ("料金はいくらですか", "shift_jis"), "big5": ("請問營業時間", "big5"), "gb18030": ("请问价格", "gb18030"),
    "euc-kr": ("영업 시간이 어떻게 되나요", "euc-kr"), "utf-16": ("Héllo wörld", "utf-16"), "utf-7": ("Hello wörld", "utf-7"),
}  # fmt: skip


@pytest.mark.parametrize("charset", CHARSETS)
def test_text_in_any_charset_is_read(receiving: Room, tenant: Tenant, charset: str) -> None:
    """The words a person wrote arrive as the words a person reads."""
    text, name = CHARSETS[charset]
    encoded = base64.encodebytes(text.encode(name))
    head = (f"Content-Type: text/plain; charset={name}".encode(), b"Content-Transfer-Encoding: base64")
    assert store(receiving, tenant, raw_mail(encoded, *head))["body"].strip() == text


@pytest.mark.parametrize(
    ("named", "sent"),
    [("utf-8", "Grüße".encode("latin-1")), ("x-unknown", "Grüße".encode()), ("us-ascii", "Grüße".encode())],
)
def test_text_under_a_false_charset_is_still_readable(receiving: Room, tenant: Tenant, named: str, sent: bytes) -> None:
    """A program that names the wrong charset does not hide the rest of the text."""
    raw = raw_mail(b"Hello and " + sent + b" from us", f"Content-Type: text/plain; charset={named}".encode())
    body = store(receiving, tenant, raw)["body"]
    assert body.startswith("Hello and Gr")
    assert body.endswith("from us")


def test_zero_bytes_in_the_text_are_dropped_not_the_mail(receiving: Room, tenant: Tenant) -> None:
    """Postgres stores no NUL; everything around it is kept."""
    row = store(receiving, tenant, raw_mail(b"How much\0 is\0 it?", b"Content-Type: text/plain; charset=utf-8"))
    assert "\0" not in row["body"]
    assert row["body"].replace(" ", "") == "Howmuchisit?"


def test_a_line_of_half_a_megabyte_is_kept(receiving: Room, tenant: Tenant) -> None:
    """Lines far beyond RFC 5321's 1,000 octets exist and are no reason to refuse."""
    row = store(receiving, tenant, raw_mail(b"word " * 100_000))
    assert len(row["body"]) > 400_000


def test_a_reused_message_id_with_other_content_is_another_message(receiving: Room, tenant: Tenant) -> None:
    """The sender chooses the id, so it alone does not make two mails one."""
    one = store(receiving, tenant, raw_mail(b"First question?", b"Message-ID: <same@people.test>"))
    two = store(receiving, tenant, raw_mail(b"Second question?", b"Message-ID: <same@people.test>"))
    again = receiving.send(
        raw_mail(b"Second question?", b"Message-ID: <same@people.test>"), tenant.mailbox, sender="ann@people.test"
    )
    assert one["id"] != two["id"]
    assert again.split()[3] == str(two["id"])
    assert again.endswith("duplicate")


def test_mail_without_an_id_is_recognised_when_it_comes_again(receiving: Room, tenant: Tenant) -> None:
    """Without a Message-ID the content is the id."""
    raw = raw_mail(b"No id here", b"Date: Mon, 02 Nov 2026 10:00:00 +0000")
    first = receiving.send(raw, tenant.mailbox, sender="ann@people.test")
    again = receiving.send(raw, tenant.mailbox, sender="ann@people.test")
    assert again.split()[3] == first.split()[3]


def test_html_alone_becomes_safe_text(receiving: Room, tenant: Tenant) -> None:
    """Scripts and styles are gone, the words are there."""
    html = b"<html><style>p{color:red}</style><body><p>How <b>much</b>?</p><script>alert(1)</script></body></html>"
    body = store(receiving, tenant, raw_mail(html, b"Content-Type: text/html; charset=utf-8"))["body"]
    assert "How much?" in body
    assert "alert" not in body
    assert "color" not in body


def test_the_invariants_hold_after_all_of_it(receiving: Room) -> None:
    """Whatever was thrown at the receiver, the core is whole."""
    assert receiving.violations() == []
