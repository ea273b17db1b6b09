"""Reads words that are no message: names, requests, bids, bookings. There is no mask for them: what a message would not be
shown with is found, by the tenant's own rules. Pure; the API reads by it before it commits, the moderator what is held.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from app.domain.judgement import WordInputs, WordRules
from app.moderation.judging import judge
from app.moderation.policy import Policy, policy_of

log = logging.getLogger("parley.words")
READ_BY_OTHERS = ("title", "description", "category", "location", "attributes", "proposal", "display_name", "company")
PIECE, OVERLAP = 8_000, 200
"""The detectors read no more of a text than a piece; what stands where two meet is in both."""


def read_words(document: Mapping[str, Any]) -> WordInputs:
    """What `private.word_inputs` answered. Raises msgspec.ValidationError."""
    return msgspec.convert(document, WordInputs)


def found_in(words: Mapping[str, Any], rules: WordRules, fields: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Each of the fields in which something is found that is not let through, with the kinds of it."""
    try:
        policy = policy_of(rules.document, "people", rules.stage) or Policy()
    except msgspec.ValidationError:
        log.exception("a policy cannot be read: the defaults hold")
        policy = Policy()
    for field in fields:
        kinds = sorted(_found(field, "\n".join(_lines(words.get(field))), rules, policy))
        if kinds:
            yield field, kinds


def _found(field: str, text: str, rules: WordRules, policy: Policy) -> set[str]:
    found = set()
    for start in range(0, len(text), PIECE - OVERLAP):
        verdict = judge(text[start : start + PIECE], region=rules.regions, policy=policy)
        found |= {one.kind for one in verdict.threats_detected if policy.action(one.kind, one.confidence) != "allow"}
    # Where the work is, is asked for; and nobody is turned away who may need help.
    return found - {"self_harm"} - ({"address"} if field == "location" else set())


def _lines(value: Any) -> Iterator[str]:
    """What is to be read in a value: its names, texts and numbers."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield ": ".join((name, *_lines(member)))
    elif isinstance(value, list):
        for member in value:
            yield from _lines(member)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)
