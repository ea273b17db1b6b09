"""The schema cache follows the database."""

import asyncio
from typing import Any

from psycopg import sql

from devstack.surface.identity import Identity
from devstack.surface.rest import make_app
from devstack.surface.rest.schema import Options
from tests.devstack.rest.conftest import OPTIONS, Api, living, login
from tests.support.database import Database


async def until(condition: Any) -> None:
    """Wait until the coroutine `condition` makes is true."""
    for _ in range(1200):
        if await condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never became true")


async def test_a_change_of_the_schema_makes_new_relationships_known(api: Api, world: Database) -> None:
    """An event trigger says `notify pgrst, 'reload schema'`, as on hosted; nobody has to remember it."""
    assert (await api("GET", "/no_key?select=clients(name)")).status_code == 400
    with world.connect() as owner:
        owner.execute(
            "alter table public.no_key add constraint no_key_a_fkey foreign key (a) references public.clients (id)"
        )

    async def known() -> bool:
        return (await api("GET", "/no_key?select=clients(name)")).status_code == 200

    await until(known)


async def test_what_is_missing_is_looked_for_again(api: Api, world: Database) -> None:
    """A table, a column and a function made without a notification are found within a second or two."""
    await api("GET", "/clients")
    with world.connect() as owner:
        owner.execute("create table public.fresh (id int primary key)")
        owner.execute("grant select, insert on public.fresh to anon")
        owner.execute("create function public.fresh_one() returns int language sql stable as $$ select 1 $$")

    async def found() -> bool:
        answers = [
            await api("GET", "/fresh"),
            await api("POST", "/fresh", {"id": 1}),
            await api("GET", "/rpc/fresh_one"),
        ]
        return answers[0].status_code == 200 and answers[2].status_code == 200

    await until(found)


async def test_a_relationship_that_is_gone_is_forgotten(api: Api, world: Database) -> None:
    """What was known wrongly would answer with an error of Postgres; what is not known is named."""
    assert (await api("GET", "/profiles?select=users(name)")).status_code == 200
    with world.connect() as owner:
        owner.execute("alter table public.profiles drop constraint profiles_user_id_fkey")

    async def forgotten() -> bool:
        answer = await api("GET", "/profiles?select=users(name)")
        return answer.status_code == 400 and answer.json()["code"] == "PGRST200"

    await until(forgotten)


async def test_settings_of_the_login_role_are_options(world: Database, identity: Identity) -> None:
    """As on hosted: exposed schemas, aggregates, the greatest number of rows, and a function before each request."""
    database = sql.Identifier(world.name)
    with world.connect("admin") as admin:
        admin.execute(
            "create function public.check_request() returns void language plpgsql as $$ begin"
            " if current_setting('request.headers')::json ->> 'x-block' = 'yes' then raise sqlstate 'PT403' using message = 'blocked';"
            " end if; end $$"
        )
        for name, value in (
            ("db_schemas", "api, public"), ("db_aggregates_enabled", "true"), ("db_max_rows", "2"), ("db_pre_request", "public.check_request"), ("db_plan_enabled", "true"),
        ):  # fmt: skip
            setting = sql.Identifier("pgrst", name)
            admin.execute(
                sql.SQL("alter role authenticator in database {} set {} = {}").format(
                    database, setting, sql.Literal(value)
                )
            )
    async with living(make_app(identity, login(world), OPTIONS)) as client:
        api = Api(client)
        public = {"accept-profile": "public"}
        assert await api.get("/items") == [{"id": 1, "name": "first"}]
        assert len((await api("GET", "/projects", headers=public)).json()) == 2
        counted = await api("GET", "/projects", headers=public | {"prefer": "count=exact"})
        assert counted.headers["content-range"] == "0-1/5"
        sums = await api("GET", "/projects?select=client_id,id.sum(),n:count()&order=client_id&limit=2", headers=public)
        assert sums.json() == [{"client_id": 1, "sum": 3, "n": 2}, {"client_id": 2, "sum": 7, "n": 2}]
        spread = await api("GET", "/projects?select=name,...clients(id.sum())", headers=public)
        assert (spread.status_code, spread.json()["code"]) == (501, "not_supported")
        asked = 'application/vnd.pgrst.plan+text; for="application/json"; options=analyze|verbose;'
        for method, path in (("GET", "/projects?id=eq.1"), ("GET", "/rpc/add?a=1"), ("DELETE", "/no_key?a=eq.0")):
            explained = await api(
                method, path, headers={"accept": asked, "accept-profile": "public", "content-profile": "public"}
            )
            assert (explained.status_code, "actual time" in explained.text) == (200, True), explained.text
        blocked = await api("GET", "/items", headers={"x-block": "yes"})
        assert (blocked.status_code, blocked.json()["message"]) == (403, "blocked")


async def test_config_says_how_many_rows_there_may_be(world: Database, identity: Identity) -> None:
    """`max_rows` cuts reads and calls, and embeds too."""
    with world.connect("admin") as admin:
        admin.execute(sql.SQL("alter role authenticator in database {} reset all").format(sql.Identifier(world.name)))
    async with living(make_app(identity, login(world), Options(max_rows=1))) as client:
        api = Api(client)
        assert len(await api.get("/projects?limit=4")) == 1
        assert await api.get("/rpc/numbers?up_to=4") == [1]
        assert await api.get("/clients?select=projects(id)&id=eq.1&projects.order=id") == [{"projects": [{"id": 1}]}]
        estimated = await api("GET", "/projects", headers={"prefer": "count=estimated"})
        assert int(estimated.headers["content-range"].partition("/")[2]) >= 5


async def test_lost_connections_cost_nobody_a_request(api: Api, world: Database) -> None:
    """When Postgres ends the room's connections, as a restart does, the next requests are answered all the same."""
    await asyncio.gather(*(api("GET", "/clients") for _ in range(8)))
    with world.connect("admin") as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'authenticator'"
        )
    answers = await asyncio.gather(*(api("GET", "/clients") for _ in range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert (await api("POST", "/no_key", {"b": "after"})).status_code == 201
