"""The operations of moderation, with examples from the same small world."""

import hashlib

import msgspec

from app.domain.judgement import (
    Advice,
    Flagged,
    KeptText,
    MessageComment,
    MessageModeration,
    Notice,
    Original,
    Written,
    WrittenOriginal,
)  # fmt: skip
from app.http import moderation
from app.http.openapi import world as w
from app.http.openapi.shown import Shown
from app.http.types import Listing
from app.moderation import judge
from app.moderation.verdicts import Raised, Watched

TEXT, MASKED = "Call me at 510-574-7946.", "Call me at [phone removed]."
TOLD = "A phone number is shared only once you are connected."
DIGEST = hashlib.sha256(TEXT.encode()).hexdigest()
MORNING = w.HEAD.created_at
NOTICE = Notice(
    comments=(Advice(kind="phone", comment=TOLD),), found=(Flagged(kind="phone", span=(11, 23)),), body=MASKED
)

WATCHED = msgspec.structs.replace(
    judge(TEXT, region="US"),
    escalation=Watched(score=0.71, trend=-0.4, mood=-0.3, reasons=("money_back", "bad_mood"), messages=5,
                       raised=(Raised(rule="angry", value=0.71),)),
)  # fmt: skip

MODERATING: dict[str, Shown] = {
    "judge_text": Shown(
        WATCHED, "read",
        moderation.JudgeText(TEXT, ["US"], ["Do you have a number?"], "people", "before"),
    ),
    "my_message_moderation": Shown(
        MessageModeration(
            w.ANSWER, w.THREAD, 3, "filtered", "Your boiler", MASKED, Written("Your boiler", TEXT), ["phone"], MORNING,
            [Advice(kind="phone", comment=TOLD)], {"may_appeal": True},
        ),
    ),
    "read_original": Shown(
        Original(
            w.ANSWER, w.THREAD, "filtered", "Your boiler", MASKED, WrittenOriginal("Your boiler", TEXT, DIGEST),
            [KeptText("Your boiler", TEXT, DIGEST, MORNING, "filtered")],
        ),
        "admin", moderation.ReadOriginal("Complaint 4711: she says he never came."), ("reason_missing",),
    ),
    "list_escalations": Shown(Listing([w.ESCALATED], w.CURSOR), "read", problems=("bad_cursor",)),
    "list_comments": Shown(Listing([MessageComment(w.TASK, "sender", "phone", TOLD, "rules", MORNING)], w.CURSOR)),
}  # fmt: skip
