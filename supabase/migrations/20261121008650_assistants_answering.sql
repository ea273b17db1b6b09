-- Chapter: assistants, part three. What the assistant worker does with a request: context, claim, complete, and what
-- has grown old.

create function private.assist_context(p_tenant_id uuid, p_request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_work private.assist_work;
  v_first bigint;
  v_last bigint;
begin
  select w.* into v_work from private.assist_work as w where w.tenant_id = p_tenant_id and w.id = p_request_id;
  if v_work.kind = 'translation' then
    return (
      select jsonb_build_object('kind', 'translation', 'tenant_id', m.tenant_id, 'case_id', m.thread_id,
        'language', v_work.language, 'ai_provider', s.ai_provider, 'subject', m.subject, 'text', left(m.body, 20000),
        'rev', m.rev)
      from public.et_messages as m
      inner join public.tenant_settings as s on s.tenant_id = m.tenant_id
      where m.tenant_id = p_tenant_id and m.id = v_work.message_id and m.deleted_at is null
        and m.moderation_status in ('approved', 'filtered')); -- changed since, it waits to be judged
  end if;
  -- What the contact wrote since we last said anything; when we had the last word, his last message.
  select max(m.seq) into v_last from public.et_messages as m
  where m.tenant_id = p_tenant_id and m.thread_id = v_work.thread_id and m.direction = 'inbound';
  select coalesce(min(m.seq), v_last) into v_first from public.et_messages as m
  where m.tenant_id = p_tenant_id and m.thread_id = v_work.thread_id and m.direction = 'inbound' and m.seq > coalesce((
    select max(o.seq) from public.et_messages as o
    where o.tenant_id = p_tenant_id and o.thread_id = v_work.thread_id and o.direction = 'outbound'
      and o.delivery_status <> 'cancelled'), 0);
  return private.decision_context(p_tenant_id, v_work.thread_id, greatest(v_first, v_last - 20), v_last)
    || '{"kind": "suggestions"}';
end
$$;
comment on function private.assist_context(uuid, uuid) is
'Definer: what the assistant worker needs for one request; null when its message is gone. Volatile, so that it sees '
'what a claim in the same statement saw.';

create function private.claim_assistants(
  p_worker text, p_limit integer, p_after_tenant uuid default null, p_except uuid[] default '{}'
) returns table (tenant_id uuid, request_id uuid, thread_id uuid, fence bigint, attempts smallint, run_at timestamptz)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  with ranked as (
    -- At most a hundred rows a tenant wait: ranking them costs little, and nobody's requests stand behind another's.
    select w.tenant_id, w.id, row_number() over (partition by w.tenant_id order by w.run_at) as place
    from private.assist_work as w
    where w.status = 'waiting' and w.run_at <= clock_timestamp() and w.tenant_id <> all(p_except)
      and (w.lease_until is null or w.lease_until < clock_timestamp())
  ), picked as (
    select w.tenant_id, w.id from private.assist_work as w
    inner join ranked as r on r.tenant_id = w.tenant_id and r.id = w.id
    where w.status = 'waiting' and (w.lease_until is null or w.lease_until < clock_timestamp())
    order by r.place, w.tenant_id <= coalesce(p_after_tenant, '00000000-0000-0000-0000-000000000000'), w.tenant_id
    limit p_limit
    for update of w skip locked
  )
  update private.assist_work as w
  set lease_until = clock_timestamp() + private.lease_length(), fence = nextval('private.fences'),
    attempts = least(w.attempts + (w.lease_until is not null)::integer, 1000)
  from picked as p where w.tenant_id = p.tenant_id and w.id = p.id
  returning w.tenant_id, w.id, w.thread_id, w.fence, w.attempts, w.run_at;
end
$$;
comment on function private.claim_assistants(text, integer, uuid, uuid[]) is
'Definer, for the assistant worker: requests in turn over the tenants, under lease and fence.';

create function private.renew_assistants(p_tenant_ids uuid[], p_request_ids uuid[], p_fences bigint[])
returns setof bigint
language sql volatile security definer set search_path = '' as $$
  update private.assist_work as w set lease_until = clock_timestamp() + private.lease_length()
  from unnest(p_tenant_ids, p_request_ids, p_fences) as h (tenant_id, request_id, fence)
  where w.tenant_id = h.tenant_id and w.id = h.request_id and w.fence = h.fence and w.lease_until > clock_timestamp()
  returning w.fence
$$;
comment on function private.renew_assistants(uuid[], uuid[], bigint[]) is
'Definer, for the assistant worker: extends leases still held.';

create function private.complete_assistant(p_tenant_id uuid, p_request_id uuid, p_fence bigint, p_result jsonb)
returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_work private.assist_work;
  v_rev bigint;
begin
  select w.* into v_work from private.assist_work as w
  where w.tenant_id = p_tenant_id and w.id = p_request_id and w.fence = p_fence and w.status = 'waiting'
    and w.lease_until > clock_timestamp()
  for update;
  if not found then
    return 'lost';
  end if;
  if v_work.kind = 'translation' and p_result ->> 'status' = 'done' then
    select m.rev into v_rev from public.et_messages as m
    where m.tenant_id = p_tenant_id and m.id = v_work.message_id and m.deleted_at is null for share;
    if v_rev is distinct from (p_result ->> 'rev')::bigint then
      update private.assist_work as w set lease_until = null, run_at = clock_timestamp()
      where w.tenant_id = p_tenant_id and w.id = p_request_id;
      return 'released';
    end if;
    insert into private.message_translations as t (tenant_id, message_id, language, body, model, prompt_version, cost_usd)
    values (p_tenant_id, v_work.message_id, v_work.language, p_result ->> 'text', p_result ->> 'model',
      p_result ->> 'prompt_version', coalesce((p_result ->> 'cost_usd')::numeric, 0))
    on conflict (tenant_id, message_id, language) do update set body = excluded.body, model = excluded.model,
      prompt_version = excluded.prompt_version, cost_usd = excluded.cost_usd, created_at = clock_timestamp();
  end if;
  insert into private.suggestion_drafts (tenant_id, request_id, number, body, source)
  select p_tenant_id, p_request_id, d.n, d.draft ->> 'body', d.draft ->> 'source'
  from jsonb_array_elements(coalesce(p_result -> 'drafts', '[]')) with ordinality as d (draft, n)
  where v_work.kind = 'suggestions' and d.n <= 3;
  update private.assist_work as w
  set status = p_result ->> 'status', reason = p_result ->> 'reason', decider = p_result ->> 'decider',
    model = p_result ->> 'model', prompt_version = p_result ->> 'prompt_version',
    tokens_in = coalesce((p_result ->> 'tokens_in')::integer, 0),
    tokens_out = coalesce((p_result ->> 'tokens_out')::integer, 0),
    cost_usd = coalesce((p_result ->> 'cost_usd')::numeric, 0), latency_ms = (p_result ->> 'latency_ms')::numeric,
    lease_until = null, finished_at = clock_timestamp()
  where w.tenant_id = p_tenant_id and w.id = p_request_id;
  return 'recorded';
end
$$;
comment on function private.complete_assistant(uuid, uuid, bigint, jsonb) is
'Definer, for the assistant worker: drafts or a translation with what they cost. released: the message was edited '
'meanwhile.';

create function private.fail_assistant(p_tenant_id uuid, p_request_id uuid, p_fence bigint) returns text
language sql volatile security definer set search_path = '' as $$
  update private.assist_work as w
  set lease_until = null, attempts = w.attempts + 1, status = case when w.attempts >= 4 then 'failed' else w.status end,
    reason = case when w.attempts >= 4 then 'errors' end,
    finished_at = case when w.attempts >= 4 then clock_timestamp() end,
    run_at = clock_timestamp() + interval '1 second' * power(2, least(w.attempts, 6))
  where w.tenant_id = p_tenant_id and w.id = p_request_id and w.fence = p_fence and w.status = 'waiting'
  returning case when w.status = 'failed' then 'failed' else 'retry' end
$$;
comment on function private.fail_assistant(uuid, uuid, bigint) is
'Definer, for the assistant worker: tried again after a growing pause, failed after five errors.';

create function private.expire_assistance(p_drafts interval default '7 days', p_translations interval default '30 days')
returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_gone bigint;
  v_count bigint;
begin
  delete from private.assist_work as w where w.finished_at < clock_timestamp() - p_drafts;
  get diagnostics v_gone = row_count;
  delete from private.message_translations as m where m.created_at < clock_timestamp() - p_translations;
  get diagnostics v_count = row_count;
  return v_gone + v_count;
end
$$;
comment on function private.expire_assistance(interval, interval) is
'Definer, for the housekeeper: drops drafts after a week and translations after a month.';

-- ── grants ───────────────────────────────────────────────────────────────────────────────────────────────────────

grant execute on function private.claim_assistants(text, integer, uuid, uuid[]), private.assist_context(uuid, uuid),
private.renew_assistants(uuid[], uuid[], bigint[]), private.complete_assistant(uuid, uuid, bigint, jsonb),
private.fail_assistant(uuid, uuid, bigint), private.expire_assistance(interval, interval) to parley_worker;
