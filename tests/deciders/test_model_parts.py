"""Breaker, cache, prices, Retry-After, schemas: the small parts around a call."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import msgspec
import pytest

from app.deciders.breaker import FAILURES, LONGEST_S, PAUSE_S, Breaker
from app.deciders.cache import Cache
from app.deciders.model import retry_after
from app.deciders.prices import KNOWN, price_of, thinks_always
from app.deciders.prompting import visible
from app.deciders.schemas import ModelDecision, schema_of
from app.settings import Settings
from tests.support.messages_api import decision


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_breaker_opens_rests_probes_and_closes() -> None:
    """Five failures in a row open it; one probe at a time when the rest is over; success closes, failure rests anew."""
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(FAILURES - 1):
        breaker.failed()
    breaker.succeeded()
    for _ in range(FAILURES):
        assert breaker.allow()
        breaker.failed()
    assert (breaker.state, breaker.allow()) == ("open", False)
    clock.now += PAUSE_S + 1
    assert breaker.state == "half-open"
    assert breaker.allow() and not breaker.allow(), "two probes at once"
    breaker.failed()
    assert breaker.state == "open"
    clock.now += PAUSE_S + 1
    assert breaker.allow()
    breaker.gave_up()
    assert breaker.allow(), "a probe that was cancelled is tried by the next"
    breaker.succeeded()
    assert breaker.state == "closed"


def test_a_breaker_obeys_the_provider_within_reason() -> None:
    """An hour of Retry-After opens it at once, for five minutes at most."""
    clock = Clock()
    breaker = Breaker(clock)
    breaker.failed(pause_s=3600)
    clock.now += LONGEST_S - 1
    assert breaker.state == "open"
    clock.now += 2
    assert breaker.state == "half-open"


def test_a_cache_is_bounded_and_forgets() -> None:
    """The one unused for longest goes first, and everything after its time."""
    clock = Clock()
    cache: Cache[int] = Cache(2, 10.0, clock)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert (cache.get("a"), cache.get("b"), cache.get("c"), len(cache)) == (1, None, 3, 2)
    clock.now += 10
    assert (cache.get("a"), len(cache)) == (None, 1)


def test_retry_after_is_read() -> None:
    """Seconds or a date; nonsense is none; the past is now."""
    assert retry_after({"retry-after": "7"}) == 7.0
    assert retry_after({"retry-after": "-7"}) == 0.0
    soon = datetime.now(UTC) + timedelta(seconds=100)
    assert 30 < (retry_after({"retry-after": format_datetime(soon, usegmt=True)}) or 0) < 101
    assert retry_after({"retry-after": "Mon, 01 Jan 2001 00:00:00 GMT"}) == 0.0
    assert retry_after({"retry-after": "soon"}) is None and retry_after({}) is None


def test_prices_are_known_or_said() -> None:
    """Per million tokens; dated names are the same model; what is said comes before what is known."""
    haiku = price_of("claude-haiku-4-5-20251001", Settings())
    assert haiku == KNOWN["claude-haiku-4-5"]
    assert haiku.of(1_000_000, 100_000) == pytest.approx(1.5)
    said = price_of("anything", Settings(anthropic_usd_in=3.0, anthropic_usd_out=4.0))
    assert said.of(1_000_000, 1_000_000) == pytest.approx(7.0)
    assert thinks_always("claude-opus-5-5") and not thinks_always("claude-haiku-5-5")


def test_the_schema_is_what_structured_outputs_take() -> None:
    """Every member required, none besides, no bounds; what fits it is decoded, and bounds are ours to check."""
    schema = schema_of(ModelDecision)
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == set(schema["properties"]) == set(ModelDecision.__struct_fields__)
    assert "maximum" not in str(schema) and "maxLength" not in str(schema)
    assert msgspec.convert(decision(), ModelDecision).action == "human_takeover"
    for bad in ({"confidence": 1.1}, {"follow_up_days": 0}, {"sources": ["x"] * 21}, {"extra": 1}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(decision(**bad), ModelDecision)


@pytest.mark.parametrize(
    "hidden", ["\u200b", "\u202e", "\ufeff", "\u2066", "\U000e0041", "\u00ad", "\u2028", "\x00", "\x1b"]
)
def test_what_only_machines_see_is_taken_out(hidden: str) -> None:
    """Zero-width, bidirectional, tag and control characters; letters, emoji and line breaks stay."""
    assert visible(f"a{hidden}b\nc\tü 😀") == "ab\nc\tü 😀"
