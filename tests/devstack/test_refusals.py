"""What is refused as a whole keeps to ASGI all the same."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app import log
from app.settings import Settings
from devstack.keys import ensure_keys
from devstack.surface import example, rest
from devstack.surface.asgi import ASGIApp
from devstack.surface.context import make_context
from devstack.surface.problems import unsupported


async def asked(kind: str, *incoming: str, room: ASGIApp | None = None) -> list[Any]:
    """What a room, the one that refuses everything unless another is meant, sends for a scope of this kind."""
    sent: list[Any] = []
    messages = iter(incoming)

    async def receive() -> Any:
        return {"type": next(messages), "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    await (room or unsupported("realtime"))({"type": kind, "path": "/", "headers": []}, receive, send)
    return sent


async def test_each_kind_of_scope_has_its_answer() -> None:
    """501 with the name for requests, a close for WebSockets, and a lifespan that starts and ends."""
    started, body = await asked("http", "http.request")
    assert started["status"] == 501 and b"realtime" in body["body"]
    assert await asked("websocket", "websocket.connect") == [{"type": "websocket.close", "code": 1008}]
    assert [message["type"] for message in await asked("lifespan", "lifespan.startup", "lifespan.shutdown")] == [
        "lifespan.startup.complete", "lifespan.shutdown.complete",
    ]  # fmt: skip


async def test_rooms_without_websockets_turn_them_away(tmp_path: Path) -> None:
    """The tables and the example say no: one that hears nothing would be told of an error of ours."""
    context = make_context(Settings(), ensure_keys(tmp_path))
    for room in (rest.app(replace(context, database_urls={"rest": "postgresql://"})), example.app(context)):
        assert await asked("websocket", "websocket.connect", room=room) == [{"type": "websocket.close", "code": 1008}]


def test_a_refusal_with_a_body_is_no_error_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    """uvicorn calls each WebSocket that was refused so an error; what else it says is kept."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        log.configure(Settings())
        for said in ("ASGI callable returned without completing handshake.", "Exception in ASGI application"):
            logging.getLogger("uvicorn.error").error(said)
    finally:
        root.handlers, root.level = handlers, level
    told = capsys.readouterr().err
    assert "handshake" not in told and "Exception in ASGI application" in told
