"""A call of a provider that may be struck by a fault: instead of it, after it, or late."""

import asyncio
from collections.abc import Awaitable, Callable

from devstack.providers.faults import BEFORE, Fault, Faults
from devstack.providers.http import DROP, Drop, Request, Response

Instead = Callable[[Fault], Response | None]


async def answered(
    faults: Faults, call: str, request: Request, do: Callable[[], Awaitable[Response]], instead: Instead
) -> Response | Drop:  # fmt: skip
    """What the client gets. `instead` writes the provider's own errors (kinds `status` and `limit`)."""
    fault = faults.strike(call)
    if fault is not None and fault.kind in BEFORE:
        if fault.kind == "html":
            return Response(fault.status, b"<html><h1>Bad Gateway</h1></html>", "text/html")
        return instead(fault) or DROP
    if fault is not None and fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    answer = await do()
    if fault is None or fault.kind == "slow":
        return answer
    if fault.kind == "hang":
        await request.disconnected.wait()
    return Response(200, b"<html>it works</html>", "text/html") if fault.kind == "garbage" else DROP
