"""The decider that asks a model, inside what the rules allow.

The rules decide first. Where they forbid an automatic answer (machines, spam, opt-outs, complaints, anger, a wish for
a person, whatever binds the tenant, languages without rules) they have the last word and nobody is asked. Where they
leave room, the model decides and drafts: it may be more careful than the rules, and answers only from what the tenant
has written down. Whatever goes wrong (no budget, no answer in time, an answer of another shape, a reply that fails the
check) the rules' own decision stands, or a person takes over.
"""

import logging

import msgspec

from app.deciders import replies
from app.deciders.guarding import Finding, Ground, examine, leaks
from app.deciders.model import Answer, Model, Question, Unanswered
from app.deciders.prices import thinks_always
from app.deciders.prompting import Known, conversation, describe, load_prompt, put, visible
from app.deciders.reading import GUARDS
from app.deciders.rules import ANGRY, RulesDecider
from app.deciders.schemas import ModelDecision
from app.deciders.text import words_of
from app.deciders.vocabulary import vocabulary
from app.domain.deciding import Decision, DecisionRequest
from app.domain.spending import Purpose

log = logging.getLogger("parley.model")

PROMPT = "decide.v2"
MAX_TOKENS = 800
THINKING_TOKENS = 2000
SURE_OF_SILENCE = 0.8
"""How sure a model must be that nobody is needed."""
RESERVE = 0.12
"""The share of the deadline kept back for the rules and for saying so."""
_DAY_S = 86_400
_SHARED_WORDS = 2
_SMALL_TALK = 400
"""Characters a reply may have that rests on no entry: one to a greeting."""
_PERSONS = frozenset({*GUARDS, "unsubscribe", "booking", "reschedule", "status"})
"""What a model may recognise and never answer."""

_OPENNESS = (
    "open", "clos", "geoffnet", "geschlossen", "offen", "ouver", "ferm", "abiert", "cerrad", "abert", "fechad", "apert",
    "chius", "geslot",
)  # fmt: skip
"""How words for open and closed begin, folded: what a reply about opening hours has when it has no hour."""

SENTENCES = {
    "budget": "The model was not asked: the tenant's budget of this month is used up, or it wants none.",
    "breaker_open": "The model was not asked: its provider failed repeatedly and is given a rest.",
    "too_slow": "The model did not answer in time.",
    "refused": "The model refused to answer.",
    "truncated": "The model's answer was cut off.",
    "off_schema": "The model's answer had another shape than asked for.",
    "garbage": "The answer of the model's provider could not be read.",
    "connection": "The model's provider could not be reached.",
    "no_account": "The model was not asked: its account could not be reached.",
}


class AnthropicDecider:
    """Rules first, then the model within them. Never raises, and is done within its deadline."""

    name = "anthropic"

    def __init__(
        self, model: Model, *, deadline_s: float, purpose: Purpose = "decision", asks_by_default: bool = True,
        prompt: str = PROMPT,
    ) -> None:  # fmt: skip
        """`deadline_s` is the worker's; with `asks_by_default=False` only tenants that ask for a model get one."""
        self.model = model
        self.prompt = prompt
        self.rules = RulesDecider()
        self.purpose = purpose
        self.asks_by_default = asks_by_default
        self.within_s = deadline_s * (1 - RESERVE)

    async def decide(self, request: DecisionRequest) -> Decision:
        """What to do about a burst."""
        verdict = self.rules.weigh(request)
        if not verdict.open or not self._wanted(request):
            return verdict.decision
        try:
            known = describe(request)
            answer = await self.model.ask(self._question(request, known), within_s=self.within_s)
        except Unanswered as problem:
            return self._by_rules(verdict.decision, problem)
        except Exception:
            log.exception("asking the model is broken: the rules decide")
            return self._by_rules(verdict.decision, Unanswered("garbage"))
        return _weighed(request, verdict.decision, answer, known, self.prompt)

    async def close(self) -> None:
        """Hang up."""
        await self.model.close()

    def _wanted(self, request: DecisionRequest) -> bool:
        provider = request.knowledge.ai_provider
        return provider == "anthropic" or (provider == "auto" and self.asks_by_default)

    def _question(self, request: DecisionRequest, known: Known) -> Question[ModelDecision]:
        material = put(self.prompt, known, conversation(request))
        return Question(
            tenant_id=request.tenant_id, case_id=request.case_id, purpose=self.purpose, material=material,
            shape=ModelDecision, max_tokens=MAX_TOKENS + THINKING_TOKENS * thinks_always(self.model.name),
        )  # fmt: skip

    def _by_rules(self, rules: Decision, problem: Unanswered) -> Decision:
        """The rules' decision, with what was tried and what it cost."""
        sentence = SENTENCES.get(problem.outcome, f"The model's provider said {problem.outcome.replace('_', ' ')}.")
        return msgspec.structs.replace(
            rules, reasons=(*rules.reasons, sentence), model=self.model.name, prompt_version=self.prompt,
            cost_usd=problem.cost_usd, tokens_in=problem.tokens_in, tokens_out=problem.tokens_out,
        )  # fmt: skip


def _weighed(
    request: DecisionRequest, rules: Decision, answer: Answer[ModelDecision], known: Known, prompt: str
) -> Decision:
    """The model's decision where it may stand, else the rules' or a takeover; always with the model's bill."""
    said = answer.value
    base = msgspec.structs.replace(
        rules, decider="anthropic", model=answer.model, prompt_version=prompt, cost_usd=answer.cost_usd,
        tokens_in=answer.tokens_in, tokens_out=answer.tokens_out, intent=said.intent,
        sentiment=round(min(rules.sentiment, said.sentiment), 3), confidence=round(said.confidence, 3),
        reasons=(), reply=None, follow_up_in_s=None,
    )  # fmt: skip
    why = _plain(said.reason, prompt)
    doubt = _doubt(request, rules, said, known)
    if said.action == "human_takeover" or doubt:
        reasons = (doubt, why) if doubt else (f"The model leaves it to a person. {why}",)
        return msgspec.structs.replace(base, action="human_takeover", reasons=tuple(filter(None, reasons)))
    if said.action == "no_reply":
        return msgspec.structs.replace(base, action="no_reply", reasons=(f"The model sees nothing to answer. {why}",))
    if said.action == "follow_up":
        return _later(request, base, said.follow_up_days or 3, why)
    reply = visible(said.reply or "").strip()
    finding = examine(reply, ground_for(request, known, rules.language, prompt))
    if finding is None and _repeats(request, reply):
        finding = Finding("repeat", "the same was said twice already")
    if finding is not None:
        return _refused(rules, base, finding)
    sources = ", ".join(known.titles[one] for one in said.sources if one in known.titles)
    based = f"The model answered from {sources}." if sources else "The model answered a greeting."
    return msgspec.structs.replace(base, action="auto_reply", reply=reply, reasons=tuple(filter(None, (based, why))))


def _later(request: DecisionRequest, base: Decision, days: int, why: str) -> Decision:
    """The model says when, the words are ours."""
    words = vocabulary(base.language)
    reply = replies.letter([words.replies["follow_up"]], replies.variables(request, None, words), words)
    reason = f"The model finds that the contact wants to be in touch later; a follow-up is due in {days} days."
    return msgspec.structs.replace(
        base, action="follow_up", reply=reply, follow_up_in_s=days * _DAY_S, reasons=tuple(filter(None, (reason, why)))
    )


def _doubt(request: DecisionRequest, rules: Decision, said: ModelDecision, known: Known) -> str | None:
    """Why a person should see it, whatever the model proposes; None when nothing speaks against it."""
    threshold = request.knowledge.confidence_threshold
    if said.action == "human_takeover":
        return None
    if said.intent in _PERSONS:
        return f"The model sees {said.intent.replace('_', ' ')} in it, which is for a person."
    if said.sentiment <= ANGRY:
        return f"The model finds the contact angry (sentiment {said.sentiment:g})."
    if said.confidence < threshold:
        return f"The model's confidence {said.confidence:g} is below the threshold of {threshold:g}."
    if said.action == "no_reply":
        quiet = said.confidence >= SURE_OF_SILENCE and said.intent in ("thanks", "out_of_office", "spam", "other")
        return None if quiet else "The model would not answer, and is not sure enough that nobody has to."
    return None if said.action == "follow_up" else _ungrounded(rules, said, known)


def _ungrounded(rules: Decision, said: ModelDecision, known: Known) -> str | None:
    """A reply names what it was made from, and shows it: words of the entries it names."""
    reply = (said.reply or "").strip()
    if not reply:
        return "The model wanted to answer and wrote nothing."
    if rules.intent in ("greeting", "thanks") and said.intent == rules.intent and len(reply) <= _SMALL_TALK:
        return None
    unknown = [one for one in said.sources if one not in known.entries]
    if unknown or not said.sources:
        return "The model does not say which of the tenant's entries its reply rests on."
    others = [one for one in said.sources if one != "hours"]
    shared = _telling("\n".join(known.entries[one] for one in others)) & _telling(reply)
    # A translated answer shares few words with its source: only one in the same language is held to it.
    translated = any(known.languages[one] != rules.language for one in others)
    told = "hours" in said.sources and any(word.startswith(_OPENNESS) or word[0].isdigit() for word in words_of(reply))
    if len(shared) >= _SHARED_WORDS or translated or told:
        return None
    return "The model's reply shares nothing with the entries it names."


def _telling(text: str) -> set[str]:
    return {word for word in words_of(text) if len(word) >= 4 or word.isdigit()}


def ground_for(request: DecisionRequest, known: Known, language: str | None, prompt: str) -> Ground:
    """What a reply to this burst may rest on."""
    ours = tuple(turn.text for turn in request.history if turn.sender in ("human", "ai"))
    theirs = tuple(one.text for one in request.burst) + tuple(
        turn.text for turn in request.history if turn.sender == "contact"
    )
    voice = request.knowledge.voice
    knowledge = (request.knowledge.tenant_name, known.text, *known.entries.values(), voice.signature or "")
    return Ground(
        instructions=load_prompt(prompt), knowledge=knowledge, ours=ours, theirs=theirs, language=language,
        avoid=voice.avoid,
    )  # fmt: skip


def _repeats(request: DecisionRequest, reply: str) -> bool:
    """The last two automatic answers, with no person's in between, were this one."""
    ours: list[str] = []
    for turn in reversed(request.history):
        if turn.sender == "human":
            break
        if turn.sender == "ai":
            ours.append(" ".join(turn.text.split()))
    return len(ours) >= 2 and all(said == " ".join(reply.split()) for said in ours[:2])


def _refused(rules: Decision, base: Decision, finding: Finding) -> Decision:
    """A reply that fails the check is never sent. The rules' own answer goes out, unless somebody seems to steer."""
    reason = f"The model's reply was not used: {finding.reason}."
    if finding.hostile or rules.action != "auto_reply":
        labels = tuple(dict.fromkeys((*base.labels, *(("suspicious",) if finding.hostile else ()))))
        return msgspec.structs.replace(
            base, action="human_takeover", reasons=(reason, *rules.reasons), labels=labels, confidence=1.0
        )
    return msgspec.structs.replace(
        rules, reasons=(*rules.reasons, reason), model=base.model, prompt_version=base.prompt_version,
        cost_usd=base.cost_usd, tokens_in=base.tokens_in, tokens_out=base.tokens_out,
    )  # fmt: skip


def _plain(reason: str, prompt: str) -> str:
    """A model's reason for the staff: one line, nothing hidden, nothing of ours, no addresses to follow."""
    flat = " ".join(visible(reason).split())
    if leaks(flat, load_prompt(prompt)):
        return ""
    masked = " ".join("…" if "://" in word or "@" in word or "www." in word else word for word in flat.split())
    return masked[:300]
