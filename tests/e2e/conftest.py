"""The project the client suites talk to: the local surface, or with `make e2e` whichever Supabase the environment names."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from devstack.functions import can_run
from tests.support.surface import LocalProject, Project

HERE = Path(__file__).parent
NAMES = {
    "url": ("SUPABASE_URL",),
    "publishable_key": ("SUPABASE_PUBLISHABLE_KEY", "SUPABASE_ANON_KEY"),
    "secret_key": ("SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY"),
    "database_url": ("SUPABASE_DB_URL",),
}
"""Member of a project → variables it is read from. The first three must be there."""


def from_environment() -> Project | None:
    """The project that `make e2e` was pointed at; None for the local one. `make test` never looks: what a developer has
    set for other reasons must not become a place that tests write to."""
    if os.environ.get("PARLEY_E2E") != "environment" or not os.environ.get("SUPABASE_URL"):
        return None
    told = {
        member: next((value for name in names if (value := os.environ.get(name))), "")
        for member, names in NAMES.items()
    }
    missing = [" or ".join(NAMES[member]) for member in ("publishable_key", "secret_key") if not told[member]]
    assert not missing, f"SUPABASE_URL is set: set {', '.join(missing)} as well"
    return Project(**told)


@pytest.fixture(scope="session")
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project with what `fixtures.sql` makes in it, for the whole run; `unfixtures.sql` removes it afterwards."""
    given = from_environment()
    if given is None:
        cluster = request.getfixturevalue("cluster")
        database = cluster.create(template=request.getfixturevalue("template"))
        start = ("catcher", "functions") if can_run() else ("catcher",)
        local = LocalProject(database, tmp_path_factory.mktemp("project"), start=start)
        given = local.project
    try:
        apply(given, "unfixtures.sql")  # a run that was cut short left them
        apply(given, "fixtures.sql")
        yield given
        apply(given, "unfixtures.sql")
    finally:
        if from_environment() is None:
            local.close()
            database.drop()


def apply(project: Project, script: str) -> None:
    """Run one of the scripts here as the project's `postgres`. Where nobody told how to connect, whoever asked for the
    run has done it in the SQL editor."""
    if project.database_url:
        with psycopg.connect(project.database_url, autocommit=True) as owner:
            owner.execute((HERE / script).read_bytes())
