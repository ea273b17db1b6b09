"""Nobody sees or changes more than his role and policies allow, however he asks."""

import asyncio

import pytest

from tests.devstack.rest.conftest import ALICE, BOB, SECRET, Api, token
from tests.support.database import Database


async def test_a_stranger_gets_nothing(api: Api) -> None:
    """Rows are their owner's: others cannot read, count, change, delete or write them on any path."""
    alice, bob = api.by(bearer=token("authenticated", ALICE)), api.by(bearer=token("authenticated", BOB))
    mine = (await alice("POST", "/notes", {"text": "mine"}, {"prefer": "return=representation"})).json()[0]
    assert mine["owner"] == ALICE
    for stranger in (bob, api):
        counted = await stranger("GET", f"/notes?id=eq.{mine['id']}", headers={"prefer": "count=exact"})
        assert (counted.json(), counted.headers["content-range"]) == ([], "*/0")
        assert (
            await stranger("PATCH", f"/notes?id=eq.{mine['id']}", {"text": "x"}, {"prefer": "return=representation"})
        ).json() == []
        assert (
            await stranger("DELETE", f"/notes?id=eq.{mine['id']}", headers={"prefer": "return=representation"})
        ).json() == []
        upsert = await stranger(
            "POST", "/notes", {"id": mine["id"], "text": "x"}, {"prefer": "resolution=merge-duplicates"}
        )
        assert upsert.json()["code"] in ("42501", "23502")
    forged = await bob("POST", "/notes", {"owner": ALICE, "text": "x"})
    assert (forged.status_code, forged.json()["code"]) == (403, "42501")
    anonymous = await api("POST", "/notes", {"owner": ALICE, "text": "x"})
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "42501")
    assert (await alice.get("/notes")) == [mine]
    assert mine in await api.by(key=SECRET).get("/notes")


async def test_a_role_does_not_outlive_its_request(api: Api) -> None:
    """Requests of different callers on the same few connections never see each other's rows."""
    people = [api.by(bearer=token("authenticated", subject)) for subject in (ALICE, BOB)] + [api.by(key=SECRET), api]
    seen = await asyncio.gather(*(people[number % 4].get("/rpc/claims") for number in range(60)))
    for number, found in enumerate(seen):
        assert found["claims"].get("sub") == (ALICE, BOB, None, None)[number % 4]
        assert found["role"] == ("authenticated", "authenticated", "service_role", "anon")[number % 4]


@pytest.mark.parametrize("role", ["postgres", "authenticator", "supabase_admin", "pg_read_all_data", "", 'anon"; drop'])
async def test_a_token_cannot_choose_a_greater_role(api: Api, role: str) -> None:
    """Even a well signed token is refused when its role is none of a client."""
    assert (await api.by(bearer=token(role))("GET", "/clients")).status_code == 401


ATTACKS = (
    "'; drop table public.clients; --", '"; drop table public.clients; --', "1) or (1=1", "%s", "%%", "$1", "\\", "{}", "a\u2028b", "🦄",
    "*/ select 1 /*", "x'::text || 'y", "null", "😀'\"\\",
)  # fmt: skip


async def test_nothing_a_client_writes_becomes_sql(api: Api, world: Database) -> None:
    """Hostile names and values in every place of a request end as values, quoted names or refusals."""
    for text in ATTACKS:
        params = [
            {"name": f"eq.{text}"}, {text: "eq.1"}, {"select": text}, {"select": f'"{text}"'}, {"select": f"name->>{text}"},
            {"select": f"name::{text}"}, {"order": text}, {"order": f'"{text}"'}, {"or": f"(name.eq.{text})"},
            {"select": f"{text}(*)"}, {"select": f"projects!{text}(*)"}, {"name": f"fts({text}).x"}, {"limit": text},
            {"name": f"in.({text},b)"}, {"select": f"{text}:name"}, {"on_conflict": text}, {"columns": text},
        ]  # fmt: skip
        for given in params:
            answer = await api.client.get("/clients", params=given, headers={"apikey": api.key})
            assert answer.status_code in (200, 400, 404), (given, answer.text)
            posted = await api.client.post("/clients", params=given, headers={"apikey": api.key}, json={text: 1})
            assert posted.status_code == 400, (given, posted.text)
        for headers in ({"prefer": f"timezone={text}"}, {"accept-profile": text}, {"cookie": text}, {"x-agent": text}):
            encoded = {name: value.encode() for name, value in headers.items()}
            answer = await api.client.get("/rpc/claims", headers={"apikey": api.key.encode(), **encoded})
            assert answer.status_code in (200, 406), (headers, answer.text)
        kept = await api("POST", "/no_key", {"a": 1, "b": text}, {"prefer": "return=representation"})
        assert kept.json() == [{"a": 1, "b": text}]
        found = await api.client.get("/no_key", params={"b": f"eq.{text}", "limit": "1"}, headers={"apikey": api.key})
        assert found.json() == [{"a": 1, "b": text}]
    with world.connect("admin") as admin:
        assert admin.execute("select count(*) from public.clients").fetchone() == (3,)
