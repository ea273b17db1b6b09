"""What a made text holds."""

from typing import NamedTuple


class Case(NamedTuple):
    """One text and what it holds."""

    text: str
    kind: str
    """`phone`, `email`, or '' when there is nothing in it."""
    value: str
    """E.164 or the mailbox; '' when there is nothing."""
    region: str
    """The home country it is read in."""
    style: str
    """The way it is written."""
