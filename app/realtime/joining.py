"""What a client asks for when it joins a topic. What cannot be read falls back to defaults, as hosted does."""

from typing import Any

import msgspec

KEY_CHARS = 255


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration of a channel."""

    token: str | None = None
    private: bool = False
    hears_itself: bool = False
    acknowledged: bool = False
    replay_since_ms: int | None = None
    replay_limit: int | None = None
    wants_ready: bool = False
    presence_key: str = ""
    presence: bool = False
    changes: tuple[dict[str, Any], ...] = ()


def read(payload: msgspec.Raw) -> Asked:
    """The payload of a `phx_join`."""
    try:
        given = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, RecursionError):
        return Asked()
    given = _object(given)
    config = _object(given.get("config"))
    broadcast, presence = _object(config.get("broadcast")), _object(config.get("presence"))
    replay = broadcast.get("replay")
    since = _object(replay).get("since")
    token = given.get("access_token") or given.get("user_token")
    changes = config.get("postgres_changes")
    return Asked(
        token=token if isinstance(token, str) else None,
        private=_true(config.get("private")),
        hears_itself=_true(broadcast.get("self")),
        acknowledged=_true(broadcast.get("ack")),
        replay_since_ms=_number(since) if isinstance(replay, dict) else None,
        replay_limit=_number(_object(replay).get("limit")),
        wants_ready=_true(broadcast.get("replication_ready")),
        presence_key=_key(presence.get("key")),
        presence=_true(presence.get("enabled")),
        changes=tuple(one for one in changes if isinstance(one, dict)) if isinstance(changes, list) else (),
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _key(value: Any) -> str:
    """The name somebody is present under; empty for one of ours. supabase-js takes an object with `ids` for changes of
    tables, so nobody may be called that."""
    key = value if isinstance(value, str) else ""
    return "" if key == "ids" or len(key) > KEY_CHARS else key


def _true(value: Any) -> bool:
    return value is True or value == "true"


def _number(value: Any) -> int | None:
    try:
        return int(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        return None


def read_token(payload: msgspec.Raw) -> Any:
    """The token in the payload of an `access_token` event."""
    try:
        given = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, RecursionError):
        return None
    return _object(given).get("access_token")
