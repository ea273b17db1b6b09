-- Chapter: channels. The accounts a tenant is reached at, their health and their secrets.
--
--   et_channel_sessions: pending → connected ⇄ degraded → disconnected;  paused by people;  deleted is final
--     pending: nobody has seen it work. The provider's answer to a check, a receiver that was let in, or the platform
--     that verified its address makes it connected. status says whether it works, verified_at whose the address is.
--   private.channel_secrets: ciphertext only (the app encrypts with a rotatable key); no client role ever reads it
--
-- An inbound address is looked up over all tenants: the session that verified it first has it.

create table public.et_channel_sessions (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  channel text not null,
  provider text not null,
  name text not null,
  address text not null,
  status text not null default 'pending',
  status_reason text,
  verified_at timestamptz,
  sender_name text,
  sender_address text,
  warm_up_from date,
  config jsonb not null default '{}',
  last_heartbeat_at timestamptz,
  last_inbound_at timestamptz,
  last_outbound_at timestamptz,
  last_error text,
  last_error_at timestamptz,
  checked_at timestamptz,
  templates_read_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint et_channel_sessions_tenant_id_id_pkey primary key (tenant_id, id),
  constraint et_channel_sessions_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint et_channel_sessions_tenant_id_channel_address_key unique (tenant_id, channel, address),
  constraint et_channel_sessions_channel_check
  check (channel ~ '^[a-z][a-z0-9_]{0,40}$'),
  constraint et_channel_sessions_provider_check check (provider ~ '^[a-z][a-z0-9_]{0,40}$'),
  constraint et_channel_sessions_status_check
  check (status in ('pending', 'connected', 'degraded', 'disconnected', 'paused', 'deleted')),
  constraint et_channel_sessions_name_check check (length(btrim(name)) between 1 and 200 and name !~ '[[:cntrl:]]'),
  constraint et_channel_sessions_sender_name_check check (sender_name !~ '[[:cntrl:]]'),
  constraint et_channel_sessions_sender_address_check check (sender_address ~ '^[^[:space:]@<>,;"]+@[a-z0-9.-]+$'),
  constraint et_channel_sessions_config_check check (
    jsonb_typeof(config) = 'object' and not config ?| array['password', 'secret', 'token', 'api_key']
  )
);
comment on table public.et_channel_sessions is
'One connected account of a tenant on a channel: a mailbox, a number, a bot, the in-app channel.';
comment on column public.et_channel_sessions.address is 'Normalised own address: mailbox, E.164 number or bot id.';
comment on column public.et_channel_sessions.verified_at is
'When the platform proved the tenant owns the address; inbound needs it.';
comment on column public.et_channel_sessions.config is
'Non-secret settings, e.g. {"smtp": {"host": …, "port": …}}. Secrets go to private.channel_secrets.';
comment on column public.et_channel_sessions.warm_up_from is
'The first day (UTC) of a new address: it may send 50 unasked messages then and twice as many each day, for a '
'fortnight. Null: known to the world already.';
comment on column public.et_channel_sessions.sender_address is 'From address when it differs from the session''s own.';

comment on column public.et_channel_sessions.last_outbound_at is
'When the provider last took a message, to the minute: written at most once in one.';
comment on column public.et_channel_sessions.last_error is
'The reason it last had trouble for; stays when it works again, with last_error_at.';
comment on column public.et_channel_sessions.checked_at is
'When the provider was last asked whether the account works.';
comment on column public.et_channel_sessions.templates_read_at is
'When public.message_templates was last what the provider has; from then on no other template is sent.';

create table private.channel_secrets (
  tenant_id uuid not null,
  session_id uuid not null,
  name text not null,
  ciphertext bytea not null,
  updated_at timestamptz not null default now(),
  constraint channel_secrets_tenant_id_session_id_name_pkey primary key (tenant_id, session_id, name),
  constraint channel_secrets_tenant_id_session_id_fkey foreign key (tenant_id, session_id)
  references public.et_channel_sessions (tenant_id, id)
);
comment on table private.channel_secrets is
'Encrypted by the app (MultiFernet, rotatable) before it comes here; the database never holds a key.';

create index et_channel_sessions_channel_address_idx on public.et_channel_sessions (channel, address);
create index et_channel_sessions_domain_idx on public.et_channel_sessions (split_part(address, '@', 2))
where channel = 'email' and verified_at is not null;
create index et_channel_sessions_id_idx on public.et_channel_sessions (id);

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.find_inbound_session(p_channel text, p_address text)
returns table (tenant_id uuid, session_id uuid)
language plpgsql stable security definer set search_path = '' as $$
begin
  return query
  select s.tenant_id, s.id
  from public.et_channel_sessions as s
  inner join public.tenants as t on s.tenant_id = t.id
  where s.channel = p_channel and s.address = p_address
    and s.verified_at is not null and s.status not in ('deleted', 'paused') and t.status <> 'deleted'
  order by s.verified_at, s.id
  limit 1;
end
$$;
comment on function private.find_inbound_session(text, text) is
'Definer, for receivers: which session a recipient address belongs to, over all tenants; no row for a stranger''s.';

create function private.is_platforms_way(p_session public.et_channel_sessions) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return p_session.channel = 'email' and p_session.provider in ('smtp', 'imap')
    and coalesce(p_session.config #>> '{smtp,host}', '') = '';
end
$$;
comment on function private.is_platforms_way(public.et_channel_sessions) is
'Whether mail of this account leaves by the platform''s own server, which takes every sender. A server or provider of '
'the tenant''s own knows by itself whom he may write as.';

create function private.may_send_as(p_tenant_id uuid, p_address text) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.et_channel_sessions as s
    where s.tenant_id = p_tenant_id and s.channel = 'email' and s.verified_at is not null and s.status <> 'deleted'
      and (s.address = p_address or (
        split_part(s.address, '@', 2) = split_part(p_address, '@', 2) and not exists (
          select from public.et_channel_sessions as o
          where o.channel = 'email' and split_part(o.address, '@', 2) = split_part(p_address, '@', 2)
            and o.tenant_id <> p_tenant_id and o.verified_at is not null and o.status <> 'deleted'))));
end
$$;
comment on function private.may_send_as(uuid, text) is
'Definer: the tenant has proved this address, or another one of its domain where no other tenant has proved any.';

create function private.has_refused_sends(p_tenant_id uuid, p_session_id uuid) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from private.outbound_work as w
    inner join public.et_outbound_queue as q on q.tenant_id = w.tenant_id and q.id = w.queue_id
    inner join public.dispatch_attempts as a on a.tenant_id = w.tenant_id and a.queue_id = w.queue_id
    where w.tenant_id = p_tenant_id and q.channel_session_id = p_session_id and a.error_code = 'auth'
      and a.finished_at > clock_timestamp() - interval '1 hour' and a.claimed_at > coalesce((
        select max(x.updated_at) from private.channel_secrets as x
        where x.tenant_id = p_tenant_id and x.session_id = p_session_id), '-infinity'));
end
$$;
comment on function private.has_refused_sends(uuid, uuid) is
'Definer: a send waits that its provider refused for the account in the last hour, with the secrets of today. Until it '
'is through, or given up, only a send that is accepted shows that the account works. See part nine.';

create function private.record_heartbeat(
  p_tenant_id uuid, p_session_id uuid, p_status text, p_reason text, p_received boolean default false
) returns void
language sql volatile security definer set search_path = '' as $$
  update public.et_channel_sessions as s
  set (status, status_reason) = (
      select case when k.keeps then s.status else p_status end, case when k.keeps then s.status_reason else p_reason end
      from (select p_status = 'connected' and coalesce(
        s.status_reason like any('{calls are refused: %,no receipts: %}')
        or case when s.status_reason like 'sends are refused: %'
          then private.has_refused_sends(s.tenant_id, s.id) end, false) as keeps) as k),
    last_heartbeat_at = now(),
    last_inbound_at = case when p_received then now() else s.last_inbound_at end
  where s.tenant_id = p_tenant_id and s.id = p_session_id and s.status not in ('paused', 'deleted')
$$;
comment on function private.record_heartbeat(uuid, uuid, text, text, boolean) is
'Definer, for receivers and adapters: the session''s state as just seen, and whether a message came in. That calls '
'are refused, or no receipts come, is not theirs to take back; that sends are refused, once none waits for that.';

create function private.refuse_foreign_sender(p_tenant_id uuid, p_address text) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if p_address is not null and not private.may_send_as(p_tenant_id, p_address) then
    raise exception 'mail is not sent from an address that nobody has proved to be yours'
      using errcode = 'PT422', detail = '{"code": "sender_not_verified", "field": "sender_address"}',
        hint = 'Connect an account of that address or domain first and have it verified, or send by a server of your own.';
  end if;
end
$$;
comment on function private.refuse_foreign_sender(uuid, text) is
'Definer: says so when a tenant wants to send as somebody else; asked again for every mail that leaves.';

create function private.create_channel_session(
  p_channel text, p_provider text, p_name text, p_address text, p_config jsonb, p_sender_name text
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_id uuid;
begin
  perform private.refuse_unknown_provider(p_channel, p_provider);
  insert into public.et_channel_sessions (tenant_id, channel, provider, name, address, config, sender_name)
  values (v_tenant, p_channel, p_provider, p_name, p_address, p_config, p_sender_name)
  returning id into v_id;
  perform private.audit(v_tenant, 'channel_session.created', 'channel_session', v_id::text,
    jsonb_build_object('channel', p_channel));
  return jsonb_build_object('session_id', v_id, 'status', 'pending', 'secret_rules', private.secret_rules(p_provider));
end
$$;
comment on function private.create_channel_session(text, text, text, text, jsonb, text) is
'Definer: a new account, pending until somebody has seen it work.';

create function private.update_channel_session(p_session_id uuid, p_patch jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_session public.et_channel_sessions%rowtype;
begin
  perform private.check_fields(p_patch, '{name,sender_name,sender_address,warm_up_from,config}');
  update public.et_channel_sessions as s
  set (name, sender_name, sender_address, warm_up_from, config, checked_at) = (
    select r.name, r.sender_name, r.sender_address, r.warm_up_from, r.config,
      case when r.config = s.config then s.checked_at end
    from jsonb_populate_record(s, p_patch) as r)
  where s.tenant_id = v_tenant and s.id = p_session_id and s.status <> 'deleted'
  returning s.* into v_session;
  if not found then
    return private.deny('channel_session', p_session_id, 'update_channel_session');
  end if;
  if private.is_platforms_way(v_session) then
    perform private.refuse_foreign_sender(v_tenant, v_session.sender_address);
  end if;
  perform private.audit(v_tenant, 'channel_session.updated', 'channel_session', p_session_id::text,
    jsonb_build_object('fields', (select jsonb_agg(k) from jsonb_object_keys(p_patch) as k)));
  return jsonb_build_object('session_id', p_session_id, 'status', v_session.status);
end
$$;
comment on function private.update_channel_session(uuid, jsonb) is
'Definer: changes the named fields of an account; another config is checked at once. Its channel and address are what '
'it is, and stay.';

create function private.wipe_channel_secrets(p_tenant_id uuid, p_session_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform private.keep_farewell(p_tenant_id, p_session_id);
  delete from private.channel_secrets as x where x.tenant_id = p_tenant_id and x.session_id = p_session_id;
  perform private.forget_bridge(p_tenant_id, p_session_id);
  delete from private.bridge_inbox as i where i.tenant_id = p_tenant_id and i.session_id = p_session_id;
end
$$;
comment on function private.wipe_channel_secrets(uuid, uuid) is
'Definer: an account or its tenant is deleted; what is sealed for it goes, but for what takes its webhook away.';

create function private.tg_tenants__wipe_secrets() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.wipe_channel_secrets(s.tenant_id, s.id) from public.et_channel_sessions as s
  where s.tenant_id = new.id;
  return null;
end
$$;
comment on function private.tg_tenants__wipe_secrets() is
'Definer: a deleted tenant''s rows stay for a while, the keys to its accounts do not.';

create function private.set_channel_session_status(p_session_id uuid, p_status text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_owner uuid;
  v_status text;
begin
  if p_status not in ('paused', 'connected', 'deleted') then
    raise exception 'a session can be paused, connected again or deleted'
      using errcode = 'PT422', detail = '{"code": "bad_status", "field": "status"}',
        hint = 'Use paused, connected or deleted.';
  end if;
  update public.et_channel_sessions as s
  set status = case when p_status = 'connected' and s.verified_at is null then 'pending' else p_status end,
    status_reason = 'set by ' || private.actor(), checked_at = case when p_status <> 'connected' then s.checked_at end
  where s.tenant_id = v_tenant and s.id = p_session_id and s.status <> 'deleted'
  returning s.status into v_status;
  if not found then
    select s.tenant_id into v_owner from public.et_channel_sessions as s where s.id = p_session_id limit 1;
    if v_owner <> v_tenant then
      perform private.log_denial(v_owner, 'rpc', 'set_channel_session_status', 'channel_session', p_session_id::text);
    end if;
    return private.not_found('channel session');
  end if;
  if p_status = 'deleted' then
    perform private.wipe_channel_secrets(v_tenant, p_session_id);
  end if;
  perform private.audit(v_tenant, 'channel_session.' || p_status, 'channel_session', p_session_id::text);
  return jsonb_build_object('session_id', p_session_id, 'status', v_status);
end
$$;
comment on function private.set_channel_session_status(uuid, text) is
'Definer: pause, resume or delete an account; deleting wipes its secrets, once its webhook is gone.';

create function private.verify_channel_session(p_tenant_id uuid, p_session_id uuid) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_before timestamptz;
begin
  select s.verified_at into v_before from public.et_channel_sessions as s
  where s.tenant_id = p_tenant_id and s.id = p_session_id;
  -- Two tenants that claim one address at the same moment must not both get it.
  perform pg_advisory_xact_lock(hashtextextended(s.channel || ':' || s.address, 3)) from public.et_channel_sessions as s
  where s.tenant_id = p_tenant_id and s.id = p_session_id;
  update public.et_channel_sessions as s
  set verified_at = coalesce(s.verified_at, now()), status = case s.status when 'pending'
    then 'connected' else s.status end, status_reason = case when s.status <> 'pending' then s.status_reason end
  where s.tenant_id = p_tenant_id and s.id = p_session_id and s.status <> 'deleted'
    and not exists (
      select from public.et_channel_sessions as o
      where o.channel = s.channel and o.address = s.address and o.verified_at is not null
        and o.status <> 'deleted' and (o.tenant_id, o.id) <> (s.tenant_id, s.id));
  if not found then
    return false;
  end if;
  if v_before is null then
    perform private.audit(p_tenant_id, 'channel_session.verified', 'channel_session', p_session_id::text);
  end if;
  return true;
end
$$;
comment on function private.verify_channel_session(uuid, uuid) is
'Definer, for the platform: the tenant owns this address. False when another session verified it before.';

create function private.put_channel_secret(p_tenant_id uuid, p_session_id uuid, p_name text,
  p_ciphertext bytea) returns void
language sql volatile security definer set search_path = '' as $$
  insert into private.channel_secrets (tenant_id, session_id, name, ciphertext)
  values (p_tenant_id, p_session_id, p_name, p_ciphertext)
  on conflict (tenant_id, session_id, name) do update
  set ciphertext = excluded.ciphertext, updated_at = clock_timestamp();
  update public.et_channel_sessions as s set checked_at = null
  where s.tenant_id = p_tenant_id and s.id = p_session_id;
$$;
comment on function private.put_channel_secret(uuid, uuid, text, bytea) is
'Definer, for the API''s login role after it authorised the caller: stores one encrypted secret; the account is '
'checked with it at once.';

create function private.tg_channel_session__address() returns trigger
language plpgsql set search_path = '' as $$
begin
  if not private.is_address(private.address_kind(new.channel), new.address) then
    raise exception 'this is no address of the channel %', new.channel
      using errcode = 'check_violation', table = 'et_channel_sessions',
        constraint = 'et_channel_sessions_address_check',
        hint = 'E-mail in lower case, phone numbers as +<country><number>.';
  end if;
  return new;
end
$$;
comment on function private.tg_channel_session__address() is
'An address is one of its channel''s kind. No check constraint: which kind a channel has is declared in a table.';

create function private.tg_channel_session__keep_error() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.last_error := new.status_reason;
  new.last_error_at := clock_timestamp();
  return new;
end
$$;
comment on function private.tg_channel_session__keep_error() is
'What was wrong with an account is known after it works again.';

create trigger et_channel_sessions_060_keep_error before update of status, status_reason on public.et_channel_sessions
for each row when (
  new.status in ('degraded', 'disconnected') and new.status_reason is not null
  and (new.status, new.status_reason) is distinct from (old.status, old.status_reason)
)
execute function private.tg_channel_session__keep_error();
create trigger et_channel_sessions_050_address before insert or update of channel, address on public.et_channel_sessions
for each row execute function private.tg_channel_session__address();
create trigger tenants_900_wipe_secrets after update of status on public.tenants
for each row when (new.status = 'deleted' and old.status <> 'deleted')
execute function private.tg_tenants__wipe_secrets();
create trigger et_channel_sessions_100_touch before update on public.et_channel_sessions
for each row execute function private.tg_any__touch();

create function public.create_channel_session(
  p_channel text, p_provider text, p_name text, p_address text, p_config jsonb default '{}',
    p_sender_name text default null
) returns jsonb language sql volatile set search_path = ''
begin atomic
select private.create_channel_session(p_channel, p_provider, p_name, p_address, p_config, p_sender_name);
end;
create function public.update_channel_session(p_session_id uuid, p_patch jsonb default '{}') returns jsonb
language sql volatile set search_path = ''
begin atomic select private.update_channel_session(p_session_id, p_patch); end;
create function public.set_channel_session_status(p_session_id uuid, p_status text) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.set_channel_session_status(p_session_id, p_status); end;
comment on function public.create_channel_session(text, text, text, text, jsonb, text) is
'Connect an account of a channel. Admins.';
comment on function public.update_channel_session(uuid, jsonb) is 'Change fields of an account. Admins.';
comment on function public.set_channel_session_status(uuid, text) is 'Pause, resume or delete an account. Admins.';

-- ── policies ─────────────────────────────────────────────────────────────────────────────────────────────────────

alter table public.et_channel_sessions enable row level security;
alter table public.et_channel_sessions force row level security;
alter table private.channel_secrets enable row level security;
alter table private.channel_secrets force row level security;

create policy et_channel_sessions_select_staff on public.et_channel_sessions for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy et_channel_sessions_select_worker on public.et_channel_sessions for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy channel_secrets_select_worker on private.channel_secrets for select to parley_worker
using (tenant_id = (select private.worker_tenant()));

-- ── grants ───────────────────────────────────────────────────────────────────────────────────────────────────────

revoke all on public.et_channel_sessions, private.channel_secrets from public, anon, authenticated, service_role;
grant select on public.et_channel_sessions to authenticated, service_role, parley_worker;
grant insert, update on public.et_channel_sessions to service_role;
grant select on private.channel_secrets to parley_worker;
grant execute on function private.find_inbound_session(text, text),
private.record_heartbeat(uuid, uuid, text, text, boolean) to parley_worker;
grant execute on function private.create_channel_session(text, text, text, text, jsonb, text),
private.update_channel_session(uuid, jsonb), private.set_channel_session_status(uuid, text),
public.create_channel_session(text, text, text, text, jsonb, text), public.update_channel_session(uuid, jsonb),
public.set_channel_session_status(uuid, text) to authenticated;
grant execute on function private.verify_channel_session(uuid, uuid) to service_role;
grant execute on function private.put_channel_secret(uuid, uuid, text, bytea) to parley_api;
