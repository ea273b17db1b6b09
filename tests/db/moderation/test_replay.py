"""Recorded verdicts made again: byte for byte the same, as long as their texts are there."""

import json
from typing import Any

import pytest

from app.domain.judgement import Finding, Opinion
from app.domain.simulation import ReplayReport
from app.history.reading import Span
from app.history.replay import replay
from tests.db.helpers import World
from tests.db.moderation.judging import Gated


@pytest.fixture
def gated(world: World) -> Gated:
    """A tenant whose people get their phone numbers masked."""
    made = Gated(world)
    made.decree({"lanes": {"people": {}}, "regions": ["US"]})
    return made


def again(gated: Gated) -> ReplayReport:
    """The tenant's verdicts, made again."""
    return replay(gated.world.database.url(), Span(tenant=gated.tenant.slug))


def counts(report: ReplayReport) -> dict[str, int]:
    """Verdicts by what became of them."""
    names = ("identical", "different", "gone", "by_people", "other_version")
    return {name: count for name in names if (count := getattr(report, name))}


def talk(gated: Gated) -> tuple[Any, Any]:
    """A conversation whose first message was judged by the gate."""
    ann, bob = gated.pair()
    first = gated.start(ann, bob, body="One")
    gated.pass_gate(first["message_id"])
    return ann, first["thread_id"]


def test_everything_that_was_judged_is_judged_alike(gated: Gated) -> None:
    """Approved, masked, edited, edited back, told in parts, stopped, under two policies: the same bytes."""
    ann, thread = talk(gated)
    gated.write(ann, thread, "call me at 650-253-0000", "650", "253", "0000")
    edited = gated.write(ann, thread, "good morning")[0]["message_id"]
    for body in ("at five1oh 574-79 46, good morning", "good morning"):
        gated.call(ann, "edit_own_message", message_id=edited, body=body)
        gated.pass_gate(edited)
    gated.decree({"lanes": {"people": {"before": {"phone": {"action": "block"}}}}, "regions": ["US"], "window": 2})
    gated.write(ann, thread, "650-253-0001", "jo at gmail dot com", "I will kill you tonight", "bye")
    statuses = {row["moderation_status"] for row in gated.world.all(
        "select moderation_status from public.et_messages where tenant_id = %s", gated.tenant.id)}  # fmt: skip
    assert {"approved", "filtered", "blocked"} <= statuses
    report = again(gated)
    assert report.differences == []
    assert counts(report) == {"identical": report.verdicts}
    assert report.verdicts == 12


def test_a_model_that_was_asked_is_not_asked_again(gated: Gated) -> None:
    """Its recorded answer stands for it, beside what the rules said."""
    gated.decree({"lanes": {"people": {}}, "regions": ["US"], "second_opinion": {"when": "always"}})
    ann, thread = talk(gated)
    opinion = Opinion(outcome="answered", model="small", prompt_version="v1",
                      findings=(Finding(kind="phone", span=(0, 5), confidence=0.9),))  # fmt: skip
    sent = gated.say(ann, thread, "the year after 2009, then my house number")
    gated.pass_gate(sent["message_id"], opinion)
    assert counts(again(gated)) == {"identical": 3}


def test_what_is_gone_cannot_be_replayed(gated: Gated) -> None:
    """A message taken back, and the window it was in, are counted apart; so is what a person decided."""
    ann, thread = talk(gated)
    said = gated.write(ann, thread, "650", "253", "0000", "call 650-253-0000")
    gated.call(ann, "delete_own_message", message_id=said[1]["message_id"])
    gated.decide(said[3]["message_id"], "approved")
    report = again(gated)
    assert report.different == 0
    assert (report.gone, report.by_people) == (3, 1)
    assert report.identical == 2


def test_a_verdict_that_does_not_fit_is_found(gated: Gated) -> None:
    """Whoever touches a document, or changes the rules without their version, is told which verdict differs."""
    ann, thread = talk(gated)
    said = gated.write(ann, thread, "call me at 650-253-0000")[0]["message_id"]
    where = " where verdict_id = (select id from public.moderation_verdicts where message_id = %s)"
    text = json.loads(gated.world.value(f"select verdict from private.verdict_documents{where}", said))
    for changed, found in ((text | {"decision": "approved"}, "different"), (text | {"version": 0}, "other_version")):
        gated.world.owner.execute(f"update private.verdict_documents set verdict = %s{where}",
                                  [json.dumps(changed, separators=(",", ":")), said])  # fmt: skip
        assert counts(again(gated)) == {"identical": 1, found: 1}


def test_a_span_of_verdicts(gated: Gated) -> None:
    """From and until, by when they were made."""
    ann, thread = talk(gated)
    gated.write(ann, thread, "two")
    moment = gated.world.value("select max(created_at) from public.moderation_verdicts where tenant_id = %s",
                               gated.tenant.id)  # fmt: skip
    url, slug = gated.world.database.url(), gated.tenant.slug
    assert replay(url, Span(tenant=slug, until=moment)).verdicts == 1
    assert replay(url, Span(tenant=slug, since=moment)).verdicts == 1
