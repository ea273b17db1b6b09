"""The OpenAPI document: valid, complete, and its examples fit their own schemas."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.http.openapi.operations import OPERATIONS
from app.http.openapi.problems import PROBLEMS
from tests.api.kit import Client, World

ROOT = Path(__file__).resolve().parents[2]
Found = tuple[str, Any]


@pytest.fixture(scope="module")
def document(url: str) -> Any:
    """The document as it is served."""
    return Client(url).get("/openapi.json").json()


def resolved(document: Any, part: Any) -> Any:
    """A part, or the component it refers to."""
    while "$ref" in part:
        found = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def operations(document: Any) -> Iterator[tuple[str, Any]]:
    """("GET /path", operation) of everything."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def contents(document: Any) -> Iterator[tuple[str, Any]]:
    """(where, media type object) of every body and answer."""
    for name, operation in operations(document):
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            yield f"{name} body {kind}", content
        for status, response in operation["responses"].items():
            for kind, content in resolved(document, response).get("content", {}).items():
                yield f"{name} {status} {kind}", content


def examples(content: Any) -> list[Any]:
    """The examples of a parameter, header or media type."""
    named = [one["value"] for one in content.get("examples", {}).values()]
    return [content["example"], *named] if "example" in content else named


def test_the_document_is_valid_openapi(document: Any) -> None:
    """As the specification says, 3.1."""
    assert document["openapi"].startswith("3.1")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_operation_says_what_it_is(document: Any) -> None:
    """A summary, a description, tags that are explained, an id of its own, and how to sign in."""
    tags = {tag["name"] for tag in document["tags"] if tag["description"]}
    faults, ids = [], []
    for name, operation in operations(document):
        ids.append(operation["operationId"])
        if not operation.get("summary") or not operation.get("description"):
            faults.append(f"{name}: no summary or description")
        if not operation.get("tags") or not set(operation["tags"]) <= tags:
            faults.append(f"{name}: tags {operation.get('tags')}")
        schemes = {scheme for choice in operation["security"] for scheme in choice}
        if schemes != ({"bearer", "apiKey"} if "/v1/" in name else set()):
            faults.append(f"{name}: security {schemes}")
    assert faults == [] and len(ids) == len(set(ids)) and len(ids) >= 60
    schemes = document["components"]["securitySchemes"]
    assert schemes["bearer"]["bearerFormat"] == "JWT" and schemes["apiKey"]["name"] == "X-API-Key"


def test_everything_served_is_in_the_document(document: Any, world: World) -> None:
    """No route is forgotten, and nothing is described that is not there."""
    from app.http.main import make_app

    app: Any = make_app(world.database.settings(supabase_jwt_secret="x" * 40))._app
    unlisted = {"/openapi.json", "/docs", "/docs.js"}
    served = {route.path_format for route in app.routes if not route.path_format.startswith("/dashboard")} - unlisted
    assert served == set(document["paths"])
    assert {operation["operationId"] for _, operation in operations(document)} == {
        re.sub(r"_(\w)", lambda hit: hit[1].upper(), name) for name in OPERATIONS
    }


def test_every_parameter_body_and_answer_has_an_example(document: Any) -> None:
    """A meaning and a real example for each, headers of answers included; every answer carries its request id."""
    faults = []
    for name, operation in operations(document):
        for parameter in (resolved(document, one) for one in operation["parameters"]):
            if not parameter.get("description") or not examples(parameter):
                faults.append(f"{name}: parameter {parameter['name']}")
        for status, response in operation["responses"].items():
            answer = resolved(document, response)
            if not answer.get("description") or "X-Request-Id" not in answer["headers"]:
                faults.append(f"{name}: {status}")
            for header in answer["headers"].values():
                described = resolved(document, header)
                if not described.get("description") or not examples(described):
                    faults.append(f"{name}: header of {status}")
    faults += [where for where, content in contents(document) if not examples(content)]
    assert faults == []


def test_every_field_has_a_meaning_and_an_example(document: Any) -> None:
    """No field of any shape is left to be guessed."""
    shapes = document["components"]["schemas"]
    faults = [
        f"{name}.{field}" for name, shape in shapes.items() for field, schema in shape.get("properties", {}).items()
        if not schema.get("description") or not schema.get("examples")
    ]  # fmt: skip
    assert faults == [] and sum(len(shape.get("properties", {})) for shape in shapes.values()) > 300
    assert [name for name, shape in shapes.items() if not shape.get("description")] == []


def fits(document: Any, schema: Any, value: Any) -> list[str]:
    """What is wrong with a value under a schema of the document."""
    whole = {**schema, "components": document["components"]}
    checker = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    return [error.message for error in checker.iter_errors(value)]


def test_every_example_fits_its_schema(document: Any) -> None:
    """Of parameters, headers, bodies, answers and fields, formats included."""
    faults: list[tuple[str, list[str]]] = []
    for where, content in contents(document):
        faults += [(where, fits(document, content["schema"], one)) for one in examples(content)]
    for name, operation in operations(document):
        for parameter in (resolved(document, one) for one in operation["parameters"]):
            shown = examples(parameter)
            faults += [(f"{name} {parameter['name']}", fits(document, parameter["schema"], one)) for one in shown]
    for name, shape in document["components"]["schemas"].items():
        for field, schema in shape.get("properties", {}).items():
            faults += [(f"{name}.{field}", fits(document, schema, one)) for one in schema["examples"]]
    for name, header in document["components"]["headers"].items():
        faults.append((name, fits(document, header["schema"], header["example"])))
    assert [(where, fault) for where, fault in faults if fault] == []


def test_problems_are_documented_with_their_headers(document: Any) -> None:
    """401 and 503 wherever somebody signs in, Retry-After on 429 and 503, every example under its own status."""
    faults = []
    for name, operation in operations(document):
        answers = {status: resolved(document, one) for status, one in operation["responses"].items()}
        wanted = {"401", "422", "503"} if "/v1/" in name else set()
        wanted |= {"413", "415"} if "requestBody" in operation else set()
        wanted |= {"400"} if "application/json" in operation.get("requestBody", {}).get("content", {}) else set()
        wanted |= {"404"} if "_id}" in name else set()
        wanted |= {"403"} if operation["security"] and operation["security"][0]["bearer"] else set()
        if not wanted <= set(answers):
            faults.append((name, wanted - set(answers)))
        for status, answer in answers.items():
            if status >= "400":
                shown = examples(answer["content"]["application/problem+json"])
                faults += [(name, one) for one in shown if str(one["status"]) != status or not one["code"]]
            if status in ("429", "503") and "Retry-After" not in answer["headers"]:
                faults.append((name, status))
    assert faults == []
    send = resolved(document, document["paths"]["/v1/threads/{thread_id}/messages"]["post"])["responses"]
    assert set(send) >= {"200", "201", "401", "403", "404", "409", "422", "429", "503"}


def test_known_problems_are_really_raised() -> None:
    """Each code of the catalogue stands in the source that raises it, and clients' functions raise no other."""
    written = "\n".join(
        path.read_text() for folder, kind in (("app", "*.py"), ("supabase/migrations", "*.sql"))
        for path in (ROOT / folder).rglob(kind) if "openapi" not in path.parts
    )  # fmt: skip
    assert [code for code in PROBLEMS if not re.search(rf"['\"]{code}['\"]", written)] == []
    raised = set(re.findall(r"\"code\": \"(\w+)\"|'code', '(\w+)'", written))
    unseen = {
        # Raised to workers, DBAs and service_role, or by functions the API does not call.
        "append_only", "fence_moved", "head_regressed", "immutable", "linked_already", "address_not_verified",
        "not_enqueued", "reason_missing", "retention_too_short", "lease_lost", "bad_subscription", "bad_outcome",
        "task_closed", "no_member", "bad_seq", "already_sent", "bad_verdict",
        # The API checks before the database does, and answers bad_input.
        "bad_purpose", "bad_resolution", "bad_status", "unknown_field", "unknown_log", "unknown_setting",
    }  # fmt: skip
    assert {one or other for one, other in raised} - set(PROBLEMS) - unseen == set()


def test_the_readable_page_needs_nothing_from_elsewhere(url: str) -> None:
    """The page and its script are this server's own."""
    client = Client(url)
    page = client.get("/docs")
    assert page.status_code == 200 and 'src="/docs.js"' in page.text
    for text in (page.text, client.get("/docs.js").text):
        assert not re.search(r"(src|href)=\"?https?:", text)
