"""What holds for every message."""

import contextlib
import time
from collections.abc import Iterator

from deciding_support import DECIDER, NOW, TENANT, labelled
from hypothesis import given, settings
from hypothesis import strategies as st

from app.deciders.summarize import MAX_SUMMARY, summarize
from app.domain.deciding import CannedReply, DecisionRequest, Faq, Incoming, TenantKnowledge, Turn

WORDS = sorted({word for row in labelled("messages.tsv") for word in row.message.split()})
texts = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
names = st.one_of(st.none(), st.text(max_size=60))
incoming = st.builds(
    Incoming,
    id=st.just("1"),
    text=texts,
    subject=names,
    auto_class=st.sampled_from(["none", "none", "none", "list"]),
    spam_score=st.sampled_from([0.0, 0.5, 1.0]),
    unsubscribe_request=st.booleans(),
    has_attachments=st.booleans(),
)
faqs = st.builds(Faq, id=st.just("f"), question=texts, keywords=st.tuples(texts), answer=texts)
canned = st.builds(CannedReply, id=st.just("c"), intent=st.sampled_from(["opening", "price"]), body=texts)
knowledge = st.builds(
    TenantKnowledge,
    tenant_name=st.text(max_size=20),
    locale=st.sampled_from(["en", "de-AT", "ja", "", "x_y"]),
    time_zone=st.sampled_from(["UTC", "Europe/Berlin", "no/where", ""]),
    hours=st.sampled_from([(), TENANT.hours]),
    faqs=st.lists(faqs, max_size=2).map(tuple),
    canned=st.lists(canned, max_size=1).map(tuple),
)
turns = st.builds(Turn, sender=st.sampled_from(["contact", "ai", "human", "system"]), text=texts, at=st.just(NOW))
requests = st.builds(
    DecisionRequest,
    channel=st.just("email"),
    now=st.just(NOW),
    burst=st.lists(incoming, max_size=3).map(tuple),
    knowledge=knowledge,
    history=st.lists(turns, max_size=3).map(tuple),
    contact_name=names,
    contact_locale=names,
)


@contextlib.contextmanager
def within_a_second() -> Iterator[None]:
    """Of the processor's time: what others do on the machine is no fault of ours."""
    started = time.thread_time()
    yield
    assert time.thread_time() - started < 1.0


@settings(max_examples=300, deadline=None)
@given(requests)
def test_a_decision_is_always_sound(request: DecisionRequest) -> None:
    """Never an exception, the same answer twice, a reply only where one is sent, and never a raw variable."""
    with within_a_second():
        decision = DECIDER.decide_now(request)
        assert decision == DECIDER.decide_now(request)
    assert (decision.reply is not None) == (decision.action in ("auto_reply", "follow_up"))
    assert (decision.follow_up_in_s is not None) == (decision.action == "follow_up")
    assert "{{" not in (decision.reply or "")
    assert 0 <= decision.confidence <= 1
    assert -1 <= decision.sentiment <= 1
    assert decision.reasons


@settings(max_examples=200, deadline=None)
@given(st.lists(turns, max_size=6), st.sampled_from(["en", "de", "ja", "", "fr-CA"]))
def test_a_summary_is_always_sound(history: list[Turn], locale: str) -> None:
    """Bounded, deterministic, and a nudge only with a date."""
    with within_a_second():
        insight = summarize(history, locale=locale, now=NOW)
        assert insight == summarize(history, locale=locale, now=NOW)
    assert 0 < len(insight.summary) <= MAX_SUMMARY
    assert insight.next_step
    assert insight.follow_up_text is None or insight.follow_up_at is not None
