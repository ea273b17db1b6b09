-- Chapter: channels, part six. Accounts that a bridge holds open (WhatsApp by Baileys): what it must not
-- lose.
--
--   pairing:  an admin asks, pair_channel_session() ──▶ the bridge shows a sealed code for seconds ──▶ a phone scans it
--   inbound:  decrypted ──▶ write_bridge_state(): the keys' new state AND the message, sealed, in one transaction
--             ──▶ acknowledged to the provider ──▶ store_bridge_events(): et_messages, and out of the inbox
--
-- Keys that decrypt a message are used up by it. Were they written without the message, a crash between the two would
-- lose it: nobody could decrypt it again. Every call carries the receiver's fence: who lost the lease changes nothing.
-- Values are sealed before they come here, and are found by a digest: whom the account talks with cannot be read.

create table private.bridge_values (
  tenant_id uuid not null,
  session_id uuid not null,
  kind text not null,
  digest bytea not null,
  ciphertext bytea not null,
  updated_at timestamptz not null default now(),
  constraint bridge_values_tenant_id_session_id_kind_digest_pkey primary key (tenant_id, session_id, kind, digest),
  constraint bridge_values_tenant_id_session_id_fkey foreign key (tenant_id, session_id)
  references public.et_channel_sessions (tenant_id, id),
  constraint bridge_values_kind_check check (kind ~ '^[a-z][a-z0-9-]{0,40}$'),
  constraint bridge_values_digest_check check (octet_length(digest) = 32)
)
with (fillfactor = 70);
comment on table private.bridge_values is
'A bridge''s credentials and keys, each sealed by the app like a channel secret; the database holds no plain key.';
comment on column private.bridge_values.digest is 'SHA-256 of account, kind and the key''s name.';

create table private.bridge_inbox (
  tenant_id uuid not null,
  session_id uuid not null,
  seq bigint generated always as identity,
  digest bytea not null,
  ciphertext bytea not null,
  tries integer not null default 0,
  due_at timestamptz not null default clock_timestamp(),
  last_error text,
  created_at timestamptz not null default clock_timestamp(),
  constraint bridge_inbox_tenant_id_session_id_seq_pkey primary key (tenant_id, session_id, seq),
  constraint bridge_inbox_tenant_id_session_id_digest_key unique (tenant_id, session_id, digest),
  constraint bridge_inbox_tenant_id_session_id_fkey foreign key (tenant_id, session_id)
  references public.et_channel_sessions (tenant_id, id)
);
comment on table private.bridge_inbox is
'Messages as the provider gave them, sealed, from their decryption until they are in et_messages: moments, as a rule.';

create table private.bridge_pairings (
  tenant_id uuid not null,
  session_id uuid not null,
  wanted_until timestamptz not null,
  ciphertext bytea,
  expires_at timestamptz,
  constraint bridge_pairings_tenant_id_session_id_pkey primary key (tenant_id, session_id),
  constraint bridge_pairings_tenant_id_session_id_fkey foreign key (tenant_id, session_id)
  references public.et_channel_sessions (tenant_id, id)
);
comment on table private.bridge_pairings is
'An admin wants to pair a phone; the code to scan, sealed, while it is valid. Nobody asks: no code is made.';

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.refuse_lost_bridge(p_tenant_id uuid, p_session_id uuid, p_fence bigint) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from private.receiver_cursors as r
  where r.tenant_id = p_tenant_id and r.session_id = p_session_id and r.fence = p_fence
    and r.lease_until > clock_timestamp()
  for key share;
  if not found then
    raise exception 'this account is read by another process now'
      using errcode = 'PT409', detail = '{"code": "lease_lost"}', hint = 'Stop; nothing was changed.';
  end if;
end
$$;
comment on function private.refuse_lost_bridge(uuid, uuid, bigint) is
'Definer, the first line of what a bridge changes: raises PT409 once the account went to another process.';

create function private.write_bridge_state(
  p_tenant_id uuid, p_session_id uuid, p_fence bigint, p_values jsonb, p_inbox jsonb default '[]'
) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform private.refuse_lost_bridge(p_tenant_id, p_session_id, p_fence);
  with given as (
    select v.kind, decode(v.digest, 'hex') as digest, decode(v.ciphertext, 'base64') as ciphertext
    from jsonb_to_recordset(p_values) as v (kind text, digest text, ciphertext text)
  ), removed as (
    delete from private.bridge_values as b using given as g
    where g.ciphertext is null and b.tenant_id = p_tenant_id and b.session_id = p_session_id and b.kind = g.kind
      and b.digest = g.digest
  )
  insert into private.bridge_values as b (tenant_id, session_id, kind, digest, ciphertext)
  select p_tenant_id, p_session_id, g.kind, g.digest, g.ciphertext from given as g where g.ciphertext is not null
  order by g.kind, g.digest
  on conflict (tenant_id, session_id, kind, digest) do update
  set ciphertext = excluded.ciphertext, updated_at = now();
  insert into private.bridge_inbox (tenant_id, session_id, digest, ciphertext)
  select p_tenant_id, p_session_id, decode(i.digest, 'hex'), decode(i.ciphertext, 'base64')
  from rows from (jsonb_to_recordset(p_inbox) as (digest text, ciphertext text)) with ordinality as i (
    digest, ciphertext, n)
  order by i.n
  on conflict (tenant_id, session_id, digest) do nothing;
end
$$;
comment on function private.write_bridge_state(uuid, uuid, bigint, jsonb, jsonb) is
'Definer, for bridges: sealed values written or, where null, removed, and messages into the inbox; all or nothing.';

create function private.read_bridge_values(
  p_tenant_id uuid, p_session_id uuid, p_fence bigint, p_kind text default null, p_digests text[] default null
) returns table (kind text, digest text, ciphertext text)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
begin
  perform private.refuse_lost_bridge(p_tenant_id, p_session_id, p_fence);
  return query
  select b.kind, encode(b.digest, 'hex'), encode(b.ciphertext, 'base64') from private.bridge_values as b
  where b.tenant_id = p_tenant_id and b.session_id = p_session_id and (p_kind is null or b.kind = p_kind)
    and (p_digests is null or b.digest in (select decode(d, 'hex') from unnest(p_digests) as d));
end
$$;
comment on function private.read_bridge_values(uuid, uuid, bigint, text, text[]) is
'Definer, for bridges: sealed values of an account it holds, some or all.';

create function private.forget_bridge(p_tenant_id uuid, p_session_id uuid) returns void
language sql volatile security definer set search_path = '' as $$
  delete from private.bridge_values as b where b.tenant_id = p_tenant_id and b.session_id = p_session_id;
  delete from private.bridge_pairings as p where p.tenant_id = p_tenant_id and p.session_id = p_session_id
$$;
comment on function private.forget_bridge(uuid, uuid) is
'Definer: the account is logged out or deleted, its keys are worth nothing. What is in the inbox stays.';

create function private.log_out_bridge(p_tenant_id uuid, p_session_id uuid, p_fence bigint) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform private.refuse_lost_bridge(p_tenant_id, p_session_id, p_fence);
  perform private.forget_bridge(p_tenant_id, p_session_id);
  perform private.audit(p_tenant_id, 'channel_session.logged_out', 'channel_session', p_session_id::text);
end
$$;
comment on function private.log_out_bridge(uuid, uuid, bigint) is
'Definer, for bridges: the phone (or the provider) ended the pairing. Keys go; the audit log says so.';

create function private.show_pairing(
  p_tenant_id uuid, p_session_id uuid, p_fence bigint, p_ciphertext text, p_seconds integer
) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform private.refuse_lost_bridge(p_tenant_id, p_session_id, p_fence);
  update private.bridge_pairings as p
  set ciphertext = decode(p_ciphertext, 'base64'), expires_at = clock_timestamp() + make_interval(secs => p_seconds)
  where p.tenant_id = p_tenant_id and p.session_id = p_session_id;
end
$$;
comment on function private.show_pairing(uuid, uuid, bigint, text, integer) is
'Definer, for bridges: the code to scan, sealed, for so many seconds; null takes it away.';

create function private.is_pairing_wanted(p_tenant_id uuid, p_session_id uuid) returns boolean
language sql volatile security definer set search_path = '' as $$
  select exists (
    select from private.bridge_pairings as p
    where p.tenant_id = p_tenant_id and p.session_id = p_session_id and p.wanted_until > clock_timestamp())
$$;
comment on function private.is_pairing_wanted(uuid, uuid) is
'Definer, for bridges: whether an admin waits for a code. Where nobody does, the provider is not bothered.';

create function private.take_bridge_inbox(p_tenant_id uuid, p_session_id uuid, p_fence bigint, p_limit integer)
returns table (seq bigint, ciphertext text, tries integer)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
begin
  perform private.refuse_lost_bridge(p_tenant_id, p_session_id, p_fence);
  return query
  select i.seq, encode(i.ciphertext, 'base64'), i.tries from private.bridge_inbox as i
  where i.tenant_id = p_tenant_id and i.session_id = p_session_id and i.due_at <= clock_timestamp()
  order by i.seq
  limit p_limit;
end
$$;
comment on function private.take_bridge_inbox(uuid, uuid, bigint, integer) is
'Definer, for bridges: the oldest messages of an account that are not stored yet and due.';

create function private.put_back_bridge_inbox(
  p_tenant_id uuid, p_session_id uuid, p_fence bigint, p_seq bigint, p_seconds numeric, p_error text
) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform private.refuse_lost_bridge(p_tenant_id, p_session_id, p_fence);
  update private.bridge_inbox as i
  set tries = i.tries + 1, due_at = clock_timestamp() + make_interval(secs => p_seconds),
    last_error = left(p_error, 500)
  where i.tenant_id = p_tenant_id and i.session_id = p_session_id and i.seq = p_seq;
end
$$;
comment on function private.put_back_bridge_inbox(uuid, uuid, bigint, bigint, numeric, text) is
'Definer, for bridges: a message that cannot be stored yet (its file does not come, its sender is not known) waits.';

create function private.store_bridge_events(
  p_tenant_id uuid, p_session_id uuid, p_fence bigint, p_done bigint[], p_events jsonb, p_seen bigint default null
) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_event jsonb;
  v_id uuid;
  v_new integer := 0;
begin
  update private.receiver_cursors as r
  set cursor = case when p_seen > coalesce((r.cursor ->> 'seen')::bigint, 0) then jsonb_build_object('seen', p_seen)
    else r.cursor end, lease_until = clock_timestamp() + private.lease_length(), moved_at = clock_timestamp()
  where r.tenant_id = p_tenant_id and r.session_id = p_session_id and r.fence = p_fence
    and r.lease_until > clock_timestamp();
  if not found then
    perform private.refuse_lost_bridge(p_tenant_id, p_session_id, p_fence);
  end if;
  perform set_config('parley.tenant_id', p_tenant_id::text, true);
  for v_event in select e.value from jsonb_array_elements(p_events) as e
  loop
    case v_event ->> 'type'
      when 'message' then
        select i.message_id into v_id from private.ingest_messages(jsonb_build_array((v_event -> 'message')
          || jsonb_build_object('tenant_id', p_tenant_id, 'channel_session_id', p_session_id))) as i;
        if v_id is not null then
          v_new := v_new + 1;
          perform private.keep_bridge_files(p_tenant_id, v_id, coalesce(v_event -> 'files', '[]'));
        end if;
      when 'edit' then
        perform private.edit_inbound(p_tenant_id, v_event ->> 'channel', v_event ->> 'external_message_id',
          v_event ->> 'body', (v_event ->> 'edited_at')::timestamptz);
      when 'receipt' then
        perform private.record_receipt(p_tenant_id, v_event -> 'receipt');
      when 'reachable' then
        perform private.note_reachable(p_tenant_id, v_event ->> 'channel', v_event ->> 'address');
    end case;
  end loop;
  delete from private.bridge_inbox as i
  where i.tenant_id = p_tenant_id and i.session_id = p_session_id and i.seq = any(p_done);
  return v_new;
end
$$;
comment on function private.store_bridge_events(uuid, uuid, bigint, bigint[], jsonb, bigint) is
'Definer, for bridges: messages (by private.ingest_messages), edits and receipts in their order, the inbox rows they '
'came from out, the cursor on; all or nothing. How many messages were new.';

create function private.keep_bridge_files(p_tenant_id uuid, p_message_id uuid, p_files jsonb) returns void
language sql volatile security definer set search_path = '' as $$
  with given as (
    select private.uuid_v7() as id, f.* from jsonb_to_recordset(p_files) as f (
      filename text, content_type text, size_bytes bigint, sha256 text, refused text, data text)
  ), kept as (
    insert into public.message_attachments (
      tenant_id, id, message_id, filename, content_type, size_bytes, sha256, refused)
    select p_tenant_id, g.id, p_message_id, g.filename, g.content_type, g.size_bytes, g.sha256, g.refused
    from given as g
  )
  insert into private.attachment_blobs (tenant_id, attachment_id, data)
  select p_tenant_id, g.id, decode(g.data, 'base64') from given as g where g.refused is null
$$;
comment on function private.keep_bridge_files(uuid, uuid, jsonb) is
'Definer, of private.store_bridge_events(): the files of a new message; a refused one is a name with a reason.';

create function private.bridge_message(p_tenant_id uuid, p_session_id uuid, p_queue_id uuid) returns text
language sql stable security definer set search_path = '' as $$
  select m.body from public.et_outbound_queue as q
  inner join public.et_messages as m on m.tenant_id = q.tenant_id and m.id = q.message_id
  where q.tenant_id = p_tenant_id and q.id = p_queue_id and m.channel_session_id = p_session_id
    and q.status in ('sending', 'sent', 'delivered', 'read', 'dispatch_unknown')
    and m.moderation_status in ('approved', 'filtered') -- changed since, it waits to be judged
$$;
comment on function private.bridge_message(uuid, uuid, uuid) is
'Definer, for bridges: what a message we sent says, for a device of the recipient''s that could not decrypt it.';

create function private.pair_channel_session(p_session_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_session public.et_channel_sessions%rowtype;
  v_before timestamptz;
  v_pairing private.bridge_pairings%rowtype;
begin
  select s.* into v_session from public.et_channel_sessions as s
  where s.tenant_id = v_tenant and s.id = p_session_id and s.status <> 'deleted' and private.can_pair(s.provider);
  if v_session.id is null then
    return private.deny('channel_session', p_session_id, 'pair_channel_session');
  end if;
  select p.wanted_until into v_before from private.bridge_pairings as p
  where p.tenant_id = v_tenant and p.session_id = p_session_id;
  insert into private.bridge_pairings as p (tenant_id, session_id, wanted_until)
  values (v_tenant, p_session_id, clock_timestamp() + interval '2 minutes')
  on conflict (tenant_id, session_id) do update set wanted_until = excluded.wanted_until
  returning * into v_pairing;
  if v_before is null or v_before < clock_timestamp() then
    perform private.audit(v_tenant, 'channel_session.pairing_asked', 'channel_session', p_session_id::text);
  end if;
  return jsonb_build_object('session_id', p_session_id, 'status', v_session.status, 'reason', v_session.status_reason,
    'ciphertext', case when v_pairing.expires_at > clock_timestamp()
      then translate(encode(v_pairing.ciphertext, 'base64'), e'\n', '') end,
    'expires_at', case when v_pairing.expires_at > clock_timestamp() then v_pairing.expires_at end);
end
$$;
comment on function private.pair_channel_session(uuid) is
'Definer: an admin wants a code for the next two minutes, and gets the one there is: sealed, for the API to open.';

create function public.pair_channel_session(p_session_id uuid) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.pair_channel_session(p_session_id); end;
comment on function public.pair_channel_session(uuid) is
'Ask for the code that pairs a phone with an account, and ask again until it is there. Admins.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table private.bridge_values enable row level security;
alter table private.bridge_values force row level security;
alter table private.bridge_inbox enable row level security;
alter table private.bridge_inbox force row level security;
alter table private.bridge_pairings enable row level security;
alter table private.bridge_pairings force row level security;
revoke all on private.bridge_values, private.bridge_inbox, private.bridge_pairings
from public, anon, authenticated, service_role;
grant execute on function private.write_bridge_state(uuid, uuid, bigint, jsonb, jsonb),
private.read_bridge_values(uuid, uuid, bigint, text, text[]), private.log_out_bridge(uuid, uuid, bigint),
private.show_pairing(uuid, uuid, bigint, text, integer), private.is_pairing_wanted(uuid, uuid),
private.take_bridge_inbox(uuid, uuid, bigint, integer),
private.put_back_bridge_inbox(uuid, uuid, bigint, bigint, numeric, text),
private.store_bridge_events(uuid, uuid, bigint, bigint[], jsonb, bigint),
private.bridge_message(uuid, uuid, uuid) to parley_worker;
grant execute on function private.pair_channel_session(uuid), public.pair_channel_session(uuid) to authenticated;
