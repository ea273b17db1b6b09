"""A stand-in for a provider as a demo uses it: started as a process, given orders, and known to reach nobody."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
from psycopg.types.json import Jsonb

from app.db.queries import query
from app.demo.channel import Connection
from app.errors import Conflict, NotFound, SetupError, Unavailable
from app.secrets import Vault
from app.settings import PROJECT, Settings, process_environment

AT_ONCE = 100
"""Messages in one order."""
STALLED_S = 60.0
REMEDY = "run the demo on a private stack (`--private`)"


@contextmanager
def started(module: str) -> Iterator[str]:
    """The URL of a provider that lives while the block lasts. Raises SetupError when it does not start."""
    process = subprocess.Popen(
        [sys.executable, "-m", module], cwd=PROJECT, env=process_environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise SetupError("the provider on loopback did not start")
        yield str(json.loads(line)["url"])
    finally:
        process.terminate()
        process.wait()


async def ask(url: str, verb: str, what: str, order: Mapping[str, Any] | None = None) -> Any:
    """What a provider answers to an order. Raises httpx errors, and ValueError for an answer that is no JSON."""
    async with httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as client:
        answer = await client.request(verb, f"/control/{what}".rstrip("/"), json=order)
        answer.raise_for_status()
        return answer.json()


async def require_loopback(url: str, ident: str, name: str) -> None:
    """The API of the stack is the one on loopback, which knows no real people. Raises Conflict or Unavailable."""
    if urlsplit(url).hostname != "127.0.0.1":
        raise Conflict(f"{name} messages could reach real people", code="not_the_loopback", remedy=REMEDY)
    try:
        answer = await ask(url, "GET", "")
    except (httpx.HTTPError, ValueError) as error:
        raise Unavailable("the provider on loopback does not answer", remedy=REMEDY) from error
    if not isinstance(answer, dict) or answer.get("provider") != ident:
        raise Conflict(
            f"what answers as {name} is not the provider on loopback", code="not_the_loopback", remedy=REMEDY
        )


class Account(Mapping[str, str]):
    """An account of the first tenant, made at a demo's first run: its id, its address, and its open secrets by name."""

    def __init__(self, session_id: str, address: str, config: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        self.session_id, self.address, self.config, self._secrets = session_id, address, config, secrets

    def __getitem__(self, name: str) -> str:
        return self._secrets[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._secrets)

    def __len__(self) -> int:
        return len(self._secrets)


async def account(
    settings: Settings, connection: Connection, *, channel: str, provider: str, address: str,
    config: Mapping[str, Any], secrets: Mapping[str, str],
) -> Account:  # fmt: skip
    """The demo's account with a provider; made with these values when there is none. Raises NotFound without a
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
