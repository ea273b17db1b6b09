-- Chapter: messages. The one table a message exists in, and the trigger that gives it its place.
--
--   INSERT ──▶ et_messages_100_assign: dedupe (lock, look) → contact → scope key → thread head (lock, +1) → seq, rev
--                    │ duplicate: the row is dropped and nothing else changes
--                    ├──▶ private.inbound_work (inbound: one row per waiting thread)
--                    └──▶ at commit, once per transaction: NOTIFY et_inbound (a hint, never the job)
--
--   inbound   received → inbound_processing → inbound_ai_replied | inbound_human_takeover | inbound_error
--             inbound_processing → received (lease lost, fence refused);  inbound_error → received (retried by hand)
--   outbound  queued → sending → sent → delivered → read;  → failed | bounced | cancelled | dispatch_unknown
--
-- seq orders a thread; rev is what clients poll; delivery_status is in no index, so that its updates stay in place.

create table public.et_messages (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  thread_id uuid not null,
  seq bigint not null,
  rev bigint not null,
  channel text not null,
  channel_session_id uuid,
  direction text not null,
  delivery_status text not null,
  moderation_status text not null default 'approved',
  message_type text not null default 'text',
  sender_kind text not null,
  sender text not null,
  sender_contact_id uuid,
  sender_user_id uuid,
  sender_address text,
  sender_name text,
  subject text,
  body text not null,
  language text,
  external_message_id text,
  client_message_id text,
  content_digest bytea,
  reference_ids text[],
  reply_to_id uuid,
  context_kind text,
  context_id text,
  auto_class text not null default 'none',
  spam_score real not null default 0,
  control_epoch bigint,
  based_on_seq bigint,
  cause_kind text,
  cause_id uuid,
  metadata jsonb not null default '{}',
  reactions jsonb,
  search_vector tsvector,
  staff_readable boolean not null default true,
  occurred_at timestamptz,
  created_at timestamptz not null default now(),
  edited_at timestamptz,
  deleted_at timestamptz,
  erased_at timestamptz,
  feed_epoch integer not null default 1,
  xid xid8 not null default pg_current_xact_id(),
  constraint et_messages_tenant_id_id_pkey primary key (tenant_id, id),
  constraint et_messages_tenant_id_channel_external_message_id_key unique (tenant_id, channel, external_message_id),
  constraint et_messages_tenant_id_sender_client_message_id_key unique (tenant_id, sender, client_message_id),
  constraint et_messages_tenant_id_thread_id_seq_key unique (tenant_id, thread_id, seq),
  constraint et_messages_tenant_id_thread_id_fkey foreign key (tenant_id, thread_id)
  references public.et_threads (tenant_id, id),
  constraint et_messages_tenant_id_sender_contact_id_fkey foreign key (tenant_id, sender_contact_id)
  references public.contacts (tenant_id, id),
  constraint et_messages_direction_check check (direction in ('inbound', 'outbound', 'internal')),
  constraint et_messages_delivery_status_check check (
    case direction
      when 'inbound' then delivery_status in (
        'received', 'inbound_processing', 'inbound_ai_replied', 'inbound_human_takeover', 'inbound_error')
      when 'outbound' then delivery_status in (
        'queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'bounced', 'cancelled', 'dispatch_unknown')
      else delivery_status in ('sent', 'delivered', 'read')
    end
  ),
  constraint et_messages_moderation_status_check
  check (moderation_status in ('pending', 'approved', 'filtered', 'review', 'blocked')),
  constraint et_messages_message_type_check
  check (message_type in ('text', 'image', 'file', 'audio', 'video', 'system', 'template', 'location')),
  constraint et_messages_sender_kind_check check (sender_kind in ('contact', 'ai', 'agent', 'system', 'participant')),
  constraint et_messages_auto_class_check check (auto_class in ('none', 'auto_reply', 'list', 'bulk', 'report')),
  constraint et_messages_inbound_check
  check (direction <> 'inbound' or (external_message_id is not null and sender_contact_id is not null)),
  constraint et_messages_ai_fence_check
  check (sender_kind <> 'ai' or (control_epoch is not null and based_on_seq is not null)),
  constraint et_messages_client_message_id_check check (length(client_message_id) between 1 and 200),
  constraint et_messages_external_message_id_check check (length(external_message_id) between 1 and 1200)
)
with (fillfactor = 85);
comment on table public.et_messages is
'Every message of every channel. Append-mostly: status moves, text changes only with a new rev.';
comment on column public.et_messages.seq is
'Place in the thread, without holes at insert; a reader may see a gap where a message is held.';
comment on column public.et_messages.rev is
'The thread''s rev when this row last changed for readers; poll with rev > since.';
comment on column public.et_messages.sender is
'Who sent it, as one key: contact:<id>, user:<id>, api_key:<id>, ai or system.';
comment on column public.et_messages.external_message_id is
'The channel''s id, qualified so that it is unique per tenant and channel; the inbound dedupe key. Own mails carry '
'their Message-ID.';
comment on column public.et_messages.content_digest is
'SHA-256 over sender and body: tells a repeated delivery from another message that reuses an id.';
comment on column public.et_messages.reference_ids is 'External ids this message refers to, oldest first.';
comment on column public.et_messages.body is 'What its readers may see.';
comment on column public.et_messages.control_epoch is 'AI messages: the epoch they were decided under.';
comment on column public.et_messages.based_on_seq is 'AI messages: the last inbound seq the decision had seen.';
comment on column public.et_messages.cause_kind is
'What made this row: decision, follow_up, client or notification; cause_id is its id.';
comment on column public.et_messages.reactions is
'{"👍": ["user id", …]}: who reacted with what; null when nobody did. A change takes a new rev.';
comment on column public.et_messages.search_vector is
'Set only where the search policy is full: no vector, no index entry.';
comment on column public.et_messages.xid is
'Transaction of the insert; with feed_epoch and id the cursor of the tenant''s feed.';
comment on column public.et_messages.erased_at is
'Since when the row is a tombstone: place, status and ids stay, nothing a person wrote or is reached at.';
comment on column public.et_messages.metadata is
'Channel facts (headers, sizes, refused files). Never another copy of the body.';

create table private.inbound_work (
  tenant_id uuid not null,
  thread_id uuid not null,
  first_seq bigint not null,
  run_at timestamptz not null default clock_timestamp(),
  lease_until timestamptz,
  fence bigint not null default 0,
  claimed_by text,
  claimed_seq bigint,
  attempts smallint not null default 0,
  expiries smallint not null default 0,
  is_later boolean not null default false,
  constraint inbound_work_tenant_id_thread_id_pkey primary key (tenant_id, thread_id)
)
with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
comment on table private.inbound_work is
'One row per thread with undecided messages: an index of state, never the state. Rebuilt from et_messages by '
'private.rebuild_work().';
comment on column private.inbound_work.first_seq is 'No undecided message of the thread is older than this.';
comment on column private.inbound_work.expiries is
'Leases lost since the last try whose worker lived: see private.one_suspect().';
comment on column private.inbound_work.is_later is
'A claim met it before its time and put it out of the way: see private.put_off().';
comment on column private.inbound_work.lease_until is
'Unindexed on purpose: claims and renewals then stay heap-only updates.';

create sequence private.fences;
comment on sequence private.fences is
'Every claim takes a number; a worker whose number is no longer on the row can record nothing.';

create table public.message_attachments (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  message_id uuid,
  position smallint not null default 0,
  filename text not null,
  content_type text not null,
  size_bytes bigint not null,
  sha256 text,
  inline boolean not null default false,
  content_id text,
  refused text,
  storage_bucket text,
  storage_path text,
  thumbnail_path text,
  width integer,
  height integer,
  retention text not null default 'standard',
  status text not null default 'quarantined',
  detected_type text,
  checked_by text,
  checked_at timestamptz,
  uploaded_by text,
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  constraint message_attachments_tenant_id_id_pkey primary key (tenant_id, id),
  constraint message_attachments_tenant_id_message_id_fkey foreign key (tenant_id, message_id)
  references public.et_messages (tenant_id, id),
  constraint message_attachments_status_check
  check (status in ('reserved', 'quarantined', 'released', 'refused', 'expired', 'erased')),
  constraint message_attachments_storage_check check ((storage_bucket is null) = (storage_path is null)),
  constraint message_attachments_retention_check check (retention in ('standard', 'keep')),
  constraint message_attachments_dimensions_check check (width > 0 and height > 0),
  constraint message_attachments_refused_check check ((status = 'refused') = (refused is not null)),
  constraint message_attachments_size_bytes_check check (size_bytes >= 0),
  constraint message_attachments_waiting_check check (
    (message_id is null) = (expires_at is not null) and (message_id is not null or uploaded_by is not null)
  ),
  constraint message_attachments_filename_check check (length(filename) between 1
    and 255 and filename !~ '[[:cntrl:]/\\]')
);
comment on table public.message_attachments is
'Files of a message. A refused file keeps its name and the reason, not its bytes.';
comment on column public.message_attachments.status is
'quarantined → released | refused; released → expired; any → erased. What a stranger sent is given out only once it '
'was released. reserved: its bytes are still to come, into Supabase Storage.';
comment on column public.message_attachments.storage_path is
'Where its bytes are in Supabase Storage, in storage_bucket; null while they are in private.attachment_blobs.';
comment on column public.message_attachments.width is 'Of a picture as it is shown, in pixels; null for anything else.';
comment on column public.message_attachments.retention is
'standard: its bytes go after the tenant''s media_days; keep: they stay as long as the message.';
comment on column public.message_attachments.content_id is
'What a mail calls it by, without brackets, where its HTML may show it (cid:). Said by the sender: it need not be '
'unique.';
comment on column public.message_attachments.content_type is 'What the sender says it is.';
comment on column public.message_attachments.detected_type is 'What its bytes say it is; null when they say nothing.';
comment on column public.message_attachments.checked_by is
'Who released or refused it: sniff (its type alone) or clamd (a virus scanner, too).';
comment on column public.message_attachments.message_id is
'Null while an uploaded file waits to be sent: nobody reads it then, and its uploader alone can send it.';
comment on column public.message_attachments.position is 'Its place among the files of its message.';
comment on column public.message_attachments.uploaded_by is
'The sender (et_messages.sender) who uploaded it; null for what came in.';
comment on column public.message_attachments.expires_at is
'When an uploaded file goes if it was not sent; null once it belongs to a message.';

create table private.attachment_blobs (
  tenant_id uuid not null,
  attachment_id uuid not null,
  data bytea not null,
  constraint attachment_blobs_tenant_id_attachment_id_pkey primary key (tenant_id, attachment_id),
  constraint attachment_blobs_tenant_id_attachment_id_fkey foreign key (tenant_id, attachment_id)
  references public.message_attachments (tenant_id, id)
);
comment on table private.attachment_blobs is
'Bytes of files. Received ones are committed with their message, so that a 250 never names a file that is gone; '
'uploaded ones are here before it.';

-- ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────────────

create index et_messages_id_idx on public.et_messages (id);
create index et_messages_tenant_id_thread_id_rev_idx on public.et_messages (tenant_id, thread_id, rev);
create index et_messages_tenant_id_feed_idx on public.et_messages (tenant_id, feed_epoch, xid, id);
create index et_messages_tenant_id_context_idx on public.et_messages (tenant_id, context_kind, context_id)
where context_id is not null;
create index et_messages_tenant_id_search_vector_idx on public.et_messages using gin (tenant_id, search_vector)
where search_vector is not null;
create index inbound_work_run_at_idx on private.inbound_work (tenant_id, run_at) where not is_later;
create index inbound_work_later_idx on private.inbound_work (run_at) where is_later;
create index inbound_work_suspects_idx on private.inbound_work (run_at) where expiries >= 2;
create index message_attachments_id_idx on public.message_attachments (id);
create index message_attachments_tenant_id_created_at_idx on public.message_attachments (tenant_id, created_at)
where status = 'released' and retention = 'standard' and message_id is not null;
create unique index message_attachments_tenant_id_storage_path_idx on public.message_attachments
(tenant_id, storage_path) where storage_path is not null;
create index message_attachments_tenant_id_message_id_idx on public.message_attachments (tenant_id, message_id);
create index message_attachments_tenant_id_expires_at_idx on public.message_attachments (tenant_id, expires_at)
where message_id is null;

alter table public.et_messages alter column search_vector set statistics 0;
