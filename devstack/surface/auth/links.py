"""One-time tokens: the code in a mail and the digest in its link, both good once and for an hour."""

import hashlib
import secrets
import uuid

from devstack.surface.auth import users
from devstack.surface.auth.users import User
from devstack.surface.database import Connection

PKCE = "pkce_"
"""What the digest begins with when the link must end in a code instead of tokens."""
CONFIRMATION = "confirmation_token"
RECOVERY = "recovery_token"
CHANGE_CURRENT = "email_change_token_current"
CHANGE_NEW = "email_change_token_new"
REAUTHENTICATION = "reauthentication_token"

ACCEPTED = {
    "email": [CONFIRMATION, RECOVERY], "signup": [CONFIRMATION], "invite": [CONFIRMATION], "recovery": [RECOVERY],
    "magiclink": [RECOVERY], "email_change": [CHANGE_CURRENT, CHANGE_NEW],
}  # fmt: skip
"""Verification type → the tokens that serve it."""
_SENT_AT = {
    CONFIRMATION: "confirmation_sent_at", RECOVERY: "recovery_sent_at", CHANGE_CURRENT: "email_change_sent_at",
    CHANGE_NEW: "email_change_sent_at", REAUTHENTICATION: "reauthentication_sent_at",
}  # fmt: skip


def new_code(length: int) -> str:
    """A code of decimal digits."""
    return "".join(str(secrets.randbelow(10)) for _ in range(length))


def digest(address: str, code: str) -> str:
    """What is kept of a code, and what a link carries: it holds for this address only."""
    return hashlib.sha224((address + code).encode()).hexdigest()


async def store(connection: Connection, user: User, token_type: str, relates_to: str, token: str) -> User:
    """Keep `token` in the place of an earlier one of its type, and note that it was sent."""
    await connection.execute(
        "insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to, created_at, updated_at)"
        " values (gen_random_uuid(), %s, %s, %s, %s, now() at time zone 'utc', now() at time zone 'utc')"
        " on conflict (user_id, token_type) do update set id = excluded.id, token_hash = excluded.token_hash,"
        " relates_to = excluded.relates_to, created_at = excluded.created_at, updated_at = excluded.updated_at",
        [user.id, token_type, token, relates_to],
    )
    return await users.update(connection, user.id, **{token_type: token, _SENT_AT[token_type]: ...})


async def take(
    connection: Connection, token: str, types: list[str], expiry_s: int, *, typed: bool = False
) -> tuple[uuid.UUID, str] | None:
    """Use a token up: whose it was, and its type. None when it is not good (any more). A code that was `typed` serves
    whatever the link beside it would have ended in."""
    cursor = await connection.execute(
        "delete from auth.one_time_tokens where token_hash = any(%s) and token_type::text = any(%s)"
        " and created_at > now() at time zone 'utc' - make_interval(secs => %s)"
        " returning user_id, token_type::text",
        [[token, PKCE + token] if typed else [token], types, expiry_s],
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    await users.update(connection, row[0], **{row[1]: ""})
    return row[0], row[1]


async def forget(connection: Connection, user_id: uuid.UUID) -> User:
    """All tokens of a user become void."""
    await connection.execute("delete from auth.one_time_tokens where user_id = %s", [user_id])
    return await users.update(connection, user_id, **dict.fromkeys(_SENT_AT, ""))
