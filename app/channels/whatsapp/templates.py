"""Templates of the Cloud API: which an account has, what each asks for, and how one is filled.

They belong to the WhatsApp Business Account: `config.business_account_id` of the channel account says which.
"""

import re
from typing import Any

from app.channels.http_api import HttpApi, NoAnswerError, NotReachedError, member, text_of
from app.channels.whatsapp.errors import error_of
from app.domain.channels import ApprovedTemplate, Template, TemplateHeader, TemplateShape, TemplatesRefusedError

FIELDS = "name,language,status,category,parameter_format,components"
PAGE, PAGES_MOST = 100, 60
ANSWER_MOST = 4 * 1024 * 1024
NAME, LANGUAGE = re.compile(r"[a-z0-9_]{1,512}"), re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
WORD = re.compile(r"[a-z_]{1,40}")
_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_HEADERS = {"IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}
_BUTTONS = {"URL": "url", "COPY_CODE": "copy_code", "QUICK_REPLY": "quick_reply", "OTP": "url"}
_PLAIN_BUTTONS = {"PHONE_NUMBER", "VOICE_CALL", "URL", "OTP"}
"""Buttons that may have nothing to fill."""


async def read_templates(api: HttpApi, path: str, headers: dict[str, str]) -> list[ApprovedTemplate] | None:
    """All templates of a business account; None when Meta does not answer. Raises TemplatesRefusedError."""
    found: list[ApprovedTemplate] = []
    after = ""
    for _ in range(PAGES_MOST):
        params = {"fields": FIELDS, "limit": str(PAGE)} | ({"after": after} if after else {})
        try:
            answer = await api.call("GET", path, headers=headers, params=params, most=ANSWER_MOST)
        except (NotReachedError, NoAnswerError):
            return None
        rows = member(answer.document, "data")
        if answer.status in (400, 401, 403, 404):
            code, text = error_of(answer)
            raise TemplatesRefusedError(f"its templates cannot be read: {code} {text}"[:300])
        if answer.status != 200 or not isinstance(rows, list):
            return None
        found += [template for row in rows if (template := read_template(row)) is not None]
        after = text_of(member(answer.document, "paging", "cursors", "after"))
        if not after or not member(answer.document, "paging", "next"):
            return found
    return found


def read_template(row: Any) -> ApprovedTemplate | None:
    """One template as Meta lists it; None for what has no name we could send."""
    name, language = text_of(member(row, "name")), text_of(member(row, "language"))
    status, category = text_of(member(row, "status")).lower(), text_of(member(row, "category")).lower()
    components = member(row, "components")
    if not (NAME.fullmatch(name) and LANGUAGE.fullmatch(language) and WORD.fullmatch(status)):
        return None
    components = components if isinstance(components, list) else []
    return ApprovedTemplate(
        name=name, language=language, status=status, category=category if WORD.fullmatch(category) else "",
        shape=shape_of(components), components=components,
    )  # fmt: skip


def shape_of(components: list[Any]) -> TemplateShape:
    """What a send has to give."""
    body: int | list[str] = 0
    header: TemplateHeader | None = None
    buttons: dict[str, str] = {}
    unsupported: str | None = None
    for part in components:
        match str(member(part, "type") or "").upper():
            case "BODY":
                # An authentication text is Meta's own and has one place: the code.
                body = 1 if "add_security_recommendation" in part else places(member(part, "text"))
            case "HEADER" if (kind := str(member(part, "format") or "TEXT").upper()) == "TEXT":
                given = places(member(part, "text"))
                header = TemplateHeader(kind="text", places=given) if given else None
            case "HEADER" if kind in _HEADERS:
                header = TemplateHeader(kind=_HEADERS[kind])  # type: ignore[arg-type]
            case "BUTTONS":
                buttons, unsupported = _buttons(member(part, "buttons"), unsupported)
            case "FOOTER":
                pass
            case other:
                unsupported = f"a {other.lower().replace('_', ' ') or 'part'} of a kind we do not know"
    return TemplateShape(body=body, header=header, buttons=buttons, unsupported=unsupported)


def _buttons(given: Any, unsupported: str | None) -> tuple[dict[str, str], str | None]:
    asked: dict[str, str] = {}
    for number, button in enumerate(given if isinstance(given, list) else []):
        kind = str(member(button, "type") or "").upper()
        has_place = kind in ("COPY_CODE", "QUICK_REPLY") or "{{" in str(member(button, "url") or "")
        if kind == "OTP" or (has_place and kind in _BUTTONS):
            asked[str(number)] = _BUTTONS[kind]
        elif kind not in _PLAIN_BUTTONS:
            unsupported = f"a button of type {kind.lower().replace('_', ' ')}"
    return asked, unsupported


def places(text: Any) -> int | list[str]:
    """The places of a text: how many numbered ones, or the names."""
    names = list(dict.fromkeys(_PLACE.findall(text))) if isinstance(text, str) else []
    return len(names) if all(name.isdigit() for name in names) else names


def fill(given: Template, media: tuple[str, dict[str, str]] | None, kinds: dict[str, str]) -> dict[str, Any]:
    """A template as a send names it; `media` is the kind of its header and what Meta fetches it by, `kinds` what its
    buttons are, where that is known."""
    components: list[dict[str, Any]] = []
    if media is not None:
        kind, where = media
        components.append({"type": "header", "parameters": [{"type": kind, kind: where}]})
    elif given.header:
        components.append({"type": "header", "parameters": _texts(given.header)})
    if given.variables:
        components.append({"type": "body", "parameters": _texts(given.variables)})
    for number, value in sorted(given.buttons.items(), key=lambda one: int(one[0])):
        kind = kinds.get(number, "url")
        components.append({"type": "button", "sub_type": kind, "index": number, "parameters": [_pressed(kind, value)]})
    template: dict[str, Any] = {"name": given.name, "language": {"code": given.language}}
    return template | ({"components": components} if components else {})


def _texts(given: list[str] | dict[str, str]) -> list[dict[str, str]]:
    if isinstance(given, dict):
        return [{"type": "text", "parameter_name": name, "text": text} for name, text in given.items()]
    return [{"type": "text", "text": text} for text in given]


def _pressed(kind: str, value: str) -> dict[str, str]:
    if kind == "copy_code":
        return {"type": "coupon_code", "coupon_code": value}
    return {"type": "payload", "payload": value} if kind == "quick_reply" else {"type": "text", "text": value}
