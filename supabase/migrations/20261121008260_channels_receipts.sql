-- Chapter: channels, part eight. Accounts whose provider says nothing any more of what it took.
--
--   accepted by the provider ──▶ count_unheard(): one more send nothing was heard of, twenty at most
--   a receipt its provider pushed ──▶ hear_receipts(): none; an account that was degraded for it works again
--   housekeeper ──▶ mark_unheard_sessions(): twenty, the first a day ago, the last an hour ago ──▶ degraded
--
-- Bounces and complaints come the same way: where nothing comes, nobody learns whom to leave alone. A quiet account is
-- not counted up to twenty, and one that hears of its sends is not counted at all: within an hour of a receipt nothing
-- is written for a send, and for receipts a row is written every ten minutes at most. Neither waits for a lock: who
-- meets somebody there leaves it to the next.

create table private.receipt_watches (
  tenant_id uuid not null,
  session_id uuid not null,
  unheard smallint not null default 0,
  first_at timestamptz,
  last_at timestamptz,
  heard_at timestamptz not null default clock_timestamp(),
  constraint receipt_watches_tenant_id_session_id_pkey primary key (tenant_id, session_id),
  constraint receipt_watches_tenant_id_session_id_fkey foreign key (tenant_id, session_id)
  references public.et_channel_sessions (tenant_id, id),
  constraint receipt_watches_unheard_check check (
    unheard between 0 and 20 and (unheard > 0) = (first_at is not null) and (unheard > 0) = (last_at is not null)
  )
)
with (fillfactor = 50);
comment on table private.receipt_watches is
'Accounts whose provider pushes receipts of every send: when one came last, and what was sent since.';
comment on column private.receipt_watches.unheard is
'Sends the provider accepted since it said anything; counted up to twenty, from an hour after its last word.';
comment on column private.receipt_watches.first_at is 'When the first of them was accepted; null while there is none.';
comment on column private.receipt_watches.last_at is 'When the last that was counted was accepted.';
comment on column private.receipt_watches.heard_at is
'When a receipt came, ten minutes exactly; before the first: when the watch began.';

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.count_unheard(p_tenant_id uuid, p_session_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from private.receipt_watches as w
  where w.tenant_id = p_tenant_id and w.session_id = p_session_id and w.unheard < 20
    and w.heard_at < clock_timestamp() - interval '1 hour'
  for update skip locked;
  if found then
    update private.receipt_watches as w
    set unheard = w.unheard + 1, first_at = coalesce(w.first_at, clock_timestamp()), last_at = clock_timestamp()
    where w.tenant_id = p_tenant_id and w.session_id = p_session_id;
  end if;
end
$$;
comment on function private.count_unheard(uuid, uuid) is
'Definer, for a send that was accepted: one more of which nothing was heard yet.';

create function private.hear_receipts(p_tenant_id uuid, p_session_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from private.receipt_watches as w
  where w.tenant_id = p_tenant_id and w.session_id = p_session_id
    and (w.unheard > 0 or w.heard_at < clock_timestamp() - interval '10 minutes')
  for update skip locked;
  if not found then
    return;
  end if;
  update private.receipt_watches as w
  set unheard = 0, first_at = null, last_at = null, heard_at = clock_timestamp()
  where w.tenant_id = p_tenant_id and w.session_id = p_session_id;
  perform from public.et_channel_sessions as s
  where s.tenant_id = p_tenant_id and s.id = p_session_id and s.status = 'degraded'
    and s.status_reason like 'no receipts: %'
  for no key update skip locked;
  if found then
    update public.et_channel_sessions as s set status = 'connected', status_reason = null
    where s.tenant_id = p_tenant_id and s.id = p_session_id;
  end if;
end
$$;
comment on function private.hear_receipts(uuid, uuid) is
'Definer, for a receipt a provider pushed: its account is heard of, and works again if that was all it lacked.';

create function private.watch_receipts() returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Which accounts expect receipts: the provider pushes them for every send, and where an account may do without, its
  -- config says how its calls are verified. {"webhook": {"deliveries": false}}: it was told to report failures alone.
  with expecting as (
    select s.tenant_id, s.id from public.et_channel_sessions as s
    inner join private.channel_providers as p on p.provider = s.provider
    where s.status <> 'deleted' and p.webhook_function is not null and 'delivered' = any(p.receipts)
      and (s.config ? 'webhook' or not p.webhook_optional)
      and s.config #> '{webhook,deliveries}' is distinct from 'false'
  ), gone as (
    delete from private.receipt_watches as w
    where not exists (select from expecting as e where e.tenant_id = w.tenant_id and e.id = w.session_id)
  )
  insert into private.receipt_watches (tenant_id, session_id)
  select e.tenant_id, e.id from expecting as e
  where not exists (
    select from private.receipt_watches as w where w.tenant_id = e.tenant_id and w.session_id = e.id)
  on conflict do nothing;
end
$$;
comment on function private.watch_receipts() is
'Definer: there is a watch for every account that expects receipts, and for no other.';

create function private.mark_unheard_sessions(p_after interval default '24 hours', p_settle interval default '1 hour')
returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count bigint;
begin
  perform private.watch_receipts();
  with judged as (
    select s.tenant_id, s.id, s.status, coalesce(w.unheard = 20, false) as is_unheard, format(
      'no receipts: 20 messages were accepted since %s UTC, and no event came about any: see at the provider that its '
      'events, deliveries among them, go to <public URL>/functions/v1/%s/%s%s',
      to_char(w.first_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), p.webhook_function, s.id, (
        select '; not set here: ' || string_agg(n.name, ', ' order by n.name) from unnest(p.webhook_secrets) as n (name)
        where not p.webhook_optional and not exists (
          select from private.channel_secrets as c
          where c.tenant_id = s.tenant_id and c.session_id = s.id and c.name = n.name))) as reason
    from public.et_channel_sessions as s
    inner join private.channel_providers as p on p.provider = s.provider
    left join private.receipt_watches as w on w.tenant_id = s.tenant_id and w.session_id = s.id
    where (s.status = 'connected' and w.unheard = 20 and w.first_at < clock_timestamp() - p_after
      and w.last_at < clock_timestamp() - p_settle and not exists (
        select from private.webhook_work as c where c.tenant_id = s.tenant_id and c.session_id = s.id))
      or (s.status = 'degraded' and s.status_reason like 'no receipts: %')
  )
  update public.et_channel_sessions as s
  set status = case when j.is_unheard then 'degraded' else 'connected' end,
    status_reason = case when j.is_unheard then j.reason end
  from judged as j
  where s.tenant_id = j.tenant_id and s.id = j.id and s.status = j.status
    and j.is_unheard = (j.status = 'connected');
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function private.mark_unheard_sessions(interval, interval) is
'Definer, for the housekeeper: a connected account of whose last twenty sends its provider said nothing, the first '
'p_after ago and the last p_settle ago, goes bad, and names its webhook; until a receipt comes, or none is expected. '
'Not while calls wait to be read: they came.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table private.receipt_watches enable row level security;
alter table private.receipt_watches force row level security;
revoke all on private.receipt_watches from public, anon, authenticated, service_role;
grant execute on function private.mark_unheard_sessions(interval, interval) to parley_worker;
