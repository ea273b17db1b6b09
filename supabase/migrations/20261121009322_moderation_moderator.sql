-- Chapter: moderation, the moderator. What waits is claimed, judged outside any transaction, and recorded.
--
--   moderation_work ──claim_moderation()──▶ lease + fence, inputs ──▶ record_verdict(fence)
--        ▲ fail_moderation(), a lost lease, or stale          │ eight failures, or eight workers died
--        └────────────────────────────────────────────        ▼
--                                                        review: a person reads what no detector could

create function private.hold_for_review(p_tenant_id uuid, p_message_id uuid, p_fence bigint, p_error text)
returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_message public.et_messages%rowtype;
  v_policy public.moderation_policies%rowtype := private.judging_policy(p_tenant_id);
begin
  select m.* into v_message from public.et_messages as m where m.tenant_id = p_tenant_id and m.id = p_message_id;
  return private.record_verdict(p_tenant_id, p_message_id, jsonb_build_object(
    'digest', encode((private.judged_text(v_message)).digest, 'hex'), 'policy_version', v_policy.version,
    'stage', private.stage_of(v_message, v_policy.document), 'decider', 'rules', 'decision', 'review',
    'kinds', '["unjudged"]'::jsonb, 'confidence', 0, 'inputs', jsonb_build_object('note', left(p_error, 1000))),
    p_fence) ->> 'result';
end
$$;
comment on function private.hold_for_review(uuid, uuid, bigint, text) is
'Definer: no detector could read it: a person does.';

create function private.set_aside_unjudged() returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_work record;
  v_count bigint := 0;
begin
  for v_work in
    select w.tenant_id, w.message_id, m.thread_id, w.fence from private.moderation_work as w
    inner join public.et_messages as m on m.tenant_id = w.tenant_id and m.id = w.message_id
    where w.expiries >= 7 and w.lease_until < clock_timestamp()
  loop
    -- Before the work row, as everywhere; whoever has the thread now leaves this to the next claim.
    perform from public.et_threads as t
    where t.tenant_id = v_work.tenant_id and t.id = v_work.thread_id for no key update skip locked;
    continue when not found;
    perform from private.moderation_work as w
    where w.tenant_id = v_work.tenant_id and w.message_id = v_work.message_id and w.fence = v_work.fence
      and w.lease_until < clock_timestamp() for update;
    continue when not found;
    perform private.hold_for_review(v_work.tenant_id, v_work.message_id, null, 'workers died on it again and again');
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function private.set_aside_unjudged() is
'Definer, inside a claim: what eight workers died with goes to review, without being shown to another one.';

create function private.inputs_or_null(p_tenant_id uuid, p_message_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  return private.moderation_inputs(p_tenant_id, p_message_id);
exception when data_exception or raise_exception then
  raise warning 'message % cannot be shown to a judge: %', p_message_id, sqlerrm;
  return null;
end
$$;
comment on function private.inputs_or_null(uuid, uuid) is
'Definer, inside a claim: what one message is judged from, or null where it cannot be put together. It stands in '
'nobody''s way then: its lease runs out, and after eight it goes to review.';

create function private.claim_moderation(
  p_worker text, p_limit integer, p_after_tenant uuid default null, p_except uuid[] default '{}'
) returns table (
  tenant_id uuid, message_id uuid, thread_id uuid, fence bigint, attempts smallint, run_at timestamptz, inputs jsonb
)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_tenants uuid[];
  v_share integer;
  v_until timestamptz := clock_timestamp() + private.lease_length();
  v_claimed private.moderation_work [];
begin
  perform private.set_aside_unjudged();
  v_tenants := private.waiting_tenants('private.moderation_work', p_limit, p_after_tenant, p_except, '-infinity');
  v_share := ceil(p_limit::numeric / greatest(1, cardinality(v_tenants)));
  with picked as (
    select s.tenant_id, s.item_id as message_id from private.one_suspect('private.moderation_work', p_worker) as s
    union all
    (select w.tenant_id, w.message_id
    from unnest(v_tenants) with ordinality as t (tenant_id, n)
    cross join lateral (
      select i.tenant_id, i.message_id from private.moderation_work as i
      where i.tenant_id = t.tenant_id and not i.is_later and i.run_at <= clock_timestamp()
        and (i.lease_until is null or i.lease_until < clock_timestamp())
        and i.expiries + (i.lease_until is not null)::integer < 3
      order by i.run_at
      limit v_share
      for update skip locked
    ) as w
    order by t.n)
    limit p_limit
  ), claimed as (
    update private.moderation_work as w
    set lease_until = v_until, fence = nextval('private.fences'), claimed_by = p_worker,
      expiries = w.expiries + (w.lease_until is not null)::integer
    from picked as p
    where w.tenant_id = p.tenant_id and w.message_id = p.message_id
    returning w.*
  )
  select array_agg(c::private.moderation_work) into v_claimed from claimed as c;
  -- A second statement, so a second snapshot: a work row may be newer than the snapshot it was found with.
  return query
  select c.tenant_id, c.message_id, m.thread_id, c.fence, c.attempts, c.run_at, i.inputs
  from unnest(v_claimed) as c
  cross join lateral (select private.inputs_or_null(c.tenant_id, c.message_id) as inputs offset 0) as i
  inner join public.et_messages as m on m.tenant_id = c.tenant_id and m.id = c.message_id
  where i.inputs is not null
  order by c.run_at;
  -- An erasure took the message while its work was being looked for.
  delete from private.moderation_work as w using unnest(v_claimed) as c
  where w.tenant_id = c.tenant_id and w.message_id = c.message_id and not exists (
    select from public.et_messages as m
    where m.tenant_id = w.tenant_id and m.id = w.message_id and m.moderation_status = 'pending'
      and m.erased_at is null);
end
$$;
comment on function private.claim_moderation(text, integer, uuid, uuid[]) is
'Definer, for the moderator: messages that wait, oldest first and in turn over the tenants, under lease and fence, '
'each with what private.moderation_inputs() says. What eight workers died on goes to review.';

create function private.fail_moderation(p_tenant_id uuid, p_message_id uuid, p_fence bigint, p_error text) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_run_at timestamptz;
begin
  if p_error is not null and exists (
    select from private.moderation_work as w
    where w.tenant_id = p_tenant_id and w.message_id = p_message_id and w.fence = p_fence and w.attempts >= 7) then
    return case private.hold_for_review(p_tenant_id, p_message_id, p_fence, p_error)
      when 'recorded' then 'review' else 'lost' end;
  end if;
  update private.moderation_work as w
  set lease_until = null, error = left(p_error, 1000), attempts = w.attempts + (p_error is not null)::integer,
    expiries = case when p_error is null then w.expiries else 0 end,
    run_at = clock_timestamp() + case when p_error is null then interval '0'
      else interval '1 second' * power(2, w.attempts) end
  where w.tenant_id = p_tenant_id and w.message_id = p_message_id and w.fence = p_fence
    and w.lease_until > clock_timestamp()
  returning w.run_at into v_run_at;
  return case when v_run_at is null then 'lost' when p_error is null then 'released' else 'retry' end;
end
$$;
comment on function private.fail_moderation(uuid, uuid, bigint, text) is
'Definer, for the moderator: tried again later, each time after a longer pause, and held for review after eight '
'errors. Without an error the worker only gives it back.';

create function private.renew_moderation(p_tenant_ids uuid[], p_message_ids uuid[], p_fences bigint[])
returns setof bigint
language sql volatile security definer set search_path = '' as $$
  update private.moderation_work as w set lease_until = clock_timestamp() + private.lease_length()
  from unnest(p_tenant_ids, p_message_ids, p_fences) as h (tenant_id, message_id, fence)
  where w.tenant_id = h.tenant_id and w.message_id = h.message_id
    and w.fence = h.fence and w.lease_until > clock_timestamp()
  returning w.fence
$$;
comment on function private.renew_moderation(uuid[], uuid[], bigint[]) is
'Definer, for the moderator: extends leases still held.';

grant execute on function private.claim_moderation(text, integer, uuid, uuid[]),
private.fail_moderation(uuid, uuid, bigint, text), private.renew_moderation(uuid[], uuid[], bigint[])
to parley_worker;
