"""Conversations between people, as those who take part call them: one typed function per query of chat.sql."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.db.queries import load
from app.db.unit import Unit, json_param
from app.domain.chat import (
    ChatChanged,
    ChatPage,
    ChatSent,
    ChatStarted,
    ClientState,
    ContextKind,
    ContextPerson,
    ContextPut,
    ConversationDetail,
    ConversationFound,
    ConversationLeft,
    Conversations,
    ListFilter,
    PersonBlocked,
    SeatCursor,
    UnreadTotal,
)

QUERIES = load("chat")


async def start_conversation(unit: Unit, **arguments: Any) -> ChatStarted:
    """The conversation with a person, a group or the business, made if need be, and its first message."""
    names = ("contact_id", "contact_ids", "context_kind", "context_id", "subject", "body", "client_message_id",
             "tenant_slug")  # fmt: skip
    params = {name: arguments.get(name) for name in names}
    return msgspec.convert(await unit.write(QUERIES["start_conversation"], params), ChatStarted)


async def list_conversations(
    unit: Unit, which: ListFilter, *, limit: int, cursor: str | None, tenant_slug: str | None, state: ClientState
) -> Conversations:
    """A page of the caller's conversations; `cursor` is the database's own."""
    params = {"filter": which, "limit": limit, "cursor": cursor, "tenant_slug": tenant_slug, "client_state": state}
    return msgspec.convert(await unit.call(QUERIES["list_conversations"], params), Conversations)


async def unread_total(unit: Unit, tenant_slug: str | None) -> UnreadTotal:
    """What the caller has not read."""
    return msgspec.convert(await unit.call(QUERIES["unread_total"], {"tenant_slug": tenant_slug}), UnreadTotal)


async def resolve_conversation(unit: Unit, alias: str, tenant_slug: str | None) -> ConversationFound:
    """The caller's conversation that an older id leads to. Raises NotFound."""
    params = {"alias": alias, "tenant_slug": tenant_slug}
    return msgspec.convert(await unit.call(QUERIES["resolve_conversation"], params), ConversationFound)


async def get_conversation(unit: Unit, thread_id: UUID) -> ConversationDetail:
    """One conversation of the caller. Raises NotFound, after the attempt is on record, for any other."""
    return msgspec.convert(await unit.call(QUERIES["get_conversation"], {"thread_id": thread_id}), ConversationDetail)


async def set_conversation(
    unit: Unit, thread_id: UUID, *, archived: bool | None, muted_until: datetime | str | None
) -> ConversationDetail:
    """Archive it for the caller, or take it back; mute it until a moment, a past one for not at all. None: as it is."""
    params = {"thread_id": thread_id, "archived": archived, "muted_until": muted_until}
    return msgspec.convert(await unit.call(QUERIES["set_conversation"], params), ConversationDetail)


async def poll_messages(
    unit: Unit, thread_id: UUID, *, since: int, before_seq: int | None, limit: int, state: ClientState
) -> ChatPage:
    """What changed after a rev, oldest change first; with before_seq what came before, newest first."""
    params = {
        "thread_id": thread_id, "since": since, "before_seq": before_seq, "limit": limit, "client_state": state,
    }  # fmt: skip
    return msgspec.convert(await unit.call(QUERIES["poll_messages"], params), ChatPage)


async def rev_at(unit: Unit, thread_id: UUID, at: datetime) -> int:
    """The rev to poll from, for a client that only knows a moment; 0 where the caller sees no such conversation."""
    rows = await unit.read(QUERIES["rev_at"], {"thread_id": thread_id, "at": at}, scope=None)
    return int(rows[0][0] or 0)


async def send_chat_message(unit: Unit, thread_id: UUID, body: str, **options: Any) -> ChatSent:
    """Write in a conversation."""
    names = ("client_message_id", "expected_last_seq", "attachments", "reply_to_id", "context_kind", "context_id")
    params = {"thread_id": thread_id, "body": body} | {name: options.get(name) for name in names}
    return msgspec.convert(await unit.write(QUERIES["send_chat_message"], params), ChatSent)


async def edit_own_message(unit: Unit, message_id: UUID, body: str) -> ChatChanged:
    """Change the text of one's message."""
    params = {"message_id": message_id, "body": body}
    return msgspec.convert(await unit.write(QUERIES["edit_own_message"], params), ChatChanged)


async def delete_own_message(unit: Unit, message_id: UUID) -> ChatChanged:
    """Take one's message back."""
    return msgspec.convert(await unit.call(QUERIES["delete_own_message"], {"message_id": message_id}), ChatChanged)


async def react_to_message(unit: Unit, message_id: UUID, reaction: str, *, present: bool) -> ChatChanged:
    """React to a message, or take the reaction back."""
    params = {"message_id": message_id, "reaction": reaction, "present": present}
    return msgspec.convert(await unit.call(QUERIES["react_to_message"], params), ChatChanged)


async def move_cursor(unit: Unit, thread_id: UUID, seq: int | None, *, read: bool) -> SeatCursor:
    """The caller has read, or got, a conversation up to a seq; None is its end."""
    query = QUERIES["mark_read" if read else "mark_delivered"]
    return msgspec.convert(await unit.call(query, {"thread_id": thread_id, "seq": seq}), SeatCursor)


async def add_people(unit: Unit, thread_id: UUID, contact_ids: Sequence[UUID]) -> ConversationDetail:
    """Take people into a group."""
    params = {"thread_id": thread_id, "contact_ids": list(contact_ids)}
    return msgspec.convert(await unit.call(QUERIES["add_people"], params), ConversationDetail)


async def leave_conversation(unit: Unit, thread_id: UUID) -> ConversationLeft:
    """Leave a group."""
    return msgspec.convert(await unit.call(QUERIES["leave_conversation"], {"thread_id": thread_id}), ConversationLeft)


async def block_person(unit: Unit, contact_id: UUID, tenant_slug: str | None, *, blocked: bool) -> PersonBlocked:
    """Block somebody, or let him write again."""
    params = {"contact_id": contact_id, "blocked": blocked, "tenant_slug": tenant_slug}
    return msgspec.convert(await unit.call(QUERIES["block_person"], params), PersonBlocked)


async def post_system_message(unit: Unit, thread_id: UUID, body: str, **options: Any) -> ChatSent:
    """A message of nobody in particular."""
    params = {"thread_id": thread_id, "body": body, "metadata": json_param(options.get("metadata") or {})}
    params |= {name: options.get(name) for name in ("context_kind", "context_id", "client_message_id")}
    return msgspec.convert(await unit.call(QUERIES["post_system_message"], params), ChatSent)


async def put_context_participants(unit: Unit, kind: ContextKind, context_id: str, people: Any) -> ContextPut:
    """Who takes part in a context from now on."""
    params = {"context_kind": kind, "context_id": context_id, "participants": json_param(people)}
    return msgspec.convert(await unit.call(QUERIES["put_context_participants"], params), ContextPut)


async def list_people(unit: Unit, kind: ContextKind, context_id: str, tenant_slug: str | None) -> list[ContextPerson]:
    """Who takes part in a context the caller takes part in."""
    params = {"context_kind": kind, "context_id": context_id, "tenant_slug": tenant_slug}
    return msgspec.convert((await unit.call(QUERIES["list_people"], params))["items"], list[ContextPerson])
