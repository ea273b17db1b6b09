"""Who is asking: a user's JWT (HS256 with the project's secret, ES256 or RS256 with its keys) or an API key.

A token is taken for what its signature proves and no more: the key is chosen by the algorithm's family, only user
roles count, and the database checks membership at every statement. API keys go to the database as they are.
"""

import asyncio
import json
import time
import urllib.request
from collections import OrderedDict
from typing import Any
from uuid import UUID

import jwt
import msgspec

from app.db.unit import Caller
from app.errors import NotAuthenticated, Unavailable
from app.settings import Settings

MAX_TOKEN_CHARS = 16_384
LEEWAY_S = 10.0
REMEMBERED = 4096
"""Verified tokens remembered: a signature stays good, only the time is checked again."""
JWKS_MAX_AGE_S = 600.0
JWKS_MIN_AGE_S = 10.0
"""An unknown key id fetches the key set again, but not more often than this."""
ASYMMETRIC = {"ES256", "RS256"}
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
        self._secret = settings.supabase_jwt_secret
        self._jwks = KeySet(settings.supabase_jwks_url) if settings.supabase_jwks_url else None
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
            header = jwt.get_unverified_header(token)
            algorithm = str(header.get("alg"))
            key = await self._key(algorithm, header.get("kid"))
            claims: dict[str, Any] = jwt.decode(
                token, key, algorithms=[algorithm], leeway=LEEWAY_S,
                options={"require": ["exp"], "verify_aud": False, "verify_iss": False, "verify_sub": False},
            )  # fmt: skip
        except jwt.ExpiredSignatureError as error:
            raise NotAuthenticated("The token has expired.", code="token_expired", remedy="sign in again") from error
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise NotAuthenticated("The token is not valid.", remedy=_REMEDY) from error
        return claims

    async def _key(self, algorithm: Any, key_id: Any) -> Any:
        """The key for an algorithm. A public key is never used as an HMAC secret: the families are kept apart."""
        if algorithm == "HS256" and self._secret:
            return self._secret
        if algorithm in ASYMMETRIC and self._jwks:
            key = await self._jwks.find(key_id)
            if key is not None and key.algorithm_name == algorithm:
                return key.key
        raise NotAuthenticated("The token is not valid.", remedy=_REMEDY)

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


class KeySet:
    """A project's public keys, fetched when needed and kept for a while."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, key_id: str | None) -> jwt.PyJWK | None:
        """The key with this id, None when the set has none. Raises Unavailable when there is no set to look in."""
        age = time.monotonic() - self._fetched_at
        if age > JWKS_MAX_AGE_S or (key_id not in self._keys and age > JWKS_MIN_AGE_S):
            async with self._lock:
                if time.monotonic() - self._fetched_at >= min(age, JWKS_MIN_AGE_S):
                    await self._fetch()
        return self._keys.get(key_id)

    async def _fetch(self) -> None:
        try:
            body = await asyncio.to_thread(_download, self._url)
            listed = json.loads(body)["keys"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            if self._keys:  # the old keys stay good while the server is away
                self._fetched_at = time.monotonic() - JWKS_MAX_AGE_S + JWKS_MIN_AGE_S
                return
            raise Unavailable("The keys that tokens are checked with cannot be fetched.") from error
        keys: dict[str | None, jwt.PyJWK] = {}
        for entry in listed:
            try:
                key = jwt.PyJWK(entry)
            except (jwt.PyJWTError, ValueError, TypeError, KeyError):
                continue
            if key.algorithm_name in ASYMMETRIC:
                keys[key.key_id] = key
        self._keys, self._fetched_at = keys, time.monotonic()


def _download(url: str) -> bytes:
    if not url.startswith(("https://", "http://")):
        raise ValueError("not a web address")
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - checked above
        body: bytes = answer.read(1_000_000)
        return body


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
