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


def answer_s(fault: dict[str, Any] | None) -> float:
    """How long to wait for an answer: a second where none comes, or one that is three seconds late; else as long as it
    takes, on however slow a machine."""
    return 1.0 if fault and fault["kind"] in ("hang", "slow") else 60.0


def fault_of(request: pytest.FixtureRequest) -> dict[str, Any] | None:
    """The parameter `fault` of the test that asks for a fixture."""
    callspec = getattr(request.node, "callspec", None)
    found: dict[str, Any] | None = callspec.params.get("fault") if callspec else None
    return found


async def nobody_listens(make: Callable[[str], Adapter], dispatch: Dispatch | Callable[[], Dispatch]) -> str:
    """Without a connection not a byte has left: a retry. The error is returned. Where the recipient says whom to call,
    the dispatch is made after the adapter."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        adapter = make(f"http://127.0.0.1:{free.getsockname()[1]}")
    outcome = await adapter.send(dispatch if isinstance(dispatch, Dispatch) else dispatch(), Mark())
    await adapter.close()
    assert (outcome.kind, outcome.error_code) == ("retry", "connection")
    return outcome.error or ""


async def a_limit_is_waited_out(place: Any, call: str) -> None:
    """As long as the provider says; the account's other rows wait as well, and the next try is delivered."""
    place.provider.faults.order("limit", calls=call, times=1, seconds=7)
    outcome = await place.adapter.send(place.dispatch(), Mark())
    assert (outcome.kind, outcome.error_code, outcome.retry_after_s) == ("retry", "429", 7.0)
    assert (await place.adapter.send(place.dispatch(), Mark())).kind == "accepted"


async def a_lost_lease_stops(place: Any, called: dict[str, int] | None = None) -> None:
    """What `before_send` raises comes back, and the provider was not called, or not for more than what delivers
    nothing (`called`)."""

    async def refuse() -> None:
        raise ConnectionError("lease lost")

    with pytest.raises(ConnectionError, match="lease"):
        await place.adapter.send(place.dispatch(), refuse)
    assert place.provider.calls == (called or {})
