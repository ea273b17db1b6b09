"""Shapes of the Realtime gateway: who speaks, what he may, and a message of the database."""

from typing import Literal

import msgspec

Voice = Literal["anything", "signs"]
"""What somebody may say on a topic himself: anything, or signs without words where what people write is judged."""


class Speaker(msgspec.Struct, frozen=True):
    """Who asks: verified claims as JSON text, their role and subject."""

    claims: str
    role: str
    sub: str | None = None


class May(msgspec.Struct, frozen=True):
    """What of a topic may be read."""

    broadcast: bool
    presence: bool


class Message(msgspec.Struct, frozen=True):
    """A row of realtime.messages; `payload` is JSON, or bytes as they are where `is_json` is false.

    `committed_at`: seconds of the epoch; of a row that was looked up, when its transaction began.
    """

    id: str
    topic: str
    event: str
    payload: bytes
    private: bool
    is_json: bool = True
    committed_at: float | None = None


class Horizon(msgspec.Struct, frozen=True):
    """`xmin`: the oldest transaction that is not over. `lsn`: where the log ended then, as a number."""

    xmin: int
    lsn: int
