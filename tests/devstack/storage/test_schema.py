"""What of hosted's schema `storage` migrations and policies rely on."""

import psycopg
import pytest

from tests.support.database import Database


def test_policies_may_ask_for_the_operation(bare_database: Database) -> None:
    """With or without `storage.` before it; outside the Storage API nothing is being done."""
    with bare_database.connect() as owner:
        asked = "select storage.allow_only_operation('object.list'), storage.allow_any_operation(%s)"
        names = [["storage.object.list", "object.upload", "", None]]
        assert owner.execute(asked, names).fetchone() == (False, False)
        owner.execute("select set_config('storage.operation', 'storage.object.list', false)")
        assert owner.execute(asked, names).fetchone() == (True, True)
        assert owner.execute("select storage.allow_only_operation('object.list_v2')").fetchone() == (False,)


def test_names_and_sizes_are_told_apart(bare_database: Database) -> None:
    """Folders, file name and ending of a path; bytes by bucket."""
    with bare_database.connect() as owner:
        told = "select storage.foldername(%s), storage.filename(%s), storage.extension(%s)"
        assert owner.execute(told, ["a/b/c.tar.gz"] * 3).fetchone() == (["a", "b"], "c.tar.gz", "gz")
        owner.execute("insert into storage.buckets (id, name) values ('one', 'one'), ('two', 'two')")
        owner.execute(
            "insert into storage.objects (bucket_id, name, metadata)"
            """ values ('one', 'a', '{"size": 2}'), ('one', 'b', '{"size": 3}'), ('two', 'a', '{}')"""
        )
        assert dict(owner.execute("select bucket_id, size from storage.get_size_by_bucket()").fetchall()) == {
            "one": 5, "two": None,
        }  # fmt: skip


def test_rows_go_through_the_api_and_names_are_short(bare_database: Database) -> None:
    """As hosted: SQL that deletes is refused unless it says that it means it; a bucket has 100 characters."""
    with bare_database.connect() as owner:
        owner.execute("insert into storage.buckets (id, name) values ('one', 'one')")
        for table in ("objects", "buckets"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="Use the Storage API instead"):
                owner.execute(f"delete from storage.{table}".encode())
        owner.execute("set storage.allow_delete_query = 'true'")
        assert owner.execute("delete from storage.buckets").rowcount == 1
        with pytest.raises(psycopg.errors.RaiseException, match="Max is 100"):
            owner.execute("insert into storage.buckets (id, name) values ('x', repeat('x', 101))")


def test_a_changed_object_says_when(bare_database: Database) -> None:
    """`updated_at` moves by itself."""
    with bare_database.connect() as owner:
        owner.execute("insert into storage.buckets (id, name) values ('one', 'one')")
        owner.execute("insert into storage.objects (bucket_id, name, updated_at) values ('one', 'a', '2001-01-01')")
        owner.execute("update storage.objects set version = 'x'")
        [(is_new,)] = owner.execute("select updated_at > now() - interval '1 minute' from storage.objects").fetchall()
        assert is_new
