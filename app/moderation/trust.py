"""What a policy document says of trust: weights of strikes, the lines, the patterns, and how fast people review.

The numbers here are the ones of `private.trust_defaults()`, which counts; a member that is left out follows them.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

Weight = Annotated[float, Meta(ge=0, le=100)]
Line = Annotated[float, Meta(ge=0.5, le=10_000)]
Few = Annotated[int, Meta(ge=2, le=100)]
Minutes = Annotated[int, Meta(ge=1, le=10_080)]
Hours = Annotated[int, Meta(ge=1, le=8760)]
Kind = Literal[
    "email", "phone", "url", "meeting_link", "social_handle", "payment_handle", "address", "threat", "harassment",
    "spam", "scam", "sexual", "self_harm",
]  # fmt: skip


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """What one stopped message weighs, by its heaviest kind; of a masked one `filtered_share` of it."""

    email: Weight = 2
    phone: Weight = 2
    url: Weight = 1
    meeting_link: Weight = 1
    social_handle: Weight = 2
    payment_handle: Weight = 3
    address: Weight = 1
    threat: Weight = 6
    harassment: Weight = 3
    spam: Weight = 4
    scam: Weight = 6
    sexual: Weight = 3
    self_harm: Weight = 0


class Tighten(Struct, frozen=True, forbid_unknown_fields=True):
    """From the score `at` on only `share` of the messages a minute."""

    at: Line = 3
    share: Annotated[float, Meta(ge=0.01, le=1)] = 0.3


class Mute(Struct, frozen=True, forbid_unknown_fields=True):
    """From the score `at` on no word to others for `hours`, twice as long for every mute that ran its time."""

    at: Line = 8
    hours: Hours = 24
    most_hours: Hours = 720


class Duplicates(Struct, frozen=True, forbid_unknown_fields=True):
    """The same text of at least `chars` to `threads` conversations within `minutes`."""

    threads: Few = 5
    minutes: Minutes = 60
    chars: Annotated[int, Meta(ge=1, le=8000)] = 20
    weight: Weight = 3


class FirstContacts(Struct, frozen=True, forbid_unknown_fields=True):
    """`threads` conversations begun by an account younger than `hours`."""

    threads: Few = 10
    hours: Hours = 24
    weight: Weight = 3


class Harvesting(Struct, frozen=True, forbid_unknown_fields=True):
    """Contact details, masked or stopped, in `threads` conversations within `days`."""

    threads: Few = 3
    days: Annotated[int, Meta(ge=1, le=90)] = 7
    weight: Weight = 3


class Evasion(Struct, frozen=True, forbid_unknown_fields=True):
    """`attempts` messages with contact details, masked or stopped, in one conversation within `minutes`."""

    attempts: Few = 3
    minutes: Minutes = 30
    weight: Weight = 2


class Reviews(Struct, frozen=True, forbid_unknown_fields=True):
    """Until when a person has to have decided, what cannot wait, and for how long a claim is his."""

    minutes: Minutes = 240
    urgent_minutes: Minutes = 15
    urgent_kinds: list[Kind] = msgspec.field(default_factory=lambda: ["self_harm", "threat"])
    lease_minutes: Annotated[int, Meta(ge=1, le=240)] = 15


class Trust(Struct, frozen=True, forbid_unknown_fields=True):
    """`trust` of a policy document. Without it strikes are kept and shown, and nothing follows from them."""

    half_life_days: Annotated[float, Meta(ge=1, le=365)] = 14
    filtered_share: Annotated[float, Meta(ge=0, le=1)] = 0.5
    weights: Weights = Weights()
    tighten: Tighten = Tighten()
    mute: Mute = Mute()
    duplicates: Duplicates = Duplicates()
    first_contacts: FirstContacts = FirstContacts()
    harvesting: Harvesting = Harvesting()
    evasion: Evasion = Evasion()
    reviews: Reviews = Reviews()
