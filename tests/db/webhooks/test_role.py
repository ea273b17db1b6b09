"""parley_ingress, the login of the edge functions: what it may do is a short list, and it can do nothing else."""

import psycopg
import pytest

from tests.db.helpers import World

MAY = {
    "private.webhook_session(uuid)", "private.accept_webhook(uuid,text,jsonb,bytea)",
    "private.reject_webhook(uuid,text)", "private.track(uuid,text,text,boolean)", "private.unsubscribe_page(uuid)",
    "private.unsubscribe(uuid)", "private.form_page(uuid)", "private.accept_form(uuid,text,bytea)",
    "private.reject_form(uuid)", "private.linked_file(uuid)",
}  # fmt: skip
OURS = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"


def test_it_executes_exactly_these(world: World) -> None:
    """Of all functions in schemas it may look into."""
    rows = world.all(
        "select p.oid::regprocedure::text as name from pg_proc as p inner join pg_namespace as n on n.oid ="
        f" p.pronamespace where {OURS} and has_schema_privilege('parley_ingress', n.oid, 'usage')"
        " and has_function_privilege('parley_ingress', p.oid, 'execute') and n.nspname <> 'extensions'"
    )
    assert {row["name"] for row in rows} == MAY


def test_it_touches_no_table_view_or_sequence(world: World) -> None:
    """In no schema, not even to read, neither by itself nor through PUBLIC."""
    rows = world.all(
        "select c.oid::regclass::text as name from pg_class as c inner join pg_namespace as n on n.oid ="
        f" c.relnamespace where {OURS} and n.nspname <> 'extensions' and case c.relkind"
        " when 'S' then has_sequence_privilege('parley_ingress', c.oid, 'usage, select, update')"
        " when 'r' then has_table_privilege('parley_ingress', c.oid, 'select, insert, update, delete, truncate')"
        "   or has_any_column_privilege('parley_ingress', c.oid, 'select, insert, update')"
        " when 'v' then has_table_privilege('parley_ingress', c.oid, 'select, insert, update, delete') else false end"
    )
    assert rows == []


def test_it_is_and_becomes_nobody_else(world: World) -> None:
    """Member of no role, owner of nothing, without any attribute of power."""
    row = world.one(
        "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolinherit from pg_roles"
        " where rolname = 'parley_ingress'"
    )
    assert not any(row.values())
    assert world.all("select 1 from pg_auth_members where member = 'parley_ingress'::regrole") == []
    assert world.all("select 1 from pg_shdepend where refobjid = 'parley_ingress'::regrole and deptype = 'o'") == []
    settings = world.value("select setconfig::text from pg_db_role_setting where setrole = 'parley_ingress'::regrole")
    assert "statement_timeout=5s" in settings


@pytest.mark.parametrize(
    "statement",
    [
        "select * from private.webhook_events", "insert into private.webhook_work default values",
        "delete from private.tracking_links", "select * from private.channel_secrets", "select * from public.tenants",
        "select * from public.et_messages", "update public.et_channel_sessions set status = 'deleted'",
        "select * from auth.users", "select * from storage.objects", "truncate private.webhook_rejections",
        "select private.store_webhook(gen_random_uuid(), gen_random_uuid(), 'x', '{}', '')",
        "select private.record_receipt(gen_random_uuid(), '{}')", "select private.claim_webhooks('x', 1)",
        "select private.suppress(gen_random_uuid(), 'email', 'a@b.test', 'manual', null)",
        "select private.session_secrets(gen_random_uuid(), gen_random_uuid())",
        "select private.create_form_link(gen_random_uuid(), gen_random_uuid(), null, 1)",
        "select public.list_webhook_failures()", "set role postgres", "set role parley_worker", "set role service_role",
        "set role authenticated", "create table private.x ()", "create table public.x ()", "create schema x",
        "create function public.f() returns int language sql as 'select 1'", "copy (select 1) to program 'true'",
        "select pg_read_file('/etc/passwd')", "select * from pg_authid", "alter role parley_ingress bypassrls",
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'parley_worker'",
    ],
)  # fmt: skip
def test_it_is_refused(world: World, statement: str) -> None:
    """Over a connection of its own, each of these fails for want of rights."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        world.ingress.execute(statement.encode())


def test_it_learns_nothing_but_what_verifying_needs(world: World) -> None:
    """Of an account: channel, provider, status, the webhook part of its config, and the secrets of that purpose."""
    tenant = world.tenant()
    world.owner.execute(
        "update public.et_channel_sessions set config = '{\"webhook\": {\"a\": 1}, \"smtp\": {\"host\": \"h\"}}'"
        " where id = %s", [tenant.session],
    )  # fmt: skip
    for name in ("webhook_secret", "smtp_password", "api_key"):
        world.owner.execute("select private.put_channel_secret(%s, %s, %s, 'x')", [tenant.id, tenant.session, name])
    row = world.ingress.execute("select * from private.webhook_session(%s)", [tenant.session]).fetchone()
    assert row == {"channel": "email", "provider": "test_email", "status": "connected", "settings": {"a": 1},
                   "secrets": {"webhook_secret": "eA=="}}  # fmt: skip
    world.owner.execute("update public.tenants set status = 'deleted', deleted_at = now() where id = %s", [tenant.id])
    assert world.ingress.execute("select * from private.webhook_session(%s)", [tenant.session]).fetchall() == []
    assert world.push(tenant.session) == "unknown"
