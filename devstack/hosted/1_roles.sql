-- What hosted Supabase provides before a project's own migrations run, file by file in the order of their numbers.
--
-- Applied by a superuser (`supabase_admin` locally) to an empty Postgres 17 database, all files in one transaction; running
-- them again changes nothing. Roles are cluster-wide, so a second database in the same cluster finds them and only gets its
-- own schemas.
--
--   roles       anon · authenticated · service_role · authenticator · postgres (hosted-shaped: NOT a superuser)
--               supabase_auth_admin · supabase_storage_admin · supabase_realtime_admin
--   extensions  pgcrypto, pg_trgm, citext, btree_gin, pg_stat_statements
--   supabase_migrations.schema_migrations, the history the Supabase CLI keeps
--
-- Nothing in `public` is granted to a client role by default: migrations grant object by object.

set client_min_messages = warning;
select pg_advisory_xact_lock(7276011, 1);

-- Roles ---------------------------------------------------------------------------------------------------------------

do $$
declare
  v_role record;
begin
  for v_role in
    select *
    from (values
      ('anon', 'nologin noinherit'),
      ('authenticated', 'nologin noinherit'),
      ('service_role', 'nologin noinherit bypassrls'),
      ('authenticator', 'login noinherit'),
      ('supabase_auth_admin', 'login noinherit createrole'),
      ('supabase_storage_admin', 'login noinherit createrole'),
      ('supabase_realtime_admin', 'nologin noinherit'),
      ('postgres', 'login inherit createrole createdb replication bypassrls')
    ) as wanted (name, attributes)
    where not exists (select 1 from pg_catalog.pg_roles r where r.rolname = wanted.name)
  loop
    execute format('create role %I %s', v_role.name, v_role.attributes);
  end loop;
end
$$;

-- A grant that exists already would still take a lock on the shared catalogue: ask first, so that warm starts stay quiet.
do $$
declare
  v_grant record;
begin
  for v_grant in
    select wanted.*
    from (values
      ('anon', 'postgres', true), ('authenticated', 'postgres', true), ('service_role', 'postgres', true),
      ('authenticator', 'postgres', true),
      ('anon', 'authenticator', false), ('authenticated', 'authenticator', false), ('service_role', 'authenticator', false),
      ('anon', 'supabase_storage_admin', false), ('authenticated', 'supabase_storage_admin', false),
      ('service_role', 'supabase_storage_admin', false),
      -- Hosted lets `postgres` write policies on storage.objects and realtime.messages through the supautils extension.
      -- Without that extension, membership in the owning role is the nearest thing; migrations must not use it for more.
      ('supabase_storage_admin', 'postgres', false), ('supabase_realtime_admin', 'postgres', false),
      ('pg_monitor', 'postgres', true), ('pg_read_all_data', 'postgres', false), ('pg_signal_backend', 'postgres', false)
    ) as wanted (granted, member, with_admin)
    where not exists (
      select 1
      from pg_catalog.pg_auth_members m
      where m.roleid = wanted.granted::regrole and m.member = wanted.member::regrole
        and (m.admin_option or not wanted.with_admin)
    )
      -- A superuser called postgres needs none of this, and must not become a member of roles it does not need.
      and not (wanted.member = 'postgres' and (select rolsuper from pg_catalog.pg_roles where rolname = 'postgres'))
  loop
    execute format(
      'grant %I to %I%s', v_grant.granted, v_grant.member, case when v_grant.with_admin then ' with admin option' else '' end
    );
  end loop;
end
$$;

do $$
begin
  if not exists (
    select 1 from pg_catalog.pg_db_role_setting where setrole = 'authenticator'::regrole and setdatabase = 0
  ) then
    alter role authenticator set statement_timeout = '8s';
    alter role authenticator set lock_timeout = '8s';
  end if;
  -- Nobody logs in as these two: the REST surface applies the settings of the role it takes on.
  if not exists (select 1 from pg_catalog.pg_db_role_setting where setrole = 'anon'::regrole and setdatabase = 0) then
    alter role anon set statement_timeout = '3s';
    alter role authenticated set statement_timeout = '8s';
  end if;
  if not exists (select 1 from pg_catalog.pg_db_role_setting where setrole = 'postgres'::regrole and setdatabase = 0) then
    alter role postgres set search_path = "$user", public, extensions;
  end if;
  -- pg_database_owner owns schema public, so the owner of the database is who may create in it.
  if (select datdba from pg_catalog.pg_database where datname = current_database()) <> 'postgres'::regrole then
    execute format('alter database %I owner to postgres', current_database());
  end if;
end
$$;

-- Schemas and extensions ----------------------------------------------------------------------------------------------

create schema if not exists extensions;
alter schema extensions owner to postgres;
grant usage on schema extensions to anon, authenticated, service_role;

create extension if not exists pgcrypto with schema extensions;
create extension if not exists pg_trgm with schema extensions;
create extension if not exists citext with schema extensions;
create extension if not exists btree_gin with schema extensions;
create extension if not exists pg_stat_statements with schema extensions;

grant usage on schema public to anon, authenticated, service_role;
grant all on schema public to postgres;

create schema if not exists auth authorization supabase_auth_admin;
grant usage on schema auth to anon, authenticated, service_role, postgres;

create schema if not exists storage authorization supabase_storage_admin;
grant usage on schema storage to anon, authenticated, service_role, postgres;

create schema if not exists realtime authorization supabase_realtime_admin;
grant usage on schema realtime to anon, authenticated, service_role, postgres;

create schema if not exists supabase_migrations authorization postgres;
create table if not exists supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
alter table supabase_migrations.schema_migrations owner to postgres;
