"""What every adapter that calls an API promises, tried on a provider that breaks in each way."""

import socket
from collections.abc import Callable
from typing import Any

import pytest

from app.domain.channels import Adapter, Dispatch
from tests.channels.dispatches import Mark

UNCLEAR = [
    ({"kind": "lost"}, 1), ({"kind": "hang"}, 1), ({"kind": "garbage"}, 1), ({"kind": "drop"}, 0),
    ({"kind": "status"}, 0), ({"kind": "html", "status": 502}, 0), ({"kind": "html", "status": 200}, 0),
    ({"kind": "slow", "seconds": 3.0}, 0),
]  # fmt: skip
"""A fault after which nobody knows, and how many messages were delivered all the same."""


async def nobody_listens(make: Callable[[str], Adapter], dispatch: Dispatch) -> str:
    """Without a connection not a byte has left: a retry. The error is returned."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        adapter = make(f"http://127.0.0.1:{free.getsockname()[1]}")
    outcome = await adapter.send(dispatch, Mark())
    await adapter.close()
    assert (outcome.kind, outcome.error_code) == ("retry", "connection")
    return outcome.error or ""


async def a_lost_lease_stops(place: Any) -> None:
    """What `before_send` raises comes back, and the provider was not called."""

    async def refuse() -> None:
        raise ConnectionError("lease lost")

    with pytest.raises(ConnectionError, match="lease"):
        await place.adapter.send(place.dispatch(), refuse)
    assert place.provider.calls == {}
