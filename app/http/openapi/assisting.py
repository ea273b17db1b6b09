"""What assistants are asked for: operations with examples."""

from app.domain.assisting import DraftRow
from app.http import assistants
from app.http.openapi import world as w
from app.http.openapi.shown import Shown

TRANSLATED = assistants.Translation(
    w.QUESTION, "en", "done", "When can you come?", "claude", 0.0002, None, None, None
)  # fmt: skip
WAITING = assistants.Translation(w.QUESTION, "en", "waiting", None, None, 0.0, None, None, assistants.POLL_MS)

ASSISTING: dict[str, Shown] = {
    "suggest": Shown(assistants.Request(w.QUEUED, w.THREAD, "waiting"), "send", problems=("assistant_busy",)),
    "suggestions": Shown(
        assistants.Suggestions(
            w.QUEUED,
            w.THREAD,
            "done",
            [DraftRow("We can come on Tuesday at nine.", "model")],
            "anthropic",
            "claude",
            0.0004,
            None,
            None,
            None,
        ),
        "read",
    ),
    "translate": Shown(
        TRANSLATED,
        "send",
        assistants.Translate("en"),
        ("assistant_busy", "bad_language"),
        {202: ("It is being translated.", WAITING)},
    ),
    "translation": Shown(TRANSLATED, "read", problems=("bad_language",)),
}
