"""Five tables hold what exists; a message's text is in one of them and in no satellite."""

from typing import Any

import psycopg
import pytest

from tests.support.database import Database

LOCKED = {"et_channel_sessions", "et_threads", "et_messages", "et_outbound_queue", "et_thread_insights"}

BODY_WORDS = ("body", "content", "text", "message", "html", "raw", "original")
ALLOWED = {
    "public.et_messages.body": "the one place",
    "public.canned_replies.body": "a template of the tenant's, not a message",
    "private.suggestion_drafts.body": "a reply nobody has sent; a week at most",
    "private.message_translations.body": "derived from a message, goes when it changes; a month at most",
    "private.message_html.html": "how a received mail was laid out; goes with its text",
    "private.message_originals.body": "what was masked, replaced or withdrawn after it was judged; not shown to readers",
    "public.et_thread_insights.follow_up_text": "what will be said; the message row is made when it is due",
}
"""Columns named like a body that may be one."""

COLUMNS = """
select n.nspname as schema, c.relname as relation, a.attname as name, format_type(a.atttypid, null) as type
from pg_attribute as a
inner join pg_class as c on c.oid = a.attrelid and c.relkind in ('r', 'p')
inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('public', 'private') and a.attnum > 0 and not a.attisdropped
"""


@pytest.fixture(scope="module")
def columns(module_database: Database) -> list[tuple[str, str, str, str]]:
    """(schema, table, column, type) of every column."""
    with module_database.connect() as connection:
        return connection.execute(COLUMNS).fetchall()  # type: ignore[return-value]


def test_the_five_locked_tables_exist(columns: list[tuple[str, str, str, str]]) -> None:
    """And no other table calls itself one."""
    assert {table for _, table, _, _ in columns if table.startswith("et_")} == LOCKED  # E008


def test_no_satellite_holds_a_body(columns: list[tuple[str, str, str, str]]) -> None:
    """A text column named like a body is one of the listed few."""  # X3
    found = {
        f"{schema}.{table}.{name}" for schema, table, name, kind in columns
        if kind in {"text", "bytea", "jsonb", "json"}
        and set(name.split("_")) & set(BODY_WORDS) and not name.endswith(("_id", "_type", "_kind", "_ids", "_digest"))
    }  # fmt: skip
    assert found == set(ALLOWED)


def test_a_body_is_found_in_one_table_only(module_database: Database) -> None:
    """A message written through the front door leaves its text in et_messages (and the thread's short preview)."""
    needle = "needle-8f2c" + "x" * 600
    with module_database.connect() as connection:
        _receive(connection, needle)
        tables = connection.execute(
            "select c.oid::regclass::text from pg_class as c where c.relkind = 'r'"
            " and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
        ).fetchall()
        look = "select 1 from {} as t where to_jsonb(t)::text like %s limit 1"
        found = {str(one) for (one,) in tables if connection.execute(look.format(one), [f"%{needle}%"]).fetchone()}
    assert found == {"et_messages"}


def _receive(connection: psycopg.Connection[Any], body: str) -> None:
    with connection.transaction():
        tenant = connection.execute(
            "insert into public.tenants (slug, name) values ('one-place', 'One place') returning id"
        ).fetchone()[0]  # type: ignore[index]
        session = connection.execute(
            "insert into public.et_channel_sessions (tenant_id, channel, provider, name, address, status, verified_at)"
            " values (%s, 'email', 'smtp', 'Desk', 'desk@one-place.test', 'connected', now()) returning id", [tenant],
        ).fetchone()[0]  # type: ignore[index]  # fmt: skip
        connection.execute(
            "insert into public.et_messages (tenant_id, channel, channel_session_id, direction, delivery_status,"
            " sender_kind, sender, sender_address, body, external_message_id)"
            " values (%s, 'email', %s, 'inbound', 'received', 'contact', '', 'ada@example.com', %s, 'm1@example.com')",
            [tenant, session, body],
        )
