-- Chapter: outbound, what a day allows. Three limits on what leaves:
--
--   the tenant's cap    tenant_settings.daily_send_cap, over all channels, in the tenant's own days
--   an account's start  et_channel_sessions.warm_up_from: 50 unasked messages on the first day, twice as many each day
--   complaints          more than tenant_settings.max_complaint_rate in seven days stops what nobody asked for
--
-- Replies are never held back by the last two: whoever wrote expects an answer, and it is what builds a reputation.

create table private.reputation_days (
  tenant_id uuid not null,
  session_id uuid not null,
  day date not null,
  sent integer not null default 0,
  bounced integer not null default 0,
  complained integer not null default 0,
  constraint reputation_days_tenant_id_session_id_day_pkey primary key (tenant_id, session_id, day),
  constraint reputation_days_tenant_id_session_id_fkey foreign key (tenant_id, session_id)
  references public.et_channel_sessions (tenant_id, id),
  constraint reputation_days_sent_check check (sent >= 0),
  constraint reputation_days_bounced_check check (bounced >= 0),
  constraint reputation_days_complained_check check (complained >= 0)
)
with (fillfactor = 50);
comment on table private.reputation_days is
'What an account sent unasked on a day (UTC), and what came back of it. Replies are not counted. Swept after 90 days.';

-- ── the tenant's cap ─────────────────────────────────────────────────────────────────────────────────────────────

create function private.is_capped(p_settings public.tenant_settings, p_zone text) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
  return p_settings.daily_send_cap is not null and exists (
    select from private.send_counters as n
    where n.tenant_id = p_settings.tenant_id and n.day = (clock_timestamp() at time zone p_zone)::date
      and n.sent >= p_settings.daily_send_cap);
end
$$;
comment on function private.is_capped(public.tenant_settings, text) is
'Definer: the tenant has used up what it may send on this day of its zone.';

create function private.take_daily_send(p_tenant_id uuid) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_cap integer;
  v_day date;
begin
  select s.daily_send_cap, (clock_timestamp() at time zone t.time_zone)::date into v_cap, v_day
  from public.tenants as t inner join public.tenant_settings as s on s.tenant_id = t.id where t.id = p_tenant_id;
  if v_cap is null then
    return true;
  end if;
  insert into private.send_counters as n (tenant_id, day, sent) values (p_tenant_id, v_day, 1)
  on conflict (tenant_id, day) do update set sent = n.sent + 1 where n.sent < v_cap;
  return found;
end
$$;
comment on function private.take_daily_send(uuid) is
'Definer: takes one of the tenant''s sends of today, false when the cap is reached. Taken at claim, so that a batch '
'cannot pass it.';

create function private.next_day(p_tenant_id uuid) returns timestamptz
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select ((clock_timestamp() at time zone t.time_zone)::date + 1)::timestamp at time zone t.time_zone
    from public.tenants as t where t.id = p_tenant_id);
end
$$;
comment on function private.next_day(uuid) is 'Definer: when the tenant''s day ends.';

create function private.give_back_send(p_tenant_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update private.send_counters as n set sent = n.sent - 1
  from public.tenants as t
  where t.id = p_tenant_id and n.tenant_id = t.id and n.day = (clock_timestamp() at time zone t.time_zone)::date
    and n.sent > 0;
end
$$;
comment on function private.give_back_send(uuid) is 'Definer: a try that delivered nothing does not count.';

-- ── an account's start, and complaints ───────────────────────────────────────────────────────────────────────────

create function private.warm_up_cap(p_from date) returns integer
language plpgsql stable strict set search_path = '' as $$
declare
  v_days integer := greatest(0, (clock_timestamp() at time zone 'UTC')::date - p_from);
begin
  return case when v_days < 14 then 50 * power(2, v_days)::integer end;
end
$$;
comment on function private.warm_up_cap(date) is
'How many unasked messages an account may send today (UTC) that began on a day; null when it is past '
'its start, or had none.';

create function private.take_warm_up(p_queue public.et_outbound_queue) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_cap integer;
begin
  if p_queue.purpose = 'reply' then
    return true;
  end if;
  select private.warm_up_cap(s.warm_up_from) into v_cap from public.et_channel_sessions as s
  where s.tenant_id = p_queue.tenant_id and s.id = p_queue.channel_session_id;
  insert into private.reputation_days as d (tenant_id, session_id, day, sent)
  values (p_queue.tenant_id, p_queue.channel_session_id, (clock_timestamp() at time zone 'UTC')::date, 1)
  on conflict (tenant_id, session_id, day) do update set sent = d.sent + 1 where v_cap is null or d.sent < v_cap;
  return found;
end
$$;
comment on function private.take_warm_up(public.et_outbound_queue) is
'Definer: counts an unasked message on its account''s day; false when a new account has sent what its start allows.';

create function private.give_back_warm_up(p_queue public.et_outbound_queue) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if p_queue.purpose <> 'reply' then
    update private.reputation_days as d set sent = d.sent - 1
    where d.tenant_id = p_queue.tenant_id and d.session_id = p_queue.channel_session_id
      and d.day = (clock_timestamp() at time zone 'UTC')::date and d.sent > 0;
  end if;
end
$$;
comment on function private.give_back_warm_up(public.et_outbound_queue) is
'Definer: a try that delivered nothing does not count.';

create function private.is_complained_of(p_tenant_id uuid, p_session_id uuid, p_most numeric) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Three at least: one angry recipient of a small mailing is no rate.
  return coalesce((
    select sum(d.complained) >= 3 and sum(d.complained) > p_most * sum(d.sent) from private.reputation_days as d
    where d.tenant_id = p_tenant_id and d.session_id = p_session_id
      and d.day > (clock_timestamp() at time zone 'UTC')::date - 7), false);
end
$$;
comment on function private.is_complained_of(uuid, uuid, numeric) is
'Definer: too many who got unasked messages of this account in the last seven days complained. Never without a limit.';

create function private.note_reputation(p_queue public.et_outbound_queue, p_kind text) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Once a message, however often its provider says so.
  if p_queue.purpose = 'reply' or p_kind not in ('bounced_hard', 'complained') or exists (
    select from public.delivery_receipts as r
    where r.tenant_id = p_queue.tenant_id and r.message_id = p_queue.message_id and r.kind = p_kind
      and r.applied_at is not null) then
    return;
  end if;
  insert into private.reputation_days as d (tenant_id, session_id, day, bounced, complained)
  values (p_queue.tenant_id, p_queue.channel_session_id, (clock_timestamp() at time zone 'UTC')::date,
    (p_kind = 'bounced_hard')::integer, (p_kind = 'complained')::integer)
  on conflict (tenant_id, session_id, day) do update
  set bounced = d.bounced + excluded.bounced, complained = d.complained + excluded.complained;
  if p_kind = 'complained' then
    insert into public.notifications (tenant_id, kind, title)
    select p_queue.tenant_id, 'complaint_rate', 'Too many complaints about ' || s.address
      || ': nothing unasked is sent from there until they are fewer'
    from public.et_channel_sessions as s
    inner join public.tenant_settings as t on t.tenant_id = s.tenant_id
    where s.tenant_id = p_queue.tenant_id and s.id = p_queue.channel_session_id
      and private.is_complained_of(s.tenant_id, s.id, t.max_complaint_rate)
      and not exists (
        select from public.notifications as n where n.tenant_id = s.tenant_id and n.kind = 'complaint_rate'
          and n.created_at > clock_timestamp() - interval '1 day');
  end if;
end
$$;
comment on function private.note_reputation(public.et_outbound_queue, text) is
'Definer: what came back of an unasked message; the staff is told once a day when it is too much.';

create function private.sweep_reputation() returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count bigint;
begin
  delete from private.reputation_days as d where d.day < (clock_timestamp() at time zone 'UTC')::date - 90;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function private.sweep_reputation() is 'Definer, for the housekeeper: days nobody asks about any more.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table private.reputation_days enable row level security;
alter table private.reputation_days force row level security;
create policy reputation_days_select_worker on private.reputation_days for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
revoke all on private.reputation_days from public, anon, authenticated, service_role;
grant select on private.reputation_days to parley_worker;
grant execute on function private.sweep_reputation() to parley_worker;
