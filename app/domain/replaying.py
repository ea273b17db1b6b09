"""What has to be kept of a decision's input so that it can be put together again, and how to tell whether it reads the
same. No I/O, no database.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

BURST = ("text", "subject", "auto_class", "spam_score", "unsubscribe_request", "has_attachments")
HISTORY = ("seq", "sender", "text", "at")


def remember(context: dict[str, Any]) -> dict[str, Any]:
    """The part of a decision context that lives nowhere else, and digests of what does; never a text."""
    return {
        "now": context["now"],
        "contact_name": context["contact_name"],
        "contact_locale": context["contact_locale"],
        "history": [turn["seq"] for turn in context["history"]],
        "digests": digests(context),
    }


def digests(context: dict[str, Any]) -> dict[str, str]:
    """{"burst", "history"}: equal while the messages read the same."""
    return {"burst": _digest(context["burst"], BURST), "history": _digest(context["history"], HISTORY)}


def _digest(rows: Iterable[dict[str, Any]], names: tuple[str, ...]) -> str:
    plain = [[row.get(name) for name in names] for row in rows]
    return hashlib.sha256(msgspec.json.encode(plain)).hexdigest()[:32]
