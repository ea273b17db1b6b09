"""What several workers need and the loop does not."""

from typing import Any


async def close(anything: Any) -> None:
    """Close what can be closed: a decider of rules holds nothing."""
    closing = getattr(anything, "close", None)
    if closing is not None:
        await closing()
