"""The Bot API over HTTP, and beside it `/control`, where a test or a demo plays the people and breaks things."""

import base64
import contextlib
import functools
import hashlib
import itertools
import time
from collections.abc import Iterable
from typing import Any

from devstack.providers import control
from devstack.providers.faults import Fault, Faults
from devstack.providers.http import DROP, Drop, Request, Response, Server, as_json
from devstack.providers.struck import answered
from devstack.providers.telegram.bots import TOKEN, Bot, Chat, Conflict, Json, Limits
from devstack.providers.telegram.sending import ApiError, Files, Sender, bad
from devstack.providers.telegram.webhooks import Webhooks

DOWNLOAD_MOST = 20 * 1024 * 1024
POLL_MOST_S = 50.0
IDENT = "parley loopback telegram"
TAKEN = "terminated by other getUpdates request; make sure that only one bot instance is running"
HOOKED = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


class Telegram:
    """One Bot API with its bots. `async with telegram.serving(port)` listens on 127.0.0.1."""

    def __init__(self, limits: Limits | None = None, *, seed: int = 0) -> None:
        self.limits = limits or Limits()
        self.faults = Faults(seed)
        self.sender = Sender()
        self.bots: dict[str, Bot] = {}
        self.calls: dict[str, int] = {}
        """Method → how often it was called."""
        self.written = 0
        self.webhooks = Webhooks()
        self._own = {
            "getme": self._get_me, "getfile": self._get_file, "setwebhook": self.webhooks.set,
            "deletewebhook": self.webhooks.delete, "getwebhookinfo": self.webhooks.info,
        }  # fmt: skip

    @contextlib.asynccontextmanager
    async def serving(self, port: int = 0) -> Any:
        """Yields the base URL."""
        async with Server(self.handle, port) as server:
            try:
                yield f"http://127.0.0.1:{server.port}"
            finally:
                await self.webhooks.stop()

    # ── playing the people ───────────────────────────────────────────────────────────────────────────────────────

    def add_bot(self, token: str, username: str = "parley_bot") -> Bot:
        """A bot that @BotFather made."""
        if not TOKEN.fullmatch(token):
            raise ValueError("that is no bot token")
        return self.bots.setdefault(token, Bot(token, username, self.limits))

    def write(
        self, token: str, person: int, text: str | None = None, *, chat: Json | None = None, kind: str = "message",
        **members: Any,
    ) -> Json:  # fmt: skip
        """A person writes to a bot, in private or in a group (`chat`: {"id", "type", "title"}); returns the message.

        `members` are further members of the message, or replace made-up ones. `kind` may be `edited_message`.
        """
        bot = self.bots[token]
        name = {"first_name": f"Person {person}", "language_code": "en"}
        place = bot.chat(chat or {"id": person, "type": "private", **name})
        user = {"id": person, "is_bot": False, **name, **members.pop("from_user", {})}
        message: Json = {"message_id": members.pop("message_id", None) or next(place.numbers), "from": user,
                         "chat": place.about, "date": int(time.time()),
                         **({} if text is None else {"text": text}), **members}  # fmt: skip
        place.messages[message["message_id"]] = message
        self.written += 1
        bot.add_update(kind, message)
        return message

    def upload(self, token: str, data: bytes, *, size: int | None = None) -> Json:
        """A file a person sends: what a message says of it. `size` may lie."""
        digest = hashlib.sha256(data).hexdigest()
        self.bots[token].files[f"file-{digest[:24]}"] = (f"documents/{digest[:12]}.bin", data)
        return {"file_id": f"file-{digest[:24]}", "file_unique_id": digest[:12], "file_size": size or len(data)}

    def block(self, token: str, person: int, *, blocked: bool = True) -> None:
        """A person blocks the bot, or lets it in again."""
        bot = self.bots[token]
        chat = bot.chat({"id": person, "type": "private", "first_name": f"Person {person}"})
        chat.refusal = "bot was blocked by the user" if blocked else None
        states = ({"status": "member"}, {"status": "kicked", "until_date": 0})
        old, new = states if blocked else states[::-1]
        bot.add_update("my_chat_member", {
            "chat": chat.about, "from": {"id": person, "is_bot": False, "first_name": f"Person {person}"},
            "date": int(time.time()), "old_chat_member": old, "new_chat_member": new,
        })  # fmt: skip

    def chat(self, token: str, chat: int) -> Chat:
        """A chat, to look at or to change."""
        return self.bots[token].chats[chat]

    @property
    def deliveries(self) -> list[Json]:
        """What bots sent and people got, in order: {"bot", "method", "at", "message"}."""
        return self.sender.deliveries

    # ── the Bot API ──────────────────────────────────────────────────────────────────────────────────────────────

    async def handle(self, request: Request) -> Response | Drop:
        """Any request."""
        if request.path.startswith(control.PREFIX):
            return await control.obey(request, self.faults, functools.partial(self._order, request))
        head, _, rest = request.path.removeprefix("/").partition("/")
        if head == "file":
            return self._download(rest)
        if not head.startswith("bot") or not rest:
            return as_json(ApiError(404, "Not Found").body(), 404)
        name = rest.lower()
        self.calls[rest] = self.calls.get(rest, 0) + 1
        token = head.removeprefix("bot")
        return await answered(self.faults, rest, request, lambda: self._call(token, name, request), _instead)

    async def _call(self, token: str, name: str, request: Request) -> Response:
        try:
            bot = self.bots.get(token)
            if bot is None or bot.revoked:
                raise ApiError(*((401, "Unauthorized") if TOKEN.fullmatch(token) else (404, "Not Found")))
            try:
                given, files = request.form()
            except ValueError as error:
                raise bad(f"can't read the request: {error}") from error
            return as_json({"ok": True, "result": await self._result(bot, name, given, files, request)})
        except ApiError as refusal:
            return as_json(refusal.body(), refusal.code)

    async def _result(self, bot: Bot, name: str, given: Json, files: Files, request: Request) -> Any:
        if name == "getupdates":
            return await self._get_updates(bot, given, request)
        if own := self._own.get(name):
            return own(bot, given)
        if sends := self.sender.methods.get(name):
            return sends(bot, given, files)
        raise ApiError(404, "Not Found: method not found")

    def _get_me(self, bot: Bot, _given: Json) -> Json:
        return bot.user()

    async def _get_updates(self, bot: Bot, given: Json, request: Request) -> list[Json]:
        if bot.webhook:
            raise ApiError(409, f"Conflict: {HOOKED}")
        bot.ask_for(given.get("allowed_updates"))
        bot.confirm_below(int(given.get("offset") or 0))
        limit = min(100, max(1, int(given.get("limit") or 100)))
        try:
            return await bot.poll(limit, min(POLL_MOST_S, float(given.get("timeout") or 0)), request.disconnected)
        except Conflict:
            raise ApiError(409, f"Conflict: {TAKEN}") from None

    def _get_file(self, bot: Bot, given: Json) -> Json:
        found = bot.files.get(str(given.get("file_id")))
        if found is None:
            raise bad("invalid file_id")
        if len(found[1]) > DOWNLOAD_MOST:
            raise bad("file is too big")
        return {"file_id": given["file_id"], "file_unique_id": str(given["file_id"])[-12:], "file_size": len(found[1]),
                "file_path": found[0]}  # fmt: skip

    def _download(self, rest: str) -> Response | Drop:
        fault = self.faults.strike("file")
        if fault is not None:
            return _instead(fault) or DROP
        head, _, path = rest.partition("/")
        bot = self.bots.get(head.removeprefix("bot"))
        found = [data for known, data in bot.files.values() if known == path] if bot and not bot.revoked else []
        if not found:
            return as_json(ApiError(404, "Not Found").body(), 404)
        return Response(200, found[0], "application/octet-stream")

    # ── /control ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _order(self, request: Request, what: str, given: Json) -> Any:
        match what:
            case "":
                return {"provider": IDENT, "bots": [self._about(bot) for bot in self.bots.values()],
                        "unanswered": self.faults.happened.get("lost", 0)}  # fmt: skip
            case "bots":
                return self._about(self.add_bot(given["token"], given.get("username", "parley_bot")))
            case "reach":
                self.webhooks.reach |= given
            case "messages":
                return [self._written(given["token"], dict(one)) for one in given["messages"]]
            case "block":
                self.block(given["token"], given["person"], blocked=given.get("blocked", True))
            case "revoke":
                self.bots[given["token"]].revoked = given.get("revoked", True)
            case "deliveries":
                return list(itertools.islice(self.deliveries, int(request.query.get("since", 0)), None))
            case _:
                raise ValueError(f"no such order: {what}")
        return None

    def _written(self, token: str, one: Json) -> Json:
        data = one.pop("file", None)
        if data is not None:
            one["document"] = self.upload(token, base64.b64decode(data["data"])) | {"file_name": data.get("name")}
        return self.write(token, one.pop("person"), one.pop("text", None), **one)

    def _about(self, bot: Bot) -> Json:
        return {"id": bot.id, "username": bot.username, "pending": len(bot.updates), "confirmed": bot.confirmed,
                "conflicts": bot.conflicts, "webhook": bot.webhook.get("url", "")}  # fmt: skip


def _instead(fault: Fault) -> Response | None:
    """Telegram's own words in the place of a call that is not made."""
    if fault.kind == "limit":
        seconds = max(1, round(fault.seconds))
        return as_json(ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds).body(), 429)
    if fault.kind == "status":
        return as_json(ApiError(fault.status, fault.text).body(), fault.status)
    return None


def texts(deliveries: Iterable[Json]) -> list[str]:
    """What was said in deliveries."""
    return [str(one["message"].get("text") or one["message"].get("caption") or "") for one in deliveries]
