"""Files of the chat in Storage: from the place somebody reserves to the reader, and to the broom."""

import asyncio
import io
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from psycopg_pool import AsyncConnectionPool

from app.domain.work import Claim
from app.scanning import pictures
from app.storage import Storage, StorageAwayError
from tests.db.chat.kit import Chat, Person
from tests.db.helpers import Row, World, refused
from tests.support.storage import LocalStorage
from workers.attachments import AttachmentsHandler
from workers.housekeeper import Housekeeper
from workers.loop import Pool

PRIVATE, PUBLIC = "parley-attachments", "parley-public"


def jpeg(width: int = 1600, height: int = 900, turned: int | None = None) -> bytes:
    """A picture, perhaps one a telephone held upright."""
    kept, image = io.BytesIO(), Image.new("RGB", (width, height), "teal")
    exif = Image.Exif()
    if turned:
        exif[0x0112] = turned
    image.save(kept, "JPEG", exif=exif)
    return kept.getvalue()


PHOTO = jpeg()


@pytest.fixture(scope="module")
def server(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStorage]:
    """The local surface's Storage, on this module's database."""
    made = LocalStorage(world.database, tmp_path_factory.mktemp("storage"))
    yield made
    made.close()


@pytest.fixture
def storage(world: World, server: LocalStorage) -> LocalStorage:
    """Storage without objects, and no other files waiting."""
    world.owner.execute("update private.attachment_work set run_at = 'infinity'")
    server.clear()
    return server


class Talk:
    """Two people in a conversation, and what becomes of their files."""

    def __init__(self, world: World, storage: LocalStorage, **settings: Any) -> None:
        self.world, self.storage = world, storage
        self.chat = Chat(world, **settings)
        self.ann, self.bob = self.chat.pair()
        self.thread = self.chat.start(self.ann, self.bob)["thread_id"]

    def reserve(self, who: Person | None = None, size: int = len(PHOTO), name: str = "Our röof.JPG") -> Row:
        """A place in Storage."""
        return self.chat.call(who or self.ann, "reserve_attachment", filename=name, content_type="image/jpeg",
                              size_bytes=size)  # fmt: skip

    def send(self, data: bytes = PHOTO, *, arrives: bool = True, **named: Any) -> Row:
        """Ann sends a file; the answer of the reservation with the message's id."""
        place = self.reserve(size=len(data), **named)
        if arrives:
            self.storage.put(PRIVATE, place["path"], data)
        sent = self.chat.call(
            self.ann, "send_message", thread_id=self.thread, body="Look", client_message_id=uuid.uuid4().hex,
            attachments=[uuid.UUID(place["attachment_id"])],
        )  # fmt: skip
        return place | {"message_id": sent["message_id"]}

    def file(self, place: Row) -> Row:
        """The row of a file."""
        return self.world.one("select * from public.message_attachments where id = %s", place["attachment_id"])

    def open(self, who: Person, place: Row, **named: Any) -> Row:
        """open_attachment()."""
        return self.chat.call(who, "open_attachment", attachment_id=uuid.UUID(place["attachment_id"]), **named)

    def check(self) -> list[str]:
        """What is due is checked once by the worker."""

        async def run(pool: Pool) -> list[str]:
            handler = AttachmentsHandler(self.storage.settings())
            async with pool.connection() as connection:
                jobs = await handler.claim(connection, Claim(worker="a1", limit=10))
            done = [await handler.handle(pool, job) for job in jobs]
            await handler.close()
            return done

        return self.within(run)

    def sweep(self) -> None:
        """One round of the housekeeper."""

        async def run(pool: Pool) -> None:
            housekeeper = Housekeeper(self.storage.settings())
            await housekeeper.round(pool)
            await housekeeper.storage.close()

        self.within(run)

    def within(self, work: Any) -> Any:
        """Run something with a worker's pool."""

        async def run() -> Any:
            pool: Pool = AsyncConnectionPool(
                self.world.database.dsn("parley_worker"), open=False, kwargs={"autocommit": True}
            )
            async with pool:
                return await work(pool)

        return asyncio.run(run())


@pytest.fixture
def talk(world: World, storage: LocalStorage) -> Talk:
    """Ann and Bob."""
    return Talk(world, storage)


def test_a_picture_from_one_to_the_other(world: World, talk: Talk) -> None:
    """Reserved, sent, checked, released with its size and a small picture; opening it is on record."""
    place = talk.send()
    shown = talk.chat.call(talk.bob, "poll_messages", thread_id=talk.thread)
    assert shown["messages"][-1]["attachments"][0]["status"] == "quarantined"
    with refused("PT409", code="file_quarantined"):
        talk.open(talk.bob, place)
    assert talk.check() == ["released"]
    row = talk.file(place)
    assert (row["width"], row["height"], row["checked_by"]) == (1600, 900, "sniff") and row["sha256"]
    small = talk.storage.objects[PRIVATE, row["thumbnail_path"]]
    with Image.open(io.BytesIO(small)) as image:
        assert image.format == "WEBP" and image.size == (480, 270)
    after = talk.chat.call(talk.bob, "poll_messages", thread_id=talk.thread, since=shown["next_since"])
    assert [one["attachments"][0]["status"] for one in after["messages"]] == ["released"], "it comes again by rev"
    opened = talk.open(talk.bob, place)
    assert (opened["path"], opened["readable_s"], opened["is_public"]) == (place["path"], 60, False)
    assert talk.open(talk.bob, place, thumbnail=True)["path"] == row["thumbnail_path"]
    rows = world.all("select actor, details from public.audit_log where action = 'attachment.opened' and object_id = %s",
                     place["attachment_id"])  # fmt: skip
    assert [(one["actor"], one["details"]["thumbnail"]) for one in rows] == [
        (f"user:{talk.bob.user}", False), (f"user:{talk.bob.user}", True)]  # fmt: skip
    assert world.violations(talk.chat.tenant) == {}


def test_the_path_is_the_tenants_and_safe(talk: Talk) -> None:
    """<tenant>/<person>/<time>_<id>_<name>, whatever the name tries."""
    for name, safe in {
        "Our röof.JPG": "Our_r_of.jpg", "....png": "file.png", "a b;rm -rf.tar.gz": "a_b_rm_-rf_tar.gz",
        "日本": "file",
    }.items():  # fmt: skip
        place = talk.reserve(name=name)
        tenant, user, file = place["path"].split("/")
        assert (tenant, user) == (str(talk.chat.tenant.id), str(talk.ann.user))
        assert file.endswith(f"_{place['attachment_id']}_{safe}") and file[8] == "T"
    for name in ("../x", "a/b", "", "x" * 300):
        with refused("PT422", code="bad_filename"):
            talk.reserve(name=name)
    with refused("PT422", code="file_size"):
        talk.reserve(size=10_485_761)


def test_who_may_put_what_where(world: World, talk: Talk) -> None:
    """Its owner to the reserved path, until it was checked; nobody else, nowhere else, and nobody overwrites or deletes."""
    place, storage = talk.reserve(), talk.storage
    for who, path in ((talk.bob.user, place["path"]), (world.user(), place["path"]),
                      (talk.ann.user, place["path"] + "x"), (talk.ann.user, "x.jpg"),
                      (talk.ann.user, f"{talk.chat.tenant.id}/{talk.ann.user}/mine.jpg")):  # fmt: skip
        assert storage.put(PRIVATE, path, PHOTO, who) != 200, path
    assert storage.put(PUBLIC, place["path"], PHOTO, talk.ann.user) != 200
    assert storage.objects == {}
    assert storage.put(PRIVATE, place["path"], PHOTO, talk.ann.user) == 200
    assert storage.put(PRIVATE, place["path"], b"other", talk.ann.user, **{"x-upsert": "true"}) != 200
    storage.ask("DELETE", PRIVATE, storage.local.project.token(talk.ann.user), json={"prefixes": [place["path"]]})
    assert storage.get(PRIVATE, place["path"], talk.ann.user) != 200
    assert storage.objects == {(PRIVATE, place["path"]): PHOTO}
    sent = talk.send(arrives=False)
    assert storage.put(PRIVATE, sent["path"], PHOTO, talk.ann.user) == 200, "its message was faster"
    assert talk.check() == ["released"]
    assert storage.put(PRIVATE, sent["path"], b"other", talk.ann.user) != 200


def test_who_may_read(world: World, talk: Talk) -> None:
    """Whoever opened it, for a minute; the sender as well; no stranger, no member of staff, no former participant."""
    place = talk.send()
    talk.check()
    path = place["path"]
    assert talk.storage.get(PRIVATE, path, talk.bob.user) != 200, "not before he opened it"
    talk.open(talk.bob, place)
    assert talk.storage.get(PRIVATE, path, talk.bob.user) == 200
    assert talk.storage.get(PRIVATE, path, talk.ann.user) != 200
    world.owner.execute("update private.attachment_grants set expires_at = now() - interval '1 second'")
    assert talk.storage.get(PRIVATE, path, talk.bob.user) != 200
    other = Chat(world)
    stranger, tenant = other.person("Eve"), talk.chat.tenant
    before = world.value("select count(*) from public.access_denials where tenant_id = %s", tenant.id)
    assert talk.open(stranger, place)["code"] == "not_found"
    foreign = world.rpc(other.tenant.people["owner"], other.tenant, "open_attachment(%s)", place["attachment_id"])
    assert foreign["code"] == "not_found"
    assert world.value("select count(*) from public.access_denials where tenant_id = %s", tenant.id) == before + 2
    assert (
        world.rpc(tenant.people["owner"], tenant, "open_attachment(%s)", place["attachment_id"])["code"] == "not_found"
    )
    talk.chat.part(talk.bob, "none")
    world.owner.execute("update public.thread_participants set left_at = now() where user_id = %s", [talk.bob.user])
    assert talk.open(talk.bob, place)["code"] == "not_found"


@pytest.mark.parametrize(
    ("data", "reason"), [(b"MZ" + b"\0" * 200, "a program"), (b"%PDF-1.7\nhi" + b"\0" * 40, "said to be image/jpeg")]
)
def test_a_refused_file_is_gone_from_storage(world: World, talk: Talk, data: bytes, reason: str) -> None:
    """Its name and the reason stay."""
    place = talk.send(data)
    assert talk.check() == ["refused"]
    assert reason in talk.file(place)["refused"] and (PRIVATE, place["path"]) not in talk.storage.objects
    with refused("PT410", code="file_refused"):
        talk.open(talk.bob, place)
    assert world.violations(talk.chat.tenant) == {}


def test_a_lie_about_the_size_is_refused(talk: Talk) -> None:
    """What arrived is not what was said."""
    place = talk.reserve(size=10)
    talk.storage.put(PRIVATE, place["path"], PHOTO)
    talk.chat.call(talk.ann, "send_message", thread_id=talk.thread, body="x", client_message_id="1",
                   attachments=[uuid.UUID(place["attachment_id"])])  # fmt: skip
    assert talk.check() == ["refused"] and "said to have 10 bytes" in talk.file(place)["refused"]


def test_bytes_that_come_late_or_never(world: World, talk: Talk) -> None:
    """The message is sent before its file is there: it waits; after a day it is refused."""
    late, never = talk.send(arrives=False), talk.send(arrives=False)
    assert talk.check() == ["waiting", "waiting"]
    talk.storage.put(PRIVATE, late["path"], PHOTO)
    world.owner.execute("alter table public.message_attachments disable trigger message_attachments_200_guard")
    world.owner.execute("update public.message_attachments set created_at = now() - interval '25 h' where id = %s",
                        [never["attachment_id"]])  # fmt: skip
    world.owner.execute("alter table public.message_attachments enable trigger message_attachments_200_guard")
    world.owner.execute("update private.attachment_work set run_at = clock_timestamp() where run_at < 'infinity'")
    assert sorted(talk.check()) == ["refused", "released"]
    assert talk.file(never)["refused"] == "its bytes are not there"


def test_storage_that_is_away_is_waited_for(talk: Talk, world: World) -> None:
    """Nothing is released or lost meanwhile."""
    place = talk.send()
    talk.storage.away = True
    assert talk.check() == ["waiting"] and talk.file(place)["status"] == "quarantined"
    talk.storage.away = False
    world.owner.execute("update private.attachment_work set run_at = clock_timestamp() where run_at < 'infinity'")
    assert talk.check() == ["released"]


def test_a_tenant_that_wants_public_files(world: World, storage: LocalStorage) -> None:
    """Released files are in the public bucket, where the sweep leaves them; the private copy goes."""
    talk = Talk(world, storage, media_visibility="public")
    place = talk.send()
    assert talk.check() == ["released"]
    assert storage.objects[PUBLIC, place["path"]] == PHOTO and talk.open(talk.bob, place)["is_public"]
    talk.sweep()
    kept = {bucket for bucket, path in storage.objects if path.startswith(place["path"])}
    assert kept == {PUBLIC} and len(storage.objects) == 2


def test_a_withdrawn_file_is_not_read_any_more(world: World, talk: Talk) -> None:
    """Deleted by its sender: nobody opens it, and the sweep takes it out of Storage. So with a person who is erased."""
    first, second = talk.send(), talk.send()
    talk.check()
    talk.chat.call(talk.ann, "delete_own_message", message_id=uuid.UUID(first["message_id"]))
    with refused("PT410", code="file_refused"):
        talk.open(talk.bob, first)
    tenant = talk.chat.tenant
    assert (
        world.rpc(tenant.people["admin"], tenant, "erase_contact(%s, 'request')", talk.ann.contact)["status"] == "done"
    )
    talk.sweep()
    assert talk.storage.objects == {} and talk.file(second)["status"] == "erased"
    assert world.violations(tenant) == {}


def test_nobody_downloads_a_withdrawn_mail(world: World, talk: Talk) -> None:
    """Bytes in the database as well: a message that was taken back gives nothing out."""
    tenant = world.tenant()
    message = world.arrive(tenant)
    made = world.value("insert into public.message_attachments (tenant_id, message_id, filename, content_type, size_bytes)"
                       " values (%s, %s, 'a.txt', 'text/plain', 2) returning id", tenant.id, message["id"])  # fmt: skip
    world.owner.execute("insert into private.attachment_blobs values (%s, %s, 'hi')", [tenant.id, made])
    assert talk.check() == ["released"]
    owner = tenant.people["owner"]
    assert bytes(world.rpc(owner, tenant, "attachment_data(%s)", made)) == b"hi"
    world.owner.execute("update public.et_messages set deleted_at = now() where id = %s", [message["id"]])
    assert world.rpc(owner, tenant, "attachment_data(%s)", made) is None


def test_what_nobody_sends_or_wants_kept_goes(world: World, storage: LocalStorage) -> None:
    """A place nobody used, and files older than the tenant keeps them; one that says keep stays."""
    talk = Talk(world, storage, media_days=30)
    unused, old, kept = talk.reserve(), talk.send(), talk.send()
    storage.put(PRIVATE, unused["path"], PHOTO)
    talk.check()
    world.owner.execute("alter table public.message_attachments disable trigger message_attachments_200_guard")
    world.owner.execute(
        "update public.message_attachments set created_at = now() - interval '31 d',"
        " expires_at = expires_at - interval '2 d', retention = case when id = %s then 'keep' else 'standard' end"
        " where tenant_id = %s", [kept["attachment_id"], talk.chat.tenant.id],
    )  # fmt: skip
    world.owner.execute("alter table public.message_attachments enable trigger message_attachments_200_guard")
    rev = world.thread(talk.thread)["last_rev"]
    talk.sweep()
    talk.sweep()
    assert {path for _, path in storage.objects} == {kept["path"], kept["path"] + ".thumb.webp"}
    assert talk.file(old)["status"] == "expired" and world.thread(talk.thread)["last_rev"] == rev + 1
    assert world.value("select count(*) from public.message_attachments where id = %s", unused["attachment_id"]) == 0
    with refused("PT410", code="file_refused"):
        talk.open(talk.bob, old)
    assert world.violations(talk.chat.tenant) == {}


def test_nobody_fills_storage_with_places(talk: Talk) -> None:
    """Twenty files may wait, and who is nobody at the tenant gets none."""
    for _ in range(20):
        talk.reserve()
    with refused("PT429", code="upload_quota"):
        talk.reserve()
    with refused("PT403", code="not_linked"):
        talk.chat.call(
            talk.world.user(), "reserve_attachment", filename="a.png", content_type="image/png", size_bytes=1
        )


def test_pictures_are_measured_as_they_are_shown(world: World) -> None:
    """Upright telephones, transparency, animation; damage, lies and bombs are no pictures."""
    upright = pictures.look(jpeg(400, 300, turned=6))
    assert upright is not None and (upright.width, upright.height) == (300, 400)
    with Image.open(io.BytesIO(upright.small)) as small:
        assert small.size == (300, 400) and not small.getexif()
    kept = io.BytesIO()
    Image.new("RGBA", (20, 10), (0, 0, 0, 0)).save(kept, "PNG")
    clear = pictures.look(kept.getvalue())
    assert clear is not None and (clear.width, clear.height) == (20, 10)
    assert pictures.look(PHOTO[:500]) is None and pictures.look(b"%PDF-1.7") is None
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")
    assert pictures.look(bomb.getvalue()) is None


def test_the_client_says_when_storage_is_not_there(world: World, storage: LocalStorage) -> None:
    """Not set up, refused, or silent: an error of its own, and nothing of the key in it."""

    async def run() -> None:
        for settings in (storage.database.settings(), storage.database.settings(supabase_url="http://127.0.0.1:9",
                         supabase_secret_key="k"), storage.database.settings(supabase_url=storage.url, supabase_secret_key="wrong")):  # fmt: skip
            client = Storage(settings)
            with pytest.raises(StorageAwayError) as caught:
                await client.keep("b", "p", b"x", "text/plain")
            assert "wrong" not in str(caught.value)
            await client.close()
        client = Storage(storage.settings())
        await client.keep("b", "a b/c.txt", b"xyz", "text/plain")
        assert await client.fetch("b", "a b/c.txt", 2) == b"xyz" and await client.fetch("b", "none", 9) is None
        await client.close()

    with storage.database.connect("admin") as admin:
        admin.execute("insert into storage.buckets (id, name) values ('b', 'b') on conflict do nothing")
    asyncio.run(run())
