"""Phone numbers of many countries, as their owners would print them on a card."""

import random
from collections.abc import Sequence

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from bench.written.case import Case

HOMES = (
    "US", "CA", "GB", "IE", "AU", "NZ", "DE", "AT", "CH", "FR", "BE", "NL", "ES", "PT", "IT", "SE", "NO", "DK",
    "FI", "PL", "CZ", "HU", "RO", "GR", "TR", "RU", "UA", "IL", "AE", "SA", "EG", "ZA", "NG", "KE", "IN", "PK",
    "BD", "SG", "MY", "TH", "VN", "PH", "ID", "JP", "KR", "CN", "HK", "TW", "BR", "MX", "AR", "CL", "CO", "PE",
)  # fmt: skip
_AREAS = {"US": "212 415 510 305 617 702 312 206 713", "CA": "416 604 514"}

_SAID = {
    "en": (
        "call me on {}", "My number is {}.", "{}", "you can reach me at {} after 5", "text {} thanks", "Cell: {}",
        "Hi, it's Dana. {} is the best number to get me", "phone {} or just come by", "{} - ask for Joe", "WhatsApp {}",
        "I'm around all week, ring {}", "Try {} tomorrow at 9, the quote is $1,250", "(office) {}", "tel. {}",
    ),
    "es": ("llámame al {}", "Mi número es {}", "{} es mi móvil", "teléfono: {}", "escríbeme al {} por favor"),
    "fr": ("appelez-moi au {}", "Mon numéro : {}", "Tél. {}", "vous pouvez me joindre au {}"),
    "de": ("ruf mich an: {}", "Meine Nummer ist {}", "Tel.: {}", "erreichbar unter {}"),
    "pt": ("me liga no {}", "meu número é {}", "Telefone: {}"),
    "it": ("chiamami al {}", "il mio numero è {}", "Tel. {}"),
    "nl": ("bel me op {}", "Mijn nummer is {}"),
    "ru": ("звоните {}", "мой номер {}", "тел. {}"),
}  # fmt: skip
_TONGUE = {
    region: tongue
    for tongue, regions in {
        "es": "ES MX AR CL CO PE",
        "fr": "FR BE",
        "de": "DE AT CH",
        "pt": "PT BR",
        "it": "IT",
        "nl": "NL",
        "ru": "RU UA",
    }.items()
    for region in regions.split()
}


def real(dice: random.Random, region: str) -> PhoneNumber:
    """A valid number of a region."""
    if region in _AREAS:
        area = dice.choice(_AREAS[region].split())
        return phonenumbers.parse(f"+1{area}{dice.randint(2, 9)}{dice.randint(10, 99)}{dice.randint(0, 9999):04}")
    kind = dice.choice((PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE))
    example = phonenumbers.example_number_for_type(region, kind) or phonenumbers.example_number(region)
    assert example is not None
    text = str(example.national_number)
    for _ in range(60):
        keep = len(text) - dice.randint(3, 6)
        number = PhoneNumber(
            country_code=example.country_code,
            national_number=int(text[:keep] + "".join(str(dice.randint(0, 9)) for _ in text[keep:])),
            italian_leading_zero=example.italian_leading_zero,
            number_of_leading_zeros=example.number_of_leading_zeros,
        )
        if phonenumbers.is_valid_number(number):
            return number
    return example


def e164(number: PhoneNumber) -> str:
    """As detectors are to name it."""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def plain_phone(dice: random.Random, styles: Sequence[str] = ()) -> Case:
    """A number in a sentence, in the national form of its home or the international one of anywhere."""
    region = "US" if dice.random() < 0.35 else dice.choice(HOMES)
    number = real(dice, region)
    abroad = dice.random() < 0.3
    forms = _international(number) if abroad else _international(number) | _national(dice, number, region)
    style = dice.choice(sorted(set(forms) & set(styles)) or sorted(forms))
    tongue = _TONGUE.get(region, "en") if dice.random() < 0.6 else "en"
    home = dice.choice(HOMES) if abroad else region
    return Case(dice.choice(_SAID[tongue]).format(forms[style]), "phone", e164(number), home, style)


def _international(number: PhoneNumber) -> dict[str, str]:
    written = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return {
        "international": written,
        "e164": e164(number),
        "tight": written.replace("-", "").replace(" ", "", 1),
        "rfc3966": phonenumbers.format_number(number, PhoneNumberFormat.RFC3966),
        "dotted": written.replace(" ", "."),
        "dashed": written.replace(" ", "-"),
        "zeros": "00" + e164(number)[1:],
        "zeros spaced": "00" + written[1:],
    }


def _national(dice: random.Random, number: PhoneNumber, region: str) -> dict[str, str]:
    written = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    forms = {
        "national": written,
        "national dotted": written.replace(" ", ".").replace("-", "."),
        "national tight": "".join(char for char in written if char.isdigit()),
        "national dashed": written.replace(" ", "-"),
        "national spaced": written.replace("-", " "),
    }
    if written.startswith("0") and region not in ("IT", "RU"):
        forms["optional zero"] = f"+{number.country_code} (0){written[1:]}"
    if region in _AREAS:
        bare = written.replace("(", "").replace(") ", "-")
        forms |= {
            "one": "1-" + bare,
            "plain dashes": bare,
            "dots": bare.replace("-", "."),
            "extension": written + dice.choice((" ext. 12", " x204", "x17")),
            "glued": written.replace(") ", ")"),
        }
    return forms
