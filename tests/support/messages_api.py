"""A server that speaks Anthropic's Messages API on a loopback port, with moods.

It checks what the real one would (path, headers, shape of the request) and answers with real bodies, or fails in the ways
a provider and a network fail. What it says is up to the test: `answer` gets each call and returns a `Reply`.
"""

import asyncio
import contextlib
import itertools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.support.threaded import InThread

KEY = "test-key-" + "for-the-loopback-server"
ERRORS = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
    404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error", 500: "api_error", 503: "api_error",
    504: "timeout_error", 529: "overloaded_error",
}  # fmt: skip
UNSUPPORTED = {"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern"}
"""Keywords that structured outputs refuse."""


@dataclass(frozen=True)
class Call:
    """One request as it came in."""

    number: int
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def system(self) -> str:
        """The system part."""
        return str(self.body["system"])

    @property
    def user(self) -> dict[str, Any]:
        """The JSON object of the user part."""
        parsed: dict[str, Any] = json.loads(self.body["messages"][0]["content"])
        return parsed

    @property
    def knowledge(self) -> dict[str, Any]:
        """What the tenant has written down, as the prompt carries it."""
        parsed: dict[str, Any] = json.loads(self.system.split("\nknowledge = ", 1)[1])
        return parsed

    @property
    def voice(self) -> dict[str, Any]:
        """How the tenant wants to sound, as the prompt carries it; empty without."""
        found = re.search(r"^voice = (\{.*\})$", self.system, re.MULTILINE)
        parsed: dict[str, Any] = json.loads(found[1]) if found else {}
        return parsed

    @property
    def task(self) -> str:
        """decide, summarize, suggest, translate or moderate: told by the shape that is asked for."""
        members = self.body["output_config"]["format"]["schema"]["properties"]
        names = {"action": "decide", "summary": "summarize", "drafts": "suggest", "translation": "translate",
                 "findings": "moderate"}  # fmt: skip
        return next(task for member, task in names.items() if member in members)

    @property
    def newest(self) -> str:
        """The newest messages as one text."""
        return "\n".join(one["text"] for one in self.user["newest_messages"])


@dataclass(frozen=True)
class Reply:
    """What the server does with a call. `drop` hangs up: before a word, or after half of the body."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    drip_s: float = 0.0
    """Pause after each byte of the body."""
    drop: Literal["before", "midway"] | None = None
    content_type: str = "application/json"


Answering = Callable[[Call], Reply]


def message(
    value: Any, *, stop_reason: str = "end_turn", tokens: tuple[int, int] = (1200, 90), model: str = "claude-haiku-5-5",
    blocks: list[dict[str, Any]] | None = None,
) -> Reply:  # fmt: skip
    """A finished answer; `value` becomes its text."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return Reply(body=json.dumps({
        "id": "msg_013Zva2CMHLNnXjNJJKqJ2EF", "type": "message", "role": "assistant", "model": model,
        "content": [{"type": "text", "text": text}] if blocks is None else blocks, "stop_reason": stop_reason,
        "stop_sequence": None, "usage": {
            "input_tokens": tokens[0], "output_tokens": tokens[1], "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0, "service_tier": "standard",
        },
    }).encode())  # fmt: skip


def error(status: int, text: str = "no", **headers: str) -> Reply:
    """An error as the API words it."""
    body = {"type": "error", "error": {"type": ERRORS[status], "message": text}, "request_id": "req_011CSHoEeqs5C35K2"}
    return Reply(
        status=status, body=json.dumps(body).encode(), headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


class MessagesAPI(InThread):
    """`with MessagesAPI(answer) as api:` serves until the block ends; `api.calls` is everything it was asked."""

    def __init__(self, answer: Answering | None = None, *, key: str = KEY) -> None:
        super().__init__()
        self.answer: Answering = answer or obliging
        self.key = key
        self.calls: list[Call] = []
        self.refused: list[str] = []
        """What was wrong with requests that the real API would have refused."""
        self.port = 0
        self._numbers = itertools.count(1)
        self._at_once = asyncio.Event()

    def answer_at_once(self) -> None:
        """Whoever waits for a slow answer has it now, and nobody waits any more."""
        self.loop.call_soon_threadsafe(self._at_once.set)

    @property
    def url(self) -> str:
        """What ANTHROPIC_BASE_URL is set to."""
        return f"http://127.0.0.1:{self.port}"

    def settings(self) -> dict[str, Any]:
        """The settings that lead here."""
        return {"anthropic_api_key": self.key, "anthropic_base_url": self.url, "decider": "auto"}

    def asked(self, task: str) -> list[Call]:
        """The calls for one task."""
        return [call for call in self.calls if call.task == task]

    async def listen(self) -> None:
        """On any free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop_listening(self) -> None:
        """Take no new calls."""
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._exchange(reader, writer):
                pass
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection stays."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        raw = await reader.readexactly(int(headers.get("content-length", "0")))
        reply = self._decide(method, path, headers, raw)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._at_once.wait(), reply.delay_s)
        if reply.drop == "before":
            return False
        fields = {"content-type": reply.content_type, "content-length": str(len(reply.body)),
                  "request-id": "req_011CSHoEeqs5C35K2WgWuV9a", **reply.headers}  # fmt: skip
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        writer.write(f"HTTP/1.1 {reply.status} X\r\n{lines}\r\n".encode())
        await writer.drain()
        await self._body(writer, reply)
        return reply.drop is None

    @staticmethod
    async def _body(writer: asyncio.StreamWriter, reply: Reply) -> None:
        body = reply.body[: len(reply.body) // 2] if reply.drop == "midway" else reply.body
        if not reply.drip_s:
            writer.write(body)
        else:
            for at in range(len(body)):
                writer.write(body[at : at + 1])
                await writer.drain()
                await asyncio.sleep(reply.drip_s)
        await writer.drain()

    def _decide(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> Reply:
        if (method, path) != ("POST", "/v1/messages"):
            return self._refuse(404, f"there is no {method} {path}")
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        if self.key not in (bearer, headers.get("x-api-key")):
            return self._refuse(401, "invalid x-api-key")
        try:
            body = json.loads(raw)
        except ValueError:
            return self._refuse(400, "the body is no JSON")
        wrong = what_is_wrong(headers, body)
        if wrong:
            return self._refuse(400, wrong)
        call = Call(next(self._numbers), method, path, headers, body)
        self.calls.append(call)
        return self.answer(call)

    def _refuse(self, status: int, text: str) -> Reply:
        self.refused.append(text)
        return error(status, text)


def what_is_wrong(headers: dict[str, str], body: dict[str, Any]) -> str | None:
    """Why the real API would refuse this request; None when it would not."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", headers.get("anthropic-version", "")):
        return "anthropic-version: header is required"
    if not headers.get("content-type", "").startswith("application/json"):
        return "content-type: must be application/json"
    for name, kind in (("model", str), ("max_tokens", int), ("messages", list), ("system", str)):
        if not isinstance(body.get(name), kind):
            return f"{name}: Field required"
    if {"temperature", "top_p", "top_k"} & set(body):
        return "sampling parameters are not supported for this model"
    if not body["messages"] or body["messages"][-1]["role"] != "user":
        return "messages: must end with a user turn"
    if body.get("thinking", {"type": "disabled"}) != {"type": "disabled"}:
        return "thinking: unexpected"
    return _wrong_schema(body.get("output_config", {}).get("format", {}).get("schema", {}))


def _wrong_schema(schema: Any) -> str | None:
    if isinstance(schema, list):
        return next((found for one in schema if (found := _wrong_schema(one))), None)
    if not isinstance(schema, dict):
        return None
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        return "output_config.format.schema: additionalProperties must be false"
    if UNSUPPORTED & set(schema) - set(schema.get("properties", {})):
        return f"output_config.format.schema: {sorted(UNSUPPORTED & set(schema))} are not supported"
    return next((found for one in schema.values() if (found := _wrong_schema(one))), None)


# ── a model that does its best ───────────────────────────────────────────────────────────────────────────────────────


def decision(**changes: Any) -> dict[str, Any]:
    """A well-formed answer to `decide`; by default it leaves everything to a person."""
    plain = {
        "action": "human_takeover", "intent": "question", "confidence": 0.95, "sentiment": 0.0, "reply": None,
        "follow_up_days": None, "sources": [], "reason": "The contact asks something.",
    }  # fmt: skip
    return plain | changes


def obliging(call: Call) -> Reply:
    """A model that follows its instructions as well as a few lines can."""
    if call.task == "translate":
        return message({"source_language": "fr", "translation": f"[{call.user['into']}] {call.user['text']}"})
    if call.task == "moderate":
        return message({"findings": []})
    if call.task == "summarize":
        return message({
            "summary": "The contact asks about opening hours; the business has answered.", "label": "opening",
            "sentiment": 0.1, "next_step": "Wait for the contact.", "follow_up_on": None,
        })  # fmt: skip
    entry = best_entry(call)
    bye = call.voice.get("signature") or f"Kind regards\n{call.knowledge['business']}"
    letter = None if entry is None else f"Hello,\n\n{entry[1]}\n\n{bye}"
    if call.task == "suggest":
        return message({"language": "en", "drafts": [letter or "We will look into it and answer on [day]."]})
    if entry is None:
        return message(decision())
    intent = "opening" if entry[0] == "hours" else "question"
    return message(decision(action="auto_reply", intent=intent, reply=letter, sources=[entry[0]]))


def best_entry(call: Call) -> tuple[str, str] | None:
    """The knowledge entry that shares most words with the newest messages: (id, text)."""
    asked = set(re.findall(r"\w{4,}", call.newest.lower()))
    if asked & {"open", "opening", "hours", "closed"} and "hours" in call.knowledge:
        today = call.knowledge["hours"]["days"][0]
        return "hours", f"Today, {today['date']}, we are open {' and '.join(today['open'])}."
    scored = [
        (len(asked & set(re.findall(r"\w{4,}", f"{row.get('question', '')} {row['answer']}".lower()))), row)
        for row in call.knowledge["entries"]
    ]
    score, row = max(scored, key=lambda pair: pair[0], default=(0, {}))
    return (row["id"], row["answer"]) if score else None
