-- Chapter: threads, notes. What the staff says to each other about a conversation, beside it.
--
--   add_note() ──▶ thread_notes ──▶ a hint on inbox:<tenant>, and on no topic that anybody but the staff may join
--   change_note(), delete_note(): whoever wrote it; an admin may delete
--
-- A note is no message. It has no seq, rev or status; nothing that sends, decides, summarises, drafts, judges or
-- searches reads this table, and a send is a row that names a message. Tests hold both: no function but those of this
-- file, the erasure and the invariants name the table, and no role but the staff's reads it.

create table public.thread_notes (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  thread_id uuid not null,
  note text not null,
  author text not null,
  author_user_id uuid,
  client_note_id text,
  created_at timestamptz not null default clock_timestamp(),
  edited_at timestamptz,
  constraint thread_notes_tenant_id_id_pkey primary key (tenant_id, id),
  constraint thread_notes_tenant_id_author_client_note_id_key unique (tenant_id, author, client_note_id),
  constraint thread_notes_tenant_id_thread_id_fkey foreign key (tenant_id, thread_id)
  references public.et_threads (tenant_id, id),
  constraint thread_notes_note_check check (length(note) between 1 and 4000),
  constraint thread_notes_client_note_id_check check (length(client_note_id) between 1 and 200)
);
comment on table public.thread_notes is
'What the staff says to each other about a conversation. Never a message: nothing sends it, and no contact sees it.';
comment on column public.thread_notes.author is 'Who wrote it, as one key: user:<id> or api_key:<id>.';
comment on column public.thread_notes.client_note_id is 'The author''s own id of it: saying it again changes nothing.';

create index thread_notes_id_idx on public.thread_notes (id);
create index thread_notes_tenant_id_thread_id_idx on public.thread_notes
(tenant_id, thread_id, created_at desc, id desc);

create function private.shown_note(p_note public.thread_notes, p_duplicate boolean default false) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object('id', p_note.id, 'thread_id', p_note.thread_id, 'note', p_note.note, 'author',
    p_note.author, 'author_user_id', p_note.author_user_id, 'created_at', p_note.created_at, 'edited_at',
    p_note.edited_at, 'duplicate', p_duplicate)
$$;
comment on function private.shown_note(public.thread_notes, boolean) is 'A note as its writer is answered.';

create function private.add_note(p_thread_id uuid, p_note text, p_client_note_id text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_thread public.et_threads%rowtype;
  v_note public.thread_notes;
begin
  -- Under the thread's lock, as an erasure takes it: no note is left behind in a conversation that is being emptied.
  select t.* into v_thread from public.et_threads as t
  where t.tenant_id = v_tenant and t.id = p_thread_id and t.staff_readable for no key update;
  if v_thread.id is null then
    return private.deny('thread', p_thread_id, 'add_note');
  end if;
  perform private.refuse_merged(v_thread.merged_into);
  if v_thread.erased_at is not null then
    raise exception 'this conversation was erased'
      using errcode = 'PT409', detail = '{"code": "erased"}', hint = 'Whoever writes again begins a new one.';
  end if;
  insert into public.thread_notes (tenant_id, thread_id, note, author, author_user_id, client_note_id)
  values (v_tenant, p_thread_id, p_note, private.actor(),
    case when private.actor() like 'user:%' then private.current_user_id() end, p_client_note_id)
  on conflict (tenant_id, author, client_note_id) do nothing
  returning * into v_note;
  if v_note.id is null then
    select n.* into v_note from public.thread_notes as n
    where n.tenant_id = v_tenant and n.author = private.actor() and n.client_note_id = p_client_note_id;
    if (v_note.thread_id, v_note.note) is distinct from (p_thread_id, p_note) then
      raise exception 'this client_note_id was used for another note'
        using errcode = 'PT409', detail = '{"code": "client_id_reused", "field": "client_note_id"}',
          hint = 'Make a new id for every note.';
    end if;
    return private.shown_note(v_note, true);
  end if;
  perform private.audit(v_tenant, 'note.added', 'thread', p_thread_id::text, jsonb_build_object('note_id', v_note.id));
  return private.shown_note(v_note);
end
$$;
comment on function private.add_note(uuid, text, text) is
'Definer: a note of the staff on a conversation the tenant is a party of; with a client id, once.';

create function private.change_note(p_note_id uuid, p_note text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_note public.thread_notes;
begin
  select n.* into v_note from public.thread_notes as n where n.tenant_id = v_tenant and n.id = p_note_id for update;
  if v_note.id is null then
    return private.deny('note', p_note_id, 'change_note');
  elsif v_note.author <> private.actor() then
    raise exception 'a note is changed by whoever wrote it'
      using errcode = 'PT403', detail = '{"code": "not_the_author"}', hint = 'Write one of your own.';
  end if;
  update public.thread_notes as n
  set note = p_note, edited_at = case when n.note = p_note then n.edited_at else clock_timestamp() end
  where n.tenant_id = v_tenant and n.id = p_note_id returning * into v_note;
  perform private.audit(v_tenant, 'note.changed', 'thread', v_note.thread_id::text, jsonb_build_object('note_id',
    p_note_id));
  return private.shown_note(v_note);
end
$$;
comment on function private.change_note(uuid, text) is 'Definer: a note says something else; for its author alone.';

create function private.delete_note(p_note_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_note public.thread_notes;
begin
  select n.* into v_note from public.thread_notes as n where n.tenant_id = v_tenant and n.id = p_note_id for update;
  if v_note.id is null then
    return private.deny('note', p_note_id, 'delete_note');
  elsif v_note.author <> private.actor() and not 'admin' = any(private.current_scopes()) then
    raise exception 'a note is deleted by whoever wrote it, or by an admin'
      using errcode = 'PT403', detail = '{"code": "not_the_author"}', hint = 'Ask its author, or an admin.';
  end if;
  delete from public.thread_notes as n where n.tenant_id = v_tenant and n.id = p_note_id;
  perform private.audit(v_tenant, 'note.deleted', 'thread', v_note.thread_id::text, jsonb_build_object('note_id',
    p_note_id, 'author', v_note.author));
  return jsonb_build_object('note_id', p_note_id, 'deleted', true);
end
$$;
comment on function private.delete_note(uuid) is
'Definer: a note is gone, its text with it; for its author and for admins. The audit log says whose it was.';

create function public.add_note(p_thread_id uuid, p_note text, p_client_note_id text default null) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.add_note(p_thread_id, p_note, p_client_note_id); end;
comment on function public.add_note(uuid, text, text) is
'Note something about a conversation, for colleagues alone. Agents.';
create function public.change_note(p_note_id uuid, p_note text) returns jsonb
language sql volatile set search_path = '' begin atomic select private.change_note(p_note_id, p_note); end;
comment on function public.change_note(uuid, text) is 'Change a note of one''s own.';
create function public.delete_note(p_note_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.delete_note(p_note_id); end;
comment on function public.delete_note(uuid) is 'Delete a note of one''s own; admins any.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table public.thread_notes enable row level security;
alter table public.thread_notes force row level security;
create policy thread_notes_select_staff on public.thread_notes for select to authenticated
using (tenant_id = (select private.current_tenant()));
revoke all on public.thread_notes from public, anon, authenticated, service_role;
grant select on public.thread_notes to authenticated, service_role;
grant execute on function private.add_note(uuid, text, text), private.change_note(uuid, text),
private.delete_note(uuid), public.add_note(uuid, text, text), public.change_note(uuid, text),
public.delete_note(uuid) to authenticated;
