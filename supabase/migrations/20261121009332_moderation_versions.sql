-- Chapter: moderation, versions of the policy: put, activate, switch off, compare. Admins; each step is audited and
-- counts for the next message at once. What is being judged meanwhile is judged again, see private.record_verdict().
--
--   put ─▶ version n (append-only) ─ activate ─▶ active_moderation ─ activate n - 1 ─▶ a rollback, on record
--                                                       └─ switch off ─▶ no row: nothing is moderated

create function private.expect_moderation(p_tenant_id uuid, p_expected_version integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_active integer;
begin
  perform from public.tenant_settings as s where s.tenant_id = p_tenant_id for no key update;
  v_active := coalesce(
    (select a.version from public.active_moderation as a where a.tenant_id = p_tenant_id), 0);
  if p_expected_version <> v_active then
    raise exception 'another policy is in force now: version %', v_active using errcode = 'PT409',
      detail = jsonb_build_object('code', 'policy_moved', 'field', 'expected_version', 'active_version', v_active)::text,
      hint = 'Read it, and decide again; 0 stands for none.';
  end if;
  return v_active;
end
$$;
comment on function private.expect_moderation(uuid, integer) is
'Definer: the version in force (0: none), held until the transaction ends: two admins do not overwrite each other.';

create function private.activate_moderation(p_tenant_id uuid, p_version integer, p_before integer) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  if p_version <> p_before then
    insert into public.active_moderation (tenant_id, version, activated_by)
    values (p_tenant_id, p_version, private.actor())
    on conflict (tenant_id) do update
    set version = excluded.version, activated_by = excluded.activated_by, activated_at = clock_timestamp();
    perform private.audit(p_tenant_id, case when p_version < p_before then 'moderation_policy.rolled_back'
      else 'moderation_policy.activated' end, 'moderation_policy', p_version::text,
      jsonb_build_object('from', nullif(p_before, 0)));
  end if;
  return jsonb_build_object('tenant_id', p_tenant_id, 'version', p_version, 'active_version', p_version,
    'previous_version', nullif(p_before, 0));
end
$$;
comment on function private.activate_moderation(uuid, integer, integer) is
'Definer: puts a version in force, on record; p_before is what expect_moderation() said.';

create function private.add_moderation_policy(
  p_tenant_id uuid, p_document jsonb, p_note text, p_activate boolean, p_expected_version integer
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_before integer;
  v_version integer;
begin
  perform private.check_moderation_document(p_document);
  if length(p_note) not between 1 and 500 then
    raise exception 'a note has 1 to 500 characters' using errcode = 'PT422',
      detail = '{"code": "bad_length", "field": "note"}', hint = 'Shorten it, or leave it out.';
  end if;
  v_before := private.expect_moderation(p_tenant_id, p_expected_version);
  v_version := 1 + coalesce((
    select max(p.version) from public.moderation_policies as p where p.tenant_id = p_tenant_id), 0);
  insert into public.moderation_policies (tenant_id, version, document, note, created_by)
  values (p_tenant_id, v_version, p_document, p_note, private.actor());
  perform private.audit(p_tenant_id, 'moderation_policy.added', 'moderation_policy', v_version::text,
    jsonb_strip_nulls(jsonb_build_object('note', p_note)));
  if coalesce(p_activate, true) then
    return private.activate_moderation(p_tenant_id, v_version, v_before);
  end if;
  return jsonb_build_object('tenant_id', p_tenant_id, 'version', v_version, 'active_version', nullif(v_before, 0),
    'previous_version', nullif(v_before, 0));
end
$$;
comment on function private.add_moderation_policy(uuid, jsonb, text, boolean, integer) is
'Definer, for the owner''s command line and the function of clients: a new version, checked, on record, and (unless '
'told otherwise) in force.';

create function private.choose_moderation_policy(p_tenant_id uuid, p_version integer, p_expected_version integer)
returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_before integer := private.expect_moderation(p_tenant_id, p_expected_version);
begin
  if not exists (
    select from public.moderation_policies as p where p.tenant_id = p_tenant_id and p.version = p_version) then
    return private.not_found('moderation policy');
  end if;
  return private.activate_moderation(p_tenant_id, p_version, v_before);
end
$$;
comment on function private.choose_moderation_policy(uuid, integer, integer) is
'Definer, for the same two: a version that exists is in force from now on.';

create function private.end_moderation(p_tenant_id uuid, p_expected_version integer) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_before integer := private.expect_moderation(p_tenant_id, p_expected_version);
begin
  delete from public.active_moderation as a where a.tenant_id = p_tenant_id;
  if v_before > 0 then
    perform private.audit(p_tenant_id, 'moderation_policy.switched_off', 'moderation_policy', v_before::text);
  end if;
  return jsonb_build_object('tenant_id', p_tenant_id, 'version', null, 'active_version', null, 'previous_version',
    nullif(v_before, 0));
end
$$;
comment on function private.end_moderation(uuid, integer) is
'Definer, for the same two: nothing is moderated from now on; the versions stay.';

create function private.document_leaves(p_document jsonb) returns table (path text, value jsonb)
language sql immutable set search_path = '' as $$
  with recursive parts as (
    select ''::text as path, p_document as value
    union all
    select concat_ws('.', nullif(parts.path, ''), e.key), e.value
    from parts, jsonb_each(case jsonb_typeof(parts.value) when 'object' then parts.value else '{}' end) as e
  )
  select parts.path, parts.value from parts
  where jsonb_typeof(parts.value) <> 'object' or parts.value = '{}'
$$;
comment on function private.document_leaves(jsonb) is
'A document as paths and values; a list is one value.';

create function private.compare_moderation_policies(p_tenant_id uuid, p_from integer, p_to integer) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_from jsonb := (
    select p.document from public.moderation_policies as p where p.tenant_id = p_tenant_id and p.version = p_from);
  v_to jsonb := (
    select p.document from public.moderation_policies as p where p.tenant_id = p_tenant_id and p.version = p_to);
begin
  if v_from is null or v_to is null then
    return private.not_found('moderation policy');
  end if;
  return jsonb_build_object('from_version', p_from, 'to_version', p_to, 'changes', (
    select coalesce(jsonb_agg(jsonb_build_object('path', path, 'from', a.value, 'to', b.value) order by path), '[]')
    from private.document_leaves(v_from) as a full join private.document_leaves(v_to) as b using (path)
    where a.value is distinct from b.value));
end
$$;
comment on function private.compare_moderation_policies(uuid, integer, integer) is
'Definer: what differs between two versions, by path; null where one of them says nothing.';

-- ── what clients call ────────────────────────────────────────────────────────────────────────────────────────────

create function private.put_moderation_policy(
  p_document jsonb, p_note text, p_activate boolean, p_expected_version integer
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  return private.add_moderation_policy(private.authorize('admin'), p_document, p_note, p_activate, p_expected_version);
end
$$;
comment on function private.put_moderation_policy(jsonb, text, boolean, integer) is
'Definer: add_moderation_policy() for an admin.';

create function private.activate_moderation_policy(p_version integer, p_expected_version integer) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  return private.choose_moderation_policy(private.authorize('admin'), p_version, p_expected_version);
end
$$;
comment on function private.activate_moderation_policy(integer, integer) is
'Definer: choose_moderation_policy() for an admin.';

create function private.switch_moderation_off(p_expected_version integer) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  return private.end_moderation(private.authorize('admin'), p_expected_version);
end
$$;
comment on function private.switch_moderation_off(integer) is 'Definer: end_moderation() for an admin.';

create function private.diff_moderation_policies(p_from_version integer, p_to_version integer) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  return private.compare_moderation_policies(private.authorize('read'), p_from_version, p_to_version);
end
$$;
comment on function private.diff_moderation_policies(integer, integer) is
'Definer: compare_moderation_policies() for the staff.';

create function public.put_moderation_policy(
  p_document jsonb, p_note text default null, p_activate boolean default true, p_expected_version integer default null
) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.put_moderation_policy(p_document, p_note, p_activate, p_expected_version); end;
comment on function public.put_moderation_policy(jsonb, text, boolean, integer) is
'A new version of the moderation policy, in force from the next message on unless p_activate is false. With '
'p_expected_version (0: none) only if that version is in force, else 409. Admins.';

create function public.activate_moderation_policy(p_version integer, p_expected_version integer default null)
returns jsonb
language sql volatile set search_path = ''
begin atomic select private.activate_moderation_policy(p_version, p_expected_version); end;
comment on function public.activate_moderation_policy(integer, integer) is
'Put a version in force again: back to an older one, or on to one that was only added. Admins.';

create function public.switch_moderation_off(p_expected_version integer default null) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.switch_moderation_off(p_expected_version); end;
comment on function public.switch_moderation_off(integer) is
'Moderate nothing from the next message on; the versions stay and can be activated again. Admins.';

create function public.diff_moderation_policies(p_from_version integer, p_to_version integer) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.diff_moderation_policies(p_from_version, p_to_version); end;
comment on function public.diff_moderation_policies(integer, integer) is
'What differs between two versions of the moderation policy: [{path, from, to}]. Staff.';

grant execute on function private.put_moderation_policy(jsonb, text, boolean, integer),
public.put_moderation_policy(jsonb, text, boolean, integer), private.activate_moderation_policy(integer, integer),
public.activate_moderation_policy(integer, integer), private.switch_moderation_off(integer),
public.switch_moderation_off(integer), private.diff_moderation_policies(integer, integer),
public.diff_moderation_policies(integer, integer) to authenticated;
