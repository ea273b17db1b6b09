-- Chapter: notifications, part two. Who has read what: a notification for everybody is read by each person apart, and
-- what was read on one device is read on all of them.

create table public.notification_reads (
  tenant_id uuid not null,
  user_id uuid not null,
  notification_id uuid not null,
  read_at timestamptz not null default clock_timestamp(),
  constraint notification_reads_tenant_id_user_id_notification_id_pkey
  primary key (tenant_id, user_id, notification_id),
  constraint notification_reads_tenant_id_notification_id_fkey foreign key (tenant_id, notification_id)
  references public.notifications (tenant_id, id) on delete cascade,
  constraint notification_reads_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade
);
comment on table public.notification_reads is 'A member has read a notification. Written by mark_notifications_read().';
create index notification_reads_tenant_id_notification_id_idx on public.notification_reads (tenant_id, notification_id);
create index notification_reads_user_id_idx on public.notification_reads (user_id);

create function private.mark_notifications_read(p_ids uuid[]) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user uuid := private.current_user_id();
  v_tenant uuid := private.current_tenant();
  v_count integer;
begin
  if v_user is null then
    raise exception 'sign in first' using errcode = 'PT401', detail = '{"code": "not_authenticated"}',
      hint = 'A person reads notifications, not a key.';
  end if;
  insert into public.notification_reads (tenant_id, user_id, notification_id)
  select n.tenant_id, v_user, n.id from public.notifications as n
  where n.tenant_id = v_tenant and coalesce(n.user_id = v_user, true) and (p_ids is null or n.id = any(p_ids))
    and not exists (
      select from public.notification_reads as r
      where r.tenant_id = n.tenant_id and r.user_id = v_user and r.notification_id = n.id)
  on conflict (tenant_id, user_id, notification_id) do nothing;
  get diagnostics v_count = row_count;
  return jsonb_build_object('marked', v_count);
end
$$;
comment on function private.mark_notifications_read(uuid[]) is
'Definer: the caller has read these, or all he may see when it is null. Ids of others change nothing.';

create function public.mark_notifications_read(p_ids uuid[] default null) returns jsonb
language sql volatile set search_path = ''
begin atomic select private.mark_notifications_read(p_ids); end;
comment on function public.mark_notifications_read(uuid[]) is
'Mark notifications as read, all of them without ids. For the person alone, on every device.';

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table public.notification_reads enable row level security;
alter table public.notification_reads force row level security;
create policy notification_reads_select_own on public.notification_reads for select to authenticated
using (tenant_id = (select private.current_tenant()) and user_id = (select private.current_user_id()));
revoke all on public.notification_reads from public, anon, authenticated, service_role;
grant select on public.notification_reads to authenticated, service_role;
grant execute on function private.mark_notifications_read(uuid[]), public.mark_notifications_read(uuid[])
to authenticated;
