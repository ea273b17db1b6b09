"""The operations board, as the API shows it. Counts are of a span; rates and times are null where there was nothing."""

from datetime import datetime
from typing import Literal

import msgspec

from app.domain.email import AutoClass
from app.domain.threads import Folder

Step = Literal["hour", "day"]
Metric = Literal[
    "messages", "deliveries", "attempts", "waits", "responses", "decisions", "moderation", "uploads", "people",
    "realtime", "errors",
]  # fmt: skip


class ChannelVolume(msgspec.Struct, frozen=True):
    """Messages of a channel."""

    channel: str
    inbound: int
    outbound: int
    internal: int


class VolumePoint(msgspec.Struct, frozen=True):
    """Messages of an hour or a day."""

    at: datetime
    inbound: int
    outbound: int
    internal: int


class Volume(msgspec.Struct, frozen=True):
    """How many messages were written."""

    inbound: int
    outbound: int
    internal: int
    by_ai: int
    by_agents: int
    channels: list[ChannelVolume]
    series: list[VolumePoint]


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """What has become, until now, of the messages that were written in the span."""

    written: int
    open: int
    sent: int
    delivered: int
    read: int
    failed: int
    bounced: int
    cancelled: int
    unknown: int
    success_rate: float | None
    delivered_rate: float | None
    read_rate: float | None
    p50_seconds: float | None
    p95_seconds: float | None


class ChannelDelivery(Delivered, frozen=True, kw_only=True):
    """The same of one channel."""

    channel: str


class DeliveryPoint(msgspec.Struct, frozen=True):
    """What became of the messages of an hour or a day."""

    at: datetime
    arrived: int
    lost: int
    unknown: int


class Delivery(Delivered, frozen=True, kw_only=True):
    """The same in all, by channel and in time."""

    channels: list[ChannelDelivery]
    series: list[DeliveryPoint]


class Attempts(msgspec.Struct, frozen=True):
    """Tries that ended in one way."""

    outcome: str
    attempts: int


class Responses(msgspec.Struct, frozen=True):
    """Answers that left, and how long somebody had waited for them."""

    by: Literal["ai", "agent"]
    turn: Literal["first", "following"]
    answers: int
    p50_seconds: float | None
    p95_seconds: float | None


class DecisionPoint(msgspec.Struct, frozen=True):
    """Decisions of an hour or a day."""

    at: datetime
    decisions: int
    handovers: int


class Decisions(msgspec.Struct, frozen=True):
    """What was decided on what people wrote."""

    decisions: int
    auto_reply: int
    follow_up: int
    no_reply: int
    human_takeover: int
    error: int
    handover_rate: float | None
    series: list[DecisionPoint]


class ActiveThreads(msgspec.Struct, frozen=True):
    """Conversations of the inbox now; nothing counts further than 10,000."""

    active_hour: int
    active_day: int
    open: int
    with_people: int
    unread: int


class Waiting(msgspec.Struct, frozen=True):
    """What waits in a queue now, and how long things took in the span."""

    queue: str
    depth: int
    in_flight: int
    oldest_seconds: float
    p50_seconds: float | None
    p95_seconds: float | None


class Judged(msgspec.Struct, frozen=True):
    """What rules and models decided about texts, and how often people decided since."""

    judged: int
    approved: int
    filtered: int
    review: int
    blocked: int
    by_people: int
    p50_seconds: float | None
    p95_seconds: float | None


class Uploads(msgspec.Struct, frozen=True):
    """Files that came or were uploaded, and what has become of them."""

    files: int
    waiting: int
    released: int
    refused: int
    gone: int
    success_rate: float | None


class PeoplePoint(msgspec.Struct, frozen=True):
    """People who wrote on a day."""

    at: datetime
    staff: int
    participants: int
    contacts: int
    messages: int


class People(msgspec.Struct, frozen=True):
    """How many people wrote on the best day of the span."""

    staff: int
    participants: int
    contacts: int
    series: list[PeoplePoint]


class ConnectionPoint(msgspec.Struct, frozen=True):
    """WebSockets of an hour or a day: the most there were at once, opened, ended."""

    at: datetime
    connections: int
    opened: int
    closed: int


class Connections(msgspec.Struct, frozen=True):
    """WebSockets of the tenant's people: now, and in the span."""

    connections: int
    processes: int
    reported_at: datetime | None
    opened: int
    closed: int
    broken: int
    p50_seconds: float | None
    p95_seconds: float | None
    series: list[ConnectionPoint]


class ComponentErrors(msgspec.Struct, frozen=True):
    """What went wrong in one component, and of how many."""

    component: str
    errors: int
    of: int
    rate: float | None


class ErrorPoint(msgspec.Struct, frozen=True):
    """What went wrong in an hour or a day."""

    at: datetime
    errors: int


class Errors(msgspec.Struct, frozen=True):
    """What went wrong."""

    errors: int
    components: list[ComponentErrors]
    series: list[ErrorPoint]


class Framed(msgspec.Struct, frozen=True, kw_only=True):
    """A span, and how old what is said of it is: all that was committed before `as_of` is counted."""

    from_: datetime = msgspec.field(name="from")
    to: datetime
    step: Step
    as_of: datetime | None
    age_seconds: float | None


class OperationsBoard(Framed, frozen=True, kw_only=True):
    """Everything a tenant's machinery did in a span, and what waits now."""

    volume: Volume
    delivery: Delivery
    attempts: list[Attempts]
    responses: list[Responses]
    decisions: Decisions
    threads: ActiveThreads
    queues: list[Waiting]
    moderation: Judged
    uploads: Uploads
    people: People
    realtime: Connections
    errors: Errors


class SeriesItem(msgspec.Struct, frozen=True):
    """One label of a metric on one channel in an hour or a day."""

    at: datetime
    channel: str
    label: str
    number: int
    p50_seconds: float | None
    p95_seconds: float | None


class OperationsSeries(Framed, frozen=True, kw_only=True):
    """One metric in time; `more` when there is more than is shown."""

    metric: Metric
    items: list[SeriesItem]
    more: bool


class Filing(msgspec.Struct, frozen=True):
    """Conversations the staff spoke about whose detector said one thing, with how often it was wrong."""

    detected: Folder
    auto_class: AutoClass
    score_from: float
    conversations: int
    false_alarms: int
    misses: int
    confirmed: int
    last_said_at: datetime
