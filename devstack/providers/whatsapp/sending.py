"""What a business may send, and what it is told when it may not."""

import json
import math
from typing import Any

from devstack.providers.http import Part
from devstack.providers.whatsapp.numbers import Files, GraphError, Json, Number
from devstack.providers.whatsapp.templates import check_template

TEXT_MOST, CAPTION_MOST, OPAQUE_MOST = 4096, 1024, 512
MEDIA = ("image", "audio", "video", "document", "sticker")
UPLOAD_MOST = 100 * 1024 * 1024


def usage(number: Number, minutes: int) -> dict[str, str]:
    """The header in which Meta tells how much of its limits an account used."""
    told = {number.id: [{"type": "whatsapp", "call_count": 100, "total_cputime": 25, "total_time": 25,
                         "estimated_time_to_regain_access": minutes}]}  # fmt: skip
    return {"X_Business_Use_Case_Usage": json.dumps(told)}


def check(number: Number, given: Json, files: Files) -> str:
    """The person a message is for, when it may be sent. Raises GraphError."""
    if given.get("messaging_product") != "whatsapp":
        raise GraphError(100, "The parameter messaging_product is required.")
    person = str(given.get("to") or "").lstrip("+")
    if not (person.isascii() and person.isdigit() and 7 <= len(person) <= 15):
        raise GraphError(131009, "Parameter value is not valid", "the recipient is no phone number")
    if len(str(given.get("biz_opaque_callback_data") or "")) > OPAQUE_MOST:
        raise GraphError(131009, "Parameter value is not valid", "biz_opaque_callback_data is too long")
    kind = str(given.get("type") or "text")
    about = given.get(kind)
    if not isinstance(about, dict):
        raise GraphError(100, f"The parameter {kind} is required.")
    _check_content(number, kind, about, files)
    if refusal := number.refusals.get(person):
        raise refusal
    if kind != "template" and not number.is_open(person):
        raise GraphError(
            131047, "Re-engagement message", "more than 24 hours have passed since the customer last replied"
        )
    _take_turn(number, person)
    return person


def _check_content(number: Number, kind: str, about: Json, files: Files) -> None:
    if kind == "text":
        if not 1 <= len(str(about.get("body") or "")) <= TEXT_MOST:
            raise GraphError(131009, "Parameter value is not valid", "text.body must have 1 to 4096 characters")
    elif kind == "template":
        check_template(number, about, files)
    elif kind in MEDIA:
        held = files.held.get(str(about.get("id")))
        if held is None:
            raise GraphError(131009, "Parameter value is not valid", f"{kind}.id is no uploaded media")
        if kind in ("image", "audio", "video") and not held.content_type.startswith(kind):
            raise GraphError(131053, "Media upload error", f"{held.content_type} is no {kind}")
        if len(str(about.get("caption") or "")) > CAPTION_MOST or ("caption" in about and kind in ("audio", "sticker")):
            raise GraphError(131009, "Parameter value is not valid", f"{kind}.caption")
    else:
        raise GraphError(131051, "Unsupported message type", kind)


def _take_turn(number: Number, person: str) -> None:
    if number.pairs.take(person):
        raise GraphError(131056, "(Business Account, Consumer Account) pair rate limit hit",
                         "Too many messages sent from one number to another in a short period.")  # fmt: skip
    if wait := number.all.take("all"):
        raise GraphError(130429, "Rate limit hit", "Cloud API message throughput has been reached.",
                         Retry_After=str(max(1, math.ceil(wait))))  # fmt: skip


def take_upload(files: Files, given: Json, parts: dict[str, Part]) -> Json:
    """A file kept for later. Raises GraphError."""
    part: Any = parts.get("file")
    if given.get("messaging_product") != "whatsapp" or part is None or not part.data:
        raise GraphError(100, "The parameter file is required." if part is None else "Invalid parameter")
    if len(part.data) > UPLOAD_MOST:
        raise GraphError(131052, "Media download error", "larger than 100 MB", 413)
    return {"id": files.keep(part.data, part.content_type)}
