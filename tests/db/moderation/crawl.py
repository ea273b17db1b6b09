"""Every table, view and call there is, as one person is answered: what nobody thought of is asked, too."""

import re
import uuid
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from tests.db.helpers import Row, World

ANYTHING: Row = {
    "text": "a reason", "text[]": ["a"], "jsonb": Jsonb({}), "integer": 5, "bigint": 1, "boolean": True,
    "date": "2026-01-01", "uuid": uuid.UUID(int=7), "uuid[]": [uuid.UUID(int=7)], "bytea": b"x", "numeric": 1,
    "timestamp with time zone": "2030-01-01",
}  # fmt: skip
"""What is given for an argument whose name says nothing."""
READABLE = (
    "select c.oid::regclass::text as name, string_agg(quote_ident(a.attname), ', ' order by a.attnum) as columns"
    " from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
    " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'm', 'p')"
    " and has_column_privilege('authenticated', c.oid, a.attnum, 'select') group by c.oid order by 1"
)
CALLABLE = (
    "select p.oid::regproc::text as name, coalesce(p.proargnames, '{}') as names, p.pronargs - p.pronargdefaults as"
    " required, array(select format_type(t, null) from unnest(p.proargtypes) with ordinality as u (t, n) order by n)"
    " as types from pg_proc as p where p.pronamespace = 'public'::regnamespace and p.prokind = 'f'"
    " and has_function_privilege('authenticated', p.oid, 'execute') order by 1"
)


def crawl(world: World, user: Any, tenant: Any, known: Row) -> dict[str, str]:
    """What somebody is answered by everything in public and by the topics in `known`; nothing of it is kept. Each call
    is made with what it must be given, and once more with whatever `known` has for the names of its arguments."""
    seen = {}
    for row in world.all(READABLE):
        seen[row["name"]] = asked(world, user, tenant, f"select {row['columns']} from {row['name']}", [])
    for call in world.all(CALLABLE):
        arguments = list(zip(call["names"], call["types"], strict=False))
        must = [name for name, _ in arguments[: call["required"]]]
        for names in (must, [name for name, _ in arguments if name in must or name in known]):
            given = [(name, kind, known.get(name, ANYTHING[kind])) for name, kind in arguments if name in names]
            named = ", ".join(f"{name} => %s::{kind}" for name, kind, _ in given)
            seen[f"{call['name']}({', '.join(names)})"] = asked(
                world, user, tenant, f"select * from public.{call['name']}({named})", [value for _, _, value in given]
            )
    for number, topic in enumerate(known["topics"]):
        query = "select topic, event, payload from realtime.messages order by inserted_at, id"
        seen[f"topic {number}"] = asked(world, user, tenant, query, [], topic)
    return seen


def asked(world: World, user: Any, tenant: Any, query: str, values: list[Any], topic: str = "") -> str:
    """Every row of an answer, in an order of its own, or the refusal in full; taken back."""
    try:
        with world.acting(user, tenant) as connection:
            connection.execute("select set_config('realtime.topic', %s, true)", [topic])
            found = "\n".join(sorted(str(row) for row in connection.execute(query, values).fetchall()))
            raise psycopg.Rollback
        return found
    except psycopg.Error as error:
        return f"{error.sqlstate} {error} {error.diag.message_detail} {error.diag.message_hint}"


def without(text: str, ids: Row, told: str = "") -> str:
    """An answer without times and ids, but for `ids`, which stand there by name, and without the members in `told`."""
    for name, value in ids.items():
        text = text.replace(str(value), f"<{name}>")
    text = re.sub(r"datetime\.datetime\([^)]*\)(, tzinfo=[^)]*\)+)?", "<time>", text)
    text = re.sub(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+\d\d:?\d\d|Z)?", "<time>", text)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>", text)
    text = re.sub(r"20\d{6}T\d{6}Z", "<time>", text)
    return re.sub(rf"'({told})': [^,}}]+", r"\1", text) if told else text
