-- Chapter: threads, who shares what. The facts by which the tenant's policy says who may write to whom.
--
--   projects, bid cards, bookings (triggers) ─┐
--   a tenant's own marketplace (RPC, API) ────┴─▶ context_participants ──▶ private.shares_context() ──▶ start, send
--                                                 contact_blocks ────────▶ private.writing_problem()
--
-- A context is a kind and an id of the tenant's own world; nothing here knows what a booking is.

-- ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.context_participants (
  tenant_id uuid not null,
  context_kind text not null,
  context_id text not null,
  contact_id uuid not null,
  role text not null default 'participant',
  added_at timestamptz not null default now(),
  left_at timestamptz,
  constraint context_participants_tenant_id_context_kind_context_id_contact_ primary key (
    tenant_id, context_kind, context_id, contact_id
  ),
  constraint context_participants_tenant_id_contact_id_fkey foreign key (tenant_id, contact_id)
  references public.contacts (tenant_id, id),
  constraint context_participants_context_kind_check check (context_kind in ('project', 'bid_card', 'job', 'booking')),
  constraint context_participants_context_id_check check (context_id ~ '^[^[:cntrl:]]{1,200}$'),
  constraint context_participants_role_check check (role in ('customer', 'provider', 'participant'))
);
comment on table public.context_participants is
'Who takes part in which project, bid card, job or booking. Whoever shares one may write to each other.';
comment on column public.context_participants.context_id is 'The id of the row in the tenant''s own world, as text.';
comment on column public.context_participants.left_at is
'Since when he is out of it; null while he is in. What was written stays readable.';

create table public.contact_blocks (
  tenant_id uuid not null,
  contact_id uuid not null,
  blocked_contact_id uuid not null,
  created_at timestamptz not null default now(),
  constraint contact_blocks_tenant_id_contact_id_blocked_contact_id_pkey primary key (
    tenant_id, contact_id, blocked_contact_id
  ),
  constraint contact_blocks_tenant_id_contact_id_fkey foreign key (tenant_id, contact_id)
  references public.contacts (tenant_id, id),
  constraint contact_blocks_tenant_id_blocked_contact_id_fkey foreign key (tenant_id, blocked_contact_id)
  references public.contacts (tenant_id, id),
  constraint contact_blocks_blocked_contact_id_check check (blocked_contact_id <> contact_id)
);
comment on table public.contact_blocks is
'Who does not want to hear from whom. Neither writes in their direct conversation; nobody else learns of it.';

create index context_participants_tenant_id_contact_id_idx on public.context_participants
(tenant_id, contact_id, context_kind, context_id) where left_at is null;
create index context_participants_tenant_id_contact_id_all_idx on public.context_participants (tenant_id, contact_id);
create index contact_blocks_tenant_id_blocked_contact_id_idx on public.contact_blocks (tenant_id, blocked_contact_id);

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.is_in_context(p_tenant_id uuid, p_contact_id uuid, p_context_kind text, p_context_id text)
returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.context_participants as c
    where c.tenant_id = p_tenant_id and c.context_kind = p_context_kind and c.context_id = p_context_id
      and c.contact_id = p_contact_id and c.left_at is null);
end
$$;
comment on function private.is_in_context(uuid, uuid, text, text) is
'Definer: a (canonical) contact takes part in a context now.';

create function private.meet(p_one public.context_participants, p_other public.context_participants) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return p_one.left_at is null and p_other.left_at is null
    and not (p_one.context_kind = 'bid_card' and p_one.role = 'provider' and p_other.role = 'provider'
      and p_one.contact_id <> p_other.contact_id);
end
$$;
comment on function private.meet(public.context_participants, public.context_participants) is
'Whether two who take part in one context know of each other: both are in it, and are not rivals for one bid card.';

create function private.shares_context(
  p_tenant_id uuid, p_contact_id uuid, p_other_contact_id uuid, p_context_kind text default null,
  p_context_id text default null
) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.context_participants as a
    inner join public.context_participants as b on b.tenant_id = a.tenant_id and b.context_kind = a.context_kind
      and b.context_id = a.context_id and b.contact_id = p_other_contact_id and private.meet(a, b)
    where a.tenant_id = p_tenant_id and a.contact_id = p_contact_id and a.left_at is null
      and (p_context_kind is null or (a.context_kind, a.context_id) = (p_context_kind, p_context_id)));
end
$$;
comment on function private.shares_context(uuid, uuid, uuid, text, text) is
'Definer: two (canonical) contacts take part in one context now, in this one if it is named. Providers who bid for '
'one card do not share it: bids are sealed.';

create function private.set_context_participant(
  p_tenant_id uuid, p_context_kind text, p_context_id text, p_contact_id uuid, p_role text default 'participant'
) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into public.context_participants as c (tenant_id, context_kind, context_id, contact_id, role)
  values (p_tenant_id, p_context_kind, p_context_id, private.canonical_contact(p_tenant_id, p_contact_id), p_role)
  on conflict (tenant_id, context_kind, context_id, contact_id)
  do update set role = excluded.role, left_at = null
  where (c.role, c.left_at) is distinct from (excluded.role, null::timestamptz);
end
$$;
comment on function private.set_context_participant(uuid, text, text, uuid, text) is
'Definer, for triggers: a contact takes part in a context (again), in this role.';

create function private.end_context_participant(
  p_tenant_id uuid, p_context_kind text, p_context_id text, p_contact_id uuid
) returns void
language sql volatile security definer set search_path = '' as $$
  update public.context_participants as c set left_at = clock_timestamp()
  where c.tenant_id = p_tenant_id and c.context_kind = p_context_kind and c.context_id = p_context_id
    and c.contact_id = private.canonical_contact(p_tenant_id, p_contact_id) and c.left_at is null
$$;
comment on function private.end_context_participant(uuid, text, text, uuid) is
'Definer, for triggers: a contact is out of a context.';

create function private.is_service() returns boolean
language plpgsql stable set search_path = '' as $$
begin
  -- The role the transaction runs under, not a claim: a definer does not change it. "none": a login of its own.
  return coalesce(current_setting('role', true), 'none') in ('service_role', 'none');
end
$$;
comment on function private.is_service() is
'True for the backend (service_role) and for logins that never took another role. Asked by functions only these and '
'authenticated may run.';

create function private.refuse_context(p_context_kind text, p_context_id text) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if (p_context_kind is null) <> (p_context_id is null)
    or not coalesce(p_context_kind in ('project', 'bid_card', 'job', 'booking'), true)
    or not coalesce(p_context_id ~ '^[^[:cntrl:]]{1,200}$', true) then
    raise exception 'a context is a kind (project, bid_card, job, booking) and an id of up to 200 characters'
      using errcode = 'PT422', detail = '{"code": "bad_context", "field": "context_id"}',
        hint = 'Send both, or neither.';
  end if;
end
$$;
comment on function private.refuse_context(text, text) is 'Refuses half a context, and one of no known kind.';

create function private.put_context_participants(
  p_context_kind text, p_context_id text, p_participants jsonb, p_tenant_id uuid
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := case when private.is_service() then p_tenant_id else private.authorize('manage') end;
  v_entry jsonb;
  v_contact uuid;
  v_in jsonb := '{}';
begin
  perform private.refuse_context(p_context_kind, p_context_id);
  if p_context_kind is null or jsonb_typeof(p_participants) is distinct from 'array'
    or jsonb_array_length(p_participants) > 200 then
    raise exception 'the people of a context are an array of at most 200'
      using errcode = 'PT422', detail = '{"code": "bad_value", "field": "participants"}',
        hint = 'Send [{"contact_id": "…", "role": "customer"}, …].';
  end if;
  if p_tenant_id <> v_tenant then
    return private.deny('tenant', p_tenant_id, 'put_context_participants');
  end if;
  -- One writer of a context at a time: two lists must not be mixed.
  perform pg_advisory_xact_lock(hashtextextended(v_tenant::text || p_context_kind || ':' || p_context_id, 7));
  for v_entry in select e from jsonb_array_elements(p_participants) as e loop
    perform private.check_fields(v_entry, '{contact_id,role}');
    v_contact := private.person(v_tenant, (v_entry ->> 'contact_id')::uuid);
    if v_contact is null then
      return private.deny('contact', (v_entry ->> 'contact_id')::uuid, 'put_context_participants');
    elsif coalesce(v_entry ->> 'role', '') not in ('', 'customer', 'provider', 'participant') then
      raise exception '% is no role in a context', v_entry ->> 'role'
        using errcode = 'PT422', detail = '{"code": "bad_value", "field": "role"}',
          hint = 'Use customer, provider or participant.';
    end if;
    v_in := v_in || jsonb_build_object(v_contact, coalesce(v_entry ->> 'role', 'participant'));
  end loop;
  perform private.set_context_participant(v_tenant, p_context_kind, p_context_id, p.id::uuid, p.role)
  from jsonb_each_text(v_in) as p (id, role);
  update public.context_participants as c set left_at = clock_timestamp()
  where c.tenant_id = v_tenant and c.context_kind = p_context_kind and c.context_id = p_context_id
    and c.left_at is null and not v_in ? c.contact_id::text;
  perform private.audit(v_tenant, 'context.people', p_context_kind, p_context_id, v_in);
  return jsonb_build_object('context_kind', p_context_kind, 'context_id', p_context_id, 'people',
    (select count(*) from jsonb_object_keys(v_in)));
end
$$;
comment on function private.put_context_participants(text, text, jsonb, uuid) is
'Definer: who takes part in a context from now on; whoever is not named is out of it. An entry that is refused '
'changes nothing.';

create function private.person(p_tenant_id uuid, p_id uuid) returns uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  v_contact public.contacts%rowtype;
begin
  select c.* into v_contact from public.contacts as c where c.tenant_id = p_tenant_id and c.id = p_id;
  if v_contact.id is null then
    select c.* into v_contact from public.contacts as c where c.tenant_id = p_tenant_id and c.auth_user_id = p_id;
  end if;
  if v_contact.merged_into is not null then
    select c.* into v_contact from public.contacts as c
    where c.tenant_id = p_tenant_id and c.id = v_contact.merged_into;
  end if;
  return case when v_contact.erased_at is null then v_contact.id end;
end
$$;
comment on function private.person(uuid, uuid) is
'Definer: the contact that goes on, for a contact id or a sign-in id; null when it is nobody here, or erased.';

create function public.put_context_participants(
  p_context_kind text, p_context_id text, p_participants jsonb, p_tenant_id uuid default null
) returns jsonb language sql volatile set search_path = ''
begin atomic
select private.put_context_participants(p_context_kind, p_context_id, p_participants, p_tenant_id);
end;
comment on function public.put_context_participants(text, text, jsonb, uuid) is
'Say who takes part in a project, bid card, job or booking: they may write to each other. Agents, keys with manage, '
'and the backend, which names the tenant.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table public.context_participants enable row level security;
alter table public.context_participants force row level security;
alter table public.contact_blocks enable row level security;
alter table public.contact_blocks force row level security;
create policy context_participants_select_reader on public.context_participants for select to authenticated
using (
  tenant_id = (select private.current_tenant())
  or contact_id in (
    select coalesce(c.merged_into, c.id) from public.contacts as c
    where c.tenant_id = context_participants.tenant_id and c.auth_user_id = (select private.current_user_id())
  )
);
create policy context_participants_select_worker on public.context_participants for select to parley_worker
using (tenant_id = (select private.worker_tenant()));
create policy contact_blocks_select_self on public.contact_blocks for select to authenticated
using (
  contact_id in (
    select coalesce(c.merged_into, c.id) from public.contacts as c
    where c.tenant_id = contact_blocks.tenant_id and c.auth_user_id = (select private.current_user_id())
  )
);

revoke all on public.context_participants, public.contact_blocks from public, anon, authenticated, service_role;
grant select on public.context_participants to authenticated, service_role, parley_worker;
grant select on public.contact_blocks to authenticated, service_role;
grant execute on function private.put_context_participants(text, text, jsonb, uuid),
public.put_context_participants(text, text, jsonb, uuid) to authenticated, service_role;
