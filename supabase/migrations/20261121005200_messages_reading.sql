-- Chapter: messages, part three. How messages are read: by rev, by feed, by search, by staff with a reason.

-- ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────

create function private.list_messages(p_thread_id uuid, p_since bigint,
  p_limit integer) returns setof public.et_messages
language plpgsql stable security definer set search_path = '' as $$
declare
  v_tenant uuid := private.current_tenant();
  v_user uuid := private.current_user_id();
  v_thread record;
  v_takes_part boolean;
begin
  for v_thread in
    select t.tenant_id, t.tenant_id is not distinct from v_tenant and t.staff_readable as is_staff
    from public.et_threads as t where t.id = p_thread_id
  loop
    -- Staff who also take part are looked up only when a message is not for the staff.
    v_takes_part := case when not v_thread.is_staff then private.is_participant(v_thread.tenant_id, p_thread_id) end;
    continue when not v_takes_part;
    return query
    select m.* from public.et_messages as m
    where m.tenant_id = v_thread.tenant_id and m.thread_id = p_thread_id and m.rev > coalesce(p_since, 0)
      and ((v_thread.is_staff and m.staff_readable)
        or (coalesce(v_takes_part, (select private.is_participant(v_thread.tenant_id, p_thread_id)))
          and ((m.moderation_status in ('approved', 'filtered')
            and (m.direction <> 'outbound' or m.delivery_status in ('sent', 'delivered', 'read')))
            or m.sender_user_id = v_user)))
    order by m.rev
    limit least(greatest(coalesce(p_limit, 50), 1), 50);
  end loop;
end
$$;
comment on function private.list_messages(uuid, bigint, integer) is
'Definer: the rule of et_messages_select_reader, asked once for the thread instead of once for every row, so that a '
'page costs the same for everybody.';

create function public.list_messages(p_thread_id uuid, p_since bigint default 0, p_limit integer default 50)
returns setof public.et_messages
language sql stable set search_path = ''
begin atomic select m.* from private.list_messages(p_thread_id, p_since, p_limit) as m; end;
comment on function public.list_messages(uuid, bigint, integer) is
'Messages of a thread that changed after rev p_since, oldest change first, at most 50: poll with the last rev you saw.';

create function private.thread_family(p_thread_id uuid) returns table (tenant_id uuid, id uuid)
language sql stable security definer set search_path = '' rows 2 as $$
  select f.tenant_id, f.id
  from public.et_threads as t
  inner join public.et_threads as f
    on t.tenant_id = f.tenant_id and coalesce(t.merged_into, t.id) in (f.id, f.merged_into)
  where t.id = p_thread_id
$$;
comment on function private.thread_family(uuid) is
'Definer, for public.list_history(), which reads messages as its caller: a thread and all that were merged with it. A '
'customer reads no row of a conversation with the business, but its messages.';

create function public.list_history(p_thread_id uuid, p_before_id uuid default null, p_limit integer default 50)
returns setof public.et_messages
language sql stable set search_path = ''
begin atomic
with family as (
  select
    f.tenant_id,
    f.id
  from private.thread_family(p_thread_id) as f
)

select m.*
from family as f
cross join lateral (
  select x.*
  from public.et_messages as x
  where x.tenant_id = f.tenant_id and x.thread_id = f.id
    and (p_before_id is null or (x.created_at, x.seq, x.id) < (
      select
        b.created_at,
        b.seq,
        b.id
      from public.et_messages as b
      inner join family as g on b.tenant_id = g.tenant_id and b.thread_id = g.id
      where b.id = p_before_id
    ))
  -- Within a thread the clock and the seq run alike, and there is an index for the seq.
  order by x.seq desc
  limit least(greatest(coalesce(p_limit, 50), 1), 200)
) as m
order by m.created_at desc, m.seq desc, m.id desc
limit least(greatest(coalesce(p_limit, 50), 1), 200);
end;
comment on function public.list_history(uuid, uuid, integer) is
'The messages of a conversation and of all that was merged with it, newest first, before the message p_before_id '
'(many may share one moment), at most 200.';

create function private.rev_at(p_tenant_id uuid, p_thread_id uuid, p_at timestamptz) returns bigint
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select coalesce(max(m.rev), 0) from public.et_messages as m
    where m.tenant_id = p_tenant_id and m.thread_id = p_thread_id
      and m.rev <= coalesce((
        select min(x.rev) - 1 from public.et_messages as x
        where x.tenant_id = p_tenant_id and x.thread_id = p_thread_id and x.created_at >= p_at), 9223372036854775807));
end
$$;
comment on function private.rev_at(uuid, uuid, timestamptz) is
'Definer: the rev before the first message at or after a moment, so that clients that only know timestamps lose '
'nothing.';

create function private.read_feed(p_tenant_id uuid, p_epoch integer, p_after_xid xid8, p_after_id uuid, p_limit integer)
returns table (message_id uuid, thread_id uuid, seq bigint, rev bigint, feed_epoch integer, xid xid8)
language sql stable security definer set search_path = '' as $$
  select m.id, m.thread_id, m.seq, m.rev, m.feed_epoch, m.xid
  from public.et_messages as m
  where m.tenant_id = p_tenant_id and (m.feed_epoch, m.xid, m.id) > (p_epoch, p_after_xid, p_after_id)
    and (m.feed_epoch < private.feed_epoch() or m.xid < pg_snapshot_xmin(pg_current_snapshot()))
  order by m.feed_epoch, m.xid, m.id
  limit p_limit
$$;
comment on function private.read_feed(uuid, integer, xid8, uuid, integer) is
'Definer, for workers: a tenant''s messages in commit order behind a cursor; stops below the oldest running '
'transaction, so no row is ever skipped.';

create function public.search_messages(p_query text, p_limit integer default 20)
returns table (message_id uuid, thread_id uuid, seq bigint, created_at timestamptz, subject text, headline text)
language sql stable set search_path = ''
begin atomic
select
  m.id,
  m.thread_id,
  m.seq,
  m.created_at,
  m.subject,
  ts_headline('simple', left(m.body, 2000), websearch_to_tsquery('simple', p_query)) as headline
from public.et_messages as m
where m.tenant_id = (select private.current_tenant())
  and m.moderation_status in ('approved', 'filtered')
  and m.search_vector is not null and m.search_vector @@ websearch_to_tsquery('simple', p_query)
  -- The index follows a change of the policy bit by bit; what the policy forbids is found no more at once.
  and exists (
    select
    from public.et_threads as t
    inner join public.tenant_settings as s on t.tenant_id = s.tenant_id
    where t.tenant_id = m.tenant_id and t.id = m.thread_id and coalesce(t.search_policy, s.search_policy) = 'full'
  )
order by m.created_at desc
limit least(greatest(coalesce(p_limit, 20), 1), 50);
end;
comment on function public.search_messages(text, integer) is
'Full-text search over the messages whose policy allows it; finds nothing where the policy is none or metadata, '
'because there is no index entry, and nothing that moderation holds back.';

create table private.search_rechecks (
  tenant_id uuid not null,
  feed_epoch integer not null,
  xid xid8 not null,
  after_epoch integer default 0,
  after_xid xid8 default '0',
  after_id uuid default '00000000-0000-0000-0000-000000000000',
  is_last boolean not null default false,
  waits_for text[],
  constraint search_rechecks_tenant_id_pkey primary key (tenant_id)
);
comment on table private.search_rechecks is
'Tenants whose search policy changed: their messages are brought in line, some at a time and in commit order; then '
'those once more that were inserted beside the change by who read the old one.';
comment on column private.search_rechecks.xid is 'No insert that ran beside the change is older than this.';
comment on column private.search_rechecks.after_id is
'With after_epoch and after_xid how far the pass under way has come; null between the two passes.';
comment on column private.search_rechecks.is_last is 'The pass under way is the second.';
comment on column private.search_rechecks.waits_for is
'Transactions that ran when the first pass was over. Once they are, too, nobody goes by the old policy.';

create function private.align_search(p_tenant_id uuid, p_most integer) returns bigint
language plpgsql volatile set search_path = '' as $$
declare
  v_check private.search_rechecks%rowtype;
  v_page record;
begin
  select c.* into v_check from private.search_rechecks as c where c.tenant_id = p_tenant_id;
  with page as (
    select m.feed_epoch, m.xid, m.id from public.et_messages as m
    where m.tenant_id = p_tenant_id
      and (m.feed_epoch, m.xid, m.id) > (v_check.after_epoch, v_check.after_xid, v_check.after_id)
    order by m.feed_epoch, m.xid, m.id limit p_most
  ), aligned as (
    update public.et_messages as m
    set search_vector = case when coalesce(t.search_policy, s.search_policy) = 'full'
      then to_tsvector('simple', concat_ws(' ', m.subject, left(m.body, 100000))) end
    from page as p, public.et_threads as t, public.tenant_settings as s
    where m.tenant_id = p_tenant_id and m.id = p.id
      and t.tenant_id = m.tenant_id and t.id = m.thread_id and s.tenant_id = m.tenant_id and m.deleted_at is null
      and (m.search_vector is not null) <> (coalesce(t.search_policy, s.search_policy) = 'full')
    returning 1
  )
  select p.*, (select count(*) from page) as looked, (select count(*) from aligned) as aligned into v_page
  from page as p order by p.feed_epoch desc, p.xid desc, p.id desc limit 1;
  if v_page.looked = p_most then
    update private.search_rechecks as c
    set after_epoch = v_page.feed_epoch, after_xid = v_page.xid, after_id = v_page.id where c.tenant_id = p_tenant_id;
  elsif v_check.is_last then
    delete from private.search_rechecks as c where c.tenant_id = p_tenant_id;
  else
    update private.search_rechecks as c set after_epoch = null, after_xid = null, after_id = null
    where c.tenant_id = p_tenant_id;
  end if;
  return coalesce(v_page.aligned, 0);
end
$$;
comment on function private.align_search(uuid, integer) is
'The next p_most messages of a tenant whose search policy changed follow it; returns how many did not before. The '
'caller holds the row of search_rechecks.';

create function private.tg_settings__search_policy() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.search_rechecks as c (tenant_id, feed_epoch, xid)
  values (new.tenant_id, private.feed_epoch(), pg_snapshot_xmin(pg_current_snapshot()))
  on conflict (tenant_id) do update
  set feed_epoch = least(c.feed_epoch, excluded.feed_epoch), xid = least(c.xid, excluded.xid), waits_for = null,
    after_epoch = excluded.after_epoch, after_xid = excluded.after_xid, after_id = excluded.after_id, is_last = false;
  perform private.align_search(new.tenant_id, 1000);
  update public.tenant_settings as s set search_ready = c.after_id is null
  from private.search_rechecks as c
  where s.tenant_id = new.tenant_id and c.tenant_id = s.tenant_id and s.search_ready <> (c.after_id is null);
  return null;
end
$$;
comment on function private.tg_settings__search_policy() is
'Definer: a policy change fills or empties the search index, for the first thousand messages at once, for the rest by '
'the housekeeper: whoever changes it does not wait for millions. What is being inserted meanwhile is looked at again.';

create trigger tenant_settings_900_search_policy after update of search_policy on public.tenant_settings
for each row when (old.search_policy is distinct from new.search_policy)
execute function private.tg_settings__search_policy();

create function private.recheck_search() returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tenant uuid;
  v_check private.search_rechecks%rowtype;
  v_count bigint := 0;
begin
  for v_tenant in select c.tenant_id from private.search_rechecks as c order by c.tenant_id
  loop
    -- The policy's lock first, as whoever changes it takes it: no change is under way from here on.
    perform from public.tenant_settings as s where s.tenant_id = v_tenant for no key update skip locked;
    continue when not found;
    select c.* into v_check from private.search_rechecks as c where c.tenant_id = v_tenant for update skip locked;
    continue when not found;
    if v_check.after_id is null and v_check.waits_for is null then
      update private.search_rechecks as c set waits_for = array(
        select l.virtualxid from pg_catalog.pg_locks as l
        inner join pg_catalog.pg_stat_activity as a on l.pid = a.pid and a.datname = current_database()
        where l.locktype = 'virtualxid' and l.mode = 'ExclusiveLock' and l.pid <> pg_backend_pid())
      where c.tenant_id = v_tenant;
      continue;
    end if;
    if v_check.after_id is null then
      continue when exists (
        select from pg_catalog.pg_locks as l
        where l.locktype = 'virtualxid' and l.virtualxid = any(v_check.waits_for));
      update private.search_rechecks as c
      set after_epoch = c.feed_epoch, after_xid = c.xid, after_id = '00000000-0000-0000-0000-000000000000', is_last = true
      where c.tenant_id = v_tenant;
    end if;
    v_count := v_count + private.align_search(v_tenant, 2000);
    update public.tenant_settings as s set search_ready = true
    where s.tenant_id = v_tenant and not s.search_ready and not exists (
      select from private.search_rechecks as c where c.tenant_id = v_tenant and c.after_id is not null);
  end loop;
  return v_count;
end
$$;
comment on function private.recheck_search() is
'Definer, for the housekeeper: brings the next two thousand messages of every tenant in line whose search policy '
'changed, and at the end those that were inserted beside the change, once every transaction that can have read the old '
'one is over. Returns how many.';

create function private.tg_threads__search_policy() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- A thread that follows the tenant must not read a policy that is being changed.
  perform from public.tenant_settings as s where s.tenant_id = new.tenant_id for share;
  update public.et_messages as m
  set search_vector = case when coalesce(new.search_policy, s.search_policy) = 'full'
    then to_tsvector('simple', concat_ws(' ', m.subject, left(m.body, 100000))) end
  from public.tenant_settings as s
  where m.tenant_id = new.tenant_id and m.thread_id = new.id and s.tenant_id = m.tenant_id and m.deleted_at is null
    and (m.search_vector is not null) <> (coalesce(new.search_policy, s.search_policy) = 'full');
  return null;
end
$$;
comment on function private.tg_threads__search_policy() is 'Definer: the same for a thread with a policy of its own.';

create trigger et_threads_900_search_policy after update of search_policy on public.et_threads
for each row when (old.search_policy is distinct from new.search_policy)
execute function private.tg_threads__search_policy();

alter table private.search_rechecks enable row level security;
alter table private.search_rechecks force row level security;

-- ── grants ───────────────────────────────────────────────────────────────────────────────────────────────────────

revoke all on private.search_rechecks from public, anon, authenticated, service_role;
grant execute on function public.list_history(uuid, uuid, integer), private.thread_family(uuid),
public.list_messages(uuid, bigint, integer), private.list_messages(uuid, bigint, integer),
public.search_messages(text, integer),
private.rev_at(uuid, uuid,
  timestamptz) to authenticated;
grant execute on function private.read_feed(uuid, integer, xid8, uuid, integer),
private.recheck_search() to parley_worker;
