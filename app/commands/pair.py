"""Pair a phone with an account that a bridge holds open (WhatsApp)."""

import time
from typing import Any

import click
import psycopg

from app.errors import Conflict, NotFound
from app.secrets import Vault
from app.settings import load

FIND = (
    "select s.tenant_id, s.id from public.et_channel_sessions as s"
    " where private.can_pair(s.provider) and s.address = %s and s.status <> 'deleted'"
)
ASK = (
    "insert into private.bridge_pairings (tenant_id, session_id, wanted_until)"
    " values (%s, %s, clock_timestamp() + interval '30 seconds')"
    " on conflict (tenant_id, session_id) do update set wanted_until = excluded.wanted_until"
)
LOOK = (
    "select s.status, s.status_reason, encode(p.ciphertext, 'base64'), p.expires_at > clock_timestamp()"
    " from public.et_channel_sessions as s join private.bridge_pairings as p"
    " on p.tenant_id = s.tenant_id and p.session_id = s.id where s.tenant_id = %s and s.id = %s"
)
EVERY_S = 2.0


@click.command()
@click.argument("number")
@click.option("--timeout", default=120, show_default=True, help="Seconds to wait for the phone.")
def command(number: str, timeout: int) -> None:
    """Show the code that pairs a phone with the account NUMBER (+491701234567), until it is connected.

    On the phone: WhatsApp, Settings, Linked devices, Link a device.
    """
    from app.db.migrate import connect_as_owner

    settings = load()
    with connect_as_owner(settings.database_url) as connection:
        connection.autocommit = True
        _show_until_connected(connection, _account(connection, number), Vault(settings.secret_keys()), timeout)


def _show_until_connected(
    connection: psycopg.Connection[Any], account: tuple[Any, Any], vault: Vault, timeout_s: int
) -> None:
    shown, deadline = "", time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        connection.execute(ASK, account)
        status, reason, sealed, is_valid = connection.execute(LOOK, account).fetchone() or ("", None, None, False)
        if status == "connected":
            click.echo("connected")
            return
        code = vault.open(sealed) if sealed and is_valid else ""
        if code and code != shown:
            _draw(code)
            click.echo("Scan it: WhatsApp, Settings, Linked devices, Link a device.")
        elif not shown and not code:
            click.echo(f"{status}{f': {reason}' if reason else ''}, waiting for the bridge …")
        shown = code or shown
        time.sleep(EVERY_S)
    raise Conflict("no phone was paired in time", code="not_paired", remedy="is the bridge running? then try again")


def _account(connection: psycopg.Connection[Any], number: str) -> tuple[Any, Any]:
    """Tenant and session of the one account with this number."""
    found = connection.execute(FIND, [number]).fetchall()
    if not found:
        raise NotFound(
            f"no account {number} that is paired with a phone", remedy="connect it: POST /v1/channel-sessions"
        )
    if len(found) > 1:
        raise Conflict("several tenants claim this number", code="ambiguous_address", remedy="delete one of them")
    tenant_id, session_id = found[0]
    return tenant_id, session_id


def _draw(code: str) -> None:
    import segno

    segno.make(code, error="l").terminal(compact=True)
