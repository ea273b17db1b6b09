-- Chapter: marketplace, part seven. What conversations learn of it: who is in a context, and a system message at every
-- turn. All of it by triggers, in the transaction that made the turn.
--
--   row made or left ──▶ context_participants (who may write to whom is a policy of the chat, see docs/chat.md)
--   status moved     ──▶ market_threads(): the pair's conversation, groups of the context ──▶ post_system_message()
--
-- An agreement begins a conversation where there is none: a bid that was accepted, a booking that is asked for. A
-- system message says what happened and to which row, never what people called it: it outlives them.

create function private.tg_market__participants() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_row jsonb := to_jsonb(new);
  v_kind text := case tg_argv[0] when 'bid' then 'bid_card' when 'booking' then v_row ->> 'kind' else tg_argv[0] end;
  v_context text := coalesce(v_row ->> 'bid_card_id', v_row ->> 'id');
  v_customer uuid := (v_row ->> 'customer_id')::uuid;
  v_provider uuid := (v_row ->> 'provider_id')::uuid;
  v_project text := v_row ->> 'project_id';
begin
  if new.status in ('rejected', 'withdrawn', 'declined') then
    perform private.end_context_participant(new.tenant_id, v_kind, v_context, v_provider);
    return null;
  end if;
  perform private.set_context_participant(new.tenant_id, v_kind, v_context, v_customer, 'customer');
  if v_provider is not null then
    perform private.set_context_participant(new.tenant_id, v_kind, v_context, v_provider, 'provider');
    if new.status = 'accepted' then
      select c.project_id::text into v_project from public.bid_cards as c
      where c.tenant_id = new.tenant_id and c.id = v_context::uuid;
    end if;
    if v_project is not null then
      perform private.set_context_participant(new.tenant_id, 'project', v_project, v_provider, 'provider');
    end if;
  end if;
  return null;
end
$$;
comment on function private.tg_market__participants() is
'Definer: the customer is in the context of his rows, a provider in that of his bids and bookings until he is turned '
'down or withdraws; who was chosen is in the project''s, too.';

create function private.market_thread(p_tenant_id uuid, p_kind text, p_id text, p_customer_id uuid, p_provider_id uuid)
returns uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  v_customer uuid := private.canonical_contact(p_tenant_id, p_customer_id);
  v_provider uuid := private.canonical_contact(p_tenant_id, p_provider_id);
begin
  return (
    select coalesce(t.merged_into, t.id) from public.et_threads as t
    where t.tenant_id = p_tenant_id and t.kind = 'direct' and t.erased_at is null
      and (t.scope_key = private.thread_scope_key('pair', null, v_customer, v_provider)
        or t.scope_key = private.thread_scope_key('pair_context', null, v_customer, v_provider, p_kind, p_id)
        or (t.context_kind = p_kind and t.context_id = p_id
          and least(t.contact_id, t.other_contact_id) = least(v_customer, v_provider)
          and greatest(t.contact_id, t.other_contact_id) = greatest(v_customer, v_provider)))
    order by t.context_id is null, t.id desc limit 1);
end
$$;
comment on function private.market_thread(uuid, text, text, uuid, uuid) is
'Definer: the conversation of two parties about a context: its own, else the one they have; null when there is none.';

create function private.tell_pair(
  p_tenant_id uuid, p_kind text, p_id text, p_customer_id uuid, p_provider_id uuid, p_told jsonb, p_opens boolean
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_thread uuid := private.market_thread(p_tenant_id, p_kind, p_id, p_customer_id, p_provider_id);
begin
  if v_thread is null and p_opens then
    v_thread := private.open_conversation(p_tenant_id, p_customer_id, p_provider_id, p_kind, p_id);
  end if;
  if v_thread is not null then
    perform private.post_system_message(p_tenant_id, v_thread, p_told ->> 'text', p_kind, p_id,
      p_told - '{text,key}'::text[], (p_told ->> 'key') || ':' || v_thread::text, 'marketplace',
      (p_told ->> 'object_id')::uuid);
  end if;
end
$$;
comment on function private.tell_pair(uuid, text, text, uuid, uuid, jsonb, boolean) is
'Definer: a system message in the conversation of two parties, which is begun if told to; whoever has no sign-in yet '
'finds it there later.';

create function private.tell_groups(p_tenant_id uuid, p_kind text, p_id text, p_told jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform private.post_system_message(p_tenant_id, t.id, p_told ->> 'text', p_kind, p_id,
    p_told - '{text,key}'::text[], (p_told ->> 'key') || ':' || t.id::text, 'marketplace',
    (p_told ->> 'object_id')::uuid)
  from (
    select x.id from public.et_threads as x
    where x.tenant_id = p_tenant_id and x.context_kind = p_kind and x.context_id = p_id and x.kind = 'group'
      and x.erased_at is null and x.merged_into is null
    order by x.id) as t;
end
$$;
comment on function private.tell_groups(uuid, text, text, jsonb) is 'Definer: the same in every group about a context.';

create function private.market_words(p_kind text, p_status text) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return case p_kind || ':' || p_status
    when 'project:in_progress' then 'The project has begun.'
    when 'project:completed' then 'The project is completed.'
    when 'project:cancelled' then 'The project was cancelled.'
    when 'bid_card:published' then 'The request takes bids again.'
    when 'bid_card:closed' then 'The request takes no more bids.'
    when 'bid_card:completed' then 'The work is completed.'
    when 'bid_card:cancelled' then 'The request was cancelled.'
    when 'bid:submitted' then 'A bid was submitted.'
    when 'bid:changed' then 'The bid was changed.'
    when 'bid:shortlisted' then 'The bid was shortlisted.'
    when 'bid:accepted' then 'The bid was accepted.'
    when 'bid:rejected' then 'The bid was turned down.'
    when 'bid:withdrawn' then 'The bid was withdrawn.'
    when 'booking:requested' then 'A booking was requested.'
    when 'booking:moved' then 'The booking has another time.'
    when 'booking:confirmed' then 'The booking is confirmed.'
    when 'booking:declined' then 'The booking was declined.'
    when 'booking:in_progress' then 'The work has begun.'
    when 'booking:completed' then 'The work is completed.'
    when 'booking:no_show' then 'Nobody was there.'
    when 'booking:cancelled' then 'The booking was cancelled.'
  end;
end
$$;
comment on function private.market_words(text, text) is
'What a system message says in English; null where nothing is said. Clients in other languages go by its metadata.';

create function private.tg_market__tell() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_row jsonb := to_jsonb(new);
  v_event text := coalesce(nullif(tg_argv[1], ''), new.status);
  v_kind text := case tg_argv[0] when 'bid' then 'bid_card' when 'booking' then v_row ->> 'kind' else tg_argv[0] end;
  v_context text := coalesce(v_row ->> 'bid_card_id', v_row ->> 'id');
  v_provider uuid := (v_row ->> 'provider_id')::uuid;
  v_told jsonb := jsonb_strip_nulls(jsonb_build_object('text', private.market_words(tg_argv[0], v_event),
    'event', tg_argv[0] || '.' || v_event, 'object_kind', tg_argv[0], 'object_id', new.id, 'status', new.status,
    'starts_at', v_row ->> 'starts_at', 'ends_at', v_row ->> 'ends_at', 'amount', v_row -> 'amount',
    'key', concat_ws(':', tg_argv[0], new.id, v_event, extract(epoch from new.updated_at))));
begin
  if v_told ->> 'text' is null then
    return null;
  elsif v_provider is not null then
    perform private.tell_pair(new.tenant_id, v_kind, v_context, new.customer_id, v_provider, v_told,
      v_event in ('accepted', 'requested'));
    if tg_argv[0] = 'booking' then
      perform private.tell_groups(new.tenant_id, v_kind, v_context, v_told);
    end if;
    return null;
  end if;
  -- What concerns all: each provider in his own conversation, always in the same order.
  perform private.tell_pair(new.tenant_id, v_kind, v_context, new.customer_id, p.contact_id, v_told, false)
  from (
    select x.contact_id from public.context_participants as x
    where x.tenant_id = new.tenant_id and x.context_kind = v_kind and x.context_id = v_context
      and x.role = 'provider' and x.left_at is null
    order by x.contact_id) as p;
  perform private.tell_groups(new.tenant_id, v_kind, v_context, v_told);
  return null;
end
$$;
comment on function private.tg_market__tell() is
'Definer: a turn of a project, request, bid or booking is said in the conversations it concerns, once. A bid is told '
'to its pair alone, whatever groups there are.';

-- ── triggers ─────────────────────────────────────────────────────────────────────────────────────────────────────

create trigger projects_800_participants after insert on public.projects
for each row execute function private.tg_market__participants('project');
create trigger bid_cards_800_participants after insert on public.bid_cards
for each row execute function private.tg_market__participants('bid_card');
create trigger contractor_bids_800_participants after insert on public.contractor_bids
for each row execute function private.tg_market__participants('bid');
create trigger bookings_800_participants after insert on public.bookings
for each row execute function private.tg_market__participants('booking');
create trigger projects_850_tell after update of status on public.projects
for each row when (old.status <> new.status) execute function private.tg_market__tell('project', '');
-- Before who is turned down leaves the context.
create trigger contractor_bids_790_tell after update of status on public.contractor_bids
for each row when (old.status <> new.status) execute function private.tg_market__tell('bid', '');
create trigger contractor_bids_791_tell after insert on public.contractor_bids
for each row execute function private.tg_market__tell('bid', '');
create trigger contractor_bids_792_tell after update of amount, currency on public.contractor_bids
for each row when ((old.amount, old.currency) is distinct from (new.amount, new.currency))
execute function private.tg_market__tell('bid', 'changed');
create trigger contractor_bids_810_participants after update of status on public.contractor_bids
for each row when (old.status <> new.status) execute function private.tg_market__participants('bid');
create trigger bookings_790_tell after update of status on public.bookings
for each row when (old.status <> new.status) execute function private.tg_market__tell('booking', '');
create trigger bookings_810_participants after update of status on public.bookings
for each row when (old.status <> new.status) execute function private.tg_market__participants('booking');
create trigger bookings_820_tell after insert on public.bookings
for each row execute function private.tg_market__tell('booking', '');
create trigger bookings_830_tell after update of starts_at, ends_at on public.bookings
for each row when (old.starts_at is not null
  and (old.starts_at, old.ends_at) is distinct from (new.starts_at, new.ends_at) and old.status = new.status)
execute function private.tg_market__tell('booking', 'moved');
-- Before the bids of a cancelled request are turned down.
create trigger bid_cards_190_tell after update of status on public.bid_cards
for each row when (old.status <> new.status and new.status <> 'awarded' and old.status <> 'draft')
execute function private.tg_market__tell('bid_card', '');
