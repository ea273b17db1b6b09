"""The accounts demos use: made at the first run, found again at the next."""

from collections.abc import Mapping
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from app.db.queries import query
from app.demo.channel import Connection
from app.errors import NotFound
from app.secrets import Vault
from app.settings import Settings


class Account(msgspec.Struct, frozen=True):
    """An account of the first tenant; its secrets are open."""

    session_id: str
    address: str
    config: Mapping[str, Any]
    secrets: Mapping[str, str]


async def account(
    settings: Settings, connection: Connection, *, channel: str, provider: str, address: str,
    config: Mapping[str, Any], secrets: Mapping[str, str],
) -> Account:  # fmt: skip
    """The demo's account with a provider, made with these values when there is none. Raises NotFound without a
    tenant."""
    vault = Vault(settings.secret_keys())
    name = f"Demo {channel}"
    known = await (
        await connection.execute(query("operations", "demo_account"), {"provider": provider, "name": name})
    ).fetchone()
    if known is not None:
        opened = {one: vault.open(sealed) for one, sealed in known[3].items()}
        return Account(str(known[0]), str(known[1]), known[2], opened)
    values = {
        "channel": channel, "provider": provider, "name": name, "address": address, "config": Jsonb(dict(config)),
        "names": list(secrets), "sealed": [vault.seal(secret) for secret in secrets.values()],
    }  # fmt: skip
    made = await (await connection.execute(query("operations", "make_demo_account"), values)).fetchone()
    if made is None:
        raise NotFound("there is no tenant yet", remedy="create one, or run the demo on a private stack (`--private`)")
    return Account(str(made[0]), address, config, secrets)
