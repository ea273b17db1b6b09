"""Reads a text from left to right, and can say where it stopped and what it would have taken there."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
END = "end of input"


class Stopped(Exception):
    """The text does not go on as the grammar wants: one of `expected` should stand at `position`."""

    def __init__(self, position: int, expected: list[str]) -> None:
        super().__init__(position, expected)
        self.position = position
        self.expected = expected


def _further(one: Stopped | None, other: Stopped) -> Stopped:
    """Of two failures the one that got further; both expectations where they stopped at the same place."""
    if one is None or one.position < other.position:
        return other
    if one.position > other.position:
        return one
    return Stopped(one.position, [*one.expected, *(label for label in other.expected if label not in one.expected)])


class Scanner:
    """A position in a text. An alternative that failed without taking anything adds to what the next one expects; one
    that took something stands for itself: so the messages read as those of PostgREST's own parser."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self._could: tuple[int, list[str]] = (0, [])
        self._failed: dict[int, Stopped] = {}

    def hint(self, *labels: str) -> None:
        """What could have followed here, too; told if nothing else that follows fits."""
        known = self._could[1] if self._could[0] == self.position else []
        self._could = self.position, [*known, *(label for label in labels if label not in known)]

    def fail(self, *expected: str) -> Stopped:
        """The error to raise: one of `expected` should stand here."""
        self.hint(*expected)
        return _further(self._failed.get(self.position), Stopped(self.position, list(self._could[1])))

    @property
    def at_end(self) -> bool:
        """Whether everything was read."""
        return self.position >= len(self.text)

    def peek(self, length: int = 1) -> str:
        """The next characters, without taking them."""
        return self.text[self.position : self.position + length]

    def accept(self, word: str) -> bool:
        """Take `word` if it comes next."""
        if self.text.startswith(word, self.position):
            self.position += len(word)
            return True
        return False

    def expect(self, word: str, label: str | None = None) -> None:
        """Take `word`, which must come next."""
        if not self.accept(word):
            raise self.fail(label or f'"{word}"')

    def skip_blanks(self) -> None:
        """Take spaces and tabs."""
        while self.peek() in (" ", "\t") and not self.at_end:
            self.position += 1

    def take_while(self, wanted: Callable[[str], bool]) -> str:
        """Take characters as long as they are `wanted`."""
        start = self.position
        while self.position < len(self.text) and wanted(self.text[self.position]):
            self.position += 1
        return self.text[start : self.position]

    def common(self, words: tuple[str, ...]) -> int:
        """How many characters here are the beginning of one of `words`, in any case."""
        rest = self.text[self.position :].lower()
        return max(next((n for n, char in enumerate(word) if rest[n : n + 1] != char), len(word)) for word in words)

    def attempt(self, read: Callable[[], T]) -> T | None:
        """What `read` reads, or None with nothing taken."""
        start = self.position
        try:
            return read()
        except Stopped as stopped:
            self.position = start
            self._could = (start, [])
            self._failed[start] = _further(self._failed.get(start), stopped)
            return None

    def explain(self, stopped: Stopped) -> tuple[int, str]:
        """Column (from 1) and wording of a failure."""
        expected = stopped.expected
        found = self._found(stopped)
        listed = f"{', '.join(expected[:-1])} or {expected[-1]}" if len(expected) > 1 else "".join(expected)
        return stopped.position + 1, f"unexpected {found}" + (f" expecting {listed}" if listed else "")

    def _found(self, stopped: Stopped) -> str:
        """What stands where a failure is: where words were expected, the first character that is not the word's."""
        at = stopped.position
        first = stopped.expected[0] if stopped.expected else ""
        if len(first) > 3 and first.startswith('"'):
            word = first.strip('"')
            while self.text[at : at + 1] and self.text[at] == word[at - stopped.position : at - stopped.position + 1]:
                at += 1
        if at >= len(self.text):
            return END
        return f"'{self.text[at]}'" if END in stopped.expected else f'"{self.text[at]}"'
