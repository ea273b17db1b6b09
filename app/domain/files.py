"""Files of the chat in Supabase Storage: a place for one, and one that is opened. No I/O."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

MediaVisibility = Literal["private", "public"]


class Reserved(msgspec.Struct, frozen=True):
    """A place in Storage for one file of the caller, until `expires_at`."""

    attachment_id: UUID
    bucket: str
    path: str
    filename: str
    content_type: str
    size_bytes: int
    expires_at: datetime


class Opened(msgspec.Struct, frozen=True):
    """A file the caller may read for `readable_s` seconds."""

    attachment_id: UUID
    bucket: str
    path: str
    filename: str
    content_type: str
    size_bytes: int
    width: int | None
    height: int | None
    is_public: bool
    readable_s: int
