"""The Messages API over HTTP, and beside it `/control`, where a test or a demo plays the people and breaks things."""

import base64
import hmac
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode

from devstack.providers import control
from devstack.providers.faults import Fault
from devstack.providers.http import Drop, Request, Response, as_json
from devstack.providers.pushing import Push, PushingProvider
from devstack.providers.sms.messages import Account, ApiError, Json, new_sid, signature
from devstack.providers.struck import answered

IDENT = "parley loopback sms"
PREFIX = "/2010-04-01/Accounts/"
STATUS_S = 0.02


class Sms(PushingProvider):
    """One provider with its accounts. `calls` counts messages, account, numbers, media and file; a delivery is
    {"account", "to", "sid", "at", "body", "callback", "media"}: the last are addresses, which Twilio would fetch."""

    ident = IDENT

    def __init__(self, *, per_second: float = 100.0, burst: int = 100, seed: int = 0) -> None:
        super().__init__(seed)
        self.per_second, self.burst = per_second, burst
        self.accounts: dict[str, Account] = {}
        self.media: dict[str, tuple[bytes, str]] = {}
        self.statuses: tuple[str, ...] = ("queued", "sent", "delivered")
        """What becomes of every message, told to its StatusCallback."""

    # ── playing the people ───────────────────────────────────────────────────────────────────────────────────────

    def add_account(self, sid: str, token: str, number: str, webhook: str = "") -> Account:
        """An account with a number, and where its messages are told. Known already: the same, told anew."""
        made = Account(sid, token, number, self.per_second, self.burst)
        account = self.accounts.setdefault(sid, made)
        account.token, account.number, account.webhook = token, number, webhook
        return account

    def write(self, account: Account, person: str, text: str, files: list[tuple[bytes, str]] | None = None) -> Json:
        """A person writes to a number; returns the fields it is told with."""
        held = files or []
        sid = new_sid("MM" if held else "SM")
        fields = {"MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "AccountSid": account.sid, "From": person,
                  "To": account.number, "Body": text, "NumMedia": str(len(held)), "NumSegments": "1",
                  "SmsStatus": "received", "ApiVersion": "2010-04-01", "FromCountry": "US"}  # fmt: skip
        if word := account.hear(person, text):
            fields["OptOutType"] = word
        for number, (data, content_type) in enumerate(held):
            media_id = new_sid("ME")
            self.media[media_id] = (data, content_type)
            fields[f"MediaUrl{number}"] = f"{self.url}{PREFIX}{account.sid}/Messages/{sid}/Media/{media_id}"
            fields[f"MediaContentType{number}"] = content_type
        self._tell(account, account.webhook, fields)
        return fields

    def _tell(self, account: Account, url: str, fields: Mapping[str, str], delay_s: float = 0.0) -> None:
        if not url:
            return
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
                   "X-Twilio-Signature": signature(account.token, url, fields)}  # fmt: skip
        push = Push(url, urlencode(fields).encode(), headers)
        self.pusher.push(lambda: push, delay_s)

    # ── the Messages API ─────────────────────────────────────────────────────────────────────────────────────────

    async def handle(self, request: Request) -> Response | Drop:
        """Any request: /2010-04-01/Accounts/<sid>…, /files/<id>, /control."""
        if request.path.startswith(control.PREFIX):
            return await control.obey(request, self.faults, self._order)
        parts = request.path.removeprefix(PREFIX).split("/")
        name = "messages" if parts[1:] == ["Messages.json"] else "media" if "Media" in parts else "account"
        name = "numbers" if parts[1:] == ["IncomingPhoneNumbers.json"] else name
        name = "file" if request.path.startswith("/files/") else name
        self.calls[name] = self.calls.get(name, 0) + 1

        async def do() -> Response:
            try:
                return self._answer(name, parts, request)
            except ApiError as error:
                return as_json(error.body(), error.status, **error.headers)

        return await answered(self.faults, name, request, do, _instead)

    def _answer(self, name: str, parts: list[str], request: Request) -> Response:
        if name == "file":
            return self._file(request)
        account = self._login(parts[0].removesuffix(".json"), request)
        if name == "account":
            return as_json({"sid": account.sid, "friendly_name": "Demo", "status": account.status})
        if name == "numbers":
            return as_json(account.list_numbers(request.query.get("PhoneNumber", "")))
        if name == "media":
            if parts[-1] not in self.media:
                raise ApiError(20404, "The requested resource was not found", 404)
            return Response(307, headers={"Location": f"{self.url}/files/{parts[-1]}"})
        if account.status != "active":
            raise ApiError(20005, "Account is not active", 403)
        try:
            given, _ = request.form()
            given["MediaUrl"] = parse_qs(request.body.decode()).get("MediaUrl", [])
        except ValueError as error:
            raise ApiError(20001, f"Unknown parameters: {error}") from error
        return as_json(self._send(account, given), 201)

    def _file(self, request: Request) -> Response:
        """Media lies elsewhere: whoever shows credentials there would show them to a stranger."""
        if "authorization" in request.headers:
            return Response(400, b"<Error><Code>InvalidArgument</Code></Error>", "application/xml")
        data, content_type = self.media.get(request.path.rpartition("/")[2], (b"", ""))
        return Response(200, data, content_type) if content_type else Response(404, b"", "application/xml")

    def _login(self, sid: str, request: Request) -> Account:
        account = self.accounts.get(sid)
        shown = request.headers.get("authorization", "").removeprefix("Basic ")
        wanted = base64.b64encode(f"{sid}:{account.token}".encode()).decode() if account else ""
        if account is None or not hmac.compare_digest(shown, wanted):
            raise ApiError(20003, "Authenticate", 401)
        return account

    def _send(self, account: Account, given: Json) -> Json:
        person = account.check(given)
        sid, callback = new_sid("SM"), str(given.get("StatusCallback") or "")
        code = account.unreachable.get(person)
        if code is None:
            self.deliveries.append({"account": account.sid, "to": person, "sid": sid, "at": time.time(),
                                    "body": str(given.get("Body") or ""), "callback": callback,
                                    "media": list(given["MediaUrl"])})  # fmt: skip
        told = {"MessageSid": sid, "SmsSid": sid, "AccountSid": account.sid, "From": account.number, "To": person,
                "ApiVersion": "2010-04-01"}  # fmt: skip
        kinds = self.statuses if code is None else ("queued", "undelivered")
        for place, kind in enumerate(kinds, 1):
            error = {"ErrorCode": str(code)} if kind == "undelivered" else {}
            self._tell(account, callback, {**told, "MessageStatus": kind, "SmsStatus": kind, **error}, STATUS_S * place)
        return {"sid": sid, "account_sid": account.sid, "to": person, "from": account.number, "body": given.get("Body"),
                "status": "queued", "direction": "outbound-api", "num_segments": "1", "error_code": None}  # fmt: skip

    # ── /control ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _order(self, what: str, given: Json) -> Any:
        match what:
            case "":
                return self.about() | {"accounts": list(self.accounts)}
            case "accounts":
                self.add_account(given["sid"], given["token"], given["number"], given["webhook"])
            case "reach":
                self.pusher.reach = {str(public): str(here) for public, here in given.items()}
            case "messages":
                account = self.accounts[given["sid"]]
                return [self.write(account, one["person"], one["text"]) for one in given["messages"]]
            case "deliveries":
                return self.deliveries
            case _:
                raise ValueError(f"no such order: {what}")
        return None


def _instead(fault: Fault) -> Response | None:
    """Twilio's own words in the place of a call that is not made. A status of five digits is a code of Twilio's."""
    if fault.kind == "limit":
        error = ApiError(20429, "Too Many Requests", 429, Retry_After=str(max(1, round(fault.seconds))))
    elif fault.kind == "status":
        own = fault.status >= 10_000
        error = ApiError(fault.status if own else 20500, fault.text, 400 if own else fault.status)
    else:
        return None
    return as_json(error.body(), error.status, **error.headers)
