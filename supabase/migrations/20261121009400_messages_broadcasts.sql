-- Chapter: messages, what a tenant tells all its people, or some of them, in the app.
--
--   create_broadcast(text, segment) ──▶ a conversation of kind broadcast that holds the text ──▶ running
--   the housekeeper, some hundred people a transaction ──▶ each has one announcement thread ──▶ a message in it
--        └──▶ broadcast_recipients: who got it, where ──▶ read once his cursor has passed it         ──▶ done
--   cancel_broadcast() ──▶ cancelled: who has it keeps it, nobody else gets it
--
-- Recipients read and never answer there. The message is the one of its recipient: he is erased, it is erased.

create table public.broadcasts (
  tenant_id uuid not null,
  id uuid not null default private.uuid_v7(),
  thread_id uuid not null,
  message_id uuid not null,
  segment_kind text not null,
  role text,
  context_kind text,
  context_id text,
  status text not null default 'running',
  after_contact_id uuid not null default '00000000-0000-0000-0000-000000000000',
  delivered bigint not null default 0,
  created_by text not null,
  created_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  constraint broadcasts_tenant_id_id_pkey primary key (tenant_id, id),
  constraint broadcasts_tenant_id_thread_id_fkey foreign key (tenant_id, thread_id)
  references public.et_threads (tenant_id, id),
  constraint broadcasts_tenant_id_message_id_fkey foreign key (tenant_id, message_id)
  references public.et_messages (tenant_id, id),
  constraint broadcasts_segment_check check (
    case segment_kind when 'all' then role is null and context_id is null
      when 'role' then role in ('customer', 'provider', 'lead', 'unknown') and context_id is null
      when 'context' then context_kind is not null and context_id is not null else false end),
  constraint broadcasts_status_check check (status in ('running', 'done', 'cancelled')),
  constraint broadcasts_finished_at_check check ((status = 'running') = (finished_at is null))
);
comment on table public.broadcasts is
'What a tenant tells its people in the app, whom, and how far it is. The text is the message.';
comment on column public.broadcasts.after_contact_id is
'Everybody up to this contact has it; the next batch begins behind.';

create table public.broadcast_recipients (
  tenant_id uuid not null,
  broadcast_id uuid not null,
  contact_id uuid not null,
  thread_id uuid not null,
  message_id uuid not null,
  seq bigint not null,
  constraint broadcast_recipients_tenant_id_broadcast_id_contact_id_pkey primary key (
    tenant_id, broadcast_id, contact_id
  ),
  constraint broadcast_recipients_tenant_id_broadcast_id_fkey foreign key (tenant_id, broadcast_id)
  references public.broadcasts (tenant_id, id),
  constraint broadcast_recipients_tenant_id_contact_id_fkey foreign key (tenant_id, contact_id)
  references public.contacts (tenant_id, id),
  constraint broadcast_recipients_tenant_id_message_id_fkey foreign key (tenant_id, message_id)
  references public.et_messages (tenant_id, id)
);
comment on table public.broadcast_recipients is 'Who got a broadcast, as which message of his announcement thread.';

create index broadcasts_id_idx on public.broadcasts (id);
create index broadcasts_running_idx on public.broadcasts (tenant_id, created_at) where status = 'running';
create index broadcasts_tenant_id_created_at_idx on public.broadcasts (tenant_id, created_at desc, id desc);
create index broadcasts_tenant_id_thread_id_idx on public.broadcasts (tenant_id, thread_id);
create index broadcasts_tenant_id_message_id_idx on public.broadcasts (tenant_id, message_id);
create index broadcast_recipients_tenant_id_contact_id_idx on public.broadcast_recipients (tenant_id, contact_id);
create index broadcast_recipients_tenant_id_message_id_idx on public.broadcast_recipients (tenant_id, message_id);

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.create_broadcast(p_broadcast_id uuid, p_body text, p_segment jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_kind text := coalesce(p_segment ->> 'kind', 'all');
  v_row public.broadcasts%rowtype;
  v_thread uuid;
  v_message uuid;
begin
  perform private.check_fields(p_segment, '{kind,role,context_kind,context_id}');
  perform private.refuse_context(p_segment ->> 'context_kind', p_segment ->> 'context_id');
  if length(btrim(coalesce(p_body, ''))) not between 1 and private.message_limit(v_tenant, 'in_app', 'body_chars') then
    raise exception 'a broadcast has 1 to % characters', private.message_limit(v_tenant, 'in_app', 'body_chars')
      using errcode = 'PT422', detail = '{"code": "bad_length", "field": "body"}', hint = 'Shorten it.';
  end if;
  perform pg_advisory_xact_lock(hashtextextended(v_tenant::text || p_broadcast_id::text, 9));
  select b.* into v_row from public.broadcasts as b where b.tenant_id = v_tenant and b.id = p_broadcast_id;
  if v_row.id is not null then
    return jsonb_build_object('id', v_row.id, 'status', v_row.status, 'created', false);
  end if;
  v_row.id := coalesce(p_broadcast_id, private.uuid_v7());
  insert into public.et_threads (tenant_id, kind, channel, scope_rule, scope_key, folder)
  values (v_tenant, 'broadcast', 'in_app', 'explicit', 'x:broadcast:' || v_row.id::text, 'automated')
  returning id into v_thread;
  insert into public.et_messages (
    tenant_id, thread_id, channel, direction, delivery_status, sender_kind, sender, sender_user_id, body, cause_kind,
    cause_id)
  values (v_tenant, v_thread, 'in_app', 'internal', 'sent', 'agent', private.actor(), private.current_user_id(), p_body,
    'broadcast', v_row.id)
  returning id into v_message;
  insert into public.broadcasts (
    tenant_id, id, thread_id, message_id, segment_kind, role, context_kind, context_id, created_by)
  values (v_tenant, v_row.id, v_thread, v_message, v_kind, p_segment ->> 'role', p_segment ->> 'context_kind',
    p_segment ->> 'context_id', private.actor());
  perform private.audit(v_tenant, 'broadcast.created', 'broadcast', v_row.id::text, p_segment);
  return jsonb_build_object('id', v_row.id, 'status', 'running', 'created', true);
end
$$;
comment on function private.create_broadcast(uuid, text, jsonb) is
'Definer: a text for all people of the tenant with a sign-in, or those of a role or a context. Said again with the '
'same id it is the same broadcast.';

create function private.cancel_broadcast(p_broadcast_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('admin');
  v_status text;
begin
  select b.status into v_status from public.broadcasts as b
  where b.tenant_id = v_tenant and b.id = p_broadcast_id for no key update;
  if v_status is null then
    return private.deny('broadcast', p_broadcast_id, 'cancel_broadcast');
  elsif v_status = 'running' then
    update public.broadcasts as b set status = 'cancelled', finished_at = clock_timestamp()
    where b.tenant_id = v_tenant and b.id = p_broadcast_id returning b.status into v_status;
    perform private.audit(v_tenant, 'broadcast.cancelled', 'broadcast', p_broadcast_id::text);
  end if;
  return jsonb_build_object('id', p_broadcast_id, 'status', v_status, 'created', false);
end
$$;
comment on function private.cancel_broadcast(uuid) is
'Definer: nobody else gets it; one that is done is told so. Waits for the batch under way.';

create function private.broadcast_audience(p_broadcast public.broadcasts, p_limit integer) returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select c.id from public.contacts as c
    where c.tenant_id = p_broadcast.tenant_id and c.id > p_broadcast.after_contact_id
      and c.auth_user_id is not null and c.merged_into is null and c.erased_at is null and c.blocked_at is null
      and (p_broadcast.role is null or c.kind = p_broadcast.role)
      and (p_broadcast.context_id is null or private.is_in_context(c.tenant_id, c.id, p_broadcast.context_kind,
        p_broadcast.context_id))
    order by c.id limit p_limit);
end
$$;
comment on function private.broadcast_audience(public.broadcasts, integer) is
'Definer: the next people a broadcast is for: with a sign-in, not blocked, of its role or context.';

create function private.deliver_broadcasts(p_limit integer) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_row public.broadcasts%rowtype;
  v_people uuid[];
  v_new bigint;
begin
  select b.* into v_row from public.broadcasts as b
  inner join public.tenants as t on t.id = b.tenant_id and t.status = 'active'
  inner join public.et_messages as m on m.tenant_id = b.tenant_id and m.id = b.message_id
    and m.moderation_status in ('approved', 'filtered') -- judged once, as its author's: the copies are the system's
  where b.status = 'running' order by b.created_at limit 1
  for no key update of b for share of m skip locked; -- its text stays what was judged until all of the batch have it
  if v_row.id is null then
    return 0;
  end if;
  v_people := private.broadcast_audience(v_row, p_limit);
  insert into public.et_threads (tenant_id, kind, channel, contact_id, scope_rule, scope_key, folder)
  select v_row.tenant_id, 'broadcast', 'in_app', p.id, 'explicit', 'x:announcements:' || p.id::text, 'automated'
  from unnest(v_people) as p (id)
  on conflict (tenant_id, scope_key) do nothing;
  -- In the order of their threads, as erasures and merges take them.
  perform private.seat(v_row.tenant_id, f.id, f.contact_id, 'participant', f.name) from (
    select t.id, t.contact_id, n.name from unnest(v_people) as p (id)
    inner join public.et_threads as t on t.tenant_id = v_row.tenant_id
      and t.scope_key = 'x:announcements:' || p.id::text and t.erased_at is null
    inner join public.tenants as n on n.id = t.tenant_id
    order by t.id) as f;
  with sent as (
    insert into public.et_messages as m (
      tenant_id, thread_id, channel, direction, delivery_status, sender_kind, sender, sender_name, body,
      client_message_id, cause_kind, cause_id)
    select t.tenant_id, t.id, 'in_app', 'internal', 'sent', 'system', 'system', n.name, s.body,
      'broadcast:' || v_row.id::text || ':' || t.contact_id::text, 'broadcast', v_row.id
    from unnest(v_people) as p (id)
    inner join public.et_threads as t on t.tenant_id = v_row.tenant_id
      and t.scope_key = 'x:announcements:' || p.id::text and t.erased_at is null
    inner join public.tenants as n on n.id = t.tenant_id
    inner join public.et_messages as s on s.tenant_id = v_row.tenant_id and s.id = v_row.message_id
    order by t.id
    returning m.tenant_id, m.thread_id, m.id, m.seq, m.client_message_id
  )
  insert into public.broadcast_recipients (tenant_id, broadcast_id, contact_id, thread_id, message_id, seq)
  select s.tenant_id, v_row.id, right(s.client_message_id, 36)::uuid, s.thread_id, s.id, s.seq from sent as s
  on conflict (tenant_id, broadcast_id, contact_id) do nothing;
  get diagnostics v_new = row_count;
  update public.broadcasts as b
  set after_contact_id = coalesce(v_people[cardinality(v_people)], b.after_contact_id), delivered = b.delivered + v_new,
    status = case when cardinality(v_people) < p_limit then 'done' else 'running' end,
    finished_at = case when cardinality(v_people) < p_limit then clock_timestamp() end
  where b.tenant_id = v_row.tenant_id and b.id = v_row.id;
  return cardinality(v_people) + 1;
end
$$;
comment on function private.deliver_broadcasts(integer) is
'Definer, for the housekeeper: one batch of the oldest broadcast that nobody is at; people looked at, and one; 0 when '
'there is nothing to do. A batch is all or nothing, and nobody gets a broadcast twice, nor before it was judged.';

create function private.get_broadcast(p_broadcast_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('read');
  v_row public.broadcasts%rowtype;
begin
  select b.* into v_row from public.broadcasts as b where b.tenant_id = v_tenant and b.id = p_broadcast_id;
  if v_row.id is null then
    return private.deny('broadcast', p_broadcast_id, 'get_broadcast');
  end if;
  return to_jsonb(v_row) - '{after_contact_id}'::text[] || (
    select jsonb_build_object('body', m.body) from public.et_messages as m
    where m.tenant_id = v_tenant and m.id = v_row.message_id) || jsonb_build_object('read', (
      select count(*) from public.broadcast_recipients as r
      where r.tenant_id = v_tenant and r.broadcast_id = v_row.id and exists (
        select from public.thread_participants as p
        where p.tenant_id = r.tenant_id and p.thread_id = r.thread_id and p.last_read_seq >= r.seq)));
end
$$;
comment on function private.get_broadcast(uuid) is 'Definer: how far a broadcast is, and how many have read it.';

create function public.create_broadcast(
  p_body text, p_segment jsonb default '{"kind": "all"}', p_broadcast_id uuid default null
) returns jsonb language sql volatile set search_path = ''
begin atomic select private.create_broadcast(p_broadcast_id, p_body, p_segment); end;
create function public.cancel_broadcast(p_broadcast_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.cancel_broadcast(p_broadcast_id); end;
create function public.get_broadcast(p_broadcast_id uuid) returns jsonb
language sql volatile set search_path = '' begin atomic select private.get_broadcast(p_broadcast_id); end;
comment on function public.create_broadcast(text, jsonb, uuid) is
'Tell all your people something in the app, or those of a role or context: {"kind": "all"}, {"kind": "role", "role": '
'"provider"}, {"kind": "context", "context_kind": "project", "context_id": "…"}. Admins.';
comment on function public.cancel_broadcast(uuid) is 'Stop a broadcast that is under way. Admins.';
comment on function public.get_broadcast(uuid) is 'How far a broadcast is, and how many have read it. Members.';

-- ── views, policies and grants ───────────────────────────────────────────────────────────────────────────────────

create view public.broadcast_messages with (security_invoker = on) as
select
  b.tenant_id,
  b.id,
  m.body as content,
  b.segment_kind as target,
  b.role as target_role,
  b.status,
  b.delivered as recipients,
  b.created_by,
  b.created_at,
  b.finished_at as sent_at
from public.broadcasts as b
inner join public.et_messages as m on b.tenant_id = m.tenant_id and b.message_id = m.id;
comment on view public.broadcast_messages is
'Broadcasts with their texts, under the name older documents use; read-only.';

create view public.broadcast_read_receipts with (security_invoker = on) as
select
  r.tenant_id,
  r.broadcast_id,
  r.broadcast_id as broadcast_message_id,
  r.contact_id,
  p.user_id,
  p.last_read_at as read_at
from public.broadcast_recipients as r
inner join public.thread_participants as p
  on r.tenant_id = p.tenant_id and r.thread_id = p.thread_id and r.seq <= p.last_read_seq;
comment on view public.broadcast_read_receipts is
'Who has read which broadcast, by his cursor; read_at is when it last moved. Read-only.';

alter table public.broadcasts enable row level security;
alter table public.broadcasts force row level security;
alter table public.broadcast_recipients enable row level security;
alter table public.broadcast_recipients force row level security;
create policy broadcasts_select_staff on public.broadcasts for select to authenticated
using (tenant_id = (select private.current_tenant()));
create policy broadcast_recipients_select_staff on public.broadcast_recipients for select to authenticated
using (tenant_id = (select private.current_tenant()));
revoke all on public.broadcasts, public.broadcast_recipients, public.broadcast_messages, public.broadcast_read_receipts
from public, anon, authenticated, service_role;
grant select on public.broadcasts, public.broadcast_recipients, public.broadcast_messages,
public.broadcast_read_receipts to authenticated, service_role;
grant execute on function private.create_broadcast(uuid, text, jsonb), public.create_broadcast(text, jsonb, uuid),
private.cancel_broadcast(uuid), public.cancel_broadcast(uuid), private.get_broadcast(uuid), public.get_broadcast(uuid)
to authenticated;
grant execute on function private.deliver_broadcasts(integer) to parley_worker;

insert into private.invariants (name, claim, query) values
('broadcast_is_counted', 'A broadcast has as many recipients as it says, each with one message of it.', $q$
  select b.tenant_id, b.id, b.delivered, count(r.contact_id) as recipients from public.broadcasts as b
  left join public.broadcast_recipients as r on r.tenant_id = b.tenant_id and r.broadcast_id = b.id
  group by b.tenant_id, b.id, b.delivered having b.delivered <> count(r.contact_id)$q$);
