"""One person is one contact: every spelling of an address has the same normal form."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.addresses import AddressError, display_email, email_domain, normalize_email, normalize_phone

_LOCAL = st.from_regex(r"[a-zA-Z0-9äöüßéñ][a-zA-Z0-9._+äöüé-]{0,20}", fullmatch=True)
_LABEL = st.from_regex(r"[a-zäöüéñ][a-z0-9äöüéñ]{1,10}", fullmatch=True)
_DOMAIN = st.lists(_LABEL, min_size=2, max_size=3).map(".".join)


@settings(deadline=None)
@given(_LOCAL, _DOMAIN)
def test_normal_form_is_stable_and_case_blind(local: str, domain: str) -> None:
    """Normalising twice changes nothing, and case, IDN form, display name and NFD lead to the same address."""
    import unicodedata

    address = f"{local}@{domain}"
    normal = normalize_email(address)
    assert normalize_email(normal) == normal
    assert normalize_email(display_email(normal)) == normal
    for variant in (
        f"{local}@{domain.upper()}",
        f" {address} ",
        f'"Doe, J" <{address}>',
        unicodedata.normalize("NFD", address),
        f"mailto:{address}",
    ):
        assert normalize_email(variant) == normal


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_normalises_stably_or_is_refused(raw: str) -> None:
    """Arbitrary input gives a stable address of two parts or an `AddressError`, nothing else."""
    try:
        normal = normalize_email(raw)
    except AddressError:
        return
    assert normalize_email(normal) == normal
    assert normal.count("@") == 1
    assert email_domain(normal).isascii()


def test_international_domains_have_both_forms() -> None:
    """Stored as A-label, shown as U-label."""
    assert normalize_email("Ann@BÜCHER.example") == "ann@xn--bcher-kva.example"
    assert display_email("ann@xn--bcher-kva.example") == "ann@bücher.example"
    assert normalize_email("ann@faß.de") != normalize_email("ann@fass.de"), "two domains, two people"


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "ann",
        "@x.org",
        "ann@",
        "a b@x.org",
        "ann@x org",
        "ann@-x.org",
        "a\r\nb@x.org",
        "a@b@c.org",
        "x" * 70 + "@x.org",
    ],
)
def test_what_is_no_mailbox_is_refused(raw: str) -> None:
    """The error is a `ValueError` that says what is wrong."""
    with pytest.raises(ValueError, match=r"\w"):
        normalize_email(raw)


@pytest.mark.parametrize(
    ("raw", "regions"),
    [
        ("+49 30 123456-78", ()),
        ("030 12345678", ("DE",)),
        ("0049 30 12345678", ("DE",)),
        ("tel:+49-30-12345678", ("US",)),
        ("(030) 12345678", ("US", "DE")),
    ],
)
def test_phone_numbers_become_e164(raw: str, regions: tuple[str, ...]) -> None:
    """Every way to write one number is that number."""
    assert normalize_phone(raw, regions) == "+493012345678"


@pytest.mark.parametrize("raw", ["", "abc", "12", "+999999999999999999"])
def test_what_is_no_number_is_refused(raw: str) -> None:
    """A number that can exist in no asked region is an `AddressError`."""
    with pytest.raises(AddressError):
        normalize_phone(raw, ("DE", "US"))
