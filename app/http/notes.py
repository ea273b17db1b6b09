"""/v1/threads/{id}/notes and /v1/notes: what the staff writes for each other, beside a conversation."""

from uuid import UUID

import msgspec
from litestar import Response, Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from app.db import threads as db
from app.domain.threads import NoteDeleted, NotePut, ThreadNote
from app.http.deps import CallerUnit, existing
from app.http.types import PAGE, ClientId, Cursor, Limit, Listing, LongText, cut, decode_cursor

TAGS = ["threads"]


class NewNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A note. With `client_note_id` a repeated request changes nothing and gets the first answer."""

    note: LongText
    client_note_id: ClientId | None = None


class NotePatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the note says from now on."""

    note: LongText


@get("/threads/{thread_id:uuid}/notes", summary="Notes on a conversation", tags=TAGS)
async def list_notes(
    unit: CallerUnit, thread_id: FromPath[UUID], cursor: Cursor = None, limit: Limit = PAGE
) -> Listing[ThreadNote]:
    """Newest first, with those on conversations that were merged into this one."""
    found = await db.list_notes(unit, thread_id, below=decode_cursor(cursor), limit=limit + 1)
    return cut(await existing(unit, found, "thread", thread_id, "list_notes"), limit, "created_at")


@post("/threads/{thread_id:uuid}/notes", summary="Add a note", tags=TAGS)
async def add_note(unit: CallerUnit, thread_id: FromPath[UUID], data: JSONBody[NewNote]) -> Response[NotePut]:
    """For colleagues alone: it is sent to nobody, and nothing that answers or decides reads it. 201, or 200 when this
    client_note_id was used before."""
    made = await db.add_note(unit, thread_id, data.note, data.client_note_id)
    return Response(made, status_code=200 if made.duplicate else 201)


@patch("/notes/{note_id:uuid}", summary="Change a note", tags=TAGS)
async def change_note(unit: CallerUnit, note_id: FromPath[UUID], data: JSONBody[NotePatch]) -> NotePut:
    """One's own."""
    return await db.change_note(unit, note_id, data.note)


@delete("/notes/{note_id:uuid}", status_code=200, summary="Delete a note", tags=TAGS)
async def delete_note(unit: CallerUnit, note_id: FromPath[UUID]) -> NoteDeleted:
    """One's own; admins any."""
    return await db.delete_note(unit, note_id)


router = Router("/", route_handlers=[list_notes, add_note, change_note, delete_note])
