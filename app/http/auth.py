"""Who is asking: a user's JWT or an API key.

A token is taken for what its signature proves and no more: only user roles count, and the database checks membership
at every statement. API keys go to the database as they are.
"""

import time
from collections import OrderedDict
from typing import Any
from uuid import UUID

import jwt
import msgspec

from app.db.unit import Caller
from app.errors import NotAuthenticated
from app.settings import Settings
from app.tokens import BROKEN, LEEWAY_S, MAX_TOKEN_CHARS, Verifier

REMEMBERED = 4096
"""Verified tokens remembered: a signature stays good, only the time is checked again."""
KEPT = (
    "sub",
    "role",
    "aud",
    "iss",
    "exp",
    "iat",
    "email",
    "phone",
    "app_metadata",
    "is_anonymous",
    "session_id",
    "aal",
)
"""Claims that reach the database. `api_key_id` is not among them: only a checked key stands for one."""
_REMEDY = "send a valid token or API key as `Authorization: Bearer …`"


class Authenticator:
    """Turns the Authorization or X-API-Key header into a Caller. Raises NotAuthenticated."""

    def __init__(self, settings: Settings) -> None:
        self._verifier = Verifier(settings.supabase_jwt_secret, settings.supabase_jwks_url)
        self._known: OrderedDict[str, tuple[float, Caller]] = OrderedDict()

    async def caller(self, authorization: str | None, api_key: str | None) -> Caller:
        """The caller of a request with these two headers."""
        token = api_key
        if authorization:
            scheme, _, token = authorization.partition(" ")
            if scheme.lower() != "bearer":
                raise NotAuthenticated("The Authorization header is no Bearer token.", remedy=_REMEDY)
        token = (token or "").strip()
        if not token:
            raise NotAuthenticated("Sign in first.", remedy=_REMEDY)
        if token.startswith("pk_"):
            if "\x00" in token or len(token) > MAX_TOKEN_CHARS:
                raise NotAuthenticated("This API key is not valid.", remedy=_REMEDY)
            return Caller(key=token)
        return await self._user(token)

    async def _user(self, token: str) -> Caller:
        known = self._known.get(token)
        if known:
            if known[0] + LEEWAY_S <= time.time():
                raise NotAuthenticated("The token has expired.", code="token_expired", remedy="sign in again")
            return known[1]
        if len(token) > MAX_TOKEN_CHARS:
            raise NotAuthenticated("The token is too long.", remedy=_REMEDY)
        claims = await self._verified(token)
        caller = self._to_caller(claims)
        self._known[token] = (float(claims["exp"]), caller)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return caller

    async def _verified(self, token: str) -> dict[str, Any]:
        try:
            return await self._verifier.claims(token)
        except jwt.ExpiredSignatureError as error:
            raise NotAuthenticated("The token has expired.", code="token_expired", remedy="sign in again") from error
        except BROKEN as error:
            raise NotAuthenticated("The token is not valid.", remedy=_REMEDY) from error

    @staticmethod
    def _to_caller(claims: dict[str, Any]) -> Caller:
        if claims.get("role") != "authenticated":
            raise NotAuthenticated("This token stands for no user.", remedy="sign in and send the user's token")
        audience = claims.get("aud", "authenticated")
        if "authenticated" not in (audience if isinstance(audience, list) else [audience]):
            raise NotAuthenticated("The token was made for somebody else.", remedy=_REMEDY)
        kept = {name: claims[name] for name in KEPT if name in claims}
        user_id = _uuid(claims.get("sub"))
        if user_id is None:
            raise NotAuthenticated("The token names no user.", remedy=_REMEDY)
        metadata = kept.get("app_metadata")
        tenant_id = _uuid(metadata.get("tenant_id")) if isinstance(metadata, dict) else None
        kept["sub"] = str(user_id)
        kept["app_metadata"] = {"tenant_id": str(tenant_id)} if tenant_id else {}
        text = msgspec.json.encode(kept).decode()
        if "\\u0000" in text:
            raise NotAuthenticated("The token is not valid.", remedy=_REMEDY)
        return Caller(claims=text, user_id=user_id, tenant_id=tenant_id)


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
