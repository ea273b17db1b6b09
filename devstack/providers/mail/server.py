"""Both APIs over HTTP on one port; at `/control` a demo looks at what was sent, and breaks things."""

import contextlib
import json
import secrets
from typing import Any

from devstack.providers import control
from devstack.providers.faults import Fault, Faults
from devstack.providers.http import Drop, Request, Response, Server, as_json
from devstack.providers.mail.apis import Api, Json, ResendApi, SparkPostApi
from devstack.providers.struck import answered

IDENT = "parley loopback mail"


class MailProviders:
    """`async with providers.serving(port)` listens on 127.0.0.1. Faults go by provider name: resend, sparkpost."""

    def __init__(self, *, seed: int = 0) -> None:
        key = f"demo_{secrets.token_hex(12)}"
        self.faults = Faults(seed)
        self.apis: dict[str, Api] = {"resend": ResendApi(key), "sparkpost": SparkPostApi(key)}
        self.calls: dict[str, int] = dict.fromkeys(self.apis, 0)
        """Provider → how often it was asked to send."""
        self.unanswered: dict[str, int] = dict.fromkeys(self.apis, 0)
        """Provider → mails it took and said nothing about."""

    @contextlib.asynccontextmanager
    async def serving(self, port: int = 0) -> Any:
        """Yields the base URL of both."""
        async with Server(self.handle, port) as server:
            yield f"http://127.0.0.1:{server.port}"

    async def handle(self, request: Request) -> Response | Drop:
        """Any request."""
        if request.path.startswith(control.PREFIX):
            return await control.obey(request, self.faults, self._order)
        if request.method == "GET":
            name = "sparkpost" if request.path.startswith("/api/v1/") else "resend"
            return _as_response(self.apis[name].look(request.headers))
        for name, api in self.apis.items():
            if request.path == api.path:
                return await self._send(name, api, request)
        return as_json({"name": "not_found", "message": "no such path"}, 404)

    async def _send(self, name: str, api: Api, request: Request) -> Response | Drop:
        self.calls[name] += 1
        said: list[Response] = []

        async def do() -> Response:
            try:
                said.append(_as_response(api.answer(request.headers, json.loads(request.body))))
            except ValueError:
                said.append(as_json({"name": "validation_error", "message": "no JSON"}, 422))
            return said[0]

        answer = await answered(self.faults, name, request, do, _instead)
        self.unanswered[name] += bool(said) and said[0].status < 300 and answer is not said[0]
        return answer

    # ── /control ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _order(self, what: str, _given: Json) -> Any:
        match what:
            case "":
                about = {"calls": self.calls, "unanswered": self.unanswered}
                return {"provider": IDENT, "key": self.apis["resend"].key, **about}
            case "mails":
                return {name: [api.queue_id(mail) for mail in api.mails] for name, api in self.apis.items()}
            case _:
                raise ValueError(f"no such order: {what}")


def _as_response(reply: tuple[int, Any]) -> Response:
    return as_json(reply[1], reply[0])


def _instead(fault: Fault) -> Response | None:
    """What the APIs say themselves in the place of a call that is not made."""
    if fault.kind == "limit":
        return as_json({"name": "rate_limit_exceeded", "message": "Too many requests"}, 429)
    if fault.kind == "status":
        return as_json({"name": "internal_server_error", "message": fault.text}, fault.status)
    return None
