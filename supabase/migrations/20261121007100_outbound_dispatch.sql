-- Chapter: outbound, part three. Enqueue, claim with every rule checked again, and the ledger of tries.

create function private.reply_headers(p_thread public.et_threads) returns table (recipient text, subject text,
  reference_ids text[], external_message_id text)
language plpgsql stable security definer set search_path = '' as $$
-- One look-up a table, here, in dispatch_verdict() and in dispatch_details(): a join of so many is planned badly while
-- there are no statistics, and a worker's connection would keep that plan.
declare
  m public.et_messages%rowtype; -- the last that came in
  s public.et_channel_sessions%rowtype;
  v_kind text := private.address_kind(p_thread.channel);
  v_prefix text;
begin
  select r.* into m from public.et_messages as r
  where r.tenant_id = p_thread.tenant_id and r.thread_id = p_thread.id and r.direction = 'inbound'
  order by r.seq desc limit 1;
  select r.* into s from public.et_channel_sessions as r
  where r.tenant_id = p_thread.tenant_id and r.id = p_thread.channel_session_id;
  if p_thread.erased_at is not null then
    return next;
    return;
  end if;
  recipient := coalesce(m.metadata ->> 'reply_to', m.sender_address);
  if recipient is null then
    v_prefix := private.recipient_prefix(s);
    select i.address into recipient from public.contact_identities as i
    where i.tenant_id = p_thread.tenant_id and i.kind = v_kind
      and i.contact_id = private.canonical_contact(p_thread.tenant_id, p_thread.contact_id)
      and starts_with(i.address, v_prefix)
    order by case v_kind when 'push' then i.verified_at end desc nulls last, i.verified_at nulls last, i.created_at
    limit 1;
  end if;
  if v_kind = 'email' then
    recipient := lower(recipient);
  end if;
  subject := coalesce(m.subject, p_thread.subject);
  if m.external_message_id is not null then
    reference_ids := array_remove(coalesce(m.reference_ids, '{}') || (m.metadata ->> 'message_id'), null);
    reference_ids := reference_ids[greatest(1, cardinality(reference_ids) - 18):];
  end if;
  external_message_id := private.uuid_v7()::text || '@' || split_part(coalesce(s.sender_address, s.address), '@', 2);
  return next;
end
$$;
comment on function private.reply_headers(public.et_threads) is
'Definer: whom a reply in this thread goes to, its subject, what it refers to and, for e-mail, the Message-ID it '
'will carry. Where the contact has not written: of the addresses the account reaches the one he proved first, and of '
'his browsers and apps the one that registered last, since those that are gone tell nobody.';

create function private.refuse_nobody(p_channel text) returns void
language plpgsql stable set search_path = '' as $$
begin
  raise exception 'this thread has nobody to send to on %', p_channel
    using errcode = 'PT422', detail = '{"code": "no_recipient"}', hint = 'Add an address to the contact first.';
end
$$;
comment on function private.refuse_nobody(text) is 'Says that a contact has no address on a channel.';

create function private.enqueue_outbound(
  p_tenant_id uuid, p_thread_id uuid, p_body text, p_sender_kind text, p_sender text, p_options jsonb default '{}'
) returns table (message_id uuid, queue_id uuid, seq bigint, rev bigint)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_thread public.et_threads%rowtype;
  v_head record;
  v_message public.et_messages%rowtype;
  v_template jsonb;
  v_uploads uuid[] := array(select jsonb_array_elements_text(p_options -> 'attachments'))::uuid[];
  v_files jsonb;
  v_basis record;
  v_queue uuid;
begin
  select t.* into v_thread from public.et_threads as t where t.tenant_id = p_tenant_id and t.id = p_thread_id;
  select h.* into v_head from private.reply_headers(v_thread) as h;
  if v_head.recipient is null or v_thread.channel_session_id is null then
    perform private.refuse_nobody(v_thread.channel);
  end if;
  select b.* into v_basis from private.send_basis(v_thread, coalesce(p_options ->> 'purpose', 'reply'),
    p_sender_kind) as b;
  v_template := nullif(p_options -> 'template', 'null');
  perform private.refuse_unsendable(v_thread, p_body, v_template, p_sender_kind, cardinality(v_uploads));
  if v_uploads <> '{}' then
    v_files := private.outgoing_files(v_thread, v_uploads, p_body, v_template);
  end if;
  insert into public.et_messages (
    tenant_id, thread_id, channel, channel_session_id, direction, delivery_status, sender_kind, sender, sender_user_id,
    subject, body, language, message_type, external_message_id, client_message_id, reference_ids, control_epoch,
    based_on_seq, cause_kind, cause_id, metadata)
  values (
    p_tenant_id, p_thread_id, v_thread.channel, v_thread.channel_session_id, 'outbound', 'queued', p_sender_kind,
      p_sender,
    (p_options ->> 'sender_user_id')::uuid, coalesce(p_options ->> 'subject', private.reply_subject(v_head.subject)),
      p_body,
    p_options ->> 'language',
    case when v_template is not null then 'template' else coalesce(v_files ->> 'message_type',
      p_options ->> 'message_type', 'text') end,
    case v_thread.channel when 'email' then v_head.external_message_id end, p_options ->> 'client_message_id',
    v_head.reference_ids, (p_options ->> 'control_epoch')::bigint, (p_options ->> 'based_on_seq')::bigint,
    p_options ->> 'cause_kind', (p_options ->> 'cause_id')::uuid,
    coalesce(p_options -> 'metadata', '{}') || coalesce(v_files -> 'metadata', '{}'))
  returning * into v_message;
  if v_message.id is null then
    return;
  end if;
  if v_files is not null then
    perform private.attach_uploads(p_tenant_id, v_message.id, v_uploads);
  end if;
  insert into public.et_outbound_queue (
    tenant_id, message_id, thread_id, channel, channel_session_id, recipient, purpose, consent_id, basis_seq, template,
    resend_of, scheduled_at)
  values (
    p_tenant_id, v_message.id, p_thread_id, v_thread.channel, v_thread.channel_session_id, v_head.recipient,
    coalesce(p_options ->> 'purpose', 'reply'), v_basis.consent_id, v_basis.basis_seq, v_template,
    case when p_options ->> 'cause_kind' = 'resend' then (p_options ->> 'cause_id')::uuid end,
    clock_timestamp() + make_interval(secs => coalesce((p_options ->> 'delay_seconds')::integer, 0)))
  returning id into v_queue;
  return query select v_message.id, v_queue, v_message.seq, v_message.rev;
end
$$;
comment on function private.enqueue_outbound(uuid, uuid, text, text, text, jsonb) is
'Definer. The one way out: message, queue row and work row together. No row when the client message id was used '
'before.';

create function private.reply_subject(p_subject text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case when p_subject is null or btrim(p_subject) = '' then null
    else 'Re: ' || left(regexp_replace(p_subject, '^(\s*(re|aw|antw|sv|vs|rv|odp|fwd?|wg)(\[\d+\])?\s*:\s*)+', '',
      'i'), 300) end;
end
$$;
comment on function private.reply_subject(text) is 'Re: once, whatever language and number of them stood there before.';

create function private.cancel_queued(p_tenant_id uuid, p_thread_id uuid, p_reason text) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count integer;
begin
  perform private.leave_unknown(q, p_reason) from public.et_outbound_queue as q
  inner join public.et_messages as m on m.tenant_id = q.tenant_id and m.id = q.message_id and m.sender_kind = 'ai'
  where q.tenant_id = p_tenant_id and q.thread_id = p_thread_id and q.status = 'queued' and q.attempts > 0
    and p_reason <> 'superseded' and private.may_have_left(q);
  with cancelled as (
    update public.et_outbound_queue as q set status = 'cancelled', status_reason = p_reason
    from public.et_messages as m
    where q.tenant_id = p_tenant_id and q.thread_id = p_thread_id and q.status = 'queued'
      and m.tenant_id = q.tenant_id and m.id = q.message_id and m.sender_kind = 'ai'
      -- A reply once tried is seen through: the next decision counts its questions as answered.
      and (p_reason <> 'superseded' or q.attempts = 0)
    returning q.tenant_id, q.id
  ), gone as (
    delete from private.outbound_work as w using cancelled as c
    where w.tenant_id = c.tenant_id and w.queue_id = c.id
  )
  select count(*) into v_count from cancelled;
  return v_count;
end
$$;
comment on function private.cancel_queued(uuid, uuid, text) is
'Definer: AI messages of a thread that have not left yet stay at home; how many. A row being sent is not touched, one '
'that may have left is unknown.';

create function private.quiet_until(p_zone text, p_start time, p_end time) returns timestamptz
language plpgsql stable set search_path = '' as $$
begin
  return (
    select case
      when p_start is null or p_start = p_end then null
      when p_start < p_end and local.t >= p_start and local.t < p_end then (local.d + p_end) at time zone p_zone
      when p_start > p_end and local.t >= p_start then (local.d + 1 + p_end) at time zone p_zone
      when p_start > p_end and local.t < p_end then (local.d + p_end) at time zone p_zone
    end
    from (select (clock_timestamp() at time zone p_zone)::date as d,
      (clock_timestamp() at time zone p_zone)::time as t) as local);
end
$$;
comment on function private.quiet_until(text, time, time) is
'When the quiet hours that reign now in a zone end; null when it is not quiet.';

create function private.dispatch_verdict(p_queue public.et_outbound_queue)
returns table (verdict text, reason text, until timestamptz)
language plpgsql volatile security definer set search_path = '' as $$
declare
  m public.et_messages%rowtype;
  th public.et_threads%rowtype;
  s public.et_channel_sessions%rowtype;
  t public.tenants%rowtype;
  st public.tenant_settings%rowtype;
  c public.contacts%rowtype;
  x public.suppressions%rowtype;
  v_contact_id uuid;
  v_window integer;
begin
  select r.* into m from public.et_messages as r where r.tenant_id = p_queue.tenant_id and r.id = p_queue.message_id;
  select r.* into th from public.et_threads as r where r.tenant_id = m.tenant_id and r.id = m.thread_id;
  select r.* into s from public.et_channel_sessions as r
  where r.tenant_id = m.tenant_id and r.id = m.channel_session_id;
  select r.* into t from public.tenants as r where r.id = m.tenant_id;
  select r.* into st from public.tenant_settings as r where r.tenant_id = m.tenant_id;
  v_contact_id := private.canonical_contact(th.tenant_id, th.contact_id);
  select r.* into c from public.contacts as r where r.tenant_id = m.tenant_id and r.id = v_contact_id;
  select r.* into x from public.suppressions as r
  where r.tenant_id = m.tenant_id and r.kind = any(array[private.address_kind(m.channel), m.channel])
    and r.address = p_queue.recipient
  order by r.scope limit 1;
  if x.scope is distinct from 'all' then
    select coalesce(r.scope, x.scope), coalesce(r.reason, x.reason) into x.scope, x.reason
    from (select private.salted_digest(m.tenant_id, p_queue.recipient) as digest) as d
    left join private.suppression_digests as r on r.tenant_id = m.tenant_id and r.digest = d.digest
      and r.kind = any(array[private.address_kind(m.channel), m.channel])
    order by r.scope limit 1;
  end if;
  v_window := private.thread_window(th);
  if m.sender_kind = 'ai' and (th.control <> 'ai' or m.control_epoch <> th.control_epoch) then
    verdict := 'cancel'; reason := 'human_takeover';
  elsif m.sender_kind = 'ai' and p_queue.attempts = 0 and m.based_on_seq <> th.last_inbound_seq then
    verdict := 'cancel'; reason := 'superseded';
  elsif m.sender_kind = 'ai' and not st.ai_enabled then
    verdict := 'cancel'; reason := 'ai_disabled';
  elsif m.moderation_status = 'blocked' then
    verdict := 'cancel'; reason := 'moderation_blocked';
  elsif t.status = 'deleted' then
    verdict := 'cancel'; reason := 'tenant_deleted';
  elsif s.status = 'deleted' then
    verdict := 'cancel'; reason := 'session_deleted';
  elsif s.verified_at is null and private.is_platforms_way(s) then
    verdict := 'cancel'; reason := 'account_unverified';
  elsif c.blocked_at is not null then
    verdict := 'cancel'; reason := 'contact_blocked';
  elsif x.scope = 'all' or (x.scope = 'automatic' and p_queue.purpose <> 'reply') then
    verdict := 'cancel'; reason := 'suppressed_' || x.reason;
  elsif th.status in ('closed', 'archived') and m.sender_kind in ('ai', 'system') then
    verdict := 'cancel'; reason := 'thread_closed';
  elsif (p_queue.basis_seq is null or p_queue.purpose = 'notification')
    and not private.is_permitted(p_queue, c.id) then
    verdict := 'cancel'; reason := 'no_consent';
  elsif p_queue.template is null and not private.in_service_window(p_queue.tenant_id, th.id, v_window) then
    verdict := 'cancel'; reason := 'window_closed';
  elsif p_queue.template is not null and v_window is null and private.is_declared(s.provider) then
    verdict := 'cancel'; reason := 'no_templates';
  elsif p_queue.template is not null and private.template_refusal(p_queue) is not null then
    verdict := 'cancel'; reason := private.template_refusal(p_queue);
  elsif m.moderation_status not in ('approved', 'filtered') then
    -- Its release fetches it back at once.
    verdict := 'defer'; reason := 'moderation'; until := clock_timestamp() + interval '1 hour';
  elsif t.status = 'suspended' then
    verdict := 'defer'; reason := 'tenant_suspended'; until := clock_timestamp() + interval '10 minutes';
  elsif s.status = 'paused' then
    verdict := 'defer'; reason := 'session_paused'; until := clock_timestamp() + interval '1 minute';
  elsif private.breaker_until(s) > clock_timestamp() then
    verdict := 'defer'; reason := 'breaker_open'; until := private.breaker_until(s);
  elsif private.is_capped(st, t.time_zone) then
    verdict := 'defer'; reason := 'daily_cap'; until := private.next_day(t.id);
  elsif p_queue.purpose <> 'reply' and private.is_complained_of(m.tenant_id, s.id, st.max_complaint_rate) then
    verdict := 'defer'; reason := 'complaint_rate'; until := clock_timestamp() + interval '1 hour';
  elsif p_queue.purpose <> 'reply' then
    until := private.quiet_until(coalesce(c.time_zone, t.time_zone), st.quiet_hours_start, st.quiet_hours_end);
    if until is not null then
      verdict := 'defer'; reason := 'quiet_hours';
    end if;
  end if;
  verdict := coalesce(verdict, 'send');
  return next;
end
$$;
comment on function private.dispatch_verdict(public.et_outbound_queue) is
'Definer. Every rule that can stop or delay a send, in one place, asked at claim: fences, moderation, suppression, '
'consent, quiet hours, windows, caps, breaker.';

create function private.template_refusal(p_queue public.et_outbound_queue) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select t.code from private.template_problem(p_queue.tenant_id, p_queue.channel_session_id, p_queue.template, (
      select count(*) from public.message_attachments as a
      where a.tenant_id = p_queue.tenant_id and a.message_id = p_queue.message_id and a.status = 'released')) as t);
end
$$;
comment on function private.template_refusal(public.et_outbound_queue) is
'Definer: why the template of a queued row may not leave any more; null when it may.';

create function private.in_service_window(p_tenant_id uuid, p_thread_id uuid, p_hours integer) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return p_hours is null or exists (
    select from public.et_threads as t
    inner join public.et_messages as m on m.tenant_id = t.tenant_id
      and m.thread_id = t.id and m.seq = t.last_inbound_seq
    where t.tenant_id = p_tenant_id and t.id = p_thread_id
      -- When it was written, where the provider says so: a call that came hours late opens no window of its own.
      and least(m.created_at, m.occurred_at) > clock_timestamp() - make_interval(hours => p_hours));
end
$$;
comment on function private.in_service_window(uuid, uuid, integer) is
'Definer: the contact wrote within so many hours, so the provider takes free text. Always true without such a rule.';

create function private.thread_window(p_thread public.et_threads) returns integer
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select p.window_hours
    from public.et_channel_sessions as s
    inner join private.channel_providers as p on p.provider = s.provider
    where s.tenant_id = p_thread.tenant_id and s.id = p_thread.channel_session_id);
end
$$;
comment on function private.thread_window(public.et_threads) is
'Definer: the window of free text in hours on the account a thread runs on; null when there is none.';

create function private.is_receive_only(p_thread public.et_threads) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.et_channel_sessions as s
    inner join private.channel_providers as p on p.provider = s.provider
    where s.tenant_id = p_thread.tenant_id and s.id = p_thread.channel_session_id and p.direction = 'in');
end
$$;
comment on function private.is_receive_only(public.et_threads) is
'Definer: the account a thread runs on takes messages and sends none, as a form does.';

create function private.refuse_receive_only(p_thread public.et_threads) returns void
language plpgsql stable set search_path = '' as $$
begin
  if private.is_receive_only(p_thread) then
    raise exception 'nothing can be sent on %', p_thread.channel
      using errcode = 'PT422', detail = '{"code": "receive_only", "field": "body"}',
        hint = 'Write to the contact on another channel.';
  end if;
end
$$;
comment on function private.refuse_receive_only(public.et_threads) is
'Refuses to write where messages only come in.';

create function private.refuse_unsendable(p_thread public.et_threads, p_body text, p_template jsonb,
  p_sender_kind text, p_files bigint default 0) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_problem record;
  v_most integer;
  v_utf16 boolean;
  v_window integer;
begin
  if p_sender_kind <> 'ai' and exists (
    select from public.et_channel_sessions as s
    where s.tenant_id = p_thread.tenant_id and s.id = p_thread.channel_session_id and s.verified_at is null
      and private.is_platforms_way(s)) then
    raise exception 'nothing is sent from an address before it is verified'
      using errcode = 'PT422', detail = '{"code": "account_unverified"}',
        hint = 'Have the account verified, or give it a mail server of your own in config.smtp.';
  end if;
  select p.max_body_chars, p.counts_utf16, p.window_hours into v_most, v_utf16, v_window
  from public.et_channel_sessions as s inner join private.channel_providers as p on p.provider = s.provider
  where s.tenant_id = p_thread.tenant_id and s.id = p_thread.channel_session_id;
  if private.text_length(p_body, v_utf16) > v_most then
    raise exception 'a message on % has at most % characters', p_thread.channel, v_most
      using errcode = 'PT422', detail = '{"code": "bad_length", "field": "body"}',
        hint = 'Shorten it, or send it in parts.' || case when v_utf16 then ' Most emojis count as two.' else '' end;
  end if;
  perform private.refuse_receive_only(p_thread);
  if p_template is not null then
    if v_most is not null and v_window is null then
      raise exception 'the provider of this account has no templates'
        using errcode = 'PT422', detail = '{"code": "no_templates", "field": "template"}', hint = 'Send it as text.';
    elsif not private.is_template(p_template) then
      raise exception 'a template has a name, a language and variables'
        using errcode = 'PT422', detail = '{"code": "bad_template", "field": "template"}',
          hint = 'E.g. {"name": "visit_reminder", "language": "en_US", "variables": ["Tuesday"]}; no value is empty.';
    end if;
    select t.* into v_problem
    from private.template_problem(p_thread.tenant_id, p_thread.channel_session_id, p_template, p_files) as t;
    if v_problem.code is not null then
      raise exception '%', v_problem.told
        using errcode = 'PT422', hint = v_problem.hint,
          detail = jsonb_build_object('code', v_problem.code, 'field', v_problem.field);
    end if;
    return;
  end if;
  -- The AI is overruled before it comes here, and what it had queued is cancelled at claim.
  if p_sender_kind <> 'ai' and not private.in_service_window(p_thread.tenant_id, p_thread.id, v_window) then
    raise exception 'the contact has not written lately: only a template may be sent on %', p_thread.channel
      using errcode = 'PT422', detail = '{"code": "window_closed", "field": "body"}',
        hint = 'Send an approved template, or wait until the contact writes.';
  end if;
end
$$;
comment on function private.refuse_unsendable(public.et_threads, text, jsonb, text, bigint) is
'Definer: what the thread''s provider would not take is refused before it is queued.';

create function private.settle_lost_attempt(p_queue public.et_outbound_queue, p_lost integer) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_attempt public.dispatch_attempts%rowtype;
begin
  select a.* into v_attempt from public.dispatch_attempts as a
  where a.tenant_id = p_queue.tenant_id and a.queue_id = p_queue.id order by a.number desc limit 1;
  update public.dispatch_attempts as a
  set outcome = case when v_attempt.send_started_at is null then 'retry' else 'unknown' end,
    finished_at = clock_timestamp(), error_code = 'lease_expired',
      error = 'The worker that claimed this did not come back.'
  where a.tenant_id = v_attempt.tenant_id and a.id = v_attempt.id and a.outcome is null;
  if p_lost < 8 and (v_attempt.send_started_at is null or v_attempt.delivery_class = 'I') then
    update public.et_outbound_queue as q set status = 'queued', status_reason = 'lease_expired'
    where q.tenant_id = p_queue.tenant_id and q.id = p_queue.id and q.status = 'sending';
    perform private.give_back_send(p_queue.tenant_id);
    perform private.give_back_warm_up(p_queue);
    return true;
  end if;
  -- A row that eight routers died with is set aside: unknown if any of them had begun the call, else failed.
  update public.et_outbound_queue as q
  set status_reason = 'lease_expired',
    status = case when private.may_have_left(p_queue) then 'dispatch_unknown' else 'failed' end
  where q.tenant_id = p_queue.tenant_id and q.id = p_queue.id and q.status = 'sending';
  delete from private.outbound_work as w where w.tenant_id = p_queue.tenant_id and w.queue_id = p_queue.id;
  return false;
end
$$;
comment on function private.settle_lost_attempt(public.et_outbound_queue, integer) is
'Definer. A lease ran out, the p_lost-th: true when sending again is safe (nothing left, or the provider dedupes), '
'else the row becomes dispatch_unknown, or failed after eight.';

grant execute on function private.enqueue_outbound(uuid, uuid, text, text, text, jsonb),
private.cancel_queued(uuid, uuid, text) to parley_worker;
grant execute on function private.reply_subject(text) to parley_worker, service_role;
