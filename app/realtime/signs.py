"""Signs without words: what people may tell each other live where what they write is judged.

A sign has one of these events and exactly these fields; what is passed on is written anew, so that no blank, escape,
doubled field or name of a field carries anything.
"""

from typing import Any

import msgspec

from app.realtime.frames import Broadcast

EVENTS = frozenset({"typing"})
WHY = (
    "Where messages are judged, people send each other `typing` with {user_id, typing} alone, and are present"
    " under their own user id with {user_id} alone"
)


class _Typing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    user_id: str | None = None
    typing: bool | None = None


class _Here(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    user_id: str | None = None


_read = msgspec.json.Decoder(_Typing).decode
_write = msgspec.json.Encoder().encode


def broadcast(sent: Broadcast, user: str | None) -> Broadcast | None:
    """The sign a user's broadcast is; None where it is none."""
    if sent.event not in EVENTS or not sent.is_json:
        return None
    try:
        said = _read(sent.data)
    except (msgspec.MsgspecError, RecursionError):
        return None
    return Broadcast(sent.event, _write(said)) if said.user_id in (None, user) else None


def is_presence(key: str, said: dict[str, Any], user: str | None) -> bool:
    """Whether somebody is there without a word: under his own user id (or `key` is empty: one we made), as himself."""
    try:
        here = msgspec.convert(said, _Here)
    except msgspec.ValidationError:
        return False
    return key in ("", user) and here.user_id in (None, user)
