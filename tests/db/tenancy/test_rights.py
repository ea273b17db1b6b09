"""Every public function × every kind of caller."""

import hashlib
import json
import re
import uuid
from pathlib import Path

import psycopg
import pytest

from tests.db.helpers import Row, World

RIGHTS: Row = json.loads(Path(__file__).with_name("rights.json").read_text())
SCOPES = {"viewer": "read", "agent": "read send manage", "admin": "read send manage admin",
          "owner": "read send manage admin own"}  # fmt: skip
READERS = {"list_history", "list_messages", "search_messages", "thread_rev_at", "attachment_data", "reply_limits"}
"""They answer through row level security; tests/db/policies and tests/db/reading try them."""


FOR_PEOPLE_TOO = "send_message("
"""People of the chat call it as well: a stranger is told that there is no such conversation, as by their other calls."""
BACKEND = {"edit_message": "edit_message(gen_random_uuid(), '{}')"}
"""For the backend's own role alone."""


def outcome(world: World, user: object, tenant: object, call: str, **claims: object) -> str:
    """allowed, or the SQLSTATE; always rolled back."""
    try:
        with world.acting(user, tenant, **claims) as connection:  # type: ignore[arg-type]
            connection.execute(f"select public.{call}")
            raise RuntimeError
    except psycopg.Error as error:
        return str(error.sqlstate)
    except RuntimeError:
        return "allowed"


@pytest.mark.parametrize("scope", sorted(RIGHTS["calls"]))
def test_each_right_opens_its_calls_only(world: World, scope: str) -> None:
    """Roles, keys of every scope, strangers and anonymous callers, tried on each function."""
    tenant = world.tenant("viewer", "agent", "admin")
    stranger = world.user()
    keys = {
        key: world.value(
            "insert into public.api_keys (tenant_id, name, secret_digest, hint, scopes) values (%s, 'k', %s, 'h', %s)"
            " returning id", tenant.id, hashlib.sha256(key.encode()).digest(), [key],
        )
        for key in ("read", "send", "manage", "admin")
    }  # fmt: skip
    for call in RIGHTS["calls"][scope]:
        for role, scopes in SCOPES.items():
            expected = "allowed" if scope in scopes.split() else "PT403"
            assert outcome(world, tenant.people[role], tenant, call) == expected, (role, call)
        for key, made in keys.items():
            got = outcome(world, uuid.uuid4(), tenant, call, api_key_id=str(made), role="authenticated")
            assert got == ("allowed" if scope == key else "PT403"), (key, call)
        to_strangers = "allowed" if call.startswith(FOR_PEOPLE_TOO) else "PT403"
        assert outcome(world, stranger, tenant, call) == to_strangers, call
        assert outcome(world, stranger, None, call) == to_strangers, call
        assert outcome(world, None, None, call) == "42501", call


def test_what_is_for_oneself_needs_a_sign_in_only(world: World) -> None:
    """Anonymous callers are refused, strangers get an answer or a check, never a right error."""
    for call in RIGHTS["self"]:
        assert outcome(world, None, None, call) == "42501", call
        assert outcome(world, world.user(), None, call) in ("allowed", "23514", "PT422", "PT404"), call


def test_what_is_for_people_gives_staff_and_strangers_nothing(world: World) -> None:
    """Anonymous callers are refused; owners, keys and strangers are told that there is nothing, or that they are nobody."""
    tenant = world.tenant()
    for call in RIGHTS["people"]:
        assert outcome(world, None, None, call) == "42501", call
        for user, place in ((tenant.people["owner"], tenant), (world.user(), None)):
            assert outcome(world, user, place, call) in ("allowed", "PT403"), call
        assert outcome(world, uuid.uuid4(), tenant, call, api_key_id=str(uuid.uuid4())) in ("allowed", "PT401"), call


@pytest.mark.parametrize("name", sorted(BACKEND))
def test_what_is_for_the_backend_is_for_nobody_else(world: World, name: str) -> None:
    """Owners, strangers and anonymous callers are refused by the grant itself."""
    tenant = world.tenant()
    for user, place in ((tenant.people["owner"], tenant), (world.user(), None), (None, None)):
        assert outcome(world, user, place, BACKEND[name]) == "42501"


def test_every_public_function_is_in_the_matrix(world: World) -> None:
    """A new RPC is added to the data file, or this fails."""
    known = {re.match(r"\w+", call).group() for calls in RIGHTS["calls"].values() for call in calls}  # type: ignore[union-attr]
    known |= {re.match(r"\w+", call).group() for call in RIGHTS["self"] + RIGHTS["people"]} | READERS | set(BACKEND)  # type: ignore[union-attr]
    rows = world.all(
        "select distinct proname as name from pg_proc where pronamespace = 'public'::regnamespace and prokind = 'f'"
    )
    assert {row["name"] for row in rows} == known


def test_a_person_reads_the_names_of_his_tenants_and_of_no_other(world: World) -> None:
    """Also of those he does not work in now; a deleted one has none."""
    first, second, foreign = world.tenant(), world.tenant(), world.tenant()
    user = world.member(first.id, "agent")
    world.owner.execute(
        "insert into public.tenant_members (tenant_id, user_id, role) values (%s, %s, 'viewer')", [second.id, user]
    )
    with world.acting(user, first) as connection:
        names = connection.execute("select public.own_tenant_names() as names").fetchone()
    assert names is not None
    assert set(names["names"]) == {str(first.id), str(second.id)}
    assert str(foreign.id) not in names["names"]
    world.owner.execute("update public.tenants set status = 'deleted', deleted_at = now() where id = %s", [second.id])
    with world.acting(user, first) as connection:
        names = connection.execute("select public.own_tenant_names() as names").fetchone()
    assert names is not None and set(names["names"]) == {str(first.id)}
