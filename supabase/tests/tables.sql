-- Contract: whose rows are whose. Tables exist, row-level security holds for their owner too, clients write nothing.

begin;
set local search_path = public, extensions;
select plan(12);

select has_table('public', t.name, 'the only place for its kind of row: ' || t.name)
from (values
  ('et_channel_sessions'::name), ('et_threads'), ('et_messages'), ('et_outbound_queue'), ('et_thread_insights')
) as t (name);

select is_empty($$
  select c.oid::regclass from pg_catalog.pg_class as c
  where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind in ('r', 'p')
    and not (c.relrowsecurity and c.relforcerowsecurity)
$$, 'row-level security is enabled and forced on every table');

select is_empty($$
  select p.schemaname, p.tablename, p.policyname from pg_catalog.pg_policies as p
  where p.schemaname in ('public', 'private') and p.roles && '{public,anon}'::name[]
$$, 'no policy is for everybody');

select is_empty($$
  select p.schemaname, p.tablename, p.policyname from pg_catalog.pg_policies as p
  where p.schemaname in ('public', 'private') and p.cmd in ('INSERT', 'UPDATE', 'ALL') and p.with_check is null
$$, 'every policy that lets write checks what is written');

select is_empty($$
  select c.oid::regclass from pg_catalog.pg_class as c
  where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind in ('r', 'p', 'v', 'm')
    and has_table_privilege('anon', c.oid, 'select, insert, update, delete, truncate, references, trigger')
$$, 'nobody reads or writes a table without having signed in');

select is_empty($$
  select c.oid::regclass from pg_catalog.pg_class as c
  where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind in ('r', 'p', 'v', 'm')
    and has_table_privilege('authenticated', c.oid, 'insert, update, delete, truncate, references, trigger')
$$, 'who has signed in writes through functions, never into a table');

select is_empty($$
  select c.oid::regclass from pg_catalog.pg_class as c
  where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind = 'v'
    and not coalesce(c.reloptions @> '{security_invoker=on}', false)
$$, 'every view reads with the rights of its reader');

select is_empty($$
  select r.name from (values ('anon'::name), ('authenticated')) as r (name)
  where has_schema_privilege(r.name, 'private', 'usage')
$$, 'no client looks into private');

select * from finish();
rollback;
