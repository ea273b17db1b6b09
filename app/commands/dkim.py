"""Make a DKIM key for a mailbox and show the DNS record that goes with it."""

import json
from typing import Any

import click
import msgspec
import psycopg
from psycopg.rows import dict_row

from app.channels.email.dkim import dns_record, new_key
from app.db.migrate import connect_as_owner
from app.db.queries import query
from app.errors import Conflict, NotFound
from app.secrets import Vault
from app.settings import load

Cursor = psycopg.Cursor[dict[str, Any]]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A TXT record, as a DNS server takes it."""

    name: str
    type: str
    value: str


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
    settings = load()
    vault = Vault(settings.secret_keys())
    # Secret and place go together or not at all: a key whose place is unknown would sign for nobody.
    with (
        connect_as_owner(settings.database_url) as connection,
        connection.transaction(),
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        mailbox = _find(cursor, address.lower())
        if mailbox["sealed"] is None or replace:
            record = _give_key(cursor, vault, mailbox, selector)
        else:
            place = {"selector": selector, "domain": mailbox["domain"], **mailbox["place"]}
            record = _record(place, vault.open(mailbox["sealed"]))
    if as_json:
        click.echo(msgspec.json.encode(record).decode())
        return
    click.echo("Publish this record, then receivers can check what the mailbox sends:\n")
    click.echo(f'{record.name}. IN {record.type}\n  "{record.value}"')


def _find(cursor: Cursor, address: str) -> dict[str, Any]:
    found = cursor.execute(query("operations", "find_mailbox_key"), {"address": address}).fetchall()
    if not found:
        raise NotFound(f"there is no mailbox {address}", remedy="connect it first: POST /v1/channel-sessions")
    if len(found) > 1:
        raise Conflict("several tenants claim this address", code="ambiguous_address", remedy="delete one of them")
    return found[0]


def _give_key(cursor: Cursor, vault: Vault, mailbox: dict[str, Any], selector: str) -> Record:
    key, place = new_key(), {"domain": mailbox["domain"], "selector": selector}
    session = {name: mailbox[name] for name in ("tenant_id", "session_id")}
    secret = {"name": "dkim_private_key", "ciphertext": vault.seal(key)}
    cursor.execute(query("channels", "put_channel_secret"), {**session, **secret})
    cursor.execute(query("operations", "set_dkim_place"), {**session, "place": json.dumps(place)})
    return _record(place, key)


def _record(place: dict[str, Any], key: str) -> Record:
    return Record(name=f"{place['selector']}._domainkey.{place['domain']}", type="TXT", value=dns_record(key))
