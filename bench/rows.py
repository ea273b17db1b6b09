"""The rows a bench prints, and progress for whoever waits."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import msgspec


class Row(msgspec.Struct, frozen=True):
    """One measured figure. `met` is None where there is no target, or nothing could be measured."""

    name: str
    value: float | None
    unit: str
    target: str
    met: bool | None
    against: str


class Say(Protocol):
    """Tells which phase is running and how far it is, 0 … 1."""

    def __call__(self, phase: str, done: float) -> None: ...


def at_least(name: str, value: float, unit: str, target: float, against: str) -> Row:
    """A row that is met when `value` ≥ `target`."""
    return Row(name, round(value, 3), unit, f"≥ {target:g}", value >= target, against)


def at_most(name: str, value: float, unit: str, target: float, against: str) -> Row:
    """A row that is met when `value` ≤ `target`."""
    return Row(name, round(value, 3), unit, f"≤ {target:g}", value <= target, against)


def fact(name: str, value: float | None, unit: str, against: str = "") -> Row:
    """A figure without a target: what a ratio was made of, or why there is none."""
    return Row(name, None if value is None else round(value, 3), unit, "", None, against)


def median(values: list[float]) -> float:
    """The middle value, the upper of two."""
    return sorted(values)[len(values) // 2]


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` (0 … 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def machine() -> Row:
    """How busy the machine was: figures taken beside other work are worth less."""
    return fact("load average of the last minute", os.getloadavg()[0], "processes", f"{os.cpu_count()} cores")


@contextmanager
def progress() -> Iterator[Say]:
    """Bars on stderr, nothing where that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda phase, done: None  # noqa: ARG005 - the protocol's names
        return
    from rich.console import Console
    from rich.progress import Progress, TaskID

    tasks: dict[str, TaskID] = {}
    with Progress(console=Console(stderr=True), transient=True) as bars:

        def show(phase: str, done: float) -> None:
            if phase not in tasks:
                tasks[phase] = bars.add_task(phase, total=1.0)
            bars.update(tasks[phase], completed=done)

        yield show
