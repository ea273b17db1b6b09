"""A mail comes in, the right reply goes out: every process real, every wire real."""

import json
import smtplib
import subprocess
import sys
from email import policy

import pytest

from app.settings import PROJECT
from tests.workers.harness import QUESTION, Room, someone, wait_until, write_mail


def explain(room: Room, message_id: object, *options: str) -> str:
    """What `parley explain` says."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "explain", str(message_id), *options], cwd=PROJECT, env=room.environment(),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def test_a_mail_is_answered_and_the_reply_is_a_proper_reply(live: Room) -> None:
    """What plain smtplib sends is answered in its thread, in the tenant's name, marked as automatic."""
    tenant, ann = live.tenant(), someone()
    live.world.owner.execute("update public.tenants set sender_name = 'Acme Services' where id = %s", [tenant.id])
    mail = write_mail(f"Ann <{ann}>", tenant.mailbox, References="<first@people.test> <second@people.test>")
    answer = live.send(mail, tenant.mailbox)
    reply = live.reply_to(ann)
    assert reply["In-Reply-To"] == mail["Message-ID"]
    assert reply["References"].split() == ["<first@people.test>", "<second@people.test>", mail["Message-ID"]]
    assert reply["Auto-Submitted"] == "auto-replied"
    assert reply["From"].addresses[0].addr_spec == tenant.mailbox
    assert reply["From"].addresses[0].display_name == "Acme Services"
    assert reply["To"].addresses[0].addr_spec == ann
    assert reply["Subject"] == "Re: Opening hours"
    assert reply["Message-ID"].endswith(f"@{tenant.slug}.test>")
    assert reply["Date"] is not None
    assert "List-Unsubscribe" not in reply
    message = live.message_of(answer)
    wait_until(lambda: live.world.value("select status from public.et_outbound_queue where tenant_id = %s", tenant.id) == "sent")  # fmt: skip
    assert live.world.status(message["id"]) == "inbound_ai_replied"


def test_a_header_hidden_in_an_encoded_word_is_not_let_out(live: Room) -> None:
    """Line breaks that a stranger encodes in his name, subject and ids add no line to our reply and no recipient."""
    tenant, ann = live.tenant(), someone()
    hidden = "=?utf-8?q?x=0D=0ABcc=3A_eve=40people.test=0D=0A=0D=0AHi?="
    raw = (
        f"From: {hidden} <{ann}>\r\nTo: {tenant.mailbox}\r\nSubject: {hidden}\r\nMessage-ID: <h@people.test\rBcc: eve@people.test>\r\n"
        f"Reply-To: {hidden} <{ann}>\r\nReferences: <a@people.test> <b\0c@people.test>\r\n\r\n{QUESTION}\r\n"
    ).encode()
    live.send(raw, tenant.mailbox, sender=ann)
    reply = live.reply_to(ann)
    assert reply["Bcc"] is None
    assert reply["X-Parley-Envelope-To"] == ann
    assert len(reply["To"].addresses) == 1
    assert reply["Subject"].startswith("Re: x Bcc: eve@people.test")
    assert live.caught("eve@people.test") == []


def test_explain_tells_the_whole_chain_in_words(live: Room) -> None:
    """From the rule that chose the thread to the answer of the receiving server, for a person and for a program."""
    tenant, ann = live.tenant(), someone()
    message = live.message_of(live.send(write_mail(ann, tenant.mailbox), tenant.mailbox))
    live.reply_to(ann)
    live.settle()
    words = explain(live, message["id"])
    for part in (
        ann, "is handled", "because of the rule", "decision answer automatically", "by rules", "opening", "reply to",
        "was accepted" if "was accepted" in words else "sent", "rests on message 1", "try 1",
    ):  # fmt: skip
        assert part in words, f"{part!r} is missing in\n{words}"
    chain = json.loads(explain(live, message["external_message_id"], "--json"))
    assert chain["decision"]["action"] == "auto_reply"
    assert chain["decision"]["reasons"]
    assert [dispatch["status"] for dispatch in chain["dispatches"]] == ["sent"]
    assert [attempt["outcome"] for attempt in chain["dispatches"][0]["attempts"]] == ["accepted"]


def test_the_same_mail_again_changes_nothing(live: Room) -> None:
    """A repeated delivery is acknowledged with the same id; no row, no reply."""
    tenant, ann = live.tenant(), someone()
    mail = write_mail(ann, tenant.mailbox)
    first = live.send(mail, tenant.mailbox)
    live.reply_to(ann)
    again = live.send(mail, tenant.mailbox)
    live.settle()
    assert again.split()[3] == first.split()[3]
    assert again.endswith("duplicate")
    counts = live.world.one(
        "select count(*) filter (where direction = 'inbound') as into, count(*) as all_of_them"
        " from public.et_messages where tenant_id = %s", tenant.id,
    )  # fmt: skip
    assert (counts["into"], counts["all_of_them"]) == (1, 2)
    assert len(live.caught(ann)) == 1


def test_one_mail_to_two_tenants_is_two_messages(live: Room) -> None:
    """One envelope with mailboxes of two tenants is a row in each, answered by each in its own name."""
    one, two, ann = live.tenant(), live.tenant(), someone()
    live.send(write_mail(ann, one.mailbox), one.mailbox, two.mailbox)
    wait_until(lambda: len(live.caught(ann)) == 2)
    assert {mail["From"].addresses[0].addr_spec for mail in live.caught(ann)} == {one.mailbox, two.mailbox}
    for tenant in (one, two):
        assert live.world.value("select count(*) from public.et_messages where tenant_id = %s and direction = 'inbound'", tenant.id) == 1  # fmt: skip


def test_an_answer_to_our_reply_stays_in_the_thread(live: Room) -> None:
    """The contact replies to the automatic reply: the same thread, and the decider sees the history."""
    tenant, ann = live.tenant(), someone()
    first = live.message_of(live.send(write_mail(ann, tenant.mailbox), tenant.mailbox))
    reply = live.reply_to(ann)
    back = write_mail(ann, tenant.mailbox, "Thanks a lot, see you then!", str(reply["Subject"]), In_Reply_To=str(reply["Message-ID"]))  # fmt: skip
    second = live.message_of(live.send(back, tenant.mailbox))
    assert second["thread_id"] == first["thread_id"]
    assert live.decided(second["id"])["action"] == "no_reply"
    assert len(live.caught(ann)) == 1


AUTOMATIC = {
    "vacation": {"Auto_Submitted": "auto-replied"},
    "list": {"List_Id": "<news.list.test>", "Precedence": "list"},
    "bulk": {"Precedence": "bulk"},
    "machine": {"Auto_Submitted": "auto-generated"},
}


@pytest.mark.parametrize("kind", AUTOMATIC)
def test_automatic_mail_is_never_answered(live: Room, kind: str) -> None:
    """RFC 3834: a machine's mail gets no machine's reply, whatever it asks."""
    tenant, bot = live.tenant(), someone()
    row = live.message_of(live.send(write_mail(bot, tenant.mailbox, **AUTOMATIC[kind]), tenant.mailbox))
    assert live.decided(row["id"])["action"] == "no_reply"
    assert row["auto_class"] != "none"
    live.settle()
    assert live.caught(bot) == []


def test_mail_with_a_null_sender_is_never_answered(live: Room) -> None:
    """MAIL FROM:<> forbids an answer even when From names somebody."""
    tenant, bot = live.tenant(), someone()
    row = live.message_of(live.send(write_mail(bot, tenant.mailbox), tenant.mailbox, sender=""))
    assert live.decided(row["id"])["action"] == "no_reply"
    live.settle()
    assert live.caught(bot) == []


def test_spam_is_filed_apart_and_not_answered(live: Room) -> None:
    """A blatant advertisement lies in the spam folder, unread by the decider's answers."""
    tenant, bad = live.tenant(), someone("lottery-winner.test")
    text = (
        "CONGRATULATIONS!!! YOU HAVE WON $5,000,000 USD!!! Buy VIAGRA and CIALIS now, 100% FREE, act now, limited time"
        " offer! Wire transfer, Western Union, claim your prize, click here: http://192.168.7.9/win.exe"
    )
    mail = write_mail(f"WINNER!!! <{bad}>", tenant.mailbox, text, "!!! YOU WON $$$ MILLIONS - FREE VIAGRA !!!", X_Spam_Flag="YES")  # fmt: skip
    row = live.message_of(live.send(mail, tenant.mailbox))
    assert live.world.thread(row["thread_id"])["folder"] == "spam", row["metadata"]
    assert live.decided(row["id"])["action"] in ("no_reply", "human_takeover")
    live.settle()
    assert live.caught(bad) == []


def test_the_hourly_cap_hands_over_to_a_person(live: Room) -> None:
    """The reply after the last allowed one is not written: a person is called instead."""
    tenant, ann = live.tenant(auto_replies_per_hour=1), someone()
    rows = []
    for number in range(2):
        text = f"Hello again, what are your opening hours in week {number + 1}?"
        rows.append(live.message_of(live.send(write_mail(ann, tenant.mailbox, text), tenant.mailbox)))
        live.decided(rows[-1]["id"])
        live.settle()
    assert [live.decided(row["id"])["action"] for row in rows] == ["auto_reply", "human_takeover"]
    last = live.decided(rows[-1]["id"])
    assert last["proposed_action"] == "auto_reply", last["reasons"]
    assert "cap" in last["reasons"][0]
    assert len(live.caught(ann)) == 1


def test_two_tenants_that_answer_each_other_fall_silent(live: Room) -> None:
    """Each one's automatic reply, carried to the other by hand as mail servers would, ends the exchange at once."""
    one, two = live.tenant(), live.tenant()
    live.send(write_mail(one.mailbox, two.mailbox), two.mailbox)
    reply = live.reply_to(one.mailbox)
    del reply["X-Parley-Envelope-From"], reply["X-Parley-Envelope-To"]
    row = live.message_of(live.send(reply.as_bytes(policy=policy.SMTP), one.mailbox))
    assert row["auto_class"] == "auto_reply"
    assert live.decided(row["id"])["action"] == "no_reply"
    live.settle()
    assert live.caught(two.mailbox) == []


def test_a_loop_of_mails_without_any_mark_ends_at_the_cap(live: Room) -> None:
    """Two tenants whose replies lose every automatic header on the way still stop: the cap calls a person."""
    one, two = live.tenant(auto_replies_per_hour=1), live.tenant(auto_replies_per_hour=1)
    sender, receiver = one, two
    for hops in range(12):  # noqa: B007
        number = len(live.caught(sender.mailbox))
        answer = live.send(write_mail(sender.mailbox, receiver.mailbox, f"What are your opening hours, {number}?"), receiver.mailbox)  # fmt: skip
        if live.decided(live.message_of(answer)["id"])["action"] != "auto_reply":
            break
        live.settle()
        sender, receiver = receiver, sender
    assert hops == 2
    assert len(live.caught(one.mailbox)) + len(live.caught(two.mailbox)) == 2


def test_a_request_to_unsubscribe_is_kept(live: Room) -> None:
    """Who asks not to be written to is suppressed for everything automatic."""
    tenant, ann = live.tenant(), someone()
    row = live.message_of(live.send(write_mail(ann, tenant.mailbox, "Please unsubscribe me from all mails.", "Stop"), tenant.mailbox))  # fmt: skip
    live.decided(row["id"])
    kept = live.world.one("select * from public.suppressions where tenant_id = %s", tenant.id)
    assert (kept["address"], kept["scope"], kept["reason"]) == (ann, "automatic", "unsubscribed")


def test_a_burst_written_before_anybody_looked_gets_one_reply(room: Room) -> None:
    """Three mails that wait when the worker starts are one decision and one reply to the newest."""
    room.start("catcher", "receive")
    tenant, ann = room.tenant(), someone()
    mails = [write_mail(ann, tenant.mailbox, text) for text in ("Hello!", QUESTION, "Are you open on Monday?")]
    rows = [room.message_of(room.send(mail, tenant.mailbox)) for mail in mails]
    room.start("inbound", "outbound")
    reply = room.reply_to(ann)
    room.settle()
    assert len(room.caught(ann)) == 1
    assert reply["In-Reply-To"] == mails[-1]["Message-ID"]
    decision = room.world.one("select * from public.inbound_decisions where tenant_id = %s", tenant.id)
    assert (decision["first_seq"], decision["last_seq"]) == (1, 3)
    assert {room.world.status(row["id"]) for row in rows} == {"inbound_ai_replied"}
    assert room.violations() == []


def test_unknown_recipients_are_refused_in_the_dialogue(live: Room) -> None:
    """550 at RCPT; a known recipient of the same envelope still gets the mail."""
    tenant, ann = live.tenant(), someone()
    with smtplib.SMTP("127.0.0.1", live.smtp_port) as client:
        refused = client.sendmail(ann, [tenant.mailbox, "nobody@nowhere.test"], write_mail(ann, tenant.mailbox).as_bytes())  # fmt: skip
    assert refused["nobody@nowhere.test"][0] == 550
    live.reply_to(ann)


def test_nothing_was_broken_on_the_way(live: Room) -> None:
    """After all of the above every invariant of the core holds."""
    live.settle()
    assert live.violations() == []
