-- Chapter: notifications, part three. Pushed to the browsers and apps of the members a notification is for; and, by the
-- same way, to those of the people a message of the chat is new to (part four).
--
--   a notification ──▶ one row a device (private.notification_pushes), due when its person's quiet hours are over
--   notifier: claim_pushes() ──▶ lease + fence ──▶ start_push(), just before the call ──▶ finish_push()
--        read on another device, no member any more, a day old ──▶ skipped
--        the service calls the device gone ──▶ gone: it is forgotten        later ──▶ again, up to eight times
--        a call that began and nobody knows how it ended ──▶ unknown: never repeated
--
-- A browser is reached with the installation's key, an app with the tenant's account of the channel push that has the
-- app's name (private.push_account). A device is told once of a notification. While one about a conversation waits, a
-- second of its kind adds nothing.
-- Nothing that is shown is kept here: it is read when it is sent.

create table private.notification_pushes (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  notification_id uuid,
  thread_id uuid,
  message_ids uuid[],
  user_id uuid not null,
  identity_id uuid,
  status text not null default 'waiting',
  reason text,
  run_at timestamptz not null default clock_timestamp(),
  lease_until timestamptz,
  fence bigint not null default 0,
  claimed_by text,
  attempts smallint not null default 0,
  started_at timestamptz,
  finished_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  constraint notification_pushes_tenant_id_id_pkey primary key (tenant_id, id),
  constraint notification_pushes_tenant_id_notification_id_identity_id_key
  unique (tenant_id, notification_id, identity_id),
  constraint notification_pushes_tenant_id_notification_id_fkey foreign key (tenant_id, notification_id)
  references public.notifications (tenant_id, id) on delete cascade,
  constraint notification_pushes_tenant_id_thread_id_fkey foreign key (tenant_id, thread_id)
  references public.et_threads (tenant_id, id) on delete cascade,
  constraint notification_pushes_tenant_id_identity_id_fkey foreign key (tenant_id, identity_id)
  references public.contact_identities (tenant_id, id) on delete set null (identity_id),
  constraint notification_pushes_subject_check check (
    (notification_id is null) = (thread_id is not null) and (thread_id is null) = (message_ids is null)),
  constraint notification_pushes_status_check
  check (status in ('waiting', 'pushed', 'skipped', 'gone', 'failed', 'unknown')),
  constraint notification_pushes_finished_check check ((status = 'waiting') = (finished_at is null))
)
with (fillfactor = 70);
comment on table private.notification_pushes is
'One notification on its way to one device of one member, or what is new in one conversation to one device of one of '
'its people, and how that ended. Swept after 30 days.';
comment on column private.notification_pushes.thread_id is
'The conversation whose messages are told, to somebody who takes part in it; null for a notification of the staff.';
comment on column private.notification_pushes.message_ids is
'The messages it tells of, the newest hundred: while it waits, more join it.';
comment on column private.notification_pushes.identity_id is
'The browser or app, as register_push() and register_device() keep it; null once it is gone.';
comment on column private.notification_pushes.started_at is 'Committed just before the push service was called.';
create index notification_pushes_tenant_id_run_at_idx on private.notification_pushes (tenant_id, run_at)
where status = 'waiting';
create unique index notification_pushes_tenant_id_thread_id_identity_id_idx on private.notification_pushes
(tenant_id, thread_id, identity_id) where status = 'waiting' and started_at is null and thread_id is not null;
create index notification_pushes_tenant_id_identity_id_idx on private.notification_pushes (tenant_id, identity_id);

-- ── the key browsers subscribe with ──────────────────────────────────────────────────────────────────────────────

create function private.set_push_key(p_key text) returns void
language sql volatile security definer set search_path = '' as $$
  update private.deployment set vapid_public_key = p_key where vapid_public_key is distinct from p_key
$$;
comment on function private.set_push_key(text) is 'Definer, for the notifier at its start: the key browsers need.';

create function private.push_key() returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_key text;
begin
  select d.vapid_public_key into v_key from private.deployment as d;
  if v_key is null then
    raise exception 'nothing is pushed from here yet'
      using errcode = 'PT404', detail = '{"code": "no_push_key"}',
        hint = 'Set PARLEY_VAPID_PRIVATE_KEY and start the worker notifier.';
  end if;
  return jsonb_build_object('public_key', v_key);
end
$$;
comment on function private.push_key() is 'Definer: the public VAPID key of this installation.';

create function public.push_key() returns jsonb
language sql stable set search_path = '' begin atomic select private.push_key(); end;
comment on function public.push_key() is
'The key a browser subscribes with: applicationServerKey of PushManager.subscribe(). For whoever is signed in.';

-- ── from a notification to browsers ──────────────────────────────────────────────────────────────────────────────

create function private.tg_notifications__push() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.notification_pushes (tenant_id, notification_id, user_id, identity_id, run_at)
  select u.tenant_id, new.id, u.user_id, i.id, coalesce(private.quiet_until(coalesce(c.time_zone, t.time_zone),
    s.quiet_hours_start, s.quiet_hours_end), clock_timestamp())
  from public.tenant_members as u
  inner join public.contacts as c on c.tenant_id = u.tenant_id and c.auth_user_id = u.user_id
  inner join public.contact_identities as i on i.tenant_id = c.tenant_id and i.kind = 'push'
    and i.contact_id = coalesce(c.merged_into, c.id)
  inner join public.tenants as t on t.id = u.tenant_id
  inner join public.tenant_settings as s on s.tenant_id = u.tenant_id
  where u.tenant_id = new.tenant_id and (new.user_id is null or u.user_id = new.user_id)
    and not exists (
      select from private.notification_pushes as p
      inner join public.notifications as n on n.tenant_id = p.tenant_id and n.id = p.notification_id
      where p.tenant_id = new.tenant_id and p.identity_id = i.id and p.status = 'waiting' and p.started_at is null
        and n.kind = new.kind and n.thread_id = new.thread_id)
  on conflict (tenant_id, notification_id, identity_id) do nothing;
  return null;
end
$$;
comment on function private.tg_notifications__push() is
'Definer: a row for every device of every member the notification is for. Most tenants have none.';

create function private.tg_notification_pushes__wake() returns trigger
language plpgsql set search_path = '' as $$
begin
  if current_setting('parley.woke_notifier', true) is distinct from 'on' then
    perform set_config('parley.woke_notifier', 'on', true);
    if pg_try_advisory_xact_lock(7100081) then
      perform pg_notify('et_notifier', '');
    end if;
  end if;
  return null;
end
$$;
comment on function private.tg_notification_pushes__wake() is 'At commit, once a transaction: a hint to the notifier.';

create trigger notifications_900_push after insert on public.notifications
for each row execute function private.tg_notifications__push();
-- One about a conversation is not due yet: the notifier finds it when it looks next.
create constraint trigger notification_pushes_900_wake after insert on private.notification_pushes
deferrable initially deferred for each row when (new.thread_id is null)
execute function private.tg_notification_pushes__wake();

-- ── the notifier ─────────────────────────────────────────────────────────────────────────────────────────────────

create function private.push_verdict(p_push private.notification_pushes, out status text, out reason text,
  out until timestamptz)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_reason text := case when p_push.thread_id is not null then private.person_push_reason(p_push) end;
begin
  if p_push.started_at is not null then
    status := 'unknown'; reason := 'lease_expired';
  elsif p_push.identity_id is null then
    status := 'gone'; reason := 'unsubscribed';
  elsif p_push.created_at < clock_timestamp() - interval '1 day' then
    status := 'skipped'; reason := 'too_old';
  elsif p_push.thread_id is not null and v_reason is not null then
    status := 'skipped'; reason := v_reason;
  elsif p_push.thread_id is null and not exists (
    select from public.tenant_members as u
    inner join public.tenants as t on t.id = u.tenant_id and t.status = 'active'
    where u.tenant_id = p_push.tenant_id and u.user_id = p_push.user_id) then
    status := 'skipped'; reason := 'no_member';
  elsif exists (
    select from public.notification_reads as r
    where r.tenant_id = p_push.tenant_id and r.user_id = p_push.user_id
      and r.notification_id = p_push.notification_id) then
    status := 'skipped'; reason := 'read';
  else
    select private.quiet_until(coalesce(c.time_zone, t.time_zone), s.quiet_hours_start, s.quiet_hours_end) into until
    from public.contact_identities as i
    inner join public.contacts as c on c.tenant_id = i.tenant_id and c.id = i.contact_id
    inner join public.tenants as t on t.id = i.tenant_id
    inner join public.tenant_settings as s on s.tenant_id = i.tenant_id
    where i.tenant_id = p_push.tenant_id and i.id = p_push.identity_id;
  end if;
end
$$;
comment on function private.push_verdict(private.notification_pushes) is
'Definer: why a push is not sent any more (status, reason), or not yet (until); all null: now.';

create function private.push_account(p_tenant_id uuid, p_address text) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select jsonb_build_object('tenant_id', s.tenant_id, 'session_id', s.id, 'channel', s.channel, 'provider', s.provider,
      'address', s.address, 'config', s.config, 'secrets', private.session_secrets(s.tenant_id, s.id))
    from public.et_channel_sessions as s
    where s.tenant_id = p_tenant_id and s.channel = 'push' and s.status not in ('paused', 'deleted')
      and s.provider = split_part(p_address, ':', 1)
      and s.address = split_part(substr(p_address, strpos(p_address, ':') + 1), '/', 1));
end
$$;
comment on function private.push_account(uuid, text) is
'Definer: the tenant''s account that reaches the app of a device, with its sealed secrets; null for a browser, which '
'needs none, and where the tenant has no such account.';

create function private.unread_notifications(p_tenant_id uuid, p_user_id uuid) returns integer
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select count(*) from (
      select from (
        select n.id from public.notifications as n
        where n.tenant_id = p_tenant_id and coalesce(n.user_id = p_user_id, true)
        order by n.created_at desc limit 1000) as n
      where not exists (
        select from public.notification_reads as r
        where r.tenant_id = p_tenant_id and r.user_id = p_user_id and r.notification_id = n.id)
      limit 100) as u);
end
$$;
comment on function private.unread_notifications(uuid, uuid) is
'Definer: how many of the newest thousand notifications a member has not read, a hundred at most: the number on an '
'app''s icon.';

create function private.push_content(p_tenant_id uuid, p_push_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  return coalesce(private.person_push_content(p_tenant_id, p_push_id), (
    select jsonb_build_object('address', i.address, 'account', private.push_account(p.tenant_id, i.address),
      'unread', private.unread_notifications(p.tenant_id, p.user_id), 'tenant_id', n.tenant_id, 'tenant_name', t.name,
      'notification_id', n.id, 'kind', n.kind, 'title', n.title, 'thread_id', n.thread_id,
      'contact_name', case when h.staff_readable then c.display_name end,
      'preview', case when h.staff_readable then h.preview end)
    from private.notification_pushes as p
    inner join public.contact_identities as i on i.tenant_id = p.tenant_id and i.id = p.identity_id
    inner join public.notifications as n on n.tenant_id = p.tenant_id and n.id = p.notification_id
    inner join public.tenants as t on t.id = p.tenant_id
    left join public.et_threads as h on h.tenant_id = n.tenant_id and h.id = n.thread_id
    left join public.contacts as c on c.tenant_id = h.tenant_id and c.id = h.contact_id
    where p.tenant_id = p_tenant_id and p.id = p_push_id));
end
$$;
comment on function private.push_content(uuid, uuid) is
'Definer: what a device is shown and reached with, read at this moment. Of a conversation the staff may not read: that '
'there is one. '
'Volatile, so that it sees what a claim in the same statement saw.';

create function private.end_push(p_tenant_id uuid, p_push_id uuid, p_status text, p_reason text) returns void
language sql volatile security definer set search_path = '' as $$
  update private.notification_pushes as p
  set status = p_status, reason = left(p_reason, 200), lease_until = null, finished_at = clock_timestamp()
  where p.tenant_id = p_tenant_id and p.id = p_push_id and p.status = 'waiting'
$$;
comment on function private.end_push(uuid, uuid, text, text) is 'Definer: a push is done with.';

create function private.claim_pushes(
  p_worker text, p_limit integer, p_after_tenant uuid default null, p_except uuid[] default '{}'
) returns table (tenant_id uuid, push_id uuid, fence bigint, attempts smallint, run_at timestamptz)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_tenants uuid[] := private.waiting_tenants('private.notification_pushes', greatest(1, p_limit), p_after_tenant,
    p_except);
  v_share integer := ceil(p_limit::numeric / greatest(1, cardinality(v_tenants)));
  v_push private.notification_pushes;
  v_verdict record;
begin
  for v_push in
    select p.* from unnest(v_tenants) with ordinality as t (tenant_id, place)
    cross join lateral (
      select x.* from private.notification_pushes as x
      where x.tenant_id = t.tenant_id and x.status = 'waiting' and x.run_at <= clock_timestamp()
        and (x.lease_until is null or x.lease_until < clock_timestamp())
      order by x.run_at limit v_share
      for update skip locked) as p
    order by t.place, p.run_at
    limit p_limit
  loop
    v_verdict := private.push_verdict(v_push);
    if v_verdict.status is not null then
      perform private.end_push(v_push.tenant_id, v_push.id, v_verdict.status, v_verdict.reason);
    elsif v_verdict.until is not null then
      update private.notification_pushes as p set run_at = v_verdict.until, lease_until = null, reason = 'quiet_hours'
      where p.tenant_id = v_push.tenant_id and p.id = v_push.id;
    else
      update private.notification_pushes as p
      set lease_until = clock_timestamp() + private.lease_length(), fence = nextval('private.fences'),
        claimed_by = p_worker, reason = null
      where p.tenant_id = v_push.tenant_id and p.id = v_push.id
      returning p.fence into fence;
      tenant_id := v_push.tenant_id;
      push_id := v_push.id;
      attempts := v_push.attempts;
      run_at := v_push.run_at;
      return next;
    end if;
  end loop;
end
$$;
comment on function private.claim_pushes(text, integer, uuid, uuid[]) is
'Definer, for the notifier: pushes that are due, shared among the tenants, under lease and fence. Every rule is asked '
'again: what was read meanwhile is not pushed.';

create function private.renew_pushes(p_tenant_ids uuid[], p_push_ids uuid[], p_fences bigint[]) returns setof bigint
language sql volatile security definer set search_path = '' as $$
  update private.notification_pushes as p set lease_until = clock_timestamp() + private.lease_length()
  from unnest(p_tenant_ids, p_push_ids, p_fences) as h (tenant_id, push_id, fence)
  where p.tenant_id = h.tenant_id and p.id = h.push_id and p.fence = h.fence and p.lease_until > clock_timestamp()
  returning p.fence
$$;
comment on function private.renew_pushes(uuid[], uuid[], bigint[]) is 'Definer, for the notifier: leases still held.';

create function private.start_push(p_tenant_id uuid, p_push_id uuid, p_fence bigint) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_push private.notification_pushes;
  v_verdict record;
begin
  select p.* into v_push from private.notification_pushes as p
  where p.tenant_id = p_tenant_id and p.id = p_push_id and p.fence = p_fence and p.status = 'waiting'
    and p.lease_until > clock_timestamp()
  for update;
  if not found then
    return false;
  end if;
  v_verdict := private.push_verdict(v_push);
  if v_verdict.status is not null then
    perform private.end_push(p_tenant_id, p_push_id, v_verdict.status, v_verdict.reason);
    return false;
  end if;
  update private.notification_pushes as p set started_at = clock_timestamp()
  where p.tenant_id = p_tenant_id and p.id = p_push_id;
  return true;
end
$$;
comment on function private.start_push(uuid, uuid, bigint) is
'Definer, for the notifier, just before the call: from now on nobody repeats it. False: the lease is somebody else''s, '
'or nobody is to be told any more: what was read or withdrawn since the claim is not pushed.';

create function private.finish_push(p_tenant_id uuid, p_push_id uuid, p_fence bigint, p_outcome jsonb) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_push private.notification_pushes;
  v_kind text := p_outcome ->> 'kind';
  v_status text;
begin
  select p.* into v_push from private.notification_pushes as p
  where p.tenant_id = p_tenant_id and p.id = p_push_id and p.fence = p_fence and p.status = 'waiting'
    and p.lease_until > clock_timestamp()
  for update;
  if not found then
    return 'lost';
  end if;
  if v_kind in ('released', 'error') and v_push.started_at is not null then
    v_kind := 'unknown';
  elsif v_kind = 'released' or (v_kind in ('retry', 'error') and v_push.attempts < 8) then
    v_push.attempts := v_push.attempts + (v_kind <> 'released')::integer;
    v_push.reason := p_outcome ->> 'error_code';
    if v_kind <> 'released' then
      v_push.run_at := clock_timestamp() + make_interval(secs => least(3600,
        greatest((p_outcome ->> 'retry_after_s')::float8, 2 ^ (v_push.attempts - 1) * (1 + random()))));
    end if;
    perform private.put_back_push(v_push);
    return v_kind;
  end if;
  v_status := case
    when v_kind = 'accepted' then 'pushed'
    when v_kind = 'unknown' then 'unknown'
    when (p_outcome ->> 'suppress_recipient')::boolean then 'gone'
    else 'failed' end;
  perform private.end_push(p_tenant_id, p_push_id, v_status, p_outcome ->> 'error_code');
  if v_status = 'gone' then
    perform private.suppress(i.tenant_id, 'push', i.address, 'bounced', null) from public.contact_identities as i
    where i.tenant_id = p_tenant_id and i.id = v_push.identity_id;
  end if;
  return v_status;
end
$$;
comment on function private.finish_push(uuid, uuid, bigint, jsonb) is
'Definer, for the notifier: how the push service answered. A device it calls gone is forgotten.';

create function private.sweep_pushes() returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count integer;
begin
  delete from private.notification_pushes as p where p.finished_at < clock_timestamp() - interval '30 days';
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function private.sweep_pushes() is 'Definer, for the housekeeper: what was pushed a month ago goes.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table private.notification_pushes enable row level security;
alter table private.notification_pushes force row level security;
revoke all on private.notification_pushes from public, anon, authenticated, service_role;
grant execute on function private.push_key(), public.push_key() to authenticated;
grant execute on function private.set_push_key(text), private.claim_pushes(text, integer, uuid, uuid[]),
private.push_content(uuid, uuid), private.renew_pushes(uuid[], uuid[], bigint[]),
private.start_push(uuid, uuid, bigint), private.finish_push(uuid, uuid, bigint, jsonb),
private.sweep_pushes() to parley_worker;
