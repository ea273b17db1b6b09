"""The Cloud API over HTTP, and beside it `/control`, where a test or a demo plays the people and breaks things."""

import hmac
import json
import random
import secrets
import time
from typing import Any

import httpx

from devstack.providers import control
from devstack.providers.faults import Fault
from devstack.providers.http import Drop, Request, Response, as_json
from devstack.providers.pushing import Push, PushingProvider
from devstack.providers.struck import answered
from devstack.providers.whatsapp.numbers import File, Files, GraphError, Json, Limits, Number, new_wamid
from devstack.providers.whatsapp.sending import check, take_upload, usage
from devstack.providers.whatsapp.templates import listed

IDENT = "parley loopback whatsapp"
STATUS_S = 0.02
BATCH_S = 0.05


class WhatsApp(PushingProvider):
    """One Cloud API with its numbers. `calls` counts messages, media, number, message_templates and file; a
    delivery is {"number", "to", "id", "at", "message"}."""

    ident = IDENT

    def __init__(self, limits: Limits | None = None, *, seed: int = 0) -> None:
        super().__init__(seed)
        self.limits = limits or Limits()
        self.files = Files()
        self.numbers: dict[str, Number] = {}
        self.statuses: tuple[str, ...] = ("sent", "delivered")
        """What becomes of every message, told in this order at first."""
        self.batch, self.repeat = 1, 0.0
        """Most changes in one call, and the chance that a call is made twice."""
        self._chance = random.Random(seed)  # noqa: S311 - a scripted run can be repeated
        self._waiting: dict[str, list[Json]] = {}

    # ── playing the people ───────────────────────────────────────────────────────────────────────────────────────

    def add_number(self, phone_number_id: str, display: str, **members: Any) -> Number:
        """A number of a business; `members` are its token, app_secret and webhook."""
        number = self.numbers.setdefault(phone_number_id, Number(phone_number_id, display, self.limits))
        for name, value in members.items():
            setattr(number, name, value)
        return number

    async def subscribe(self, number: Number, url: str, verify_token: str) -> None:
        """Set the webhook as the app's dashboard does: it must repeat a challenge, else ValueError."""
        challenge = secrets.token_hex(8)
        asked = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": challenge}
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            answer = await client.get(self.pusher.local(url), params=asked)
        if answer.status_code != 200 or answer.text != challenge:
            raise ValueError(f"the callback URL could not be validated: HTTP {answer.status_code}")
        number.webhook = url

    def write(self, number: Number, person: str, text: str | None = None, **members: Any) -> Json:
        """A person writes to a number; returns the message. `members` are further members, or replace made-up ones."""
        name = members.pop("name", None) or f"Person {person[-4:]}"
        message: Json = {"from": person, "id": new_wamid(), "timestamp": str(int(time.time())),
                         **({} if text is None else {"type": "text", "text": {"body": text}}), **members}  # fmt: skip
        number.wrote[person] = time.time()
        self._tell(number, {"contacts": [{"profile": {"name": name}, "wa_id": person}], "messages": [message]})
        return message

    def read(self, number: Number, message_id: str) -> None:
        """Somebody opened one of our messages."""
        found = next(one for one in self.deliveries if one["id"] == message_id)
        self._tell(number, {"statuses": [self._status(found, "read")]})

    def _tell(self, number: Number, news: Json, delay_s: float = 0.0) -> None:
        if not number.webhook:
            return
        waiting = self._waiting.setdefault(number.id, [])
        about = {"display_phone_number": number.display.lstrip("+"), "phone_number_id": number.id}
        waiting.append({"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": about, **news}})
        if len(waiting) == 1 or self.batch == 1:
            self.pusher.push(lambda: self._next_call(number), delay_s + (BATCH_S if self.batch > 1 else 0.0))

    def _next_call(self, number: Number) -> Push:
        """Some of what waits, in one body; what does not fit goes with the next call."""
        waiting = self._waiting[number.id]
        changes, self._waiting[number.id] = waiting[: self.batch], waiting[self.batch :]
        if self._waiting[number.id] and self.batch > 1:
            self.pusher.push(lambda: self._next_call(number))
        half = len(changes) // 2
        entries = [{"id": "1", "changes": part} for part in (changes[:half], changes[half:]) if part]
        body = json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()
        signed = hmac.new(number.app_secret.encode(), body, "sha256").hexdigest()
        push = Push(number.webhook, body, {
            "Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signed}",
        })  # fmt: skip
        if self._chance.random() < self.repeat:
            self.pusher.push(lambda: push)
        return push

    # ── the Cloud API ────────────────────────────────────────────────────────────────────────────────────────────

    async def handle(self, request: Request) -> Response | Drop:
        """Any request: /v23.0/<id>[/messages|/media|/message_templates|/subscribed_apps], /files/<id>, /control."""
        if request.path.startswith(control.PREFIX):
            return await control.obey(request, self.faults, self._order)
        parts = request.path.strip("/").split("/")
        name = parts[2] if len(parts) > 2 else "number" if parts[-1] in self.numbers else "media"
        name = "file" if parts[0] == "files" else name
        self.calls[name] = self.calls.get(name, 0) + 1

        async def do() -> Response:
            try:
                return self._answer(name, parts, request)
            except GraphError as error:
                return as_json(error.body(), error.status, **error.headers)

        return await answered(self.faults, name, request, do, self._instead)

    def _answer(self, name: str, parts: list[str], request: Request) -> Response:
        if parts[0] != "files" and not parts[0].startswith("v"):
            raise GraphError(2500, "Unknown path components", status=404)
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        known = [one for one in self.numbers.values() if one.token and hmac.compare_digest(one.token, bearer)]
        if not known:
            raise GraphError(190, "Invalid OAuth access token - Cannot parse access token", status=401)
        if name == "subscribed_apps":
            return self._subscription(request.method, parts[1])
        if name == "message_templates":
            return as_json(self._templates(known, parts[1], request.query))
        if request.method == "GET":
            return self._look(name, parts[-1], request.query.get("fields", ""))
        number = next((one for one in known if one.id == parts[1]), None)
        if number is None:
            raise GraphError(100, f"Object with ID '{parts[1]}' does not exist or lacks permissions")
        try:
            given, files = request.form()
        except ValueError as error:
            raise GraphError(100, f"Invalid parameter: {error}") from error
        if name == "media":
            return as_json(take_upload(self.files, given, files))
        return as_json(self._send(number, given))

    def _subscription(self, method: str, account: str) -> Response:
        number = next((one for one in self.numbers.values() if one.business == account), None)
        if number is None:
            raise GraphError(100, f"Object with ID '{account}' does not exist or lacks permissions")
        if method == "GET":
            return as_json(number.subscriptions())
        number.subscribed = method == "POST"
        return as_json({"success": True})

    def _templates(self, known: list[Number], business: str, asked: dict[str, str]) -> Json:
        number = next((one for one in known if one.business and one.business == business), None)
        if number is None:
            raise GraphError(200, "You do not have the necessary permissions on this business account", status=403)
        return listed(number, asked)

    def _look(self, name: str, what: str, fields: str) -> Response:
        if name == "number":
            number = self.numbers[what]
            return as_json(number.callbacks() if fields == "webhook_configuration" else number.about())
        held = self.files.held.get(what)
        if held is None:
            raise GraphError(100, f"Object with ID '{what}' does not exist", status=404 if name == "file" else 400)
        return Response(200, held.data, held.content_type) if name == "file" else as_json(self._about_file(what, held))

    def _about_file(self, file_id: str, held: File) -> Json:
        return {"messaging_product": "whatsapp", "url": f"{self.url}/files/{file_id}", "mime_type": held.content_type,
                "sha256": held.digest, "file_size": len(held.data), "id": file_id}  # fmt: skip

    def _send(self, number: Number, given: Json) -> Json:
        person = check(number, given, self.files)
        sent = {"number": number.id, "to": person, "id": new_wamid(), "at": time.time(), "message": given}
        failure = number.failures.get(person)
        if failure is None:
            self.deliveries.append(sent)
        kinds = self.statuses if failure is None else ("failed",)
        for place, kind in enumerate(kinds, 1):
            self._tell(number, {"statuses": [self._status(sent, kind, failure)]}, STATUS_S * place)
        return {"messaging_product": "whatsapp", "contacts": [{"input": given["to"], "wa_id": person}],
                "messages": [{"id": sent["id"]}]}  # fmt: skip

    def _status(self, sent: Json, kind: str, failure: tuple[int, str] | None = None) -> Json:
        opaque = sent["message"].get("biz_opaque_callback_data")
        told: Json = {"id": sent["id"], "status": kind, "timestamp": str(int(time.time())), "recipient_id": sent["to"]}
        if opaque:
            told["biz_opaque_callback_data"] = opaque
        if failure:
            code, words = failure
            told["errors"] = [{"code": code, "title": words, "message": words, "error_data": {"details": words}}]
        return told

    def _instead(self, fault: Fault) -> Response | None:
        number = next(iter(self.numbers.values()), None)
        if fault.kind == "limit":
            headers = {"Retry_After": str(max(1, round(fault.seconds)))}
            if number and fault.seconds >= 60:
                headers = usage(number, round(fault.seconds / 60))
            error = GraphError(130429, "Rate limit hit", "Throughput has been reached.", 429, **headers)
        elif fault.kind == "status":
            # A status below 1000 is HTTP's; above, it is a code of Meta's, which comes with 400.
            own = fault.status >= 1000
            error = GraphError(fault.status if own else 1, fault.text, status=400 if own else fault.status)
        else:
            return None
        return as_json(error.body(), error.status, **error.headers)

    # ── /control ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _order(self, what: str, given: Json) -> Any:
        match what:
            case "":
                return self.about() | {"numbers": [one.about() for one in self.numbers.values()]}
            case "numbers":
                place = {name: given[name] for name in ("token", "app_secret")}
                number = self.add_number(given["phone_number_id"], given["display"], **place)
                await self.subscribe(number, given["webhook"], given["verify_token"])
            case "messages":
                number = self.numbers[given["phone_number_id"]]
                each = given["messages"]
                return [self.write(number, one.pop("person"), one.pop("text", None), **one) for one in each]
            case "deliveries":
                return self.deliveries
            case _:
                raise ValueError(f"no such order: {what}")
        return None
