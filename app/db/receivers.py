"""Accounts that are asked for their messages: claim, renew, move the cursor, release. Each function is one statement;
none commits."""

from typing import Any

import msgspec
from psycopg import Error
from psycopg.types.json import Jsonb

from app.db.worker import Connection, fetch, fetch_value


class LeaseLost(Exception):
    """Somebody else reads this account now: nothing of the batch may be kept."""


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """One account, ours until the lease ends. `secrets` are sealed; `cursor` is the provider's own position."""

    tenant_id: str
    session_id: str
    fence: int
    cursor: dict[str, Any]
    channel: str
    provider: str
    address: str
    config: dict[str, Any]
    secrets: dict[str, str]
    proven: bool
    """Whether the address is verified."""


async def claim(connection: Connection, worker: str, provider: str, limit: int) -> list[Claimed]:
    """At most `limit` accounts of `provider` that nobody reads."""
    rows = await fetch(connection, "receivers", "claim_receivers", worker=worker, provider=provider, limit=limit)
    return [Claimed(**row) for row in rows]


async def renew(connection: Connection, held: Claimed) -> bool:
    """False: stop reading. The account went to somebody else, or is not to be read any more."""
    return bool(await fetch_value(connection, "receivers", "renew_receiver", **_key(held)))


async def prove(connection: Connection, held: Claimed) -> bool:
    """The provider let us in under the account's address, which verifies it. False: another account has it."""
    return bool(await fetch_value(connection, "receivers", "prove_receiver", **_key(held)))


async def advance(connection: Connection, held: Claimed, cursor: dict[str, Any]) -> None:
    """Move the cursor, in the transaction that stores what it stands for. Raises LeaseLost."""
    try:
        await fetch(connection, "receivers", "advance_receiver", cursor=Jsonb(cursor), **_key(held))
    except Error as error:
        if error.sqlstate == "PT409":
            raise LeaseLost from error
        raise


async def release(connection: Connection, held: Claimed) -> None:
    """Let somebody else read on at once."""
    await fetch(connection, "receivers", "release_receiver", **_key(held))


async def record_state(
    connection: Connection, held: Claimed, status: str, reason: str | None, *, received: bool
) -> None:
    """connected, degraded or disconnected, with the reason a person reads."""
    place = {"tenant_id": held.tenant_id, "session_id": held.session_id}
    state = {"status": status, "reason": reason, "received": received}
    await fetch(connection, "receivers", "record_state", **place, **state)


def _key(held: Claimed) -> dict[str, Any]:
    return {"tenant_id": held.tenant_id, "session_id": held.session_id, "fence": held.fence}
