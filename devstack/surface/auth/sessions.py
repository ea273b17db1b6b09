"""Sessions and their refresh tokens: issued at sign-in, swapped at every refresh, revoked when one is used twice."""

import ipaddress
import secrets
import string
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from devstack.surface.auth import users
from devstack.surface.auth.config import Config
from devstack.surface.auth.problems import Problem
from devstack.surface.auth.requests import Request
from devstack.surface.auth.tokens import Minter
from devstack.surface.auth.users import User
from devstack.surface.database import Connection

_ALPHABET = string.ascii_lowercase + string.digits
_USED = Problem(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")


@dataclass(frozen=True)
class Sessions:
    """Issues and refreshes. Every function takes the connection of a transaction and commits nothing."""

    config: Config
    minter: Minter

    async def issue(self, connection: Connection, user: User, method: str, request: Request) -> dict[str, Any]:
        """A new session of `user`, as a client keeps it. Raises Problem."""
        session_id = uuid.uuid4()
        await connection.execute(
            "insert into auth.sessions (id, user_id, created_at, updated_at, aal, user_agent, ip)"
            " values (%s, %s, now(), now(), 'aal1', %s, %s)",
            [session_id, user.id, request.header("user-agent"), _ip(request.address)],
        )
        await connection.execute(
            "insert into auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method)"
            " values (gen_random_uuid(), %s, now(), now(), %s)",
            [session_id, method],
        )
        await connection.execute(
            "update auth.identities set last_sign_in_at = now() where user_id = %s and provider = 'email'", [user.id]
        )
        user = await users.update(connection, user.id, last_sign_in_at=...)
        token = await _new_token(connection, user.id, session_id, parent=None)
        return await self._answer(connection, user, session_id, token, method)

    async def refresh(self, connection: Connection, presented: str, request: Request) -> dict[str, Any] | Problem:
        """Swap a refresh token. A Problem that is returned, not raised, is one whose consequences must be committed."""
        # Who refreshes the same session at the same time waits here, and then finds the token revoked.
        cursor = await connection.execute(
            "select t.session_id, t.user_id from auth.refresh_tokens as t where t.token = %s", [presented]
        )
        known = await cursor.fetchone()
        if known is None:
            raise Problem(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
        session_id, user_id = known
        cursor = await connection.execute(
            "select s.not_after from auth.sessions as s where s.id = %s for update", [session_id]
        )
        session = await cursor.fetchone()
        user = await users.by_id(connection, user_id)
        if session is None or user is None:
            raise Problem(400, "session_not_found", "Invalid Refresh Token: No Valid Session Found")
        if user.is_banned:
            raise Problem(400, "user_banned", "Invalid Refresh Token: User Banned")
        if session[0] is not None and session[0] < datetime.now(UTC):
            raise Problem(400, "session_expired", "Invalid Refresh Token: Session Expired")
        token = await self._swap(connection, presented, session_id, user.id)
        if token is None:
            return _USED
        await connection.execute(
            "update auth.sessions set refreshed_at = now() at time zone 'utc', updated_at = now(), user_agent = %s,"
            " ip = %s where id = %s",
            [request.header("user-agent"), _ip(request.address), session_id],
        )
        return await self._answer(connection, user, session_id, token, "token_refresh")

    async def _swap(
        self, connection: Connection, presented: str, session_id: uuid.UUID, user_id: uuid.UUID
    ) -> str | None:
        """The token that follows `presented`; None when it was used before and its family is revoked."""
        cursor = await connection.execute(
            "select t.revoked, t.updated_at,"
            " (select a.token from auth.refresh_tokens as a where a.session_id = t.session_id and not a.revoked"
            " order by a.id desc limit 1),"
            " (select a.parent from auth.refresh_tokens as a where a.session_id = t.session_id and not a.revoked"
            " order by a.id desc limit 1)"
            " from auth.refresh_tokens as t where t.token = %s",
            [presented],
        )
        revoked, revoked_at, active, parent = (await cursor.fetchone()) or (True, None, None, None)
        if revoked:
            if active is None:  # the family was revoked: nothing brings it back
                return None
            if parent == presented:  # the answer to the last refresh never arrived, or two tabs asked at once
                return str(active)
            reusable_until = revoked_at + timedelta(seconds=self.config.reuse_interval_s)
            if datetime.now(UTC) > reusable_until:
                if self.config.rotates:
                    await _revoke(connection, session_id)
                return None
        await connection.execute(
            "update auth.refresh_tokens set revoked = true, updated_at = now() where token = %s and not revoked",
            [presented],
        )
        return await _new_token(connection, user_id, session_id, parent=presented)

    async def _answer(
        self, connection: Connection, user: User, session_id: uuid.UUID, refresh_token: str, method: str
    ) -> dict[str, Any]:
        access_token, expires_at = await self.minter.mint(connection, user, session_id, method)
        return {
            "access_token": access_token, "token_type": "bearer", "expires_in": self.config.jwt_expiry_s,
            "expires_at": expires_at, "refresh_token": refresh_token, "user": user.to_json(),
        }  # fmt: skip


async def _new_token(connection: Connection, user_id: uuid.UUID, session_id: uuid.UUID, *, parent: str | None) -> str:
    token = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    await connection.execute(
        "insert into auth.refresh_tokens (instance_id, token, user_id, revoked, created_at, updated_at, parent,"
        " session_id) values (%s, %s, %s, false, now(), now(), %s, %s)",
        [users.NO_INSTANCE, token, str(user_id), parent, session_id],
    )
    return token


async def _revoke(connection: Connection, session_id: uuid.UUID) -> None:
    await connection.execute(
        "update auth.refresh_tokens set revoked = true, updated_at = now() where session_id = %s and not revoked",
        [session_id],
    )


async def exists(connection: Connection, session_id: str) -> datetime | None:
    """When the session began; None when there is no such session."""
    cursor = await connection.execute("select created_at from auth.sessions where id::text = %s", [session_id])
    row = await cursor.fetchone()
    return row[0] if row else None


async def end(connection: Connection, user_id: uuid.UUID, *, only: str | None = None, but: str | None = None) -> None:
    """End the user's sessions: all of them, `only` one, or all `but` one."""
    await connection.execute(
        "delete from auth.sessions where user_id = %(user)s and (%(only)s::text is null or id::text = %(only)s)"
        " and (%(but)s::text is null or id::text <> %(but)s)",
        {"user": user_id, "only": only, "but": but},
    )


def _ip(address: str) -> str | None:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None
