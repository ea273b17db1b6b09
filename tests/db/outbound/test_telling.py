"""Automatic messages that do not arrive: the staff is told, once, and only of what nobody of them has sent or settled."""

from typing import Any

import pytest

from tests.db.helpers import Tenant, World


def told(world: World, tenant: Tenant) -> list[tuple[Any, Any, str]]:
    """Which message, in which conversation, and what of it."""
    rows = world.all(
        "select message_id, thread_id, title from public.notifications where tenant_id = %s and kind = 'reply_failed'"
        " and user_id is null order by created_at", tenant.id,
    )  # fmt: skip
    return [(str(row["message_id"]), row["thread_id"], row["title"]) for row in rows]


LOST, UNKNOWN = "An automatic message did not arrive", "Nobody knows whether an automatic message arrived"


@pytest.mark.parametrize(
    ("ending", "more", "status", "title"),
    [("rejected", {}, "failed", LOST), ("rejected", {"suppress_recipient": True}, "bounced", LOST),
     ("unknown", {}, "dispatch_unknown", UNKNOWN), ("accepted", {}, "sent", None), ("retry", {}, "queued", None)],
)  # fmt: skip
def test_each_bad_end_of_an_automatic_message_is_told(
    world: World, ending: str, more: dict[str, Any], status: str, title: str | None
) -> None:
    """Failed, bounced and unknown are told to the whole staff, with the conversation; what is well or waits is not."""
    tenant = world.tenant("agent")
    answered = world.answered(tenant)
    world.finish(world.claim_out()[0], ending, **more)
    assert world.status(answered["message_id"]) == status
    expected = [(answered["message_id"], answered["thread_id"], title)] if title else []
    assert told(world, tenant) == expected
    with world.acting(tenant.people["agent"], tenant) as connection:
        seen = connection.execute("select kind from public.notifications").fetchall()
    assert len(seen) == len(expected) and world.violations(tenant) == {}


def test_a_message_is_told_of_once(world: World) -> None:
    """Unknown first, then a bounce, then a second report of it: one notification."""
    tenant = world.tenant()
    answered = world.answered(tenant)
    world.finish(world.claim_out()[0], "unknown")
    key = world.message(answered["message_id"])["external_message_id"]
    for kind in ("sent", "bounced_hard", "bounced_hard"):
        world.receipt(tenant, kind, key)
    assert world.status(answered["message_id"]) == "bounced"
    assert told(world, tenant) == [(answered["message_id"], answered["thread_id"], UNKNOWN)]


def test_a_bounce_that_comes_days_later_is_told(world: World) -> None:
    """The server took the mail, its addressee does not exist: that is news too."""
    tenant = world.tenant()
    answered = world.answered(tenant)
    world.finish(world.claim_out()[0])
    assert told(world, tenant) == []
    world.receipt(tenant, "bounced_hard", world.message(answered["message_id"])["external_message_id"])
    assert [title for _, _, title in told(world, tenant)] == [LOST]


def test_what_the_staff_sent_or_settled_is_no_news(world: World) -> None:
    """An agent's own mail is shown where he wrote it; who says what became of an unknown one needs no word of it."""
    tenant = world.tenant("agent")
    thread = world.arrive(tenant)
    world.complete(world.claim()[0], "no_reply")
    world.enqueue(thread)
    world.finish(world.claim_out()[0], "rejected")
    assert told(world, tenant) == []
    answered = world.answered(tenant, "bob@people.test")
    world.finish(world.claim_out()[0], "unknown")
    world.owner.execute("delete from public.notifications where tenant_id = %s", [tenant.id])
    world.rpc(tenant.people["agent"], tenant, "resolve_unknown(%s, 'failed')", answered["message_id"])
    assert world.status(answered["message_id"]) == "failed" and told(world, tenant) == []
