"""HTML mail to text a person can read: no scripts, no styles, quoted blocks as `> ` lines. Bounded and total."""

import html
import re

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig

_CONFIG = ParserConfig(css=CSS_PROFILES["strict"], display_images=False, display_links=False)
# Private-use characters mark where quoted blocks begin and end while the layout engine works.
_OPEN, _CLOSE = "\ue000", "\ue001"
_QUOTE_OPEN = re.compile(r"<blockquote\b", re.IGNORECASE)
_QUOTE_CLOSE = re.compile(r"</blockquote\s*>", re.IGNORECASE)
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "br",
        "tr",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "table",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "hr",
        "section",
        "article",
        "header",
        "footer",
        "pre",
    ]
)
_SILENT = ("script", "style", "head", "title", "template", "noscript", "svg", "object", "iframe")
_TAG_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9]{0,15})")
_MAX_TABLES = 150
_MAX_TAGS = 12_000


def html_to_text(source: str, max_chars: int) -> str:
    """Readable text of an HTML body. Sources longer than `max_chars`, or laid out in too many tables, lose the
    layout."""
    source = source.replace("\x00", "").replace(_OPEN, "").replace(_CLOSE, "")
    source = _QUOTE_OPEN.sub(f" {_OPEN}<blockquote", source)
    source = _QUOTE_CLOSE.sub(f"</blockquote>{_CLOSE} ", source)
    text = None
    lowered = source[: max_chars + 1].lower()
    if len(source) <= max_chars and lowered.count("<table") <= _MAX_TABLES and lowered.count("<") <= _MAX_TAGS:
        text = _layout(source)
    return _quote_lines(_tidy(text if text is not None and text.strip() else strip_tags(source)))


def _layout(source: str) -> str | None:
    try:
        return str(get_text(_DECLARATION.sub("", source), _CONFIG))
    except Exception:  # lxml and inscriptis raise many kinds (recursion among them); the tag stripper always answers
        return None


_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}>")


def strip_tags(source: str) -> str:
    """Text without tags by one forward scan; linear on any input."""
    out: list[str] = []
    position, size = 0, len(source)
    unclosed: set[str] = set()
    while position < size:
        start = source.find("<", position)
        if start < 0:
            out.append(source[position:])
            break
        out.append(source[position:start])
        if source.startswith("<!--", start):
            end = source.find("-->", start + 4) if "-->" not in unclosed else -1
            if end < 0:
                unclosed.add("-->")
            position = end + 3 if end >= 0 else start + 4
            continue
        match = _TAG_NAME.match(source, start + 1)
        if match is None and source[start + 1 : start + 2] not in {"!", "?", "/"}:
            out.append("<")
            position = start + 1
            continue
        end = source.find(">", start, start + 20_000)
        end = min(size, start + 1 + len(match[0] if match else "")) - 1 if end < 0 else end
        position = end + 1
        name = match[1].lower() if match else ""
        if name in _BLOCKS or name == "blockquote":
            out.append("\n")
        if name in _SILENT and source[start + 1] != "/":
            position = _after_close(source, name, position, unclosed)
    return html.unescape("".join(out))


def _after_close(source: str, name: str, position: int, unclosed: set[str]) -> int:
    """Where the silent element ends; when it never does, only its tag is dropped (and that is asked once)."""
    if name in unclosed:
        return position
    match = re.compile(rf"</{name}\b[^>]{{0,200}}>?", re.IGNORECASE).search(source, position)
    if match is None:
        unclosed.add(name)
        return position
    return match.end()


def _tidy(text: str) -> str:
    text = text.replace("\xa0", " ").replace("\r\n", "\n").replace("\r", "\n")
    lines = [" ".join(line.split()) for line in text.split("\n")]
    out: list[str] = []
    for line in lines:
        if line or (out and out[-1]):
            out.append(line)
    return "\n".join(out).strip("\n")


def _quote_lines(text: str) -> str:
    if _OPEN not in text and _CLOSE not in text:
        return text
    depth = 0
    out: list[str] = []
    for line in text.split("\n"):
        for piece in re.split(f"([{_OPEN}{_CLOSE}])", line):
            if piece == _OPEN:
                depth = min(depth + 1, 20)
            elif piece == _CLOSE:
                depth = max(depth - 1, 0)
            elif piece.strip() or piece == line:
                out.append("> " * depth + piece.strip())
    return "\n".join(out).strip("\n")
