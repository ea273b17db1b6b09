-- Chapter: privacy, part two. Conversations are emptied a few hundred messages at a time, and what admins call.
--
--   erasure_work ──▶ erase_some(): the thread locked ──▶ files, sends, messages, decisions ──▶ next_seq on, or done

create function private.empty_messages(p_thread public.et_threads, p_ids uuid[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_first bigint;
  v_last bigint;
begin
  select min(m.seq), max(m.seq) into v_first, v_last from public.et_messages as m
  where m.tenant_id = p_thread.tenant_id and m.id = any(p_ids) and m.delivery_status = 'received';
  if v_first is not null then
    perform private.record_decision(p_thread, v_first, v_last, jsonb_build_object('id', private.uuid_v7(),
      'action', 'no_reply', 'decider', 'none', 'reasons', '["erased"]'::jsonb), null, null);
    update public.et_messages as m set delivery_status = 'inbound_processing'
    where m.tenant_id = p_thread.tenant_id and m.id = any(p_ids) and m.delivery_status = 'received';
  end if;
  update public.et_messages as m
  set body = '', subject = null, sender_name = null, sender_address = null, language = null, client_message_id = null,
    content_digest = null, reference_ids = null, metadata = '{}', search_vector = null,
    -- A Message-ID of ours names nobody, and receipts find their mail by it.
    external_message_id = case when m.direction = 'outbound' and m.channel = 'email' then m.external_message_id
      else private.salted_digest(m.tenant_id, m.external_message_id) end,
    delivery_status = case m.delivery_status when 'inbound_processing' then 'inbound_ai_replied'
      else m.delivery_status end,
    deleted_at = coalesce(m.deleted_at, clock_timestamp()), erased_at = clock_timestamp(),
    rev = p_thread.last_rev + n.place
  from (
    select x.id, row_number() over (order by x.seq) as place from public.et_messages as x
    where x.tenant_id = p_thread.tenant_id and x.id = any(p_ids)) as n
  where m.tenant_id = p_thread.tenant_id and m.id = n.id;
  update public.et_threads as t set last_rev = t.last_rev + cardinality(p_ids),
    preview = case when (
      select m.erased_at from public.et_messages as m
      where m.tenant_id = t.tenant_id and m.thread_id = t.id and m.moderation_status in ('approved', 'filtered')
        and (t.channel <> 'in_app' or private.is_shown(m.moderation_status, m.direction, m.delivery_status))
      order by m.seq desc limit 1) is not null then '' else t.preview end
  where t.tenant_id = p_thread.tenant_id and t.id = p_thread.id;
end
$$;
comment on function private.empty_messages(public.et_threads, uuid[]) is
'Definer, whose caller holds the thread: messages become tombstones under new revs; undecided ones are dealt with.';

create function private.empty_files(p_tenant_id uuid, p_message_ids uuid[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_files uuid[] := array(
    select a.id from public.message_attachments as a
    where a.tenant_id = p_tenant_id and a.message_id = any(p_message_ids) and a.status <> 'erased');
begin
  delete from private.attachment_blobs as b where b.tenant_id = p_tenant_id and b.attachment_id = any(v_files);
  delete from private.attachment_work as w where w.tenant_id = p_tenant_id and w.attachment_id = any(v_files);
  update public.message_attachments as a
  set status = 'erased', refused = null, filename = 'erased', content_type = 'application/octet-stream', sha256 = null,
    content_id = null, storage_bucket = null, storage_path = null, thumbnail_path = null, width = null, height = null,
    detected_type = null
  where a.tenant_id = p_tenant_id and a.id = any(v_files);
end
$$;
comment on function private.empty_files(uuid, uuid[]) is
'Definer: the files of these messages are a number of bytes now.';

create function private.empty_dispatches(p_tenant_id uuid, p_message_ids uuid[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_queue uuid[];
begin
  with emptied as (
    update public.et_outbound_queue as q
    set recipient = private.salted_digest(q.tenant_id, q.recipient), template = null,
      provider_message_id = private.salted_digest(q.tenant_id, q.provider_message_id)
    where q.tenant_id = p_tenant_id and q.message_id = any(p_message_ids)
    returning q.id
  )
  select array_agg(e.id) into v_queue from emptied as e;
  update public.dispatch_attempts as a
  set error = null, provider_message_id = private.salted_digest(a.tenant_id, a.provider_message_id)
  where a.tenant_id = p_tenant_id and a.queue_id = any(v_queue);
  delete from private.tracking_links as l
  where l.tenant_id = p_tenant_id and l.queue_id = any(v_queue) and l.kind = 'click';
  delete from private.tracking_origins as o using public.delivery_receipts as r
  where r.tenant_id = p_tenant_id and r.message_id = any(p_message_ids) and o.tenant_id = r.tenant_id
    and o.receipt_id = r.id;
  update public.delivery_receipts as r
  set recipient = null, diagnostic = null, event_id = private.salted_digest(r.tenant_id, r.event_id),
    external_message_id = private.salted_digest(r.tenant_id, r.external_message_id)
  where r.tenant_id = p_tenant_id and r.message_id = any(p_message_ids);
  update public.manual_tasks as k set title = 'Erased', target = 'erased', note = null
  where k.tenant_id = p_tenant_id and k.message_id = any(p_message_ids);
end
$$;
comment on function private.empty_dispatches(uuid, uuid[]) is
'Definer: sends keep what became of them, when and in how many tries; not to whom, and not what the provider said.';

create function private.empty_judgements(p_tenant_id uuid, p_message_ids uuid[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from private.moderation_work as w where w.tenant_id = p_tenant_id and w.message_id = any(p_message_ids);
  delete from private.message_originals as o where o.tenant_id = p_tenant_id and o.message_id = any(p_message_ids);
  delete from public.agent_comments as c where c.tenant_id = p_tenant_id and c.message_id = any(p_message_ids);
  update private.verdict_documents as d set verdict = null, inputs = '{}' from public.moderation_verdicts as v
  where v.tenant_id = p_tenant_id and v.message_id = any(p_message_ids) and d.tenant_id = v.tenant_id
    and d.verdict_id = v.id;
end
$$;
comment on function private.empty_judgements(uuid, uuid[]) is
'Definer: that these messages were judged, and how, stays; what was written, found in it and said about it goes.';

create function private.empty_decisions(p_thread public.et_threads, p_first bigint, p_last bigint, p_contacts uuid[])
returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_decisions uuid[];
begin
  with emptied as (
    update public.inbound_decisions as d
    set input = null, reasons = '{erased}', intent = null, language = null, sentiment = null
    where d.tenant_id = p_thread.tenant_id and d.thread_id = p_thread.id and d.last_seq between p_first and p_last
      and (p_thread.erased_at is not null or d.contact_id = any(p_contacts))
    returning d.id
  )
  select array_agg(e.id) into v_decisions from emptied as e;
  delete from public.shadow_decisions as s
  where s.tenant_id = p_thread.tenant_id and s.decision_id = any(v_decisions);
end
$$;
comment on function private.empty_decisions(public.et_threads, bigint, bigint, uuid[]) is
'Definer: what was decided, by whom and at what cost stays; what went into it and why goes.';

create function private.erase_some(p_work private.erasure_work, p_limit bigint) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_erasure private.erasures;
  v_thread public.et_threads%rowtype;
  v_ids uuid[];
  v_last bigint;
  v_busy bigint;
  v_seen bigint;
begin
  select e.* into v_erasure from private.erasures as e
  where e.tenant_id = p_work.tenant_id and e.id = p_work.erasure_id;
  select t.* into v_thread from public.et_threads as t
  where t.tenant_id = p_work.tenant_id and t.id = p_work.thread_id for no key update;
  select max(b.seq), min(b.seq) filter (where b.is_his and b.is_busy), count(*),
    array_agg(b.id order by b.seq) filter (where b.is_his and not b.is_busy)
  into v_last, v_busy, v_seen, v_ids
  from (
    select m.id, m.seq, coalesce(q.status, m.delivery_status) in ('sending', 'inbound_processing') as is_busy,
      m.erased_at is null and (not p_work.is_shared or m.sender_contact_id = any(v_erasure.contact_ids)
      or (m.sender_kind = 'participant' and m.sender_user_id = any(v_erasure.user_ids))) as is_his
    from public.et_messages as m
    left join public.et_outbound_queue as q on q.tenant_id = m.tenant_id and q.message_id = m.id
    where m.tenant_id = p_work.tenant_id and m.thread_id = p_work.thread_id and m.seq >= p_work.next_seq
    order by m.seq limit p_limit) as b;
  if v_ids is not null then
    perform private.empty_files(p_work.tenant_id, v_ids);
    perform private.empty_dispatches(p_work.tenant_id, v_ids);
    perform private.empty_judgements(p_work.tenant_id, v_ids);
    perform private.empty_messages(v_thread, v_ids);
  end if;
  perform private.empty_decisions(v_thread, p_work.next_seq, v_last, v_erasure.contact_ids);
  update private.erasures as e set messages = e.messages + coalesce(cardinality(v_ids), 0)
  where e.tenant_id = p_work.tenant_id and e.id = p_work.erasure_id;
  if v_busy is null and v_seen < p_limit then
    perform private.finish_thread_erasure(p_work);
  else
    -- What is being sent is looked at again when its try may have ended.
    update private.erasure_work as w set next_seq = coalesce(v_busy, v_last + 1),
      run_at = clock_timestamp() + case when v_busy is null then interval '0' else interval '2 seconds' end
    where w.tenant_id = p_work.tenant_id and w.erasure_id = p_work.erasure_id and w.thread_id = p_work.thread_id;
  end if;
  return v_seen + 1;
end
$$;
comment on function private.erase_some(private.erasure_work, bigint) is
'Definer, whose caller holds the work row: the next messages of one conversation; how many were looked at, and one.';

create function private.finish_thread_erasure(p_work private.erasure_work) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from private.erasure_work as w
  where w.tenant_id = p_work.tenant_id and w.erasure_id = p_work.erasure_id and w.thread_id = p_work.thread_id;
  if not p_work.is_shared then
    delete from private.inbound_work as w where w.tenant_id = p_work.tenant_id and w.thread_id = p_work.thread_id;
  elsif exists (
    select from private.inbound_work as w
    where w.tenant_id = p_work.tenant_id and w.thread_id = p_work.thread_id and w.lease_until is null) then
    perform private.close_work(p_work.tenant_id, p_work.thread_id);
  end if;
  perform private.finish_erasure(p_work.tenant_id, p_work.erasure_id);
end
$$;
comment on function private.finish_thread_erasure(private.erasure_work) is 'Definer: this conversation is empty.';

create function private.finish_erasure(p_tenant_id uuid, p_erasure_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_erasure private.erasures;
begin
  update private.erasures as e set finished_at = clock_timestamp()
  where e.tenant_id = p_tenant_id and e.id = p_erasure_id and e.finished_at is null and not exists (
    select from private.erasure_work as w where w.tenant_id = e.tenant_id and w.erasure_id = e.id)
  returning e.* into v_erasure;
  if v_erasure.id is not null then
    perform private.audit(p_tenant_id, 'contact.erasure_finished', 'contact', v_erasure.contact_id::text,
      jsonb_build_object('erasure_id', v_erasure.id, 'messages', v_erasure.messages, 'cancelled',
        v_erasure.cancelled));
  end if;
end
$$;
comment on function private.finish_erasure(uuid, uuid) is 'Definer: once no conversation is left, that is on record.';

create function private.continue_erasures(p_limit integer, p_erasure_id uuid default null) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_work private.erasure_work;
begin
  select w.* into v_work from private.erasure_work as w
  where w.run_at <= clock_timestamp() and (p_erasure_id is null or w.erasure_id = p_erasure_id)
  order by w.run_at limit 1 for update skip locked;
  if not found then
    return 0;
  end if;
  return private.erase_some(v_work, p_limit);
end
$$;
comment on function private.continue_erasures(integer, uuid) is
'Definer, for the housekeeper: one step of one erasure that is not finished; 0 when nothing is to be done now. Any '
'number of copies may run.';

-- ── clients ──────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.erase_contact(p_contact_id uuid, p_reason text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_contact uuid := private.canonical_contact(v_tenant, p_contact_id);
  v_erasure private.erasures;
  v_left bigint := 500;
  v_done bigint;
begin
  if p_reason is null or p_reason not in ('request', 'retention', 'mistake', 'authority') then
    raise exception 'an erasure has one of four reasons' using errcode = 'PT422',
      detail = '{"code": "bad_value", "field": "reason"}', hint = 'request, retention, mistake or authority.';
  elsif v_contact is null then
    return private.deny('contact', p_contact_id, 'erase_contact');
  end if;
  -- All of one person, in the order a merge takes them.
  perform from public.contacts as c
  where c.tenant_id = v_tenant and c.id = any(private.contact_family(v_tenant, v_contact)) order by c.id
  for no key update;
  v_contact := private.canonical_contact(v_tenant, p_contact_id);
  select e.* into v_erasure from private.erasures as e where e.tenant_id = v_tenant and e.contact_id = v_contact;
  if not found then
    v_erasure := private.begin_erasure(v_tenant, v_contact, p_reason);
    perform private.finish_erasure(v_tenant, v_erasure.id);
  end if;
  loop
    v_done := private.continue_erasures(v_left::integer, v_erasure.id);
    v_left := v_left - v_done;
    exit when v_done = 0 or v_left <= 0;
  end loop;
  select e.* into v_erasure from private.erasures as e where e.tenant_id = v_tenant and e.id = v_erasure.id;
  return jsonb_build_object('contact_id', v_contact, 'erasure_id', v_erasure.id, 'reason', v_erasure.reason,
    'status', case when v_erasure.finished_at is null then 'running' else 'done' end,
    'messages_erased', v_erasure.messages, 'sends_cancelled', v_erasure.cancelled,
    'requested_at', v_erasure.requested_at, 'finished_at', v_erasure.finished_at);
end
$$;
comment on function private.erase_contact(uuid, text) is
'Definer: forgets a contact and all that was merged into him; said twice it says how far it is. Small ones are done '
'at once, the housekeeper goes on with large ones.';

create function public.erase_contact(p_contact_id uuid, p_reason text) returns jsonb
language sql volatile set search_path = '' begin atomic select private.erase_contact(p_contact_id, p_reason); end;
comment on function public.erase_contact(uuid, text) is
'Erase a contact for good: texts, files, addresses and what was concluded from them. Admins.';

grant execute on function private.erase_contact(uuid, text), public.erase_contact(uuid, text) to authenticated;
grant execute on function private.continue_erasures(integer, uuid) to parley_worker;
