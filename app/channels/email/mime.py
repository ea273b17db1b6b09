"""The MIME tree of a mail, in bounded time and memory.

The standard library's parser is not used for the tree: its cost grows with depth × lines and it recurses without a
bound. This one searches delimiter lines with `bytes.find`, stops at the limits and says that it did.
"""

import binascii
import re
from collections.abc import Iterator

from app.channels.email.headers import Headers, parse_params, unbase64
from app.domain.email import MailLimits

_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_MAX_FIELDS = 2000
_MAX_DELIMITERS = 20_000


class Part:
    """One node: its header, its still encoded body, its children when it is a multipart."""

    __slots__ = ("body", "charset", "children", "content_type", "depth", "disposition", "filename", "headers", "params")

    def __init__(self, headers: Headers, depth: int, default_type: str) -> None:
        self.headers, self.body, self.depth = headers, b"", depth
        self.children: list[Part] = []
        kind, self.params = parse_params(headers.raw("content-type"))
        # RFC 2045 5.2: what cannot be read as a type is plain text.
        self.content_type = kind if kind.count("/") == 1 and not kind.startswith("/") else default_type
        if kind in {"text", "html"}:
            self.content_type = "text/html" if kind == "html" else "text/plain"
        self.disposition, placed = parse_params(headers.raw("content-disposition"))
        self.filename = placed.get("filename") or self.params.get("name") or ""
        self.charset = self.params.get("charset")

    @property
    def encoding(self) -> str:
        """Content-Transfer-Encoding in lower case."""
        return self.headers.token("content-transfer-encoding")

    def decoded(self) -> bytes:
        """The body without its transfer encoding. Never raises: broken encodings give what can be read."""
        encoding = self.encoding
        if encoding == "base64":
            return unbase64(self.body)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(self.body)
        if encoding in {"x-uuencode", "uuencode", "x-uue", "uue"}:
            return _unuu(self.body)
        return self.body

    def walk(self) -> Iterator["Part"]:
        """This part and every part below it, in order."""
        stack = [self]
        while stack:
            part = stack.pop()
            yield part
            stack.extend(reversed(part.children))


class Tree:
    """A parsed mail and what went wrong on the way: `defect` is None when the whole structure was read."""

    def __init__(self, raw: bytes, limits: MailLimits) -> None:
        self.limits = limits
        self.defect: str | None = None
        self._parts = 0
        self._delimiters = 0
        data = raw.replace(b"\r\n", b"\n") if b"\r\n" in raw else raw
        if b"\n" not in data and b"\r" in data:
            data = data.replace(b"\r", b"\n")
        # The newline in front lets a delimiter on the very first line be found like any other.
        self._data = b"\n" + data.lstrip(b"\n")
        self.root = self._parse(1, len(self._data), 0, "text/plain")
        if not self.root.headers.fields and data.strip():
            self._cut("no header")

    def _parse(self, start: int, end: int, depth: int, default_type: str) -> Part:
        self._parts += 1
        headers, body = split_header(self._data, start, end, self.limits.max_header_bytes)
        if body - start >= self.limits.max_header_bytes or len(headers.fields) >= _MAX_FIELDS:
            self._cut(f"a header of more than {self.limits.max_header_bytes} bytes or {_MAX_FIELDS} fields")
        part = Part(headers, depth, default_type)
        boundary = part.params.get("boundary", "").rstrip()
        if not part.content_type.startswith("multipart/"):
            part.body = self._data[body:end]
        elif not boundary:
            self._cut("parts without a boundary")
            part.content_type, part.body = "text/plain", self._data[body:end]
        elif depth >= self.limits.max_depth:
            self._cut(f"parts nested deeper than {self.limits.max_depth}")
            part.content_type, part.body = "application/octet-stream", self._data[body:end]
        else:
            self._parse_children(part, body, end, boundary)
        return part

    def _parse_children(self, part: Part, start: int, end: int, boundary: str) -> None:
        child_type = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        for piece_start, piece_end in self._pieces(start, end, boundary):
            if self._parts >= self.limits.max_parts:
                self._cut(f"more than {self.limits.max_parts} parts")
                break
            part.children.append(self._parse(piece_start, piece_end, part.depth + 1, child_type))
        if not part.children:
            # A multipart whose delimiter never comes: its body is all there is to read.
            if self._data[start:end].strip():
                self._cut("parts whose boundary never comes")
            part.content_type, part.body = "text/plain", self._data[start:end]

    def _pieces(self, begin: int, end: int, boundary: str) -> Iterator[tuple[int, int]]:
        data, needle = self._data, b"\n--" + boundary.encode("latin-1", "replace")
        start = -1
        at = data.find(needle, begin - 1, end)
        while at >= 0:
            self._delimiters += 1
            if self._delimiters > _MAX_DELIMITERS:
                self._cut("too many delimiter lines")
                break
            line_end = data.find(b"\n", at + 1, end)
            line_end = end if line_end < 0 else line_end
            tail = data[at + len(needle) : min(line_end, at + len(needle) + 100)].strip()
            if tail in {b"", b"--"}:
                if start >= 0:
                    yield start, max(start, at)
                start = line_end + 1
                if tail:
                    return
                at = data.find(needle, line_end, end)
            else:
                at = data.find(needle, at + 1, end)
        if 0 <= start < end:
            yield start, end

    def _cut(self, reason: str) -> None:
        self.defect = self.defect or reason


def split_header(data: bytes, start: int, size: int, max_bytes: int) -> tuple[Headers, int]:
    """The fields between `start` and `size`, and where the body begins.

    A line that cannot be header ends the header and belongs to the body, as mail readers do.
    """
    fields: list[tuple[str, list[bytes]]] = []
    position, limit = start, start + max_bytes
    while position < size and position < limit:
        end = data.find(b"\n", position, size)
        end = size if end < 0 else end
        line = data[position : min(end, limit)]
        if not line.strip(b"\r"):
            position = end + 1
            break
        if line[:1] in b" \t" and fields:
            fields[-1][1].append(line)
        elif match := _FIELD.match(line):
            if len(fields) < _MAX_FIELDS:
                fields.append((match[1].decode("ascii").lower(), [line[match.end() :]]))
        elif not (line.startswith((b"From ", b">From ")) or (not fields and line[:1] in b" \t")):
            break
        position = end + 1
    return Headers([(name, b"".join(lines).strip()) for name, lines in fields]), min(position, size)


def _unuu(data: bytes) -> bytes:
    out: list[bytes] = []
    for line in data.split(b"\n"):
        if line[:6] == b"begin " or not line.strip():
            continue
        if line.strip() == b"end":
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            continue
    return b"".join(out)
