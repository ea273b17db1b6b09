"""The operations board over HTTP: everything in one object, one metric in time, refused, and nobody else's."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.api.kit import Client, World, token

BOARD = "/v1/operations/board"
SERIES = "/v1/operations/series"


@pytest.fixture(scope="module", autouse=True)
def counted(world: World, in_one_day: None) -> None:
    """Two mails of two people at acme, counted."""
    for sender in ("ann@example.com", "bob@example.com"):
        world.mail(world.acme, sender)
    world.count_for_the_board()


def test_the_board_is_one_answer(client: Callable[..., Client], world: World) -> None:
    """Any staff; a day up to now by the hour unless said; how old it is, and every tile."""
    found = client(world.acme.token("viewer")).get(BOARD).json()
    assert found["step"] == "hour" and found["as_of"] is not None and found["age_seconds"] < 3600
    assert (found["volume"]["inbound"], found["people"]["contacts"], found["threads"]["open"]) == (2, 2, 2)
    assert [point["inbound"] for point in found["volume"]["series"]] == [2]
    assert {queue["queue"]: queue["depth"] for queue in found["queues"]}["inbound"] == 2 and len(found["queues"]) == 8
    assert found["delivery"]["written"] == 0 and found["delivery"]["success_rate"] is None
    assert found["decisions"]["handover_rate"] is None and found["realtime"]["reported_at"] is None
    long = client(world.acme.token("viewer")).get(BOARD, **{"from": _days_ago(30)}).json()
    assert (long["step"], long["volume"]["inbound"]) == ("day", 2)


def test_a_metric_is_told_in_time(agent: Client) -> None:
    """By label and channel, and only what was asked for."""
    (item,) = agent.get(SERIES, metric="messages", step="day").json()["items"]
    assert (item["channel"], item["label"], item["number"], item["p50_seconds"]) == (
        "email",
        "inbound:contact",
        2,
        None,
    )
    assert agent.get(SERIES, metric="messages", channel="sms").json()["items"] == []
    people = agent.get(SERIES, metric="people").json()
    assert (people["step"], [item["number"] for item in people["items"]], people["more"]) == ("day", [2], False)


def _days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days)).isoformat()


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [({"from": "2026-02-01T00:00:00Z", "to": "2026-01-31T00:00:00Z"}, "bad_span", "to"),
     ({"from": "2020-02-01T00:00:00Z"}, "bad_span", "to"), ({"to": "9999-12-31T23:59:59Z"}, "bad_span", "to"),
     ({"to": "0001-01-01T00:00:00Z"}, "bad_span", "to"), ({"from": _days_ago(9), "step": "hour"}, "bad_span", "to"),
     ({"from": "2026-11-30T00:00:00"}, "bad_input", "from"), ({"from": "yesterday"}, "bad_input", "from"),
     ({"step": "week"}, "bad_input", "step"), ({"from_": "2026-11-30T00:00:00Z"}, "unknown_parameter", "from_"),
     ({"metric": "money"}, "bad_input", "metric")],
)  # fmt: skip
def test_what_is_no_question_is_refused(agent: Client, query: dict[str, str], code: str, field: str) -> None:
    """The answer names the parameter."""
    path = SERIES if "metric" in query else BOARD
    answer = agent.get(path, **query)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field), answer.text


def test_nobody_sees_another_tenants_board(stranger: Client, client: Callable[..., Client], world: World) -> None:
    """A stranger's is empty, and whoever works nowhere is refused, people of the chat included."""
    found = stranger.get(BOARD).json()
    assert found["volume"]["series"] == [] and found["threads"]["open"] == 0 and found["people"]["contacts"] == 0
    assert {queue["depth"] for queue in found["queues"]} == {0}
    assert stranger.get(SERIES, metric="messages").json()["items"] == []
    assert client().get(BOARD).status_code == 401
    _, user = world.person(world.acme, "customer", f"ann-{uuid.uuid4().hex}@example.com")
    for bearer in (token(user), token(user, world.acme.id)):
        assert client(bearer).get(BOARD).status_code == 403
        assert client(bearer).get(SERIES, metric="people").status_code == 403
