"""Filling a form in, and reading from the answer whether it was taken. Pure."""

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from app.channels.form.pages import TEXT_KINDS, Field, WebForm

Verdict = Literal["accepted", "rejected", "unclear"]
BUTTONS = {"submit", "button", "image", "reset"}
GENERAL = re.compile(r"general|other|sonstig|allgemein|autre|otro|altro|question|inquiry|enquiry", re.I)
TAKEN = re.compile(
    r"thank\s?(s|you)|(message|request|enquiry|inquiry|form) (has been|was|is) (sent|received|submitted)"
    r"|(successfully|have) (sent|submitted|received)|we('ll| will) (get back|contact|be in touch)|vielen dank|danke\b"
    r"|erfolgreich|wurde (gesendet|versendet|übermittelt)|merci\b|bien été envoyé|gracias|enviado|obrigad|grazie"
    r"|inviato|bedankt|verzonden",
    re.I,
)
REFUSED = re.compile(
    r"(is|are|field).{0,20}required|please (fill|enter|correct|complete|try again)|invalid|not valid"
    r"|(an|there was an) error|went wrong|spam|captcha|could not (be )?sen[dt]|failed to send"
    r"|pflichtfeld|fehler|erreur|obligatoire|ungültig",
    re.I,
)


class NeedsPerson(Exception):
    """A machine must not or cannot fill this in; the word says why: captcha, honeypot, terms, required_field, file."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(f"{reason}: {field}" if field else reason)
        self.reason = reason


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """What to submit, in the order of the form."""

    values: tuple[tuple[str, str], ...]


def fill(form: WebForm, values: Mapping[str, str], mapping: Mapping[str, str], *, accept_terms: bool = False) -> Filled:
    """The form filled in with `values` by role; `mapping` names fields itself, `{{role}}` standing for a value.

    Raises NeedsPerson. A captcha and a trap both say that a site wants no robots, and we are one; a field that only
    looks like a trap is named in `mapping`.
    """
    if form.captcha:
        raise NeedsPerson("captcha")
    for field in form.fields:
        if field.trap and field.name not in mapping:
            raise NeedsPerson("honeypot", field.name)
    done: list[tuple[str, str]] = []
    for field in form.fields:
        again = field.kind == "radio" and any(name == field.name for name, _ in done)
        if field.kind in BUTTONS or again:
            continue
        if field.kind in ("hidden", "radio") and field.name not in mapping:
            done.append((field.name, field.value))
        elif field.name in mapping:
            done.append((field.name, _template(mapping[field.name], values)))
        else:
            done += _answer(field, values, accept_terms=accept_terms)
    return Filled(values=tuple(done))


def _answer(field: Field, values: Mapping[str, str], *, accept_terms: bool) -> list[tuple[str, str]]:
    if field.kind == "file":
        if field.required:
            raise NeedsPerson("file", field.name)
        return []
    if field.kind == "checkbox":
        return _tick(field, accept_terms=accept_terms)
    return [(field.name, _choose(field) if field.kind == "select" else _text(field, values))]


def _tick(field: Field, *, accept_terms: bool) -> list[tuple[str, str]]:
    if field.terms and field.required:
        # Agreeing to something in a person's name is his to decide, once and for all, in the account's config.
        if not accept_terms:
            raise NeedsPerson("terms", field.name)
        return [(field.name, field.value)]
    if field.required:
        raise NeedsPerson("required_field", field.name)
    return []


def _choose(field: Field) -> str:
    if field.value:
        return field.value
    general = [option for option in field.options if GENERAL.search(option)]
    if general:
        return general[0]
    if field.required:
        raise NeedsPerson("required_field", field.name)
    return ""


def _text(field: Field, values: Mapping[str, str]) -> str:
    text = values.get(field.role or "", "") or (field.value if field.kind in TEXT_KINDS else "")
    if field.required and not text:
        raise NeedsPerson("required_field", field.name)
    return text


def _template(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda found: values.get(found[1], ""), text)


def judge(status: int, body: bytes, content_type: str, *, success: str | None, failure: str | None) -> Verdict:
    """What the answer says. `success` and `failure` are an account's own words for a site, tried first.

    Unclear is not a guess: a page that says neither leaves us not knowing.
    """
    text = body.decode("utf-8", "replace")
    own = _own_words(text, success, failure)
    if own:
        return own
    if status >= 400:
        return "rejected" if status < 500 else "unclear"
    if "json" in content_type:
        return _judge_json(body)
    seen = re.sub(r"(?is)<(script|style)\b.*?</\1>|<!--.*?-->|<[^>]+>", " ", text)
    # A page often repeats its form below the thanks, and its "required" labels with it: thanks decide.
    if TAKEN.search(seen):
        return "accepted"
    return "rejected" if REFUSED.search(seen) else "unclear"


def _own_words(text: str, success: str | None, failure: str | None) -> Verdict | None:
    if failure and failure.lower() in text.lower():
        return "rejected"
    return "accepted" if success and success.lower() in text.lower() else None


def _judge_json(body: bytes) -> Verdict:
    try:
        said = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return "unclear"
    if isinstance(said, dict):
        for name in ("success", "ok", "sent", "valid"):
            if isinstance(said.get(name), bool):
                return "accepted" if said[name] else "rejected"
        # WordPress' Contact Form 7.
        if isinstance(said.get("status"), str):
            sent = said["status"] in ("mail_sent", "success", "ok", "sent")
            return "accepted" if sent else "rejected" if said["status"] not in ("aborted", "") else "unclear"
    return "unclear"
