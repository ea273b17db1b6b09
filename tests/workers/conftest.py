"""Rooms: a database with the product at work on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.db.helpers import World
from tests.support.database import Database
from tests.workers.harness import Room


@pytest.fixture
def room(database: Database, tmp_path: Path) -> Iterator[Room]:
    """A room of this test's own, in which nothing runs yet."""
    made = Room(database, tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def live(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """The whole product at work, shared by the tests of a module: each uses a tenant and addresses of its own."""
    made = Room(module_database, tmp_path_factory.mktemp("live"))
    made.start("catcher", "receive", "inbound", "outbound")
    made.wait_for_listeners("inbound", "outbound")
    yield made
    made.close()


@pytest.fixture(scope="module")
def module_world(module_database: Database) -> Iterator[World]:
    """The world of this module, without any process."""
    made = World(module_database)
    yield made
    made.close()


@pytest.fixture
def world(module_world: World) -> World:
    """The world of this module without work that other tests left behind."""
    module_world.calm()
    return module_world
