"""From the MIME tree to the text to read and the files to keep."""

import hashlib
import mimetypes
import re

from app.channels.email.headers import decode_words
from app.channels.email.html_text import html_to_text, strip_tags
from app.channels.email.mime import Part, Tree, split_header
from app.channels.email.text import clean_line, clean_text, decode_bytes
from app.domain.email import Attachment, MailLimits

_TEXT_TYPES = {"text/plain", "text/html", "text/enriched", "text/richtext", "text/x-amp-html"}
_TYPE_FORM = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,120}")
_PATH = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
_STUB = re.compile(
    r"(?i)\b(?:html|mime)\b.{0,80}\b(?:client|viewer|reader|e-?mail|capable|compatible|version|format)\b"
    r"|view (?:this|it) in (?:a|your) browser"
)


class Bodies:
    """Collects the readable text and the attachments of one tree within the limits."""

    def __init__(self, tree: Tree, limits: MailLimits) -> None:
        self.limits = limits
        self.texts: list[str] = []
        self.html_source = ""
        self.files: list[Attachment] = []
        self.defect: str | None = None
        """Why a part could not be read, None when all could."""
        self._kept_bytes = 0
        self._visit(tree.root, inline=False)
        self.text = clean_text("\n\n".join(text for text in self.texts if text.strip()))[: limits.max_text_chars].strip(
            "\n"
        )

    def _visit(self, part: Part, *, inline: bool) -> None:
        if part.children and part.content_type == "multipart/alternative":
            self._alternative(part)
        elif part.children:
            related = part.content_type == "multipart/related"
            for index, child in enumerate(part.children):
                self._visit(child, inline=related and index > 0)
        elif self._is_text(part) and not (inline and self.texts):
            self.texts.append(self._render(part))
        else:
            self._keep(part, inline=inline)

    @staticmethod
    def _is_text(part: Part) -> bool:
        if part.content_type not in _TEXT_TYPES or part.disposition == "attachment":
            return False
        return not part.filename or (part.depth == 0 and part.disposition != "attachment")

    def _alternative(self, part: Part) -> None:
        """The plain form when it says something, else the richest; what is no text is kept as a file."""
        plain: str | None = None
        rich: Part | None = None
        for child in part.children:
            if child.children:
                rich = child
            elif child.content_type == "text/plain" and plain is None and self._is_text(child):
                plain = self._render(child)
            elif child.content_type in _TEXT_TYPES and self._is_text(child):
                if child.content_type != "text/x-amp-html":
                    rich = child
                    self._remember_html(child)
            else:
                self._keep(child, inline=False)
        if plain is not None and plain.strip() and not (rich and len(plain) < 300 and _STUB.search(plain)):
            self.texts.append(plain)
            if rich is not None and rich.children:
                self._files_of(rich)
        elif rich is not None:
            self._visit(rich, inline=False)
        elif plain:
            self.texts.append(plain)

    def _files_of(self, part: Part) -> None:
        for child in part.walk():
            if not child.children and not self._is_text(child):
                self._keep(child, inline=True)
            elif child.content_type == "text/html":
                self._remember_html(child)

    def _remember_html(self, part: Part) -> None:
        if not self.html_source:
            data = part.decoded()[:100_000]
            self.html_source = decode_bytes(data, _html_charset(part, data))

    def _decoded(self, part: Part) -> bytes:
        data = part.decoded()
        if not data and part.body.strip():
            self.defect = self.defect or f"a part in {part.encoding[:40]} that is none"
        return data

    def _render(self, part: Part) -> str:
        data = self._decoded(part)
        # Four bytes a character at most; what lies far behind the limit is not even decoded.
        data = data[: 8 * self.limits.max_text_chars]
        text = decode_bytes(data, _html_charset(part, data))
        if part.content_type == "text/plain":
            return _unflow(text, part) if part.params.get("format", "").lower() == "flowed" else text
        if part.content_type in {"text/enriched", "text/richtext"}:
            return strip_tags(text)
        self.html_source = self.html_source or text[:100_000]
        return html_to_text(text, self.limits.max_html_bytes)

    def _keep(self, part: Part, *, inline: bool) -> None:
        data = self._decoded(part)
        if not data.strip() and not part.filename:
            return
        if len(self.files) >= self.limits.max_attachments:
            return
        content_id = clean_line(decode_words(part.headers.raw("content-id")), 200).strip("<> ") or None
        self.add_file(
            _filename(part, len(self.files) + 1),
            part.content_type,
            data,
            inline=inline or (part.disposition == "inline" and content_id is not None),
            content_id=content_id,
        )

    def add_file(
        self, name: str, content_type: str, data: bytes, *, inline: bool = False, content_id: str | None = None
    ) -> None:
        """Keep one file, or name it as refused when it or the sum of all would pass the limit."""
        refused = None
        if len(data) > self.limits.max_attachment_bytes:
            refused = f"larger than {self.limits.max_attachment_bytes} bytes"
        elif self._kept_bytes + len(data) > self.limits.max_total_attachment_bytes:
            refused = f"all files together larger than {self.limits.max_total_attachment_bytes} bytes"
        else:
            self._kept_bytes += len(data)
        self.files.append(
            Attachment(
                filename=name,
                content_type=content_type if _TYPE_FORM.fullmatch(content_type) else "application/octet-stream",
                size_bytes=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
                data=b"" if refused else data,
                inline=inline,
                content_id=content_id,
                refused=refused,
            )
        )


def original_file(raw: bytes) -> Attachment:
    """A mail as it came, kept whatever its size: it was accepted, so it must be there."""
    digest = hashlib.sha256(raw).hexdigest()
    return Attachment(
        filename="original.eml", content_type="message/rfc822", size_bytes=len(raw), sha256=digest, data=raw
    )


def safe_filename(written: str, fallback: str) -> str:
    """A file name without path, control characters or tricks, at most 200 characters, its suffix kept."""
    name = _PATH.sub("_", clean_line(written, 1000).replace("\\", "/").rpartition("/")[2]).strip(" ._")
    if not name:
        return fallback
    if len(name) > 200:
        stem, dot, suffix = name.rpartition(".")
        name = f"{stem[: 199 - len(suffix)]}.{suffix}" if dot and len(suffix) <= 20 else name[:200]
    return name


def _filename(part: Part, number: int) -> str:
    if part.content_type in {"message/rfc822", "message/global"}:
        body = part.body[:64_000]
        headers, _ = split_header(body, 0, len(body), 64_000)
        fallback = safe_filename(headers.text("subject", 100), f"message-{number}") + ".eml"
    else:
        suffix = ".txt" if part.content_type == "text/plain" else mimetypes.guess_extension(part.content_type) or ".bin"
        fallback = f"attachment-{number}{suffix}"
    return safe_filename(part.filename, fallback)


def _html_charset(part: Part, data: bytes) -> str | None:
    if part.charset or part.content_type != "text/html":
        return part.charset
    match = re.search(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", data[:4096], re.IGNORECASE)
    return match[1].decode() if match else None


def _unflow(text: str, part: Part) -> str:
    """RFC 3676: a line that ends in a space goes on in the next one of the same quote depth."""
    drop = part.params.get("delsp", "").lower() == "yes"
    out: list[str] = []
    open_depth = -1
    pending: list[str] = []
    for raw in text.replace("\r\n", "\n").split("\n"):
        content = raw.lstrip(">")
        depth = len(raw) - len(content)
        content = content.removeprefix(" ")
        if depth != open_depth and pending:
            out.append("".join(pending))
            pending = []
        if not pending and depth:
            pending.append("> " * min(depth, 20))
        soft = content.endswith(" ") and content != "-- "
        pending.append(content[:-1] if soft and drop else content)
        open_depth = depth
        if not soft:
            out.append("".join(pending))
            pending, open_depth = [], -1
    if pending:
        out.append("".join(pending))
    return "\n".join(out)
