"""Rules every table, key, index, view and policy keeps, read from the catalogue."""

import re

import pytest

from tests.db.helpers import Row, World

GLOBAL_TABLES = {
    "public.tenants",
    "public.active_tenants",
    "private.address_kinds",
    "private.channel_providers",
    "private.deployment",
    "private.feed_epochs",
    "private.invariant_checks",
    "private.invariants",
    "private.rollup_state",
}
"""Tables that belong to no tenant: the list of tenants, a user's own choice, and two of the cluster itself."""

RUNTIME = (
    "anon",
    "authenticated",
    "service_role",
    "parley_worker",
    "parley_api",
    "parley_shadow",
    "parley_ingress",
    "parley_realtime",
)

TABLES = """
select n.nspname || '.' || c.relname as name, n.nspname as schema, c.relname as bare, c.oid,
  c.relrowsecurity as enabled,
  c.relforcerowsecurity as forced, obj_description(c.oid) as comment,
  exists (select from pg_attribute as a where a.attrelid = c.oid and a.attname = 'tenant_id') as has_tenant
from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('public', 'private') and c.relkind in ('r', 'p') order by 1
"""


def names(rows: list[Row]) -> list[str]:
    """The `name` of every row: what a failing assertion should show."""
    return [row["name"] for row in rows]


def test_every_table_has_forced_row_level_security(world: World) -> None:
    """Enabled and forced, in public and private."""
    rows = world.all(TABLES)
    assert len(rows) > 30
    assert names([row for row in rows if not (row["enabled"] and row["forced"])]) == []


def test_every_table_and_view_is_commented(world: World) -> None:
    """A newcomer finds out what a table is for without leaving psql."""
    assert names([row for row in world.all(TABLES) if not row["comment"]]) == []
    views = world.all(
        "select c.relname as name from pg_class as c where c.relkind = 'v' and obj_description(c.oid) is null"
        " and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
    )
    assert names(views) == []


def test_every_tenant_table_leads_its_keys_with_the_tenant(world: World) -> None:
    """tenant_id is in every table that is not global, not null, and first in every unique key."""
    missing = [row for row in world.all(TABLES) if not row["has_tenant"] and row["name"] not in GLOBAL_TABLES]
    assert names(missing) == []
    rows = world.all(
        "select i.indexrelid::regclass::text as name, (select a.attname from pg_attribute as a where a.attrelid ="
        " i.indrelid and a.attnum = i.indkey[0]) as first from pg_index as i inner join pg_class as c on c.oid ="
        " i.indrelid where i.indisunique and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
        " and c.oid::regclass::text <> all(%s)",
        [name.removeprefix("public.") for name in GLOBAL_TABLES],
    )
    assert names([row for row in rows if row["first"] != "tenant_id"]) == []
    nullable = world.all(
        "select a.attrelid::regclass::text as name from pg_attribute as a inner join pg_class as c on"
        " c.oid = a.attrelid"
        " where a.attname = 'tenant_id' and not a.attnotnull and c.relkind = 'r'"
        " and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
    )
    assert nullable == []


def test_foreign_keys_between_tenant_tables_carry_the_tenant(world: World) -> None:
    """No key can point into another tenant: (tenant_id, x_id) references (tenant_id, id)."""
    rows = world.all(
        "select k.conname as name, array(select a.attname || '=' || b.attname from unnest(k.conkey,"
        " k.confkey) as c (x, y)"
        " inner join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = c.x inner join pg_attribute as b"
        " on b.attrelid = k.confrelid and b.attnum = c.y) as pairs, k.confrelid::regclass::text as target"
        " from pg_constraint as k where k.contype = 'f'"
        " and k.connamespace in ('public'::regnamespace, 'private'::regnamespace)"
    )
    assert len(rows) > 20
    for row in rows:
        if row["target"] == "tenants":
            assert row["pairs"] == ["tenant_id=id"], row
        elif row["target"] != "auth.users":
            assert "tenant_id=tenant_id" in row["pairs"], row


UNINDEXED = {
    "suppressions_tenant_id_source_message_id_fkey", "et_thread_insights_tenant_id_follow_up_message_id_fkey",
    "et_messages_tenant_id_sender_contact_id_fkey", "et_outbound_queue_tenant_id_channel_session_id_fkey",
    "et_threads_tenant_id_channel_session_id_fkey",
}  # fmt: skip
"""Keys to rows that are never deleted and never joined from: an index would cost every insert and serve nobody."""


def test_other_foreign_keys_have_an_index_to_follow(world: World) -> None:
    """Every other referencing column set leads an index, so that deletes and joins never scan."""
    rows = world.all(
        "select k.conname as name from pg_constraint as k where k.contype = 'f'"
        " and k.connamespace in ('public'::regnamespace, 'private'::regnamespace) and not exists ("
        " select from pg_index as i where i.indrelid = k.conrelid and (i.indkey::int2[])[0:cardinality(k.conkey) - 1]"
        " @> k.conkey)"
    )
    assert set(names(rows)) <= UNINDEXED


@pytest.mark.parametrize("role", RUNTIME)
def test_views_run_as_their_reader_and_nobody_writes_them(world: World, role: str) -> None:
    """security_invoker everywhere; insert, update and delete revoked from every role."""
    rows = world.all(
        "select c.relname as name, c.reloptions @> array['security_invoker=on'] as invoker, c.oid from pg_class as c"
        " where c.relkind = 'v' and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
    )
    assert len(rows) > 10 and names([row for row in rows if not row["invoker"]]) == []
    for row in rows:
        for right in ("insert", "update", "delete"):
            assert not world.value("select has_table_privilege(%s, %s::oid, %s)", role, row["oid"], right), row["name"]


def test_anon_and_public_have_no_table(world: World) -> None:
    """Not one privilege on one table, view or sequence."""
    rows = world.all(
        "select c.relname as name, a.privilege_type from pg_class as c, aclexplode(c.relacl) as a"
        " where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
        " and (a.grantee = 0 or a.grantee = 'anon'::regrole)"
    )
    assert rows == []


def test_runtime_roles_never_truncate_reference_or_trigger(world: World) -> None:
    """TRUNCATE, REFERENCES and TRIGGER pass by row level security, so nobody has them."""
    rows = world.all(
        "select c.relname as name, a.grantee::regrole::text as role, a.privilege_type as right from pg_class as c,"
        " aclexplode(c.relacl) as a where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
        " and c.relkind in ('r', 'p', 'v') and a.privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN')"
        " and a.grantee <> c.relowner"
    )
    assert rows == []


def test_clients_write_no_table(world: World) -> None:
    """authenticated reads through policies and writes through functions only."""
    rows = world.all(
        "select table_schema || '.' || table_name as name, privilege_type from information_schema.table_privileges"
        " where grantee in ('authenticated', 'anon', 'parley_api', 'parley_shadow') and privilege_type <> 'SELECT'"
        " and table_schema in ('public', 'private')"
    )
    assert rows == []


def test_no_client_role_may_look_into_private(world: World) -> None:
    """USAGE on private belongs to servers."""
    for role, allowed in (("anon", False), ("authenticated", False), ("parley_worker", True), ("parley_api", True),
                          ("parley_shadow", True)):  # fmt: skip
        assert world.value("select has_schema_privilege(%s, 'private', 'usage')", role) is allowed, role
        assert not world.value("select has_schema_privilege(%s, 'private', 'create')", role), role
        assert not world.value("select has_schema_privilege(%s, 'public', 'create')", role), role


POLICIES = """
select schemaname || '.' || tablename as name, tablename, policyname as policy, cmd, roles::text[] as roles, qual,
  with_check from pg_policies where schemaname in ('public', 'private')
"""


def test_policies_name_a_role_and_check_their_writes(world: World) -> None:
    """No policy for PUBLIC, none for ALL, one per table, command and audience, and writes have WITH CHECK."""
    seen = set()
    for row in world.all(POLICIES):
        assert row["roles"] != ["public"] and row["cmd"] != "ALL", row
        if row["cmd"] in ("INSERT", "UPDATE"):
            assert row["with_check"], row
        key = (row["name"], row["cmd"], tuple(row["roles"]))
        assert key not in seen, key
        seen.add(key)


def test_policies_never_read_what_users_may_write(world: World) -> None:
    """user_metadata is the user's own text: no policy and no function looks at it; auth.* is not called either."""
    for row in world.all(POLICIES):
        assert not re.search(r"user_metadata|auth\\.(uid|jwt|role)", f"{row['qual']} {row['with_check']}"), row
    rows = world.all(
        "select p.proname as name from pg_proc as p where p.pronamespace in ('public'::regnamespace,"
        " 'private'::regnamespace) and p.prokind = 'f' and pg_get_functiondef(p.oid) ~"
        " 'user_meta_?data|auth\\.(uid|jwt|role)\\('"
    )
    assert names(rows) == []


def test_anon_has_no_policy(world: World) -> None:
    """Nothing is for everybody."""
    assert [row for row in world.all(POLICIES) if "anon" in row["roles"]] == []


def test_constraint_names(world: World) -> None:
    """<table>_<columns>_{pkey,key,fkey} and <table>_<rule>_check."""
    rows = world.all(
        "select k.conname as name, k.contype::text as type, c.relname as table, array(select a.attname::text from"
        " unnest(k.conkey) with ordinality as x (n, o) inner join pg_attribute as a on a.attrelid = k.conrelid and"
        " a.attnum = x.n order by x.o) as columns from pg_constraint as k inner join pg_class as c on"
        " c.oid = k.conrelid"
        " where k.connamespace in ('public'::regnamespace, 'private'::regnamespace) and k.contype in"
        " ('p', 'u', 'f', 'c')"
    )
    ending = {"p": "pkey", "u": "key", "f": "fkey"}
    for row in rows:
        if row["type"] == "c":
            assert re.fullmatch(rf"{row['table']}_\w+_check", row["name"]), row
        else:
            assert row["name"] == "_".join([row["table"], *row["columns"], ending[row["type"]]])[:63], row


def test_index_policy_and_trigger_names(world: World) -> None:
    """<table>_…_idx, <table>_<command>_<audience>, <table>_NNN_<task> running private.tg_<noun>__<task>."""
    for row in world.all(
        "select i.relname as name, t.relname as table from pg_index as x inner join pg_class as i on"
        " i.oid = x.indexrelid"
        " inner join pg_class as t on t.oid = x.indrelid where t.relnamespace in ('public'::regnamespace,"
        " 'private'::regnamespace) and not exists (select from pg_constraint as k where k.conindid = x.indexrelid"
        " and k.contype in ('p', 'u'))"
    ):
        assert re.fullmatch(rf"{row['table']}_\w+_idx", row["name"]), row
    for row in world.all(POLICIES):
        assert re.fullmatch(rf"{row['tablename']}_{row['cmd'].lower()}_[a-z_]+", row["policy"]), row
    for row in world.all(
        "select t.tgname as name, c.relname as table, p.proname as function,"
        " p.pronamespace::regnamespace::text as schema"
        " from pg_trigger as t inner join pg_class as c on c.oid = t.tgrelid inner join pg_proc as p on"
        " p.oid = t.tgfoid"
        " where not t.tgisinternal and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
    ):
        assert re.fullmatch(rf"{row['table']}_\d\d\d_[a-z_]+", row["name"]), row
        assert row["schema"] == "private" and re.fullmatch(r"tg_[a-z_]+?__[a-z_]+", row["function"]), row


def test_delivery_status_is_in_no_index(world: World) -> None:
    """Neither as key nor in a predicate or expression: status changes stay heap-only."""
    rows = world.all(
        "select indexname as name from pg_indexes where tablename = 'et_messages' and indexdef ~ 'delivery_status'"
    )
    assert rows == []


def test_the_worker_bypasses_nothing(world: World) -> None:
    """Runtime logins are neither superusers nor exempt from row level security, and cannot become the owner."""
    for role in ("parley_worker", "parley_api", "parley_shadow", "parley_ingress", "parley_realtime"):
        row = world.one("select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolinherit from pg_roles where"
                        " rolname = %s", role)  # fmt: skip
        assert not any(row.values()), role
        # The Realtime gateway speaks for whoever joins, server keys included.
        mightier = ("postgres", "supabase_admin") + (("service_role",) if role != "parley_realtime" else ())
        for powerful in mightier:
            assert not world.value("select pg_has_role(%s, %s, 'set')", role, powerful), (role, powerful)
