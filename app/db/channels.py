"""Channel sessions as the API reads and changes them: one typed function per query of channels.sql."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec

from app.db.queries import load
from app.db.unit import Unit, found, json_param, rows_as
from app.domain.accounts import (
    ChannelSession,
    FormLink,
    Pairing,
    SecretSet,
    SessionState,
    SessionTested,
)  # fmt: skip
from app.domain.channels import ChannelTemplate, Template
from app.errors import BadInput

QUERIES = load("channels")
Seal = Callable[[str], bytes]
"""Encrypts a secret for the database."""


async def list_channel_sessions(unit: Unit) -> list[ChannelSession]:
    """The tenant's accounts."""
    return rows_as(ChannelSession, await unit.read(QUERIES["list_channel_sessions"], {}))


async def get_channel_session(unit: Unit, session_id: UUID) -> ChannelSession | None:
    """One account, None when the caller sees no such account."""
    rows = await unit.read(QUERIES["get_channel_session"], {"session_id": session_id})
    return ChannelSession(*rows[0]) if rows else None


async def list_templates(unit: Unit, session_id: UUID) -> list[ChannelTemplate]:
    """The templates of one account."""
    return rows_as(ChannelTemplate, await unit.read(QUERIES["list_templates"], {"session_id": session_id}))


async def address_kind(unit: Unit, channel: str) -> str:
    """Which kind of address a channel has: email, phone, or its own."""
    rows = await unit.read(QUERIES["address_kind"], {"channel": channel}, scope=None)
    return str(rows[0][0])


async def create_channel_session(
    unit: Unit, *, channel: str, provider: str, name: str, address: str, config: dict[str, Any],
    sender_name: str | None, secrets: dict[str, str], seal: Seal, verified: bool,
) -> SessionState:  # fmt: skip
    """A new account with its secrets, sealed, in one transaction.

    `verified` for an address that the platform made up itself. Raises BadInput for a secret the provider does not take.
    """
    params = {
        "channel": channel, "provider": provider, "name": name, "address": address, "config": json_param(config),
        "sender_name": sender_name,
    }  # fmt: skip
    async with unit.transaction() as connection:
        row = await (await connection.execute(QUERIES["create_channel_session"].sql, params)).fetchone()
        made = found(row[0]) if row else {}
        if secrets or verified:
            await connection.execute(QUERIES["leave_role"].sql)
        place = {"tenant_id": unit.caller.tenant_id, "session_id": made["session_id"]}
        rules = made.pop("secret_rules", {})
        for secret_name, value in secrets.items():
            refuse_unfit(rules.get(secret_name), value, f"secrets.{secret_name}")
            secret = {"name": secret_name, "ciphertext": seal(value)}
            await connection.execute(QUERIES["put_channel_secret"].sql, {**place, **secret})
        if verified:
            await connection.execute(QUERIES["verify_channel_session"].sql, place)
            made["status"] = "connected"
    return msgspec.convert(made, SessionState)


async def update_channel_session(unit: Unit, session_id: UUID, patch: dict[str, Any]) -> SessionState:
    """Change the named fields of an account: name, sender_name, sender_address, warm_up_from, config."""
    params = {"session_id": session_id, "patch": json_param(patch)}
    return msgspec.convert(await unit.call(QUERIES["update_channel_session"], params), SessionState)


async def set_channel_session_status(unit: Unit, session_id: UUID, status: str) -> SessionState:
    """Pause, resume (connected) or delete an account."""
    return msgspec.convert(
        await unit.call(QUERIES["set_channel_session_status"], {"session_id": session_id, "status": status}),
        SessionState,
    )


async def test_channel_session(unit: Unit, session_id: UUID, address: str, template: Template | None) -> SessionTested:
    """Send one real message over an account, as a template if one is named. Raises BadInput where that cannot be."""
    params = {"session_id": session_id, "address": address, "template": template and json_param(template)}
    return msgspec.convert(await unit.call(QUERIES["test_channel_session"], params), SessionTested)


async def create_form_link(
    unit: Unit, session_id: UUID, contact_id: UUID, *, message_id: UUID | None, days: int
) -> FormLink:
    """A link by which a contact can answer for so many days. Raises BadInput for another kind of account, NotFound."""
    params = {"session_id": session_id, "contact_id": contact_id, "message_id": message_id, "days": days}
    return msgspec.convert(await unit.call(QUERIES["create_form_link"], params), FormLink)


async def pair_channel_session(unit: Unit, session_id: UUID) -> tuple[Pairing, str | None]:
    """Ask for the code that pairs a phone: where it stands, and the code as the bridge sealed it."""
    answer = await unit.call(QUERIES["pair_channel_session"], {"session_id": session_id})
    return msgspec.convert({**answer, "code": None}, Pairing), answer["ciphertext"]


def refuse_unfit(rule: str | None, value: str, field: str) -> None:
    """Raises BadInput for a secret its provider would not take."""
    if rule is not None and not re.fullmatch(rule, value):
        raise BadInput("The provider takes no such secret.", field=field, remedy=f"one that matches {rule}")


async def put_channel_secret(unit: Unit, session_id: UUID, name: str, value: str, seal: Seal) -> SecretSet:
    """Store or replace one secret, sealed. Raises BadInput for one the provider does not take."""
    async with unit.transaction() as connection:
        cursor = await connection.execute(
            QUERIES["authorize_channel_secret"].sql, {"session_id": session_id, "name": name}
        )
        row = await cursor.fetchone()
        answer: dict[str, Any] = row[0] if row else {}
        if "session_id" in answer:
            refuse_unfit(answer.pop("rule", None), value, "value")
            await connection.execute(QUERIES["leave_role"].sql)
            await connection.execute(QUERIES["put_channel_secret"].sql, {**answer, "ciphertext": seal(value)})
    # A refusal is raised after the commit: the denial it logged must stay.
    return msgspec.convert(found(answer), SecretSet)
