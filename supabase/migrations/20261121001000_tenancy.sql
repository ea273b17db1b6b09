-- Chapter: tenancy. Who is a tenant, who belongs to it, and how the database knows who is asking.
--
--   auth.users ──< tenant_members >── tenants ──1 tenant_settings
--                     │   ▲                │
--        active_tenants   tenant_invitations, api_keys, message_limits
--
--   request.jwt.claims ──▶ private.current_tenant()  (membership or API key checked at every statement)
--                     └──▶ private.authorize(scope)  (writes: role or key scope, else 401/403)
--
-- Life of a tenant: active ⇄ suspended → deleted. A deleted tenant is invisible to its members at once.

do $$
begin
  if not (select r.rolbypassrls or r.rolsuper from pg_roles as r where r.rolname = current_user) then
    raise exception 'migrations must run as a role with BYPASSRLS (hosted Supabase: postgres), not %', current_user;
  end if;
  if not exists (select from pg_roles where rolname = 'parley_api') then
    create role parley_api nologin noinherit;
  end if;
  if not exists (select from pg_roles where rolname = 'parley_worker') then
    create role parley_worker nologin noinherit nobypassrls;
  end if;
  if not exists (select from pg_roles where rolname = 'parley_ingress') then
    create role parley_ingress nologin noinherit nobypassrls;
  end if;
  if not exists (select from pg_roles where rolname = 'parley_realtime') then
    create role parley_realtime nologin noinherit nobypassrls;
  end if;
end
$$;

-- Work tables are empty one moment and full the next: a plan made for the one must not be a scan of the other.
alter role parley_worker set enable_seqscan = off;
alter role parley_worker set jit = off;
-- Providers give up after seconds: who answers them must not wait longer for a lock.
alter role parley_ingress set statement_timeout = '5s';
alter role parley_ingress set idle_in_transaction_session_timeout = '5s';

grant anon, authenticated to parley_api with inherit false, set true; -- noqa: PRS
-- Hosted edge functions that were given no URL of their own connect as the owner, and step down to this role.
grant parley_ingress to current_user with inherit false, set true; -- noqa: PRS

create schema private;
comment on schema private is 'Helpers, trigger functions, worker functions and secrets. Exposed to no client.';
revoke all on schema private from public;
grant usage on schema private to parley_worker, parley_api, parley_ingress, service_role;

-- Nothing is reachable unless a grant below says so.
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke execute on functions from anon, authenticated, service_role;

create extension if not exists btree_gin with schema extensions;
create extension if not exists pg_trgm with schema extensions;

-- ── small helpers ────────────────────────────────────────────────────────────────────────────────────────────────

create function private.uuid_v7() returns uuid
language plpgsql volatile parallel safe set search_path = '' as $$
declare
  v_us constant bigint := extract(epoch from clock_timestamp()) * 1000000;
begin
  -- The twelve bits after the version carry the fraction of the millisecond (RFC 9562, method 3): rows written one
  -- after the other sort as they were written, not merely near each other.
  return encode(
    substring(int8send(v_us / 1000) from 3)
    || int2send((x'7000'::integer + v_us % 1000 * 4096 / 1000)::smallint)
    || substring(uuid_send(gen_random_uuid()) from 9), 'hex')::uuid;
end
$$;
comment on function private.uuid_v7() is
'A UUID that sorts by the microsecond it was made in (RFC 9562 version 7), so that keys arrive near each other.';

create function private.first_id(p_at timestamptz) returns uuid
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return (lpad(to_hex(floor(extract(epoch from p_at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
end
$$;
comment on function private.first_id(timestamptz) is
'No id that private.uuid_v7() makes from this moment on is smaller.';

create function private.random_id() returns uuid
language sql volatile parallel safe set search_path = '' as $$
  select encode(substr(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 1, 16), 'hex')::uuid
$$;
comment on function private.random_id() is
'128 random bits in the shape of a UUID: for links, where knowing the id is the right to use it.';

create function private.is_time_zone(p_name text) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  perform timestamptz 'epoch' at time zone p_name;
  return p_name ~ '^[A-Za-z]';
exception when invalid_parameter_value then
  return false;
end
$$;
comment on function private.is_time_zone(text) is
'True for a zone name Postgres knows. Called immutable because zones are added, not taken away.';

create function private.tg_any__touch() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.updated_at := now();
  return new;
end
$$;
comment on function private.tg_any__touch() is 'Keeps updated_at true.';

create function private.tg_any__refuse() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception '% on %.% is refused: its rows are append-only', tg_op, tg_table_schema, tg_table_name
    using errcode = 'PT405', detail = '{"code": "append_only"}',
    hint = 'Write a new row that corrects the old one.';
end
$$;
comment on function private.tg_any__refuse() is
'Refuses UPDATE, DELETE and TRUNCATE on append-only tables, whoever asks.';

-- ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.tenants (
  id uuid not null default private.uuid_v7(),
  slug text not null,
  name text not null,
  status text not null default 'active',
  suspended_reason text,
  time_zone text not null default 'UTC',
  locale text not null default 'en',
  home_regions text[] not null default '{}',
  sender_name text,
  sender_address text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint tenants_id_pkey primary key (id),
  constraint tenants_slug_key unique (slug),
  constraint tenants_slug_check check (slug ~ '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$'),
  constraint tenants_name_check check (length(btrim(name)) between 1 and 200 and name !~ '[[:cntrl:]]'),
  constraint tenants_status_check check (status in ('active', 'suspended', 'deleted')),
  constraint tenants_deleted_at_check check ((status = 'deleted') = (deleted_at is not null)),
  constraint tenants_time_zone_check check (private.is_time_zone(time_zone)),
  constraint tenants_locale_check check (locale ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),
  constraint tenants_home_regions_check check (array_to_string(home_regions, ' ') ~ '^([A-Z]{2}( [A-Z]{2})*)?$'),
  constraint tenants_sender_name_check check (sender_name !~ '[[:cntrl:]]'),
  constraint tenants_sender_address_check check (sender_address ~ '^[^[:space:]@<>,;"]+@[a-z0-9.-]+$')
);
comment on table public.tenants is 'One customer of the platform: a marketplace or service business.';
comment on column public.tenants.slug is 'Short name used in the generated inbound address.';
comment on column public.tenants.home_regions is
'ISO 3166 alpha-2 codes, first one first: how local phone numbers are read.';
comment on column public.tenants.sender_name is 'Default From name; a channel session may override it.';
comment on column public.tenants.sender_address is 'Default From address; a channel session may override it.';

create table public.tenant_members (
  tenant_id uuid not null,
  user_id uuid not null,
  role text not null default 'agent',
  display_name text,
  language text,
  created_at timestamptz not null default now(),
  constraint tenant_members_tenant_id_user_id_pkey primary key (tenant_id, user_id),
  constraint tenant_members_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint tenant_members_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
  constraint tenant_members_role_check check (role in ('owner', 'admin', 'agent', 'viewer')),
  constraint tenant_members_display_name_check check (length(display_name) <= 200 and display_name !~ '[[:cntrl:]]'),
  constraint tenant_members_language_check
  check (length(language) <= 35 and language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$')
);
comment on table public.tenant_members is 'Staff of a tenant and their role: owner, admin, agent or viewer.';
comment on column public.tenant_members.language is
'What he reads, as a BCP 47 tag; set by himself. Null: the tenant''s locale.';

create table public.tenant_invitations (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  address text not null,
  role text not null,
  token_digest bytea not null,
  invited_by uuid,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '7 days',
  accepted_at timestamptz,
  revoked_at timestamptz,
  constraint tenant_invitations_tenant_id_id_pkey primary key (tenant_id, id),
  constraint tenant_invitations_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint tenant_invitations_role_check check (role in ('owner', 'admin', 'agent', 'viewer')),
  constraint tenant_invitations_address_check check (address = lower(address)
    and address ~ '^[^[:space:]@]+@[^[:space:]@]+$')
);
comment on table public.tenant_invitations is
'An offer of membership, bound to one e-mail address and good for one use.';
comment on column public.tenant_invitations.token_digest is
'SHA-256 of the token; the token itself is shown once and never stored.';

create table public.active_tenants (
  user_id uuid not null,
  tenant_id uuid not null,
  updated_at timestamptz not null default now(),
  constraint active_tenants_user_id_pkey primary key (user_id),
  constraint active_tenants_tenant_id_user_id_fkey foreign key (tenant_id, user_id)
  references public.tenant_members (tenant_id, user_id) on delete cascade
);
comment on table public.active_tenants is
'Which of his tenants a user works in; the access token hook copies it into the JWT.';

create table public.tenant_settings (
  tenant_id uuid not null,
  ai_enabled boolean not null default true,
  ai_provider text not null default 'auto',
  ai_budget_usd numeric(10, 2) not null default 10.00,
  confidence_threshold numeric(3, 2) not null default 0.60,
  auto_replies_per_hour integer not null default 5,
  sends_per_minute integer not null default 10,
  daily_send_cap integer,
  upload_quota_bytes bigint not null default 104857600,
  max_complaint_rate numeric(5, 4) default 0.0030,
  search_policy text not null default 'none',
  search_ready boolean not null default true,
  thread_scopes jsonb not null default '{}',
  media_visibility text not null default 'private',
  media_days integer,
  moderation_days integer,
  chat_policy text not null default 'context',
  chat_scope text not null default 'pair',
  push_shows text not null default 'sender',
  push_delay_s integer not null default 10,
  market_writes text not null default 'anywhere',
  live_signs text not null default 'shown',
  business_hours jsonb not null default '[]',
  closed_dates date[] not null default '{}',
  quiet_hours_start time,
  quiet_hours_end time,
  tracking_enabled boolean not null default false,
  voice_tone text,
  voice_formality text not null default 'neutral',
  voice_signature text,
  voice_avoid text[] not null default '{}',
  policy_version integer not null default 1,
  updated_at timestamptz not null default now(),
  constraint tenant_settings_tenant_id_pkey primary key (tenant_id),
  constraint tenant_settings_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint tenant_settings_ai_provider_check check (ai_provider in ('auto', 'rules', 'anthropic')),
  constraint tenant_settings_ai_budget_usd_check check (ai_budget_usd between 0 and 1000000),
  constraint tenant_settings_confidence_threshold_check check (confidence_threshold between 0 and 1),
  constraint tenant_settings_auto_replies_per_hour_check check (auto_replies_per_hour between 0 and 100),
  constraint tenant_settings_sends_per_minute_check check (sends_per_minute between 1 and 100000),
  constraint tenant_settings_daily_send_cap_check check (daily_send_cap > 0),
  constraint tenant_settings_upload_quota_bytes_check check (upload_quota_bytes >= 0),
  constraint tenant_settings_max_complaint_rate_check check (max_complaint_rate between 0 and 1),
  constraint tenant_settings_search_policy_check check (search_policy in ('none', 'metadata', 'full')),
  constraint tenant_settings_media_visibility_check check (media_visibility in ('private', 'public')),
  constraint tenant_settings_media_days_check check (media_days between 1 and 36500),
  constraint tenant_settings_moderation_days_check check (moderation_days between 30 and 36500),
  constraint tenant_settings_chat_policy_check check (chat_policy in ('context', 'anyone', 'nobody')),
  constraint tenant_settings_chat_scope_check check (chat_scope in ('pair', 'pair_context', 'explicit')),
  constraint tenant_settings_push_shows_check check (push_shows in ('preview', 'sender', 'nothing')),
  constraint tenant_settings_market_writes_check check (market_writes in ('anywhere', 'api')),
  constraint tenant_settings_live_signs_check check (live_signs in ('shown', 'none')),
  constraint tenant_settings_push_delay_s_check check (push_delay_s between 0 and 3600),
  constraint tenant_settings_business_hours_check check (jsonb_typeof(business_hours) = 'array'),
  constraint tenant_settings_voice_tone_check check (voice_tone ~ '^[^[:cntrl:]]{1,200}$'),
  constraint tenant_settings_voice_formality_check check (voice_formality in ('neutral', 'formal', 'informal')),
  constraint tenant_settings_voice_signature_check check (
    length(voice_signature) between 1 and 300 and replace(voice_signature, e'\n', '') !~ '[[:cntrl:]]'),
  constraint tenant_settings_voice_avoid_check check (
    -- A null becomes a tab, which no word may hold.
    coalesce(array_ndims(voice_avoid), 1) = 1 and cardinality(voice_avoid) <= 50
    and array_to_string(voice_avoid, e'\n', e'\t') ~ e'^([^[:cntrl:]]{2,60}(\n[^[:cntrl:]]{2,60})*)?$'),
  constraint tenant_settings_quiet_hours_check check ((quiet_hours_start is null) = (quiet_hours_end is null))
);
comment on table public.tenant_settings is 'How a tenant wants its messaging to behave: one typed row each.';
comment on column public.tenant_settings.ai_provider is
'auto: what this installation does (PARLEY_DECIDER); rules: never a model; anthropic: a model where there is a key, '
'inside what the rules allow.';
comment on column public.tenant_settings.ai_budget_usd is
'Most US dollars a calendar month (UTC) may cost in model calls; then the rules decide alone. Set by the platform '
'(private.set_ai_budget), which pays.';
comment on column public.tenant_settings.thread_scopes is
'Channel → scope rule, e.g. {"email": "email_reference"}; a channel not named uses channel_contact.';
comment on column public.tenant_settings.media_visibility is
'private: files in Storage are read by links made for one reading; public: what is released from now on has an address '
'anybody can open who knows it.';
comment on column public.tenant_settings.media_days is
'How many days the bytes of files are kept, unless a file says keep; null is as long as their message.';
comment on column public.tenant_settings.moderation_days is
'How many days the texts that were masked or stopped, what was found in them and the log of them are kept; null is as '
'long as their messages.';
comment on column public.tenant_settings.chat_policy is
'Who of the tenant''s people may write to whom: context (who shares a project, bid card, job or booking), anyone, or '
'nobody (only the backend begins conversations).';
comment on column public.tenant_settings.chat_scope is
'Which conversation two people have: one for ever (pair), one for each context (pair_context), or a new one at every '
'start (explicit). Old ones stay as they are.';
comment on column public.tenant_settings.push_shows is
'What a push of a chat message shows on a locked screen: the beginning of it (preview), who wrote (sender), or only that '
'there is one (nothing).';
comment on column public.tenant_settings.market_writes is
'Where people write their names and rows of the marketplace, while what they write is judged: anywhere, or over the API '
'alone, whose detectors read it (api).';
comment on column public.tenant_settings.live_signs is
'Whether people show each other over Realtime that they type and are there, while what they write is judged: shown, or '
'none, where a Realtime is used that cannot look into what they send.';
comment on column public.tenant_settings.push_delay_s is
'How many seconds somebody has to read a chat message before his devices are pushed to.';
comment on column public.tenant_settings.business_hours is
'[{"weekday": 0, "opens": "09:00", "closes": "17:00"}, …] in the tenant''s time zone; weekday 0 is Monday.';
comment on column public.tenant_settings.daily_send_cap is
'Most outbound messages a day over all channels; null is no cap.';
comment on column public.tenant_settings.upload_quota_bytes is
'Most bytes of uploaded files that may wait to be sent. Set by the platform, which keeps them.';
comment on column public.tenant_settings.max_complaint_rate is
'The share of unasked messages of an account that may be complained of in seven days before no more are sent; null is '
'no limit. Mailbox providers begin to refuse at 0.003.';
comment on column public.tenant_settings.search_ready is
'False while older messages are still being brought in line with a new search_policy. What it forbids is found no more '
'from the first moment; what it allows is found bit by bit.';
comment on column public.tenant_settings.quiet_hours_start is
'No follow-up or notification leaves inside these hours of the recipient.';
comment on column public.tenant_settings.tracking_enabled is
'Whether opens and clicks of notifications and marketing are recorded. Off unless the tenant has a right to it.';
comment on column public.tenant_settings.voice_tone is
'How replies should sound, in a few words (warm, to the point). A model is told it as data; it changes wording alone.';
comment on column public.tenant_settings.voice_formality is
'How contacts are addressed where a language knows a difference (Sie or du, vous or tu): neutral leaves it to their words.';
comment on column public.tenant_settings.voice_signature is
'How replies end, up to 300 characters and several lines; null ends them with the tenant''s name.';
comment on column public.tenant_settings.voice_avoid is
'Words and phrases no reply drafted by a model may hold, up to 50 of up to 60 characters each; case and accents do not '
'matter.';
comment on column public.tenant_settings.policy_version is 'Raised by every change, and recorded with every decision.';

create table public.message_limits (
  tenant_id uuid not null,
  channel text not null,
  kind text not null,
  max_value bigint not null,
  constraint message_limits_tenant_id_channel_kind_pkey primary key (tenant_id, channel, kind),
  constraint message_limits_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint message_limits_kind_check check (
    kind in ('body_chars', 'attachment_bytes', 'page_size', 'sends_per_minute', 'changes_per_minute', 'edit_minutes',
      'group_people')),
  constraint message_limits_max_value_check check (max_value > 0)
);
comment on table public.message_limits is 'A tenant''s own limits; private.message_limit() knows the defaults.';

create table public.api_keys (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  name text not null,
  secret_digest bytea not null,
  hint text not null,
  scopes text[] not null,
  created_by uuid,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  constraint api_keys_tenant_id_id_pkey primary key (tenant_id, id),
  constraint api_keys_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint api_keys_name_check check (length(btrim(name)) between 1 and 100 and name !~ '[[:cntrl:]]'),
  constraint api_keys_scopes_check
  check (scopes <> '{}' and scopes <@ array['read', 'send', 'manage', 'admin']::text[])
);
comment on table public.api_keys is
'Keys for a tenant''s own servers. The secret is 32 random bytes, shown once; its SHA-256 is kept.';
comment on column public.api_keys.hint is 'First characters of the key, so that people can tell keys apart.';

-- ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────────────

create index tenant_members_user_id_idx on public.tenant_members (user_id);
create index active_tenants_tenant_id_user_id_idx on public.active_tenants (tenant_id, user_id);
create index api_keys_id_idx on public.api_keys (id);
create index tenant_invitations_id_idx on public.tenant_invitations (id);

-- ── triggers ─────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.tg_members__keep_an_owner() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if old.role = 'owner' and (tg_op = 'DELETE' or (new.role, new.tenant_id, new.user_id) <> ('owner', old.tenant_id,
    old.user_id)) then
    -- The tenant row is the lock: two owners cannot leave at the same moment.
    perform from public.tenants as t where t.id = old.tenant_id for no key update;
    if not exists (
      select from public.tenant_members as m
      where m.tenant_id = old.tenant_id and m.role = 'owner' and m.user_id <> old.user_id
    ) and exists (select from public.tenants as t where t.id = old.tenant_id and t.status <> 'deleted') then
      raise exception 'a tenant keeps at least one owner'
        using errcode = 'PT409', detail = '{"code": "last_owner", "field": "role"}',
        hint = 'Make somebody else an owner first, or delete the tenant.';
    end if;
  end if;
  return case tg_op when 'DELETE' then old else new end;
end
$$;
comment on function private.tg_members__keep_an_owner() is
'Definer: must see all members of the tenant, whoever removes one. Refuses to leave a tenant without an owner.';

create function private.tg_tenants__settings() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.tenant_settings (tenant_id) values (new.id);
  return null;
end
$$;
comment on function private.tg_tenants__settings() is
'Definer: every tenant has its settings row from the first moment.';

create function private.tg_settings__bump_version() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.policy_version := old.policy_version + 1;
  new.updated_at := now();
  return new;
end
$$;
comment on function private.tg_settings__bump_version() is
'Numbers the policy, so a decision can name the one it was made under.';

create trigger tenants_100_touch before update on public.tenants
for each row execute function private.tg_any__touch();
create trigger tenants_900_settings after insert on public.tenants
for each row execute function private.tg_tenants__settings();
create trigger tenant_members_100_keep_an_owner before update or delete on public.tenant_members
for each row execute function private.tg_members__keep_an_owner();
create trigger tenant_settings_100_bump_version before update on public.tenant_settings
for each row when (old.search_ready = new.search_ready) execute function private.tg_settings__bump_version();
