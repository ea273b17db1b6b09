"""What the surface says when it cannot do a thing."""

from devstack.surface.asgi import ASGIApp, Receive, Scope, Send, respond_json, serve

FULL = "run `supabase start` (it needs Docker) or use a hosted project"
"""The way to a full Supabase."""


class Unauthorised(Exception):
    """The key or token of a request is missing, unknown, expired or not ours. `hint` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def refusal(feature: str) -> dict[str, str]:
    """The body of a 501: every client of Supabase shows one of these members."""
    text = f"the local Supabase surface does not support {feature}: {FULL}"
    return {"code": "not_supported", "error_code": "not_supported", "error": "not_supported", "message": text,
            "msg": text, "hint": FULL}  # fmt: skip


def unsupported(feature: str) -> ASGIApp:
    """An application that refuses every request by name. It has nothing to open, and WebSockets are turned away."""

    async def live(receive: Receive, send: Send) -> None:
        for part in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{part}.complete"})

    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await respond_json(send, 501, refusal(feature))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await serve(scope, receive, send, live=live, answer=answer)

    return app
