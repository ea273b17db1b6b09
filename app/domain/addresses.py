"""Addresses of people: one person is one contact, however the address was typed. Pure rules, no I/O.

The normal form of an e-mail address is lower case, NFC, its domain as A-label (`xn--…`); of a phone number, E.164.
"""

import re
import unicodedata
from collections.abc import Iterable

import idna
import phonenumbers

MAX_ADDRESS_CHARS = 320

_ATOM_BREAKERS = re.compile(
    r'[\s\x00-\x1f\x7f-\x9f<>(),:;@"\[\]\\\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ud800-\udfff]'
)
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*")
_LITERAL = re.compile(r"\[(?:\d{1,3}(?:\.\d{1,3}){3}|ipv6:[0-9a-f:.]{2,45})\]")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


class AddressError(ValueError):
    """The address cannot be normalised; the message says why."""


def normalize_email(raw: str) -> str:
    """The one spelling of a mailbox: `"Ann" <Ann@BÜCHER.de>` becomes `ann@xn--bcher-kva.de`.

    Accepts a display name, angle brackets and a `mailto:` prefix. Raises `AddressError` when no mailbox is left.
    """
    address = _bare(raw)
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        raise AddressError("an e-mail address needs a name, an @ and a domain")
    local = _stable_lower(_unquote(local))
    if not local or _ATOM_BREAKERS.search(local):
        raise AddressError("the part before the @ is empty or has characters no mailbox name may have")
    if len(local.encode()) > 64:
        raise AddressError("the part before the @ is longer than 64 bytes")
    return f"{local}@{normalize_domain(domain)}"


def normalize_domain(raw: str) -> str:
    """A domain in lower-case A-label form, or a bracketed address literal. Raises `AddressError`."""
    domain = _stable_lower(raw.strip())
    if _LITERAL.fullmatch(domain):
        return domain
    if len(domain) > 255:
        raise AddressError("the domain is longer than 255 characters")
    try:
        ascii_domain = idna.encode(domain, uts46=True, transitional=False).decode().lower()
    except (idna.IDNAError, UnicodeError, ValueError, IndexError):
        # Real host names break IDNA's rules: underscores, hyphens in the third place.
        ascii_domain = domain
    ascii_domain = ascii_domain.removesuffix(".")
    if len(ascii_domain) > 253 or not _HOST.fullmatch(ascii_domain):
        raise AddressError("the part after the @ is not a domain name")
    return ascii_domain


def email_domain(address: str) -> str:
    """The domain of a normalised address; empty for an empty address."""
    return address.rpartition("@")[2]


def display_email(address: str) -> str:
    """A normalised address as people read it: `ann@bücher.de`. Domains that do not decode stay as they are."""
    local, at, domain = address.rpartition("@")
    if "xn--" not in domain:
        return address
    try:
        shown = idna.decode(domain)
        if idna.encode(shown, uts46=True).decode() != domain:
            return address
    except (idna.IDNAError, UnicodeError, ValueError):
        return address
    return f"{local}{at}{shown}"


def normalize_phone(raw: str, regions: Iterable[str] = ()) -> str:
    """E.164, e.g. `+493012345`. `regions` are ISO 3166 codes tried in order for numbers without a country code.

    Raises `AddressError` when no region makes it a number that can exist.
    """
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", raw[:64])).strip()
    text = re.sub(r"^(?:tel|sms|whatsapp):", "", text, flags=re.IGNORECASE)
    candidates: list[str | None] = [None] if text.startswith("+") else [region.upper() for region in regions]
    if text.startswith("00") and not text.startswith("000"):
        candidates.append(None)
    possible: str | None = None
    for region in candidates:
        try:
            number = phonenumbers.parse(text if region else "+" + text.lstrip("+0"), region)
        except phonenumbers.NumberParseException:
            continue
        formatted = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if phonenumbers.is_valid_number(number):
            return formatted
        # Service codes of two or three digits are possible too, but no one's identity.
        if possible is None and len(formatted) >= 8 and phonenumbers.is_possible_number(number):
            possible = formatted
    if possible is None:
        raise AddressError("not a phone number of any of the regions asked")
    return possible


def _bare(raw: str) -> str:
    if len(raw) > 4 * MAX_ADDRESS_CHARS:
        raise AddressError("the address is too long")
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", raw)).strip()
    if text.endswith(">") and "<" in text:
        text = text[text.rindex("<") + 1 : -1].strip()
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0].strip()
    if len(text) > MAX_ADDRESS_CHARS:
        raise AddressError(f"the address is longer than {MAX_ADDRESS_CHARS} characters")
    return text


def _unquote(local: str) -> str:
    if len(local) > 2 and local[0] == local[-1] == '"':
        return local[1:-1].replace("\\", "")
    return local


def _stable_lower(text: str) -> str:
    """Lower case until it no longer changes: lowering and composing can each undo the other's normal form once."""
    for _ in range(4):
        lowered = unicodedata.normalize("NFC", text.lower())
        if lowered == text:
            break
        text = lowered
    return text
