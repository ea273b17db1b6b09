-- Chapter: outbound, tracking. Links in what we send: to stop it, and (where the tenant chose so) to learn that it
-- was read.
--
--   enqueue, purpose notification or marketing on e-mail ──▶ tracking_links: unsubscribe always; open and click only
--                                                with tenant_settings.tracking_enabled. A reply has none, ever.
--   track(id)        ──▶ receipt opened | clicked, once a minute and at most fifty times ──▶ where to go on
--   unsubscribe(id)  ──▶ receipt unsubscribed ──▶ private.suppress(): what is queued stays at home
--
-- The id in a link is 128 random bits and all there is: where a click leads stands here, not in the URL.
-- Address and browser of a reader are personal data: apart from the receipt, and swept after their retention.

create table private.tracking_links (
  tenant_id uuid not null,
  id uuid not null default private.random_id(),
  queue_id uuid not null,
  kind text not null,
  target_url text,
  hits integer not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  constraint tracking_links_tenant_id_id_pkey primary key (tenant_id, id),
  constraint tracking_links_tenant_id_queue_id_fkey foreign key (tenant_id, queue_id)
  references public.et_outbound_queue (tenant_id, id),
  constraint tracking_links_kind_check check (kind in ('open', 'click', 'unsubscribe')),
  constraint tracking_links_target_url_check check (
    (kind = 'click') = (target_url is not null) and target_url ~ '^https?://[^[:space:][:cntrl:]]+$'
    and length(target_url) <= 2000
  )
)
with (fillfactor = 80);
comment on table private.tracking_links is 'Links that were put into a mail, each with what it stands for.';
comment on column private.tracking_links.hits is 'How often it was followed, machines included.';

create table private.tracking_origins (
  tenant_id uuid not null,
  receipt_id uuid not null,
  ip inet,
  user_agent text,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint tracking_origins_tenant_id_receipt_id_pkey primary key (tenant_id, receipt_id),
  constraint tracking_origins_tenant_id_receipt_id_fkey foreign key (tenant_id, receipt_id)
  references public.delivery_receipts (tenant_id, id)
);
comment on table private.tracking_origins is
'Retention class tracking: who opened or clicked, as an address and a browser. Admins alone see it, in '
'public.email_tracking_events; gone after 30 days, while the receipt (append-only) stays.';

create index tracking_links_id_idx on private.tracking_links (id);
create index tracking_links_tenant_id_queue_id_idx on private.tracking_links (tenant_id, queue_id);
create index tracking_origins_recorded_at_idx on private.tracking_origins (tenant_id, recorded_at);

-- ── making links ─────────────────────────────────────────────────────────────────────────────────────────────────

create function private.links_in(p_body text) returns setof text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return query
  select distinct l.url
  from regexp_matches(left(p_body, 200000), '(https?://[^[:space:][:cntrl:]<>"]+)', 'g') as m (found)
  cross join lateral rtrim(m.found[1], '.,;:!?)]}''') as l (url)
  where l.url ~ '^https?://[^/]' and length(l.url) <= 2000
  limit 50;
end
$$;
comment on function private.links_in(text) is 'The web addresses in a text, each once, at most fifty.';

create function private.tg_queue__links() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.tracking_links (tenant_id, queue_id, kind) values (new.tenant_id, new.id, 'unsubscribe');
  if exists (select from public.tenant_settings as s where s.tenant_id = new.tenant_id and s.tracking_enabled) then
    insert into private.tracking_links (tenant_id, queue_id, kind, target_url)
    select new.tenant_id, new.id, 'open', null
    union all
    select new.tenant_id, new.id, 'click', l.url
    from public.et_messages as m cross join lateral private.links_in(m.body) as l (url)
    where m.tenant_id = new.tenant_id and m.id = new.message_id;
  end if;
  return null;
end
$$;
comment on function private.tg_queue__links() is
'Definer: what is sent unasked carries its way out from the moment it is queued, and its tracking where that is on.';

create trigger et_outbound_queue_820_links after insert on public.et_outbound_queue
for each row when (new.channel = 'email' and new.purpose in ('notification', 'marketing'))
execute function private.tg_queue__links();

create function private.dispatch_links(p_tenant_id uuid, p_queue_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select jsonb_strip_nulls(jsonb_build_object(
      'unsubscribe', max(l.id::text) filter (where l.kind = 'unsubscribe'),
      'open', max(l.id::text) filter (where l.kind = 'open'),
      'clicks', coalesce(jsonb_object_agg(l.target_url, l.id) filter (where l.kind = 'click'), '{}')))
    from private.tracking_links as l where l.tenant_id = p_tenant_id and l.queue_id = p_queue_id);
end
$$;
comment on function private.dispatch_links(uuid, uuid) is
'Definer: the links of one send, {unsubscribe, open, clicks: {url: id}}: what the adapter puts into the mail.';

-- ── following them ───────────────────────────────────────────────────────────────────────────────────────────────

create function private.track(p_id uuid, p_ip text, p_user_agent text, p_machine boolean) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_link private.tracking_links%rowtype;
  v_receipt jsonb;
begin
  update private.tracking_links as l set hits = least(l.hits, 2000000000) + 1
  from public.tenants as t
  where l.id = p_id and l.kind in ('open', 'click') and t.id = l.tenant_id and t.status <> 'deleted'
  returning l.* into v_link;
  if v_link.id is null then
    return null;
  end if;
  if v_link.hits <= 50 then
    v_receipt := private.record_receipt(v_link.tenant_id, jsonb_build_object(
      'provider', 'parley', 'kind', case v_link.kind when 'open' then 'opened' else 'clicked' end,
      'event_id', v_link.id::text || to_char(clock_timestamp() at time zone 'UTC', ':YYYYMMDDHH24MI:')
        || case when p_machine then 'machine' else 'person' end,
      'queue_id', v_link.queue_id, 'machine', p_machine, 'occurred_at', clock_timestamp()));
    if v_receipt ? 'receipt_id' then
      insert into private.tracking_origins (tenant_id, receipt_id, ip, user_agent)
      values (v_link.tenant_id, (v_receipt ->> 'receipt_id')::uuid,
        case when pg_input_is_valid(p_ip, 'inet') then p_ip::inet end,
        left(regexp_replace(p_user_agent, '[[:cntrl:]]', ' ', 'g'), 300));
    end if;
  end if;
  return jsonb_build_object('kind', v_link.kind, 'target_url', v_link.target_url);
end
$$;
comment on function private.track(uuid, text, text, boolean) is
'Definer, for the edge: a link was followed. Answers {kind, target_url}, null for an unknown one. p_machine: by a mail '
'proxy or scanner, which says nothing about the person.';

create function private.unsubscribe_page(p_id uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('tenant_name', t.name, 'locale', t.locale)
  from private.tracking_links as l
  inner join public.tenants as t on t.id = l.tenant_id
  where l.id = p_id and l.kind = 'unsubscribe' and t.status <> 'deleted'
  limit 1
$$;
comment on function private.unsubscribe_page(uuid) is
'Definer, for the edge: whose mail the link would stop; never to whom it went. Null for an unknown one.';

create function private.unsubscribe(p_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_link private.tracking_links%rowtype;
  v_receipt jsonb;
begin
  update private.tracking_links as l set hits = least(l.hits, 2000000000) + 1
  from public.tenants as t
  where l.id = p_id and l.kind = 'unsubscribe' and t.id = l.tenant_id and t.status <> 'deleted'
  returning l.* into v_link;
  if v_link.id is null then
    return null;
  end if;
  v_receipt := private.record_receipt(v_link.tenant_id, jsonb_build_object(
    'provider', 'parley', 'kind', 'unsubscribed', 'event_id', v_link.id::text || ':unsubscribe',
    'queue_id', v_link.queue_id, 'occurred_at', clock_timestamp()));
  if v_receipt ->> 'result' = 'duplicate' then
    -- Followed before, yet somebody may have lifted the suppression since: the wish of today counts.
    perform private.suppress(q.tenant_id, q.channel, q.recipient, 'unsubscribed', q.message_id)
    from public.et_outbound_queue as q where q.tenant_id = v_link.tenant_id and q.id = v_link.queue_id;
  end if;
  insert into public.contact_consents (tenant_id, contact_id, channel, purpose, granted, source, recorded_by)
  select q.tenant_id, c.id, q.channel, 'marketing', false, 'unsubscribe link', 'contact:' || c.id::text
  from public.et_outbound_queue as q
  inner join public.et_threads as t on t.tenant_id = q.tenant_id and t.id = q.thread_id
  cross join lateral private.canonical_contact(t.tenant_id, t.contact_id) as c (id)
  where q.tenant_id = v_link.tenant_id and q.id = v_link.queue_id and c.id is not null
    and private.has_consent(q.tenant_id, c.id, q.channel, 'marketing');
  return private.unsubscribe_page(p_id);
end
$$;
comment on function private.unsubscribe(uuid) is
'Definer, for the edge: the recipient wants no more. From the commit on nothing but answers leaves for that address, '
'and a consent to marketing is withdrawn on record. Null for an unknown link.';

create function private.sweep_tracking(p_keep interval default '30 days') returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_gone bigint;
begin
  delete from private.tracking_origins as o using public.tenants as t
  where o.tenant_id = t.id and o.recorded_at < clock_timestamp() - p_keep;
  get diagnostics v_gone = row_count;
  return v_gone;
end
$$;
comment on function private.sweep_tracking(interval) is
'Definer, for the housekeeper: addresses and browsers of readers are forgotten after their retention.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table private.tracking_links enable row level security;
alter table private.tracking_links force row level security;
alter table private.tracking_origins enable row level security;
alter table private.tracking_origins force row level security;
revoke all on private.tracking_links, private.tracking_origins from public, anon, authenticated, service_role;
grant execute on function private.track(uuid, text, text, boolean), private.unsubscribe_page(uuid),
private.unsubscribe(uuid) to parley_ingress;
grant execute on function private.sweep_tracking(interval) to parley_worker;
