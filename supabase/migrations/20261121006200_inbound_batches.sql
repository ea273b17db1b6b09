-- Chapter: inbound, part three. Many decisions recorded by one call, each as if it had been recorded alone.
--
--   threads locked, sorted ──▶ leases checked ──▶ contacts locked, sorted ──▶ addresses locked, sorted
--     ──▶ plain bursts: replies, decisions, statuses and work rows, one statement each for all of them
--
-- What is not plain goes through complete_inbound(), one by one, each in a savepoint: leases lost, answers overtaken or
-- released, two bursts of one thread or two replies to one contact or address (the second must see the first), and
-- whatever made the plain way fail.

create type private.finished_burst as (
  ord integer,
  tenant_id uuid,
  thread_id uuid,
  fence bigint,
  last_seq bigint,
  decision jsonb,
  first_seq bigint,
  action text,
  overruled jsonb,
  message_id uuid,
  queue_id uuid
);
comment on type private.finished_burst is
'A burst with its decision, as complete_inbound() is told of it (the first six), and what becomes of it on the way. '
'ord is its place in the batch.';

create function private.finished_bursts(p_bursts jsonb) returns private.finished_burst[]
language plpgsql volatile security definer set search_path = '' as $$
begin
  return array(
    select (b.n, b.tenant_id, b.thread_id, b.fence, b.last_seq,
      b.decision || jsonb_build_object('id', private.uuid_v7()), null, null, null, null, null)::private.finished_burst
    from rows from (jsonb_to_recordset(p_bursts) as (
      tenant_id uuid, thread_id uuid, fence bigint, last_seq bigint, decision jsonb
    )) with ordinality as b (tenant_id, thread_id, fence, last_seq, decision, n)
    order by b.n);
end
$$;
comment on function private.finished_bursts(jsonb) is
'Definer, as its caller is: the batch as typed rows, each decision with its id.';

create function private.held_bursts(p_bursts private.finished_burst[]) returns private.finished_burst[]
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from (select b.tenant_id, b.thread_id from unnest(p_bursts) as b order by 1, 2) as b
  cross join lateral (
    select from public.et_threads as t where t.tenant_id = b.tenant_id and t.id = b.thread_id for no key update) as t;
  return array(
    select (b.ord, b.tenant_id, b.thread_id, b.fence, b.last_seq, b.decision, w.first_seq, null, null, null,
      null)::private.finished_burst
    from (
      select u.*, count(*) over (partition by u.tenant_id, u.thread_id) as bursts from unnest(p_bursts) as u
      order by u.tenant_id, u.thread_id
    ) as b
    cross join lateral (
      select i.first_seq from private.inbound_work as i
      where i.tenant_id = b.tenant_id and i.thread_id = b.thread_id and i.fence = b.fence
        and i.lease_until > clock_timestamp()
      for update) as w
    where b.bursts = 1);
end
$$;
comment on function private.held_bursts(private.finished_burst[]) is
'Definer: locks the threads, in one order, then the work rows still held; those bursts, sorted by thread. Not those '
'of a thread that is there twice.';

create function private.plain_bursts(p_bursts private.finished_burst[]) returns private.finished_burst[]
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_held private.finished_burst[] := private.held_bursts(p_bursts);
begin
  perform from (
    select distinct t.tenant_id, t.contact_id from unnest(v_held) as b
    inner join public.et_threads as t on t.tenant_id = b.tenant_id and t.id = b.thread_id
    where b.decision ->> 'action' in ('auto_reply', 'follow_up') order by 1, 2) as x
  cross join lateral (
    select from public.contacts as c where c.tenant_id = x.tenant_id and c.id = x.contact_id for no key update) as c;
  perform private.lock_answers(x.tenant_id, x.address) from (
    select distinct t.tenant_id, private.answer_address(t) as address from unnest(v_held) as b
    inner join public.et_threads as t on t.tenant_id = b.tenant_id and t.id = b.thread_id
    where b.decision ->> 'action' in ('auto_reply', 'follow_up') order by 1, 2) as x;
  return array(
    select (b.ord, b.tenant_id, b.thread_id, b.fence, b.last_seq, b.decision, b.first_seq, b.action, b.overruled, null,
      null)::private.finished_burst
    from (
      select u.*, t.control_epoch, t.last_inbound_seq, c.merged_into, coalesce(o.overruled ->> 'action',
        u.decision ->> 'action') as action, o.overruled, f.first_seq,
        count(*) filter (where u.decision ->> 'action' in ('auto_reply', 'follow_up'))
          over (partition by t.tenant_id, coalesce(c.merged_into, c.id)) as replies,
        count(*) filter (where u.decision ->> 'action' in ('auto_reply', 'follow_up'))
          over (partition by t.tenant_id, coalesce(private.answer_address(t), t.id::text)) as answers
      from unnest(v_held) as u (
        ord, tenant_id, thread_id, fence, last_seq, decision, work_seq, no_action, no_overruled, no_message, no_queue)
      inner join public.et_threads as t on t.tenant_id = u.tenant_id and t.id = u.thread_id
      left join public.contacts as c on c.tenant_id = t.tenant_id and c.id = t.contact_id
      cross join lateral (select private.overrule(t, u.decision, u.last_seq) as overruled offset 0) as o
      cross join lateral (
        select coalesce(min(m.seq), u.work_seq) as first_seq from public.et_messages as m
        where m.tenant_id = u.tenant_id and m.thread_id = u.thread_id and m.seq between u.work_seq and u.last_seq
          and m.direction = 'inbound' and m.delivery_status = 'inbound_processing') as f
    ) as b
    where b.merged_into is null and case
      when b.action in ('auto_reply', 'follow_up') then b.replies = 1 and b.answers = 1 and b.decision ->> 'reply' is not null
        and b.control_epoch = (b.decision ->> 'control_epoch')::bigint and b.last_inbound_seq = b.last_seq
        and not private.moderates(b.tenant_id, 'ai') -- those are judged, one by one
        -- An older reply that still waits, or that this one claims never left, is for complete_inbound() to judge.
        and coalesce((b.decision ->> 'first_seq')::bigint, b.first_seq) >= b.first_seq
        and not exists (
          select from public.et_outbound_queue as q
          where q.tenant_id = b.tenant_id and q.thread_id = b.thread_id and q.status = 'queued')
      else b.action in ('no_reply', 'human_takeover') end);
end
$$;
comment on function private.plain_bursts(private.finished_burst[]) is
'Definer: the bursts whose end is clear from what is there, with action and overruling; their threads, work rows, '
'contacts and addresses are locked then. The others are left to complete_inbound().';

create function private.record_bursts(p_bursts private.finished_burst[]) returns private.finished_burst[]
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_bursts private.finished_burst[] := private.enqueue_replies(private.plain_bursts(p_bursts));
begin
  perform private.record_decision(t, least(b.first_seq, (b.decision ->> 'first_seq')::bigint), b.last_seq, b.decision,
    b.overruled, b.message_id)
  from unnest(v_bursts) as b inner join public.et_threads as t on t.tenant_id = b.tenant_id and t.id = b.thread_id;
  perform private.apply_decision(t, b.decision, b.action)
  from unnest(v_bursts) as b inner join public.et_threads as t on t.tenant_id = b.tenant_id and t.id = b.thread_id
  where b.action = 'human_takeover' or coalesce(b.decision -> 'labels', '[]') <> '[]'
    or (b.decision ->> 'suppress_contact')::boolean or b.decision ? 'escalation';
  update public.et_messages as m
  set delivery_status = case b.action when 'human_takeover' then 'inbound_human_takeover' else 'inbound_ai_replied' end
  from unnest(v_bursts) as b
  where m.tenant_id = b.tenant_id and m.thread_id = b.thread_id and m.seq between b.first_seq and b.last_seq
    and m.direction = 'inbound' and m.delivery_status = 'inbound_processing';
  delete from private.inbound_work as w using unnest(v_bursts) as b
  where w.tenant_id = b.tenant_id and w.thread_id = b.thread_id and not exists (
    select from public.et_messages as m
    where m.tenant_id = w.tenant_id and m.thread_id = w.thread_id and m.seq >= w.first_seq
      and m.direction = 'inbound' and m.delivery_status = 'received');
  -- The work rows that are left have newer messages.
  perform private.close_work(w.tenant_id, w.thread_id) from unnest(v_bursts) as b
  inner join private.inbound_work as w on w.tenant_id = b.tenant_id and w.thread_id = b.thread_id;
  perform private.note_threads_moved(array_agg(b.tenant_id), array_agg(b.thread_id)) from unnest(v_bursts) as b;
  return v_bursts;
end
$$;
comment on function private.record_bursts(private.finished_burst[]) is
'Definer: decision, reply, statuses and work rows of the plain bursts; answers which those were.';

create function private.complete_inbound_batch(p_bursts jsonb) returns table (ord integer, result jsonb)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_variable
declare
  v_all private.finished_burst[] := private.finished_bursts(p_bursts);
  v_done private.finished_burst[] := '{}';
  v_burst private.finished_burst;
  v_ords integer[];
begin
  if cardinality(v_all) > 1 then
    begin
      v_done := private.record_bursts(v_all);
    exception when others then
      raise warning 'a batch of decisions is recorded one by one: % (%)', sqlerrm, sqlstate;
    end;
  end if;
  v_ords := array(select b.ord from unnest(v_done) as b);
  return query
  select b.ord, jsonb_build_object('result', 'recorded', 'action', b.action, 'decision_id', b.decision ->> 'id',
    'message_id', b.message_id, 'queue_id', b.queue_id)
  from unnest(v_done) as b;
  foreach v_burst in array v_all loop
    continue when v_burst.ord = any(v_ords);
    ord := v_burst.ord;
    begin
      result := private.complete_inbound(v_burst.tenant_id, v_burst.thread_id, v_burst.fence, v_burst.last_seq,
        v_burst.decision);
    exception when others then
      result := jsonb_build_object('result', 'failed', 'sqlstate', sqlstate, 'error', sqlerrm);
    end;
    return next;
  end loop;
end
$$;
comment on function private.complete_inbound_batch(jsonb) is
'Definer, for the inbound worker: an array of {tenant_id, thread_id, fence, last_seq, decision}; for each what '
'complete_inbound() answers, or failed with its sqlstate and error when that one could not be recorded.';

grant execute on function private.complete_inbound_batch(jsonb) to parley_worker;
