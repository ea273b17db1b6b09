-- Chapter: inbound, turns. Whose work a claim takes; for every queue.
--
--   after the tenant served last ──▶ the next ones in order of id that have something due, around once
--
-- A claim divides what it may take among these. However much one of them has waiting, the others get their share.

create function private.waiting_tenants(
  p_queue regclass, p_most integer, p_after uuid, p_except uuid[] default '{}',
  p_watermark timestamptz default '-infinity'
) returns uuid[]
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenants uuid[] := '{}';
  v_tenant uuid := coalesce(p_after, '00000000-0000-0000-0000-000000000000');
  v_run_at timestamptz;
  v_wrapped boolean := p_after is null;
begin
  -- A skip scan: one index probe per tenant, however many rows one of them has waiting. A tenant whose earliest row is
  -- for later takes nobody's place, and no more does one with nothing but suspects, who go one at a time.
  while cardinality(v_tenants) < least(p_most, 64) loop
    if p_queue = 'private.inbound_work'::regclass then
      select w.tenant_id, w.run_at into v_tenant, v_run_at from private.inbound_work as w
      where w.tenant_id > v_tenant and w.run_at >= p_watermark
        and (w.lease_until is null or w.lease_until < clock_timestamp())
        and w.expiries + (w.lease_until is not null)::integer < 3
      order by w.tenant_id, w.run_at limit 1;
    elsif p_queue = 'private.outbound_work'::regclass then
      select w.tenant_id, w.run_at into v_tenant, v_run_at from private.outbound_work as w
      where w.tenant_id > v_tenant and w.run_at >= p_watermark
        and (w.lease_until is null or w.lease_until < clock_timestamp())
        and w.expiries + (w.lease_until is not null)::integer < 3
      order by w.tenant_id, w.run_at limit 1;
    elsif p_queue = 'private.webhook_work'::regclass then
      -- Its order is by account and number: whether a call is due, the claim sees for itself.
      select w.tenant_id, '-infinity' into v_tenant, v_run_at from private.webhook_work as w
      where w.tenant_id > v_tenant order by w.tenant_id limit 1;
    elsif p_queue = 'private.attachment_work'::regclass then
      select w.tenant_id, w.run_at into v_tenant, v_run_at from private.attachment_work as w
      where w.tenant_id > v_tenant and (w.lease_until is null or w.lease_until < clock_timestamp())
      order by w.tenant_id, w.run_at limit 1;
    elsif p_queue = 'private.notification_pushes'::regclass then
      select w.tenant_id, w.run_at into v_tenant, v_run_at from private.notification_pushes as w
      where w.tenant_id > v_tenant and w.status = 'waiting'
        and (w.lease_until is null or w.lease_until < clock_timestamp())
      order by w.tenant_id, w.run_at limit 1;
    else
      select w.tenant_id, w.run_at into v_tenant, v_run_at from private.insight_work as w
      where w.tenant_id > v_tenant and w.run_at >= p_watermark
        and (w.lease_until is null or w.lease_until < clock_timestamp())
        and w.expiries + (w.lease_until is not null)::integer < 3
      order by w.tenant_id, w.run_at limit 1;
    end if;
    if v_tenant is null then
      exit when v_wrapped;
      v_wrapped := true;
      v_tenant := '00000000-0000-0000-0000-000000000000';
    else
      exit when v_wrapped and v_tenant > p_after;
      if v_run_at <= clock_timestamp() and v_tenant <> all(p_except) then
        v_tenants := v_tenants || v_tenant;
      end if;
    end if;
  end loop;
  return v_tenants;
end
$$;
comment on function private.waiting_tenants(regclass, integer, uuid, uuid[], timestamptz) is
'Definer: tenants with work that is due, in turn, starting after the one served last, without those the worker has '
'its fill of. Nobody''s flood hides another''s message.';
