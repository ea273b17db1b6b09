-- Chapter: inbound, part five. How the ingress worker reads what providers pushed; the map is in part four.
--
-- The lease is an account's, not a call's: one worker reads an account's calls, oldest first. The fence on a work row
-- says which claim began to read it, so that a call which kills its readers is found and set aside.

create function private.lease_webhooks(p_worker text, p_tenant_id uuid, p_session_id uuid) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_lease private.webhook_leases%rowtype;
  v_fence bigint;
begin
  insert into private.webhook_leases (tenant_id, session_id) values (p_tenant_id, p_session_id)
  on conflict do nothing;
  select l.* into v_lease from private.webhook_leases as l
  where l.tenant_id = p_tenant_id and l.session_id = p_session_id
    and (l.lease_until is null or l.lease_until < clock_timestamp())
  for update skip locked;
  if not found then
    return null;
  end if;
  if v_lease.lease_until is not null then
    update private.webhook_work as w set expiries = w.expiries + 1
    where w.tenant_id = p_tenant_id and w.session_id = p_session_id and w.fence = v_lease.fence;
    perform private.set_webhook_aside(w.tenant_id, w.webhook_id, 'The workers that read it did not come back.')
    from private.webhook_work as w
    where w.tenant_id = p_tenant_id and w.session_id = p_session_id and w.fence = v_lease.fence and w.expiries >= 20;
  end if;
  update private.webhook_leases as l
  set lease_until = clock_timestamp() + private.lease_length(), fence = nextval('private.fences'),
    claimed_by = p_worker
  where l.tenant_id = p_tenant_id and l.session_id = p_session_id
  returning l.fence into v_fence;
  return v_fence;
end
$$;
comment on function private.lease_webhooks(text, uuid, uuid) is
'Definer: takes an account nobody reads, null when somebody does. The call a lost worker was reading is counted, and '
'set aside after twenty.';

create function private.claim_webhooks(
  p_worker text, p_limit integer, p_after_tenant uuid default null, p_except uuid[] default '{}'
)
returns table (
  tenant_id uuid, session_id uuid, fence bigint, run_at timestamptz, channel text, provider text, address text,
  config jsonb, secrets jsonb
)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_tenants uuid[] := private.waiting_tenants('private.webhook_work', greatest(1, p_limit), p_after_tenant, p_except);
  v_share integer := ceil(p_limit::numeric / greatest(1, cardinality(v_tenants)));
  v_left integer := p_limit;
  v_taken integer;
  v_account record;
  v_fence bigint;
begin
  foreach tenant_id in array v_tenants loop
    v_taken := 0;
    for v_account in
      select s.id, s.channel, s.provider, s.address, s.config, d.run_at
      from unnest(private.waiting_accounts(tenant_id)) as a (id)
      inner join public.et_channel_sessions as s on s.tenant_id = tenant_id and s.id = a.id and s.status <> 'paused'
      cross join lateral (
        select w.run_at from private.webhook_work as w
        where w.tenant_id = tenant_id and w.session_id = a.id and w.run_at <= clock_timestamp()
        order by w.number limit 1) as d
      order by random()
    loop
      exit when v_taken >= least(v_share, v_left);
      v_fence := private.lease_webhooks(p_worker, tenant_id, v_account.id);
      continue when v_fence is null;
      v_taken := v_taken + 1;
      session_id := v_account.id;
      fence := v_fence;
      run_at := v_account.run_at;
      channel := v_account.channel;
      provider := v_account.provider;
      address := v_account.address;
      config := v_account.config;
      secrets := private.session_secrets(tenant_id, session_id);
      return next;
    end loop;
    v_left := v_left - v_taken;
  end loop;
end
$$;
comment on function private.claim_webhooks(text, integer, uuid, uuid[]) is
'Definer, for the ingress worker: up to p_limit accounts with calls to read, shared among the tenants, each under a '
'lease and a fence, with what its adapter needs.';

create function private.waiting_accounts(p_tenant_id uuid) returns uuid[]
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_accounts uuid[] := '{}';
  v_account uuid := '00000000-0000-0000-0000-000000000000';
begin
  -- A skip scan, as in private.waiting_tenants(): one probe per account, however much one of them has waiting.
  while cardinality(v_accounts) < 1000 loop
    select w.session_id into v_account from private.webhook_work as w
    where w.tenant_id = p_tenant_id and w.session_id > v_account
    order by w.session_id limit 1;
    exit when v_account is null;
    v_accounts := v_accounts || v_account;
  end loop;
  return v_accounts;
end
$$;
comment on function private.waiting_accounts(uuid) is 'Definer: a tenant''s accounts with stored calls.';

create function private.next_webhook(p_tenant_id uuid, p_session_id uuid, p_fence bigint)
returns table (webhook_id uuid, event_id text, headers jsonb, payload bytea, attempts smallint)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_work private.webhook_work%rowtype;
begin
  if not exists (
    select from private.webhook_leases as l where l.tenant_id = p_tenant_id and l.session_id = p_session_id
      and l.fence = p_fence and l.lease_until > clock_timestamp()) then
    return;
  end if;
  select w.* into v_work from private.webhook_work as w
  where w.tenant_id = p_tenant_id and w.session_id = p_session_id and w.run_at <= clock_timestamp()
  order by w.number limit 1;
  if v_work.webhook_id is null then
    return;
  end if;
  update private.webhook_work as w set fence = p_fence
  where w.tenant_id = p_tenant_id and w.webhook_id = v_work.webhook_id;
  return query
  select e.id, e.event_id, e.headers, e.payload, v_work.attempts from private.webhook_events as e
  where e.tenant_id = p_tenant_id and e.id = v_work.webhook_id;
end
$$;
comment on function private.next_webhook(uuid, uuid, bigint) is
'Definer, for the fence holder: the oldest call of the account that is due. No row when there is none, or the lease is '
'lost.';

create function private.holds_webhooks(p_tenant_id uuid, p_session_id uuid, p_fence bigint) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from private.webhook_leases as l
  where l.tenant_id = p_tenant_id and l.session_id = p_session_id and l.fence = p_fence
    and l.lease_until > clock_timestamp()
  for update;
  return found;
end
$$;
comment on function private.holds_webhooks(uuid, uuid, bigint) is
'Definer: whether this fence still holds the account; until the transaction ends nobody else can take it.';

create function private.complete_webhook(p_tenant_id uuid, p_session_id uuid, p_fence bigint, p_webhook_id uuid)
returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
  if not private.holds_webhooks(p_tenant_id, p_session_id, p_fence) then
    return false;
  end if;
  delete from private.webhook_work as w where w.tenant_id = p_tenant_id and w.webhook_id = p_webhook_id;
  update private.webhook_events as e set payload = null, processed_at = clock_timestamp()
  where e.tenant_id = p_tenant_id and e.id = p_webhook_id and e.session_id = p_session_id and e.processed_at is null;
  return found;
end
$$;
comment on function private.complete_webhook(uuid, uuid, bigint, uuid) is
'Definer, for the ingress worker, in the transaction that stores what the call said. False: the lease was lost, undo '
'everything.';

create function private.set_webhook_aside(p_tenant_id uuid, p_webhook_id uuid, p_error text) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update private.webhook_events as e set error = left(p_error, 1000)
  where e.tenant_id = p_tenant_id and e.id = p_webhook_id and e.processed_at is null;
  delete from private.webhook_work as w where w.tenant_id = p_tenant_id and w.webhook_id = p_webhook_id;
  insert into public.notifications (tenant_id, kind, title)
  select p_tenant_id, 'webhook_error', 'A call of a provider could not be read'
  where not exists (
    select from public.notifications as n where n.tenant_id = p_tenant_id and n.kind = 'webhook_error'
      and n.created_at > clock_timestamp() - interval '1 hour');
end
$$;
comment on function private.set_webhook_aside(uuid, uuid, text) is
'Definer: a call nobody could read waits for a person, its payload kept. The staff is told once an hour.';

create function private.fail_webhook(
  p_tenant_id uuid, p_session_id uuid, p_fence bigint, p_webhook_id uuid, p_error text, p_final boolean
) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_attempts smallint;
begin
  if not private.holds_webhooks(p_tenant_id, p_session_id, p_fence) then
    return 'lost';
  end if;
  update private.webhook_work as w
  set attempts = w.attempts + 1, fence = 0,
    run_at = clock_timestamp() + make_interval(secs => (0.5 + random() / 2) * least(600, 2 * power(3, w.attempts)))
  where w.tenant_id = p_tenant_id and w.webhook_id = p_webhook_id
  returning w.attempts into v_attempts;
  if p_final or v_attempts >= 7 then
    perform private.set_webhook_aside(p_tenant_id, p_webhook_id, p_error);
    return 'webhook_error';
  end if;
  return 'retry';
end
$$;
comment on function private.fail_webhook(uuid, uuid, bigint, uuid, text, boolean) is
'Definer, for the ingress worker: reading failed. retry after a growing pause; webhook_error at once (p_final: it '
'makes no sense) or after seven tries; lost.';

create function private.renew_webhooks(p_tenant_ids uuid[], p_session_ids uuid[], p_fences bigint[])
returns setof bigint
language sql volatile security definer set search_path = '' as $$
  update private.webhook_leases as l set lease_until = clock_timestamp() + private.lease_length()
  from unnest(p_tenant_ids, p_session_ids, p_fences) as h (tenant_id, session_id, fence)
  where l.tenant_id = h.tenant_id and l.session_id = h.session_id and l.fence = h.fence
    and l.lease_until > clock_timestamp()
  returning l.fence
$$;
comment on function private.renew_webhooks(uuid[], uuid[], bigint[]) is
'Definer, for the ingress worker: extends leases still held.';

create function private.release_webhooks(p_tenant_id uuid, p_session_id uuid, p_fence bigint) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update private.webhook_leases as l set lease_until = null, claimed_by = null
  where l.tenant_id = p_tenant_id and l.session_id = p_session_id and l.fence = p_fence;
  -- A call that came while the account was leased woke everybody for nothing. A second statement, so that it sees all
  -- that was committed until now; whoever commits later wakes somebody who waits for this transaction to end.
  if found and exists (
    select from private.webhook_work as w
    where w.tenant_id = p_tenant_id and w.session_id = p_session_id and w.run_at <= clock_timestamp()) then
    perform pg_notify('et_ingress', '');
  end if;
end
$$;
comment on function private.release_webhooks(uuid, uuid, bigint) is
'Definer, for the ingress worker: the account is free again; if calls came meanwhile, somebody is woken for them.';

create function private.sweep_webhooks(p_keep interval default '30 days', p_keep_failed interval default '90 days')
returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_gone bigint;
  v_counts bigint;
begin
  -- Ids lead with the time, so each tenant's oldest calls are the first of its part of the key.
  with old as (
    select e.tenant_id, e.id from public.tenants as t
    cross join lateral (
      select w.tenant_id, w.id, w.processed_at, w.error, w.received_at from private.webhook_events as w
      where w.tenant_id = t.id order by w.id limit 2000) as e
    where e.processed_at < clock_timestamp() - p_keep
      or (e.error is not null and e.received_at < clock_timestamp() - p_keep_failed)
  )
  delete from private.webhook_events as e using old where e.tenant_id = old.tenant_id and e.id = old.id;
  get diagnostics v_gone = row_count;
  delete from private.webhook_rejections as r using public.tenants as t
  where r.tenant_id = t.id and r.minute < clock_timestamp() - p_keep;
  get diagnostics v_counts = row_count;
  return v_gone + v_counts;
end
$$;
comment on function private.sweep_webhooks(interval, interval) is
'Definer, for the housekeeper: calls that were read leave after a month, failed ones after three; a repetition that '
'comes later still finds its messages and receipts there.';


grant execute on function private.claim_webhooks(text, integer, uuid, uuid[]), private.next_webhook(uuid, uuid, bigint),
private.complete_webhook(uuid, uuid, bigint, uuid),
private.fail_webhook(uuid, uuid, bigint, uuid, text, boolean), private.renew_webhooks(uuid[], uuid[], bigint[]),
private.release_webhooks(uuid, uuid, bigint), private.sweep_webhooks(interval, interval) to parley_worker;
