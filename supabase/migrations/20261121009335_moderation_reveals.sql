-- Chapter: moderation, reveals: from when on two people may know how to reach each other.
--
--   a bid is accepted ───┐
--   its fee is paid ─────┼─▶ contact_reveals, one row for each conversation and event, on record ─▶ stage `after`
--   staff, with a reason ┘   (counts where the policy's reveal_on names the event; then the conversation is told)
--
-- Rows are written whatever the policy says and stay for good: a policy of tomorrow finds what happened today.

create function private.reveals_on(p_tenant_id uuid, p_event text) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.active_moderation as a
    inner join public.moderation_policies as p on p.tenant_id = a.tenant_id and p.version = a.version
    where a.tenant_id = p_tenant_id
      and coalesce(p.document -> 'reveal_on', '["bid_accepted", "connection_fee_paid", "staff"]') ? p_event);
end
$$;
comment on function private.reveals_on(uuid, text) is 'Definer: whether the policy in force lets this event reveal.';

create function private.reveal(
  p_tenant_id uuid, p_thread_id uuid, p_event text, p_event_id uuid, p_reason text, p_told boolean
) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_is_new boolean;
begin
  insert into public.contact_reveals (tenant_id, thread_id, event, event_id, revealed_by)
  values (p_tenant_id, p_thread_id, p_event, p_event_id::text, private.actor())
  on conflict (tenant_id, thread_id, event, event_id) do nothing;
  v_is_new := found;
  if v_is_new then
    perform private.audit(p_tenant_id, 'contacts.revealed', 'thread', p_thread_id::text, jsonb_strip_nulls(
      jsonb_build_object('event', p_event, 'event_id', p_event_id, 'reason', left(p_reason, 500))));
  end if;
  if p_told and private.reveals_on(p_tenant_id, p_event) then
    perform private.post_system_message(p_tenant_id, p_thread_id, 'You may share contact details here now.', null, null,
      jsonb_strip_nulls(jsonb_build_object('event', 'contacts.revealed', 'because', p_event, 'object_kind',
        case p_event when 'bid_accepted' then 'bid' when 'connection_fee_paid' then 'connection_fee' end, 'object_id',
        p_event_id)),
      concat_ws(':', 'reveal', p_event, p_event_id, p_thread_id), 'moderation', p_event_id);
  end if;
  return v_is_new;
end
$$;
comment on function private.reveal(uuid, uuid, text, uuid, text, boolean) is
'Definer: keeps a reveal, once, on record; with p_told the conversation learns of it, once, where the policy in force '
'lets the event reveal. True when it is new.';

create function private.threads_of_bid(p_tenant_id uuid, p_bid_id uuid) returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
declare
  v_bid public.contractor_bids%rowtype;
  v_people uuid[];
begin
  select b.* into v_bid from public.contractor_bids as b where b.tenant_id = p_tenant_id and b.id = p_bid_id;
  v_people := private.contact_family(p_tenant_id, private.canonical_contact(p_tenant_id, v_bid.customer_id))
    || private.contact_family(p_tenant_id, private.canonical_contact(p_tenant_id, v_bid.provider_id));
  return array(
    select t.id from public.et_threads as t
    where t.tenant_id = p_tenant_id and t.contact_id = any(v_people) and t.other_contact_id = any(v_people)
      and t.kind = 'direct' and t.erased_at is null and t.merged_into is null
      and (t.context_id is null
        or (t.context_kind, t.context_id) = ('bid_card', v_bid.bid_card_id::text)
        or t.context_kind = 'project' and t.context_id = (
          select c.project_id::text from public.bid_cards as c
          where c.tenant_id = p_tenant_id and c.id = v_bid.bid_card_id)
        or t.context_kind in ('booking', 'job') and t.context_id in (
          select k.id::text from public.bookings as k where k.tenant_id = p_tenant_id and k.bid_id = p_bid_id))
    order by t.id);
end
$$;
comment on function private.threads_of_bid(uuid, uuid) is
'Definer: the conversations of a bid''s two parties that are about it: of its request, its project, its bookings, or '
'of nothing in particular; never those about another request.';

create function private.tg_bids__reveal() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.reveal(new.tenant_id, t.id, 'bid_accepted', new.id, null, true)
  from unnest(private.threads_of_bid(new.tenant_id, new.id)) as t (id);
  return null;
end
$$;
comment on function private.tg_bids__reveal() is 'Definer: whose bid was accepted may be reached, and his customer.';

create function private.tg_fees__reveal() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.reveal(new.tenant_id, t.id, 'connection_fee_paid', new.id, null, true)
  from unnest(private.threads_of_bid(new.tenant_id, new.bid_id)) as t (id);
  return null;
end
$$;
comment on function private.tg_fees__reveal() is 'Definer: the introduction was paid for.';

create function private.tg_threads__reveal() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_people uuid[] := private.contact_family(new.tenant_id, private.canonical_contact(new.tenant_id, new.contact_id))
    || private.contact_family(new.tenant_id, private.canonical_contact(new.tenant_id, new.other_contact_id));
  v_bid uuid;
begin
  for v_bid in
    select b.id from public.contractor_bids as b
    where b.tenant_id = new.tenant_id and b.provider_id = any(v_people) and b.customer_id = any(v_people)
      and b.status = 'accepted' order by b.id
  loop
    if new.id = any(private.threads_of_bid(new.tenant_id, v_bid)) then
      perform private.reveal(new.tenant_id, new.id, 'bid_accepted', v_bid, null, false);
      perform private.reveal(new.tenant_id, new.id, 'connection_fee_paid', f.id, null, false)
      from public.connection_fees as f
      where f.tenant_id = new.tenant_id and f.bid_id = v_bid and f.status in ('paid', 'refunded');
    end if;
  end loop;
  return null;
end
$$;
comment on function private.tg_threads__reveal() is
'Definer: a conversation that begins after its people agreed begins revealed.';

-- After contractor_bids_790_tell, which begins the conversation where there is none.
create trigger contractor_bids_795_reveal after update of status on public.contractor_bids
for each row when (old.status <> new.status and new.status = 'accepted') execute function private.tg_bids__reveal();
create trigger connection_fees_795_reveal after update of status on public.connection_fees
for each row when (old.status <> new.status and new.status = 'paid') execute function private.tg_fees__reveal();
create trigger et_threads_800_reveal after insert on public.et_threads
for each row when (new.kind = 'direct' and new.other_contact_id is not null)
execute function private.tg_threads__reveal();

-- ── staff ────────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.reveal_contacts(p_thread_id uuid, p_reason text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_thread public.et_threads%rowtype;
  v_is_new boolean;
begin
  if length(btrim(coalesce(p_reason, ''))) < 5 then
    raise exception 'say why these people may share contact details now'
      using errcode = 'PT422', detail = '{"code": "reason_missing", "field": "reason"}', hint = 'A sentence is enough; it goes to the audit log.';
  end if;
  select t.* into v_thread from public.et_threads as t where t.tenant_id = v_tenant and t.id = p_thread_id;
  if v_thread.id is null then
    return private.deny('thread', p_thread_id, 'reveal_contacts');
  elsif v_thread.kind not in ('direct', 'group') or v_thread.erased_at is not null then
    raise exception 'contact details are revealed between people' using errcode = 'PT409',
      detail = '{"code": "not_between_people"}', hint = 'Name a conversation of customers and providers.';
  elsif not private.reveals_on(v_tenant, 'staff') then
    raise exception 'the policy in force leaves no reveal to the staff' using errcode = 'PT409',
      detail = '{"code": "not_revealing"}', hint = 'Add staff to the policy''s reveal_on.';
  end if;
  perform private.refuse_merged(v_thread.merged_into);
  v_is_new := private.reveal(v_tenant, p_thread_id, 'staff', null, p_reason, true);
  return jsonb_build_object('tenant_id', v_tenant, 'thread_id', p_thread_id, 'created', v_is_new, 'revealed_at', (
    select r.revealed_at from public.contact_reveals as r
    where r.tenant_id = v_tenant and r.thread_id = p_thread_id and r.event = 'staff'));
end
$$;
comment on function private.reveal_contacts(uuid, text) is
'Definer: the staff lets the people of a conversation share contact details, with a reason, on record, where the '
'policy leaves that to it.';

create function public.reveal_contacts(p_thread_id uuid, p_reason text) returns jsonb
language sql volatile set search_path = '' begin atomic select private.reveal_contacts(p_thread_id, p_reason); end;
comment on function public.reveal_contacts(uuid, text) is
'Let the people of a conversation share contact details from now on, with a reason that is audited. Agents, where the '
'moderation policy''s reveal_on names staff.';

grant execute on function private.reveal_contacts(uuid, text), public.reveal_contacts(uuid, text) to authenticated;
