-- Chapter: privacy. What is left of a person who has to be forgotten.
--
--   erase_contact() ──▶ at once: name, addresses, sign-in and links gone; suppressions become digests; what was queued
--        │              is cancelled; conversations archived for good; nobody decides, drafts or follows up any more
--        ├──▶ the first messages emptied, the rest noted in erasure_work (one row a conversation)
--        └──▶ the housekeeper: a few hundred messages a transaction, until nothing is left ──▶ finished
--
-- A tombstone keeps place, direction, status, times and ids, so that seq and counts stay true. What is being sent at
-- that moment (or, beside others' messages, decided on) is emptied once that has ended. What a digest stands for only
-- somebody who knows it can tell.

create table private.erasures (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  contact_id uuid not null,
  contact_ids uuid[] not null,
  user_ids uuid[] not null,
  reason text not null,
  requested_by text not null,
  requested_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  messages bigint not null default 0,
  cancelled bigint not null default 0,
  constraint erasures_tenant_id_id_pkey primary key (tenant_id, id),
  constraint erasures_tenant_id_contact_id_key unique (tenant_id, contact_id),
  constraint erasures_tenant_id_contact_id_fkey foreign key (tenant_id, contact_id)
  references public.contacts (tenant_id, id),
  constraint erasures_reason_check check (reason in ('request', 'retention', 'mistake', 'authority'))
);
comment on table private.erasures is
'Who was erased, why, on whose word, and how far it is. Ids and counts, nothing else.';
comment on column private.erasures.contact_ids is 'The contact and those that had been merged into him.';
comment on column private.erasures.user_ids is
'Their sign-ins, by which their messages in shared conversations are known.';
comment on column private.erasures.reason is
'request: the person asked. retention: kept long enough. mistake: never should have been kept. authority: ordered.';
create index erasures_tenant_id_contact_ids_idx on private.erasures using gin (contact_ids);

create table private.erasure_work (
  tenant_id uuid not null,
  erasure_id uuid not null,
  thread_id uuid not null,
  is_shared boolean not null,
  next_seq bigint not null default 1,
  run_at timestamptz not null default clock_timestamp(),
  constraint erasure_work_tenant_id_erasure_id_thread_id_pkey primary key (tenant_id, erasure_id, thread_id),
  constraint erasure_work_tenant_id_erasure_id_fkey foreign key (tenant_id, erasure_id)
  references private.erasures (tenant_id, id),
  constraint erasure_work_tenant_id_thread_id_fkey foreign key (tenant_id, thread_id)
  references public.et_threads (tenant_id, id)
);
comment on table private.erasure_work is 'Conversations that are not empty yet, and up to where they are.';
comment on column private.erasure_work.is_shared is
'Others write here, too: only what the erased person wrote is emptied.';
create index erasure_work_run_at_idx on private.erasure_work (run_at);
create index erasure_work_tenant_id_thread_id_idx on private.erasure_work (tenant_id, thread_id);

-- ── at once ──────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.forget_addresses(p_tenant_id uuid, p_contact_ids uuid[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_addresses text[] := array(
    select i.address from public.contact_identities as i
    where i.tenant_id = p_tenant_id and i.contact_id = any(p_contact_ids));
begin
  insert into private.suppression_digests as d (tenant_id, kind, digest, scope, reason, created_at)
  select x.tenant_id, x.kind, private.salted_digest(x.tenant_id, x.address), x.scope, x.reason, x.created_at
  from public.suppressions as x where x.tenant_id = p_tenant_id and x.address = any(v_addresses)
  on conflict (tenant_id, kind, digest) do update
  set scope = case when 'all' in (d.scope, excluded.scope) then 'all' else d.scope end;
  delete from public.suppressions as x where x.tenant_id = p_tenant_id and x.address = any(v_addresses);
  delete from private.send_slots as s where s.tenant_id = p_tenant_id and s.recipient = any(v_addresses);
  update public.delivery_receipts as r set recipient = null, diagnostic = null
  where r.tenant_id = p_tenant_id and r.message_id is null and r.recipient = any(v_addresses);
  -- Calls of providers that could not be read still hold what came; whom they are about is not known, so they are
  -- searched for his addresses. A short one would be found everywhere.
  update private.webhook_events as e
  set payload = null, headers = '{}', error = null, processed_at = clock_timestamp()
  where e.tenant_id = p_tenant_id and e.error is not null and exists (
    select from unnest(v_addresses) as a (address)
    where length(a.address) >= 6
      and position(ltrim(lower(a.address), '+') in lower(encode(e.payload, 'escape'))) > 0);
  delete from public.contact_identities as i where i.tenant_id = p_tenant_id and i.contact_id = any(p_contact_ids);
  delete from private.form_links as l where l.tenant_id = p_tenant_id and l.contact_id = any(p_contact_ids);
end
$$;
comment on function private.forget_addresses(uuid, uuid[]) is
'Definer: nothing leads to these contacts any more; that one of them wanted no mail is kept as a digest.';

create function private.close_for_erasure(p_tenant_id uuid, p_thread_ids uuid[]) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_cancelled bigint;
begin
  perform from public.et_threads as t
  where t.tenant_id = p_tenant_id and t.id = any(p_thread_ids) order by t.id for no key update;
  update public.et_threads as t
  set erased_at = clock_timestamp(), status = 'archived', snoozed_until = null, subject = null, preview = '',
    labels = '{}', folder_said_seq = null, closed_at = coalesce(t.closed_at, clock_timestamp())
  where t.tenant_id = p_tenant_id and t.id = any(p_thread_ids) and t.erased_at is null;
  -- Whoever is deciding loses the burst; what nobody decided is closed with the messages.
  update private.inbound_work as w
  set lease_until = null, claimed_by = null, fence = nextval('private.fences'),
    run_at = clock_timestamp() + interval '1 day'
  where w.tenant_id = p_tenant_id and w.thread_id = any(p_thread_ids);
  update public.et_messages as m set delivery_status = 'received'
  from private.inbound_work as w
  where w.tenant_id = p_tenant_id and w.thread_id = any(p_thread_ids) and m.tenant_id = w.tenant_id
    and m.thread_id = w.thread_id and m.seq >= w.first_seq and m.delivery_status = 'inbound_processing';
  perform private.leave_unknown(q, 'erased') from public.et_outbound_queue as q
  where q.tenant_id = p_tenant_id and q.thread_id = any(p_thread_ids) and q.status = 'queued' and q.attempts > 0
    and private.may_have_left(q);
  with cancelled as (
    update public.et_outbound_queue as q set status = 'cancelled', status_reason = 'erased'
    where q.tenant_id = p_tenant_id and q.thread_id = any(p_thread_ids) and q.status = 'queued'
    returning q.tenant_id, q.id
  ), gone as (
    delete from private.outbound_work as w using cancelled as c where w.tenant_id = c.tenant_id and w.queue_id = c.id
  )
  select count(*) into v_cancelled from cancelled;
  return v_cancelled;
end
$$;
comment on function private.close_for_erasure(uuid, uuid[]) is
'Definer: from here on nobody writes in these conversations, decides on them or sends what was queued; returns how '
'many sends stay at home.';

create function private.forget_insights(p_tenant_id uuid, p_thread_ids uuid[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.et_thread_insights as i
  set summary = '', label = null, sentiment = null, sentiment_label = null, next_step = null, language = null,
    follow_up_text = null, read_seq = t.last_seq,
    follow_up_status = case i.follow_up_status when 'scheduled' then 'cancelled' else i.follow_up_status end
  from public.et_threads as t
  where i.tenant_id = p_tenant_id and i.thread_id = any(p_thread_ids) and t.tenant_id = i.tenant_id
    and t.id = i.thread_id;
  delete from public.thread_insight_versions as v where v.tenant_id = p_tenant_id and v.thread_id = any(p_thread_ids);
  delete from public.thread_notes as n where n.tenant_id = p_tenant_id and n.thread_id = any(p_thread_ids);
  delete from public.folder_words as w where w.tenant_id = p_tenant_id and w.thread_id = any(p_thread_ids);
  delete from private.insight_work as w where w.tenant_id = p_tenant_id and w.thread_id = any(p_thread_ids);
  delete from private.assist_work as w where w.tenant_id = p_tenant_id and w.thread_id = any(p_thread_ids);
  update public.notifications as n set title = 'Erased'
  where n.tenant_id = p_tenant_id and n.thread_id = any(p_thread_ids);
end
$$;
comment on function private.forget_insights(uuid, uuid[]) is
'Definer: what was concluded from these conversations goes: insights and their history, notes of the staff and what '
'they said of spam, drafts, titles.';

create function private.begin_erasure(p_tenant_id uuid, p_contact_id uuid, p_reason text) returns private.erasures
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_family uuid[] := private.contact_family(p_tenant_id, p_contact_id);
  v_erasure private.erasures;
  v_own uuid[];
  v_shared uuid[];
begin
  -- See private.tg_any__refuse_erased().
  perform pg_advisory_xact_lock(hashtextextended(p_tenant_id::text || f.id::text, 6))
  from unnest(v_family) as f (id) order by f.id;
  perform private.make_salt(p_tenant_id);
  insert into private.erasures (tenant_id, contact_id, contact_ids, user_ids, reason, requested_by)
  values (p_tenant_id, p_contact_id, v_family, array(
    select c.auth_user_id from public.contacts as c
    where c.tenant_id = p_tenant_id and c.id = any(v_family) and c.auth_user_id is not null), p_reason, private.actor())
  returning * into v_erasure;
  perform private.forget_addresses(p_tenant_id, v_family);
  update public.contacts as c
  set display_name = null, company = null, locale = null, time_zone = null, home_region = null, attributes = '{}',
    auth_user_id = null, blocked_at = coalesce(c.blocked_at, clock_timestamp()), erased_at = clock_timestamp()
  where c.tenant_id = p_tenant_id and c.id = any(v_family);
  perform private.forget_marketplace(p_tenant_id, v_family);
  update public.thread_participants as p set left_at = coalesce(p.left_at, clock_timestamp())
  where p.tenant_id = p_tenant_id and p.contact_id = any(v_family);
  delete from public.context_participants as c where c.tenant_id = p_tenant_id and c.contact_id = any(v_family);
  delete from public.contact_blocks as b
  where b.tenant_id = p_tenant_id and (b.contact_id = any(v_family) or b.blocked_contact_id = any(v_family));
  v_own := array(
    select t.id from public.et_threads as t
    where t.tenant_id = p_tenant_id and t.contact_id = any(v_family)
      and coalesce(t.other_contact_id = any(v_family), true) and not exists (
        select from public.thread_participants as p
        where p.tenant_id = t.tenant_id and p.thread_id = t.id and p.role <> 'agent'
          and coalesce(p.contact_id <> all(v_family), true)));
  v_shared := array(
    select t.id from public.et_threads as t
    where t.tenant_id = p_tenant_id and t.id <> all(v_own) and (
      t.contact_id = any(v_family) or t.other_contact_id = any(v_family)
      or t.id in (select p.thread_id from public.thread_participants as p
        where p.tenant_id = p_tenant_id and p.contact_id = any(v_family))));
  update private.erasures as e set cancelled = private.close_for_erasure(p_tenant_id, v_own)
  where e.tenant_id = p_tenant_id and e.id = v_erasure.id;
  perform private.forget_insights(p_tenant_id, v_own || v_shared);
  insert into private.erasure_work (tenant_id, erasure_id, thread_id, is_shared)
  select p_tenant_id, v_erasure.id, t.id, t.id = any(v_shared) from unnest(v_own || v_shared) as t (id);
  perform private.audit(p_tenant_id, 'contact.erased', 'contact', p_contact_id::text,
    jsonb_build_object('erasure_id', v_erasure.id, 'reason', p_reason, 'contacts', v_family));
  return v_erasure;
end
$$;
comment on function private.begin_erasure(uuid, uuid, text) is
'Definer, whose caller holds the contacts: everything of an erasure that cannot wait.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table private.erasures enable row level security;
alter table private.erasures force row level security;
alter table private.erasure_work enable row level security;
alter table private.erasure_work force row level security;
revoke all on private.erasures, private.erasure_work from public, anon, authenticated, service_role;
