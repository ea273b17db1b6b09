"""How much: sizes are counted while bytes come in, and no file is ever held in memory."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from devstack.ports import free_port
from devstack.surface.storage import signing
from tests.devstack.storage.conftest import User, World
from tests.workers.harness import wait_until

MB = 1_000_000
LIMIT = 10 * 1024 * 1024
"""What supabase/config.toml allows in any bucket."""


def blocks(count: int, size: int = MB) -> Iterator[bytes]:
    """A body whose length nobody announces."""
    for number in range(count):
        yield bytes([number % 256]) * size


def test_the_project_limit_counts_what_comes_in(world: World, alice: User) -> None:
    """A body that announces nothing is cut off at the limit; the last byte that fits, fits."""
    answer = alice.upload("big.png", blocks(11))
    assert (answer.status_code, answer.json()["statusCode"], answer.json()["code"]) == (400, "413", "EntityTooLarge")
    assert alice.upload("fits.png", b"f" * LIMIT).status_code == 200
    assert alice.upload("over.png", b"f" * (LIMIT + 1)).json()["code"] == "EntityTooLarge"
    assert world.is_whole()


def test_a_refusal_is_heard_although_the_body_is_still_coming(alice: User, bob: User) -> None:
    """Nothing of it is kept, and the connection serves the next request."""
    body = b"x" * (3 * MB)
    for _ in range(2):
        answer = bob.ask("POST", f"object/files/{alice.id}/x.png", content=body)
        assert answer.json()["message"] == "new row violates row-level security policy"
    assert bob.upload("mine.png").status_code == 200


@pytest.mark.parametrize("limit", ["2MB", 2 * MB])
def test_a_bucket_may_take_less_never_more(world: World, limit: str | int) -> None:
    """Its own limit counts where it is smaller; one above the project's is refused."""
    name = f"small-{type(limit).__name__}"
    assert world.service.ask("POST", "bucket", json={"name": name, "file_size_limit": limit}).status_code == 200
    over = world.service.ask("POST", f"object/{name}/a", content=b"x" * (2 * MB + 1))
    assert over.json()["code"] == "EntityTooLarge"
    assert world.service.ask("POST", f"object/{name}/a", content=b"x" * 2 * MB).status_code == 200
    assert world.service.ask("PUT", f"bucket/{name}", json={"file_size_limit": LIMIT + 1}).json()["statusCode"] == "413"
    assert world.service.ask("PUT", f"bucket/{name}", json={"file_size_limit": 0}).status_code == 200
    assert world.service.ask("POST", f"object/{name}/b", content=b"x").json()["code"] == "EntityTooLarge"
    assert world.service.ask("POST", f"object/{name}/c", content=b"").status_code == 200


def test_an_empty_folder_is_an_empty_file_of_any_type(world: World) -> None:
    """As the dashboard keeps it."""
    world.service.ask("POST", "bucket", json={"name": "images", "allowed_mime_types": ["image/png"]})
    path = "object/images/new/.emptyFolderPlaceholder"
    assert world.service.ask("POST", path, content=b"", headers={"content-type": "text/x"}).status_code == 200
    assert world.service.ask("POST", path + "2", content=b"x", headers={"content-type": "text/x"}).status_code == 400


FORM = "multipart/form-data; boundary=b"
PART = b'--b\r\ncontent-disposition: form-data; name="%s"\r\n\r\n%s\r\n'
FILE = b'--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\ncontent-type: image/png\r\n\r\n%s'


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        (FORM, FILE % b"whole\r\n--b--\r\n", 200),
        (FORM, PART % (b"cacheControl", b"7") + FILE % b"whole\r\n--b--", 200),
        (FORM, FILE % b"cut off", 400),
        (FORM, FILE % b"cut off\r\n--b", 400),
        (FORM, PART % (b"cacheControl", b"7") + b"--b--\r\n", 400),
        (FORM, b"no form at all", 400),
        (FORM, b"", 400),
        ("multipart/form-data", FILE % b"x\r\n--b--\r\n", 400),
        (FORM, b"".join(PART % (b"f%d" % number, b"") for number in range(50)) + FILE % b"x\r\n--b--\r\n", 400),
        (FORM, PART % (b"metadata", b"m" * 2 * MB) + FILE % b"x\r\n--b--\r\n", 400),
        (FORM, PART % (b"metadata", b"[" * 100_000) + FILE % b"whole\r\n--b--\r\n", 200),
        (FORM, FILE % b"whole" + b"\r\n" + PART % (b"cacheControl", b"7") + b"--b--\r\n", 200),
    ],
    ids=["one file", "a field first", "cut off", "cut in the boundary", "no file", "no form", "nothing", "no boundary",
         "many fields", "a field too long", "metadata that is none", "a field behind"],
)  # fmt: skip
def test_a_form_is_whole_or_refused(world: World, alice: User, kind: str, body: bytes, code: int) -> None:
    """A form that ends too early keeps nothing; fields beside the file are read within bounds."""
    answer = alice.upload("form.png", body, content_type=kind, x_upsert="true")
    assert answer.status_code == code, answer.text
    if code == 200:
        kept = alice.download("form.png")
        assert (kept.content, kept.headers["content-type"]) == (b"whole", "image/png")
    assert world.is_whole()


def peak(pid: int) -> int:
    """The most memory a process ever held, in bytes."""
    match = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert match
    return int(match[1]) * 1024


def test_large_files_pass_through_without_being_held(world: World, alice: User) -> None:
    """Four times 50 MB up (raw and as a form) and down again: the process grows by less than a fifth of one file."""
    room, port = world.local.room, free_port()
    command = [sys.executable, "-m", "tests.devstack.storage.roomy", str(100 * MB)]
    process = room.spawn(command, "roomy", PARLEY_SUPABASE_PORT=str(port))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/storage/v1", timeout=60, headers=alice.http.headers) as http:

        def answers() -> bool:
            try:
                return http.get("/health").status_code == 200
            except httpx.TransportError:
                return False

        wait_until(answers, what=room.logs)
        path = f"/object/files/{alice.id}/large.png"
        http.post(path, content=blocks(2), headers={"content-type": "image/png"})
        http.get(path)
        before = peak(process.pid)
        for _ in range(2):
            raw = http.put(path, content=blocks(50), headers={"content-type": "image/png"})
            assert raw.status_code == 200, raw.text
            form = http.put(path, files={"file": ("f", b"".join(blocks(50)), "image/png")})
            assert form.status_code == 200, form.text
            with http.stream("GET", path) as answer:
                assert sum(map(len, answer.iter_bytes())) == 50 * MB
        grown = peak(process.pid) - before
    process.terminate()
    process.wait()
    print(f"grew by {grown / MB:.1f} MB")
    assert grown < 10 * MB


def test_signed_tokens_open_one_thing(world: World, alice: User) -> None:
    """A token to read does not write, one to write does not read, neither opens the API, and none of the API's a file."""
    alice.upload("signed.png", b"signed")
    path = f"{alice.id}/signed.png"
    read = alice.ask("POST", f"object/sign/files/{path}", json={"expiresIn": 60}).json()["signedURL"].split("token=")[1]
    write = alice.ask("POST", f"object/upload/sign/files/{path}", headers={"x-upsert": "true"}).json()["token"]
    nobody = world.client()
    assert nobody.get(f"/storage/v1/object/sign/files/{path}?token={read}").content == b"signed"
    for token, method, kind in ((write, "GET", "sign"), (read, "PUT", "upload/sign")):
        answer = nobody.request(method, f"/storage/v1/object/{kind}/files/{path}?token={token}", content=b"x")
        assert (answer.status_code, answer.json()["code"]) == (400, "InvalidSignature")
    for token in (read, write):
        assert nobody.get("/storage/v1/bucket", headers={"authorization": f"Bearer {token}"}).status_code == 400
    own = world.local.project.token(alice.id, url=f"files/{path}", purpose="download")
    assert nobody.get(f"/storage/v1/object/sign/files/{path}?token={own}").json()["code"] == "InvalidJWT"
    assert nobody.get(f"/storage/v1/object/sign/files/{path}").json()["statusCode"] == "400"


def test_a_signed_upload_belongs_to_whoever_signed(world: World, alice: User) -> None:
    """The row's owner is the one who asked for the URL; the key that signs is the stack's own and outlives a start."""
    path = f"{alice.id}/guest.png"
    token = alice.ask("POST", f"object/upload/sign/files/{path}").json()["token"]
    key = world.local.room.home / "storage" / "signing.key"
    assert oct(key.stat().st_mode)[-3:] == "600"
    assert signing.make_key(key.parent) == key.read_text()
    answer = world.client().put(f"/storage/v1/object/upload/sign/files/{path}?token={token}", content=b"g")
    assert answer.json() == {"Key": f"files/{path}"}
    [(owner,)] = world.owner.execute("select owner_id from storage.objects where name = %s", [path]).fetchall()
    assert owner == str(alice.id)


@pytest.mark.parametrize("seconds", [0, -1, "x", None, 1.5, True, "10 "])
def test_an_expiry_is_a_number_of_seconds(alice: User, seconds: object) -> None:
    """Digits as a string are taken, as supabase-py sends them; nothing else."""
    alice.upload("signed.png", x_upsert="true")
    answer = alice.ask("POST", f"object/sign/files/{alice.id}/signed.png", json={"expiresIn": seconds})
    assert answer.status_code == (200 if seconds == "10 " else 400)
