"""/v1/uploads and /v1/attachments/{id}/open: files of the chat, whose bytes go straight to and from Storage."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Router, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from app.db import files as db
from app.domain.files import Opened, Reserved
from app.errors import Unavailable
from app.http.deps import CallerUnit
from app.http.types import END, NO_CONTROL, Slug
from app.storage import Storage, StorageAwayError

TAGS = ["messages"]
AWAY = "upload with supabase-js to bucket and path, or try again shortly"
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=rf"^[^\x00-\x1f\x7f-\x9f/\\]*{END}")]
MediaType = Annotated[str, msgspec.Meta(min_length=1, max_length=150, pattern=NO_CONTROL)]
Reason = Annotated[str, msgspec.Meta(min_length=5, max_length=500, pattern=NO_CONTROL)]
Size = Annotated[int, msgspec.Meta(ge=1, le=104_857_600)]


class NewUpload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file to be uploaded; `tenant_slug` where the caller is a contact of several tenants."""

    filename: Name
    content_type: MediaType
    size_bytes: Size
    tenant_slug: Slug | None = None


class Upload(Reserved, frozen=True):
    """Where to PUT the bytes, once: `upload_url` as it is, or `upload_token` with uploadToSignedUrl()."""

    upload_url: str
    upload_token: str


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file itself, or the small picture of one. `reason` is for admins, in a conversation that is not theirs."""

    thumbnail: bool = False
    reason: Reason | None = None


class FileLink(Opened, frozen=True):
    """A file that may be read at `url`, for `readable_s` seconds unless it is public."""

    url: str


@post("/uploads", summary="Get a place for a file", tags=TAGS)
async def reserve_attachment(
    unit: CallerUnit, request: Request[Any, Any, State], data: JSONBody[NewUpload]
) -> Upload:  # fmt: skip
    """For people who take part in conversations. Upload, then name `attachment_id` in a message; it is checked, and the
    message takes a new rev when it is given out."""
    reserved = await db.reserve_attachment(unit, data.filename, data.content_type, data.size_bytes, data.tenant_slug)
    storage: Storage = request.app.state.storage
    try:
        signed = await storage.sign_upload(reserved.bucket, reserved.path)
    except StorageAwayError as error:
        raise Unavailable("Storage does not answer.", remedy=AWAY) from error
    return Upload(**msgspec.structs.asdict(reserved), upload_url=signed.url, upload_token=signed.token)


@post("/attachments/{attachment_id:uuid}/open", status_code=200, summary="Open a file in Storage", tags=TAGS)
async def open_attachment(
    unit: CallerUnit, request: Request[Any, Any, State], attachment_id: FromPath[UUID], data: JSONBody[Opening]
) -> FileLink:
    """A link for one reading, as a download, for whoever may read its message; every opening is in the audit log."""
    opened = await db.open_attachment(unit, attachment_id, thumbnail=data.thumbnail, reason=data.reason)
    storage: Storage = request.app.state.storage
    try:
        url = (
            storage.public_url(opened.bucket, opened.path) if opened.is_public
            else await storage.sign(opened.bucket, opened.path, opened.readable_s, opened.filename)
        )  # fmt: skip
    except StorageAwayError as error:
        raise Unavailable("Storage does not answer.", remedy="try again shortly") from error
    return FileLink(**msgspec.structs.asdict(opened), url=url)


router = Router("/", route_handlers=[reserve_attachment, open_attachment])
