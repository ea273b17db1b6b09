"""Has the detectors read what people write into rows that others read, before it is committed.

The patterns of the database stand before everybody; disguises they do not know are found here. There is no mask and no
queue for these texts: what a message would not be shown with is refused, by the tenant's own rules.
"""

import logging
from collections.abc import Iterator
from typing import Any

import msgspec

from app.db import marketplace as db
from app.db.unit import Connection, Unit
from app.domain.marketplace import MarketRow, WordRules
from app.errors import BadInput
from app.moderation import judge
from app.moderation.judging import COMMENTS
from app.moderation.policy import Policy, policy_of

log = logging.getLogger("parley.words")
READ_BY_OTHERS = ("title", "description", "category", "location", "attributes", "proposal", "display_name", "company")
PIECE, OVERLAP = 8_000, 200
"""The detectors read no more of a text than a piece; what stands where two meet is in both."""


async def written(unit: Unit, kind: str, name: str, /, **params: Any) -> MarketRow:
    """As `marketplace.change`, for what holds words of people. Raises BadInput, with the field, for what they may not
    tell each other there."""

    async def read(connection: Connection, answer: dict[str, Any]) -> dict[str, Any]:
        rules = await db.rules_for_words(connection, kind, answer["tenant_id"], answer["id"])
        if rules is not None:
            refuse(params["row"], rules)
        return answer

    return await db.write(unit, name, read, **params)


def refuse(row: dict[str, Any], rules: WordRules) -> None:
    """Raise BadInput for the first text of a row in which something is found that is not let through."""
    try:
        policy = policy_of(rules.document, "people", rules.stage) or Policy()
    except msgspec.ValidationError:
        log.exception("a policy cannot be read: the defaults hold")
        policy = Policy()
    for field in READ_BY_OTHERS:
        kinds = sorted(_found(field, "\n".join(_words(row.get(field))), rules, policy))
        if kinds:
            remedy = COMMENTS[kinds[0]]
            raise BadInput(
                "This cannot be said here.", code="bad_value", field=field, remedy=remedy, extra={"kinds": kinds}
            )


def _found(field: str, text: str, rules: WordRules, policy: Policy) -> set[str]:
    found = set()
    for start in range(0, len(text), PIECE - OVERLAP):
        verdict = judge(text[start : start + PIECE], region=rules.regions, policy=policy)
        found |= {one.kind for one in verdict.threats_detected if policy.action(one.kind, one.confidence) != "allow"}
    # Where the work is, is asked for; and nobody is turned away who may need help.
    return found - {"self_harm"} - ({"address"} if field == "location" else set())


def _words(value: Any) -> Iterator[str]:
    """What is to be read in a value: its names, texts and numbers."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield ": ".join((name, *_words(member)))
    elif isinstance(value, list):
        for member in value:
            yield from _words(member)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)
