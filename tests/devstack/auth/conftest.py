"""One Auth room a module; a module says in CONFIG what it wants otherwise than `supabase/config.toml`."""

from collections.abc import Iterator

import pytest

from tests.devstack.auth.kit import Local, serving
from tests.support.database import Database


@pytest.fixture(scope="module")
def local(
    module_database: Database, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Local]:
    """The running room."""
    changes = getattr(request.module, "CONFIG", {})
    with serving(module_database, tmp_path_factory.mktemp("auth"), **changes) as made:
        yield made
