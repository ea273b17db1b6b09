-- Chapter: marketplace, part five. Bookings, fees, referrals and profiles: what their parties do with them. Roles and
-- parts as in part four.

create function private.may_book(p_tenant_id uuid, p_customer_id uuid, p_provider_id uuid, p_bid_id uuid)
returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.contractor_bids as b
    where b.tenant_id = p_tenant_id and b.id = p_bid_id and b.customer_id = p_customer_id
      and b.provider_id = p_provider_id and b.status not in ('rejected', 'withdrawn')
  ) or exists (
    select from public.bookings as k
    where k.tenant_id = p_tenant_id and k.customer_id = p_customer_id and k.provider_id = p_provider_id
      and k.status not in ('declined', 'cancelled'));
end
$$;
comment on function private.may_book(uuid, uuid, uuid, uuid) is
'Definer: whether a provider knows a customer well enough to propose something: by a bid, or an earlier booking.';

create function private.new_booking(p_booking_id uuid, p_booking jsonb, p_tenant_slug text) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_row public.bookings%rowtype;
  v_me public.contacts%rowtype;
  v_other public.contacts%rowtype;
  v_role text := case when private.current_user_id() is null or p_tenant_slug is null then 'staff' end;
begin
  v_me := private.market_place(p_tenant_slug, (p_booking ->> 'customer_id')::uuid);
  if v_role is null then
    v_role := case when v_me.id = private.canonical_contact(v_me.tenant_id, (p_booking ->> 'provider_id')::uuid)
      then 'provider' else 'customer' end;
  end if;
  select c.* into v_other from public.contacts as c
  where c.tenant_id = v_me.tenant_id and c.erased_at is null and c.blocked_at is null
    and c.id = private.canonical_contact(v_me.tenant_id, (p_booking ->> case v_role when 'provider' then 'customer_id'
      else 'provider_id' end)::uuid);
  if v_other.id is null
    or (v_role <> 'provider' and v_other.kind not in ('provider', 'lead'))
    or (v_role = 'provider'
      and not private.may_book(v_me.tenant_id, v_other.id, v_me.id, (p_booking ->> 'bid_id')::uuid)) then
    return null;
  end if;
  insert into public.bookings (tenant_id, id, kind, customer_id, provider_id, project_id, bid_id, title, description,
    location, starts_at, ends_at, price, currency, attributes, requested_by)
  select v_me.tenant_id, coalesce(p_booking_id, private.uuid_v7()), coalesce(r.kind, 'booking'),
    case v_role when 'provider' then v_other.id else v_me.id end,
    case v_role when 'provider' then v_me.id else v_other.id end, r.project_id, r.bid_id, r.title, r.description,
    r.location, r.starts_at, r.ends_at, r.price, coalesce(r.currency, 'USD'), coalesce(r.attributes, '{}'), v_role
  from jsonb_populate_record(null::public.bookings, p_booking) as r
  returning * into v_row;
  return v_row;
end
$$;
comment on function private.new_booking(uuid, jsonb, text) is
'Definer: a booking its customer asks for, its provider proposes or the staff enters; null when the other side is '
'nobody the caller may name.';

create function private.put_booking(p_booking_id uuid, p_booking jsonb, p_tenant_slug text, p_creates boolean)
returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_row public.bookings%rowtype;
begin
  perform private.check_fields(p_booking, '{kind,customer_id,provider_id,project_id,bid_id,title,description,location,'
    'starts_at,ends_at,price,currency,attributes}');
  perform pg_advisory_xact_lock(hashtextextended(p_booking_id::text, 8));
  select k.* into v_row from public.bookings as k where k.id = p_booking_id limit 1 for no key update;
  if v_row.id is null and not p_creates then
    return private.deny('booking', p_booking_id, 'change_booking');
  elsif v_row.id is null then
    v_row := private.new_booking(p_booking_id, p_booking, p_tenant_slug);
    if v_row.id is null then
      return private.deny('contact', coalesce(p_booking ->> 'provider_id', p_booking ->> 'customer_id')::uuid,
        'put_booking');
    end if;
    return jsonb_build_object('id', v_row.id, 'tenant_id', v_row.tenant_id, 'status', v_row.status, 'created', true);
  elsif private.market_role(v_row.tenant_id, v_row.customer_id, v_row.provider_id) is null then
    return private.deny('booking', p_booking_id, 'put_booking');
  elsif v_row.status not in ('requested', 'confirmed') then
    raise exception 'this booking is % already', v_row.status using errcode = 'PT409',
      detail = '{"code": "booking_settled"}', hint = 'Make a new one.';
  end if;
  perform private.drop_held_words(v_row.tenant_id, 'booking', v_row.id, array(select jsonb_object_keys(p_booking)));
  update public.bookings as k
  set (title, description, location, starts_at, ends_at, price, currency, attributes) = (
    select r.title, r.description, r.location, r.starts_at, r.ends_at, r.price, r.currency, r.attributes
    from jsonb_populate_record(k, p_booking - '{kind,customer_id,provider_id,project_id,bid_id}'::text[]) as r)
  where k.tenant_id = v_row.tenant_id and k.id = v_row.id;
  return jsonb_build_object('id', v_row.id, 'tenant_id', v_row.tenant_id, 'status', v_row.status, 'created', false);
end
$$;
comment on function private.put_booking(uuid, jsonb, text, boolean) is
'Definer: a new booking or job, or changes to one that is not settled: another time, another price.';

create function private.set_booking_status(p_booking_id uuid, p_status text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_row public.bookings%rowtype;
  v_role text;
begin
  select k.* into v_row from public.bookings as k where k.id = p_booking_id limit 1 for no key update;
  v_role := private.market_role(v_row.tenant_id, v_row.customer_id, v_row.provider_id);
  if v_role is null then
    return private.deny('booking', p_booking_id, 'set_booking_status');
  end if;
  perform private.check_part('booking', v_role, p_status, v_row.requested_by);
  update public.bookings as k set status = p_status
  where k.tenant_id = v_row.tenant_id and k.id = v_row.id and k.status <> p_status;
  return jsonb_build_object('id', v_row.id, 'tenant_id', v_row.tenant_id, 'status', p_status, 'created', false);
end
$$;
comment on function private.set_booking_status(uuid, text) is
'Definer: confirm, decline, begin, complete or cancel a booking, each by the side whose part it is.';

-- ── fees and referrals ───────────────────────────────────────────────────────────────────────────────────────────

create function private.put_connection_fee(p_bid_id uuid, p_amount numeric, p_currency text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
  v_bid public.contractor_bids%rowtype;
  v_fee public.connection_fees%rowtype;
begin
  select b.* into v_bid from public.contractor_bids as b
  where b.tenant_id = v_tenant and b.id = p_bid_id for no key update;
  if v_bid.id is null then
    return private.deny('bid', p_bid_id, 'put_connection_fee');
  elsif v_bid.status <> 'accepted' then
    raise exception 'a fee is for a bid that was accepted, not for one that is %', v_bid.status
      using errcode = 'PT409', detail = '{"code": "not_accepted"}', hint = 'Wait until the customer accepts it.';
  end if;
  insert into public.connection_fees (tenant_id, bid_id, provider_id, amount, currency)
  values (v_tenant, v_bid.id, v_bid.provider_id, p_amount, coalesce(p_currency, v_bid.currency))
  on conflict (tenant_id, bid_id) do nothing returning * into v_fee;
  if v_fee.id is not null then
    return jsonb_build_object('id', v_fee.id, 'tenant_id', v_tenant, 'status', v_fee.status, 'created', true);
  end if;
  select f.* into v_fee from public.connection_fees as f where f.tenant_id = v_tenant and f.bid_id = v_bid.id;
  if (v_fee.amount, v_fee.currency) is distinct from (p_amount, coalesce(p_currency, v_bid.currency)) then
    raise exception 'this bid has a fee already' using errcode = 'PT409', detail = '{"code": "fee_exists"}',
      hint = 'Waive or refund that one; a bid has one fee.';
  end if;
  return jsonb_build_object('id', v_fee.id, 'tenant_id', v_tenant, 'status', v_fee.status, 'created', false);
end
$$;
comment on function private.put_connection_fee(uuid, numeric, text) is
'Definer: what a provider owes for an accepted bid; said again it is the same fee.';

create function private.set_connection_fee_status(p_fee_id uuid, p_status text, p_payment_reference text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
begin
  perform private.check_part('connection_fee', 'staff', p_status);
  perform from public.connection_fees as f where f.tenant_id = v_tenant and f.id = p_fee_id for no key update;
  if not found then
    return private.deny('connection_fee', p_fee_id, 'set_connection_fee_status');
  end if;
  update public.connection_fees as f
  set status = p_status, payment_reference = coalesce(p_payment_reference, f.payment_reference)
  where f.tenant_id = v_tenant and f.id = p_fee_id and f.status <> p_status;
  return jsonb_build_object('id', p_fee_id, 'tenant_id', v_tenant, 'status', p_status, 'created', false);
end
$$;
comment on function private.set_connection_fee_status(uuid, text, text) is
'Definer: what became of a fee, with the payment''s own reference.';

create function private.create_referral(p_referral jsonb, p_tenant_slug text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_me public.contacts%rowtype;
  v_row public.referral_tracking%rowtype;
begin
  perform private.check_fields(p_referral, case when p_tenant_slug is null
    then '{referrer_id,source,reward_amount,currency,expires_at}'::text[] else '{source}' end);
  v_me := private.market_place(p_tenant_slug, (p_referral ->> 'referrer_id')::uuid);
  if v_me.id is null then
    return private.deny('contact', (p_referral ->> 'referrer_id')::uuid, 'create_referral');
  end if;
  insert into public.referral_tracking (tenant_id, code, referrer_id, source, reward_amount, currency, expires_at)
  values (v_me.tenant_id, left(encode(sha256(uuid_send(gen_random_uuid())), 'hex'), 16), v_me.id,
    p_referral ->> 'source', (p_referral ->> 'reward_amount')::numeric, coalesce(p_referral ->> 'currency', 'USD'),
    coalesce((p_referral ->> 'expires_at')::timestamptz, clock_timestamp() + interval '90 days'))
  returning * into v_row;
  return jsonb_build_object('id', v_row.id, 'tenant_id', v_row.tenant_id, 'status', v_row.status, 'created', true,
    'code', v_row.code, 'expires_at', v_row.expires_at);
end
$$;
comment on function private.create_referral(jsonb, text) is
'Definer: an invitation code for one person. Rewards are for the staff to promise.';

create function private.claim_referral(p_code text, p_tenant_slug text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user uuid := private.current_user_id();
  v_row public.referral_tracking%rowtype;
  v_me uuid;
begin
  select r.* into v_row from public.tenants as t
  inner join public.referral_tracking as r on r.tenant_id = t.id and r.code = lower(btrim(p_code))
  where t.slug = p_tenant_slug and t.status = 'active' and v_user is not null
  for no key update of r;
  if v_row.id is null then
    return private.not_found('referral');
  end if;
  v_me := private.canonical_contact(v_row.tenant_id, private.own_contact(v_row.tenant_id, v_user));
  if v_row.referred_id = v_me then
    return jsonb_build_object('id', v_row.id, 'tenant_id', v_row.tenant_id, 'status', v_row.status, 'created', false);
  elsif v_row.status <> 'invited' or v_row.expires_at <= clock_timestamp() then
    raise exception 'this code was used, or its time is over' using errcode = 'PT409',
      detail = '{"code": "referral_over", "field": "code"}', hint = 'Ask for a new one.';
  elsif v_me = private.canonical_contact(v_row.tenant_id, v_row.referrer_id) or exists (
    select from public.referral_tracking as r where r.tenant_id = v_row.tenant_id and r.referred_id = v_me) then
    raise exception 'nobody is brought by himself, or twice' using errcode = 'PT409',
      detail = '{"code": "referred_already", "field": "code"}', hint = 'Nothing needs to be done.';
  end if;
  update public.referral_tracking as r set status = 'joined', referred_id = v_me
  where r.tenant_id = v_row.tenant_id and r.id = v_row.id;
  return jsonb_build_object('id', v_row.id, 'tenant_id', v_row.tenant_id, 'status', 'joined', 'created', true);
end
$$;
comment on function private.claim_referral(text, text) is
'Definer: the signed-in person came by this code; once for each person, and each code once.';

create function private.set_referral_status(p_referral_id uuid, p_status text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('manage');
begin
  perform private.check_part('referral', 'staff', p_status);
  perform from public.referral_tracking as r where r.tenant_id = v_tenant and r.id = p_referral_id for no key update;
  if not found then
    return private.deny('referral', p_referral_id, 'set_referral_status');
  end if;
  update public.referral_tracking as r set status = p_status
  where r.tenant_id = v_tenant and r.id = p_referral_id and r.status <> p_status;
  return jsonb_build_object('id', p_referral_id, 'tenant_id', v_tenant, 'status', p_status, 'created', false);
end
$$;
comment on function private.set_referral_status(uuid, text) is 'Definer: the reward was earned, or the code is over.';

create function private.put_profile(p_profile jsonb, p_tenant_slug text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_me public.contacts%rowtype;
begin
  perform private.check_fields(p_profile, '{display_name,company,locale,time_zone,home_region,capabilities}');
  select c.* into v_me from public.tenants as t
  inner join public.contacts as c on c.tenant_id = t.id and c.id = private.market_contact(t.id)
  where t.slug = p_tenant_slug;
  if v_me.id is null then
    return private.not_found('contact');
  elsif jsonb_typeof(p_profile -> 'capabilities') not in ('array', 'null')
    or octet_length(p_profile ->> 'capabilities') > 10000 then
    raise exception 'capabilities are a list of words' using errcode = 'PT422',
      detail = '{"code": "bad_value", "field": "capabilities"}', hint = 'E.g. ["plumbing", "heating"].';
  end if;
  if p_profile ->> 'display_name' is distinct from v_me.display_name then
    perform private.refuse_ways(v_me.tenant_id, 'display_name', p_profile ->> 'display_name', true);
  end if;
  if p_profile ->> 'company' is distinct from v_me.company then
    perform private.refuse_ways(v_me.tenant_id, 'company', p_profile ->> 'company', true);
  end if;
  perform private.drop_held_words(v_me.tenant_id, 'profile', v_me.id, array(select jsonb_object_keys(p_profile)));
  update public.contacts as c
  set (display_name, company, locale, time_zone, home_region, attributes) = (
    select r.display_name, r.company, r.locale, r.time_zone, r.home_region, case when p_profile ? 'capabilities'
      then c.attributes || jsonb_build_object('capabilities', p_profile -> 'capabilities') else c.attributes end
    from jsonb_populate_record(c, p_profile - 'capabilities') as r)
  where c.tenant_id = v_me.tenant_id and c.id = v_me.id and p_profile <> '{}';
  perform private.audit(v_me.tenant_id, 'contact.updated', 'contact', v_me.id::text,
    jsonb_build_object('fields', (select jsonb_agg(k) from jsonb_object_keys(p_profile) as k)));
  return jsonb_build_object('id', v_me.id, 'tenant_id', v_me.tenant_id, 'status', 'saved', 'created', false);
end
$$;
comment on function private.put_profile(jsonb, text) is
'Definer: what a signed-in customer or provider says of himself at a tenant: name, company, what he can do.';
