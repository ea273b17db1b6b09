"""Password hashes (bcrypt, as hosted keeps them) and what a password must be."""

import asyncio
import secrets
import string

import bcrypt

from devstack.surface.auth.config import Config
from devstack.surface.auth.problems import Problem, invalid

MAX_BYTES = 72
"""bcrypt reads no further."""
CHARACTERS = {
    "letters": string.ascii_letters, "lower": string.ascii_lowercase, "upper": string.ascii_uppercase,
    "digits": string.digits, "symbols": "!@#$%^&*()_+-=[]{};'\\:\"|<>?,./`~",
}  # fmt: skip


class Passwords:
    """Hashes and checks in a thread: bcrypt takes a twentieth of a second on purpose."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._nobodys = bcrypt.hashpw(secrets.token_bytes(16), bcrypt.gensalt(config.bcrypt_cost))

    async def hash(self, password: str) -> str:
        """The hash to keep. Raises Problem when the password is too long for bcrypt."""
        raw = password.encode()
        if len(raw) > MAX_BYTES:
            raise invalid(f"Password cannot be longer than {MAX_BYTES} characters")
        salt = bcrypt.gensalt(self._config.bcrypt_cost, prefix=b"2a")
        return (await asyncio.to_thread(bcrypt.hashpw, raw, salt)).decode()

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Whether it is the password. Takes as long when there is none to compare with."""
        against = hashed.encode() if hashed else self._nobodys
        try:
            is_right = await asyncio.to_thread(bcrypt.checkpw, password.encode()[:MAX_BYTES], against)
        except ValueError:  # not a bcrypt hash
            return False
        return is_right and bool(hashed) and len(password.encode()) <= MAX_BYTES

    def check_strength(self, password: str) -> None:
        """Raises Problem (`weak_password`) with every reason."""
        if reason := self.weakness(password):
            raise Problem(422, "weak_password", reason[0], weak_password={"reasons": reason[1]})

    def weakness(self, password: str) -> tuple[str, list[str]] | None:
        """What is wrong with it: a message, and hosted's words for it."""
        messages, reasons = [], []
        if len(password) < self._config.min_password:
            reasons.append("length")
            messages.append(f"Password should be at least {self._config.min_password} characters.")
        kinds = [CHARACTERS[kind] for kind in self._config.password_kinds]
        if any(not set(password) & set(characters) for characters in kinds):
            reasons.append("characters")
            messages.append(f"Password should contain at least one character of each: {', '.join(kinds)}.")
        return (" ".join(messages), reasons) if reasons else None


def is_bcrypt(hashed: str) -> bool:
    """Whether this is a hash that can be taken over."""
    return len(hashed) == 60 and hashed.startswith(("$2a$", "$2b$", "$2y$"))
