-- Chapter: messages, part five. Files that are to be sent: uploaded first, then named in a send.
--
--   upload_attachment() ──▶ message_attachments without a message (its uploader's alone, gone after a day)
--        │ size, type as its bytes say, quota of what waits        ──▶ bytes in private.attachment_blobs
--        └── send_message(…, attachments) ──▶ the row gets its message; no byte is moved
--
-- A file is sent once: what was sent is a part of its message for ever.

create function private.sniffed_type(p_data bytea) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
declare
  h text := encode(substr(p_data, 1, 12), 'hex');
  v_brand text := case when h ~ '^.{8}66747970' then convert_from(decode(substr(h, 17, 8), 'hex'), 'LATIN1') end;
begin
  return case
    when h like 'ffd8ff%' then 'image/jpeg'
    when h like '89504e470d0a1a0a%' then 'image/png'
    when h ~ '^47494638(37|39)61' then 'image/gif'
    when h ~ '^(49492a00|4d4d002a)' then 'image/tiff'
    when h ~ '^52494646.{8}57454250' then 'image/webp'
    when h ~ '^52494646.{8}57415645' then 'audio/wav'
    when v_brand like 'M4A%' then 'audio/mp4'
    when v_brand like '3g%' then 'video/3gpp'
    when v_brand like 'qt%' then 'video/quicktime'
    when v_brand in ('heic', 'heix', 'mif1', 'msf1') then 'image/heic'
    when v_brand = 'avif' then 'image/avif'
    when v_brand is not null then 'video/mp4'
    when h like '1a45dfa3%' then 'video/webm'
    when h like '4f676753%' then 'audio/ogg'
    when h like '2321414d52%' then 'audio/amr'
    when h like '664c6143%' then 'audio/flac'
    when h ~ '^fff[19]' then 'audio/aac'
    when h ~ '^(494433|fff[ab23])' then 'audio/mpeg'
    when h like '255044462d%' then 'application/pdf'
    when h like '7b5c727466%' then 'application/rtf'
    when h ~ '^504b(0304|0506)' then 'application/zip'
    when h like '1f8b%' then 'application/gzip'
    when h like 'd0cf11e0a1b11ae1%' then 'application/x-ole-storage'
    when h ~ '^(4d5a|7f454c46|cafebabe|feedfac[ef]|c[ef]faedfe|2321)' then 'application/x-executable'
  end;
end
$$;
comment on function private.sniffed_type(bytea) is
'What the first bytes of a file say it is; null where they say nothing, as with text.';

create function private.accepted_type(p_data bytea, p_declared text) returns text
language plpgsql immutable set search_path = '' as $$
declare
  v_sniffed text := private.sniffed_type(p_data);
  v_declared text := lower(btrim(split_part(coalesce(p_declared, ''), ';', 1)));
  -- One signature, many types: here the sender knows better.
  v_family text := case v_sniffed
    when 'application/zip' then '^application/(vnd\.|epub\+zip|zip$|x-zip)'
    when 'application/x-ole-storage' then '^application/(msword|vnd\.ms-)'
    when 'audio/ogg' then '^(audio/(ogg|opus)|video/ogg|application/ogg)$'
    when 'video/webm' then '^(audio|video)/(webm|x-matroska)$'
    when 'video/mp4' then '^((audio|video)/(mp4|3gpp|quicktime)|audio/x-m4a)$'
    when 'video/3gpp' then '^(audio|video)/(3gpp2?|mp4)$'
    when 'audio/wav' then '^audio/(wav|x-wav|wave)$'
  end;
begin
  if v_declared !~ '^[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,100}$' then
    v_declared := 'application/octet-stream';
  end if;
  if v_sniffed = 'application/x-executable' then
    raise exception 'programs are not sent'
      using errcode = 'PT422', detail = '{"code": "file_type", "field": "body"}',
        hint = 'Providers refuse them; send a link to where it can be had.';
  elsif v_declared ~ v_family then
    return v_declared;
  elsif v_sniffed is not null then
    return v_sniffed;
  elsif v_declared ~ '^(image/(jpeg|png|gif|webp|tiff|heic|avif)|audio/|video/|application/(pdf|zip|gzip|rtf)$)' then
    raise exception 'this file is not %', v_declared
      using errcode = 'PT422', detail = '{"code": "file_type", "field": "content-type"}',
        hint = 'Send the type it really has, or application/octet-stream.';
  end if;
  return v_declared;
end
$$;
comment on function private.accepted_type(bytea, text) is
'The type a file is sent under: what its bytes say, or within that what its sender says. Refuses programs, and '
'pictures, sound and documents that are none.';

create function private.keep_upload(p_tenant_id uuid, p_uploader text, p_filename text, p_content_type text,
  p_data bytea) returns public.message_attachments
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_file public.message_attachments%rowtype;
begin
  insert into public.message_attachments (
    tenant_id, filename, content_type, size_bytes, sha256, uploaded_by, expires_at)
  values (
    p_tenant_id, p_filename, private.accepted_type(p_data, p_content_type), octet_length(p_data),
    encode(sha256(p_data), 'hex'), p_uploader, clock_timestamp() + interval '1 day')
  returning * into v_file;
  insert into private.attachment_blobs (tenant_id, attachment_id, data) values (p_tenant_id, v_file.id, p_data);
  return v_file;
end
$$;
comment on function private.keep_upload(uuid, text, text, text, bytea) is
'Definer: a file that waits for a day to be sent by its uploader.';

create function private.upload_attachment(p_filename text, p_content_type text, p_data bytea) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('send');
  v_most bigint;
  v_quota bigint;
  v_waiting bigint;
  v_next timestamptz;
  v_file public.message_attachments%rowtype;
begin
  if coalesce(p_filename, '') !~ '^[^[:cntrl:]/\\]{1,255}$' then
    raise exception 'a file has a name of 1 to 255 characters without slashes'
      using errcode = 'PT422', detail = '{"code": "bad_filename", "field": "filename"}', hint = 'E.g. quote.pdf.';
  end if;
  select greatest(private.message_limit(v_tenant, '', 'attachment_bytes'), max(l.max_value)) into v_most
  from public.message_limits as l where l.tenant_id = v_tenant and l.kind = 'attachment_bytes';
  if coalesce(octet_length(p_data), 0) not between 1 and v_most then
    raise exception 'a file has 1 to % bytes', v_most
      using errcode = 'PT422', detail = '{"code": "file_size", "field": "body"}', hint = 'Send a smaller one, or a link.';
  end if;
  -- One upload of a tenant at a time: two could each find room for one.
  perform pg_advisory_xact_lock(hashtextextended(v_tenant::text || 'uploads', 6));
  select s.upload_quota_bytes into v_quota from public.tenant_settings as s where s.tenant_id = v_tenant;
  select coalesce(sum(a.size_bytes), 0), min(a.expires_at) into v_waiting, v_next
  from public.message_attachments as a
  where a.tenant_id = v_tenant and a.message_id is null and a.expires_at > clock_timestamp();
  if v_waiting + octet_length(p_data) > v_quota then
    raise exception 'uploaded files that wait to be sent have at most % bytes', v_quota
      using errcode = 'PT429', hint = 'Send what was uploaded; what nobody sends goes after a day.',
      detail = jsonb_build_object('code', 'upload_quota', 'retry_after_s', greatest(1,
        ceil(extract(epoch from coalesce(v_next, clock_timestamp()) - clock_timestamp()))))::text;
  end if;
  v_file := private.keep_upload(v_tenant, private.actor(), p_filename, p_content_type, p_data);
  return jsonb_build_object('attachment_id', v_file.id, 'filename', v_file.filename, 'content_type',
    v_file.content_type, 'size_bytes', v_file.size_bytes, 'sha256', v_file.sha256, 'expires_at', v_file.expires_at);
end
$$;
comment on function private.upload_attachment(text, text, bytea) is
'Definer: a sender''s file, checked for its size, its type and the tenant''s quota of what waits.';

create function public.upload_attachment(p_filename text, p_content_type text, p_data bytea) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.upload_attachment(p_filename, p_content_type, p_data); end;
comment on function public.upload_attachment(text, text, bytea) is
'Upload a file to be sent: name its attachment_id in send_message() within a day. Agents and keys that may send.';

create function private.lock_uploads(p_tenant_id uuid, p_attachments uuid[]) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_file public.message_attachments%rowtype;
  v_id uuid;
begin
  foreach v_id in array array(select distinct u.id from unnest(p_attachments) as u (id) order by u.id) loop
    select a.* into v_file from public.message_attachments as a
    where a.tenant_id = p_tenant_id and a.id = v_id and a.uploaded_by = private.actor() for no key update;
    if v_file.id is null or v_file.expires_at <= clock_timestamp() then
      return v_id;
    elsif v_file.message_id is not null then
      raise exception '% was sent already', v_file.filename
        using errcode = 'PT409', hint = 'Upload it again to send it again.', detail = jsonb_build_object(
          'code', 'file_sent', 'field', 'attachments', 'attachment_id', v_id)::text;
    end if;
  end loop;
  return null;
end
$$;
comment on function private.lock_uploads(uuid, uuid[]) is
'Definer: holds files the caller is about to send. Answers the first that is no file of his that waits, null when all '
'are.';

create function private.sweep_uploads() returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_gone bigint;
begin
  with due as materialized (
    select a.tenant_id, a.id from public.tenants as t
    inner join public.message_attachments as a on a.tenant_id = t.id
    where a.message_id is null and a.expires_at < clock_timestamp()
    for no key update of a skip locked
  ), emptied as (
    delete from private.attachment_blobs as b using due as d where b.tenant_id = d.tenant_id and b.attachment_id = d.id
  )
  select count(*) into v_gone from due as d;
  delete from public.message_attachments as a
  where a.message_id is null and a.expires_at < clock_timestamp() and not exists (
    select from private.attachment_blobs as b where b.tenant_id = a.tenant_id and b.attachment_id = a.id);
  return v_gone;
end
$$;
comment on function private.sweep_uploads() is
'Definer, for the housekeeper: files nobody sent within their day are gone.';

grant execute on function private.upload_attachment(text, text, bytea),
public.upload_attachment(text, text, bytea) to authenticated;
grant execute on function private.sweep_uploads() to parley_worker;
