-- Chapter: outbound, part two. How fast a provider lets us send, and what happens when it is in trouble.
--
--   declared pace ──▶ send_slots: every send takes the next free moment of its account and of its recipient
--   trouble ──▶ breakers: closed ──5 failures──▶ open ──pause over──▶ half open, ONE send tries ──▶ closed or open

create table private.breakers (
  tenant_id uuid not null,
  account text not null,
  failures integer not null default 0,
  open_until timestamptz,
  constraint breakers_tenant_id_account_pkey primary key (tenant_id, account)
);
comment on table private.breakers is
'Trouble of a tenant with a provider: after five failures in a row sending pauses, longer each time; then one send '
'tries whether it is over.';
comment on column private.breakers.account is
'The provider, with the server where a session names its own: see private.provider_account().';

create table private.send_slots (
  tenant_id uuid not null,
  session_id uuid not null,
  recipient text not null default '',
  next_at timestamptz not null,
  constraint send_slots_tenant_id_session_id_recipient_pkey primary key (tenant_id, session_id, recipient)
)
with (fillfactor = 50);
comment on table private.send_slots is
'When an account (recipient '''') or one of its recipients is free again: sends take numbered slots instead of '
'crowding a provider. Old rows are swept.';

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.provider_account(p_provider text, p_config jsonb) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return p_provider || coalesce(':' || (p_config -> 'smtp' ->> 'host'), '');
end
$$;
comment on function private.provider_account(text, jsonb) is
'What breaks together: a provider, or the one mail server a session names.';

create function private.breaker_until(p_session public.et_channel_sessions) returns timestamptz
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select b.open_until from private.breakers as b
    where b.tenant_id = p_session.tenant_id
      and b.account = private.provider_account(p_session.provider, p_session.config));
end
$$;
comment on function private.breaker_until(public.et_channel_sessions) is
'Definer: until when the breaker of an account is open, null when it never was.';

create function private.take_slot(p_tenant_id uuid, p_session_id uuid, p_recipient text,
  p_interval interval) returns timestamptz
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_free timestamptz;
begin
  insert into private.send_slots as s (tenant_id, session_id, recipient, next_at)
  values (p_tenant_id, p_session_id, p_recipient, clock_timestamp() + p_interval)
  on conflict (tenant_id, session_id, recipient) do update
  set next_at = greatest(s.next_at, clock_timestamp()) + p_interval
  returning next_at - p_interval into v_free;
  return v_free;
end
$$;
comment on function private.take_slot(uuid, uuid, text, interval) is
'Definer: the next free moment of an account or recipient, taken. Concurrent takers get different ones.';

create function private.sending_slot(p_queue public.et_outbound_queue) returns timestamptz
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_rate numeric;
  v_pause numeric;
  v_slot timestamptz := '-infinity';
begin
  select p.session_per_second, p.recipient_interval_s into v_rate, v_pause
  from public.et_channel_sessions as s
  inner join private.channel_providers as p on p.provider = s.provider
  where s.tenant_id = p_queue.tenant_id and s.id = p_queue.channel_session_id;
  if v_pause is not null then
    v_slot := private.take_slot(p_queue.tenant_id, p_queue.channel_session_id, p_queue.recipient,
      make_interval(secs => v_pause::float8));
  end if;
  if v_rate is not null then
    v_slot := greatest(v_slot, private.take_slot(p_queue.tenant_id, p_queue.channel_session_id, '',
      make_interval(secs => (1 / v_rate)::float8)));
  end if;
  return v_slot;
end
$$;
comment on function private.sending_slot(public.et_outbound_queue) is
'Definer: from when on this row may leave without crowding its provider; -infinity when the provider has no pace.';

create function private.pause_session_sends(p_tenant_id uuid, p_session_id uuid, p_for interval) returns void
language sql volatile security definer set search_path = '' as $$
  insert into private.send_slots as s (tenant_id, session_id, recipient, next_at)
  select p_tenant_id, p_session_id, '', clock_timestamp() + p_for
  from public.et_channel_sessions as c
  inner join private.channel_providers as p on p.provider = c.provider and p.session_per_second is not null
  where c.tenant_id = p_tenant_id and c.id = p_session_id
  on conflict (tenant_id, session_id, recipient) do update set next_at = greatest(s.next_at, excluded.next_at)
$$;
comment on function private.pause_session_sends(uuid, uuid, interval) is
'Definer: the provider told this account to wait, so all its rows do, not only the one that was told.';

create function private.sweep_send_slots() returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count bigint;
begin
  delete from private.send_slots as s where (s.tenant_id, s.session_id, s.recipient) in (
    select x.tenant_id, x.session_id, x.recipient from private.send_slots as x
    where x.next_at < clock_timestamp() - interval '1 minute' limit 1000 for update skip locked);
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function private.sweep_send_slots() is 'Definer, for the housekeeper: slots long past mean nothing.';

create function private.note_provider(p_tenant_id uuid, p_session_id uuid, p_ok boolean) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_account text;
begin
  select private.provider_account(s.provider, s.config) into v_account from public.et_channel_sessions as s
  where s.tenant_id = p_tenant_id and s.id = p_session_id;
  if p_ok then
    delete from private.breakers as b where b.tenant_id = p_tenant_id and b.account = v_account;
    if found then
      -- It is over: who waited for that need not wait out the pause. A row somebody works on is left alone.
      update private.outbound_work as w set run_at = clock_timestamp()
      where (w.tenant_id, w.queue_id) in (
        select x.tenant_id, x.queue_id from private.outbound_work as x
        inner join public.et_outbound_queue as q on q.tenant_id = x.tenant_id and q.id = x.queue_id
        where x.tenant_id = p_tenant_id and x.lease_until is null and x.run_at > clock_timestamp()
          and q.status = 'queued' and q.status_reason = 'breaker_open'
        for update of x skip locked);
      perform pg_notify('et_outbound', '');
    end if;
  else
    insert into private.breakers as b (tenant_id, account, failures) values (p_tenant_id, v_account, 1)
    on conflict (tenant_id, account) do update set
      failures = b.failures + 1,
      open_until = case when b.failures + 1 >= 5
        then clock_timestamp() + least(interval '10 minutes', interval '5 seconds' * power(2, least(b.failures - 4,
          10))) end;
  end if;
end
$$;
comment on function private.note_provider(uuid, uuid, boolean) is
'Definer: one more success or failure of a provider; five failures in a row open the breaker.';

create function private.lock_limits(p_queue public.et_outbound_queue) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if p_queue.purpose <> 'reply' or exists (
    select from public.et_channel_sessions as s
    inner join private.channel_providers as p on p.provider = s.provider
      and (p.session_per_second is not null or p.recipient_interval_s is not null)
    where s.tenant_id = p_queue.tenant_id and s.id = p_queue.channel_session_id
  ) or exists (
    select from public.tenant_settings as t where t.tenant_id = p_queue.tenant_id and t.daily_send_cap is not null
  ) or exists (
    select from private.breakers as b where b.tenant_id = p_queue.tenant_id
  ) then
    perform pg_advisory_xact_lock(hashtextextended(p_queue.tenant_id::text || 'limits', 5));
  end if;
end
$$;
comment on function private.lock_limits(public.et_outbound_queue) is
'Definer: what a tenant''s sends share (slots, breakers, counters) is used by one claim at a time. A claim takes many '
'rows, and two routers would hold each other''s recipients and accounts; it goes from tenant to tenant in one order.';

create function private.take_turn(p_queue public.et_outbound_queue, p_slot_at timestamptz)
returns table (verdict text, reason text, until timestamptz)
language plpgsql volatile security definer set search_path = '' as $$
begin
  if not private.take_probe(p_queue) then
    verdict := 'defer'; reason := 'breaker_open'; until := clock_timestamp() + private.lease_length();
    return next;
    return;
  end if;
  -- A slot is good for a moment: rows that overslept theirs must not leave all at once.
  if p_slot_at is null or p_slot_at < clock_timestamp() - interval '2 seconds' then
    until := private.sending_slot(p_queue);
    if until > clock_timestamp() + interval '20 milliseconds' then
      verdict := 'defer'; reason := 'pace';
      return next;
      return;
    end if;
  end if;
  if not private.take_warm_up(p_queue) then
    verdict := 'defer'; reason := 'warm_up';
    until := ((clock_timestamp() at time zone 'UTC')::date + 1)::timestamp at time zone 'UTC';
    return next;
    return;
  end if;
  if not private.take_daily_send(p_queue.tenant_id) then
    perform private.give_back_warm_up(p_queue);
    verdict := 'defer'; reason := 'daily_cap';
    until := private.next_day(p_queue.tenant_id);
    return next;
    return;
  end if;
  verdict := 'send';
  return next;
end
$$;
comment on function private.take_turn(public.et_outbound_queue, timestamptz) is
'Definer: what a send uses up once every rule let it pass: the probe of a half-open breaker, a slot, one of today''s '
'sends of the account and of the tenant.';

create function private.take_probe(p_queue public.et_outbound_queue) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_account text;
begin
  select private.provider_account(s.provider, s.config) into v_account from public.et_channel_sessions as s
  where s.tenant_id = p_queue.tenant_id and s.id = p_queue.channel_session_id;
  update private.breakers as b set open_until = clock_timestamp() + private.lease_length()
  where b.tenant_id = p_queue.tenant_id and b.account = v_account and b.open_until <= clock_timestamp();
  return found or not exists (
    select from private.breakers as b
    where b.tenant_id = p_queue.tenant_id and b.account = v_account and b.open_until > clock_timestamp());
end
$$;
comment on function private.take_probe(public.et_outbound_queue) is
'Definer: true when the breaker is closed, or this send is the one that tries a provider whose pause is over.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table private.breakers enable row level security;
alter table private.breakers force row level security;
alter table private.send_slots enable row level security;
alter table private.send_slots force row level security;
create policy breakers_select_worker on private.breakers for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy send_slots_select_worker on private.send_slots for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
revoke all on private.breakers, private.send_slots from public, anon, authenticated, service_role;
grant select on private.breakers, private.send_slots to parley_worker;
grant execute on function private.sweep_send_slots() to parley_worker;
