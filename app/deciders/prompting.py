"""Prompts from files, and what is put around them.

Our instructions and the tenant's knowledge are the system part; every word of a stranger is inside one JSON object in
the user part.
"""

import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from app.deciders import replies
from app.deciders.faqs import written_in
from app.deciders.hours import Timetable, clock
from app.deciders.vocabulary import vocabulary
from app.domain.deciding import DecisionRequest, TenantKnowledge, Turn, Voice

FOLDER = Path(__file__).parent / "prompts"
CANARY = secrets.token_hex(8)
"""Stands in every system prompt and in no good answer: a text that has it has leaked. New for each process."""

MAX_TURN = 2000
MAX_NEW = 6000
MAX_KNOWLEDGE = 40_000
"""Characters. A prompt stays far below the length from which on models cost more."""
CALENDAR_DAYS = 8

# Zero-width and bidirectional marks, tags, variation selectors, other controls: seen by machines only.
_HIDDEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """A rendered question: `name` is the prompt's version, `instructions` carry the canary, `parts` what to hash."""

    name: str
    instructions: str
    knowledge: str
    user: str

    @property
    def system(self) -> str:
        """The whole system part."""
        return f"{self.instructions}\n\n{self.knowledge}".rstrip()


@cache
def load_prompt(name: str) -> str:
    """The text of `prompts/<name>.md`, the canary in its place. Raises FileNotFoundError."""
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8").replace("{{canary}}", CANARY).strip()


def versions(task: str) -> list[str]:
    """The names of all prompts for a task, oldest first."""
    names = (path.stem for path in FOLDER.glob(f"{task}.v*.md"))
    return sorted(names, key=lambda name: int(name.rpartition(".v")[2]))


def visible(text: str) -> str:
    """A text without what only machines see. Line breaks and tabs stay."""
    return _HIDDEN.sub("", text)


def is_hidden(character: str) -> bool:
    """Whether only machines see a character."""
    return _HIDDEN.match(character) is not None


def as_json(value: Any) -> str:
    """Stranger text as one JSON value: no quote or line break of it can end the block it stands in."""
    return msgspec.json.encode(value).decode()


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant's knowledge as a model gets it: `text` for the prompt, `entries` by the short ids used in it."""

    text: str
    entries: dict[str, str]
    """Short id → what it says."""
    titles: dict[str, str]
    """Short id → how the staff knows it."""
    languages: dict[str, str]
    """Short id → the language it is written in."""
    voice: str = ""
    """How the tenant wants to sound, for the prompt; empty when it has said nothing. No fact rests on it."""


def describe(request: DecisionRequest) -> Known:
    """What the tenant has written down, bounded; opening hours as a calendar of the coming days."""
    knowledge = request.knowledge
    entries: dict[str, str] = {}
    titles: dict[str, str] = {}
    languages: dict[str, str] = {}
    rows: list[dict[str, Any]] = []
    budget = MAX_KNOWLEDGE
    for number, faq in enumerate(knowledge.faqs, 1):
        row = {"id": f"faq-{number}", "question": faq.question, "answer": faq.answer, "language": faq.language}
        budget -= len(faq.question) + len(faq.answer)
        if budget < 0:
            break
        rows.append({name: value for name, value in row.items() if value})
        entries[f"faq-{number}"] = f"{faq.question}\n{faq.answer}"
        titles[f"faq-{number}"] = f"the FAQ entry {faq.question[:80]!r}"
        languages[f"faq-{number}"] = written_in(faq.language, knowledge)
    table = timetable(knowledge)
    for number, (intent, body, language) in enumerate(_wordings(request, table), 1):
        budget -= len(body)
        if budget < 0:
            break
        rows.append({"id": f"text-{number}", "about": intent, "answer": body, "language": language})
        entries[f"text-{number}"] = body
        titles[f"text-{number}"] = f"the canned reply for {intent}"
        languages[f"text-{number}"] = written_in(language, knowledge)
    document: dict[str, Any] = {"business": knowledge.tenant_name, "language": knowledge.locale, "entries": rows}
    if table is not None:
        document["hours"] = calendar(table, request)
        entries["hours"] = as_json(document["hours"])
        titles["hours"] = "the opening hours"
    return Known(
        text=f"knowledge = {as_json(document)}", entries=entries, titles=titles, languages=languages,
        voice=_voice(knowledge.voice),
    )  # fmt: skip


def _voice(voice: Voice) -> str:
    """One JSON object, like everything that somebody wrote: no line break of it can end the block it stands in."""
    address = {"formal": "formally (Sie, vous, usted)", "informal": "informally (du, tu, tú)"}
    said = {
        "tone": visible(voice.tone or "").strip(),
        "address": address.get(voice.formality),
        "signature": visible(voice.signature or "").strip(),
        "avoid": [visible(word).strip() for word in voice.avoid],
    }
    given = {name: value for name, value in said.items() if value}
    return f"voice = {as_json(given)}" if given else ""


def put(name: str, known: Known, user: str) -> Material:
    """A question from a prompt, what the tenant has written down, and what strangers wrote."""
    instructions = load_prompt(name)
    # Older prompts say nothing of a voice, and are asked as they were.
    voice = f"{known.voice}\n\n" if known.voice and "`voice`" in instructions else ""
    return Material(name=name, instructions=instructions, knowledge=voice + known.text, user=user)


def timetable(knowledge: TenantKnowledge) -> Timetable | None:
    """The opening hours, None when there are none or they make no sense."""
    try:
        return Timetable(knowledge) if knowledge.hours else None
    except ValueError:
        return None


def calendar(table: Timetable, request: DecisionRequest) -> dict[str, Any]:
    """Open or closed now, and the coming days one by one: nothing for a model to work out."""
    today = table.local(request.now).date()
    names = vocabulary("en").format.long
    state = table.at(request.now)
    days = []
    for ahead in range(CALENDAR_DAYS):
        day = today + timedelta(days=ahead)
        times = [f"{clock(one.opens)}-{clock(one.closes)}" for one in table.on(day)]
        days.append({"date": day.isoformat(), "weekday": names[day.weekday()], "open": times or "closed"})
    return {"open_now": state.is_open, "today": days[0]["date"], "days": days}


def _wordings(request: DecisionRequest, table: Timetable | None) -> list[tuple[str, str, str | None]]:
    found: list[tuple[str, str, str | None]] = []
    values = replies.variables(request, table, vocabulary("en"))
    for canned in request.knowledge.canned:
        try:
            found.append((canned.intent, replies.render(canned.body, values), canned.language))
        except replies.Unusable:
            continue
    return found


def conversation(request: DecisionRequest) -> str:
    """The user part of `decide` and `suggest`: history, newest messages, and a tamed name."""
    fresh = []
    left = 2 * MAX_NEW
    for one in request.burst:
        text = visible(one.text)[: min(MAX_NEW, left)]
        left -= len(text)
        message = {"subject": visible(one.subject or "")[:300], "text": text}
        fresh.append({name: value for name, value in message.items() if value or name == "text"})
    return as_json(
        {
            "contact_name": replies.safe_name(request.contact_name),
            "earlier": turns(request.history),
            "newest_messages": fresh,
        }
    )


def turns(history: Sequence[Turn]) -> list[dict[str, str]]:
    """Earlier messages, oldest first."""
    names = {"contact": "contact", "ai": "business", "human": "business", "system": "system"}
    return [
        {"from": names[turn.sender], "on": turn.at.date().isoformat(), "text": visible(turn.text)[:MAX_TURN]}
        for turn in history
    ]
