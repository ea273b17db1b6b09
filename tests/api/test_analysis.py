"""The security analysis over HTTP: counted, paged, refused, and nobody else's."""

import hashlib
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.kit import Client, World, token

PATH = "/v1/moderation/analysis"
SUMMARY = "/v1/moderation/summary"


@pytest.fixture(scope="module", autouse=True)
def judged(world: World, in_one_day: None) -> list[uuid.UUID]:
    """Three contacts of acme with one, two and three texts that were stopped, about a bid card each."""
    message, thread = world.mail(world.acme, "judged@example.com")
    world.db.execute(
        "insert into public.moderation_policies (tenant_id, version, document, created_by) values (%s, 1, '{}', 'x')",
        [world.acme.id],
    )
    people = [world.person(world.acme, "provider", f"{name}-{uuid.uuid4().hex}@example.com")[0] for name in "abc"]
    for number, person in enumerate(people, 1):
        for text in range(number):
            world.db.execute(
                "insert into public.moderation_verdicts (tenant_id, message_id, thread_id, lane, stage, policy_version,"
                " decider, decision, kinds, confidence, sender_contact_id, context_kind, context_id, digest)"
                " values (%s, %s, %s, 'people', 'before', 1, 'rules', 'blocked', '{phone}', 1, %s, 'bid_card', %s, %s)",
                [world.acme.id, message, thread, person, f"card:{number}|", hashlib.sha256(b"%d" % text).digest()],
            )
    return people


def test_a_summary_has_counts_and_a_score(client: Callable[..., Client], world: World) -> None:
    """Any staff, the last thirty days by themselves, and 304 for who has it."""
    viewer = client(world.acme.token("viewer"))
    answer = viewer.get(SUMMARY)
    found = answer.json()
    today = datetime.now(UTC).date()
    assert (found["first_day"], found["last_day"]) == (str(today - timedelta(29)), str(today))
    assert (found["texts"], found["blocked"], found["repeat_offenders"], found["evasions"]) == (6, 6, 1, 1)
    assert 0 < found["score"] < 50 and found["false_positive_rate"] is None
    again = viewer("GET", SUMMARY, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    old = viewer.get(SUMMARY, first_day="2020-01-01", last_day="2020-01-31").json()
    assert (old["first_day"], old["texts"], old["score"]) == ("2020-01-01", 0, None)


def test_contacts_are_paged_from_the_worst_on(agent: Client, judged: list[uuid.UUID]) -> None:
    """Whole by pages, each with its name and score; a group's own fields and no others."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = agent.get(PATH, group="contact", limit=1, **cursor).json()
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert [(item["contact_id"], item["blocked"]) for item in found] == [
        (str(person), number) for number, person in zip((3, 2, 1), reversed(judged), strict=True)
    ]
    assert found[0]["score"] < found[1]["score"] < found[2]["score"] and found[0]["display_name"].startswith("c-")
    assert found[0]["kind"] is None and "number" not in found[0]


@pytest.mark.parametrize(
    ("group", "field", "expected"),
    [("kind", "kind", ["phone"]), ("day", "day", ["today"]),
     ("bid_card", "bid_card_id", ["card:3|", "card:2|", "card:1|"]), ("rule", "action", ["block"])],
)  # fmt: skip
def test_groups(agent: Client, group: str, field: str, expected: list[str]) -> None:
    """One page or several, the same."""
    expected = [one.replace("today", str(datetime.now(UTC).date())) for one in expected]
    assert [item[field] for item in agent.get(PATH, group=group).json()["items"]] == expected
    first = agent.get(PATH, group=group, limit=1).json()
    assert (first["next_cursor"] is None) == (len(expected) == 1)
    if first["next_cursor"]:
        rest = agent.get(PATH, group=group, cursor=first["next_cursor"]).json()["items"]
        assert [item[field] for item in rest] == expected[1:]


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [({"first_day": "2026-02-01", "last_day": "2026-01-31"}, "bad_span", "last_day"),
     ({"first_day": "2020-01-01", "last_day": "2026-01-31"}, "bad_span", "last_day"),
     ({"cursor": "x"}, "bad_cursor", "cursor"), ({"cursor": "MXgwMA"}, "bad_cursor", "cursor"),
     ({"group": "sender"}, "bad_input", "group"), ({"first_day": "yesterday"}, "bad_input", "first_day"),
     ({"lane": "mail"}, "bad_input", "lane"), ({"since": "2026-01-01"}, "unknown_parameter", "since")],
)  # fmt: skip
def test_what_is_no_question_is_refused(agent: Client, query: dict[str, str], code: str, field: str) -> None:
    """The answer names the parameter."""
    answer = agent.get(PATH, **query)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field), answer.text


@pytest.mark.parametrize("query", [{"first_day": "0001-01-01"}, {"last_day": "0001-01-02"}, {"last_day": "9999-12-31"},
                                   {"first_day": "9999-12-31"}, {"cursor": "LTE4NDQ2NzQ0MDczNzA5NTUxNjE2fA"}])  # fmt: skip
def test_the_ends_of_time_are_no_fault_of_ours(agent: Client, query: dict[str, str]) -> None:
    """Answered or refused."""
    for path in (PATH, SUMMARY):
        query = {name: value for name, value in query.items() if path == PATH or name != "cursor"}
        assert agent.get(path, **query).status_code in (200, 422)
    assert agent.get(PATH, group="day", **query).status_code in (200, 422)


def test_nobody_sees_another_tenants_figures(
    stranger: Client, client: Callable[..., Client], world: World, judged: list[uuid.UUID]
) -> None:
    """A stranger's are empty, and those of whoever works nowhere are refused, people of the chat included."""
    assert stranger.get(SUMMARY).json()["texts"] == 0
    for group in ("kind", "day", "contact", "bid_card", "rule"):
        assert stranger.get(PATH, group=group).json()["items"] == []
    assert client().get(PATH).status_code == 401
    _, user = world.person(world.acme, "customer", f"ann-{uuid.uuid4().hex}@example.com")
    for bearer in (token(user), token(user, world.acme.id)):
        assert (client(bearer).get(PATH).status_code, client(bearer).get(SUMMARY).status_code) == (403, 403)
