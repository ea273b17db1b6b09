-- name: find_inbound_session
-- Which session a recipient address belongs to, over all tenants.
select f.tenant_id::text, f.session_id::text
from private.find_inbound_session(%(channel)s, %(address)s) as f;

-- name: hint_inboxes
-- Tell the inboxes of these threads that they moved: one hint for each tenant.
select private.hint_inboxes(%(thread_ids)s::uuid[]) as told;

-- name: set_tenant
-- The tenant of this transaction, for the worker's policies.
select set_config('parley.tenant_id', %(tenant_id)s, true);

-- name: insert_inbound
-- One received message; no row for a duplicate.
insert into public.et_messages (
  tenant_id, channel, channel_session_id, direction, delivery_status, sender_kind, sender, sender_address, sender_name,
  sender_contact_id, subject, body, external_message_id, content_digest, reference_ids, auto_class, spam_score, message_type, metadata,
  occurred_at)
values (
  %(tenant_id)s, %(channel)s, %(session_id)s, 'inbound', 'received', 'contact', '', %(sender_address)s, %(sender_name)s,
  %(contact_id)s, %(subject)s, %(body)s, %(external_message_id)s, %(content_digest)s, %(reference_ids)s, %(auto_class)s, %(spam_score)s,
  %(message_type)s, %(metadata)s, %(occurred_at)s)
returning id::text, thread_id::text, seq;

-- name: find_message
-- The message a duplicate repeats: the qualified id first, which is the one this content has; or its tombstone.
select m.id::text, m.thread_id::text, m.seq from public.et_messages as m
where m.tenant_id = %(tenant_id)s and m.channel = %(channel)s and m.external_message_id in (
  %(external_message_id)s, %(external_message_id)s || '#' || encode(%(content_digest)s, 'hex'),
  private.salted_digest(%(tenant_id)s, %(external_message_id)s))
order by length(m.external_message_id) desc limit 1;

-- name: insert_attachment
-- One file of a message, its bytes beside it unless it was refused.
with a as (
  insert into public.message_attachments (
    tenant_id, id, message_id, position, filename, content_type, size_bytes, sha256, inline, content_id, refused)
  values (
    %(tenant_id)s, %(id)s, %(message_id)s, %(position)s, %(filename)s, %(content_type)s, %(size_bytes)s, %(sha256)s,
    %(inline)s, %(content_id)s, %(refused)s)
)
insert into private.attachment_blobs (tenant_id, attachment_id, data)
select %(tenant_id)s, %(id)s, %(data)s where %(refused)s::text is null;

-- name: insert_html
-- How a mail was laid out.
insert into private.message_html (tenant_id, message_id, html, is_cut)
values (%(tenant_id)s, %(message_id)s, %(html)s, %(is_cut)s);

-- name: edit_inbound
-- The sender changed a message, or took it back.
select private.edit_inbound(%(tenant_id)s, %(channel)s, %(external_message_id)s, %(body)s, %(edited_at)s) as result;

-- name: record_receipt
-- A delivery receipt, kept once and applied to its message.
select private.record_receipt(%(tenant_id)s, %(receipt)s) as result;

-- name: note_reachable
-- Who was suppressed as unreachable has written, or let us in again.
select private.note_reachable(%(tenant_id)s, %(channel)s, %(address)s) as lifted;

-- name: note_opt_out
-- Somebody said STOP.
select private.note_opt_out(%(tenant_id)s, %(channel)s, %(address)s, %(scope)s);

-- name: note_opt_in
-- Who had said STOP said START.
select private.note_opt_in(%(tenant_id)s, %(channel)s, %(address)s) as lifted;

-- name: record_heartbeat
-- The session is alive: it just received something.
select private.record_heartbeat(%(tenant_id)s, %(session_id)s, 'connected', null, true);

-- name: claim_inbound
-- Up to p_limit threads with all they have waiting, each with what a decider may know of it. In the order of the tenants,
-- whoever's turn it is: what one of them has newly taught is stored on the way, and others that claim wait for it.
select c.tenant_id::text, c.thread_id::text, c.fence, c.first_seq, c.last_seq, c.control, c.control_epoch, c.attempts,
  c.run_at, private.decision_context(c.tenant_id, c.thread_id, c.first_seq, c.last_seq) as context
from (
  select x.*
  from private.claim_inbound(%(worker)s, %(limit)s, %(watermark)s, %(after_tenant)s, %(full_tenants)s::uuid[]) as x
  order by x.tenant_id) as c;

-- name: renew_inbound
-- Leases still held after renewing.
select r.fence from private.renew_inbound(%(tenant_ids)s::uuid[], %(item_ids)s::uuid[], %(fences)s) as r (fence);

-- name: release_inbound
-- A burst goes back to the queue undecided.
select private.release_inbound(%(tenant_id)s, %(thread_id)s, %(fence)s) as released;

-- name: complete_inbound
-- Decisions, replies and statuses in one transaction; for each of them all or nothing.
select c.ord, c.result from private.complete_inbound_batch(%(bursts)s) as c;

-- name: fail_inbound
-- The handler failed; the database decides between another try and inbound_error.
select private.fail_inbound(%(tenant_id)s, %(thread_id)s, %(fence)s, %(last_seq)s, %(attempts)s, %(error)s) as result;
