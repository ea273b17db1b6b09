"""Reply latency of the running product: real mail in over SMTP, real workers, the catcher as the receiving server."""

import asyncio
import time
from email.utils import make_msgid

import aiosmtplib
import psycopg
from psycopg.rows import dict_row

from app.db.queries import query
from app.demo.channel import Sent
from app.demo.run import wait_until_settled
from app.settings import Settings
from bench.rows import Row, Say, at_most, fact

RATE = 20.0
"""Mails a second: a busy morning of a large tenant, far from what the machine can take."""
SECONDS = 15.0
FLOOR = "commit → accepted by the receiving server, offline decider, 20 mails/s over SMTP"


async def _send(settings: Settings, recipient: str, count: int, rate: float, say: Say) -> list[Sent]:
    client = aiosmtplib.SMTP(hostname=settings.smtp_host, port=settings.smtp_port, use_tls=False, start_tls=False)
    await client.connect()
    results: list[Sent] = []
    started = time.monotonic()
    for number in range(count):
        await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
        sender = f"reply{number}@bench.test"
        text = (
            f"From: {sender}\r\nTo: {recipient}\r\nSubject: Hours\r\nMessage-ID: {make_msgid(domain='bench.test')}\r\n"
            "\r\nHello, what are your opening hours?\r\n"
        )
        _, answer = await client.sendmail(sender, [recipient], text.encode())
        results.append(Sent(message_id=answer.split()[2]))
        say("replies", (number + 1) / count)
    await client.quit()
    return results


async def _run(settings: Settings, say: Say) -> list[Row]:
    connection = await psycopg.AsyncConnection.connect(settings.database_url, autocommit=True)
    async with connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("operations", "first_mailbox"))
        recipient = (await cursor.fetchone() or {})["address"]
        await _send(settings, recipient, 20, RATE, lambda _phase, _done: None)  # connections and plans are made here
        await wait_until_settled(connection, lambda _phase, _done, _total: None)
        await cursor.execute(query("operations", "now"))
        since = (await cursor.fetchone() or {})["now"]
        results = await _send(settings, recipient, int(RATE * SECONDS), RATE, say)
        await wait_until_settled(connection, lambda _phase, _done, _total: None)
        ids = [result.message_id for result in results]
        await cursor.execute(query("operations", "demo_figures"), {"ids": ids, "since": since})
        row = await cursor.fetchone() or {}
    if not row["replies"]:
        raise RuntimeError("no mail was answered: is the stack whole?")
    return [
        at_most("reply p95", row["p95"] * 1000, "ms", 100.0, FLOOR),
        fact("reply p50", round(row["p50"] * 1000, 1), "ms", FLOOR),
        fact("reply p99", round(row["p99"] * 1000, 1), "ms", FLOOR),
        fact("mails answered", row["replies"], f"of {len(results)}", "the rest was decided otherwise"),
    ]


def run(settings: Settings, say: Say) -> list[Row]:
    """The rows; needs the receiver, the inbound and outbound workers and the catcher of a throw-away stack."""
    return asyncio.run(_run(settings, say))
