-- Chapter: tenancy, part three. What happened and what was refused.
--
--   every client write ──▶ audit_log (append-only) ──▶ audit_checkpoints (a digest chain per tenant, by the
-- housekeeper)
--   a named foreign id  ──▶ private.deny() ──▶ access_denials + 404 that reads like "missing"
--
-- A table owner can always disable a trigger, so the log promises evidence, not impossibility:
-- private.verify_audit() recomputes the chain, and exported heads prove what a digest was on a given day.

-- ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

create table private.feed_epochs (
  one boolean not null default true,
  epoch integer not null default 1,
  constraint feed_epochs_one_pkey primary key (one),
  constraint feed_epochs_one_check check (one)
);
comment on table private.feed_epochs is
'Raised by restore and import: transaction ids of a restored cluster restart, so a feed cursor is (epoch, xid, id).';
insert into private.feed_epochs default values;

create table public.audit_log (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  at timestamptz not null default clock_timestamp(),
  actor text not null,
  action text not null,
  object_kind text not null,
  object_id text,
  details jsonb not null default '{}',
  feed_epoch integer not null,
  xid xid8 not null default pg_current_xact_id(),
  constraint audit_log_tenant_id_id_pkey primary key (tenant_id, id),
  constraint audit_log_tenant_id_fkey foreign key (tenant_id) references public.tenants (id)
);
comment on table public.audit_log is 'Who did what to which object. Append-only; ids and facts, never message bodies.';
comment on column public.audit_log.xid is
'Transaction that wrote the row; orders the digest chain together with feed_epoch and id.';

create table public.audit_checkpoints (
  tenant_id uuid not null,
  number bigint not null,
  at timestamptz not null default now(),
  feed_epoch integer not null,
  from_xid xid8 not null,
  until_xid xid8 not null,
  rows_covered bigint not null,
  digest bytea not null,
  constraint audit_checkpoints_tenant_id_number_pkey primary key (tenant_id, number),
  constraint audit_checkpoints_tenant_id_fkey foreign key (tenant_id) references public.tenants (id)
);
comment on table public.audit_checkpoints is
'SHA-256 chain over audit_log: digest = sha256(previous digest, every row with from_xid <= xid < until_xid in order).';

create table public.access_denials (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  at timestamptz not null default now(),
  actor text not null,
  actor_tenant_id uuid,
  surface text not null,
  action text not null,
  object_kind text not null,
  object_id text not null,
  constraint access_denials_tenant_id_id_pkey primary key (tenant_id, id),
  constraint access_denials_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint access_denials_surface_check check (surface in ('api', 'rpc', 'storage', 'realtime', 'worker'))
);
comment on table public.access_denials is
'Attempts to reach an object of this tenant from outside it. tenant_id is the tenant that was protected.';
comment on column public.access_denials.actor_tenant_id is 'Where the attempt came from; shown to no client.';

-- ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────────────

create index audit_log_tenant_id_at_idx on public.audit_log (tenant_id, at desc, id desc);
create index audit_log_tenant_id_feed_epoch_xid_idx on public.audit_log (tenant_id, feed_epoch, xid, id);
create index audit_log_tenant_id_object_idx on public.audit_log (tenant_id, object_kind, object_id, at desc, id desc);
create index audit_log_tenant_id_actor_idx on public.audit_log (tenant_id, actor, at desc, id desc);
create index audit_log_tenant_id_action_idx on public.audit_log (tenant_id, action, at desc, id desc);
create index access_denials_tenant_id_at_idx on public.access_denials (tenant_id, at desc, id desc);

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.feed_epoch() returns integer
language sql stable security definer set search_path = '' as $$ select e.epoch from private.feed_epochs as e $$;
comment on function private.feed_epoch() is 'Definer: the epoch of this cluster, the first part of every feed cursor.';
alter table public.audit_log alter column feed_epoch set default private.feed_epoch();

create function private.audit(
  p_tenant_id uuid, p_action text, p_object_kind text, p_object_id text, p_details jsonb default '{}'
) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into public.audit_log (tenant_id, actor, action, object_kind, object_id, details)
  values (p_tenant_id, private.actor(), p_action, p_object_kind, p_object_id, p_details);
end
$$;
comment on function private.audit(uuid, text, text, text, jsonb) is
'Definer: the one way into the audit log. Called by the functions that change something.';

create function private.audit_digest(p_previous bytea, p_tenant_id uuid, p_epoch integer, p_from xid8, p_until xid8)
returns table (digest bytea, rows_covered bigint)
language sql stable security definer set search_path = '' as $$
  select
    sha256(coalesce(p_previous, ''::bytea) || coalesce(string_agg(sha256(convert_to(jsonb_build_array(
      a.tenant_id, a.id, extract(epoch from a.at), a.actor, a.action, a.object_kind, a.object_id, a.details, a.xid::text
    )::text, 'UTF8')), ''::bytea order by a.xid, a.id), ''::bytea)),
    count(*)
  from public.audit_log as a
  where a.tenant_id = p_tenant_id and a.feed_epoch = p_epoch and a.xid >= p_from and a.xid < p_until
$$;
comment on function private.audit_digest(bytea, uuid, integer, xid8, xid8) is
'Definer: one link of a tenant''s digest chain over a closed range of transactions.';

create function private.checkpoint_audit(p_tenant_id uuid) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_last public.audit_checkpoints%rowtype;
  v_epoch integer := private.feed_epoch();
  v_until xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_from xid8 := '0';
  v_link record;
begin
  perform pg_advisory_xact_lock(hashtextextended('audit:' || p_tenant_id::text, 0));
  select c.* into v_last from public.audit_checkpoints as c
  where c.tenant_id = p_tenant_id order by c.number desc limit 1;
  if v_last.feed_epoch = v_epoch then
    v_from := v_last.until_xid;
  end if;
  select d.* into v_link from private.audit_digest(v_last.digest, p_tenant_id, v_epoch, v_from, v_until) as d;
  if v_link.rows_covered > 0 then
    insert into public.audit_checkpoints (tenant_id, number, feed_epoch, from_xid, until_xid, rows_covered, digest)
    values (p_tenant_id, coalesce(v_last.number, 0) + 1, v_epoch, v_from, v_until, v_link.rows_covered, v_link.digest);
  end if;
  return v_link.rows_covered;
end
$$;
comment on function private.checkpoint_audit(uuid) is
'Definer, for the housekeeper: seals all finished audit rows not yet sealed; returns how many.';

create function private.verify_audit(p_tenant_id uuid)
returns table (number bigint, at timestamptz, intact boolean, digest bytea)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_point public.audit_checkpoints%rowtype;
  v_previous bytea;
  v_link record;
  v_expired bigint := coalesce((
    select max((a.details ->> 'through')::bigint) from public.audit_log as a
    where a.tenant_id = p_tenant_id and a.action = 'audit.expired'), 0);
begin
  for v_point in
    select c.* from public.audit_checkpoints as c where c.tenant_id = p_tenant_id order by c.number
  loop
    select d.* into v_link
    from private.audit_digest(v_previous, p_tenant_id, v_point.feed_epoch, v_point.from_xid, v_point.until_xid) as d;
    number := v_point.number;
    at := v_point.at;
    intact := case when v_point.number > v_expired
      then v_link.digest = v_point.digest and v_link.rows_covered = v_point.rows_covered end;
    digest := v_point.digest;
    return next;
    v_previous := v_point.digest;
  end loop;
end
$$;
comment on function private.verify_audit(uuid) is
'Definer, for DBAs: recomputes the chain and says per checkpoint whether its rows are as they were sealed; null '
'where retention took them, as a row of the log says.';

create function private.log_denial(
  p_tenant_id uuid, p_surface text, p_action text, p_object_kind text, p_object_id text
) returns void
language sql volatile security definer set search_path = '' as $$
  insert into public.access_denials (tenant_id, actor, actor_tenant_id, surface, action, object_kind, object_id)
  values (p_tenant_id, private.actor(), private.claimed_tenant(), p_surface, p_action, p_object_kind, p_object_id)
$$;
comment on function private.log_denial(uuid, text, text, text, text) is
'Definer: keeps one refused attempt. If it cannot write, the caller''s request fails: denied AND logged, or not '
'answered.';

create function private.not_found(p_object_kind text) returns jsonb
language plpgsql volatile set search_path = '' as $$
begin
  perform set_config('response.status', '404', true);
  return jsonb_build_object(
    'code', 'not_found', 'message', 'No such ' || p_object_kind || '.', 'details', null,
    'hint', 'Check the id, and that you work in the right tenant.'
  );
end
$$;
comment on function private.not_found(text) is
'The one answer for a missing and for a foreign object, byte for byte. An object, not an error: a raise would roll '
'the denial back.';

create function private.tg_audit_log__refuse() returns trigger
language plpgsql set search_path = '' as $$
begin
  if current_setting('parley.retention', true) = 'on' and tg_op = 'DELETE' then
    return old;
  end if;
  raise exception 'the audit log is append-only'
    using errcode = 'PT405', detail = '{"code": "append_only"}',
      hint = 'Retention goes through private.expire_audit().';
end
$$;
comment on function private.tg_audit_log__refuse() is 'Refuses every change to the log but the retention definer''s.';

create function private.expire_audit(p_tenant_id uuid, p_before timestamptz) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_rows bigint;
  v_through bigint;
begin
  if p_before > now() - interval '30 days' then
    raise exception 'audit rows are kept for at least 30 days'
      using errcode = 'PT422', detail = '{"code": "retention_too_short", "field": "p_before"}',
      hint = 'Name an earlier day.';
  end if;
  perform set_config('parley.retention', 'on', true);
  -- Whole sealed links only: what is left of the chain can still be verified.
  select max(c.number) into v_through from public.audit_checkpoints as c where c.tenant_id = p_tenant_id
    and c.at < p_before;
  delete from public.audit_log as a using public.audit_checkpoints as c
  where c.tenant_id = p_tenant_id and c.number <= v_through and a.tenant_id = c.tenant_id
    and a.feed_epoch = c.feed_epoch and a.xid >= c.from_xid and a.xid < c.until_xid;
  get diagnostics v_rows = row_count;
  perform set_config('parley.retention', 'off', true);
  perform private.audit(p_tenant_id, 'audit.expired', 'audit_log', null,
    jsonb_build_object('before', p_before, 'rows', v_rows, 'through', v_through));
  return v_rows;
end
$$;
comment on function private.expire_audit(uuid, timestamptz) is
'Definer, for the owner only: the single road of retention for the audit log; leaves a row that says so.';

-- ── triggers ─────────────────────────────────────────────────────────────────────────────────────────────────────

create trigger audit_log_100_refuse before update or delete on public.audit_log
for each row execute function private.tg_audit_log__refuse();
create trigger audit_log_110_refuse_truncate before truncate on public.audit_log
for each statement execute function private.tg_any__refuse();
create trigger audit_checkpoints_100_refuse before update or delete on public.audit_checkpoints
for each row execute function private.tg_any__refuse();
create trigger audit_checkpoints_110_refuse_truncate before truncate on public.audit_checkpoints
for each statement execute function private.tg_any__refuse();
create trigger access_denials_100_refuse before update or delete on public.access_denials
for each row execute function private.tg_any__refuse();
create trigger access_denials_110_refuse_truncate before truncate on public.access_denials
for each statement execute function private.tg_any__refuse();

-- ── policies ─────────────────────────────────────────────────────────────────────────────────────────────────────

alter table private.feed_epochs enable row level security;
alter table private.feed_epochs force row level security;
alter table public.audit_log enable row level security;
alter table public.audit_log force row level security;
alter table public.audit_checkpoints enable row level security;
alter table public.audit_checkpoints force row level security;
alter table public.access_denials enable row level security;
alter table public.access_denials force row level security;

create policy feed_epochs_select_worker on private.feed_epochs for select to parley_worker using (true);
create policy audit_log_select_admin on public.audit_log for select to authenticated
using (tenant_id = (select private.current_tenant()) and (select private.is_admin()));
create policy audit_checkpoints_select_admin on public.audit_checkpoints for select to authenticated
using (tenant_id = (select private.current_tenant()) and (select private.is_admin()));
create policy access_denials_select_admin on public.access_denials for select to authenticated
using (tenant_id = (select private.current_tenant()) and (select private.is_admin()));

-- ── views ────────────────────────────────────────────────────────────────────────────────────────────────────────

create view public.admin_users with (security_invoker = on) as
select
  m.tenant_id,
  m.user_id as id,
  m.user_id,
  m.role,
  m.display_name as name,
  m.created_at
from public.tenant_members as m
where m.role in ('owner', 'admin');
comment on view public.admin_users is 'Owners and admins of a tenant, under the name the older documents use.';

create view public.admin_activity_log with (security_invoker = on) as
select
  a.tenant_id,
  a.id,
  a.actor as admin_user_id,
  a.action,
  a.object_kind as entity_type,
  a.object_id as entity_id,
  a.details,
  a.at as created_at
from public.audit_log as a;
comment on view public.admin_activity_log is 'The audit log under the name the older documents use.';

-- ── grants ───────────────────────────────────────────────────────────────────────────────────────────────────────

revoke all on public.audit_log, public.audit_checkpoints, public.access_denials, public.admin_users,
public.admin_activity_log, private.feed_epochs from public, anon, authenticated, service_role;
grant select on public.audit_log, public.audit_checkpoints, public.admin_users, public.admin_activity_log
to authenticated, service_role;
grant select (tenant_id, id, at, surface, action, object_kind, object_id) on public.access_denials to authenticated;
grant select on public.access_denials to service_role;
grant select on private.feed_epochs to parley_worker;

grant execute on function private.feed_epoch() to authenticated, service_role, parley_worker;
grant execute on function private.checkpoint_audit(uuid) to parley_worker;
grant execute on function private.verify_audit(uuid) to service_role;
grant execute on function private.log_denial(uuid, text, text, text, text) to parley_api, parley_worker;
grant execute on function private.not_found(text) to authenticated, service_role;
