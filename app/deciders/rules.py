"""The offline decider: phrases, tables and the tenant's own knowledge; no network, no model, no chance.

What it does with an intent (the first row that applies wins):

| what the burst is | action |
|---|---|
| every message written by a machine (`auto_class`) or spam (score ≥ 0.9) | `no_reply` |
| asks not to be written to | `no_reply`, `suppress_contact`; with a complaint or the like a takeover, suppressed too |
| no text, or attachments only | `human_takeover` |
| a language without rules | `human_takeover`: better no answer than one in the wrong language |
| an absence notice, recognised by its text | `no_reply` |
| emergency, legal matter, refund, cancellation, complaint, wants a person | `human_takeover`, whatever else is said |
| angry (sentiment ≤ -0.5) | `human_takeover` |
| automatic answers switched off, or more than 250 words | `human_takeover` |
| thanks and nothing else | `no_reply` |
| "I will get back to you next week", "remind me later" | `follow_up` on the day named, else after 3 days |
| agreement ("yes", "go ahead") | `human_takeover`: it commits the tenant |
| a question in which nothing was recognised | `human_takeover`: half an answer is none |
| opening hours | `auto_reply` from a canned reply or the known hours, else `human_takeover` |
| price, availability, status, rescheduling | `auto_reply` from a canned reply or a FAQ entry, else `human_takeover` |
| booking | `auto_reply` that asks for day, time and address when none is stated, else `human_takeover` |
| a FAQ entry's keywords | `auto_reply` with its answer |
| greeting and nothing else | `auto_reply` that asks what we can do |
| several of these | one `auto_reply` that answers all of them, else `human_takeover` |
| confidence below the tenant's threshold, or the same reply twice before | `human_takeover` |
| anything else | `human_takeover` |

An opt-out gets no confirmation: that would be one more unwanted message.
The text of a message is data: it selects among sentences the tenant or we wrote and is never part of one.
"""

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.deciders import dates, replies
from app.deciders.answers import Composer, Draft
from app.deciders.language import Guess, detect, primary
from app.deciders.reading import COURTESIES, GUARDS, QUESTIONS, Reading, interpret
from app.deciders.text import MAX_CHARS, Text, own_words, read, split_signature
from app.deciders.vocabulary import LANGUAGES, Vocabulary, vocabulary
from app.domain.deciding import Action, Decision, DecisionRequest, Incoming

SPAM = 0.9
ANGRY = -0.5
DEFAULT_FOLLOW_UP_S = 3 * 86_400
MAX_FOLLOW_UP_S = 90 * 86_400

_OPT_OUT_WORDS = 40
_LONG = 250
_THANKS_LEFTOVERS = 3
_CHATTER_COST = 0.12
_FOLLOW_UP_HOUR = time(10, 0)
_PARROT_WINDOW = timedelta(days=7)

# What carriers and providers treat as an opt-out when it is the whole message.
_STOP_KEYWORDS = frozenset(
    tuple(keyword.split())
    for keyword in (
        "stop", "stopp", "stop all", "stopall", "stop please", "please stop", "unsubscribe", "remove", "arret",
        "stop sms", "baja", "alto", "parar", "sair", "abmelden", "austragen", "afmelden", "uitschrijven",
        "desabonner", "disiscrivi", "opt out", "optout",
    )
)  # fmt: skip

_GUARD_REASONS = {
    "emergency": "The message speaks of an emergency, danger or urgency.",
    "legal": "The message speaks of lawyers, authorities or rights.",
    "refund": "The contact wants money back or disputes a charge.",
    "cancellation": "The contact wants to cancel something.",
    "complaint": "The contact complains.",
    "human_please": "The contact wants to speak to a person.",
}


_COMMITTING = frozenset({"booking", "reschedule", "status"})
"""Answering these would bind the tenant, or needs a look at what only he knows: for a person, whoever decides."""


class Verdict(NamedTuple):
    """What the rules decide, and whether another decider may do better.

    `open` is true where nothing but knowledge or understanding was missing, or an automatic answer is in order anyway.
    Everywhere else the rules have the last word.
    """

    decision: Decision
    open: bool


class RulesDecider:
    """The default decider. Never raises, never waits."""

    name = "rules"

    def __init__(self) -> None:
        for language in LANGUAGES:
            _ = vocabulary(language).matcher
        # The first message should not pay for the tables.
        detect(read("hello"), "hello", contact_locale=None, tenant_locale="en")

    async def decide(self, request: DecisionRequest) -> Decision:
        """The same as `decide_now`: there is nothing to wait for."""
        return self.decide_now(request)

    def decide_now(self, request: DecisionRequest) -> Decision:
        """Decide on a burst. Deterministic: the same request gives the same decision."""
        return self.weigh(request).decision

    def weigh(self, request: DecisionRequest) -> Verdict:
        """The decision, and whether the rules leave room for a better one."""
        live = [one for one in request.burst if one.auto_class == "none" and one.spam_score < SPAM]
        if not live:
            return Verdict(_machine_written(request), False)
        case = _Case(request, live)
        return Verdict(case.decide(), case.open)


def decide_now(request: DecisionRequest) -> Decision:
    """`RulesDecider().decide_now(request)`."""
    return RulesDecider().decide_now(request)


def _machine_written(request: DecisionRequest) -> Decision:
    language = _by_locale(request)
    classes = {one.auto_class for one in request.burst}
    if not request.burst:
        return Decision(
            action="human_takeover",
            intent="unknown",
            confidence=1.0,
            language=language,
            reasons=("There is no message.",),
        )
    if all(one.spam_score >= SPAM for one in request.burst):
        intent, reason = "spam", "The message is spam and gets no answer."
    elif classes == {"auto_reply"}:
        intent, reason = "out_of_office", "The message is an automatic reply; answering it could start a loop."
    else:
        intent, reason = (
            "automated",
            "The message comes from a list, a bulk sender or a mail system and gets no answer.",
        )
    suppress = any(one.unsubscribe_request for one in request.burst)
    return Decision(
        action="no_reply",
        intent=intent,
        confidence=1.0,
        language=language,
        reasons=(reason,),
        labels=(intent,),
        suppress_contact=suppress,
    )


def _by_locale(request: DecisionRequest) -> str:
    return primary(request.contact_locale) or primary(request.knowledge.locale) or "en"


class _Case:
    """One burst on its way to a decision."""

    def __init__(self, request: DecisionRequest, live: list[Incoming]) -> None:
        self.request = request
        self.live = live
        self.raw = _join([own_words(one.text) for one in live])
        self.suppress = any(one.unsubscribe_request for one in live)
        self.guess = Guess(_by_locale(request), 1.0, "tenant")
        self.sentiment = 0.0
        self.labels: tuple[str, ...] = ()
        self.open = False

    def decide(self) -> Decision:
        """Walk down the table of this module's docstring."""
        text = read(self.raw)
        if (self.suppress and not text.words) or text.words in _STOP_KEYWORDS:
            return self._opt_out()
        if not text.words:
            return self._without_text()
        locale = self.request.knowledge.locale
        self.guess = detect(text, self.raw, contact_locale=self.request.contact_locale, tenant_locale=locale)
        if not self.guess.supported:
            if self.suppress:
                return self._opt_out()
            return self._takeover(
                "unknown", f"There are no rules for the language of the message ({self.guess.language})."
            )
        words = vocabulary(self.guess.language)
        full = interpret(text, words)
        self.sentiment = full.sentiment
        self._label(full)
        return self._guarded(text, full, words) or self._ordinary(words)

    def _guarded(self, text: Text, reading: Reading, words: Vocabulary) -> Decision | None:
        """What must not be answered by a machine; read in the whole text, signature included, and in the subject."""
        guards = [name for name in GUARDS if name in reading.intents]
        guards += [name for name in self._subject_guards(words) if name not in guards]
        opted_out = "unsubscribe" in reading.intents
        brief = len(text.words) <= _OPT_OUT_WORDS
        if guards:
            self.suppress = self.suppress or (opted_out and brief)
            return self._takeover(guards[0], *(_GUARD_REASONS[name] for name in guards))
        if self.suppress or (opted_out and brief):
            return self._opt_out()
        if opted_out:
            return self._takeover("unsubscribe", "A long message that may ask not to be written to.")
        if "out_of_office" in reading.intents and not text.questions and not text.truncated:
            return self._silent("out_of_office", "The message is an absence notice; answering it could start a loop.")
        reason = self._barred(text, reading)
        return self._takeover(_main_intent(reading), reason) if reason else None

    def _barred(self, text: Text, reading: Reading) -> str | None:
        """Why no automatic answer may be given, whatever is asked."""
        if reading.sentiment <= ANGRY:
            return f"The contact sounds angry (sentiment {reading.sentiment})."
        if not self.request.knowledge.ai_enabled:
            return "Automatic answers are switched off for this tenant."
        if text.truncated or len(text.words) > _LONG or any(len(one.text) > MAX_CHARS for one in self.live):
            return "The message is long; a person should read it whole."
        return None

    def _ordinary(self, words: Vocabulary) -> Decision:
        """Questions and courtesies, read without the signature."""
        own = [split_signature(own_words(one.text), words.closings).own for one in self.live]
        text = read(_join(own))
        reading = interpret(text, words)
        intents = set(reading.intents)
        if "thanks" in intents and intents <= {*COURTESIES, "holiday"} and not text.questions:
            if not reading.reserved and reading.leftovers <= _THANKS_LEFTOVERS:
                return self._silent("thanks", "The contact only says thank you.")
            self.open = True
            return self._takeover("thanks", "The contact says thank you and something more that was not understood.")
        return self._ask(text, reading, words)

    def _ask(self, text: Text, reading: Reading, words: Vocabulary) -> Decision:
        composer = Composer(self.request, text, reading, words)
        answered = {sentence for match in composer.matches for sentence in match.sentences}
        if "confirmation" in reading.intents:
            return self._takeover("confirmation", "The contact agrees to something; what follows commits the tenant.")
        draft = composer.compose()
        self.open = draft.reply is not None or draft.intent not in _COMMITTING
        if reading.open_questions - answered:
            return self._takeover(draft.intent, "The message asks something that was not understood.", *draft.reasons)
        if "postpone" in reading.intents and not text.questions:
            self.open = False
            return self._follow_up(text, reading, words)
        if draft.reply is None:
            return self._takeover(draft.intent, *draft.reasons)
        return self._reply(draft, draft.reply, len(reading.chatter - answered))

    def _reply(self, draft: Draft, reply: str, chatter: int) -> Decision:
        confidence = round(max(0.0, draft.confidence * self.guess.confidence - _CHATTER_COST * chatter), 3)
        threshold = self.request.knowledge.confidence_threshold
        reasons = (*draft.reasons, *self._language_reason())
        if confidence < threshold:
            return self._takeover(
                draft.intent,
                f"Confidence {confidence} is below the threshold of {threshold}.",
                *reasons,
                confidence=confidence,
            )
        if self._said_twice(reply):
            self.open = False
            return self._takeover(draft.intent, "The same automatic answer was given twice already.", *reasons)
        return self._decision("auto_reply", draft.intent, confidence, reasons, reply=reply)

    def _follow_up(self, text: Text, reading: Reading, words: Vocabulary) -> Decision:
        now = self.request.now if self.request.now.tzinfo else self.request.now.replace(tzinfo=UTC)
        try:
            zone = ZoneInfo(self.request.knowledge.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            zone = ZoneInfo("UTC")
        today = now.astimezone(zone).date()
        days = [one.day for one in dates.mentions(text, words, today) if one.day > today]
        seconds = DEFAULT_FOLLOW_UP_S
        reason = "The contact wants to be in touch later and names no day; a follow-up is due in 3 days."
        if days:
            due = datetime.combine(max(days), _FOLLOW_UP_HOUR, zone)
            seconds = int((due - now).total_seconds())
            reason = f"The contact wants to be in touch later; a follow-up is due on {max(days).isoformat()}."
        if seconds > MAX_FOLLOW_UP_S:
            return self._takeover(
                "postpone", "The contact wants to be in touch in more than 90 days; a person should note that."
            )
        confidence = round(
            reading.intents["postpone"] * self.guess.confidence - _CHATTER_COST * len(reading.chatter), 3
        )
        if confidence < self.request.knowledge.confidence_threshold:
            return self._takeover(
                "postpone", f"Confidence {confidence} is below the threshold.", confidence=max(0.0, confidence)
            )
        reply = replies.letter([words.replies["follow_up"]], replies.variables(self.request, None, words), words)
        return self._decision("follow_up", "postpone", confidence, (reason,), reply=reply, seconds=max(3600, seconds))

    def _subject_guards(self, words: Vocabulary) -> list[str]:
        """Guards in the subjects the contact wrote himself; a "Re:" carries ours."""
        fresh = [one.subject[:300] for one in self.live if one.subject and not replies.is_reply_subject(one.subject)]
        if not fresh:
            return []
        found = interpret(read("\n\n".join(dict.fromkeys(fresh))), words).intents
        return [name for name in GUARDS if name in found]

    def _said_twice(self, reply: str) -> bool:
        """The last two automatic answers of a week, with no person's in between, were this one."""
        since = _aware(self.request.now) - _PARROT_WINDOW
        ours: list[str] = []
        for turn in reversed(self.request.history):
            if turn.sender == "human" or _aware(turn.at) < since:
                break
            if turn.sender == "ai":
                ours.append(turn.text)
        same = " ".join(reply.split())
        return len(ours) >= 2 and all(" ".join(said.split()) == same for said in ours[:2])

    def _without_text(self) -> Decision:
        if any(one.has_attachments for one in self.live):
            return self._takeover("unknown", "The message has attachments and no text; a person has to look at them.")
        return self._takeover("unknown", "The message has no text.")

    def _opt_out(self) -> Decision:
        self.suppress = True
        return self._silent(
            "unsubscribe", "The contact asks not to be written to; a confirmation would be one more unwanted message."
        )

    def _language_reason(self) -> tuple[str, ...]:
        if self.guess.source == "contact":
            return ("The text does not show its language; the contact's locale was used.",)
        return (
            ("The text does not show its language; the tenant's locale was used.",)
            if self.guess.source == "tenant"
            else ()
        )

    def _label(self, reading: Reading) -> None:
        labels = sorted(name for name in reading.intents if name not in COURTESIES and name != "holiday")
        labels += ["angry"] if reading.sentiment <= ANGRY else ["happy"] if reading.sentiment >= -ANGRY else []
        labels += ["attachment"] if any(one.has_attachments for one in self.live) else []
        self.labels = tuple(labels)

    def _takeover(self, intent: str, *reasons: str, confidence: float = 1.0) -> Decision:
        return self._decision("human_takeover", intent, confidence, reasons)

    def _silent(self, intent: str, reason: str) -> Decision:
        return self._decision("no_reply", intent, round(self.guess.confidence, 3), (reason,))

    def _decision(
        self,
        action: Action,
        intent: str,
        confidence: float,
        reasons: tuple[str, ...],
        *,
        reply: str | None = None,
        seconds: int | None = None,
    ) -> Decision:
        return Decision(
            action=action,
            intent=intent,
            confidence=confidence,
            language=self.guess.language,
            reasons=reasons,
            reply=reply,
            follow_up_in_s=seconds,
            labels=self.labels,
            sentiment=self.sentiment,
            suppress_contact=self.suppress,
        )


def _join(texts: list[str]) -> str:
    return "\n\n".join(text for text in texts if text)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _main_intent(reading: Reading) -> str:
    return next((name for name in (*QUESTIONS, "postpone", *COURTESIES) if name in reading.intents), "unknown")
