"""Reading rates and answer times over HTTP: figures for who manages, and nobody else's."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.kit import Client, World, token

PATHS = ("/v1/reading-rates", "/v1/answer-times")


@pytest.fixture(scope="module", autouse=True)
def written(world: World, in_one_day: None) -> None:
    """Somebody wrote to acme, and waits."""
    world.mail(world.acme, "waits@example.com")


def test_what_customers_wrote_waits_to_be_read(agent: Client) -> None:
    """The last thirty days by themselves; 304 for who has it."""
    answer = agent.get(PATHS[0])
    today = datetime.now(UTC).date()
    found = answer.json()
    assert (found["first_day"], found["last_day"]) == (str(today - timedelta(29)), str(today))
    assert [(row["kind"], row["channel"], row["reader"], row["read"]) for row in found["items"]] == [
        ("business", "email", "staff", 0)
    ]
    again = agent("GET", PATHS[0], headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert agent.get(PATHS[1]).json()["items"] == []


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [({"first_day": "2026-02-01", "last_day": "2026-01-31"}, "bad_span", "last_day"),
     ({"first_day": "2020-01-01", "last_day": "2026-01-31"}, "bad_span", "last_day"),
     ({"first_day": "yesterday"}, "bad_input", "first_day"), ({"since": "2026-01-01"}, "unknown_parameter", "since")],
)  # fmt: skip
def test_what_is_no_span_is_refused(agent: Client, query: dict[str, str], code: str, field: str) -> None:
    """The answer names the parameter."""
    for path in PATHS:
        answer = agent.get(path, **query)
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field), answer.text


@pytest.mark.parametrize("query", [{"first_day": "0001-01-01"}, {"last_day": "0001-01-02"}, {"last_day": "9999-12-31"},
                                   {"first_day": "9999-12-31"}])  # fmt: skip
def test_the_ends_of_time_are_no_fault_of_ours(agent: Client, query: dict[str, Any]) -> None:
    """Answered or refused."""
    assert {agent.get(path, **query).status_code for path in PATHS} <= {200, 422}


def test_nobody_elses_figures(stranger: Client, client: Callable[..., Client], world: World) -> None:
    """A stranger's are empty; viewers, people of the chat and who is not signed in are refused."""
    _, user = world.person(world.acme, "customer", f"ann-{uuid.uuid4().hex}@example.com")
    for path in PATHS:
        assert stranger.get(path).json()["items"] == [] and client().get(path).status_code == 401
        for bearer in (token(user), token(user, world.acme.id), world.acme.token("viewer")):
            answer = client(bearer).get(path)
            assert (answer.status_code, answer.json()["scope"]) == (403, "manage")
