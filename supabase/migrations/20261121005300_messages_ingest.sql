-- Chapter: messages, part four. Many inbound messages in one call, with the result of inserting them one by one.
--
--   all dedupe locks, sorted ──▶ duplicates out ──▶ contacts ──▶ threads made ──▶ threads locked, sorted
--                                                  ──▶ heads, messages and work rows: one statement each way
--
-- What depends on the order inside the batch in ways a set cannot tell (an id reused with other content, references to
-- messages of the same batch) goes row by row through the insert trigger, under the same locks.

create type private.inbound_row as (
  ord integer,
  tenant_id uuid,
  channel text,
  channel_session_id uuid,
  sender_contact_id uuid,
  sender_address text,
  sender_name text,
  subject text,
  body text,
  language text,
  external_message_id text,
  content_digest bytea,
  reference_ids text [],
  auto_class text,
  spam_score real,
  message_type text,
  metadata jsonb,
  occurred_at timestamptz
);
comment on type private.inbound_row is
'What a receiver knows of one message; named like the columns of et_messages. ord is its place in the batch.';

create function private.inbound_rows(p_messages jsonb) returns private.inbound_row[]
language plpgsql stable security definer set search_path = '' as $$
declare
  v_rows private.inbound_row[];
begin
  select array_agg((m.n, m.tenant_id, m.channel, m.channel_session_id, m.sender_contact_id, m.sender_address,
    m.sender_name,
    m.subject, m.body, m.language, m.external_message_id, m.content_digest, m.reference_ids, coalesce(m.auto_class,
      'none'),
    coalesce(m.spam_score, 0), coalesce(m.message_type, 'text'), coalesce(m.metadata, '{}'), m.occurred_at
  )::private.inbound_row order by m.n)
  into v_rows
  from rows from (jsonb_to_recordset(p_messages) as (
    tenant_id uuid, channel text, channel_session_id uuid, sender_contact_id uuid, sender_address text,
      sender_name text,
    subject text, body text, language text, external_message_id text, content_digest bytea, reference_ids text[],
    auto_class text, spam_score real, message_type text, metadata jsonb, occurred_at timestamptz
  )) with ordinality as m (
    tenant_id, channel, channel_session_id, sender_contact_id, sender_address, sender_name, subject, body, language,
    external_message_id, content_digest, reference_ids, auto_class, spam_score, message_type, metadata, occurred_at, n);
  return coalesce(v_rows, '{}');
end
$$;
comment on function private.inbound_rows(jsonb) is
'Definer, as its caller is: the batch as typed rows, with the defaults of the table.';

create function private.new_inbound_rows(p_rows private.inbound_row[]) returns integer[]
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_new integer[];
  v_is_plain boolean;
begin
  select array_agg(r.ord order by r.ord) filter (where r.known is null and r.is_first),
    bool_and(r.is_plain and (
      (r.known is null and r.is_first) or r.content_digest is null or r.content_digest is not distinct from r.digest))
  into v_new, v_is_plain
  from (
    select m.ord, coalesce(d.id, e.id) as known, m.content_digest, row_number() over same = 1 as is_first,
      case when d.id is not null then d.content_digest when e.id is not null then m.content_digest
        else first_value(m.content_digest) over same end as digest,
      coalesce(s.thread_scopes ->> m.channel, 'channel_contact') = 'channel_contact'
      and m.external_message_id is not null and m.sender_contact_id is null and s.tenant_id is not null as is_plain
    from unnest(p_rows) as m
    left join public.tenant_settings as s on s.tenant_id = m.tenant_id
    left join public.et_messages as d on d.tenant_id = m.tenant_id and d.channel = m.channel
      and d.external_message_id = m.external_message_id
    left join private.tenant_salts as z on z.tenant_id = m.tenant_id
    left join public.et_messages as e on e.tenant_id = z.tenant_id and e.channel = m.channel
      and e.external_message_id = private.salted_digest(z.tenant_id, m.external_message_id)
    window same as (partition by m.tenant_id, m.channel, m.external_message_id order by m.ord)
  ) as r;
  return case when v_is_plain then coalesce(v_new, '{}') end;
end
$$;
comment on function private.new_inbound_rows(private.inbound_row[]) is
'Definer: which rows are no duplicates. Null when the batch must go row by row. Call it under the locks of the keys.';

create function private.known_inbound_places(p_rows private.inbound_row[], out contacts uuid[], out threads uuid[])
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_settled boolean;
begin
  select array_agg(i.contact_id order by m.ord), array_agg(t.id order by m.ord) into contacts, threads
  from unnest(p_rows) as m
  inner join public.tenant_settings as s on s.tenant_id = m.tenant_id
  left join private.address_kinds as k on k.channel = m.channel
  inner join public.contact_identities as i on i.tenant_id = m.tenant_id and i.address = m.sender_address
    and i.kind = coalesce(k.kind, m.channel)
  inner join public.et_threads as t on t.tenant_id = m.tenant_id
    and t.scope_key = 'cc:' || m.channel_session_id::text || ':' || i.contact_id::text
  left join public.et_messages as d on d.tenant_id = m.tenant_id and d.channel = m.channel
    and d.external_message_id = m.external_message_id
  left join private.tenant_salts as z on z.tenant_id = m.tenant_id
  left join public.et_messages as e on e.tenant_id = z.tenant_id and e.channel = m.channel
    and e.external_message_id = private.salted_digest(z.tenant_id, m.external_message_id)
  where d.id is null and e.id is null and m.sender_contact_id is null
    and coalesce(s.thread_scopes ->> m.channel, 'channel_contact') = 'channel_contact';
  if cardinality(threads) = cardinality(p_rows) then
    select bool_and(t.is_ready) into v_settled from (
      select x.merged_into is null and x.status = 'open' and x.folder = 'inbox' as is_ready
      from public.et_threads as x
      where (x.tenant_id, x.id) in (select m.tenant_id, m.thread_id from unnest(threads, p_rows) as m (thread_id))
      order by x.tenant_id, x.id
      for no key update
    ) as t;
  end if;
  if v_settled is not true then
    contacts := null;
    threads := null;
  end if;
end
$$;
comment on function private.known_inbound_places(private.inbound_row[]) is
'Definer: contacts and locked threads of a batch in which every id is new, every address known and every thread open: '
'most batches. Nulls for any other. Call it under the locks of the keys.';

create function private.inbound_contacts(p_rows private.inbound_row[]) returns uuid[]
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_contacts uuid[];
  v_row record;
begin
  for v_round in 1 .. 2 loop
    select array_agg(i.contact_id order by m.ord) into v_contacts
    from unnest(p_rows) as m
    left join public.contact_identities as i on i.tenant_id = m.tenant_id and i.address = m.sender_address
      and i.kind = private.address_kind(m.channel);
    exit when array_position(v_contacts, null) is null;
    -- Sorted by the lock that find_or_create_contact() takes: two batches cannot wait for each other.
    for v_row in
      select x.* from (
        select distinct on (m.tenant_id, private.address_kind(m.channel), m.sender_address)
          m.tenant_id, private.address_kind(m.channel) as kind, m.sender_address, m.sender_name
        from unnest(p_rows) as m
        order by m.tenant_id, private.address_kind(m.channel), m.sender_address, m.ord
      ) as x
      order by hashtextextended(x.tenant_id::text || x.kind || x.sender_address, 1)
    loop
      perform private.find_or_create_contact(v_row.tenant_id, v_row.kind, v_row.sender_address, v_row.sender_name);
    end loop;
  end loop;
  return v_contacts;
end
$$;
comment on function private.inbound_contacts(private.inbound_row[]) is
'Definer: the contact of each row, in the order of the rows; new addresses get theirs, named by the first message.';

create function private.inbound_threads(p_rows private.inbound_row[], p_contacts uuid[]) returns uuid[]
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_threads uuid[];
  v_row record;
  v_opener private.inbound_row;
  v_message public.et_messages;
  v_thread uuid;
  v_place bigint;
  v_settled boolean;
begin
  select array_agg(coalesce(t.merged_into, t.id) order by m.ord) into v_threads
  from unnest(p_contacts, p_rows) as m (contact_id)
  left join public.et_threads as t on t.tenant_id = m.tenant_id
    and t.scope_key = 'cc:' || m.channel_session_id::text || ':' || m.contact_id::text;
  for v_row in
    select m.tenant_id, m.channel_session_id, m.contact_id, array_agg(m.ordinality order by m.ordinality) as places
    from unnest(p_contacts, v_threads, p_rows) with ordinality as m (contact_id, thread_id)
    where m.thread_id is null
    group by m.tenant_id, m.channel_session_id, m.contact_id order by 1, 2, 3
  loop
    v_opener := p_rows[v_row.places[1]];
    v_message.tenant_id := v_row.tenant_id;
    v_message.channel := v_opener.channel;
    v_message.channel_session_id := v_row.channel_session_id;
    v_message.sender_contact_id := v_row.contact_id;
    v_message.subject := v_opener.subject;
    v_message.auto_class := v_opener.auto_class;
    v_message.spam_score := v_opener.spam_score;
    v_thread := private.find_or_create_thread(v_message, 'channel_contact');
    foreach v_place in array v_row.places loop
      v_threads[v_place] := v_thread;
    end loop;
  end loop;
  loop
    perform from public.et_threads as t
    where (t.tenant_id, t.id) in (select m.tenant_id, m.thread_id from unnest(v_threads, p_rows) as m (thread_id))
    order by t.tenant_id, t.id
    for no key update;
    -- Merged while we waited for the lock: on to the winner.
    select array_agg(coalesce(t.merged_into, t.id) order by m.ord), bool_and(t.merged_into is null)
    into v_threads, v_settled
    from unnest(v_threads, p_rows) as m (thread_id)
    inner join public.et_threads as t on t.tenant_id = m.tenant_id and t.id = m.thread_id;
    exit when v_settled is not false;
  end loop;
  perform private.refuse_erased_thread(t.tenant_id, t.id)
  from (select distinct m.tenant_id, m.thread_id from unnest(v_threads, p_rows) as m (thread_id)) as v
  inner join public.et_threads as t on t.tenant_id = v.tenant_id and t.id = v.thread_id and t.erased_at is not null;
  update public.et_threads as t
  set status = 'open', snoozed_until = null, closed_at = null,
    folder = case when v.is_personal and t.folder_said_seq is null then 'inbox' else t.folder end
  from (
    select m.tenant_id, m.thread_id,
      not bool_and(m.spam_score >= 0.9 or m.auto_class in ('list', 'bulk', 'report')) as is_personal
    from unnest(v_threads, p_rows) as m (thread_id) group by m.tenant_id, m.thread_id
  ) as v
  where t.tenant_id = v.tenant_id and t.id = v.thread_id
    and (t.status <> 'open' or (v.is_personal and t.folder <> 'inbox' and t.folder_said_seq is null));
  return v_threads;
end
$$;
comment on function private.inbound_threads(private.inbound_row[], uuid[]) is
'Definer: the thread of each row under the rule channel_contact, made where it is missing; all of them locked, in '
'one order, and open.';

create function private.insert_inbound_rows(p_rows private.inbound_row[], p_contacts uuid[], p_threads uuid[])
returns table (ord integer, message_id uuid, thread_id uuid, seq bigint)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  with placed as materialized (
    select m.*, private.uuid_v7() as id, row_number() over of_thread as place,
      lead(m.ord) over of_thread is null as is_last
    from unnest(p_threads, p_contacts, p_rows) as m (to_thread, contact_id)
    window of_thread as (partition by m.to_thread order by m.ord)
  ), heads as (
    update public.et_threads as t set
      last_seq = t.last_seq + p.place, last_rev = t.last_rev + p.place, last_inbound_seq = t.last_seq + p.place,
      unread_count = t.unread_count + p.place::integer, last_message_at = clock_timestamp(),
      last_direction = 'inbound', preview = left(p.body, 160)
    from placed as p
    inner join public.tenant_settings as s on s.tenant_id = p.tenant_id
    where p.is_last and t.tenant_id = p.tenant_id and t.id = p.to_thread
    returning t.tenant_id, t.id, t.last_seq - p.place as seq, t.last_rev - p.place as rev, t.staff_readable,
      coalesce(t.search_policy, s.search_policy) as search_policy, t.last_message_at
  ), inserted as (
    insert into public.et_messages (
      tenant_id, id, thread_id, seq, rev, channel, channel_session_id, direction, delivery_status, message_type,
      sender_kind, sender, sender_contact_id, sender_address, sender_name, subject, body, language,
      external_message_id, content_digest, reference_ids, auto_class, spam_score, metadata, search_vector,
      staff_readable, occurred_at, created_at, feed_epoch)
    select p.tenant_id, p.id, h.id, h.seq + p.place, h.rev + p.place, p.channel, p.channel_session_id, 'inbound',
      'received', p.message_type, 'contact', 'contact:' || p.contact_id::text, p.contact_id, p.sender_address,
      p.sender_name, p.subject, p.body, p.language, p.external_message_id, p.content_digest, p.reference_ids,
      p.auto_class, p.spam_score, p.metadata, case when h.search_policy = 'full'
        then to_tsvector('simple', concat_ws(' ', p.subject, left(p.body, 100000))) end,
      h.staff_readable, p.occurred_at, h.last_message_at, (select e.epoch from private.feed_epochs as e)
    from placed as p
    inner join heads as h on h.tenant_id = p.tenant_id and h.id = p.to_thread
  ), work as (
    insert into private.inbound_work (tenant_id, thread_id, first_seq)
    select h.tenant_id, h.id, h.seq + 1 from heads as h
    on conflict (tenant_id, thread_id) do nothing
  )
  select p.ord, p.id, h.id, h.seq + p.place
  from placed as p
  inner join heads as h on h.tenant_id = p.tenant_id and h.id = p.to_thread;
end
$$;
comment on function private.insert_inbound_rows(private.inbound_row[], uuid[], uuid[]) is
'Definer: heads once per thread, then messages and work rows. Its caller has locked the threads and seen to it that '
'they are open.';

create function private.insert_inbound_row(p_row private.inbound_row) returns table (message_id uuid, thread_id uuid,
  seq bigint)
language sql volatile security definer set search_path = '' as $$
  insert into public.et_messages as m (
    tenant_id, channel, channel_session_id, direction, sender_contact_id, sender_address, sender_name, subject, body,
    language, external_message_id, content_digest, reference_ids, auto_class, spam_score, message_type, metadata,
      occurred_at)
  values (
    p_row.tenant_id, p_row.channel, p_row.channel_session_id, 'inbound', p_row.sender_contact_id, p_row.sender_address,
    p_row.sender_name, p_row.subject, p_row.body, p_row.language, p_row.external_message_id, p_row.content_digest,
    p_row.reference_ids, p_row.auto_class, p_row.spam_score, p_row.message_type, p_row.metadata, p_row.occurred_at)
  returning m.id, m.thread_id, m.seq
$$;
comment on function private.insert_inbound_row(private.inbound_row) is
'Definer: one row the plain way, through the trigger. No row for a duplicate.';

create function private.ingest_messages(p_messages jsonb)
returns table (ord integer, message_id uuid, thread_id uuid, seq bigint, duplicate boolean)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  v_all private.inbound_row[] := private.inbound_rows(p_messages);
  v_rows private.inbound_row[];
  v_new integer[];
  v_contacts uuid[];
  v_threads uuid[];
  v_keys bigint;
begin
  if session_user = 'parley_worker' and exists (
    select from unnest(v_all) as m where m.tenant_id is distinct from private.worker_tenant()) then
    raise exception 'a message of another tenant than the transaction''s'
      using errcode = 'PT403', detail = '{"code": "forbidden", "field": "tenant_id"}',
        hint = 'Set parley.tenant_id, one tenant a call.';
  end if;
  select count(pg_advisory_xact_lock(k.key)) into v_keys from (
    select distinct hashtextextended(m.tenant_id::text || m.channel || ':' || m.external_message_id, 0) as key
    from unnest(v_all) as m where m.external_message_id is not null order by key
  ) as k;
  if v_keys = cardinality(v_all) then -- no id twice, none missing
    select k.contacts, k.threads into v_contacts, v_threads from private.known_inbound_places(v_all) as k;
    if v_threads is not null then
      return query
      select i.ord, i.message_id, i.thread_id, i.seq, false
      from private.insert_inbound_rows(v_all, v_contacts, v_threads) as i order by i.ord;
      return;
    end if;
  end if;
  v_new := private.new_inbound_rows(v_all);
  if v_new is null then
    return query
    select m.ord, i.message_id, i.thread_id, i.seq, i.message_id is null
    from unnest(v_all) as m left join lateral private.insert_inbound_row(m) as i on true
    order by m.ord;
    return;
  end if;
  v_rows := array(select m from unnest(v_all) as m where m.ord = any(v_new) order by m.ord);
  v_contacts := private.inbound_contacts(v_rows);
  return query
  select m.ord, i.message_id, i.thread_id, i.seq, i.message_id is null
  from unnest(v_all) as m
  left join private.insert_inbound_rows(
    v_rows, v_contacts, private.inbound_threads(v_rows, v_contacts)) as i on i.ord = m.ord
  order by m.ord;
end
$$;
comment on function private.ingest_messages(jsonb) is
'Definer, for receivers and imports: an array of messages (see private.inbound_row), stored as if inserted one by '
'one; one result row each, in order. Duplicates have no id.';

grant execute on function private.ingest_messages(jsonb) to parley_worker, service_role;
