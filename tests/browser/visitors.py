"""Who writes to the tenant of the desk otherwise than by mail, and a model that takes its time to answer."""

import dataclasses
import uuid
from collections.abc import Callable

import msgspec

from app.settings import to_environment
from devstack.providers.telegram.bots import Bot
from tests.db.helpers import Tenant
from tests.support.loopback import Telegrams
from tests.support.messages_api import Call, MessagesAPI, Reply, obliging
from tests.support.nursery import Worker
from tests.workers.harness import Room, wait_until

ACME = Tenant(
    uuid.UUID("0197a000-0000-7000-8000-000000000001"), "acme", uuid.UUID("0197a000-0000-7000-8000-000000000011"),
    "support@acme.test",
)  # fmt: skip
LONG, READ = 160, 100
HOSTILE = [
    "<script>globalThis.hacked=1</script>",
    "<img src=x onerror=globalThis.hacked=1>",
    "<svg onload=globalThis.hacked=1><animate onbegin=globalThis.hacked=1 attributeName=x></svg>",
    "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe>",
    "<a href='javascript:globalThis.hacked=1'>click</a> [x](javascript:globalThis.hacked=1)",
    "<math><mtext></p><style><img src=x onerror=globalThis.hacked=1></style>",
    "\"'><details open ontoggle=globalThis.hacked=1>{{constructor.constructor('globalThis.hacked=1')()}}${globalThis.hacked=1}",
    "\u202egnp.exe\u2066 \u200b\u200d\ufeff\u2069\u2069 admin\u200b@acme.test",
    "__proto__ constructor {name} '{'plural'}' # <b>",
]
THINKS_S = 120.0


class Visitors:
    """People on Telegram, over a Bot API that can lose answers, and the model while it is asked for."""

    def __init__(self, telegrams: Telegrams) -> None:
        self.telegrams = telegrams
        self.bot: Bot | None = None
        self.people = 0
        self.model: MessagesAPI | None = None
        self.thinker: Worker | None = None

    def close(self) -> None:
        """Nobody answers any more."""
        if self.model:
            self.model.__exit__()

    def actions(self, room: Callable[[], Room]) -> dict[str, Callable[[], object]]:
        """What a suite asks for by these names."""
        return {
            "/telegram": lambda: self.write(room()), "/lose-answers": self.lose_answers, "/telegrams": self.delivered,
            "/slow-model": lambda: self.think(room()), "/thinking": self.thinking, "/thought": self.thought,
            "/chat": lambda: self.open_chat(room()), "/hostile-texts": lambda: self.attack(room()), "/rules": lambda: self.stop_thinking(room()), "/long": lambda: self.write_much(room()),
        }  # fmt: skip

    def write(self, room: Room) -> dict[str, str]:
        """Somebody new writes to the bot, which is connected when the first one does."""
        if self.bot is None:
            self.bot, _ = self.telegrams.connect(room, ACME)
            room.start("telegram")
        self.people += 1
        self.telegrams.write(self.bot, 9_000 + self.people, "What are your opening hours?")
        return {"name": f"Person {9_000 + self.people}"}

    def attack(self, room: Room) -> dict[str, list[str]]:
        """Messages whose every part tries to be more than a text. As the receiver writes them: by mail they are spam."""
        for number, text in enumerate(HOSTILE):
            room.world.arrive(ACME, f"mallory{number}@people.test", text, sender_name=text, subject=text)
        return {"texts": HOSTILE}

    def open_chat(self, room: Room) -> None:
        """The tenant takes messages in the app."""
        room.world.providers["in_app"] = "in_app"
        if not room.world.all("select from public.et_channel_sessions where channel = 'in_app' and address = 'chat'"):
            room.world.session(ACME.id, "in_app", "chat")

    def write_much(self, room: Room) -> dict[str, str]:
        """Somebody has written a great deal, of which the staff has read the beginning."""
        self.people += 1
        name = f"Writer Number {self.people}"
        address = f"writer{self.people}@people.test"
        with room.world.worker.transaction():
            for number in range(1, LONG + 1):
                row = room.world.arrive(ACME, address, f"Line {number} of many", sender_name=name)
        room.world.owner.execute(
            "update public.et_threads set staff_read_seq = %s where id = %s", [READ, row["thread_id"]]
        )
        return {"name": name}

    def lose_answers(self) -> None:
        """Telegram takes the next message, and its answer is lost."""
        self.telegrams.order("lost", calls="sendMessage", times=1)

    def delivered(self) -> dict[str, list[str]]:
        """The texts people got on Telegram."""
        return {"texts": [one["text"] for one in self.telegrams.delivered()]}

    def think(self, room: Room) -> None:
        """From now on a model decides, and takes its time: until `thought`."""
        self.model = MessagesAPI(_slowly).__enter__()
        settings = msgspec.structs.replace(room.settings, **self.model.settings())
        for rules in [one for one in room.processes if one.poll() is None and _is_inbound(one)]:
            rules.terminate()
            rules.wait(60)
        self.thinker = room.fork("inbound", **to_environment(settings))

    def thinking(self) -> None:
        """Return once the model was asked for a decision and has not answered yet."""
        assert self.model
        wait_until(lambda: self.model and self.model.asked("decide"), 60, 0.01)

    def thought(self) -> None:
        """The model has its answer."""
        assert self.model
        self.model.answer_at_once()

    def stop_thinking(self, room: Room) -> None:
        """The rules decide again."""
        assert self.model and self.thinker
        self.thinker.terminate()
        self.thinker.wait(60)
        room.start("inbound")
        self.model.__exit__()
        self.model = self.thinker = None


def _is_inbound(process: object) -> bool:
    return isinstance(process, Worker) and process.log.endswith("inbound.log")


def _slowly(call: Call) -> Reply:
    return dataclasses.replace(obliging(call), delay_s=THINKS_S)
