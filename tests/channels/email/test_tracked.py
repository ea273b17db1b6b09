"""Links of ours in a mail: the way out, and where a tenant chose so, opens and clicks."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest

from app.channels.email.compose import HeaderError, compose
from app.channels.email.outgoing import to_mail
from app.channels.email.resend import request as resend_request
from app.channels.email.sparkpost import request as sparkpost_request
from app.channels.email.tracked import tracked_html
from app.domain.channels import Dispatch, Links, OutgoingFile
from tests.channels.email.test_smtp import DISPATCH
from workers.outbound import addresses

BASE = "https://parley.example.com/functions/v1"
BODY = "Hi <Ann>,\nsee https://shop.test/a?x=1&y=2, or (https://shop.test/a). Bye & thanks"
IDS = {"unsubscribe": "u1", "open": "o1", "clicks": {"https://shop.test/a?x=1&y=2": "c1", "https://shop.test/a": "c2"}}
LINKS = addresses(IDS, "https://parley.example.com/")


def dispatch(**changes: Any) -> Dispatch:
    """A notification with all links."""
    return msgspec.structs.replace(DISPATCH, body=BODY, purpose="notification", links=LINKS, **changes)


def read(sent: Dispatch) -> EmailMessage:
    """The mail as a program reads it."""
    mail = message_from_bytes(compose(to_mail(sent)), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_links_are_addresses_of_the_edge_functions() -> None:
    """Below the public address; without one there are none."""
    assert LINKS.unsubscribe == f"{BASE}/unsubscribe/u1" and LINKS.open == f"{BASE}/track/o1.gif"
    assert LINKS.clicks["https://shop.test/a"] == f"{BASE}/track/c2"
    assert addresses(IDS, "") == Links() and addresses({}, "https://x.test") == Links()


def test_one_click_unsubscribe_is_in_the_header() -> None:
    """Both headers of RFC 8058, beside the way by mail; an account's own address comes first; replies have neither."""
    mail = read(dispatch())
    assert f"<{BASE}/unsubscribe/u1>" in mail["List-Unsubscribe"] and "<mailto:" in mail["List-Unsubscribe"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    own = read(dispatch(session_config={"unsubscribe": {"url": "https://own.test/u"}}))
    assert "<https://own.test/u>" in own["List-Unsubscribe"] and BASE not in own["List-Unsubscribe"]
    reply = read(msgspec.structs.replace(DISPATCH, links=Links()))
    assert reply["List-Unsubscribe"] is None and not reply.is_multipart()


def test_the_html_side_says_the_same_and_leads_by_way_of_us() -> None:
    """Text is escaped, each address keeps its look, the picture comes last."""
    html = tracked_html(BODY, LINKS)
    assert html is not None
    assert "Hi &lt;Ann&gt;,<br>" in html and "Bye &amp; thanks" in html
    assert (
        f'<a href="{BASE}/track/c1">https://shop.test/a?x=1&amp;y=2</a>, or (<a href="{BASE}/track/c2">https://shop.test/a</a>).'
        in html
    )
    assert html.index(f'<img src="{BASE}/track/o1.gif" width="1" height="1" alt="">') > html.index("thanks")
    assert tracked_html(BODY, Links(unsubscribe="x")) is None
    assert tracked_html('<script>alert("x")</script> https://other.test', LINKS).count("<script") == 0  # type: ignore[union-attr]


def test_a_tracked_mail_has_two_sides_and_its_files() -> None:
    """Text as it was written, HTML, files; the same bytes at every try."""
    file = OutgoingFile(id="1", filename="a.txt", content_type="text/plain", size_bytes=2, data=b"hi")
    for files in ((), (file,)):
        sent = dispatch(attachments=files)
        mail = read(sent)
        assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n").strip() == BODY  # type: ignore[union-attr]
        assert f"{BASE}/track/c1" in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
        assert [part.get_filename() for part in mail.iter_attachments() if part.get_filename()] == [
            one.filename for one in files
        ]
        first, again = (compose(to_mail(sent)).split(b"\r\n\r\n", 1)[1] for _ in range(2))
        assert first == again
    assert resend_request(to_mail(dispatch()), dispatch())["html"] == tracked_html(BODY, LINKS)
    assert sparkpost_request(to_mail(dispatch()), dispatch())["content"]["html"] == tracked_html(BODY, LINKS)
    assert "html" not in resend_request(to_mail(DISPATCH), DISPATCH)


@pytest.mark.parametrize(
    ("webhook", "expected"),
    [
        ({"kind": "ses", "configuration_set": "parley"}, {"X-SES-CONFIGURATION-SET": "parley", "X-SES-MESSAGE-TAGS": "queue_id={q}"}),
        ({"kind": "ses"}, {"X-SES-MESSAGE-TAGS": "queue_id={q}"}),
        ({"kind": "sendgrid"}, {"X-SMTPAPI": '{{"unique_args": {{"queue_id": "{q}"}}}}'}),
        ({}, {}), ("x", {}),
    ],
)  # fmt: skip
def test_a_relay_is_told_what_to_repeat(webhook: Any, expected: dict[str, str]) -> None:
    """So that its events name our queue row."""
    sent = dispatch(session_config={"webhook": webhook})
    mail = read(sent)
    found = {
        name: str(mail[name]) for name in ("X-SES-CONFIGURATION-SET", "X-SES-MESSAGE-TAGS", "X-SMTPAPI") if mail[name]
    }
    assert found == {name: value.format(q=sent.queue_id) for name, value in expected.items()}


def test_a_relay_is_told_nothing_that_breaks_the_header() -> None:
    """A line break in an account's config is refused."""
    sent = dispatch(session_config={"webhook": {"kind": "ses", "configuration_set": "a\r\nBcc: x@evil.test"}})
    with pytest.raises(HeaderError, match="X-SES-CONFIGURATION-SET"):
        compose(to_mail(sent))
