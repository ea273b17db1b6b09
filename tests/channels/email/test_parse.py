"""Received mail to a `ParsedMail`: nothing raises, nothing is lost, every text is fit for the database."""

import time
import unicodedata
from email.message import EmailMessage

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.channels.email import parse_mail
from app.domain.email import MailLimits, ParsedMail

HEAD = b"From: Ann <ann@example.org>\r\nTo: desk@example.com\r\nSubject: Hi\r\nMessage-ID: <m1@example.org>\r\n"


def parse(raw: bytes, **options: object) -> ParsedMail:
    return parse_mail(raw, envelope_from="ann@example.org", envelope_to=["desk@example.com"], **options)  # type: ignore[arg-type]


def assert_storable(mail: ParsedMail) -> None:
    """Every string encodes, has no NUL and is NFC."""
    for name in ("text", "full_text", "subject", "from_name", "from_address", "dedupe_id"):
        value = getattr(mail, name)
        assert "\x00" not in value.encode().decode()
        assert unicodedata.is_normalized("NFC", value)
    for file in mail.attachments:
        assert file.filename
        assert len(file.filename) <= 200
        assert "/" not in file.filename.encode().decode()
    assert len(mail.content_digest) == 32
    msgspec.json.encode(mail)


_FRAGMENTS = st.sampled_from(
    [
        b"From: ", b"Content-Type: multipart/mixed; boundary=a\r\n", b"\r\n--a\r\n", b"--a--", b"\r\n\r\n", b"=?utf-8?b?w6Q=?=",
        b"=?x?q?=FF?=", b"Content-Transfer-Encoding: base64\r\n", b"Content-Type: text/html\r\n\r\n<p><b>", b"charset=utf-7;", b"\x00",
        b"\xff\xfe", b"\xed\xa0\x80", b"Subject: ", b"Date: Thu, 99 Foo 20000 99:99:99 +9999\r\n", b"References: <<>><a@b>\r\n", b"<", b'"',
        b"(", b"Content-Disposition: attachment; filename*0*=utf-8''%00%; filename*x=y\r\n", b"Content-Type: message/delivery-status\r\n\r\n",
        b"Final-Recipient: rfc822;\r\nAction: failed\r\nStatus: 9.9.9\r\n", b"From: MAILER-DAEMON@x\r\nSubject: failure notice\r\n", b"On x wrote:\n> ",
    ]
)  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(st.lists(st.one_of(_FRAGMENTS, st.binary(max_size=60)), max_size=25).map(b"".join))
@example(b"")
@example(b"\r")
@example(b"From nobody\n\n")
def test_no_input_raises(raw: bytes) -> None:
    """Any bytes become a mail whose strings Postgres takes, and the parser itself never failed on them."""
    mail = parse(raw)
    assert_storable(mail)
    assert mail.unparsed is None or "Error" not in mail.unparsed, mail.unparsed


def test_a_mail_without_anything_falls_back_to_its_envelope() -> None:
    """No From and no Message-ID: the envelope is the sender and a digest of the content the dedupe id."""
    mail = parse(b"Subject: x\r\n\r\nhello")
    assert (mail.from_address, mail.message_id) == ("ann@example.org", None)
    assert mail.dedupe_id.startswith("digest:")
    assert parse(b"Subject: x\r\n\r\nhello").dedupe_id == mail.dedupe_id
    assert parse(b"Subject: x\r\n\r\nhello again").dedupe_id != mail.dedupe_id


def test_a_reused_message_id_is_told_by_its_content() -> None:
    """The content digest differs with the words, not with the way a relay wrapped them."""
    one, two, wrapped = (
        parse(HEAD + b"\r\n" + body) for body in (b"first words", b"second words", b"first\r\nwords\r\n")
    )
    assert one.dedupe_id == two.dedupe_id == "m1@example.org"
    assert one.content_digest != two.content_digest
    assert one.content_digest == wrapped.content_digest


@pytest.mark.parametrize(
    ("charset", "text"),
    [("utf-8", "Grüße 🙂"), ("iso-8859-1", "Grüße"), ("windows-1252", "“Grüße” €"), ("koi8-r", "Привет, мир"), ("shift_jis", "こんにちは"),
     ("iso-2022-jp", "こんにちは"), ("gb2312", "你好世界"), ("euc-kr", "안녕하세요"), ("utf-7", "Grüße"), ("utf-16", "Grüße")],
)  # fmt: skip
def test_charsets_are_read_as_labelled(charset: str, text: str) -> None:
    """The usual charsets decode in body and subject alike."""
    import base64

    word = b"=?" + charset.encode() + b"?b?" + base64.b64encode(text.encode(charset)) + b"?="
    head = HEAD.replace(b"Subject: Hi", b"Subject: " + word)
    kind = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()
    mail = parse(head + kind + base64.b64encode(text.encode(charset)))
    assert (mail.subject, mail.text) == (text, text)


@pytest.mark.parametrize("label", ["us-ascii", "x-unknown", "nonsense-99", "utf-8"])
def test_a_wrong_charset_label_does_not_lose_the_words(label: str) -> None:
    """8-bit text under a label that cannot be true is read by its bytes."""
    head = HEAD + b"Content-Type: text/plain; charset=" + label.encode() + b"\r\n\r\n"
    assert "Grüße aus Köln" in parse(head + "Grüße aus Köln".encode()).text
    assert "gern gr" in parse(head + "sehr gern größere Mengen über Köln, schöne Grüße".encode("cp1252")).text


def test_a_word_split_between_two_encoded_words_is_whole_again() -> None:
    """A multi-byte character cut by a sender at the encoded-word limit is joined before decoding."""
    mail = parse(HEAD.replace(b"Hi", b"=?utf-8?q?Gr=C3?= =?utf-8?q?=BC=C3=9Fe?= a"))
    assert mail.subject == "Grüße a"


def multipart(kind: str, *parts: bytes) -> bytes:
    body = b"".join(b"\r\n--sep\r\n" + part for part in parts)
    return HEAD + f'Content-Type: multipart/{kind}; boundary="sep"\r\n'.encode() + body + b"\r\n--sep--\r\n"


def test_the_plain_form_wins_unless_it_is_empty() -> None:
    """multipart/alternative gives one text: plain if it says something, else the HTML made text."""
    html = b"Content-Type: text/html\r\n\r\n<p>rich <b>words</b></p><script>evil()</script><style>p{}</style>"
    assert parse(multipart("alternative", b"\r\nplain words", html)).text == "plain words"
    assert parse(multipart("alternative", b"\r\n \r\n", html)).text == "rich words"


def test_text_parts_of_a_mixed_mail_follow_each_other() -> None:
    """A list footer or a second text part is read after the first."""
    assert parse(multipart("mixed", b"\r\none", b"\r\ntwo")).full_text == "one\n\ntwo"


def test_files_keep_their_names_and_lose_their_tricks() -> None:
    """RFC 2231 and RFC 2047 names are decoded; paths and control characters never reach the disk."""
    names = [
        (b"attachment; filename*=utf-8''%E2%82%AC%20rates.pdf", "€ rates.pdf"),
        (b'attachment; filename*0="long "; filename*1=name.pdf', "long name.pdf"),
        (b'attachment; filename="=?utf-8?q?=C3=A4.pdf?="', "ä.pdf"),
        (b'attachment; filename="..\\..\\etc/passwd"', "passwd"),
        (b'attachment; filename="a\x00b\x1f.txt"', "a b .txt"),
        (b'attachment; filename="' + b"x" * 300 + b'.pdf"', "x" * 196 + ".pdf"),
        (b"attachment", "attachment-1.pdf"),
    ]
    for written, expected in names:
        part = b"Content-Type: application/pdf\r\nContent-Disposition: " + written + b"\r\n\r\n%PDF"
        (file,) = parse(multipart("mixed", b"\r\nhi", part)).attachments
        assert file.filename == expected
        assert file.data == b"%PDF"


def test_a_file_over_the_limit_is_named_and_the_mail_stays() -> None:
    """Too large alone or together: the name, size and digest stay, the bytes do not."""
    part = b"Content-Type: application/zip; name=big.zip\r\n\r\n" + b"x" * 2000
    mail = parse(multipart("mixed", b"\r\nhi", part, part), limits=MailLimits(max_attachment_bytes=1000))
    assert mail.text == "hi"
    assert [(file.filename, file.size_bytes, file.data, bool(file.refused)) for file in mail.attachments] == [
        ("big.zip", 2000, b"", True)
    ] * 2
    mail = parse(multipart("mixed", b"\r\nhi", part, part), limits=MailLimits(max_total_attachment_bytes=3000))
    assert [bool(file.refused) for file in mail.attachments] == [False, True]


def test_an_attached_mail_and_an_inline_image_are_files() -> None:
    """message/rfc822 becomes an .eml named by its subject; a picture of the HTML is marked inline."""
    inner = b"Content-Type: message/rfc822\r\n\r\nSubject: Old talk\r\n\r\nbody"
    image = b"Content-Type: image/png; name=a.png\r\nContent-Disposition: inline\r\nContent-ID: <i1>\r\n\r\nPNG"
    eml, png = parse(multipart("mixed", b"\r\nhi", inner, image)).attachments
    assert (eml.filename, eml.content_type) == ("Old talk.eml", "message/rfc822")
    assert (png.inline, png.content_id) == (True, "i1")


def test_thread_headers_are_read_tolerantly() -> None:
    """Brackets, comments, doubles and folds do not confuse In-Reply-To and References; fifty at most are kept."""
    refs = b" ".join(b"<r%d@x.org>" % number for number in range(80))
    mail = parse(
        HEAD + b'In-Reply-To: Your message "x" <a@x.org>\r\nReferences: ' + refs + b"\r\n <r79@x.org>\r\n\r\nhi"
    )
    assert mail.in_reply_to == "a@x.org"
    assert len(mail.references) == 50
    assert (mail.references[0], mail.references[-1]) == ("r0@x.org", "r79@x.org")


def test_addresses_survive_groups_quotes_and_encoded_names() -> None:
    """Group syntax, commas in quotes and encoded names give the right mailboxes."""
    head = b'From: =?utf-8?q?J=C3=B6rg?= <J@B\xc3\xbccher.DE>, x@y.org\r\nTo: "Doe, Jane" <jane@x.org>, Team: a@x.org, b@x.org;, (c) d@x.org\r\n\r\n'
    mail = parse(head)
    assert (mail.from_name, mail.from_address) == ("Jörg", "j@xn--bcher-kva.de")
    assert mail.to_addresses == ("jane@x.org", "a@x.org", "b@x.org", "d@x.org")


@pytest.mark.parametrize(
    "body",
    [
        b'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n' * 10_000,
        b"\r\n" + b"\n" * 3_000_000,
        b"\r\n" + b"On " * 1_000_000,
        b"Content-Type: text/html\r\n\r\n" + b"<!--<a <script " * 200_000,
        b"Content-Type: text/plain; charset=utf-8\r\n\r\na" + "\u0300\u0316".encode() * 500_000,
        b"References: " + b"<" * 3_000_000,
        b"Cc: " + b"(" * 3_000_000,
    ],
    ids=["nesting", "blank lines", "attribution", "markup", "combining marks", "brackets", "comments"],
)  # fmt: skip
def test_hostile_mail_costs_bounded_time(body: bytes) -> None:
    """Input built to be quadratic somewhere is still read in about the time of its size."""
    started = time.process_time()
    assert_storable(parse(HEAD + body))
    assert time.process_time() - started < 10


def test_a_large_mail_is_read_in_time() -> None:
    """25 MB with a base64 file: under three seconds of processor time."""
    part = (
        b"Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + (b"QUJD" * 19 + b"\r\n") * 320_000
    )
    raw = multipart("mixed", b"\r\nhi", part)
    started = time.process_time()
    mail = parse(raw)
    assert time.process_time() - started < 3
    assert mail.attachments[0].refused


def test_a_structure_beyond_the_limits_says_so_and_keeps_the_original() -> None:
    """Too many parts: what was read stays, the reason is told, the whole mail is attached."""
    raw = multipart("mixed", *[b"\r\nword"] * 50)
    mail = parse(raw, limits=MailLimits(max_parts=10))
    assert mail.unparsed == "more than 10 parts"
    assert mail.attachments[-1].data == raw


def test_the_html_of_a_mail_is_kept_beside_its_text() -> None:
    """As it was sent, in its own charset, without what a database refuses, cut where it becomes too long; a plain mail
    has none."""
    kind = b"Content-Type: text/html; charset=iso-8859-1\r\n\r\n"
    mail = parse(HEAD + kind + b"<p>Gr\xfc\xdfe<script>x</script>\x00</p>")
    assert mail.html == "<p>Gr\u00fc\u00dfe<script>x</script></p>" and "Gr\u00fc\u00dfe" in mail.text
    both = parse(
        HEAD
        + b"Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain\r\n\r\nHello there\r\n"
        b"--a\r\nContent-Type: text/html\r\n\r\n<b>Hello there</b>\r\n--a--\r\n"
    )
    assert (both.text, (both.html or "").strip()) == ("Hello there", "<b>Hello there</b>")
    assert parse(HEAD + b"\r\nHello").html is None
    assert len(parse(HEAD + kind + b"<p>" + b"x" * 300_000).html or "") == 100_000


def test_pictures_of_a_layout_keep_the_names_it_calls_them_by() -> None:
    """A real multipart/related mail, beside its text or not: each picture in its order, inline, with its Content-ID."""
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = "ann@example.org", "Offer", "<offer@example.org>"
    mail.set_content("Our offer is in the pictures below, and the whole of it is told here, too.")
    mail.add_alternative('<p>Our offer</p><img src="cid:one@shop"><img src="cid:two%40shop">', subtype="html")
    html = mail.get_payload()[1]  # type: ignore[index]
    for name in ("one", "two"):
        html.add_related(b"\x89PNG" + name.encode(), "image", "png", cid=f"<{name}@shop>", filename=f"{name}.png")  # type: ignore[union-attr]
    mail.add_attachment(b"%PDF", "application", "pdf", filename="offer.pdf")
    parsed = parse(mail.as_bytes())
    assert [(file.filename, file.content_id, file.inline) for file in parsed.attachments] == [
        ("one.png", "one@shop", True), ("two.png", "two@shop", True), ("offer.pdf", None, False),
    ]  # fmt: skip
    assert "cid:one@shop" in parsed.html and parsed.text.startswith("Our offer is in")


@pytest.mark.parametrize(
    ("written", "kept"),
    [(b"<one@shop>", "one@shop"), (b"one@shop", "one@shop"), (b" <<one>> ", "one"), (b"<>", None), (b"", None),
     (b"<javascript:alert(1)>", "javascript:alert(1)"), (b"<a\x00b\x07c>", "a b c"), (b"<a\r\n b>", "a b"),
     (b"<\"><img src=x onerror=alert(1)>", "\"><img src=x onerror=alert(1)"), (b"<__proto__>", "__proto__"),
     (b"<../../../etc/passwd>", "../../../etc/passwd"), (b"<" + b"x" * 5000 + b">", "x" * 199),
     ("<\u202egnp.one>".encode(), "gnp.one"), (b"=?utf-8?q?=3Cone=3E?=", "one")],
)  # fmt: skip
def test_a_hostile_content_id_is_one_bounded_line(written: bytes, kept: str | None) -> None:
    """Whatever a sender calls a picture is a text of at most 200 characters without control and bidi characters."""
    part = b"Content-Type: image/png; name=a.png\r\nContent-ID: " + written + b"\r\n\r\nPNG"
    (file,) = parse(multipart("related", b"Content-Type: text/html\r\n\r\n<p>hi", part)).attachments
    assert file.content_id == kept


def test_two_files_of_one_content_id_are_both_kept() -> None:
    """Nothing is lost, and they stay in the order of the mail: who shows one takes the first."""
    parts = [b"Content-Type: image/png; name=%s.png\r\nContent-ID: <same>\r\n\r\nPNG" % name for name in (b"a", b"b")]
    found = parse(multipart("related", b"Content-Type: text/html\r\n\r\n<p>hi", *parts)).attachments
    assert [(file.filename, file.content_id) for file in found] == [("a.png", "same"), ("b.png", "same")]
