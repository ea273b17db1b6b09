"""From the Markdown that people and models write to Telegram's MarkdownV2, where every other character is escaped.

Only what can be nothing but formatting is taken for it: **bold**, *italic*, _italic_, ~~struck~~, `code`, fenced code
and [links](https://…). An asterisk in `5*3*2`, an underscore in a file name or a lone bracket stays what it is.
"""

import re

_RESERVED = re.compile(r"([_*\[\]()~`>#+\-=|{}.!\\])")
_IN_CODE = re.compile(r"([`\\])")
_IN_LINK = re.compile(r"([)\\])")


def _paired(name: str, mark: str, inside: str) -> str:
    # An opening mark follows no word and precedes no space; a closing one the other way round. One line only.
    return rf"(?<![\w*_~\\]){mark}(?P<{name}>(?![\s*_~])(?:{inside})*?[^\s\\*_~])(?:{mark})(?![\w*_~])"


_SPANS = re.compile(
    r"```(?:(?P<language>[A-Za-z0-9_+#-]{1,20})?\n)?(?P<pre>(?:(?!```)[\s\S])+?)\n?```"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?<![!\]\w])\[(?P<label>[^\[\]\n]{1,400})\]\((?P<url>https?://[^\s()<>]{1,1500}(?:\([^\s()<>]{0,200}\)[^\s()<>]{0,200})?)\)"
    "|" + _paired("bold", r"\*\*", r"[^*\n]|\*(?!\*)")
    + "|" + _paired("strong", "__", r"[^_\n]|_(?!_)")
    + "|" + _paired("struck", "~~", r"[^~\n]")
    + "|" + _paired("italic", r"\*", r"[^*\n]")
    + "|" + _paired("slanted", "_", r"[^_\n]")
)  # fmt: skip
_MARKS = {"bold": "*", "strong": "*", "struck": "~", "italic": "_", "slanted": "_"}


def to_markdown_v2(text: str) -> str | None:
    """`text` with its formatting in MarkdownV2; None when it has none: it is then best sent as it is."""
    return _convert(text, frozenset()) if _SPANS.search(text) else None


def escape(text: str) -> str:
    """`text` so that MarkdownV2 shows it as it is."""
    return _escaped(_RESERVED, text)


def _escaped(reserved: re.Pattern[str], text: str) -> str:
    return reserved.sub(r"\\\1", text)


def _convert(text: str, outer: frozenset[str]) -> str:
    pieces, at = [], 0
    for found in _SPANS.finditer(text):
        pieces += [escape(text[at : found.start()]), _span(found, outer)]
        at = found.end()
    return "".join([*pieces, escape(text[at:])])


def _span(found: re.Match[str], outer: frozenset[str]) -> str:
    kind = found.lastgroup or ""
    if found["pre"] is not None:
        return f"```{found['language'] or ''}\n{_escaped(_IN_CODE, found['pre'])}\n```"
    if kind == "code":
        return f"`{_escaped(_IN_CODE, found['code'])}`"
    if found["url"] is not None:
        return f"[{escape(found['label'])}]({_escaped(_IN_LINK, found['url'])})"
    mark = _MARKS[kind]
    if mark in outer:  # Telegram has no bold inside bold
        return escape(found[0])
    return f"{mark}{_convert(found[kind], outer | {mark})}{mark}"
