"""Several at once: one winner, whole files, and nothing left behind."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx

from tests.devstack.storage.conftest import User, World

SIZE = 600_000


def at_once(*calls: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """Begin all of them in the same moment."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        gate.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_two_uploads_of_one_name_have_one_winner(world: World, alice: User) -> None:
    """Without upsert exactly one is answered 200, the others 409, and the winner's bytes are the ones kept."""
    for round_ in range(4):
        bodies = [bytes([65 + number]) * SIZE for number in range(4)]
        users = [alice] + [User(alice.id, world.client(**dict(alice.http.headers))) for _ in bodies[1:]]
        name = f"raced-{round_}.png"
        answers = at_once(*(partial(user.upload, name, body) for user, body in zip(users, bodies, strict=True)))
        said = [str(one.json().get("statusCode", one.status_code)) for one in answers]
        assert sorted(said) == ["200", "409", "409", "409"], said
        assert alice.download(name).content == bodies[said.index("200")]
    assert world.is_whole()


def test_upserts_of_one_name_leave_one_file(world: World, alice: User) -> None:
    """All are answered 200; one of them is what lies there, and the files of the others are gone."""
    bodies = [bytes([97 + number]) * SIZE for number in range(6)]
    users = [User(alice.id, world.client(**dict(alice.http.headers))) for _ in bodies]
    calls = [
        partial(user.upload, "upserted.png", body, x_upsert="true") for user, body in zip(users, bodies, strict=True)
    ]
    assert [one.status_code for one in at_once(*calls)] == [200] * 6
    assert alice.download("upserted.png").content in bodies
    assert world.is_whole()


def test_a_download_ends_whole_when_its_object_is_removed_or_replaced(world: World, alice: User) -> None:
    """What was opened stays readable; what comes next is the new state."""
    body = bytes(range(256)) * 8192  # 2 MiB: more than a socket holds
    for name, change in (
        ("removed.png", lambda: alice.ask("DELETE", f"object/files/{alice.id}/removed.png")),
        ("replaced.png", lambda: alice.upload("replaced.png", b"new", x_upsert="true")),
    ):
        alice.upload(name, body)
        reader = world.client(**dict(alice.http.headers))
        with reader.stream("GET", f"/storage/v1/object/files/{alice.id}/{name}") as answer:
            chunks = answer.iter_bytes(1000)
            got = bytearray(next(chunks))
            assert change().status_code == 200
            for chunk in chunks:
                got += chunk
        assert bytes(got) == body
    assert alice.download("removed.png").json()["statusCode"] == "404"
    assert alice.download("replaced.png").content == b"new"
    assert world.is_whole()


def test_readers_never_meet_half_a_file(world: World, alice: User) -> None:
    """While one object is replaced again and again, every download is one of its versions, whole, with its own tag."""
    bodies = {bytes([65 + number]) * 300_000 for number in range(8)}
    alice.upload("busy.png", next(iter(bodies)))
    done = threading.Event()

    def read() -> list[str]:
        reader, wrong = User(alice.id, world.client(**dict(alice.http.headers))), []
        while not done.is_set():
            answer = reader.download("busy.png")
            if answer.status_code != 200 or answer.content not in bodies:
                wrong.append(f"{answer.status_code} {len(answer.content)} {answer.text[:200]}")
        return wrong

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        for body in list(bodies) * 3:
            assert alice.upload("busy.png", body, x_upsert="true").status_code == 200
        done.set()
        assert [one.result() for one in readers] == [[], []]
    assert world.is_whole()


def test_moves_to_one_name_have_one_winner(world: World, alice: User) -> None:
    """The name is taken once; the objects that lost are where they were."""
    sources = [f"{alice.id}/from-{number}.png" for number in range(4)]
    for number in range(4):
        alice.upload(f"from-{number}.png", str(number).encode())
    users = [User(alice.id, world.client(**dict(alice.http.headers))) for _ in sources]
    target = f"{alice.id}/to.png"
    answers = at_once(
        *(
            partial(
                user.ask, "POST", "object/move", json={"bucketId": "files", "sourceKey": one, "destinationKey": target}
            )
            for user, one in zip(users, sources, strict=True)
        )
    )
    said = [str(one.json().get("statusCode", one.status_code)) for one in answers]
    assert sorted(said) == ["200", "409", "409", "409"]
    assert alice.download("to.png").content == str(said.index("200")).encode()
    assert world.is_whole()
