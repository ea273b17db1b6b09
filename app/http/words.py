"""Has the detectors read what people write into rows that others read, before it is committed.

The patterns of the database stand before everybody; disguises they do not know are found here. There is no mask and no
queue for these texts: what a message would not be shown with is refused, by the tenant's own rules.
"""

from typing import Any

from app.db import marketplace as db
from app.db.unit import Connection, Unit
from app.domain.judgement import WordRules
from app.domain.marketplace import MarketRow
from app.errors import BadInput
from app.moderation.judging import COMMENTS
from app.moderation.words import READ_BY_OTHERS, found_in


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
    for field, kinds in found_in(row, rules, READ_BY_OTHERS):
        remedy = COMMENTS[kinds[0]]
        raise BadInput(
            "This cannot be said here.", code="bad_value", field=field, remedy=remedy, extra={"kinds": kinds}
        )
