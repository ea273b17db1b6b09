"""The state of a conversation in a few sentences: who asked what, who waits for whom, what comes next.

Extractive and deterministic: it quotes one sentence of each side, with addresses, links and long numbers left out.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.deciders import dates
from app.deciders.language import Guess, detect, primary
from app.deciders.reading import GUARDS, QUESTIONS, Reading, interpret
from app.deciders.text import Text, own_words, read, split_signature
from app.deciders.vocabulary import LANGUAGES, Vocabulary, vocabulary
from app.domain.deciding import Turn
from app.domain.insights import SentimentLabel, ThreadInsight

MAX_SUMMARY = 600
MAX_QUOTE = 160
WAIT = timedelta(days=3)
MAX_AHEAD = timedelta(days=366)

_RECENT = 3
_MORNING = time(10, 0)
_SENTENCES = re.compile(r"[^.!?\n]+[.!?]*")
_PRIVATE = re.compile(r"(?i)\S{0,200}(?:://|www\.|@)\S{0,400}|\+?\d(?:[ ./()-]{0,2}\d){6,24}")
_ORDER = (*GUARDS, "unsubscribe", *QUESTIONS, "confirmation", "postpone", "out_of_office", "thanks", "greeting")
_OFFERED = ("price", "booking", "availability", "reschedule")


def summarize(history: Sequence[Turn], *, locale: str, now: datetime, time_zone: str = "UTC") -> ThreadInsight:
    """Sum up a thread, oldest turn first. `locale` is the staff's; `time_zone` the tenant's. Never raises."""
    staff = vocabulary(_supported(primary(locale)))
    return _Thread([turn for turn in history if turn.sender != "system"], staff, now, time_zone).insight()


def follow_up_text(history: Sequence[Turn], *, locale: str, now: datetime, time_zone: str = "UTC") -> str | None:
    """The nudge that may be sent by itself when a thread stays silent; None where nothing may be.

    Nothing is sent into a settled or grave matter, after an opt-out, or in a language we have no words for.
    """
    staff = vocabulary(_supported(primary(locale)))
    thread = _Thread([turn for turn in history if turn.sender != "system"], staff, now, time_zone)
    label = thread.label()
    if not thread.turns or thread.settled() or label in (*GUARDS, "unsubscribe", "out_of_office"):
        return None
    return thread.nudge()


def mask(text: str) -> str:
    """A text without addresses, links and long numbers."""
    return _PRIVATE.sub("…", text)


def _supported(language: str | None) -> str:
    return language if language in LANGUAGES else "en"


class _Thread:
    def __init__(self, turns: list[Turn], staff: Vocabulary, now: datetime, time_zone: str) -> None:
        self.turns = turns
        self.staff = staff
        self.zone = _zone(time_zone)
        self.now = _aware(now)
        self.theirs = [turn for turn in turns if turn.sender == "contact"]
        self.guess = self._language()
        self.words = vocabulary(self.guess.language) if self.guess.supported else None
        self.readings = self._read() if self.words else []

    def insight(self) -> ThreadInsight:
        """Put the parts together."""
        label = self.label()
        sentiment = self._sentiment()
        due = self._due(label)
        return ThreadInsight(
            summary=self._summary(label),
            label=label,
            sentiment=sentiment,
            sentiment_label=_mood(sentiment),
            next_step=self._next_step(label, due),
            follow_up_at=due,
            follow_up_text=self.nudge() if due else None,
            language=self.guess.language,
        )

    @property
    def _waiting_for_us(self) -> bool:
        return bool(self.turns) and self.turns[-1].sender == "contact"

    def _language(self) -> Guess:
        raw = "\n\n".join(own_words(turn.text)[:1000] for turn in self.theirs[-_RECENT:])
        return detect(read(raw), raw, contact_locale=None, tenant_locale=self.staff.language)

    def _read(self) -> list[tuple[Text, Reading]]:
        assert self.words is not None
        found: list[tuple[Text, Reading]] = []
        for turn in self.theirs[-_RECENT:]:
            text = read(split_signature(own_words(turn.text), self.words.closings).own)
            found.append((text, interpret(text, self.words)))
        return found

    def label(self) -> str:
        """The weightiest intent of the latest message that says anything of substance."""
        courtesy = "unknown"
        for _, reading in reversed(self.readings):
            main = next((name for name in _ORDER if name in reading.intents), "unknown")
            if main not in ("unknown", "thanks", "greeting", "confirmation"):
                return main
            courtesy = main if courtesy == "unknown" else courtesy
        return courtesy

    def _sentiment(self) -> float:
        """The latest message counts double."""
        moods = [reading.sentiment for _, reading in self.readings]
        if not moods:
            return 0.0
        return round((sum(moods) + moods[-1]) / (len(moods) + 1), 3)

    def settled(self) -> bool:
        """The last word is a thank-you or an opt-out, or nobody asked anything."""
        if not self._waiting_for_us or not self.readings:
            return not self.turns
        last = set(self.readings[-1][1].intents)
        text = self.readings[-1][0]
        closing = {"thanks", "out_of_office", "unsubscribe"}
        return bool(last & closing) and last <= {*closing, "greeting"} and not text.questions

    def _summary(self, label: str) -> str:
        said = self.staff.summary
        if not self.turns:
            return said["empty"]
        parts: list[str] = []
        quoted = self._their_point(label)
        if quoted:
            key = "asked" if quoted.endswith("?") else "wrote"
            parts.append(said[key].replace("{quote}", quoted))
        answer = next((turn for turn in reversed(self.turns) if turn.sender in ("ai", "human")), None)
        if answer:
            parts.append(said["answered"].replace("{quote}", _quote(_sentence(answer.text))))
        state = "waiting_us" if self._waiting_for_us else "waiting_contact"
        parts.append(said["settled" if self.settled() else state])
        return " ".join(parts)[:MAX_SUMMARY]

    def _their_point(self, label: str) -> str:
        """The contact's latest sentence about the label, else the latest question, else the first sentence."""
        for turn in reversed(self.theirs):
            closings = self.words.closings if self.words else frozenset()
            sentences = _sentences(split_signature(own_words(turn.text), closings).own)
            for sentence in sentences:
                if self.words and label in interpret(read(sentence), self.words).intents:
                    return _quote(sentence)
        for turn in reversed(self.theirs):
            sentences = _sentences(own_words(turn.text))
            if sentences:
                return _quote(next((one for one in sentences if one.endswith("?")), sentences[0]))
        return ""

    def _next_step(self, label: str, due: datetime | None) -> str:
        said = self.staff.summary
        topic = self.staff.topics.get(label, self.staff.topics["unknown"])
        if label == "unsubscribe":
            return said["next_remove"]
        if self.settled():
            return said["next_none"]
        if self._waiting_for_us and label == "emergency":
            return said["next_urgent"]
        if self._waiting_for_us and due:
            return said["next_date"].replace("{date}", due.astimezone(self.zone).date().isoformat())
        if not self._waiting_for_us:
            return said["next_wait"]
        ordinary = "next_confirm" if label in ("booking", "reschedule") else "next_answer"
        key = "next_resolve" if label in GUARDS else ordinary
        return said[key].replace("{topic}", topic)

    def _due(self, label: str) -> datetime | None:
        """A day the contact named for being in touch, or three days after an unanswered question or offer of ours."""
        if not self.turns or label in ("unsubscribe", "out_of_office") or self.settled():
            return None
        last = self.turns[-1]
        if last.sender == "contact":
            return self._named_day(_aware(last.at))
        if not _expects_answer(last.text):
            return None
        return max(_aware(last.at) + WAIT, self.now)

    def _named_day(self, said_at: datetime) -> datetime | None:
        if not self.readings or self.words is None:
            return None
        text, reading = self.readings[-1]
        if not {"postpone", "human_please"} & set(reading.intents):
            return None
        today = said_at.astimezone(self.zone).date()
        days = [one.day for one in dates.mentions(text, self.words, today) if one.day >= today]
        if not days:
            return said_at + WAIT if "postpone" in reading.intents else None
        due = datetime.combine(days[0], _MORNING, self.zone)
        return max(due, said_at).astimezone(UTC) if due - said_at <= MAX_AHEAD else None

    def nudge(self) -> str | None:
        """A courteous reminder in the contact's language."""
        if self.words is None:
            return None
        replies = self.words.replies
        body = replies["follow_up" if self._waiting_for_us else "nudge"]
        return f"{replies['hello_plain']}\n\n{body}\n\n{replies['bye']}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _mood(sentiment: float) -> SentimentLabel:
    if sentiment <= -0.2:
        return "negative"
    return "positive" if sentiment >= 0.2 else "neutral"


def _expects_answer(ours: str) -> bool:
    """We asked something, or named a price or an appointment."""
    own = own_words(ours)
    if "?" in own:
        return True
    text = read(own)
    guess = detect(text, own, contact_locale=None, tenant_locale="en")
    if not guess.supported:
        return False
    words = vocabulary(guess.language)
    offered = set(interpret(text, words).intents) & set(_OFFERED)
    return (bool(offered) and any(word[0].isdigit() for word in text.words)) or "booking" in offered


def _sentences(text: str) -> list[str]:
    joined = re.sub(r"(?<!\n)\n(?=[a-zà-ÿ])", " ", text)
    return [one for match in _SENTENCES.finditer(joined) if len(one := match.group().strip()) > 1]


def _sentence(text: str) -> str:
    """The first sentence that is no salutation."""
    found = _sentences(own_words(text))
    telling = [one for one in found if not one.endswith((",", ":")) and len(one.split()) > 2]
    return (telling or found or [""])[0]


def _quote(sentence: str) -> str:
    flat = " ".join(_PRIVATE.sub("…", sentence[:1000]).split())
    return flat if len(flat) <= MAX_QUOTE else flat[: MAX_QUOTE - 1].rstrip() + "…"
