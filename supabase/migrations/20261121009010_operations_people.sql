-- Chapter: operations of the core, continued. What must hold where people write to each other.

insert into private.invariants (name, claim, query) values
('said_folder_stands', 'A conversation is where one of the staff said it belongs, whatever came since.', $q$
  select w.tenant_id, w.thread_id, w.folder, t.folder as stands_in from public.folder_words as w
  inner join public.et_threads as t on t.tenant_id = w.tenant_id and t.id = w.thread_id
  where t.folder <> w.folder or t.folder_said_seq is null$q$),
('erased_leaves_nothing_beside', 'Beside what was erased stands no note of the staff, no word of theirs on spam, and '
'no HTML.', $q$
  select n.tenant_id, n.id, 'note' as kind from public.thread_notes as n
  inner join public.et_threads as t on t.tenant_id = n.tenant_id and t.id = n.thread_id
  where t.erased_at is not null
  union all
  select w.tenant_id, w.thread_id, 'folder' from public.folder_words as w
  inner join public.et_threads as t on t.tenant_id = w.tenant_id and t.id = w.thread_id
  where t.erased_at is not null
  union all
  select h.tenant_id, h.message_id, 'html' from private.message_html as h
  inner join public.et_messages as m on m.tenant_id = h.tenant_id and m.id = h.message_id
  where m.erased_at is not null$q$),
('seat_counts_its_unread', 'What somebody has not read is what came after his cursor, he sees, and did not send.', $q$
  select p.tenant_id, p.thread_id, p.user_id, p.unread_count, n.unread from public.thread_participants as p
  cross join lateral (
    select count(*) as unread from public.et_messages as m
    where m.tenant_id = p.tenant_id and m.thread_id = p.thread_id and m.seq > p.last_read_seq
      and m.channel = 'in_app' and private.is_shown(m.moderation_status, m.direction, m.delivery_status)
      and m.sender_user_id is distinct from p.user_id) as n
  where p.left_at is null and p.unread_count <> n.unread$q$),
('cursor_is_within_its_thread', 'Nobody has read or got more than there is.', $q$
  select p.tenant_id, p.thread_id, p.user_id from public.thread_participants as p
  inner join public.et_threads as t on t.tenant_id = p.tenant_id and t.id = p.thread_id
  where p.last_delivered_seq > t.last_seq or p.last_read_seq > p.last_delivered_seq$q$),
('people_meet_no_decider', 'What people write to each other is neither decided on nor sent anywhere.', $q$
  select t.tenant_id, t.id from public.et_threads as t
  where t.kind in ('direct', 'group') and (t.staff_readable
    or exists (select from public.et_messages as m where m.tenant_id = t.tenant_id and m.thread_id = t.id
      and (m.direction <> 'internal' or m.staff_readable))
    or exists (select from private.inbound_work as w where w.tenant_id = t.tenant_id and w.thread_id = t.id)
    or exists (select from private.insight_work as w where w.tenant_id = t.tenant_id and w.thread_id = t.id)
    or exists (select from public.inbound_decisions as d where d.tenant_id = t.tenant_id and d.thread_id = t.id)
    or exists (select from public.et_outbound_queue as q where q.tenant_id = t.tenant_id and q.thread_id = t.id))$q$),
('pair_is_two', 'In a conversation of two are the two it is of, and nobody else.', $q$
  select p.tenant_id, p.thread_id, p.user_id from public.thread_participants as p
  inner join public.et_threads as t on t.tenant_id = p.tenant_id and t.id = p.thread_id and t.kind = 'direct'
    and t.other_contact_id is not null
  where p.left_at is null and p.role <> 'agent' and not exists (
    select from public.contacts as c
    where c.tenant_id = t.tenant_id and c.id in (t.contact_id, t.other_contact_id)
      and coalesce(c.merged_into, c.id) = p.contact_id)$q$),
('reaction_has_its_people', 'Reactions are signs with those who left them, each once, and none is on what was deleted.',
  $q$
  select m.tenant_id, m.id from public.et_messages as m
  where m.reactions is not null and (m.deleted_at is not null or m.reactions = '{}' or exists (
    select from jsonb_each(m.reactions) as r
    where jsonb_typeof(r.value) <> 'array' or r.value = '[]' or jsonb_array_length(r.value) <> (
      select count(distinct u) from jsonb_array_elements(case jsonb_typeof(r.value) when 'array' then r.value end) as u
    )))$q$),
('push_is_for_its_reader', 'What is pushed of a conversation is for who has a seat in it, and is not his own word.',
  $q$
  select w.tenant_id, w.id from private.notification_pushes as w
  where w.thread_id is not null and (not exists (
    select from public.thread_participants as p
    where p.tenant_id = w.tenant_id and p.thread_id = w.thread_id and p.user_id = w.user_id)
    or exists (
      select from public.et_messages as m
      where m.tenant_id = w.tenant_id and m.id = any(w.message_ids) and m.sender_user_id = w.user_id))$q$);
