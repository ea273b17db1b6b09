"""A tenant to decide for, and the way to ask."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from app.deciders.rules import RulesDecider
from app.domain.deciding import Decision, DecisionRequest, Faq, Incoming, OpeningHours, TenantKnowledge

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
"""A Wednesday, 11:00 in Berlin."""

DECIDER = RulesDecider()
HOURS = (
    *(OpeningHours(weekday=day, opens="09:00", closes="18:00") for day in range(5)),
    OpeningHours(weekday=5, opens="10:00", closes="14:00"),
)
FAQS = (
    Faq(
        id="parking",
        question="Is there parking?",
        keywords=("parking", "park"),
        answer="There is free parking behind the house.",
    ),
    Faq(
        id="card",
        question="Do you take cards?",
        keywords=("pay by card", "credit card", "paypal"),
        answer="Yes, we take all cards.",
    ),
)
TENANT = TenantKnowledge(tenant_name="Acme Plumbing", locale="en", time_zone="Europe/Berlin", hours=HOURS, faqs=FAQS)


class Labelled(NamedTuple):
    """A message and what should become of it."""

    language: str
    action: str
    intent: str
    message: str


def labelled(name: str) -> list[Labelled]:
    """The rows of a table beside this file."""
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return [Labelled(*line.split("\t")) for line in lines if line and not line.startswith("#")]


def request(*texts: str, knowledge: TenantKnowledge = TENANT, now: datetime = NOW, **more: Any) -> DecisionRequest:
    """A burst of plain messages."""
    burst = tuple(Incoming(id=str(number), text=text) for number, text in enumerate(texts))
    return DecisionRequest(channel="email", now=now, burst=burst, knowledge=knowledge, **more)


def decide(*texts: str, **more: Any) -> Decision:
    """Decide on a burst of plain messages."""
    return DECIDER.decide_now(request(*texts, **more))
