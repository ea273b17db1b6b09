"""Templates on the Cloud API: read whole, understood, and filled as Meta wants them."""

from typing import Any

import msgspec
import pytest

from app.channels.whatsapp.templates import read_template
from app.domain.channels import ListsTemplates, Template, TemplateHeader, TemplateShape, TemplatesRefusedError
from tests.channels.dispatches import file

BUSINESS = "102290129340398"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 200
IMAGE = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["https://x.test/1"]}}
BUTTONS = {"type": "BUTTONS", "buttons": [
    {"type": "QUICK_REPLY", "text": "Stop"},
    {"type": "URL", "text": "Track", "url": "https://acme.test/t/{{1}}", "example": ["https://acme.test/t/7"]},
    {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15550051310"},
    {"type": "COPY_CODE", "example": "250FF"},
]}  # fmt: skip
OFFER = TemplateShape(
    body=["name"], header=TemplateHeader(kind="image"),
    buttons={"0": "quick_reply", "1": "url", "3": "copy_code"},
)  # fmt: skip


@pytest.fixture
def business(place: Any) -> Any:
    """The place, whose number belongs to a business with a template of every part."""
    place.number.business = BUSINESS
    place.number.approve("offer", "en_US", "Dear {{name}}", IMAGE, BUTTONS, {"type": "FOOTER", "text": "Acme"})
    place.number.wrote.clear()
    place.session = msgspec.structs.replace(
        place.session, config={**place.session.config, "business_account_id": BUSINESS}
    )
    return place


async def test_all_pages_are_read_with_what_each_asks_for(business: Any) -> None:
    """Name, language, state and shape, whatever their state; a hundred a page."""
    for number in range(230):
        business.number.approve(f"t{number:03d}", "de", "Am {{1}} um {{2}}", status="PENDING" if number else "REJECTED")
    assert isinstance(business.adapter, ListsTemplates)
    found = {one.name: one for one in await business.adapter.templates(business.session)}
    assert len(found) == 231 and business.provider.calls == {"message_templates": 3}
    assert (found["offer"].shape, found["offer"].status, found["offer"].category) == (OFFER, "approved", "utility")
    assert (found["t000"].status, found["t001"].status, found["t001"].shape) == (
        "rejected",
        "pending",
        TemplateShape(body=2),
    )


@pytest.mark.parametrize(
    ("components", "shape"),
    [
        ([{"type": "BODY", "text": "Hello"}], TemplateShape()),
        ([{"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"}, {"type": "BODY", "text": "{{1}} {{2}} {{1}}"}],
         TemplateShape(body=2, header=TemplateHeader(kind="text", places=1))),
        ([{"type": "HEADER", "format": "DOCUMENT"}], TemplateShape(header=TemplateHeader(kind="document"))),
        ([{"type": "BODY", "text": "{{1}} is your code.", "add_security_recommendation": True},
          {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy"}]}],
         TemplateShape(body=1, buttons={"0": "url"})),
        ([{"type": "HEADER", "format": "LOCATION"}], TemplateShape(unsupported="a header of a kind we do not know")),
        ([{"type": "BODY", "text": "x"}, {"type": "CAROUSEL", "cards": []}],
         TemplateShape(unsupported="a carousel of a kind we do not know")),
        ([{"type": "BUTTONS", "buttons": [{"type": "FLOW", "text": "Book"}]}],
         TemplateShape(unsupported="a button of type flow")),
        ([None, 3, {"type": "BUTTONS", "buttons": 3}], TemplateShape(unsupported="a part of a kind we do not know")),
    ],
)  # fmt: skip
def test_what_a_template_asks_for_is_understood(components: Any, shape: TemplateShape) -> None:
    """Places by number or name, headers, buttons; what we cannot fill is named."""
    row = {"name": "a", "language": "en", "status": "APPROVED", "category": "MARKETING", "components": components}
    template = read_template(row)
    assert template is not None and template.shape == shape


@pytest.mark.parametrize(
    "row", [None, {}, {"name": "A!", "language": "en", "status": "APPROVED"}, {"name": "a", "language": "en"}]
)
def test_what_has_no_name_is_left_out(row: Any) -> None:
    """Nothing could be sent by it."""
    assert read_template(row) is None


async def test_who_may_not_read_them_is_told_so(business: Any) -> None:
    """Refused: a reason for a person. No answer: nothing is known, and nothing changes. No business named: nothing."""
    elsewhere = msgspec.structs.replace(
        business.session, config={**business.session.config, "business_account_id": "7"}
    )
    with pytest.raises(TemplatesRefusedError, match="permissions"):
        await business.adapter.templates(elsewhere)
    business.provider.faults.order("drop", calls="message_templates", times=1)
    assert await business.adapter.templates(business.session) is None
    plain = msgspec.structs.replace(business.session, config={"phone_number_id": business.number.id})
    assert await business.adapter.templates(plain) is None


@pytest.mark.parametrize("by", ["file", "link"])
async def test_every_part_is_filled(business: Any, mark: Any, by: str) -> None:
    """A picture above, named places, an address, a code, and what comes back when somebody presses."""
    template = Template(
        name="offer", language="en_US", variables={"name": "Ann"}, buttons={"1": "7", "3": "SAVE20", "0": "stop"},
        header_link="https://acme.test/plan.png" if by == "link" else None,
    )  # fmt: skip
    files = (file(PNG, "image/png"),) if by == "file" else ()
    outcome = await business.adapter.send(
        business.dispatch("Dear Ann", template=template, template_shape=OFFER, attachments=files), mark
    )
    assert (outcome.kind, mark.calls) == ("accepted", 1), outcome
    header, body, *buttons = business.delivered[0]["template"]["components"]
    (picture,) = header["parameters"]
    if by == "file":
        assert business.provider.files.held[picture["image"]["id"]].data == PNG
    else:
        assert picture == {"type": "image", "image": {"link": "https://acme.test/plan.png"}}
    assert body["parameters"] == [{"type": "text", "parameter_name": "name", "text": "Ann"}]
    assert [(one["index"], one["sub_type"], one["parameters"][0]) for one in buttons] == [
        ("0", "quick_reply", {"type": "payload", "payload": "stop"}), ("1", "url", {"type": "text", "text": "7"}),
        ("3", "copy_code", {"type": "coupon_code", "coupon_code": "SAVE20"}),
    ]  # fmt: skip


async def test_a_header_that_is_text_and_a_document_by_link(business: Any, mark: Any) -> None:
    """Numbered places above the text; a document keeps its name; without a shape the link's ending says what it is."""
    business.number.approve("order", "en", "Thank you", {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"})
    business.number.approve("bill", "en", "Your bill", {"type": "HEADER", "format": "DOCUMENT"})
    order = Template(name="order", language="en", header=["K-7"])
    linked = Template(name="bill", language="en", header_link="https://acme.test/bill.pdf")
    attached = {
        "template": Template(name="bill", language="en"),
        "attachments": (file(b"%PDF", "application/pdf", "B.pdf"),),
    }
    for members in ({"template": order}, {"template": linked}, attached):
        outcome = await business.adapter.send(business.dispatch("x", **members), mark)
        assert outcome.kind == "accepted", outcome
    parts = [one["template"]["components"][0]["parameters"][0] for one in business.delivered]
    assert parts[0] == {"type": "text", "text": "K-7"}
    assert parts[1] == {"type": "document", "document": {"link": "https://acme.test/bill.pdf"}}
    assert parts[2]["document"]["filename"] == "B.pdf"


async def test_what_meta_does_not_take_is_told_with_its_words(business: Any, mark: Any) -> None:
    """Should ours be older than Meta's: paused, a missing code, the wrong kind of header."""
    business.number.approve("slow", "en", "Hello", status="PAUSED")
    offer = Template(name="offer", language="en_US", variables={"name": "Ann"}, header_link="https://acme.test/x.png")
    for template, code in (
        (Template(name="slow", language="en"), "132015"), (offer, "131008"),
        (msgspec.structs.replace(offer, header_link="https://acme.test/x.mp4"), "132012"),
    ):  # fmt: skip
        outcome = await business.adapter.send(business.dispatch(template=template), mark)
        assert (outcome.kind, outcome.error_code) == ("rejected", code)
