"""Whether a JWT is genuine: HS256 with the project's secret, ES256 or RS256 with the public keys it publishes.

The key is chosen by the algorithm's family, so that a public key is never used as an HMAC secret.
"""

import asyncio
import json
import time
import urllib.request
from typing import Any

import jwt

from app.errors import Unavailable

LEEWAY_S = 10.0
JWKS_MAX_AGE_S = 600.0
JWKS_MIN_AGE_S = 10.0
"""An unknown key id fetches the key set again, but not more often than this."""
ASYMMETRIC = {"ES256", "RS256"}
MAX_TOKEN_CHARS = 16_384
BROKEN = (jwt.PyJWTError, ValueError, TypeError, RecursionError)
"""What a token that is not genuine raises, whatever is wrong with it."""


class Verifier:
    """Reads the claims of genuine tokens."""

    def __init__(self, secret: str, jwks_url: str, public_keys: dict[str, Any] | None = None) -> None:
        """`public_keys` is a key set at hand, instead of one to be fetched."""
        self._secret = secret
        self._jwks = KeySet(jwks_url, public_keys) if jwks_url or public_keys else None

    async def claims(self, token: str, leeway_s: float = LEEWAY_S) -> dict[str, Any]:
        """The claims, `exp` among them. Raises one of BROKEN (jwt.ExpiredSignatureError when it merely ran out), or
        Unavailable when the public keys are not to be had."""
        header = jwt.get_unverified_header(token)
        algorithm = str(header.get("alg"))
        key = await self._key(algorithm, header.get("kid"))
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=[algorithm], leeway=leeway_s,
            options={"require": ["exp"], "verify_aud": False, "verify_iss": False, "verify_sub": False},
        )  # fmt: skip
        return claims

    async def _key(self, algorithm: Any, key_id: Any) -> Any:
        if algorithm == "HS256" and self._secret:
            return self._secret
        if algorithm in ASYMMETRIC and self._jwks:
            key = await self._jwks.find(key_id)
            if key is not None and key.algorithm_name == algorithm:
                return key.key
        raise jwt.InvalidKeyError("no key for this token")


class KeySet:
    """A project's public keys, fetched when needed and kept for a while."""

    def __init__(self, url: str, at_hand: dict[str, Any] | None = None) -> None:
        self._url = url
        self._keys = _usable(at_hand["keys"]) if at_hand else {}
        self._fetched_at = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, key_id: str | None) -> jwt.PyJWK | None:
        """The key with this id, None when the set has none. Raises Unavailable when there is no set to look in."""
        if not self._url:
            return self._keys.get(key_id)
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
        self._keys, self._fetched_at = _usable(listed), time.monotonic()


def _usable(listed: Any) -> dict[str | None, jwt.PyJWK]:
    """The keys of a set that tokens may be signed with, by id."""
    keys: dict[str | None, jwt.PyJWK] = {}
    for entry in listed:
        try:
            key = jwt.PyJWK(entry)
        except (jwt.PyJWTError, ValueError, TypeError, KeyError):
            continue
        if key.algorithm_name in ASYMMETRIC:
            keys[key.key_id] = key
    return keys


def _download(url: str) -> bytes:
    if not url.startswith(("https://", "http://")):
        raise ValueError("not a web address")
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - checked above
        body: bytes = answer.read(1_000_000)
        return body
