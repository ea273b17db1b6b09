-- Chapter: moderation, what people and staff may look up; and what must hold.
--
--   my_message_moderation()  its sender: what became of his message, what he wrote, and what to change
--   read_original()          an admin with a reason, audited: what was masked, stopped, changed or taken back

create function private.my_message_moderation(p_message_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_message public.et_messages%rowtype;
  v_verdict public.moderation_verdicts%rowtype;
  v_text record;
begin
  select m.* into v_message from public.et_messages as m where m.id = p_message_id;
  if v_message.id is null or v_message.direction = 'inbound'
    or not coalesce(v_message.sender_user_id = private.current_user_id(), v_message.sender = private.actor())
    or not (private.is_participant(v_message.tenant_id, v_message.thread_id)
      or coalesce(v_message.tenant_id = private.current_tenant(), false)) then
    return private.deny('message', p_message_id, 'my_message_moderation');
  end if;
  v_verdict := private.newest_verdict(v_message.tenant_id, v_message.id);
  select t.* into v_text from private.judged_text(v_message) as t;
  return jsonb_build_object(
    'message_id', v_message.id, 'thread_id', v_message.thread_id, 'rev', v_message.rev,
    'moderation_status', v_message.moderation_status, 'subject', v_message.subject, 'body', v_message.body,
    'original', case when v_message.moderation_status = 'filtered' and v_message.deleted_at is null
      and private.expired_at(v_message.tenant_id, v_verdict.id) is null
      then jsonb_build_object('subject', v_text.subject, 'body', v_text.body) end,
    -- While an edit waits, the verdict is of the text before it.
    'kinds', case when v_message.moderation_status = 'pending' then '[]'
      else to_jsonb(coalesce(v_verdict.kinds, '{}')) end,
    'decided_at', case when v_message.moderation_status <> 'pending' then v_verdict.created_at end,
    'appeal', private.review_answer(v_message.tenant_id, v_message.id),
    'comments', (
      select coalesce(jsonb_agg(jsonb_build_object('kind', c.kind, 'comment', c.comment) order by c.id), '[]')
      from public.agent_comments as c
      where c.tenant_id = v_message.tenant_id and c.message_id = v_message.id and c.visibility = 'sender'
        and coalesce(c.verdict_id = v_verdict.id, true) and v_message.moderation_status <> 'pending'));
end
$$;
comment on function private.my_message_moderation(uuid) is
'Definer: for its sender alone: the status of his message, its text as others read it and as he wrote it, and what he '
'was told about it. For anybody else it is missing.';

create function private.read_original(p_message_id uuid, p_reason text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_message public.et_messages%rowtype;
  v_text record;
begin
  perform private.refuse_no_reason(p_reason);
  select m.* into v_message from public.et_messages as m where m.tenant_id = v_tenant and m.id = p_message_id;
  if v_message.id is null then
    return private.deny('message', p_message_id, 'read_original');
  end if;
  perform private.audit(v_tenant, 'message.original_read', 'message', p_message_id::text, jsonb_build_object(
    'thread_id', v_message.thread_id, 'reason', left(p_reason, 500)));
  if v_message.moderation_status in ('filtered', 'blocked')
    and private.expired_at(v_tenant, (private.newest_verdict(v_tenant, p_message_id)).id) is not null then
    perform private.refuse_expired();
  end if;
  select t.* into v_text from private.judged_text(v_message) as t;
  return jsonb_build_object(
    'message_id', v_message.id, 'thread_id', v_message.thread_id, 'moderation_status', v_message.moderation_status,
    'subject', v_message.subject, 'body', v_message.body,
    'original', jsonb_build_object('subject', v_text.subject, 'body', v_text.body, 'digest', encode(v_text.digest,
      'hex')),
    'kept', (
      select coalesce(jsonb_agg(jsonb_build_object('digest', encode(o.digest, 'hex'), 'subject', o.subject, 'body',
        o.body, 'kept_at', o.kept_at, 'decision', (
          select v.decision from public.moderation_verdicts as v
          where v.tenant_id = o.tenant_id and v.message_id = o.message_id and v.digest = o.digest
          order by v.id desc limit 1)) order by o.kept_at), '[]')
      from private.message_originals as o where o.tenant_id = v_tenant and o.message_id = p_message_id));
end
$$;
comment on function private.read_original(uuid, text) is
'Definer: an admin reads what was written where readers see a mask or nothing. It leaves its audit row in the same '
'transaction, or nothing is read.';

create function public.my_message_moderation(p_message_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.my_message_moderation(p_message_id); end;
create function public.read_original(p_message_id uuid, p_reason text) returns jsonb
language sql volatile set search_path = '' begin atomic select private.read_original(p_message_id, p_reason); end;
comment on function public.my_message_moderation(uuid) is
'What became of a message of yours: whether it is read, waits or was stopped, what was masked, and what to change.';
comment on function public.read_original(uuid, text) is
'Read what somebody wrote before it was masked, stopped, changed or taken back, with a reason that is audited. Admins.';

grant execute on function private.my_message_moderation(uuid), public.my_message_moderation(uuid),
private.read_original(uuid, text), public.read_original(uuid, text) to authenticated;

-- ── what waited before ───────────────────────────────────────────────────────────────────────────────────────────

create function private.tg_active_moderation__await() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.moderation_work (tenant_id, message_id)
  select m.tenant_id, m.id from public.et_messages as m
  where m.tenant_id = new.tenant_id and m.moderation_status = 'pending' and m.erased_at is null
    and private.is_gated(m)
  on conflict (tenant_id, message_id) do nothing;
  return null;
end
$$;
comment on function private.tg_active_moderation__await() is
'Definer: what the backend held while nothing was judged has a judge from now on.';
create trigger active_moderation_800_await after insert or update of version on public.active_moderation
for each row execute function private.tg_active_moderation__await();

-- ── what must hold ───────────────────────────────────────────────────────────────────────────────────────────────

insert into private.invariants (name, claim, query) values
('judged_is_shown_stopped_or_held', 'What is judged is exactly one of: shown as its newest verdict says, stopped with '
'a row of the log for it, or held: for a person, or waiting with work.', $q$
  select j.tenant_id, j.message_id, m.moderation_status, v.decision from (
    select w.tenant_id, w.message_id from private.moderation_work as w
    union
    select v.tenant_id, v.message_id from public.moderation_verdicts as v) as j
  left join public.et_messages as m on m.tenant_id = j.tenant_id and m.id = j.message_id
  left join lateral (
    select x.id, x.decision from public.moderation_verdicts as x
    where x.tenant_id = j.tenant_id and x.message_id = j.message_id order by x.id desc limit 1) as v on true
  left join private.moderation_work as w on w.tenant_id = j.tenant_id and w.message_id = j.message_id
  where m.id is null or case
    when m.erased_at is not null then w.message_id is not null
    when m.moderation_status = 'pending' then w.message_id is null
    else w.message_id is not null or v.decision is distinct from m.moderation_status
      or (m.moderation_status = 'blocked' and not exists (
        select from public.blocked_messages_log as b where b.tenant_id = j.tenant_id and b.verdict_id = v.id)
        and private.expired_at(j.tenant_id, v.id) is null) end$q$),
('waiting_has_work', 'Where a tenant has its texts judged, every one that waits has a work row.', $q$
  select m.tenant_id, m.id from public.et_messages as m
  where m.moderation_status = 'pending' and m.erased_at is null and private.moderation_lane(m) is not null
    and exists (
      select from public.active_moderation as a
      inner join public.moderation_policies as p on p.tenant_id = a.tenant_id and p.version = a.version
      where a.tenant_id = m.tenant_id and p.document -> 'lanes' ? private.moderation_lane(m))
    and not exists (
      select from private.moderation_work as w where w.tenant_id = m.tenant_id and w.message_id = m.id)$q$),
('masked_has_its_original', 'What its sender wrote is kept beside every mask.', $q$
  select m.tenant_id, m.id from public.et_messages as m
  cross join lateral private.newest_verdict(m.tenant_id, m.id) as v
  where m.moderation_status = 'filtered' and m.erased_at is null and v.id is not null
    and private.expired_at(m.tenant_id, v.id) is null and not exists (
      select from private.message_originals as o
      where o.tenant_id = m.tenant_id and o.message_id = m.id and o.digest = v.digest)$q$),
('masked_is_not_what_was_written', 'What is read masked is another text than the one that was withheld.', $q$
  select m.tenant_id, m.id from public.et_messages as m
  inner join private.message_originals as o on o.tenant_id = m.tenant_id and o.message_id = m.id
  where m.moderation_status = 'filtered' and m.deleted_at is null and m.erased_at is null
    and o.digest = (private.newest_verdict(m.tenant_id, m.id)).digest
    and (o.subject, o.body) is not distinct from (m.subject, m.body)$q$),
('shown_was_judged', 'What was written since its lane is judged is read by nobody without a verdict. A transaction '
'that began before the policy was in force may last five minutes.', $q$
  select m.tenant_id, m.id from public.active_moderation as a
  inner join public.moderation_policies as p on p.tenant_id = a.tenant_id and p.version = a.version
  inner join public.et_messages as m on m.tenant_id = a.tenant_id
    and m.created_at > a.activated_at + interval '5 minutes'
  where m.moderation_status in ('approved', 'filtered') and m.erased_at is null
    and p.document -> 'lanes' ? private.moderation_lane(m) and not exists (
      select from public.moderation_verdicts as v where v.tenant_id = m.tenant_id and v.message_id = m.id)$q$),
('approved_reads_as_judged', 'What is read unmasked is the text that was approved.', $q$
  select m.tenant_id, m.id from public.et_messages as m
  inner join public.moderation_verdicts as v on v.tenant_id = m.tenant_id and v.message_id = m.id
  where m.moderation_status = 'approved' and m.deleted_at is null and m.erased_at is null
    and v.id = (private.newest_verdict(m.tenant_id, m.id)).id
    and v.digest <> private.text_digest(m.subject, m.body || private.fixed_lines(m))$q$),
('held_never_left', 'No send whose text was never passed was begun.', $q$
  select m.tenant_id, m.id, m.moderation_status from public.et_messages as m
  inner join public.et_outbound_queue as q on q.tenant_id = m.tenant_id and q.message_id = m.id
  inner join public.dispatch_attempts as a on a.tenant_id = q.tenant_id and a.queue_id = q.id
  where m.moderation_status in ('pending', 'review', 'blocked') and m.edited_at is null and not exists (
    select from public.moderation_verdicts as v
    where v.tenant_id = m.tenant_id and v.message_id = m.id and v.decision in ('approved', 'filtered'))$q$);
