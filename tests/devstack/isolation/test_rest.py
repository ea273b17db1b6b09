"""Tables and views over REST: nothing of the conversation is read, nothing is written, and asking is no attempt."""

from typing import Any

import pytest

from tests.devstack.isolation.conftest import WORDS, Scene

RELATIONS = """
select c.relname as name, exists (
    select from pg_attribute as a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
      and has_column_privilege('authenticated', c.oid, a.attnum, 'select')) as has_tenant
from pg_class as c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'm', 'p') order by 1
"""


@pytest.fixture(scope="module")
def relations(scene: Scene) -> list[Any]:
    """Every table and view a client can name."""
    found = scene.world.all(RELATIONS)
    assert len(found) > 50
    return found


def test_no_table_shows_a_row(scene: Scene, relations: list[Any]) -> None:
    """By a filter on the tenant or none, outsiders get no row of it; its own people nothing of the conversation."""
    before = scene.attempts()
    theirs = (scene.thread,)  # his own seat, which he left, names it
    for relation in relations:
        query = f"?tenant_id=eq.{scene.tenant.id}" if relation["has_tenant"] else "?limit=1000"
        for actor in scene.actors.values():
            answer = scene.ask(actor, "GET", f"/rest/v1/{relation['name']}{query}")
            where = (actor.name, relation["name"], answer.text[:300])
            assert answer.status_code in (200, 401, 403), where
            assert scene.told(answer, but=theirs if actor.name == "removed participant" else ()) == [], where
            if actor.is_outsider:
                assert answer.status_code != 200 or str(scene.tenant.id) not in answer.text, where
            if actor.is_outsider and relation["has_tenant"] and answer.status_code == 200:
                assert answer.json() == [], where
    assert scene.attempts() == before


def test_who_takes_part_is_told(scene: Scene) -> None:
    """The same questions, asked by one of them, find the row, the words and the file: silence means something."""
    ann = scene.as_person(scene.ann)
    for path in (f"et_messages?id=eq.{scene.message}", f"message_attachments?id=eq.{scene.attachment}"):
        [row] = scene.ask(ann, "GET", f"/rest/v1/{path}").json()
        assert row["tenant_id"] == str(scene.tenant.id)
    page = scene.ask(ann, "POST", "/rest/v1/rpc/poll_messages", json={"p_thread_id": str(scene.thread)})
    assert WORDS in scene.told(page) and str(scene.attachment) in scene.told(page)


def test_no_table_is_written(scene: Scene, relations: list[Any]) -> None:
    """Nobody inserts, changes or deletes, in whatever he can name; those who take part in the conversation neither."""
    people = [scene.actors["anon key"], scene.actors["other participant"], scene.as_person(scene.ann)]
    for relation in relations:
        path = f"/rest/v1/{relation['name']}"
        filtered = f"{path}?tenant_id=eq.{scene.tenant.id}"
        for actor in people:
            for method, url in (("POST", path), ("PATCH", filtered), ("DELETE", filtered)):
                body = None if method == "DELETE" else {"tenant_id": str(scene.tenant.id)}
                answer = scene.ask(actor, method, url, json=body)
                refused = answer.status_code in (400, 401, 403, 404, 405)
                # PostgREST's status for a view that takes no rows, even from those who may not try.
                assert refused or answer.json()["code"] == "55000", (actor.name, method, url, answer.text)
    assert scene.world.message(scene.message)["body"] == WORDS


def test_embeds_and_counts_give_nothing_away(scene: Scene) -> None:
    """Through a join, an exact count or a filter on what is said, a row that may not be read does not exist."""
    for actor in scene.actors.values():
        for query in (
            f"et_messages?id=eq.{scene.message}", f"et_messages?select=id,et_threads(id)&thread_id=eq.{scene.thread}",
            "messages?content=like.between*", f"message_attachments?id=eq.{scene.attachment}",
        ):  # fmt: skip
            answer = scene.ask(actor, "GET", f"/rest/v1/{query}", headers={"prefer": "count=exact"})
            assert answer.status_code in (200, 400, 401, 403), (actor.name, query, answer.text)
            if answer.status_code == 200:
                assert (answer.json(), answer.headers["content-range"]) == ([], "*/0"), (actor.name, query)
            assert scene.told(answer) == [], (actor.name, query)
