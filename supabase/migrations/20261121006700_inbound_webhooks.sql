-- Chapter: inbound, part four. What providers push: stored as it came, read by a worker, and gone once it was read.
--
--   edge function: webhook_session() ──▶ signature over the raw bytes ──▶ accept_webhook(): ONE row, once ──▶ 200
--                                               └─ bad ──▶ reject_webhook(): counted by the minute ──▶ 401
--   webhook_work ──claim_webhooks(), an account at a time──▶ lease + fence ──next_webhook()──▶ the adapter reads it
--        ▲                                                                                        │
--        │ failed: again after a pause                                                            ▼
--        └───────────────── ONE transaction: events stored + complete_webhook(): payload gone, work row gone
--
--   makes no sense, 7 errors or 20 lost leases → error (kept with its payload, shown to the staff, retried by hand)
--
-- Calls of one account are read in the order they came, by one worker at a time, so a conversation keeps its order.
-- One that fails is passed over until its next try; the others are not held up. A paused account's calls wait.

create table private.webhook_events (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  session_id uuid not null,
  provider text not null,
  event_id text not null,
  headers jsonb not null default '{}',
  payload bytea,
  received_at timestamptz not null default clock_timestamp(),
  processed_at timestamptz,
  error text,
  constraint webhook_events_tenant_id_id_pkey primary key (tenant_id, id),
  constraint webhook_events_tenant_id_session_id_event_id_key unique (tenant_id, session_id, event_id),
  constraint webhook_events_tenant_id_session_id_fkey foreign key (tenant_id, session_id)
  references public.et_channel_sessions (tenant_id, id),
  constraint webhook_events_event_id_check check (length(event_id) between 1 and 300),
  constraint webhook_events_headers_check check (jsonb_typeof(headers) = 'object' and length(headers::text) <= 4000),
  constraint webhook_events_payload_check check (octet_length(payload) <= 1048576),
  constraint webhook_events_state_check check (
    (processed_at is null) = (payload is not null) and (processed_at is null or error is null)
  )
);
comment on table private.webhook_events is
'Verified calls of providers, each once. Waiting (payload), processed (no payload: bodies live in et_messages only) or '
'failed (error and payload). Swept by private.sweep_webhooks().';
comment on column private.webhook_events.event_id is
'What makes a call this call: the provider''s id, or a digest of the payload where it gives none.';
comment on column private.webhook_events.headers is 'The few headers reading needs; never a credential.';

create sequence private.webhook_numbers;
comment on sequence private.webhook_numbers is 'The order calls came in: their ids tell it to the millisecond only.';

create table private.webhook_work (
  tenant_id uuid not null,
  webhook_id uuid not null,
  session_id uuid not null,
  number bigint not null default nextval('private.webhook_numbers'),
  run_at timestamptz not null default clock_timestamp(),
  fence bigint not null default 0,
  attempts smallint not null default 0,
  expiries smallint not null default 0,
  constraint webhook_work_tenant_id_webhook_id_pkey primary key (tenant_id, webhook_id)
)
with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
comment on table private.webhook_work is 'One row per stored call not yet read: an index of state, never the state.';
comment on column private.webhook_work.fence is
'The claim that began to read it: when that one is lost, this call is the suspect.';

create table private.webhook_leases (
  tenant_id uuid not null,
  session_id uuid not null,
  lease_until timestamptz,
  fence bigint not null default 0,
  claimed_by text,
  constraint webhook_leases_tenant_id_session_id_pkey primary key (tenant_id, session_id),
  constraint webhook_leases_tenant_id_session_id_fkey foreign key (tenant_id, session_id)
  references public.et_channel_sessions (tenant_id, id)
)
with (fillfactor = 50);
comment on table private.webhook_leases is 'Which worker reads the calls of an account at the moment.';

create table private.webhook_rejections (
  tenant_id uuid not null,
  session_id uuid not null,
  minute timestamptz not null,
  reason text not null,
  count integer not null default 1,
  constraint webhook_rejections_tenant_id_session_id_minute_reason_pkey
  primary key (tenant_id, session_id, minute, reason),
  constraint webhook_rejections_tenant_id_session_id_fkey foreign key (tenant_id, session_id)
  references public.et_channel_sessions (tenant_id, id),
  constraint webhook_rejections_reason_check check (reason in ('signature', 'stale', 'malformed', 'honeypot'))
);
comment on table private.webhook_rejections is
'Calls that were refused, counted per account, minute and reason: whoever knocks cannot fill it.';

create index webhook_events_id_idx on private.webhook_events (id);
create index webhook_events_failed_idx on private.webhook_events (tenant_id, id) where error is not null;
create index webhook_work_session_id_idx on private.webhook_work (tenant_id, session_id, number);

-- ── at the edge ──────────────────────────────────────────────────────────────────────────────────────────────────

create function private.webhook_session(p_session_id uuid)
returns table (channel text, provider text, status text, settings jsonb, secrets jsonb)
language plpgsql stable security definer set search_path = '' as $$
begin
  return query
  select s.channel, s.provider, s.status, coalesce(s.config -> 'webhook', '{}'), (
    select coalesce(jsonb_object_agg(x.name, encode(x.ciphertext, 'base64')), '{}') from private.channel_secrets as x
    where x.tenant_id = s.tenant_id and x.session_id = s.id
      and x.name = any(coalesce(p.webhook_secrets, '{webhook_secret}')))
  from public.et_channel_sessions as s
  inner join public.tenants as t on t.id = s.tenant_id
  left join private.channel_providers as p on p.provider = s.provider
  where s.id = p_session_id and s.status <> 'deleted' and t.status <> 'deleted'
  limit 1;
end
$$;
comment on function private.webhook_session(uuid) is
'Definer, for edge functions: what verifying a call of this account needs, its secrets still encrypted, and no others: '
'the ones its provider declared, `webhook_secret` before it has. No row for an account that is not there.';

create function private.store_webhook(
  p_tenant_id uuid, p_session_id uuid, p_event_id text, p_headers jsonb, p_payload bytea
) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_id uuid;
begin
  insert into private.webhook_events (tenant_id, session_id, provider, event_id, headers, payload)
  select s.tenant_id, s.id, s.provider, p_event_id, p_headers, p_payload
  from public.et_channel_sessions as s
  where s.tenant_id = p_tenant_id and s.id = p_session_id and s.status <> 'deleted'
  on conflict (tenant_id, session_id, event_id) do nothing
  returning id into v_id;
  if v_id is null then
    return 'duplicate';
  end if;
  insert into private.webhook_work (tenant_id, webhook_id, session_id) values (p_tenant_id, v_id, p_session_id);
  return 'stored';
end
$$;
comment on function private.store_webhook(uuid, uuid, text, jsonb, bytea) is
'Definer: one call and its work row, once. A repetition under way elsewhere is waited for: "duplicate" is committed.';

create function private.accept_webhook(
  p_session_id uuid, p_event_id text, p_headers jsonb, p_payload bytea
) returns text
language sql volatile security definer set search_path = '' as $$
  select coalesce((
    select private.store_webhook(s.tenant_id, s.id, p_event_id, p_headers, p_payload)
    from public.et_channel_sessions as s
    inner join public.tenants as t on t.id = s.tenant_id
    where s.id = p_session_id and s.status <> 'deleted' and t.status <> 'deleted'
    limit 1), 'unknown')
$$;
comment on function private.accept_webhook(uuid, text, jsonb, bytea) is
'Definer, for edge functions: keeps a verified call. stored, duplicate, or unknown (no such account).';

create function private.count_rejection(p_tenant_id uuid, p_session_id uuid, p_reason text) returns void
language sql volatile security definer set search_path = '' as $$
  insert into private.webhook_rejections as r (tenant_id, session_id, minute, reason)
  values (p_tenant_id, p_session_id, date_trunc('minute', clock_timestamp(), 'UTC'), p_reason)
  on conflict (tenant_id, session_id, minute, reason) do update set count = least(r.count, 2000000000) + 1
$$;
comment on function private.count_rejection(uuid, uuid, text) is 'Definer: one more refused call of an account.';

create function private.reject_webhook(p_session_id uuid, p_reason text) returns void
language sql volatile security definer set search_path = '' as $$
  select private.count_rejection(s.tenant_id, s.id, p_reason) from public.et_channel_sessions as s
  where s.id = p_session_id and s.status <> 'deleted'
  limit 1
$$;
comment on function private.reject_webhook(uuid, text) is
'Definer, for edge functions: a call was refused (signature, stale, malformed). Counted; nothing for an unknown '
'account.';

-- ── the hint ──────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.tg_webhook_work__wake() returns trigger
language plpgsql set search_path = '' as $$
begin
  if current_setting('parley.woke_ingress', true) is distinct from 'on' then
    perform set_config('parley.woke_ingress', 'on', true);
    if pg_try_advisory_xact_lock(7100067) then
      perform pg_notify('et_ingress', '');
    end if;
  end if;
  return null;
end
$$;
comment on function private.tg_webhook_work__wake() is
'At commit, once per transaction: a hint to the ingress worker.';

create constraint trigger webhook_work_900_wake after insert on private.webhook_work
deferrable initially deferred for each row execute function private.tg_webhook_work__wake();

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table private.webhook_events enable row level security;
alter table private.webhook_events force row level security;
alter table private.webhook_work enable row level security;
alter table private.webhook_work force row level security;
alter table private.webhook_leases enable row level security;
alter table private.webhook_leases force row level security;
alter table private.webhook_rejections enable row level security;
alter table private.webhook_rejections force row level security;

revoke all on private.webhook_events, private.webhook_work, private.webhook_leases, private.webhook_rejections
from public, anon, authenticated, service_role;
grant execute on function private.webhook_session(uuid), private.accept_webhook(uuid, text, jsonb, bytea),
private.reject_webhook(uuid, text) to parley_ingress;
