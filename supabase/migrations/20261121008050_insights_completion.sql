-- Chapter: insights, part two. What a worker wrote is recorded, many at once; what had not moved is put away.
--
--   work rows still held, locked, sorted ──▶ old insights into history ──▶ new ones ──▶ work rows of threads that moved
--                                             meanwhile stay, the others go

create type private.finished_insight as (
  ord integer,
  tenant_id uuid,
  thread_id uuid,
  fence bigint,
  insight jsonb
);
comment on type private.finished_insight is
'An insight to be recorded under a fence; a null insight only closes the work. ord is its place in the batch.';

create function private.close_insights(p_tenant_ids uuid[], p_thread_ids uuid[], p_fences bigint[]) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_held private.insight_work [];
  v_gone bigint;
begin
  if cardinality(p_fences) = 0 then
    return 0;
  end if;
  -- A whole row, not its columns: those would be turned into text and back.
  v_held := array(
    select w.work from (
      select * from unnest(p_tenant_ids, p_thread_ids, p_fences) as u (tenant_id, thread_id, fence) order by 1, 2) as h
    cross join lateral (
      select i as work from private.insight_work as i
      where i.tenant_id = h.tenant_id and i.thread_id = h.thread_id and i.fence = h.fence
        and i.lease_until > clock_timestamp()
      for update) as w);
  -- Only under the lock, so in a second statement: whoever notes a move waits for us, or we have seen its messages.
  delete from private.insight_work as w using unnest(v_held) as h
  where w.tenant_id = h.tenant_id and w.thread_id = h.thread_id and not exists (
    select from public.et_threads as t
    inner join public.et_thread_insights as i on i.tenant_id = t.tenant_id and i.thread_id = t.id
    where t.tenant_id = h.tenant_id and t.id = h.thread_id and t.last_seq > i.read_seq);
  get diagnostics v_gone = row_count;
  if v_gone < cardinality(v_held) then
    update private.insight_work as w set lease_until = null, run_at = clock_timestamp()
    from unnest(v_held) as h
    where w.tenant_id = h.tenant_id and w.thread_id = h.thread_id;
  end if;
  return cardinality(v_held);
end
$$;
comment on function private.close_insights(uuid[], uuid[], bigint[]) is
'Definer, for the insights worker: puts away what it holds; threads that moved past their insight meanwhile wait '
'again. Returns how many were still held.';

create function private.complete_insights(p_insights jsonb) returns table (ord integer, result text)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_all private.finished_insight [];
  v_held private.finished_insight [];
begin
  v_all := array(
    select (f.n, f.tenant_id, f.thread_id, f.fence, f.insight)::private.finished_insight
    from rows from (jsonb_to_recordset(p_insights) as (
      tenant_id uuid, thread_id uuid, fence bigint, insight jsonb
    )) with ordinality as f (tenant_id, thread_id, fence, insight, n));
  -- Before the work rows: run_follow_ups() holds insights while it waits for a thread, and whoever holds that thread may
  -- wait for our work row.
  perform from (select distinct u.tenant_id, u.thread_id from unnest(v_all) as u order by 1, 2) as h
  cross join lateral (
    select from public.et_thread_insights as i
    where i.tenant_id = h.tenant_id and i.thread_id = h.thread_id for no key update) as i;
  v_held := array(
    select (h.ord, h.tenant_id, h.thread_id, h.fence, nullif(h.insight, 'null'))::private.finished_insight
    from (
      select distinct on (u.tenant_id, u.thread_id, u.fence) u.* from unnest(v_all) as u
      order by u.tenant_id, u.thread_id, u.fence, u.ord) as h
    cross join lateral (
      select from private.insight_work as i
      where i.tenant_id = h.tenant_id and i.thread_id = h.thread_id and i.fence = h.fence
        and i.lease_until > clock_timestamp()
      for update) as w);
  insert into public.thread_insight_versions (
    tenant_id, thread_id, version, summary, label, sentiment, next_step, follow_up_at, read_seq, model,
    prompt_version, created_at)
  select i.tenant_id, i.thread_id, i.version, i.summary, i.label, i.sentiment, i.next_step, i.follow_up_at, i.read_seq,
    i.model, i.prompt_version, i.updated_at
  from unnest(v_held) as h
  inner join public.et_thread_insights as i on i.tenant_id = h.tenant_id and i.thread_id = h.thread_id
  where h.insight is not null;
  insert into public.et_thread_insights as i (
    tenant_id, thread_id, summary, label, sentiment, sentiment_label, next_step, language, follow_up_at,
    follow_up_text, follow_up_status, read_seq, model, prompt_version)
  select h.tenant_id, h.thread_id, h.insight ->> 'summary', h.insight ->> 'label', (h.insight ->> 'sentiment')::numeric,
    h.insight ->> 'sentiment_label', h.insight ->> 'next_step', h.insight ->> 'language',
    (h.insight ->> 'follow_up_at')::timestamptz, h.insight ->> 'follow_up_text',
    case when h.insight ->> 'follow_up_at' is not null then 'scheduled' end, (h.insight ->> 'read_seq')::bigint,
    h.insight ->> 'model', h.insight ->> 'prompt_version'
  from unnest(v_held) as h where h.insight is not null
  on conflict (tenant_id, thread_id) do update set
    summary = excluded.summary, label = excluded.label, sentiment = excluded.sentiment,
    sentiment_label = excluded.sentiment_label, next_step = excluded.next_step, language = excluded.language,
    follow_up_at = excluded.follow_up_at, follow_up_text = excluded.follow_up_text,
    follow_up_status = excluded.follow_up_status, follow_up_message_id = null, read_seq = excluded.read_seq,
    version = i.version + 1, model = excluded.model, prompt_version = excluded.prompt_version,
    updated_at = clock_timestamp();
  perform private.close_insights(array_agg(h.tenant_id), array_agg(h.thread_id), array_agg(h.fence))
  from unnest(v_held) as h;
  return query
  select a.ord, case when h.ord is null then 'lost' else 'recorded' end
  from unnest(v_all) as a left join unnest(v_held) as h on h.ord = a.ord;
end
$$;
comment on function private.complete_insights(jsonb) is
'Definer, for the insights worker: an array of {tenant_id, thread_id, fence, insight}; new insights are written, the '
'old ones go into history. All or nothing; recorded or lost for each.';

grant execute on function private.close_insights(uuid[], uuid[], bigint[]), private.complete_insights(jsonb)
to parley_worker;
