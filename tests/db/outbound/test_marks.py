"""What became of a message takes no rev: the staff that has the conversation open is told, and nobody else."""

from tests.db.helpers import Row, World


def told(world: World, thread: object) -> list[Row]:
    """Topic, event and payload of the hints about a conversation, in order."""
    return world.all(
        "select topic, event, payload - 'id' as payload from realtime.messages where payload ->> 'thread_id' = %s"
        " order by inserted_at", str(thread),
    )  # fmt: skip


def test_each_step_of_a_reply_is_told_to_those_who_have_the_conversation_open(world: World) -> None:
    """Sent, delivered and read, a hint each on the staff's own topic: ids and the status, no word of it."""
    tenant = world.tenant()
    thread = world.arrive(tenant)["thread_id"]
    sent = world.enqueue({"tenant_id": tenant.id, "thread_id": thread}, "a secret word")
    before = len(told(world, thread))
    world.finish(world.claim_out()[0])
    message = world.message(sent["message_id"])
    for kind in ("delivered", "delivered", "read"):
        world.receipt(tenant, kind, message["external_message_id"])
    hints = told(world, thread)[before:]
    assert {(one["topic"], one["event"]) for one in hints} == {(f"desk:{thread}", "delivery.changed")}
    assert [one["payload"] for one in hints] == [
        {"thread_id": str(thread), "message_id": str(message["id"]), "seq": message["seq"], "delivery_status": status}
        for status in ("sent", "delivered", "read")
    ]


def test_a_try_that_is_repeated_is_told_by_its_end(world: World) -> None:
    """Under way and queued again are no news; an outcome nobody knows is."""
    tenant = world.tenant()
    thread = world.arrive(tenant)["thread_id"]
    world.enqueue({"tenant_id": tenant.id, "thread_id": thread})
    world.finish(world.claim_out()[0], "retry")
    assert [one["event"] for one in told(world, thread) if one["event"] == "delivery.changed"] == []
    world.owner.execute("update private.outbound_work set run_at = clock_timestamp() where tenant_id = %s", [tenant.id])
    world.finish(world.claim_out()[0], "unknown")
    marks = [one["payload"] for one in told(world, thread) if one["event"] == "delivery.changed"]
    assert [one["delivery_status"] for one in marks] == ["dispatch_unknown"]
