"""What a message between people contains, judged offline: contact information, safety, sentiment.

`judge()` is the door: text in, a `Verdict` out. Pure and deterministic, linear in the text's length, and it never
raises on a text, whatever is in it.
"""

from app.moderation.judging import judge
from app.moderation.policy import DEFAULT, Policy, policy_of
from app.moderation.verdicts import Threat, Verdict, canonical

__all__ = ["DEFAULT", "Policy", "Threat", "Verdict", "canonical", "judge", "policy_of"]
