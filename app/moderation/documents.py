"""A tenant's policy document, checked as strictly as `private.check_moderation_document()` does: same fields refused."""

import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, UnsetType

from app.errors import BadInput
from app.moderation.policy import Action
from app.moderation.raising import BOUNDS, LANES, MOST_RULES, NOT_FOR, ONLY_WITH, EscalationPart, EscalationRule
from app.moderation.regions import CODES
from app.moderation.trust import Trust
from app.moderation.verdicts import KINDS, SAFETY_KINDS

LONGEST = 100_000
"""Characters of a document, as Postgres writes it."""
TEMPLATES = ("marketplace", "off-platform-strict", "open")
"""Documents to begin with, in `templates/`."""

Kind = Literal[
    "email", "phone", "url", "meeting_link", "social_handle", "payment_handle", "address", "threat", "harassment",
    "spam", "scam", "sexual", "self_harm",
]  # fmt: skip
Event = Literal["bid_accepted", "connection_fee_paid", "staff"]
Domain = Annotated[
    str,
    Meta(
        max_length=253, pattern=r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\Z"
    ),
]  # fmt: skip
Value = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]{1,200}\Z")]


class RuleOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is done about one kind: `action` from `threshold` on, something milder below it."""

    action: Action
    threshold: Annotated[float, Meta(ge=0, le=1)] = 0.6
    below: Action = "allow"


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rules by kind. A kind that is left out follows the defaults."""

    email: RuleOf | UnsetType = UNSET
    phone: RuleOf | UnsetType = UNSET
    url: RuleOf | UnsetType = UNSET
    meeting_link: RuleOf | UnsetType = UNSET
    social_handle: RuleOf | UnsetType = UNSET
    payment_handle: RuleOf | UnsetType = UNSET
    address: RuleOf | UnsetType = UNSET
    threat: RuleOf | UnsetType = UNSET
    harassment: RuleOf | UnsetType = UNSET
    spam: RuleOf | UnsetType = UNSET
    scam: RuleOf | UnsetType = UNSET
    sexual: RuleOf | UnsetType = UNSET
    self_harm: RuleOf | UnsetType = UNSET


class PeopleStages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people write to each other, before and after their contact details were revealed."""

    before: Rules | UnsetType = UNSET
    after: Rules | UnsetType = UNSET


class BusinessStages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the business writes: it is always after."""

    after: Rules | UnsetType = UNSET


class Lanes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose messages are moderated."""

    people: PeopleStages | UnsetType = UNSET
    agent: BusinessStages | UnsetType = UNSET
    ai: BusinessStages | UnsetType = UNSET
    template: BusinessStages | UnsetType = UNSET


class SecondOpinion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a model is asked, which kinds it may raise, and what becomes of what it could not be asked about."""

    when: Literal["never", "review", "always"]
    kinds: Annotated[list[Kind], Meta(max_length=13)] | UnsetType = UNSET
    otherwise: Literal["rules", "review"] = "rules"


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A policy document: see docs/moderation.md."""

    regions: Annotated[list[str], Meta(max_length=20)] | UnsetType = UNSET
    window: Annotated[int, Meta(ge=0, le=12)] = 10
    lanes: Lanes
    allowed_domains: Annotated[list[Domain], Meta(max_length=200)] | UnsetType = UNSET
    allowed_values: Annotated[list[Value], Meta(max_length=500)] | UnsetType = UNSET
    reveal_on: Annotated[list[Event], Meta(max_length=3)] | UnsetType = UNSET
    second_opinion: SecondOpinion | UnsetType = UNSET
    trust: Trust | UnsetType = UNSET
    escalation: EscalationPart | UnsetType = UNSET


_PLACE = re.compile(r"^(?P<problem>.*?)(?: - at `(?P<path>[^`]+)`)?$", re.DOTALL)
_MEMBER = re.compile(r"(?:unknown|required) field `([^`]*)`")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SEVERITY = {action: number for number, action in enumerate(get_args(Action))}


def check(document: Mapping[str, Any]) -> Document:
    """A document that may be stored. Raises BadInput (`bad_policy`) that names the field by its path."""
    try:
        checked = msgspec.convert(document, Document)
    except msgspec.ValidationError as error:
        raise _told(str(error)) from None
    if len(json.dumps(document, ensure_ascii=False)) > LONGEST:
        raise _refused("", "it is longer than 100,000 characters", "shorten its lists")
    if wrong := [code for code in checked.regions or () if code not in CODES]:
        raise _refused("regions", f"{wrong[0]} is no country", 'write ISO 3166-1: ["US", "CA"]')
    if not document["lanes"]:
        raise _refused("lanes", "nothing would be moderated", "name a lane, or switch moderation off")
    for path, kind, rule in _rules(document["lanes"]):
        _check_rule(path, kind, rule)
    if "escalation" in document:
        _check_escalation(document["escalation"], document["lanes"])
    return checked


def _rules(lanes: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for lane, stages in lanes.items():
        for stage, rules in stages.items():
            for kind, rule in rules.items():
                yield f"lanes.{lane}.{stage}.{kind}", kind, rule


def _check_rule(path: str, kind: str, rule: Mapping[str, Any]) -> None:
    below = rule.get("below", "allow")
    if _SEVERITY[below] > _SEVERITY[rule["action"]]:
        raise _refused(f"{path}.below", "what is less sure is not treated harder", "write something milder than action")
    if kind in SAFETY_KINDS and "mask" in (rule["action"], below):
        raise _refused(
            f"{path}.{'action' if rule['action'] == 'mask' else 'below'}",
            "it is said of a whole message, of which nothing would be left", "write allow, hold or block",
        )  # fmt: skip


def _check_escalation(part: Mapping[str, Any], lanes: Mapping[str, Any]) -> None:
    if "people" in part and "people" not in lanes:
        raise _refused("escalation.people", "what people write to each other is not judged", "name lanes.people, too")
    for lane in LANES:
        for stage, rules in part.get(lane, {}).items():
            path = f"escalation.{lane}.{stage}"
            if stage not in LANES[lane]:
                raise _refused(path, "nobody reads that field", f"known here: {', '.join(LANES[lane])}")
            if not isinstance(rules, dict):
                raise _refused(path, "an object is expected", 'write rules by name: {"angry": {…}}')
            if len(rules) > MOST_RULES:
                raise _refused(path, f"there are more than {MOST_RULES} rules", "remove some")
            for name, rule in rules.items():
                if not _NAME.fullmatch(name):
                    raise _refused(
                        path, "a rule has another name", "lower case letters, digits and _, at most 40: angry"
                    )
                _check_escalation_rule(f"{path}.{name}", lane, rule)


def _check_escalation_rule(path: str, lane: str, rule: Any) -> None:
    try:
        checked = msgspec.convert(rule, EscalationRule)
    except msgspec.ValidationError as error:
        raise _told(str(error), path) from None
    least, most = BOUNDS[checked.on]
    if not least <= checked.threshold <= most or (checked.on == "blocked" and not isinstance(rule["threshold"], int)):
        raise _refused(f"{path}.threshold", "that is no number in its range", f"{least:g} to {most:g} for {checked.on}")
    for member in ("on", "action"):
        if problem := NOT_FOR[lane].get(rule[member]):
            raise _refused(f"{path}.{member}", problem, "write another one")
    for member, (where, wanted) in ONLY_WITH.items():
        if member in rule and rule[where] != wanted:
            raise _refused(f"{path}.{member}", "nobody reads that here", f"leave it out, or write {wanted} as {where}")
    if checked.on == "kind" and not checked.kinds:
        raise _refused(f"{path}.kinds", "it is missing", 'name some: ["self_harm", "threat"]')


def _told(message: str, inside: str = "") -> BadInput:
    """An error of msgspec, `Expected … - at `$.lanes.people``, as ours; of a part of the document that stands `inside`."""
    found = _PLACE.match(message)
    problem, path = (found["problem"], found["path"] or "") if found else (message, "")
    member = _MEMBER.search(problem)
    parts = (inside, path.removeprefix("$").lstrip("."), member[1] if member else "")
    field = ".".join(part for part in parts if part)
    return _refused(re.sub(r"\[[^\]]*\]$", "", field), problem.lower(), "see docs/moderation.md for what stands there")


def _refused(field: str, problem: str, remedy: str) -> BadInput:
    where = f"the policy's {field}" if field else "the policy"
    return BadInput(f"{where}: {problem}", code="bad_policy", field=field or "document", remedy=remedy)


def template(name: str) -> dict[str, Any]:
    """One of `TEMPLATES`. Raises BadInput for another name."""
    if name not in TEMPLATES:
        raise BadInput(f"there is no template {name}", field="template", remedy=f"one of {', '.join(TEMPLATES)}")
    raw = files("app.moderation").joinpath("templates", f"{name}.json").read_bytes()
    found: dict[str, Any] = msgspec.json.decode(raw)
    return found


assert get_args(Kind) == KINDS
