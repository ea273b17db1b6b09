-- Chapter: assistants, part four. Asking again: another decider on the same input, beside the live one or later.
--
--   inbound_decisions ──▶ replay_context(): the input as it was: knowledge by digest, burst and history by seq
--                              │
--                              ├── claim_shadow() ──▶ shadow worker (role parley_shadow) ──▶ shadow_decisions
--                              └── parley decisions replay
--
-- parley_shadow may call four functions and read no table. What a candidate would have answered is never stored: its
-- digest and length are, which is enough to count agreement.

create table public.shadow_decisions (
  tenant_id uuid not null,
  decision_id uuid not null,
  candidate text not null,
  status text not null default 'running',
  action text,
  intent text,
  confidence numeric(4, 3),
  language text,
  sentiment numeric(4, 3),
  reasons text[] not null default '{}',
  decider text,
  model text,
  prompt_version text,
  tokens_in integer not null default 0,
  tokens_out integer not null default 0,
  cost_usd numeric(12, 6) not null default 0,
  latency_ms numeric(12, 3),
  reply_digest bytea,
  reply_chars integer,
  inputs_changed boolean,
  worker text,
  fence bigint not null default 0,
  attempts smallint not null default 0,
  lease_until timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  constraint shadow_decisions_tenant_id_decision_id_candidate_pkey primary key (tenant_id, decision_id, candidate),
  constraint shadow_decisions_tenant_id_decision_id_fkey foreign key (tenant_id, decision_id)
  references public.inbound_decisions (tenant_id, id),
  constraint shadow_decisions_status_check check (status in ('running', 'done', 'failed')),
  constraint shadow_decisions_candidate_check check (length(candidate) between 1 and 200)
);
comment on table public.shadow_decisions is
'What a candidate would have decided on the input of a live decision. It acted on nothing.';
comment on column public.shadow_decisions.candidate is
'Who was asked: rules, or anthropic:model:prompt, so that two models or two prompts are two candidates.';
comment on column public.shadow_decisions.inputs_changed is
'True when burst or history read differently by then (an edit, an erasure): such a row proves nothing.';
create index shadow_decisions_tenant_id_created_at_idx on public.shadow_decisions (tenant_id, created_at);

create function private.replay_context(p_tenant_id uuid, p_decision_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  return (
    select jsonb_build_object(
      'tenant_id', d.tenant_id, 'case_id', d.thread_id, 'channel', t.channel, 'now', d.input -> 'now',
      'contact_name', d.input -> 'contact_name', 'contact_locale', d.input -> 'contact_locale',
      'knowledge', k.knowledge, 'digests', d.input -> 'digests',
      'burst', (
        select coalesce(jsonb_agg(jsonb_build_object(
          'id', m.id, 'text', m.body, 'subject', m.subject, 'auto_class', m.auto_class,
          'spam_score', private.told_score(t.folder, t.folder_said_seq, m.seq, m.spam_score),
          'unsubscribe_request', coalesce((m.metadata ->> 'unsubscribe_request')::boolean, false),
          'has_attachments', m.metadata ? 'attachments') order by m.seq), '[]')
        from public.et_messages as m
        where m.tenant_id = d.tenant_id and m.thread_id = d.thread_id and m.direction = 'inbound'
          and m.seq between d.first_seq and d.last_seq),
      'history', (
        select coalesce(jsonb_agg(jsonb_build_object(
          'sender', case m.sender_kind when 'agent' then 'human' when 'participant'
            then 'contact' else m.sender_kind end,
          'text', left(m.body, 4000), 'at', m.created_at, 'seq', m.seq) order by m.seq), '[]')
        from public.et_messages as m
        where m.tenant_id = d.tenant_id and m.thread_id = d.thread_id
          and m.moderation_status in ('approved', 'filtered')
          and m.seq = any(array(select s.seq::bigint from jsonb_array_elements_text(d.input -> 'history') as s (seq)))),
      'changed', (
        select coalesce(jsonb_agg(jsonb_build_object('seq', m.seq,
          'what', case when m.deleted_at is not null then 'deleted' else 'edited' end,
          'at', coalesce(m.deleted_at, m.edited_at)) order by m.seq), '[]')
        from public.et_messages as m
        where m.tenant_id = d.tenant_id and m.thread_id = d.thread_id
          and greatest(m.deleted_at, m.edited_at) > d.created_at
          and (m.seq between d.first_seq and d.last_seq
            or m.seq = any(array(
              select s.seq::bigint from jsonb_array_elements_text(d.input -> 'history') as s (seq))))),
      'live', to_jsonb(d) - '{tenant_id,input}'::text[] || jsonb_build_object('reply', r.body))
    from public.inbound_decisions as d
    inner join public.et_threads as t on t.tenant_id = d.tenant_id and t.id = d.thread_id
    inner join private.decision_knowledge as k on k.tenant_id = d.tenant_id and k.digest = d.knowledge_digest
    left join public.et_messages as r on r.tenant_id = d.tenant_id and r.id = d.reply_message_id
    where d.tenant_id = p_tenant_id and d.id = p_decision_id and d.input is not null);
end
$$;
comment on function private.replay_context(uuid, uuid) is
'Definer: the input of a decision, put together again from where it lives, and what was decided then. Null when it was '
'made without a decider. Volatile, so that it sees what a claim in the same statement saw.';

create function private.claim_shadow(
  p_candidate text, p_worker text, p_limit integer, p_window interval default '1 day'
)
returns table (tenant_id uuid, decision_id uuid, fence bigint, context jsonb)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_until timestamptz := clock_timestamp() + greatest(private.lease_length(), interval '60 seconds');
begin
  return query
  with due as (
    -- What has no row yet, or one whose worker died: no cursor, so nothing is skipped for having committed late.
    select x.tenant_id, x.id
    from public.tenants as t
    cross join lateral (
      select d.tenant_id, d.id, d.created_at from public.inbound_decisions as d
      where d.tenant_id = t.id and d.created_at > clock_timestamp() - p_window and d.input is not null
        and not exists (
          select from public.shadow_decisions as s
          where s.tenant_id = d.tenant_id and s.decision_id = d.id and s.candidate = p_candidate
            and (s.status <> 'running' or s.lease_until > clock_timestamp()))
      order by d.created_at limit p_limit) as x
    order by x.created_at limit p_limit
  ), claimed as (
    insert into public.shadow_decisions as s (tenant_id, decision_id, candidate, worker, fence, lease_until)
    select d.tenant_id, d.id, p_candidate, p_worker, nextval('private.fences'), v_until from due as d
    on conflict (tenant_id, decision_id, candidate) do update
    set worker = excluded.worker, fence = excluded.fence, lease_until = excluded.lease_until,
      attempts = least(s.attempts + 1, 1000)
    where s.status = 'running' and s.lease_until < clock_timestamp()
    returning s.tenant_id, s.decision_id, s.fence
  )
  select c.tenant_id, c.decision_id, c.fence, private.replay_context(c.tenant_id, c.decision_id) from claimed as c;
end
$$;
comment on function private.claim_shadow(text, text, integer, interval) is
'Definer, for the shadow worker: live decisions a candidate has not been asked about, oldest first, with their input.';

create function private.complete_shadow(p_tenant_id uuid, p_decision_id uuid, p_candidate text, p_fence bigint,
  p_result jsonb) returns text
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.shadow_decisions as s
  set status = case when p_result ? 'error' then 'failed' else 'done' end, action = p_result ->> 'action',
    intent = p_result ->> 'intent', confidence = (p_result ->> 'confidence')::numeric,
    language = p_result ->> 'language', sentiment = (p_result ->> 'sentiment')::numeric,
    reasons = array(select jsonb_array_elements_text(coalesce(p_result -> 'reasons', '[]'))),
    decider = p_result ->> 'decider', model = p_result ->> 'model', prompt_version = p_result ->> 'prompt_version',
    tokens_in = coalesce((p_result ->> 'tokens_in')::integer, 0),
    tokens_out = coalesce((p_result ->> 'tokens_out')::integer, 0),
    cost_usd = coalesce((p_result ->> 'cost_usd')::numeric, 0), latency_ms = (p_result ->> 'latency_ms')::numeric,
    reply_digest = decode(p_result ->> 'reply_digest', 'hex'), reply_chars = (p_result ->> 'reply_chars')::integer,
    inputs_changed = (p_result ->> 'inputs_changed')::boolean, lease_until = null, finished_at = clock_timestamp()
  where s.tenant_id = p_tenant_id and s.decision_id = p_decision_id and s.candidate = p_candidate
    and s.fence = p_fence and s.status = 'running';
  return case when found then 'recorded' else 'lost' end;
end
$$;
comment on function private.complete_shadow(uuid, uuid, text, bigint, jsonb) is
'Definer, for the shadow worker: what the candidate would have done.';

create function private.expire_shadows(p_age interval default '90 days') returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_gone bigint;
begin
  delete from public.shadow_decisions as s where s.created_at < clock_timestamp() - greatest(p_age, interval '2 days');
  get diagnostics v_gone = row_count;
  return v_gone;
end
$$;
comment on function private.expire_shadows(interval) is
'Definer, for the housekeeper: drops shadow decisions after ninety days.';

alter table public.shadow_decisions enable row level security;
alter table public.shadow_decisions force row level security;
create policy shadow_decisions_select_staff on public.shadow_decisions for select to authenticated
using (tenant_id = (select private.current_tenant()));
revoke all on public.shadow_decisions from public, anon, authenticated, service_role;
grant select on public.shadow_decisions to authenticated, service_role;
grant execute on function private.claim_shadow(text, text, integer, interval),
private.complete_shadow(uuid, uuid, text, bigint, jsonb) to parley_shadow;
grant execute on function private.expire_shadows(interval) to parley_worker;
