"""What a demo run found."""

import msgspec


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """One provider whose answers were lost on purpose: what we believe of our dispatches against what it took."""

    provider: str
    delivery_class: str
    """I: it honours an idempotency key. N: it does not."""
    dispatches: int
    sent: int
    answers_lost: int
    """Mails it took and said nothing about."""
    doubled: int
    """Dispatches it took more than once."""
    lost: int
    """Dispatches that count as sent and that it never took."""
    unlisted: int
    """Dispatches it took that are neither sent nor among the unknown."""
    unknown: list[str]
    """Messages whose dispatch may have arrived once or not at all: the ids a person looks into."""

    @property
    def kept(self) -> bool:
        """Whether what the delivery class promises held."""
        return not (self.doubled or self.lost or self.unlisted or (self.delivery_class == "I" and self.unknown))


class Report(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What `parley demo --json` prints. Latencies: milliseconds from acceptance to the hand-off of the reply."""

    sent: int
    received: int
    lost: int
    """Messages accepted (mail: with 250) that have no row."""
    duplicates: int
    """Messages accepted whose key was there already."""
    unparsed: int
    threads: int
    decisions: int
    replies: int
    errors: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    violations: int
    providers: list[Tally] | None = None
    """Only where a demo loses answers on purpose."""

    @property
    def good(self) -> bool:
        """Whether nothing was lost or doubled and every invariant holds."""
        return not (self.lost or self.violations) and all(one.kept for one in self.providers or ())
