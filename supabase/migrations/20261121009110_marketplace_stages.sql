-- Chapter: marketplace, part two. How the status of each row moves, and what moves with it. See the map of part one.

create function private.is_stage(p_kind text, p_from text, p_to text) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return p_kind || ':' || p_from || '>' || p_to = any(array[
    'project:open>in_progress', 'project:open>cancelled', 'project:in_progress>completed',
    'project:in_progress>cancelled',
    'bid_card:draft>published', 'bid_card:draft>cancelled', 'bid_card:published>closed', 'bid_card:published>awarded',
    'bid_card:published>cancelled', 'bid_card:closed>published', 'bid_card:closed>awarded', 'bid_card:closed>cancelled',
    'bid_card:awarded>completed', 'bid_card:awarded>cancelled',
    'bid:submitted>shortlisted', 'bid:submitted>accepted', 'bid:submitted>rejected', 'bid:submitted>withdrawn',
    'bid:shortlisted>accepted', 'bid:shortlisted>rejected', 'bid:shortlisted>withdrawn',
    'booking:requested>confirmed', 'booking:requested>declined', 'booking:requested>cancelled',
    'booking:confirmed>in_progress', 'booking:confirmed>completed', 'booking:confirmed>no_show',
    'booking:confirmed>cancelled', 'booking:in_progress>completed', 'booking:in_progress>cancelled',
    'connection_fee:pending>paid', 'connection_fee:pending>failed', 'connection_fee:pending>waived',
    'connection_fee:failed>paid', 'connection_fee:failed>waived', 'connection_fee:paid>refunded',
    'referral:invited>joined', 'referral:invited>expired', 'referral:joined>converted']);
end
$$;
comment on function private.is_stage(text, text, text) is
'Whether a row of the marketplace may go from one status to another.';

create function private.tg_market__stage() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_old jsonb := to_jsonb(old);
  v_new jsonb := to_jsonb(new);
  v_kept text[] := '{tenant_id,id,kind,customer_id,provider_id,bid_card_id,bid_id,code,referrer_id,requested_by,created_at}';
begin
  if new.status <> old.status and not private.is_stage(tg_argv[0], old.status, new.status) then
    raise exception 'a % does not go from % to %', replace(tg_argv[0], '_', ' '), old.status, new.status
      using errcode = 'PT409', hint = 'Look at it again: somebody may have been faster.', detail =
        jsonb_build_object('code', 'refused_transition', 'from', old.status, 'to', new.status)::text;
  end if;
  if exists (select from unnest(v_kept) as k (name) where v_old -> k.name is distinct from v_new -> k.name) then
    raise exception 'a % keeps its parties and what it belongs to', replace(tg_argv[0], '_', ' ')
      using errcode = 'PT409', detail = '{"code": "immutable"}', hint = 'Make a new one.';
  end if;
  if new.status <> old.status then
    new.status_changed_at := clock_timestamp();
  end if;
  new.updated_at := clock_timestamp();
  return new;
end
$$;
comment on function private.tg_market__stage() is
'Refuses what a lifecycle does not know, whoever asks; parties and parents never change. Its argument is the kind.';

create function private.tg_market__begin() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.status <> tg_argv[1] and not (tg_argv[0] = 'bid_card' and new.status = 'published') then
    raise exception 'a new % is %', replace(tg_argv[0], '_', ' '), tg_argv[1]
      using errcode = 'PT422', detail = '{"code": "bad_value", "field": "status"}',
      hint = 'Change its status afterwards.';
  end if;
  return new;
end
$$;
comment on function private.tg_market__begin() is
'Every row begins at the beginning; a bid card may be published at once.';

create function private.tg_bids__card_takes_bids() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_card public.bid_cards%rowtype;
begin
  if tg_op = 'UPDATE' and private.was_approved(new.tenant_id, 'bid', new.id, 'proposal', to_jsonb(new.proposal)) then
    return new; -- it was written in time
  end if;
  -- Whoever awards or closes the card holds it: a bid comes before that or is refused.
  select c.* into v_card from public.bid_cards as c
  where c.tenant_id = new.tenant_id and c.id = new.bid_card_id for share;
  if v_card.status <> 'published' or v_card.closes_at <= clock_timestamp() then
    raise exception 'no bids are taken here any more' using errcode = 'PT409', detail = '{"code": "bids_closed"}',
      hint = 'Ask the customer to open it again.';
  end if;
  if private.canonical_contact(new.tenant_id, new.provider_id)
    = private.canonical_contact(new.tenant_id, v_card.customer_id) then
    raise exception 'nobody bids for his own project' using errcode = 'PT409', detail = '{"code": "own_project"}',
      hint = 'Bid for somebody else''s.';
  end if;
  return new;
end
$$;
comment on function private.tg_bids__card_takes_bids() is
'Definer: reads and holds the bid card. A bid is made or changed while the card takes bids, by somebody else.';

create function private.tg_bids__award() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.bid_cards as c set status = 'awarded', awarded_bid_id = new.id
  where c.tenant_id = new.tenant_id and c.id = new.bid_card_id;
  update public.contractor_bids as b set status = 'rejected'
  where b.tenant_id = new.tenant_id and b.bid_card_id = new.bid_card_id and b.id <> new.id
    and b.status in ('submitted', 'shortlisted');
  update public.projects as p set status = 'in_progress' from public.bid_cards as c
  where c.tenant_id = new.tenant_id and c.id = new.bid_card_id and p.tenant_id = c.tenant_id and p.id = c.project_id
    and p.status = 'open';
  return null;
end
$$;
comment on function private.tg_bids__award() is
'Definer: an accepted bid awards its card, turns the other bids down and begins the project, in one transaction.';

create function private.tg_cards__close_bids() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  update public.contractor_bids as b set status = 'rejected'
  where b.tenant_id = new.tenant_id and b.bid_card_id = new.id and b.status in ('submitted', 'shortlisted');
  return null;
end
$$;
comment on function private.tg_cards__close_bids() is 'Definer: nobody waits for a request that was cancelled.';

create function private.tg_market__audit() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.audit(new.tenant_id, tg_argv[0] || '.' || new.status, tg_argv[0], new.id::text,
    case tg_op when 'UPDATE' then jsonb_build_object('from', old.status) else '{}' end);
  return null;
end
$$;
comment on function private.tg_market__audit() is 'Definer: every status a row takes is on record, whoever set it.';

-- ── triggers ─────────────────────────────────────────────────────────────────────────────────────────────────────

create trigger projects_100_begin before insert on public.projects
for each row execute function private.tg_market__begin('project', 'open');
create trigger projects_100_stage before update on public.projects
for each row execute function private.tg_market__stage('project');
create trigger projects_900_audit after insert on public.projects
for each row execute function private.tg_market__audit('project');
create trigger projects_910_audit after update of status on public.projects
for each row when (old.status <> new.status) execute function private.tg_market__audit('project');
create trigger bid_cards_100_begin before insert on public.bid_cards
for each row execute function private.tg_market__begin('bid_card', 'draft');
create trigger bid_cards_100_stage before update on public.bid_cards
for each row execute function private.tg_market__stage('bid_card');
create trigger bid_cards_900_audit after insert on public.bid_cards
for each row execute function private.tg_market__audit('bid_card');
create trigger bid_cards_910_audit after update of status on public.bid_cards
for each row when (old.status <> new.status) execute function private.tg_market__audit('bid_card');
create trigger contractor_bids_100_begin before insert on public.contractor_bids
for each row execute function private.tg_market__begin('bid', 'submitted');
create trigger contractor_bids_100_stage before update on public.contractor_bids
for each row execute function private.tg_market__stage('bid');
create trigger contractor_bids_900_audit after insert on public.contractor_bids
for each row execute function private.tg_market__audit('bid');
create trigger contractor_bids_910_audit after update of status on public.contractor_bids
for each row when (old.status <> new.status) execute function private.tg_market__audit('bid');
create trigger bookings_100_begin before insert on public.bookings
for each row execute function private.tg_market__begin('booking', 'requested');
create trigger bookings_100_stage before update on public.bookings
for each row execute function private.tg_market__stage('booking');
create trigger bookings_900_audit after insert on public.bookings
for each row execute function private.tg_market__audit('booking');
create trigger bookings_910_audit after update of status on public.bookings
for each row when (old.status <> new.status) execute function private.tg_market__audit('booking');
create trigger connection_fees_100_begin before insert on public.connection_fees
for each row execute function private.tg_market__begin('connection_fee', 'pending');
create trigger connection_fees_100_stage before update on public.connection_fees
for each row execute function private.tg_market__stage('connection_fee');
create trigger connection_fees_900_audit after insert on public.connection_fees
for each row execute function private.tg_market__audit('connection_fee');
create trigger connection_fees_910_audit after update of status on public.connection_fees
for each row when (old.status <> new.status) execute function private.tg_market__audit('connection_fee');
create trigger referral_tracking_100_begin before insert on public.referral_tracking
for each row execute function private.tg_market__begin('referral', 'invited');
create trigger referral_tracking_100_stage before update on public.referral_tracking
for each row execute function private.tg_market__stage('referral');
create trigger referral_tracking_900_audit after insert on public.referral_tracking
for each row execute function private.tg_market__audit('referral');
create trigger referral_tracking_910_audit after update of status on public.referral_tracking
for each row when (old.status <> new.status) execute function private.tg_market__audit('referral');
create trigger contractor_bids_110_card_takes_bids before insert on public.contractor_bids
for each row execute function private.tg_bids__card_takes_bids();
create trigger contractor_bids_120_card_takes_bids before update of amount, currency, proposal, starts_on, days
on public.contractor_bids
for each row when (new.status in ('submitted', 'shortlisted')) execute function private.tg_bids__card_takes_bids();
create trigger contractor_bids_200_award after update of status on public.contractor_bids
for each row when (new.status = 'accepted' and old.status <> 'accepted') execute function private.tg_bids__award();
create trigger bid_cards_200_close_bids after update of status on public.bid_cards
for each row when (new.status = 'cancelled' and old.status <> 'cancelled')
execute function private.tg_cards__close_bids();
