"""Text as Telegram reads it: MarkdownV2 becomes entities or is refused, and length is counted in UTF-16 units."""

from dataclasses import dataclass, field
from typing import Any

RESERVED = "_*[]()~`>#+-=|{}.!"
NAMES = {"*": "bold", "_": "italic", "__": "underline", "~": "strikethrough", "||": "spoiler", "`": "code",
         "```": "pre", "[": "text_link", ">": "blockquote"}  # fmt: skip


class EntityError(ValueError):
    """The text cannot be read; `str()` is Telegram's description of why."""


def utf16(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass
class _Open:
    mark: str
    at: int
    """Where its content starts in the output, in UTF-16 units."""
    source: int
    """Where its mark stands in the source, for the error."""
    more: dict[str, Any] = field(default_factory=dict)


class _Reader:
    def __init__(self, source: str) -> None:
        self.source, self.position = source, 0
        self.out: list[str] = []
        self.length = 0
        self.opened: list[_Open] = []
        self.entities: list[dict[str, Any]] = []

    def read(self) -> tuple[str, list[dict[str, Any]]]:
        while self.position < len(self.source):
            self._step(self.source[self.position])
        if self.opened and self.opened[-1].mark == ">":
            self._close()
        if self.opened:
            last = self.opened[-1]
            offset = len(self.source[: last.source].encode())
            raise EntityError(f"Can't find end of {NAMES[last.mark].capitalize()} entity at byte offset {offset}")
        return "".join(self.out), sorted(self.entities, key=lambda one: (one["offset"], -one["length"]))

    def _step(self, character: str) -> None:
        following = self.source[self.position + 1 : self.position + 2]
        if character == "\\" and following and ord(following) < 127:
            self._put(following)
            self.position += 2
            return
        top = self.opened[-1].mark if self.opened else ""
        if top in ("`", "```"):
            self._in_code(character, top)
        elif character == "\n" and ">" in (one.mark for one in self.opened):
            if top != ">":
                raise EntityError(f"Can't find end of {NAMES[top].capitalize()} entity at byte offset 0")
            self._close()
            self._put(character)
            self.position += 1
        elif character not in RESERVED:
            self._put(character)
            self.position += 1
        else:
            self._mark(character, top)

    def _in_code(self, character: str, top: str) -> None:
        if self.source.startswith(top, self.position):
            self.position += len(top)
            self._close()
        else:
            self._put(character)
            self.position += 1

    def _mark(self, character: str, top: str) -> None:
        if top == "[" and character == "]":
            self._link()
            return
        mark = next((m for m in ("```", "__", "||", character) if self.source.startswith(m, self.position)), "")
        if mark == top and mark not in ("[", ">"):
            self.position += len(mark)
            self._close()
            return
        at_line_start = not self.out or self.out[-1] == "\n"
        known = mark in NAMES and (mark != ">" or at_line_start) and all(one.mark != mark for one in self.opened)
        if not known:
            raise EntityError(f"Character '{character}' is reserved and must be escaped with the preceding '\\'")
        opened = _Open(mark, self.length, self.position)
        self.position += len(mark)
        if mark == "```":
            line, newline, _ = self.source[self.position :].partition("\n")
            if newline and line and not any(sign.isspace() or sign == "`" for sign in line):
                opened.more["language"] = line
                self.position += len(line)
            self.position += bool(newline and self.source[self.position : self.position + 1] == "\n")
        self.opened.append(opened)

    def _link(self) -> None:
        self.position += 1
        url: list[str] = []
        if self.source[self.position : self.position + 1] == "(":
            self.position += 1
            while (sign := self.source[self.position : self.position + 1]) != ")":
                if not sign:
                    raise EntityError("Can't find end of a URL at byte offset 0")
                if sign == "\\":
                    self.position += 1
                    sign = self.source[self.position : self.position + 1]
                url.append(sign)
                self.position += 1
            self.position += 1
        self.opened[-1].more["url"] = "".join(url)
        self._close()

    def _put(self, character: str) -> None:
        self.out.append(character)
        self.length += utf16(character)

    def _close(self) -> None:
        done = self.opened.pop()
        if self.length > done.at:
            place = {"offset": done.at, "length": self.length - done.at}
            self.entities.append({"type": NAMES[done.mark], **place, **done.more})


def read_markdown_v2(source: str) -> tuple[str, list[dict[str, Any]]]:
    """(text, entities) of MarkdownV2. Raises EntityError as Telegram would answer 400."""
    return _Reader(source).read()
