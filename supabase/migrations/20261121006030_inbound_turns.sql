-- Chapter: inbound, turns. Whose work a claim takes; for every queue.
--
--   after the tenant served last ──▶ the next ones in order of id that have something due, around once
--
-- A claim divides what it may take among these. However much one of them has waiting, the others get their share.
--
-- A row whose time has not come is in the way of that search: a tenant must be asked to find out that it has nothing.
-- The first claim that meets such a row puts it off (is_later), into an index in order of time; the first one after its
-- time fetches it back. So a claim costs as much as there are tenants with something due, whoever has plans.
--
--   written ──▶ met before its time ──▶ is_later ──▶ its time has come ──▶ back in the queue ──▶ claimed

create function private.fetch_back(p_queue regclass, p_watermark timestamptz) returns void
language plpgsql volatile set search_path = '' as $$
begin
  if p_queue = 'private.inbound_work'::regclass then
    update private.inbound_work as w set is_later = false
    where w.ctid = any(array(
      select l.ctid from private.inbound_work as l
      where l.is_later and l.lease_until is null and l.run_at <= clock_timestamp() and l.run_at >= p_watermark
      order by l.run_at limit 500 for update skip locked));
  elsif p_queue = 'private.outbound_work'::regclass then
    update private.outbound_work as w set is_later = false
    where w.ctid = any(array(
      select l.ctid from private.outbound_work as l
      where l.is_later and l.lease_until is null and l.run_at <= clock_timestamp() and l.run_at >= p_watermark
      order by l.run_at limit 500 for update skip locked));
  elsif p_queue = 'private.insight_work'::regclass then
    update private.insight_work as w set is_later = false
    where w.ctid = any(array(
      select l.ctid from private.insight_work as l
      where l.is_later and l.lease_until is null and l.run_at <= clock_timestamp() and l.run_at >= p_watermark
      order by l.run_at limit 500 for update skip locked));
  elsif p_queue = 'private.moderation_work'::regclass then
    update private.moderation_work as w set is_later = false
    where w.ctid = any(array(
      select l.ctid from private.moderation_work as l
      where l.is_later and l.lease_until is null and l.run_at <= clock_timestamp() and l.run_at >= p_watermark
      order by l.run_at limit 500 for update skip locked));
  end if;
end
$$;
comment on function private.fetch_back(regclass, timestamptz) is
'Inside a claim: rows that were put off and whose time has come are in the queue again, oldest first, at most '
'500 at once.';

create function private.put_off(p_queue regclass, p_tenants uuid[]) returns void
language plpgsql volatile set search_path = '' as $$
begin
  if p_queue = 'private.inbound_work'::regclass then
    update private.inbound_work as w set is_later = true
    where w.ctid = any(array(
      select l.ctid from private.inbound_work as l
      where l.tenant_id = any(p_tenants) and not l.is_later and l.lease_until is null and l.run_at > clock_timestamp()
      limit 1000 for update skip locked));
  elsif p_queue = 'private.outbound_work'::regclass then
    update private.outbound_work as w set is_later = true
    where w.ctid = any(array(
      select l.ctid from private.outbound_work as l
      where l.tenant_id = any(p_tenants) and not l.is_later and l.lease_until is null and l.run_at > clock_timestamp()
      limit 1000 for update skip locked));
  elsif p_queue = 'private.insight_work'::regclass then
    update private.insight_work as w set is_later = true
    where w.ctid = any(array(
      select l.ctid from private.insight_work as l
      where l.tenant_id = any(p_tenants) and not l.is_later and l.lease_until is null and l.run_at > clock_timestamp()
      limit 1000 for update skip locked));
  elsif p_queue = 'private.moderation_work'::regclass then
    update private.moderation_work as w set is_later = true
    where w.ctid = any(array(
      select l.ctid from private.moderation_work as l
      where l.tenant_id = any(p_tenants) and not l.is_later and l.lease_until is null and l.run_at > clock_timestamp()
      limit 1000 for update skip locked));
  end if;
end
$$;
comment on function private.put_off(regclass, uuid[]) is
'Inside a claim: rows of these tenants whose time has not come are out of the way until it has, at most 1,000 '
'at once. It changes where a row is looked for, never what it is: a row not put off yet is as true.';

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
  v_early uuid[] := '{}';
begin
  perform private.fetch_back(p_queue, p_watermark);
  -- A skip scan: one index probe per tenant, however many rows one of them has waiting. A tenant whose earliest row is
  -- for later takes nobody's place, and no more does one with nothing but suspects, who go one at a time.
  while cardinality(v_tenants) < least(p_most, 64) loop
    if p_queue = 'private.inbound_work'::regclass then
      select w.tenant_id, w.run_at into v_tenant, v_run_at from private.inbound_work as w
      where w.tenant_id > v_tenant and not w.is_later and w.run_at >= p_watermark
        and (w.lease_until is null or w.lease_until < clock_timestamp())
        and w.expiries + (w.lease_until is not null)::integer < 3
      order by w.tenant_id, w.run_at limit 1;
    elsif p_queue = 'private.outbound_work'::regclass then
      select w.tenant_id, w.run_at into v_tenant, v_run_at from private.outbound_work as w
      where w.tenant_id > v_tenant and not w.is_later and w.run_at >= p_watermark
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
    elsif p_queue = 'private.word_work'::regclass then
      select w.tenant_id, w.run_at into v_tenant, v_run_at from private.word_work as w
      where w.tenant_id > v_tenant and (w.lease_until is null or w.lease_until < clock_timestamp())
      order by w.tenant_id, w.run_at limit 1;
    elsif p_queue = 'private.moderation_work'::regclass then
      select w.tenant_id, w.run_at into v_tenant, v_run_at from private.moderation_work as w
      where w.tenant_id > v_tenant and not w.is_later and w.run_at >= p_watermark
        and (w.lease_until is null or w.lease_until < clock_timestamp())
        and w.expiries + (w.lease_until is not null)::integer < 3
      order by w.tenant_id, w.run_at limit 1;
    elsif p_queue = 'private.notification_pushes'::regclass then
      select w.tenant_id, w.run_at into v_tenant, v_run_at from private.notification_pushes as w
      where w.tenant_id > v_tenant and w.status = 'waiting'
        and (w.lease_until is null or w.lease_until < clock_timestamp())
      order by w.tenant_id, w.run_at limit 1;
    else
      select w.tenant_id, w.run_at into v_tenant, v_run_at from private.insight_work as w
      where w.tenant_id > v_tenant and not w.is_later and w.run_at >= p_watermark
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
      if v_run_at > clock_timestamp() then
        v_early := v_early || v_tenant;
      elsif v_tenant <> all(p_except) then
        v_tenants := v_tenants || v_tenant;
      end if;
    end if;
  end loop;
  if v_early <> '{}' then
    perform private.put_off(p_queue, v_early);
  end if;
  return v_tenants;
end
$$;
comment on function private.waiting_tenants(regclass, integer, uuid, uuid[], timestamptz) is
'Definer: tenants with work that is due, in turn, starting after the one served last, without those the worker has '
'its fill of. Nobody''s flood hides another''s message.';
