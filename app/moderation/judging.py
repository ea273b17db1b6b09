"""The judgement: findings, the tenant's policy, one verdict."""

from collections.abc import Sequence

from app.moderation.contacts import find_contacts
from app.moderation.features import words
from app.moderation.folding import Folded, fold
from app.moderation.masking import mask
from app.moderation.policy import DEFAULT, Policy
from app.moderation.safety import find_unsafe
from app.moderation.sentiment import sentiment
from app.moderation.verdicts import Decision, Sentiment, Threat, Verdict
from app.moderation.window import find_split

HOME = ("US",)

SEVERITY: dict[str, int] = {"allow": 0, "mask": 1, "hold": 2, "block": 3}
DECISIONS: tuple[Decision, ...] = ("approved", "filtered", "review", "blocked")

COMMENTS = {
    "email": "An e-mail address is shared only once you are connected.",
    "phone": "A phone number is shared only once you are connected.",
    "url": "Links are not shown here; describe it in words or attach a file.",
    "meeting_link": "Meetings are arranged here; a meeting link is not shown.",
    "social_handle": "Please keep the conversation here; names on other platforms are not shown.",
    "payment_handle": "Payments are made here; payment details are not shown.",
    "address": "A street address is shared only once you are connected.",
    "threat": "This reads as a threat.",
    "harassment": "This reads as an insult; please say it without.",
    "spam": "This reads as advertising or a mass message.",
    "scam": "This asks for money, codes or payment outside the platform.",
    "sexual": "This reads as sexual content.",
    "self_harm": "This may come from somebody who needs help: a person looks at it.",
    "too_long": "The text is longer than what is read: a person looks at it.",
    "escalated": "A person looks at this conversation first.",
    "split": "Together with earlier messages this gives a contact away.",
}
"""What the sender is told, by kind."""


def judge(
    text: str,
    *,
    region: str | Sequence[str] | None = None,
    earlier: Sequence[str] = (),
    policy: Policy = DEFAULT,
) -> Verdict:
    """Judge one message.

    `region`: home countries (ISO 3166, `US` when there is none), whose national phone numbers are read first.
    `earlier`: the sender's last messages in the thread, oldest first: a number may be split over them. Of `text` the
    first 8,000 characters are read; a longer one is never approved without a person. Any string is accepted.
    """
    home = _home(region)
    folded = fold(text)
    found = find_contacts(folded, home, policy.allowed_domains)
    split: list[Threat] = []
    if earlier:
        seen = {one.value for one in found}
        split = [one for one in find_split(text, earlier, home, policy.allowed_domains) if one.value not in seen]
    found = [one for one in (*found, *split) if one.value not in policy.allowed_values]
    tokens = words(folded.text)
    found += find_unsafe(folded, tokens)
    return _verdict(text, folded, found, policy, split=bool(split), mood=sentiment(tokens))


def _home(region: str | Sequence[str] | None) -> tuple[str, ...]:
    regions = (region,) if isinstance(region, str) else tuple(region or ())
    known = tuple(name.strip().upper() for name in regions if name and len(name.strip()) == 2)
    return known or HOME


def _verdict(
    text: str, folded: Folded, found: list[Threat], policy: Policy, *, split: bool, mood: Sentiment
) -> Verdict:
    found = sorted(found, key=lambda one: (one.span, one.kind))
    actions = [policy.action(one.kind, one.confidence) for one in found]
    worst = max((SEVERITY[action] for action in actions), default=0)
    if folded.truncated:
        worst = max(worst, SEVERITY["hold"])
    masked = [one for one, action in zip(found, actions, strict=True) if action == "mask"]
    decision = DECISIONS[worst]
    led = [one.confidence for one, action in zip(found, actions, strict=True) if SEVERITY[action] == worst and worst]
    kinds = dict.fromkeys(one.kind for one, action in zip(found, actions, strict=True) if action != "allow")
    comments = [COMMENTS[kind] for kind in kinds]
    return Verdict(
        decision=decision,
        threats_detected=tuple(found),
        filtered_content=mask(text, masked) if worst <= 1 else None,
        confidence_score=round(
            max(led, default=0.5 if worst else 1.0 - max((one.confidence for one in found), default=0.0) / 2), 2
        ),
        comments=(
            *comments,
            *((COMMENTS["split"],) if split else ()),
            *((COMMENTS["too_long"],) if folded.truncated else ()),
        ),
        sentiment=mood,
    )
