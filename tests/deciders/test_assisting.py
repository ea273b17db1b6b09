"""Drafts, translations and summaries: by rules, by a model, and by rules again when the model fails."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from asking_support import DEADLINE_S, HANG_S, SHOP, UNKNOWN, always, asking
from deciding_support import NOW, TENANT, request

from app.deciders.assisting import AnthropicAssistant, RulesAssistant
from app.deciders.registry import create_assistant, create_summarizer
from app.deciders.summarizing import AnthropicSummarizer, RulesSummarizer
from app.domain.assisting import REMEDIES, Suggestions, Translation, TranslationRequest
from app.domain.deciding import CannedReply, Faq, Turn
from app.domain.insights import InsightRequest, Summary
from app.domain.spending import Unlimited
from app.settings import Settings
from tests.support.messages_api import Reply, error, message

KNOWING = msgspec.structs.replace(
    TENANT, canned=(CannedReply(id="c", intent="price", body="Our prices: from $50 a visit. {{tenant_name}}"),
                    CannedReply(id="d", intent="complaint", body="We are sorry. A colleague calls you today.")),
)  # fmt: skip


def by_rules(*texts: str, **more: Any) -> Suggestions:
    """The rules' drafts."""
    return RulesAssistant().suggest_now(request(*texts, **{"knowledge": KNOWING, **more}))


async def drafted(reply: Reply, *texts: str, **more: Any) -> Suggestions:
    """Drafts when the server answers so."""
    async with asking(always(reply)) as (decider, _, _account):
        assistant = AnthropicAssistant(decider.model, within_s=HANG_S / 2 if reply.delay_s else DEADLINE_S)
        return await assistant.suggest(request(*(texts or (UNKNOWN,)), **{"knowledge": SHOP, **more}))


async def translated(reply: Reply, text: str = "Bonjour, appelez le +33 1 23 45 67 89", **more: Any) -> Translation:
    """A translation when the server answers so."""
    async with asking(always(reply)) as (decider, _, _account):
        assistant = AnthropicAssistant(decider.model, within_s=HANG_S / 2 if reply.delay_s else DEADLINE_S)
        return await assistant.translate(TranslationRequest(text=text, language="en", **more))


async def summed(reply: Reply, *texts: str, last: str | None = None, **more: Any) -> Summary:
    """A summary when the server answers so; `last` is our word after the contact's."""
    turns = [Turn(sender="contact", text=text, at=NOW) for text in texts]
    turns += [Turn(sender="human", text=last, at=NOW)] if last else []
    async with asking(always(reply)) as (decider, _, _account):
        summarizer = AnthropicSummarizer(decider.model, within_s=HANG_S / 2 if reply.delay_s else DEADLINE_S)
        return await summarizer.summarize(InsightRequest(turns=tuple(turns), locale="en", now=NOW, **more))


def insight(**changes: Any) -> Reply:
    """A well-formed summary."""
    plain = {"summary": "Ann asks for a price.", "label": "price", "sentiment": -0.5, "next_step": "Name a price.",
             "follow_up_on": None}  # fmt: skip
    return message(plain | changes)


def test_rules_draft_from_what_the_tenant_wrote() -> None:
    """Their own answer first, then canned replies, FAQ entries and hours that fit; at most three, all different."""
    found = by_rules("How much is a visit? Is there parking? When are you open?")
    assert 1 <= len(found.drafts) <= 3
    assert "from $50 a visit. Acme Plumbing" in " ".join(draft.body for draft in found.drafts)
    assert len({draft.body for draft in found.drafts}) == len(found.drafts)
    assert {draft.source for draft in by_rules("Is there parking?").drafts} >= {"rules"}


def test_drafts_help_where_a_machine_must_not_answer() -> None:
    """A complaint gets no automatic answer, but the person who takes over gets the tenant's wording for it."""
    found = by_rules("Your work is unacceptable.")
    assert [(draft.source, draft.body) for draft in found.drafts] == [
        ("canned", "We are sorry. A colleague calls you today.")
    ]


def test_where_there_is_nothing_to_say_the_reason_is_told() -> None:
    """An opt-out, silence, a language without rules, a question nobody has answered before; each with a remedy."""
    cases = {"opted_out": ("Unsubscribe",), "nothing_known": ("Does your cousin still live in Leeds?",)}
    for reason, texts in cases.items():
        assert (by_rules(*texts).reason, by_rules(*texts).drafts) == (reason, ())
    assert by_rules("Czy jest u was dobrze?").drafts == ()
    empty = msgspec.structs.replace(request(knowledge=KNOWING), burst=())
    assert RulesAssistant().suggest_now(empty).reason == "no_message"
    assert set(cases) | {"no_message", "no_model", "budget", "model_failed", "not_wanted", "gone", "errors"} <= set(
        REMEDIES
    )


async def test_the_models_drafts_are_checked_one_by_one() -> None:
    """A made-up price and a foreign link are left out, a gap in brackets may stay; the bill comes along."""
    drafts = ["There is free parking behind the house, see you on [day].", "It costs $5.", "See http://evil.test"]
    made = await drafted(message({"language": "en", "drafts": drafts}))
    assert [draft.body for draft in made.drafts] == drafts[:1]
    assert (made.decider, made.model, made.cost_usd, made.prompt_version) == (
        "anthropic", "claude-haiku-5-5", 0.000165, "suggest.v2",
    )  # fmt: skip


@pytest.mark.parametrize(
    "reply", [error(529), message("no"), Reply(delay_s=30), message({"language": "en", "drafts": ["Pay $7"]})]
)
async def test_without_a_usable_draft_the_rules_suggest(reply: Reply) -> None:
    """A provider that fails, or drafts that do not pass: the rules' own drafts, and the reason."""
    made = await drafted(reply, "Is there parking?")
    assert made.decider == "rules" and made.drafts and "free parking" in made.drafts[0].body
    assert made.reason == "model_failed"


async def test_an_opt_out_is_drafted_by_nobody() -> None:
    """The model is not even asked."""
    async with asking() as (decider, api, _):
        assistant = AnthropicAssistant(decider.model, within_s=DEADLINE_S)
        made = await assistant.suggest(request("Unsubscribe", knowledge=SHOP))
        assert (made.reason, made.drafts, api.calls) == ("opted_out", (), [])


async def test_a_translation_is_whole_or_none() -> None:
    """It may hold what the text holds; a failure, a leak or an added address is none, with the reason."""
    good = message({"source_language": "fr", "translation": "Hello, call +33 1 23 45 67 89"})
    made = await translated(good)
    assert (made.text, made.reason, made.model) == ("Hello, call +33 1 23 45 67 89", None, "claude-haiku-5-5")
    added = message({"source_language": "fr", "translation": "Hello, pay at http://evil.test"})
    for reply, reason in ((added, "model_failed"), (error(500), "model_failed"), (message("prose"), "model_failed")):
        made = await translated(reply)
        assert (made.text, made.reason) == (None, reason)
    assert (await translated(good, ai_provider="rules")).reason == "not_wanted"


async def test_the_models_summary_is_tidied() -> None:
    """Its words, within bounds and without addresses; label, mood and next step too."""
    long = "Ann (ann@people.test, +49 171 2345678) wrote on http://x.test. " + "She asks. " * 100
    made = await summed(insight(summary=long), "What does it cost?")
    assert (made.model, made.prompt_version, made.insight.label) == ("claude-haiku-5-5", "summarize.v1", "price")
    assert (made.insight.sentiment, made.insight.sentiment_label) == (-0.5, "negative")
    assert len(made.insight.summary) <= 600
    assert not any(part in made.insight.summary for part in ("@", "://", "2345678"))


@pytest.mark.parametrize("reply", [error(500), message("x"), Reply(delay_s=30), insight(label="gossip")])
async def test_without_a_usable_summary_the_rules_sum_up(reply: Reply) -> None:
    """There is always an insight."""
    made = await summed(reply, "What does it cost?")
    assert (made.model, made.insight.label) == ("rules", "price")


async def test_a_reminder_is_the_rules_matter() -> None:
    """A model may name the day or call it off; the words are ours, and where the rules forbid one there is none."""
    ours = "A visit costs $89. Would you like to book one?"
    soon = (NOW + timedelta(days=10)).date().isoformat()
    made = await summed(insight(follow_up_on=soon), "What does it cost?", last=ours)
    assert made.insight.follow_up_at == datetime.fromisoformat(f"{soon}T10:00:00").replace(tzinfo=UTC)
    assert "last message" in (made.insight.follow_up_text or "")
    off = await summed(insight(), "What does it cost?", last=ours)
    assert (off.insight.follow_up_at, off.insight.follow_up_text) == (None, None)
    for forbidden in (["Unsubscribe"], ["Thank you!"], ["Your work is unacceptable."], ["Dzień dobry, proszę o cenę"]):
        made = await summed(insight(follow_up_on=soon), *forbidden)
        assert made.insight.follow_up_at is None, forbidden
    far = await summed(insight(follow_up_on="2031-01-01"), "What does it cost?", last=ours)
    assert far.insight.follow_up_at == (await summed(error(500), "What does it cost?", last=ours)).insight.follow_up_at
    assert (await summed(insight(follow_up_on="2026-13-45"), "What does it cost?")).insight.follow_up_at is None


def test_helpers_are_chosen_at_start() -> None:
    """Rules without a key, a model with one; each with its own model name where one is set."""
    assert isinstance(create_summarizer(Settings(), Unlimited()), RulesSummarizer)
    assert isinstance(create_assistant(Settings(), Unlimited()), RulesAssistant)
    keyed = Settings(anthropic_api_key="k", anthropic_insights_model="claude-haiku-4-5", anthropic_assist_model="claude-sonnet-5-5")  # fmt: skip
    summarizer, assistant = create_summarizer(keyed, Unlimited()), create_assistant(keyed, Unlimited())
    assert isinstance(summarizer, AnthropicSummarizer) and summarizer.model.name == "claude-haiku-4-5"
    assert isinstance(assistant, AnthropicAssistant) and assistant.model.name == "claude-sonnet-5-5"


async def test_a_faq_in_another_language_is_no_draft() -> None:
    """Rules do not translate: an entry in French is no draft for an English question."""
    french = Faq(id="f", question="Parking ?", keywords=("garage",), answer="Oui, derrière.", language="fr")
    knowledge = msgspec.structs.replace(TENANT, faqs=(french,))
    assert not any("derrière" in draft.body for draft in by_rules("Is there a garage?", knowledge=knowledge).drafts)
