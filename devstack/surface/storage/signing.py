"""Signed URLs: a token that stands for one object, one purpose and a time. Nothing else can be done with it."""

import os
import secrets
import time
from pathlib import Path
from typing import Any

import jwt

from devstack.surface.storage import errors

UPLOAD_S = 7200
"""How long a signed upload URL holds."""
DOWNLOAD, UPLOAD = "download", "upload"


def make_key(folder: Path) -> str:
    """The key in `folder/signing.key` (0600), made on first use: signed URLs survive a restart."""
    path = folder / "signing.key"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(32))
    return path.read_text()


class Tokens:
    """Signs and checks with a key that signs nothing else, so that no such token opens the API, and no token of the
    API opens a file."""

    def __init__(self, key: str) -> None:
        self._key = key

    def sign(self, purpose: str, url: str, seconds: int, **claims: Any) -> str:
        """A token for `url` (bucket/name)."""
        now = int(time.time())
        said = {"url": url, "purpose": purpose, "iat": now, "exp": now + seconds, **claims}
        return jwt.encode(said, self._key, algorithm="HS256")

    def check(self, token: str, purpose: str, url: str) -> dict[str, Any]:
        """The claims of a token that was signed for this. Raises StorageError."""
        options: Any = {"require": ["exp", "url", "purpose"]}
        try:
            claims: dict[str, Any] = jwt.decode(token, self._key, algorithms=["HS256"], options=options)
        except jwt.ExpiredSignatureError as error:
            raise errors.invalid_token('"exp" claim timestamp check failed') from error
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise errors.invalid_token("signature verification failed") from error
        if claims["url"] != url or claims["purpose"] != purpose:
            raise errors.invalid_signature()
        return claims
