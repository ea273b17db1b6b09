-- Chapter: moderation, words that are held. What somebody signed in writes over an RPC into a row that others read was
-- read by patterns alone. Where the tenant has what people write judged, it does not come into the row before the
-- detectors have read it: the row keeps what stood there, and the new words wait beside it.
--
--   write ─ patterns: 422 ─▶ held_words (pending) + private.word_work ─ commit ─▶ NOTIFY et_moderation
--                                 │ claim_words(): lease, fence, the words and their rules
--                                 ▼
--                            record_words() ─▶ approved: into the row, and gone from here
--                                            └▶ refused, with kinds: stays here ──release_words()──▶ into the row
--
-- Nothing that reads the row can show what is not in it: no policy, view or definer has to know. What is written over
-- the API was judged in its transaction and is not held, but for the name of a group; the business's own words are
-- judged by nobody.
--
-- Locks: row → word_work → held_words.

create table public.held_words (
  tenant_id uuid not null,
  kind text not null,
  row_id uuid not null,
  field text not null,
  words jsonb not null,
  written_by uuid,
  status text not null default 'pending',
  kinds text[] not null default '{}',
  written_at timestamptz not null default clock_timestamp(),
  judged_at timestamptz,
  constraint held_words_tenant_id_kind_row_id_field_pkey primary key (tenant_id, kind, row_id, field),
  constraint held_words_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint held_words_tenant_id_written_by_fkey foreign key (tenant_id, written_by)
  references public.contacts (tenant_id, id),
  constraint held_words_kind_check check (kind in ('project', 'bid_card', 'bid', 'booking', 'profile', 'group')),
  constraint held_words_status_check check (status in ('pending', 'approved', 'refused')),
  constraint held_words_kinds_check check ((status = 'refused') = (kinds <> '{}')),
  constraint held_words_judged_at_check check ((status = 'pending') = (judged_at is null))
);
comment on table public.held_words is
'Words of people that are not in their row yet: they wait for the detectors, or were refused. Their author and the '
'staff read them, names of groups their author alone.';
comment on column public.held_words.kind is
'What row_id is of: project, bid_card, bid, booking, the profile of a contact, or a group: a conversation.';
comment on column public.held_words.field is 'The column they are to stand in.';
comment on column public.held_words.written_by is 'The contact whose words they are.';
comment on column public.held_words.status is
'pending; refused, until they are written anew or the staff releases them; approved only inside the transaction that '
'puts them into their row.';
comment on column public.held_words.kinds is
'What was found in refused ones; unjudged where no detector could read them.';

create table private.word_work (
  tenant_id uuid not null,
  kind text not null,
  row_id uuid not null,
  run_at timestamptz not null default clock_timestamp(),
  lease_until timestamptz,
  fence bigint not null default 0,
  claimed_by text,
  attempts smallint not null default 0,
  expiries smallint not null default 0,
  error text,
  constraint word_work_tenant_id_kind_row_id_pkey primary key (tenant_id, kind, row_id)
)
with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
comment on table private.word_work is
'Rows with words that wait for the detectors: an index of held_words.status = pending, never the state.';
comment on column private.word_work.error is
'Why the last try failed. After eight failures, or eight workers that died, the words are refused as unjudged.';

create index held_words_tenant_id_written_by_idx on public.held_words (tenant_id, written_by);
create index word_work_run_at_idx on private.word_work (tenant_id, run_at);

-- ── the rows they belong to ──────────────────────────────────────────────────────────────────────────────────────

create function private.words_table(p_kind text) returns regclass
language plpgsql immutable set search_path = '' as $$
begin
  return case p_kind when 'project' then 'public.projects' when 'bid_card' then 'public.bid_cards'
    when 'bid' then 'public.contractor_bids' when 'booking' then 'public.bookings' when 'profile' then 'public.contacts'
    when 'group' then 'public.et_threads' end::regclass;
end
$$;
comment on function private.words_table(text) is 'Where rows of a kind are that hold words of people.';

create function private.lock_words(p_tenant_id uuid, p_kind text, p_row_id uuid, p_waits boolean default true)
returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_found boolean;
begin
  execute format('select true from %s as r where r.tenant_id = $1 and r.id = $2 for no key update %s',
    private.words_table(p_kind), case when p_waits then '' else 'skip locked' end)
  into v_found using p_tenant_id, p_row_id;
  return coalesce(v_found, false);
end
$$;
comment on function private.lock_words(uuid, text, uuid, boolean) is
'Definer: a row before the words that are held for it, as whoever writes it has it.';

create function private.refuse_misfit(p_row anyelement) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_table regclass := pg_typeof(p_row)::text::regclass;
  v_rule record;
  v_fits boolean;
begin
  for v_rule in
    select c.conname, pg_get_expr(c.conbin, c.conrelid) as expression from pg_catalog.pg_constraint as c
    where c.conrelid = v_table and c.contype = 'c' order by c.conname
  loop
    execute format('select %s from (select ($1).*) as r', v_rule.expression) into v_fits using p_row;
    if not v_fits then
      raise exception 'new row for relation "%" violates check constraint "%"', v_table, v_rule.conname
        using errcode = 'check_violation', constraint = v_rule.conname, table = v_table::text;
    end if;
  end loop;
end
$$;
comment on function private.refuse_misfit(anyelement) is
'Definer: what a row''s own constraints say of words that do not come into it yet, so that their author is told now.';

-- ── holding ──────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.hold_words(p_tenant_id uuid, p_kind text, p_row_id uuid, p_words jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Not an update: whoever judges the words that waited loses his lease, and workers are told anew.
  delete from private.word_work as w where w.tenant_id = p_tenant_id and w.kind = p_kind and w.row_id = p_row_id;
  insert into private.word_work (tenant_id, kind, row_id) values (p_tenant_id, p_kind, p_row_id);
  insert into public.held_words as h (tenant_id, kind, row_id, field, words, written_by)
  select p_tenant_id, p_kind, p_row_id, m.key, m.value, private.market_contact(p_tenant_id)
  from jsonb_each(p_words) as m
  on conflict (tenant_id, kind, row_id, field) do update
  set words = excluded.words, written_by = excluded.written_by, status = 'pending', kinds = '{}',
    written_at = clock_timestamp(), judged_at = null;
end
$$;
comment on function private.hold_words(uuid, text, uuid, jsonb) is
'Definer: these words, by their columns, wait to be judged, from now on.';

create function private.drop_held_words(p_tenant_id uuid, p_kind text, p_row_id uuid, p_fields text[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from public.held_words as h
  where h.tenant_id = p_tenant_id and h.kind = p_kind and h.row_id = p_row_id and h.field = any(p_fields);
  if found then
    perform private.end_word_work(p_tenant_id, p_kind, p_row_id);
  end if;
end
$$;
comment on function private.drop_held_words(uuid, text, uuid, text[]) is
'Definer: what waits for these columns is written no more: something else is.';

create function private.end_word_work(p_tenant_id uuid, p_kind text, p_row_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from private.word_work as w
  where w.tenant_id = p_tenant_id and w.kind = p_kind and w.row_id = p_row_id and not exists (
    select from public.held_words as h
    where h.tenant_id = w.tenant_id and h.kind = w.kind and h.row_id = w.row_id and h.status = 'pending');
end
$$;
comment on function private.end_word_work(uuid, text, uuid) is 'Definer: no work without words that wait.';

create function private.was_approved(p_tenant_id uuid, p_kind text, p_row_id uuid, p_field text, p_words jsonb)
returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.held_words as h
    where h.tenant_id = p_tenant_id and h.kind = p_kind and h.row_id = p_row_id and h.field = p_field
      and h.status = 'approved' and h.words = p_words);
end
$$;
comment on function private.was_approved(uuid, text, uuid, text, jsonb) is
'Definer, for triggers: exactly these words come into their row now, because they were judged or released.';

create function private.tg_words__read() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_old jsonb := to_jsonb(old);
  v_new jsonb := to_jsonb(new);
  v_kind text := tg_argv[0];
  v_changed text[];
  v_held jsonb;
  v_booking public.bookings;
begin
  v_changed := array(
    select f from unnest(tg_argv[1:]) as f where v_new -> f is distinct from v_old -> f
      and not private.was_approved(new.tenant_id, v_kind, new.id, f, v_new -> f));
  if v_changed = '{}' then
    return new;
  elsif tg_op = 'UPDATE' then
    perform private.drop_held_words(new.tenant_id, v_kind, new.id, v_changed);
  end if;
  if not private.moderates(new.tenant_id, 'people') or private.is_of_business(new.tenant_id) then
    return new;
  end if;
  if v_kind = 'booking' then
    v_booking := new;
  end if;
  if v_kind <> 'profile' then -- a name that is a way is refused to its owner, and held when it comes from elsewhere
    perform private.refuse_ways(new.tenant_id, f, private.words_of(v_new -> f), false, v_booking)
    from unnest(v_changed) as f;
  end if;
  if not private.writes_unread(new.tenant_id) then
    return new;
  end if;
  select jsonb_object_agg(f, v_new -> f) into v_held
  from unnest(v_changed) as f where private.words_of(v_new -> f) <> '';
  if v_held is null then
    return new;
  end if;
  perform private.refuse_misfit(new);
  perform private.hold_words(new.tenant_id, v_kind, new.id, v_held);
  -- A new row has a title all the same, and attributes.
  return jsonb_populate_record(new, (
    select jsonb_object_agg(f, coalesce(v_old, '{"title": "…", "attributes": {}}') -> f)
    from jsonb_object_keys(v_held) as f));
end
$$;
comment on function private.tg_words__read() is
'Definer: what people write in a row that others read has no way to be reached that patterns know, and what no '
'detector has read stays beside the row. Its arguments are the kind and the columns. The business may write anything.';

create function private.tg_threads__hold_name() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if private.current_user_id() is not null and private.moderates(new.tenant_id, 'people')
    and not private.is_of_business(new.tenant_id) then
    perform private.hold_words(new.tenant_id, 'group', new.id, jsonb_build_object('subject', new.subject));
    new.subject := null;
  end if;
  return new;
end
$$;
comment on function private.tg_threads__hold_name() is
'Definer: a new group has no name before that was read; over the API, too, which does not read it.';

create function private.tg_word_work__wake() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if current_setting('parley.woke_moderation', true) is distinct from 'on' then
    perform set_config('parley.woke_moderation', 'on', true);
    if pg_try_advisory_xact_lock(7100093) then
      perform pg_notify('et_moderation', '');
    end if;
  end if;
  return null;
end
$$;
comment on function private.tg_word_work__wake() is
'Definer, at commit, once a transaction: a hint to the moderator, as for messages.';

create trigger et_threads_150_hold_name before insert on public.et_threads
for each row when (new.kind = 'group' and new.subject is not null) execute function private.tg_threads__hold_name();
create constraint trigger word_work_900_wake after insert on private.word_work
deferrable initially deferred for each row execute function private.tg_word_work__wake();
create trigger projects_150_read_words
before insert or update of title, description, category, location, attributes on public.projects
for each row execute function private.tg_words__read(
  'project', 'title', 'description', 'category', 'location', 'attributes'
);
create trigger bid_cards_150_read_words
before insert or update of title, description, category, location, attributes on public.bid_cards
for each row execute function private.tg_words__read(
  'bid_card', 'title', 'description', 'category', 'location', 'attributes'
);
create trigger contractor_bids_150_read_words before insert or update of proposal on public.contractor_bids
for each row execute function private.tg_words__read('bid', 'proposal');
create trigger bookings_150_read_words
before insert or update of title, description, location, attributes on public.bookings
for each row execute function private.tg_words__read('booking', 'title', 'description', 'location', 'attributes');
create trigger contacts_110_read_words before update of display_name, company on public.contacts
for each row when ((old.display_name, old.company) is distinct from (new.display_name, new.company))
execute function private.tg_words__read('profile', 'display_name', 'company');

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table public.held_words enable row level security;
alter table public.held_words force row level security;
alter table private.word_work enable row level security;
alter table private.word_work force row level security;

create policy held_words_select_reader on public.held_words for select to authenticated
using (
  -- What people call their conversations is theirs.
  (tenant_id = (select private.current_tenant()) and kind <> 'group')
  or (
    tenant_id = any((select private.my_tenants())::uuid[])
    and written_by = any((select private.my_contact_ids())::uuid[])
    and (tenant_id, written_by) in (select c.* from private.my_contacts() as c)
  )
);

revoke all on public.held_words, private.word_work from public, anon, authenticated, service_role;
grant select on public.held_words to authenticated, service_role;

-- ── what always holds ────────────────────────────────────────────────────────────────────────────────────────────

insert into private.invariants (name, claim, query) values
('held_words_are_not_shown', 'No row shows words that are held for it.', $q$
  select h.tenant_id, h.kind, h.row_id, h.field from public.held_words as h
  cross join lateral (
    select to_jsonb(r) as shown from public.projects as r
    where h.kind = 'project' and r.tenant_id = h.tenant_id and r.id = h.row_id
    union all
    select to_jsonb(r) from public.bid_cards as r
    where h.kind = 'bid_card' and r.tenant_id = h.tenant_id and r.id = h.row_id
    union all
    select to_jsonb(r) from public.contractor_bids as r
    where h.kind = 'bid' and r.tenant_id = h.tenant_id and r.id = h.row_id
    union all
    select to_jsonb(r) from public.bookings as r
    where h.kind = 'booking' and r.tenant_id = h.tenant_id and r.id = h.row_id
    union all
    select to_jsonb(r) from public.contacts as r
    where h.kind = 'profile' and r.tenant_id = h.tenant_id and r.id = h.row_id
    union all
    select to_jsonb(r) from public.et_threads as r
    where h.kind = 'group' and r.tenant_id = h.tenant_id and r.id = h.row_id) as s
  where s.shown -> h.field = h.words$q$),
('held_words_wait_or_were_refused', 'Words beside their row wait with work, or were refused; none are left there that '
'were approved, and no work without them.', $q$
  select h.tenant_id, h.kind, h.row_id from public.held_words as h
  where h.status = 'approved' or (h.status = 'pending' and not exists (
    select from private.word_work as w
    where w.tenant_id = h.tenant_id and w.kind = h.kind and w.row_id = h.row_id))
  union all
  select w.tenant_id, w.kind, w.row_id from private.word_work as w
  where not exists (
    select from public.held_words as h
    where h.tenant_id = w.tenant_id and h.kind = w.kind and h.row_id = w.row_id and h.status = 'pending')$q$);
