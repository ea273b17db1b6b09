-- name: claim_receivers
-- Accounts of a provider that nobody reads at the moment, each under a lease, with the place where the last one stopped.
select c.tenant_id::text, c.session_id::text, c.fence, c.cursor, c.channel, c.provider, c.address, c.config, c.secrets,
  c.proven
from private.claim_receivers(%(worker)s, %(provider)s, %(limit)s) as c;

-- name: renew_receiver
-- Whether the account is still ours, and to be read.
select private.renew_receiver(%(tenant_id)s, %(session_id)s, %(fence)s) as kept;

-- name: prove_receiver
-- The provider let the account in under its address.
select private.prove_receiver(%(tenant_id)s, %(session_id)s, %(fence)s) as proven;

-- name: advance_receiver
-- The cursor moves in the transaction that stores what it stands for.
select private.advance_receiver(%(tenant_id)s, %(session_id)s, %(fence)s, %(cursor)s);

-- name: release_receiver
-- Somebody else may read on at once.
select private.release_receiver(%(tenant_id)s, %(session_id)s, %(fence)s);

-- name: record_state
-- The account's state as just seen, and whether a message came in.
select private.record_heartbeat(%(tenant_id)s, %(session_id)s, %(status)s, %(reason)s, %(received)s);

-- name: read_secrets
-- The sealed secrets of an account of the transaction's tenant.
select x.name, encode(x.ciphertext, 'base64') as ciphertext from private.channel_secrets as x
where x.tenant_id = private.worker_tenant() and x.session_id = %(session_id)s;

-- name: replace_secret
-- A token the provider renewed.
select private.replace_secret(%(tenant_id)s, %(session_id)s, %(secret)s, %(ciphertext)s);
