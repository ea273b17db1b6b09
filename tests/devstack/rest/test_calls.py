"""Calling functions."""

from typing import Any

from tests.devstack.rest.conftest import ALICE, Api, token

ANSWERS: list[tuple[str, str, Any, Any]] = [
    ("POST", "/rpc/add", {"a": 1, "b": 2}, 3), ("POST", "/rpc/add", {"a": 1}, 11), ("GET", "/rpc/add?a=1&b=5", None, 6),
    ("POST", "/rpc/add", [{"a": 1}, {"a": 5}], 11), ("POST", "/rpc/add?columns=a", {"a": 1, "zzz": 3}, 11),
    ("GET", "/rpc/hello", None, "hello"), ("POST", "/rpc/hello", "", "hello"), ("POST", "/rpc/hello", {}, "hello"),
    ("GET", "/rpc/add_many?numbers=1&numbers=2", None, 3), ("POST", "/rpc/add_many", {"numbers": [1, 2, 3]}, 6),
    ("GET", "/rpc/numbers?up_to=3", None, [1, 2, 3]), ("GET", "/rpc/numbers?up_to=5&limit=2&offset=1", None, [2, 3]),
    ("GET", "/rpc/add?a=9&a=1", None, 11),
    ("POST", "/rpc/one_project?select=name", {"wanted": 1}, {"name": "Windows 7"}),
    ("POST", "/rpc/projects_of?select=name,clients(name),tasks(name)&id=eq.1&tasks.order=id.desc&tasks.limit=1", {"client": 1},
     [{"name": "Windows 7", "clients": {"name": "Microsoft"}, "tasks": [{"name": "Code w7"}]}]),
    ("GET", "/rpc/projects_of?client=2&select=id,shout&order=id.desc&name=like.*S*", None, [{"id": 4, "shout": "OSX"}, {"id": 3, "shout": "IOS"}]),
    ("GET", "/rpc/pairs?select=k&v=not.is.null&order=k.desc", None, [{"k": "b"}, {"k": "a"}]),
    ("GET", "/rpc/outs?a=3", None, {"double": 6, "half": 1.5}),
    ("POST", "/rpc/whole_json", {"a": [1]}, {"a": [1]}), ("POST", "/rpc/echo_json", {"payload": {"b": None}}, {"b": None}),
    ("POST", "/rpc/over", {"a": 1}, "one"), ("POST", "/rpc/over", {"a": 1, "b": 2}, "two"),
    ("POST", "/rpc/bump", {}, 1), ("POST", "/rpc/bump_many", {}, [1, 2]),
]  # fmt: skip


async def test_functions_answer_what_they_return(api: Api) -> None:
    """Scalars, sets, rows, tables and OUT columns, with arguments by name, by default, repeated, or as the body."""
    wrong = {}
    for method, path, body, wanted in ANSWERS:
        answer = await api(method, path, body, {"content-type": "application/json"} if body == "" else None)
        if answer.status_code != 200 or answer.json() != wanted:
            wrong[method, path] = answer.text
    assert not wrong


async def test_the_body_can_be_the_only_argument(api: Api) -> None:
    """Text and bytes go to functions with one unnamed parameter; a form gives named ones."""
    text = await api("POST", "/rpc/whole_text", "abc", {"content-type": "text/plain"})
    assert text.json() == "ABC"
    data = await api("POST", "/rpc/whole_bytes", b"\x00\xff\x01", {"content-type": "application/octet-stream"})
    assert data.json() == 3
    form = await api("POST", "/rpc/add", "a=1&b=4", {"content-type": "application/x-www-form-urlencoded"})
    assert form.json() == 5


async def test_a_function_without_an_answer_is_204(api: Api) -> None:
    """No body, no Content-Type."""
    answer = await api("POST", "/rpc/nothing")
    assert (answer.status_code, answer.text) == (204, "")
    assert "content-type" not in answer.headers


async def test_get_changes_nothing(api: Api) -> None:
    """A function that writes cannot be called by GET; HEAD answers without a body."""
    refused = await api("GET", "/rpc/bump")
    assert (refused.status_code, refused.json()["code"]) == (405, "25006")
    head = await api("HEAD", "/rpc/hello")
    assert (head.status_code, head.text) == (200, "")


async def test_functions_that_do_not_fit_are_explained(api: Api) -> None:
    """Missing, misspelt and ambiguous functions answer with PostgREST's words."""
    missing = await api("POST", "/rpc/hallo", {"x": 1})
    assert missing.status_code == 404
    assert missing.json() == {
        "code": "PGRST202", "hint": "Perhaps you meant to call the function public.hello",
        "message": "Could not find the function public.hallo(x) in the schema cache",
        "details": "Searched for the function public.hallo with parameter x or with a single unnamed json/jsonb parameter,"
        " but no matches were found in the schema cache.",
    }  # fmt: skip
    misnamed = (await api("GET", "/rpc/one_project?wantet=1")).json()
    assert misnamed["hint"] == "Perhaps you meant to call the function public.one_project(wanted)"
    plain = (await api("POST", "/rpc/hello", "x", {"content-type": "text/plain"})).json()
    assert plain["details"].startswith("Searched for the function public.hello with a single unnamed text parameter")
    double = await api("POST", "/rpc/dup", {"a": 1})
    assert (double.status_code, double.json()["code"]) == (300, "PGRST203")
    assert "public.dup(a => integer), public.dup(a => text)" in double.json()["message"]
    assert (await api("POST", "/rpc/unseen")).status_code == 404
    assert (await api("DELETE", "/rpc/add")).json()["code"] == "PGRST101"


async def test_a_function_sees_the_request(api: Api) -> None:
    """Claims, method, path, headers, cookies, time zone and the time limit of its role are settings."""
    user = api.by(bearer=token("authenticated", ALICE, custom={"x": 1}))
    seen = await user.get("/rpc/claims", x_agent="me", cookie="flavour=oat", prefer="timezone=Europe/Berlin")
    assert seen["role"] == "authenticated"
    assert (seen["claims"]["sub"], seen["claims"]["custom"]) == (ALICE, {"x": 1})
    assert (seen["method"], seen["path"], seen["agent"], seen["cookie"]) == ("GET", "/rpc/claims", "me", "oat")
    assert (seen["zone"], seen["timeout"]) == ("Europe/Berlin", "8s")
    assert (await api.get("/rpc/claims"))["timeout"] == "3s"


async def test_a_function_may_decide_about_the_answer(api: Api) -> None:
    """`response.status` and `response.headers` are honoured, and refused when they are none."""
    tea = await api("POST", "/rpc/teapot")
    assert (tea.status_code, tea.json(), tea.headers["x-pot"], tea.headers["cache-control"]) == (
        418,
        "short and stout",
        "tea",
        "no-store",
    )
    assert (await api("POST", "/rpc/bad_headers")).json()["code"] == "PGRST111"
    assert (await api("POST", "/rpc/bad_status")).json()["code"] == "PGRST112"


async def test_a_set_can_be_held_to_a_number_of_rows(api: Api) -> None:
    """`max-affected` counts the rows of a set and refuses functions that answer one value."""
    strict = {"prefer": "handling=strict,max-affected=1"}
    assert (await api("POST", "/rpc/bump_many", {}, strict)).json()["code"] == "PGRST124"
    assert (await api("POST", "/rpc/bump", {}, strict)).json()["code"] == "PGRST128"
