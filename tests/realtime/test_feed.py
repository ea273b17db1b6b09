"""Rows reach clients once, whatever becomes of connections."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import psycopg
import pytest

from app.domain.realtime import Message
from app.realtime.feed.pgoutput import Decoder
from app.realtime.feed.source import Feed
from tests.realtime.conftest import People, Running, serving, token
from tests.support.database import Database
from tests.support.patience import PATIENCE_S

WALSENDER = (
    "select pg_terminate_backend(s.pid) from pg_stat_activity as s where s.backend_type = 'walsender'"
    " and s.datname = current_database()"
)


async def written_under_kills(
    running: Running, people: People, *, kills: int, pause_s: float, at_least: int
) -> tuple[list[int], int]:
    """Numbers a client heard, and how many rows were written, while the walsender was killed again and again."""
    topic = f"user:{people.ann}"
    heard: list[int] = []
    written = 0
    stop = asyncio.Event()

    async def write() -> None:
        nonlocal written
        async with await psycopg.AsyncConnection.connect(people.database.dsn(), autocommit=True) as connection:
            while not stop.is_set():
                await connection.execute(
                    "select realtime.send(jsonb_build_object('n', %s::int), 'news', %s, true)", [written, topic]
                )
                written += 1
                await asyncio.sleep(0.002)

    async with running.client() as client:
        assert (await client.join(topic, token(people.ann)))["status"] == "ok"
        writing = asyncio.create_task(write())

        async def hear() -> None:
            while True:
                heard.append((await client.told("news", 60))["payload"]["n"])

        hearing = asyncio.create_task(hear())
        with psycopg.connect(people.database.dsn("admin"), autocommit=True) as admin:
            for _ in range(kills):
                await asyncio.sleep(pause_s)
                await asyncio.to_thread(admin.execute, WALSENDER)
        await asyncio.sleep(pause_s)
        while written <= at_least:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        stop.set()
        await writing
        until = time.monotonic() + PATIENCE_S
        while len(set(heard)) < written and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        hearing.cancel()
    return heard, written


async def test_nothing_is_lost_when_replication_is_killed(gateway: Running, people: People) -> None:
    """What was committed while no slot was there is looked up: each row once."""
    heard, written = await written_under_kills(gateway, people, kills=2, pause_s=0.6, at_least=100)
    assert written > 100 and sorted(heard) == list(range(written))


@pytest.mark.prove
async def test_nothing_is_lost_over_twenty_kills(gateway: Running, people: People) -> None:
    """The same twenty times over."""
    heard, written = await written_under_kills(gateway, people, kills=20, pause_s=1.0, at_least=2000)
    assert written > 2000 and sorted(heard) == list(range(written))


async def test_a_database_that_hangs_up_is_called_again(gateway: Running, people: People) -> None:
    """Every connection of the gateway ends at once, as in a restart: who is in stays in, joins and rows go on."""
    topic = f"user:{people.ann}"
    async with gateway.client() as ann, gateway.client() as late:
        await ann.join(topic, token(people.ann))
        with psycopg.connect(people.database.dsn("admin"), autocommit=True) as admin:
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'parley_realtime'"
                " and datname = current_database()"
            )
        people.say(topic, {"n": 1})
        assert (await late.join(topic, token(people.ann)))["status"] == "ok"
        assert (await ann.told("news"))["payload"]["n"] == 1
        await gateway.until(lambda: gateway.app.gateway.feed.mode == "replication")
        people.say(topic, {"n": 2})
        assert (await late.told("news"))["payload"]["n"] in (1, 2)


async def test_odd_rows_do_not_stop_the_stream(gateway: Running, people: People) -> None:
    """Names longer than a binary frame can tell, no event, no payload: told as text or left out, and the next comes."""
    topic = f"user:{people.ann}"
    async with gateway.client() as ann:
        await ann.join(topic, token(people.ann))
        people.say(topic, {"n": 1}, "e" * 400)
        people.run("insert into realtime.messages (topic, extension, private) values (%s, 'broadcast', true)", topic)
        people.run(
            "insert into realtime.messages (topic, extension, event, private) values (%s, 'broadcast', 'bare', true)",
            topic,
        )
        people.say(topic, {"n": 2})
        assert (await ann.told("e" * 400))["payload"]["n"] == 1
        assert (await ann.told("bare"))["payload"] == {}
        assert (await ann.told("news"))["payload"]["n"] == 2


async def test_a_transaction_that_commits_late_is_not_missed(gateway: Running, people: People) -> None:
    """It began before replication broke and commits after others that were looked up: neither time nor order hides it."""
    topic = f"user:{people.ann}"
    async with gateway.client() as ann:
        await ann.join(topic, token(people.ann))
        with people.database.connect(autocommit=False) as slow:
            slow.execute("select realtime.send('{\"n\": 1}', 'news', %s, true)", [topic])
            with psycopg.connect(people.database.dsn("admin"), autocommit=True) as admin:
                admin.execute(WALSENDER)
            people.say(topic, {"n": 2})
            assert (await ann.told("news"))["payload"]["n"] == 2  # a new slot waits for the old transaction
            slow.commit()
        assert (await ann.told("news"))["payload"]["n"] == 1
        await ann.silent("news")


@pytest.mark.parametrize("source", ["notify", "poll"])
async def test_without_replication_rows_are_looked_up(module_database: Database, people: People, source: str) -> None:
    """Where the log cannot be followed, a notification or the clock says when to look; late commits are found too."""
    topic = f"user:{people.ann}"
    with psycopg.connect(people.database.dsn("admin"), autocommit=True) as admin:
        admin.execute(
            "create or replace trigger messages_wake_gateway after insert on realtime.messages"
            " for each statement execute function realtime.wake_gateway()"
        )
    async with serving(module_database, realtime_source=source) as running, running.client() as ann:
        await running.until(lambda: running.app.gateway.feed.mode == source)
        await ann.join(topic, token(people.ann))
        with people.database.connect(autocommit=False) as slow:
            slow.execute("select realtime.send('{\"n\": 0}', 'news', %s, true)", [topic])
            for number in (1, 2, 3):
                people.say(topic, {"n": number})
                assert (await ann.told("news"))["payload"]["n"] == number
            slow.commit()
        assert (await ann.told("news"))["payload"]["n"] == 0
        await ann.silent("news")


async def test_a_role_that_may_not_replicate_looks_rows_up(module_database: Database, people: People) -> None:
    """Without the right, the gateway says what is lacking and goes on without."""
    with psycopg.connect(people.database.dsn("admin"), autocommit=True) as admin:
        admin.execute("alter publication supabase_realtime_messages_publication rename to elsewhere")
        try:
            async with serving(module_database, realtime_source="replication") as running, running.client() as ann:
                await running.until(lambda: running.app.gateway.feed.mode == "notify")
                await ann.join(f"user:{people.ann}", token(people.ann))
                people.say(f"user:{people.ann}", {"n": 1})
                assert (await ann.told("news"))["payload"]["n"] == 1
        finally:
            admin.execute("alter publication elsewhere rename to supabase_realtime_messages_publication")


@pytest.fixture
async def past(gateway: Running, people: People) -> AsyncIterator[Running]:
    """Thirty broadcasts that were told before whoever asks for them came."""
    topic = f"user:{people.ann}"
    async with gateway.client() as witness:
        await witness.join(topic, token(people.ann))
        for number in range(30):
            people.say(topic, {"n": number})
        while (await witness.told("news"))["payload"]["n"] != 29:
            pass
    yield gateway


async def test_replay_gives_the_newest_oldest_first(past: Running, people: People) -> None:
    """At most 25, each marked as replayed, none of them twice."""
    since = int((time.time() - 60) * 1000)
    async with past.client() as ann:
        topic = f"user:{people.ann}"
        answer = await ann.join(topic, token(people.ann), broadcast={"replay": {"since": since, "limit": 99}})
        assert answer["status"] == "ok"
        replayed = [await ann.told("news") for _ in range(25)]
        assert [one["payload"]["n"] for one in replayed] == list(range(5, 30))
        assert all(one["meta"]["replayed"] is True for one in replayed)
        await ann.silent("news")
        people.say(topic, {"n": 30})
        assert "replayed" not in (await ann.told("news"))["meta"]
    async with past.client() as bob:
        refused = await bob.join(f"user:{people.ann}", token(people.bob), broadcast={"replay": {"since": since}})
        assert refused["status"] == "error"
        await bob.silent("news")


def say_bytes(people: People, topic: str, payload: bytes) -> None:
    """A broadcast of bytes from the database."""
    people.run("select realtime.send_binary(%s, 'blob', %s, true)", payload, topic)


@pytest.mark.parametrize("source", ["auto", "poll"])
async def test_bytes_of_the_database_stay_bytes(module_database: Database, people: People, source: str) -> None:
    """`realtime.send_binary()` reaches a client as the bytes it was given: live, looked up and replayed."""
    topic, payload = f"user:{people.ann}", bytes(range(256))
    since = int((time.time() - 60) * 1000)
    async with serving(module_database, realtime_source=source) as running, running.client() as ann:
        await ann.join(topic, token(people.ann))
        say_bytes(people, topic, payload)
        heard = await ann.told("blob")
        assert heard["payload"] == payload and set(heard["meta"]) == {"id"}
        async with running.client() as late:
            await late.join(topic, token(people.ann), broadcast={"replay": {"since": since}})
            again = await late.told("blob")
            assert again["payload"] == payload and again["meta"] == {"replayed": True, "id": heard["meta"]["id"]}


async def test_a_database_that_keeps_no_bytes_will_do(module_database: Database, people: People) -> None:
    """`realtime.messages` of an older Supabase has no column for them: JSON is told, looked up and replayed as ever."""
    topic = f"user:{people.ann}"
    with psycopg.connect(people.database.dsn("admin"), autocommit=True) as admin:
        admin.execute("alter table realtime.messages rename binary_payload to elsewhere")
        try:
            async with serving(module_database, realtime_source="poll") as running, running.client() as ann:
                replay = {"since": int((time.time() - 60) * 1000)}
                people.say(topic, {"n": 1})
                await ann.join(topic, token(people.ann), broadcast={"replay": replay})
                assert (await ann.told("news"))["payload"]["n"] == 1
                people.say(topic, {"n": 2})
                assert (await ann.told("news"))["payload"]["n"] == 2
        finally:
            admin.execute("alter table realtime.messages rename elsewhere to binary_payload")


async def test_what_was_said_in_public_is_not_said_again(gateway: Running, people: People) -> None:
    """Rooms without policies keep nothing: the join says so, as hosted's does."""
    async with gateway.client() as ann:
        refused = await ann.join("square", token(people.ann), private=False, broadcast={"replay": {"since": 0}})
        reason = "UnableToReplayMessages: Replay is not allowed for public channels"
        assert refused == {"status": "error", "response": {"reason": reason}}


async def test_who_joins_while_the_gateway_starts_misses_nothing(
    module_database: Database, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A join is answered once rows are told: the first one after it comes, however slow the database was at first."""
    fill = Feed._fill

    async def slowly(feed: Feed) -> None:
        await asyncio.sleep(0.3)
        await fill(feed)

    monkeypatch.setattr(Feed, "_fill", slowly)
    topic = f"user:{people.ann}"
    async with serving(module_database, realtime_source="poll") as running, running.client() as ann:
        await ann.join(topic, token(people.ann))
        people.say(topic, {"n": 1})
        assert (await ann.told("news"))["payload"]["n"] == 1


@pytest.mark.parametrize("source", ["auto", "poll"])
async def test_the_delay_of_rows_is_measured(module_database: Database, people: People, source: str) -> None:
    """A scraper on this machine reads how long rows took from their commit; who comes through a proxy reads nothing."""
    topic = f"user:{people.ann}"

    async def figures(scraper: httpx.AsyncClient) -> dict[str, float]:
        lines = [line for line in (await scraper.get("/metrics")).text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    async with (
        serving(module_database, realtime_source=source) as running, running.client() as ann,
        httpx.AsyncClient(base_url=running.url) as scraper,
    ):  # fmt: skip
        await ann.join(topic, token(people.ann))
        people.say(topic, {"n": "first"})  # what others said just before the join has been told by then
        await ann.told("news")
        before = await figures(scraper)
        for number in range(3):
            people.say(topic, {"n": number})
            await ann.told("news")
        people.say("user:nobody-listens", {})
        after = await figures(scraper)
        grown = {name: value - before.get(name, 0) for name, value in after.items()}
        assert grown["parley_realtime_delay_seconds_count"] == 3
        assert grown["parley_realtime_delay_seconds_sum"] > 0
        assert grown["parley_realtime_rows_total"] == 3
        assert after["parley_realtime_connections"] == 1
        assert (await scraper.get("/metrics", headers={"x-forwarded-for": "203.0.113.7"})).status_code == 404


async def test_a_mistake_of_ours_does_not_stop_the_rows(
    gateway: Running, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a piece of the log makes us stumble over, the feed begins again, and what it missed is looked up."""
    read, stumbles = Decoder.read, iter([True])

    def stumbles_once(decoder: Decoder, data: bytes) -> Message | None:
        if data[:1] == b"I" and next(stumbles, False):
            raise ValueError("a bug")
        return read(decoder, data)

    monkeypatch.setattr(Decoder, "read", stumbles_once)
    topic = f"user:{people.ann}"
    async with gateway.client() as ann:
        await ann.join(topic, token(people.ann))
        for number in range(3):
            people.say(topic, {"n": number})
            assert (await ann.told("news"))["payload"]["n"] == number
