"""Keys of the local stack, generated on first run into `.parley/keys.json` (0600) and kept from then on."""

import base64
import json
import os
import secrets
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

import jwt
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

TEN_YEARS_S = 10 * 365 * 24 * 3600
PASSWORDS = (
    "pg_admin_password", "pg_password", "api_password", "worker_password", "shadow_password", "ingress_password",
    "realtime_password", "authenticator_password", "auth_admin_password", "storage_admin_password",
)  # fmt: skip
"""Members of keys.json that are database passwords."""
LOGINS = {
    "rest": ("authenticator", "authenticator_password"),
    "auth": ("supabase_auth_admin", "auth_admin_password"),
    "storage": ("supabase_storage_admin", "storage_admin_password"),
}
"""Room of the surface → the role it logs in as, as on hosted, and the member with its password. None is a superuser."""


def ensure_keys(home: Path) -> dict[str, str]:
    """Read `home/keys.json`, adding what an older or half-written file lacks.

    Returns a flat object: `jwt_secret`, `anon_key`, `service_key` (JWTs signed with it), `secrets_key` (a Fernet key),
    `vapid_private_key`, `signing_key` (ES256, PEM) with `signing_key_id`, the opaque keys `publishable_key` and
    `secret_key`, the database passwords of PASSWORDS, and `demo_password`, with which the people of the seed sign in.
    """
    path = home / "keys.json"
    keys: dict[str, str] = {}
    if path.exists():
        try:
            keys = json.loads(path.read_text())
        except ValueError:
            path.rename(path.with_suffix(".json.broken"))
    missing = dict(keys)
    for name in ("jwt_secret", *PASSWORDS):
        missing.setdefault(name, secrets.token_urlsafe(32))
    for name, prefix in (("publishable_key", "sb_publishable_"), ("secret_key", "sb_secret_")):
        missing.setdefault(name, prefix + secrets.token_urlsafe(32))
    missing.setdefault("demo_password", "-".join(secrets.token_hex(2) for _ in range(4)))
    missing.setdefault("signing_key", _signing_key())
    missing.setdefault("signing_key_id", str(uuid.uuid4()))
    missing.setdefault("secrets_key", Fernet.generate_key().decode())
    missing.setdefault("vapid_private_key", _vapid_key())
    for name, role in (("anon_key", "anon"), ("service_key", "service_role")):
        missing.setdefault(name, _role_token(missing["jwt_secret"], role))
    if missing != keys:
        write_private(path, json.dumps(missing, indent=2) + "\n")
    return missing


def surface_logins(keys: Mapping[str, str]) -> dict[str, str]:
    """Role → password of the logins of the Supabase surface."""
    return {role: keys[member] for role, member in LOGINS.values()}


def _signing_key() -> str:
    """A P-256 key in PEM: what users' tokens are signed with."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _vapid_key() -> str:
    """A P-256 key as Web Push wants it: 32 bytes in base64url."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).decode().rstrip("=")


def _role_token(secret: str, role: str) -> str:
    """A long-lived JWT for a role without a user, as hosted projects hand out."""
    now = int(time.time())
    claims = {"iss": "supabase", "ref": "parley-local", "role": role, "iat": now, "exp": now + TEN_YEARS_S}
    return jwt.encode(claims, secret, algorithm="HS256")


def write_private(path: Path, text: str) -> None:
    """Replace `path` atomically with `text`, readable by its owner only, durable before this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
