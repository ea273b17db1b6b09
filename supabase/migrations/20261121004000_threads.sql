-- Chapter: threads. One conversation, its head, who is in control and who may read it.
--
--   scope rule (tenant policy) ──▶ private.thread_scope_key() ──▶ unique (tenant_id, scope_key) ──▶ et_threads
--   merge: the loser's key ──▶ thread_aliases ──▶ the thread that goes on
--
--   status   open → snoozed → open;  open → closed → open;  closed → archived → open   (new inbound always reopens)
--   control  ai ⇄ human: every change raises control_epoch, the fence no AI reply gets past
--
-- The head (last_seq … unread_count) is written by the message triggers alone, under the row's lock.

-- ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.et_threads (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  kind text not null default 'channel',
  channel text not null,
  channel_session_id uuid,
  contact_id uuid,
  other_contact_id uuid,
  relationship_id uuid,
  context_kind text,
  context_id text,
  scope_rule text not null,
  scope_key text not null,
  subject text,
  folder text not null default 'inbox',
  folder_said_seq bigint,
  status text not null default 'open',
  snoozed_until timestamptz,
  control text not null default 'ai',
  control_epoch bigint not null default 1,
  assignee_id uuid,
  labels text[] not null default '{}',
  search_policy text,
  staff_readable boolean not null default true,
  last_seq bigint not null default 0,
  last_rev bigint not null default 0,
  last_inbound_seq bigint not null default 0,
  staff_read_seq bigint not null default 0,
  unread_count integer not null default 0,
  last_message_at timestamptz,
  last_direction text,
  preview text,
  created_at timestamptz not null default now(),
  closed_at timestamptz,
  erased_at timestamptz,
  merged_into uuid,
  constraint et_threads_tenant_id_id_pkey primary key (tenant_id, id),
  constraint et_threads_tenant_id_scope_key_key unique (tenant_id, scope_key),
  constraint et_threads_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint et_threads_tenant_id_channel_session_id_fkey foreign key (tenant_id, channel_session_id)
  references public.et_channel_sessions (tenant_id, id),
  constraint et_threads_tenant_id_contact_id_fkey foreign key (tenant_id, contact_id)
  references public.contacts (tenant_id, id),
  constraint et_threads_tenant_id_other_contact_id_fkey foreign key (tenant_id, other_contact_id)
  references public.contacts (tenant_id, id),
  constraint et_threads_tenant_id_assignee_id_fkey foreign key (tenant_id, assignee_id)
  references public.tenant_members (tenant_id, user_id) on delete set null (assignee_id),
  constraint et_threads_tenant_id_merged_into_fkey foreign key (tenant_id, merged_into)
  references public.et_threads (tenant_id, id)
)
with (fillfactor = 80);
comment on table public.et_threads is
'One conversation and its denormalised head: a row of the staff where the tenant is a party, else of those who take '
'part.';
comment on column public.et_threads.scope_key is
'Which messages belong here; computed by private.thread_scope_key() when the thread was made and never rewritten.';
comment on column public.et_threads.folder is
'inbox, spam (scored apart) or automated (lists, bulk mail, delivery reports). A person''s mail moves the thread to '
'inbox, unless one of the staff has said where it belongs.';
comment on column public.et_threads.folder_said_seq is
'How far the thread was when one of the staff said its folder (0: of its contact, before it began); null: nobody has, '
'and messages move it.';
comment on column public.et_threads.control_epoch is
'Raised at every change of control. An AI reply carries the epoch it was decided under and is refused once it moved.';
comment on column public.et_threads.staff_readable is
'True when the tenant itself is a party. Conversations between participants are read only through an audited '
'function.';
comment on column public.et_threads.last_seq is 'Number of the newest message; orders the thread.';
comment on column public.et_threads.last_rev is
'Raised by inserts, releases, edits, deletions and reactions; what clients poll.';
comment on column public.et_threads.staff_read_seq is
'Up to where the staff has read; unread_count is the number of inbound messages after it.';
comment on column public.et_threads.merged_into is
'The thread that goes on for this one: new messages land there and reads show both. Always one hop. Its own messages '
'stay.';
comment on column public.et_threads.closed_at is 'Since when it is closed or archived; null while it is neither.';
comment on column public.et_threads.erased_at is
'Since when the conversation is being emptied, or is empty: archived, and nothing new is written in it.';
comment on column public.et_threads.relationship_id is 'Groups the threads of one pair over its contexts.';

create table public.thread_aliases (
  tenant_id uuid not null,
  scope_key text not null,
  thread_id uuid not null,
  created_at timestamptz not null default now(),
  constraint thread_aliases_tenant_id_scope_key_pkey primary key (tenant_id, scope_key),
  constraint thread_aliases_tenant_id_thread_id_fkey foreign key (tenant_id, thread_id)
  references public.et_threads (tenant_id, id)
);
comment on table public.thread_aliases is
'Other keys that lead to a thread: after merges, and for ids of older systems.';

create table public.thread_participants (
  tenant_id uuid not null,
  thread_id uuid not null,
  user_id uuid not null,
  contact_id uuid,
  role text not null default 'participant',
  title text,
  last_read_seq bigint not null default 0,
  last_delivered_seq bigint not null default 0,
  last_read_at timestamptz,
  last_delivered_at timestamptz,
  unread_count integer not null default 0,
  last_activity_at timestamptz,
  muted_until timestamptz,
  archived_at timestamptz,
  blocked_at timestamptz,
  joined_at timestamptz not null default now(),
  left_at timestamptz,
  constraint thread_participants_tenant_id_thread_id_user_id_pkey primary key (tenant_id, thread_id, user_id),
  constraint thread_participants_tenant_id_thread_id_fkey foreign key (tenant_id, thread_id)
  references public.et_threads (tenant_id, id),
  constraint thread_participants_tenant_id_contact_id_fkey foreign key (tenant_id, contact_id)
  references public.contacts (tenant_id, id),
  constraint thread_participants_role_check check (role in ('customer', 'provider', 'participant', 'agent')),
  constraint thread_participants_last_delivered_seq_check check (last_delivered_seq >= last_read_seq),
  constraint thread_participants_unread_count_check check (unread_count >= 0)
);
comment on table public.thread_participants is
'End users who take part in a thread, how far each has read, and the thread as his list shows it.';
comment on column public.thread_participants.title is
'What the conversation is called in his list: the other person''s name, or the business''s; null where the thread has '
'a subject.';
comment on column public.thread_participants.unread_count is
'Messages after last_read_seq that he sees and did not send; kept by triggers, proved by an invariant.';
comment on column public.thread_participants.last_activity_at is
'When the newest message he sees was written; orders his list. Null while there is none.';
comment on column public.thread_participants.blocked_at is
'Since when he has blocked the other person of a direct conversation; the block itself is in contact_blocks.';

-- ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────────────

create index et_threads_id_idx on public.et_threads (id);
create index et_threads_tenant_id_inbox_idx on public.et_threads (tenant_id, folder, status, last_message_at desc,
  id desc);
create index et_threads_tenant_id_assignee_id_idx on public.et_threads
(tenant_id, assignee_id, last_message_at desc, id desc) where assignee_id is not null;
create index et_threads_tenant_id_contact_id_idx on public.et_threads (tenant_id, contact_id);
create index et_threads_tenant_id_other_contact_id_idx on public.et_threads (tenant_id, other_contact_id)
where other_contact_id is not null;
create index et_threads_tenant_id_merged_into_idx on public.et_threads (tenant_id, merged_into)
where merged_into is not null;
create index et_threads_tenant_id_snoozed_until_idx on public.et_threads (tenant_id,
  snoozed_until) where status = 'snoozed';
create index et_threads_tenant_id_context_idx on public.et_threads (tenant_id, context_kind, context_id)
where context_id is not null;
create index thread_aliases_tenant_id_thread_id_idx on public.thread_aliases (tenant_id, thread_id);
create index thread_participants_user_id_idx on public.thread_participants (user_id, tenant_id,
  thread_id) where left_at is null;
create index thread_participants_user_id_last_activity_at_idx on public.thread_participants
(user_id, last_activity_at desc, thread_id desc) where left_at is null and last_activity_at is not null;
create index thread_participants_user_id_unread_idx on public.thread_participants (user_id, tenant_id)
include (unread_count, muted_until)
where left_at is null and unread_count > 0 and archived_at is null and blocked_at is null;
create index thread_participants_tenant_id_contact_id_idx on public.thread_participants (tenant_id, contact_id);

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.thread_scope_key(
  p_rule text, p_session_id uuid, p_contact_id uuid, p_other_contact_id uuid default null,
  p_context_kind text default null, p_context_id text default null, p_root text default null
) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case p_rule
    when 'channel_contact' then 'cc:' || p_session_id::text || ':' || p_contact_id::text
    when 'email_reference' then 'er:' || p_session_id::text || ':' || p_contact_id::text || ':'
      || encode(sha256(convert_to(p_root, 'UTF8')), 'hex')
    when 'pair' then 'p:' || least(p_contact_id, p_other_contact_id)::text || ':'
      || greatest(p_contact_id, p_other_contact_id)::text
    when 'pair_context' then 'pc:' || least(p_contact_id, p_other_contact_id)::text || ':'
      || greatest(p_contact_id, p_other_contact_id)::text || ':' || p_context_kind || ':' || p_context_id
    when 'explicit' then 'x:' || p_root
  end;
end
$$;
comment on function private.thread_scope_key(text, uuid, uuid, uuid, text, text, text) is
'The key a conversation is found by, from the tenant''s rule alone: same input, same thread. Null when the rule '
'lacks a part.';

create function private.scope_rule(p_tenant_id uuid, p_channel text) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select coalesce(
      (select s.thread_scopes ->> p_channel from public.tenant_settings as s where s.tenant_id = p_tenant_id),
      'channel_contact'));
end
$$;
comment on function private.scope_rule(uuid, text) is
'Definer: the tenant''s rule for a channel; channel_contact unless it says otherwise.';

create function private.is_participant(p_tenant_id uuid, p_thread_id uuid) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.thread_participants as p
    where p.tenant_id = p_tenant_id and p.thread_id = p_thread_id
      and p.user_id = private.current_user_id() and p.left_at is null);
end
$$;
comment on function private.is_participant(uuid, uuid) is
'Definer, for the policy of thread_participants itself, which cannot ask the table it guards.';

create function private.is_for_staff(p_tenant_id uuid, p_thread_id uuid) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.et_threads as t where t.tenant_id = p_tenant_id and t.id = p_thread_id and t.staff_readable);
end
$$;
comment on function private.is_for_staff(uuid, uuid) is
'Definer, for the policy of thread_participants, which the policy of threads asks: the tenant itself is a party.';

create function private.refuse_merged(p_winner_id uuid) returns void
language plpgsql stable set search_path = '' as $$
begin
  if p_winner_id is not null then
    raise exception 'this conversation was merged into another'
      using errcode = 'PT409', hint = 'Go on in the conversation that merged_into names.',
        detail = jsonb_build_object('code', 'merged', 'merged_into', p_winner_id)::text;
  end if;
end
$$;
comment on function private.refuse_merged(uuid) is
'Refuses what is meant for the thread that goes on; takes the merged_into of the thread that was named.';

-- What a thread may be is checked by triggers, not by CHECKs: every message updates a head, and a CHECK is parsed anew
-- by every statement, whether its columns change or not.

create function private.tg_threads__control() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.control <> old.control and new.control_epoch <= old.control_epoch then
    new.control_epoch := old.control_epoch + 1;
  end if;
  if new.control_epoch < old.control_epoch then
    raise exception 'the epoch of a thread only grows'
      using errcode = 'PT409', detail = '{"code": "head_regressed"}', hint = 'Leave control_epoch alone.';
  end if;
  if new.id <> old.id or new.tenant_id <> old.tenant_id or new.scope_key <> old.scope_key then
    raise exception 'a thread keeps its tenant, id and scope key'
      using errcode = 'PT409', detail = '{"code": "immutable"}', hint = 'Add an alias instead.';
  end if;
  return new;
end
$$;
comment on function private.tg_threads__control() is
'Every change of control raises the epoch, whoever makes it; what a thread is known by never changes.';
create trigger et_threads_100_control before update of control, control_epoch, id, tenant_id, scope_key
on public.et_threads
for each row execute function private.tg_threads__control();

create function private.tg_threads__values() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_broken text := case
    when new.kind not in ('channel', 'direct', 'group', 'internal', 'broadcast', 'assistant', 'inspiration') then 'kind'
    when new.scope_rule not in ('channel_contact', 'email_reference', 'pair', 'pair_context', 'explicit')
      then 'scope_rule'
    when new.folder not in ('inbox', 'spam', 'automated') then 'folder'
    when new.status not in ('open', 'snoozed', 'closed', 'archived') then 'status'
    when (new.status = 'snoozed') <> (new.snoozed_until is not null) then 'snoozed_until'
    when new.control not in ('ai', 'human') then 'control'
    when new.search_policy not in ('none', 'metadata', 'full') then 'search_policy'
    when cardinality(new.labels) > 50 then 'labels'
    when new.merged_into = new.id then 'merged_into'
  end;
begin
  if v_broken is not null then
    raise exception 'the column % of a thread cannot have this value', v_broken using errcode = 'check_violation',
      schema = 'public', table = 'et_threads', column = v_broken;
  end if;
  return new;
end
$$;
comment on function private.tg_threads__values() is
'The values a thread may have, each checked when it is set. A violation names the column.';
create trigger et_threads_200_values before insert or update of
kind, scope_rule, folder, status, snoozed_until, control, search_policy, labels, merged_into on public.et_threads
for each row execute function private.tg_threads__values();

create function private.tg_threads__head() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.last_seq < greatest(old.last_seq, new.last_inbound_seq, new.staff_read_seq)
    or new.last_rev < greatest(old.last_rev, new.last_seq) or new.unread_count < 0 then
    raise exception 'a thread''s seq and rev only grow, and nothing in its head is ahead of them'
      using errcode = 'PT409', detail = '{"code": "head_regressed"}',
        hint = 'Heads are written by the message triggers alone.';
  end if;
  return new;
end
$$;
comment on function private.tg_threads__head() is
'Heads never go back: last_rev ≥ last_seq ≥ last_inbound_seq, staff_read_seq. Fires for every message, so it is short.';
create trigger et_threads_300_head before insert or update of
last_seq, last_rev, last_inbound_seq, staff_read_seq, unread_count on public.et_threads
for each row execute function private.tg_threads__head();

create function private.tg_threads__stay_erased() returns trigger
language plpgsql set search_path = '' as $$
begin
  if (new.status, new.subject, new.preview, new.labels, new.last_seq, new.erased_at)
    is distinct from (old.status, old.subject, old.preview, old.labels, old.last_seq, old.erased_at) then
    raise exception 'this conversation was erased'
      using errcode = 'PT409', detail = '{"code": "erased"}', hint = 'Whoever writes again begins a new one.';
  end if;
  return new;
end
$$;
comment on function private.tg_threads__stay_erased() is 'An erased conversation is not written in, reopened or named.';
create trigger et_threads_090_stay_erased before update on public.et_threads
for each row when (old.erased_at is not null) execute function private.tg_threads__stay_erased();
create trigger et_threads_095_refuse_erased before insert on public.et_threads
for each row when (new.contact_id is not null) execute function private.tg_any__refuse_erased();

-- ── policies ─────────────────────────────────────────────────────────────────────────────────────────────────────

alter table public.et_threads enable row level security;
alter table public.et_threads force row level security;
alter table public.thread_aliases enable row level security;
alter table public.thread_aliases force row level security;
alter table public.thread_participants enable row level security;
alter table public.thread_participants force row level security;

-- Where the tenant is a party the row is its staff's: who has it, what they call it, until when they put it away,
-- whether the AI answers. RLS filters rows, not columns, so its customer reads his side through list_conversations()
-- and get_conversation().
create policy et_threads_select_reader on public.et_threads for select to authenticated
using (
  (tenant_id = (select private.current_tenant()) and staff_readable)
  or (
    not staff_readable and exists (
      select from public.thread_participants as p
      where p.tenant_id = et_threads.tenant_id and p.thread_id = et_threads.id
        and p.user_id = (select private.current_user_id()) and p.left_at is null
    )
  )
);
create policy et_threads_select_worker on public.et_threads for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy thread_aliases_select_staff on public.thread_aliases for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy thread_participants_select_reader on public.thread_participants for select to authenticated
using (
  user_id = (select private.current_user_id())
  or (tenant_id = (select private.current_tenant()) and private.is_for_staff(tenant_id, thread_id))
  or private.is_participant(tenant_id, thread_id)
);
create policy thread_participants_select_worker on public.thread_participants for select to parley_worker
using (tenant_id = (select private.worker_tenant()));

-- ── grants ───────────────────────────────────────────────────────────────────────────────────────────────────────

revoke all on public.et_threads, public.thread_aliases, public.thread_participants
from public, anon, authenticated, service_role;
grant select on public.et_threads to authenticated, service_role, parley_worker;
grant select on public.thread_participants to service_role, parley_worker;
-- Those who take part read each other's cursors, and nobody what another has muted, archived or blocked.
grant select (
  tenant_id, thread_id, user_id, contact_id, role, last_read_seq, last_delivered_seq, last_read_at, last_delivered_at,
  unread_count, joined_at, left_at
) on public.thread_participants to authenticated;
grant select on public.thread_aliases to authenticated, service_role;
grant insert, update on public.thread_participants to service_role;
grant insert on public.thread_aliases to service_role;
grant execute on function private.thread_scope_key(text, uuid, uuid, uuid, text, text, text),
private.scope_rule(uuid, text) to service_role, parley_worker;
grant execute on function private.is_participant(uuid, uuid), private.is_for_staff(uuid, uuid) to authenticated;
