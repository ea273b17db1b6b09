"""Storage through supabase-py: what a backend or a script does with it."""

import io
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from storage3.exceptions import StorageApiError

from supabase import Client

FILES = "e2e-files"  # its policies are in fixtures.sql


@pytest.fixture
def bucket(service: Client) -> Iterator[str]:
    """The bucket the policies are about, empty."""
    remove(service, FILES)
    service.storage.create_bucket(FILES, options={"public": False})
    yield FILES
    remove(service, FILES)


def remove(service: Client, name: str) -> None:
    """Empty a bucket and delete it, if it is there."""
    if any(one.id == name for one in service.storage.list_buckets()):
        service.storage.empty_bucket(name)
        service.storage.delete_bucket(name)


def test_buckets_are_made_listed_changed_and_deleted(service: Client) -> None:
    """With limits, as it shows them."""
    name = f"e2e-{uuid.uuid4().hex[:8]}"
    service.storage.create_bucket(
        name, options={"public": True, "file_size_limit": 1000, "allowed_mime_types": ["text/plain"]}
    )
    try:
        made = service.storage.get_bucket(name)
        assert (made.public, made.file_size_limit, made.allowed_mime_types) == (True, 1000, ["text/plain"])
        service.storage.update_bucket(name, {"public": False})
        assert service.storage.get_bucket(name).public is False
        with pytest.raises(StorageApiError) as caught:
            service.storage.create_bucket(name)
        assert (str(caught.value.status), caught.value.code) == ("409", "Duplicate")
    finally:
        remove(service, name)
    with pytest.raises(StorageApiError) as caught:
        service.storage.get_bucket(name)
    assert str(caught.value.status) == "404"


def test_files_of_every_form_come_back(service: Client, bucket: str, tmp_path: Path) -> None:
    """Bytes, a path, an open file; replaced by upsert and update; described."""
    files = service.storage.from_(bucket)
    local = tmp_path / "local.txt"
    local.write_bytes(b"from a path")
    files.upload("a/bytes.txt", b"from bytes", {"content-type": "text/plain", "cache-control": "60"})
    files.upload("a/path.txt", local)
    with local.open("rb") as opened:
        files.upload("a/open.txt", opened, {"metadata": {"by": "py"}})
    assert files.download("a/bytes.txt") == b"from bytes"
    assert files.download("a/path.txt") == files.download("a/open.txt") == b"from a path"
    info = files.info("a/open.txt")
    assert (info["size"], info["metadata"], info["name"]) == (11, {"by": "py"}, "a/open.txt")
    assert files.info("a/bytes.txt")["cache_control"] == "max-age=60"
    with pytest.raises(StorageApiError) as caught:
        files.upload("a/bytes.txt", b"again")
    assert str(caught.value.status) == "409"
    files.upload("a/bytes.txt", b"again", {"upsert": "true"})
    files.update("a/path.txt", io.FileIO(local))
    assert files.download("a/bytes.txt") == b"again"
    assert [one["name"] for one in files.list("a")] == ["bytes.txt", "open.txt", "path.txt"]
    assert [one["name"] for one in files.list()] == ["a"]
    assert files.exists("a/bytes.txt") and not files.exists("a/none.txt")
    page = files.list_v2({"prefix": "a/", "limit": 2})
    assert (len(page.objects), page.hasNext) == (2, True)


def test_urls_are_signed_for_reading_and_writing(service: Client, bucket: str) -> None:
    """One, many, and one to upload with."""
    files = service.storage.from_(bucket)
    files.upload("signed.txt", b"signed")
    assert httpx.get(files.create_signed_url("signed.txt", 60)["signedURL"]).content == b"signed"
    named = files.create_signed_url("signed.txt", 60, {"download": "named.txt"})["signedURL"]
    assert "named.txt" in httpx.get(named).headers["content-disposition"]
    first, second = files.create_signed_urls(["signed.txt", "none.txt"], 60)
    assert httpx.get(str(first["signedURL"])).content == b"signed"
    assert second["error"]
    given = files.create_signed_upload_url("uploaded.txt")
    files.upload_to_signed_url("uploaded.txt", given["token"], b"uploaded")
    assert files.download("uploaded.txt") == b"uploaded"


def test_files_are_moved_copied_and_removed(service: Client, bucket: str) -> None:
    """And what is gone is gone."""
    files = service.storage.from_(bucket)
    files.upload("one.txt", b"1")
    files.move("one.txt", "two.txt")
    files.copy("two.txt", "three.txt")
    assert files.download("three.txt") == b"1"
    assert sorted(one["name"] for one in files.remove(["two.txt", "three.txt", "none.txt"])) == ["three.txt", "two.txt"]
    assert files.list() == []


def test_a_public_bucket_is_read_by_url(service: Client, anonymous: Client) -> None:
    """Without any key."""
    name = f"e2e-{uuid.uuid4().hex[:8]}"
    service.storage.create_bucket(name, options={"public": True})
    try:
        service.storage.from_(name).upload("a b.txt", b"public")
        assert httpx.get(anonymous.storage.from_(name).get_public_url("a b.txt")).content == b"public"
    finally:
        remove(service, name)


def test_the_anonymous_key_reaches_nothing(anonymous: Client, bucket: str, service: Client) -> None:
    """Where no policy names it."""
    service.storage.from_(bucket).upload("private.txt", b"private")
    files = anonymous.storage.from_(bucket)
    assert files.list() == []
    for call in (
        lambda: files.download("private.txt"), lambda: files.upload("x.txt", b"x"),
        lambda: files.create_signed_url("private.txt", 60), lambda: anonymous.storage.create_bucket("e2e-mine"),
    ):  # fmt: skip
        with pytest.raises(StorageApiError) as caught:
            call()
        assert str(caught.value.status) in ("403", "404")


def test_a_user_has_a_folder_and_nobody_else_has(signed_in: Callable[[], Client], bucket: str) -> None:
    """Signed in, the policies of `fixtures.sql` decide; a second user gets nothing of the first."""
    alice, bob = signed_in(), signed_in()
    answer = alice.auth.get_user()
    assert answer
    path = f"{answer.user.id}/mine.txt"
    alice.storage.from_(bucket).upload(path, b"mine")
    assert alice.storage.from_(bucket).download(path) == b"mine"
    files = bob.storage.from_(bucket)
    assert files.list(answer.user.id) == [] == files.remove([path])
    for call, status in (
        (lambda: files.download(path), "404"), (lambda: files.upload(path, b"x", {"upsert": "true"}), "403"),
        (lambda: files.move(path, "taken.txt"), "404"), (lambda: files.create_signed_url(path, 60), "404"),
    ):  # fmt: skip
        with pytest.raises(StorageApiError) as caught:
            call()
        assert str(caught.value.status) == status
    assert alice.storage.from_(bucket).download(path) == b"mine"
