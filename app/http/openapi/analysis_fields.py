"""What the fields and parameters of the security analysis mean."""

from datetime import date
from typing import Any

_COUNTS = {
    "texts": "How many texts were judged.",
    "approved": "Of them: let through.",
    "filtered": "Of them: masked.",
    "review": "Of them: still held.",
    "blocked": "Of them: stopped.",
    "score": "The security score as of the last day, 0 to 100; null where nothing was judged in the half year before.",
    "reviewed": "How many of what was masked, held or stopped a person has decided on since.",
    "overturned": "Of them: let through, or only masked where it had been stopped.",
    "false_positive_rate": "overturned of reviewed, 0 to 1; null where nobody looked.",
}
ANALYSIS_FIELDS = {
    "first_day": "The first day (UTC).",
    "last_day": "The last day (UTC).",
    "decided_by_people": "How many of the texts a person had the last word on.",
    "reviews_late": "Reviews opened in these days that were or are later than they should.",
    "review_p50_seconds": "How long half of their senders waited at most for a decision; null while nobody decided.",
    "review_p95_seconds": "How long 95 of 100 waited at most.",
    "repeat_offenders": "Contacts of whom three texts or more were stopped.",
    "evasions": "Runs of three texts or more of one sender in a conversation, masked or stopped within minutes.",
    "last_stopped_at": "When something was last masked or stopped.",
    "AnalysisItem.kind": "The kind of threat: of a group by kind or rule.",
    "AnalysisItem.day": "The day (UTC): of a group by day.",
    "AnalysisItem.contact_id": "Who wrote: of a group by contact; merged contacts count as one.",
    "AnalysisItem.display_name": "His name.",
    "AnalysisItem.bid_card_id": "What it was about: of a group by bid card.",
    "AnalysisItem.policy_version": "The policy the verdicts were made under: of a group by rule.",
    "AnalysisItem.action": "What the rule did: of a group by rule.",
    **{f"{shape}.{name}": text for shape in ("SecuritySummary", "AnalysisItem") for name, text in _COUNTS.items()},
}
ANALYSIS_PARAMETERS: dict[str, tuple[str, Any]] = {
    "group": ("What is counted by.", "contact"),
    "first_day": ("From this day on (UTC); left out: thirty days up to the last.", date(2026, 11, 1)),
    "last_day": (
        "Up to this day, included, a year at most; left out: the thirtieth, or today.",
        date(2026, 11, 30),
    ),
    "lane": ("Only what people, agents, the AI or templates wrote.", "people"),
}
