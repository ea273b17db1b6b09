"""Secrets of channel sessions: encrypted here (Fernet, rotatable), so that the database never holds a key."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from app.errors import SetupError


class Vault:
    """Seals and opens secrets. The first key seals; every key opens, so keys rotate by putting a new one in front."""

    def __init__(self, keys: list[str]) -> None:
        try:
            self._box = MultiFernet([Fernet(key) for key in keys]) if keys else None
        except ValueError as error:
            raise SetupError("PARLEY_SECRETS_KEYS is not a list of Fernet keys", remedy="see .env.example") from error

    def seal(self, secret: str) -> bytes:
        """The ciphertext to store. Raises SetupError without keys."""
        return self._opened().encrypt(secret.encode())

    def open(self, ciphertext: str) -> str:
        """The secret behind a base64-encoded ciphertext. Raises SetupError when no key fits."""
        try:
            return self._opened().decrypt(base64.b64decode(ciphertext)).decode()
        except InvalidToken as error:
            raise SetupError(
                "a channel secret was sealed with a key that is not in PARLEY_SECRETS_KEYS",
                remedy="add the old key at the end of the list",
            ) from error

    def _opened(self) -> MultiFernet:
        if self._box is None:
            raise SetupError("PARLEY_SECRETS_KEYS is not set", remedy="generate one: see .env.example")
        return self._box
