-- Chapter: outbound, part two b. Templates: the texts a provider has approved for an account, and what each asks for.
--
--   health worker ──▶ the adapter's templates() ──▶ record_templates(): what the provider has now, nothing else
--   a send with a template ──▶ template_problem(): asked when it is queued (422) and when it is claimed (cancelled)
--
-- An account whose templates were never read is not judged here: its provider says what it does not know.

create table public.message_templates (
  tenant_id uuid not null,
  session_id uuid not null,
  name text not null,
  language text not null,
  status text not null,
  category text not null,
  shape jsonb not null,
  components jsonb not null,
  read_at timestamptz not null default clock_timestamp(),
  constraint message_templates_tenant_id_session_id_name_language_pkey
  primary key (tenant_id, session_id, name, language),
  constraint message_templates_tenant_id_session_id_fkey foreign key (tenant_id, session_id)
  references public.et_channel_sessions (tenant_id, id),
  constraint message_templates_status_check check (status ~ '^[a-z_]{1,40}$'),
  constraint message_templates_category_check check (category ~ '^[a-z_]{0,40}$'),
  constraint message_templates_shape_check check (jsonb_typeof(shape) = 'object'),
  constraint message_templates_components_check check (length(components::text) <= 100000)
);
comment on table public.message_templates is
'What the provider has approved, refused or paused for an account, as it said when it was read last.';
comment on column public.message_templates.status is 'The provider''s word; only approved is sent.';
comment on column public.message_templates.shape is
'What a send has to give: {body: places, header: {kind, places}, buttons: {index: kind}, unsupported}. Places are a '
'number, or names; kind of a header is text, image, video or document.';
comment on column public.message_templates.components is 'The texts as the provider has them, to show what is sent.';

create function private.places_fit(p_places jsonb, p_given jsonb) returns boolean
language sql immutable parallel safe set search_path = '' as $$
  select case jsonb_typeof(p_places)
    when 'array' then jsonb_typeof(p_given) = 'object'
      and (select coalesce(jsonb_agg(k order by k), '[]') from jsonb_object_keys(p_given) as k)
      = (select coalesce(jsonb_agg(v order by v), '[]') from jsonb_array_elements_text(p_places) as v)
    when 'number' then (p_places)::integer = case jsonb_typeof(p_given)
      when 'array' then jsonb_array_length(p_given)
      when 'object' then (select count(*) from jsonb_object_keys(p_given))::integer else 0 end
      and (jsonb_typeof(p_given) is distinct from 'object' or p_given = '{}')
    else coalesce(p_given in ('[]', '{}'), true)
  end
$$;
comment on function private.places_fit(jsonb, jsonb) is
'Whether values fit places: so many of them in their order, or exactly these names; none where there are none.';

create function private.template_problem(p_tenant_id uuid, p_session_id uuid, p_template jsonb, p_files bigint)
returns table (code text, field text, told text, hint text)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_found public.message_templates;
  v_read timestamptz;
  v_asked boolean;
  v_media boolean;
begin
  select s.templates_read_at, s.config ? 'business_account_id' into v_read, v_asked
  from public.et_channel_sessions as s where s.tenant_id = p_tenant_id and s.id = p_session_id;
  if v_read is null and not coalesce(v_asked, false) then
    return;
  end if;
  select t.* into v_found from public.message_templates as t
  where t.tenant_id = p_tenant_id and t.session_id = p_session_id and t.name = p_template ->> 'name'
    and t.language = p_template ->> 'language';
  v_media := v_found.shape #>> '{header,kind}' in ('image', 'video', 'document');
  if v_read is null then
    code := 'templates_unread'; field := 'template'; told := 'the templates of this account were not read yet';
    hint := 'They are read within five minutes. If they are not, the account says why: its token needs the right to '
      'manage templates.';
  elsif v_found.name is null then
    code := 'unknown_template'; field := 'template';
    told := format('this account has no template %s in %s', p_template ->> 'name', p_template ->> 'language');
    hint := coalesce((
      select 'It is there in ' || string_agg(t.language, ', ' order by t.language) || '.' from public.message_templates as t
      where t.tenant_id = p_tenant_id and t.session_id = p_session_id and t.name = p_template ->> 'name'),
      'Its templates: ' || nullif((
        select string_agg(x.name, ', ') from (
          select distinct t.name from public.message_templates as t
          where t.tenant_id = p_tenant_id and t.session_id = p_session_id and t.status = 'approved'
          order by t.name limit 20) as x), '') || '.', 'It has none that is approved.');
  elsif v_found.status <> 'approved' then
    code := 'template_not_approved'; field := 'template';
    told := format('the template %s in %s is %s', v_found.name, v_found.language, replace(v_found.status, '_', ' '));
    hint := 'Send another one, or wait until the provider approves it.';
  elsif v_found.shape ? 'unsupported' then
    code := 'template_mismatch'; field := 'template';
    told := format('templates with %s are not sent from here', v_found.shape ->> 'unsupported');
    hint := 'Send another one.';
  elsif not private.places_fit(v_found.shape -> 'body', p_template -> 'variables') then
    code := 'template_mismatch'; field := 'template.variables';
    told := format('the text of %s has other places', v_found.name);
    hint := 'Fill: ' || coalesce(v_found.shape ->> 'body', '0') || '.';
  elsif v_media and (p_template ->> 'header_link' is not null)::integer + p_files <> 1 then
    code := 'template_mismatch'; field := 'template.header_link';
    told := format('the header of %s is one %s', v_found.name, v_found.shape #>> '{header,kind}');
    hint := 'Name a public https address in header_link, or attach one file.';
  elsif not coalesce(v_media, false) and (p_template ->> 'header_link' is not null or p_files > 0) then
    code := 'template_mismatch'; field := 'template.header_link';
    told := format('%s takes no file', v_found.name); hint := 'Send it without one.';
  elsif not private.places_fit(v_found.shape #> '{header,places}', p_template -> 'header') then
    code := 'template_mismatch'; field := 'template.header';
    told := format('the header of %s has other places', v_found.name);
    hint := 'Fill: ' || coalesce(v_found.shape #>> '{header,places}', '0') || '.';
  elsif exists (
    select from jsonb_each_text(coalesce(v_found.shape -> 'buttons', '{}')) as b
    where b.value <> 'quick_reply' and not coalesce(p_template -> 'buttons', '{}') ? b.key)
    or exists (
      select from jsonb_object_keys(coalesce(p_template -> 'buttons', '{}')) as k
      where not coalesce(v_found.shape -> 'buttons', '{}') ? k) then
    code := 'template_mismatch'; field := 'template.buttons';
    told := format('%s has other buttons to fill', v_found.name);
    hint := 'Buttons by their number: ' || coalesce(v_found.shape ->> 'buttons', '{}') || '.';
  else
    return;
  end if;
  return next;
end
$$;
comment on function private.template_problem(uuid, uuid, jsonb, bigint) is
'Definer: why a template is not sent: nobody knows it, the provider has not approved it, or it is filled wrongly. No '
'row: it may be. Files are what the message carries: one of them may be the header.';

create function private.record_templates(p_tenant_id uuid, p_session_id uuid, p_templates jsonb) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count integer;
begin
  update public.et_channel_sessions as s set templates_read_at = clock_timestamp()
  where s.tenant_id = p_tenant_id and s.id = p_session_id and s.status <> 'deleted';
  if not found then
    return 0;
  end if;
  delete from public.message_templates as t
  where t.tenant_id = p_tenant_id and t.session_id = p_session_id and not exists (
    select from jsonb_to_recordset(p_templates) as g (name text, language text)
    where g.name = t.name and g.language = t.language);
  insert into public.message_templates as t (tenant_id, session_id, name, language, status, category, shape, components)
  select distinct on (g.name, g.language) p_tenant_id, p_session_id, g.name, g.language, g.status, g.category, g.shape,
    g.components
  from jsonb_to_recordset(p_templates) as g (
    name text, language text, status text, category text, shape jsonb, components jsonb)
  order by g.name, g.language
  on conflict (tenant_id, session_id, name, language) do update set
    status = excluded.status, category = excluded.category, shape = excluded.shape, components = excluded.components,
    read_at = clock_timestamp()
  where (t.status, t.category, t.shape, t.components)
    is distinct from (excluded.status, excluded.category, excluded.shape, excluded.components);
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function private.record_templates(uuid, uuid, jsonb) is
'Definer, for the health worker: what the provider has for an account now; what it has no more goes. How many changed.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table public.message_templates enable row level security;
alter table public.message_templates force row level security;
create policy message_templates_select_staff on public.message_templates for select to authenticated
using (tenant_id = (select private.current_tenant()));
revoke all on public.message_templates from public, anon, authenticated, service_role;
grant select on public.message_templates to authenticated, service_role;
grant execute on function private.record_templates(uuid, uuid, jsonb) to parley_worker;
