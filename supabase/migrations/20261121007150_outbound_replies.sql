-- Chapter: outbound, part four. The replies of a whole batch of decisions, queued as enqueue_outbound() queues one.
--
--   plain bursts, threads locked ──▶ heads, messages and queue rows in one statement; the work rows follow by trigger

create function private.enqueue_replies(p_bursts private.finished_burst[]) returns private.finished_burst[]
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_bursts private.finished_burst[];
begin
  if not exists (select from unnest(p_bursts) as b where b.action in ('auto_reply', 'follow_up')) then
    return p_bursts;
  end if;
  perform private.refuse_unsendable(t, b.decision ->> 'reply', null, 'ai') from unnest(p_bursts) as b
  inner join public.et_threads as t on t.tenant_id = b.tenant_id and t.id = b.thread_id
  where b.action in ('auto_reply', 'follow_up');
  with reply as materialized (
    select b.ord, b.tenant_id, b.thread_id, b.action, b.decision, h.*, t.channel, t.channel_session_id,
      t.last_inbound_seq, private.uuid_v7() as message_id, private.uuid_v7() as queue_id
    from unnest(p_bursts) as b
    inner join public.et_threads as t on t.tenant_id = b.tenant_id and t.id = b.thread_id
    cross join lateral private.reply_headers(t) as h
    where b.action in ('auto_reply', 'follow_up') and h.recipient is not null and t.channel_session_id is not null
  ), heads as (
    update public.et_threads as t set
      last_seq = t.last_seq + 1, last_rev = t.last_rev + 1, last_message_at = clock_timestamp(),
      last_direction = 'outbound',
      preview = case when t.channel = 'in_app' then t.preview else left(r.decision ->> 'reply', 160) end
    from reply as r
    where t.tenant_id = r.tenant_id and t.id = r.thread_id
    returning t.tenant_id, t.id, t.last_seq, t.last_rev, t.control_epoch, t.last_inbound_seq, t.staff_readable,
      t.search_policy, t.last_message_at
  ), inserted as (
    insert into public.et_messages (
      tenant_id, id, thread_id, seq, rev, channel, channel_session_id, direction, delivery_status, sender_kind,
      sender, subject, body, language, external_message_id, reference_ids, control_epoch, based_on_seq, cause_kind,
      cause_id, search_vector, staff_readable, created_at, feed_epoch)
    select r.tenant_id, r.message_id, r.thread_id, t.last_seq, t.last_rev, r.channel, r.channel_session_id,
      'outbound', 'queued', 'ai', 'ai', s.subject, r.decision ->> 'reply', r.decision ->> 'language',
      case r.channel when 'email' then r.external_message_id end, r.reference_ids, t.control_epoch,
      t.last_inbound_seq, 'decision', (r.decision ->> 'id')::uuid,
      case when coalesce(t.search_policy, n.search_policy) = 'full'
        then to_tsvector('simple', concat_ws(' ', s.subject, left(r.decision ->> 'reply', 100000))) end,
      t.staff_readable, t.last_message_at, e.epoch
    from reply as r
    inner join heads as t on t.tenant_id = r.tenant_id and t.id = r.thread_id
    inner join public.tenant_settings as n on n.tenant_id = r.tenant_id
    cross join private.feed_epochs as e
    cross join lateral (select private.reply_subject(r.subject) as subject) as s
  ), queued as (
    insert into public.et_outbound_queue (
      tenant_id, id, message_id, thread_id, channel, channel_session_id, recipient, purpose, basis_seq, scheduled_at)
    select r.tenant_id, r.queue_id, r.message_id, r.thread_id, r.channel, r.channel_session_id, r.recipient,
      case r.action when 'auto_reply' then 'reply' else 'follow_up' end, r.last_inbound_seq,
      clock_timestamp() + make_interval(secs => case r.action
        when 'follow_up' then coalesce((r.decision ->> 'follow_up_in_s')::integer, 86400) else 0 end)
    from reply as r
  )
  select array_agg((b.ord, b.tenant_id, b.thread_id, b.fence, b.last_seq, b.decision, b.first_seq, b.action,
    b.overruled, r.message_id, r.queue_id)::private.finished_burst)
  into v_bursts
  from unnest(p_bursts) as b
  left join reply as r on r.ord = b.ord
  where b.action not in ('auto_reply', 'follow_up') or r.ord is not null;
  return coalesce(v_bursts, '{}');
end
$$;
comment on function private.enqueue_replies(private.finished_burst[]) is
'Definer: message, queue row and work row for each burst that is answered. Its caller has locked the threads and '
'judged the fences. Bursts with nobody to send to are left out.';
