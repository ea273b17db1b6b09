-- Chapter: channels, part five. Does an account still work? Asked of the provider, of the clock, and by a test message.
--
--   health worker ──▶ claim_health_checks() ──▶ the adapter's check() ──▶ record_health(): worse, or back from worse;
--     a pending account becomes connected, or says why not. A provider that names the address proves it: verified
--   housekeeper ──▶ mark_silent_sessions(): an account somebody should read, and nobody has for minutes
--     and mark_refused_sessions(): its provider calls, and no call bears a signature that fits
--     and mark_unheard_sessions(): its provider takes what is sent, and says nothing of it (part eight)
--   router ──▶ its provider refuses what is sent, because of the account (part nine)
--   status changed ──▶ a notification to every owner and admin, at most one per account, status and five minutes

create function private.tg_channel_sessions__notify() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.notifications (tenant_id, user_id, kind, title, channel_session_id)
  select new.tenant_id, u.user_id, 'channel_' || new.status, left(format(case new.status
    when 'connected' then 'The account %s works again'
    when 'degraded' then 'The account %s has trouble: %s'
    else 'The account %s is disconnected: %s' end, new.name, coalesce(new.status_reason, 'no reason given')), 500), new.id
  from public.tenant_members as u
  where u.tenant_id = new.tenant_id and u.role in ('owner', 'admin')
    and not exists (
      select from public.notifications as n
      where n.tenant_id = new.tenant_id and n.channel_session_id = new.id and n.kind = 'channel_' || new.status
        and n.user_id = u.user_id and n.created_at > clock_timestamp() - interval '5 minutes');
  return null;
end
$$;
comment on function private.tg_channel_sessions__notify() is
'Definer: owners and admins hear of it when an account goes bad or comes back; a flapping one is told of once.';

-- Pending → connected is the admin's own doing, and so are paused and deleted; a new account that does not work is not.
create trigger et_channel_sessions_900_notify after update of status on public.et_channel_sessions
for each row when (
  old.status is distinct from new.status and case new.status
    when 'connected' then old.status in ('degraded', 'disconnected')
    when 'degraded' then old.status in ('pending', 'connected', 'disconnected')
    when 'disconnected' then old.status in ('pending', 'connected', 'degraded')
    else false end
)
execute function private.tg_channel_sessions__notify();

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.claim_health_checks(p_providers text[], p_every interval, p_limit integer)
returns table (tenant_id uuid, session_id uuid, channel text, provider text, address text, config jsonb, secrets jsonb)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  with picked as (
    select s.tenant_id, s.id from public.et_channel_sessions as s
    inner join public.tenants as t on t.id = s.tenant_id
    where s.provider = any(p_providers) and s.status in ('pending', 'connected', 'degraded', 'disconnected')
      and t.status <> 'deleted' and coalesce(s.checked_at, '-infinity') < clock_timestamp() - p_every
      and not exists (
        select from private.provider_hooks as h
        where h.tenant_id = s.tenant_id and h.session_id = s.id and h.fingerprint is null
          and private.wants_hook(s))
    order by s.checked_at nulls first
    limit p_limit
    for update of s skip locked
  )
  update public.et_channel_sessions as s set checked_at = clock_timestamp()
  from picked as p
  where s.tenant_id = p.tenant_id and s.id = p.id
  returning s.tenant_id, s.id, s.channel, s.provider, s.address, s.config, private.session_secrets(s.tenant_id, s.id);
end
$$;
comment on function private.claim_health_checks(text[], interval, integer) is
'Definer, for the health worker: accounts whose last check is older than p_every; taking one counts as checking it, '
'so copies of the worker share them. One whose webhook is being set has its turn afterwards.';

create function private.record_health(
  p_tenant_id uuid, p_session_id uuid, p_status text, p_reason text, p_proves_address boolean default false
) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  s public.et_channel_sessions%rowtype;
  v_status text := p_status;
  v_reason text := coalesce(p_reason, 'no reason given');
begin
  select r.* into s from public.et_channel_sessions as r
  where r.tenant_id = p_tenant_id and r.id = p_session_id
    and r.status in ('pending', 'connected', 'degraded', 'disconnected')
  for no key update;
  if s.id is null then
    return 'unchanged';
  end if;
  if p_status = 'connected' and p_proves_address and s.verified_at is null then
    if private.verify_channel_session(p_tenant_id, p_session_id) then
      s.verified_at := clock_timestamp();
    else
      v_status := 'disconnected';
      v_reason := 'another account has proved that this address is its own';
    end if;
  end if;
  if v_status = 'connected' and s.status = 'pending' and s.verified_at is null and private.is_platforms_way(s) then
    v_status := 'pending';
    v_reason := 'the address is not verified: until it is, the platform''s own mail server sends nothing from it';
  end if;
  v_reason := case when v_status <> 'connected' then 'check: ' || left(v_reason, 300) end;
  if (v_status, v_reason) is not distinct from (s.status, s.status_reason)
    or (s.status <> 'pending' and (v_status = 'connected' or s.status <> 'connected')
      and coalesce(s.status_reason not like 'check: %', true)
      and not (v_status = 'disconnected' and coalesce(
        s.status_reason like any('{calls are refused: %,no receipts: %,sends are refused: %}'), false))
      and not (v_status = 'connected' and coalesce(s.status_reason like 'sends are refused: %', false)
        and not private.has_refused_sends(p_tenant_id, p_session_id))) then
    return 'unchanged';
  end if;
  update public.et_channel_sessions as r set status = v_status, status_reason = v_reason
  where r.tenant_id = p_tenant_id and r.id = p_session_id;
  return v_status;
end
$$;
comment on function private.record_health(uuid, uuid, text, text, boolean) is
'Definer, for the health worker: a pending account works, or says why not; any other goes bad, or comes back when it '
'was a check that found it bad: what a receiver says of its own account stands. What the housekeeper found is '
'overruled by worse alone, what the router was told also by better, once no send waits for it.';

create function private.mark_silent_sessions(p_after interval default '3 minutes') returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count bigint;
begin
  update public.et_channel_sessions as s
  set status = 'disconnected', status_reason = 'nobody has read this account for ' || to_char(
    clock_timestamp() - s.last_heartbeat_at, 'FMHH24 "h" FMMI "min"')
  where s.status in ('connected', 'degraded') and s.last_heartbeat_at < clock_timestamp() - p_after
    and private.is_polled(s) and exists (
      select from private.receiver_cursors as r where r.tenant_id = s.tenant_id and r.session_id = s.id);
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function private.mark_silent_sessions(interval) is
'Definer, for the housekeeper: an account that is polled (or held open by a bridge) looks connected, but its reader '
'is gone.';

create function private.mark_refused_sessions(p_calls integer default 5, p_within interval default '1 hour')
returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_from timestamptz := clock_timestamp() - p_within;
  -- Ids lead with the time: what was accepted since is the end of the tenant's part of the key.
  v_first_id uuid := private.first_id(v_from);
  v_count bigint;
begin
  with judged as (
    select s.tenant_id, s.id, s.status, r.ever, r.lately, coalesce((
      select true from private.webhook_events as e
      where e.tenant_id = s.tenant_id and e.id >= v_first_id and e.session_id = s.id
      order by e.id desc limit 1), false) as accepts
    from public.et_channel_sessions as s
    left join private.channel_providers as p on p.provider = s.provider
    cross join lateral (
      select coalesce(sum(x.count), 0) as ever, coalesce(sum(x.count) filter (where x.minute >= v_from), 0) as lately
      from private.webhook_rejections as x
      where x.tenant_id = s.tenant_id and x.session_id = s.id and x.reason = 'signature'
        and x.minute >= case when s.status = 'connected' then v_from else '-infinity' end
        and x.minute >= coalesce((
          select max(c.updated_at) from private.channel_secrets as c
          where c.tenant_id = s.tenant_id and c.session_id = s.id
            and c.name = any(coalesce(p.webhook_secrets, '{webhook_secret}'))), '-infinity')) as r
    where (s.status = 'connected' and r.lately >= p_calls
      and (s.config ? 'webhook' or not private.is_polled(s) or not exists (
        select from private.receiver_cursors as c where c.tenant_id = s.tenant_id and c.session_id = s.id)))
      or (s.status = 'degraded' and s.status_reason like 'calls are refused: %')
  )
  update public.et_channel_sessions as s
  set (status, status_reason) = (
    select case j.status when 'connected' then 'degraded' else 'connected' end,
      case j.status when 'connected'
        then 'calls are refused: their signature does not fit the secret of this account' end)
  from judged as j
  where s.tenant_id = j.tenant_id and s.id = j.id and s.status = j.status
    and case j.status when 'connected' then not j.accepts else j.accepts or j.ever < p_calls end;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function private.mark_refused_sessions(integer, interval) is
'Definer, for the housekeeper: a connected account of which calls were refused for their signature and none was '
'accepted goes bad, until one is accepted or its secret is another. Anybody can have calls refused, so they say '
'nothing of an account that accepts some.';

create function private.refuse_untestable(p_thread public.et_threads, p_template jsonb) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if private.is_receive_only(p_thread) then
    raise exception 'nothing can be sent on this account'
      using errcode = 'PT422', detail = '{"code": "receive_only", "field": "session_id"}',
        hint = 'Messages only come in here: try it by writing to it, for a hosted form by a link of your own.';
  elsif p_template is null and not private.in_service_window(p_thread.tenant_id, p_thread.id,
    private.thread_window(p_thread)) then
    raise exception 'nobody has written from this address lately: only a template may be sent on %', p_thread.channel
      using errcode = 'PT422', detail = '{"code": "window_closed", "field": "template"}',
        hint = 'Name a template approved for this account, e.g. {"name": "visit_reminder", "language": "en_US", '
          '"variables": ["Tuesday"]}, or write to the account from this address first.';
  end if;
end
$$;
comment on function private.refuse_untestable(public.et_threads, jsonb) is
'Definer: says to whoever tries an account why it cannot be tried like this, and how it can.';

create function private.test_channel_session(p_session_id uuid, p_address text, p_template jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_session public.et_channel_sessions%rowtype;
  v_message public.et_messages;
  v_thread public.et_threads%rowtype;
  v_sent record;
begin
  select s.* into v_session from public.et_channel_sessions as s
  where s.tenant_id = v_tenant and s.id = p_session_id and s.status <> 'deleted';
  if v_session.id is null then
    return private.deny('channel_session', p_session_id, 'test_channel_session');
  end if;
  if not private.is_address(private.address_kind(v_session.channel), p_address)
    or not starts_with(p_address, private.recipient_prefix(v_session)) then
    raise exception 'this is no address of the channel %', v_session.channel
      using errcode = 'PT422', detail = '{"code": "bad_address", "field": "to"}', hint = coalesce(
        'Over this account addresses begin with ' || nullif(private.recipient_prefix(v_session), '') || '.',
        'E-mail in lower case, phone numbers as +<country><number>.');
  end if;
  v_message.tenant_id := v_tenant;
  v_message.channel := v_session.channel;
  v_message.channel_session_id := v_session.id;
  v_message.sender_contact_id := private.find_or_create_contact(v_tenant, private.address_kind(v_session.channel),
    p_address);
  v_message.subject := 'Test of ' || v_session.name;
  v_message.auto_class := 'bulk';
  v_message.spam_score := 0;
  v_thread.id := private.find_or_create_thread(v_message, 'channel_contact');
  -- The thread first, then the rate, as everywhere.
  select t.* into v_thread from public.et_threads as t
  where t.tenant_id = v_tenant and t.id = v_thread.id for no key update;
  perform private.take_send_token(v_tenant, private.actor());
  perform private.refuse_untestable(v_thread, p_template);
  if v_thread.last_inbound_seq = 0
    and (private.newest_consent(v_tenant, v_message.sender_contact_id, v_session.channel, 'service')).id is null then
    -- Whoever asks for a test says that its recipient expects it.
    insert into public.contact_consents (tenant_id, contact_id, channel, purpose, granted, source, recorded_by)
    values (v_tenant, v_message.sender_contact_id, v_session.channel, 'service', true, 'test of an account',
      private.actor());
  end if;
  select e.message_id, e.seq into v_sent from private.enqueue_outbound(v_tenant, v_thread.id,
    format('This is a test message from %s, sent on %s UTC. Nothing needs to be done.', v_session.name,
      to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')) || coalesce(
      ' It was sent as the template ' || (p_template ->> 'name') || '.', ''),
    'system', 'system', jsonb_build_object('subject', v_message.subject, 'cause_kind', 'client', 'template',
      p_template)) as e;
  perform private.audit(v_tenant, 'channel_session.tested', 'channel_session', p_session_id::text,
    jsonb_build_object('message_id', v_sent.message_id));
  return jsonb_build_object('session_id', p_session_id, 'thread_id', v_thread.id, 'message_id', v_sent.message_id);
end
$$;
comment on function private.test_channel_session(uuid, text, jsonb) is
'Definer: sends one real message over an account to an address of the admin''s choice, as a template where the '
'provider takes no free text; what became of it is asked like of any message.';

create function public.test_channel_session(p_session_id uuid, p_address text, p_template jsonb default null)
returns jsonb language sql volatile set search_path = ''
begin atomic select private.test_channel_session(p_session_id, p_address, p_template); end;
comment on function public.test_channel_session(uuid, text, jsonb) is 'Send a test message over an account. Admins.';

grant execute on function private.claim_health_checks(text[], interval, integer),
private.record_health(uuid, uuid, text, text, boolean), private.mark_silent_sessions(interval),
private.mark_refused_sessions(integer, interval) to parley_worker;
grant execute on function private.test_channel_session(uuid, text, jsonb),
public.test_channel_session(uuid, text, jsonb) to authenticated;
