-- Chapter: channels, part three. Accounts that are asked for their messages (Telegram, IMAP, a bridge): who asks, and
-- how far he has read.
--
--   claim_receivers(provider) ──▶ lease + fence, one process per account ──▶ fetch from the provider
--        ▲                                                                      │
--        │ lease ends                                                           ▼
--        └───────────────────────── ONE transaction: messages + private.advance_receiver(fence, cursor)
--
-- The cursor moves with the messages it stands for or not at all: after a crash nothing is lost, nothing read twice.
-- An account that a provider lets in with its secret has proved itself: private.prove_receiver() verifies it.

create table private.receiver_cursors (
  tenant_id uuid not null,
  session_id uuid not null,
  cursor jsonb not null default '{}',
  lease_until timestamptz,
  fence bigint not null default 0,
  claimed_by text,
  moved_at timestamptz,
  constraint receiver_cursors_tenant_id_session_id_pkey primary key (tenant_id, session_id),
  constraint receiver_cursors_tenant_id_session_id_fkey foreign key (tenant_id, session_id)
  references public.et_channel_sessions (tenant_id, id)
)
with (fillfactor = 50);
comment on table private.receiver_cursors is 'How far each polled account was read, and which process reads it now.';
comment on column private.receiver_cursors.cursor is
'The provider''s own position: {"offset": …} for Telegram, {"uidvalidity": …, "uid": …} for IMAP. No message content.';

create sequence private.receiver_fences;
comment on sequence private.receiver_fences is 'Every claim of a polled account takes a number.';

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.session_secrets(p_tenant_id uuid, p_session_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select coalesce(jsonb_object_agg(x.name, encode(x.ciphertext, 'base64')), '{}') from private.channel_secrets as x
    where x.tenant_id = p_tenant_id and x.session_id = p_session_id);
end
$$;
comment on function private.session_secrets(uuid, uuid) is
'Definer: the secrets of an account by name, as base64 of their ciphertext.';

create function private.is_polled(p_session public.et_channel_sessions) returns boolean
language sql immutable parallel safe set search_path = '' as $$
  select p_session.status not in ('paused', 'deleted')
    and coalesce(p_session.config ->> 'mode', 'polling') = 'polling'
$$;
comment on function private.is_polled(public.et_channel_sessions) is
'Whether somebody should ask for the account''s messages: it is on, and its config names no mode but polling.';

create function private.claim_receivers(p_worker text, p_provider text, p_limit integer)
returns table (
  tenant_id uuid, session_id uuid, fence bigint, cursor jsonb, channel text, provider text, address text,
  config jsonb, secrets jsonb, proven boolean
)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
begin
  insert into private.receiver_cursors (tenant_id, session_id)
  select s.tenant_id, s.id from public.et_channel_sessions as s
  where s.provider = p_provider and private.is_polled(s)
    and not exists (
      select from private.receiver_cursors as r where r.tenant_id = s.tenant_id and r.session_id = s.id)
  on conflict do nothing;
  return query
  with picked as (
    select r.tenant_id, r.session_id from private.receiver_cursors as r
    inner join public.et_channel_sessions as s on s.tenant_id = r.tenant_id and s.id = r.session_id
    inner join public.tenants as t on t.id = r.tenant_id
    where s.provider = p_provider and private.is_polled(s) and t.status <> 'deleted'
      and (r.lease_until is null or r.lease_until < clock_timestamp())
    order by r.lease_until nulls first
    limit p_limit
    for update of r skip locked
  ), claimed as (
    update private.receiver_cursors as r
    set lease_until = clock_timestamp() + private.lease_length(), fence = nextval('private.receiver_fences'),
      claimed_by = p_worker
    from picked as p
    where r.tenant_id = p.tenant_id and r.session_id = p.session_id
    returning r.*
  )
  select c.tenant_id, c.session_id, c.fence, c.cursor, s.channel, s.provider, s.address, s.config,
    private.session_secrets(c.tenant_id, c.session_id), s.verified_at is not null
  from claimed as c
  inner join public.et_channel_sessions as s on s.tenant_id = c.tenant_id and s.id = c.session_id;
end
$$;
comment on function private.claim_receivers(text, text, integer) is
'Definer, for receivers: accounts of a provider nobody reads at the moment, over all tenants, each under a lease and '
'a fence.';

create function private.renew_receiver(p_tenant_id uuid, p_session_id uuid, p_fence bigint) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
  update private.receiver_cursors as r set lease_until = clock_timestamp() + private.lease_length()
  from public.et_channel_sessions as s
  where r.tenant_id = p_tenant_id and r.session_id = p_session_id and r.fence = p_fence
    and r.lease_until > clock_timestamp()
    and s.tenant_id = r.tenant_id and s.id = r.session_id and private.is_polled(s);
  return found;
end
$$;
comment on function private.renew_receiver(uuid, uuid, bigint) is
'Definer, for receivers: false when the lease went to somebody else, or the account was paused or deleted: stop.';

create function private.prove_receiver(p_tenant_id uuid, p_session_id uuid, p_fence bigint) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from private.receiver_cursors as r
  where r.tenant_id = p_tenant_id and r.session_id = p_session_id and r.fence = p_fence
    and r.lease_until > clock_timestamp();
  return found and private.verify_channel_session(p_tenant_id, p_session_id);
end
$$;
comment on function private.prove_receiver(uuid, uuid, bigint) is
'Definer, for receivers: the provider let the account in under its address. False when another account has proved '
'that address before: do not read this one.';

create function private.advance_receiver(p_tenant_id uuid, p_session_id uuid, p_fence bigint,
  p_cursor jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update private.receiver_cursors as r
  set cursor = p_cursor, lease_until = clock_timestamp() + private.lease_length(), moved_at = clock_timestamp()
  where r.tenant_id = p_tenant_id and r.session_id = p_session_id and r.fence = p_fence
    and r.lease_until > clock_timestamp();
  if not found then
    raise exception 'this account is read by another process now'
      using errcode = 'PT409', detail = '{"code": "lease_lost"}', hint = 'Stop; nothing of this batch was stored.';
  end if;
end
$$;
comment on function private.advance_receiver(uuid, uuid, bigint, jsonb) is
'Definer, for receivers, in the transaction that stores the messages: the cursor moves, or everything is undone.';

create function private.release_receiver(p_tenant_id uuid, p_session_id uuid, p_fence bigint) returns void
language sql volatile security definer set search_path = '' as $$
  update private.receiver_cursors as r set lease_until = null, claimed_by = null
  where r.tenant_id = p_tenant_id and r.session_id = p_session_id and r.fence = p_fence
$$;
comment on function private.release_receiver(uuid, uuid, bigint) is
'Definer, for receivers that stop: another process may read on at once.';

create function private.replace_secret(p_tenant_id uuid, p_session_id uuid, p_name text,
  p_ciphertext bytea) returns void
language sql volatile security definer set search_path = '' as $$
  insert into private.channel_secrets (tenant_id, session_id, name, ciphertext)
  select s.tenant_id, s.id, p_name, p_ciphertext from public.et_channel_sessions as s
  where s.tenant_id = p_tenant_id and s.id = p_session_id and s.status <> 'deleted'
    and s.tenant_id = private.worker_tenant()
  on conflict (tenant_id, session_id, name) do update set ciphertext = excluded.ciphertext, updated_at = now()
$$;
comment on function private.replace_secret(uuid, uuid, text, bytea) is
'Definer, for workers: a token the provider renewed, a bridge''s session state. Only in the transaction''s tenant.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table private.receiver_cursors enable row level security;
alter table private.receiver_cursors force row level security;
create policy receiver_cursors_select_worker on private.receiver_cursors for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
revoke all on private.receiver_cursors from public, anon, authenticated, service_role;
grant select on private.receiver_cursors to parley_worker;
grant execute on function private.claim_receivers(text, text, integer), private.renew_receiver(uuid, uuid, bigint),
private.prove_receiver(uuid, uuid, bigint),
private.advance_receiver(uuid, uuid, bigint, jsonb), private.release_receiver(uuid, uuid, bigint),
private.replace_secret(uuid, uuid, text, bytea) to parley_worker;
