"""What the error codes of the Cloud API mean for a send."""

import contextlib
import json
from typing import Any

from app.channels.http_api import AUTH_PAUSE_S, Answer, member, text_of
from app.domain.channels import Outcome, OutcomeKind

PROVIDER = "whatsapp_cloud"
WINDOW_CLOSED = 131047
MARKETING_STOPPED = 131050
"""The person stopped marketing messages of this business."""
PAIR_PAUSE_S = 6.0
"""What one person may be sent without a pause between: one message in six seconds."""
Meaning = tuple[OutcomeKind, str, float | None]
"""Outcome, our code, and the pause in seconds where Meta names none."""
_LATER: Meaning = ("retry", "429", None)
_DOWN: Meaning = ("retry", "down", None)
_LOCKED: Meaning = ("retry", "auth", AUTH_PAUSE_S)
_CODES: dict[int, Meaning] = {
    # Rate limits of the app, the account and the number.
    **dict.fromkeys((4, 80007, 130429, 131048, 133016), _LATER),
    # One person's limit: the others of this number need not wait. A code of 4xx opens no breaker.
    131056: ("retry", "429_pair", PAIR_PAUSE_S),
    # Meta says that it is overloaded or in maintenance, and took nothing.
    **dict.fromkeys((2, 131016, 131057), _DOWN),
    # Token, rights, registration or payment: to be mended by the admin.
    **dict.fromkeys((0, 3, 10, 190, 200, 368, 131005, 131031, 131042, 131045, 133010), _LOCKED),
    # An unknown error: Meta itself does not say whether anything happened.
    **dict.fromkeys((1, 131000), ("unknown", "unknown_error", None)),
    WINDOW_CLOSED: ("rejected", "window_closed", None),
}


def refusal(answer: Answer) -> Outcome:
    """What an answer that is no success means. Codes count first: Meta answers most of them with 400."""
    code, text = error_of(answer)
    said = f"{code} {text}" if code is not None else f"HTTP {answer.status}"
    kind, name, pause_s = _CODES[code] if code in _CODES else _by_status(answer.status, code)
    if kind != "retry" or name == "auth":
        return ended(kind, name, said, pause_s)
    return ended(kind, name, said, answer.retry_after_s or (_regain_s(answer) if name == "429" else pause_s))


def _by_status(status: int, code: int | None) -> Meaning:
    if status == 429:
        return _LATER
    if status in (401, 403):
        return _LOCKED
    if 300 <= status < 400:
        return "retry", "redirect", AUTH_PAUSE_S
    if code is None or status >= 500:
        return "unknown", "no_answer", None
    # 131026 says that it cannot be delivered and not why (no WhatsApp, an old app, terms not accepted): the address
    # stays usable.
    return "rejected", str(code), None


def error_of(answer: Answer) -> tuple[int | None, str]:
    """Code and words of Meta's own error; (None, "") where somebody else answered."""
    error = member(answer.document, "error")
    code = member(error, "code")
    words = text_of(member(error, "error_data", "details")) or text_of(member(error, "message"))
    return (code, words) if isinstance(code, int) else (None, "")


def _regain_s(answer: Answer) -> float | None:
    """Meta tells in a header how many minutes of patience bring an account back."""
    with contextlib.suppress(ValueError, TypeError, AttributeError):
        usage: Any = json.loads(answer.headers.get("x-business-use-case-usage", "null"))
        each = [one for limits in (usage or {}).values() for one in limits]
        minutes = [member(one, "estimated_time_to_regain_access") for one in each]
        return max((60.0 * one for one in minutes if isinstance(one, int | float) and one > 0), default=None)
    return None


def ended(kind: OutcomeKind, code: str, text: str, after_s: float | None = None) -> Outcome:
    """An outcome of this provider."""
    return Outcome(kind=kind, provider=PROVIDER, error_code=code, error=text[:500], retry_after_s=after_s)
