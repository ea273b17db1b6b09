"""The Phoenix wire format: what clients send, what they are sent, in serialiser versions 1.0.0 and 2.0.0.

1.0.0 is text objects. 2.0.0 is text arrays, and binary frames for broadcasts: kind 3 comes in, kind 4 goes out.
"""

from typing import Any

import msgspec

V1, V2 = 1, 2
PREFIX = "realtime:"
USER_PUSH, USER_BROADCAST = 3, 4
MAX_NAME_BYTES = 255
"""A topic (with its prefix) and an event have one length byte each."""
EMPTY = msgspec.Raw(b"{}")
Ref = str | int | None


class BadFrame(ValueError):
    """The frame cannot be read."""


class Broadcast(msgspec.Struct, frozen=True):
    """One broadcast: `data` is JSON text, or opaque bytes where `is_json` is false. `id` names the database row."""

    event: str
    data: bytes
    is_json: bool = True
    id: str | None = None


class Incoming(msgspec.Struct, frozen=True):
    """A frame of a client. `broadcast` is set for binary ones; others have `payload`, unread JSON."""

    join_ref: str | None
    ref: str | None
    topic: str
    event: str
    payload: msgspec.Raw
    broadcast: Broadcast | None = None


class _Object(msgspec.Struct, frozen=True):
    topic: str
    event: str
    payload: msgspec.Raw = EMPTY
    ref: Ref = None
    join_ref: Ref = None


class _Text(msgspec.Struct, frozen=True):
    event: str
    payload: msgspec.Raw = EMPTY


_objects = msgspec.json.Decoder(_Object)
_arrays = msgspec.json.Decoder(tuple[Ref, Ref, str, str, msgspec.Raw])
_texts = msgspec.json.Decoder(_Text)
_encode = msgspec.json.Encoder().encode


def read_text(text: str, version: int) -> Incoming:
    """A text frame. Raises BadFrame."""
    try:
        if version == V1:
            one = _objects.decode(text)
            return Incoming(_ref(one.join_ref), _ref(one.ref), one.topic, one.event, one.payload)
        join_ref, ref, topic, event, payload = _arrays.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadFrame("no frame of this version") from error
    return Incoming(_ref(join_ref), _ref(ref), topic, event, payload)


def read_binary(frame: bytes) -> Incoming:
    """A binary frame of kind 3. Raises BadFrame."""
    if len(frame) < 7 or frame[0] != USER_PUSH or frame[6] > 1:
        raise BadFrame("no broadcast")
    parts, at = [], 7
    for size in frame[1:6]:
        parts.append(frame[at : at + size])
        at += size
    if at > len(frame):
        raise BadFrame("shorter than its lengths say")
    try:
        join_ref, ref, topic, event = (part.decode() for part in parts[:4])
    except UnicodeDecodeError as error:
        raise BadFrame("names are UTF-8") from error
    data = frame[at:]
    if frame[6]:
        check_json(data)
    sent = Broadcast(event, data, bool(frame[6]))
    return Incoming(join_ref or None, ref or None, topic, "broadcast", EMPTY, sent)


def read_broadcast(payload: msgspec.Raw) -> Broadcast:
    """The broadcast in a text frame's payload. Raises BadFrame."""
    try:
        one = _texts.decode(payload)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadFrame("no broadcast") from error
    if len(one.event.encode()) > MAX_NAME_BYTES:
        raise BadFrame("the event's name is too long")
    return Broadcast(one.event, bytes(one.payload))


def check_json(data: bytes) -> None:
    """Raise BadFrame unless `data` is JSON: it is put into the frames of others as it is."""
    try:
        msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BadFrame("no JSON") from error


def message(
    version: int, topic: str, event: str, payload: Any, *, ref: str | None = None, join_ref: str | None = None
) -> str:
    """A text frame. Version 1.0.0 always carries `ref`: the Python client drops frames without."""
    if version == V2:
        return _encode([join_ref, ref, topic, event, payload]).decode()
    return _encode({"topic": topic, "event": event, "payload": payload, "ref": ref, "join_ref": join_ref}).decode()


def reply(version: int, to: Incoming, status: str, response: Any) -> str:
    """The answer to a client's frame."""
    payload = {"status": status, "response": response}
    return message(version, to.topic, "phx_reply", payload, ref=to.ref, join_ref=to.join_ref)


def broadcast(version: int, topic: str, sent: Broadcast, *, replayed: bool = False) -> str | bytes | None:
    """A broadcast as its receivers get it; None where the version cannot carry it."""
    if version == V2:
        meta = _meta(sent, replayed=replayed)
        names = topic.encode(), sent.event.encode(), _encode(meta) if meta else b""
        if max(map(len, names)) > MAX_NAME_BYTES:  # a row of the database may have an event of any length
            return text_broadcast(version, topic, sent) if sent.is_json else None
        head = bytes((USER_BROADCAST, *map(len, names), int(sent.is_json)))
        return b"".join((head, *names, sent.data))
    return text_broadcast(version, topic, sent) if sent.is_json else None


def text_broadcast(
    version: int, topic: str, sent: Broadcast, *, replayed: bool = False, join_ref: str | None = None
) -> str:
    """A broadcast as a text frame: all of version 1.0.0, and what is replayed."""
    payload: dict[str, Any] = {"type": "broadcast", "event": sent.event, "payload": msgspec.Raw(sent.data)}
    if meta := _meta(sent, replayed=replayed):
        payload["meta"] = meta
    return message(version, topic, "broadcast", payload, join_ref=join_ref)


def _meta(sent: Broadcast, *, replayed: bool) -> dict[str, Any]:
    """What is said of a row of the database beside its payload."""
    if not sent.id:
        return {}
    return {"replayed": True, "id": sent.id} if replayed else {"id": sent.id}


def _ref(value: Ref) -> str | None:
    return None if value is None else str(value)
