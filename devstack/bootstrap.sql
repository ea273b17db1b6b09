-- What hosted Supabase provides before a project's own migrations run.
--
-- Applied by a superuser (`supabase_admin` locally) to an empty Postgres 17 database; running it again changes nothing.
-- Roles are cluster-wide, so a second database in the same cluster finds them and only gets its own schemas.
--
--   roles       anon · authenticated · service_role · authenticator · postgres (hosted-shaped: NOT a superuser)
--               supabase_auth_admin · supabase_storage_admin · supabase_realtime_admin
--   extensions  pgcrypto, pg_trgm, citext, btree_gin, pg_stat_statements
--   auth        users, identities, sessions, refresh_tokens, one_time_tokens, flow_state, mfa_*; uid(), role(), email(),
--               jwt()
--   storage     buckets, objects; foldername(), filename(), extension(), operation(), allow_any_operation(),
--               allow_only_operation(), get_size_by_bucket(); rows go only through the Storage API
--   realtime    messages (partitioned by inserted_at), send(), broadcast_changes(), topic(); publication supabase_realtime
--   supabase_migrations.schema_migrations, the history the Supabase CLI keeps
--   event triggers that tell the REST surface of changes to the schema: notify pgrst
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

-- auth ----------------------------------------------------------------------------------------------------------------

create table if not exists auth.users (
  instance_id uuid,
  id uuid not null primary key,
  aud varchar(255),
  role varchar(255),
  email varchar(255),
  encrypted_password varchar(255),
  email_confirmed_at timestamptz,
  invited_at timestamptz,
  confirmation_token varchar(255),
  confirmation_sent_at timestamptz,
  recovery_token varchar(255),
  recovery_sent_at timestamptz,
  email_change_token_new varchar(255),
  email_change varchar(255),
  email_change_sent_at timestamptz,
  last_sign_in_at timestamptz,
  raw_app_meta_data jsonb,
  raw_user_meta_data jsonb,
  is_super_admin boolean,
  created_at timestamptz,
  updated_at timestamptz,
  phone text unique default null,
  phone_confirmed_at timestamptz,
  phone_change text default '',
  phone_change_token varchar(255) default '',
  phone_change_sent_at timestamptz,
  confirmed_at timestamptz generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
  email_change_token_current varchar(255) default '',
  email_change_confirm_status smallint default 0 check (email_change_confirm_status between 0 and 2),
  banned_until timestamptz,
  reauthentication_token varchar(255) default '',
  reauthentication_sent_at timestamptz,
  is_sso_user boolean not null default false,
  deleted_at timestamptz,
  is_anonymous boolean not null default false
);
alter table auth.users owner to supabase_auth_admin;
alter table auth.users enable row level security;
create unique index if not exists users_email_partial_key on auth.users (email) where is_sso_user = false;
create index if not exists users_instance_id_idx on auth.users (instance_id);
grant all on auth.users to postgres;

-- The other tables of Supabase Auth, in hosted's shapes, as far as the local surface (devstack/surface/auth) keeps
-- anything in them. `mfa_factors` stays empty: a second factor is refused by name.
do $$
declare
  v_type record;
begin
  for v_type in
    select *
    from (values
      ('aal_level', '{aal1,aal2,aal3}'::text[]), ('code_challenge_method', '{s256,plain}'),
      ('factor_type', '{totp,webauthn,phone}'), ('factor_status', '{unverified,verified}'),
      ('one_time_token_type', '{confirmation_token,reauthentication_token,recovery_token,email_change_token_new,'
        'email_change_token_current,phone_change_token}')
    ) as wanted (name, labels)
    where to_regtype('auth.' || wanted.name) is null
  loop
    execute format(
      'create type auth.%I as enum (%s)', v_type.name,
      (select string_agg(quote_literal(l.label), ', ' order by l.place)
        from unnest(v_type.labels) with ordinality as l (label, place))
    );
    execute format('alter type auth.%I owner to supabase_auth_admin', v_type.name);
  end loop;
end
$$;

create table if not exists auth.identities (
  provider_id text not null,
  user_id uuid not null references auth.users (id) on delete cascade,
  identity_data jsonb not null,
  provider text not null,
  last_sign_in_at timestamptz,
  created_at timestamptz,
  updated_at timestamptz,
  email text generated always as (lower(identity_data ->> 'email')) stored,
  id uuid not null default gen_random_uuid() primary key,
  constraint identities_provider_id_provider_unique unique (provider_id, provider)
);
create index if not exists identities_user_id_idx on auth.identities (user_id);
create index if not exists identities_email_idx on auth.identities (email text_pattern_ops);

create table if not exists auth.sessions (
  id uuid not null primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  created_at timestamptz,
  updated_at timestamptz,
  factor_id uuid,
  aal auth.aal_level,
  not_after timestamptz,
  refreshed_at timestamp,
  user_agent text,
  ip inet,
  tag text
);
create index if not exists sessions_user_id_idx on auth.sessions (user_id);

-- Not hosted's: who signs out here is signed out of the Realtime gateway as well.
create or replace function auth.tell_gateway() returns trigger
language plpgsql
as $$
begin
  perform pg_notify('et_realtime', 'session:' || old.id::text);
  return null;
end
$$;
alter function auth.tell_gateway() owner to supabase_auth_admin;
create or replace trigger sessions_tell_gateway after delete on auth.sessions
for each row execute function auth.tell_gateway();

create table if not exists auth.refresh_tokens (
  instance_id uuid,
  id bigint generated by default as identity primary key,
  token varchar(255) constraint refresh_tokens_token_unique unique,
  user_id varchar(255),
  revoked boolean,
  created_at timestamptz,
  updated_at timestamptz,
  parent varchar(255),
  session_id uuid constraint refresh_tokens_session_id_fkey references auth.sessions (id) on delete cascade
);
create index if not exists refresh_tokens_parent_idx on auth.refresh_tokens (parent);
create index if not exists refresh_tokens_session_id_revoked_idx on auth.refresh_tokens (session_id, revoked);

create table if not exists auth.mfa_amr_claims (
  session_id uuid not null references auth.sessions (id) on delete cascade,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  authentication_method text not null,
  id uuid not null constraint amr_id_pk primary key,
  constraint mfa_amr_claims_session_id_authentication_method_pkey unique (session_id, authentication_method)
);

create table if not exists auth.mfa_factors (
  id uuid not null primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  friendly_name text,
  factor_type auth.factor_type not null,
  status auth.factor_status not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  secret text
);
create index if not exists mfa_factors_user_id_idx on auth.mfa_factors (user_id);

create table if not exists auth.one_time_tokens (
  id uuid not null primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  token_type auth.one_time_token_type not null,
  token_hash text not null check (char_length(token_hash) > 0),
  relates_to text not null,
  created_at timestamp not null default now(),
  updated_at timestamp not null default now()
);
create index if not exists one_time_tokens_token_hash_hash_idx on auth.one_time_tokens using hash (token_hash);
create index if not exists one_time_tokens_relates_to_hash_idx on auth.one_time_tokens using hash (relates_to);
create unique index if not exists one_time_tokens_user_id_token_type_key on auth.one_time_tokens (user_id, token_type);

create table if not exists auth.flow_state (
  id uuid not null primary key,
  user_id uuid,
  auth_code text not null,
  code_challenge_method auth.code_challenge_method not null,
  code_challenge text not null,
  provider_type text not null,
  provider_access_token text,
  provider_refresh_token text,
  created_at timestamptz,
  updated_at timestamptz,
  authentication_method text not null,
  auth_code_issued_at timestamptz
);
create index if not exists idx_auth_code on auth.flow_state (auth_code);
create index if not exists idx_user_id_auth_method on auth.flow_state (user_id, authentication_method);
create index if not exists flow_state_created_at_idx on auth.flow_state (created_at desc);

do $$
declare
  v_table text;
begin
  foreach v_table in array array[
    'identities', 'sessions', 'refresh_tokens', 'mfa_amr_claims', 'mfa_factors', 'one_time_tokens', 'flow_state'
  ]
  loop
    if (select relowner from pg_catalog.pg_class where oid = ('auth.' || v_table)::regclass)
      <> 'supabase_auth_admin'::regrole then
      execute format('alter table auth.%I owner to supabase_auth_admin', v_table);
      execute format('alter table auth.%I enable row level security', v_table);
      execute format('grant all on auth.%I to postgres', v_table);
    end if;
  end loop;
end
$$;

create or replace function auth.jwt() returns jsonb
language sql stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb
$$;

create or replace function auth.uid() returns uuid
language sql stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
  )::uuid
$$;

create or replace function auth.role() returns text
language sql stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
  )::text
$$;

create or replace function auth.email() returns text
language sql stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
  )::text
$$;

alter function auth.jwt() owner to supabase_auth_admin;
alter function auth.uid() owner to supabase_auth_admin;
alter function auth.role() owner to supabase_auth_admin;
alter function auth.email() owner to supabase_auth_admin;

-- storage -------------------------------------------------------------------------------------------------------------

create table if not exists storage.buckets (
  id text not null primary key,
  name text not null unique,
  owner uuid,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  public boolean default false,
  avif_autodetection boolean default false,
  file_size_limit bigint,
  allowed_mime_types text[],
  owner_id text
);
do $$
begin
  if to_regtype('storage.buckettype') is null then
    create type storage.buckettype as enum ('STANDARD', 'ANALYTICS', 'VECTOR');
    alter type storage.buckettype owner to supabase_storage_admin;
  end if;
end
$$;
alter table storage.buckets add column if not exists type storage.buckettype not null default 'STANDARD';

create table if not exists storage.objects (
  id uuid not null default gen_random_uuid() primary key,
  bucket_id text references storage.buckets (id),
  name text,
  owner uuid,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  last_accessed_at timestamptz default now(),
  metadata jsonb,
  path_tokens text[] generated always as (string_to_array(name, '/')) stored,
  version text,
  owner_id text,
  user_metadata jsonb
);
create unique index if not exists bucketid_objname on storage.objects (bucket_id, name);
create index if not exists name_prefix_search on storage.objects (name text_pattern_ops);

alter table storage.buckets owner to supabase_storage_admin;
alter table storage.objects owner to supabase_storage_admin;
alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;
grant all on storage.buckets, storage.objects to anon, authenticated, service_role, postgres;

create or replace function storage.foldername(name text) returns text[]
language sql immutable
as $$ select (string_to_array(name, '/'))[1 : array_length(string_to_array(name, '/'), 1) - 1] $$;

create or replace function storage.filename(name text) returns text
language sql immutable
as $$ select (string_to_array(name, '/'))[array_length(string_to_array(name, '/'), 1)] $$;

create or replace function storage.extension(name text) returns text
language sql immutable
as $$
  select reverse(split_part(reverse((string_to_array(name, '/'))[array_length(string_to_array(name, '/'), 1)]), '.', 1))
$$;

-- What the Storage API is doing: `storage.object.upload`, `storage.object.list`, … A policy may ask for it.
create or replace function storage.operation() returns text
language plpgsql stable
as $$
begin
  return current_setting('storage.operation', true);
end
$$;

-- Both take names with or without `storage.` before them.
create or replace function storage.allow_any_operation(expected_operations text[]) returns boolean
language sql stable
as $$
  select exists (
    select 1
    from unnest(expected_operations) as e (operation)
    where e.operation <> ''
      and regexp_replace(e.operation, '^storage\.', '') = regexp_replace(storage.operation(), '^storage\.', '')
  )
$$;

create or replace function storage.allow_only_operation(expected_operation text) returns boolean
language sql stable
as $$ select storage.allow_any_operation(array[expected_operation]) $$;

create or replace function storage.get_size_by_bucket() returns table (size bigint, bucket_id text)
language sql stable
as $$
  select sum((o.metadata ->> 'size')::bigint)::bigint, o.bucket_id
  from storage.objects as o
  group by o.bucket_id
$$;

create or replace function storage.update_updated_at_column() returns trigger
language plpgsql
as $$
begin
  new.updated_at = now();
  return new;
end
$$;
create or replace trigger update_objects_updated_at before update on storage.objects
for each row execute function storage.update_updated_at_column();

create or replace function storage.enforce_bucket_name_length() returns trigger
language plpgsql
as $$
begin
  if length(new.name) > 100 then
    raise exception 'bucket name "%" is too long (% characters). Max is 100.', new.name, length(new.name);
  end if;
  return new;
end
$$;
create or replace trigger enforce_bucket_name_length_trigger before insert or update of name on storage.buckets
for each row execute function storage.enforce_bucket_name_length();

-- As hosted: a row deleted by SQL would leave its file behind, so only the Storage API, which sets this, deletes.
create or replace function storage.protect_delete() returns trigger
language plpgsql
as $$
begin
  if coalesce(current_setting('storage.allow_delete_query', true), 'false') <> 'true' then
    raise exception 'Direct deletion from storage tables is not allowed. Use the Storage API instead.'
      using hint = 'This prevents accidental data loss from orphaned objects.', errcode = '42501';
  end if;
  return null;
end
$$;
create or replace trigger protect_buckets_delete before delete on storage.buckets
for each statement execute function storage.protect_delete();
create or replace trigger protect_objects_delete before delete on storage.objects
for each statement execute function storage.protect_delete();

alter function storage.operation() owner to supabase_storage_admin;
alter function storage.allow_any_operation(text[]) owner to supabase_storage_admin;
alter function storage.allow_only_operation(text) owner to supabase_storage_admin;
alter function storage.get_size_by_bucket() owner to supabase_storage_admin;
alter function storage.update_updated_at_column() owner to supabase_storage_admin;
alter function storage.enforce_bucket_name_length() owner to supabase_storage_admin;
alter function storage.protect_delete() owner to supabase_storage_admin;
alter function storage.foldername(text) owner to supabase_storage_admin;
alter function storage.filename(text) owner to supabase_storage_admin;
alter function storage.extension(text) owner to supabase_storage_admin;

-- realtime ------------------------------------------------------------------------------------------------------------

create table if not exists realtime.messages (
  topic text not null,
  extension text not null,
  payload jsonb,
  event text,
  private boolean default false,
  updated_at timestamp not null default now(),
  inserted_at timestamp not null default now(),
  id uuid not null default gen_random_uuid(),
  binary_payload bytea,
  constraint messages_payload_exclusive check (payload is null or binary_payload is null),
  primary key (id, inserted_at)
) partition by range (inserted_at);
alter table realtime.messages add column if not exists binary_payload bytea; -- a stack made before there was one

-- Hosted cuts a partition a day; here one takes every day, and rows older than hosted keeps (3 days) go at each start.
create table if not exists realtime.messages_all_days partition of realtime.messages default;
create index if not exists messages_inserted_at_topic_index on realtime.messages (inserted_at desc, topic)
where extension = 'broadcast' and private is true;
alter table realtime.messages owner to supabase_realtime_admin;
alter table realtime.messages_all_days owner to supabase_realtime_admin;
alter table realtime.messages enable row level security;
grant select, insert, update on realtime.messages to anon, authenticated, service_role, postgres;
delete from realtime.messages_all_days where inserted_at < now() - interval '3 days';

create or replace function realtime.topic() returns text
language sql stable
as $$ select nullif(current_setting('realtime.topic', true), '') $$;

-- As hosted: a broadcast that cannot be stored never breaks the transaction that made it.
create or replace function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void
language plpgsql
as $$
declare
  v_id uuid := gen_random_uuid();
begin
  begin
    perform set_config('realtime.topic', topic, true);
    insert into realtime.messages (id, payload, event, topic, private, extension)
    values (
      v_id,
      case when payload ? 'id' then payload else jsonb_set(payload, '{id}', to_jsonb(v_id)) end,
      event, topic, private, 'broadcast'
    );
  exception when others then
    raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
  end;
end
$$;

create or replace function realtime.send_binary(
  payload bytea, event text, topic text, private boolean default true
) returns void
language plpgsql
as $$
begin
  begin
    perform set_config('realtime.topic', topic, true);
    insert into realtime.messages (binary_payload, event, topic, private, extension)
    values (payload, event, topic, private, 'broadcast');
  exception when others then
    raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
  end;
end
$$;

create or replace function realtime.broadcast_changes(
  topic_name text, event_name text, operation text, table_name text, table_schema text, new record, old record,
  level text default 'ROW'
) returns void
language plpgsql
as $$
begin
  if level = 'STATEMENT' then
    raise exception 'function can only be triggered for each row, not for each statement';
  end if;
  perform realtime.send(
    jsonb_build_object(
      'old_record', to_jsonb(old), 'record', to_jsonb(new), 'operation', operation, 'table', table_name,
      'schema', table_schema
    ),
    event_name, topic_name
  );
end
$$;

alter function realtime.topic() owner to supabase_realtime_admin;
alter function realtime.send(jsonb, text, text, boolean) owner to supabase_realtime_admin;
alter function realtime.send_binary(bytea, text, text, boolean) owner to supabase_realtime_admin;
alter function realtime.broadcast_changes(text, text, text, text, text, record, record, text) owner to supabase_realtime_admin;

do $$
begin
  if not exists (select 1 from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
    alter publication supabase_realtime owner to postgres;
  end if;
  if not exists (select 1 from pg_catalog.pg_publication where pubname = 'supabase_realtime_messages_publication') then
    create publication supabase_realtime_messages_publication for table realtime.messages
    with (publish = 'insert', publish_via_partition_root = true);
    alter publication supabase_realtime_messages_publication owner to supabase_realtime_admin;
  end if;
end
$$;

-- Where the log cannot be followed (wal_level), the gateway is woken by this instead: once a statement, no payload.
create or replace function realtime.wake_gateway() returns trigger
language plpgsql
as $$
begin
  perform pg_notify('et_realtime', '');
  return null;
end
$$;
alter function realtime.wake_gateway() owner to supabase_realtime_admin;
do $$
begin
  if current_setting('wal_level') <> 'logical' then
    create or replace trigger messages_wake_gateway after insert on realtime.messages
    for each statement execute function realtime.wake_gateway();
  end if;
end
$$;

-- Whoever changes the schema, the REST surface hears of it, as PostgREST does on hosted.

create or replace function extensions.pgrst_ddl_watch() returns event_trigger
language plpgsql
set search_path = ''
as $$
begin
  if exists (
    select 1
    from pg_catalog.pg_event_trigger_ddl_commands() c
    where c.schema_name is distinct from 'pg_temp'
      and c.command_tag ~ '^(CREATE|ALTER|COMMENT)'
      and c.object_type in ('schema', 'table', 'table column', 'view', 'materialized view', 'foreign table', 'function', 'type', 'rule')
  ) then
    notify pgrst, 'reload schema';
  end if;
end
$$;

create or replace function extensions.pgrst_drop_watch() returns event_trigger
language plpgsql
set search_path = ''
as $$
begin
  if exists (
    select 1
    from pg_catalog.pg_event_trigger_dropped_objects() d
    where not d.is_temporary
      and d.object_type in (
        'schema', 'table', 'table column', 'table constraint', 'view', 'materialized view', 'foreign table', 'function', 'type', 'rule'
      )
  ) then
    notify pgrst, 'reload schema';
  end if;
end
$$;

do $$
begin
  if not exists (select 1 from pg_catalog.pg_event_trigger where evtname = 'pgrst_ddl_watch') then
    create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();
    create event trigger pgrst_drop_watch on sql_drop execute function extensions.pgrst_drop_watch();
  end if;
end
$$;
