-- Chapter: threads, folders. One of the staff says whether a conversation is spam, and is believed.
--
--   detector: private.folder_of() ──▶ et_threads.folder; a personal message moves it to the inbox
--   set_thread_folder(inbox | spam) ──▶ folder_words ──▶ et_threads.folder, folder_said_seq: no message moves it
--        │                                  └──▶ said_folder(): where the contact's next conversation begins
--        └── null ──▶ the word is taken back, and the folder is the detector's again
--
-- In spam the AI answers nothing, calls nobody and reminds nobody; what it had queued stays at home. Out of spam
-- nothing old is answered by itself: a message older than the word keeps its score (private.told_score()).

create table public.folder_words (
  tenant_id uuid not null,
  thread_id uuid not null,
  contact_id uuid,
  folder text not null,
  detected text not null,
  spam_score real not null,
  auto_class text not null,
  said_by text not null,
  said_at timestamptz not null default clock_timestamp(),
  constraint folder_words_tenant_id_thread_id_pkey primary key (tenant_id, thread_id),
  constraint folder_words_tenant_id_thread_id_fkey foreign key (tenant_id, thread_id)
  references public.et_threads (tenant_id, id),
  constraint folder_words_tenant_id_contact_id_fkey foreign key (tenant_id, contact_id)
  references public.contacts (tenant_id, id),
  constraint folder_words_folder_check check (folder in ('inbox', 'spam')),
  constraint folder_words_detected_check check (detected in ('inbox', 'spam', 'automated'))
);
comment on table public.folder_words is
'What the staff says of a conversation: spam, or none. The newest word on one of a contact''s conversations is the '
'word on him. An erasure takes it along.';
comment on column public.folder_words.detected is
'Where the detector would have it. Another folder than the one said is its mistake: see folder_outcomes.';
comment on column public.folder_words.spam_score is
'Score of the message the detector''s folder rests on: the newest personal one, where there is none the first.';
comment on column public.folder_words.auto_class is 'Class of the same message.';
comment on column public.folder_words.said_by is 'Who said it, as one key: user:<id> or api_key:<id>.';
create index folder_words_tenant_id_contact_id_idx on public.folder_words (tenant_id, contact_id, said_at desc);

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.said_folder(p_tenant_id uuid, p_contact_id uuid) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select w.folder from public.folder_words as w
    where w.tenant_id = p_tenant_id and w.contact_id = any(private.contact_family(p_tenant_id, p_contact_id))
    order by w.said_at desc limit 1);
end
$$;
comment on function private.said_folder(uuid, uuid) is
'Definer: the newest word of the staff on a contact, or on one merged into him; null when there is none. Asked once a '
'conversation, when it is made.';

create function private.told_score(p_folder text, p_said_seq bigint, p_seq bigint, p_score real) returns real
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case
    when p_said_seq is null then p_score
    when p_folder = 'spam' then 1
    when p_seq > p_said_seq then 0
    else p_score
  end;
end
$$;
comment on function private.told_score(text, bigint, bigint, real) is
'The spam score a decider is told: what the staff said of the conversation outranks the detector for what came after. '
'What was there before keeps its score, so that nothing old is answered by itself.';

create function private.detected_folder(
  p_tenant_id uuid, p_thread_id uuid, out folder text, out spam_score real, out auto_class text
)
language plpgsql stable security definer set search_path = '' as $$
begin
  select 'inbox', m.spam_score, m.auto_class into folder, spam_score, auto_class from public.et_messages as m
  where m.tenant_id = p_tenant_id and m.thread_id = p_thread_id and m.direction = 'inbound'
    and private.folder_of(m.spam_score, m.auto_class) = 'inbox'
  order by m.seq desc limit 1;
  if not found then
    select private.folder_of(m.spam_score, m.auto_class), m.spam_score, m.auto_class
    into folder, spam_score, auto_class from public.et_messages as m
    where m.tenant_id = p_tenant_id and m.thread_id = p_thread_id and m.direction = 'inbound'
    order by m.seq limit 1;
  end if;
end
$$;
comment on function private.detected_folder(uuid, uuid) is
'Definer: where its messages alone would have put a conversation, and which score and class said so. Nulls where '
'nothing came in.';

create function private.set_thread_folder(p_thread_id uuid, p_folder text, p_expected_last_seq bigint) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_thread public.et_threads%rowtype;
  v_word public.folder_words%rowtype;
  v_detected record;
  v_folder text;
begin
  -- Under the thread's lock: a message that arrives meanwhile comes before the word or after it, and so does an erasure.
  select t.* into v_thread from public.et_threads as t
  where t.tenant_id = v_tenant and t.id = p_thread_id and t.staff_readable for no key update;
  if v_thread.id is null then
    return private.deny('thread', p_thread_id, 'set_thread_folder');
  end if;
  perform private.refuse_merged(v_thread.merged_into);
  if v_thread.erased_at is not null then
    raise exception 'this conversation was erased'
      using errcode = 'PT409', detail = '{"code": "erased"}', hint = 'Whoever writes again begins a new one.';
  elsif p_expected_last_seq <> v_thread.last_seq then
    perform private.refuse_moved(v_thread, p_expected_last_seq, true);
  end if;
  select w.* into v_word from public.folder_words as w where w.tenant_id = v_tenant and w.thread_id = p_thread_id;
  select d.* into v_detected from private.detected_folder(v_tenant, p_thread_id) as d;
  v_folder := coalesce(p_folder, v_detected.folder, v_word.detected, v_thread.folder);
  if p_folder is null then
    delete from public.folder_words as w where w.tenant_id = v_tenant and w.thread_id = p_thread_id;
  elsif p_folder = v_word.folder then
    update public.folder_words as w set said_by = private.actor(), said_at = clock_timestamp()
    where w.tenant_id = v_tenant and w.thread_id = p_thread_id;
  else
    insert into public.folder_words as w (
      tenant_id, thread_id, contact_id, folder, detected, spam_score, auto_class, said_by)
    values (v_tenant, p_thread_id, v_thread.contact_id, p_folder, coalesce(v_detected.folder, v_word.detected,
      v_thread.folder), coalesce(v_detected.spam_score, 0), coalesce(v_detected.auto_class, 'none'), private.actor())
    on conflict (tenant_id, thread_id) do update set
      folder = excluded.folder, detected = excluded.detected, spam_score = excluded.spam_score,
      auto_class = excluded.auto_class, said_by = excluded.said_by, said_at = clock_timestamp();
  end if;
  if p_folder is distinct from v_word.folder or v_folder <> v_thread.folder
    or (p_folder is null) <> (v_thread.folder_said_seq is null) then
    update public.et_threads as t set
      folder = v_folder,
      folder_said_seq = case when p_folder is not null then t.last_seq end,
      labels = case when p_folder = 'inbox' then array_remove(t.labels, 'spam') else t.labels end,
      -- What the AI is saying at this moment is refused, as after a takeover.
      control_epoch = t.control_epoch + (v_folder = 'spam' and t.folder <> 'spam')::integer
    where t.tenant_id = v_tenant and t.id = p_thread_id
    returning t.* into v_thread;
    perform private.cancel_queued(v_tenant, p_thread_id, 'spam') where v_folder = 'spam';
    perform private.audit(v_tenant, 'thread.folder', 'thread', p_thread_id::text, jsonb_build_object('folder', p_folder,
      'before', v_word.folder, 'detected', v_detected.folder));
  end if;
  return private.shown_state(v_thread);
end
$$;
comment on function private.set_thread_folder(uuid, text, bigint) is
'Definer: the staff''s word on where a conversation belongs, for it and for the contact''s next ones; null takes it '
'back. Into spam what the AI had queued is cancelled; out of it the label spam goes, too. Saying it again changes '
'nothing.';

create function public.set_thread_folder(
  p_thread_id uuid, p_folder text, p_expected_last_seq bigint default null
) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.set_thread_folder(p_thread_id, p_folder, p_expected_last_seq); end;
comment on function public.set_thread_folder(uuid, text, bigint) is
'Say that a conversation is spam, or that it is none (inbox); null lets the detector decide again. Agents.';

-- ── what people make of the detector ─────────────────────────────────────────────────────────────────────────────

create view public.folder_outcomes with (security_invoker = on) as
select
  w.tenant_id,
  w.detected,
  w.auto_class,
  least(floor(w.spam_score::numeric * 10) / 10, 0.9)::float8 as score_from,
  count(*) as conversations,
  count(*) filter (where w.folder = 'inbox' and w.detected <> 'inbox') as false_alarms,
  count(*) filter (where w.folder = 'spam' and w.detected <> 'spam') as misses,
  count(*) filter (where w.folder = w.detected) as confirmed,
  max(w.said_at) as last_said_at
from public.folder_words as w
group by w.tenant_id, w.detected, w.auto_class, least(floor(w.spam_score::numeric * 10) / 10, 0.9);
comment on view public.folder_outcomes is
'The staff''s words against the detector''s, by its folder, the class of mail and a tenth of the score: conversations '
'somebody spoke about, each once. No rates: most people say something only where it was wrong.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table public.folder_words enable row level security;
alter table public.folder_words force row level security;
create policy folder_words_select_staff on public.folder_words for select to authenticated
using (tenant_id = (select private.current_tenant()));
revoke all on public.folder_words, public.folder_outcomes from public, anon, authenticated, service_role;
grant select on public.folder_words, public.folder_outcomes to authenticated, service_role;
grant execute on function private.set_thread_folder(uuid, text, bigint), public.set_thread_folder(uuid, text, bigint)
to authenticated;
