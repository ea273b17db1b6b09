"""/v1/channel-sessions: the accounts a tenant is reached at, and their secrets."""

import secrets as random
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Router, delete, get, patch, post, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, UnsetType

from app.db import channels as db
from app.db import tenancy
from app.db.unit import Unit
from app.domain.accounts import (
    ChannelSession,
    FormLink,
    Pairing,
    SecretSet,
    SessionMade,
    SessionState,
    SessionTested,
)  # fmt: skip
from app.domain.channels import Channel, ChannelTemplate, Template
from app.errors import BadInput, Unavailable
from app.http.addresses import normalised
from app.http.deps import CallerUnit, existing, given
from app.http.types import Address, Line, Listing, PathWord, Secret, Word
from app.secrets import Vault

TAGS = ["channels"]
Secrets = Annotated[dict[Word, Secret], msgspec.Meta(max_length=20)]


class NewSession(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account to connect. An e-mail account without address gets one below the platform's own domain; without a
    provider it sends over the platform's own mail server."""

    channel: Channel
    name: Line
    provider: Word | None = None
    address: Address | None = None
    sender_name: Line | None = None
    config: dict[str, Any] = {}
    secrets: Secrets = {}


class SessionPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields to change; what is absent stays. Its channel and address are what an account is, and stay."""

    name: Line | UnsetType = UNSET
    sender_name: Line | UnsetType | None = UNSET
    sender_address: Address | UnsetType | None = UNSET
    warm_up_from: date | UnsetType | None = UNSET
    config: dict[str, Any] | UnsetType = UNSET


class SecretValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The new value of a secret. It is never given out again."""

    value: Secret


@get("/channel-sessions", summary="List accounts", tags=TAGS)
async def list_channel_sessions(unit: CallerUnit) -> Listing[ChannelSession]:
    """The accounts with their health; no secrets."""
    return Listing(await db.list_channel_sessions(unit))


@get("/channel-sessions/{session_id:uuid}", summary="One account", tags=TAGS)
async def get_channel_session(unit: CallerUnit, session_id: FromPath[UUID]) -> ChannelSession:
    """An account with its health."""
    found = await db.get_channel_session(unit, session_id)
    return await existing(unit, found, "channel_session", session_id, "get_channel_session")


@get("/channel-sessions/{session_id:uuid}/templates", summary="Templates of an account", tags=TAGS)
async def list_templates(unit: CallerUnit, session_id: FromPath[UUID]) -> Listing[ChannelTemplate]:
    """What the provider has approved, refused or paused, and what each asks for; read anew every five minutes."""
    await existing(
        unit, await db.get_channel_session(unit, session_id), "channel_session", session_id, "list_templates"
    )
    return Listing(await db.list_templates(unit, session_id))


@post("/channel-sessions", summary="Connect an account", tags=TAGS)
async def create_channel_session(
    request: Request[Any, Any, State], unit: CallerUnit, data: JSONBody[NewSession]
) -> SessionMade:
    """Pending until its provider was asked and says that it works, which takes seconds.

    An address of the platform's own is connected at once. Admins."""
    if data.provider is None and data.channel != "email":
        raise BadInput("This channel needs a provider.", field="provider", remedy="name the one the account is with")
    made_up = data.address is None
    if data.address is None:
        address = await _own_address(request, unit, data)
    else:
        address = await normalised(unit, await db.address_kind(unit, data.channel), data.address, "address")
    made = await db.create_channel_session(
        unit, channel=data.channel, provider=data.provider or "smtp", name=data.name, address=address,
        config=data.config, sender_name=data.sender_name, secrets=data.secrets, seal=_sealer(request),
        verified=made_up,
    )  # fmt: skip
    return SessionMade(made.session_id, made.status, address)


async def _own_address(request: Request[Any, Any, State], unit: Unit, data: NewSession) -> str:
    if data.channel != "email":
        raise BadInput("This channel needs an address.", field="address", remedy="send the account's number or id")
    tenant = await tenancy.get_tenant(unit)
    return f"{tenant.slug}-{random.token_hex(3)}@{request.app.state.settings.inbound_domain}"


def _sealer(request: Request[Any, Any, State]) -> db.Seal:
    """What seals a secret, when there is one to seal."""

    def seal(value: str) -> bytes:
        vault: Vault | None = request.app.state.vault
        if vault is None:
            raise Unavailable("This server has no key to encrypt secrets with.", remedy="set PARLEY_SECRETS_KEYS")
        return vault.seal(value)

    return seal


@patch("/channel-sessions/{session_id:uuid}", summary="Change an account", tags=TAGS)
async def update_channel_session(
    unit: CallerUnit, session_id: FromPath[UUID], data: JSONBody[SessionPatch]
) -> ChannelSession:
    """Change the named fields. Admins."""
    fields = given(data)
    if data.sender_address:
        fields["sender_address"] = await normalised(unit, "email", data.sender_address, "sender_address")
    await db.update_channel_session(unit, session_id, fields)
    found = await db.get_channel_session(unit, session_id)
    return await existing(unit, found, "channel_session", session_id, "update_channel_session")


class Recipient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the test message goes. `template` is sent where the provider takes no free text: WhatsApp's Cloud API takes
    none until that number has written."""

    to: Address
    template: Template | None = None


@post("/channel-sessions/{session_id:uuid}/test", status_code=202, summary="Send me one", tags=TAGS)
async def test_channel_session(
    unit: CallerUnit, session_id: FromPath[UUID], data: JSONBody[Recipient]
) -> SessionTested:
    """Sends one real message over the account; ask for the message to see what became of it. Admins."""
    session = await existing(
        unit, await db.get_channel_session(unit, session_id), "channel_session", session_id, "test_channel_session"
    )
    address = await normalised(unit, await db.address_kind(unit, session.channel), data.to, "to")
    return await db.test_channel_session(unit, session_id, address, data.template)


class NewFormLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may answer, about which message of his conversations, and for how many days."""

    contact_id: UUID
    message_id: UUID | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 30


@post("/channel-sessions/{session_id:uuid}/form-links", summary="Make a form link", tags=TAGS)
async def create_form_link(
    request: Request[Any, Any, State], unit: CallerUnit, session_id: FromPath[UUID], data: JSONBody[NewFormLink]
) -> FormLink:
    """A page on which the contact answers without an account; send it to nobody else. Accounts of hosted forms only."""
    link = await db.create_form_link(unit, session_id, data.contact_id, message_id=data.message_id, days=data.days)
    place = request.app.state.settings.function_url("form-reply", str(link.link_id))
    return msgspec.structs.replace(link, url=place)


@post("/channel-sessions/{session_id:uuid}/pairing", status_code=200, summary="Pair a phone", tags=TAGS)
async def pair_channel_session(
    request: Request[Any, Any, State], unit: CallerUnit, session_id: FromPath[UUID]
) -> Pairing:
    """Asks the bridge for a code for two minutes, and gives the one there is.

    Ask every two seconds until the account is connected. Only for accounts a bridge holds open. Admins."""
    pairing, sealed = await db.pair_channel_session(unit, session_id)
    vault: Vault | None = request.app.state.vault
    if sealed is None:
        return pairing
    if vault is None:
        raise Unavailable("This server has no key to open the code with.", remedy="set PARLEY_SECRETS_KEYS")
    return msgspec.structs.replace(pairing, code=vault.open(sealed))


@post("/channel-sessions/{session_id:uuid}/pause", status_code=200, summary="Pause", tags=TAGS)
async def pause_channel_session(unit: CallerUnit, session_id: FromPath[UUID]) -> SessionState:
    """Nothing is sent or received until it is resumed. Admins."""
    return await db.set_channel_session_status(unit, session_id, "paused")


@post("/channel-sessions/{session_id:uuid}/resume", status_code=200, summary="Resume", tags=TAGS)
async def resume_channel_session(unit: CallerUnit, session_id: FromPath[UUID]) -> SessionState:
    """Connected again, or pending until it was checked where its address is not verified. Admins."""
    return await db.set_channel_session_status(unit, session_id, "connected")


@delete("/channel-sessions/{session_id:uuid}", status_code=200, summary="Delete", tags=TAGS)
async def delete_channel_session(unit: CallerUnit, session_id: FromPath[UUID]) -> SessionState:
    """Gone for good, its secrets wiped. Admins."""
    return await db.set_channel_session_status(unit, session_id, "deleted")


@put("/channel-sessions/{session_id:uuid}/secrets/{name:str}", summary="Set or rotate a secret", tags=TAGS)
async def put_channel_secret(
    request: Request[Any, Any, State],
    unit: CallerUnit,
    session_id: FromPath[UUID],
    name: PathWord,
    data: JSONBody[SecretValue],
) -> SecretSet:
    """Replaces the value. Admins."""
    return await db.put_channel_secret(unit, session_id, name, data.value, _sealer(request))


router = Router(
    "/",
    route_handlers=[
        list_channel_sessions, get_channel_session, list_templates, create_channel_session, update_channel_session,
        test_channel_session, create_form_link, pair_channel_session,
        pause_channel_session, resume_channel_session, delete_channel_session, put_channel_secret,
    ],
)  # fmt: skip
