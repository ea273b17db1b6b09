"""A world without processes: one worker's function is enough to show what becomes of a file."""

from collections.abc import Iterator

import pytest

from tests.db.helpers import World
from tests.support.database import Database


@pytest.fixture(scope="module")
def world(module_database: Database) -> Iterator[World]:
    """The world of this module."""
    made = World(module_database)
    yield made
    made.close()
