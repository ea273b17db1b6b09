-- name: get_tenant
-- The active tenant with its settings.
select t.id, t.slug, t.name, t.status, t.suspended_reason, t.time_zone, t.locale, t.home_regions, t.sender_name,
  t.sender_address, t.created_at, to_jsonb(s) - '{tenant_id,updated_at}'::text []
from public.tenants as t
inner join public.tenant_settings as s on s.tenant_id = t.id
where t.id = current_setting('parley.active_tenant')::uuid;

-- name: first_steps
-- How far the active tenant has come: each is one look that ends at the first row found.
select
  exists (
    select from public.et_channel_sessions as s where s.tenant_id = t.id and s.status <> 'deleted') as has_account,
  (
    select s.address from public.et_channel_sessions as s
    where s.tenant_id = t.id and s.channel = 'email' and s.verified_at is not null
      and s.status in ('connected', 'degraded')
    order by s.created_at limit 1) as mailbox,
  c.business_hours <> '[]' or exists (
    select from public.faq_entries as f where f.tenant_id = t.id and f.enabled) or exists (
    select from public.canned_replies as r where r.tenant_id = t.id and r.enabled) as has_knowledge,
  (
    select h.id from public.et_threads as h
    where h.tenant_id = t.id and h.kind = 'channel' and h.last_inbound_seq > 0
    order by h.last_message_at desc nulls last limit 1) as first_thread_id,
  exists (
    select from public.et_outbound_queue as q
    where q.tenant_id = t.id and q.purpose in ('reply', 'conversation') and q.status in ('sent', 'delivered', 'read')
  ) as is_answered
from public.tenants as t
inner join public.tenant_settings as c on c.tenant_id = t.id
where t.id = current_setting('parley.active_tenant')::uuid;

-- name: list_memberships
-- The tenants a user belongs to.
select m.tenant_id, m.role, m.tenant_id = current_setting('parley.active_tenant')::uuid, m.language,
  public.own_tenant_names() ->> m.tenant_id::text
from public.tenant_members as m
where m.user_id = %(user_id)s::uuid
order by m.created_at, m.tenant_id;

-- name: create_tenant
-- A new tenant with the caller as owner.
select public.create_tenant(%(name)s::text, %(slug)s::text, %(time_zone)s::text, %(locale)s::text);

-- name: switch_tenant
-- The tenant of the caller's next token.
select public.switch_tenant(%(tenant_id)s::uuid);

-- name: update_tenant
-- Change fields of the active tenant and its settings.
select public.update_tenant(%(patch)s::jsonb);

-- name: delete_tenant
-- Delete the active tenant.
select public.delete_tenant();

-- name: list_members
-- The staff of the active tenant.
select m.user_id, m.role, m.display_name, m.language, m.created_at
from public.tenant_members as m
where m.tenant_id = current_setting('parley.active_tenant')::uuid
order by m.created_at, m.user_id;

-- name: list_invitations
-- Open invitations of the active tenant, newest first.
select i.id, i.address, i.role, i.invited_by, i.created_at, i.expires_at
from public.tenant_invitations as i
where i.tenant_id = current_setting('parley.active_tenant')::uuid and i.accepted_at is null and i.revoked_at is null
order by i.id desc
limit 200;

-- name: invite_member
-- Invite somebody by address.
select public.invite_member(%(address)s::text, %(role)s::text);

-- name: accept_invitation
-- Join a tenant with the token of an invitation.
select public.accept_invitation(%(token)s::text);

-- name: revoke_invitation
-- Take an invitation back.
select public.revoke_invitation(%(invitation_id)s::uuid);

-- name: set_language
-- What the caller reads at the active tenant.
select public.set_language(%(language)s::text);

-- name: set_member_role
-- Change a member's role.
select public.set_member_role(%(user_id)s::uuid, %(role)s::text);

-- name: remove_member
-- End a membership.
select public.remove_member(%(user_id)s::uuid);

-- name: list_api_keys
-- The keys of the active tenant, without their secrets, newest first.
select k.id, k.name, k.hint, k.scopes, k.created_by, k.created_at, k.expires_at, k.revoked_at, k.last_used_at
from public.api_keys as k
where k.tenant_id = current_setting('parley.active_tenant')::uuid
order by k.id desc
limit 500;

-- name: create_api_key
-- A new key, its secret returned once.
select public.create_api_key(%(name)s::text, %(scopes)s::text [], %(expires_at)s::timestamptz);

-- name: revoke_api_key
-- A key stops working.
select public.revoke_api_key(%(api_key_id)s::uuid);

-- name: list_faq_entries
-- Questions the machine may answer.
select f.id, f.question, f.keywords, f.answer, f.language, f.enabled, f.updated_at
from public.faq_entries as f
where f.tenant_id = current_setting('parley.active_tenant')::uuid
order by f.id
limit 1000;

-- name: put_faq_entry
-- A new entry (null id), or changes to the named fields of one.
select public.put_faq_entry(%(faq_id)s::uuid, %(entry)s::jsonb);

-- name: delete_faq_entry
-- Delete a question and its answer.
select public.delete_faq_entry(%(faq_id)s::uuid);

-- name: list_canned_replies
-- The tenant's own wordings.
select r.id, r.intent, r.body, r.language, r.enabled, r.updated_at
from public.canned_replies as r
where r.tenant_id = current_setting('parley.active_tenant')::uuid
order by r.intent, r.language nulls first
limit 1000;

-- name: put_canned_reply
-- The tenant's wording for an intent.
select public.put_canned_reply(%(intent)s::text, %(body)s::text, %(language)s::text, %(enabled)s::boolean);

-- name: delete_canned_reply
-- Delete a wording.
select public.delete_canned_reply(%(reply_id)s::uuid);
