"""Short-lived tokens made from an account's secret, kept in this process while they are good: one for all its sends."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable

import msgspec


class Token(msgspec.Struct, frozen=True):
    """`until`: seconds since 1970."""

    value: str
    until: float


class Tokens:
    """By secret: who changes it gets a token of the new one at once."""

    def __init__(self) -> None:
        self._kept: dict[bytes, Token] = {}
        self._locks: dict[bytes, asyncio.Lock] = {}

    async def get(self, make: Callable[[], Awaitable[Token]], *secret: str, refused: str | None = None) -> str:
        """The token of a secret, made if there is none or if it is the one the provider `refused`: many sends that are
        refused together get one new token. Raises what `make` does."""
        key = hashlib.sha256("\0".join(secret).encode()).digest()
        async with self._locks.setdefault(key, asyncio.Lock()):
            kept = self._kept.get(key)
            if kept is None or kept.until < time.time() or kept.value == refused:
                self._forget_old()
                kept = self._kept[key] = await make()
            return kept.value

    def _forget_old(self) -> None:
        now = time.time()
        for key in [key for key, token in self._kept.items() if token.until < now]:
            del self._kept[key]
            if not self._locks[key].locked():
                del self._locks[key]
