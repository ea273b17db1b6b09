"""A thread summed up for staff."""

from datetime import UTC, datetime, timedelta

from deciding_support import NOW

from app.deciders.summarize import summarize
from app.domain.deciding import Turn
from app.domain.insights import ThreadInsight


def sum_up(*turns: tuple[str, str], locale: str = "en") -> ThreadInsight:
    """Sum up a thread whose turns are an hour apart and end now."""
    count = len(turns)
    history = [
        Turn(sender=sender, text=text, at=NOW - timedelta(hours=count - 1 - number))  # type: ignore[arg-type]
        for number, (sender, text) in enumerate(turns)
    ]
    return summarize(history, locale=locale, now=NOW, time_zone="Europe/Berlin")


def test_an_unanswered_question_is_quoted_and_due() -> None:
    """Who asked what, and that it is our turn."""
    insight = sum_up(("contact", "Hello. How much does a new boiler cost? Thanks"))
    assert insight.label == "price"
    assert "How much does a new boiler cost?" in insight.summary
    assert insight.next_step == "Answer the contact (price)."
    assert insight.follow_up_at is None


def test_our_open_question_is_followed_up_after_three_days() -> None:
    """With a nudge in the contact's language, while the summary speaks the staff's."""
    insight = sum_up(("contact", "Ich hätte gerne einen Termin."), ("human", "Gerne. Passt Ihnen Freitag?"))
    assert insight.follow_up_at == NOW + timedelta(days=3)
    assert (insight.follow_up_text or "").startswith("Guten Tag,")
    assert "We are waiting for the contact." in insight.summary


def test_a_statement_of_ours_needs_no_follow_up() -> None:
    """Nothing was asked."""
    assert sum_up(("contact", "Where are you?"), ("human", "We are in Main Street.")).follow_up_at is None


def test_a_day_the_contact_named_is_kept() -> None:
    """Friday morning in the tenant's zone."""
    insight = sum_up(("human", "We can do it for 500."), ("contact", "Please call me on Friday."))
    assert insight.follow_up_at == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert insight.next_step == "Contact the contact on 2026-11-20."


def test_thanks_settle_a_thread() -> None:
    """Nothing to do, in the mood of the last words."""
    insight = sum_up(
        ("contact", "When are you open?"), ("ai", "From nine."), ("contact", "Perfect, thank you so much!")
    )
    assert insight.next_step == "Do nothing; the matter is settled."
    assert insight.sentiment_label == "positive"
    assert insight.label == "opening"


def test_a_complaint_is_negative_and_to_be_resolved() -> None:
    """In the language of the staff."""
    insight = sum_up(("contact", "This is unacceptable and terrible work!"), locale="de-DE")
    assert insight.sentiment_label == "negative"
    assert insight.label == "complaint"
    assert insight.next_step == "Die Sache mit dem Kontakt persönlich klären (Beschwerde)."


def test_addresses_numbers_and_links_are_left_out() -> None:
    """The summary holds no more than needed."""
    private = "What does it cost, ann@example.org or +44 20 7946 0000 or https://x.example/a?"
    insight = sum_up(("contact", private))
    for part in ("ann@", "7946", "https"):
        assert part not in insight.summary


def test_a_language_without_rules_is_still_summed_up() -> None:
    """Quoted and due, without a nudge."""
    insight = sum_up(("contact", "Сколько это стоит?"))
    assert (insight.language, insight.label) == ("ru", "unknown")
    assert "Сколько" in insight.summary


def test_an_empty_thread_says_so() -> None:
    """No turn, no step."""
    assert sum_up().summary == "No message yet."
