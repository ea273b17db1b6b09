"""The attachments worker: files leave quarantine by its word alone, and their messages wait for nobody."""

import asyncio
import hashlib
import uuid
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool

from app.domain.work import Claim, Job
from app.scanning.clamd import Clamd
from app.settings import Settings
from tests.db.helpers import Row, Tenant, World
from tests.support.clamd import EICAR, FakeClamd
from workers.attachments import AttachmentsHandler
from workers.loop import Loop, Pool

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture
def tenant(world: World) -> Tenant:
    """A tenant of this test's own, with nobody else's files waiting."""
    world.owner.execute("update private.attachment_work set run_at = 'infinity'")
    return world.tenant()


def file(world: World, tenant: Tenant, data: bytes, name: str = "a.png", kind: str = "image/png", **more: Any) -> Row:
    """A message with one file arrives, as receivers store it."""
    message = world.arrive(tenant)
    values = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), **more}
    with world.worker.transaction():
        world.worker.execute("select set_config('parley.tenant_id', %s, true)", [str(tenant.id)])
        made = uuid.uuid4()
        world.worker.execute(
            "insert into public.message_attachments (tenant_id, id, message_id, filename, content_type, size_bytes, sha256)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            [tenant.id, made, message["id"], name, kind, values["size"], values["sha256"]],
        )
        world.worker.execute("insert into private.attachment_blobs values (%s, %s, %s)", [tenant.id, made, data])
    return {"id": made, "message": message}


def state(world: World, one: Row) -> Row:
    """A file as it is now, and whether its bytes are there."""
    return world.one(
        "select a.*, b.data is not null as has_bytes from public.message_attachments as a"
        " left join private.attachment_blobs as b on b.attachment_id = a.id where a.id = %s", one["id"],
    )  # fmt: skip


def check(world: World, scanner: Clamd | None = None) -> list[str]:
    """Everything that is due is claimed and handled once; what became of each."""

    async def run() -> list[str]:
        handler = AttachmentsHandler(Settings(), scanner)
        pool: Pool = AsyncConnectionPool(world.database.dsn("parley_worker"), open=False, kwargs={"autocommit": True})
        async with pool:
            async with pool.connection() as connection:
                jobs = await handler.claim(connection, Claim(worker="a1", limit=10))
            return [await handler.handle(pool, job) for job in jobs]

    return asyncio.run(run())


def seen(world: World, tenant: Tenant, one: Row) -> bytes | None:
    """The bytes as an owner of the tenant gets them."""
    with world.acting(tenant.people["owner"], tenant) as connection:
        row = connection.execute("select public.attachment_data(%s) as data", [one["id"]]).fetchone()
    return None if row["data"] is None else bytes(row["data"])


def test_a_file_is_read_by_nobody_before_it_was_checked(world: World, tenant: Tenant) -> None:
    """Its message is there at once, with name and state of the file; the bytes follow, under a new rev."""
    one = file(world, tenant, PNG)
    assert seen(world, tenant, one) is None and state(world, one)["status"] == "quarantined"
    assert world.status(one["message"]["id"]) == "received"
    assert check(world) == ["released"]
    assert seen(world, tenant, one) == PNG
    now = state(world, one)
    assert (now["checked_by"], now["detected_type"], now["refused"]) == ("sniff", "image/png", None)
    message = world.message(one["message"]["id"])
    assert message["rev"] == one["message"]["rev"] + 1 == world.thread(message["thread_id"])["last_rev"]
    assert seen(world, world.tenant(), one) is None, "a stranger never gets it"
    assert world.violations(tenant) == {}


@pytest.mark.parametrize(
    ("data", "more", "reason"),
    [(b"\x7fELF\x02\x01\x01" + b"\0" * 60, {}, "a program"), (PNG, {"name": "a.exe"}, "starts a program"),
     (b"%PDF-1.7\nhello", {}, "said to be image/png"), (PNG, {"size": 9}, "said to have 9 bytes"),
     (PNG + b"\0" * 100, {"limit": 100}, "larger than 100 bytes")],
    ids=["program", "name", "lie", "size", "large"],
)  # fmt: skip
def test_a_refused_file_is_a_name_with_a_reason(
    world: World, tenant: Tenant, data: bytes, more: dict[str, Any], reason: str
) -> None:
    """Its bytes are gone, its message stays, and whoever asks is told why."""
    if limit := more.pop("limit", None):
        world.owner.execute(
            "insert into public.message_limits (tenant_id, channel, kind, max_value) values (%s, 'email', 'attachment_bytes', %s)",
            [tenant.id, limit],
        )  # fmt: skip
    one = file(world, tenant, data, **more)
    assert check(world) == ["refused"]
    now = state(world, one)
    assert reason in now["refused"] and not now["has_bytes"] and seen(world, tenant, one) is None
    told = world.rpc(tenant.people["owner"], tenant, "explain_message(%s)", one["message"]["id"])["attachments"]
    assert [(a["status"], a["refused"]) for a in told] == [("refused", now["refused"])]
    assert world.status(one["message"]["id"]) == "received" and world.violations(tenant) == {}


def test_a_scanner_has_the_last_word(world: World, tenant: Tenant) -> None:
    """EICAR as a text is refused by name; a clean file says who checked it."""
    with FakeClamd() as server:
        bad = file(world, tenant, EICAR, "eicar.txt", "text/plain")
        good = file(world, tenant, PNG)
        assert sorted(check(world, Clamd(server.address))) == ["refused", "released"]
    assert state(world, bad)["refused"] == "infected: Win.Test.EICAR_HDB-1" and not state(world, bad)["has_bytes"]
    assert state(world, good)["checked_by"] == "clamd" and seen(world, tenant, good) == PNG
    assert world.violations(tenant) == {}


def test_files_wait_for_a_scanner_that_is_away(world: World, tenant: Tenant) -> None:
    """Nothing is released or lost meanwhile; when it is back, they are checked."""
    with FakeClamd() as server:
        server.stop()
        one = file(world, tenant, PNG)
        assert check(world, Clamd(server.address)) == ["waiting"]
        assert check(world, Clamd(server.address)) == [], "not before its pause is over"
        now = state(world, one)
        assert now["status"] == "quarantined" and now["has_bytes"] and seen(world, tenant, one) is None
        told = world.rpc(tenant.people["owner"], tenant, "explain_message(%s)", one["message"]["id"])["attachments"]
        assert "clamd does not answer" in told[0]["waits_for"]
        depth = world.value(
            "select depth from private.queue_metrics() where queue = 'attachments' and tenant_id = %s", tenant.id
        )
        assert depth == 1
        world.owner.execute(
            "update private.attachment_work set run_at = clock_timestamp() where attachment_id = %s", [one["id"]]
        )
        server.start()
        assert check(world, Clamd(server.address)) == ["released"]
    assert world.violations(tenant) == {}


def test_two_copies_of_the_worker_share_what_is_there(world: World, tenant: Tenant) -> None:
    """Loops on real connections, woken by the arrival: each file is settled once."""
    settings = world.database.settings(poll_interval_ms=200)

    async def run() -> list[Row]:
        loops = [Loop(settings, AttachmentsHandler(settings)) for _ in range(2)]
        tasks = [asyncio.create_task(loop.run()) for loop in loops]
        files = [await asyncio.to_thread(file, world, tenant, PNG) for _ in range(12)]
        for _ in range(1200):
            if not world.all("select from private.attachment_work where tenant_id = %s", tenant.id):
                break
            await asyncio.sleep(0.05)
        for loop in loops:
            loop.stop()
        await asyncio.gather(*tasks)
        return files

    files = asyncio.run(run())
    assert {state(world, one)["status"] for one in files} == {"released"}
    assert [world.message(one["message"]["id"])["rev"] - one["message"]["rev"] > 0 for one in files] == [True] * 12
    assert world.violations(tenant) == {}


def test_a_lost_lease_settles_nothing(world: World, tenant: Tenant) -> None:
    """Whoever overslept is told so; the one who took over says what the file is."""
    one = file(world, tenant, PNG)
    claim = "select fence from private.claim_attachments('a1', 10)"
    (first,) = [row["fence"] for row in world.worker.execute(claim)]
    world.owner.execute(
        "update private.attachment_work set lease_until = clock_timestamp() where attachment_id = %s", [one["id"]]
    )
    (second,) = [row["fence"] for row in world.worker.execute(claim)]
    settle = 'select private.settle_attachment(%s, %s, %s, \'{"checked_by": "sniff"}\') as r'
    assert world.worker.execute(settle, [tenant.id, one["id"], first]).fetchone() == {"r": "lost"}
    assert state(world, one)["status"] == "quarantined"
    assert world.worker.execute(settle, [tenant.id, one["id"], second]).fetchone() == {"r": "released"}


def test_a_file_that_kills_workers_rests(world: World, tenant: Tenant) -> None:
    """After three lost leases it is tried again after longer and longer pauses, and others go before it."""
    one = file(world, tenant, PNG)
    take = "select attachment_id from private.claim_attachments('a1', 10)"
    for _ in range(3):
        assert [row["attachment_id"] for row in world.worker.execute(take)] == [one["id"]]
        world.owner.execute(
            "update private.attachment_work set lease_until = clock_timestamp() where attachment_id = %s", [one["id"]]
        )
    assert world.worker.execute(take).fetchall() == []
    other = file(world, tenant, PNG)
    assert [row["attachment_id"] for row in world.worker.execute(take)] == [other["id"]]


def test_a_worker_that_fails_or_stops_gives_the_file_back(world: World, tenant: Tenant) -> None:
    """An error makes it wait, a stop does not."""
    one = file(world, tenant, PNG)

    async def run() -> list[Any]:
        handler = AttachmentsHandler(Settings())
        pool: Pool = AsyncConnectionPool(world.database.dsn("parley_worker"), open=False, kwargs={"autocommit": True})
        async with pool:
            said: list[Any] = []
            for ending in ("release", "fail", "late"):
                async with pool.connection() as connection:
                    jobs: list[Job] = await handler.claim(connection, Claim(worker="a1", limit=1))
                said.append([job.item_id for job in jobs])
                if ending == "release":
                    await handler.release(pool, jobs[0])
                elif ending == "fail":
                    said.append(await handler.fail(pool, jobs[0], ValueError("odd")))
            return said

    assert asyncio.run(run()) == [[str(one["id"])], [str(one["id"])], "waiting", []]
    assert (
        world.value("select error from private.attachment_work where attachment_id = %s", one["id"])
        == "ValueError: odd"
    )
