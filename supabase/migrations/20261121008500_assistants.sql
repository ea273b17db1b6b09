-- Chapter: assistants. What asking a model needs around it: money, memory of what it was told, and a role that cannot
-- send.
--
--   worker ──▶ reserve_ai_call() ── null: the month's budget is used up, do without
--                  │ id: at most most_usd is booked            (public.ai_calls, public.ai_months)
--                  ▼
--              the model ──▶ settle_ai_call(): what it really cost; a call nobody settles counts in full
--
--   decision_context() ──▶ keep_knowledge(): what the tenant had taught, once per content (private.decision_knowledge)
--
-- Part two holds what the staff asks for (suggested replies, translations), part three shadow decisions and replays.
-- Nothing in this chapter writes a message, a thread or a send.

do $$
begin
  if not exists (select from pg_roles where rolname = 'parley_shadow') then
    create role parley_shadow nologin noinherit nobypassrls;
  end if;
end
$$;

alter role parley_shadow set jit = off;
grant usage on schema private to parley_shadow;

create table public.ai_months (
  tenant_id uuid not null,
  month date not null,
  spent_usd numeric(14, 6) not null default 0,
  calls bigint not null default 0,
  refused bigint not null default 0,
  updated_at timestamptz not null default clock_timestamp(),
  constraint ai_months_tenant_id_month_pkey primary key (tenant_id, month),
  constraint ai_months_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint ai_months_month_check check (extract(day from month) = 1),
  constraint ai_months_spent_usd_check check (spent_usd >= 0)
);
comment on table public.ai_months is
'What model calls cost a tenant, by calendar month (UTC): the sum of ai_calls, and the row a reservation locks.';
comment on column public.ai_months.spent_usd is 'Settled calls at their cost, open ones at the most they may cost.';
comment on column public.ai_months.refused is 'How often a call was not made because the budget was used up.';

create table public.ai_calls (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  month date not null,
  purpose text not null,
  case_id uuid,
  model text not null,
  prompt_version text not null,
  most_usd numeric(12, 6) not null,
  cost_usd numeric(12, 6),
  tokens_in integer,
  tokens_out integer,
  outcome text,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  constraint ai_calls_tenant_id_id_pkey primary key (tenant_id, id),
  constraint ai_calls_tenant_id_month_fkey foreign key (tenant_id, month)
  references public.ai_months (tenant_id, month),
  constraint ai_calls_purpose_check
  check (purpose in ('decision', 'insight', 'suggestions', 'translation', 'moderation', 'shadow', 'replay')),
  constraint ai_calls_most_usd_check check (most_usd >= 0),
  constraint ai_calls_cost_usd_check check (cost_usd >= 0)
);
comment on table public.ai_calls is 'The ledger: every call to a model, before and after it was made. No texts.';
comment on column public.ai_calls.case_id is 'The thread it was about.';
comment on column public.ai_calls.most_usd is 'What was booked before the call.';
comment on column public.ai_calls.cost_usd is
'What it cost by the provider''s own count. Null: nobody learned it (a hang, a killed worker), so most_usd counts.';
comment on column public.ai_calls.outcome is 'answered, or how it failed: refused, truncated, off_schema, http_529, …';
create index ai_calls_tenant_id_month_idx on public.ai_calls (tenant_id, month);

create table private.decision_knowledge (
  tenant_id uuid not null,
  digest bytea not null,
  knowledge jsonb not null,
  first_used_at timestamptz not null default clock_timestamp(),
  constraint decision_knowledge_tenant_id_digest_pkey primary key (tenant_id, digest),
  constraint decision_knowledge_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint decision_knowledge_digest_check check (length(digest) = 32)
);
comment on table private.decision_knowledge is
'What a tenant had taught its decider, content-addressed: one row per state that was ever decided with.';
comment on column private.decision_knowledge.digest is 'SHA-256 of the text of knowledge.';

-- ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.reserve_ai_call(p_tenant_id uuid, p_call jsonb) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_budget numeric;
  v_month date := date_trunc('month', clock_timestamp() at time zone 'UTC')::date;
  v_most numeric := (p_call ->> 'most_usd')::numeric(12, 6);
  v_id uuid;
begin
  select s.ai_budget_usd into v_budget from public.tenant_settings as s
  inner join public.tenants as t on t.id = s.tenant_id and t.status = 'active'
  where s.tenant_id = p_tenant_id and s.ai_provider <> 'rules';
  if v_budget is null then
    return null;
  end if;
  insert into public.ai_months (tenant_id, month) values (p_tenant_id, v_month) on conflict (tenant_id, month) do nothing;
  -- One statement looks and books under the row's lock: callers queue here, and none books what another already has.
  update public.ai_months as m
  set spent_usd = m.spent_usd + v_most, calls = m.calls + 1, updated_at = clock_timestamp()
  where m.tenant_id = p_tenant_id and m.month = v_month and m.spent_usd + v_most <= v_budget;
  if not found then
    update public.ai_months as m set refused = m.refused + 1, updated_at = clock_timestamp()
    where m.tenant_id = p_tenant_id and m.month = v_month;
    return null;
  end if;
  insert into public.ai_calls (tenant_id, month, purpose, case_id, model, prompt_version, most_usd)
  values (p_tenant_id, v_month, p_call ->> 'purpose', nullif(p_call ->> 'case_id', '')::uuid, p_call ->> 'model',
    p_call ->> 'prompt_version', v_most)
  returning id into v_id;
  return v_id;
end
$$;
comment on function private.reserve_ai_call(uuid, jsonb) is
'Definer, for workers: books the most a call may cost and returns its id; null when the tenant wants no model, is not '
'active, or its budget of the month does not reach.';

create function private.settle_ai_call(p_tenant_id uuid, p_call_id uuid, p_result jsonb) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_call public.ai_calls%rowtype;
begin
  update public.ai_calls as c
  set cost_usd = (p_result ->> 'cost_usd')::numeric, tokens_in = (p_result ->> 'tokens_in')::integer,
    tokens_out = (p_result ->> 'tokens_out')::integer, outcome = left(p_result ->> 'outcome', 60),
    finished_at = clock_timestamp()
  where c.tenant_id = p_tenant_id and c.id = p_call_id and c.finished_at is null
  returning c.* into v_call;
  if not found then
    return false;
  end if;
  update public.ai_months as m
  set spent_usd = m.spent_usd + coalesce(v_call.cost_usd, v_call.most_usd) - v_call.most_usd,
    updated_at = clock_timestamp()
  where m.tenant_id = p_tenant_id and m.month = v_call.month;
  return true;
end
$$;
comment on function private.settle_ai_call(uuid, uuid, jsonb) is
'Definer, for workers: what a reserved call came to, once. Without a cost the reservation stays booked in full: the '
'provider may have billed it.';

create function private.set_ai_budget(p_tenant_id uuid, p_usd numeric) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.tenant_settings as s set ai_budget_usd = p_usd where s.tenant_id = p_tenant_id;
  perform private.audit(p_tenant_id, 'tenant.ai_budget_set', 'tenant', p_tenant_id::text,
    jsonb_build_object('usd', p_usd));
end
$$;
comment on function private.set_ai_budget(uuid, numeric) is
'Definer, for the platform: what a tenant''s model calls may cost a month.';

-- ── memory ───────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.keep_knowledge(p_tenant_id uuid, p_knowledge jsonb) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_digest bytea := sha256(convert_to(p_knowledge::text, 'UTF8'));
begin
  if p_knowledge is null then
    return null;
  end if;
  -- Nearly always it is there: looking first spares the claim a write.
  if not exists (
    select from private.decision_knowledge as k where k.tenant_id = p_tenant_id and k.digest = v_digest) then
    insert into private.decision_knowledge (tenant_id, digest, knowledge) values (p_tenant_id, v_digest, p_knowledge)
    on conflict (tenant_id, digest) do nothing;
  end if;
  return encode(v_digest, 'hex');
end
$$;
comment on function private.keep_knowledge(uuid, jsonb) is
'Definer: stores a state of a tenant''s knowledge unless it is stored already; its digest in hex.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table public.ai_months enable row level security;
alter table public.ai_months force row level security;
alter table public.ai_calls enable row level security;
alter table public.ai_calls force row level security;
alter table private.decision_knowledge enable row level security;
alter table private.decision_knowledge force row level security;

create policy ai_months_select_staff on public.ai_months for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy ai_calls_select_staff on public.ai_calls for select to authenticated
using (tenant_id = (select private.current_tenant()));

revoke all on public.ai_months, public.ai_calls, private.decision_knowledge
from public, anon, authenticated, service_role;
grant select on public.ai_months, public.ai_calls to authenticated, service_role;
grant execute on function private.reserve_ai_call(uuid, jsonb), private.settle_ai_call(uuid, uuid, jsonb)
to parley_worker, parley_shadow;
grant execute on function private.set_ai_budget(uuid, numeric) to service_role;
