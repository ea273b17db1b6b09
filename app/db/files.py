"""Files in Storage as the API reserves and opens them: queries of files.sql."""

from uuid import UUID

import msgspec

from app.db.queries import load
from app.db.unit import Unit
from app.domain.files import Opened, Reserved

QUERIES = load("files")


async def reserve_attachment(
    unit: Unit, filename: str, content_type: str, size_bytes: int, tenant_slug: str | None
) -> Reserved:
    """See `Reserved`."""
    params = {
        "filename": filename, "content_type": content_type, "size_bytes": size_bytes, "tenant_slug": tenant_slug,
    }  # fmt: skip
    return msgspec.convert(await unit.call(QUERIES["reserve_attachment"], params), Reserved)


async def open_attachment(
    unit: Unit, attachment_id: UUID, *, thumbnail: bool, reason: str | None
) -> Opened:  # fmt: skip
    """See `Opened`. Raises NotFound, and ParleyError for a file that is not given out."""
    params = {"attachment_id": attachment_id, "thumbnail": thumbnail, "reason": reason}
    return msgspec.convert(await unit.call(QUERIES["open_attachment"], params), Opened)
