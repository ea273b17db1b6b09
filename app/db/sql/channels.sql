-- name: list_channel_sessions
-- The accounts of the active tenant that are not deleted.
select s.id, s.channel, s.provider, s.name, s.address, s.status, s.status_reason, s.verified_at, s.sender_name,
  s.sender_address, s.warm_up_from, s.config, s.last_heartbeat_at, s.last_inbound_at, s.last_outbound_at,
  s.last_error, s.last_error_at, public.can_pair(s.provider) as can_pair, s.created_at
from public.et_channel_sessions as s
where s.tenant_id = current_setting('parley.active_tenant')::uuid and s.status <> 'deleted'
order by s.channel, s.name, s.id;

-- name: get_channel_session
-- One account by id.
select s.id, s.channel, s.provider, s.name, s.address, s.status, s.status_reason, s.verified_at, s.sender_name,
  s.sender_address, s.warm_up_from, s.config, s.last_heartbeat_at, s.last_inbound_at, s.last_outbound_at,
  s.last_error, s.last_error_at, public.can_pair(s.provider) as can_pair, s.created_at
from public.et_channel_sessions as s
where s.tenant_id = current_setting('parley.active_tenant')::uuid and s.id = %(session_id)s::uuid and s.status <> 'deleted';

-- name: list_templates
-- The templates of one account.
select t.name, t.language, t.status, t.category, t.shape, t.components, t.read_at
from public.message_templates as t
where t.tenant_id = current_setting('parley.active_tenant')::uuid and t.session_id = %(session_id)s::uuid
order by t.name, t.language;

-- name: address_kind
-- Which kind of address a channel has.
select public.address_kind(%(channel)s::text);

-- name: create_channel_session
-- A new account, pending until somebody has seen it work.
select public.create_channel_session(
  %(channel)s::text, %(provider)s::text, %(name)s::text, %(address)s::text, %(config)s::jsonb, %(sender_name)s::text);

-- name: update_channel_session
-- Change fields of an account.
select public.update_channel_session(%(session_id)s::uuid, %(patch)s::jsonb);

-- name: set_channel_session_status
-- Pause, resume or delete an account.
select public.set_channel_session_status(%(session_id)s::uuid, %(status)s::text);

-- name: test_channel_session
-- One real message over an account.
select public.test_channel_session(%(session_id)s::uuid, %(address)s::text, %(template)s::jsonb);

-- name: create_form_link
-- A link by which a contact can answer on a page.
select public.create_form_link(
  %(session_id)s::uuid, %(contact_id)s::uuid, %(message_id)s::uuid, %(days)s::integer);

-- name: pair_channel_session
-- Ask for the code that pairs a phone; it comes sealed.
select public.pair_channel_session(%(session_id)s::uuid);

-- name: authorize_channel_secret
-- Whether the caller may set a secret of this account; the audit log says that he did.
select public.authorize_channel_secret(%(session_id)s::uuid, %(name)s::text);

-- name: leave_role
-- Back to the API's own role for the rest of the transaction.
select set_config('role', 'none', true);

-- name: put_channel_secret
-- Store one encrypted secret; runs as the API's own role.
select private.put_channel_secret(
  %(tenant_id)s::uuid, %(session_id)s::uuid, %(name)s::text, %(ciphertext)s::bytea);

-- name: verify_channel_session
-- An address the API made up itself needs no proof; runs as the API's own role.
select private.verify_channel_session(%(tenant_id)s::uuid, %(session_id)s::uuid);
