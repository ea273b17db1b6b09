-- Chapter: inbound, part seven. Answers by a hosted form: a person without an inbox of ours follows a link and writes.
--
--   create_form_link(): one link per contact, its id is the right to answer
--     GET  form_page()   ──▶ who asks
--     POST accept_form() ──▶ a stored call like any provider's ──▶ the ingress worker ──▶ a message on the channel form
--
-- A link ends after its days or its twentieth answer. What bots fill into the hidden field is counted, not kept.

create table private.form_links (
  tenant_id uuid not null,
  id uuid not null default private.random_id(),
  session_id uuid not null,
  contact_id uuid not null,
  message_id uuid,
  answers integer not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  constraint form_links_tenant_id_id_pkey primary key (tenant_id, id),
  constraint form_links_tenant_id_session_id_fkey foreign key (tenant_id, session_id)
  references public.et_channel_sessions (tenant_id, id),
  constraint form_links_tenant_id_contact_id_fkey foreign key (tenant_id, contact_id)
  references public.contacts (tenant_id, id),
  constraint form_links_tenant_id_message_id_fkey foreign key (tenant_id, message_id)
  references public.et_messages (tenant_id, id)
);
comment on table private.form_links is 'Links by which one contact may answer through a form, without signing in.';
comment on column private.form_links.id is '128 random bits, part of the link: whoever has it speaks as the contact.';
comment on column private.form_links.message_id is 'The message the link was sent with, if any.';

create index form_links_id_idx on private.form_links (id);
create index form_links_tenant_id_session_id_idx on private.form_links (tenant_id, session_id);
create index form_links_tenant_id_contact_id_idx on private.form_links (tenant_id, contact_id);
create index form_links_tenant_id_message_id_idx on private.form_links (tenant_id, message_id);

create trigger form_links_090_refuse_erased before insert on private.form_links
for each row execute function private.tg_any__refuse_erased();

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.create_form_link(p_session_id uuid, p_contact_id uuid, p_message_id uuid, p_days integer)
returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('send');
  v_contact uuid := private.canonical_contact(v_tenant, p_contact_id);
  v_provider text;
  v_id uuid;
  v_until timestamptz := clock_timestamp() + make_interval(days => least(greatest(p_days, 1), 365));
begin
  select s.provider into v_provider from public.et_channel_sessions as s
  where s.tenant_id = v_tenant and s.id = p_session_id and s.status <> 'deleted';
  if v_provider is null then
    return private.deny('channel_session', p_session_id, 'create_form_link');
  elsif v_contact is null then
    return private.deny('contact', p_contact_id, 'create_form_link');
  elsif p_message_id is not null and not exists (
    select from public.et_messages as m
    inner join public.et_threads as t on t.tenant_id = m.tenant_id and t.id = m.thread_id and t.staff_readable
    where m.tenant_id = v_tenant and m.id = p_message_id
      and private.canonical_contact(v_tenant, t.contact_id) = v_contact) then
    return private.deny('message', p_message_id, 'create_form_link');
  elsif v_provider <> 'hosted_form' then
    raise exception 'a form link belongs to an account of a hosted form'
      using errcode = 'PT422', detail = '{"code": "no_form_account", "field": "session_id"}',
        hint = 'Connect one: channel form, provider hosted_form.';
  end if;
  insert into private.form_links (tenant_id, session_id, contact_id, message_id, expires_at)
  values (v_tenant, p_session_id, v_contact, p_message_id, v_until)
  returning id into v_id;
  -- Not the link itself: whoever reads the log must not be able to answer as the contact.
  perform private.audit(v_tenant, 'form_link.created', 'contact', v_contact::text,
    jsonb_build_object('session_id', p_session_id, 'expires_at', v_until));
  return jsonb_build_object('link_id', v_id, 'contact_id', v_contact, 'expires_at', v_until);
end
$$;
comment on function private.create_form_link(uuid, uuid, uuid, integer) is
'Definer: a link by which this contact can answer for so many days (1 to 365), about a message of his if one is named.';

create function private.open_form_link(p_id uuid) returns private.form_links
language sql stable security definer set search_path = '' as $$
  select l.* from private.form_links as l
  inner join public.et_channel_sessions as s on s.tenant_id = l.tenant_id and s.id = l.session_id
  inner join public.tenants as t on t.id = l.tenant_id
  where l.id = p_id and l.expires_at > clock_timestamp() and l.answers < 20
    and s.status <> 'deleted' and t.status <> 'deleted'
  limit 1
$$;
comment on function private.open_form_link(uuid) is 'Definer: the link of this id while it may be answered, else null.';

create function private.form_page(p_id uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('tenant_name', t.name, 'locale', t.locale, 'greeting', c.display_name)
  from private.open_form_link(p_id) as l
  inner join public.tenants as t on t.id = l.tenant_id
  inner join public.contacts as c on c.tenant_id = l.tenant_id and c.id = l.contact_id
$$;
comment on function private.form_page(uuid) is
'Definer, for the edge: what the form shows: who asks, and whom. Null when the link is unknown, over or used up.';

create function private.accept_form(p_id uuid, p_event_id text, p_payload bytea) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_link private.form_links%rowtype;
  v_result text;
begin
  -- One answer after the other: the last place is given to one of those who come at once.
  perform from private.form_links as l where l.id = p_id for no key update;
  select l.* into v_link from private.open_form_link(p_id) as l;
  if v_link.id is null then
    return 'unknown';
  end if;
  v_result := private.store_webhook(v_link.tenant_id, v_link.session_id, v_link.id::text || ':' || p_event_id,
    jsonb_build_object('contact_id', private.canonical_contact(v_link.tenant_id, v_link.contact_id),
      'message_id', v_link.message_id), p_payload);
  if v_result = 'stored' then
    update private.form_links as l set answers = l.answers + 1
    where l.tenant_id = v_link.tenant_id and l.id = v_link.id;
  end if;
  return v_result;
end
$$;
comment on function private.accept_form(uuid, text, bytea) is
'Definer, for the edge: keeps an answer. Who wrote it says the link, not the form. stored, duplicate or unknown.';

create function private.reject_form(p_id uuid) returns void
language sql volatile security definer set search_path = '' as $$
  select private.count_rejection(l.tenant_id, l.session_id, 'honeypot') from private.form_links as l
  where l.id = p_id limit 1
$$;
comment on function private.reject_form(uuid) is
'Definer, for the edge: somebody filled the field that people do not see. Counted.';

create function public.create_form_link(
  p_session_id uuid, p_contact_id uuid, p_message_id uuid default null, p_days integer default 30
) returns jsonb language sql volatile set search_path = ''
begin atomic select private.create_form_link(p_session_id, p_contact_id, p_message_id, p_days); end;
comment on function public.create_form_link(uuid, uuid, uuid, integer) is
'A link to a form by which a contact can answer without an account. Agents, keys with send.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table private.form_links enable row level security;
alter table private.form_links force row level security;
revoke all on private.form_links from public, anon, authenticated, service_role;
grant execute on function private.create_form_link(uuid, uuid, uuid, integer),
public.create_form_link(uuid, uuid, uuid, integer) to authenticated;
grant execute on function private.form_page(uuid), private.accept_form(uuid, text, bytea), private.reject_form(uuid)
to parley_ingress;
