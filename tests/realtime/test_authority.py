"""The policies as judge, on a connection that has judged before."""

import json
import time
import uuid
from collections.abc import AsyncIterator

import pytest
from psycopg_pool import AsyncConnectionPool

from app.db.pool import make_pool
from app.realtime.authority import Authority
from app.realtime.claims import Claims
from tests.realtime.conftest import People
from tests.support.database import Database


@pytest.fixture
async def authority(module_database: Database) -> AsyncIterator[Authority]:
    """An authority with one connection, so that each question meets what the one before left behind."""
    pool: AsyncConnectionPool = make_pool(module_database.url("parley_realtime"), size=1, name="realtime")  # type: ignore[type-arg]
    await pool.open()
    yield Authority(pool)
    await pool.close()


def claims(user: uuid.UUID) -> Claims:
    """What a signed-in user's token says."""
    said = {"role": "authenticated", "sub": str(user), "exp": time.time() + 600}
    return Claims("authenticated", json.dumps(said), sub=str(user))


@pytest.mark.parametrize("before", range(4))
async def test_a_denial_is_one_whatever_was_asked_before(authority: Authority, people: People, before: int) -> None:
    """A stranger is told no, and not that the policies could not be asked; the next person is judged by them alone."""
    topic = f"thread:{people.thread}"
    for _ in range(before):
        assert await authority.may_write(claims(people.ann), topic, "broadcast") == "anything"
    assert await authority.may_write(claims(people.stranger), topic, "broadcast") is None
    assert await authority.may_write(claims(people.ann), topic, "broadcast") == "anything"
    assert (await authority.may_read(claims(people.bob), topic)).broadcast
