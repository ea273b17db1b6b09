"""Inserting, upserting, updating and deleting, with the preferences that shape the answer."""

from typing import Any

import pytest

from tests.devstack.rest.conftest import Api
from tests.support.database import Database

FULL = {"prefer": "return=representation"}


async def test_an_insert_answers_as_much_as_was_preferred(api: Api) -> None:
    """Nothing by default, the rows on request, the place of the row as a header."""
    silent = await api("POST", "/clients", {"id": 10, "name": "Ten"})
    assert (silent.status_code, silent.text, silent.headers["content-range"]) == (201, "", "*/*")
    assert "content-type" not in silent.headers
    told = await api(
        "POST",
        "/clients?select=label:name",
        {"id": 11, "name": "Eleven"},
        FULL | {"prefer": "return=representation,count=exact"},
    )
    assert (told.json(), told.headers["content-range"]) == ([{"label": "Eleven"}], "*/1")
    assert told.headers["preference-applied"] == "return=representation, count=exact"
    placed = await api("POST", "/defaults", {"label": "x"}, {"prefer": "return=headers-only"})
    assert placed.headers["location"].startswith("/defaults?id=eq.")
    composite = await api("POST", "/rooms", {"building": "C & D", "number": 7}, {"prefer": "return=headers-only"})
    assert composite.headers["location"] == "/rooms?building=eq.C%20%26%20D&number=eq.7"


async def test_many_rows_are_inserted_at_once_or_not_at_all(api: Api) -> None:
    """Arrays of objects with the same members; `columns` chooses among them, `missing=default` fills in."""
    rows = await api(
        "POST", "/defaults?select=label,number", [{"label": "a", "number": 1}, {"label": "b", "number": None}], FULL
    )
    assert rows.json() == [{"label": "a", "number": 1}, {"label": "b", "number": None}]
    chosen = await api(
        "POST",
        '/defaults?columns="label","number"&select=label,number,note',
        [{"label": "c", "note": "no"}, {"number": 5}],
        FULL,
    )
    assert chosen.json() == [{"label": "c", "number": None, "note": None}, {"label": None, "number": 5, "note": None}]
    filled = {"prefer": "return=representation,missing=default"}
    kept = await api(
        "POST", "/defaults?columns=id,label,number&select=label,number", [{"label": "d"}, {"number": 5}], filled
    )
    assert kept.json() == [{"label": "d", "number": 42}, {"label": "unnamed", "number": 5}]
    assert kept.headers["preference-applied"] == "missing=default, return=representation"
    assert [row["label"] for row in (await api("POST", "/defaults?select=label", [{}, {}], FULL)).json()] == [
        "unnamed"
    ] * 2
    assert (await api("POST", "/defaults", [], FULL)).json() == []
    half = await api("POST", "/clients", [{"id": 20, "name": "ok"}, {"id": 1, "name": "taken"}])
    assert (half.status_code, half.json()["code"]) == (409, "23505")
    assert await api.get("/clients?id=eq.20") == []


async def test_numbers_of_any_size_are_left_to_postgres(api: Api) -> None:
    """What Python would round or refuse is stored digit by digit."""
    digits = "123456789012345678901234567890.123456789012345678901234567890"
    answer = await api(
        "POST",
        "/things?select=amount",
        f'[{{"code": "digits", "amount": {digits}}}]',
        FULL | {"content-type": "application/json"},
    )
    assert answer.text == f'[{{"amount":{digits}}}]'
    huge = await api("POST", "/things", '{"amount": 1e400}', {"content-type": "application/json"})
    assert huge.status_code == 201


BODIES: list[tuple[Any, str, str]] = [
    ("}{", "application/json", "Empty or invalid json"),
    ("", "application/json", "Empty or invalid json"),
    (b'{"name": "\xff"}', "application/json", "Empty or invalid json"),
    ('[{"id": 1}, {"name": "x"}]', "application/json", "All object keys must match"),
    ('[{"id": 1}, 3]', "application/json", "All object keys must match"),
    ("[1, 2]", "application/json", "All object keys must match"),
    ('[{"id": 1}', "application/json", "Empty or invalid json"),
    ('{"id": 1} x', "application/json", "Empty or invalid json"),
    ('[{"id": 1}, {]', "application/json", "Empty or invalid json"),
    ("a,b\n1", "text/csv", "All lines must have same number of fields"),
    ("x", "text/html", "Content-Type not acceptable: text/html"),
]


async def test_bodies_that_are_no_rows_are_refused(api: Api) -> None:
    """Each with PGRST102 and the words PostgREST uses."""
    for body, media, message in BODIES:
        answer = await api("POST", "/clients", body, {"content-type": media})
        assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (400, "PGRST102", message), body


async def test_rows_can_come_as_csv_and_as_a_form(api: Api) -> None:
    """CSV with NULL for nothing, and a form as one row."""
    table = await api(
        "POST", "/defaults?select=label,note", 'label,note\n"a,b",NULL\nc,d', FULL | {"content-type": "text/csv"}
    )
    assert table.json() == [{"label": "a,b", "note": None}, {"label": "c", "note": "d"}]
    form = await api(
        "POST",
        "/defaults?select=label,number",
        "label=f+g&number=7",
        FULL | {"content-type": "application/x-www-form-urlencoded"},
    )
    assert form.json() == [{"label": "f g", "number": 7}]


async def test_values_reach_the_columns_exactly(api: Api) -> None:
    """Large integers, nested JSON, arrays, ranges and instants arrive as they were sent."""
    row = {
        "code": "exact", "big": 9007199254740993, "tags": ["a,b", 'c"d', "{}"], "numbers": [1, None], "span": "[1,5)",
        "data": {"a": [1, {"b": None}], "ü": "\\ %s ' \""}, "feeling": "ok", "at": "2024-02-29T10:00:00+02:00",
    }  # fmt: skip
    answer = await api("POST", f"/things?select={','.join(row)}", row, FULL)
    assert answer.json() == [row | {"at": "2024-02-29T08:00:00+00:00"}]


async def test_an_upsert_says_whether_anything_is_new(api: Api) -> None:
    """201 as soon as a row was made, 200 when all were there; the unique key may be named."""
    merge = {"prefer": "resolution=merge-duplicates,return=representation"}
    only_old = await api("POST", "/clients", [{"id": 3, "name": "Somebody"}], merge)
    assert (only_old.status_code, only_old.json()) == (200, [{"id": 3, "name": "Somebody"}])
    assert only_old.headers["preference-applied"] == "resolution=merge-duplicates, return=representation"
    mixed = await api("POST", "/clients", [{"id": 3, "name": "Nobody"}, {"id": 30, "name": "New"}], merge)
    assert mixed.status_code == 201
    by_code = await api("POST", "/things?on_conflict=code&select=code,big", [{"code": "a", "big": 5}], merge)
    assert (by_code.status_code, by_code.json()) == (200, [{"code": "a", "big": 5}])
    ignored = await api(
        "POST", "/clients", [{"id": 3, "name": "x"}], {"prefer": "resolution=ignore-duplicates,return=representation"}
    )
    assert (ignored.status_code, ignored.json()) == (201, [])
    assert (await api("POST", "/clients", [], merge)).status_code == 200
    keyless = await api("POST", "/no_key", {"a": 9}, merge)
    assert (keyless.status_code, keyless.headers["preference-applied"]) == (201, "return=representation")
    unknown = await api("POST", "/things?on_conflict=nope", [{"code": "q"}], merge)
    assert (unknown.status_code, unknown.json()["code"]) == (400, "42703")


async def test_put_is_for_the_row_of_the_url(api: Api) -> None:
    """Made or replaced under its key; nothing else is accepted."""
    made = await api("PUT", "/clients?id=eq.40", {"id": 40, "name": "Forty"}, FULL)
    assert (made.status_code, made.json()) == (201, [{"id": 40, "name": "Forty"}])
    assert (await api("PUT", "/clients?id=eq.40", {"id": 40, "name": "Vierzig"}, FULL)).status_code == 200
    assert (await api("PUT", "/clients?id=eq.40", {"id": 40, "name": "Forty"})).status_code == 204
    for path, body, code in (
        ("/clients?id=eq.40", {"id": 41, "name": "x"}, "PGRST115"), ("/clients?id=gt.40", {"id": 40, "name": "x"}, "PGRST105"),
        ("/clients?name=eq.x", {"id": 40, "name": "x"}, "PGRST105"), ("/clients?id=eq.40&limit=1", {"id": 40, "name": "x"}, "PGRST114"),
        ("/clients", {"id": 40, "name": "x"}, "PGRST105"), ("/no_key?a=eq.1", {"a": 1}, "PGRST105"),
    ):  # fmt: skip
        assert (await api("PUT", path, body)).json()["code"] == code, path
    assert await api.get("/clients?id=eq.41") == []


async def test_updates_change_what_the_filters_find(api: Api) -> None:
    """Filters, logic trees and embeds in the answer; an empty body changes nothing."""
    silent = await api("PATCH", "/projects?id=eq.1", {"name": "Windows Seven"})
    assert (silent.status_code, silent.headers["content-range"]) == (204, "0-0/*")
    told = await api("PATCH", "/projects?or=(id.eq.1,id.eq.2)&select=id,shout,clients(name)", {"name": "w"}, FULL)
    assert told.json() == [{"id": n, "shout": "W", "clients": {"name": "Microsoft"}} for n in (1, 2)]
    renamed = await api(
        "PATCH", "/projects?or=(name.eq.IOS,name.eq.none)&select=id&order=id&limit=0", {"name": "i"}, FULL
    )
    assert renamed.json() == [{"id": 3}]
    assert (await api("PATCH", "/projects?id=eq.1", {}, FULL)).json() == []
    assert (await api("PATCH", "/projects?id=eq.1000", {"name": "x"}, FULL)).json() == []
    unknown = await api("PATCH", "/projects?id=eq.1", {"nope": 1})
    assert unknown.json()["message"] == "Could not find the 'nope' column of 'projects' in the schema cache"
    view = await api("PATCH", "/project_list?id=eq.1", {"title": "Seven"}, FULL)
    assert view.json() == [{"id": 1, "title": "Seven", "client_id": 1}]


async def test_deletes_answer_with_what_is_gone(api: Api) -> None:
    """The rows on request, their number when it was asked for, 409 when others refer to them."""
    await api("POST", "/clients", [{"id": n, "name": "gone"} for n in (50, 51)])
    answer = await api(
        "DELETE", "/clients?name=eq.gone&select=id", headers={"prefer": "return=representation,count=exact"}
    )
    assert (answer.status_code, answer.json(), answer.headers["content-range"]) == (
        200,
        [{"id": 50}, {"id": 51}],
        "*/2",
    )
    assert (await api("DELETE", "/clients?id=eq.1000")).status_code == 204
    held = await api("DELETE", "/clients?id=eq.1")
    assert (held.status_code, held.json()["code"]) == (409, "23503")


@pytest.mark.parametrize(
    ("method", "path", "body", "word"),
    [
        ("PATCH", "/clients", {"name": "everybody"}, "UPDATE"), ("DELETE", "/clients", None, "DELETE"),
        ("DELETE", "/clients?select=id,projects(id)&projects.id=gt.0", None, "DELETE"),
    ],
)  # fmt: skip
async def test_nobody_changes_every_row_by_leaving_out_a_filter(
    api: Api, world: Database, method: str, path: str, body: Any, word: str
) -> None:
    """As where pg-safeupdate is loaded; a filter that is always true will do, and one on an embed will not."""
    answer = await api(method, path, body, FULL)
    assert (answer.status_code, answer.json()) == (
        400, {"code": "21000", "details": None, "hint": None, "message": f"{word} requires a WHERE clause"},
    )  # fmt: skip
    with world.connect() as owner:
        assert owner.execute("select count(*), count(distinct name) > 1 from public.clients").fetchone()[1] is True
    assert (await api("PATCH", "/clients", {})).status_code == 204  # sets nothing


async def test_changes_are_undone_when_the_answer_cannot_be_given(api: Api, world: Database) -> None:
    """Two rows for one object, or more rows than `max-affected` allows: nothing is kept."""
    one = {"accept": "application/vnd.pgrst.object+json"}
    two = await api("POST", "/clients", [{"id": 60, "name": "a"}, {"id": 61, "name": "b"}], FULL | one)
    assert (two.status_code, two.json()["details"]) == (406, "The result contains 2 rows")
    many = await api("PATCH", "/clients?id=gt.0", {"name": "all"}, {"prefer": "handling=strict, max-affected=1"})
    assert (many.status_code, many.json()["code"]) == (400, "PGRST124")
    lenient = await api(
        "PATCH", "/clients?id=eq.1", {"name": "Microsoft"}, {"prefer": "handling=lenient, max-affected=0"}
    )
    assert lenient.status_code == 204
    with world.connect("admin") as admin:
        assert admin.execute("select count(*) from public.clients where id in (60, 61) or name = 'all'").fetchone() == (
            0,
        )
    single = await api("POST", "/clients", {"id": 62, "name": "one"}, FULL | one)
    assert (single.status_code, single.json()) == (201, {"id": 62, "name": "one"})


async def test_preferences_are_checked_when_handling_is_strict(api: Api) -> None:
    """Unknown words are named; otherwise they are passed over. A transaction cannot be rolled back by the client."""
    strict = await api("GET", "/clients", headers={"prefer": "handling=strict, nope, timezone=Nowhere/Land"})
    assert (strict.status_code, strict.json()["details"]) == (400, "Invalid preferences: nope, timezone=Nowhere/Land")
    lenient = await api("GET", "/clients", headers={"prefer": "handling=lenient, nope"})
    assert (lenient.status_code, lenient.headers["preference-applied"]) == (200, "handling=lenient")
    kept = await api("POST", "/clients", {"id": 70, "name": "kept"}, {"prefer": "tx=rollback"})
    assert kept.status_code == 201
    assert await api.get("/clients?id=eq.70&select=name") == [{"name": "kept"}]


@pytest.mark.parametrize(("path", "allow"), [
    ("/clients", "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"), ("/no_key", "OPTIONS,GET,HEAD,POST,PATCH,DELETE"),
    ("/rpc/add", "OPTIONS,GET,HEAD,POST"), ("/rpc/bump", "OPTIONS,POST"), ("/", "OPTIONS,GET,HEAD"),
])  # fmt: skip
async def test_options_names_the_methods(api: Api, path: str, allow: str) -> None:
    """What a resource allows follows from its key, and from what a function may change."""
    assert (await api("OPTIONS", path)).headers["allow"] == allow
