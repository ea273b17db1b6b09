-- Chapter: moderation, retention. How long what was judged is kept beside the messages.
--
--   a verdict older than tenant_settings.moderation_days ──expire_moderation()──▶ the housekeeper, once an hour
--        its document, the text kept aside for it, what was said to it ──▶ gone; expired_at says so
--        the newest of a stopped message ──▶ its text and files, too: a tombstone in its place
--        its row in the log of class `moderation` ──▶ gone; of class `keep` ──▶ nothing of the message goes
--
-- That it was judged, when, by whom, for which kinds and under which policy stays, as does what readers see. What waits
-- for a person is not touched. One road: logs are append-only for everybody else.

-- ── what is gone ─────────────────────────────────────────────────────────────────────────────────────────────────

create function private.expired_at(p_tenant_id uuid, p_verdict_id uuid) returns timestamptz
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select d.expired_at from private.verdict_documents as d
    where d.tenant_id = p_tenant_id and d.verdict_id = p_verdict_id);
end
$$;
comment on function private.expired_at(uuid, uuid) is
'Definer: since when what was kept for a verdict is gone because its time was over; null while it is kept.';

create function private.refuse_expired() returns void
language plpgsql immutable set search_path = '' as $$
begin
  raise exception 'what was written is not kept any more'
    using errcode = 'PT409', detail = '{"code": "evidence_expired"}', hint = 'The tenant keeps it for as many days as its setting moderation_days says.';
end
$$;
comment on function private.refuse_expired() is 'Refuses to show or decide on a text whose time is over.';

-- ── the log ──────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.tg_blocked_log__refuse() returns trigger
language plpgsql set search_path = '' as $$
begin
  if current_setting('parley.retention', true) = 'on' then
    if tg_op = 'DELETE' and old.retention = 'moderation' then
      return old;
    elsif tg_op = 'UPDATE' and to_jsonb(old) - 'retention' = to_jsonb(new) - 'retention' then
      return new;
    end if;
  end if;
  raise exception 'the log of what was stopped is append-only'
    using errcode = 'PT405', detail = '{"code": "append_only"}',
      hint = 'Retention goes through private.expire_moderation().';
end
$$;
comment on function private.tg_blocked_log__refuse() is
'Refuses every change to the log but two, of the definers below: a row of class moderation goes, or its class changes.';
drop trigger blocked_messages_log_100_append_only on public.blocked_messages_log;
create trigger blocked_messages_log_100_append_only before update or delete on public.blocked_messages_log
for each row execute function private.tg_blocked_log__refuse();

create function private.keep_blocked(p_tenant_id uuid, p_message_id uuid, p_retention text) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_rows integer;
begin
  perform set_config('parley.retention', 'on', true);
  update public.blocked_messages_log as b set retention = p_retention
  where b.tenant_id = p_tenant_id and b.message_id = p_message_id and b.retention <> p_retention;
  get diagnostics v_rows = row_count;
  perform set_config('parley.retention', 'off', true);
  if v_rows > 0 then
    perform private.audit(p_tenant_id, 'moderation.retention_changed', 'message', p_message_id::text,
      jsonb_build_object('retention', p_retention, 'rows', v_rows));
  end if;
  return v_rows;
end
$$;
comment on function private.keep_blocked(uuid, uuid, text) is
'Definer, for the owner only: whether the evidence of a stopped message goes with the others (moderation) or stays '
'until somebody says otherwise (keep), as when a court has asked for it. On record.';

-- ── what goes ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.expired_verdicts(p_limit integer)
returns table (tenant_id uuid, message_id uuid, verdict_ids uuid[])
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select e.tenant_id, e.message_id, array_agg(e.id)
  from (
    select o.* from public.tenant_settings as s
    cross join lateral (
      select v.tenant_id, v.thread_id, v.message_id, v.id from private.verdict_documents as d
      inner join public.moderation_verdicts as v on v.tenant_id = d.tenant_id and v.id = d.verdict_id
      inner join public.et_messages as m on m.tenant_id = v.tenant_id and m.id = v.message_id
      where d.tenant_id = s.tenant_id and d.expired_at is null
        and v.created_at < clock_timestamp() - make_interval(days => s.moderation_days)
        and m.moderation_status not in ('pending', 'review')
        and not exists (
          select from public.moderation_reviews as r
          where r.tenant_id = m.tenant_id and r.message_id = m.id and r.status = 'open')
        and not exists (
          select from public.blocked_messages_log as b
          where b.tenant_id = m.tenant_id and b.message_id = m.id and b.retention = 'keep')
      order by d.verdict_id limit p_limit) as o
    where s.moderation_days is not null
    limit p_limit) as e
  group by e.tenant_id, e.thread_id, e.message_id
  order by e.tenant_id, e.thread_id, e.message_id;
end
$$;
comment on function private.expired_verdicts(integer) is
'Definer: verdicts their tenant keeps no longer, by message; the oldest of each tenant first. Nothing of a message '
'that waits for a judge or a person, or whose evidence stays.';

create function private.expire_stopped(p_message public.et_messages) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.et_messages as m
  set body = '', subject = null, reactions = null, metadata = m.metadata - 'attachments',
    deleted_at = coalesce(m.deleted_at, clock_timestamp())
  where m.tenant_id = p_message.tenant_id and m.id = p_message.id and not private.is_withdrawn(m);
  perform private.empty_files(p_message.tenant_id, array[p_message.id]);
  -- The text that stood there was kept as evidence just now.
  delete from private.message_originals as o
  where o.tenant_id = p_message.tenant_id and o.message_id = p_message.id;
end
$$;
comment on function private.expire_stopped(public.et_messages) is
'Definer: of a stopped message that is kept no longer neither text nor files are left, as if it had been taken back.';

create function private.expire_judgements(p_tenant_id uuid, p_message_id uuid, p_verdict_ids uuid[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_message public.et_messages%rowtype := private.hold_for_verdict(p_tenant_id, p_message_id);
  v_newest public.moderation_verdicts%rowtype := private.newest_verdict(p_tenant_id, p_message_id);
begin
  update private.verdict_documents as d set verdict = null, inputs = '{}', expired_at = clock_timestamp()
  where d.tenant_id = p_tenant_id and d.verdict_id = any(p_verdict_ids);
  delete from public.agent_comments as c where c.tenant_id = p_tenant_id and c.verdict_id = any(p_verdict_ids);
  update public.moderation_reviews as r set appeal = null, reason = null
  where r.tenant_id = p_tenant_id and r.verdict_id = any(p_verdict_ids) and coalesce(r.appeal, r.reason) is not null;
  delete from private.message_originals as o
  where o.tenant_id = p_tenant_id and o.message_id = p_message_id and o.digest in (
    select v.digest from public.moderation_verdicts as v
    where v.tenant_id = p_tenant_id and v.id = any(p_verdict_ids))
    and not exists (
      select from public.moderation_verdicts as v
      inner join private.verdict_documents as d on d.tenant_id = v.tenant_id and d.verdict_id = v.id
      where v.tenant_id = p_tenant_id and v.message_id = p_message_id and v.digest = o.digest and d.expired_at is null);
  if v_message.id is not null and v_message.moderation_status = 'blocked' and v_newest.id = any(p_verdict_ids) then
    perform private.expire_stopped(v_message);
  end if;
  delete from public.blocked_messages_log as b
  where b.tenant_id = p_tenant_id and b.verdict_id = any(p_verdict_ids);
end
$$;
comment on function private.expire_judgements(uuid, uuid, uuid[]) is
'Definer, inside expire_moderation(): all but the verdicts themselves goes, under the locks a verdict takes.';

create function private.expire_moderation(p_limit integer) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_old record;
  v_tenant uuid;
  v_rows bigint := 0;
  v_all bigint := 0;
begin
  perform set_config('parley.retention', 'on', true);
  for v_old in select e.* from private.expired_verdicts(p_limit) as e loop
    if v_tenant is distinct from v_old.tenant_id then
      perform private.note_expired(v_tenant, v_rows);
      v_tenant := v_old.tenant_id;
      v_rows := 0;
    end if;
    perform private.expire_judgements(v_old.tenant_id, v_old.message_id, v_old.verdict_ids);
    v_rows := v_rows + cardinality(v_old.verdict_ids);
    v_all := v_all + cardinality(v_old.verdict_ids);
  end loop;
  perform private.note_expired(v_tenant, v_rows);
  perform set_config('parley.retention', 'off', true);
  delete from public.held_words as h using public.tenant_settings as s
  where s.tenant_id = h.tenant_id and h.status = 'refused'
    and h.judged_at < clock_timestamp() - make_interval(days => s.moderation_days);
  return v_all;
end
$$;
comment on function private.expire_moderation(integer) is
'Definer, for the housekeeper: the next verdicts that are older than their tenant''s moderation_days lose what was '
'kept for them; how many. Words beside messages that were refused as long ago go, too. Any number of copies may run.';

create function private.note_expired(p_tenant_id uuid, p_rows bigint) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if p_rows > 0 then
    perform private.audit(p_tenant_id, 'moderation.expired', 'tenant', p_tenant_id::text,
      jsonb_build_object('verdicts', p_rows));
  end if;
end
$$;
comment on function private.note_expired(uuid, bigint) is 'Definer: that evidence went after its time is on record.';

grant execute on function private.expire_moderation(integer) to parley_worker;

-- ── what must hold ───────────────────────────────────────────────────────────────────────────────────────────────

insert into private.invariants (name, claim, query) values
('expired_judgement_is_empty', 'Of a judgement that is kept no longer nothing is left but the verdict.', $q$
  select d.tenant_id, v.message_id from private.verdict_documents as d
  inner join public.moderation_verdicts as v on v.tenant_id = d.tenant_id and v.id = d.verdict_id
  where d.expired_at is not null and (d.verdict is not null or d.inputs <> '{}'
    or exists (
      select from public.blocked_messages_log as b where b.tenant_id = v.tenant_id and b.verdict_id = v.id)
    or exists (
      select from public.et_messages as m
      where m.tenant_id = v.tenant_id and m.id = v.message_id and m.moderation_status = 'blocked'
        and v.id = (private.newest_verdict(m.tenant_id, m.id)).id and m.body <> ''))$q$);
