"""A demo run: send over SMTP, wait until all is settled, count what the database and the catcher say."""

import asyncio
import time
from collections.abc import Callable, Sequence

import aiosmtplib
import msgspec
import psycopg
from psycopg.rows import dict_row

from app.db.queries import query
from app.demo.mails import envelope_sender
from app.errors import Conflict, Unavailable
from app.settings import Settings

CONNECTIONS = 4
STALLED_S = 60.0
TRIES = 5
Progress = Callable[[str, int, int], None]
"""Called with (phase, done, total)."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `parley demo --json` prints. Latencies: milliseconds from acceptance to the hand-off of the reply."""

    sent: int
    received: int
    lost: int
    """Ids accepted with 250 that have no row."""
    duplicates: int
    """Mails accepted whose key was there already."""
    unparsed: int
    threads: int
    decisions: int
    replies: int
    errors: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    violations: int


class Sent(msgspec.Struct):
    """What the receiver answered to one mail."""

    message_id: str | None = None
    duplicate: bool = False
    error: str | None = None


async def require_catcher(settings: Settings, connection: psycopg.AsyncConnection[object]) -> None:
    """Refuse to run where a reply could reach a real person. Raises Conflict with the remedy."""
    expected = f"smtp://127.0.0.1:{settings.catcher_port}"
    if not settings.smtp_url.startswith(expected):
        raise Conflict(
            "outbound mail does not go to the catcher", code="not_the_catcher",
            remedy="unset PARLEY_SMTP_URL, or run the demo on a private stack (`--private`)",
        )  # fmt: skip
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", settings.catcher_port)
            banner = await reader.readline()
            writer.close()
    except (OSError, TimeoutError) as error:
        raise Unavailable("the catcher does not answer", remedy="is the stack running? `parley status`") from error
    if b"Parley mail catcher" not in banner:
        raise Conflict("the server at the catcher's port is not the catcher", code="not_the_catcher",
                       remedy="run the demo on a private stack")  # fmt: skip
    cursor = await connection.execute(
        "select count(*) from public.et_channel_sessions where config ? 'smtp' and status <> 'deleted'"
    )
    row = await cursor.fetchone()
    if row and row[0]:  # type: ignore[index]
        raise Conflict("a channel session sends through a server of its own", code="not_the_catcher",
                       remedy="pause that session, or run the demo on a private stack")  # fmt: skip


async def send_all(mails: Sequence[bytes], recipient: str, settings: Settings, progress: Progress) -> list[Sent]:
    """Send every mail over a few connections; a 4xx is tried again, as a mail server would."""
    results = [Sent() for _ in mails]
    queue: asyncio.Queue[int] = asyncio.Queue()
    for number in range(len(mails)):
        queue.put_nowait(number)
    done = 0

    async def sender() -> None:
        nonlocal done
        client: aiosmtplib.SMTP | None = None
        while not queue.empty():
            number = queue.get_nowait()
            for attempt in range(TRIES):
                try:
                    if client is None or not client.is_connected:
                        client = aiosmtplib.SMTP(hostname=settings.smtp_host, port=settings.smtp_port,
                                                 use_tls=False, start_tls=False, timeout=60)  # fmt: skip
                        await client.connect()
                    results[number] = await _send_one(client, mails[number], recipient)
                except (aiosmtplib.SMTPException, OSError) as error:
                    results[number] = Sent(error=f"{type(error).__name__}: {error}")
                    client = None
                if results[number].error is None or "(5" in str(results[number].error):
                    break
                await asyncio.sleep(0.2 * 2**attempt)
            done += 1
            progress("sending", done, len(mails))
        if client is not None and client.is_connected:
            await client.quit()

    await asyncio.gather(*(sender() for _ in range(min(CONNECTIONS, max(1, len(mails))))))
    return results


async def _send_one(client: aiosmtplib.SMTP, raw: bytes, recipient: str) -> Sent:
    try:
        await client.mail(envelope_sender(raw))
        await client.rcpt(recipient)
        # aiosmtplib's own data(): dot-stuffing and line ends, nothing else is touched.
        answer = await client.data(raw)
    except aiosmtplib.SMTPResponseException as error:
        await client.rset()
        return Sent(error=f"({error.code}) {error.message}")
    words = answer.message.split()
    return Sent(message_id=words[2] if len(words) > 2 else None, duplicate="duplicate" in words)


async def wait_until_settled(connection: psycopg.AsyncConnection[object], progress: Progress) -> int:
    """Wait until nothing is being decided or sent; returns what is left when nothing moves for a minute."""
    moved_at, before, most = time.monotonic(), -1, 1
    while True:
        cursor = await connection.execute(query("operations", "unsettled"))
        row = await cursor.fetchone()
        left = int(row[0]) if row else 0  # type: ignore[index]
        most = max(most, left)
        progress("settling", most - left, most)
        if left == 0:
            return 0
        if left != before:
            moved_at, before = time.monotonic(), left
        elif time.monotonic() - moved_at > STALLED_S:
            return left
        await asyncio.sleep(0.05)


async def count(
    connection: psycopg.AsyncConnection[object], results: Sequence[Sent], since: object, stuck: int
) -> Report:
    """Ask the database what became of the mails of this run."""
    ids = sorted({result.message_id for result in results if result.message_id})
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query("operations", "demo_figures"), {"ids": ids, "since": since})
        row = await cursor.fetchone() or {}
        await cursor.execute(query("operations", "check_invariants"))
        violations = sum(item["violations"] for item in await cursor.fetchall())
    accepted = [result for result in results if result.error is None]
    return Report(
        sent=len(results), received=len(accepted), lost=len(ids) - row["found"] + _unnamed(accepted),
        duplicates=sum(result.duplicate for result in accepted), unparsed=row["unparsed"], threads=row["threads"],
        decisions=row["decisions"], replies=row["replies"],
        errors=len(results) - len(accepted) + row["errors"] + stuck,
        p50_ms=_ms(row["p50"]), p95_ms=_ms(row["p95"]), p99_ms=_ms(row["p99"]), violations=violations,
    )  # fmt: skip


def _unnamed(accepted: Sequence[Sent]) -> int:
    # Accepted without an id in the answer: nobody could say where it went, so it counts as lost.
    return sum(result.message_id is None for result in accepted)


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
