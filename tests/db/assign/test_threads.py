"""Which thread a message belongs to, and what its arrival does to the thread."""

import uuid

import pytest

from tests.db.helpers import World


@pytest.mark.parametrize("status", ["closed", "archived", "snoozed"])
def test_inbound_reopens(world: World, status: str) -> None:
    """A new message opens a closed, archived or snoozed thread again and ends the snooze."""
    tenant = world.tenant("agent")
    thread = world.arrive(tenant)["thread_id"]
    call = {"closed": "close_thread(%s)", "archived": "archive_thread(%s)",
            "snoozed": "snooze_thread(%s, now() + interval '1 day')"}[status]  # fmt: skip
    assert world.rpc(tenant.people["agent"], tenant, call, thread)["status"] == status
    assert (world.thread(thread)["closed_at"] is not None) == (status != "snoozed")
    assert world.arrive(tenant)["thread_id"] == thread
    row = world.thread(thread)
    assert (row["status"], row["snoozed_until"], row["closed_at"]) == ("open", None, None)


def test_folders(world: World) -> None:
    """Spam and bulk mail are filed apart; a person's mail moves the thread to the inbox and nothing moves it back."""
    tenant = world.tenant()
    spam = world.arrive(tenant, "spam@people.test", spam_score=0.95)["thread_id"]
    bulk = world.arrive(tenant, "bulk@people.test", auto_class="list")["thread_id"]
    assert world.thread(spam)["folder"] == "spam"
    assert world.thread(bulk)["folder"] == "automated"
    world.arrive(tenant, "bulk@people.test")
    assert world.thread(bulk)["folder"] == "inbox"
    world.arrive(tenant, "bulk@people.test", auto_class="bulk")
    assert world.thread(bulk)["folder"] == "inbox"


def test_channel_contact_keeps_one_thread_per_session(world: World) -> None:
    """Same contact, same mailbox: one thread; another mailbox: another thread of the same contact."""
    tenant = world.tenant()
    other = world.session(tenant.id, "email", f"second@{tenant.slug}.test")
    first = world.arrive(tenant, subject="One")
    second = world.arrive(tenant, subject="Two")
    third = world.arrive(tenant, channel_session_id=other)
    assert first["thread_id"] == second["thread_id"] != third["thread_id"]
    assert first["sender_contact_id"] == third["sender_contact_id"]


def test_email_reference_threads_by_reference(world: World) -> None:
    """A reply joins the thread it refers to; a new subject without references starts another."""
    tenant = world.tenant(thread_scopes={"email": "email_reference"})
    root = world.arrive(tenant, external_id="root@x")
    reply = world.arrive(tenant, external_id="r1@x", reference_ids=["gone@x", "root@x"])
    fresh = world.arrive(tenant, external_id="other@x")
    newest = world.arrive(tenant, external_id="r2@x", reference_ids=["root@x", "other@x"])
    assert root["thread_id"] == reply["thread_id"] != fresh["thread_id"]
    assert newest["thread_id"] == fresh["thread_id"]


def test_a_reply_to_our_own_mail_finds_its_thread(world: World) -> None:
    """What we sent carries a Message-ID, and an answer that names only that comes home."""
    tenant = world.tenant(thread_scopes={"email": "email_reference"})
    done = world.answered(tenant)
    ours = world.message(done["message_id"])["external_message_id"]
    assert world.arrive(tenant, reference_ids=[ours])["thread_id"] == done["thread_id"]


def test_a_stranger_quoting_ids_gets_his_own_thread(world: World) -> None:
    """References count inside the same contact and the same session only."""
    tenant = world.tenant(thread_scopes={"email": "email_reference"})
    other = world.session(tenant.id, "email", f"second@{tenant.slug}.test")
    root = world.arrive(tenant, external_id="root@x")
    stranger = world.arrive(tenant, "eve@people.test", reference_ids=["root@x"])
    elsewhere = world.arrive(tenant, reference_ids=["root@x"], channel_session_id=other)
    foreign = world.tenant(thread_scopes={"email": "email_reference"})
    abroad = world.arrive(foreign, reference_ids=["root@x"])
    assert len({root["thread_id"], stranger["thread_id"], elsewhere["thread_id"], abroad["thread_id"]}) == 4


def test_unknown_scope_rule_falls_back(world: World) -> None:
    """A rule a channel cannot follow is read as channel_contact, never as an error."""
    tenant = world.tenant(thread_scopes={"email": "pair"})
    assert world.arrive(tenant)["thread_id"] == world.arrive(tenant)["thread_id"]


def test_staff_notes_do_not_wake_the_machine(world: World) -> None:
    """An internal message takes a seq and makes no work."""
    tenant = world.tenant()
    thread = world.arrive(tenant)["thread_id"]
    world.calm()
    world.owner.execute(
        "insert into public.et_messages (tenant_id, thread_id, channel, direction, delivery_status, sender_kind,"
        " sender, body) values (%s, %s, 'email', 'internal', 'sent', 'agent', %s, 'note')",
        [tenant.id, thread, f"user:{uuid.uuid4()}"],
    )
    assert world.thread(thread)["last_seq"] == 2
    assert world.claim() == []
