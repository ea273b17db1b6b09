"""The IMAP dialogue byte by byte: a server that lies, drips, floods or falls silent costs its own account a moment."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from app.domain.channels import Session
from app.settings import Settings
from tests.support.imap_script import ImapScript, Talk
from tests.support.proxy import Proxy
from workers.receivers import imap
from workers.receivers.imap import ImapReader
from workers.receiving import imap_line
from workers.receiving.polling import Account, Item, Trouble

MAIL = b"From: ann@people.test\r\nTo: desk@acme.test\r\nSubject: one\r\nMessage-ID: <1@people.test>\r\n\r\nHello\r\n"
MOST = 4096


@pytest.fixture
def script() -> Iterator[ImapScript]:
    """A server with one mail, which the account has not read."""
    with ImapScript(uid1=MAIL) as made:
        yield made


def account(port: int) -> Account:
    """An account that was read up to nothing."""
    session = Session(
        tenant_id="t", session_id="s", channel="email", provider="imap", address="desk@acme.test",
        config={"imap": {"host": "127.0.0.1", "port": port, "tls": "none"}}, secrets={"password": "x"},
    )  # fmt: skip
    at = "2026-01-01T00:00:00+00:00"
    return Account(session=session, cursor={"uidvalidity": 7, "uid": 0, "since": at, "at": at})


async def read(port: int, batches: int, within_s: float = 60.0, **options: float) -> list[Item]:
    """What the reader gives in so many batches. Raises Trouble."""
    reader = ImapReader(Settings(max_mail_bytes=MOST, private_hosts="127.0.0.1"), **options)
    found: list[Item] = []
    stream = reader.read(account(port))
    try:
        async with asyncio.timeout(within_s):
            for _ in range(batches):
                found += await anext(stream)
    finally:
        await stream.aclose()  # type: ignore[attr-defined]
        await reader.close()
    return found


def threads() -> int:
    """Threads of mailboxes that still run something."""
    return sum(one.name.startswith("imap") for one in threading.enumerate())


async def fewer_threads(most: int) -> None:
    """Return once no more than so many run."""
    async with asyncio.timeout(60):
        while threads() > most:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_an_honest_server_is_read(script: ImapScript) -> None:
    """The script itself is sound: its mail arrives, and the cursor says so."""
    (item,) = await read(script.port, 2)
    assert (item.cursor["uid"], len(item.events)) == (1, 1)


async def test_idle_is_given_anew_before_the_server_forgets_us(script: ImapScript) -> None:
    """Nothing moves: IDLE is ended and begun again, the mailbox looked at in between. Production: every minute."""
    assert imap.REISSUE_S < 29 * 60
    await read(script.port, 12, slice_s=0.1, reissue_s=0.3)
    begun = script.said.count("IDLE")
    assert begun >= 2
    assert script.said.count("EXAMINE") >= begun - 1


@pytest.mark.parametrize("command", ["UID FETCH", "EXAMINE", "GREETING"])
async def test_a_literal_without_end_is_refused_before_it_is_read(script: ImapScript, command: str) -> None:
    """Of ten announced gigabytes no more is taken than the sockets hold; the reason is told."""
    chunk, taken = b"x" * 65536, 0

    async def lie(talk: Talk, tag: str) -> None:
        nonlocal taken
        await talk.say("* 1 FETCH (UID 1 BODY[]<0> {9999999999}")
        while not talk.writer.is_closing():
            talk.writer.write(chunk)
            await talk.writer.drain()
            taken += len(chunk)

    script.moods[command] = lie
    with pytest.raises(Trouble, match="more than was asked for"):
        await read(script.port, 3)
    assert taken < 64_000_000


async def _flood(talk: Talk, tag: str) -> None:
    line = b"* 1 EXISTS\r\n" * 1000
    while not talk.writer.is_closing():
        talk.writer.write(line)
        await talk.writer.drain()


@pytest.mark.parametrize("command", ["UID SEARCH", "IDLE"])
async def test_answers_without_end_are_cut_off(script: ImapScript, command: str) -> None:
    """Short lines for ever are too much as well."""
    script.moods[command] = _flood
    with pytest.raises(Trouble, match="the mail server"):
        await read(script.port, 5)


async def test_a_size_that_is_told_wrong_stops_nothing(script: ImapScript) -> None:
    """Some servers guess sizes: a mail larger than it said is stored by its header, with what is known."""
    script.mails = {1: MAIL + b"x" * 3 * MOST, 2: MAIL.replace(b"<1@", b"<2@")}
    script.sizes = {1: 100}
    items = await read(script.port, 2)
    assert [item.cursor["uid"] for item in items] == [1, 2]
    first: Any = items[0].events[0]
    assert "larger than" in first.metadata["unparsed"]


async def _drip(talk: Talk, tag: str) -> None:
    while not talk.writer.is_closing():
        talk.writer.write(b"*")
        await talk.writer.drain()
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("command", ["GREETING", "LOGIN", "UID FETCH"])
async def test_a_server_that_drips_is_hung_up_on(
    script: ImapScript, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then resets no deadline, and the thread that waited is free again."""
    monkeypatch.setattr(imap, "COMMAND_S", 1.0)
    script.moods[command] = _drip
    before = threads()
    with pytest.raises(Trouble, match="no end of an answer"):
        await read(script.port, 3)
    await fewer_threads(before)


async def test_a_line_that_went_dead_is_noticed(script: ImapScript, monkeypatch: pytest.MonkeyPatch) -> None:
    """No FIN, no answer, nothing: when IDLE is to be given anew the silence is trouble, not a wait without end."""
    monkeypatch.setattr(imap_line, "READ_S", 2.5)
    with Proxy(("127.0.0.1", script.port)) as proxy:
        reader = ImapReader(Settings(max_mail_bytes=MOST, private_hosts="127.0.0.1"), slice_s=0.2, reissue_s=1.0)
        stream = reader.read(account(proxy.port))
        try:
            async with asyncio.timeout(60):
                assert [await anext(stream), len(await anext(stream))][1] == 1
                assert await anext(stream) == []
                assert proxy.swallow() == 1
                with pytest.raises(Trouble, match="the mail server"):
                    while True:
                        await anext(stream)
        finally:
            await stream.aclose()  # type: ignore[attr-defined]
            await reader.close()


async def test_stopping_does_not_wait_for_the_server(script: ImapScript, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader is closed in the middle of IDLE: it waits for no answer, which might take an hour, and no thread stays."""
    monkeypatch.setattr(imap_line, "READ_S", 3600.0)
    before = threads()
    await read(script.port, 3, slice_s=0.3)
    await fewer_threads(before)
