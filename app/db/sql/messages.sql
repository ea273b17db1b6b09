-- name: page_by_rev
-- Messages of a thread that changed after a rev, oldest change first, each beside the head; a row of nulls when nothing did.
select t.last_seq, t.last_rev, t.control, m.id, m.seq, m.rev, m.direction, m.delivery_status, m.moderation_status,
  m.message_type, m.sender_kind, m.sender, m.sender_contact_id, m.sender_user_id, m.sender_name, m.sender_address, m.subject,
  m.body, m.language, m.client_message_id, m.auto_class, m.metadata ? 'attachments', m.metadata ? 'html', m.created_at, m.edited_at, m.deleted_at
from public.et_threads as t
left join lateral (
  select x.* from public.et_messages as x
  where x.tenant_id = t.tenant_id and x.thread_id = t.id and x.rev > %(since)s::bigint
  order by x.rev
  limit %(limit)s::integer
) as m on true
where t.tenant_id = current_setting('parley.active_tenant')::uuid and t.id = %(thread_id)s::uuid and t.staff_readable
order by m.rev;

-- name: page_by_seq
-- Messages of a thread before a seq, newest first, each beside the head; a row of nulls when there is none.
select t.last_seq, t.last_rev, t.control, m.id, m.seq, m.rev, m.direction, m.delivery_status, m.moderation_status,
  m.message_type, m.sender_kind, m.sender, m.sender_contact_id, m.sender_user_id, m.sender_name, m.sender_address, m.subject,
  m.body, m.language, m.client_message_id, m.auto_class, m.metadata ? 'attachments', m.metadata ? 'html', m.created_at, m.edited_at, m.deleted_at
from public.et_threads as t
left join lateral (
  select x.* from public.et_messages as x
  where x.tenant_id = t.tenant_id and x.thread_id = t.id and x.seq < %(before_seq)s::bigint
  order by x.seq desc
  limit %(limit)s::integer
) as m on true
where t.tenant_id = current_setting('parley.active_tenant')::uuid and t.id = %(thread_id)s::uuid and t.staff_readable
order by m.seq desc;

-- name: history
-- Messages of a thread and of those merged with it, newest first; a row of nulls when there is none.
select m.id, m.seq, m.rev, m.direction, m.delivery_status, m.moderation_status,
  m.message_type, m.sender_kind, m.sender, m.sender_contact_id, m.sender_user_id, m.sender_name, m.sender_address, m.subject,
  m.body, m.language, m.client_message_id, m.auto_class, m.metadata ? 'attachments', m.metadata ? 'html', m.created_at, m.edited_at, m.deleted_at,
  m.thread_id
from public.et_threads as t
left join lateral public.list_history(t.id, %(before_id)s::uuid, %(limit)s::integer) as m on true
where t.tenant_id = current_setting('parley.active_tenant')::uuid and t.id = %(thread_id)s::uuid and t.staff_readable
order by m.created_at desc, m.seq desc, m.id desc;

-- name: rev_at
-- The rev to poll a thread from, for a client that only knows a moment.
select public.thread_rev_at(%(thread_id)s::uuid, %(at)s::timestamptz);

-- name: get_message
-- One message by id, beside its thread's head.
select t.last_seq, t.last_rev, t.control, m.id, m.seq, m.rev, m.direction, m.delivery_status, m.moderation_status,
  m.message_type, m.sender_kind, m.sender, m.sender_contact_id, m.sender_user_id, m.sender_name, m.sender_address, m.subject,
  m.body, m.language, m.client_message_id, m.auto_class, m.metadata ? 'attachments', m.metadata ? 'html', m.created_at, m.edited_at, m.deleted_at,
  m.thread_id
from public.et_messages as m
inner join public.et_threads as t on t.tenant_id = m.tenant_id and t.id = m.thread_id
where m.tenant_id = current_setting('parley.active_tenant')::uuid and m.id = %(message_id)s::uuid and m.staff_readable;

-- name: send_message
-- Send a message in a thread; idempotent by client id.
select public.send_message(
  %(thread_id)s::uuid, %(body)s::text, %(client_message_id)s::text, %(expected_last_seq)s::bigint, %(subject)s::text,
  %(template)s::jsonb, %(attachments)s::uuid[]);

-- name: upload_attachment
-- A file that waits to be sent.
select public.upload_attachment(%(filename)s::text, %(content_type)s::text, %(data)s::bytea);

-- name: message_html
-- How a mail was laid out, beside whether there is such a message.
select public.message_html(m.id)
from public.et_messages as m
where m.tenant_id = current_setting('parley.active_tenant')::uuid and m.id = %(message_id)s::uuid and m.staff_readable;

-- name: explain_message
-- Why a message is where it is and what became of it.
select public.explain_message(%(message_id)s::uuid);

-- name: retry_inbound
-- Decide again on a message that failed.
select public.retry_inbound(%(message_id)s::uuid);

-- name: resolve_unknown
-- A person says what became of an unknown dispatch.
select public.resolve_unknown(%(message_id)s::uuid, %(resolution)s::text);

-- name: list_attachments
-- Files of a message; a row of nulls when it has none, no row when there is no such message.
select a.id, a.filename, a.content_type, a.size_bytes, a.sha256, a.inline, a.content_id, a.status, a.refused,
  a.detected_type
from public.et_messages as m
left join public.message_attachments as a on a.tenant_id = m.tenant_id and a.message_id = m.id
where m.tenant_id = current_setting('parley.active_tenant')::uuid and m.id = %(message_id)s::uuid and m.staff_readable
order by a.position, a.id;

-- name: get_attachment
-- One file with its bytes; null bytes unless it was released.
select a.filename, a.content_type, a.status, a.refused, public.attachment_data(a.id)
from public.message_attachments as a
where a.tenant_id = current_setting('parley.active_tenant')::uuid and a.id = %(attachment_id)s::uuid;

-- name: list_unknown_dispatches
-- Sends nobody knows the outcome of, oldest first above a cursor.
select q.id, q.message_id, q.thread_id, q.channel, q.recipient, q.status_reason, q.created_at, q.finished_at
from public.et_outbound_queue as q
where q.tenant_id = current_setting('parley.active_tenant')::uuid and q.status = 'dispatch_unknown'
  and (%(above_at)s::timestamptz is null or (q.created_at, q.id) > (%(above_at)s::timestamptz, %(above_id)s::uuid))
order by q.created_at, q.id
limit %(limit)s::integer;

-- name: list_suppressions
-- Addresses nothing is sent to, newest first below a cursor.
select x.id, x.kind, x.address, x.scope, x.reason, x.created_at
from public.suppressions as x
where x.tenant_id = current_setting('parley.active_tenant')::uuid
  and (%(below_id)s::uuid is null or x.id < %(below_id)s::uuid)
order by x.id desc
limit %(limit)s::integer;

-- name: suppress_address
-- Stop sending to an address.
select public.suppress_address(%(kind)s::text, %(address)s::text, %(scope)s::text);

-- name: lift_suppression
-- Allow sending to an address again.
select public.lift_suppression(%(kind)s::text, %(address)s::text);
