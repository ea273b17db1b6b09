"""The real Deno process on a real database, and providers that call it."""

from collections.abc import Iterator

import pytest

from devstack.functions import can_run
from tests.db.helpers import Tenant
from tests.functions.kit import KINDS, PUBLIC, Caller, Edge
from tests.support.database import Database
from tests.workers.harness import Room


@pytest.fixture(scope="module")
def edge(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """The functions, shared by the tests of a module."""
    assert can_run(), "Deno or its libraries are missing: run `make setup`"
    room = Room(module_database, tmp_path_factory.mktemp("edge"), public_url=PUBLIC)
    room.start("functions")
    made = Edge(room)
    yield made
    made.close()
    room.close()


@pytest.fixture
def tenant(edge: Edge) -> Tenant:
    """A tenant for one test."""
    return edge.world.tenant()


@pytest.fixture(params=sorted(KINDS))
def caller(request: pytest.FixtureRequest, edge: Edge, tenant: Tenant) -> Caller:
    """Each provider in turn, with an account of its own."""
    return KINDS[request.param](edge, tenant)
