"""`/control` of a provider on loopback: where a test or a demo plays the people, looks at what came of it, and breaks
things. What every provider obeys is here; the rest is its own."""

import inspect
import json
from collections.abc import Callable
from typing import Any

import httpx

from devstack.providers.faults import Faults
from devstack.providers.http import Request, Response, as_json

PREFIX = "/control"


async def obey(request: Request, faults: Faults, order: Callable[[str, Any], Any]) -> Response:
    """What an order is answered. `order` gets its name ("" asks what the provider is) and its JSON; what it returns, or
    returns when awaited, is the answer, None becomes {"done": true}. It raises ValueError for what it does not know."""
    what = request.path.removeprefix(PREFIX).strip("/")
    said: Any = None
    try:
        given = json.loads(request.body) if request.body else {}
        match what:
            case "faults":
                faults.order_all(given)
            case "clear-faults":
                faults.clear()
            case _:
                said = order(what, given)
                said = await said if inspect.isawaitable(said) else said
    except (KeyError, TypeError, ValueError, httpx.HTTPError) as error:
        return as_json({"error": f"{type(error).__name__}: {error}"}, 400)
    return as_json({"done": True} if said is None else said)
