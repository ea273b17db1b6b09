-- Chapter: outbound, part two, what class I rests on. A call nobody knows the end of is repeated under its key.
--
--   queued again after unknown ──▶ repeated, while the provider keeps the key
--                              └─▶ leave_unknown(): the key is too old, or a rule or a person stops it

create function private.may_have_left(p_queue public.et_outbound_queue) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.dispatch_attempts as a
    where a.tenant_id = p_queue.tenant_id and a.queue_id = p_queue.id and a.outcome = 'unknown');
end
$$;
comment on function private.may_have_left(public.et_outbound_queue) is
'Definer: an earlier try of this row began and nobody knows how it ended. It is repeated under its key, or unknown.';

create function private.is_key_spent(p_queue public.et_outbound_queue) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  -- Ten minutes early: the call that follows takes a while, too.
  return exists (
    select from public.dispatch_attempts as a
    inner join public.et_channel_sessions as s on s.tenant_id = a.tenant_id and s.id = p_queue.channel_session_id
    inner join private.channel_providers as p on p.provider = s.provider
    where a.tenant_id = p_queue.tenant_id and a.queue_id = p_queue.id and a.outcome = 'unknown'
      and a.send_started_at < clock_timestamp() - make_interval(hours => p.key_hours, mins => -10));
end
$$;
comment on function private.is_key_spent(public.et_outbound_queue) is
'Definer: a try of this row may have got through, so long ago that its provider has forgotten the key: sent again, it '
'would be a second message.';

create function private.leave_unknown(p_queue public.et_outbound_queue, p_reason text) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.et_outbound_queue as q set status = 'sending', status_reason = p_reason
  where q.tenant_id = p_queue.tenant_id and q.id = p_queue.id and q.status = 'queued';
  update public.et_outbound_queue as q set status = 'dispatch_unknown'
  where q.tenant_id = p_queue.tenant_id and q.id = p_queue.id and q.status = 'sending';
  delete from private.outbound_work as w where w.tenant_id = p_queue.tenant_id and w.queue_id = p_queue.id;
end
$$;
comment on function private.leave_unknown(public.et_outbound_queue, text) is
'Definer: a row that waits to be repeated under its key, and must not be: it has left or not, and is listed.';
