-- name: list_threads
-- A page of the inbox: newest first below a cursor, or oldest first above one; optional filters are null.
select p.id, p.channel, p.channel_session_id, p.contact_id, p.display_name, p.subject, p.folder, p.status,
  p.snoozed_until, p.control, p.control_epoch, p.assignee_id, p.labels, p.last_seq, p.last_rev, p.unread_count,
  p.last_message_at, p.last_direction, p.preview, p.created_at
from unnest(%(folders)s::text []) as f (folder)
cross join unnest(%(statuses)s::text []) as s (status)
cross join lateral (
  select t.*, c.display_name
  from public.et_threads as t
  left join public.contacts as c on c.tenant_id = t.tenant_id and c.id = t.contact_id
  where t.tenant_id = current_setting('parley.active_tenant')::uuid and t.folder = f.folder and t.status = s.status
    and t.last_message_at is not null and t.staff_readable
    and (%(below_at)s::timestamptz is null or (t.last_message_at, t.id) < (%(below_at)s::timestamptz, %(below_id)s::uuid))
    and (%(above_at)s::timestamptz is null or (t.last_message_at, t.id) > (%(above_at)s::timestamptz, %(above_id)s::uuid))
    and (%(assignee_id)s::uuid is null or t.assignee_id = %(assignee_id)s::uuid)
    and (not %(unassigned)s::boolean or t.assignee_id is null)
    and (%(label)s::text is null or %(label)s::text = any(t.labels))
    and (%(channel)s::text is null or t.channel = %(channel)s::text)
    and (%(session_id)s::uuid is null or t.channel_session_id = %(session_id)s::uuid)
    and (%(control)s::text is null or t.control = %(control)s::text)
    and (%(unread)s::boolean is null or (t.unread_count > 0) = %(unread)s::boolean)
    and (%(contact_id)s::uuid is null or t.contact_id in (
      select x.id from public.contacts as x
      where x.tenant_id = t.tenant_id and %(contact_id)s::uuid in (x.id, x.merged_into)))
    and (%(q)s::text is null or (coalesce(t.search_policy, %(policy)s::text) <> 'none' and (
      t.subject ilike '%%' || %(like)s::text || '%%' or c.display_name ilike '%%' || %(like)s::text || '%%'
      or t.id = %(number)s::uuid or exists (
        select from public.contact_identities as i
        where i.tenant_id = t.tenant_id and i.contact_id = t.contact_id
          and i.address ilike '%%' || coalesce(%(digits)s::text, %(like)s::text) || '%%')))
      or coalesce(t.search_policy, %(policy)s::text) = 'full' and t.id in (
        select m.thread_id from public.et_messages as m
        where m.tenant_id = current_setting('parley.active_tenant')::uuid and m.search_vector is not null
          and m.search_vector @@ websearch_to_tsquery('simple', %(q)s::text)))
  order by
    case when %(above_at)s::timestamptz is not null then t.last_message_at end asc,
    case when %(above_at)s::timestamptz is not null then t.id end asc,
    t.last_message_at desc, t.id desc
  limit %(limit)s::integer
) as p
order by
  case when %(above_at)s::timestamptz is not null then p.last_message_at end asc,
  case when %(above_at)s::timestamptz is not null then p.id end asc,
  p.last_message_at desc, p.id desc
limit %(limit)s::integer;

-- name: search_policy
-- What the active tenant lets be searched.
select s.search_policy from public.tenant_settings as s
where s.tenant_id = current_setting('parley.active_tenant')::uuid;

-- name: get_thread
-- One thread by id with its contact, for the detail view.
select t.id, t.channel, t.channel_session_id, t.contact_id, c.display_name, t.subject, t.folder, t.status,
  t.snoozed_until, t.control, t.control_epoch, t.assignee_id, t.labels, t.last_seq, t.last_rev, t.unread_count,
  t.last_message_at, t.last_direction, t.preview, t.created_at, t.kind, t.context_kind, t.context_id, t.scope_rule,
  t.folder_said_seq is not null, t.search_policy, t.last_inbound_seq, t.staff_read_seq, t.closed_at, t.merged_into, array(
    select x.id from public.et_threads as x where x.tenant_id = t.tenant_id and x.merged_into = t.id order by x.id),
  l.reply_until, l.reply_chars, l.reply_utf16, l.takes_templates, l.no_reply, exists (
    select from public.et_threads as f
    inner join public.thread_notes as n on n.tenant_id = f.tenant_id and n.thread_id = f.id
    where f.tenant_id = t.tenant_id and (f.id = t.id or f.merged_into = t.id)),
  coalesce((
    select jsonb_agg(e.* order by e.created_at desc, e.id desc) from (
      select x.id, x.thread_id, x.message_id, x.lane, x.stage, x.rule, x.policy_version, x.signal, x.value, x.reasons,
        x.action, x.task_id, x.created_at, x.until
      from public.escalations as x
      where x.tenant_id = t.tenant_id and x.thread_id = t.id
      order by x.created_at desc, x.id desc
      limit 50
    ) as e), '[]'::jsonb)
from public.et_threads as t
left join public.contacts as c on c.tenant_id = t.tenant_id and c.id = t.contact_id
left join lateral public.reply_limits(t.id) as l on true
where t.tenant_id = current_setting('parley.active_tenant')::uuid and t.id = %(thread_id)s::uuid and t.staff_readable;

-- name: thread_by_alias
-- The thread a key leads to: an alias, or the key a thread was made with; over merges to the one that goes on.
select coalesce(t.merged_into, t.id)
from public.et_threads as t
where t.tenant_id = current_setting('parley.active_tenant')::uuid and t.staff_readable and t.id = coalesce(
  (
    select a.thread_id from public.thread_aliases as a
    where a.tenant_id = current_setting('parley.active_tenant')::uuid and a.scope_key = %(alias)s::text
  ),
  (
    select x.id from public.et_threads as x
    where x.tenant_id = current_setting('parley.active_tenant')::uuid and x.scope_key = %(alias)s::text
  )
);

-- name: start_thread
-- The conversation of a contact on an account, made if need be, and its first message.
select public.start_thread(
  %(contact_id)s::uuid, %(session_id)s::uuid, %(purpose)s::text, %(subject)s::text, %(body)s::text,
  %(template)s::jsonb, %(client_message_id)s::text);

-- name: merge_threads
-- Two conversations of one contact become one; no message moves.
select public.merge_threads(%(winner_id)s::uuid, %(loser_id)s::uuid);

-- name: take_over_thread
-- A person takes a conversation over from the AI.
select public.take_over_thread(%(thread_id)s::uuid);

-- name: hand_back_thread
-- The AI may answer again.
select public.hand_back_thread(%(thread_id)s::uuid);

-- name: assign_thread
-- Give a conversation to a member, or to nobody.
select public.assign_thread(%(thread_id)s::uuid, %(assignee_id)s::uuid);

-- name: label_thread
-- Add and remove labels.
select public.label_thread(%(thread_id)s::uuid, %(add)s::text [], %(remove)s::text []);

-- name: snooze_thread
-- Put a conversation away until a moment.
select public.snooze_thread(%(thread_id)s::uuid, %(until)s::timestamptz);

-- name: set_thread_folder
-- One of the staff says whether a conversation is spam, or takes it back.
select public.set_thread_folder(%(thread_id)s::uuid, %(folder)s::text, %(expected_last_seq)s::bigint);

-- name: close_thread
-- Close a conversation.
select public.close_thread(%(thread_id)s::uuid);

-- name: archive_thread
-- Archive a conversation.
select public.archive_thread(%(thread_id)s::uuid);

-- name: reopen_thread
-- Reopen a conversation.
select public.reopen_thread(%(thread_id)s::uuid);

-- name: mark_thread_read
-- The staff has read a thread up to a seq, or to its end.
select public.mark_thread_read(%(thread_id)s::uuid, %(seq)s::bigint);

-- name: set_thread_search
-- What may be searched in one conversation.
select public.set_thread_search(%(thread_id)s::uuid, %(policy)s::text);

-- name: thread_insight
-- The insight of a thread, null columns while there is none, no row when there is no such thread.
select t.id, t.last_seq, i.summary, i.label, i.sentiment::float8, i.sentiment_label, i.next_step, i.language,
  i.follow_up_at, i.follow_up_text, i.follow_up_status, i.read_seq, i.version, i.model, i.prompt_version, i.updated_at
from public.et_threads as t
left join public.et_thread_insights as i on i.tenant_id = t.tenant_id and i.thread_id = t.id
where t.tenant_id = current_setting('parley.active_tenant')::uuid and t.id = %(thread_id)s::uuid and t.staff_readable;

-- name: list_notifications
-- What the staff should know, newest first below a cursor; read_at is the caller's own.
select n.id, n.kind, n.title, n.thread_id, n.created_at, r.read_at
from public.notifications as n
left join public.notification_reads as r on r.tenant_id = n.tenant_id and r.notification_id = n.id
where n.tenant_id = current_setting('parley.active_tenant')::uuid
  and (%(below_at)s::timestamptz is null or (n.created_at, n.id) < (%(below_at)s::timestamptz, %(below_id)s::uuid))
order by n.created_at desc, n.id desc
limit %(limit)s::integer;

-- name: mark_notifications_read
-- The caller has read these; null is all of them.
select public.mark_notifications_read(%(ids)s::uuid[]);

-- name: list_notes
-- Notes on a conversation and on those merged into it, newest first below a cursor; a row of nulls when there is none.
select n.id, n.thread_id, n.note, n.author, n.author_user_id, n.created_at, n.edited_at
from public.et_threads as t
left join lateral (
  select x.* from public.et_threads as f
  inner join public.thread_notes as x on x.tenant_id = f.tenant_id and x.thread_id = f.id
  where f.tenant_id = t.tenant_id and (f.id = t.id or f.merged_into = t.id)
    and (%(below_at)s::timestamptz is null or (x.created_at, x.id) < (%(below_at)s::timestamptz, %(below_id)s::uuid))
  order by x.created_at desc, x.id desc
  limit %(limit)s::integer
) as n on true
where t.tenant_id = current_setting('parley.active_tenant')::uuid and t.id = %(thread_id)s::uuid and t.staff_readable
order by n.created_at desc, n.id desc;

-- name: add_note
-- A note for colleagues.
select public.add_note(%(thread_id)s::uuid, %(note)s::text, %(client_note_id)s::text);

-- name: change_note
-- A note says something else.
select public.change_note(%(note_id)s::uuid, %(note)s::text);

-- name: delete_note
-- A note is gone.
select public.delete_note(%(note_id)s::uuid);
