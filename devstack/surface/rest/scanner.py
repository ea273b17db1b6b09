"""Reads a text from left to right, and can say where it stopped and what it would have taken there."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """The text does not go on as the grammar wants."""


class Scanner:
    """A position in a text. What could not be read at the furthest position is remembered for the error message."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self._furthest = 0
        self._expected: list[str] = []

    def fail(self, *expected: str) -> Stopped:
        """The error to raise: one of `expected` should stand here."""
        if self.position > self._furthest:
            self._furthest, self._expected = self.position, []
        if self.position == self._furthest:
            self._expected += [label for label in expected if label not in self._expected]
        return Stopped()

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

    def attempt(self, read: Callable[[], T]) -> T | None:
        """What `read` reads, or None with nothing taken."""
        start = self.position
        try:
            return read()
        except Stopped:
            self.position = start
            return None

    def explain(self) -> tuple[int, str]:
        """Column (from 1) and wording of the furthest failure."""
        column = self._furthest + 1
        found = f'"{self.text[self._furthest]}"' if self._furthest < len(self.text) else "end of input"
        expected = self._expected
        listed = (
            expected[0] if len(expected) == 1 else f"{', '.join(expected[:-1])} or {expected[-1]}" if expected else ""
        )
        return column, f"unexpected {found}" + (f" expecting {listed}" if listed else "")
