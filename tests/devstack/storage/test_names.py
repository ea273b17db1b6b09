"""Names of hostile clients: refused or kept as a name, never a path on this machine."""

import http.client
import uuid
from urllib.parse import quote, urlsplit

import pytest

from devstack.surface.storage import names
from devstack.surface.storage.errors import StorageError
from tests.devstack.storage.conftest import User, World


def raw(world: World, user: User, method: str, path: str, body: bytes = b"x") -> tuple[int, bytes]:
    """One request whose path no library has touched."""
    place = urlsplit(world.local.project.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
    try:
        headers = {"authorization": user.http.headers["authorization"], "content-type": "image/png"}
        connection.putrequest(method, f"/storage/v1/{path}", skip_accept_encoding=True)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd", "%2e%2e/%2e%2e/evil", "..%2f..%2fevil", "a/../../b", "./a", "a/.", "%00", "a%0ab", "a%0d%0ab",
        "a%7f", "%c0%ae%c0%ae/x", "%ff%fe", "a%5c..%5cb", "%F0%9F%98%80.png", "a%22b", "a%3Cb%3E", "a%25b", "a%23b",
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused(world: World, alice: User, name: str) -> None:
    """Dots that climb, control characters, bytes that are no text, and what hosted Storage does not take."""
    for path in (f"object/files/{alice.id}/{name}", f"object/files/{name}"):
        status, body = raw(world, alice, "POST", path)
        assert status == 400 and b"InvalidKey" in body, (status, body)
    assert world.is_whole()


@pytest.mark.parametrize("name", ["a b.png", "a+b.png", "c:d", "(x)!*'&$@=;,?", "a//b.png", "-rf", "con", "a" * 900])
def test_what_is_a_name_is_kept_as_it_is(world: World, alice: User, name: str) -> None:
    """It comes back under the same name, and lies on disk under none of it."""
    path = f"object/files/{alice.id}/{quote(name)}"
    assert raw(world, alice, "POST", path)[0] == 200
    assert raw(world, alice, "GET", path, b"") == (200, b"x")
    rows = world.owner.execute("select 1 from storage.objects where name = %s", [f"{alice.id}/{name}"]).fetchall()
    assert rows == [(1,)]
    assert {str(uuid.UUID(file.name)) for file in world.files()} == {file.name for file in world.files()}
    assert all(file.parent.parent == world.folder / "objects" for file in world.files())


def test_a_name_has_up_to_1024_bytes(world: World, alice: User) -> None:
    """One more is too many; a very long path is no accident of ours."""
    room = names.NAME_BYTES - len(f"{alice.id}/")
    assert alice.upload("n" * room).status_code == 200
    assert alice.upload("n" * (room + 1)).json()["code"] == "InvalidKey"
    assert alice.upload("n" * 20_000).json()["code"] == "InvalidKey"


def test_an_encoded_slash_is_part_of_no_bucket(world: World, alice: User) -> None:
    """The bucket is the first part of the path as it was sent."""
    status, body = raw(world, alice, "POST", f"object/files%2F{alice.id}/x.png")
    assert (status, b"InvalidBucketName" in body) == (400, True)
    assert alice.ask("POST", "bucket", json={"name": "../files"}).json()["code"] == "InvalidBucketName"
    for name in ("", " ", "a/b", "x" * 101, "tab\there", "nul\0"):
        assert world.service.ask("POST", "bucket", json={"name": name}).status_code == 400, name


def test_names_in_bodies_are_held_to_the_same(world: World, alice: User) -> None:
    """Moving and copying to a bad name, removing and signing with one."""
    alice.upload("good.png")
    for bad in ("../up.png", f"{alice.id}/../b.png", "nul\0", "ünï.png", ""):
        for kind in ("move", "copy"):
            body = {"bucketId": "files", "sourceKey": f"{alice.id}/good.png", "destinationKey": bad}
            assert alice.ask("POST", f"object/{kind}", json=body).status_code == 400, bad
        assert alice.ask("DELETE", "object/files", json={"prefixes": [bad]}).json() == []
        [signed] = alice.ask("POST", "object/sign/files", json={"paths": [bad], "expiresIn": 60}).json() or [{}]
        assert signed.get("signedURL") is None
    assert alice.download("good.png").content == b"x"


@pytest.mark.parametrize(
    ("text", "bytes_"), [("10MB", 10_000_000), ("1kb", 1000), ("2GB", 2 * 10**9), ("1.5MB", 1_500_000), ("7", 7), ("10MiB", 10_485_760)]
)  # fmt: skip
def test_sizes_are_read_as_people_write_them(text: str, bytes_: int) -> None:
    """Decimal units as Storage's API has them, binary ones as config.toml has them."""
    assert names.parse_size(text) == bytes_


@pytest.mark.parametrize("text", ["", "MB", "10 apples", "-1MB", "1e3", "10MBs", "1.5", "٣MB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    """With a hint."""
    with pytest.raises(StorageError, match="hint: use 20GB"):
        names.parse_size(text)


@pytest.mark.parametrize(
    ("mime_type", "allowed", "is_taken"),
    [
        ("image/png", ["image/png"], True), ("IMAGE/PNG; q=1", ["image/png"], True), ("image/png", ["image/*"], True),
        ("image/svg+xml", ["image/png"], False), ("imagex/png", ["image/*"], False), ("image", ["image/*"], False),
        ("", ["image/*"], False), ("text/plain;charset=UTF-8", ["text/plain"], True), ("anything", [], True),
        ("anything", None, True),
    ],
)  # fmt: skip
def test_types_are_compared_without_their_parameters(mime_type: str, allowed: list[str] | None, is_taken: bool) -> None:
    """And `image/*` stands for every image."""
    if is_taken:
        names.check_type(mime_type, allowed)
    else:
        with pytest.raises(StorageError, match="is not supported"):
            names.check_type(mime_type, allowed)
