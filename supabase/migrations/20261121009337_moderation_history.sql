-- Chapter: moderation, history: what was written, to be judged again without changing anything.
--
--   moderation_history() ─▶ messages as their senders wrote them, thread by thread ─▶ a candidate policy (simulation)
--   judged_history() ─────▶ verdicts with the texts and the windows they were made from ─▶ the same verdict? (replay)
--
-- Page by page, so that neither a snapshot nor memory is held for long. Texts leave by these two functions only to the
-- owner's command line and to the API's own judge; no client runs them.

create function private.written_page(
  p_thread public.et_threads, p_seq bigint, p_from timestamptz, p_until timestamptz, p_events text[], p_limit integer,
  p_customers boolean
) returns table (
  thread_id uuid, seq bigint, message_id uuid, lane text, sender text, subject text, body text, fixed_chars integer,
  now_is text, decider text, was_kinds text[], is_wanted boolean, completes boolean, is_after boolean,
  written_at timestamptz
)
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_revealed_at timestamptz := (
    select min(r.revealed_at) from public.contact_reveals as r
    where r.tenant_id = p_thread.tenant_id and r.thread_id = p_thread.id and r.event = any(p_events));
begin
  return query
  select w.thread_id, w.seq, w.id, w.lane, w.sender,
    case when w.is_kept then o.subject else w.subject end,
    case when w.is_kept then o.body else w.body end || w.lines,
    length(w.lines), w.moderation_status, w.decider, w.kinds,
    w.written_at >= coalesce(p_from, '-infinity') and (not w.is_kept or o.body is not null),
    w.deleted_at is null and w.moderation_status <> 'blocked',
    coalesce(w.lane <> 'people' or w.written_at >= v_revealed_at, false), w.written_at
  from (
    select m.*, case m.direction when 'inbound' then 'customers' else private.moderation_lane(m) end as lane, v.digest, v.decider, v.kinds,
      coalesce(m.edited_at, m.created_at) as written_at,
      m.moderation_status = 'filtered' or m.deleted_at is not null and m.body = '' as is_kept,
      case when m.message_type = 'template' or exists (
        select from public.message_attachments as a where a.tenant_id = m.tenant_id and a.message_id = m.id)
        then private.fixed_lines(m) else '' end as lines
    from public.et_messages as m
    left join lateral (
      select x.digest, x.decider, x.kinds from public.moderation_verdicts as x
      where x.tenant_id = m.tenant_id and x.message_id = m.id order by x.id desc limit 1) as v on true
    where m.tenant_id = p_thread.tenant_id and m.thread_id = p_thread.id and m.seq > p_seq
      and case m.direction when 'inbound' then p_customers and m.auto_class = 'none'
        else m.sender_kind <> 'system' or m.message_type = 'template' end
      and m.erased_at is null and m.created_at < coalesce(p_until, 'infinity')
    order by m.seq limit p_limit) as w
  left join lateral (
    select x.subject, x.body from private.message_originals as x
    where w.is_kept and x.tenant_id = w.tenant_id and x.message_id = w.id
      and x.digest = coalesce(w.digest, x.digest)
    order by x.kept_at desc limit 1) as o on true
  order by w.seq;
end
$$;
comment on function private.written_page(
  public.et_threads, bigint, timestamptz, timestamptz, text[], integer, boolean
) is
'Definer: some messages of a conversation as their senders wrote them, by seq: see moderation_history().';

create function private.moderation_history(
  p_tenant_id uuid, p_thread_id uuid, p_seq bigint, p_only uuid, p_from timestamptz, p_until timestamptz,
  p_events text[], p_limit integer, p_customers boolean default false
) returns table (
  thread_id uuid, seq bigint, message_id uuid, lane text, sender text, subject text, body text, fixed_chars integer,
  now_is text, decider text, was_kinds text[], is_wanted boolean, completes boolean, is_after boolean,
  written_at timestamptz
)
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_thread public.et_threads%rowtype;
  v_left integer := p_limit;
  v_count integer;
begin
  for v_thread in
    select t.* from public.et_threads as t
    where t.tenant_id = p_tenant_id and t.id >= coalesce(p_only, p_thread_id) and (p_only is null or t.id = p_only)
      and t.erased_at is null and t.created_at < coalesce(p_until, 'infinity')
      -- What is before the span is read for the windows of what is in it.
      and (p_from is null or exists (
        select from public.et_messages as m
        where m.tenant_id = t.tenant_id and m.thread_id = t.id and m.seq = t.last_seq
          and greatest(m.created_at, m.edited_at) >= p_from))
    order by t.id
  loop
    return query select w.* from private.written_page(v_thread, case when v_thread.id = p_thread_id then p_seq else 0 end,
      p_from, p_until, p_events, v_left, p_customers) as w;
    get diagnostics v_count = row_count;
    v_left := v_left - v_count;
    exit when v_left <= 0;
  end loop;
end
$$;
comment on function private.moderation_history(
  uuid, uuid, bigint, uuid, timestamptz, timestamptz, text[], integer, boolean
) is
'Definer: the next messages of a tenant after (thread, seq) that a policy can judge, as their senders wrote them: with '
'what became of them (now_is), who decided, whether they are in the span (is_wanted), may complete a number told in '
'parts, and were written after contact details were revealed by one of p_events. fixed_chars of the body''s end are '
'names of files and values of a template. With p_customers also what customers wrote to the business, lane customers: '
'no policy judges that, but rules of escalation watch it.';

create function private.text_of(p_tenant_id uuid, p_message_id uuid, p_digest bytea) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_message public.et_messages%rowtype;
  v_lines text;
begin
  select m.* into v_message from public.et_messages as m
  where m.tenant_id = p_tenant_id and m.id = p_message_id and m.erased_at is null;
  v_lines := private.fixed_lines(v_message);
  return (
    select jsonb_build_object('subject', c.subject, 'body', c.body || l.lines)
    from (
      select v_message.subject, v_message.body
      union all
      select o.subject, o.body from private.message_originals as o
      where o.tenant_id = p_tenant_id and o.message_id = p_message_id and o.digest = p_digest) as c
    cross join (values (v_lines), ('')) as l (lines)
    where private.text_digest(c.subject, c.body || l.lines) = p_digest limit 1);
end
$$;
comment on function private.text_of(uuid, uuid, bytea) is
'Definer: the text of a message that has this digest, as it stands or as it was kept; null when it is gone.';

create function private.judged_history(
  p_tenant_id uuid, p_verdict_id uuid, p_from timestamptz, p_until timestamptz, p_limit integer
) returns table (verdict_id uuid, decider text, verdict text, model jsonb, inputs jsonb)
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select v.id, case when v.kinds = '{unjudged}' then 'nobody' else v.decider end, d.verdict, d.inputs -> 'model', case when t.text is not null then
    t.text || jsonb_build_object('message_id', v.message_id, 'thread_id', v.thread_id, 'lane', v.lane,
      'stage', v.stage, 'policy_version', v.policy_version, 'document', p.document, 'digest', encode(v.digest, 'hex'),
      'regions', coalesce(d.inputs -> 'regions', '[]'), 'blocked', d.inputs -> 'blocked', 'earlier', (
        select coalesce(jsonb_agg(e.value || jsonb_build_object('body', private.text_of(v.tenant_id,
          (e.value ->> 'message_id')::uuid, decode(e.value ->> 'digest', 'hex')) -> 'body') order by e.n), '[]')
        from jsonb_array_elements(d.inputs -> 'earlier') with ordinality as e (value, n))) end
  from public.moderation_verdicts as v
  inner join public.moderation_policies as p on p.tenant_id = v.tenant_id and p.version = v.policy_version
  left join private.verdict_documents as d on d.tenant_id = v.tenant_id and d.verdict_id = v.id
  left join lateral (
    select private.text_of(v.tenant_id, v.message_id, v.digest) as text where d.verdict is not null) as t on true
  where v.tenant_id = p_tenant_id and v.id > p_verdict_id and v.created_at >= coalesce(p_from, '-infinity')
    and v.created_at < coalesce(p_until, 'infinity')
  order by v.id limit p_limit;
end
$$;
comment on function private.judged_history(uuid, uuid, timestamptz, timestamptz, integer) is
'Definer: the next verdicts after one, each with everything it was made from; inputs is null when its text is gone, '
'the body of an earlier message when that is; decider is nobody where no detector could judge.';

-- ── for the API ──────────────────────────────────────────────────────────────────────────────────────────────────

create function private.begin_simulation(
  p_document jsonb, p_thread_id uuid, p_from timestamptz, p_until timestamptz, p_reason text
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
begin
  perform private.check_moderation_document(p_document);
  perform private.take_send_token(v_tenant, private.actor() || ':changes',
    private.message_limit(v_tenant, 'in_app', 'changes_per_minute'));
  if p_thread_id is not null then
    -- Of one conversation much can be learned by trying: a look like any other.
    perform private.refuse_no_reason(p_reason);
    if not exists (
      select from public.et_threads as t where t.tenant_id = v_tenant and t.id = p_thread_id) then
      return private.deny('thread', p_thread_id, 'simulate_moderation');
    end if;
  end if;
  perform private.audit(v_tenant, 'moderation_policy.simulated', 'tenant', v_tenant::text, jsonb_strip_nulls(
    jsonb_build_object('reason', left(p_reason, 500), 'thread_id', p_thread_id, 'from', p_from, 'until', p_until)));
  return (
    select jsonb_build_object('tenant_id', t.id, 'slug', t.slug, 'home_regions', t.home_regions)
    from public.tenants as t where t.id = v_tenant);
end
$$;
comment on function private.begin_simulation(jsonb, uuid, timestamptz, timestamptz, text) is
'Definer, for the API: an admin may try this policy on the history of his tenant, with a reason where he names one '
'conversation; the look is on record.';

grant execute on function private.begin_simulation(jsonb, uuid, timestamptz, timestamptz, text),
private.moderation_history(uuid, uuid, bigint, uuid, timestamptz, timestamptz, text[], integer, boolean)
to parley_api;
