"""The rights the document names are the rights the API asks for, operation by operation."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from app.http.openapi.operations import OPERATIONS
from tests.api.kit import Client, World

LACKING = {"read": ["send"], "send": ["read"], "manage": ["read", "send"], "admin": ["read", "send", "manage"],
           "own": ["read", "send", "manage", "admin"]}  # fmt: skip
"""Right → scopes of a key that has everything but it."""


@pytest.fixture(scope="module")
def operations(url: str, world: World) -> dict[str, Any]:
    """Operation id → (method, address of something that exists, example of a body, needed right)."""
    message, thread = world.mail(world.acme)
    known = {
        "thread_id": thread, "message_id": message, "session_id": world.acme.session_id, "name": "p", "alias": "a", "context_kind": "job",
        "context": "7", "version": 1,
        "contact_id": world.one("select contact_id from public.et_threads where id = %s", thread),
        "user_id": world.acme.people["agent"], "tenant_id": world.acme.id,
    }  # fmt: skip
    found = {}
    for path, item in Client(url).get("/openapi.json").json()["paths"].items():
        for method, operation in item.items():
            place = re.sub(r"\{(\w+)\}", lambda hit: str(known.get(hit[1], message)), path)
            wanted = [one for one in operation["parameters"] if one.get("in") == "query" and one["required"]]
            place += "".join(f"?{one['name']}={one['example']}" for one in wanted)
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
            needed = operation["security"][0]["bearer"] if operation["security"] else []
            found[operation["operationId"]] = (method.upper(), place, body, needed[0] if needed else None)
    return found


@pytest.fixture(scope="module")
def keys(client: Callable[..., Client], world: World) -> dict[str, Client]:
    """Right → a holder of a key that lacks it."""
    owner = client(world.acme.token("owner"))
    made = {right: owner.post("/v1/api-keys", {"name": right, "scopes": scopes}) for right, scopes in LACKING.items()}
    return {right: client(answer.json()["key"]) for right, answer in made.items()}


@pytest.mark.parametrize("name", [name for name, shown in OPERATIONS.items() if shown.needs])
def test_without_the_right_it_is_403(operations: dict[str, Any], keys: dict[str, Client], name: str) -> None:
    """A key with every other right is refused, and told which one it lacks."""
    method, place, body, needed = operations[re.sub(r"_(\w)", lambda hit: hit[1].upper(), name)]
    content = None if body is None else json.dumps(body)
    answer = keys[needed].http.request(method, place, content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json().get("scope")) == (403, needed), answer.text


def test_what_needs_no_right_asks_for_none(keys: dict[str, Client], world: World) -> None:
    """Any key may ask who it is; what only people do tells a key so."""
    for key in keys.values():
        assert key.get("/v1/me").json() == {"user_id": None, "tenant_id": str(world.acme.id), "memberships": []}
    assert keys["read"].post(f"/v1/tenants/{world.acme.id}/switch").status_code == 401
