"""Texts, numbers and pages as the API takes and gives them: bounds and examples in one place."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Generic, Literal, Protocol, TypeVar
from uuid import UUID

import msgspec
from litestar.params import PathParameter, QueryParameter
from msgspec import Meta

from app.domain import threads
from app.domain.channels import NAME
from app.domain.paging import NEVER, Position
from app.errors import BadInput

INT_MAX = 2_147_483_647
BIGINT_MAX = 9_223_372_036_854_775_807
PAGE = 50
END = r"(?![\s\S])"
"""The end of a text in every dialect of regular expressions: `$` and `\\Z` mean other things in some."""
NO_NUL = rf"^[^\x00]*{END}"
NO_CONTROL = rf"^[^\x00-\x1f\x7f-\x9f]*{END}"

Body = Annotated[str, Meta(min_length=1, max_length=200_000, pattern=NO_NUL)]
Text = Annotated[str, Meta(max_length=200_000, pattern=NO_NUL)]
LongText = Annotated[str, Meta(min_length=1, max_length=4000, pattern=NO_NUL)]
Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_CONTROL)]
Subject = Annotated[str, Meta(min_length=1, max_length=500, pattern=NO_CONTROL)]
Word = Annotated[str, Meta(min_length=1, max_length=100, pattern=NO_CONTROL)]
Slug = Annotated[str, Meta(pattern=rf"^[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?{END}")]
Locale = Annotated[str, Meta(max_length=35, pattern=rf"^[a-z]{{2,3}}(?:-[A-Za-z0-9]{{2,8}})*{END}")]
Region = Annotated[str, Meta(pattern=rf"^[A-Z]{{2}}{END}")]
TimeZone = Annotated[str, Meta(max_length=64, pattern=rf"^[A-Za-z][A-Za-z0-9_+/-]*{END}")]
Hour = Annotated[str, Meta(pattern=rf"^(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?{END}")]
Moment = Annotated[datetime, Meta(tz=True)]
Address = Annotated[str, Meta(min_length=1, max_length=2000, pattern=NO_CONTROL)]
"""An e-mail address is shorter and a number is, but a browser's push address and a form's page may be this long."""
Secret = Annotated[str, Meta(min_length=1, max_length=8192, pattern=NO_NUL)]
ClientId = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_CONTROL)]
Seq = Annotated[int, Meta(ge=0, le=BIGINT_MAX)]
# Parameters have their bounds in Litestar's markers: of a parameter's Meta it reads nothing.
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE)]
Cursor = Annotated[str | None, QueryParameter(max_length=200)]
QueryWord = Annotated[str | None, QueryParameter(min_length=1, max_length=100, pattern=NO_CONTROL)]
QueryLine = Annotated[str | None, QueryParameter(min_length=1, max_length=200, pattern=NO_CONTROL)]
QueryAddress = Annotated[str | None, QueryParameter(min_length=1, max_length=2000, pattern=NO_CONTROL)]
QueryChannel = Annotated[str | None, QueryParameter(pattern=NAME)]
FileName = Annotated[str, QueryParameter(min_length=1, max_length=255, pattern=rf"^[^\x00-\x1f\x7f-\x9f/\\]*{END}")]
PathWord = Annotated[str, PathParameter(min_length=1, max_length=100, pattern=NO_CONTROL)]
PathLine = Annotated[str, PathParameter(min_length=1, max_length=200, pattern=NO_CONTROL)]
Folder = Literal[threads.Folder, "any"]
Status = Literal[threads.Status, "any"]

T = TypeVar("T")


class Listing(msgspec.Struct, Generic[T], frozen=True):
    """A page: `next_cursor` leads to the rest, null at the end."""

    items: list[T]
    next_cursor: str | None = None


class Timed(Protocol):
    """Anything with an id that is listed by time."""

    @property
    def id(self) -> UUID:
        """Its id."""


I = TypeVar("I", bound=Timed)  # noqa: E741


def encode_cursor(at: datetime, item_id: UUID) -> str:
    """An opaque cursor for a place in a list."""
    return base64.urlsafe_b64encode(f"{at.astimezone(UTC).isoformat()}|{item_id}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, field: str = "cursor") -> Position | None:
    """The place a cursor stands for. Raises BadInput for one that is none of ours."""
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
        moment, _, item_id = raw.partition("|")
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None:
            raise ValueError("no zone")
        return Position(at, UUID(item_id))
    except (ValueError, binascii.Error) as error:
        raise BadInput(
            "This cursor is not one of ours.", code="bad_cursor", field=field, remedy="start again without it"
        ) from error


def cut(items: Sequence[I], limit: int, moment: str) -> Listing[I]:
    """A page of at most `limit` out of `limit + 1` items, with the cursor to go on; `moment` names the time field."""
    kept = list(items[:limit])
    more = len(items) > limit
    return Listing(kept, encode_cursor(getattr(kept[-1], moment) or NEVER, kept[-1].id) if more else None)


def zoned(field: str, moment: datetime | None) -> datetime | None:
    """A moment means the same everywhere. Raises BadInput for one without a zone."""
    if moment is not None and moment.tzinfo is None:
        raise BadInput("This moment has no zone.", field=field, remedy="write it as 2026-11-30T12:00:00Z")
    return moment
