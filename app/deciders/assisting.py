"""Suggested replies and translations: for a person who reads them first."""

import logging
from typing import Any

from app.deciders import replies
from app.deciders.answers import Composer
from app.deciders.anthropic import ground_for
from app.deciders.guarding import examine, foreign_address, leaks
from app.deciders.language import detect
from app.deciders.model import Model, Question, Unanswered
from app.deciders.prices import thinks_always
from app.deciders.prompting import Material, as_json, conversation, describe, load_prompt, put, visible
from app.deciders.reading import interpret
from app.deciders.rules import RulesDecider
from app.deciders.schemas import ModelDrafts, ModelTranslation
from app.deciders.text import own_words, read, split_signature
from app.deciders.vocabulary import vocabulary
from app.domain.assisting import Draft, Suggestions, Translation, TranslationRequest
from app.domain.deciding import DecisionRequest

log = logging.getLogger("parley.model")

SUGGEST = "suggest.v2"
TRANSLATE = "translate.v1"
MOST = 3
MAX_DRAFT = 3000
MAX_TOKENS = 1500
THINKING_TOKENS = 2000
MAX_TRANSLATED = 20_000
_CHARS_PER_TOKEN = 1.5
"""A careful guess for languages that need many tokens."""


class RulesAssistant:
    """Drafts from canned replies, FAQ entries and opening hours. It translates nothing."""

    name = "rules"

    def __init__(self) -> None:
        self.rules = RulesDecider()

    async def suggest(self, request: DecisionRequest) -> Suggestions:
        """Drafts by rules."""
        return self.suggest_now(request)

    def suggest_now(self, request: DecisionRequest) -> Suggestions:
        """The same, without waiting."""
        if not request.burst:
            return Suggestions(reason="no_message")
        decision = self.rules.decide_now(request)
        if decision.suppress_contact or decision.intent == "unsubscribe":
            return Suggestions(reason="opted_out")
        found = (
            [Draft(body=decision.reply, source="rules")] if decision.reply and decision.action == "auto_reply" else []
        )
        found += _offers(request)
        unique = list({" ".join(draft.body.split()): draft for draft in reversed(found)}.values())[::-1]
        return Suggestions(drafts=tuple(unique[:MOST]), reason=None if unique else "nothing_known")

    async def translate(self, request: TranslationRequest) -> Translation:  # noqa: ARG002
        """Without a model there is none."""
        return Translation(reason="no_model")

    async def close(self) -> None:
        """Nothing is held."""


def _offers(request: DecisionRequest) -> list[Draft]:
    """Everything the tenant has written down that fits what is asked, one draft each."""
    raw = "\n\n".join(own_words(one.text) for one in request.burst)
    guess = detect(read(raw), raw, contact_locale=request.contact_locale, tenant_locale=request.knowledge.locale)
    if not guess.supported:
        return []
    words = vocabulary(guess.language)
    text = read(split_signature(raw, words.closings).own)
    composer = Composer(request, text, interpret(text, words), words)
    return [
        Draft(body=said if whole else replies.letter([said], composer.values, words), source=source)
        for source, said, whole in composer.offers()
    ]


class AnthropicAssistant:
    """A model drafts and translates; what it writes is checked, and without it the rules help as far as they can."""

    name = "anthropic"

    def __init__(self, model: Model, *, within_s: float, asks_by_default: bool = True) -> None:
        self.model = model
        self.within_s = within_s
        self.asks_by_default = asks_by_default
        self.rules = RulesAssistant()

    async def suggest(self, request: DecisionRequest) -> Suggestions:
        """Drafts by the model, else by rules. Never raises."""
        rules = self.rules.suggest_now(request)
        if rules.reason in ("opted_out", "no_message") or not self._wanted(request.knowledge.ai_provider):
            return rules
        try:
            known = describe(request)
            material = put(SUGGEST, known, conversation(request))
            answer = await self.model.ask(
                self._question(request, "suggestions", material, ModelDrafts, MAX_TOKENS), within_s=self.within_s
            )
        except Unanswered as problem:
            return _as_before(rules, problem)
        except Exception:
            log.exception("asking the model for drafts is broken: the rules suggest")
            return _as_before(rules, Unanswered("garbage"))
        ground = ground_for(request, known, None, SUGGEST)
        drafts = [Draft(body=visible(one).strip(), source="model") for one in answer.value.drafts[:MOST]]
        good = tuple(draft for draft in drafts if examine(draft.body, ground, limit=MAX_DRAFT) is None)
        return Suggestions(
            drafts=good or rules.drafts, reason=None if good else rules.reason or "model_failed",
            decider="anthropic" if good else "rules", model=answer.model, prompt_version=SUGGEST,
            cost_usd=answer.cost_usd, tokens_in=answer.tokens_in, tokens_out=answer.tokens_out,
        )  # fmt: skip

    async def translate(self, request: TranslationRequest) -> Translation:
        """The translation, or why there is none. Never raises."""
        if not self._wanted(request.ai_provider):
            return Translation(reason="not_wanted")
        text = visible(request.text)[:MAX_TRANSLATED]
        members = {"into": request.language, "subject": visible(request.subject or "")[:300], "text": text}
        material = Material(name=TRANSLATE, instructions=load_prompt(TRANSLATE), knowledge="", user=as_json(members))
        tokens = 300 + int(len(text) / _CHARS_PER_TOKEN)
        try:
            answer = await self.model.ask(
                self._question(request, "translation", material, ModelTranslation, tokens), within_s=self.within_s
            )
        except Unanswered as problem:
            reason = "budget" if problem.outcome == "budget" else "model_failed"
            return Translation(reason=reason, cost_usd=problem.cost_usd, tokens_in=problem.tokens_in,
                               tokens_out=problem.tokens_out)  # fmt: skip
        except Exception:
            log.exception("asking the model for a translation is broken")
            return Translation(reason="model_failed")
        said = visible(answer.value.translation).strip()
        # A translation adds no address and gives nothing of ours away; one that does obeys the text.
        bad = not said or leaks(said, load_prompt(TRANSLATE)) or foreign_address(said, f"{request.subject}\n{text}")
        return Translation(
            text=None if bad else said, reason="model_failed" if bad else None, model=answer.model,
            prompt_version=TRANSLATE, cost_usd=answer.cost_usd, tokens_in=answer.tokens_in,
            tokens_out=answer.tokens_out,
        )  # fmt: skip

    async def close(self) -> None:
        """Hang up."""
        await self.model.close()

    def _wanted(self, provider: str) -> bool:
        return provider == "anthropic" or (provider == "auto" and self.asks_by_default)

    def _question(
        self, request: DecisionRequest | TranslationRequest, purpose: Any, material: Material, shape: Any, tokens: int
    ) -> Question[Any]:
        return Question(
            tenant_id=request.tenant_id, case_id=request.case_id, purpose=purpose, material=material, shape=shape,
            max_tokens=tokens + THINKING_TOKENS * thinks_always(self.model.name),
        )  # fmt: skip


def _as_before(rules: Suggestions, problem: Unanswered) -> Suggestions:
    """The rules' drafts, with why they are only theirs and what was spent."""
    reason = "budget" if problem.outcome == "budget" else "model_failed"
    return Suggestions(
        drafts=rules.drafts, reason=reason, cost_usd=problem.cost_usd, tokens_in=problem.tokens_in,
        tokens_out=problem.tokens_out,
    )  # fmt: skip
