-- Chapter: messages, HTML. How the sender of a mail laid it out, beside the text that was read from it.
--
--   receiver ──▶ the mail's HTML part, at most 100,000 characters, in the transaction of its message
--   message_html() ──▶ the staff, as it came: whoever shows it cleans it and shuts it in
--   message taken back, masked, stopped or erased ──▶ gone
--
-- The text in et_messages stays the message: it is what is searched, judged, decided on and shown first.

create table private.message_html (
  tenant_id uuid not null,
  message_id uuid not null,
  html text not null,
  is_cut boolean not null default false,
  constraint message_html_tenant_id_message_id_pkey primary key (tenant_id, message_id),
  constraint message_html_tenant_id_message_id_fkey foreign key (tenant_id, message_id)
  references public.et_messages (tenant_id, id),
  constraint message_html_html_check check (length(html) between 1 and 100000)
);
comment on table private.message_html is
'The HTML part of a received mail as it came: hostile until it was cleaned. Whether there is one, et_messages.metadata '
'says (html).';
comment on column private.message_html.is_cut is 'It was longer, and what followed was not kept.';

create function private.message_html(p_message_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_tenant uuid := private.authorize('read');
begin
  return (
    select jsonb_build_object('message_id', h.message_id, 'html', h.html, 'cut', h.is_cut)
    from private.message_html as h
    inner join public.et_messages as m on m.tenant_id = h.tenant_id and m.id = h.message_id
    where h.tenant_id = v_tenant and h.message_id = p_message_id and m.staff_readable and m.deleted_at is null
      and m.moderation_status = 'approved');
end
$$;
comment on function private.message_html(uuid) is
'Definer: the HTML part of a mail, for the staff, while its text is shown as it was written; null for anybody else.';

create function public.message_html(p_message_id uuid) returns jsonb
language sql stable set search_path = '' begin atomic select private.message_html(p_message_id); end;
comment on function public.message_html(uuid) is
'How a mail was laid out, as its sender sent it: clean it, and show it where no script runs. Null when there is none.';

create function private.tg_messages__drop_html() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  delete from private.message_html as h where h.tenant_id = new.tenant_id and h.message_id = new.id;
  return null;
end
$$;
comment on function private.tg_messages__drop_html() is
'Definer: what is no longer shown as it was written is no longer shown as it was laid out.';
create trigger et_messages_850_drop_html after update of deleted_at, erased_at, edited_at, moderation_status
on public.et_messages
for each row when (
  new.direction = 'inbound' and (new.deleted_at is not null or new.erased_at is not null or new.edited_at is not null
  or new.moderation_status in ('filtered', 'blocked'))
)
execute function private.tg_messages__drop_html();

-- ── policies and grants ──────────────────────────────────────────────────────────────────────────────────────────

alter table private.message_html enable row level security;
alter table private.message_html force row level security;
create policy message_html_insert_worker on private.message_html for insert to parley_worker
with check (tenant_id = (select private.worker_tenant()));
revoke all on private.message_html from public, anon, authenticated, service_role;
grant insert on private.message_html to parley_worker;
grant execute on function private.message_html(uuid), public.message_html(uuid) to authenticated;
