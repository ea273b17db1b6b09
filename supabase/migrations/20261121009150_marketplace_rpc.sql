-- Chapter: marketplace, part six. The functions clients call, by POST: each one line over its definer, each
-- answering one object {id, tenant_id, status, created}.

create function public.create_project(p_project jsonb, p_tenant_slug text default null) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.put_project((p_project ->> 'id')::uuid, p_project - 'id', p_tenant_slug, true); end;
comment on function public.create_project(jsonb, text) is
'Begin a project; with an id of yours, said again, it is the same one. Customers (with the tenant''s slug), or '
'agents for one.';

create function public.change_project(p_project_id uuid, p_project jsonb) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.put_project(p_project_id, p_project, null, false); end;
comment on function public.change_project(uuid, jsonb) is
'Change the named fields of a project. Its customer, or agents.';

create function public.set_project_status(p_project_id uuid, p_status text) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.set_project_status(p_project_id, p_status); end;
comment on function public.set_project_status(uuid, text) is
'Begin, complete or cancel a project. Its customer, or agents.';

create function public.create_bid_card(p_bid_card jsonb, p_tenant_slug text default null) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.put_bid_card((p_bid_card ->> 'id')::uuid, p_bid_card - 'id', p_tenant_slug, true); end;
comment on function public.create_bid_card(jsonb, text) is
'Ask for bids; with an id of yours, said again, it is the same request. Customers (with the tenant''s slug), or '
'agents for one.';

create function public.change_bid_card(p_bid_card_id uuid, p_bid_card jsonb) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.put_bid_card(p_bid_card_id, p_bid_card, null, false); end;
comment on function public.change_bid_card(uuid, jsonb) is
'Change what is asked for. Its customer, or agents.';

create function public.set_bid_card_status(p_bid_card_id uuid, p_status text) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.set_bid_card_status(p_bid_card_id, p_status); end;
comment on function public.set_bid_card_status(uuid, text) is
'Publish, close, complete or cancel a request for bids. Its customer, or agents.';

create function public.submit_bid(p_bid_card_id uuid, p_bid jsonb) returns jsonb
language sql volatile set search_path = '' begin atomic select private.submit_bid(p_bid_card_id, p_bid); end;
comment on function public.submit_bid(uuid, jsonb) is
'Bid for a published request, or change your bid. Providers, or agents for one.';

create function public.set_bid_status(p_bid_id uuid, p_status text) returns jsonb
language sql volatile set search_path = '' begin atomic select private.set_bid_status(p_bid_id, p_status); end;
comment on function public.set_bid_status(uuid, text) is
'Shortlist, accept or reject a bid as its customer, withdraw it as its provider; agents either.';

create function public.create_booking(p_booking jsonb, p_tenant_slug text default null) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.put_booking((p_booking ->> 'id')::uuid, p_booking - 'id', p_tenant_slug, true); end;
comment on function public.create_booking(jsonb, text) is
'Ask for a booking or a job; with an id of yours, said again, it is the same one. Either party (with the '
'tenant''s slug), or agents.';

create function public.change_booking(p_booking_id uuid, p_booking jsonb) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.put_booking(p_booking_id, p_booking, null, false); end;
comment on function public.change_booking(uuid, jsonb) is
'Change a booking that is not settled: its time, its price. Its parties, or agents.';

create function public.set_booking_status(p_booking_id uuid, p_status text) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.set_booking_status(p_booking_id, p_status); end;
comment on function public.set_booking_status(uuid, text) is
'Confirm, decline, begin, complete or cancel a booking: each side its part, agents any.';

create function public.put_connection_fee(p_bid_id uuid, p_amount numeric, p_currency text default null) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.put_connection_fee(p_bid_id, p_amount, p_currency); end;
comment on function public.put_connection_fee(uuid, numeric, text) is
'Charge the provider of an accepted bid for the introduction. Agents.';

create function public.set_connection_fee_status(p_fee_id uuid, p_status text, p_payment_reference text default null)
returns jsonb
language sql volatile set search_path = ''
begin atomic select private.set_connection_fee_status(p_fee_id, p_status, p_payment_reference); end;
comment on function public.set_connection_fee_status(uuid, text, text) is
'Say what became of a fee. Agents.';

create function public.create_referral(p_referral jsonb, p_tenant_slug text default null) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.create_referral(p_referral, p_tenant_slug); end;
comment on function public.create_referral(jsonb, text) is
'Get a code to invite somebody with. Customers and providers (with the tenant''s slug), or agents for one.';

create function public.claim_referral(p_code text, p_tenant_slug text) returns jsonb
language sql volatile set search_path = '' begin atomic select private.claim_referral(p_code, p_tenant_slug); end;
comment on function public.claim_referral(text, text) is
'Say by which code you came. Needs a confirmed e-mail address.';

create function public.set_referral_status(p_referral_id uuid, p_status text) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.set_referral_status(p_referral_id, p_status); end;
comment on function public.set_referral_status(uuid, text) is
'Say that a referral earned its reward, or is over. Agents.';

create function public.put_profile(p_profile jsonb, p_tenant_slug text) returns jsonb
language sql volatile set search_path = '' begin atomic select private.put_profile(p_profile, p_tenant_slug); end;
comment on function public.put_profile(jsonb, text) is
'Say who you are at a tenant, and what you can do. Its customers and providers.';

grant execute on function public.create_project(jsonb, text), public.change_project(uuid, jsonb),
private.set_project_status(uuid, text), public.set_project_status(uuid, text), public.create_bid_card(jsonb, text),
public.change_bid_card(uuid, jsonb), private.set_bid_card_status(uuid, text),
public.set_bid_card_status(uuid, text), private.submit_bid(uuid, jsonb), public.submit_bid(uuid, jsonb),
private.set_bid_status(uuid, text), public.set_bid_status(uuid, text), public.create_booking(jsonb, text),
public.change_booking(uuid, jsonb), private.set_booking_status(uuid, text), public.set_booking_status(uuid, text),
private.put_connection_fee(uuid, numeric, text), public.put_connection_fee(uuid, numeric, text),
private.set_connection_fee_status(uuid, text, text), public.set_connection_fee_status(uuid, text, text),
private.create_referral(jsonb, text), public.create_referral(jsonb, text), private.claim_referral(text, text),
public.claim_referral(text, text), private.set_referral_status(uuid, text), public.set_referral_status(uuid, text),
private.put_profile(jsonb, text), public.put_profile(jsonb, text), private.put_project(uuid, jsonb, text, boolean),
private.put_bid_card(uuid, jsonb, text, boolean), private.put_booking(uuid, jsonb, text, boolean)
to authenticated;
