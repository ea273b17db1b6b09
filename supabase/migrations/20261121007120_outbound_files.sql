-- Chapter: outbound, files. What a message takes along, and what its provider would not take.
--
--   enqueue_outbound(attachments) ──▶ outgoing_files(): refused here if the send would fail for it ──▶ attach_uploads()
--   resolve_unknown(resend)       ──▶ copy_files(): the same files once more, for the new message

create function private.outgoing_files(p_thread public.et_threads, p_uploads uuid[], p_body text, p_template jsonb)
returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  p private.channel_providers%rowtype;
  v_named jsonb;
  v_kinds text[];
  v_largest bigint;
  v_sum bigint;
  v_each bigint := private.message_limit(p_thread.tenant_id, p_thread.channel, 'attachment_bytes');
  v_alone text;
begin
  select jsonb_agg(jsonb_build_object('filename', a.filename, 'size_bytes', a.size_bytes) order by u.n),
    array_agg(split_part(a.content_type, '/', 1) order by u.n), max(a.size_bytes), sum(a.size_bytes)
  into v_named, v_kinds, v_largest, v_sum
  from unnest(p_uploads) with ordinality as u (id, n)
  inner join public.message_attachments as a on a.tenant_id = p_thread.tenant_id and a.id = u.id
    and a.message_id is null;
  select r.* into p from public.et_channel_sessions as s
  inner join private.channel_providers as r on r.provider = s.provider
  where s.tenant_id = p_thread.tenant_id and s.id = p_thread.channel_session_id;
  select k.kind into v_alone from unnest(v_kinds) as k (kind) where k.kind = any(p.captionless) limit 1;
  if v_kinds is null or cardinality(v_kinds) <> cardinality(p_uploads) then
    perform private.refuse_files('no_file', 'a file is named twice, or does not wait to be sent',
      'Upload it first.');
  elsif p_thread.channel <> 'in_app' and exists (
    select from public.message_attachments as a
    where a.tenant_id = p_thread.tenant_id and a.id = any(p_uploads) and a.storage_path is not null) then
    perform private.refuse_files('no_file', 'a file in Storage is for conversations in the app',
      'Upload it to POST /v1/attachments to send it on another channel.');
  elsif p.max_attachments = 0 then
    perform private.refuse_files('no_files', format('no files can be sent on %s over %s', p_thread.channel, p.provider),
      'Send a link in the text, or the file on another channel.');
  elsif cardinality(v_kinds) > coalesce(p.max_attachments, 20) then
    perform private.refuse_files('too_many_files', format('a message on %s has at most %s', p_thread.channel,
      case p.max_attachments when 1 then 'one file' else coalesce(p.max_attachments, 20) || ' files' end),
      'Send the others by themselves.');
  elsif v_largest > v_each then
    perform private.refuse_files('file_size', format('a file on %s has at most %s bytes', p_thread.channel, v_each),
      'Send a smaller one, or a link.');
  elsif v_sum > p.max_attachment_bytes then
    perform private.refuse_files('file_size', format('the files of a message on %s have at most %s bytes together',
      p_thread.channel, p.max_attachment_bytes), 'Send them one by one, smaller ones, or a link.');
  elsif p_template is null and v_alone is not null and btrim(p_body) <> '' then
    perform private.refuse_files('no_caption', format('%s shows no text beside %s', p_thread.channel, v_alone),
      'Send the text by itself.');
  elsif p_template is null and private.text_length(p_body, p.counts_utf16) > p.max_caption_chars then
    perform private.refuse_files('no_caption', format('a text beside files on %s has at most %s characters',
      p_thread.channel, p.max_caption_chars), 'Send the text by itself.');
  end if;
  return jsonb_build_object('metadata', jsonb_build_object('attachments', v_named), 'message_type',
    case when v_kinds[1] in ('image', 'audio', 'video') then v_kinds[1] else 'file' end);
end
$$;
comment on function private.outgoing_files(public.et_threads, uuid[], text, jsonb) is
'Definer: {metadata, message_type} of a message with these uploaded files; what its account could not send is refused '
'before it is queued. Whether a template has room for a file, template_problem knows.';

create function private.refuse_files(p_code text, p_message text, p_hint text) returns void
language plpgsql immutable set search_path = '' as $$
begin
  raise exception '%', p_message using errcode = 'PT422', hint = p_hint, detail = jsonb_build_object(
    'code', p_code, 'field', case p_code when 'no_caption' then 'body' else 'attachments' end)::text;
end
$$;
comment on function private.refuse_files(text, text, text) is 'Says why files cannot be sent.';

create function private.attach_uploads(p_tenant_id uuid, p_message_id uuid, p_uploads uuid[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_attached integer;
begin
  update public.message_attachments as a set message_id = p_message_id, expires_at = null, position = u.n,
    status = case a.status when 'reserved' then 'quarantined' else a.status end
  from unnest(p_uploads) with ordinality as u (id, n)
  where a.tenant_id = p_tenant_id and a.id = u.id and a.message_id is null;
  get diagnostics v_attached = row_count;
  if v_attached <> cardinality(p_uploads) then
    -- Somebody else sent one since it was looked at.
    perform private.refuse_files('no_file', 'a file is named twice, or does not wait to be sent',
      'Upload it first.');
  end if;
end
$$;
comment on function private.attach_uploads(uuid, uuid, uuid[]) is
'Definer: uploaded files become those of a message, in this order.';

create function private.copy_files(p_tenant_id uuid, p_message_id uuid, p_uploader text) returns uuid[]
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_files uuid[];
begin
  with again as materialized (
    select a.*, private.uuid_v7() as copy_id from public.message_attachments as a
    where a.tenant_id = p_tenant_id and a.message_id = p_message_id and a.status = 'released'
  ), named as (
    insert into public.message_attachments (
      tenant_id, id, filename, content_type, size_bytes, sha256, uploaded_by, expires_at)
    select f.tenant_id, f.copy_id, f.filename, f.content_type, f.size_bytes, f.sha256, p_uploader,
      clock_timestamp() + interval '1 day'
    from again as f
  ), kept as (
    insert into private.attachment_blobs (tenant_id, attachment_id, data)
    select f.tenant_id, f.copy_id, b.data from again as f
    inner join private.attachment_blobs as b on b.tenant_id = f.tenant_id and b.attachment_id = f.id
  )
  select array_agg(f.copy_id order by f.position, f.id) into v_files from again as f;
  return coalesce(v_files, '{}');
end
$$;
comment on function private.copy_files(uuid, uuid, text) is
'Definer: the files of a message once more, as uploads for another.';
