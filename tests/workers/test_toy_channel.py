"""A new channel is one adapter file: everything else is there already."""

import asyncio
import json
import uuid

import pytest

from app.channels.registry import create_adapters
from app.db.inbound import Place, store
from app.db.worker import Connection
from app.domain.channels import Session, Webhook
from app.errors import SetupError
from app.settings import load
from tests.workers.harness import Room
from tests.workers.toy_channel import PigeonAdapter

MODULE = "tests.workers.toy_channel"


async def loft(letters: list[dict[str, str]]) -> asyncio.Server:
    """The provider: keeps every letter and answers with a ring number."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        letters.append(json.loads(await reader.readline()))
        writer.write(f"ok ring-{len(letters)}\n".encode())
        writer.close()

    return await asyncio.start_server(take, "127.0.0.1", 0)


async def receive(room: Room, session: Session, said: dict[str, str]) -> None:
    """A verified call of the provider is read by the adapter and stored."""
    events = await PigeonAdapter().read_webhook(
        Webhook(event_id=uuid.uuid4().hex, headers={}, payload=json.dumps(said).encode()), session
    )
    connection = await Connection.connect(room.settings.worker_database_url, autocommit=True)
    async with connection, connection.transaction():
        place = Place(session.tenant_id, session.session_id, session.channel, session.provider)
        await store(connection, place, events)


async def test_a_message_on_a_new_channel_is_answered_on_it(room: Room) -> None:
    """In by webhook, threaded, decided, out through the adapter, settled by a receipt; the core knows no pigeons."""
    letters: list[dict[str, str]] = []
    server = await loft(letters)
    world, tenant = room.world, room.tenant()
    world.providers["pigeon"] = "pigeon"
    session_id = world.session(tenant.id, "pigeon", "loft-1")
    world.owner.execute(
        "update public.et_channel_sessions set config = jsonb_build_object('port', %s::int) where id = %s",
        [server.sockets[0].getsockname()[1], session_id],
    )
    session = Session(tenant_id=str(tenant.id), session_id=str(session_id), channel="pigeon", provider="pigeon",
                      address="loft-1", config={}, secrets={})  # fmt: skip
    room.start("inbound", "outbound", PARLEY_CHANNEL_MODULES=MODULE)
    await receive(room, session, {"from": "hill", "ring": "r1", "text": "What are your opening hours?"})
    await asyncio.to_thread(room.settle)
    (letter,) = letters
    assert letter["to"] == "hill" and "open" in letter["text"].lower()
    await receive(room, session, {"landed": "ring-1"})
    rows = world.all("select delivery_status from public.et_messages where tenant_id = %s order by seq", tenant.id)
    assert [row["delivery_status"] for row in rows] == ["inbound_ai_replied", "delivered"]
    declared = world.one("select * from private.channel_providers where provider = 'pigeon'")
    assert (declared["delivery_class"], declared["max_body_chars"]) == ("N", 200)
    assert world.violations(tenant) == {}
    server.close()


def test_two_adapters_of_one_name_are_refused() -> None:
    """A router that would not know which of two to use does not start."""
    settings = load({"PARLEY_CHANNEL_MODULES": f"{MODULE},tests.workers.toy_channel"})
    with pytest.raises(SetupError, match="pigeon"):
        create_adapters(settings)


def test_a_missing_module_is_named() -> None:
    """The remedy names the setting."""
    with pytest.raises(SetupError, match=r"no module nowhere\.at_all"):
        create_adapters(load({"PARLEY_CHANNEL_MODULES": "nowhere.at_all"}))
