"""Storage: what is not his is not there for him, and naming it is on record for the tenant whose it is."""

import uuid
from typing import Any

import httpx
import pytest

from tests.devstack.isolation.conftest import Scene

BUCKET = "parley-attachments"
Way = tuple[str, str, Any]
READING: tuple[Way, ...] = (
    ("GET", "object/{bucket}/{path}", None), ("GET", "object/authenticated/{bucket}/{path}", None),
    ("HEAD", "object/{bucket}/{path}", None), ("GET", "object/info/{bucket}/{path}", None),
    ("POST", "object/sign/{bucket}/{path}", {"expiresIn": 60}), ("DELETE", "object/{bucket}/{path}", None),
)  # fmt: skip
WRITING: tuple[Way, ...] = (
    ("POST", "object/{bucket}/{path}", b"mine"), ("PUT", "object/{bucket}/{path}", b"mine"),
    ("POST", "object/upload/sign/{bucket}/{path}", {}),
)  # fmt: skip


def ask(scene: Scene, actor: Any, way: Way, path: str) -> httpx.Response:
    """One request for a path."""
    method, url, body = way
    given = {"content": body, "headers": {"content-type": "image/jpeg"}} if isinstance(body, bytes) else {"json": body}
    if body is None:
        given = {}
    return scene.ask(actor, method, f"/storage/v1/{url.format(bucket=BUCKET, path=path)}", **given)


def fresh(path: str) -> str:
    """A path like another one, that nobody ever reserved, in a tenant that does not exist."""
    return f"{uuid.uuid4()}/{path.partition('/')[2]}"


@pytest.mark.parametrize("way", [*READING, *WRITING], ids=lambda way: f"{way[0]} {way[1].split('/{')[0]}")
def test_a_path_of_others_is_a_missing_one(scene: Scene, way: Way) -> None:
    """Read, sign, remove, upload, overwrite: the same bytes as for nothing. Outsiders and people of the tenant who have
    no part in it are on record; its own staff, and a path of nobody, are not."""
    for actor in scene.actors.values():
        for path in (scene.path, scene.spare):
            before = scene.attempts()
            missing = ask(scene, actor, way, fresh(path))
            assert scene.attempts() == before, actor.name
            answer = ask(scene, actor, way, path)
            assert answer.status_code == missing.status_code >= 400, (actor.name, answer.text)
            assert answer.content == missing.content, actor.name
            rows = scene.attempts()[len(before) :]
            if actor.works == scene.tenant.id:
                assert rows == [], actor.name
                continue
            [row] = rows
            assert (row["surface"], row["object_kind"], row["object_id"]) == ("storage", "path", f"{BUCKET}/{path}")
            assert row["action"].startswith("storage.object.")
            assert actor.user is None or row["actor"] == f"user:{actor.user}"


def test_many_at_once_are_judged_one_by_one(scene: Scene) -> None:
    """Of several that are signed or removed, those of others are missing like the missing, and on record."""
    actor = scene.actors["stranger"]
    for method, url, member in (
        ("POST", f"/storage/v1/object/sign/{BUCKET}", "paths"),
        ("DELETE", f"/storage/v1/object/{BUCKET}", "prefixes"),
    ):
        before = scene.attempts()
        more = {"expiresIn": 60} if member == "paths" else {}
        answer = scene.ask(actor, method, url, json={member: [scene.path, fresh(scene.path)]} | more)
        assert answer.status_code == 200
        told = [(one["signedURL"], bool(one["error"])) for one in answer.json()]
        assert told == ([(None, True)] * 2 if member == "paths" else [])
        assert [row["object_id"] for row in scene.attempts()[len(before) :]] == [f"{BUCKET}/{scene.path}"]


@pytest.mark.parametrize("verb", ["move", "copy"])
def test_nothing_is_moved_or_copied(scene: Scene, verb: str) -> None:
    """Neither from a path of others nor to one; what is named is on record."""
    actor = scene.actors["person elsewhere"]
    for source, target in ((scene.path, fresh(scene.path)), (fresh(scene.path), scene.spare)):
        before = scene.attempts()
        answer = scene.ask(actor, "POST", f"/storage/v1/object/{verb}", json={
            "bucketId": BUCKET, "sourceKey": source, "destinationKey": target})  # fmt: skip
        assert answer.status_code == 400 and answer.json()["code"] == "NoSuchKey", answer.text
        named = scene.path if source == scene.path else scene.spare
        assert [row["object_id"] for row in scene.attempts()[len(before) :]] == [f"{BUCKET}/{named}"]


def test_listing_is_a_filter(scene: Scene) -> None:
    """A prefix finds nothing, names nothing, and is no attempt; buckets are nobody's to see."""
    for actor in scene.actors.values():
        before = scene.attempts()
        folder = scene.path.rpartition("/")[0]
        for url, body in (
            (f"object/list/{BUCKET}", {"prefix": folder}),
            (f"object/list-v2/{BUCKET}", {"prefix": folder}),
        ):
            answer = scene.ask(actor, "POST", f"/storage/v1/{url}", json=body)
            assert scene.told(answer) == [] and folder not in answer.text, (actor.name, answer.text)
        assert scene.ask(actor, "GET", "/storage/v1/bucket").json() == []
        assert scene.attempts() == before, actor.name


def test_what_is_ones_own_is_no_attempt(scene: Scene) -> None:
    """A path of one's own that is taken, and a file of one's conversation that was not opened, are refused quietly."""
    before = scene.attempts()
    assert scene.put(scene.as_person(scene.ann), scene.path, b"again").status_code == 400
    assert ask(scene, scene.as_person(scene.ann), READING[0], scene.path).status_code == 400
    assert ask(scene, scene.as_person(scene.bob), READING[0], scene.path).status_code == 400
    assert scene.attempts() == before


def test_an_attempt_that_cannot_be_logged_is_not_answered(scene: Scene) -> None:
    """Denied and logged, or 503."""
    owner, signature = scene.world.owner, "private.log_denied_path(jsonb, text, text, text)"
    owner.execute(f"revoke execute on function {signature} from supabase_storage_admin")
    try:
        answer = ask(scene, scene.actors["stranger"], READING[0], scene.path)
    finally:
        owner.execute(f"grant execute on function {signature} to supabase_storage_admin")
    assert (answer.status_code, answer.json()["code"]) == (503, "ServiceUnavailable")
