"""A process that dies, a client that hangs up, a file nobody knows: what is left is whole."""

import socket
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.devstack.storage.conftest import User, World
from tests.support.database import Database
from tests.workers.harness import wait_until


@pytest.fixture
def own(database: Database, tmp_path: Path) -> World:
    """A surface that a test may end."""
    return World(database, tmp_path)


def begin(world: World, user: User, name: str, body: bytes) -> socket.socket:
    """Send the head of an upload of 1,000,000 bytes and the first of them."""
    place = urlsplit(world.local.project.url)
    connection = socket.create_connection((place.hostname or "", place.port or 0), timeout=60)
    head = (
        f"POST /storage/v1/object/files/{user.id}/{name} HTTP/1.1\r\nhost: x\r\n"
        f"authorization: {user.http.headers['authorization']}\r\ncontent-type: image/png\r\ncontent-length: 1000000\r\n\r\n"
    )
    connection.sendall(head.encode() + body)
    return connection


def test_a_kill_during_an_upload_leaves_no_row_and_no_file(own: World) -> None:
    """What was half written is swept at the next start; what was there before is there."""
    try:
        alice = own.user()
        alice.upload("before.png", b"before")
        connections = [begin(own, alice, f"half-{number}.png", b"h" * 700_000) for number in range(3)]
        # Two of them alone may be past a million bytes before the third has begun.
        wait_until(lambda: [path.stat().st_size > 300_000 for path in own.files("uploads")] == [True] * 3)
        own.local.process.kill()
        own.local.process.wait()
        for connection in connections:
            connection.close()
        assert len(own.files("uploads")) == 3
        own.local.start()
        assert own.is_whole()
        assert alice.download("before.png").content == b"before"
        assert alice.upload("half-0.png", b"again").status_code == 200
    finally:
        own.close()


@pytest.mark.parametrize("after_s", [0.0, 0.004, 0.015])
def test_kills_at_any_moment_leave_every_row_its_file(own: World, after_s: float) -> None:
    """Uploads and replacements go on while the process is killed: afterwards each row's bytes are there, old or new."""
    try:
        alice = own.user()
        for number in range(6):
            alice.upload(f"{number}.png", b"old" * 1000)
        connections = [begin(own, alice, f"new-{number}.png", b"n" * 400_000) for number in range(2)]
        connections += [begin_whole(own, alice, f"{number}.png") for number in range(6)]
        time.sleep(after_s)
        own.local.process.kill()
        own.local.process.wait()
        for connection in connections:
            connection.close()
        own.local.start()
        assert own.is_whole()
        for number in range(6):
            content = alice.download(f"{number}.png").content
            assert content in (b"old" * 1000, b"new" * 1000), content[:20]
    finally:
        own.close()


def begin_whole(world: World, user: User, name: str) -> socket.socket:
    """Send a whole upload in the place of an object, and do not wait for its answer."""
    place = urlsplit(world.local.project.url)
    connection = socket.create_connection((place.hostname or "", place.port or 0), timeout=60)
    head = (
        f"POST /storage/v1/object/files/{user.id}/{name} HTTP/1.1\r\nhost: x\r\nx-upsert: true\r\n"
        f"authorization: {user.http.headers['authorization']}\r\ncontent-type: image/png\r\ncontent-length: 3000\r\n\r\n"
    )
    connection.sendall(head.encode() + b"new" * 1000)
    return connection


def test_a_client_that_hangs_up_leaves_nothing(world: World, alice: User) -> None:
    """Neither a row nor a file, and the name is free."""
    connection = begin(world, alice, "broken.png", b"b" * 600_000)
    wait_until(lambda: world.files("uploads"))
    connection.close()
    wait_until(lambda: not world.files("uploads"))
    assert alice.download("broken.png").json()["statusCode"] == "404"
    assert alice.upload("broken.png").status_code == 200
    assert world.is_whole()


def test_a_start_sweeps_files_without_a_row_and_no_others(own: World) -> None:
    """A file whose row was never committed goes; files of another database, whose rows this one cannot know, stay."""
    try:
        alice = own.user()
        alice.upload("kept.png", b"kept")
        lost = own.folder / "objects" / "ab" / str(uuid.uuid4())
        foreign = own.folder.parent / "123-456" / "objects" / "cd" / str(uuid.uuid4())
        for path in (lost, foreign):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"?")
        own.local.process.terminate()
        own.local.process.wait()
        own.local.start()
        assert (lost.exists(), foreign.exists()) == (False, True)
        assert alice.download("kept.png").content == b"kept"
    finally:
        own.close()


def test_a_row_without_a_file_is_a_file_that_is_not_there(world: World, alice: User) -> None:
    """Somebody removed it by hand: 404, not 500; replacing it makes it good."""
    alice.upload("gone.png", b"gone")
    [(version,)] = world.owner.execute(
        "select version from storage.objects where name = %s", [f"{alice.id}/gone.png"]
    ).fetchall()
    next(path for path in world.files() if path.name == version).unlink()
    answer = alice.download("gone.png")
    assert (answer.status_code, answer.json()["statusCode"]) == (400, "404")
    assert alice.upload("gone.png", b"back", x_upsert="true").status_code == 200
    assert alice.download("gone.png").content == b"back"
