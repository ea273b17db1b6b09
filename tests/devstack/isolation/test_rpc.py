"""Whoever has no part in a thing gets the same from every RPC that names it as for an id of nobody, and is on record."""

import uuid
from typing import Any

import httpx
import pytest

from tests.devstack.isolation.calls import CALLS, CHOSEN, QUIET, TABLES
from tests.devstack.isolation.conftest import Actor, Scene

NAMING = """
select p.proname as name, p.provolatile = 'v' as is_volatile from pg_proc as p
where p.pronamespace = 'public'::regnamespace and has_function_privilege('authenticated', p.oid, 'execute')
  and p.proargtypes::oid[] && array['uuid'::regtype, 'uuid[]'::regtype]::oid[]
order by 1
"""

MORE = (
    "insert into public.api_keys (tenant_id, name, secret_digest, hint, scopes)"
    " values (%(t)s, 'k', sha256('x'), 'pk', '{read}')",
    "insert into private.webhook_events (tenant_id, session_id, provider, event_id, payload)"
    " values (%(t)s, %(s)s, 'test', 'e1', 'x')",
    "insert into private.assist_work (tenant_id, kind, thread_id, requested_by)"
    " select tenant_id, 'suggestions', id, 'x' from public.et_threads where tenant_id = %(t)s and staff_readable limit 1",
)
"""Rows of what is not in every table of public."""


@pytest.fixture(scope="module")
def things(scene: Scene) -> dict[str, Any]:
    """An id of the tenant of every kind that is named."""
    for statement in MORE:
        scene.world.owner.execute(statement, {"t": scene.tenant.id, "s": scene.tenant.session})
    found = {
        "tenant": scene.tenant.id, "member": scene.tenant.people["agent"], "contact": scene.ann.contact,
        "thread": scene.thread, "message": scene.message, "attachment": scene.attachment,
    }  # fmt: skip
    for kind, table in TABLES.items():
        found[kind] = scene.world.value(f"select id from {table} where tenant_id = %s limit 1", scene.tenant.id)
    return found


def call(scene: Scene, actor: Actor, name: str, value: Any) -> httpx.Response:
    """One call that names `value`."""
    _, argument, more = CALLS[name]
    named = {argument[:-2]: [str(value)]} if argument.endswith("[]") else {argument: str(value)}
    return scene.ask(actor, "POST", f"/rest/v1/rpc/{name}", json=named | more)


@pytest.fixture(scope="module")
def volatile(scene: Scene) -> dict[str, bool]:
    """RPCs that name an id → whether they may write, and so log."""
    return {row["name"]: row["is_volatile"] for row in scene.world.all(NAMING)}


def test_every_rpc_that_names_an_id_is_tried(volatile: dict[str, bool]) -> None:
    """A new one needs an entry in calls.py."""
    assert sorted(volatile) == sorted(CALLS)


@pytest.mark.parametrize("name", sorted(set(CALLS) - CHOSEN))
def test_a_foreign_id_is_a_missing_one_and_on_record(
    scene: Scene, things: dict[str, Any], volatile: dict[str, bool], name: str
) -> None:
    """The same status and bytes for both, nothing in them; what is answered 404 to somebody of elsewhere is logged
    once, and a missing id never."""
    foreign, kind = things[CALLS[name][0]], CALLS[name][0]
    for actor in scene.actors.values():
        before = scene.attempts()
        missing = call(scene, actor, name, uuid.uuid4())
        assert scene.attempts() == before, actor.name
        if kind not in ("thread", "message", "attachment") and not actor.is_outsider:
            continue  # his own business has more that he may see
        answer = call(scene, actor, name, foreign)
        assert (answer.status_code, answer.content) == (missing.status_code, missing.content), (actor.name, answer.text)
        assert scene.told(answer) == [], actor.name
        if actor.name == "member elsewhere" and volatile[name] and name not in QUIET:
            assert answer.status_code == 404, answer.text
        rows = scene.attempts()[len(before) :]
        if answer.status_code == 404 and volatile[name] and actor.works != scene.tenant.id:
            assert [(row["actor"], row["surface"], row["object_id"]) for row in rows] == [
                (f"user:{actor.user}", "rpc", str(foreign))
            ], actor.name
        else:
            assert rows == [], actor.name
    assert scene.chat.bodies(scene.ann, scene.thread)[-1:] != ["Let me in"]
