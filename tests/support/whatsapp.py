"""WhatsApp on loopback, as the fake socket of `tests/channels/whatsapp/fake.mjs` sees it: phones that write, accounts
that pair, messages that stay until they are acknowledged. It outlives any bridge that is killed."""

import base64
import contextlib
import itertools
import json
import socketserver
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

from app.secrets import Vault
from devstack import bridge
from tests.db.helpers import Tenant
from tests.workers.harness import Room, wait_until

FAKE = bridge.PROJECT / "tests" / "channels" / "whatsapp" / "fake.mjs"
Json = dict[str, Any]


class WhatsApp:
    """The server. `pairing` is the number whose phone scans the next code; None: nobody's."""

    def __init__(self) -> None:
        self.pairing: str | None = None
        self.backlog: dict[str, list[Json]] = {}
        """Number → what it has not acknowledged, in order."""
        self.acked: Counter[str] = Counter()
        self.retried: Counter[str] = Counter()
        self.sent: list[Json] = []
        """Every stanza a bridge sent."""
        self.repeated: dict[str, str | None] = {}
        self.logouts = 0
        self.connects: list[tuple[float, str | None]] = []
        self.absent: set[str] = set()
        self.answer_ack: Callable[[Json], Json | None] = lambda sent: {"id": sent["id"], "from": sent["jid"]}
        """What WhatsApp acknowledges of a stanza; None: nothing."""
        self.greet: Callable[[str | None], int | None] = lambda _: None
        """A code: connections are closed with it instead of opened."""
        self.lock = threading.RLock()
        self._lines: dict[str, _Line] = {}
        self._showing: _Line | None = None
        """The connection whose code is on a screen."""
        self._ratchet: Counter[tuple[str, str]] = Counter()
        self._server = _Server(("127.0.0.1", 0), _Line)
        self._server.whatsapp = self
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    # ── what happens there ───────────────────────────────────────────────────────────────────────────────────────

    def write(self, account: str, person: str, message: str | Json, **attrs: str) -> str:
        """A person writes; a string is a text, anything else base64 of a protobuf under `plain`. The message's id."""
        plain = text_message(message) if isinstance(message, str) else message["plain"]
        message_id = attrs.pop("id", None) or f"3EB0{uuid.uuid4().hex[:18].upper()}"
        sender = attrs.pop("sender", f"{person.removeprefix('+')}@s.whatsapp.net")
        with self.lock:
            turn = self._ratchet[account, sender]
            self._ratchet[account, sender] += 1
            one = {
                "attrs": {"id": message_id, "from": sender, "t": str(int(time.time())), "type": "text",
                          "notify": f"Person {person[-3:]}", **attrs},
                "parts": [{"n": turn, "plain": plain}],
            }  # fmt: skip
            self.backlog.setdefault(account, []).append(one)
            if line := self._lines.get(account):
                line.say({"deliver": one})
        return message_id

    def again(self, account: str, message_id: str, one: Json) -> None:
        """WhatsApp delivers once more what was acknowledged: decrypted anew by its sender, under the same id."""
        del message_id
        with self.lock:
            sender = one["attrs"]["from"]
            turn = self._ratchet[account, sender]
            self._ratchet[account, sender] += 1
            repeated = {"attrs": one["attrs"], "parts": [{**one["parts"][0], "n": turn}]}
            self.backlog.setdefault(account, []).append(repeated)
            if line := self._lines.get(account):
                line.say({"deliver": repeated})

    def tell(self, account: str, order: Json) -> None:
        """Any order to the account's connection."""
        with self.lock:
            self._lines[account].say(order)

    def is_open(self, account: str) -> bool:
        """Whether a bridge is connected for it."""
        with self.lock:
            return account in self._lines

    def unacked(self, account: str) -> int:
        """How many messages WhatsApp still holds."""
        with self.lock:
            return len(self.backlog.get(account, ()))

    def scan(self, number: str | None) -> None:
        """The phone with this number scans the code on the screen, or the next one; None: nobody does."""
        with self.lock:
            self.pairing = number
            if number and self._showing:
                self._pair(self._showing, number)

    # ── the conversation ─────────────────────────────────────────────────────────────────────────────────────────

    def heard(self, line: "_Line", said: Json) -> None:
        """One line of a fake socket."""
        with self.lock:
            if "hello" in said:
                self._hello(line, said["hello"])
            elif "ack" in said or "retry" in said:
                name = said.get("ack") or said["retry"]
                (self.acked if "ack" in said else self.retried)[name] += 1
                waiting = self.backlog.get(line.account, [])
                self.backlog[line.account] = [one for one in waiting if one["attrs"]["id"] != name]
            elif "sent" in said:
                self.sent.append({**said["sent"], "account": line.account, "at": time.monotonic()})
                if ack := self.answer_ack(said["sent"]):
                    line.say({"ack": ack})
            elif "ask" in said:
                line.say({"answer": {"value": said["ask"]["exists"] not in self.absent}, "n": said["n"]})
            elif "repeated" in said:
                self.repeated[said["repeated"]] = said["text"]
            elif "logout" in said:
                self.logouts += 1

    def _hello(self, line: "_Line", me: str | None) -> None:
        number = f"+{me.split(':')[0].split('@')[0]}" if me else None
        self.connects.append((time.monotonic(), number))
        if (code := self.greet(number)) is not None:
            line.say({"close": code})
        elif number is None:
            line.say({"emit": ["connection.update", {"qr": f"2@{uuid.uuid4().hex},scan,me"}]})
            self._showing = line
            if self.pairing:
                self._pair(line, self.pairing)
        else:
            line.account = number
            self._lines[number] = line
            line.say({"emit": ["connection.update", {"connection": "open"}]})
            for one in self.backlog.get(number, ()):
                line.say({"deliver": {**one, "attrs": {**one["attrs"], "offline": "1"}}})

    def _pair(self, line: "_Line", number: str) -> None:
        me = {"id": f"{number.removeprefix('+')}:7@s.whatsapp.net", "name": "Desk"}
        account = {"details": "x", "accountSignatureKey": "y", "accountSignature": "z", "deviceSignature": "w"}
        line.say({"emit": ["creds.update", {"me": me, "account": account, "registered": True}]})
        line.say({"emit": ["connection.update", {"isNewLogin": True}]})
        line.say({"close": 515})

    def gone(self, line: "_Line") -> None:
        """A connection ended."""
        with self.lock:
            if self._lines.get(line.account) is line:
                del self._lines[line.account]
            if self._showing is line:
                self._showing = None


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    whatsapp: WhatsApp


class _Line(socketserver.StreamRequestHandler):
    account = ""

    def handle(self) -> None:
        whatsapp: WhatsApp = self.server.whatsapp  # type: ignore[attr-defined]
        try:
            for line in self.rfile:
                whatsapp.heard(self, json.loads(line))
        except (OSError, ValueError):
            pass
        finally:
            whatsapp.gone(self)

    def say(self, order: Json) -> None:
        with contextlib.suppress(OSError):
            self.wfile.write(json.dumps(order).encode() + b"\n")


def varint(number: int) -> bytes:
    """A number as protobuf writes it."""
    out = bytearray()
    while True:
        out.append((number & 0x7F) | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(out)


def field(number: int, value: bytes | str | int) -> bytes:
    """One field of a protobuf."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def text_message(text: str) -> str:
    """A WhatsApp message that says `text`: base64 of the protobuf."""
    return base64.b64encode(field(1, text)).decode()


def document_message(url: str, name: str, size: int, caption: str = "") -> Json:
    """A message with a file that is fetched from `url`."""
    inner = field(1, url) + field(2, "application/pdf") + field(5, size) + field(8, name) + field(20, caption)
    return {"plain": base64.b64encode(field(7, inner)).decode()}


def edit_message(message_id: str, text: str) -> Json:
    """A message that changes an earlier one."""
    key = field(1, "x@s.whatsapp.net") + field(3, message_id)
    change = field(1, key) + field(2, 14) + field(14, field(1, text)) + field(15, int(time.time() * 1000) + 5000)
    return {"plain": base64.b64encode(field(12, change)).decode()}


class Phones:
    """Accounts of tenants at one WhatsApp, and the bridge that serves them."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.whatsapp = WhatsApp()
        self._numbers = itertools.count(4915100000001)

    def start(self, **extra: str) -> Any:
        """Start a bridge with the fake socket; the process."""
        binary = bridge.node()
        assert binary
        return self.room.spawn([binary, str(FAKE)], "whatsapp", FAKE_WHATSAPP_PORT=str(self.whatsapp.port), **extra)

    def connect(self, tenant: Tenant) -> tuple[str, uuid.UUID]:
        """A new account of a tenant that nobody has paired yet: its number and session."""
        number = f"+{next(self._numbers)}"
        self.room.world.providers["whatsapp"] = "baileys"
        session = self.room.world.session(tenant.id, "whatsapp", number, verified=False)
        self.room.world.owner.execute(
            "update public.et_channel_sessions set status = 'pending' where id = %s", [session]
        )
        return number, session

    def ask(self, tenant: Tenant, session: uuid.UUID, role: str = "owner") -> Json:
        """What a member gets who asks for the pairing code."""
        answer: Json = self.room.world.rpc(tenant.people[role], tenant, "pair_channel_session(%s)", session)
        return answer

    def code(self, answer: Json) -> str | None:
        """The code in an answer, opened as the API does."""
        sealed = answer["ciphertext"]
        return Vault(self.room.settings.secret_keys()).open(sealed) if sealed else None

    def pair(self, tenant: Tenant, number: str, session: uuid.UUID) -> None:
        """A phone scans the code."""
        self.whatsapp.scan(number)
        self.ask(tenant, session)
        wait_until(lambda: self.status(session) == "connected", 60, 0.1, self.room.logs)
        self.whatsapp.scan(None)

    def paired(self, tenant: Tenant) -> tuple[str, uuid.UUID]:
        """A new account that is connected; a bridge must run."""
        number, session = self.connect(tenant)
        self.pair(tenant, number, session)
        return number, session

    def status(self, session: uuid.UUID) -> str:
        """The account's status."""
        return str(self.room.world.value("select status from public.et_channel_sessions where id = %s", session))

    def stored(self, session: uuid.UUID) -> list[Json]:
        """What came in, in its order."""
        return self.room.world.all(
            "select * from public.et_messages where channel_session_id = %s and direction = 'inbound'"
            " order by created_at, seq", session,
        )  # fmt: skip
