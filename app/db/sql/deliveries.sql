-- name: list_undelivered
-- Sends that did not arrive, or nobody knows of, newest first below a cursor; what each was sent again as.
select u.id, u.trouble, u.status, u.message_id, u.thread_id, u.channel, u.recipient, c.display_name, u.status_reason,
  (
    select a.error from public.dispatch_attempts as a
    where a.tenant_id = t.tenant_id and a.queue_id = u.id order by a.number desc limit 1
  ), left(m.body, 200), m.sender_kind, u.created_at, u.finished_at, n.message_id as sent_again_id
from (
  (
    select q.*, 'failed' as trouble from public.et_outbound_queue as q
    where q.tenant_id = current_setting('parley.active_tenant')::uuid and q.status in ('failed', 'bounced')
      and 'failed' = any(%(troubles)s::text [])
      and (%(channel)s::text is null or q.channel = %(channel)s::text)
      and (%(below_id)s::uuid is null or q.id < %(below_id)s::uuid)
    order by q.id desc limit %(limit)s::integer
  )
  union all
  (
    select q.*, 'unknown' as trouble from public.et_outbound_queue as q
    where q.tenant_id = current_setting('parley.active_tenant')::uuid and q.status = 'dispatch_unknown'
      and 'unknown' = any(%(troubles)s::text [])
      and (%(channel)s::text is null or q.channel = %(channel)s::text)
      and (%(below_id)s::uuid is null or q.id < %(below_id)s::uuid)
    order by q.id desc limit %(limit)s::integer
  )
  union all
  (
    select q.*, 'stopped' as trouble from public.et_outbound_queue as q
    where q.tenant_id = current_setting('parley.active_tenant')::uuid and q.status = 'cancelled'
      and q.status_reason <> all('{superseded,human_takeover,ai_disabled,thread_closed,spam,merged,'
        'erased,tenant_deleted,resolved_by_person,moderation_blocked}')
      and 'stopped' = any(%(troubles)s::text [])
      and (%(channel)s::text is null or q.channel = %(channel)s::text)
      and (%(below_id)s::uuid is null or q.id < %(below_id)s::uuid)
    order by q.id desc limit %(limit)s::integer
  )
) as u
inner join public.et_messages as m on m.tenant_id = u.tenant_id and m.id = u.message_id and m.staff_readable
inner join public.et_threads as t on t.tenant_id = u.tenant_id and t.id = u.thread_id
left join public.contacts as c on c.tenant_id = t.tenant_id and c.id = t.contact_id
left join public.et_outbound_queue as n on n.tenant_id = u.tenant_id and n.resend_of = u.message_id
order by u.id desc limit %(limit)s::integer;

-- name: send_again
-- What did not arrive leaves once more.
select public.send_again(%(message_id)s::uuid);
