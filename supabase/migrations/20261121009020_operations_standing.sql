-- Chapter: operations, what is known of the promises. check_invariants() asks all of them at once and tells a DBA; here
-- each is asked in its turn, and what was found is kept: a tenant's own board says kept, broken, or not looked at.
--
--   the housekeeper ──▶ check_next_invariant(): the one not looked at for longest ──▶ invariant_checks (when, how long)
--                                                                            ──▶ invariant_violations (whose, how many)
--   list_invariants() ──▶ a member reads how many of his tenant's rows break each; never another's
--
-- Looking takes at most a hundredth of the time: after a check of 3 seconds the next one comes 5 minutes later.

create table private.invariant_checks (
  invariant text not null,
  checked_at timestamptz not null,
  took interval not null,
  constraint invariant_checks_invariant_pkey primary key (invariant)
);
comment on table private.invariant_checks is 'When each promise was last looked at on live data, and how long it took.';

create table private.invariant_violations (
  tenant_id uuid not null,
  invariant text not null,
  violations bigint not null,
  constraint invariant_violations_tenant_id_invariant_pkey primary key (tenant_id, invariant),
  constraint invariant_violations_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint invariant_violations_violations_check check (violations > 0)
);
comment on table private.invariant_violations is
'How many rows of a tenant broke a promise when it was last looked at; no row where none did.';

create index invariant_violations_invariant_idx on private.invariant_violations (invariant);

create function private.check_next_invariant(p_every interval) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_next record;
  v_started timestamptz := clock_timestamp();
  v_found jsonb;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('check_next_invariant', 7)) then
    return null;
  end if;
  if exists (
    select from (select c.* from private.invariant_checks as c order by c.checked_at desc limit 1) as l
    where l.checked_at + 100 * l.took > v_started) then
    return null;
  end if;
  select i.name, i.query into v_next from private.invariants as i
  left join private.invariant_checks as c on c.invariant = i.name
  where coalesce(c.checked_at, '-infinity') < v_started - p_every
  order by c.checked_at nulls first, i.name limit 1;
  if not found then
    return null;
  end if;
  -- Nothing is written before the long look is over: a transaction without an id holds nobody's snapshot back.
  execute format('select jsonb_object_agg(f.tenant_id, f.n) from (select q.tenant_id, count(*) as n from (%s) as q
    inner join public.tenants as t on t.id = q.tenant_id group by q.tenant_id) as f', v_next.query) into v_found;
  delete from private.invariant_violations as v where v.invariant = v_next.name;
  insert into private.invariant_violations (tenant_id, invariant, violations)
  select f.key::uuid, v_next.name, f.value::bigint from jsonb_each_text(coalesce(v_found, '{}')) as f;
  insert into private.invariant_checks as c (invariant, checked_at, took)
  values (v_next.name, clock_timestamp(), clock_timestamp() - v_started)
  on conflict (invariant) do update set checked_at = excluded.checked_at, took = excluded.took;
  return v_next.name;
end
$$;
comment on function private.check_next_invariant(interval) is
'Definer, for the housekeeper: looks at the promise nobody has looked at for longest, if that is longer than p_every '
'ago, and says which. Null: none is due, another looks, or the last look was so long that it is too early.';

create function private.list_invariants() returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('read');
begin
  return (
    select jsonb_build_object('items', coalesce(jsonb_agg(jsonb_build_object('name', i.name, 'claim', i.claim,
      'violations', coalesce(v.violations, 0), 'checked_at', c.checked_at) order by i.name), '[]'))
    from private.invariants as i
    left join private.invariant_checks as c on c.invariant = i.name
    left join private.invariant_violations as v on v.tenant_id = v_tenant and v.invariant = i.name);
end
$$;
comment on function private.list_invariants() is
'Definer: every promise, and how many rows of the caller''s own tenant broke it when it was last looked at.';

create function public.list_invariants() returns jsonb
language sql stable set search_path = ''
begin atomic select private.list_invariants(); end;
comment on function public.list_invariants() is
'Every promise, how many of the tenant''s rows broke it when somebody last looked, and when that was.';

alter table private.invariant_checks enable row level security;
alter table private.invariant_checks force row level security;
alter table private.invariant_violations enable row level security;
alter table private.invariant_violations force row level security;
revoke all on private.invariant_checks, private.invariant_violations from public, anon, authenticated, service_role;
grant execute on function private.check_next_invariant(interval) to parley_worker;
grant execute on function private.list_invariants(), public.list_invariants() to authenticated;
