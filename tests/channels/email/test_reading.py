"""What a received mail means: the reply without its history, who wrote it, what it reports, how spammy it is."""

import time

import pytest

from app.channels.email import parse_mail, strip_reply
from app.domain.email import ParsedMail


def parse(raw: str, envelope_from: str = "ann@example.org") -> ParsedMail:
    return parse_mail(raw.encode(), envelope_from=envelope_from, envelope_to=["desk@example.com"])


@pytest.mark.parametrize(
    "history",
    [
        "On Mon, 3 Mar 2025 at 10:00, Desk <desk@example.com> wrote:\n> old\n> older",
        "On Mon, 3 Mar 2025 at 10:00, Desk\n<desk@example.com> wrote:\n\n> old",
        "Am 03.03.2025 um 10:00 schrieb Desk:\n> alt",
        "Le lun. 3 mars 2025 à 10:00, Desk <d@example.com> a écrit :\n> vieux",
        "El lun, 3 mar 2025 a las 10:00, Desk (<d@example.com>) escribió:\n> viejo",
        "Il giorno lun 3 mar 2025 alle ore 10:00 Desk ha scritto:\n> vecchio",
        "Op ma 3 mrt. 2025 om 10:00 schreef Desk <d@example.com>:\n> oud",
        "-----Original Message-----\nFrom: Desk\nold",
        "-----Ursprüngliche Nachricht-----\nVon: Desk\nalt",
        "________________________________\nFrom: Desk <d@example.com>\nSent: Monday\nTo: Ann\nSubject: Hi\n\nold",
        "Von: Desk <d@example.com>\nGesendet: Montag\nAn: Ann\nBetreff: Hallo\n\nalt",
        "-- \nAnn Doe\nExample Ltd",
        "Sent from my iPhone",
        "Mit freundlichen Grüßen\nAnn",
        "Best regards,\nAnn Doe\n+49 30 1234",
    ],
)
def test_history_and_signatures_are_cut(history: str) -> None:
    """Only the new words stay, in the languages people quote in."""
    assert strip_reply(f"Yes, Tuesday works.\n\n{history}\n") == "Yes, Tuesday works."


def test_an_answer_below_or_between_quotes_is_kept() -> None:
    """Bottom posting and interleaved answers lose only the quoted lines."""
    text = "On Monday Desk <d@x.org> wrote:\n> When?\nTuesday.\n> Where?\nAt home."
    assert strip_reply(text) == "Tuesday.\nAt home."


@pytest.mark.parametrize(
    "text",
    ["> only a quote", "On Mon Desk <d@x.org> wrote:\n> x", "-- \nsig", "Sent from my iPhone", "Best regards,\nAnn"],
)
def test_a_reply_is_never_emptied(text: str) -> None:
    """When everything looks like history, everything stays."""
    assert strip_reply(text) == text


@pytest.mark.parametrize(
    "text",
    ["Thanks, can you come at 3?\nBest,\nI mean it.", "Prices:\n- one\n- two", "He wrote: bring tools.\nSo I did.",
     "See below.\n---------- Forwarded message ---------\nFrom: Bob\nTo: Ann\nSubject: x\n\nthe text"],
)  # fmt: skip
def test_ordinary_words_are_left_alone(text: str) -> None:
    """Lists, thanks and what someone forwards are no history."""
    assert strip_reply(text) == text


def test_quotes_of_html_mail_are_cut_too() -> None:
    """A blockquote is history in HTML as `>` is in text."""
    html = "<p>Yes please.</p><div>On Mon, 3 Mar 2025, Desk &lt;d@x.org&gt; wrote:<br><blockquote>When?<br>Where?</blockquote></div>"
    mail = parse(f"From: a@x.org\nContent-Type: text/html\n\n{html}")
    assert mail.text == "Yes please."
    assert "> When?" in mail.full_text


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("Subject: Hello", "none"),
        ("Auto-Submitted: no", "none"),
        ("Auto-Submitted: auto-replied", "auto_reply"),
        ("Auto-Submitted: auto-generated (x)", "auto_reply"),
        ("X-Auto-Response-Suppress: All", "auto_reply"),
        ("X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply", "auto_reply"),
        ("X-Auto-Response-Suppress: DR", "none"),
        ("X-Autoreply: yes", "auto_reply"),
        ("Precedence: auto_reply", "auto_reply"),
        ("Subject: Automatic reply: Your offer", "auto_reply"),
        ("Subject: =?utf-8?q?R=C3=A9ponse_automatique?= : x", "auto_reply"),
        ("Subject: Abwesenheitsnotiz", "auto_reply"),
        ("Subject: Respuesta =?utf-8?q?autom=C3=A1tica?=: x", "auto_reply"),
        ("Subject: Out of Office: x", "auto_reply"),
        ("Subject: Can you come to our office?", "none"),
        ("List-Id: <talk.example.org>", "list"),
        ("List-Unsubscribe: <https://x.example>", "bulk"),
        ("Precedence: bulk", "bulk"),
        ("Feedback-ID: 1:2:3", "bulk"),
    ],
)
def test_machines_are_told_from_people(head: str, expected: str) -> None:
    """RFC 3834 headers, list headers and vacation subjects decide the class."""
    assert parse(f"From: Ann <ann@example.org>\n{head}\n\nHello, what does a visit cost?").auto_class == expected


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("MAILER-DAEMON@x.org", "auto_reply"),
        ("no-reply@x.org", "bulk"),
        ("noreply+1@x.org", "bulk"),
        ("norepa@x.org", "none"),
    ],
)
def test_senders_that_take_no_answer_are_known(sender: str, expected: str) -> None:
    """Mail systems and no-reply mailboxes are never a person."""
    assert parse(f"From: {sender}\nSubject: Hello\n\nHello").auto_class == expected


def test_the_null_sender_is_never_answered() -> None:
    """A mail from <> is automatic whatever its header says."""
    assert parse("From: Ann <ann@example.org>\nSubject: Hello\n\nHello", envelope_from="").auto_class == "auto_reply"


DSN = """From: Mail System <MAILER-DAEMON@mx.example.net>
To: desk@example.com
Subject: Undelivered
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

It did not work.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; Ann@Example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {text}
--b
Content-Type: message/rfc822

Message-ID: <out-1@example.com>
Subject: Your visit

Hello
--b--
"""


@pytest.mark.parametrize(
    ("action", "status", "text", "kind"),
    [
        ("failed", "5.1.1", "550 5.1.1 no such user", "bounced_hard"),
        ("failed", "5.0.0", "550 User unknown", "bounced_hard"),
        ("failed", "5.4.4", "Host or domain name not found", "bounced_hard"),
        ("failed", "5.2.2", "552 mailbox full", "bounced_soft"),
        ("failed", "5.0.0", "552 user is over quota", "bounced_soft"),
        ("failed", "5.7.1", "550 blocked by policy", "bounced_soft"),
        ("failed", "4.4.1", "connection timed out", "bounced_soft"),
        ("failed", "5.3.4", "message too big", "bounced_soft"),
        ("delayed", "4.4.1", "connection timed out", "delayed"),
        ("delivered", "2.0.0", "250 ok", "delivered"),
    ],
)
def test_a_delivery_status_names_whom_and_why(action: str, status: str, text: str, kind: str) -> None:
    """RFC 3464: recipient, our Message-ID, code and kind; a full or strict mailbox is soft, a missing one hard."""
    mail = parse(DSN.format(action=action, status=status, text=text), envelope_from="")
    (report,) = mail.reports
    assert mail.auto_class == "report"
    assert (report.kind, report.recipient, report.original_message_id, report.status_code) == (
        kind,
        "ann@example.org",
        "out-1@example.com",
        status,
    )
    assert report.diagnostic == text


FREE = "From: {sender}\nTo: desk@example.com\nSubject: {subject}\n\n{body}\n\n--- The message ---\n\nReceived: from x\nMessage-ID: <out-2@example.com>\nTo: bob@example.net\n\nHello"


@pytest.mark.parametrize(
    ("subject", "body", "kind"),
    [
        (
            "Mail delivery failed",
            "A message that you sent could not be delivered.\n\n  bob@example.net\n    Unrouteable address",
            "bounced_hard",
        ),
        (
            "failure notice",
            "I wasn't able to deliver your message.\n\n<bob@example.net>:\n550 mailbox not found",
            "bounced_hard",
        ),
        (
            "Undeliverable mail",
            "Delivery to the following recipient failed:\n\n bob@example.net\n\nThe recipient's mailbox is full",
            "bounced_soft",
        ),
        (
            "Warning: message delayed",
            "Your message has not yet been delivered to\n\n  bob@example.net\n\nand will be retried",
            "delayed",
        ),
        (
            "Unzustellbar: Termin",
            "Ihre Nachricht konnte nicht zugestellt werden.\n\nbob@example.net\nEmpfänger unbekannt",
            "bounced_hard",
        ),
    ],
)
def test_free_text_bounces_are_understood(subject: str, body: str, kind: str) -> None:
    """Mailers without a standard format: recipient, kind and our Message-ID come from their words."""
    mail = parse(
        FREE.format(sender="Mail Delivery System <mailer-daemon@mx.example.net>", subject=subject, body=body),
        envelope_from="",
    )
    (report,) = mail.reports
    assert (report.kind, report.recipient, report.original_message_id) == (kind, "bob@example.net", "out-2@example.com")


def test_a_person_who_speaks_of_a_bounce_is_no_bounce() -> None:
    """A customer's complaint about returned mail is a message to answer, and reports nothing."""
    mail = parse(
        "From: Ann <ann@example.org>\nSubject: Re: Undeliverable mail\n\nMy mail to you came back: user unknown, 550 5.1.1. Why?"
    )
    assert (mail.auto_class, mail.reports) == ("none", ())


ARF = (
    "From: fbl@example.net\nSubject: FW: offer\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nreport\n--b\n"
    "Content-Type: message/feedback-report\n\nFeedback-Type: {kind}\nOriginal-Rcpt-To: <ann@example.org>\n\n--b\nContent-Type: message/rfc822\n\n"
    "Message-ID: <out-3@example.com>\n\nx\n--b--\n"
)


def test_a_complaint_names_the_person_and_the_mail() -> None:
    """RFC 5965: abuse is a complaint; an authentication report is one of a machine and suppresses nobody."""
    (report,) = parse(ARF.format(kind="abuse")).reports
    assert (report.kind, report.recipient, report.original_message_id) == (
        "complained",
        "ann@example.org",
        "out-3@example.com",
    )
    machine = parse(ARF.format(kind="auth-failure"))
    assert (machine.auto_class, machine.reports) == ("report", ())


def test_wishes_to_get_no_more_are_heard() -> None:
    """A bare word, in several languages; a sentence that contains it is no such wish."""
    assert parse("From: a@x.org\nSubject: Re: offer\n\nSTOP").unsubscribe_request
    assert parse("From: a@x.org\nSubject: abmelden\n\n").unsubscribe_request
    assert not parse(
        "From: a@x.org\nSubject: Re: offer\n\nPlease stop at the shop before you come."
    ).unsubscribe_request


SPAM = "From: 8842win@x.example\nTo: undisclosed-recipients:;\nSubject: MAKE $$$ FAST!!!\n\nDear friend, ACT NOW!!! You have won. Click here http://192.0.2.7/x to be removed. AMAZING VIAGRA GUARANTEE!!! EARN $5,000 PER WEEK"


def test_spam_scores_high_and_a_customer_low() -> None:
    """The score explains itself; an ordinary question of a customer stays far from the threshold."""
    spam = parse(SPAM)
    assert spam.spam_score >= 0.9
    assert "link to a bare IP address" in spam.spam_reasons
    note = parse(
        "From: Ann Doe <ann@example.org>\nTo: desk@example.com\nSubject: Need a plumber, are you free Tuesday?\n\nDear Sir, my sink leaks. What are your rates? Regards Ann"
    )
    assert note.spam_score < 0.5


def test_an_upstream_filter_is_evidence_not_a_verdict() -> None:
    """X-Spam-Flag raises the score of an ordinary note without filing it apart; its 'no' clears nothing."""
    note = "From: Ann <ann@example.org>\nTo: desk@example.com\nSubject: Visit\n{}\nCan you come on Tuesday?"
    plain, flagged = parse(note.format("")), parse(note.format("X-Spam-Flag: YES\n"))
    assert plain.spam_score < flagged.spam_score < 0.9
    assert parse(SPAM.replace("\n\n", "\nX-Spam-Status: No\n\n", 1)).spam_score == parse(SPAM).spam_score


def test_stripping_is_linear() -> None:
    """Twenty thousand lines that all look like attributions take no more than a second."""
    started = time.process_time()
    strip_reply("On On On On <a@b.c> wrote <d@e.f> :\n" * 19_000)
    assert time.process_time() - started < 1
