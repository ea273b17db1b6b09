"""Who a connection or a channel speaks for: keys and tokens, verified, in the codes that clients know."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import msgspec

from app.errors import Unavailable
from app.tokens import BROKEN, Verifier

KeyResolver = Callable[[str], Mapping[str, Any] | None]
"""What an opaque key (`sb_publishable_…`, `sb_secret_…`) stands for: claims with at least `role`, or None."""
ROLES = frozenset({"anon", "authenticated", "service_role"})
REMEMBERED = 4096
NOT_PASSED_ON = "api_key_id"
"""Only a checked API key stands for one: a token that claims to be one is not."""


class Claims(msgspec.Struct, frozen=True):
    """Verified claims: `text` is their JSON for the database, `exp` in seconds of the epoch, None for ever."""

    role: str
    text: str
    sub: str | None = None
    session: str | None = None
    tenant: str | None = None
    exp: float | None = None

    def is_over(self) -> bool:
        """Whether they ran out."""
        return self.exp is not None and self.exp <= time.time()


class Refused(Exception):
    """Why somebody is not let in: `code` as hosted Supabase words it, and a sentence."""

    def __init__(self, code: str, text: str, status: int = 401) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text, self.status = code, text, status


class Gatekeeper:
    """Turns tokens and keys into Claims. Raises Refused."""

    def __init__(self, verifier: Verifier, resolve_key: KeyResolver | None, max_bytes: int) -> None:
        self._verifier = verifier
        self._resolve = resolve_key
        self._max = max_bytes
        self._known: OrderedDict[str, Claims] = OrderedDict()

    async def claims(self, token: str) -> Claims:
        """What a token or opaque key stands for."""
        if token.startswith("sb_"):
            return self._of_key(token)
        known = self._known.get(token)
        if known is None:
            known = _to_claims(await self._verified(token))
            self._known[token] = known
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        if known.is_over():
            raise _expired(known.exp or 0)
        return known

    def _of_key(self, key: str) -> Claims:
        found = self._resolve(key) if self._resolve and len(key) <= self._max else None
        if found is None:
            raise Refused("Unauthorized", "This key is not known here")
        return _to_claims(dict(found))

    async def _verified(self, token: str) -> dict[str, Any]:
        if len(token) > self._max:
            raise Refused("MalformedJWT", "The token provided is not a valid JWT")
        try:
            return await self._verifier.claims(token, leeway_s=0.0)
        except jwt.ExpiredSignatureError as error:
            raise _expired(_claimed_expiry(token)) from error
        except jwt.MissingRequiredClaimError as error:
            raise Refused("InvalidJWTToken", "Fields `role` and `exp` are required in JWT") from error
        except (jwt.InvalidSignatureError, jwt.InvalidKeyError) as error:
            raise Refused("JwtSignatureError", "Failed to validate JWT signature") from error
        except Unavailable as error:
            raise Refused("UnableToConnectToProject", "The keys of tokens cannot be fetched", 500) from error
        except BROKEN as error:
            raise Refused("MalformedJWT", "The token provided is not a valid JWT") from error


def _to_claims(found: dict[str, Any]) -> Claims:
    role, exp = found.get("role"), found.get("exp")
    if role is None:
        raise Refused("InvalidJWTToken", "Fields `role` and `exp` are required in JWT")
    if role not in ROLES:
        raise Refused("Unauthorized", "The token names no role that may connect")
    found.pop(NOT_PASSED_ON, None)
    text = msgspec.json.encode(found).decode()
    if "\\u0000" in text:
        raise Refused("MalformedJWT", "The token provided is not a valid JWT")
    metadata = found.get("app_metadata")
    tenant = metadata.get("tenant_id") if isinstance(metadata, dict) else None
    return Claims(
        role, text, _text(found.get("sub")), _text(found.get("session_id")), _text(tenant),
        float(exp) if isinstance(exp, int | float) else None,
    )  # fmt: skip


def _expired(at: float) -> Refused:
    ago = max(0, round(time.time() - at))
    return Refused("InvalidJWTToken", f"Token has expired {ago} seconds ago")


def _claimed_expiry(token: str) -> float:
    return float(jwt.decode(token, options={"verify_signature": False})["exp"])


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
