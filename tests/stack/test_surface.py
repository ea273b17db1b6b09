"""The Supabase surface as part of the stack: its key, its people, and our own API beside it."""

import json
import re
from pathlib import Path

import httpx

from app.settings import fill_in, load
from devstack.alive import Alive
from devstack.plan import Plan
from devstack.ports import Ports
from devstack.state import State
from devstack.supervisor import Supervisor
from supabase import create_client
from tests.stack.conftest import Stack
from tests.support.database import Database


def test_the_panel_says_how_to_sign_in_and_the_api_takes_the_token(stack: Stack) -> None:
    """Who pastes what the panel shows is signed in with his tenant; ES256 and `parley token` both open the API."""
    up = stack.run("up", "--detach", "--only", "surface", "--only", "api", "--only", "catcher")
    assert up.returncode == 0, up.stderr + stack.logs()
    shown = dict(re.findall(r"^  (\S+(?: \S+)?) {2,}(\S.*)$", up.stdout, re.MULTILINE))
    address, password = shown["sign in"].split(" with ")
    client = create_client(shown["Supabase"], shown["publishable"])
    session = client.auth.sign_in_with_password({"email": address, "password": password}).session
    assert session is not None
    claims = client.auth.get_claims()
    assert claims is not None and claims["claims"]["app_metadata"]["tenant_role"] == "owner"
    minted = stack.run("token", "--email", address).stdout.strip()
    for token in (session.access_token, minted):
        answer = httpx.get(f"{shown['API']}/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200 and answer.json()["tenant_id"].endswith("0001"), answer.text
    client.auth.sign_out()


def test_a_supabase_project_keeps_its_own_surface(bare_database: Database, home: Path) -> None:
    """DATABASE_URL of a project: no superuser, and nobody gave us its logins. One line says so; the API is told of no
    local keys."""
    asked = load({"DATABASE_URL": bare_database.url(), "PARLEY_HOME": str(home)}, local_stack=False)
    home.mkdir(mode=0o755)
    said: list[str] = []
    state, ports = State(home), Ports()
    try:
        plan = Plan.make(asked, state, said.append, frozenset(), ports)
        assert plan.settings.supabase_jwks_url.endswith("/auth/v1/.well-known/jwks.json")
        supervisor = Supervisor(plan, state, ports, Alive(home), said.append)
        supervisor._start_database()
        assert "surface" in supervisor.plan.missing
        assert "surface" not in [child.name for child in supervisor.plan.children()]
        assert supervisor.plan.settings.supabase_jwks_url == ""
        assert "SUPABASE_JWKS_URL" not in supervisor.plan.environment
        assert [line for line in said if "surface left out" in line]
        assert "surface" in json.loads((home / "state.json").read_text())["missing"]
    finally:
        ports.release()


def test_the_local_key_set_stands_beside_the_secret(home: Path) -> None:
    """Both are filled in where the surface runs; whoever names a key set himself is given no secret with it."""
    keys = {"jwt_secret": "a-secret", "pg_password": "p"}
    settings = load({"PARLEY_HOME": str(home)}, local_stack=False)
    local = fill_in(settings, {"supabase_port": 4711, "missing": []}, keys)
    assert local.supabase_jwks_url == "http://127.0.0.1:4711/auth/v1/.well-known/jwks.json"
    assert local.supabase_jwt_secret == "a-secret"
    without = fill_in(settings, {"supabase_port": 4711, "missing": ["surface"]}, keys)
    assert (without.supabase_jwks_url, without.supabase_jwt_secret) == ("", "a-secret")
    named = load({"PARLEY_HOME": str(home), "SUPABASE_JWKS_URL": "https://x.test/jwks"}, local_stack=False)
    hosted = fill_in(named, {"supabase_port": 4711}, keys)
    assert (hosted.supabase_jwks_url, hosted.supabase_jwt_secret) == ("https://x.test/jwks", "")
    assert fill_in(settings, {}, keys).supabase_jwks_url == ""
