"""The operations of the board, with examples from the same small world."""

from datetime import UTC, datetime, timedelta

from app.domain import analytics as a
from app.http.openapi.shown import Shown
from app.http.types import Listing

TO = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
FROM = TO - timedelta(days=1)
AT = TO - timedelta(hours=1)
DELIVERED = {
    "written": 640, "open": 3, "sent": 100, "delivered": 480, "read": 40, "failed": 5, "bounced": 7, "cancelled": 4,
    "unknown": 1, "success_rate": 0.9795, "delivered_rate": 0.8387, "read_rate": 0.0645, "p50_seconds": 0.4204,
    "p95_seconds": 3.1,
}  # fmt: skip
FRAME = {"from_": FROM, "to": TO, "step": "hour", "as_of": TO - timedelta(seconds=3), "age_seconds": 3.2}

BOARD = a.OperationsBoard(
    **FRAME,  # type: ignore[arg-type]
    volume=a.Volume(812, 640, 77, 420, 220, [a.ChannelVolume("email", 812, 640, 77)], [a.VolumePoint(AT, 30, 21, 2)]),
    delivery=a.Delivery(
        **DELIVERED,  # type: ignore[arg-type]
        channels=[a.ChannelDelivery(channel="email", **DELIVERED)],  # type: ignore[arg-type]
        series=[a.DeliveryPoint(AT, 20, 1, 0)],
    ),
    attempts=[a.Attempts("accepted", 640)],
    responses=[a.Responses("ai", "first", 300, 1.2, 9.5)],
    decisions=a.Decisions(500, 420, 10, 0, 65, 5, 0.13, [a.DecisionPoint(AT, 20, 2)]),
    threads=a.ActiveThreads(12, 180, 940, 33, 21),
    queues=[a.Waiting("inbound", 2, 1, 0.2, 0.08, 0.4)],
    moderation=a.Judged(900, 880, 9, 6, 5, 6, 0.003, 0.02),
    uploads=a.Uploads(40, 1, 37, 2, 0, 0.9487),
    people=a.People(6, 40, 310, [a.PeoplePoint(TO.replace(hour=0), 6, 40, 310, 1529)]),
    realtime=a.Connections(14, 1, TO, 90, 76, 3, 310.0, 7200.0, [a.ConnectionPoint(AT, 15, 9, 8)]),
    errors=a.Errors(14, [a.ComponentErrors("outbound:email", 12, 660, 0.0182)], [a.ErrorPoint(AT, 2)]),
)
SERIES = a.OperationsSeries(
    **FRAME,  # type: ignore[arg-type]
    metric="responses",
    items=[a.SeriesItem(AT, "email", "ai:first", 12, 1.2, 9.5)],
    more=False,
)
FILING = a.Filing("spam", "none", 0.9, 9, 7, 0, 2, AT)

OPERATING: dict[str, Shown] = {
    "operations_board": Shown(BOARD, "read", problems=("bad_span", "bad_input")),
    "list_filing": Shown(Listing([FILING]), "read"),
    "operations_series": Shown(SERIES, "read", problems=("bad_span", "bad_input")),
}
"""What an admin watches the machinery with."""
