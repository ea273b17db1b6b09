"""A room that refuses everything by name keeps to ASGI all the same."""

from typing import Any

from devstack.surface.problems import unsupported


async def asked(kind: str, *incoming: str) -> list[Any]:
    """What the room sends for a scope of this kind."""
    sent: list[Any] = []
    messages = iter(incoming)

    async def receive() -> Any:
        return {"type": next(messages), "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    await unsupported("realtime")({"type": kind, "path": "/", "headers": []}, receive, send)
    return sent


async def test_each_kind_of_scope_has_its_answer() -> None:
    """501 with the name for requests, a close for WebSockets, and a lifespan that starts and ends."""
    started, body = await asked("http", "http.request")
    assert started["status"] == 501 and b"realtime" in body["body"]
    assert await asked("websocket", "websocket.connect") == [{"type": "websocket.close", "code": 1008}]
    assert [message["type"] for message in await asked("lifespan", "lifespan.startup", "lifespan.shutdown")] == [
        "lifespan.startup.complete", "lifespan.shutdown.complete",
    ]  # fmt: skip
