"""A stack with the people of the seed in it, as front ends find it after `make up`."""

from collections.abc import Iterator

import pytest

from app.settings import PROJECT
from devstack.functions import can_run
from tests.support.database import Cluster
from tests.support.surface import LocalProject


@pytest.fixture(scope="module")
def local(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalProject]:
    """The surface with the people of the seed in it, and the worker that releases files."""
    database = cluster.create(template=template)
    with database.connect() as owner:
        owner.execute((PROJECT / "supabase" / "seed.sql").read_bytes())
    start = ("attachments", "functions") if can_run() else ("attachments",)
    project = LocalProject(database, tmp_path_factory.mktemp("chat"), start=start)
    yield project
    project.close()
    database.drop()
