"""Times as options of commands take them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.errors import BadInput

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(_context: Any, _option: Any, text: str | None) -> datetime | None:
    """An option's callback: `2h`, `7d` (ago) or an ISO time, UTC where it does not say. Raises BadInput."""
    if not text:
        return None
    try:
        if text[-1] in UNITS and text[:-1].isdigit():
            return datetime.now(UTC) - timedelta(**{UNITS[text[-1]]: int(text[:-1])})
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise BadInput(f"{text} is no time", remedy="say 2h, 7d or 2026-01-31T09:00:00Z") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
