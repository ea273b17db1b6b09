"""The file in a request: raw, or the file part of a form, as supabase-js sends a Blob and supabase-py everything."""

import base64
import binascii
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from devstack.surface.storage import errors
from devstack.surface.storage.requests import Request

FIELD_BYTES = 1024 * 1024
FIELDS = 10
NO_CONTENT = "No content provided"


class Incoming:
    """What is said of a file before its bytes come (`mime_type`, `cache_control`, `metadata`), then its bytes."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.mime_type = request.header(b"content-type") or "application/octet-stream"
        self.cache_control = request.header(b"cache-control") or "no-cache"
        self.encoding = request.header(b"content-encoding")
        self.metadata = user_metadata(request)
        self._form: AsyncIterator[MultipartSegment | bytes | bytearray] | None = None

    @property
    def announced(self) -> int:
        """How many bytes a raw body says it has; 0 when it does not say, or is a form."""
        length = self._request.header(b"content-length") or ""
        return int(length) if self._form is None and length.isdigit() else 0

    async def open(self) -> None:
        """Read as far as the first byte of the file. Raises StorageError."""
        kind, options = parse_options_header(self.mime_type)
        if kind != "multipart/form-data":
            return
        if not options.get("boundary"):
            raise errors.invalid_request("multipart: the boundary is missing")
        self._form = self._segments(options["boundary"])
        fields: dict[str, str] = {}
        await self._read_fields(fields)
        if cache_time := fields.get("cacheControl"):
            self.cache_control = f"max-age={cache_time}"
        self.mime_type = fields.get("contentType") or self.mime_type
        self.encoding = fields.get("contentEncoding") or None
        self.metadata = _metadata(fields.get("metadata") or fields.get("userMetadata"))

    async def _read_fields(self, fields: dict[str, str]) -> None:
        """Read the fields before the file, and of the file its head."""
        assert self._form is not None
        segment: MultipartSegment | None = None
        held = bytearray()
        async for part in self._form:
            if isinstance(part, MultipartSegment):
                segment, held = part, bytearray()
                if part.filename is not None or part.content_type == "application/octet-stream":
                    self.mime_type = part.content_type or "application/octet-stream"
                    self.cache_control = "no-cache"
                    return
            elif part:
                held += part
                if len(held) > FIELD_BYTES:
                    raise errors.too_large("user_metadata")
            elif segment is not None:
                fields[segment.name] = held.decode(errors="replace")
        raise errors.invalid_request(NO_CONTENT)

    async def _segments(self, boundary: str) -> AsyncIterator[MultipartSegment | bytes | bytearray]:
        """What the parser finds: the head of a part, its bytes, and an empty one at its end."""
        parser = PushMultipartParser(boundary, max_segment_count=FIELDS + 1)
        try:
            async for chunk in self._request.chunks():
                for part in parser.parse(chunk):
                    yield b"" if part is None else part
            parser.close()  # raises when the form is not whole
        except MultipartError as error:
            raise errors.invalid_request(f"multipart: {error}") from error

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes of the file. Raises Gone when the client hangs up before they are all there."""
        if self._form is None:
            async for chunk in self._request.chunks():
                yield chunk
            return
        is_file = True
        async for part in self._form:
            if isinstance(part, MultipartSegment):
                is_file = False  # fields after the file say nothing of it
            elif part and is_file:
                yield bytes(part)


def user_metadata(request: Request) -> Any:
    """The header `x-metadata`: a JSON object in base64; what is none counts as nothing, as hosted."""
    given = request.header(b"x-metadata")
    try:
        return _metadata(None if given is None else base64.b64decode(given).decode())
    except (binascii.Error, UnicodeDecodeError):
        return None


def _metadata(text: str | None) -> Any:
    """The user's own metadata: a JSON object. None for nothing and for what is none."""
    if text is None:
        return None
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
