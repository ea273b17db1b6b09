-- Chapter: storage. Files of the chat in Supabase Storage: who may put them there, and who may read them.
--
--   reserve_attachment() ──▶ a row with a path of its own ──▶ upload to that path, by its owner, once
--   send_message(attachments) ──▶ quarantined ──▶ the attachments worker fetches and checks it ──▶ released | refused
--   open_attachment() ──▶ is it his to read? audited, and a grant for a minute ──▶ a signed link, or a download
--
-- In the schema `storage` are two buckets and two policies of ours, nothing else: hosted Supabase allows no more. What
-- no row knows any more is swept from the buckets by the housekeeper, over Storage's own API.

insert into storage.buckets (id, name, public, file_size_limit)
values ('parley-attachments', 'parley-attachments', false, 104857600),
  ('parley-public', 'parley-public', true, 104857600)
on conflict (id) do nothing;

create table private.attachment_grants (
  tenant_id uuid not null,
  storage_path text not null,
  actor text not null,
  expires_at timestamptz not null,
  constraint attachment_grants_tenant_id_storage_path_actor_pkey primary key (tenant_id, storage_path, actor)
);
comment on table private.attachment_grants is
'Who may read which object of the private bucket for the next minute: made by open_attachment(), which wrote it down.';
create index attachment_grants_expires_at_idx on private.attachment_grants (expires_at);

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.storage_tenant(p_path text) returns uuid
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case when p_path ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/' then split_part(p_path, '/', 1)::uuid end;
end
$$;
comment on function private.storage_tenant(text) is 'The tenant a path in our buckets belongs to: its first folder.';

create function private.may_upload(p_path text) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.message_attachments as a
    where a.tenant_id = private.storage_tenant(p_path) and a.storage_path = p_path and a.uploaded_by = private.actor()
      and a.status in ('reserved', 'quarantined') and a.created_at > clock_timestamp() - interval '1 day');
end
$$;
comment on function private.may_upload(text) is
'Definer, for the policy of storage.objects: the path was reserved by the caller and waits for its bytes, perhaps '
'with its message sent already. Nobody may overwrite or delete, so what was checked stays what it was.';

create function private.may_download(p_path text) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from private.attachment_grants as g
    where g.tenant_id = private.storage_tenant(p_path) and g.storage_path = p_path and g.actor = private.actor()
      and g.expires_at > clock_timestamp());
end
$$;
comment on function private.may_download(text) is
'Definer, for the policy of storage.objects: the caller opened this file within the last minute.';

create function private.log_denied_path(p_claims jsonb, p_bucket text, p_path text, p_action text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.storage_tenant(p_path);
begin
  perform set_config('request.jwt.claims', p_claims::text, true);
  if p_bucket not in ('parley-attachments', 'parley-public') or private.is_home(v_tenant)
    or not exists (select from public.tenants as t where t.id = v_tenant)
    or split_part(p_path, '/', 2) = private.current_user_id()::text then
    return;
  end if;
  -- A minute after he opened it, a file of his conversation is still no stranger's.
  if not exists (
    select from public.message_attachments as a
    inner join public.et_messages as m on m.tenant_id = a.tenant_id and m.id = a.message_id
    where a.tenant_id = v_tenant and p_path in (a.storage_path, a.thumbnail_path)
      and private.is_participant(m.tenant_id, m.thread_id)) then
    perform private.log_denial(v_tenant, 'storage', left(p_action, 100), 'path', left(p_bucket || '/' || p_path, 1000));
  end if;
end
$$;
comment on function private.log_denied_path(jsonb, text, text, text) is
'Definer, for our own Storage surface: keeps an attempt on a path of another tenant; p_claims are the verified claims. '
'A path is somebody''s by its tenant and person, or by the conversation its file was sent in.';

create function private.safe_filename(p_filename text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  v_ending text := lower(substring(p_filename from '\.([A-Za-z0-9]{1,10})$'));
  v_stem text := regexp_replace(regexp_replace(p_filename, '\.[A-Za-z0-9]{1,10}$', ''), '[^A-Za-z0-9_-]+', '_', 'g');
begin
  return left(coalesce(nullif(btrim(v_stem, '_'), ''), 'file'), 80) || coalesce('.' || v_ending, '');
end
$$;
comment on function private.safe_filename(text) is
'A name that is safe in any path: letters, digits, dash and underscore, at most 80, and its ending.';

create function private.told_type(p_tenant_id uuid, p_content_type text) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  if private.moderates(p_tenant_id, 'people') and (p_content_type !~ (
      '^((image|audio|video|text)/(vnd\.|x-)?[a-z0-9+-]{1,20}'
      || '|application/(pdf|json|xml|zip|gzip|rtf|msword|octet-stream|x-[a-z0-9-]{1,20}'
      || '|vnd\.(ms-|openxmlformats-officedocument\.|oasis\.opendocument\.)[a-z.-]{1,60}))$')
    or private.digits_in(p_content_type) > 4) then
    return 'application/octet-stream';
  end if;
  return left(coalesce(nullif(btrim(p_content_type), ''), 'application/octet-stream'), 150);
end
$$;
comment on function private.told_type(uuid, text) is
'Definer: the type of a file as its readers are told it. Nobody judges it, so where texts are judged, what has not the '
'form of a usual type is application/octet-stream.';

create function private.reserve_attachment(
  p_filename text, p_content_type text, p_size_bytes bigint, p_tenant_slug text
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.chat_tenant(p_tenant_slug);
  v_me uuid := private.me_at(v_tenant);
  v_most bigint := private.message_limit(v_tenant, 'in_app', 'attachment_bytes');
  v_file public.message_attachments%rowtype;
begin
  if coalesce(p_filename, '') !~ '^[^[:cntrl:]/\\]{1,255}$' then
    raise exception 'a file has a name of 1 to 255 characters without slashes'
      using errcode = 'PT422', detail = '{"code": "bad_filename", "field": "filename"}', hint = 'E.g. quote.pdf.';
  elsif coalesce(p_size_bytes, 0) not between 1 and v_most then
    raise exception 'a file has 1 to % bytes', v_most
      using errcode = 'PT422', detail = '{"code": "file_size", "field": "size_bytes"}',
        hint = 'Send a smaller one, or a link.';
  elsif v_me is null then
    return private.not_found('contact');
  end if;
  -- One reservation of a person at a time: two could each find room for one.
  perform pg_advisory_xact_lock(hashtextextended(v_tenant::text || private.actor() || 'reserve', 8));
  if (
    select count(*) from public.message_attachments as a
    where a.tenant_id = v_tenant and a.message_id is null and a.uploaded_by = private.actor()
      and a.expires_at > clock_timestamp()) >= 20 then
    raise exception 'twenty files wait to be sent already'
      using errcode = 'PT429', detail = '{"code": "upload_quota", "retry_after_s": 3600}',
        hint = 'Send what was uploaded; what nobody sends goes after a day.';
  end if;
  v_file.id := private.uuid_v7();
  insert into public.message_attachments (
    tenant_id, id, filename, content_type, size_bytes, storage_bucket, storage_path, uploaded_by, expires_at)
  values (
    v_tenant, v_file.id, p_filename, private.told_type(v_tenant, p_content_type),
    p_size_bytes, 'parley-attachments', concat_ws('/', v_tenant, private.current_user_id(),
      to_char(clock_timestamp() at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"') || '_' || v_file.id || '_'
      || private.safe_filename(p_filename)),
    private.actor(), clock_timestamp() + interval '1 day')
  returning * into v_file;
  return jsonb_build_object('attachment_id', v_file.id, 'bucket', v_file.storage_bucket, 'path', v_file.storage_path,
    'filename', v_file.filename, 'content_type', v_file.content_type, 'size_bytes', v_file.size_bytes,
    'expires_at', v_file.expires_at);
end
$$;
comment on function private.reserve_attachment(text, text, bigint, text) is
'Definer: a place in the private bucket for one file of the signed-in person, who may write to nobody''s but his own.';

create function private.open_attachment(p_attachment_id uuid, p_thumbnail boolean, p_reason text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_file public.message_attachments%rowtype;
  v_message public.et_messages%rowtype;
  v_path text;
begin
  select a.* into v_file from public.message_attachments as a where a.id = p_attachment_id limit 1;
  select m.* into v_message from public.et_messages as m
  where m.tenant_id = v_file.tenant_id and m.id = v_file.message_id;
  if v_message.id is null or not (
    (v_message.tenant_id is not distinct from private.current_tenant() and v_message.staff_readable)
    or (private.is_participant(v_message.tenant_id, v_message.thread_id) and (
      private.is_shown(v_message.moderation_status, v_message.direction, v_message.delivery_status)
      or v_message.sender_user_id = private.current_user_id()))
    or (p_reason is not null and v_message.tenant_id is not distinct from private.claimed_tenant()
      and (select private.is_admin()))) then
    return private.deny('attachment', p_attachment_id, 'open_attachment');
  elsif v_file.status = 'quarantined' then
    raise exception 'this file is being checked' using errcode = 'PT409', detail = '{"code": "file_quarantined"}',
      hint = 'Ask again in a moment.';
  end if;
  if p_reason is not null then
    perform private.refuse_no_reason(p_reason);
  end if;
  v_path := case when p_thumbnail then v_file.thumbnail_path else v_file.storage_path end;
  if v_file.status <> 'released' or v_message.deleted_at is not null or v_path is null then
    raise exception 'the bytes of this file are not here' using errcode = 'PT410', detail = jsonb_build_object(
      'code', 'file_refused', 'reason', coalesce(v_file.refused, case when v_message.deleted_at is not null
        then 'withdrawn' when v_file.status = 'released' then 'not_in_storage' else v_file.status end))::text,
      hint = 'Ask the sender for it, or get it from GET /v1/attachments.';
  end if;
  perform private.audit(v_file.tenant_id, 'attachment.opened', 'attachment', v_file.id::text,
    jsonb_strip_nulls(jsonb_build_object('thread_id', v_message.thread_id, 'thumbnail', p_thumbnail, 'reason',
      left(p_reason, 500))));
  insert into private.attachment_grants as g (tenant_id, storage_path, actor, expires_at)
  values (v_file.tenant_id, v_path, private.actor(), clock_timestamp() + interval '1 minute')
  on conflict (tenant_id, storage_path, actor) do update set expires_at = excluded.expires_at;
  return jsonb_build_object('attachment_id', v_file.id, 'bucket', v_file.storage_bucket, 'path', v_path,
    'filename', v_file.filename, 'content_type', case when p_thumbnail then 'image/webp' else v_file.content_type end,
    'size_bytes', v_file.size_bytes, 'width', v_file.width, 'height', v_file.height,
    'is_public', v_file.storage_bucket = 'parley-public', 'readable_s', 60);
end
$$;
comment on function private.open_attachment(uuid, boolean, text) is
'Definer: whoever may read the message may read its file, for a minute; that he did is written down in the same '
'transaction.';

create function public.reserve_attachment(
  p_filename text, p_content_type text, p_size_bytes bigint, p_tenant_slug text default null
) returns jsonb language sql volatile set search_path = ''
begin atomic select private.reserve_attachment(p_filename, p_content_type, p_size_bytes, p_tenant_slug); end;
comment on function public.reserve_attachment(text, text, bigint, text) is
'Get a place to upload a file of a chat message to: upload it to bucket and path, name attachment_id in '
'send_message().';

create function public.open_attachment(
  p_attachment_id uuid, p_thumbnail boolean default false, p_reason text default null
) returns jsonb language sql volatile set search_path = ''
begin atomic select private.open_attachment(p_attachment_id, p_thumbnail, p_reason); end;
comment on function public.open_attachment(uuid, boolean, text) is
'Open a file in Storage, or the small picture of one: for a minute the caller may sign a link to bucket and path, or '
'download it. Admins open files of conversations that are not theirs with a reason that is audited.';

-- ── what goes ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.expire_attachments(p_limit integer) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_file record;
  v_rev bigint;
  v_count bigint := 0;
begin
  for v_file in
    select a.tenant_id, a.id, a.message_id, m.thread_id from public.tenant_settings as s
    cross join lateral (
      select x.* from public.message_attachments as x
      where x.tenant_id = s.tenant_id and x.status = 'released' and x.retention = 'standard'
        and x.message_id is not null and x.created_at < clock_timestamp() - make_interval(days => s.media_days)
      order by x.created_at limit p_limit) as a
    inner join public.et_messages as m on m.tenant_id = a.tenant_id and m.id = a.message_id
    where s.media_days is not null
    order by a.tenant_id, m.thread_id, a.id
    limit p_limit
  loop
    -- The thread first, as whoever changes what readers see takes it.
    update public.et_threads as t set last_rev = t.last_rev + 1
    where t.tenant_id = v_file.tenant_id and t.id = v_file.thread_id returning t.last_rev into v_rev;
    update public.message_attachments as a set status = 'expired'
    where a.tenant_id = v_file.tenant_id and a.id = v_file.id and a.status = 'released';
    continue when not found;
    delete from private.attachment_blobs as b where b.tenant_id = v_file.tenant_id and b.attachment_id = v_file.id;
    update public.et_messages as m set rev = v_rev where m.tenant_id = v_file.tenant_id and m.id = v_file.message_id;
    v_count := v_count + 1;
  end loop;
  delete from private.attachment_grants as g where g.expires_at < clock_timestamp();
  return v_count;
end
$$;
comment on function private.expire_attachments(integer) is
'Definer, for the housekeeper: files kept longer than their tenant keeps files lose their bytes; readers learn it by a '
'new rev. Also sweeps grants that are over.';

create function private.orphaned_objects(p_after_bucket text, p_after_name text, p_limit integer)
returns table (bucket_id text, name text, is_orphan boolean)
language plpgsql stable security definer set search_path = '' as $$
begin
  return query
  select o.bucket_id, o.name, not exists (
    select from public.message_attachments as a
    where a.tenant_id = private.storage_tenant(o.name) and a.storage_path = regexp_replace(o.name, '\.thumb\.webp$', '')
      and case a.status when 'reserved' then a.expires_at > clock_timestamp() when 'quarantined' then true
        when 'released' then a.storage_bucket = o.bucket_id else false end)
  from storage.objects as o
  where o.bucket_id in ('parley-attachments', 'parley-public')
    and (o.bucket_id, o.name) > (coalesce(p_after_bucket, ''), coalesce(p_after_name, ''))
  order by o.bucket_id, o.name
  limit p_limit;
end
$$;
comment on function private.orphaned_objects(text, text, integer) is
'Definer, for the housekeeper, reads storage.objects: the next objects of our buckets, and whether no file needs them '
'any more: nobody sent it, it was refused, erased, expired, or moved to the public one. A row is always there before '
'its object.';

-- ── policies ─────────────────────────────────────────────────────────────────────────────────────────────────────

create policy parley_objects_insert_owner on storage.objects for insert to authenticated
with check (bucket_id = 'parley-attachments' and private.may_upload(name));
create policy parley_objects_select_reader on storage.objects for select to authenticated
using (bucket_id = 'parley-attachments' and private.may_download(name));

alter table private.attachment_grants enable row level security;
alter table private.attachment_grants force row level security;
revoke all on private.attachment_grants from public, anon, authenticated, service_role;
grant execute on function private.may_upload(text), private.may_download(text),
private.reserve_attachment(text, text, bigint, text), public.reserve_attachment(text, text, bigint, text),
private.open_attachment(uuid, boolean, text), public.open_attachment(uuid, boolean, text) to authenticated;
-- Storage's own login: locally our surface calls it; hosted Storage does not know it.
grant usage on schema private to supabase_storage_admin;
grant execute on function private.log_denied_path(jsonb, text, text, text) to supabase_storage_admin;
grant execute on function private.expire_attachments(integer), private.orphaned_objects(text, text, integer)
to parley_worker;

insert into private.invariants (name, claim, query) values
('stored_file_was_checked', 'A file in Storage is given out only after a check; what was erased has no place there.',
  $q$
  select a.tenant_id, a.id, a.status from public.message_attachments as a
  where a.storage_path is not null and (
    (a.status = 'released' and (a.checked_by is null or a.checked_at is null or a.sha256 is null))
    or (a.status = 'erased') or (a.thumbnail_path is not null and a.status not in ('released', 'expired')))$q$);
