"""The Telegram receiver as a process: what people write becomes rows, once, whatever happens meanwhile."""

import os
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.database import Database
from tests.support.loopback import Telegrams, account, stored
from tests.workers.harness import Room, kill_again_and_again, threads, wait_until

MAX_FILE = 50_000


@pytest.fixture
def telegrams() -> Iterator[Telegrams]:
    """A Bot API of this test's own."""
    with Telegrams() as made:
        yield made


@pytest.fixture
def room(database: Database, tmp_path: Path, telegrams: Telegrams) -> Iterator[Room]:
    """A room whose receiver asks that Bot API; nothing runs yet."""
    made = Room(database, tmp_path, telegram_url=telegrams.url, max_attachment_bytes=MAX_FILE)
    yield made
    made.close()


def wait_for_status(room: Room, session: uuid.UUID, status: str, timeout_s: float = 60) -> str:
    """The reason an account has for being in `status`, waited for."""
    wait_until(
        lambda: account(room, session)["status"] == status, timeout_s, 0.05,
        lambda: f"{status}, is {account(room, session)}: {room.logs()}",
    )  # fmt: skip
    return str(account(room, session)["status_reason"])


def wait_for_rows(room: Room, session: uuid.UUID, count: int, timeout_s: float = 60) -> None:
    """Return once an account has so many messages."""
    wait_until(lambda: len(stored(room, session)) >= count, timeout_s, 0.05, room.logs)


def test_what_people_write_becomes_messages(room: Room, telegrams: Telegrams) -> None:
    """Texts, an edit, a reply and a group, each where it belongs; the account is connected, proved and heard from."""
    tenant = room.tenant()
    bot, session = telegrams.connect(room, tenant)
    first = telegrams.write(bot, 42, "Hello")
    room.start("telegram")
    wait_for_rows(room, session, 1)
    telegrams.write(bot, 42, "And more", reply_to_message={"message_id": first["message_id"]})
    telegrams.write(bot, 43, "From the group", chat={"id": -1007, "type": "supergroup", "title": "Neighbours"})
    telegrams.write(bot, 42, "Hello!", kind="edited_message", message_id=first["message_id"], edit_date=int(time.time()) + 5)  # fmt: skip
    wait_for_rows(room, session, 3)
    wait_until(lambda: any(row["edited_at"] for row in stored(room, session)), 60, what=room.logs)
    group, one, two = stored(room, session)
    assert [row["body"] for row in (one, two, group)] == ["Hello!", "And more", "From the group"]
    assert one["external_message_id"] == f"{session}:42:{first['message_id']}"
    assert two["reference_ids"] == [one["external_message_id"]]
    assert one["thread_id"] == two["thread_id"] != group["thread_id"]
    assert (group["sender_address"], group["metadata"]["reply_to"]) == ("43", "-1007")
    seen = account(room, session)
    assert (seen["status"], seen["status_reason"]) == ("connected", None)
    assert seen["verified_at"] and seen["last_inbound_at"] and seen["last_heartbeat_at"]
    assert room.violations() == []


def test_files_are_kept_and_large_ones_named(room: Room, telegrams: Telegrams) -> None:
    """Byte for byte before the offset moves; a file over the limit is a name with a reason, its message is there."""
    bot, session = telegrams.connect(room, room.tenant())
    data = os.urandom(40_000)
    for size in (data, b"x" * (MAX_FILE + 1)):
        file = telegrams.loopback.do(telegrams.provider.upload, bot.token, size)
        telegrams.write(bot, 42, document=file | {"file_name": f"{len(size)}.pdf"}, caption="the plan")
    room.start("telegram")
    wait_for_rows(room, session, 2)
    files = room.world.all(
        "select a.filename, a.refused, b.data, m.body, m.message_type from public.message_attachments a"
        " join public.et_messages m on m.tenant_id = a.tenant_id and m.id = a.message_id"
        " left join private.attachment_blobs b on b.tenant_id = a.tenant_id and b.attachment_id = a.id"
        " where m.channel_session_id = %s order by a.size_bytes", session,
    )  # fmt: skip
    kept, refused = files
    assert (kept["filename"], bytes(kept["data"]), kept["refused"]) == ("40000.pdf", data, None)
    assert (refused["data"], refused["refused"]) == (None, f"larger than {MAX_FILE} bytes")
    assert {row["body"] for row in files} == {"the plan"} and {row["message_type"] for row in files} == {"file"}


def test_kills_at_any_moment_lose_and_double_nothing(room: Room, telegrams: Telegrams) -> None:
    """Hundreds of messages to three bots while their receiver is killed 40 times: each is there once, in its order."""
    room.lease(1)
    tenants = [room.tenant() for _ in range(3)]
    connected = [telegrams.connect(room, tenant) for tenant in tenants]
    stop = threading.Event()
    telegrams.order("slow", calls="getUpdates", rate=0.2, seconds=0.05)
    telegrams.order("lost", calls="getUpdates", rate=0.05)
    file = {bot.id: telegrams.loopback.do(telegrams.provider.upload, bot.token, b"\x07" * 30_000) for bot, _ in connected}  # fmt: skip

    def people() -> None:
        number = 0
        while number < 300 or (not stop.is_set() and number < 900):
            bot, _ = connected[number % 3]
            document = {"document": file[bot.id], "caption": str(number)} if number % 15 == 0 else {"text": str(number)}
            telegrams.write(bot, 1 + number % 7, **document)
            number += 1
            time.sleep(0.02)

    def killer() -> None:
        try:
            kill_again_and_again(room, "telegram", 40, 1.4)
        finally:
            stop.set()

    try:
        with threads(people, killer):
            pass
        wait_until(lambda: all(not bot.updates for bot, _ in connected), 90, 0.1, room.logs)
        confirmed = sum(bot.confirmed for bot, _ in connected)
    finally:
        room.end_all()
    rows = [row for _, session in connected for row in stored(room, session)]
    files = room.world.value("select count(*) from public.message_attachments where refused is null")
    print({"written": telegrams.provider.written, "stored": len(rows), "files": files, "confirmed": confirmed})
    assert telegrams.provider.written >= 300
    assert len(rows) == telegrams.provider.written
    assert max(Counter(row["external_message_id"] for row in rows).values()) == 1
    assert sorted(int(row["body"]) for row in rows) == list(range(telegrams.provider.written))
    assert files == len([n for n in range(telegrams.provider.written) if n % 15 == 0])
    for _, session in connected:
        for person in range(1, 8):
            said = [row for row in stored(room, session) if row["sender_address"] == str(person)]
            assert [int(row["body"]) for row in sorted(said, key=lambda row: row["seq"])] == sorted(int(row["body"]) for row in said)  # fmt: skip
    assert room.violations() == []


def test_two_receivers_share_the_bots_and_never_poll_one_twice(room: Room, telegrams: Telegrams) -> None:
    """Every message once, and Telegram never had to throw one of them out."""
    tenant = room.tenant()
    connected = [telegrams.connect(room, tenant) for _ in range(6)]
    (one,) = room.start("telegram")
    for _, session in connected:
        wait_for_status(room, session, "connected")
    (two,) = room.start("telegram")
    wait_until(lambda: room.log_path("telegram").read_text().count("receiver started") == 2, 60, 0.1, room.logs)
    for number in range(120):
        telegrams.write(connected[number % 6][0], 5, str(number))
        if number == 60:
            os.kill(one.pid, signal.SIGTERM)
    for _, session in connected:
        wait_for_rows(room, session, 20)
    assert one.wait(60) == 0, "it stops gracefully, and what it read is let go at once: the lease is a minute"
    assert two.poll() is None
    assert [len(stored(room, session)) for _, session in connected] == [20] * 6
    assert [bot.conflicts for bot, _ in connected] == [0] * 6


def test_a_revoked_token_is_told_and_a_new_one_is_taken(room: Room, telegrams: Telegrams) -> None:
    """Disconnected with the remedy as the reason; once the secret is replaced the account reads on."""
    tenant = room.tenant()
    bot, session = telegrams.connect(room, tenant)
    room.start("telegram")
    wait_for_status(room, session, "connected")
    bot.revoked = True
    telegrams.loopback.do(bot.news.set)
    telegrams.loopback.do(bot.end_poll)
    assert "token" in wait_for_status(room, session, "disconnected")
    bot.revoked = False
    fresh = f"{bot.id}:AA{uuid.uuid4().hex}"
    telegrams.provider.bots[fresh] = telegrams.provider.bots.pop(bot.token)
    bot.token = fresh
    telegrams.set_token(room, tenant, session, fresh)
    telegrams.write(bot, 42, "Are you back?")
    wait_for_rows(room, session, 1)
    assert wait_for_status(room, session, "connected") == "None"


def test_who_else_has_the_bot_is_named(room: Room, telegrams: Telegrams) -> None:
    """Another poller, a token of another bot, no token: the account says what is wrong. A webhook is in the way of polls
    and goes; who sets it again is named."""
    tenant = room.tenant()
    hooked, polled, foreign, empty = (telegrams.connect(room, tenant) for _ in range(4))
    hooked[0].webhook = {"url": "http://127.0.0.1:1/"}
    telegrams.write(hooked[0], 42, "Is anybody there?")
    telegrams.set_token(room, tenant, foreign[1], polled[0].token)
    room.world.owner.execute("delete from private.channel_secrets where session_id = %s", [empty[1]])
    room.start("telegram")
    wait_for_rows(room, hooked[1], 1)
    wait_for_status(room, hooked[1], "connected")
    assert hooked[0].webhook == {}
    assert str(polled[0].id) in wait_for_status(room, foreign[1], "disconnected")
    assert "token" in wait_for_status(room, empty[1], "disconnected")
    wait_for_status(room, polled[1], "connected")
    stop = threading.Event()

    def other_program() -> None:
        while not stop.wait(0.2):
            telegrams.loopback.do(polled[0].end_poll)

    with threads(other_program):
        try:
            assert "another program" in wait_for_status(room, polled[1], "degraded")
        finally:
            stop.set()
    wait_for_status(room, polled[1], "connected")


def test_a_hiccup_is_nobodys_business(room: Room, telegrams: Telegrams) -> None:
    """One lost answer or server error changes no status and loses nothing; an outage is told, and its end."""
    bot, session = telegrams.connect(room, room.tenant())
    room.start("telegram")
    wait_for_status(room, session, "connected")
    telegrams.order("drop", calls="getUpdates", times=1)
    telegrams.write(bot, 42, "one")
    wait_for_rows(room, session, 1)
    telegrams.write(bot, 42, "two")
    wait_for_rows(room, session, 2)
    assert account(room, session)["status"] == "connected"
    assert room.world.all("select 1 from public.notifications where channel_session_id = %s", session) == []
    telegrams.order("html", calls="getUpdates", status=502)
    telegrams.write(bot, 42, "three")
    assert "does not answer" in wait_for_status(room, session, "degraded")
    telegrams.loopback.do(telegrams.provider.faults.clear)
    wait_for_rows(room, session, 3)
    wait_for_status(room, session, "connected")


def test_an_address_two_tenants_claim_is_read_for_the_one_who_proved_it(room: Room, telegrams: Telegrams) -> None:
    """A bot's messages never go to two tenants, even when both know its token."""
    ours, theirs = room.tenant(), room.tenant()
    bot, session = telegrams.connect(room, ours)
    room.start("telegram")
    wait_for_status(room, session, "connected")
    other = room.world.session(theirs.id, "telegram", str(bot.id), verified=False)
    telegrams.set_token(room, theirs, other, bot.token)
    assert "another account" in wait_for_status(room, other, "disconnected")
    wait_for_status(room, session, "connected")
    telegrams.write(bot, 42, "Whose am I?")
    wait_for_rows(room, session, 1)
    assert stored(room, other) == []
    assert account(room, other)["verified_at"] is None


def test_while_the_database_is_away_messages_wait_at_telegram(room: Room, telegrams: Telegrams) -> None:
    """The receiver lives on, confirms nothing meanwhile, and stores everything afterwards."""
    room.lease(2)
    bot, session = telegrams.connect(room, room.tenant())
    (process,) = room.start("telegram")
    wait_for_status(room, session, "connected")
    telegrams.write(bot, 42, "before")
    wait_for_rows(room, session, 1)
    with room.database_away():
        for number in range(50):
            telegrams.write(bot, 42, str(number))
        time.sleep(3)
        assert len(bot.updates) >= 50
        assert process.poll() is None
    wait_for_rows(room, session, 51)
    assert [row["body"] for row in stored(room, session)] == ["before", *map(str, range(50))]


def test_a_paused_account_is_not_read_until_it_is_resumed(room: Room, telegrams: Telegrams) -> None:
    """And one with mode webhook never is."""
    room.lease(1)
    tenant = room.tenant()
    bot, session = telegrams.connect(room, tenant)
    pushed, pushed_session = telegrams.connect(room, tenant, mode="webhook")
    room.start("telegram")
    wait_for_status(room, session, "connected")
    room.world.owner.execute("update public.et_channel_sessions set status = 'paused' where id = %s", [session])
    held = "select 1 from private.receiver_cursors where session_id = %s and lease_until > clock_timestamp()"
    wait_until(lambda: not room.world.all(held, session), 60, 0.05, room.logs)
    for one in (bot, pushed):
        telegrams.write(one, 42, "Anybody there?")
    time.sleep(1)
    assert stored(room, session) == []
    room.world.owner.execute("update public.et_channel_sessions set status = 'connected' where id = %s", [session])
    wait_for_rows(room, session, 1)
    assert (stored(room, pushed_session), len(pushed.updates)) == ([], 1)


def test_a_message_the_database_refuses_does_not_stop_the_others(room: Room, telegrams: Telegrams) -> None:
    """It is kept with what the database takes of it, marked as unparsed."""
    room.world.owner.execute("alter table public.et_messages add constraint no_poison_check check (body <> 'poison')")
    bot, session = telegrams.connect(room, room.tenant())
    for text in ("one", "poison", "three"):
        telegrams.write(bot, 42, text)
    room.start("telegram")
    wait_for_rows(room, session, 3)
    rows = stored(room, session)
    assert [row["body"] for row in rows] == ["one", "", "three"]
    assert rows[1]["metadata"]["unparsed"]


def test_an_offset_of_long_ago_is_not_named_again(room: Room, telegrams: Telegrams) -> None:
    """After a week of silence Telegram may number updates lower than before: nothing is lost to an old offset."""
    tenant = room.tenant()
    bot, session = telegrams.connect(room, tenant)
    room.world.owner.execute(
        "insert into private.receiver_cursors (tenant_id, session_id, cursor) values (%s, %s, %s::jsonb)",
        [tenant.id, session, f'{{"offset": 999000111, "at": {int(time.time()) - 8 * 86_400}}}'],
    )
    telegrams.write(bot, 42, "Hello again")
    room.start("telegram")
    wait_for_rows(room, session, 1)


def test_without_a_bot_nobody_is_asked(room: Room, telegrams: Telegrams) -> None:
    """An idle receiver costs a look at the database every few seconds and no call at all."""
    room.start("telegram")
    time.sleep(3)
    assert telegrams.provider.calls == {}
    assert "error" not in room.log_path("telegram").read_text()
    bot, session = telegrams.connect(room, room.tenant())
    telegrams.write(bot, 42, "First")
    wait_for_rows(room, session, 1)
