"""Who is asking: the API key of the project and, where there is one, the token of a user.

Hosted Supabase has a gateway in front that knows the opaque keys; a user's token is signed with the project's ES256 key
or, the legacy way, with its HS256 secret. Both are accepted here, and each only by the algorithm it belongs to.
"""

import hmac
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from devstack.surface.asgi import Scope, header
from devstack.surface.problems import Unauthorised

LEEWAY_S = 10.0
ROLES = ("anon", "authenticated", "service_role")
"""Roles a token may ask for. `authenticator` could not become another one anyway."""
_MISSING = "No `apikey` request header or url param was found."
_UNKNOWN = "Double check your Supabase `anon` or `service_role` API key."
_WRONG = "the key belongs to another stack or an older one: take the one `make up` printed"


@dataclass(frozen=True)
class Caller:
    """A role, and the claims the database sees as `request.jwt.claims`."""

    role: str
    claims: dict[str, Any]
    user_id: str | None = None
    token: str = field(default="", repr=False)
    """The JWT that says so; empty for an opaque key."""


class Identity:
    """Checks keys and tokens. `publishable` and `secret` are the opaque keys, `jwt_secret` signs the legacy ones."""

    def __init__(
        self, *, jwt_secret: str, signing_key: EllipticCurvePrivateKey, key_id: str, publishable: str, secret: str
    ) -> None:
        self._jwt_secret = jwt_secret
        self._signing_key = signing_key
        self._public_key = signing_key.public_key()
        self.key_id = key_id
        self._opaque = ((publishable, "anon"), (secret, "service_role"))

    def jwks(self) -> dict[str, Any]:
        """The public key set of `/auth/v1/.well-known/jwks.json`."""
        key = jwt.algorithms.ECAlgorithm.to_jwk(self._public_key, as_dict=True)
        return {"keys": [{**key, "kid": self.key_id, "use": "sig", "alg": "ES256", "key_ops": ["verify"]}]}

    def sign(self, claims: dict[str, Any]) -> str:
        """A user's access token."""
        return jwt.encode(claims, self._signing_key, algorithm="ES256", headers={"kid": self.key_id})

    def by_key(self, scope: Scope) -> Caller:
        """Whom the API key of a request stands for, whatever its token says. Raises Unauthorised, in the words of
        hosted's gateway."""
        key = header(scope, b"apikey")
        if not key:
            raise Unauthorised("No API key found in request", _MISSING)
        try:
            return self.of(key)
        except Unauthorised as refused:
            raise Unauthorised("Invalid API key", _UNKNOWN) from refused

    def caller(self, scope: Scope) -> Caller:
        """Who sent the request of `scope`: the bearer token, else the API key. Raises Unauthorised."""
        authorization = header(scope, b"authorization") or ""
        scheme, _, bearer = authorization.partition(" ")
        key = header(scope, b"apikey") or ""
        if key:
            self.of(key)  # a wrong key is refused whatever the token says
        if scheme.lower() == "bearer" and bearer.strip():
            return self.of(bearer.strip())
        if key:
            return self.of(key)
        raise Unauthorised("No API key found in request", _MISSING)

    def of(self, key: str) -> Caller:
        """Whom an API key or a token stands for. Raises Unauthorised."""
        if key.startswith("sb_"):
            for known, meant in self._opaque:
                if hmac.compare_digest(known.encode(), key.encode()):
                    return Caller(meant, {"role": meant})
            raise Unauthorised("Invalid API key", _WRONG)
        claims = self._verified(key)
        role = claims.get("role", "anon")  # as hosted: another issuer's token may name none
        if not isinstance(role, str) or role not in ROLES:
            raise Unauthorised("Invalid JWT: no role of this project", _WRONG)
        subject = claims.get("sub")
        return Caller(role, claims, str(subject) if subject else None, key)

    def _verified(self, token: str) -> dict[str, Any]:
        try:
            algorithm = str(jwt.get_unverified_header(token).get("alg"))
            if algorithm == "HS256":
                key: Any = self._jwt_secret
            elif algorithm == "ES256":
                key = self._public_key
            else:
                raise Unauthorised("Invalid JWT: its algorithm is not accepted", _WRONG)
            options: Any = {"require": ["exp"], "verify_aud": False, "verify_sub": False, "verify_iss": False}
            claims: dict[str, Any] = jwt.decode(token, key, algorithms=[algorithm], leeway=LEEWAY_S, options=options)
        except jwt.ExpiredSignatureError as error:
            raise Unauthorised("JWT expired", "refresh the session or sign in again") from error
        except jwt.ImmatureSignatureError as error:
            raise Unauthorised("JWT not yet valid", "set this machine's clock, or wait") from error
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise Unauthorised("Invalid JWT", _WRONG) from error
        return claims
