"""Files in Storage over HTTP: a place with a signed address, and a link for one reading."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.api.kit import SECRET, Client, World, serving, token
from tests.support.storage import LocalStorage

BUCKET = "parley-attachments"


@pytest.fixture(scope="module")
def storage(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStorage]:
    """The local surface's Storage, on this module's database."""
    made = LocalStorage(world.database, tmp_path_factory.mktemp("storage"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def url(storage: LocalStorage) -> Iterator[str]:
    """The API of this module, which has a Storage."""
    with serving(storage.settings(supabase_jwt_secret=SECRET)) as address:
        yield address


def test_a_place_and_a_link(client: Callable[..., Client], world: World, storage: LocalStorage) -> None:
    """Reserved with its upload address; opened by who reads the message, as a download; nobody else finds it."""
    ann_id, ann_user = world.person(world.acme, "customer", f"ann-{uuid.uuid4().hex}@example.com")
    rob_id, rob_user = world.person(world.acme, "provider", f"rob-{uuid.uuid4().hex}@example.com")
    ann, rob, stranger = (client(token(user)) for user in (ann_user, rob_user, world.user("eve@example.com")))
    place = ann.post("/v1/uploads", {"filename": "a b.jpg", "content_type": "image/jpeg", "size_bytes": 3})
    assert place.status_code == 201, place.text
    made: Any = place.json()
    assert made["upload_url"].startswith(f"{storage.url}/storage/v1/object/upload/sign/{BUCKET}/{world.acme.id}/")
    assert httpx.put(made["upload_url"], content=b"jpg", headers={"content-type": "image/jpeg"}).status_code == 200
    assert made["upload_token"] in made["upload_url"]
    thread = world.one("select private.open_conversation(%s, %s, %s)", world.acme.id, ann_id, rob_id)
    message = world.one(
        "insert into public.et_messages (tenant_id, thread_id, channel, direction, delivery_status, sender_kind, sender,"
        " body) values (%s, %s, 'in_app', 'internal', 'sent', 'participant', 'x', 'hi') returning id",
        world.acme.id, thread)  # fmt: skip
    world.db.execute("select private.attach_uploads(%s, %s, %s)",
                     [world.acme.id, message, [uuid.UUID(made["attachment_id"])]])  # fmt: skip
    path = f"/v1/attachments/{made['attachment_id']}/open"
    early = rob.post(path, {})
    assert (early.status_code, early.json()["code"]) == (409, "file_quarantined")
    world.db.execute("update public.message_attachments set status = 'released', checked_by = 'sniff', checked_at = now(),"
                     " sha256 = 'x' where id = %s", [made["attachment_id"]])  # fmt: skip
    opened = rob.post(path, {})
    assert opened.status_code == 200, opened.text
    read = httpx.get(opened.json()["url"])
    assert read.content == b"jpg" and read.headers["content-disposition"].startswith("attachment")
    assert opened.json()["readable_s"] == 60
    denied = stranger.post(path, {})
    assert (denied.status_code, denied.json()["code"]) == (404, "not_found")


def test_storage_that_is_away(client: Callable[..., Client], world: World) -> None:
    """503 with Retry-After, and what a client can do meanwhile."""
    _, user = world.person(world.acme, "customer", f"ida-{uuid.uuid4().hex}@example.com")
    settings = world.database.settings(
        supabase_jwt_secret=SECRET, supabase_url="http://127.0.0.1:9", supabase_secret_key="k"
    )
    with serving(settings) as address:
        ida = Client(address, token(user))
        body = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 3}
        away = ida.post("/v1/uploads", body)
        ida.http.close()
    assert (away.status_code, away.json()["code"]) == (503, "unavailable") and "retry-after" in away.headers
    assert "supabase-js" in away.json()["remedy"]


def test_who_is_nobody_gets_no_place(client: Callable[..., Client], world: World) -> None:
    """A sign-in without a contact, a name with a slash, a file too large."""
    nobody = client(token(world.user("nobody@example.com")))
    body = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 3}
    assert nobody.post("/v1/uploads", body).json()["code"] == "not_linked"
    _, user = world.person(world.acme, "customer", f"zoe-{uuid.uuid4().hex}@example.com")
    zoe = client(token(user))
    assert zoe.post("/v1/uploads", body | {"filename": "../a"}).status_code == 422
    large = zoe.post("/v1/uploads", body | {"size_bytes": 10_485_761})
    assert (large.status_code, large.json()["code"]) == (422, "file_size")
