"""What a model may answer: closed shapes, checked by msgspec. A model can name no recipient, tenant or thread: there is
no field for one, and an answer with a field too many is no answer.
"""

from functools import cache
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from app.domain.deciding import Action
from app.domain.judgement import Kind

Intent = Literal[
    "greeting", "thanks", "opening", "price", "availability", "booking", "reschedule", "status", "postpone", "question",
    "complaint", "cancellation", "refund", "legal", "emergency", "human_please", "unsubscribe", "out_of_office", "spam",
    "other",
]  # fmt: skip
Share = Annotated[float, Meta(ge=0, le=1)]
Mood = Annotated[float, Meta(ge=-1, le=1)]
Language = Annotated[str, Meta(pattern=r"^[a-z]{2,3}\Z")]


class ModelDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to `decide`."""

    action: Action
    intent: Intent
    confidence: Share
    sentiment: Mood
    reply: Annotated[str, Meta(max_length=6000)] | None
    follow_up_days: Annotated[int, Meta(ge=1, le=90)] | None
    sources: Annotated[list[Annotated[str, Meta(max_length=20)]], Meta(max_length=20)]
    reason: Annotated[str, Meta(max_length=1000)]


class ModelInsight(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to `summarize`."""

    summary: Annotated[str, Meta(min_length=1, max_length=2000)]
    label: Intent
    sentiment: Mood
    next_step: Annotated[str, Meta(min_length=1, max_length=600)]
    follow_up_on: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}\Z")] | None


class ModelDrafts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to `suggest`."""

    language: Language
    drafts: Annotated[list[Annotated[str, Meta(min_length=1, max_length=6000)]], Meta(max_length=10)]


class ModelTranslation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to `translate`."""

    source_language: Language
    translation: Annotated[str, Meta(min_length=1, max_length=60_000)]


class ModelFinding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing a model sees in a message; where it stands is worked out from its words."""

    kind: Kind
    quote: Annotated[str, Meta(max_length=2000)]
    confidence: Share


class ModelOpinion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to `moderate`."""

    findings: Annotated[list[ModelFinding], Meta(max_length=50)]


_BOUNDS = {
    "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "pattern", "title", "description",
    "default",
}  # fmt: skip


def schema_of(shape: Any) -> dict[str, Any]:
    """The JSON schema of a shape as structured outputs take it: no bounds, every member required, nothing else."""
    return _schema(shape)


@cache
def _schema(shape: type[msgspec.Struct]) -> dict[str, Any]:
    shapes = msgspec.json.schema(shape)["$defs"]
    plain: dict[str, Any] = _plain(shapes[shape.__name__], shapes)
    return plain


def _plain(part: Any, shapes: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_plain(one, shapes) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _plain(shapes[part["$ref"].rpartition("/")[2]], shapes)
    if "properties" in part:
        members = {name: _plain(member, shapes) for name, member in part["properties"].items()}
        return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}
    return {name: _plain(value, shapes) for name, value in part.items() if name not in _BOUNDS}
