"""One migrated database per module, and a world in it that every test finds calm."""

from collections.abc import Iterator

import pytest

from tests.db.helpers import World
from tests.support.database import Database


@pytest.fixture(scope="module")
def module_world(module_database: Database) -> Iterator[World]:
    """The world of this module."""
    made = World(module_database)
    yield made
    made.close()


@pytest.fixture
def world(module_world: World) -> World:
    """The world of this module without work that other tests left behind."""
    module_world.calm()
    return module_world
