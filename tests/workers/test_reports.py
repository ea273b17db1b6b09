"""What comes back about what we sent: bounces, complaints, and reports nobody should believe."""

from email.message import EmailMessage
from email.policy import SMTP

import pytest

from tests.db.helpers import Row, Tenant
from tests.workers.harness import Room, someone, wait_until, write_mail


def report(kind: str, fields: str, original: EmailMessage | str, to: str, words: str) -> bytes:
    """A multipart/report as a mail server writes it; `original` is our mail or the id of one."""
    if isinstance(original, str):
        text = EmailMessage()
        text["From"], text["To"], text["Subject"], text["Message-ID"] = to, "x@people.test", "Re: x", f"<{original}>"
        text.set_content("whatever")
        original = text
    subtype = "delivery-status" if kind == "delivery-status" else "feedback-report"
    head = (
        f"From: MAILER-DAEMON@mx.test\r\nTo: {to}\r\nSubject: {words}\r\nMessage-ID: <{someone('mx.test')}>\r\n"
        f"Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\n{words}\r\n"
        f"--b\r\nContent-Type: message/{subtype}\r\n\r\n{fields}\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\n"
    )
    return (
        head.encode().replace(b"\n", b"\r\n").replace(b"\r\r\n", b"\r\n")
        + original.as_bytes(policy=SMTP)
        + b"\r\n--b--\r\n"
    )


def bounce(to: str, recipient: str, original: EmailMessage | str) -> bytes:
    """RFC 3464: the address does not exist."""
    fields = (
        "Reporting-MTA: dns; mx.test\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 No such user here\n"
    )
    return report("delivery-status", fields, original, to, "Undelivered Mail Returned to Sender")


def complaint(to: str, recipient: str, original: EmailMessage | str) -> bytes:
    """RFC 5965: the recipient pressed the spam button."""
    fields = f"Feedback-Type: abuse\nUser-Agent: Test/1\nVersion: 1\nOriginal-Rcpt-To: {recipient}\n"
    return report("feedback-report", fields, original, to, "Abuse report")


def answered(live: Room) -> tuple[Tenant, str, EmailMessage, Row]:
    """Somebody's question was answered: the tenant, his address, our reply as he got it, and its queue row."""
    tenant, ann = live.tenant(), someone()
    live.send(write_mail(ann, tenant.mailbox), tenant.mailbox)
    reply = live.reply_to(ann)
    live.settle()
    del reply["X-Parley-Envelope-From"], reply["X-Parley-Envelope-To"]
    row = live.world.one("select * from public.et_outbound_queue where tenant_id = %s", tenant.id)
    assert row["status"] == "sent"
    return tenant, ann, reply, row


def next_send(live: Room, tenant: Tenant, queue: Row) -> Row:
    """An agent writes once more in the thread; what becomes of it."""
    sent = live.world.rpc(tenant.people["owner"], tenant, "send_message(%s, %s)", queue["thread_id"], "One more thing")
    return dict(
        wait_until(
            lambda: [row for row in [live.world.queue(sent["message_id"])] if row["finished_at"]], what=live.logs
        )[0]
    )


@pytest.mark.parametrize("write", [bounce, complaint])
def test_a_report_about_our_reply_suppresses_the_address(live: Room, write: object) -> None:
    """The row it is about says so, nothing more is sent to the address, and the report itself is answered by nobody."""
    tenant, ann, reply, queue = answered(live)
    row = live.message_of(live.send(write(tenant.mailbox, ann, reply), tenant.mailbox, sender=""))  # type: ignore[operator]
    status = wait_until(lambda: live.world.queue(queue["message_id"])["status"])
    assert status == ("bounced" if write is bounce else "sent")
    kept = live.world.one("select * from public.suppressions where tenant_id = %s", tenant.id)
    assert (kept["address"], kept["scope"]) == (ann, "all")
    assert kept["reason"] == ("bounced" if write is bounce else "complained")
    assert live.decided(row["id"])["action"] == "no_reply"
    later = next_send(live, tenant, queue)
    assert later["status"] == "cancelled"
    assert later["status_reason"].startswith("suppressed_")
    assert len(live.caught(ann)) == 1


def test_the_same_report_twice_is_one_receipt(live: Room) -> None:
    """A repeated delivery of the bounce changes nothing."""
    tenant, ann, reply, _ = answered(live)
    raw = bounce(tenant.mailbox, ann, reply)
    for _ in range(2):
        live.send(raw, tenant.mailbox, sender="")
    assert live.world.value("select count(*) from public.delivery_receipts where tenant_id = %s", tenant.id) == 1


@pytest.mark.parametrize("write", [bounce, complaint])
def test_a_forged_report_suppresses_nobody(live: Room, write: object) -> None:
    """A report about a message we never sent, or about another tenant's, is kept and believed by nobody."""
    victim, ann, reply, queue = answered(live)
    attacker = live.tenant()
    live.send(write(victim.mailbox, ann, "made-up@nowhere.test"), victim.mailbox, sender="")  # type: ignore[operator]
    live.send(write(attacker.mailbox, ann, reply), attacker.mailbox, sender="")  # type: ignore[operator]
    live.settle()
    for tenant in (victim, attacker):
        assert live.world.all("select * from public.suppressions where tenant_id = %s", tenant.id) == []
        receipts = live.world.all("select * from public.delivery_receipts where tenant_id = %s", tenant.id)
        assert [receipt["message_id"] for receipt in receipts] == [None]
    assert live.world.queue(queue["message_id"])["status"] == "sent"
    assert next_send(live, victim, queue)["status"] == "sent"


def test_a_report_that_names_somebody_else_suppresses_the_recipient_alone(live: Room) -> None:
    """A bounce about our message that names a third address must not silence that third person."""
    tenant, ann, reply, _ = answered(live)
    third = someone()
    live.send(bounce(tenant.mailbox, third, reply), tenant.mailbox, sender="")
    kept = live.world.all("select address from public.suppressions where tenant_id = %s", tenant.id)
    assert {row["address"] for row in kept} <= {ann}


def test_nothing_was_broken_on_the_way(live: Room) -> None:
    """After all of the above every invariant holds."""
    live.settle()
    assert live.violations() == []
