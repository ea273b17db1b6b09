"""Who writes what, when: the conversations of the demo tenant, made from a seed alone. Pure."""

import json
import random
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

CONVERSATIONS = 230
DAYS = 30
DAY_S = 86_400
FLOOD = 200
"""Messages of the one contact who does not wait for answers."""
CHANNELS = ("email", "whatsapp", "telegram", "sms")
SHARE = (52, 22, 14, 12)
AREAS = (212, 646, 917, 347, 718)
ENDS = ("mine", "unassigned", "ai", "snoozed", "closed", "colleague")
END_SHARE = (10, 18, 26, 8, 26, 12)
DELIVERIES = ("read", "delivered", "sent", "failed", "bounced", "unknown", "cancelled")
DELIVERY_SHARE = (34, 30, 24, 3, 2, 4, 3)
LONG = "Please read this whole thing. " + "It is long because I do not know what matters. " * 40


class Turn(msgspec.Struct, frozen=True):
    """One message: `kind` is in, ai or agent; `after_s` since the one before."""

    kind: str
    text: str
    after_s: float
    delivery: str = "sent"


class Person(msgspec.Struct, frozen=True):
    """Somebody who writes. His number reaches nobody: 555 01xx is kept for fiction."""

    name: str
    language: str
    zone: str
    number: int

    def address(self, channel: str) -> str:
        """Where he is reached on a channel."""
        if channel == "email":
            return f"person{self.number}@people.test"
        if channel == "telegram":
            return str(700_000_000 + self.number)
        return f"+1{AREAS[self.number // 100]}55501{self.number % 100:02d}"


class Conversation(msgspec.Struct, frozen=True):
    """All that happens in one thread, and how it stands today."""

    person: Person
    channel: str
    subject: str | None
    label: str | None
    turns: tuple[Turn, ...]
    end: str
    ended_s_ago: float
    is_unread: bool


@cache
def texts(name: str) -> Any:
    """One of the JSON files beside this one."""
    return json.loads(files(__package__).joinpath(f"{name}.json").read_text("utf-8"))


def people(chance: random.Random) -> list[Person]:
    """Everybody who writes, each name once."""
    found = [
        (f"{first}{'' if one['lang'] in ('zh', 'ja', 'ko') else ' '}{last}", one["lang"], one["zone"])
        for one in texts("people")
        for first in one["first"]
        for last in one["last"]
    ]
    chance.shuffle(found)
    return [Person(name, language, zone, number) for number, (name, language, zone) in enumerate(found, 1)]


def conversations(seed: int) -> list[Conversation]:
    """The same ones for the same seed, the oldest first."""
    chance = random.Random(seed)  # noqa: S311 - what people wrote, not what keeps a secret
    everybody = people(chance)
    made = [_conversation(chance, everybody[n % len(everybody)]) for n in range(CONVERSATIONS)]
    made += _marked(chance, everybody)
    unique = {(one.person.number, one.channel): one for one in made}
    return sorted(unique.values(), key=lambda one: -one.ended_s_ago)


def _conversation(chance: random.Random, person: Person) -> Conversation:
    topics = texts("topics")
    topic = chance.choice(topics.get(person.language, topics["en"]) if chance.random() < 0.8 else topics["en"])
    end = chance.choices(ENDS, END_SHARE)[0]
    channel = chance.choices(CHANNELS, SHARE)[0]
    turns = tuple(_turns(chance, topic["turns"], end))
    ago = chance.uniform(0.002, 1) ** 2 * DAYS * DAY_S
    if end in {"closed", "snoozed"}:
        ago = max(ago, DAY_S)
    return Conversation(
        person=person,
        channel=channel,
        subject=topic["subject"] if channel == "email" else None,
        label=topic["label"],
        turns=turns,
        end=end,
        ended_s_ago=ago,
        is_unread=turns[-1].kind == "in" and end in {"unassigned", "mine", "colleague"} and chance.random() < 0.5,
    )


def _turns(chance: random.Random, lines: list[list[str]], end: str) -> Iterator[Turn]:
    """The lines of a topic as they fit how it ends: an AI that still has it said everything itself."""
    for kind, text in lines:
        said = "ai" if end == "ai" and kind == "agent" else kind
        wait = {"in": chance.uniform(300, 20_000), "ai": chance.uniform(1, 4), "agent": chance.uniform(120, 9_000)}[
            said
        ]
        yield Turn(said, text, wait, chance.choices(DELIVERIES, DELIVERY_SHARE)[0] if said != "in" else "received")


def _marked(chance: random.Random, everybody: list[Person]) -> list[Conversation]:
    """Those every screen has to bear: two hundred unread, a text without end, one that nobody has taken yet."""
    flood = tuple(
        Turn(
            "in",
            f"Hello? Anybody there? ({n})" if n % 7 else "I wrote this already, but perhaps it was lost.",
            chance.uniform(20, 400),
        )
        for n in range(1, FLOOD + 1)
    )
    fast, slow, new = everybody[3], everybody[7], everybody[11]
    return [
        Conversation(fast, "whatsapp", None, "urgent", flood, "unassigned", 900, True),
        Conversation(
            slow,
            "email",
            "Everything that is wrong with the house, in order of appearance, with dates, names of"
            " those who promised to come, and a list of what they said when they did not",
            "urgent",
            (Turn("in", LONG, 60),),
            "unassigned",
            2_400,
            True,
        ),
        Conversation(
            new,
            "email",
            "Just now",
            None,
            (Turn("in", "Is this the right address for a quote?", 5),),
            "unassigned",
            60,
            True,
        ),
    ]
