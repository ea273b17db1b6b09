"""Reads the schema cache out of Postgres' catalogue, as the login role of the room."""

from collections import defaultdict
from typing import Any

from psycopg.rows import tuple_row

from devstack.surface.database import Connection
from devstack.surface.rest import relations, viewkeys
from devstack.surface.rest.schema import Column, Function, Name, Options, Parameter, Relationship, Schema, Table

HOISTED = ("statement_timeout", "plan_filter.statement_cost_limit", "default_transaction_isolation")
"""Settings of a function that hold for the whole transaction it is called in."""

_TABLES = """
select n.nspname, c.relname, c.relkind in ('v', 'm'),
  (c.relkind in ('r', 'p')) or pg_relation_is_updatable(c.oid, true) & 8 = 8,
  (c.relkind in ('r', 'p')) or pg_relation_is_updatable(c.oid, true) & 4 = 4,
  (c.relkind in ('r', 'p')) or pg_relation_is_updatable(c.oid, true) & 16 = 16,
  obj_description(c.oid, 'pg_class'),
  coalesce((
    select array_agg(a.attname::text order by array_position(k.conkey, a.attnum))
    from pg_constraint k join pg_attribute a on a.attrelid = c.oid and a.attnum = any (k.conkey)
    where k.conrelid = c.oid and k.contype = 'p'
  ), '{}'),
  coalesce((
    select json_agg(json_build_array(
      a.attname, format_type(a.atttypid, a.atttypmod),
      case
        when a.attgenerated <> '' then null
        when a.attidentity <> '' then format('nextval(%%L)', (
          select format('%%I.%%I', sn.nspname, s.relname)
          from pg_depend d join pg_class s on s.oid = d.objid join pg_namespace sn on sn.oid = s.relnamespace
          where d.refobjid = c.oid and d.refobjsubid = a.attnum and d.deptype = 'i' and s.relkind = 'S'
        ))
        else pg_get_expr(f.adbin, f.adrelid)
      end,
      not (a.attnotnull or (t.typtype = 'd' and t.typnotnull)), col_description(c.oid, a.attnum)
    ) order by a.attnum)
    from pg_attribute a join pg_type t on t.oid = a.atttypid
      left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  ), '[]')
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'v', 'm', 'f', 'p') and not c.relispartition and n.nspname = any (%s::text[])
order by n.nspname, c.relname
"""

_FOREIGN_KEYS = """
select n.nspname, c.relname, fn.nspname, fc.relname, k.conname,
  (select json_agg(json_build_array(a.attname, fa.attname) order by x.place)
    from unnest(k.conkey, k.confkey) with ordinality as x (col, fcol, place)
      join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.col
      join pg_attribute fa on fa.attrelid = k.confrelid and fa.attnum = x.fcol),
  exists (
    select from pg_constraint u
    where u.conrelid = k.conrelid and u.contype in ('p', 'u') and u.conkey @> k.conkey and u.conkey <@ k.conkey
  )
from pg_constraint k
  join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
  join pg_class fc on fc.oid = k.confrelid join pg_namespace fn on fn.oid = fc.relnamespace
where k.contype = 'f' and k.conparentid = 0
order by n.nspname, c.relname, k.conname
"""

_PRIMARY_KEYS = """
select n.nspname, c.relname, array_agg(a.attname::text order by array_position(k.conkey, a.attnum))
from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum = any (k.conkey)
where k.contype = 'p' and n.nspname not in ('pg_catalog', 'information_schema')
group by n.nspname, c.relname
"""

_FUNCTIONS = """
select pn.nspname, p.proname, tn.nspname, coalesce(comp.relname, t.typname), p.proretset,
  t.typtype = 'c' or coalesce(p.proargmodes::text[] && '{t,b,o}', false), p.provolatile::text,
  obj_description(p.oid, 'pg_proc'), p.proconfig,
  coalesce((
    select json_agg(json_build_array(
      coalesce(x.name, ''),
      case
        when x.type = 'bit'::regtype then 'bit varying'
        when x.type = 'bit[]'::regtype then 'bit varying[]'
        when x.type = 'character'::regtype then 'character varying'
        when x.type = 'character[]'::regtype then 'character varying[]'
        else format_type(x.type, null)
      end,
      x.place <= p.pronargs - p.pronargdefaults, coalesce(x.mode = 'v', false)
    ) order by x.place)
    from unnest(p.proargnames, p.proargtypes::oid[], p.proargmodes) with ordinality as x (name, type, mode, place)
    where x.type is not null
  ), '[]')
from pg_proc p join pg_namespace pn on pn.oid = p.pronamespace
  join pg_type rt on rt.oid = p.prorettype
  join pg_type t on t.oid = case when rt.typtype = 'd' then rt.typbasetype else rt.oid end
  join pg_namespace tn on tn.oid = t.typnamespace
  left join pg_class comp on comp.oid = t.typrelid
where p.prokind = 'f' and t.oid <> 'trigger'::regtype and pn.nspname = any (%s::text[])
order by pn.nspname, p.proname, p.pronargs, p.oid
"""

_COMPUTED = """
select an.nspname, ac.relname, rn.nspname, rc.relname, pn.nspname, p.proname, not p.proretset or p.prorows = 1
from pg_proc p join pg_namespace pn on pn.oid = p.pronamespace
  join pg_class ac on ac.reltype = p.proargtypes[0] join pg_namespace an on an.oid = ac.relnamespace
  join pg_class rc on rc.reltype = p.prorettype join pg_namespace rn on rn.oid = rc.relnamespace
where p.pronargs = 1 and p.prokind = 'f' and ac.relkind in ('v', 'r', 'm', 'f', 'p')
  and rc.relkind in ('v', 'r', 'm', 'f', 'p') and an.nspname = any (%s::text[])
"""

_SETTINGS = """
select r.rolname, s.setconfig
from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
  and (r.rolname = current_user or pg_has_role(current_user, r.oid, 'member'))
order by r.rolname, s.setdatabase
"""


_SETTABLE = "select name from pg_settings where context = 'user'"


async def load(connection: Connection, base: Options, version: int) -> Schema:
    """Read everything; `base` is what config.toml says. `version` tells one reading from the next."""
    async with connection.transaction(), connection.cursor(row_factory=tuple_row) as cursor:

        async def rows(query: str, *arguments: Any) -> list[tuple[Any, ...]]:
            return await (await cursor.execute(query, arguments)).fetchall()

        await cursor.execute("set transaction isolation level repeatable read, read only")
        await cursor.execute("set local search_path to ''")
        user = (await rows("select current_user::text"))[0][0]
        settings = {role: tuple(_setting(text) for text in values) for role, values in await rows(_SETTINGS)}
        options = _options(base, dict(settings.pop(user, ())))
        exposed = list(options.schemas)
        tables = {table.name: table for table in map(_table, await rows(_TABLES, exposed))}
        keys = [_foreign_key(row) for row in await rows(_FOREIGN_KEYS)]
        primary: dict[Name, tuple[str, ...]] = {(row[0], row[1]): tuple(row[2]) for row in await rows(_PRIMARY_KEYS)}
        views = viewkeys.resolve(await rows(viewkeys.VIEWS), await rows(viewkeys.COLUMNS))
        functions = [_function(row) for row in await rows(_FUNCTIONS, exposed)]
        computed = [_computed(row) for row in await rows(_COMPUTED, exposed)]
        settable = frozenset(row[0] for row in await rows(_SETTABLE))
        zones = frozenset(row[0] for row in await rows("select name from pg_timezone_names"))
    tables = {name: relations.with_view_key(table, views, primary) for name, table in tables.items()}
    known = {**primary, **{name: table.primary_key for name, table in tables.items()}}
    by_name: dict[Name, list[Function]] = defaultdict(list)
    for function in functions:
        if _is_callable(function):
            by_name[function.name].append(function)
    return Schema(
        options, tables, relations.build(keys, views, known, computed, options.schemas),
        {name: tuple(found) for name, found in by_name.items()},
        {role: _harmless(values, settable) for role, values in settings.items()}, zones, version,
    )  # fmt: skip


def _setting(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _harmless(values: tuple[tuple[str, str], ...], settable: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """What the settings of a role mean to a request made as it: time limits and the like, not the search_path."""
    return tuple((name, value) for name, value in values if name in settable and name != "search_path")


def _options(base: Options, own: dict[str, str]) -> Options:
    def listed(name: str, fallback: tuple[str, ...]) -> tuple[str, ...]:
        value = own.get(f"pgrst.{name}")
        return tuple(part.strip() for part in value.split(",") if part.strip()) if value else fallback

    def switched(name: str, fallback: bool) -> bool:
        return own.get(f"pgrst.{name}", str(fallback)).lower() in ("true", "on", "1", "yes")

    rows = own.get("pgrst.db_max_rows", "")
    return Options(
        listed("db_schemas", base.schemas), listed("db_extra_search_path", base.extra_search_path),
        int(rows) if rows.isdigit() else base.max_rows, switched("db_aggregates_enabled", base.aggregates),
        switched("db_plan_enabled", base.plans), own.get("pgrst.db_pre_request") or base.pre_request,
    )  # fmt: skip


def _table(row: tuple[Any, ...]) -> Table:
    schema, name, is_view, insertable, updatable, deletable, description, key, columns = row
    found = {column[0]: Column(*column) for column in columns}
    return Table((schema, name), found, tuple(key), is_view, insertable, updatable, deletable, description)


def _foreign_key(row: tuple[Any, ...]) -> Relationship:
    schema, name, foreign_schema, foreign_name, constraint, pairs, is_unique = row
    columns = tuple((ours, theirs) for ours, theirs in pairs)
    kind = "o2o" if is_unique else "m2o"
    return Relationship((schema, name), (foreign_schema, foreign_name), kind, constraint, columns, to_one=True)


def _computed(row: tuple[Any, ...]) -> Relationship:
    schema, name, foreign_schema, foreign_name, function_schema, function, to_one = row
    return Relationship(
        (schema, name), (foreign_schema, foreign_name), "computed", function=(function_schema, function), to_one=to_one
    )


def _function(row: tuple[Any, ...]) -> Function:
    schema, name, type_schema, type_name, is_set, is_composite, volatility, description, config, parameters = row
    settings = tuple(pair for pair in map(_setting, config or ()) if pair[0] in HOISTED)
    return Function(
        (schema, name), tuple(Parameter(*parameter) for parameter in parameters), (type_schema, type_name),
        is_set, is_composite, volatility, settings, description,
    )  # fmt: skip


def _is_callable(function: Function) -> bool:
    """Arguments are given by name, or as the one body of the request."""
    unnamed = [parameter for parameter in function.parameters if not parameter.name]
    if not unnamed:
        return True
    return len(unnamed) == 1 and function.parameters[0].type in ("bytea", "json", "jsonb", "text", "xml")
