-- Chapter: threads, the conversations between people. Who is asking, whom he may write to, and the one conversation
-- they have.
--
--   sign-in ──▶ chat_tenant(): where he is a contact ──▶ may_reach(): the tenant's chat_policy, contexts, blocks
--                                                    ──▶ open_direct(): key by chat_scope, lock, look, insert, seats
--
-- Nobody else's staff is a party here: these threads have staff_readable = false, control human and no inbound message,
-- so no decider ever sees one. A conversation with the business itself is a channel thread of its in-app account.

-- ── who is asking ────────────────────────────────────────────────────────────────────────────────────────────────

create function private.chat_tenant(p_tenant_slug text) returns uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  v_user uuid := private.current_user_id();
  v_tenants uuid[];
begin
  if v_user is null then
    raise exception 'sign in first' using errcode = 'PT401', detail = '{"code": "not_authenticated"}',
      hint = 'People take part in conversations; keys do not.';
  end if;
  v_tenants := array(
    select t.id from public.contacts as c
    inner join public.tenants as t on t.id = c.tenant_id and t.status = 'active'
    where c.auth_user_id = v_user and coalesce(t.slug = p_tenant_slug, true));
  if cardinality(v_tenants) > 1 then
    raise exception 'you are a contact of several businesses'
      using errcode = 'PT422', detail = '{"code": "which_tenant", "field": "tenant_slug"}',
        hint = 'Name the one you mean in p_tenant_slug.';
  elsif v_tenants = '{}' then
    raise exception 'this sign-in is nobody there'
      using errcode = 'PT403', detail = '{"code": "not_linked"}',
        hint = 'Confirm your e-mail or phone and call claim_contact() with the business''s slug.';
  end if;
  return v_tenants[1];
end
$$;
comment on function private.chat_tenant(text) is
'Definer: the tenant at which the caller is a contact; refuses strangers, keys, and who would have to choose.';

create function private.is_outsider() returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return private.current_user_id() is not null and private.current_tenant() is null and (
    exists (select from public.contacts as c where c.auth_user_id = private.current_user_id())
    or not exists (select from public.tenant_members as m where m.user_id = private.current_user_id()));
end
$$;
comment on function private.is_outsider() is
'Definer: the caller works for no tenant now, and is a contact of one or nobody at all: what he names and has no part '
'in is missing. Who is a member somewhere is told to switch to his tenant instead.';

create function private.own_thread(p_thread_id uuid) returns public.et_threads
language plpgsql stable security definer set search_path = '' as $$
declare
  v_thread public.et_threads%rowtype;
begin
  select t.* into v_thread from public.et_threads as t
  inner join public.thread_participants as p on p.tenant_id = t.tenant_id and p.thread_id = t.id
    and p.user_id = private.current_user_id() and p.left_at is null
  inner join public.tenants as n on n.id = t.tenant_id and n.status <> 'deleted'
  where t.id = p_thread_id;
  return v_thread;
end
$$;
comment on function private.own_thread(uuid) is
'Definer: a thread the caller takes part in now; a row of nulls for any other. The first line of every call of a '
'participant.';

create function private.own_seat(p_thread public.et_threads) returns public.thread_participants
language plpgsql stable security definer set search_path = '' as $$
declare
  v_seat public.thread_participants%rowtype;
begin
  select p.* into v_seat from public.thread_participants as p
  where p.tenant_id = p_thread.tenant_id and p.thread_id = p_thread.id and p.user_id = private.current_user_id();
  return v_seat;
end
$$;
comment on function private.own_seat(public.et_threads) is 'Definer: the caller''s own row in a thread.';

create function private.me_at(p_tenant_id uuid) returns uuid
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select coalesce(c.merged_into, c.id) from public.contacts as c
    where c.tenant_id = p_tenant_id and c.auth_user_id = private.current_user_id());
end
$$;
comment on function private.me_at(uuid) is 'Definer: the (canonical) contact the caller is at a tenant.';

-- ── who may write to whom ────────────────────────────────────────────────────────────────────────────────────────

create function private.may_reach(
  p_tenant_id uuid, p_me uuid, p_other uuid, p_policy text, p_context_kind text, p_context_id text
) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return case
    when p_policy = 'anyone' then exists (
      select from public.contacts as c
      where c.tenant_id = p_tenant_id and p_other in (c.id, c.merged_into) and c.auth_user_id is not null)
    else private.shares_context(p_tenant_id, p_me, p_other, p_context_kind, p_context_id)
  end;
end
$$;
comment on function private.may_reach(uuid, uuid, uuid, text, text, text) is
'Definer: the tenant''s policy lets one (canonical) contact write to another, in this context if one is named.';

create function private.writing_problem(p_thread public.et_threads, p_me uuid) returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  v_other uuid := case p_thread.kind when 'direct' then private.other_side(p_thread, p_me) end;
  v_policy text;
begin
  select s.chat_policy into v_policy from public.tenant_settings as s
  inner join public.tenants as t on t.id = s.tenant_id and t.status = 'active'
  inner join public.contacts as c on c.tenant_id = s.tenant_id and c.id = p_me and c.blocked_at is null
  where s.tenant_id = p_thread.tenant_id;
  return case
    when v_policy is null or p_thread.kind = 'broadcast' then 'not_allowed' -- announcements are not answered
    when v_other is not null and exists (
      select from public.contact_blocks as b where b.tenant_id = p_thread.tenant_id
        and b.contact_id = p_me and b.blocked_contact_id = v_other) then 'blocked'
    when v_other is not null and (
      exists (
        select from public.contact_blocks as b where b.tenant_id = p_thread.tenant_id
          and b.contact_id = v_other and b.blocked_contact_id = p_me)
      or exists (
        select from public.contacts as c where c.tenant_id = p_thread.tenant_id and c.id = v_other
          and c.erased_at is not null)) then 'not_allowed'
    when v_policy <> 'context' or p_thread.kind = 'channel' then null
    when p_thread.context_id is not null and not private.is_in_context(
      p_thread.tenant_id, p_me, p_thread.context_kind, p_thread.context_id) then 'not_allowed'
    when v_other is not null and not private.may_reach(
      p_thread.tenant_id, p_me, v_other, v_policy, p_thread.context_kind, p_thread.context_id) then 'not_allowed'
  end;
end
$$;
comment on function private.writing_problem(public.et_threads, uuid) is
'Definer: why a (canonical) contact may not write in a thread now: blocked (by himself) or not_allowed; null when he '
'may.';

create function private.refuse_writing(p_problem text, p_field text) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if p_problem = 'blocked' then
    raise exception 'you blocked this person' using errcode = 'PT409',
      detail = jsonb_build_object('code', 'blocked', 'field', p_field)::text, hint = 'Unblock him to write to him.';
  elsif p_problem is not null then
    raise exception 'you cannot write here' using errcode = 'PT403',
      detail = jsonb_build_object('code', 'not_allowed', 'field', p_field)::text,
      hint = 'People who share a project, bid card, job or booking may write to each other.';
  end if;
end
$$;
comment on function private.refuse_writing(text, text) is
'Refuses what private.writing_problem() found, without saying whose doing it is; nothing for null.';

-- ── the conversation ─────────────────────────────────────────────────────────────────────────────────────────────

create function private.open_thread(p_thread public.et_threads) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_id uuid;
  v_locked boolean := false;
begin
  loop
    select coalesce(t.merged_into, t.id) into v_id from public.et_threads as t
    where t.tenant_id = p_thread.tenant_id and t.scope_key = p_thread.scope_key;
    exit when found;
    select coalesce(t.merged_into, t.id) into v_id from public.thread_aliases as a
    inner join public.et_threads as t on t.tenant_id = a.tenant_id and t.id = a.thread_id
    where a.tenant_id = p_thread.tenant_id and a.scope_key = p_thread.scope_key;
    exit when found;
    if not v_locked then
      perform pg_advisory_xact_lock(hashtextextended(p_thread.tenant_id::text || p_thread.scope_key, 2));
      v_locked := true;
      continue;
    end if;
    insert into public.et_threads (tenant_id, kind, channel, contact_id, other_contact_id, relationship_id,
      context_kind, context_id, scope_rule, scope_key, subject, control, staff_readable)
    values (p_thread.tenant_id, p_thread.kind, 'in_app', p_thread.contact_id, p_thread.other_contact_id,
      p_thread.relationship_id, p_thread.context_kind, p_thread.context_id, p_thread.scope_rule, p_thread.scope_key,
      p_thread.subject, 'human', false)
    returning id into v_id;
    exit;
  end loop;
  return v_id;
end
$$;
comment on function private.open_thread(public.et_threads) is
'Definer: the conversation between people that has this scope key, made if there is none. Any number may ask at once.';

create function private.open_direct(
  p_tenant_id uuid, p_contact_id uuid, p_other_contact_id uuid, p_context_kind text, p_context_id text, p_root text
) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_thread public.et_threads;
  v_pair text := private.thread_scope_key('pair', null, p_contact_id, p_other_contact_id);
  v_id uuid;
  v_made boolean;
begin
  v_thread.tenant_id := p_tenant_id;
  v_thread.kind := 'direct';
  v_thread.relationship_id := encode(substr(sha256(convert_to(v_pair, 'UTF8')), 1, 16), 'hex')::uuid;
  v_thread.scope_rule := (select s.chat_scope from public.tenant_settings as s where s.tenant_id = p_tenant_id);
  if v_thread.scope_rule = 'pair_context' and p_context_kind is null then
    v_thread.scope_rule := 'pair';
  elsif v_thread.scope_rule <> 'pair' then
    v_thread.context_kind := p_context_kind;
    v_thread.context_id := p_context_id;
  end if;
  v_thread.scope_key := private.thread_scope_key(v_thread.scope_rule, null, p_contact_id, p_other_contact_id,
    p_context_kind, p_context_id, coalesce(p_root, concat_ws(':', v_pair, p_context_kind, p_context_id)));
  v_thread.contact_id := p_contact_id;
  v_thread.other_contact_id := p_other_contact_id;
  -- The customer's side comes first, as older systems have it.
  if private.role_in(v_thread, p_contact_id) = 'provider' and private.role_in(v_thread, p_other_contact_id) <> 'provider'
  then
    v_thread.contact_id := p_other_contact_id;
    v_thread.other_contact_id := p_contact_id;
  end if;
  v_id := private.open_thread(v_thread);
  select t.* into v_thread from public.et_threads as t where t.tenant_id = p_tenant_id and t.id = v_id;
  if not exists (
    select from public.thread_participants as p where p.tenant_id = p_tenant_id and p.thread_id = v_id) then
    perform private.seat_direct(v_thread);
  end if;
  return v_id;
end
$$;
comment on function private.open_direct(uuid, uuid, uuid, text, text, text) is
'Definer: the conversation of two (canonical) contacts under the tenant''s chat_scope, with both in it. p_root tells '
'conversations apart where every start begins one.';

create function private.open_conversation(
  p_tenant_id uuid, p_contact_id uuid, p_other_contact_id uuid, p_context_kind text default null,
  p_context_id text default null
) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
begin
  return private.open_direct(p_tenant_id, private.canonical_contact(p_tenant_id, p_contact_id),
    private.canonical_contact(p_tenant_id, p_other_contact_id), p_context_kind, p_context_id, null);
end
$$;
comment on function private.open_conversation(uuid, uuid, uuid, text, text) is
'Definer, for triggers and the backend: the conversation of two contacts, made if need be; no policy is asked. Whoever '
'has no sign-in yet finds it when he links one.';

create function private.open_support(p_tenant_id uuid, p_me uuid) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user uuid := private.current_user_id();
  v_opener public.et_messages;
  v_id uuid;
begin
  v_opener.tenant_id := p_tenant_id;
  v_opener.channel := 'in_app';
  v_opener.channel_session_id := (
    select s.id from public.et_channel_sessions as s
    where s.tenant_id = p_tenant_id and s.channel = 'in_app' and s.status not in ('deleted', 'paused')
    order by s.created_at limit 1);
  if v_opener.channel_session_id is null then
    raise exception 'this business takes no messages here'
      using errcode = 'PT409', detail = '{"code": "no_account"}', hint = 'It has to connect an in-app account first.';
  end if;
  v_opener.sender_contact_id := p_me;
  insert into public.contact_identities (tenant_id, contact_id, kind, address, verified_at)
  values (p_tenant_id, p_me, 'in_app', v_user::text, clock_timestamp())
  on conflict (tenant_id, kind, address) do nothing;
  v_id := private.find_or_create_thread(v_opener, 'channel_contact');
  perform private.seat(p_tenant_id, v_id, p_me, 'customer', (
    select t.name from public.tenants as t where t.id = p_tenant_id));
  return v_id;
end
$$;
comment on function private.open_support(uuid, uuid) is
'Definer: the caller''s conversation with the business itself, over its in-app account.';

create function private.group_people(p_tenant_id uuid, p_ids uuid[], p_already integer) returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
declare
  v_most bigint := private.message_limit(p_tenant_id, 'in_app', 'group_people');
begin
  if cardinality(p_ids) + p_already > v_most then
    raise exception 'a group has at most % people', v_most
      using errcode = 'PT422', detail = '{"code": "too_many_people", "field": "contact_ids"}', hint = 'Name fewer.';
  end if;
  return array(select distinct coalesce(private.person(p_tenant_id, i.id), i.id) from unnest(p_ids) as i (id));
end
$$;
comment on function private.group_people(uuid, uuid[], integer) is
'Definer: the contacts of people named by contact or sign-in id; whoever is nobody stays the id he was named by.';

create function private.unreachable(p_tenant_id uuid, p_me uuid, p_people uuid[], p_context_kind text,
  p_context_id text) returns uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  v_policy text := (select s.chat_policy from public.tenant_settings as s where s.tenant_id = p_tenant_id);
begin
  if v_policy = 'nobody' then
    perform private.refuse_writing('not_allowed', 'contact_id');
  end if;
  return (
    select p.id from unnest(p_people) as p (id)
    where p.id <> p_me and (
      not exists (
        select from public.contacts as c where c.tenant_id = p_tenant_id and c.id = p.id and c.erased_at is null)
      or not private.may_reach(p_tenant_id, p_me, p.id, v_policy, p_context_kind, p_context_id))
    limit 1);
end
$$;
comment on function private.unreachable(uuid, uuid, uuid[], text, text) is
'Definer: the first of these the caller may not write to: unknown, erased or beyond the policy, which he is not told '
'apart; null when he may reach all.';

create function private.start_group(
  p_tenant_id uuid, p_me uuid, p_ids uuid[], p_context_kind text, p_context_id text, p_subject text,
  p_client_message_id text
) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_thread public.et_threads;
  v_people uuid[] := private.group_people(p_tenant_id, p_ids, 1);
  v_id uuid;
  v_person uuid;
begin
  if coalesce(btrim(p_subject), '') !~ '^[^[:cntrl:]]{1,200}$' then
    raise exception 'a group has a name of 1 to 200 characters'
      using errcode = 'PT422', detail = '{"code": "bad_value", "field": "subject"}', hint = 'Send p_subject.';
  end if;
  v_thread.tenant_id := p_tenant_id;
  v_thread.kind := 'group';
  v_thread.scope_rule := 'explicit';
  v_thread.subject := btrim(p_subject);
  v_thread.context_kind := p_context_kind;
  v_thread.context_id := p_context_id;
  v_thread.scope_key := private.thread_scope_key('explicit', null, null, p_root => 'group:' || private.actor() || ':'
    || coalesce(p_client_message_id, private.random_id()::text));
  v_id := private.open_thread(v_thread);
  if not exists (
    select from public.thread_participants as p where p.tenant_id = p_tenant_id and p.thread_id = v_id) then
    foreach v_person in array v_people || p_me loop
      perform private.seat_in_group(p_tenant_id, v_id, v_person, v_thread);
    end loop;
  end if;
  return v_id;
end
$$;
comment on function private.start_group(uuid, uuid, uuid[], text, text, text, text) is
'Definer: a group of the caller and these people, once per client id. Its caller has asked the policy.';

create function private.seat_in_group(p_tenant_id uuid, p_thread_id uuid, p_contact_id uuid,
  p_thread public.et_threads) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if not exists (
    select from public.contacts as c
    where c.tenant_id = p_tenant_id and p_contact_id in (c.id, c.merged_into) and c.auth_user_id is not null) then
    raise exception 'one of these people has not signed up yet' using errcode = 'PT422',
      detail = jsonb_build_object('code', 'not_signed_up', 'field', 'contact_ids', 'contact_id', p_contact_id)::text,
      hint = 'A group is of people who sign in; write to him alone meanwhile.';
  end if;
  perform private.seat(p_tenant_id, p_thread_id, p_contact_id, private.role_in(p_thread, p_contact_id), null);
end
$$;
comment on function private.seat_in_group(uuid, uuid, uuid, public.et_threads) is
'Definer: a contact takes part in a group; only who has a sign-in can.';

create function private.start_chat(
  p_contact_id uuid, p_contact_ids uuid[], p_context_kind text, p_context_id text, p_subject text, p_body text,
  p_client_message_id text, p_tenant_slug text
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.chat_tenant(p_tenant_slug);
  v_me uuid := private.me_at(v_tenant);
  v_other uuid := private.person(v_tenant, p_contact_id);
  v_beyond uuid;
  v_id uuid;
begin
  perform private.refuse_context(p_context_kind, p_context_id);
  if p_contact_ids is not null then
    if p_context_kind is null and exists (
      select from public.tenant_settings as s where s.tenant_id = v_tenant and s.chat_policy = 'context') then
      raise exception 'a group here is of people who share one context'
        using errcode = 'PT422', detail = '{"code": "bad_context", "field": "context_id"}',
          hint = 'Name the project, bid card, job or booking it is about.';
    end if;
    v_beyond := private.unreachable(v_tenant, v_me, private.group_people(v_tenant, p_contact_ids, 1), p_context_kind,
      p_context_id);
  elsif p_contact_id is not null then
    v_beyond := private.unreachable(v_tenant, v_me, array[coalesce(v_other, p_contact_id)], p_context_kind,
      p_context_id);
  end if;
  if v_beyond is not null then
    return private.deny('contact', v_beyond, 'start_thread');
  elsif v_other = v_me then
    raise exception 'nobody writes to himself'
      using errcode = 'PT422', detail = '{"code": "bad_value", "field": "contact_id"}', hint = 'Name somebody else.';
  end if;
  if private.is_spoken_id(v_tenant, p_client_message_id) then
    perform private.refuse_chat('{"code": "bad_value", "field": "client_message_id"}');
  end if;
  perform private.refuse_unjudged_words(v_tenant, v_me, p_context_kind, p_context_id, p_subject);
  if p_body is null then
    perform private.take_send_token(v_tenant, private.actor() || ':changes',
      private.message_limit(v_tenant, 'in_app', 'changes_per_minute'));
  end if;
  if p_contact_ids is not null then
    v_id := private.start_group(v_tenant, v_me, p_contact_ids, p_context_kind, p_context_id, p_subject,
      p_client_message_id);
  elsif v_other is null then
    v_id := private.open_support(v_tenant, v_me);
  else
    v_id := private.open_direct(v_tenant, v_me, v_other, p_context_kind, p_context_id, 'chat:' || private.actor()
      || ':' || coalesce(p_client_message_id, private.random_id()::text));
  end if;
  return private.begin_chat(v_tenant, v_id, p_body, jsonb_build_object('client_message_id', p_client_message_id,
    'context_kind', p_context_kind, 'context_id', p_context_id));
end
$$;
comment on function private.start_chat(uuid, uuid[], text, text, text, text, text, text) is
'Definer: a participant''s start_thread(): with one person, a group, or (nobody named) the business. The conversation '
'is found or made, and its first message sent; whom the caller may not reach is missing for him, and the attempt is '
'on record.';

create function private.begin_chat(p_tenant_id uuid, p_thread_id uuid, p_body text, p_options jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_thread public.et_threads%rowtype;
  v_sent jsonb := '{"message_id": null, "seq": null, "rev": null, "delivery_status": null,
    "moderation_status": null, "duplicate": false}';
begin
  select t.* into v_thread from public.et_threads as t
  where t.tenant_id = p_tenant_id and t.id = p_thread_id for no key update;
  if p_body is not null then
    v_sent := private.send_chat(v_thread, p_body, p_options);
  end if;
  return v_sent || jsonb_build_object('thread_id', p_thread_id, 'kind', v_thread.kind, 'created',
    v_thread.created_at = now());
end
$$;
comment on function private.begin_chat(uuid, uuid, text, jsonb) is
'Definer: the first message of a conversation that was opened, if there is one, and the answer of a start.';
