"""Reading tables and views: what is selected, embedded, filtered, ordered and counted."""

from typing import Any

import pytest

from tests.devstack.rest.conftest import Api

SHAPES: dict[str, Any] = {
    "/clients?select=id,label:name&id=eq.1": [{"id": 1, "label": "Microsoft"}],
    "/things?select=id::text,big&id=eq.1": [{"id": "1", "big": 9007199254740993}],
    "/things?select=code,amount&id=eq.2": [{"code": "b", "amount": "NaN"}],
    "/projects?select=settings->os->>name,n:settings->os->build,settings->tags->1&id=eq.1": [
        {"name": "win", "n": 7, "tags": "b"}
    ],
    "/things?select=second:tags->1,numbers->-1&id=eq.1": [{"second": "blue", "numbers": 3}],
    "/projects?select=name,shout&id=eq.3": [{"name": "IOS", "shout": "IOS"}],
    '/Odd%20Names?select="a.dot","a,comma","per%25cent","quo\\"te",%C3%9Cn%C3%AF': [
        {"a.dot": "dot", "a,comma": "comma", "per%cent": "percent", 'quo"te': "quote", "Ünï": "umlaut"}
    ],
    '/Odd%20Names?select=x:":arr->ow",the%20id&"a.dot"=eq.dot&order="a,comma"': [{"x": "arrow", "the id": 1}],
    "/items": {"code": "PGRST205"},
    "/project_list?select=title&id=eq.3": [{"title": "IOS"}],
}

EMBEDS: dict[str, Any] = {
    # to one, to many, many to many, nested
    "/projects?select=name,clients(name)&id=in.(1,5)&order=id": [
        {"name": "Windows 7", "clients": {"name": "Microsoft"}},
        {"name": "Orphan", "clients": None},
    ],
    "/clients?select=name,projects(name)&id=gte.2&projects.order=id&order=id": [
        {"name": "Apple", "projects": [{"name": "IOS"}, {"name": "OSX"}]},
        {"name": "Nobody", "projects": []},
    ],
    "/tasks?select=name,users(name)&id=eq.1&users.order=id": [
        {"name": "Design w7", "users": [{"name": "Angela"}, {"name": "Dwight"}]}
    ],
    "/users?select=name,tasks(name,projects(name,clients(name)))&id=eq.2": [
        {
            "name": "Michael",
            "tasks": [{"name": "Design IOS", "projects": {"name": "IOS", "clients": {"name": "Apple"}}}],
        }
    ],
    "/users?select=name,profiles(motto)&id=in.(2,3)&order=id": [
        {"name": "Michael", "profiles": {"motto": "world's best"}},
        {"name": "Dwight", "profiles": None},
    ],
    # itself
    "/users?select=name,boss:manager_id(name),users(name)&id=eq.2": [
        {"name": "Michael", "boss": {"name": "Angela"}, "users": [{"name": "Dwight"}]}
    ],
    "/users?select=team:users!manager_id(name)&id=eq.1": [{"team": [{"name": "Michael"}]}],
    # hints: by constraint, by column; composite keys
    "/orders?select=billing:addresses!orders_billing_fkey(line),shipping_id(line)&id=eq.1": [
        {"billing": {"line": "First street"}, "shipping_id": {"line": "Second street"}}
    ],
    "/orders?select=id,to:addresses!shipping_id!inner(line)": [{"id": 1, "to": {"line": "Second street"}}],
    "/lessons?select=title,rooms(seats)&id=eq.2": [{"title": "Art", "rooms": {"seats": 30}}],
    "/rooms?select=number,lessons(title)&building=eq.B": [{"number": 1, "lessons": []}],
    # views, and views over views, and views over what is not exposed
    "/project_list?select=title,clients(name)&id=eq.3": [{"title": "IOS", "clients": {"name": "Apple"}}],
    "/project_list_of_list?select=title,clients(name)&id=eq.1": [
        {"title": "Windows 7", "clients": {"name": "Microsoft"}}
    ],
    "/clients?select=base_view(word),project_list(title)&id=eq.1&project_list.limit=1&project_list.order=id": [
        {"base_view": [{"word": "LOW"}], "project_list": [{"title": "Windows 7"}]}
    ],
    '/Odd%20View?select="cl {id}",clients(name),tasks(id)': [
        {"cl {id}": 2, "clients": {"name": "Apple"}, "tasks": [{"id": 5}]}
    ],
    "/Odd%20View?select=users(name)": {"code": "PGRST200"},
    "/both_ways?select=clients(name)": {"code": "PGRST200"},
    "/twice?select=addresses(line)": {"code": "PGRST201"},
    "/project_list?select=title,tasks(name)&id=eq.3": [{"title": "IOS", "tasks": [{"name": "Design IOS"}]}],
    "/tasks?select=name,project_list(title,clients(name))&id=eq.5": [
        {"name": "Design IOS", "project_list": {"title": "IOS", "clients": {"name": "Apple"}}}
    ],
    # functions of the row
    "/projects?select=first_task(name),open_tasks(id)&id=eq.1&open_tasks.order=id.desc": [
        {"first_task": {"name": "Design w7"}, "open_tasks": [{"id": 2}, {"id": 1}]}
    ],
    # joins and empty embeds
    "/clients?select=name,projects!inner(id)&projects.name=eq.IOS": [{"name": "Apple", "projects": [{"id": 3}]}],
    "/clients?select=name,projects!left(id)&projects.name=eq.IOS&id=eq.1": [{"name": "Microsoft", "projects": []}],
    "/clients?select=name,projects()&projects=is.null": [{"name": "Nobody"}],
    "/clients?select=name,projects()&projects=not.is.null&order=id": [{"name": "Microsoft"}, {"name": "Apple"}],
    "/projects?select=name,clients()&or=(clients.is.null,name.eq.IOS)&order=id": [{"name": "IOS"}, {"name": "Orphan"}],
    "/clients?select=name,projects!inner(tasks!inner())&projects.tasks.name=like.*IOS": [{"name": "Apple"}],
    # a column that also names an embed
    "/projects?select=name,client_id(name)&client_id=eq.2&id=eq.3": [{"name": "IOS", "client_id": {"name": "Apple"}}],
    # spread
    "/projects?select=name,...clients(client:name)&id=eq.3": [{"name": "IOS", "client": "Apple"}],
    "/clients?select=name,...projects(titles:name)&id=gte.2&order=id&projects.order=name.desc": [
        {"name": "Apple", "titles": ["OSX", "IOS"]},
        {"name": "Nobody", "titles": []},
    ],
    "/users?select=users_tasks(task_id,...tasks(name))&id=eq.2": [
        {"users_tasks": [{"task_id": 5, "name": "Design IOS"}]}
    ],
    "/tasks?select=name,...projects(project:name,...clients(client:name))&id=eq.5": [
        {"name": "Design IOS", "project": "IOS", "client": "Apple"}
    ],
    # inside an embed: conditions, order, limit, offset
    "/clients?select=projects(name)&id=eq.1&projects.order=name.desc&projects.limit=1": [
        {"projects": [{"name": "Windows 7"}]}
    ],
    "/clients?select=projects(name)&id=eq.1&projects.order=id&projects.offset=1": [
        {"projects": [{"name": "Windows 10"}]}
    ],
    '/clients?select=p:projects(name)&id=eq.1&p.or=(name.eq."Windows 7",name.eq.none)': [
        {"p": [{"name": "Windows 7"}]}
    ],
    "/clients?select=projects(tasks(id))&id=eq.1&projects.id=eq.1&projects.tasks.id=gt.1": [
        {"projects": [{"tasks": [{"id": 2}]}]}
    ],
}

FILTERS: dict[str, list[str]] = {
    "code=eq.a": ["a"], "code=neq.a": ["b", "+15550100"], "code=not.eq.a": ["b", "+15550100"],
    "id=gt.2": ["+15550100"], "id=gte.2": ["b", "+15550100"], "id=lt.2": ["a"], "id=lte.2": ["a", "b"],
    "code=like.*": ["a", "b", "+15550100"], "body=like.*cat*": ["a"], "body=ilike.*CAT*": ["a"], "body=ilike.%25DOG%25": ["b"],
    "code=match.^[ab]$": ["a", "b"], "code=imatch.^A$": ["a"], "code=not.match.^[ab]$": ["+15550100"],
    "code=in.(a,b)": ["a", "b"], 'code=in.("a","x,y")': ["a"], "code=not.in.(a,b)": ["+15550100"], "code=in.()": [],
    "ok=is.true": ["a"], "ok=is.false": ["b"], "ok=is.unknown": ["+15550100"], "body=is.null": ["+15550100"],
    "body=not.is.null": ["a", "b"], "body=is.not_null": ["a", "b"], "ok=is.NULL": ["+15550100"],
    "code=isdistinct.a": ["b", "+15550100"], "feeling=isdistinct.happy": ["b", "+15550100"],
    "tags=cs.{red}": ["a"], "tags=cd.{red,blue,green}": ["a", "b"], "tags=ov.{green,x}": ["b"], "numbers=eq.{4}": ["b"],
    'data=cs.{"k":1}': ["a"], 'data=cd.{"k":"two","z":1}': ["b"], "data->>k=eq.two": ["b"], "data->list->>1=eq.2": ["a"],
    "data->k=eq.1": ["a"], "tags->>0=eq.green": ["b"],
    "span=sl.[15,20)": ["a"], "span=sr.[1,9)": ["b"], "span=nxr.[1,10)": ["a"], "span=nxl.[5,20)": ["b"], "span=adj.[10,12)": ["a"],
    "span=cs.[5,6)": ["a"], "during=ov.[2020-01-15,2020-01-16)": ["a"],
    "search=fts.cat": ["a"], "search=fts(english).cats": ["a"], "search=plfts.fat cat": ["a"], "search=phfts.fat cat": ["a"],
    "search=wfts.cat or dog": ["a", "b"], "search=not.fts.cat": ["b", "+15550100"], "body=fts(english).cats": ["a"], "body=wfts(simple).dog": ["b"],
    "feeling=gt.sad": ["a"], "at=lt.2020-06-01T00:00:00Z": ["a"], "uid=eq.11111111-1111-1111-1111-111111111111": ["a"],
    "big=eq.9007199254740993": ["a"], "code=eq.%2B15550100": ["+15550100"],
    "id=eq(any).{1,3}": ["a", "+15550100"], "id=gt(all).{1,2}": ["+15550100"], "code=like(any).{a*,b*}": ["a", "b"],
    "code=not.like(any).{a*,b*}": ["+15550100"],
    "or=(code.eq.a,code.eq.b)": ["a", "b"], "and=(id.gt.1,id.lt.3)": ["b"], "not.or=(code.eq.a,code.eq.b)": ["+15550100"],
    "or=(and(id.eq.1,code.eq.a),not.and(id.lt.3,ok.not.is.null))": ["a", "+15550100"],
    'or=(code.in.(a,"b"),tags.cs.{blue,red})': ["a", "b"], 'or=(body.eq."The fat cat sat",body.ilike."*dog*")': ["a", "b"],
    "or=( id.eq.1 , and( id.gt.2 , id.lt.4 ) )": ["a", "+15550100"], "or=(data->>k.eq.two,search.fts(english).cat)": ["a", "b"],
    "id=gte.1&id=lt.3": ["a", "b"], "or=(id.eq.1,id.eq.2)&or=(id.eq.2,id.eq.3)": ["b"],
}  # fmt: skip

ORDERS: dict[str, list[str]] = {
    "order=id.desc": ["+15550100", "b", "a"], "order=amount.desc.nullslast": ["b", "a", "+15550100"],
    "order=amount.nullsfirst": ["+15550100", "a", "b"], "order=ok.desc.nullslast,id": ["a", "b", "+15550100"],
    "order=data->>k.asc.nullsfirst": ["+15550100", "a", "b"], "order=id&limit=1": ["a"], "order=id&limit=1&offset=1": ["b"],
    "order=id&limit=0": [], "order=id&offset=-5&limit=1": ["a"], "order=id.asc&order=id.desc": ["a", "b", "+15550100"],
}  # fmt: skip


def same(found: Any, wanted: Any) -> bool:
    """Whether an answer is as wanted; of an error only the code is compared."""
    return {"code": found["code"]} == wanted if isinstance(found, dict) and "code" in found else bool(found == wanted)


@pytest.mark.parametrize("table", [SHAPES, EMBEDS], ids=["shapes", "embeds"])
async def test_rows_have_the_shape_that_was_selected(api: Api, table: dict[str, Any]) -> None:
    """Aliases, casts, JSON paths, odd names, computed fields, and embeds of every kind answer as PostgREST does."""
    wrong = {}
    for path, wanted in table.items():
        answer = await api("GET", path)
        if not same(answer.json(), wanted):
            wrong[path] = answer.text
    assert not wrong


@pytest.mark.parametrize("table", [FILTERS, ORDERS], ids=["filters", "orders"])
async def test_filters_and_orders_choose_the_rows(api: Api, table: dict[str, list[str]]) -> None:
    """Every operator, modifier and logic tree finds exactly its rows; values are typed by Postgres."""
    wrong = {}
    for query, wanted in table.items():
        answer = await api("GET", f"/things?select=code&{query}" + ("" if "order" in query else "&order=id"))
        if answer.status_code != 200 or [row["code"] for row in answer.json()] != wanted:
            wrong[query] = answer.text
    assert not wrong


async def test_a_plus_in_a_filter_is_a_blank_and_an_encoded_one_a_plus(api: Api) -> None:
    """A phone number is text: it is neither coerced to a number nor found without its plus."""
    assert await api.get("/things?select=code&code=eq.+15550100") == []
    assert await api.get("/things?select=code&code=eq.15550100") == []
    assert await api.get("/things?select=code&code=eq.%2B15550100") == [{"code": "+15550100"}]


async def test_rows_can_be_ordered_by_what_they_embed(api: Api) -> None:
    """`order=rel(column)` works for resources that are at most one, and only for those that are embedded."""
    rows = await api.get("/projects?select=name,clients(name)&order=clients(name).desc.nullslast,id.desc&limit=2")
    assert [row["name"] for row in rows] == ["Windows 10", "Windows 7"]
    many = await api("GET", "/clients?select=projects(name)&order=projects(name)")
    assert (many.status_code, many.json()["code"]) == (400, "PGRST118")
    none = await api("GET", "/projects?order=clients(name)")
    assert (none.status_code, none.json()["code"]) == (400, "PGRST108")


COUNTS: list[tuple[str, dict[str, str], int, str]] = [
    ("/projects", {}, 200, "0-4/*"),
    ("/projects?id=gt.1000", {}, 200, "*/*"),
    ("/projects?id=gt.1000", {"prefer": "count=exact"}, 200, "*/0"),
    ("/projects", {"prefer": "count=exact"}, 200, "0-4/5"),
    ("/projects?limit=2", {"prefer": "count=exact"}, 206, "0-1/5"),
    ("/projects?limit=2&offset=2", {"prefer": "count=exact"}, 206, "2-3/5"),
    ("/projects", {"range": "1-2", "range-unit": "items", "prefer": "count=exact"}, 206, "1-2/5"),
    ("/projects?limit=3", {"range": "0-1"}, 200, "0-1/*"),
    ("/projects", {"range": "3-"}, 200, "3-4/*"),
    ("/projects?offset=5", {"prefer": "count=exact"}, 206, "*/5"),
    ("/projects?offset=6", {"prefer": "count=exact"}, 416, "*/5"),
    ("/projects?limit=0", {"prefer": "count=exact"}, 206, "*/5"),
    ("/clients?select=name,projects!inner(name)&limit=1", {"prefer": "count=exact"}, 206, "0-0/2"),
    ("/clients?select=projects()&projects=is.null", {"prefer": "count=exact"}, 200, "0-0/1"),
    ("/rpc/numbers?up_to=5&limit=2", {"prefer": "count=exact"}, 206, "0-1/5"),
    ("/rpc/add?a=1", {"prefer": "count=exact"}, 200, "0-0/1"),
]  # fmt: skip


async def test_content_range_says_which_rows_of_how_many(api: Api) -> None:
    """Status and Content-Range follow limit, offset, the Range header and the count that was asked for."""
    wrong = {}
    for path, headers, status, shown in COUNTS:
        for method in ("GET", "HEAD") if "range" not in headers else ("GET",):
            answer = await api(method, path, headers=headers)
            if (answer.status_code, answer.headers["content-range"]) != (status, shown):
                wrong[method, path] = answer.status_code, answer.headers["content-range"]
            if method == "HEAD" and answer.content:
                wrong[method, path] = "a body"
    assert not wrong


async def test_a_planned_count_is_the_planners(api: Api) -> None:
    """`count=planned` and `count=estimated` answer with a number, and say so."""
    for kind in ("planned", "estimated"):
        answer = await api("HEAD", "/projects", headers={"prefer": f"count={kind}"})
        assert answer.headers["content-range"].partition("/")[2].isdigit()
        assert answer.headers["preference-applied"] == f"count={kind}"


async def test_a_row_can_be_had_as_an_object(api: Api) -> None:
    """One row as an object; none or several are 406 with the number."""
    one = {"accept": "application/vnd.pgrst.object+json"}
    answer = await api("GET", "/clients?id=eq.1", headers=one)
    assert answer.json() == {"id": 1, "name": "Microsoft"}
    assert answer.headers["content-type"] == "application/vnd.pgrst.object+json; charset=utf-8"
    for query, rows in (("id=eq.0", 0), ("id=gt.0", 3)):
        refused = await api("GET", f"/clients?{query}", headers=one)
        assert refused.status_code == 406
        assert refused.json() == {
            "code": "PGRST116", "details": f"The result contains {rows} rows", "hint": None,
            "message": "Cannot coerce the result to a single JSON object",
        }  # fmt: skip


async def test_other_forms_of_an_answer(api: Api) -> None:
    """CSV, answers without their nulls, and a refusal of what cannot be produced."""
    table = await api("GET", "/projects?select=id,name,client_id&id=gte.4&order=id", headers={"accept": "text/csv"})
    assert table.text == "id,name,client_id\n4,OSX,2\n5,Orphan,"
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    stripped = {"accept": "application/vnd.pgrst.array+json;nulls=stripped"}
    assert (await api("GET", "/projects?select=id,client_id&id=eq.5", headers=stripped)).json() == [{"id": 5}]
    for media in ("text/plain", "application/vnd.pgrst.plan+json"):
        refused = await api("GET", "/clients", headers={"accept": media})
        assert (refused.status_code, refused.json()["code"]) == (406, "PGRST107")
    assert (await api("GET", "/clients", headers={"accept": "application/geo+json"})).status_code == 501


async def test_a_profile_chooses_the_schema(api: Api) -> None:
    """Exposed schemas are chosen by header; others are refused and named nowhere."""
    answer = await api("GET", "/items", headers={"accept-profile": "api"})
    assert (answer.json(), answer.headers["content-profile"]) == ([{"id": 1, "name": "first"}], "api")
    for schema in ("hidden", "pg_catalog", "private"):
        refused = await api("GET", "/base", headers={"accept-profile": schema})
        assert (refused.status_code, refused.json()["code"]) == (406, "PGRST106")
        assert refused.json()["hint"] == "Only the following schemas are exposed: public, api"


async def test_only_the_secret_key_sees_the_description(api: Api) -> None:
    """The OpenAPI document is for servers, as on hosted."""
    assert (await api("GET", "/")).status_code == 401
    document = (await api.by(key="sb_secret_tests")("GET", "/")).json()
    assert document["swagger"] == "2.0"
    assert document["definitions"]["clients"]["required"] == ["id", "name"]
    assert "/rpc/add" in document["paths"]
