"""All ways round the platform in one text, each character claimed by one finding at most."""

import re
from collections.abc import Sequence

from app.moderation.addresses import find_addresses
from app.moderation.emails import find_emails
from app.moderation.folding import Folded
from app.moderation.handles import find_handles
from app.moderation.links import find_links
from app.moderation.masking import WORDS
from app.moderation.phones import find_phones
from app.moderation.verdicts import Claims, Threat

_FIRST = {"email": 0, "payment_handle": 1, "meeting_link": 2, "social_handle": 3, "url": 4, "phone": 5, "address": 6}
"""Which kind wins where two claim the same characters."""


ROUNDS = 4
"""How often a text is read again without what was found: a number may stand out only when its neighbour is gone."""

_BLOTTED = "q" * 10
"""No name that stands where something was masked."""
_MASKS = re.compile("|".join(re.escape(word) for word in WORDS.values()))


def find_contacts(folded: Folded, home: Sequence[str], allowed: frozenset[str] = frozenset()) -> list[Threat]:
    """Every contact of a text, by place; links and mailboxes of `allowed` domains are none."""
    folded = folded._replace(text=_MASKS.sub(lambda found: _blot(len(found[0])), folded.text))
    claims = Claims()
    found: list[Threat] = []
    for _ in range(ROUNDS):
        new = [one for one in _once(folded, home, allowed) if _BLOTTED not in one.value and claims.take(one.span)]
        if not new:
            break
        found += new
        folded = _without(folded, new)
    mine = [one for one in found if not (one.kind == "email" and _domain_of(one.value) in allowed)]
    return sorted(mine, key=lambda one: (one.span, one.kind))


def _once(folded: Folded, home: Sequence[str], allowed: frozenset[str]) -> list[Threat]:
    """Links and names first; numbers and streets in what they leave."""
    firm = _claimed([*find_emails(folded), *find_handles(folded), *find_links(folded, allowed)])
    rest = _without(folded, firm)
    return [*firm, *_claimed([*find_phones(rest, home), *find_addresses(rest)])]


def _domain_of(mailbox: str) -> str:
    return mailbox.rpartition("@")[2]


def _claimed(found: list[Threat]) -> list[Threat]:
    """Findings that overlap no earlier one, in order of kind and sureness."""
    claims = Claims()
    ordered = sorted(found, key=lambda one: (_FIRST[one.kind], -one.confidence, one.span))
    return [one for one in ordered if claims.take(one.span)]


def _without(folded: Folded, found: list[Threat]) -> Folded:
    """The text as it will be read once `found` is masked: no part of a link is a number, no neighbour is joined."""
    if not found:
        return folded
    names = {one.span[0]: len(WORDS[one.kind]) for one in found}
    taken = bytearray(len(folded.original) + 1)
    for one in found:
        first, last = one.span
        taken[first:last] = b"\1" * (last - first)
    parts: list[str] = []
    starts: list[int] = []
    for place, char in zip(folded.starts or range(len(folded.text)), folded.text, strict=True):
        if not taken[place]:
            parts.append(char)
            starts.append(place)
        elif place in names:
            size = names.pop(place)
            parts.append(_blot(size))
            starts.extend([place] * size)
    return folded._replace(text="".join(parts), starts=tuple(starts))


def _blot(size: int) -> str:
    return "[" + "q" * (size - 2) + "]"
