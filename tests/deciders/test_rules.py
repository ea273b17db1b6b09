"""What the rules decide beyond single messages: bursts, knowledge, safety, courtesy."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from deciding_support import DECIDER, NOW, TENANT, decide, request

from app.deciders.registry import UnknownDecider, create_decider
from app.domain.deciding import CannedReply, Decision, Faq, Incoming, OpeningHours, TenantKnowledge, Turn

HOSTILE_SUBJECTS = [
    "see https://evil.example",
    "evil.example",
    "call +1 900 555 0100",
    "a@b.example",
    "{{subject}}",
    "[x](y)",
]


def tenant(**changes: object) -> TenantKnowledge:
    """The tenant of these tests with something changed."""
    return msgspec.structs.replace(TENANT, **changes)


def one(text: str = "", **fields: object) -> Decision:
    """Decide on one message with given fields."""
    return DECIDER.decide_now(msgspec.structs.replace(request(), burst=(Incoming(id="1", text=text, **fields),)))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["auto_reply", "list", "bulk", "report"])
def test_machine_written_mail_is_never_answered(kind: str) -> None:
    """Even when it asks an answerable question."""
    assert one("When are you open?", auto_class=kind).action == "no_reply"


def test_spam_is_not_answered() -> None:
    """From a score of 0.9 on."""
    assert one("When are you open?", spam_score=0.9).intent == "spam"
    assert one("When are you open?", spam_score=0.5).action == "auto_reply"


def test_an_opt_out_is_silent_and_suppresses_the_contact() -> None:
    """By header flag or by words, in any language."""
    flagged = (one("", unsubscribe_request=True), one("отпишите меня", unsubscribe_request=True))
    for decision in (*flagged, one("Unsubscribe")):
        assert (decision.action, decision.suppress_contact, decision.reply) == ("no_reply", True, None)


def test_an_opt_out_with_a_threat_goes_to_a_person_and_still_suppresses() -> None:
    """Both halves are heeded."""
    decision = decide("Stop emailing me or you will hear from my lawyer")
    assert (decision.action, decision.suppress_contact) == ("human_takeover", True)


def test_no_text_goes_to_a_person() -> None:
    """With or without attachments."""
    assert one("").action == "human_takeover"
    assert "attachments" in one(" \n ", has_attachments=True).reasons[0]
    assert one("> When are you open?").action == "human_takeover"


def test_switched_off_answers_go_to_a_person() -> None:
    """The tenant's switch is respected."""
    assert decide("When are you open?", knowledge=tenant(ai_enabled=False)).action == "human_takeover"


def test_confidence_below_the_threshold_goes_to_a_person() -> None:
    """And the reason says so."""
    decision = decide("When are you open?", knowledge=tenant(confidence_threshold=0.99))
    assert decision.action == "human_takeover"
    assert "below the threshold" in decision.reasons[0]


def test_a_burst_gets_one_answer_to_everything() -> None:
    """Hours and two FAQ entries in one reply."""
    reply = decide("Hi", "When are you open tomorrow?", "And can I pay by card? Is there parking?").reply or ""
    assert "09:00–18:00" in reply
    assert "free parking" in reply
    assert "all cards" in reply


def test_one_unanswerable_question_sends_the_burst_to_a_person() -> None:
    """Half an answer is none."""
    assert decide("When are you open?", "How much is a new boiler?").action == "human_takeover"
    assert decide("When are you open?", "And does your cousin still live in Leeds?").action == "human_takeover"


def test_a_complaint_anywhere_in_the_burst_wins() -> None:
    """Subject and signature count too."""
    assert decide("When are you open?", "Your work is unacceptable").intent == "complaint"
    assert one("When are you open?", subject="Formal complaint").intent == "complaint"
    assert one("When are you open?", subject="Re: Formal complaint").action == "auto_reply"


def test_quoted_lines_are_not_the_contacts_words() -> None:
    """An old cancellation below the answer does not count."""
    text = "When are you open?\n\nOn Mon, Nov 2, 2026 Acme wrote:\n> You asked us to cancel your contract."
    assert decide(text).action == "auto_reply"


def test_the_same_answer_is_not_given_a_third_time() -> None:
    """Twice in a row is enough; a person's turn in between starts anew."""
    first = decide("When are you open?")
    ours = [Turn(sender="ai", text=first.reply or "", at=NOW - timedelta(hours=hour)) for hour in (2, 1)]
    human = Turn(sender="human", text="Hello", at=NOW - timedelta(minutes=90))
    assert decide("When are you open?", history=tuple(ours[:1])).action == "auto_reply"
    assert decide("When are you open?", history=tuple(ours)).action == "human_takeover"
    assert decide("When are you open?", history=(ours[0], human, ours[1])).action == "auto_reply"


def test_without_hours_an_opening_question_goes_to_a_person() -> None:
    """As does one with hours or a zone that make no sense."""
    broken = (OpeningHours(weekday=1, opens="nine", closes="18:00"),)
    for knowledge in (tenant(hours=()), tenant(hours=broken), tenant(time_zone="Mars/Olympus")):
        assert decide("When are you open?", knowledge=knowledge).action == "human_takeover"


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2026, 11, 18, 16, 59, tzinfo=UTC), "open right now, until 18:00"),
        (datetime(2026, 11, 18, 17, 0, tzinfo=UTC), "We open again: tomorrow, 09:00"),
        (datetime(2026, 11, 18, 7, 30, tzinfo=UTC), "We open again: today, 09:00"),
        (datetime(2026, 11, 21, 13, 0, tzinfo=UTC), "We open again: Monday, 09:00"),
        (datetime(2026, 7, 1, 7, 0, tzinfo=UTC), "open right now, until 18:00"),
    ],
)
def test_open_now_is_told_in_the_tenants_zone(moment: datetime, said: str) -> None:
    """End exclusive, weekend skipped, summer time heeded."""
    assert said in (decide("Are you open now?", now=moment).reply or "")


def test_closed_dates_and_days_asked_about_are_told() -> None:
    """A Friday that is closed by date."""
    decision = decide("Are you open on Friday?", knowledge=tenant(closed_dates=("2026-11-20",)))
    assert "Friday: closed." in (decision.reply or "")


def test_hours_past_midnight_and_around_the_clock_are_understood() -> None:
    """A bar that closes at two, and a service that never does."""
    bar = tenant(hours=(OpeningHours(weekday=2, opens="18:00", closes="02:00"),))
    late = datetime(2026, 11, 19, 0, 30, tzinfo=UTC)
    assert "until 02:00" in (decide("Are you open now?", knowledge=bar, now=late).reply or "")
    always = tenant(hours=tuple(OpeningHours(weekday=day, opens="00:00", closes="24:00") for day in range(7)))
    assert "We are open right now.\n" in (decide("Are you open now?", knowledge=always).reply or "")


def test_the_reply_is_in_the_language_of_the_message() -> None:
    """Whatever the tenant's language."""
    reply = decide("Wann habt ihr geöffnet?").reply or ""
    assert "Unsere Öffnungszeiten: Mo–Fr 09:00–18:00; Sa 10:00–14:00." in reply


def test_a_locale_decides_where_the_text_does_not() -> None:
    """One word from a German contact is no English."""
    assert decide("Info?", contact_locale="de-AT").language == "de"
    assert decide("Info?", contact_locale="ja").action == "human_takeover"


def test_a_faq_in_another_language_is_not_used() -> None:
    """Better a person than an English answer."""
    decision = decide("Haben Sie einen Parkplatz mit parking?")
    assert decision.action == "human_takeover"


def test_a_price_is_answered_from_the_faq_alone() -> None:
    """The FAQ entry about this very thing, not the one that shares the word price."""
    faqs = (
        Faq(id="cut", question="", keywords=("haircut", "price"), answer="A haircut is 30 EUR."),
        Faq(id="dye", question="", keywords=("colouring", "price"), answer="Colouring is 80 EUR."),
    )
    knowledge = tenant(faqs=faqs)
    reply = decide("What is the price of colouring?", knowledge=knowledge).reply or ""
    assert "80 EUR" in reply
    assert "30 EUR" not in reply
    assert decide("What is the price of a perm?", knowledge=knowledge).action == "human_takeover"


def test_a_canned_reply_takes_the_place_of_the_template() -> None:
    """With its variables and fallbacks filled in."""
    body = "Hi {{contact_name|there}}, {{tenant_name}} sends a list. {{business_hours}}"
    canned = (CannedReply(id="c1", intent="price", body=body),)
    reply = decide("How much is a boiler?", knowledge=tenant(canned=canned)).reply
    assert reply == "Hi there, Acme Plumbing sends a list. Mon–Fri 09:00–18:00; Sat 10:00–14:00"
    named = decide("How much is a boiler?", knowledge=tenant(canned=canned), contact_name="Ann Lee").reply or ""
    assert named.startswith("Hi Ann Lee,")


@pytest.mark.parametrize("body", ["Hi {{nobody|x}}", "Hi {{contact_name}}", "Hi {{contact_name", ""])
def test_a_canned_reply_that_cannot_be_filled_in_is_not_used(body: str) -> None:
    """The reason names it."""
    canned = (CannedReply(id="c1", intent="price", body=body),)
    decision = decide("How much is a boiler?", knowledge=tenant(canned=canned))
    assert decision.action == "human_takeover"
    assert any("c1 cannot be used" in reason for reason in decision.reasons)


def test_a_canned_reply_never_overrides_safety() -> None:
    """A tenant's wording for complaints is not sent by a machine."""
    canned = (CannedReply(id="c1", intent="complaint", body="Sorry!"),)
    assert decide("This is unacceptable", knowledge=tenant(canned=canned)).action == "human_takeover"


@pytest.mark.parametrize(
    "name",
    [
        "visit evil.example now",
        "https://evil.example",
        "Ann\nBcc: x@y.z",
        "{{tenant_name}}",
        "Call 0900 123456",
        "a" * 41,
        "You have won a big prize",
        "<b>x</b>",
    ],
)
def test_a_hostile_name_stays_out_of_the_reply(name: str) -> None:
    """A stranger cannot make us send his text."""
    reply = decide("Hello", contact_name=name).reply or ""
    assert reply.startswith("Hello,\n")


@pytest.mark.parametrize(
    "subject",
    HOSTILE_SUBJECTS,
)
def test_a_hostile_subject_stays_out_of_the_reply(subject: str) -> None:
    """A canned reply with the subject falls back."""
    canned = (CannedReply(id="c1", intent="greeting", body="About {{subject|your message}}: hello."),)
    burst = (Incoming(id="1", text="Hello", subject=subject),)
    decision = DECIDER.decide_now(msgspec.structs.replace(request(knowledge=tenant(canned=canned)), burst=burst))
    assert decision.reply == "About your message: hello."


def test_a_postponement_becomes_a_follow_up_on_the_day_named() -> None:
    """In the morning of the tenant's zone; three days without a day; a person beyond three months."""
    decision = decide("I'll get back to you on Friday.")
    assert decision.follow_up_in_s == int(timedelta(days=1, hours=23).total_seconds())
    assert decide("I will get back to you.").follow_up_in_s == 3 * 86_400
    assert decide("I will get back to you in 8 months.").action == "human_takeover"


def test_anger_goes_to_a_person() -> None:
    """By words alone, however harmless the question."""
    decision = decide("When are you open, you bloody morons?!")
    assert decision.action == "human_takeover"
    assert decision.sentiment <= -0.5
    assert "angry" in decision.labels


def test_obfuscated_words_are_recognised() -> None:
    """Full-width letters and invisible characters hide nothing."""
    assert decide("Please ＣＡＮ\u200bＣＥＬ my order").intent == "cancellation"


async def test_the_registry_knows_the_rules() -> None:
    """By name; an unknown name is an error."""
    decider = create_decider("rules")
    assert (await decider.decide(request("Hello"))).action == "auto_reply"
    with pytest.raises(UnknownDecider):
        create_decider("oracle")
