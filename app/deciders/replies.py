"""Replies from the tenant's wording and ours. Nothing a stranger wrote gets in, but a name and a subject, tamed."""

import re
from collections.abc import Mapping

from app.deciders.hours import Timetable, say_moment, say_week
from app.deciders.vocabulary import Vocabulary
from app.domain.deciding import DecisionRequest

MAX_NAME = 40
MAX_SUBJECT = 80
MAX_REPLY = 4000

_VARIABLE = re.compile(r"\{\{([^{}|]{1,60})(?:\|([^{}]{0,200}))?\}\}")
_SPACES = re.compile(r"\s+")
_LINK = re.compile(
    r"(?i)://|www\.|@|\b[a-z0-9-]{1,63}\.(?:[a-z]{2,}|xn--)|\[|\]|<|>|[|]|\(dot\)|(?:\d[\s().-]{0,2}){5}|[^\x20-\U0010ffff]"
)
# A full stop only ends a word: `visit evil.example` is no name.
_NAME = re.compile(r"^[^\W\d_]+(?:['’-][^\W\d_]+){0,3}\.?(?: [^\W\d_]+(?:['’-][^\W\d_]+){0,3}\.?){0,3}$")
_REPLY_MARK = re.compile(r"(?i)^(?:(?:re|aw|sv|antw|fw|fwd|wg|tr|rv|enc|res|r)\s*:\s*){1,5}")


class Unusable(Exception):
    """A wording that cannot be sent; `str()` says why, as the end of a sentence."""


def safe_name(name: str | None) -> str:
    """A person's name of up to four words and 40 characters, or nothing: no digits, links or sentences."""
    flat = _SPACES.sub(" ", (name or "")[:200]).strip()
    return flat if len(flat) <= MAX_NAME and _NAME.match(flat) else ""


def safe_subject(subject: str | None) -> str:
    """A subject on one line, up to 80 characters; one with a link, an address or a telephone number becomes nothing."""
    flat = _SPACES.sub(" ", (subject or "")[:400]).strip()
    flat = _REPLY_MARK.sub("", flat)
    if _LINK.search(flat) or "{" in flat or "}" in flat:
        return ""
    return flat[:MAX_SUBJECT].strip()


def is_reply_subject(subject: str) -> bool:
    """Whether a subject begins with `Re:` or its like."""
    return bool(_REPLY_MARK.match(subject[:40].lstrip()))


def variables(request: DecisionRequest, table: Timetable | None, words: Vocabulary) -> dict[str, str]:
    """The values of `{{variables}}`; an empty one needs a fallback in the wording."""
    known = {
        "contact_name": safe_name(request.contact_name),
        "tenant_name": _SPACES.sub(" ", request.knowledge.tenant_name).strip(),
        "signature": (request.knowledge.voice.signature or "").strip(),
        "business_hours": "",
        "next_opening": "",
        "subject": safe_subject(next((one.subject for one in reversed(request.burst) if one.subject), None)),
    }
    if table is not None:
        known["business_hours"] = say_week(table, words.format)
        state = table.at(request.now)
        if state.next_opening:
            known["next_opening"] = say_moment(state.next_opening, table.local(request.now).date(), words.format)
    return known


def render(wording: str, values: Mapping[str, str]) -> str:
    """Fill in `{{name}}` and `{{name|fallback}}`. Raises `Unusable` for unknown or empty variables and stray braces."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1).strip()
        if name not in values:
            raise Unusable(f"it uses the unknown variable {name[:40]!r}")
        filled = values[name] or (match.group(2) or "").strip()
        if not filled:
            raise Unusable(f"nothing is known for its variable {name!r} and it has no fallback")
        return filled

    text = _VARIABLE.sub(value, wording).strip()
    if "{{" in text or "}}" in text:
        raise Unusable("its variables are not written as {{name}}".replace("{{", "{").replace("}}", "}"))
    if not text:
        raise Unusable("it is empty")
    if len(text) > MAX_REPLY:
        raise Unusable(f"it is longer than {MAX_REPLY} characters")
    return text


def letter(parts: list[str], values: Mapping[str, str], words: Vocabulary) -> str:
    """Salutation, the parts, and how the tenant signs."""
    name = values["contact_name"]
    hello = words.replies["hello"].replace("{name}", name) if name else words.replies["hello_plain"]
    bye = values["signature"] or "\n".join(filter(None, (words.replies["bye"], values["tenant_name"])))
    return "\n\n".join((hello, *parts, bye)).replace("{{", "{").replace("}}", "}")
