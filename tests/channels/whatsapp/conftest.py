"""A bridge with a fake socket on a real database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack import bridge
from devstack.ports import free_port
from tests.support import npm
from tests.support.database import Database
from tests.support.whatsapp import Phones
from tests.workers.harness import Room


@pytest.fixture(scope="session", autouse=True)
def needs_node() -> None:
    """Node 20 comes with the development environment; a machine it does not exist for runs everything else."""
    npm.needed(bridge.can_run(), "Node 20 with the bridge's libraries")


@pytest.fixture
def phones(database: Database, tmp_path: Path) -> Iterator[Phones]:
    """Phones, WhatsApp and a room in which no bridge runs yet; leases last two seconds."""
    room = Room(database, tmp_path, baileys_port=free_port(), max_attachment_bytes=50_000)
    room.lease(2)
    made = Phones(room)
    yield made
    room.close()
    made.whatsapp.close()
