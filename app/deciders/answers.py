"""The parts of an automatic answer: a tenant's canned wording, its opening hours, its FAQ, our few sentences."""

from datetime import date, timedelta

import msgspec

from app.deciders import dates, hours, replies
from app.deciders.faqs import MAX_ANSWERS, FaqMatch, match_faqs, written_in
from app.deciders.reading import QUESTIONS, Reading
from app.deciders.text import Text
from app.deciders.vocabulary import Vocabulary
from app.domain.assisting import Source
from app.domain.deciding import CannedReply, DecisionRequest

_CANNED_CONFIDENCE = 0.9


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """`reply` is None when something asked has no answer; `intent` is then what it was."""

    intent: str
    reasons: tuple[str, ...]
    reply: str | None = None
    confidence: float = 0.0


class _Part(msgspec.Struct, frozen=True):
    intent: str
    text: str
    confidence: float
    reason: str
    canned: bool = False


class Composer:
    """Builds the answer to one burst."""

    def __init__(self, request: DecisionRequest, text: Text, reading: Reading, words: Vocabulary) -> None:
        self.request = request
        self.text = text
        self.reading = reading
        self.words = words
        self.notes: list[str] = []
        self.table = self._timetable()
        self.values = replies.variables(request, self.table, words)
        self.matches, foreign = match_faqs(text, words, request.knowledge)
        self.notes += [f"FAQ entry {faq.id} fits but is not written in {words.language}." for faq in foreign[:3]]

    def compose(self) -> Draft:
        """Answer everything that is asked, or nothing."""
        asked = [name for name in QUESTIONS if name in self.reading.intents]
        parts: list[_Part] = []
        faqs = self._faq_parts()
        for name in reversed(asked):
            part = self._answer(name)
            if part is not None:
                parts.append(part)
            elif not self._answered_by_faq(name):
                return Draft(intent=name, reasons=(_UNANSWERED[name], *self.notes))
        parts += [part for part in faqs if all(part.text != other.text for other in parts)]
        if not parts and set(self.reading.intents) == {"greeting"} and self.reading.leftovers <= 2:
            parts = [
                self._canned("greeting")
                or _Part("greeting", self.words.replies["greeting"], 0.9, "The message only says hello.")
            ]
        if not parts:
            return Draft(
                intent="unknown", reasons=("No question was recognised that the rules can answer.", *self.notes)
            )
        if len(parts) > MAX_ANSWERS:
            return Draft(
                intent=parts[0].intent, reasons=("Too many questions at once for one automatic answer.", *self.notes)
            )
        return self._join(parts)

    def offers(self) -> list[tuple[Source, str, bool]]:
        """What could be said to this, each by itself: (where from, text, whether it is a whole letter)."""
        found: list[tuple[Source, str, bool]] = []
        for name in self.reading.intents:
            part = self._canned(name)
            if part is not None:
                found.append(("canned", part.text, True))
        found += [("faq", part.text, False) for part in self._faq_parts()]
        opening = self._opening() if "opening" in self.reading.intents else None
        if opening is not None:
            found.append(("hours", opening.text, False))
        return found

    def _join(self, parts: list[_Part]) -> Draft:
        texts = [part.text for part in parts]
        whole = (
            "\n\n".join(texts) if any(part.canned for part in parts) else replies.letter(texts, self.values, self.words)
        )
        return Draft(
            intent=parts[0].intent,
            reasons=(*(part.reason for part in parts), *self.notes),
            reply=whole,
            confidence=min(part.confidence for part in parts),
        )

    def _answer(self, name: str) -> _Part | None:
        canned = self._canned(name)
        if canned is not None:
            return canned
        if name == "opening":
            return self._opening()
        if name == "booking" and not self._stated():
            reason = "The contact wants an appointment and states neither day nor time; the reply asks for them."
            return _Part("booking", self.words.replies["booking"], self.reading.intents["booking"], reason)
        return None

    def _canned(self, name: str) -> _Part | None:
        for canned in self.request.knowledge.canned:
            if canned.intent != name or written_in(canned.language, self.request.knowledge) != self.words.language:
                continue
            try:
                text = replies.render(canned.body, self.values)
            except replies.Unusable as problem:
                self.notes.append(f"Canned reply {canned.id} cannot be used: {problem}.")
                continue
            confidence = min(_CANNED_CONFIDENCE, self.reading.intents.get(name, _CANNED_CONFIDENCE))
            return _Part(name, text, confidence, _canned_reason(canned), canned=True)
        return None

    def _opening(self) -> _Part | None:
        if self.table is None:
            return None
        asked = sorted(self.reading.at["opening"])
        if any(sentence in self.reading.at.get("holiday", ()) for sentence in asked):
            self.notes.append("The question is about a holiday, which the regular hours do not answer.")
            return None
        text = opening_text(self.table, self.request, self._days_asked(frozenset(asked)), self.words)
        reason = "The contact asks about opening hours, and they are known."
        return _Part("opening", text, self.reading.intents["opening"], reason)

    def _days_asked(self, sentences: frozenset[int]) -> list[date]:
        assert self.table is not None
        today = self.table.local(self.request.now).date()
        named = [
            one.day
            for one in dates.mentions(self.text, self.words, today)
            if one.kind == "day" and self.text.sentence[one.at] in sentences and one.day != today
        ]
        return list(dict.fromkeys(named))[:3]

    def _stated(self) -> bool:
        today = self.table.local(self.request.now).date() if self.table else self.request.now.date()
        return dates.names_a_time(self.text, self.words, today)

    def _timetable(self) -> hours.Timetable | None:
        knowledge = self.request.knowledge
        if not knowledge.hours:
            return None
        try:
            return hours.Timetable(knowledge)
        except ValueError as problem:
            self.notes.append(f"The opening hours cannot be used: {problem}.")
            return None

    def _faq_parts(self) -> list[_Part]:
        parts: list[_Part] = []
        usable: list[FaqMatch] = []
        for match in self.matches:
            try:
                text = replies.render(match.faq.answer, self.values)
            except replies.Unusable as problem:
                self.notes.append(f"FAQ entry {match.faq.id} cannot be used: {problem}.")
                continue
            usable.append(match)
            asked = bool(match.sentences & self.reading.asking)
            confidence = match.confidence if asked else match.confidence * 0.6
            parts.append(_Part("faq", text, confidence, f"FAQ entry {match.faq.id} answers the question."))
        self.matches = usable
        return parts

    def _answered_by_faq(self, name: str) -> bool:
        """Every sentence in which the intent was found has an FAQ answer of its own."""
        answered = {sentence for match in self.matches if match.confidence >= 0.6 for sentence in match.sentences}
        return self.reading.at[name] <= answered


def opening_text(table: hours.Timetable, request: DecisionRequest, days: list[date], words: Vocabulary) -> str:
    """Open now or not, the days asked about, and the week."""
    said = words.replies
    today = table.local(request.now).date()
    state = table.at(request.now)
    lines: list[str] = []
    if state.is_open:
        closes = state.closes
        lines.append(said["open_now"].replace("{time}", f"{closes:%H:%M}") if closes else said["open_always"])
    elif state.next_opening:
        lines.append(said["closed_now"].replace("{when}", hours.say_moment(state.next_opening, today, words.format)))
    for day in days:
        if day - today <= timedelta(days=366):
            name = hours.say_day(day, today, words.format)
            lines.append(f"{name[0].upper()}{name[1:]}: {hours.say_times(table.on(day), words.format)}.")
    lines.append(said["hours"].replace("{hours}", hours.say_week(table, words.format)))
    return "\n".join(lines)


def _canned_reason(canned: CannedReply) -> str:
    return f"The contact's message is about {canned.intent.replace('_', ' ')}, and canned reply {canned.id} answers it."


_UNANSWERED = {
    "opening": "The contact asks about opening hours, and the rules do not know them for this question.",
    "price": "The contact asks for a price, and no FAQ entry answers it.",
    "availability": "The contact asks about availability, and no FAQ entry answers it.",
    "booking": "The contact names a day, a time or an address for an appointment; a person has to confirm it.",
    "reschedule": "The contact wants to move an appointment; a person has to do that.",
    "status": "The contact asks how a matter stands; a person has to look it up.",
}
