-- Chapter: assistants, part two. What the staff asks for: suggested replies, and translations of what came in.
--
--   suggest_replies(), translate_message() ──▶ private.assist_work (waiting) ── NOTIFY et_assist ──▶ assistant worker
--        ▲                                            │ claim: lease + fence + context
--        └── read_suggestions(), read_translation() ◀─┴─ complete: done | unavailable | failed
--
-- Nothing is sent: a draft becomes a message only when somebody sends one. Texts derived from messages live in private
-- and go with their source: an edited message drops its translations, the housekeeper drops what has grown old.

create table private.assist_work (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  kind text not null,
  thread_id uuid not null,
  message_id uuid,
  language text,
  requested_by text not null,
  status text not null default 'waiting',
  reason text,
  decider text,
  model text,
  prompt_version text,
  tokens_in integer not null default 0,
  tokens_out integer not null default 0,
  cost_usd numeric(12, 6) not null default 0,
  latency_ms numeric(12, 3),
  run_at timestamptz not null default clock_timestamp(),
  lease_until timestamptz,
  fence bigint not null default 0,
  attempts smallint not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  constraint assist_work_tenant_id_id_pkey primary key (tenant_id, id),
  constraint assist_work_tenant_id_thread_id_fkey foreign key (tenant_id, thread_id)
  references public.et_threads (tenant_id, id),
  constraint assist_work_tenant_id_message_id_fkey foreign key (tenant_id, message_id)
  references public.et_messages (tenant_id, id),
  constraint assist_work_kind_check check (
    case kind when 'suggestions' then message_id is null and language is null
      when 'translation' then message_id is not null and language is not null else false end),
  constraint assist_work_status_check check (status in ('waiting', 'done', 'unavailable', 'failed')),
  constraint assist_work_language_check check (language ~ '^[a-z]{2,3}(-[A-Z][a-z]{3})?$')
)
with (fillfactor = 70);
comment on table private.assist_work is 'What somebody asked an assistant for, and what became of it.';
comment on column private.assist_work.reason is 'Why it is unavailable or failed: no_model, budget, model_failed, …';
create unique index assist_work_tenant_id_message_id_idx on private.assist_work (tenant_id, message_id, language)
where status = 'waiting' and kind = 'translation';
create index assist_work_tenant_id_thread_id_idx on private.assist_work (tenant_id, thread_id);
create index assist_work_tenant_id_message_id_created_at_idx on private.assist_work (tenant_id, message_id, created_at);
create index assist_work_tenant_id_run_at_idx on private.assist_work (tenant_id, run_at) where status = 'waiting';
create index assist_work_id_idx on private.assist_work (id);

create table private.suggestion_drafts (
  tenant_id uuid not null,
  request_id uuid not null,
  number smallint not null,
  body text not null,
  source text not null,
  constraint suggestion_drafts_tenant_id_request_id_number_pkey primary key (tenant_id, request_id, number),
  constraint suggestion_drafts_tenant_id_request_id_fkey foreign key (tenant_id, request_id)
  references private.assist_work (tenant_id, id) on delete cascade,
  constraint suggestion_drafts_number_check check (number between 1 and 3),
  constraint suggestion_drafts_body_check check (length(body) between 1 and 4000)
);
comment on table private.suggestion_drafts is
'Replies somebody may send, or not. Drafts, not messages: the housekeeper drops them after a week.';

create table private.message_translations (
  tenant_id uuid not null,
  message_id uuid not null,
  language text not null,
  body text not null,
  model text not null,
  prompt_version text not null,
  cost_usd numeric(12, 6) not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  constraint message_translations_tenant_id_message_id_language_pkey primary key (tenant_id, message_id, language),
  constraint message_translations_tenant_id_message_id_fkey foreign key (tenant_id, message_id)
  references public.et_messages (tenant_id, id) on delete cascade
);
comment on table private.message_translations is
'A message in another language, kept so that it is paid for once. Goes when the message changes, and after 30 days.';

create function private.tg_messages__forget_translations() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from private.message_translations as t where t.tenant_id = old.tenant_id and t.message_id = old.id;
  delete from private.assist_work as w where w.tenant_id = old.tenant_id and w.thread_id = old.thread_id
    and (w.message_id = old.id or w.kind = 'suggestions') and w.status <> 'waiting';
  return null;
end
$$;
comment on function private.tg_messages__forget_translations() is
'Definer: what was derived from a text goes with it, so that an edit or an erasure leaves no copy behind.';
create trigger et_messages_700_forget_translations after update of body, deleted_at on public.et_messages
for each row when (old.body is distinct from new.body or old.deleted_at is distinct from new.deleted_at)
execute function private.tg_messages__forget_translations();

-- ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.ask_assistant(p_tenant_id uuid, p_kind text, p_thread_id uuid, p_message_id uuid,
  p_language text) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_id uuid;
begin
  if (
    select count(*) from private.assist_work as w
    where w.tenant_id = p_tenant_id and w.status = 'waiting') >= 100 then
    raise exception 'too many requests are waiting for an assistant'
      using errcode = 'PT429', detail = '{"code": "assistant_busy", "retry_after_s": 10}',
      hint = 'Wait as long as retry_after_s says.';
  end if;
  insert into private.assist_work as w (tenant_id, kind, thread_id, message_id, language, requested_by)
  values (p_tenant_id, p_kind, p_thread_id, p_message_id, p_language, private.actor())
  on conflict (tenant_id, message_id, language) where status = 'waiting' and kind = 'translation'
  do update set requested_by = w.requested_by
  returning w.id into v_id;
  perform pg_notify('et_assist', '');
  return v_id;
end
$$;
comment on function private.ask_assistant(uuid, text, uuid, uuid, text) is
'Definer: one more request for the assistant worker; a translation that is waiting already is not asked for twice.';

create function private.suggest_replies(p_thread_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('send');
begin
  if not exists (
    select from public.et_threads as t where t.tenant_id = v_tenant and t.id = p_thread_id and t.staff_readable) then
    return private.deny('thread', p_thread_id, 'suggest_replies');
  end if;
  return jsonb_build_object('thread_id', p_thread_id, 'status', 'waiting',
    'request_id', private.ask_assistant(v_tenant, 'suggestions', p_thread_id, null, null));
end
$$;
comment on function private.suggest_replies(uuid) is
'Definer: asks for up to three drafts of a reply. Nothing is sent.';

create function private.read_suggestions(p_request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('read');
  v_work private.assist_work;
begin
  select w.* into v_work from private.assist_work as w
  inner join public.et_threads as t on t.tenant_id = w.tenant_id and t.id = w.thread_id and t.staff_readable
  where w.tenant_id = v_tenant and w.id = p_request_id and w.kind = 'suggestions';
  if v_work.id is null then
    return private.deny('suggestion', p_request_id, 'read_suggestions');
  end if;
  return jsonb_build_object(
    'request_id', v_work.id, 'thread_id', v_work.thread_id, 'status', v_work.status, 'reason', v_work.reason,
    'decider', v_work.decider, 'model', v_work.model, 'cost_usd', v_work.cost_usd,
    'drafts', (
      select coalesce(jsonb_agg(jsonb_build_object('body', d.body, 'source', d.source) order by d.number), '[]')
      from private.suggestion_drafts as d where d.tenant_id = v_tenant and d.request_id = v_work.id));
end
$$;
comment on function private.read_suggestions(uuid) is 'Definer: a request for suggestions and, once done, its drafts.';

create function private.translation_state(p_tenant_id uuid, p_message_id uuid, p_language text) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select jsonb_build_object('message_id', p_message_id, 'language', p_language,
      'status', case when t.body is not null then 'done' else coalesce(w.status, 'none') end,
      'reason', case when t.body is null then w.reason end, 'text', t.body, 'model', t.model, 'cost_usd',
        coalesce(t.cost_usd, 0))
    from (values (1)) as one (n)
    left join private.message_translations as t
      on t.tenant_id = p_tenant_id and t.message_id = p_message_id and t.language = p_language
    left join lateral (
      select x.status, x.reason from private.assist_work as x
      where x.tenant_id = p_tenant_id and x.message_id = p_message_id and x.language = p_language
      order by x.created_at desc limit 1) as w on true);
end
$$;
comment on function private.translation_state(uuid, uuid, text) is
'Definer: what there is of a translation: done with its text, waiting, unavailable, failed or none.';

create function private.written_language(p_tag text) returns text
language sql immutable parallel safe set search_path = '' as $$
  select split_part(p_tag, '-', 1) || case when split_part(p_tag, '-', 2) ~ '^[A-Za-z]{4}$'
    then '-' || initcap(split_part(p_tag, '-', 2)) else '' end
$$;
comment on function private.written_language(text) is
'Language and script of a BCP 47 tag: a translation is the same in every region.';

create function private.reading_language(p_tenant_id uuid) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select private.written_language(coalesce(m.language, t.locale)) from public.tenants as t
    left join public.tenant_members as m on m.tenant_id = t.id and m.user_id = private.current_user_id()
    where t.id = p_tenant_id);
end
$$;
comment on function private.reading_language(uuid) is
'Definer: what the caller reads at a tenant: the language he set, else (and for a key) the tenant''s own.';

create function private.translate_message(p_message_id uuid, p_language text, p_ask boolean) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize(case when p_ask then 'send' else 'read' end);
  v_message public.et_messages%rowtype;
  v_language text;
  v_state jsonb;
begin
  select m.* into v_message from public.et_messages as m
  where m.tenant_id = v_tenant and m.id = p_message_id and m.staff_readable
    and m.moderation_status in ('approved', 'filtered') and m.deleted_at is null;
  if v_message.id is null then
    return private.deny('message', p_message_id, 'translate_message');
  end if;
  v_language := coalesce(p_language, private.reading_language(v_tenant));
  if v_language !~ '^[a-z]{2,3}(-[A-Z][a-z]{3})?$' then
    raise exception '% is no language', left(v_language, 20) using errcode = 'PT422',
      detail = '{"code": "bad_language", "field": "language"}', hint = 'Send its ISO 639 code, such as en, or zh-Hant with a script.';
  end if;
  v_state := private.translation_state(v_tenant, p_message_id, v_language);
  if p_ask and v_state ->> 'status' <> 'done' then
    perform private.ask_assistant(v_tenant, 'translation', v_message.thread_id, p_message_id, v_language);
    v_state := v_state || '{"status": "waiting", "reason": null}';
  end if;
  return v_state;
end
$$;
comment on function private.translate_message(uuid, text, boolean) is
'Definer: a message in another language (null: the one the caller reads): what there is, asking for it where wanted.';

create function public.suggest_replies(p_thread_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.suggest_replies(p_thread_id); end;
create function public.read_suggestions(p_request_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.read_suggestions(p_request_id); end;
create function public.translate_message(p_message_id uuid, p_language text default null) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.translate_message(p_message_id, p_language, true); end;
create function public.read_translation(p_message_id uuid, p_language text default null) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.translate_message(p_message_id, p_language, false); end;
comment on function public.suggest_replies(uuid) is 'Ask for up to three drafts of a reply; nothing is sent. Agents.';
comment on function public.read_suggestions(uuid) is 'The drafts that were asked for, once they are there.';
comment on function public.translate_message(uuid, text) is
'Ask for a message in another language, by default the caller''s own. Agents.';
comment on function public.read_translation(uuid, text) is 'A translation that was asked for, once it is there.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

-- No policy at all: nobody but the definers here and of the next file sees a row.
alter table private.assist_work enable row level security;
alter table private.assist_work force row level security;
alter table private.suggestion_drafts enable row level security;
alter table private.suggestion_drafts force row level security;
alter table private.message_translations enable row level security;
alter table private.message_translations force row level security;
revoke all on private.assist_work, private.suggestion_drafts, private.message_translations
from public, anon, authenticated, service_role;

grant execute on function private.suggest_replies(uuid), private.read_suggestions(uuid),
private.translate_message(uuid, text, boolean), public.suggest_replies(uuid), public.read_suggestions(uuid),
public.translate_message(uuid, text), public.read_translation(uuid, text) to authenticated;
