-- Chapter: outbound, digests. What still has to be recognised after a person was erased, under a salt of the tenant.
--
--   erase_contact ─▶ suppressions become suppression_digests ─▶ a send to the same address asks by its digest
--                 └▶ the audit log keeps digests of addresses, never the addresses

create table private.tenant_salts (
  tenant_id uuid not null,
  salt bytea not null,
  created_at timestamptz not null default clock_timestamp(),
  constraint tenant_salts_tenant_id_pkey primary key (tenant_id),
  constraint tenant_salts_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint tenant_salts_salt_check check (octet_length(salt) = 32)
);
comment on table private.tenant_salts is
'What addresses and ids are digested with once they are erased; made by the first erasure and never shown. Without it '
'a digest says nothing; delete the row and nobody can ever ask again.';

create table private.suppression_digests (
  tenant_id uuid not null,
  kind text not null,
  digest text not null,
  scope text not null,
  reason text not null,
  created_at timestamptz not null default now(),
  constraint suppression_digests_tenant_id_kind_digest_pkey primary key (tenant_id, kind, digest),
  constraint suppression_digests_tenant_id_fkey foreign key (tenant_id) references public.tenants (id),
  constraint suppression_digests_scope_check check (scope in ('all', 'automatic')),
  constraint suppression_digests_digest_check check (digest ~ '^erased:[0-9a-f]{64}$')
);
comment on table private.suppression_digests is
'Suppressions of people who were erased since: their word holds, although nobody can read here who they were.';

create function private.salted_digest(p_tenant_id uuid, p_text text) returns text
language plpgsql stable strict security definer set search_path = '' as $$
begin
  return (
    select 'erased:' || encode(sha256(s.salt || convert_to(p_text, 'UTF8')), 'hex')
    from private.tenant_salts as s where s.tenant_id = p_tenant_id);
end
$$;
comment on function private.salted_digest(uuid, text) is
'Definer: what stands for an erased address or id; null while the tenant has erased nothing.';

create function private.make_salt(p_tenant_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into private.tenant_salts (tenant_id, salt)
  values (p_tenant_id, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
  on conflict (tenant_id) do nothing;
end
$$;
comment on function private.make_salt(uuid) is 'Definer: from now on this tenant''s digests can be made.';

create function private.address_digest(p_tenant_id uuid, p_address text) returns text
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform private.make_salt(p_tenant_id);
  return private.salted_digest(p_tenant_id, p_address);
end
$$;
comment on function private.address_digest(uuid, text) is
'Definer: an address as the audit log keeps it. Who knows the address can find its rows; nobody reads it there.';

create function private.lift_erased(p_tenant_id uuid, p_kind text, p_address text, p_reasons text[] default null)
returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_reason text;
begin
  delete from private.suppression_digests as d
  where d.tenant_id = p_tenant_id and d.kind = p_kind and d.digest = private.salted_digest(p_tenant_id, p_address)
    and (p_reasons is null or d.reason = any(p_reasons))
  returning d.reason into v_reason;
  return v_reason;
end
$$;
comment on function private.lift_erased(uuid, text, text, text[]) is
'Definer: an address whose suppression outlived an erasure may be written to again; why it was not, or null.';

-- ── grants ───────────────────────────────────────────────────────────────────────────────────────────────────────

alter table private.tenant_salts enable row level security;
alter table private.tenant_salts force row level security;
alter table private.suppression_digests enable row level security;
alter table private.suppression_digests force row level security;
revoke all on private.tenant_salts, private.suppression_digests from public, anon, authenticated, service_role;
