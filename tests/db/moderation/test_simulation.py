"""A candidate policy over what was written: what would change, by kind, rule, tenant and sender, and nothing does."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.simulation import SimulationReport
from app.errors import NotFound
from app.history.reading import Span
from app.history.simulate import simulate
from tests.db.helpers import World
from tests.db.moderation.judging import Gated

OPEN = {"lanes": {"people": {"before": {"phone": {"action": "allow"}}, "after": {"phone": {"action": "allow"}}}}}
STRICT = {
    "lanes": {"people": {"before": {"phone": {"action": "block"}, "email": {"action": "block"}}}},
    "regions": ["US"],
}
MASKING = {"lanes": {"people": {}}, "regions": ["US"]}


@pytest.fixture
def gated(world: World) -> Gated:
    """A tenant whose people get their phone numbers masked."""
    made = Gated(world)
    made.decree(MASKING)
    return made


def tried(gated: Gated, document: dict[str, Any], **span: Any) -> SimulationReport:
    """What a candidate would have made of the tenant's history."""
    jobs = span.pop("jobs", 1)
    return simulate(gated.world.database.url(), document, Span(tenant=gated.tenant.slug, **span), jobs=jobs)


def test_what_would_change(gated: Gated) -> None:
    """Originals are judged where readers see a mask; counted by change, kind, rule, tenant and sender, with samples."""
    ann, _, thread = gated.talk()
    masked = gated.write(ann, thread, "call me at 650-253-0000", "no, tomorrow is fine")[0]
    assert gated.status(masked["message_id"]) == "filtered"
    report = tried(gated, STRICT)
    assert (report.complete, report.messages, report.changed) == (True, 3, 1)
    assert report.changes == {"filtered→blocked": 1}
    assert report.unchanged == {"approved": 2}
    assert report.by_kind == {"phone": {"filtered→blocked": 1}}
    rule = report.by_rule["people.before.phone.block"]
    assert (rule.acts_on, rule.changed) == (1, 1)
    assert report.by_tenant == {gated.tenant.slug: {"filtered→blocked": 1}}
    assert [(one.sender, one.changed) for one in report.by_sender] == [(f"user:{ann.user}", 1)]
    sample = report.samples[0]
    assert (sample.message_id, sample.text) == (masked["message_id"], "call me at 650-253-0000")
    assert tried(gated, OPEN).changes == {"filtered→approved": 1}
    assert tried(gated, MASKING).changed == 0


def test_nothing_is_changed(gated: Gated) -> None:
    """Not a row: the session it reads in could not write."""
    ann, _, thread = gated.talk()
    gated.write(ann, thread, "call me at 650-253-0000")
    look = (
        "select m.xmin::text, m.moderation_status, m.body, m.rev from public.et_messages as m where m.tenant_id = %s"
        " order by m.seq"
    )
    before = gated.world.all(look, gated.tenant.id)
    counted = "select count(*) from public.audit_log where tenant_id = %s"
    records = gated.world.value(counted, gated.tenant.id)
    tried(gated, STRICT)
    assert gated.world.all(look, gated.tenant.id) == before
    assert gated.world.value(counted, gated.tenant.id) == records


def test_windows_are_as_they_were(gated: Gated) -> None:
    """A number told in parts is found with a wider window than the policy had, not with none, nor across senders."""
    gated.decree({**MASKING, "window": 0})
    ann, bob, thread = gated.talk()
    gated.write(ann, thread, "650")
    gated.write(bob, thread, "what is that?")
    last = gated.write(ann, thread, "253", "0000")[-1]
    assert gated.status(last["message_id"]) == "approved"
    assert tried(gated, MASKING).changes == {"approved→filtered": 1}
    assert tried(gated, {**MASKING, "window": 0}).changed == 0
    gated.write(bob, thread, "650", "253")
    assert tried(gated, {**MASKING, "window": 1}).changed == 0


def test_a_span(gated: Gated) -> None:
    """Only what was written in it is judged, with what was before it as window; one conversation, or one tenant."""
    ann, _, thread = gated.talk()
    gated.decree({**MASKING, "window": 0})
    gated.write(ann, thread, "650", "253")
    middle = datetime.now(UTC)
    gated.write(ann, thread, "0000")
    report = tried(gated, MASKING, since=middle)
    assert (report.messages, report.changes) == (1, {"approved→filtered": 1})
    assert tried(gated, MASKING, until=middle).messages == 3
    assert tried(gated, MASKING, since=middle + timedelta(hours=1)).messages == 0
    other = gated.talk()[2]
    assert tried(gated, MASKING, thread=uuid.UUID(other)).messages == 1
    with pytest.raises(NotFound):
        simulate(gated.world.database.url(), MASKING, Span(tenant="nobody-has-this"))


def test_the_stage_is_that_of_its_time(gated: Gated) -> None:
    """What was written before contact details were revealed is judged as before, if the candidate counts the event."""
    ann, _, thread = gated.talk()
    gated.write(ann, thread, "call me at 650-253-0000")
    gated.world.owner.execute(
        "insert into public.contact_reveals (tenant_id, thread_id, event, revealed_by) values (%s, %s, 'staff', 'x')",
        [gated.tenant.id, thread],
    )
    gated.write(ann, thread, "or at 650-253-0001")
    document = {"lanes": {"people": {"after": {"phone": {"action": "allow"}}}}, "regions": ["US"]}
    assert tried(gated, document).changes == {"filtered→approved": 1}
    assert tried(gated, {**document, "reveal_on": ["bid_accepted"]}).changed == 0


def test_home_is_the_tenants_where_the_policy_does_not_say(gated: Gated) -> None:
    """Its countries' numbers are read first, when a message is judged and when a candidate is tried."""
    gated.decree({"lanes": {"people": {}}})
    ann, _, thread = gated.talk()
    number = "0151 23456789"
    gated.world.owner.execute("update public.tenants set home_regions = '{DE}' where id = %s", [gated.tenant.id])
    sent = gated.write(ann, thread, number)[0]
    assert gated.status(sent["message_id"]) == "filtered"
    assert tried(gated, {"lanes": {"people": {}}}).changed == 0
    assert tried(gated, MASKING).changes == {"filtered→approved": 1}


def test_two_processes_find_what_one_finds(gated: Gated) -> None:
    """Work is shared out by page and put together in order."""
    ann, _, thread = gated.talk()
    gated.write(ann, thread, "call me at 650-253-0000", "fine", "me at example dot com, jo@example.com")
    one, two = tried(gated, STRICT), tried(gated, STRICT, jobs=2)
    one.seconds = two.seconds = 0
    assert one == two


def test_what_cannot_be_masked_would_be_held(gated: Gated) -> None:
    """The name of a file is read with the text, and found in it, as by the gate."""
    ann, _, thread = gated.talk()
    said = gated.write(ann, thread, "see there")[0]
    gated.world.owner.execute(
        "insert into public.message_attachments (tenant_id, message_id, filename, content_type, size_bytes)"
        " values (%s, %s, 'call 650-253-0000.pdf', 'application/pdf', 1)", [gated.tenant.id, said["message_id"]],
    )  # fmt: skip
    assert tried(gated, MASKING).changes == {"approved→review": 1}


def test_what_is_gone_is_not_judged(gated: Gated) -> None:
    """A message that was taken back has no text; what was held when it was taken back has its original."""
    ann, _, thread = gated.talk()
    gated.call(
        ann, "delete_own_message", message_id=gated.write(ann, thread, "call me at 650-253-0000")[0]["message_id"]
    )
    approved = gated.write(ann, thread, "good evening")[0]
    gated.call(ann, "delete_own_message", message_id=approved["message_id"])
    report = tried(gated, STRICT)
    assert (report.messages, report.changes) == (2, {"filtered→blocked": 1})
