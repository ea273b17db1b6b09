"""Who may do what: the policies of the project decide, asked under the caller's role, for every operation."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.devstack.storage.conftest import PNG, User, World


@pytest.fixture
def allow(world: World) -> Iterator[Any]:
    """`allow("insert", "update")`: policies for these commands on an empty bucket `narrow`; taken back afterwards."""
    world.service.ask("POST", "bucket", json={"name": "narrow"})

    def add(*commands: str, that: str = "bucket_id = 'narrow'") -> None:
        for command in commands:
            clause = "with check" if command == "insert" else "using"
            world.owner.execute(f"create policy n_{command} on storage.objects for {command} to authenticated {clause} ({that})".encode())  # fmt: skip

    yield add
    for command in ("select", "insert", "update", "delete"):
        world.owner.execute(f"drop policy if exists n_{command} on storage.objects".encode())
    world.service.ask("POST", "bucket/narrow/empty")


def put(user: User, name: str = "a.png", **headers: str) -> str:
    """What an upload to `narrow` is answered: the status in its body, `200` when it was good."""
    answer = user.ask("POST", f"object/narrow/{name}", content=b"x", headers=PNG | headers)
    return str(answer.json().get("statusCode", answer.status_code))


def test_an_upload_needs_only_the_right_to_insert(alice: User, allow: Any) -> None:
    """Whoever may put something in need not be able to see it afterwards."""
    assert put(alice) == "403"
    allow("insert")
    assert put(alice) == "200"
    assert alice.ask("GET", "object/narrow/a.png").json()["statusCode"] == "404"


def test_replacing_needs_the_rights_to_insert_select_and_update(alice: User, allow: Any) -> None:
    """Each of the three alone, and any two, are not enough."""
    upsert = {"x-upsert": "true"}
    allow("insert")
    assert put(alice, **upsert) == "403"
    allow("update")
    assert put(alice, **upsert) == "403"
    allow("select")
    assert put(alice, **upsert) == "200"
    assert put(alice, **upsert) == "200"
    assert alice.ask("PUT", "object/narrow/a.png", content=b"y", headers=PNG).status_code == 200


def test_removing_needs_the_rights_to_select_and_delete(world: World, alice: User, allow: Any) -> None:
    """Without them nothing is removed, and nothing is said of it; emptying says what was in the way."""
    world.service.ask("POST", "object/narrow/a.png", content=b"x", headers=PNG)
    remove = {"method": "DELETE", "path": "object/narrow", "json": {"prefixes": ["a.png"]}}
    assert alice.ask(**remove).json() == []
    allow("select")
    assert alice.ask(**remove).json() == []
    allow("delete")
    [gone] = alice.ask(**remove).json()
    assert (gone["name"], gone["bucket_id"], gone["metadata"]["size"]) == ("a.png", "narrow", 1)
    assert world.is_whole()


def test_moving_needs_the_rights_to_select_and_update(world: World, alice: User, allow: Any) -> None:
    """And the new name must be allowed as well."""
    world.service.ask("POST", "object/narrow/a.png", content=b"x", headers=PNG)
    move = {"bucketId": "narrow", "sourceKey": "a.png", "destinationKey": "b.png"}
    allow("select")
    assert alice.ask("POST", "object/move", json=move).json()["statusCode"] == "404"
    allow("update", that="bucket_id = 'narrow' and name in ('a.png', 'b.png')")
    away = move | {"destinationKey": "c.png"}
    assert alice.ask("POST", "object/move", json=away).json()["statusCode"] == "403"
    assert alice.ask("POST", "object/move", json=move).json()["message"] == "Successfully moved"
    assert world.service.ask("GET", "object/narrow/b.png").content == b"x"


def test_policies_see_what_is_being_done(world: World, alice: User, allow: Any) -> None:
    """A policy may allow reading a file and forbid listing it."""
    allow("select", that="bucket_id = 'narrow' and storage.allow_only_operation('object.get_authenticated')")
    world.service.ask("POST", "object/narrow/a.png", content=b"x", headers=PNG)
    assert alice.ask("GET", "object/narrow/a.png").content == b"x"
    assert alice.ask("POST", "object/list/narrow", json={"prefix": ""}).json() == []
    assert alice.ask("POST", "object/sign/narrow/a.png", json={"expiresIn": 9}).json()["statusCode"] == "404"


def test_policies_see_the_type_of_a_file(alice: User, allow: Any) -> None:
    """The metadata a row will have is there when the policy is asked, before a byte is taken."""
    allow("insert", that="bucket_id = 'narrow' and metadata ->> 'mimetype' = 'image/png'")
    assert put(alice, "a.png") == "200"
    assert put(alice, "a.gif", **{"content-type": "image/gif"}) == "403"


def test_a_row_has_what_hosted_storage_writes(world: World, alice: User) -> None:
    """Owner, version, metadata; and triggers meet the row once, complete, written by the service."""
    world.owner.execute("create table public.t_seen (role text, subject text, metadata jsonb)")
    world.owner.execute("grant insert on public.t_seen to service_role, authenticated")
    world.owner.execute(
        "create function public.t_note() returns trigger language plpgsql as $$ begin insert into public.t_seen"
        " values (current_user, auth.uid()::text, new.metadata); return new; end $$"
    )
    world.owner.execute("create trigger t_note after insert on storage.objects for each row execute function public.t_note()")  # fmt: skip
    try:
        answer = alice.upload("row.png", b"12345", cache_control="max-age=7", x_metadata="eyJhIjogMX0=")
    finally:
        world.owner.execute("drop trigger t_note on storage.objects")
    assert answer.json()["Key"] == f"files/{alice.id}/row.png"
    [row] = world.owner.execute(
        "select id::text, owner, owner_id, version, metadata, user_metadata, path_tokens from storage.objects"
        " where name = %s", [f"{alice.id}/row.png"],
    )  # fmt: skip
    assert row[:3] == (answer.json()["Id"], alice.id, str(alice.id))
    assert [path.name for path in world.files() if path.name == row[3]] == [row[3]]
    expected = {"eTag": '"827ccb0eea8a706c4c34a16891f84e7b"', "size": 5, "mimetype": "image/png", "contentLength": 5,
                "cacheControl": "max-age=7", "httpStatusCode": 200}  # fmt: skip
    assert {name: row[4][name] for name in expected} == expected
    assert set(row[4]) - set(expected) == {"lastModified"}
    assert (row[5], row[6]) == ({"a": 1}, [str(alice.id), "row.png"])
    assert world.owner.execute("select role, subject, metadata from public.t_seen").fetchall() == [
        ("service_role", None, row[4])
    ]


def test_a_right_lost_during_an_upload_is_lost(world: World, alice: User) -> None:
    """The policies are asked again when the bytes are there."""

    def slowly() -> Iterator[bytes]:
        yield b"begun"
        world.owner.execute("alter policy t_insert on storage.objects with check (false)")
        yield b"ended"

    try:
        answer = alice.upload("late.png", slowly())
    finally:
        world.owner.execute(
            "alter policy t_insert on storage.objects"
            " with check (bucket_id = 'files' and (storage.foldername(name))[1] = auth.uid()::text)"
        )
    # Whether the first question or the second was refused depends on when the first chunk came: no row either way.
    assert answer.json()["statusCode"] == "403"
    assert world.is_whole()


def test_a_token_of_another_role_gains_nothing(world: World) -> None:
    """`postgres`, `supabase_storage_admin` and other roles are none a token may name; none is nobody."""
    for role in ("postgres", "supabase_storage_admin", "authenticator", "parley_api", ""):
        answer = world.user(role=role).ask("GET", "bucket")
        assert (answer.status_code, answer.json()["statusCode"]) == (400, "403"), role
    naked = world.client().get("/storage/v1/bucket")
    assert (naked.status_code, naked.json()["message"]) == (400, "headers must have required property 'authorization'")


def test_rows_go_only_through_the_api(world: World, alice: User) -> None:
    """As hosted, SQL may not delete them: a file would be left behind."""
    alice.upload("kept.png")
    with pytest.raises(Exception, match="Direct deletion from storage tables is not allowed"):
        world.owner.execute("delete from storage.objects where name = %s", [f"{alice.id}/kept.png"])


def test_a_stranger_meets_the_same_answer_as_for_nothing(alice: User, bob: User) -> None:
    """Reading, describing, signing: what is not his and what is not there read alike, byte by byte."""
    alice.upload("secret.png", b"secret")
    theirs, none = f"{alice.id}/secret.png", f"{alice.id}/none.png"
    for method, path, body in (
        ("GET", "object/files/{}", None), ("GET", "object/authenticated/files/{}", None),
        ("GET", "object/info/files/{}", None), ("HEAD", "object/files/{}", None), ("DELETE", "object/files/{}", None),
        ("POST", "object/sign/files/{}", {"expiresIn": 60}),
    ):  # fmt: skip
        content = json.dumps(body) if body else None
        first, second = (bob.ask(method, path.format(name), content=content) for name in (theirs, none))
        assert first.status_code == second.status_code == 400, path
        assert first.content == second.content, path
    listed = bob.ask("POST", "object/list/files", json={"prefix": str(alice.id)})
    assert listed.json() == []
    assert alice.download("secret.png").content == b"secret"
