"""Database errors become errors a client understands, and nothing else gets out."""

from typing import Any

import psycopg
import pytest

from app.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    ParleyError,
    RateLimited,
    Unavailable,
    from_postgres,
)
from tests.support.database import Cluster


@pytest.fixture(scope="module")
def connection(cluster: Cluster) -> Any:
    """Any connection: the errors are raised by hand."""
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as made:
        yield made


def caught(connection: psycopg.Connection[Any], statement: str) -> ParleyError:
    """What a statement's error becomes."""
    with pytest.raises(psycopg.Error) as info:
        connection.execute(statement.encode())
    return from_postgres(info.value)


def test_an_error_raised_for_clients_keeps_status_code_remedy_and_members(connection: Any) -> None:
    """SQLSTATE PTxyz is the status; DETAIL carries code and members, HINT the remedy."""
    error = caught(
        connection,
        "do $$ begin raise exception 'it moved' using errcode = 'PT409',"
        """ detail = '{"code": "fence_moved", "last_seq": 7}', hint = 'read it again'; end $$""",
    )
    assert isinstance(error, Conflict)
    assert (error.status, error.code, error.detail, error.remedy) == (409, "fence_moved", "it moved", "read it again")
    assert error.extra == {"last_seq": 7}


def test_a_rate_limit_says_when_to_come_back(connection: Any) -> None:
    """PT429 carries retry_after_s."""
    error = caught(
        connection,
        "do $$ begin raise exception 'slow down' using errcode = 'PT429',"
        """ detail = '{"code": "too_fast", "retry_after_s": 12}'; end $$""",
    )
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 12


def test_a_detail_that_is_no_json_is_not_passed_on(connection: Any) -> None:
    """The class's own code stands in, and the text stays inside."""
    error = caught(connection, "do $$ begin raise exception 'x' using errcode = 'PT404', detail = 'row 17'; end $$")
    assert isinstance(error, NotFound)
    assert error.code == "not_found"
    assert "17" not in str(error)


@pytest.mark.parametrize(
    ("state", "kind", "status"),
    [
        ("23505", Conflict, 409), ("23514", BadInput, 422), ("22P02", BadInput, 422), ("22023", BadInput, 422),
        ("42501", Forbidden, 403), ("40001", Unavailable, 503), ("40P01", Unavailable, 503),
        ("57P01", Unavailable, 503), ("XX000", ParleyError, 500),
    ],
)  # fmt: skip
def test_a_sqlstate_becomes_a_status(connection: Any, state: str, kind: type[ParleyError], status: int) -> None:
    """Each SQLSTATE that a request can cause has its own answer; anything unknown is our fault."""
    error = caught(
        connection, f"do $$ begin raise exception 'secret 4711' using errcode = '{state}', detail = 'key 4711'; end $$"
    )
    assert type(error) is kind
    assert error.status == status
    assert "4711" not in str(error)


def test_an_unreachable_database_is_a_matter_of_time() -> None:
    """No SQLSTATE at all means that the server is away: 503, retryable."""
    with pytest.raises(psycopg.OperationalError) as info:
        psycopg.connect("host=127.0.0.1 port=1 connect_timeout=2")
    error = from_postgres(info.value)
    assert isinstance(error, Unavailable)
    assert error.retryable
