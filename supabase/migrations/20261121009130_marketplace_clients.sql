-- Chapter: marketplace, part four. What customers, providers and staff do, each through one function of a kind.
--
--   the row's tenant ──▶ private.market_role(): staff (manage), customer, provider, or nobody: denied, and logged
--                   └──▶ private.check_part(): may this side bring it there?  ──▶ the triggers of part two
--
-- Whoever makes something chooses its id: said again, it is the same thing, with what was said last. Words that still
-- wait to be judged (held_words) give way to what is said now, be it what the row shows already.

create function private.market_contact(p_tenant_id uuid) returns uuid
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select coalesce(c.merged_into, c.id) from public.contacts as c
    inner join public.tenants as t on t.id = c.tenant_id and t.status = 'active'
    where c.tenant_id = p_tenant_id and c.auth_user_id = private.current_user_id() and c.blocked_at is null);
end
$$;
comment on function private.market_contact(uuid) is
'Definer: who the signed-in person is at a tenant; null for strangers, and for whom the tenant blocked.';

create function private.market_role(p_tenant_id uuid, p_customer_id uuid, p_provider_id uuid default null) returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  v_own boolean := p_tenant_id is not distinct from private.claimed_tenant();
  v_me uuid;
begin
  if p_tenant_id is null or (v_own and 'manage' = any(private.current_scopes())) then
    return case when p_tenant_id is not null then 'staff' end;
  end if;
  v_me := private.market_contact(p_tenant_id);
  if v_me = private.canonical_contact(p_tenant_id, p_customer_id) then
    return 'customer';
  elsif v_me = private.canonical_contact(p_tenant_id, p_provider_id) then
    return 'provider';
  elsif v_own then
    perform private.authorize('manage');
  end if;
  return null;
end
$$;
comment on function private.market_role(uuid, uuid, uuid) is
'Definer: staff, customer or provider of a row; null for whoever has no part in it. Members without the manage right '
'are told so.';

create function private.check_part(p_kind text, p_role text, p_status text, p_requested_by text default null)
returns void
language plpgsql immutable set search_path = '' as $$
declare
  v_all text[] := case p_kind
    when 'project' then '{in_progress,completed,cancelled}'::text[]
    when 'bid_card' then '{published,closed,completed,cancelled}'
    when 'bid' then '{shortlisted,accepted,rejected,withdrawn}'
    when 'booking' then '{confirmed,declined,in_progress,completed,no_show,cancelled}'
    when 'connection_fee' then '{paid,failed,waived,refunded}'
    when 'referral' then '{converted,expired}' end;
begin
  if p_status is null or p_status <> all(v_all) then
    raise exception 'a % is not made %', replace(p_kind, '_', ' '), coalesce(p_status, 'nothing')
      using errcode = 'PT422', detail = '{"code": "bad_value", "field": "status"}',
        hint = 'One of ' || array_to_string(v_all, ', ') || '.';
  elsif (p_kind = 'bid' and p_role = case p_status when 'withdrawn' then 'customer' else 'provider' end)
    or (p_kind = 'booking' and p_status in ('confirmed', 'declined') and p_role = p_requested_by)
    or (p_kind = 'booking' and p_status in ('in_progress', 'no_show') and p_role = 'customer') then
    raise exception 'this is for the other side to say' using errcode = 'PT403',
      detail = jsonb_build_object('code', 'not_your_part', 'field', 'status', 'you_are', p_role)::text,
      hint = 'Ask him in your conversation.';
  end if;
end
$$;
comment on function private.check_part(text, text, text, text) is
'Which side brings a row to a status: bids are withdrawn by their provider and judged by the customer, a booking is '
'confirmed by whoever did not ask for it. The staff may do either.';

create function private.market_place(p_tenant_slug text, p_customer_id uuid) returns public.contacts
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_contact public.contacts%rowtype;
  v_tenant uuid;
begin
  if private.current_user_id() is null or p_tenant_slug is null then
    v_tenant := private.authorize('manage');
    select c.* into v_contact from public.contacts as c
    where c.tenant_id = v_tenant and c.id = private.canonical_contact(v_tenant, p_customer_id) and c.erased_at is null;
    return v_contact;
  end if;
  select c.* into v_contact from public.tenants as t
  inner join public.contacts as c on c.tenant_id = t.id and c.id = private.market_contact(t.id)
  where t.slug = p_tenant_slug;
  return v_contact;
end
$$;
comment on function private.market_place(text, uuid) is
'Definer: for whom something new is made: with a slug the signed-in person himself, else the contact the staff names.';

-- ── projects and bid cards ───────────────────────────────────────────────────────────────────────────────────────

create function private.put_project(p_project_id uuid, p_project jsonb, p_tenant_slug text, p_creates boolean)
returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_row public.projects%rowtype;
  v_owner public.contacts%rowtype;
  v_created boolean;
begin
  perform private.check_fields(p_project, '{customer_id,title,description,category,location,attributes}');
  perform pg_advisory_xact_lock(hashtextextended(p_project_id::text, 8));
  select p.* into v_row from public.projects as p where p.id = p_project_id limit 1 for no key update;
  v_created := v_row.id is null;
  if v_created and not p_creates then
    return private.deny('project', p_project_id, 'change_project');
  elsif v_created then
    v_owner := private.market_place(p_tenant_slug, (p_project ->> 'customer_id')::uuid);
    if v_owner.id is null then
      return private.deny('contact', (p_project ->> 'customer_id')::uuid, 'put_project');
    end if;
    insert into public.projects (tenant_id, id, customer_id, title)
    values (v_owner.tenant_id, coalesce(p_project_id, private.uuid_v7()), v_owner.id, p_project ->> 'title')
    returning * into v_row;
  elsif private.market_role(v_row.tenant_id, v_row.customer_id) is null then
    return private.deny('project', p_project_id, 'put_project');
  end if;
  perform private.drop_held_words(v_row.tenant_id, 'project', v_row.id, array(select jsonb_object_keys(p_project)));
  update public.projects as p
  set (title, description, category, location, attributes) = (
    select r.title, r.description, r.category, r.location, r.attributes
    from jsonb_populate_record(p, p_project - 'customer_id') as r)
  where p.tenant_id = v_row.tenant_id and p.id = v_row.id;
  return jsonb_build_object('id', v_row.id, 'tenant_id', v_row.tenant_id, 'status', v_row.status, 'created', v_created);
end
$$;
comment on function private.put_project(uuid, jsonb, text, boolean) is
'Definer: a new project, or changes to the named fields of one. Its customer, or staff.';

create function private.set_project_status(p_project_id uuid, p_status text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_row public.projects%rowtype;
  v_role text;
begin
  select p.* into v_row from public.projects as p where p.id = p_project_id limit 1 for no key update;
  v_role := private.market_role(v_row.tenant_id, v_row.customer_id);
  if v_role is null then
    return private.deny('project', p_project_id, 'set_project_status');
  end if;
  perform private.check_part('project', v_role, p_status);
  update public.projects as p set status = p_status
  where p.tenant_id = v_row.tenant_id and p.id = v_row.id and p.status <> p_status;
  return jsonb_build_object('id', v_row.id, 'tenant_id', v_row.tenant_id, 'status', p_status, 'created', false);
end
$$;
comment on function private.set_project_status(uuid, text) is 'Definer: begin, complete or cancel a project.';

create function private.put_bid_card(p_bid_card_id uuid, p_bid_card jsonb, p_tenant_slug text, p_creates boolean)
returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_row public.bid_cards%rowtype;
  v_owner public.contacts%rowtype;
  v_created boolean;
begin
  perform private.check_fields(p_bid_card, '{customer_id,project_id,title,description,category,location,budget_min,'
    'budget_max,currency,closes_at,attributes,publish}');
  perform pg_advisory_xact_lock(hashtextextended(p_bid_card_id::text, 8));
  select c.* into v_row from public.bid_cards as c where c.id = p_bid_card_id limit 1 for no key update;
  v_created := v_row.id is null;
  if v_created and not p_creates then
    return private.deny('bid_card', p_bid_card_id, 'change_bid_card');
  elsif v_created then
    v_owner := private.market_place(p_tenant_slug, (p_bid_card ->> 'customer_id')::uuid);
    if v_owner.id is null then
      return private.deny('contact', (p_bid_card ->> 'customer_id')::uuid, 'put_bid_card');
    elsif p_bid_card ->> 'project_id' is not null and not exists (
      select from public.projects as p where p.tenant_id = v_owner.tenant_id and p.customer_id = v_owner.id
        and p.id = (p_bid_card ->> 'project_id')::uuid) then
      return private.deny('project', (p_bid_card ->> 'project_id')::uuid, 'put_bid_card');
    end if;
    insert into public.bid_cards (tenant_id, id, customer_id, project_id, title, status)
    values (v_owner.tenant_id, coalesce(p_bid_card_id, private.uuid_v7()), v_owner.id,
      (p_bid_card ->> 'project_id')::uuid, p_bid_card ->> 'title',
      case when (p_bid_card ->> 'publish')::boolean then 'published' else 'draft' end)
    returning * into v_row;
  elsif private.market_role(v_row.tenant_id, v_row.customer_id) is null then
    return private.deny('bid_card', p_bid_card_id, 'put_bid_card');
  elsif v_row.status not in ('draft', 'published', 'closed') then
    raise exception 'this request is % already', v_row.status using errcode = 'PT409',
      detail = '{"code": "bids_closed"}', hint = 'Make a new one.';
  end if;
  perform private.drop_held_words(v_row.tenant_id, 'bid_card', v_row.id, array(select jsonb_object_keys(p_bid_card)));
  update public.bid_cards as c
  set (title, description, category, location, budget_min, budget_max, currency, closes_at, attributes) = (
    select r.title, r.description, r.category, r.location, r.budget_min, r.budget_max, r.currency, r.closes_at,
      r.attributes
    from jsonb_populate_record(c, p_bid_card - '{customer_id,project_id,publish}'::text[]) as r)
  where c.tenant_id = v_row.tenant_id and c.id = v_row.id;
  return jsonb_build_object('id', v_row.id, 'tenant_id', v_row.tenant_id, 'status', v_row.status, 'created', v_created);
end
$$;
comment on function private.put_bid_card(uuid, jsonb, text, boolean) is
'Definer: a new request for bids (a draft, or published at once), or changes to one. Its customer, or staff.';

create function private.set_bid_card_status(p_bid_card_id uuid, p_status text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_row public.bid_cards%rowtype;
  v_role text;
begin
  select c.* into v_row from public.bid_cards as c where c.id = p_bid_card_id limit 1 for no key update;
  v_role := private.market_role(v_row.tenant_id, v_row.customer_id);
  if v_role is null then
    return private.deny('bid_card', p_bid_card_id, 'set_bid_card_status');
  end if;
  perform private.check_part('bid_card', v_role, p_status);
  update public.bid_cards as c set status = p_status
  where c.tenant_id = v_row.tenant_id and c.id = v_row.id and c.status <> p_status;
  return jsonb_build_object('id', v_row.id, 'tenant_id', v_row.tenant_id, 'status', p_status, 'created', false);
end
$$;
comment on function private.set_bid_card_status(uuid, text) is
'Definer: publish, close, complete or cancel a request. It is awarded by accepting a bid.';

-- ── bids ─────────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.submit_bid(p_bid_card_id uuid, p_bid jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_card public.bid_cards%rowtype;
  v_bid public.contractor_bids%rowtype;
  v_staff boolean;
  v_provider uuid;
begin
  perform private.check_fields(p_bid, '{provider_id,amount,currency,proposal,starts_on,days}');
  select c.* into v_card from public.bid_cards as c where c.id = p_bid_card_id limit 1 for share;
  v_staff := v_card.tenant_id = private.claimed_tenant() and 'manage' = any(private.current_scopes());
  select c.id into v_provider from public.contacts as c
  where c.tenant_id = v_card.tenant_id and c.kind in ('provider', 'lead') and c.id = case
    when v_staff then private.canonical_contact(v_card.tenant_id, (p_bid ->> 'provider_id')::uuid)
    else private.market_contact(v_card.tenant_id) end;
  select b.* into v_bid from public.contractor_bids as b
  where b.tenant_id = v_card.tenant_id and b.bid_card_id = v_card.id and b.provider_id = v_provider
    and b.status in ('submitted', 'shortlisted', 'accepted') for no key update;
  if v_provider is null and v_staff then
    return private.deny('contact', (p_bid ->> 'provider_id')::uuid, 'submit_bid');
  elsif v_provider is null or (v_card.status = 'draft' and not v_staff) then
    return private.deny('bid_card', p_bid_card_id, 'submit_bid');
  elsif v_bid.status = 'accepted' then
    raise exception 'this bid was accepted' using errcode = 'PT409', detail = '{"code": "bids_closed"}',
      hint = 'Agree on changes in the conversation.';
  elsif v_bid.id is null then
    insert into public.contractor_bids (tenant_id, bid_card_id, customer_id, provider_id, amount, currency, proposal,
      starts_on, days)
    select v_card.tenant_id, v_card.id, v_card.customer_id, v_provider, r.amount, coalesce(r.currency, v_card.currency),
      r.proposal, r.starts_on, r.days
    from jsonb_populate_record(null::public.contractor_bids, p_bid) as r
    returning id into v_bid.id;
    return jsonb_build_object('id', v_bid.id, 'tenant_id', v_card.tenant_id, 'status', 'submitted', 'created', true);
  end if;
  perform private.drop_held_words(v_bid.tenant_id, 'bid', v_bid.id, array(select jsonb_object_keys(p_bid)));
  update public.contractor_bids as b
  set (amount, currency, proposal, starts_on, days) = (
    select r.amount, r.currency, r.proposal, r.starts_on, r.days
    from jsonb_populate_record(b, p_bid - 'provider_id') as r)
  where b.tenant_id = v_bid.tenant_id and b.id = v_bid.id;
  return jsonb_build_object('id', v_bid.id, 'tenant_id', v_bid.tenant_id, 'status', v_bid.status, 'created', false);
end
$$;
comment on function private.submit_bid(uuid, jsonb) is
'Definer: a provider''s bid, or changes to the one he made; staff may enter one for a provider.';

create function private.set_bid_status(p_bid_id uuid, p_status text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_bid public.contractor_bids%rowtype;
  v_role text;
begin
  select b.* into v_bid from public.contractor_bids as b where b.id = p_bid_id limit 1;
  -- The card before its bids: two bids accepted at once wait for each other here, and one of them is refused.
  perform from public.bid_cards as c where c.tenant_id = v_bid.tenant_id and c.id = v_bid.bid_card_id for no key update;
  select b.* into v_bid from public.contractor_bids as b
  where b.tenant_id = v_bid.tenant_id and b.id = p_bid_id for no key update;
  v_role := private.market_role(v_bid.tenant_id, v_bid.customer_id, v_bid.provider_id);
  if v_role is null then
    return private.deny('bid', p_bid_id, 'set_bid_status');
  end if;
  perform private.check_part('bid', v_role, p_status);
  update public.contractor_bids as b set status = p_status
  where b.tenant_id = v_bid.tenant_id and b.id = v_bid.id and b.status <> p_status;
  return jsonb_build_object('id', v_bid.id, 'tenant_id', v_bid.tenant_id, 'status', p_status, 'created', false);
end
$$;
comment on function private.set_bid_status(uuid, text) is
'Definer: the customer shortlists, accepts or rejects a bid, its provider withdraws it. Accepting awards the request.';
