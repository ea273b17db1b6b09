"""The wire format, without a wire."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.realtime import frames

names = st.text(min_size=1, max_size=60).filter(lambda text: len(text.encode()) <= 255)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=10,
)  # fmt: skip


@given(st.binary(max_size=300))
def test_any_bytes_are_a_frame_or_refused(data: bytes) -> None:
    """Whatever arrives is read or refused as a bad frame, never anything else."""
    with contextlib.suppress(frames.BadFrame):
        frames.read_binary(data)


@given(st.text(max_size=300), st.sampled_from([frames.V1, frames.V2]))
def test_any_text_is_a_frame_or_refused(text: str, version: int) -> None:
    """The same for text, in both versions."""
    with contextlib.suppress(frames.BadFrame):
        frames.read_text(text, version)


@given(names, names, json_values)
def test_a_broadcast_arrives_as_it_was_sent(topic: str, event: str, value: object) -> None:
    """From kind 3 to kind 4 and to both kinds of text: topic, event and payload stay the same."""
    data = json.dumps(value).encode()
    parts = [b"1", b"2", topic.encode(), event.encode(), b""]
    one = frames.read_binary(bytes([3, *map(len, parts), 1]) + b"".join(parts) + data)
    assert one.broadcast is not None
    assert (one.join_ref, one.ref, one.topic) == ("1", "2", topic)
    out = frames.broadcast(frames.V2, topic, one.broadcast)
    assert isinstance(out, bytes) and out.endswith(topic.encode() + event.encode() + data)
    text = frames.broadcast(frames.V1, topic, one.broadcast)
    assert isinstance(text, str)
    assert json.loads(text)["payload"] == {"type": "broadcast", "event": event, "payload": value}


@pytest.mark.parametrize("ref", [None, "7", 7])
def test_refs_are_text_or_null(ref: object) -> None:
    """The Python client sends null, others may send numbers."""
    read = frames.read_text(json.dumps([ref, ref, "phoenix", "heartbeat", {}]), frames.V2)
    assert read.ref == (None if ref is None else "7")
