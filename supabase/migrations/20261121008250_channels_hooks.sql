-- Chapter: channels, part six. Webhooks we set at the provider: who is to have one, and what was done about it.
--
--   account with mode webhook, on ──▶ claim_hooks() ──▶ the adapter's set_webhook() ──▶ complete_hook(): fingerprint
--   address, secret or place changed: another fingerprint ──▶ the same again
--   paused, deleted, polled from now on ──▶ claim_hooks() ──▶ remove_webhook() ──▶ complete_hook(): not set
--   a check found it gone ──▶ lose_hook() ──▶ the same again
--
-- Nothing is called in the request that changes an account: it is compared with what was done, by a worker, until both
-- agree. A deleted account's secrets stay here, sealed, until its webhook is gone: a day at the longest.

create table private.provider_hooks (
  tenant_id uuid not null,
  session_id uuid not null,
  is_set boolean not null default false,
  fingerprint text,
  set_at timestamptz,
  farewell jsonb,
  run_at timestamptz not null default clock_timestamp(),
  attempts smallint not null default 0,
  fence bigint not null default 0,
  constraint provider_hooks_tenant_id_session_id_pkey primary key (tenant_id, session_id),
  constraint provider_hooks_tenant_id_session_id_fkey foreign key (tenant_id, session_id)
  references public.et_channel_sessions (tenant_id, id),
  constraint provider_hooks_state_check check (is_set or (fingerprint is null and farewell is null))
)
with (fillfactor = 50);
comment on table private.provider_hooks is
'Accounts whose provider has, or is to have, a webhook of ours: what was done about it at the provider.';
comment on column private.provider_hooks.is_set is 'The provider may have it: said before it is asked to.';
comment on column private.provider_hooks.fingerprint is
'Of the place and the secrets it was set with; null while it is not known to be set.';
comment on column private.provider_hooks.farewell is
'The secrets of a deleted account, as base64 of their ciphertext, to take its webhook away with.';

create sequence private.hook_fences;
comment on sequence private.hook_fences is 'Every claim of a webhook to set or remove takes a number.';

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.wants_hook(p_session public.et_channel_sessions) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return p_session.status not in ('paused', 'deleted') and coalesce(p_session.config ->> 'mode', '') = 'webhook'
    and exists (select from public.tenants as t where t.id = p_session.tenant_id and t.status <> 'deleted');
end
$$;
comment on function private.wants_hook(public.et_channel_sessions) is
'Definer: the provider should call us for this account: it is on, and its config says mode webhook.';

create function private.hook_fingerprint(p_session public.et_channel_sessions, p_place text) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  return md5(p_place || coalesce((
    select string_agg(x.name || x.updated_at::text, ',' order by x.name) from private.channel_secrets as x
    where x.tenant_id = p_session.tenant_id and x.session_id = p_session.id), ''));
end
$$;
comment on function private.hook_fingerprint(public.et_channel_sessions, text) is
'Definer: what setting its webhook depends on: where we are reached, and when each secret was set.';

create function private.claim_hooks(p_provider text, p_place text, p_limit integer)
returns table (
  tenant_id uuid, session_id uuid, fence bigint, wanted boolean, fingerprint text, channel text, provider text,
  address text, config jsonb, secrets jsonb
)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
begin
  insert into private.provider_hooks (tenant_id, session_id)
  select s.tenant_id, s.id from public.et_channel_sessions as s
  where s.provider = p_provider and private.wants_hook(s) and not exists (
    select from private.provider_hooks as h where h.tenant_id = s.tenant_id and h.session_id = s.id)
  on conflict do nothing;
  return query
  with picked as (
    select h.tenant_id, h.session_id, w.wanted, w.fingerprint from private.provider_hooks as h
    inner join public.et_channel_sessions as s on s.tenant_id = h.tenant_id and s.id = h.session_id
    cross join lateral (
      select private.wants_hook(s) as wanted, private.hook_fingerprint(s, p_place) as fingerprint) as w
    where s.provider = p_provider and h.run_at <= clock_timestamp()
      and case when w.wanted then h.fingerprint is distinct from w.fingerprint else h.is_set end
    order by h.run_at
    limit p_limit
    for update of h skip locked
  ), claimed as (
    update private.provider_hooks as h
    set run_at = clock_timestamp() + interval '1 minute', fence = nextval('private.hook_fences'),
      is_set = h.is_set or p.wanted
    from picked as p
    where h.tenant_id = p.tenant_id and h.session_id = p.session_id
    returning h.tenant_id, h.session_id, h.fence, h.farewell, p.wanted, p.fingerprint
  )
  select c.tenant_id, c.session_id, c.fence, c.wanted, c.fingerprint, s.channel, s.provider, s.address, s.config,
    coalesce(c.farewell, private.session_secrets(c.tenant_id, c.session_id))
  from claimed as c
  inner join public.et_channel_sessions as s on s.tenant_id = c.tenant_id and s.id = c.session_id;
end
$$;
comment on function private.claim_hooks(text, text, integer) is
'Definer, for the health worker: accounts of a provider whose webhook is to be set below p_place, or removed. Whoever '
'takes one has a minute for it; setting and removing may be done twice.';

create function private.complete_hook(
  p_tenant_id uuid, p_session_id uuid, p_fence bigint, p_wanted boolean, p_fingerprint text, p_done boolean
) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  h private.provider_hooks%rowtype;
begin
  select r.* into h from private.provider_hooks as r
  where r.tenant_id = p_tenant_id and r.session_id = p_session_id and r.fence = p_fence for update;
  if h.session_id is null then
    return 'lost';
  end if;
  if not p_done and (h.farewell is null or h.attempts < 150) then
    update private.provider_hooks as r
    set attempts = least(r.attempts, 1000) + 1,
      run_at = clock_timestamp() + make_interval(secs => (0.5 + random() / 2) * least(600, 5 * power(2,
        least(r.attempts, 10))))
    where r.tenant_id = p_tenant_id and r.session_id = p_session_id;
    return 'retry';
  end if;
  if not p_wanted then
    delete from private.provider_hooks as r where r.tenant_id = p_tenant_id and r.session_id = p_session_id;
    return case when p_done then 'removed' else 'given_up' end;
  end if;
  update private.provider_hooks as r set fingerprint = p_fingerprint, attempts = 0, run_at = clock_timestamp(),
    set_at = clock_timestamp()
  where r.tenant_id = p_tenant_id and r.session_id = p_session_id;
  update public.et_channel_sessions as s set checked_at = null
  where s.tenant_id = p_tenant_id and s.id = p_session_id;
  return 'set';
end
$$;
comment on function private.complete_hook(uuid, uuid, bigint, boolean, text, boolean) is
'Definer, for the health worker: what came of it. set (and the account is checked at once), removed, retry after a '
'growing pause, given_up for a deleted account whose provider would not listen for a day, or lost.';

create function private.lose_hook(p_tenant_id uuid, p_session_id uuid) returns void
language sql volatile security definer set search_path = '' as $$
  update private.provider_hooks as h
  set fingerprint = null, attempts = 0, run_at = clock_timestamp() + case
    when h.set_at > clock_timestamp() - interval '1 minute' then interval '5 minutes' else interval '0' end
  where h.tenant_id = p_tenant_id and h.session_id = p_session_id and h.fingerprint is not null
$$;
comment on function private.lose_hook(uuid, uuid) is
'Definer, for the health worker: a check found that the provider has our webhook no more; it is set again. One that '
'was lost within a minute of being set waits for five: setting it seems not to be what it needs.';

create function private.keep_farewell(p_tenant_id uuid, p_session_id uuid) returns void
language sql volatile security definer set search_path = '' as $$
  update private.provider_hooks as h
  set farewell = private.session_secrets(h.tenant_id, h.session_id), run_at = clock_timestamp(), attempts = 0
  where h.tenant_id = p_tenant_id and h.session_id = p_session_id and h.is_set
$$;
comment on function private.keep_farewell(uuid, uuid) is
'Definer: before a deleted account''s secrets are wiped, what takes its webhook away is put aside.';

-- ── triggers ─────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.tg_channel_sessions__hurry() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update private.provider_hooks as h set run_at = clock_timestamp(), attempts = 0
  where h.tenant_id = new.tenant_id and h.session_id = new.id;
  return null;
end
$$;
comment on function private.tg_channel_sessions__hurry() is
'Definer: an account that was paused, resumed, deleted or configured anew does not wait for a failed try''s pause.';

create function private.tg_channel_secrets__hurry() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update private.provider_hooks as h set run_at = clock_timestamp(), attempts = 0
  where h.tenant_id = new.tenant_id and h.session_id = new.session_id;
  return null;
end
$$;
comment on function private.tg_channel_secrets__hurry() is
'Definer: a new secret is tried at once: the last one may be why setting the webhook failed.';

create trigger et_channel_sessions_910_hurry after update of status, config on public.et_channel_sessions
for each row when (
  old.config is distinct from new.config
  or (old.status in ('paused', 'deleted')) is distinct from (new.status in ('paused', 'deleted'))
)
execute function private.tg_channel_sessions__hurry();
create trigger channel_secrets_900_hurry after insert or update on private.channel_secrets
for each row execute function private.tg_channel_secrets__hurry();

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table private.provider_hooks enable row level security;
alter table private.provider_hooks force row level security;
revoke all on private.provider_hooks from public, anon, authenticated, service_role;
grant execute on function private.claim_hooks(text, text, integer),
private.complete_hook(uuid, uuid, bigint, boolean, text, boolean), private.lose_hook(uuid, uuid) to parley_worker;
