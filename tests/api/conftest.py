"""The real API on a loopback port, on a real database, for the tests of a module."""

from collections.abc import Callable, Iterator

import pytest
from cryptography.fernet import Fernet

from tests.api.kit import SECRET, Client, World, serving
from tests.support.database import Database


@pytest.fixture(scope="module")
def world(module_database: Database) -> Iterator[World]:
    """Two tenants in the module's database."""
    made = World(module_database)
    yield made
    made.db.close()


@pytest.fixture(scope="module")
def url(world: World) -> Iterator[str]:
    """Where the API of this module listens."""
    settings = world.database.settings(
        supabase_jwt_secret=SECRET, secrets_keys=Fernet.generate_key().decode(), cors_origins="https://app.acme.test",
        public_url="https://parley.acme.test/",
    )  # fmt: skip
    with serving(settings) as address:
        yield address


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[Callable[..., Client]]:
    """`client(token)` asks as the holder of a token, `client()` as nobody."""
    made: list[Client] = []

    def make(bearer: str | None = None) -> Client:
        made.append(Client(url, bearer))
        return made[-1]

    yield make
    for each in made:
        each.http.close()


@pytest.fixture
def agent(client: Callable[..., Client], world: World) -> Client:
    """An agent of acme."""
    return client(world.acme.token("agent"))


@pytest.fixture
def owner_client(client: Callable[..., Client], world: World) -> Client:
    """The owner of acme."""
    return client(world.acme.token("owner"))


@pytest.fixture
def stranger(client: Callable[..., Client], world: World) -> Client:
    """The owner of birch, a stranger to acme."""
    return client(world.birch.token("owner"))
