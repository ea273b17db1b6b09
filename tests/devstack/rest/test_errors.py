"""What goes wrong is answered with the code, status and words of PostgREST."""

from typing import Any

import jwt

from tests.devstack.rest.conftest import ALICE, FAR, HS256, Api, token

PATHS: dict[str, tuple[int, str]] = {
    "/nope": (404, "PGRST205"), "/clients/1": (404, "PGRST125"), "/rpc": (404, "PGRST205"),
    "/clients?id=foo.1": (400, "PGRST100"), "/clients?id=eq": (400, "PGRST100"), "/clients?select=id,": (400, "PGRST100"),
    "/clients?select=id(": (400, "PGRST100"), "/clients?order=id.up": (400, "PGRST100"), "/clients?or=()": (400, "PGRST100"),
    "/clients?or=(id.eq.1": (400, "PGRST100"), "/clients?id=is.maybe": (400, "PGRST100"), "/clients?id=in.1": (400, "PGRST100"),
    "/clients?limit=-1": (416, "PGRST103"), "/clients?select=nope": (400, "42703"), "/clients?nope=eq.1": (400, "42703"),
    "/clients?id=eq.abc": (400, "22P02"), "/clients?id=eq.99999999999": (400, "22003"), "/clients?name=eq.%00": (400, "22021"),
    "/clients?id=like.1": (404, "42883"), "/clients?select=id::nope": (400, "42704"), "/clients?select=id.sum()": (400, "PGRST123"),
    "/clients?select=count()": (400, "PGRST123"), "/clients?select=nope(*)": (400, "PGRST200"),
    "/clients?select=projects!nope(*)": (400, "PGRST200"), "/clients?projects.id=eq.1": (400, "PGRST108"),
    "/clients?select=projects(*)&projects=eq.1": (400, "42703"), "/orders?select=addresses(*)": (300, "PGRST201"),
    "/secrets": (401, "42501"),
}  # fmt: skip


async def test_each_mistake_has_its_code(api: Api) -> None:
    """Status and code of everything a path can get wrong."""
    wrong = {}
    for path, (status, code) in PATHS.items():
        answer = await api("GET", path)
        if (answer.status_code, answer.json()["code"]) != (status, code):
            wrong[path] = answer.status_code, answer.text
    assert not wrong


WORDS: dict[str, dict[str, Any]] = {
    "/client": {
        "code": "PGRST205", "details": None, "hint": "Perhaps you meant the table 'public.clients'",
        "message": "Could not find the table 'public.client' in the schema cache",
    },
    "/clients?id=foo.1": {
        "code": "PGRST100", "details": 'unexpected "f" expecting "not" or operator (eq, gt, ...)', "hint": None,
        "message": '"failed to parse filter (foo.1)" (line 1, column 1)',
    },
    "/clients?or=()": {
        "code": "PGRST100", "hint": None, "message": '"failed to parse logic tree (())" (line 1, column 4)',
        "details": 'unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)',
    },
    "/clients?select=projcts(*)": {
        "code": "PGRST200", "hint": "Perhaps you meant 'projects' instead of 'projcts'.",
        "message": "Could not find a relationship between 'clients' and 'projcts' in the schema cache",
        "details": "Searched for a foreign key relationship between 'clients' and 'projcts' in the schema 'public',"
        " but no matches were found.",
    },
    "/orders?select=addresses(*)": {
        "code": "PGRST201",
        "message": "Could not embed because more than one relationship was found for 'orders' and 'addresses'",
        "hint": "Try changing 'addresses' to one of the following: 'addresses!orders_billing_fkey',"
        " 'addresses!orders_shipping_fkey'. Find the desired relationship in the 'details' key.",
        "details": [
            {"cardinality": "many-to-one", "embedding": "orders with addresses",
             "relationship": "orders_billing_fkey using orders(billing_id) and addresses(id)"},
            {"cardinality": "many-to-one", "embedding": "orders with addresses",
             "relationship": "orders_shipping_fkey using orders(shipping_id) and addresses(id)"},
        ],
    },
}  # fmt: skip


async def test_the_words_are_those_clients_know(api: Api) -> None:
    """Message, details and hint of the errors a developer meets most."""
    for path, body in WORDS.items():
        assert (await api("GET", path)).json() == body


SQLSTATES = {
    "23505": 409, "23503": 409, "23502": 400, "23514": 400, "22P02": 400, "25006": 405, "28000": 403, "40001": 500, "40P01": 500,
    "42501": 401, "42883": 404, "42P01": 404, "42P17": 500, "53400": 500, "53300": 503, "54001": 500, "55P03": 500, "57014": 500,
    "57P01": 503, "P0001": 400, "P0002": 500, "XX000": 500, "21000": 500, "08006": 503, "0L000": 403, "PT402": 402, "PT409": 409,
    "HV000": 500, "2F005": 400,
}  # fmt: skip


async def test_a_sqlstate_becomes_a_status(api: Api) -> None:
    """Errors a function raises keep code, message, detail and hint."""
    for code, status in SQLSTATES.items():
        answer = await api("POST", "/rpc/fail", {"code": code})
        assert answer.json() == {"code": code, "details": "a detail", "hint": "a hint", "message": "it failed"}
        assert answer.status_code == status, code
    signed_in = api.by(bearer=token("authenticated"))
    assert (await signed_in("POST", "/rpc/fail", {"code": "42501"})).status_code == 403


async def test_a_raise_can_be_the_whole_answer(api: Api) -> None:
    """`raise sqlstate 'PGRST'` sets status, headers and body, and is told apart from a broken one."""
    answer = await api("POST", "/rpc/fail_whole")
    assert (answer.status_code, answer.headers["x-pot"]) == (418, "tea")
    assert answer.json() == {"code": "TEA", "details": "ever", "hint": "try tea", "message": "no coffee"}
    assert (await api("POST", "/rpc/fail_half")).json()["code"] == "PGRST121"


async def test_a_slow_statement_is_stopped(api: Api) -> None:
    """The time limit of the function counts for the whole request."""
    answer = await api("POST", "/rpc/slow", {"seconds": 5})
    assert (answer.status_code, answer.json()["code"]) == (500, "57014")


async def test_keys_and_tokens_are_refused_as_the_gateway_and_postgrest_do(api: Api) -> None:
    """No key, a wrong key, a broken token, an expired one, and one that somebody else signed."""
    client = api.client
    none = await client.get("/clients")
    assert (none.status_code, none.json()["message"]) == (401, "No API key found in request")
    wrong = await api.by(key="sb_publishable_other")("GET", "/clients")
    assert (wrong.status_code, wrong.json()["message"]) == (401, "Invalid API key")
    for bearer, code, message in (
        ("abc", "PGRST301", "Expected 3 parts in JWT; got 1"), (token("anon", exp=1000), "PGRST303", "JWT expired"),
        (token("anon", nbf=FAR - 10), "PGRST303", "JWT not yet valid"),
        (token("anon")[:-6] + "AAAAAA", "PGRST301", "No suitable key or wrong key type"),
    ):  # fmt: skip
        answer = await api.by(bearer=bearer)("GET", "/clients")
        assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (401, code, message)
        assert answer.headers["www-authenticate"] == f'Bearer error="invalid_token", error_description="{message}"'


async def test_a_token_without_a_role_is_anonymous(api: Api) -> None:
    """As on hosted: another issuer's token that names no role gets what anybody gets, under its own claims."""
    nameless = jwt.encode({"exp": FAR, "sub": ALICE}, HS256, algorithm="HS256")
    seen = await api.by(bearer=nameless).get("/rpc/claims")
    assert (seen["role"], seen["claims"]["sub"]) == ("anon", ALICE)


async def test_the_room_works_on_after_errors(api: Api) -> None:
    """Failed transactions leave nothing behind on their connections."""
    for _ in range(30):
        assert (await api("GET", "/clients?id=eq.x")).status_code == 400
    assert len(await api.get("/clients")) == 3
    assert (await api.get("/rpc/claims"))["zone"] != "Europe/Berlin"
