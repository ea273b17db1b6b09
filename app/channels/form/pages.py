"""Web forms as a program sees them: which form of a page is the contact form, what its fields mean, what may not be
filled in. Pure: HTML in, Structs out.
"""

import re
from urllib.parse import urljoin

import msgspec
from lxml import etree, html

TEXT_KINDS = {"text", "email", "tel", "url", "search", "number", "textarea", "date", "time", ""}
ROLES = (
    ("email", r"e-?mail|courriel|correo"),
    ("phone", r"phone|tel(efon|éfono|ephone)?\b|mobil|handy|whatsapp"),
    ("first_name", r"first.?name|vorname|pr[ée]nom|given"),
    ("last_name", r"last.?name|surname|nachname|family|apellido"),
    ("company", r"company|firma|organi[sz]ation|empresa|soci[ée]t[ée]|business"),
    ("subject", r"subject|betreff|objet|asunto|topic|titel|title"),
    ("message", r"message|nachricht|comment|mensaje|enquiry|inquiry|details|description|anliegen|body|text"),
    ("name", r"\bname\b|your.?name|full.?name|nombre|contact|nom\b|naam"),
)
HONEYPOT = re.compile(
    r"honey|^hp[_-]?|[_-]hp$|gotcha|leave.?(this.?)?(blank|empty)|bot.?(field|check|trap)|url2|are.?you.?human", re.I
)
UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(left|top|text-indent)\s*:\s*-\d{3,}|opacity\s*:\s*0(\.0+)?\s*(;|$)",
    re.I,
)
UNSEEN_CLASS = re.compile(
    r"(^|\s|-|_)(hidden|hide|visually-hidden|sr-only|d-none|honeypot|hp|ohnohoney)(\s|$|-|_)", re.I
)
CAPTCHA = re.compile(
    r"captcha|turnstile|challenges\.cloudflare|friendlychallenge|geetest|arkose|securimage|mcaptcha|altcha", re.I
)
PUZZLE = re.compile(
    r"captcha|security code|anti.?spam|are you (a )?(human|robot)|not a robot|sicherheits(abfrage|code)"
    r"|code de sécurité|código de seguridad",
    re.I,
)
TERMS = re.compile(
    r"privacy|terms|consent|agree|gdpr|dsgvo|datenschutz|einwillig|accept|confidentialit|condiciones|privacidad", re.I
)


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One control of a form."""

    name: str
    kind: str
    """The input's type; textarea and select by that name."""
    value: str = ""
    required: bool = False
    role: str | None = None
    """What it asks for: email, phone, name, first_name, last_name, company, subject, message."""
    trap: bool = False
    """A honeypot: whoever fills it in is a robot."""
    terms: bool = False
    options: tuple[str, ...] = ()


class WebForm(msgspec.Struct, frozen=True, kw_only=True):
    """One form of a page."""

    action: str
    method: str
    multipart: bool
    fields: tuple[Field, ...]
    captcha: bool


def contact_form(page: bytes, url: str) -> WebForm | None:
    """The form of a page that looks most like a contact form, None when none does. Raises ValueError for no HTML."""
    if not page.strip():
        raise ValueError("the page is empty")
    document = html.document_fromstring(page)
    captcha = _guarded(document)
    unseen = _unseen_by_style(document)
    forms = [_read(form, url, captcha, unseen) for form in document.xpath("//form")]
    ranked = sorted(forms, key=_likeness, reverse=True)
    return ranked[0] if ranked and _likeness(ranked[0]) >= 3 else None


def asks_captcha(page: bytes) -> bool:
    """Whether a page, whatever it is, wants to know that a person is there."""
    try:
        document = html.document_fromstring(page)
    except (ValueError, etree.ParserError):  # the latter for an empty page
        return False
    return _guarded(document) or any(_puzzles(form) for form in document.xpath("//form"))


def _guarded(document: html.HtmlElement) -> bool:
    """A captcha's script, frame or picture anywhere on the page, also one that is invisible."""
    parts = document.xpath("//script/@src | //iframe/@src | //img/@src | //script[not(@src)]/text()")
    return bool(document.xpath("//*[@data-sitekey]")) or any(CAPTCHA.search(part[:200_000]) for part in parts)


def _puzzles(form: html.HtmlElement) -> bool:
    """A captcha in a form: by the name of anything in it, or by what it asks."""
    return any(
        CAPTCHA.search(f"{element.get('class', '')} {element.get('id', '')} {element.get('name', '')}")
        or PUZZLE.search(element.get("placeholder") or "")
        or (element.tag == "label" and PUZZLE.search(" ".join(element.itertext())))
        for element in form.iter()
        if isinstance(element.tag, str)
    )


def _likeness(form: WebForm) -> int:
    roles = {field.role for field in form.fields if not field.trap}
    kinds = {field.kind for field in form.fields}
    points = 3 * ("message" in roles) + 2 * ("email" in roles) + ("name" in roles or "first_name" in roles)
    return (
        points - 10 * ("password" in kinds) - 5 * (kinds <= {"search", "text", "submit", "hidden"} and len(roles) < 2)
    )


def _unseen_by_style(document: html.HtmlElement) -> frozenset[str]:
    """`.class` and `#id` that a style sheet in the page hides on every screen."""
    found: set[str] = set()
    depth, selectors = 0, ""
    for part in re.split(r"([{}])", " ".join(document.xpath("//style/text()"))[:200_000]):
        if part == "{":
            depth += 1
        elif part == "}":
            depth = max(0, depth - 1)
        elif depth == 0:
            selectors = part.strip()
        elif depth == 1 and not selectors.startswith("@") and UNSEEN.search(part):
            found.update(one.strip() for one in selectors.split(",") if re.fullmatch(r"[.#][\w-]+", one.strip()))
    return frozenset(found)


def _read(form: html.HtmlElement, url: str, page_captcha: bool, unseen: frozenset[str]) -> WebForm:
    controls = [c for c in form.xpath(".//input | .//textarea | .//select | .//button") if c.get("name")]
    return WebForm(
        action=urljoin(url, form.get("action") or url),
        method="GET" if (form.get("method") or "").upper() == "GET" else "POST",
        multipart="multipart" in (form.get("enctype") or ""),
        fields=tuple(_field(control, form, unseen) for control in controls),
        captcha=page_captcha or _puzzles(form),
    )


def _field(control: html.HtmlElement, form: html.HtmlElement, unseen: frozenset[str]) -> Field:
    kind = control.tag if control.tag != "input" else (control.get("type") or "text").lower()
    words = " ".join(filter(None, (
        control.get("name"), control.get("id"), control.get("placeholder"), control.get("autocomplete"),
        control.get("aria-label"), _label(control, form),
    )))  # fmt: skip
    return Field(
        name=control.get("name"),
        kind=kind,
        value=_value(control, kind),
        required=control.get("required") is not None
        or control.get("aria-required") == "true"
        or "*" in _label(control, form),
        role=_role(kind, words),
        trap=(kind in TEXT_KINDS and _unseen(control, form, unseen))
        or (kind in {*TEXT_KINDS, "checkbox"} and bool(HONEYPOT.search(control.get("name")))),
        terms=kind == "checkbox" and bool(TERMS.search(words)),
        options=tuple(option.get("value", option.text or "") for option in control.xpath(".//option")),
    )


def _value(control: html.HtmlElement, kind: str) -> str:
    if kind == "textarea":
        return control.text or ""
    if kind == "select":
        chosen = control.xpath(".//option[@selected]")
        return str(chosen[0].get("value", chosen[0].text or "")) if chosen else ""
    return str(control.get("value") or ("on" if kind in ("checkbox", "radio") else ""))


def _label(control: html.HtmlElement, form: html.HtmlElement) -> str:
    identity = control.get("id")
    named = [label for label in form.xpath(".//label") if identity and label.get("for") == identity]
    around = control.xpath("ancestor::label")
    return " ".join(" ".join(label.itertext()).strip() for label in (*named, *around))[:300]


def _role(kind: str, words: str) -> str | None:
    if kind in ("email", "tel"):
        return {"email": "email", "tel": "phone"}[kind]
    if kind == "textarea":
        return "message"
    if kind not in TEXT_KINDS or kind in ("search", "number", "date", "time", "url"):
        return None
    return next((role for role, pattern in ROLES if re.search(pattern, words, re.I)), None)


def _unseen(control: html.HtmlElement, form: html.HtmlElement, unseen: frozenset[str]) -> bool:
    """People cannot see it, so whoever fills it in is none."""
    element = control
    while element is not None and element is not form:
        if UNSEEN.search(element.get("style") or "") or UNSEEN_CLASS.search(element.get("class") or ""):
            return True
        names = {f"#{element.get('id')}", *(f".{name}" for name in (element.get("class") or "").split())}
        if names & unseen:
            return True
        if element.get("hidden") is not None or (
            element.get("aria-hidden") == "true" and element.get("tabindex") == "-1"
        ):
            return True
        element = element.getparent()
    return control.get("tabindex") == "-1" and (control.get("autocomplete") or "") in ("off", "nope", "new-password")
