"""The Prefer header."""

from collections.abc import Iterable
from dataclasses import dataclass

_KNOWN = {
    "resolution": ("merge-duplicates", "ignore-duplicates"), "return": ("representation", "minimal", "headers-only"),
    "count": ("exact", "planned", "estimated"), "tx": ("commit", "rollback"), "missing": ("default", "null"),
    "handling": ("strict", "lenient"),
}  # fmt: skip


@dataclass(frozen=True)
class Preferences:
    """What was asked for. `tx` is read and has no effect, as on hosted; `invalid` are words nobody knows."""

    resolution: str | None = None
    representation: str | None = None
    count: str | None = None
    missing: str | None = None
    handling: str | None = None
    timezone: str | None = None
    max_affected: int | None = None
    invalid: tuple[str, ...] = ()

    @property
    def is_strict(self) -> bool:
        """Whether what cannot be honoured is an error."""
        return self.handling == "strict"

    def applied(self, *names: str) -> str | None:
        """The Preference-Applied header, of those of `names` that were asked for."""
        words = {
            "resolution": self.resolution, "missing": self.missing, "return": self.representation,
            "count": self.count, "handling": self.handling, "timezone": self.timezone,
            "max-affected": str(self.max_affected) if self.is_strict and self.max_affected is not None else None,
        }  # fmt: skip
        return ", ".join(f"{name}={value}" for name, value in words.items() if value and name in names) or None


def read(headers: Iterable[str], timezones: frozenset[str]) -> Preferences:
    """The preferences of all Prefer headers; of two for the same thing the first counts."""
    found: dict[str, str] = {}
    invalid = []
    for word in (part.strip() for header in headers for part in header.split(",")):
        name, _, value = word.partition("=")
        if (
            value in _KNOWN.get(name, ())
            or (name == "timezone" and value in timezones)
            or (name == "max-affected" and value.lstrip("-").isdigit() and len(value) < 16)
        ):
            found.setdefault(name, value)
        elif word:
            invalid.append(word)
    affected = found.get("max-affected")
    return Preferences(
        found.get("resolution"), found.get("return"), found.get("count"), found.get("missing"), found.get("handling"),
        found.get("timezone"), int(affected) if affected is not None else None, tuple(invalid),
    )  # fmt: skip
