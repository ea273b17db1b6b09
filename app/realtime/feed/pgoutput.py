"""Reads what `pgoutput` (protocol version 1) says about inserts into realtime.messages."""

import struct
from collections.abc import Iterator

from app.domain.realtime import Message

SCHEMA = b"realtime"
WANTED = (b"id", b"topic", b"extension", b"payload", b"event", b"private")
BYTES = b"binary_payload"
"""The payload of broadcasts that are no JSON: a column newer databases have, as `\\x` and hexadecimal digits."""
_U16, _U32 = struct.Struct(">H"), struct.Struct(">I")
_BEGIN, _COMMIT = struct.Struct(">Qq"), struct.Struct(">BQQQ")
EPOCH_S = 946_684_800
"""Where the log counts microseconds from."""


class Decoder:
    """Follows one stream. `committed` is the end of the last transaction that was read, as a position in the log."""

    def __init__(self) -> None:
        self.committed = 0
        self._committed_at: float | None = None
        self._columns: dict[int, list[bytes]] = {}

    def read(self, data: bytes) -> Message | None:
        """The broadcast a piece of the stream tells of, if it does."""
        kind = data[:1]
        if kind == b"I":
            return self._insert(data)
        if kind == b"R":
            self._relation(data)
        elif kind == b"B":
            self._committed_at = EPOCH_S + _BEGIN.unpack_from(data, 1)[1] / 1_000_000
        elif kind == b"C":
            self.committed = _COMMIT.unpack_from(data, 1)[2]
        return None

    def _relation(self, data: bytes) -> None:
        (oid,) = _U32.unpack_from(data, 1)
        end = data.index(b"\0", 5)
        schema = data[5:end]
        at = data.index(b"\0", end + 1) + 2  # the table's name, and a byte for its replica identity
        (count,) = _U16.unpack_from(data, at)
        at += 2
        names = []
        for _ in range(count):
            end = data.index(b"\0", at + 1)
            names.append(data[at + 1 : end])
            at = end + 9
        # Partitions are named where the publication does not speak of their root.
        if schema == SCHEMA and set(WANTED) <= set(names):
            self._columns[oid] = names
        else:
            self._columns.pop(oid, None)

    def _insert(self, data: bytes) -> Message | None:
        names = self._columns.get(_U32.unpack_from(data, 1)[0])
        if names is None:
            return None
        row = dict(zip(names, _values(data), strict=False))
        if row[b"extension"] != b"broadcast" or row[b"event"] is None or row[b"topic"] is None:
            return None
        payload, is_json = row[b"payload"] or b"{}", True
        if row[b"payload"] is None and (raw := row.get(BYTES)) is not None:
            payload, is_json = bytes.fromhex(raw.decode().removeprefix("\\x")), False
        return Message(
            id=(row[b"id"] or b"").decode(), topic=row[b"topic"].decode(), event=row[b"event"].decode(),
            payload=payload, private=row[b"private"] == b"t", is_json=is_json, committed_at=self._committed_at,
        )  # fmt: skip


def _values(data: bytes) -> Iterator[bytes | None]:
    """The columns of a new row, as text."""
    (count,) = _U16.unpack_from(data, 6)
    at = 8
    for _ in range(count):
        kind = data[at]
        at += 1
        if kind == 0x74:  # t
            (size,) = _U32.unpack_from(data, at)
            at += 4
            yield data[at : at + size]
            at += size
        else:
            yield None
