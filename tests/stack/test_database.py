"""The test server itself: what the migrations may count on."""

import psycopg
import pytest

from tests.support.database import Cluster, Database, as_user


def test_the_owner_is_no_superuser_and_no_client_role_bypasses_policies(bare_database: Database) -> None:
    """Locally as hosted: migrations run without superuser rights, and only service_role and postgres bypass RLS."""
    with bare_database.connect() as owner:
        rows = owner.execute("select rolname, rolsuper, rolbypassrls from pg_roles where rolname !~ '^pg_'").fetchall()
    roles = {name: (superuser, bypass) for name, superuser, bypass in rows}
    assert roles["postgres"] == (False, True)
    assert roles["anon"] == roles["authenticated"] == roles["authenticator"] == (False, False)
    assert roles["service_role"] == (False, True)


def test_new_tables_are_granted_to_nobody(bare_database: Database) -> None:
    """A new table in public is out of reach of client roles until a migration grants it."""
    with bare_database.connect() as owner:
        owner.execute("create table public.fresh (id int)")
        rows = owner.execute(
            "select r from unnest(array['anon', 'authenticated', 'service_role']) r"
            " where has_table_privilege(r, 'public.fresh', 'select')"
        ).fetchall()
    assert rows == []


def test_the_owner_may_reference_users_and_write_policies_where_hosted_allows(bare_database: Database) -> None:
    """Foreign keys to auth.users, triggers on it, and policies on storage.objects and realtime.messages work as
    postgres."""
    with bare_database.connect() as owner:
        owner.execute("create table public.people (id uuid primary key references auth.users (id) on delete cascade)")
        owner.execute("create policy p on storage.objects for select to authenticated using (bucket_id = 'x')")
        owner.execute("create policy p on realtime.messages for select to authenticated using (realtime.topic() = 'x')")
        owner.execute("insert into auth.users (id, email) values (gen_random_uuid(), 'a@example.com')")
        owner.execute("insert into public.people select id from auth.users")
        owner.execute("delete from auth.users")
        assert owner.execute("select count(*) from public.people").fetchone() == (0,)


def test_claims_reach_the_auth_functions(bare_database: Database) -> None:
    """auth.uid(), auth.role(), auth.email() and auth.jwt() read the claims of the transaction."""
    user, tenant = "6f1d9a06-6b6c-4a35-9c0e-0f3f0f2b9f11", "0a0e3a36-9a41-44a5-8a3f-94d7f3c1f001"
    with bare_database.connect() as owner, as_user(owner, user, tenant, email="a@example.com"):
        row = owner.execute(
            "select auth.uid()::text, auth.role(), auth.email(), auth.jwt() #>> '{app_metadata,tenant_id}',"
            " current_user::text"
        ).fetchone()
    assert row == (user, "authenticated", "a@example.com", tenant, "authenticated")


def test_a_broadcast_is_stored_and_a_broken_one_breaks_nothing(bare_database: Database) -> None:
    """realtime.send() stores a row with an id; one that cannot be stored warns and leaves the transaction whole."""
    with bare_database.connect() as owner:
        owner.execute("select realtime.send('{\"n\": 1}', 'made', 'thread:1')")
        owner.execute("select realtime.send('{}', 'made', null)")
        rows = owner.execute("select topic, event, payload ->> 'n', payload ? 'id' from realtime.messages").fetchall()
    assert rows == [("thread:1", "made", "1", True)]


def test_a_database_is_made_apart_from_the_next(cluster: Cluster, template: str) -> None:
    """Two databases of one template see nothing of each other, though they share the cluster's roles."""
    one, two = cluster.create(template=template), cluster.create(template=template)
    try:
        with one.connect() as connection:
            connection.execute("create table public.only_here (id int)")
        with two.connect() as connection, pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("select * from public.only_here")
        with two.connect("parley_worker") as worker:
            row = worker.execute("select rolsuper, rolbypassrls from pg_roles where rolname = current_user").fetchone()
        assert row == (False, False)
    finally:
        one.drop()
        two.drop()
