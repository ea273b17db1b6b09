"""The operations of the review queue, of mutes and of trust, with examples from the same small world."""

from app.domain.reviewing import (
    ClaimedReview,
    ContactMute,
    ContactTrust,
    MessageAppealed,
    MuteAnswered,
    MuteAppealed,
    MuteReason,
    OwnMute,
    ReadAlong,
    Review,
    ReviewDecided,
    ReviewReleased,
    Standing,
    Strike,
)
from app.http import reviewing
from app.http.openapi import market
from app.http.openapi import world as w
from app.http.openapi.shown import Shown
from app.http.types import Listing

REVIEWER = f"user:{w.AGENT}"
DIGEST = "7d" * 32
WORDS = "It is my workshop's number, and she asked for it."
REASON = "The number is the business's own, which may be said."
REVIEW = Review(
    market.REVIEW, w.ANSWER, w.THREAD, market.VERDICT, "appeal", "decided", "people", ["phone"], 3, market.PROVIDER,
    urgent=False, appeal=WORDS, opened_at=market.MADE, due_at=market.SOON, overdue=False, claimed_by=REVIEWER,
    claim_until=market.SOON, first_claimed_at=market.MADE, decided_at=market.MADE, decided_by=REVIEWER,
    decision="approved", reason=REASON, outcome="overturned",
)  # fmt: skip
CLAIMED = ClaimedReview(
    market.REVIEW, w.ANSWER, w.THREAD, "appeal", DIGEST, "The boiler", "call 510 555 0123", "card.pdf",
    [ReadAlong(w.QUESTION, "my number is")], "people", "before", 3, "filtered", "rules", ["phone"], 0.97,
    [{"kind": "phone", "span": [5, 17], "value": "+15105550123", "confidence": 0.97}], market.PROVIDER, WORDS,
    market.MADE, market.SOON, REVIEWER, market.SOON,
)  # fmt: skip
STRIKE = Strike("filtered", "phone", 1.0, 0.71, market.MADE, market.VERDICT, w.ANSWER)
MUTE = ContactMute(
    market.MUTE, market.PROVIDER, "harvesting", 8.4,
    [MuteReason("filtered", "phone", 1.0, market.MADE, market.VERDICT)], market.MADE, market.SOON, WORDS, market.MADE,
    "overturned", market.SOON, market.SOON, f"user:{w.OWNER}", "lifted", REASON,
)  # fmt: skip
OWN = OwnMute(
    market.MUTE, "harvesting", market.MADE, market.SOON, may_appeal=False, appealed_at=market.MADE,
    appeal_outcome="upheld", note=REASON,
)  # fmt: skip
TAKEN = ("review_closed", "review_claimed")

REVIEWING: dict[str, Shown] = {
    "list_reviews": Shown(Listing([REVIEW], w.CURSOR), "read", problems=("bad_cursor", "bad_input")),
    "get_review": Shown(REVIEW, "read"),
    "claim_review": Shown(
        CLAIMED, "manage", reviewing.ClaimReview("Clearing the queue."), ("reason_missing", "own_message", *TAKEN)
    ),
    "release_review": Shown(ReviewReleased(market.REVIEW, "open", None), "manage", problems=TAKEN),
    "decide_review": Shown(
        ReviewDecided(
            market.REVIEW, w.ANSWER, "decided", "approved", "overturned", moderation_status="approved", rev=4
        ),
        "manage",
        reviewing.DecideReview(
            DIGEST, "approved", REASON, "She asked for it.", [reviewing.MaskedSpan("phone", [5, 17])]
        ),
        ("reason_missing", "nothing_to_mask", "review_not_claimed", "review_stale", *TAKEN),
    ),
    "appeal_message": Shown(
        MessageAppealed(
            w.ANSWER, market.REVIEW, market.SOON, may_appeal=False, status="open", appealed_at=market.MADE,
            outcome="upheld", answered_at=market.SOON,
        ),
        None, reviewing.AppealMessage(WORDS),
        ("not_found", "nothing_to_appeal", "appealed", "erased", "evidence_expired", "bad_length", "rate_limited"),
    ),
    "list_mutes": Shown(Listing([MUTE], w.CURSOR), "read", problems=("bad_cursor", "bad_input")),
    "lift_mute": Shown(
        MuteAnswered(market.MUTE, market.PROVIDER, muted=False, until=market.SOON, end_reason="lifted",
                     appeal_outcome="overturned"),
        "admin", reviewing.AnswerMute(REASON), ("reason_missing", "mute_over"),
    ),
    "keep_mute": Shown(
        MuteAnswered(market.MUTE, market.PROVIDER, muted=True, until=market.SOON, end_reason=None,
                     appeal_outcome="upheld"),
        "admin", reviewing.AnswerMute(REASON), ("reason_missing", "mute_over", "no_appeal"),
    ),
    "contact_trust": Shown(
        ContactTrust(
            market.PROVIDER, 0.71, in_force=True, tighten_at=3.0, mute_at=8.0, sends_per_minute=10.0,
            muted_until=market.SOON, mute_id=market.MUTE, reasons=[STRIKE],
        ),
        "read",
    ),
    "my_standing": Shown(
        Standing(muted=True, tightened=True, sends_per_minute=3.0, mute=OWN), None,
        problems=("not_linked", "which_tenant", "bad_input"),
    ),
    "appeal_mute": Shown(
        MuteAppealed(OWN), None, reviewing.AppealMute(WORDS, "acme"),
        ("not_linked", "which_tenant", "not_muted", "appealed", "bad_length"),
    ),
}  # fmt: skip
