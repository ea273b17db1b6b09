"""What goes out: ranges, conditions, names, and headers that keep a file from acting for anybody."""

from email.utils import formatdate, parsedate_to_datetime

import pytest

from tests.devstack.storage.conftest import User, World

BODY = b"abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def letters(alice: User) -> User:
    """A user with an object of 26 bytes."""
    assert alice.upload("letters.png", BODY).status_code == 200
    return alice


@pytest.mark.parametrize(
    ("range_", "status", "part"),
    [
        ("bytes=0-0", 206, b"a"), ("bytes=5-", 206, BODY[5:]), ("bytes=-3", 206, b"xyz"), ("bytes=-99", 200, BODY),
        ("bytes=20-99", 206, BODY[20:]), ("bytes=0-25", 200, BODY), ("bytes=0-1,3-4", 200, BODY), ("bytes=4-2", 200, BODY),
        ("letters=0-1", 200, BODY), ("bytes=", 200, BODY), ("bytes=-", 200, BODY), ("bytes=26-", 416, b""),
        ("bytes=-0", 416, b""),
    ],
)  # fmt: skip
def test_ranges(letters: User, range_: str, status: int, part: bytes) -> None:
    """One range is a part; none, several or a senseless one the whole; one beyond the end is 416."""
    answer = letters.download("letters.png", range=range_)
    assert answer.status_code == status
    if status == 416:
        assert answer.json()["code"] == "InvalidRange"
    else:
        assert answer.content == part
        assert ("content-range" in answer.headers) == (status == 206)


def test_a_range_of_another_version_gets_the_whole(letters: User) -> None:
    """`If-Range` compares tags."""
    etag = letters.download("letters.png").headers["etag"]
    headers = {"range": "bytes=0-1"}
    same = letters.ask("GET", f"object/files/{letters.id}/letters.png", headers=headers | {"if-range": etag})
    other = letters.ask("GET", f"object/files/{letters.id}/letters.png", headers=headers | {"if-range": '"no"'})
    assert (same.content, other.content) == (b"ab", BODY)


def test_conditions(letters: User) -> None:
    """The tag decides where one is sent, else the date."""
    path = f"object/files/{letters.id}/letters.png"
    first = letters.ask("GET", path)
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    before = formatdate(parsedate_to_datetime(modified).timestamp() - 60, usegmt=True)
    for headers, status in (
        ({"if-none-match": etag}, 304), ({"if-none-match": f'"x", W/{etag}'}, 304), ({"if-none-match": "*"}, 304),
        ({"if-none-match": '"x"'}, 200), ({"if-modified-since": modified}, 304), ({"if-modified-since": before}, 200),
        ({"if-modified-since": "yesterday"}, 200), ({"if-none-match": '"x"', "if-modified-since": modified}, 200),
    ):  # fmt: skip
        answer = letters.ask("GET", path, headers=headers)
        assert answer.status_code == status, headers
        assert answer.headers["etag"] == etag


def test_head_tells_everything_but_the_bytes(letters: User) -> None:
    """On every road to an object."""
    letters.ask("POST", "object/public/a.png")
    for road in ("object", "object/authenticated"):
        answer = letters.ask("HEAD", f"{road}/files/{letters.id}/letters.png")
        assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "26", b"")
        assert answer.headers["etag"]
        assert letters.ask("HEAD", f"{road}/files/{letters.id}/none.png").status_code == 400


@pytest.mark.parametrize(
    ("kind", "served", "is_sandboxed"),
    [
        ("text/html", "text/plain", True), ("Text/HTML; charset=utf-8", "text/plain", True),
        ("image/svg+xml", "image/svg+xml", True), ("application/xhtml+xml", "application/xhtml+xml", True),
        ("image/png", "image/png", False), ("application/pdf", "application/pdf", False),
    ],
)  # fmt: skip
def test_a_file_runs_nothing_in_a_browser(alice: User, kind: str, served: str, is_sandboxed: bool) -> None:
    """Pages are shown as text, as hosted shows them; what could run a script is sandboxed; nothing is sniffed."""
    alice.upload("page.bin", b"<script>", content_type=kind)
    answer = alice.download("page.bin")
    assert answer.headers["content-type"] == served
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert ("sandbox" in answer.headers.get("content-security-policy", "")) == is_sandboxed


@pytest.mark.parametrize("name", ['a"b.txt', "a\r\nset-cookie: x=1", "ünï 😀.txt", "a/../b", ""])
def test_a_download_name_stays_within_its_header(letters: User, name: str) -> None:
    """Whatever it holds is encoded."""
    answer = letters.ask("GET", f"object/files/{letters.id}/letters.png", params={"download": name})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "set-cookie" not in answer.headers
    assert answer.headers["content-disposition"].isascii()


def test_headers_a_client_chose_stay_headers(alice: User) -> None:
    """A type or cache rule is given back as it was, printable."""
    alice.upload("odd.png", content_type="image/png; x=1", cache_control="public, max-age=5")
    answer = alice.download("odd.png")
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/png; x=1", "public, max-age=5")
    form = b'--b\r\ncontent-disposition: form-data; name="cacheControl"\r\n\r\n1\r\nx: y\xe9\r\n--b\r\n' \
           b'content-disposition: form-data; name=""; filename="f"\r\n\r\nx\r\n--b--\r\n'  # fmt: skip
    alice.upload("odder.png", form, content_type="multipart/form-data; boundary=b")
    answer = alice.download("odder.png")
    assert answer.status_code == 200
    assert "x" not in answer.headers


def test_a_compressed_file_is_given_back_as_one(alice: User) -> None:
    """`Content-Encoding` of the upload is that of the download."""
    alice.upload("packed.png", b"\x1f\x8b not really", content_encoding="identity")
    assert alice.download("packed.png").headers["content-encoding"] == "identity"


def test_a_public_bucket_needs_no_key_and_a_private_one_tells_nothing(world: World, letters: User) -> None:
    """Without a key a private bucket and none at all read alike."""
    world.service.ask("POST", "object/public/p.png", content=b"p")
    assert world.service.ask("POST", "bucket", json={"name": "open", "public": True}).status_code == 200
    world.service.ask("POST", "object/open/p.png", content=b"p")
    nobody = world.client()
    for path in ("object/public/open/p.png", "object/open/p.png"):
        assert nobody.get(f"/storage/v1/{path}").content == b"p", path
    assert nobody.get("/storage/v1/object/info/public/open/p.png").json()["size"] == 1
    for road in ("object/public", "object", "object/info/public", "object/info"):
        theirs = nobody.get(f"/storage/v1/{road}/files/{letters.id}/letters.png")
        none = nobody.get(f"/storage/v1/{road}/nowhere/{letters.id}/letters.png")
        assert (theirs.status_code, theirs.content) == (none.status_code, none.content), road
        assert theirs.json()["message"] == "Bucket not found"


@pytest.mark.parametrize(
    ("method", "path", "body", "feature"),
    [
        ("GET", "render/image/public/open/p.png", None, "image transformations"),
        ("GET", "render/image/authenticated/open/p.png?width=1", None, "image transformations"),
        ("POST", "object/sign/files/x", {"expiresIn": 1, "transform": {"width": 1}}, "image transformations"),
        ("GET", "s3/open", None, "the S3 protocol"), ("PUT", "s3/open/a/b", None, "the S3 protocol"),
        ("POST", "upload/resumable", None, "resumable uploads"), ("PATCH", "upload/resumable/x", None, "resumable uploads"),
        ("POST", "vector/CreateVectorBucket", {}, "vector buckets"), ("GET", "iceberg/bucket", None, "analytics buckets"),
        ("POST", "bucket", {"name": "a", "type": "ANALYTICS"}, "analytics buckets"),
        ("GET", "bucket/open/lifecycle", None, "bucket lifecycle rules"), ("DELETE", "cdn/open/p.png", None, "purging a CDN"),
        ("POST", "bucket", {"name": "a", "versioning_status": "ENABLED"}, "versioned buckets"),
        ("DELETE", "object/files", {"prefixes": [{"path": "a", "versionId": "b"}]}, "object versions"),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_refused_by_name(
    world: World, method: str, path: str, body: object, feature: str
) -> None:
    """501, the feature, and the way to a full Supabase; supabase-js shows the message."""
    answer = world.service.ask(method, path, json=body) if body is not None else world.service.ask(method, path)
    assert answer.status_code == 501
    assert f"does not support {feature}" in answer.json()["message"]
    assert "supabase start" in answer.json()["message"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"null", b"\xff", b"[" * 100_000, b'{"prefix": 1}', b'{"prefix": "\\u0000"}',
                                  b'{"prefix": "", "limit": -1}', b'{"prefix": "", "sortBy": {"column": "owner"}}',
                                  b'{"prefix": "", "sortBy": {"column": "name", "order": "up; drop"}}'])  # fmt: skip
def test_a_body_that_makes_no_sense_is_a_400(alice: User, body: bytes) -> None:
    """Never a 500."""
    for path in ("object/list/files", "object/list-v2/files"):
        answer = alice.ask("POST", path, content=body)
        assert answer.status_code == 400, (path, answer.text)


def test_paths_that_lead_nowhere_are_told_so(alice: User) -> None:
    """404 with the route."""
    for method, path in (("GET", "nowhere"), ("PATCH", "object/files/a"), ("GET", "object"), ("GET", "object/files"), ("GET", "object/files/")):  # fmt: skip
        answer = alice.ask(method, path)
        assert (answer.status_code, "not found" in answer.json()["message"]) == (404, True), path
