-- Chapter: outbound, file links. Files for providers that fetch them from us, as Twilio does.
--
--   dispatch_details(), provider with fetches_files ──▶ file_links ──▶ the address in the call that sends
--   the provider asks ──▶ linked_file(): while its message is being sent, and for an hour after
--
-- The id is 128 random bits and all there is; outside that hour it leads nowhere, whoever has it.

create table private.file_links (
  tenant_id uuid not null,
  id uuid not null default private.random_id(),
  attachment_id uuid not null,
  constraint file_links_tenant_id_id_pkey primary key (tenant_id, id),
  constraint file_links_tenant_id_attachment_id_key unique (tenant_id, attachment_id),
  constraint file_links_tenant_id_attachment_id_fkey foreign key (tenant_id, attachment_id)
  references public.message_attachments (tenant_id, id)
);
comment on table private.file_links is 'Files a provider may fetch, by an id nobody can guess.';

create index file_links_id_idx on private.file_links (id);

create function private.file_link(p_tenant_id uuid, p_attachment_id uuid, p_provider text) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_id uuid;
begin
  if exists (select from private.channel_providers as p where p.provider = p_provider and p.fetches_files) then
    insert into private.file_links as l (tenant_id, attachment_id) values (p_tenant_id, p_attachment_id)
    on conflict (tenant_id, attachment_id) do update set attachment_id = excluded.attachment_id
    returning l.id into v_id;
  end if;
  return v_id;
end
$$;
comment on function private.file_link(uuid, uuid, text) is
'Definer: the address of a file that is being sent, the same for every try; null for providers that are given bytes.';

create function private.linked_file(p_id uuid) returns table (filename text, content_type text, data bytea)
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select a.filename, a.content_type, b.data from private.file_links as l
  inner join public.tenants as t on t.id = l.tenant_id and t.status <> 'deleted'
  inner join public.message_attachments as a on a.tenant_id = l.tenant_id and a.id = l.attachment_id
  inner join private.attachment_blobs as b on b.tenant_id = a.tenant_id and b.attachment_id = a.id
  inner join public.et_outbound_queue as q on q.tenant_id = a.tenant_id and q.message_id = a.message_id
  where l.id = p_id and (q.status = 'sending' or (q.status in ('sent', 'delivered', 'read', 'dispatch_unknown')
    and q.finished_at > clock_timestamp() - interval '1 hour'))
  limit 1;
end
$$;
comment on function private.linked_file(uuid) is
'Definer, for the edge: a file whose message is being sent, or was within the hour. No row otherwise.';

alter table private.file_links enable row level security;
alter table private.file_links force row level security;
revoke all on private.file_links from public, anon, authenticated, service_role;
grant execute on function private.linked_file(uuid) to parley_ingress;
