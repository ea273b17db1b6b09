"""The operations board: queries of analytics.sql."""

from datetime import datetime

import msgspec

from app.db.queries import load
from app.db.unit import Unit, rows_as
from app.domain.analytics import Filing, OperationsBoard, OperationsSeries

QUERIES = load("analytics")


async def operations_board(
    unit: Unit, from_: datetime | None, to: datetime | None, step: str | None
) -> OperationsBoard:  # fmt: skip
    """See `OperationsBoard`. Raises BadInput for what is no span."""
    rows = await unit.read(QUERIES["operations_board"], {"from_": from_, "to": to, "step": step})
    return msgspec.convert(rows[0][0], OperationsBoard, strict=False)


async def operations_series(
    unit: Unit, metric: str, from_: datetime | None, to: datetime | None, *, step: str | None, channel: str | None
) -> OperationsSeries:  # fmt: skip
    """See `OperationsSeries`. Raises BadInput as above."""
    rows = await unit.read(
        QUERIES["operations_series"],
        {"metric": metric, "from_": from_, "to": to, "step": step, "channel": channel},
    )
    return msgspec.convert(rows[0][0], OperationsSeries, strict=False)


async def list_filing(unit: Unit) -> list[Filing]:
    """See `Filing`: at most a hundred and fifty rows, as many as there are folders, classes and tenths."""
    return rows_as(Filing, await unit.read(QUERIES["list_filing"], {}))
