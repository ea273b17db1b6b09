-- Chapter: messages, files. What strangers attach is kept with its message at once, and given out once it was checked.
--
--   INSERT ──▶ quarantined (inbound) ──▶ released       the attachments worker sniffs its type, asks a virus scanner
--     │                    └───────────▶ refused        a program, a lie about its type, too large, infected: no bytes
--     ├──▶ released (ours)         any ──▶ erased       nothing but its place is left
--     ├──▶ refused (by the receiver)
--     └──▶ reserved (bytes come into Supabase Storage) ──▶ sent with a message ──▶ quarantined, as above
--   released ──▶ expired: kept as long as the tenant wants files kept
--
-- The message waits for nobody: only the bytes of its files do. While no scanner answers they stay in quarantine.

create table private.attachment_work (
  tenant_id uuid not null,
  attachment_id uuid not null,
  run_at timestamptz not null default clock_timestamp(),
  lease_until timestamptz,
  fence bigint not null default 0,
  claimed_by text,
  attempts smallint not null default 0,
  expiries smallint not null default 0,
  error text,
  constraint attachment_work_tenant_id_attachment_id_pkey primary key (tenant_id, attachment_id),
  constraint attachment_work_tenant_id_attachment_id_fkey foreign key (tenant_id, attachment_id)
  references public.message_attachments (tenant_id, id)
)
with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
comment on table private.attachment_work is
'One row per file in quarantine: an index of state, never the state. Rebuilt by private.rebuild_work().';
comment on column private.attachment_work.error is 'Why it still waits: what the scanner, or our own code, said last.';
comment on column private.attachment_work.expiries is
'Leases lost: a file that workers die on rests longer and longer between tries, and stays in quarantine.';
create index attachment_work_run_at_idx on private.attachment_work (tenant_id, run_at);

-- ── lifecycle ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.tg_attachments__quarantine() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- Whoever inserts does not say whether a file is good: its message says where it comes from.
  new.checked_by := null;
  new.checked_at := null;
  new.status := case
    when new.refused is not null then 'refused'
    when new.storage_path is not null and new.message_id is null then 'reserved'
    when exists (
      select from public.et_messages as m
      where m.tenant_id = new.tenant_id and m.id = new.message_id and m.direction = 'inbound') then 'quarantined'
    else 'released'
  end;
  return new;
end
$$;
comment on function private.tg_attachments__quarantine() is
'Definer: reads the message. A stranger''s file begins in quarantine, one of ours is released, a refused one refused.';

create function private.tg_attachments__guard() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.status is distinct from old.status
    and new.status <> 'erased' and not (old.status = 'quarantined' and new.status in ('released', 'refused'))
    and not (old.status = 'released' and new.status = 'expired')
    and not (old.status = 'reserved' and new.status = 'quarantined') then
    raise exception 'a file does not go from % to %', old.status, new.status
      using errcode = 'PT409', hint = 'A file is checked once; ask the sender for it again.', detail =
        jsonb_build_object('code', 'refused_transition', 'from', old.status, 'to', new.status)::text;
  end if;
  if (new.tenant_id, new.id, new.created_at) is distinct from (old.tenant_id, old.id, old.created_at)
    or new.message_id is distinct from coalesce(old.message_id, new.message_id) -- an upload finds its message once
    or (new.status <> 'erased' and (new.filename, new.content_type, new.size_bytes, new.sha256)
      -- What came into Storage is counted when it is checked.
      is distinct from (old.filename, old.content_type, old.size_bytes,
        case when old.status = 'quarantined' and new.status = 'released' then coalesce(old.sha256, new.sha256)
          else old.sha256 end)) then
    raise exception 'a file keeps its message, its name and its bytes'
      using errcode = 'PT409', detail = '{"code": "immutable"}', hint = 'Write a new message.';
  end if;
  return new;
end
$$;
comment on function private.tg_attachments__guard() is
'Refuses what the lifecycle of files does not know: nothing leaves quarantine twice, nothing returns from erasure.';

create function private.tg_attachments__queue() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.attachment_work (tenant_id, attachment_id) values (new.tenant_id, new.id);
  if pg_try_advisory_xact_lock(7100006) then
    perform pg_notify('et_attachments', '');
  end if;
  return null;
end
$$;
comment on function private.tg_attachments__queue() is
'Definer: a file in quarantine gets its work row, workers a hint.';

create trigger message_attachments_100_quarantine before insert on public.message_attachments
for each row execute function private.tg_attachments__quarantine();
create trigger message_attachments_110_queue after insert on public.message_attachments
for each row when (new.status = 'quarantined') execute function private.tg_attachments__queue();
create trigger message_attachments_120_queue after update of status on public.message_attachments
for each row when (old.status = 'reserved' and new.status = 'quarantined')
execute function private.tg_attachments__queue();
create trigger message_attachments_200_guard before update on public.message_attachments
for each row execute function private.tg_attachments__guard();

-- ── the attachments worker ───────────────────────────────────────────────────────────────────────────────────────

create function private.claim_attachments(
  p_worker text, p_limit integer, p_after_tenant uuid default null, p_except uuid[] default '{}'
) returns table (
  tenant_id uuid, attachment_id uuid, thread_id uuid, fence bigint, attempts smallint, run_at timestamptz, file jsonb
)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_tenants uuid[] := private.waiting_tenants('private.attachment_work', p_limit, p_after_tenant, p_except);
  v_share integer := ceil(p_limit::numeric / greatest(1, cardinality(v_tenants)));
begin
  return query
  with picked as (
    select w.tenant_id, w.attachment_id from unnest(v_tenants) with ordinality as t (tenant_id, n)
    cross join lateral (
      select i.tenant_id, i.attachment_id from private.attachment_work as i
      where i.tenant_id = t.tenant_id and i.run_at <= clock_timestamp()
        and (i.lease_until is null or i.lease_until + case
          when i.expiries >= 2 then private.suspect_rest(i.expiries + 1) else interval '0' end < clock_timestamp())
      order by i.run_at
      limit v_share
      for update skip locked
    ) as w
    order by t.n
    limit p_limit
  ), claimed as (
    update private.attachment_work as w
    set lease_until = clock_timestamp() + private.lease_length(), fence = nextval('private.fences'),
      claimed_by = p_worker, expiries = least(w.expiries + (w.lease_until is not null)::integer, 1000)
    from picked as p where w.tenant_id = p.tenant_id and w.attachment_id = p.attachment_id
    returning w.*
  )
  select c.tenant_id, c.attachment_id, m.thread_id, c.fence, c.attempts, c.run_at, jsonb_build_object(
    'filename', a.filename, 'content_type', a.content_type, 'size_bytes', a.size_bytes,
    'most_bytes', private.message_limit(a.tenant_id, m.channel, 'attachment_bytes'),
    'storage_bucket', a.storage_bucket, 'storage_path', a.storage_path,
    -- How long its bytes may still be on their way.
    'arrives', a.created_at > clock_timestamp() - interval '1 day', 'is_public', (
      select s.media_visibility = 'public' from public.tenant_settings as s where s.tenant_id = a.tenant_id))
  from claimed as c
  inner join public.message_attachments as a on a.tenant_id = c.tenant_id and a.id = c.attachment_id
  inner join public.et_messages as m on m.tenant_id = a.tenant_id and m.id = a.message_id;
end
$$;
comment on function private.claim_attachments(text, integer, uuid, uuid[]) is
'Definer, for the attachments worker: files in quarantine in turn over the tenants, under lease and fence, with what '
'is known of them and how large they may be.';

create function private.renew_attachments(p_tenant_ids uuid[], p_attachment_ids uuid[], p_fences bigint[])
returns setof bigint
language sql volatile security definer set search_path = '' as $$
  update private.attachment_work as w set lease_until = clock_timestamp() + private.lease_length()
  from unnest(p_tenant_ids, p_attachment_ids, p_fences) as h (tenant_id, attachment_id, fence)
  where w.tenant_id = h.tenant_id and w.attachment_id = h.attachment_id
    and w.fence = h.fence and w.lease_until > clock_timestamp()
  returning w.fence
$$;
comment on function private.renew_attachments(uuid[], uuid[], bigint[]) is
'Definer, for the attachments worker: extends leases still held.';

create function private.settle_attachment(p_tenant_id uuid, p_attachment_id uuid, p_fence bigint, p_verdict jsonb)
returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_message record;
  v_rev bigint;
begin
  select m.id, m.thread_id into v_message from public.message_attachments as a
  inner join public.et_messages as m on m.tenant_id = a.tenant_id and m.id = a.message_id
  where a.tenant_id = p_tenant_id and a.id = p_attachment_id;
  -- The thread before everything else, as whoever changes what readers see takes it.
  perform from public.et_threads as t
  where t.tenant_id = p_tenant_id and t.id = v_message.thread_id for no key update;
  delete from private.attachment_work as w
  where w.tenant_id = p_tenant_id and w.attachment_id = p_attachment_id and w.fence = p_fence
    and w.lease_until > clock_timestamp();
  if not found then
    return 'lost';
  end if;
  update public.message_attachments as a
  set status = case when p_verdict ->> 'refused' is null then 'released' else 'refused' end,
    refused = left(p_verdict ->> 'refused', 500), detected_type = p_verdict ->> 'detected_type',
    sha256 = coalesce(a.sha256, p_verdict ->> 'sha256'), width = (p_verdict ->> 'width')::integer,
    height = (p_verdict ->> 'height')::integer, thumbnail_path = p_verdict ->> 'thumbnail_path',
    storage_bucket = coalesce(p_verdict ->> 'storage_bucket', a.storage_bucket),
    checked_by = p_verdict ->> 'checked_by', checked_at = clock_timestamp()
  where a.tenant_id = p_tenant_id and a.id = p_attachment_id;
  if p_verdict ->> 'refused' is not null then
    delete from private.attachment_blobs as b where b.tenant_id = p_tenant_id and b.attachment_id = p_attachment_id;
  end if;
  -- Readers see something new: whoever polls by rev asks for the files again.
  update public.et_threads as t set last_rev = t.last_rev + 1
  where t.tenant_id = p_tenant_id and t.id = v_message.thread_id returning t.last_rev into v_rev;
  update public.et_messages as m set rev = v_rev where m.tenant_id = p_tenant_id and m.id = v_message.id;
  return case when p_verdict ->> 'refused' is null then 'released' else 'refused' end;
end
$$;
comment on function private.settle_attachment(uuid, uuid, bigint, jsonb) is
'Definer, for the attachments worker: releases a file, or refuses it ("refused" says why) and drops its bytes; its '
'message takes a new rev. lost when the lease is.';

create function private.put_off_attachment(p_tenant_id uuid, p_attachment_id uuid, p_fence bigint, p_error text)
returns text
language plpgsql volatile security definer set search_path = '' as $$
begin
  update private.attachment_work as w
  set lease_until = null, expiries = case when p_error is null then w.expiries else 0 end,
    error = coalesce(left(p_error, 1000), w.error), attempts = least(w.attempts + (p_error is not null)::integer, 1000),
    run_at = clock_timestamp() + case when p_error is null then interval '0'
      else interval '1 second' * least(power(2, w.attempts), 60) end
  where w.tenant_id = p_tenant_id and w.attachment_id = p_attachment_id and w.fence = p_fence
    and w.lease_until > clock_timestamp();
  return case when not found then 'lost' when p_error is null then 'put_back' else 'waiting' end;
end
$$;
comment on function private.put_off_attachment(uuid, uuid, bigint, text) is
'Definer, for the attachments worker: the file could not be checked now and stays in quarantine; again after a pause '
'that grows to a minute, for as long as it takes. Without an error the worker only gives it back.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table private.attachment_work enable row level security;
alter table private.attachment_work force row level security;
revoke all on private.attachment_work from public, anon, authenticated, service_role;
grant execute on function private.claim_attachments(text, integer, uuid, uuid[]),
private.renew_attachments(uuid[], uuid[], bigint[]), private.settle_attachment(uuid, uuid, bigint, jsonb),
private.put_off_attachment(uuid, uuid, bigint, text) to parley_worker;
