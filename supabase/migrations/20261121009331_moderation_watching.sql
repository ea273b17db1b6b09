-- Chapter: moderation, watching: what a policy document may say of escalation. The same rules stand in
-- app/moderation/documents.py, tried with the same documents.
--
--   escalation: messages, people.{before,after}.{name: rule}, customers.after.{name: rule}
--   a rule: on, threshold ─▶ action, again in one conversation once cool_down_minutes have passed

create function private.escalation_bounds(p_on text) returns numeric[]
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case p_on when 'score' then '{0.05,1}'::numeric[] when 'kind' then '{0,1}' when 'blocked' then '{2,100}'
    else '{-1,-0.05}' end;
end
$$;
comment on function private.escalation_bounds(text) is
'From where to where a threshold goes: moods and trends fall below theirs, everything else reaches it.';

create function private.check_escalation_fit(p_path text, p_lane text, p_rule jsonb) returns void
language plpgsql immutable set search_path = '' as $$
declare
  v_member text;
  v_where text;
  v_wanted text;
begin
  if p_lane = 'people' and p_rule ->> 'action' = 'handover' then
    perform private.refuse_document(p_path || '.action', 'nobody''s AI speaks between people', 'Write another one.');
  elsif p_lane = 'customers' and p_rule ->> 'on' = 'blocked' then
    perform private.refuse_document(p_path || '.on', 'nothing of theirs is blocked', 'Write another one.');
  elsif p_lane = 'customers' and p_rule ->> 'action' = 'review' then
    perform private.refuse_document(p_path || '.action', 'what customers write to the business is not held',
      'Write another one.');
  end if;
  for v_member, v_where, v_wanted in values ('kinds', 'on', 'kind'), ('hours', 'on', 'blocked'),
    ('to', 'action', 'notify'), ('due_minutes', 'action', 'task'), ('label', 'action', 'label')
  loop
    if p_rule ? v_member and p_rule ->> v_where <> v_wanted then
      perform private.refuse_document(p_path || '.' || v_member, 'nobody reads that here',
        'Leave it out, or write ' || v_wanted || ' as ' || v_where || '.');
    end if;
  end loop;
end
$$;
comment on function private.check_escalation_fit(text, text, jsonb) is
'Refuses members that another one makes meaningless, and what makes no sense on one side of a conversation.';

create function private.check_escalation_rule(p_path text, p_lane text, p_rule jsonb) returns void
language plpgsql immutable set search_path = '' as $$
declare
  v_bounds numeric[] := private.escalation_bounds(p_rule ->> 'on');
  v_kinds text[] := (private.moderation_kinds())[8:];
begin
  perform private.check_document_object(p_path, p_rule, '{on,threshold,action,kinds,hours,to,due_minutes,label,
    cool_down_minutes}');
  perform private.check_document_word(p_path || '.on', p_rule -> 'on', '{score,mood,trend,kind,blocked}');
  perform private.check_document_word(p_path || '.action', p_rule -> 'action', '{notify,handover,task,label,review}');
  perform private.check_document_number(p_path || '.threshold', p_rule -> 'threshold', v_bounds[1], v_bounds[2],
    p_rule ->> 'on' = 'blocked');
  perform private.check_document_number(p_path || '.hours', coalesce(p_rule -> 'hours', '24'), 1, 720, true);
  perform private.check_document_number(p_path || '.' || m.name, coalesce(p_rule -> m.name, '60'), 1, 43200, true)
  from (values ('due_minutes'), ('cool_down_minutes')) as m (name);
  perform private.check_document_word(p_path || '.to', coalesce(p_rule -> 'to', '"staff"'), '{staff,agents,admins,owners}');
  if jsonb_typeof(coalesce(p_rule -> 'label', '""')) <> 'string'
    or p_rule ->> 'label' !~ '^[a-z0-9][a-z0-9_:-]{0,39}$' then
    perform private.refuse_document(p_path || '.label', 'that is no label', 'Lower case: priority.');
  end if;
  perform private.check_document_list(p_path || '.kinds', coalesce(p_rule -> 'kinds', '[]'), 6, v_kinds,
    'Of ' || array_to_string(v_kinds, ', ') || '.');
  perform private.check_escalation_fit(p_path, p_lane, p_rule);
  if p_rule ->> 'on' = 'kind' and coalesce(p_rule -> 'kinds', '[]') = '[]' then
    perform private.refuse_document(p_path || '.kinds', 'it is missing', 'Name some: ["self_harm", "threat"].');
  end if;
end
$$;
comment on function private.check_escalation_rule(text, text, jsonb) is
'Refuses a rule of escalation: what it is on, from which threshold on, what it does, and what that needs to know.';

create function private.check_moderation_escalation(p_escalation jsonb, p_lanes jsonb) returns void
language plpgsql immutable set search_path = '' as $$
declare
  v_lane text;
  v_stage text;
  v_name text;
  v_path text;
begin
  perform private.check_document_object('escalation', p_escalation, '{messages,people,customers}');
  perform private.check_document_number('escalation.messages', coalesce(p_escalation -> 'messages', '5'), 2, 7, true);
  if p_escalation ? 'people' and not p_lanes ? 'people' then
    perform private.refuse_document('escalation.people', 'what people write to each other is not judged',
      'Name lanes.people, too.');
  end if;
  for v_lane in select k from jsonb_object_keys(p_escalation - 'messages') as k loop
    perform private.check_document_object('escalation.' || v_lane, p_escalation -> v_lane,
      case v_lane when 'people' then '{before,after}'::text[] else '{after}' end);
    for v_stage in select jsonb_object_keys(p_escalation -> v_lane) loop
      v_path := concat_ws('.', 'escalation', v_lane, v_stage);
      if jsonb_typeof(p_escalation -> v_lane -> v_stage) <> 'object' then
        perform private.refuse_document(v_path, 'an object is expected', 'Write rules by name: {"angry": {…}}.');
      elsif (select count(*) from jsonb_object_keys(p_escalation -> v_lane -> v_stage)) > 20 then
        perform private.refuse_document(v_path, 'there are more than 20 rules', 'Remove some.');
      end if;
      for v_name in select jsonb_object_keys(p_escalation -> v_lane -> v_stage) loop
        if v_name !~ '^[a-z][a-z0-9_]{0,39}$' then
          perform private.refuse_document(v_path, 'a rule has another name',
            'Lower case letters, digits and _, at most 40: angry.');
        end if;
        perform private.check_escalation_rule(v_path || '.' || v_name, v_lane, p_escalation -> v_lane -> v_stage -> v_name);
      end loop;
    end loop;
  end loop;
end
$$;
comment on function private.check_moderation_escalation(jsonb, jsonb) is
'Refuses what a policy says of escalation where it is not exactly what docs/moderation/escalation.md describes.';

-- ── what is watched ──────────────────────────────────────────────────────────────────────────────────────────────

create function private.watched_messages(p_document jsonb) returns integer
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return coalesce((p_document #> '{escalation,messages}')::integer, 5);
end
$$;
comment on function private.watched_messages(jsonb) is
'How many messages of one side a policy has watched together: 2 to 7, and 5 where it does not say.';

create function private.blocked_lately(p_message public.et_messages, p_rules jsonb) returns integer
language plpgsql stable security definer set search_path = '' as $$
declare
  v_hours integer;
begin
  select max(coalesce((r.value ->> 'hours')::integer, 24)) into v_hours
  from jsonb_each(p_rules) as r where r.value ->> 'on' = 'blocked';
  if v_hours is null then
    return null;
  end if;
  return (
    select count(distinct l.message_id) from (
      select v.message_id from public.moderation_verdicts as v
      where v.tenant_id = p_message.tenant_id and v.sender_contact_id = p_message.sender_contact_id
        and v.created_at > clock_timestamp() - make_interval(hours => v_hours)
        and v.thread_id = p_message.thread_id and v.message_id <> p_message.id and v.decision = 'blocked'
      order by v.created_at desc limit 200) as l);
end
$$;
comment on function private.blocked_lately(public.et_messages, jsonb) is
'Definer: how many other messages of the sender were stopped in the conversation within the longest time a rule of '
'escalation asks for; null where none asks.';

create function private.customer_watch(p_tenant_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select jsonb_build_object('policy_version', p.version, 'messages', private.watched_messages(p.document), 'rules',
      p.document #> '{escalation,customers,after}')
    from public.active_moderation as a
    inner join public.moderation_policies as p on p.tenant_id = a.tenant_id and p.version = a.version
    where a.tenant_id = p_tenant_id and p.document #> '{escalation,customers,after}' <> '{}');
end
$$;
comment on function private.customer_watch(uuid) is
'Definer, inside decision_context(): rules of escalation for what customers write, or null. Whoever decides on their '
'messages reads them anyway.';
