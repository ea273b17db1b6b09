-- Chapter: tenancy, part six. What was done and what was refused, to take away: reading it page by page leaves no
-- trace, carrying it off does.
--
--   export_audit(log, filter) ──▶ up to 10,000 rows, newest first, and one row `audit_log.exported`, in one transaction

create function private.export_audit(p_log text, p_filter jsonb, p_limit integer) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_limit integer := least(greatest(coalesce(p_limit, 10000), 1), 10000);
  v_below timestamptz := (p_filter ->> 'below_at')::timestamptz;
  v_found jsonb;
  v_rows integer;
begin
  perform private.check_fields(p_filter, '{actor,action,object_kind,object_id,after,before,below_at,below_id}');
  if p_log = 'denials' then
    select jsonb_agg(jsonb_build_object('id', f.id, 'at', f.at, 'surface', f.surface, 'action', f.action,
      'object_kind', f.object_kind, 'object_id', f.object_id) order by f.at desc, f.id desc)
    into v_found
    from (
      select d.* from public.access_denials as d
      where d.tenant_id = v_tenant
        and (p_filter ->> 'action' is null or d.action = p_filter ->> 'action')
        and (p_filter ->> 'object_kind' is null or d.object_kind = p_filter ->> 'object_kind')
        and (p_filter ->> 'object_id' is null or d.object_id = p_filter ->> 'object_id')
        and (p_filter ->> 'after' is null or d.at >= (p_filter ->> 'after')::timestamptz)
        and (p_filter ->> 'before' is null or d.at < (p_filter ->> 'before')::timestamptz)
        and (v_below is null or (d.at, d.id) < (v_below, (p_filter ->> 'below_id')::uuid))
      order by d.at desc, d.id desc limit v_limit + 1) as f;
  elsif p_log = 'audit' then
    select jsonb_agg(jsonb_build_object('id', f.id, 'at', f.at, 'actor', f.actor, 'action', f.action,
      'object_kind', f.object_kind, 'object_id', f.object_id, 'details', f.details) order by f.at desc, f.id desc)
    into v_found
    from (
      select a.* from public.audit_log as a
      where a.tenant_id = v_tenant
        and (p_filter ->> 'actor' is null or a.actor = p_filter ->> 'actor')
        and (p_filter ->> 'action' is null or a.action = p_filter ->> 'action')
        and (p_filter ->> 'object_kind' is null or a.object_kind = p_filter ->> 'object_kind')
        and (p_filter ->> 'object_id' is null or a.object_id = p_filter ->> 'object_id')
        and (p_filter ->> 'after' is null or a.at >= (p_filter ->> 'after')::timestamptz)
        and (p_filter ->> 'before' is null or a.at < (p_filter ->> 'before')::timestamptz)
        and (v_below is null or (a.at, a.id) < (v_below, (p_filter ->> 'below_id')::uuid))
      order by a.at desc, a.id desc limit v_limit + 1) as f;
  else
    raise exception 'there is no log %', p_log
      using errcode = 'PT422', detail = '{"code": "unknown_log", "field": "log"}', hint = 'It is audit or denials.';
  end if;
  v_rows := coalesce(jsonb_array_length(v_found), 0);
  perform private.audit(v_tenant, 'audit_log.exported', 'tenant', v_tenant::text, jsonb_build_object('log', p_log,
    'filter', jsonb_strip_nulls(p_filter), 'rows', least(v_rows, v_limit)));
  return jsonb_build_object('items', case when v_rows > v_limit then v_found - v_limit else coalesce(v_found, '[]') end,
    'has_more', v_rows > v_limit);
end
$$;
comment on function private.export_audit(text, jsonb, integer) is
'Definer: an admin carries rows of the audit log (audit) or of what was refused (denials) off, newest first; that he '
'did, by which filter and how many, is a row of the log itself. From where an attempt came is in neither.';

create function public.export_audit(p_log text, p_filter jsonb default '{}', p_limit integer default 10000)
returns jsonb language sql volatile set search_path = ''
begin atomic select private.export_audit(p_log, p_filter, p_limit); end;
comment on function public.export_audit(text, jsonb, integer) is
'Rows of the audit log (audit) or of what was refused (denials), newest first, by actor, action, object_kind, '
'object_id, after and before; below_at and below_id of the last row lead on. On record. Admins.';

grant execute on function private.export_audit(text, jsonb, integer),
public.export_audit(text, jsonb, integer) to authenticated;
