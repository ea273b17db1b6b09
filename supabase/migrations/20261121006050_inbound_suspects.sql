-- Chapter: inbound, part two. Who is to blame when a worker dies; for every queue.
--
-- A worker that dies loses every lease it held, and at most one of those rows killed it. Which one, only time tells:
--
--   leases lost   0 – 2   in company: claimed with others, as usual
--                 3 – 7   suspect: no worker holds two of them; each rests 1, 2, 4, 8, 16 lease lengths between tries
--                 8 –     set aside, for a person to look at
--
-- A row that merely was there is done by the next worker that lives; a storm of kills (a roll-out, a machine without
-- memory) passes during the rests; and a message that kills takes eight workers with it, not every worker there is.

create function private.suspect_rest(p_lost integer) returns interval
language plpgsql stable set search_path = '' as $$
begin
  return private.lease_length() * power(2, least(greatest(p_lost - 3, 0), 6));
end
$$;
comment on function private.suspect_rest(integer) is
'How long a row that lost so many leases waits after the last of them ended, before it is tried again.';

create function private.one_suspect(p_queue regclass, p_worker text, out tenant_id uuid, out item_id uuid)
returns setof record
language plpgsql volatile security definer rows 1 set search_path = '' as $$
#variable_conflict use_column
begin
  -- Locks the row for the claim that asks. A lease that ran out is a lost one that nobody has counted yet.
  if p_queue = 'private.inbound_work'::regclass then
    return query select w.tenant_id, w.thread_id from private.inbound_work as w
    where w.expiries >= 2 and w.expiries + (w.lease_until is not null)::integer >= 3 and w.run_at <= clock_timestamp()
      and (w.lease_until is null or w.lease_until + private.suspect_rest(w.expiries + 1) < clock_timestamp())
      and not exists (select from private.inbound_work as h
        where h.expiries >= 3 and h.claimed_by = p_worker and h.lease_until > clock_timestamp())
    order by w.run_at limit 1 for update of w skip locked;
  elsif p_queue = 'private.outbound_work'::regclass then
    return query select w.tenant_id, w.queue_id from private.outbound_work as w
    where w.expiries >= 2 and w.expiries + (w.lease_until is not null)::integer >= 3 and w.run_at <= clock_timestamp()
      and (w.lease_until is null or w.lease_until + private.suspect_rest(w.expiries + 1) < clock_timestamp())
      and not exists (select from private.outbound_work as h
        where h.expiries >= 3 and h.claimed_by = p_worker and h.lease_until > clock_timestamp())
    order by w.run_at limit 1 for update of w skip locked;
  elsif p_queue = 'private.moderation_work'::regclass then
    return query select w.tenant_id, w.message_id from private.moderation_work as w
    where w.expiries >= 2 and w.expiries + (w.lease_until is not null)::integer >= 3 and w.run_at <= clock_timestamp()
      and (w.lease_until is null or w.lease_until + private.suspect_rest(w.expiries + 1) < clock_timestamp())
      and not exists (select from private.moderation_work as h
        where h.expiries >= 3 and h.claimed_by = p_worker and h.lease_until > clock_timestamp())
    order by w.run_at limit 1 for update of w skip locked;
  else
    return query select w.tenant_id, w.thread_id from private.insight_work as w
    where w.expiries >= 2 and w.expiries + (w.lease_until is not null)::integer >= 3 and w.run_at <= clock_timestamp()
      and (w.lease_until is null or w.lease_until + private.suspect_rest(w.expiries + 1) < clock_timestamp())
      and not exists (select from private.insight_work as h
        where h.expiries >= 3 and h.claimed_by = p_worker and h.lease_until > clock_timestamp())
    order by w.run_at limit 1 for update of w skip locked;
  end if;
end
$$;
comment on function private.one_suspect(regclass, text) is
'Definer, inside a claim: at most one row that workers died with again and again and whose rest is over; none while '
'this worker holds one.';

create function private.set_aside_killers() returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_work private.inbound_work;
  v_thread public.et_threads%rowtype;
  v_last bigint;
  v_count bigint := 0;
begin
  for v_work in
    select w.* from private.inbound_work as w where w.expiries >= 7 and w.lease_until < clock_timestamp()
  loop
    -- Before the work row, as everywhere; whoever has the thread now leaves this to the next claim.
    select t.* into v_thread from public.et_threads as t
    where t.tenant_id = v_work.tenant_id and t.id = v_work.thread_id for no key update skip locked;
    continue when not found;
    perform from private.inbound_work as w
    where w.tenant_id = v_work.tenant_id and w.thread_id = v_work.thread_id and w.fence = v_work.fence
      and w.lease_until < clock_timestamp() for update;
    continue when not found;
    select max(m.seq) into v_last from public.et_messages as m
    where m.tenant_id = v_work.tenant_id and m.thread_id = v_work.thread_id and m.seq >= v_work.first_seq
      and m.direction = 'inbound' and m.delivery_status = 'inbound_processing';
    perform private.set_aside_inbound(v_thread, v_work.first_seq, v_last, 'Workers died on this again and again.');
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function private.set_aside_killers() is
'Definer, inside a claim and for the housekeeper: bursts that eight workers died with become inbound_error, without '
'being shown to another one.';
