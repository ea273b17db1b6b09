"""`parley token`: what it mints is what the database and the API expect."""

import json
import subprocess
import sys
import time
import uuid

import jwt
import pytest

from app.settings import PROJECT
from tests.stack.conftest import Stack
from tests.support.database import Database, as_user

SECRET = "a-secret-that-is-long-enough-for-hs256"


@pytest.fixture
def people(database: Database) -> dict[str, str]:
    """One tenant with one owner."""
    user, tenant = str(uuid.uuid4()), str(uuid.uuid4())
    with database.connect() as owner:
        owner.execute("insert into auth.users (id, email, created_at) values (%s, 'Mia@acme.example', now())", [user])
        owner.execute("insert into public.tenants (id, slug, name) values (%s, 'acme', 'Acme')", [tenant])
        owner.execute(
            "insert into public.tenant_members (tenant_id, user_id, role) values (%s, %s, 'owner')", [tenant, user]
        )
    return {"user": user, "tenant": tenant}


def token(stack: Stack, database: Database, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `parley token` against `database`."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "token", *arguments], cwd=PROJECT, capture_output=True,
        text=True, check=False,
        env={**stack.environment, "DATABASE_URL": database.url(), "SUPABASE_JWT_SECRET": SECRET},
    )  # fmt: skip


def test_a_token_carries_who_and_where(stack: Stack, database: Database, people: dict[str, str]) -> None:
    """Signature, audience, user, tenant and lifetime are right, and the database takes the claims for that member."""
    result = token(stack, database, "--email", "mia@ACME.example", "--tenant", "acme", "--expires", "15m", "--json")
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    claims = jwt.decode(answer["token"], SECRET, algorithms=["HS256"], audience="authenticated")
    assert claims["sub"] == people["user"]
    assert claims["app_metadata"] == {"tenant_id": people["tenant"]}
    assert 800 < claims["exp"] - time.time() <= 901
    with database.connect("parley_api") as api, as_user(api, claims["sub"], **{"app_metadata": claims["app_metadata"]}):
        assert api.execute("select slug from public.tenants").fetchall() == [("acme",)]


def test_without_a_tenant_the_users_own_is_taken(stack: Stack, database: Database, people: dict[str, str]) -> None:
    """A member of one tenant need not name it."""
    answer = json.loads(token(stack, database, "--user", people["user"], "--json").stdout)
    assert answer["tenant_id"] == people["tenant"]


def test_an_unknown_user_or_tenant_is_answered_with_the_known_ones(
    stack: Stack, database: Database, people: dict[str, str]
) -> None:
    """One line that names what there is; no token."""
    result = token(stack, database, "--email", "nobody@acme.example")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "error: there is no user nobody@acme.example — users here: Mia@acme.example\n"
    result = token(stack, database, "--user", people["user"], "--tenant", "other")
    assert result.stderr == "error: there is no tenant other — tenants here: acme\n"
