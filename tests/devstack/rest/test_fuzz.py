"""Requests put together by chance: each is answered, none breaks the room."""

import random
from collections import Counter

from tests.devstack.rest.conftest import SECRET, Api

WORLD: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "clients": (("id", "name"), ("projects(*)", "p:projects!inner(id,tasks(id))", "...projects(n:name)", "projects()", "base_view(*)")),
    "projects": (
        ("id", "name", "client_id", "settings->os->>name", "settings", "created_on", "shout"),
        ("clients(*)", "tasks(name,users(name))", "...clients(c:name)", "first_task(*)", "clients()", "client_id!inner(name)"),
    ),
    "tasks": (("id", "name", "project_id"), ("users(*)", "projects(name,clients(name))", "users!inner(id)", "users_tasks(*)")),
    "users": (("id", "name", "manager_id"), ("users(*)", "manager_id(name)", "profiles(motto)", "tasks(*)", "boss:manager_id(*)")),
    "things": (
        ("id", "code", "tags", "numbers->0", "search", "span", "during", "data->k", "data->>k", "amount", "big", "ok", "at", "feeling", "plain"),
        ("nope(*)",),
    ),
    "orders": (("id", "total", "billing_id"), ("addresses(*)", "billing_id(line)", "addresses!orders_shipping_fkey!inner(line)")),
    "rooms": (("building", "number", "seats"), ("lessons(title)", "lessons!inner()")),
    "project_list": (("id", "title", "client_id"), ("clients(*)", "project_list_of_list(*)")),
    "Odd%20Names": (('"the id"', '"a.dot"', '"per%25cent"'), ("nope(*)",)),
    "no_key": (("a", "b"), ("clients(*)",)),
    "defaults": (("id", "label", "number"), ("nope(*)",)),
}  # fmt: skip
"""Table → its columns and what it embeds."""
VALUES = (
    "eq.1", "eq.x", "neq.", "in.(1,2)", 'in.("a","b")', "is.null", "not.is.true", "like.*a*", "cs.{1}", 'cs.{"a":1}', "ov.[1,2)", "fts.a", "fts(english).a b",
    "wfts(nope).a", "match.(", "gt(any).{1,2}", "isdistinct.1", "adj.[1,2)", "bad", "eq.%00", "eq.9999999999999999999999", "eq.{", "is.maybe", "not.not.eq.1",
)  # fmt: skip
FUNCTIONS = (
    "add",
    "add_many",
    "numbers",
    "projects_of",
    "one_project",
    "pairs",
    "outs",
    "whole_json",
    "echo_json",
    "dup",
    "hello",
    "nothing",
    "nope",
)
BODIES = (
    "{}",
    "[]",
    '{"id": 1}',
    '[{"id": 1}, {"name": 2}]',
    '{"name": "x", "settings": {"a": [1]}}',
    '{"a": 1}',
    '{"nope": null}',
    "5",
    "null",
    "{",
    '[{"a": 1e400}]',
)
PREFERENCES = (
    "return=representation",
    "count=exact",
    "resolution=merge-duplicates",
    "missing=default",
    "handling=strict",
    "max-affected=0",
    "tx=rollback",
    "count=planned",
)
MEDIA = (
    "*/*",
    "text/csv",
    "application/vnd.pgrst.object+json",
    "application/vnd.pgrst.array+json;nulls=stripped",
    "text/html",
)


def query(chance: random.Random, table: str) -> str:
    """Some parameters of a query string: mostly sensible, now and then not."""
    columns, embeds = WORLD[table]

    def column() -> str:
        return chance.choice(columns) if chance.random() < 0.95 else chance.choice(("nope", "*", "a b", ""))

    def value() -> str:
        return chance.choice(VALUES) if chance.random() < 0.4 else chance.choice(("is.null", "not.is.null"))

    within = ""
    if chance.random() < 0.2:
        within = chance.choice(embeds).partition("(")[0].partition("!")[0].rpartition(":")[2] + "."
    parts = []
    if chance.random() < 0.7 or within:
        parts.append(
            "select="
            + ",".join([*chance.sample(columns, chance.randint(0, 2)), *chance.sample(embeds, chance.randint(0, 1))])
        )
    for _ in range(chance.randint(0, 2)):
        parts.append(f"{within}{column()}={value()}")
    if chance.random() < 0.2:
        parts.append(f"{within}{chance.choice(('or', 'and', 'not.or'))}=({column()}.{value()},{column()}.is.null)")
    if chance.random() < 0.3:
        parts.append(f"{within}order={column()}{chance.choice(('', '.desc', '.asc.nullsfirst', '.desc.nullslast'))}")
    if chance.random() < 0.3:
        parts.append(f"{within}{chance.choice(('limit', 'offset'))}={chance.choice(('0', '1', '3', 'x', '-1'))}")
    if chance.random() < 0.1:
        parts.append(f"{chance.choice(('columns', 'on_conflict'))}={column()}")
    return "&".join(parts)


async def test_no_request_breaks_the_room(api: Api) -> None:
    """Tables and functions, all methods, by anybody: never a 5xx, always JSON where there is an error."""
    chance = random.Random(20261130)
    strangest = {}
    statuses = Counter[int]()
    for number in range(1200):
        somebody = api.by(key=SECRET) if number % 2 else api
        is_call = chance.random() < 0.25
        table = chance.choice(list(WORLD))
        path = f"/rpc/{chance.choice(FUNCTIONS)}" if is_call else f"/{table}"
        method = chance.choice(
            ("GET", "GET", "HEAD", "POST")
            if is_call
            else ("GET", "GET", "GET", "HEAD", "POST", "PATCH", "PUT", "DELETE")
        )
        if method == "DELETE" and number % 3:
            method = "GET"
        headers = {"prefer": ",".join(chance.sample(PREFERENCES, chance.randint(0, 2))), "accept": chance.choice(MEDIA)}
        if chance.random() < 0.2:
            headers["range"] = chance.choice(("0-1", "5-2", "3-", "x"))
        body = chance.choice(BODIES) if method in ("POST", "PATCH", "PUT") else None
        if body:
            headers["content-type"] = "application/json"
        answer = await somebody(method, f"{path}?{query(chance, table)}", body, headers)
        statuses[answer.status_code // 100] += 1
        if answer.status_code >= 500 or (
            answer.status_code >= 400 and method != "HEAD" and "code" not in answer.json()
        ):
            strangest[method, str(answer.request.url), body] = answer.text
    assert not strangest
    assert statuses[2] > 200, statuses
