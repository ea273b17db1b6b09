"""What hosted Supabase answers to supabase-py, whose models read every answer: both clients, one line a case."""

import inspect
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from postgrest import APIError
from storage3.exceptions import StorageApiError
from supabase_auth.errors import AuthApiError

from supabase import acreate_client, create_client
from tests.support.surface import Project

Ask = Callable[[Any], Any]
"""What is asked of a client: the sync one answers at once, the async one with something to wait for."""
NOBODY = "6f1d9a06-6b6c-4a35-9c0e-0f3f0f2b9f11"
BUCKET = "e2e-conformance-py"
PASSWORD = "a good Passw0rd of the tests"


async def answer(asked: Any) -> Any:
    """What was asked, waited for where that is needed."""
    return await asked if inspect.isawaitable(asked) else asked


async def client_of(kind: str, project: Project, key: str) -> Any:
    """A new client of supabase-py."""
    return create_client(project.url, key) if kind == "sync" else await acreate_client(project.url, key)


kinds = pytest.mark.parametrize("kind", ["sync", "async"])

ROWS: Mapping[str, tuple[Ask, Any]] = {
    "rows": (lambda c: c.table("e2e_books").select("id").order("id").limit(2), [{"id": 1}, {"id": 2}]),
    "one": (lambda c: c.table("e2e_books").select("title").eq("id", 1).single(), {"title": "Notes"}),
    "CSV": (lambda c: c.table("e2e_books").select("id").eq("id", 1).csv(), "id\n1"),
    "nothing": (lambda c: c.table("e2e_books").select("id").in_("id", []), []),
    "not null": (lambda c: c.table("e2e_books").select("id").not_.is_("editor_id", "null").order("id"), [{"id": 1}, {"id": 2}]),
    "either": (lambda c: c.table("e2e_books").select("id").or_("id.eq.1,title.eq.Bugs").order("id"), [{"id": 1}, {"id": 3}]),
    "an array": (lambda c: c.table("e2e_authors").select("id").contains("tags", ["maths"]), [{"id": 1}]),
    "JSON": (lambda c: c.table("e2e_authors").select("id").contains("details", {"works": 3}), [{"id": 1}]),
    "any pattern": (lambda c: c.table("e2e_authors").select("id").like_any_of("name", "A%,G%").order("id"), [{"id": 1}, {"id": 2}]),
    "web search": (lambda c: c.table("e2e_authors").select("name").text_search("name", "ada", options={"type": "web_search", "config": "simple"}), [{"name": "Ada"}]),
    "nulls last": (lambda c: c.table("e2e_books").select("id").order("pages", desc=True, nullsfirst=False).limit(1), [{"id": 2}]),
    "an embed": (lambda c: c.table("e2e_books").select("id, author_id!inner(name)").eq("author_id.name", "Ada"), [{"id": 1, "author_id": {"name": "Ada"}}]),
    "a function": (lambda c: c.rpc("e2e_add", {"a": 1, "b": 2}), 3),
    "a function by GET": (lambda c: c.rpc("e2e_add", {"a": 1}, get=True), 11),
    "a set": (lambda c: c.rpc("e2e_books_of", {"author": 2}).select("title").order("title").limit(1), [{"title": "Bugs"}]),
}  # fmt: skip
ROW_ERRORS: Mapping[str, tuple[Ask, str, str | None]] = {
    "no table": (lambda c: c.table("e2e_nope").select("*"), "PGRST205", "Could not find the table 'public.e2e_nope' in the schema cache"),
    "no column": (lambda c: c.table("e2e_books").select("nope"), "42703", "column e2e_books.nope does not exist"),
    "no row": (lambda c: c.table("e2e_books").select("*").eq("id", 0).single(), "PGRST116", "Cannot coerce the result to a single JSON object"),
    "no function": (lambda c: c.rpc("e2e_nope", {}), "PGRST202", None),
    "no schema": (lambda c: c.schema("auth").table("users").select("*"), "PGRST106", "Invalid schema: auth"),
    "no right": (lambda c: c.table("e2e_books").insert({"id": 300, "title": "x"}), "42501", "permission denied for table e2e_books"),
    "no plan": (lambda c: c.table("e2e_books").select("*").explain(), "PGRST107", None),
    "every row deleted": (lambda c: c.table("e2e_books").delete(), "21000", "DELETE requires a WHERE clause"),
    "every row changed": (lambda c: c.table("e2e_books").update({"pages": 1}), "21000", "UPDATE requires a WHERE clause"),
    "a raised error": (lambda c: c.rpc("e2e_quota", {}), "PT402", "Payment Required"),
}  # fmt: skip


@kinds
async def test_queries_answer_with_data_or_the_codes_of_postgrest(kind: str, project: Project) -> None:
    """`execute()` gives rows, or raises APIError with code and message."""
    client = await client_of(kind, project, project.publishable_key)
    for label, (ask, wanted) in ROWS.items():
        assert (await answer(ask(client).execute())).data == wanted, label
    for label, (ask, code, message) in ROW_ERRORS.items():
        with pytest.raises(APIError) as caught:
            await answer(ask(client).execute())
        assert caught.value.code == code, (label, caught.value)
        assert message is None or caught.value.message == message, label


USER_ERRORS: Mapping[str, tuple[Ask, int, str]] = {
    "a wrong password": (lambda c: c.auth.sign_in_with_password({"email": "nobody@example.com", "password": "x"}), 400, "invalid_credentials"),
    "a wrong token": (lambda c: c.auth.get_user("nonsense"), 403, "bad_jwt"),
    "a wrong refresh token": (lambda c: c.auth.refresh_session("nonsense"), 400, "refresh_token_not_found"),
    "a wrong code": (lambda c: c.auth.verify_otp({"email": "nobody@example.com", "token": "000000", "type": "email"}), 403, "otp_expired"),
    "a wrong link": (lambda c: c.auth.verify_otp({"token_hash": "nonsense", "type": "email"}), 403, "otp_expired"),
    "a code of another browser": (lambda c: c.auth.exchange_code_for_session({"auth_code": NOBODY, "code_verifier": "v" * 43}), 404, "flow_state_not_found"),
    "a stranger's code": (lambda c: c.auth.sign_in_with_otp({"email": "nobody@example.com", "options": {"should_create_user": False}}), 422, "otp_disabled"),
    "a browser's key": (lambda c: c.auth.admin.list_users(), 403, "not_admin"),
}  # fmt: skip


@kinds
async def test_accounts_are_read_by_the_models_of_auth(kind: str, project: Project) -> None:
    """Sign-in, refresh, claims, changes, every kind of link, and the errors."""
    client, admin = [await client_of(kind, project, key) for key in (project.publishable_key, project.secret_key)]
    users, email = admin.auth.admin, f"e2e-{uuid.uuid4()}@example.com"
    made = (await answer(users.create_user({"email": email, "password": PASSWORD, "email_confirm": True}))).user
    try:
        signed_in = await answer(client.auth.sign_in_with_password({"email": email, "password": PASSWORD}))
        assert (signed_in.user.id, signed_in.session.token_type) == (made.id, "bearer")
        assert (await answer(client.auth.get_claims()))["claims"]["sub"] == made.id
        changed = await answer(client.auth.update_user({"data": {"color": "red"}}))
        assert changed.user.user_metadata["color"] == "red"
        assert (await answer(client.auth.get_user_identities())).identities[0].provider == "email"
        refreshed = await answer(client.auth.refresh_session())
        assert refreshed.session.refresh_token != signed_in.session.refresh_token
        assert (await answer(client.auth.mfa.list_factors())).all == []
        links = {"magiclink": {}, "recovery": {}, "email_change_current": {"new_email": f"new-{email}"}}
        for link, more in links.items():
            told = await answer(users.generate_link({"type": link, "email": email, **more}))
            assert (told.user.id, told.properties.verification_type) == (made.id, link)
        assert (await answer(users.update_user_by_id(made.id, {"app_metadata": {"plan": "gold"}}))).user.app_metadata[
            "plan"
        ] == "gold"
        assert any(one.id == made.id for one in await answer(users.list_users(page=1, per_page=50)))
        await answer(client.auth.sign_out({"scope": "local"}))
    finally:
        await answer(users.delete_user(made.id))
    with pytest.raises(AuthApiError) as gone:
        await answer(users.get_user_by_id(made.id))
    assert (gone.value.status, gone.value.code) == (404, "user_not_found")
    fresh = await client_of(kind, project, project.publishable_key)
    for label, (ask, status, code) in USER_ERRORS.items():
        with pytest.raises(AuthApiError) as caught:
            await answer(ask(fresh))
        assert (caught.value.status, caught.value.code) == (status, code), (label, caught.value)


FILE_ERRORS: Mapping[str, tuple[Ask, str, str]] = {
    "a bucket twice": (lambda c: c.create_bucket(BUCKET), "409", "The resource already exists"),
    "no bucket": (lambda c: c.get_bucket("e2e-none"), "404", "Bucket not found"),
    "a bucket with files": (lambda c: c.delete_bucket(BUCKET), "409", "The bucket you tried to delete is not empty"),
    "a file twice": (lambda c: c.from_(BUCKET).upload("a/b.txt", b"x", {"content-type": "text/plain"}), "409", "The resource already exists"),
    "a file too large": (lambda c: c.from_(BUCKET).upload("big.txt", b"x" * 101, {"content-type": "text/plain"}), "413", "The object exceeded the maximum allowed size"),
    "another type": (lambda c: c.from_(BUCKET).upload("a.html", b"x", {"content-type": "text/html"}), "415", "mime type text/html is not supported"),
    "no file": (lambda c: c.from_(BUCKET).download("none.txt"), "404", "Object not found"),
    "no file to move": (lambda c: c.from_(BUCKET).move("none.txt", "b.txt"), "404", "Object not found"),
    "no file to sign": (lambda c: c.from_(BUCKET).create_signed_url("none.txt", 60), "404", "Object not found"),
}  # fmt: skip


@kinds
async def test_files_are_read_by_the_models_of_storage(kind: str, project: Project) -> None:
    """Buckets, uploads, lists, links, and the errors."""
    storage = (await client_of(kind, project, project.secret_key)).storage
    options = {"public": True, "file_size_limit": 100, "allowed_mime_types": ["text/plain"]}
    await answer(storage.create_bucket(BUCKET, options=options))
    files = storage.from_(BUCKET)
    try:
        kept = await answer(files.upload("a/b.txt", b"hello", {"content-type": "text/plain", "metadata": {"k": "v"}}))
        assert (kept.path, kept.full_path) == ("a/b.txt", f"{BUCKET}/a/b.txt")
        assert (await answer(storage.get_bucket(BUCKET))).file_size_limit == 100
        assert (await answer(files.info("a/b.txt")))["metadata"] == {"k": "v"}
        assert [await answer(files.exists(name)) for name in ("a/b.txt", "none.txt")] == [True, False]
        for label, (ask, status, message) in FILE_ERRORS.items():
            with pytest.raises(StorageApiError) as caught:
                await answer(ask(storage))
            assert (str(caught.value.status), caught.value.message) == (status, message), label
        assert (await answer(files.copy("a/b.txt", "a/c.txt")))["Key"] == f"{BUCKET}/a/c.txt"
        assert [
            one["name"] for one in await answer(files.list("a", {"sortBy": {"column": "name", "order": "desc"}}))
        ] == ["c.txt", "b.txt"]
        page = await answer(files.list_v2({"prefix": "a/", "limit": 1}))
        assert (page.hasNext, [one.name for one in page.objects]) == (True, ["a/b.txt"])
        signed = await answer(files.create_signed_urls(["a/b.txt", "none.txt"], 60))
        assert [bool(one["error"]) for one in signed] == [False, True]
        ticket = await answer(files.create_signed_upload_url("a/d.txt"))
        await answer(files.upload_to_signed_url("a/d.txt", ticket["token"], b"d", {"content-type": "text/plain"}))
        assert await answer(files.download("a/d.txt")) == b"d"
        assert [one["name"] for one in await answer(files.remove(["a/d.txt", "none.txt"]))] == ["a/d.txt"]
    finally:
        await answer(storage.empty_bucket(BUCKET))
        await answer(storage.delete_bucket(BUCKET))
