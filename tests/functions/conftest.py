"""The real Deno process on a real database, and providers that call it."""

from collections.abc import Iterator

import pytest

from devstack.functions import can_run
from tests.db.helpers import Tenant
from tests.functions.aws import Amazon
from tests.functions.kit import KINDS, PUBLIC, Caller, Edge
from tests.support.database import Database
from tests.workers.harness import Room


@pytest.fixture(scope="module")
def amazon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Amazon]:
    """Amazon, for the module."""
    made = Amazon(tmp_path_factory.mktemp("amazon"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def edge(module_database: Database, tmp_path_factory: pytest.TempPathFactory, amazon: Amazon) -> Iterator[Edge]:
    """The functions, shared by the tests of a module; their way into the world leads to this Amazon."""
    assert can_run(), "Deno or its libraries are missing: run `make setup`"
    room = Room(module_database, tmp_path_factory.mktemp("edge"), public_url=PUBLIC)
    room.start("functions", **amazon.environment())
    made = Edge(room, amazon)
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
