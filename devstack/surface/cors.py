"""CORS as hosted Supabase has it: every origin may ask, since the key and the token say who asks."""

from devstack.surface.asgi import ASGIApp, Message, Receive, Scope, Send, header, respond

EXPOSED = (
    b"Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding,"
    b" Range-Unit, Preference-Applied, X-Total-Count, Link, X-Supabase-Api-Version"
)
OWN = ("/functions/v1/", "/chat/")
"""Below these, whoever answers says which origins may ask: an edge function, as on hosted; the example: none."""


class Cors:
    """Answers preflight requests and lets browsers read every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or header(scope, b"origin") is None or scope["path"].startswith(OWN):
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and header(scope, b"access-control-request-method"):
            asked = header(scope, b"access-control-request-headers") or "*"
            await respond(send, 204, b"", [
                (b"access-control-allow-origin", b"*"), (b"access-control-allow-headers", asked.encode("latin-1")),
                (b"access-control-allow-methods", b"GET, HEAD, PUT, PATCH, POST, DELETE, OPTIONS"),
                (b"access-control-max-age", b"3600"),
            ])  # fmt: skip
            return

        async def open_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                more = [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", EXPOSED)]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        await self._app(scope, receive, open_send)
