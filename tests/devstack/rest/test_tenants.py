"""Parley's own schema behind the REST room: tenants are as apart as they are everywhere else."""

import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from devstack.surface.identity import Identity
from devstack.surface.rest import make_app
from devstack.surface.rest.schema import Options
from tests.db.chat.kit import Chat
from tests.db.helpers import World
from tests.devstack.rest.conftest import SECRET, Api, living, login, token
from tests.support.database import Database


@pytest.fixture
def parley(module_database: Database) -> Iterator[World]:
    """A migrated database."""
    made = World(module_database)
    yield made
    made.close()


@pytest.fixture
async def rest(parley: World, identity: Identity) -> AsyncIterator[Api]:
    """The room in front of it, with Parley's own configuration."""
    async with living(make_app(identity, login(parley.database), Options(max_rows=1000))) as client:
        yield Api(client)


def member(api: Api, tenant: Any) -> Api:
    """The room as the owner of a tenant asks it."""
    return api.by(
        bearer=token("authenticated", str(tenant.people["owner"]), app_metadata={"tenant_id": str(tenant.id)})
    )


async def test_tables_show_the_rows_of_ones_own_tenant(rest: Api, parley: World) -> None:
    """A filter on somebody else's id finds nothing, embeds included, and counts nothing."""
    mine, other = parley.tenant(), parley.tenant()
    own, foreign = parley.arrive(mine)["thread_id"], parley.arrive(other)["thread_id"]
    owner = member(rest, mine)
    found = await owner.get("/et_threads?select=id,et_messages(thread_id)")
    assert found == [{"id": str(own), "et_messages": [{"thread_id": str(own)}]}]
    for path in (
        f"/et_threads?id=eq.{foreign}",
        f"/et_messages?thread_id=eq.{foreign}",
        f"/et_threads?tenant_id=eq.{other.id}",
    ):
        answer = await owner("GET", path, headers={"prefer": "count=exact"})
        assert (answer.json(), answer.headers["content-range"]) == ([], "*/0")
    assert (await rest("GET", "/et_threads")).status_code == 401
    assert len(await rest.by(key=SECRET).get(f"/et_threads?id=in.({own},{foreign})")) == 2


async def test_a_customer_reads_his_side_of_a_conversation_with_the_business(rest: Api, parley: World) -> None:
    """Its messages and what the calls answer; no row, column or embed of what the staff notes on it."""
    chat = Chat(parley)
    ann = chat.person("Ann")
    parley.session(chat.tenant.id, "in_app", "app")
    thread = chat.call(ann, "start_thread", body="Hello?")["thread_id"]
    agent = chat.tenant.people["agent"]
    parley.rpc(agent, chat.tenant, "label_thread(%s, %s)", thread, ["difficult"])
    parley.rpc(agent, chat.tenant, "assign_thread(%s, %s)", thread, agent)
    customer, staff = rest.by(bearer=token("authenticated", str(ann.user))), member(rest, chat.tenant)
    notes = "labels,assignee_id,control,snoozed_until"
    assert (await staff.get(f"/et_threads?id=eq.{thread}&select=labels"))[0]["labels"] == ["difficult"]
    for path in (f"/et_threads?id=eq.{thread}", f"/et_threads?select={notes}", "/et_conversation_threads", "/conversations",
                 "/agent_conversations", f"/et_messages?select=id,et_threads!inner({notes})", "/et_threads?labels=cs.{difficult}"):  # fmt: skip
        answer = await customer("GET", path, headers={"prefer": "count=exact"})
        assert (answer.json(), answer.headers["content-range"]) == ([], "*/0"), path
    assert await customer.get(f"/et_messages?thread_id=eq.{thread}&select=body,et_threads({notes})") == [
        {"body": "Hello?", "et_threads": None}
    ]
    listed = (await customer("POST", "/rpc/list_conversations", {})).json()
    assert [item["thread_id"] for item in listed["items"]] == [thread] and "difficult" not in str(listed)
    page = (await customer("POST", "/rpc/poll_messages", {"p_thread_id": thread})).json()
    assert [message["body"] for message in page["messages"]] == ["Hello?"]


async def test_a_foreign_id_in_a_call_is_missing_and_on_record(rest: Api, parley: World) -> None:
    """404 with the same bytes as for an id of nobody; the attempt is committed to the log."""
    mine, other = parley.tenant(), parley.tenant()
    foreign = parley.arrive(other)["thread_id"]
    owner = member(rest, mine)
    missing = await owner("POST", "/rpc/close_thread", {"p_thread_id": str(uuid.uuid4())})
    refused = await owner("POST", "/rpc/close_thread", {"p_thread_id": str(foreign)})
    assert (refused.status_code, refused.content) == (404, missing.content)
    assert refused.json()["code"] == "not_found"
    rows = parley.all("select actor, object_id from public.access_denials where object_kind = 'thread'")
    assert [dict(row) for row in rows] == [{"actor": f"user:{mine.people['owner']}", "object_id": str(foreign)}]


async def test_tables_cannot_be_written_past_the_functions(rest: Api, parley: World) -> None:
    """Members read through policies and write through functions only."""
    mine = parley.tenant()
    thread = parley.arrive(mine)["thread_id"]
    owner = member(rest, mine)
    for method, path, body in (
        ("PATCH", f"/et_threads?id=eq.{thread}", {"status": "closed"}), ("DELETE", f"/et_messages?thread_id=eq.{thread}", None),
        ("POST", "/et_messages", {"thread_id": str(thread), "body": "x"}), ("POST", "/tenants", {"name": "x"}),
    ):  # fmt: skip
        answer = await owner(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "42501"), answer.text
