"""Bounces, delays, complaints and automatic answers in the styles of mail systems the development set has none of."""

import time

import pytest

from app.channels.email import parse_mail
from tests.channels.email.report_corpus import Expected, judge

OURS = "Received: from app.example.com by mx.example.com; Mon, 2 Nov 2026 10:00:00 +0000\nFrom: Desk <desk@example.com>\nTo: ann@people.test\nSubject: Your visit\nMessage-ID: <out-9@example.com>\n\nHello Ann\n"
QUOTED = "Return-path: <desk@example.com>\n" + OURS


def plain(sender: str, subject: str, body: str, head: str = "") -> str:
    """A bounce in plain text."""
    return f"From: {sender}\nTo: desk@example.com\nSubject: {subject}\n{head}\n{body}"


def dsn(
    sender: str, subject: str, words: str, status: str, *, original: str = OURS, kind: str = "message/rfc822"
) -> str:
    """A multipart/report with a status part."""
    return (
        f"From: {sender}\nTo: desk@example.com\nSubject: {subject}\nMIME-Version: 1.0\nAuto-Submitted: auto-replied\n"
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"\n\n--=_b\nContent-Type: text/plain\n\n{words}\n'
        f"--=_b\nContent-Type: message/delivery-status\n\n{status}\n\n--=_b\nContent-Type: {kind}\n\n{original}\n--=_b--\n"
    )


def arf(sender: str, subject: str, fields: str, original: str = OURS) -> str:
    """A complaint after RFC 5965."""
    return (
        f"From: {sender}\nTo: fbl@example.com\nSubject: {subject}\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type="feedback-report"; boundary="=_f"\n\n--=_f\nContent-Type: text/plain\n\nA report.\n'
        f"--=_f\nContent-Type: message/feedback-report\n\n{fields}\n\n--=_f\nContent-Type: message/rfc822\n\n{original}\n--=_f--\n"
    )


EXIM = "Mail Delivery System <Mailer-Daemon@exim.people.test>"
EXIM_FAIL = (
    "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  ann@people.test\n    {why}\n\n------ This is a copy of the message, including all the headers. ------\n\n"
    + QUOTED
)
QMAIL = (
    "Hi. This is the qmail-send program at mail.people.test.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<ann@people.test>:\n{why}\n\n--- Below this line is a copy of the message.\n\n"
    + QUOTED
)
SENDMAIL = "The original message was received at Mon, 2 Nov 2026 10:00:00 GMT\nfrom app.example.com [192.0.2.1]\n\n   ----- The following addresses had {what} -----\n<ann@people.test>\n    (reason: {why})\n\n   ----- Transcript of session follows -----\n... while talking to mx.people.test.:\n>>> RCPT To:<ann@people.test>\n<<< {why}\n"
EXCHANGE = (
    "Delivery has failed to these recipients or distribution lists:\n\nann@people.test\n{words}\n\nDiagnostic information for administrators:\n\nGenerating server: mail.people.test\n\nann@people.test\n#{code} smtp;{code} ##\n\nOriginal message headers:\n\n"
    + OURS
)
SES = '{{"notificationType":"{kind}","{member}":{{{detail}}},"mail":{{"messageId":"0100","commonHeaders":{{"messageId":"<out-9@example.com>"}}}}}}'

BOUNCES: dict[str, tuple[str, str, str]] = {
    "exim: unrouteable": (plain(EXIM, "Mail delivery failed: returning message to sender", EXIM_FAIL.format(why="Unrouteable address"), "X-Failed-Recipients: ann@people.test\nAuto-Submitted: auto-replied\n"), "bounced_hard", ""),
    "exim: said 550": (plain(EXIM, "Mail delivery failed: returning message to sender", EXIM_FAIL.format(why="host mx.people.test [192.0.2.9]\n    SMTP error from remote mail server after RCPT TO:<ann@people.test>:\n    550 5.1.1 <ann@people.test>: Recipient address rejected: User unknown"), "X-Failed-Recipients: ann@people.test\n"), "bounced_hard", "5.1.1"),
    "exim: retry timeout": (plain(EXIM, "Mail delivery failed: returning message to sender", EXIM_FAIL.format(why="host mx.people.test [192.0.2.9]: Connection timed out:\n    retry timeout exceeded"), "X-Failed-Recipients: ann@people.test\n"), "bounced_soft", ""),
    "exim: full": (plain(EXIM, "Mail delivery failed: returning message to sender", EXIM_FAIL.format(why="mailbox is full: retry timeout exceeded"), "X-Failed-Recipients: ann@people.test\n"), "bounced_soft", ""),
    "exim: spam": (plain(EXIM, "Mail delivery failed: returning message to sender", EXIM_FAIL.format(why="SMTP error from remote mail server after end of data:\n    554 5.7.1 Message rejected as spam by content filter"), "X-Failed-Recipients: ann@people.test\n"), "bounced_soft", "5.7.1"),
    "exim: warning": (plain(EXIM, "Warning: message 1xYz delayed 24 hours", "This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on exim.people.test.\n\nThe address to which the message has not yet been delivered is:\n\n  ann@people.test\n\nNo action is required on your part. Delivery attempts will continue for\nsome time, and this warning may be repeated at intervals.\n", "Auto-Submitted: auto-replied\n"), "delayed", ""),
    "sendmail: unknown": (dsn("Mail Delivery Subsystem <MAILER-DAEMON@mx.people.test>", "Returned mail: see transcript for details", SENDMAIL.format(what="permanent fatal errors", why="550 5.1.1 <ann@people.test>... User unknown"), "Reporting-MTA: dns; mx.people.test\nArrival-Date: Mon, 2 Nov 2026 10:00:00 GMT\n\nFinal-Recipient: RFC822; ann@people.test\nAction: failed\nStatus: 5.1.1\nRemote-MTA: DNS; mx.people.test\nDiagnostic-Code: SMTP; 550 5.1.1 <ann@people.test>... User unknown"), "bounced_hard", "5.1.1"),
    "sendmail: still trying": (dsn("Mail Delivery Subsystem <MAILER-DAEMON@mx.people.test>", "Warning: could not send message for past 4 hours", "    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n", "Reporting-MTA: dns; mx.people.test\n\nFinal-Recipient: RFC822; ann@people.test\nAction: delayed\nStatus: 4.4.1\nDiagnostic-Code: SMTP; 421 try later\nWill-Retry-Until: Sat, 7 Nov 2026 10:00:00 GMT"), "delayed", "4.4.1"),
    "sendmail 5: unknown host": (plain("Mail Delivery Subsystem <MAILER-DAEMON@old.people.test>", "Returned mail: Host unknown (Name server: people.test: host not found)", "   ----- Transcript of session follows -----\n550 <ann@people.test>... Host unknown (Name server: people.test: host not found)\n\n   ----- Unsent message follows -----\n" + QUOTED), "bounced_hard", ""),
    "qmail: no mailbox": (plain("MAILER-DAEMON@mail.people.test", "failure notice", QMAIL.format(why="Sorry, no mailbox here by that name. (#5.1.1)")), "bounced_hard", "5.1.1"),
    "qmail: no host": (plain("MAILER-DAEMON@mail.people.test", "failure notice", QMAIL.format(why="Sorry, I couldn't find any host named people.test. (#5.1.2)")), "bounced_hard", "5.1.2"),
    "qmail: quota": (plain("MAILER-DAEMON@mail.people.test", "failure notice", QMAIL.format(why="user is over quota")), "bounced_soft", ""),
    "qmail: too long in queue": (plain("MAILER-DAEMON@mail.people.test", "failure notice", QMAIL.format(why="Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\nI'm not going to try again; this message has been in the queue too long.")), "bounced_soft", "4.4.1"),
    "exchange 2007: not found": (plain("Microsoft Exchange <postmaster@people.test>", "Undeliverable: Your visit", EXCHANGE.format(words="The e-mail address you entered couldn't be found. Please check the recipient's e-mail address and try to resend the message.", code="5.1.1").replace("##", "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found")), "bounced_hard", "5.1.1"),
    "exchange 2007: full": (plain("Microsoft Exchange <postmaster@people.test>", "Undeliverable: Your visit", EXCHANGE.format(words="The recipient's mailbox is full and can't accept messages now.", code="5.2.2").replace("##", "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException")), "bounced_soft", "5.2.2"),
    "exchange 2007: delayed": (plain("Microsoft Exchange <postmaster@people.test>", "Delivery delayed: Your visit", "This message has not yet been delivered. Microsoft Exchange will continue to try delivering the message on your behalf.\n\nDelivery of this message will be attempted until 7/11/2026.\n\nann@people.test\n"), "delayed", ""),
    "exchange 2013: restricted": (dsn("MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@people.test", "Undeliverable: Your visit", "Your message wasn't delivered to anyone because you don't have permission to send to this group.", "Reporting-MTA: dns;MBX1.people.test\n\nFinal-Recipient: rfc822;ann@people.test\nAction: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp;550 5.7.1 RESOLVER.RST.AuthRequired; authentication required"), "bounced_soft", "5.7.1"),
    "exchange 5.5: unknown": (plain("System Administrator <postmaster@people.test>", "Undeliverable: Your visit", "Your message\n\n  To:      ann@people.test\n  Subject: Your visit\n  Sent:    Mon, 2 Nov 2026 10:00:00\n\ndid not reach the following recipient(s):\n\nann@people.test on Mon, 2 Nov 2026 10:00:01\n    The recipient name is not recognized\n        The MTS-ID of the original message is: c=us;a= ;p=people;l=MX1\n    MSEXCH:IMS:people:MX1 0 (000C05A6) Unknown Recipient\n"), "bounced_hard", ""),
    "ses dsn: gone": (dsn("MAILER-DAEMON@amazonses.com", "Delivery Status Notification (Failure)", "An error occurred while trying to deliver the mail to the following recipients:\nann@people.test\n", "Reporting-MTA: dns; a1-2.smtp-out.amazonses.com\n\nAction: failed\nFinal-Recipient: rfc822; ann@people.test\nDiagnostic-Code: smtp; 550 5.1.1 The email account that you tried to reach does not exist.\nStatus: 5.1.1"), "bounced_hard", "5.1.1"),
    "ses dsn: suppressed": (dsn("MAILER-DAEMON@amazonses.com", "Delivery Status Notification (Failure)", "An error occurred while trying to deliver the mail to the following recipients:\nann@people.test\n", "Reporting-MTA: dns; a1-2.smtp-out.amazonses.com\n\nAction: failed\nFinal-Recipient: rfc822; ann@people.test\nDiagnostic-Code: Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid address.\nStatus: 5.1.1"), "bounced_hard", "5.1.1"),
    "ses json: permanent": (plain("no-reply@sns.amazonaws.com", "Amazon SES Email Event Notification", SES.format(kind="Bounce", member="bounce", detail='"bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"ann@people.test","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}]')), "bounced_hard", "5.1.1"),
    "ses json: transient": (plain("no-reply@sns.amazonaws.com", "Amazon SES Email Event Notification", SES.format(kind="Bounce", member="bounce", detail='"bounceType":"Transient","bounceSubType":"MailboxFull","bouncedRecipients":[{"emailAddress":"ann@people.test"}]')), "bounced_soft", ""),
    "ses json: complaint": (plain("no-reply@sns.amazonaws.com", "Amazon SES Email Event Notification", SES.format(kind="Complaint", member="complaint", detail='"complainedRecipients":[{"emailAddress":"ann@people.test"}],"complaintFeedbackType":"abuse"')), "complained", ""),
    "opensmtpd": (plain("Mailer Daemon <MAILER-DAEMON@obsd.people.test>", "Delivery status notification: error", "    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\nann@people.test: 550 5.1.1 <ann@people.test>... User Unknown\n\n    Below is a copy of the original message:\n\n" + QUOTED), "bounced_hard", "5.1.1"),
    "courier": (dsn('"Courier mail server at mx.people.test" <@>', "NOTICE: mail delivery status.", "This is a delivery status notification from mx.people.test,\nrunning the Courier mail server.\n\nUNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<ann@people.test>:\n    mx.people.test [192.0.2.9]:\n>>> RCPT TO:<ann@people.test>\n<<< 550 User unknown.\n", "Reporting-MTA: dns; mx.people.test\n\nFinal-Recipient: rfc822; ann@people.test\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 User unknown."), "bounced_hard", "5.0.0"),
    "powermta: inactive": (dsn("mailer-daemon@esp.test", "Delivery report", "Hello, this is the mail server on esp.test.\n\nI am sending you this message to inform you on the delivery status of a\nmessage you previously sent. Immediately below you will find a list of\nthe affected recipients.\n\n  <ann@people.test>; Failed; 5.2.1 (mailbox disabled)\n", "Reporting-MTA: dns;esp.test (PowerMTA(TM) v5.0)\n\nFinal-Recipient: rfc822;ann@people.test\nAction: failed\nStatus: 5.2.1 (mailbox disabled)\nX-PowerMTA-BounceCategory: inactive-mailbox\nDiagnostic-Code: smtp;550 5.2.1 The email account that you tried to reach is disabled."), "bounced_hard", "5.2.1"),
    "domino": (dsn("Postmaster@people.test", "DELIVERY FAILURE: User ann (ann@people.test) not listed in Domino Directory", "Your message\n\n  Subject: Your visit\n\nwas not delivered to:\n\n  ann@people.test\n\nbecause:\n\n  User ann (ann@people.test) not listed in Domino Directory\n", "Reporting-MTA: dns;NOTES1/PEOPLE\n\nFinal-Recipient: rfc822;ann@people.test\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: X-Notes; User ann (ann@people.test) not listed in Domino Directory"), "bounced_hard", "5.1.1"),
    "groupwise": (plain("<Mailer-Daemon@gw.people.test>", "Message status - undeliverable", "The message that you sent was undeliverable to the following:\n\tann@people.test (user not found)\n\nPossibly truncated original message follows:\n\n" + QUOTED), "bounced_hard", ""),
    "gmx": (plain("GMX Mailer Daemon <mailer-daemon@gmx.test>", "Mail delivery failed: returning message to sender", "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of\nits recipients. This is a permanent error. The following address\nfailed:\n\n\"ann@people.test\":\nSMTP error from remote server after RCPT command:\nhost: mx.people.test\n5.1.1 <ann@people.test>: unknown recipient\n\n--- The header of the original message is following. ---\n\n" + QUOTED), "bounced_hard", "5.1.1"),
    "web.de: german full": (plain("Mailer-Daemon@web.test", "Unzustellbar: Your visit", "Diese Nachricht wurde automatisch erzeugt.\n\nIhre E-Mail konnte an folgenden Empfänger nicht zugestellt werden:\n\nann@people.test\nDas Postfach ist voll.\n"), "bounced_soft", ""),
    "mail.ru": (plain("mailer-daemon@corp.mail.test", "Mail failure.", "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  ann@people.test\n    SMTP error from remote mail server after RCPT TO:<ann@people.test>:\n    550 Message was not accepted -- invalid mailbox.  Local mailbox ann@people.test is unavailable: user not found\n\n------ This is a copy of the message, including all the headers. ------\n\n" + QUOTED), "bounced_hard", ""),
    "yandex": (dsn("mailer-daemon@yandex.test", "Undelivered Mail Returned to Sender", "This is the mail system at host yandex.test.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n<ann@people.test>: host mx.people.test[192.0.2.9] said: 552 5.2.2 Mailbox size limit exceeded\n", "Reporting-MTA: dns; yandex.test\n\nFinal-Recipient: rfc822; ann@people.test\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 Mailbox size limit exceeded"), "bounced_soft", "5.2.2"),
    "zoho": (plain("mailer-daemon@mail.zoho.test", "Undelivered Mail Returned to Sender", "This message was created automatically by mail delivery software.\n A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.\n\nann@people.test Invalid Recipient, ERROR_CODE :550, ERROR_CODE :5.1.1 no such mailbox\n\n"), "bounced_hard", "5.1.1"),
    "mimecast: policy": (dsn("postmaster@mimecast.test", "[Postmaster] Email Delivery Failure", "This is a system-generated message to inform you that your email could not\nbe delivered to one or more recipients.\n\n<ann@people.test>: 550 Rejected by header based manually Blocked Senders\n", "Reporting-MTA: dns; relay.mimecast.test\n\nFinal-Recipient: rfc822; ann@people.test\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 Administrative prohibition - envelope blocked"), "bounced_soft", "5.0.0"),
    "gmail: clipped": (dsn("Mail Delivery Subsystem <mailer-daemon@googlemail.com>", "Delivery Status Notification (Delay)", "** Delivery incomplete **\n\nThere was a temporary problem delivering your message to ann@people.test. Gmail will retry for 45 more hours.\n", "Reporting-MTA: dns; googlemail.com\n\nFinal-Recipient: rfc822; ann@people.test\nAction: delayed\nStatus: 4.4.1\nDiagnostic-Code: smtp; The recipient server did not accept our requests to connect."), "delayed", "4.4.1"),
    "icloud: relay delivered": (dsn("Mail Delivery System <MAILER-DAEMON@mx.people.test>", "Successful Mail Delivery Report", "Your message was successfully delivered to the destination(s) listed below.\n\n<ann@people.test>: delivery via local: delivered to mailbox\n", "Reporting-MTA: dns; mx.people.test\n\nFinal-Recipient: rfc822; ann@people.test\nAction: delivered\nStatus: 2.0.0\nDiagnostic-Code: smtp; 250 2.0.0 Ok"), "delivered", "2.0.0"),
    "french: unknown": (plain("Postmaster <postmaster@gens.test>", "Non remis : Your visit", "Votre message n'a pas pu être remis au destinataire suivant :\n\nann@people.test\nL'adresse de messagerie indiquée n'existe pas.\n"), "bounced_hard", ""),
    "spanish: full": (plain("MAILER-DAEMON@correo.test", "No se pudo entregar: Your visit", "No se pudo entregar el mensaje a:\n\nann@people.test\n\nMotivo: buzón lleno\n"), "bounced_soft", ""),
    "japanese: unknown": (plain("Mail Delivery Subsystem <MAILER-DAEMON@jp.people.test>", "Returned mail: User unknown", "以下のメールを配信できませんでした。\n\n<ann@people.test>\n宛先不明 (550 5.1.1 unknown user)\n"), "bounced_hard", "5.1.1"),
    "no reason given": (plain("MAILER-DAEMON@mx.people.test", "Undeliverable mail", "Your message could not be delivered to:\n\nann@people.test\n"), "bounced_soft", ""),
    "yahoo arf": (arf("Yahoo! Mail AntiSpam Feedback <feedback@arf.mail.yahoo.test>", "FW:Your visit", "Feedback-Type: abuse\nUser-Agent: Yahoo!-Mail-Feedback/2.0\nVersion: 0.1\nOriginal-Mail-From: <desk@example.com>\nOriginal-Rcpt-To: ann@people.test\nReceived-Date: Mon, 2 Nov 2026 10:05:00 PST\nReported-Domain: example.com\nAuthentication-Results: mta1.people.test from=example.com; dkim=pass (ok)"), "complained", ""),
    "outlook jmrp": (f"From: staff@hotmail.test\nTo: fbl@example.com\nSubject: complaint about message from 192.0.2.1\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"=_j\"\n\n--=_j\nContent-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: ann@people.test\n{OURS}\n--=_j--\n", "complained", ""),
    "comcast arf": (arf("Feedback Loop <feedback@fbl.comcast.test>", "Abuse report", "Feedback-Type: abuse\nUser-Agent: ReturnPathFBL/1.0\nVersion: 1\nRemoval-Recipient: ann@people.test\nSource-IP: 192.0.2.1"), "complained", ""),
    "arf: hidden address": (arf("abuse@fbl.people.test", "Email Feedback Report for IP 192.0.2.1", "Feedback-Type: abuse\nUser-Agent: FBL/1\nVersion: 1\nSource-IP: 192.0.2.1"), "complained", ""),
}  # fmt: skip


@pytest.mark.parametrize("style", BOUNCES)
def test_a_report_is_read_in_any_style(style: str) -> None:
    """Kind, recipient, code, and the Message-ID of ours where the report has it."""
    raw, kind, code = BOUNCES[style]
    mail = parse_mail(raw.encode(), envelope_from="", envelope_to=["desk@example.com"])
    assert mail.auto_class == "report"
    assert judge(mail, [Expected(kind, "ann@people.test", code)]) is None
    if "out-9@example.com" in raw:
        assert mail.reports[0].original_message_id == "out-9@example.com"


def test_no_report_says_delivered_over_a_version_number() -> None:
    """A subject with `2.0.12` in a bounce is no success code."""
    raw = BOUNCES["exchange 5.5: unknown"][0].replace("Your visit", "Release 2.0.12 is out")
    (report,) = parse_mail(raw.encode(), envelope_from="", envelope_to=[]).reports
    assert report.kind == "bounced_hard"


ANSWERS = {
    "exchange": "X-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated\nSubject: Automatic reply: Your visit",
    "gmail": "Precedence: bulk\nX-Autoreply: yes\nAuto-Submitted: auto-replied\nSubject: Out of office Re: Your visit",
    "vacation": "Auto-Submitted: auto-replied (vacation)\nPrecedence: bulk\nSubject: away from my mail",
    "lotus": "X-Lotus-OutOfOffice: yes\nSubject: Ann is out of the office (returning 11/09/2026)",
    "cpanel": "X-Autorespond: Your visit\nX-Precedence: auto_reply\nSubject: Thanks for writing",
    "zimbra": "Auto-Submitted: auto-replied (zimbra; vacation)\nPrecedence: bulk\nSubject: Re: Your visit",
    "german": "Subject: Abwesenheitsnotiz: Your visit",
    "polish": "Subject: =?utf-8?q?Automatyczna_odpowied=C5=BA=3A_Your_visit?=",
    "ticket system": "Auto-Submitted: auto-generated\nX-RT-Loop-Prevention: people.test\nSubject: [people.test #77] AutoReply: Your visit",
}


@pytest.mark.parametrize("style", ANSWERS)
def test_an_automatic_answer_is_no_report(style: str) -> None:
    """It counts as automatic, reports nothing, suppresses nobody, even when it speaks of undelivered mail."""
    raw = f"From: Ann <ann@people.test>\nTo: desk@example.com\n{ANSWERS[style]}\n\nI am away. Mail to old@people.test cannot be delivered: user unknown.\n"
    mail = parse_mail(raw.encode(), envelope_from="ann@people.test", envelope_to=["desk@example.com"])
    assert (mail.auto_class, mail.reports) == ("auto_reply", ())


HOSTILE = ["-" * 60_000, "account-" * 8_000, "mailbox " * 8_000, "user-unknown-" * 5_000, "fail" * 15_000, "<a@b>" * 12_000,
           "=*~" * 20_000, "a@" * 30_000, "copy of the text of the " * 2_500, "\n> " * 20_000, "quota.over." * 5_000, "5.1." * 15_000]  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE, ids=lambda words: words[:12].strip())
@pytest.mark.parametrize("style", ["exim: said 550", "sendmail: unknown", "powermta: inactive", "no reason given"])
def test_a_hostile_report_costs_bounded_time(style: str, words: str) -> None:
    """Words that repeat for ever inside a bounce do not hold up the receiver: patterns never search back and forth."""
    raw = BOUNCES[style][0].replace("ann@people.test", f"ann@people.test {words}", 2).replace("could not", words, 1)
    started = time.process_time()
    parse_mail(raw.encode(), envelope_from="", envelope_to=["desk@example.com"])
    assert time.process_time() - started < 2
