"""Make a DKIM key for a mailbox and show the DNS record that goes with it."""

import json
from typing import Any

import click
import psycopg

from app.errors import Conflict, NotFound
from app.secrets import Vault
from app.settings import load

FIND = (
    "select s.tenant_id, s.id, s.config, encode(x.ciphertext, 'base64') from public.et_channel_sessions as s"
    " left join private.channel_secrets as x on x.tenant_id = s.tenant_id and x.session_id = s.id"
    " and x.name = 'dkim_private_key'"
    " where s.channel = 'email' and s.address = %s and s.status <> 'deleted'"
)


@click.command()
@click.argument("address")
@click.option("--selector", default="parley", show_default=True, help="The record's name, before ._domainkey.")
@click.option("--replace", is_flag=True, help="Make a new key although there is one.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: name, type, value.")
def command(address: str, selector: str, replace: bool, as_json: bool) -> None:
    """Sign the mail of the mailbox ADDRESS from now on. Run it again to see the record.

    \b
    parley dkim desk@acme.example        then publish the TXT record it prints
    """
    from app.channels.email.dkim import dns_record, new_key
    from app.db.migrate import connect_as_owner

    settings = load()
    vault = Vault(settings.secret_keys())
    domain = address.lower().rpartition("@")[2]
    with connect_as_owner(settings.database_url) as connection:
        tenant_id, session_id, config, sealed = _mailbox(connection, address)
        if sealed is None or replace:
            key, place = new_key(), {"domain": domain, "selector": selector}
            _keep(connection, (tenant_id, session_id), vault.seal(key), place)
        else:
            key, place = vault.open(sealed), config.get("dkim", {})
    name = f"{place.get('selector', selector)}._domainkey.{place.get('domain', domain)}"
    if as_json:
        click.echo(json.dumps({"name": name, "type": "TXT", "value": dns_record(key)}))
    else:
        click.echo(f"Publish this record, then receivers can check what the mailbox sends:\n\n{name}. IN TXT")
        click.echo(f'  "{dns_record(key)}"')


def _mailbox(connection: psycopg.Connection[Any], address: str) -> tuple[Any, Any, dict[str, Any], str | None]:
    """Tenant, session, config and sealed key of the one mailbox with this address."""
    found = connection.execute(FIND, [address.lower()]).fetchall()
    if not found:
        raise NotFound(f"there is no mailbox {address}", remedy="connect it first: POST /v1/channel-sessions")
    if len(found) > 1:
        raise Conflict("several tenants claim this address", code="ambiguous_address", remedy="delete one of them")
    tenant_id, session_id, config, sealed = found[0]
    return tenant_id, session_id, config, sealed


def _keep(connection: psycopg.Connection[Any], account: tuple[Any, Any], sealed: bytes, place: dict[str, str]) -> None:
    """Store the key, and where its record stands in the account's config, together."""
    connection.execute("select private.put_channel_secret(%s, %s, 'dkim_private_key', %s)", [*account, sealed])
    connection.execute(
        "update public.et_channel_sessions set config = config || jsonb_build_object('dkim', %s::jsonb)"
        " where tenant_id = %s and id = %s",
        [json.dumps(place), *account],
    )
    connection.commit()
