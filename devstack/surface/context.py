"""What every room of the surface is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from app.settings import Settings, as_role
from devstack.keys import LOGINS
from devstack.surface.identity import Identity


@dataclass(frozen=True)
class Context:
    """Settings of the stack, its keys, and where each room finds the database."""

    settings: Settings
    identity: Identity
    database_urls: Mapping[str, str]
    """Room → its URL."""
    publishable_key: str
    """The key a front end is given."""
    files: Path
    """The folder Storage keeps files in."""
    demo_password: str = field(default="", repr=False)
    """What the people of the seed sign in with; empty: they cannot."""

    @property
    def url(self) -> str:
        """Where clients reach the surface: what they give to `createClient`."""
        return self.settings.supabase_url.rstrip("/")


def make_context(settings: Settings, keys: Mapping[str, str]) -> Context:
    """The context of a running stack: `keys` is its keys.json."""
    signing_key = load_pem_private_key(keys["signing_key"].encode(), password=None)
    if not isinstance(signing_key, EllipticCurvePrivateKey):
        raise TypeError("signing_key of keys.json is no elliptic curve key")
    identity = Identity(
        jwt_secret=keys["jwt_secret"], signing_key=signing_key, key_id=keys["signing_key_id"],
        publishable=keys["publishable_key"], secret=keys["secret_key"],
    )  # fmt: skip
    urls = {room: as_role(settings.database_url, role, keys[password]) for room, (role, password) in LOGINS.items()}
    return Context(
        settings, identity, urls, keys["publishable_key"], settings.home_dir / "storage", keys.get("demo_password", "")
    )
