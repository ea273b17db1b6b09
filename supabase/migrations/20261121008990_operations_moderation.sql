-- Chapter: operations of the core, what it asks moderation. explain() wants it beforehand; its
-- tables come with the chapter of moderation.

create function private.judgements(p_tenant_id uuid, p_message_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return jsonb_build_object(
    'verdicts', (
      select coalesce(jsonb_agg(to_jsonb(v) - '{tenant_id,message_id,thread_id,digest}'::text[] || jsonb_build_object(
        'comments', (
          select coalesce(jsonb_agg(jsonb_build_object('visibility', c.visibility, 'kind', c.kind, 'comment',
            c.comment) order by c.id), '[]')
          from public.agent_comments as c where c.tenant_id = v.tenant_id and c.verdict_id = v.id)) order by v.id), '[]')
      from public.moderation_verdicts as v where v.tenant_id = p_tenant_id and v.message_id = p_message_id),
    'waiting', (
      select jsonb_build_object('since', w.run_at, 'lease_until', w.lease_until, 'claimed_by', w.claimed_by,
        'attempts', w.attempts, 'expiries', w.expiries, 'error', w.error)
      from private.moderation_work as w where w.tenant_id = p_tenant_id and w.message_id = p_message_id));
end
$$;
comment on function private.judgements(uuid, uuid) is
'Definer: every verdict of a message, oldest first, with what was said about it, and the work while it waits.';

create function private.escalations_of(p_tenant_id uuid, p_message_id uuid, p_decision_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'rule', e.rule, 'action', e.action, 'signal', e.signal,
      'value', e.value, 'reasons', to_jsonb(e.reasons), 'policy_version', e.policy_version, 'created_at', e.created_at,
      'until', e.until) order by e.id), '[]')
    from public.escalations as e
    where e.tenant_id = p_tenant_id and (e.message_id = p_message_id or e.decision_id = p_decision_id));
end
$$;
comment on function private.escalations_of(uuid, uuid, uuid) is
'Definer, inside explain(): whom a message or the decision on it called, by which rule and why.';
