"""The receiver alone: no worker touches what arrives."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.db.helpers import Tenant
from tests.support.database import Database
from tests.workers.harness import Room

MAX_MAIL = 3_000_000
MAX_ATTACHMENT = 100_000


@pytest.fixture(scope="module")
def receiving(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A receiver over SMTP and LMTP, shared by the tests of a module."""
    made = Room(
        module_database, tmp_path_factory.mktemp("receiving"), max_mail_bytes=MAX_MAIL,
        max_attachment_bytes=MAX_ATTACHMENT,
    )  # fmt: skip
    made.start("receive", PARLEY_LMTP_PORT=str(made.lmtp_port))
    made.wait_for_listener_port(made.lmtp_port)
    yield made
    made.close()


@pytest.fixture
def tenant(receiving: Room) -> Tenant:
    """A tenant of this test's own."""
    return receiving.tenant()


@pytest.fixture
def room(database: Database, tmp_path: Path) -> Iterator[Room]:
    """A room of this test's own, in which nothing runs yet."""
    made = Room(database, tmp_path)
    yield made
    made.close()
