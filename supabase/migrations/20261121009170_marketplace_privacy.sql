-- Chapter: marketplace, part eight. What is left of a person's rows when he is forgotten, and what the rows promise.

create function private.forget_marketplace(p_tenant_id uuid, p_contact_ids uuid[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.contractor_bids as b
  set proposal = null, status = case when b.status in ('submitted', 'shortlisted') then 'withdrawn' else b.status end
  where b.tenant_id = p_tenant_id and b.provider_id = any(p_contact_ids);
  update public.bid_cards as c
  set title = 'Erased', description = null, location = null, attributes = '{}',
    status = case when c.status in ('draft', 'published', 'closed') then 'cancelled' else c.status end
  where c.tenant_id = p_tenant_id and c.customer_id = any(p_contact_ids);
  update public.bookings as k
  set title = 'Erased', description = null, location = null, attributes = '{}',
    status = case when k.status in ('requested', 'confirmed') then 'cancelled' else k.status end
  where k.tenant_id = p_tenant_id and (k.customer_id = any(p_contact_ids) or k.provider_id = any(p_contact_ids));
  update public.projects as p
  set title = 'Erased', description = null, location = null, attributes = '{}',
    status = case when p.status in ('open', 'in_progress') then 'cancelled' else p.status end
  where p.tenant_id = p_tenant_id and p.customer_id = any(p_contact_ids);
  update public.referral_tracking as r
  set source = null, status = case r.status when 'invited' then 'expired' else r.status end
  where r.tenant_id = p_tenant_id and r.referrer_id = any(p_contact_ids);
  perform private.drop_held_words(h.tenant_id, h.kind, h.row_id, array[h.field]) from public.held_words as h
  where h.tenant_id = p_tenant_id and (
    h.written_by = any(p_contact_ids) or h.row_id = any(p_contact_ids)
    or exists (
      select from public.bookings as k where h.kind = 'booking' and k.tenant_id = h.tenant_id and k.id = h.row_id
        and (k.customer_id = any(p_contact_ids) or k.provider_id = any(p_contact_ids))));
end
$$;
comment on function private.forget_marketplace(uuid, uuid[]) is
'Definer: nothing an erased person called, described or offered is left; what was open ends, and the other side is '
'told. Amounts, times and the references of payments stay: they are the other side''s books, too.';

insert into private.invariants (name, claim, query) values
('award_is_one_accepted_bid', 'A request is awarded exactly when one of its bids was accepted, and names that one.', $q$
  select c.tenant_id, c.id, 'card' as kind from public.bid_cards as c
  where c.awarded_bid_id is not null and not exists (
    select from public.contractor_bids as b where b.tenant_id = c.tenant_id and b.id = c.awarded_bid_id
      and b.status = 'accepted')
  union all
  select b.tenant_id, b.id, 'bid' from public.contractor_bids as b
  inner join public.bid_cards as c on c.tenant_id = b.tenant_id and c.id = b.bid_card_id
  where b.status = 'accepted' and c.awarded_bid_id is distinct from b.id$q$),
('market_parties_are_in_context', 'Whoever is a party of a live bid or booking is in its context.', $q$
  select k.tenant_id, k.id from public.bookings as k
  cross join lateral unnest(array[k.customer_id, k.provider_id]) as p (contact_id)
  inner join public.contacts as c on c.tenant_id = k.tenant_id and c.id = p.contact_id
    and c.erased_at is null and c.merged_into is null
  where k.status <> 'declined' and not exists (
    select from public.context_participants as x where x.tenant_id = k.tenant_id and x.context_kind = k.kind
      and x.context_id = k.id::text and x.contact_id = p.contact_id)
  union all
  select b.tenant_id, b.id from public.contractor_bids as b
  inner join public.contacts as c on c.tenant_id = b.tenant_id and c.id = b.provider_id
    and c.erased_at is null and c.merged_into is null
  where b.status in ('submitted', 'shortlisted', 'accepted') and not exists (
    select from public.context_participants as x where x.tenant_id = b.tenant_id and x.context_kind = 'bid_card'
      and x.context_id = b.bid_card_id::text and x.contact_id = b.provider_id)$q$);
