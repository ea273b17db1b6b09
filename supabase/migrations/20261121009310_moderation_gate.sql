-- Chapter: moderation, the gate. What has to be judged waits, whatever its writer asked for; only a verdict moves it.
--
--   INSERT ─ private.place_message() asks is_gated() ─▶ pending + moderation_work ─ commit ─▶ NOTIFY et_moderation
--   edit ───▶ the old text aside, pending again      withdrawal ─▶ a held text aside, the rest of its way as before
--
--   pending → approved | filtered | review | blocked          by its newest verdict, and once no work waits
--   review, blocked, filtered → approved | filtered | blocked by a person's
--
-- The judged text is the subject, a line feed, the body, and a line for each name of a file and each value of a
-- template: readers see these, too. They cannot be masked, so what is found there is held for a person.

-- ── what is judged, by which policy ──────────────────────────────────────────────────────────────────────────────

create function private.moderation_lane(p_message public.et_messages) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case
    when p_message.direction = 'inbound' then null
    when p_message.direction = 'outbound' and p_message.message_type = 'template' then 'template'
    when p_message.sender_kind = 'system' then null
    when p_message.sender_kind in ('agent', 'ai') then p_message.sender_kind
    when p_message.direction = 'internal' then 'people'
    else 'agent'
  end;
end
$$;
comment on function private.moderation_lane(public.et_messages) is
'people, agent, ai or template; null for what is not judged: what comes in is for the business itself, and what the '
'system says has no author.';

create function private.active_policy(p_tenant_id uuid) returns public.moderation_policies
language plpgsql stable security definer set search_path = '' as $$
declare
  v_policy public.moderation_policies%rowtype;
begin
  select p.* into v_policy from public.active_moderation as a
  inner join public.moderation_policies as p on p.tenant_id = a.tenant_id and p.version = a.version
  where a.tenant_id = p_tenant_id;
  return v_policy;
end
$$;
comment on function private.active_policy(uuid) is 'Definer: the policy in force; a row of nulls when there is none.';

create function private.judging_policy(p_tenant_id uuid) returns public.moderation_policies
language plpgsql stable security definer set search_path = '' as $$
declare
  v_policy public.moderation_policies%rowtype := private.active_policy(p_tenant_id);
begin
  if v_policy.version is null then
    select p.* into v_policy from public.moderation_policies as p
    where p.tenant_id = p_tenant_id order by p.version desc limit 1;
  end if;
  return v_policy;
end
$$;
comment on function private.judging_policy(uuid) is
'Definer: the policy in force, or where moderation was switched off the last one: what waits then is still judged.';

create function private.moderates(p_tenant_id uuid, p_lane text) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.active_moderation as a
    inner join public.moderation_policies as p on p.tenant_id = a.tenant_id and p.version = a.version
    where a.tenant_id = p_tenant_id and p.document -> 'lanes' ? p_lane);
end
$$;
comment on function private.moderates(uuid, text) is 'Definer: whether a tenant has one lane judged now.';

create function private.is_gated(p_message public.et_messages) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return private.moderates(p_message.tenant_id, private.moderation_lane(p_message));
end
$$;
comment on function private.is_gated(public.et_messages) is
'Definer: the policy in force names the lane of this message, so it is judged before anybody reads it.';

create function private.moderation_stage(p_tenant_id uuid, p_thread_id uuid, p_document jsonb) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  return case when exists (
    select from public.contact_reveals as r
    where r.tenant_id = p_tenant_id and r.thread_id = p_thread_id
      and coalesce(p_document -> 'reveal_on', '["bid_accepted", "connection_fee_paid", "staff"]') ? r.event)
    then 'after' else 'before' end;
end
$$;
comment on function private.moderation_stage(uuid, uuid, jsonb) is
'Definer: before or after contact details were revealed in a conversation, by an event that this policy counts.';

create function private.stage_of(p_message public.et_messages, p_document jsonb) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  return case private.moderation_lane(p_message)
    when 'people' then private.moderation_stage(p_message.tenant_id, p_message.thread_id, p_document)
    else 'after' end;
end
$$;
comment on function private.stage_of(public.et_messages, jsonb) is
'Definer: the stage a message is judged in. The business is no stranger to those it writes to: after.';

-- ── the text ─────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.text_digest(p_subject text, p_body text) returns bytea
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return sha256(convert_to(coalesce(p_subject, '') || e'\n' || p_body, 'UTF8'));
end
$$;
comment on function private.text_digest(text, text) is 'SHA-256 of a judged text: subject, line feed, body.';

create function private.fixed_lines(p_message public.et_messages) returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  v_names text;
  v_values text;
begin
  select string_agg(e'\n' || a.filename, '' order by a.position, a.id) into v_names
  from public.message_attachments as a
  where a.tenant_id = p_message.tenant_id and a.message_id = p_message.id and a.status <> 'erased';
  if p_message.message_type = 'template' then
    select string_agg(e'\n' || (v.value #>> '{}'), '' order by v.n) into v_values
    from public.et_outbound_queue as q
    cross join lateral jsonb_path_query(q.template - '{name,language}'::text[], 'strict $.**')
    with ordinality as v (value, n)
    where q.tenant_id = p_message.tenant_id and q.message_id = p_message.id and jsonb_typeof(v.value) = 'string';
  end if;
  return concat(v_names, v_values);
end
$$;
comment on function private.fixed_lines(public.et_messages) is
'Definer: what readers see of a message beside its text and nobody can mask: the names of its files and the values in '
'its template, each after a line feed.';

create function private.is_withdrawn(p_message public.et_messages) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return p_message.deleted_at is not null and p_message.body = '';
end
$$;
comment on function private.is_withdrawn(public.et_messages) is 'Taken back: nothing of its text stands in the row.';

create function private.newest_verdict(p_tenant_id uuid, p_message_id uuid) returns public.moderation_verdicts
language plpgsql stable security definer set search_path = '' as $$
declare
  v_verdict public.moderation_verdicts%rowtype;
begin
  select v.* into v_verdict from public.moderation_verdicts as v
  where v.tenant_id = p_tenant_id and v.message_id = p_message_id order by v.id desc limit 1;
  return v_verdict;
end
$$;
comment on function private.newest_verdict(uuid, uuid) is 'Definer: the verdict a message''s status shows, or nulls.';

create function private.judged_text(
  p_message public.et_messages, out subject text, out body text, out lines text, out digest bytea
)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_known bytea := case when p_message.moderation_status <> 'pending'
    then (private.newest_verdict(p_message.tenant_id, p_message.id)).digest end;
begin
  if v_known is not null or private.is_withdrawn(p_message) then
    select o.subject, o.body, o.digest into subject, body, digest from private.message_originals as o
    where o.tenant_id = p_message.tenant_id and o.message_id = p_message.id and o.digest = coalesce(v_known, o.digest)
    order by o.kept_at desc limit 1;
  end if;
  if body is null then
    subject := p_message.subject;
    body := p_message.body;
  end if;
  -- The names of withdrawn files are gone.
  lines := case when private.is_withdrawn(p_message) then '' else private.fixed_lines(p_message) end;
  digest := coalesce(v_known, digest, private.text_digest(subject, body || lines));
end
$$;
comment on function private.judged_text(public.et_messages) is
'Definer: what its sender wrote, as it stands or, masked or withdrawn, as it was kept; the digest it is judged under.';

create function private.keep_original(p_message public.et_messages) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into private.message_originals as o (tenant_id, message_id, digest, subject, body)
  values (p_message.tenant_id, p_message.id, private.text_digest(p_message.subject,
    p_message.body || private.fixed_lines(p_message)), p_message.subject, p_message.body)
  on conflict (tenant_id, message_id, digest) do update set kept_at = clock_timestamp();
end
$$;
comment on function private.keep_original(public.et_messages) is
'Definer: a text that is about to leave its message is found by its digest.';

-- ── waiting ──────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.await_verdict(p_tenant_id uuid, p_message_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Not an update: whoever judges the text that stood there loses his lease, and workers are told anew.
  delete from private.moderation_work as w where w.tenant_id = p_tenant_id and w.message_id = p_message_id;
  insert into private.moderation_work (tenant_id, message_id) values (p_tenant_id, p_message_id);
end
$$;
comment on function private.await_verdict(uuid, uuid) is 'Definer: a message waits to be judged, from now on.';

create function private.tg_moderation_work__wake() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if current_setting('parley.woke_moderation', true) is distinct from 'on' and exists (
    select from private.moderation_work as w
    where w.tenant_id = new.tenant_id and w.message_id = new.message_id) then
    perform set_config('parley.woke_moderation', 'on', true);
    if pg_try_advisory_xact_lock(7100093) then
      perform pg_notify('et_moderation', '');
    end if;
  end if;
  return null;
end
$$;
comment on function private.tg_moderation_work__wake() is
'Definer, at commit, once a transaction: a hint to the moderator, unless what waited was judged before the commit.';
create constraint trigger moderation_work_900_wake after insert on private.moderation_work
deferrable initially deferred for each row execute function private.tg_moderation_work__wake();

-- ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.is_verdict_step(p_from text, p_to text, p_decider text) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case p_from
    when 'pending' then p_to in ('approved', 'filtered', 'review', 'blocked')
    when 'approved' then false
    else p_to in ('approved', 'filtered', 'blocked') and p_decider = 'person'
  end;
end
$$;
comment on function private.is_verdict_step(text, text, text) is
'The whole lifecycle of moderation: what a verdict of this decider may make of a message. What is not listed is '
'refused.';

create function private.refuse_step(p_from text, p_to text) returns void
language plpgsql immutable set search_path = '' as $$
begin
  raise exception 'only a verdict moves a message from % to %', p_from, p_to
    using errcode = 'PT409', hint = 'Let the moderator judge it, or decide on it in the review queue.',
      detail = jsonb_build_object('code', 'refused_transition', 'field', 'moderation_status', 'from', p_from, 'to',
        p_to)::text;
end
$$;
comment on function private.refuse_step(text, text) is 'Refuses a change of moderation_status.';

create function private.is_judged(
  p_old public.et_messages, p_new public.et_messages, p_verdict public.moderation_verdicts
) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return private.is_verdict_step(p_old.moderation_status, p_new.moderation_status, p_verdict.decider)
    and p_verdict.decision = p_new.moderation_status
    and not exists (
      select from private.moderation_work as w where w.tenant_id = p_new.tenant_id and w.message_id = p_new.id)
    and case
      when (p_old.subject, p_old.body) is not distinct from (p_new.subject, p_new.body)
        and p_new.moderation_status <> 'approved' then true
      when private.is_withdrawn(p_new) then private.is_withdrawn(p_old)
      when p_new.moderation_status = 'approved' then p_verdict.digest = private.text_digest(p_new.subject,
        p_new.body || private.fixed_lines(p_new))
      else p_new.moderation_status = 'filtered' and exists (
        select from private.message_originals as o where o.tenant_id = p_new.tenant_id and o.message_id = p_new.id
          and o.digest = p_verdict.digest)
    end;
end
$$;
comment on function private.is_judged(public.et_messages, public.et_messages, public.moderation_verdicts) is
'Definer: the newest verdict says what a message is about to become, of this text, and nothing waits any more. What is '
'approved reads as it was judged; what is masked has its original aside.';

create function private.tg_messages__moderate() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_edited boolean := (old.subject, old.body) is distinct from (new.subject, new.body);
  v_verdict public.moderation_verdicts%rowtype := private.newest_verdict(new.tenant_id, new.id);
begin
  if new.erased_at is not null and new.moderation_status = old.moderation_status
    or v_verdict.id is null and not private.is_gated(new) and not exists (
      select from private.moderation_work as w where w.tenant_id = new.tenant_id and w.message_id = new.id) then
    return new;
  end if;
  if new.moderation_status <> old.moderation_status and not (new.moderation_status = 'pending' and v_edited) then
    if private.is_judged(old, new, v_verdict) is not true then
      perform private.refuse_step(old.moderation_status, new.moderation_status);
    end if;
    return new;
  end if;
  if v_edited and old.moderation_status = 'approved' and private.is_withdrawn(new) then
    -- What was never held is gone with it.
    delete from private.message_originals as o
    where o.tenant_id = new.tenant_id and o.message_id = new.id and not exists (
      select from public.moderation_verdicts as v
      where v.tenant_id = o.tenant_id and v.message_id = o.message_id and v.digest = o.digest
        and v.decision <> 'approved');
  elsif v_edited and not private.is_withdrawn(old) and old.moderation_status <> 'filtered' then
    perform private.keep_original(old);
    if private.is_withdrawn(new) then
      new.subject := null; -- nobody masks it any more
    end if;
  end if;
  if v_edited and not private.is_withdrawn(new) then
    new.moderation_status := 'pending';
    new.content_digest := null;
    perform private.await_verdict(new.tenant_id, new.id);
  end if;
  return new;
end
$$;
comment on function private.tg_messages__moderate() is
'Definer: a changed text is judged like a new one, a status follows a verdict alone, and held texts are kept when they '
'are changed or taken back. Of a withdrawn approved one nothing is kept.';
create trigger et_messages_150_moderate before update of subject, body, moderation_status, deleted_at
on public.et_messages
for each row when (
  new.direction <> 'inbound' and (old.subject, old.body, old.moderation_status)
  is distinct from (new.subject, new.body, new.moderation_status)
)
execute function private.tg_messages__moderate();

-- ── what a judge is told ─────────────────────────────────────────────────────────────────────────────────────────

create function private.moderation_trust(p_message public.et_messages) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return '{}'::jsonb;
end
$$;
comment on function private.moderation_trust(public.et_messages) is
'Definer: what is known of the sender of a message that its judge goes by.';

create function private.replaced_texts(p_message public.et_messages)
returns table (digest bytea, body text, read_from timestamptz)
language plpgsql stable security definer set search_path = '' as $$
begin
  return query
  select o.digest, o.body || case when private.text_digest(o.subject, o.body || l.lines) = o.digest then l.lines
    else '' end, o.read_from
  from (
    select x.*, coalesce(lag(x.kept_at) over (order by x.kept_at), p_message.created_at) as read_from
    from private.message_originals as x
    where x.tenant_id = p_message.tenant_id and x.message_id = p_message.id) as o
  cross join lateral (select private.fixed_lines(p_message) as lines) as l
  where p_message.edited_at is not null and exists (
    select from public.moderation_verdicts as v
    where v.tenant_id = p_message.tenant_id and v.message_id = p_message.id and v.digest = o.digest
      and v.decision in ('approved', 'filtered'));
end
$$;
comment on function private.replaced_texts(public.et_messages) is
'Definer: what was read in a message before it was changed, and from when on: a number may be told by edits, too.';

create function private.earlier_texts(p_message public.et_messages, p_most integer) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('message_id', e.id, 'digest', encode(e.digest, 'hex'), 'body',
      e.body) order by e.read_from, e.seq), '[]')
    from (
      select w.id, w.seq, t.digest, t.body, t.read_from from (
        (select m.id, m.seq, m as message from public.et_messages as m
          where m.tenant_id = p_message.tenant_id and m.thread_id = p_message.thread_id
            and m.sender = p_message.sender and m.id <> p_message.id and m.direction = p_message.direction
            -- What was changed was written after all of them.
            and (m.seq < p_message.seq or p_message.edited_at is not null)
            and m.deleted_at is null and m.moderation_status <> 'blocked'
          order by m.seq desc limit least(greatest(p_most, 0), 12))
        union all
        select p_message.id, p_message.seq, p_message) as w
      cross join lateral (
        select n.digest, n.body || n.lines as body, greatest((w.message).created_at, (w.message).edited_at) as read_from
        from private.judged_text(w.message) as n where w.id <> p_message.id
        union
        select r.digest, r.body, r.read_from from private.replaced_texts(w.message) as r
        -- What still stands in it, and what more stood in it, completes nothing.
        where w.id <> p_message.id or strpos(p_message.body, r.body) + strpos(r.body, p_message.body) = 0) as t
      order by t.read_from desc, w.seq desc limit least(greatest(p_most, 0), 12)) as e);
end
$$;
comment on function private.earlier_texts(public.et_messages, integer) is
'Definer: what the sender wrote in the conversation before, as he wrote it, oldest first, also what he changed since: '
'a number may be told in parts. What was stopped or taken back completes nothing.';

create function private.window_of(p_document jsonb) returns integer
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case when jsonb_typeof(p_document -> 'window') = 'number'
    then least(greatest(round((p_document ->> 'window')::numeric), 0), 12)::integer else 10 end;
end
$$;
comment on function private.window_of(jsonb) is
'How many earlier texts a policy has read with one: 0 to 12, and 10 where it does not say.';

create function private.moderation_inputs(p_tenant_id uuid, p_message_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_message public.et_messages%rowtype;
  v_policy public.moderation_policies%rowtype;
  v_lane text;
  v_stage text;
  v_text record;
  v_watch jsonb;
begin
  select m.* into v_message from public.et_messages as m
  where m.tenant_id = p_tenant_id and m.id = p_message_id and m.moderation_status = 'pending' and m.erased_at is null;
  v_policy := private.judging_policy(p_tenant_id);
  v_lane := private.moderation_lane(v_message);
  if v_message.id is null or v_lane is null or v_policy.version is null then
    return null;
  end if;
  v_stage := private.stage_of(v_message, v_policy.document);
  v_watch := v_policy.document -> 'escalation' -> v_lane -> v_stage;
  select t.* into v_text from private.judged_text(v_message) as t;
  return jsonb_build_object(
    'message_id', v_message.id, 'thread_id', v_message.thread_id, 'lane', v_lane, 'stage', v_stage,
    'policy_version', v_policy.version, 'document', v_policy.document,
    'rules', v_policy.document -> 'lanes' -> v_lane -> v_stage, 'is_moderated', v_policy.document -> 'lanes' ? v_lane,
    'subject', v_text.subject, 'body', v_text.body || v_text.lines, 'digest', encode(v_text.digest, 'hex'),
    'earlier', private.earlier_texts(v_message, greatest(private.window_of(v_policy.document),
      case when v_watch <> '{}' then private.watched_messages(v_policy.document) - 1 end)),
    'blocked', case when v_watch <> '{}' then private.blocked_lately(v_message, v_watch) end,
    'regions', coalesce(v_policy.document -> 'regions', (
      select to_jsonb(t.home_regions) from public.tenants as t where t.id = p_tenant_id)),
    'sender', v_message.sender,
    'trust', private.moderation_trust(v_message));
end
$$;
comment on function private.moderation_inputs(uuid, uuid) is
'Definer, for whoever judges: everything a verdict on a message that waits is made from, as one object; null when it '
'does not wait. The body has a line for each name of a file and each value of a template. Volatile, so that it sees '
'what was written in the same statement.';

grant execute on function private.moderation_inputs(uuid, uuid) to parley_worker, parley_api;
