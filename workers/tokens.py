"""Keeps access tokens of accounts fresh, for whoever logs in with them: renewed once, stored sealed, used by all."""

import asyncio

import httpx
import msgspec

from app.channels.email.oauth import OAuthError, Token, refresh, stored_token
from app.db import worker as db
from app.db.queries import query
from app.domain.channels import Session
from app.secrets import Vault
from app.settings import Settings
from workers.loop import Pool, open_pool, worker_name


class TokenKeeper:
    """One per process. A token another process renewed meanwhile is taken over instead of renewing it again."""

    def __init__(self, settings: Settings, pool: Pool | None = None) -> None:
        self._settings, self._given = settings, pool
        self._own: Pool | None = None
        self.vault = Vault(settings.secret_keys())
        self._locks: dict[str, asyncio.Lock] = {}
        self._client: httpx.AsyncClient | None = None

    async def fresh(self, session: Session) -> str:
        """An access token that lasts for another log-in. Raises OAuthError."""
        if token := stored_token(session.secrets):
            return token.access_token
        async with self._locks.setdefault(session.session_id, asyncio.Lock()):
            secrets = await self._secrets(session)
            if token := stored_token(secrets):
                return token.access_token
            try:
                token = await refresh(self._http(), session.config.get("oauth"), secrets, self._settings.oauth_urls())
            except OAuthError:
                # Somebody else may have renewed it first, with a refresh token that was good for one use.
                if token := stored_token(await self._secrets(session)):
                    return token.access_token
                raise
            await self._keep(session, token)
            return token.access_token

    async def close(self) -> None:
        """Release connections."""
        if self._client is not None:
            await self._client.aclose()
        if self._own is not None:
            await self._own.close()

    def _http(self) -> httpx.AsyncClient:
        self._client = self._client or httpx.AsyncClient(timeout=15.0, follow_redirects=False, trust_env=False)
        return self._client

    async def _pool(self) -> Pool:
        if self._given is not None:
            return self._given
        if self._own is None:
            self._own = open_pool(self._settings, worker_name("tokens"), size=2)
            await self._own.open()
        return self._own

    async def _secrets(self, session: Session) -> dict[str, str]:
        async with (await self._pool()).connection() as connection, connection.transaction():
            await connection.execute(query("inbound", "set_tenant"), {"tenant_id": session.tenant_id})
            rows = await db.fetch(connection, "receivers", "read_secrets", session_id=session.session_id)
        return {row["name"]: self.vault.open(row["ciphertext"]) for row in rows}

    async def _keep(self, session: Session, token: Token) -> None:
        values = {"oauth_access_token": msgspec.json.encode(token).decode()}
        if token.refresh_token:
            values["oauth_refresh_token"] = token.refresh_token
        async with (await self._pool()).connection() as connection, connection.transaction():
            await connection.execute(query("inbound", "set_tenant"), {"tenant_id": session.tenant_id})
            for name, value in values.items():
                await db.fetch(
                    connection, "receivers", "replace_secret", tenant_id=session.tenant_id,
                    session_id=session.session_id, secret=name, ciphertext=self.vault.seal(value),
                )  # fmt: skip
