"""Settings: one list, one place, sensible fallbacks."""

import json
import re
from pathlib import Path

import pytest

from app.errors import SetupError
from app.settings import PROJECT, Settings, env_name, load, to_environment


def test_every_setting_is_explained_and_nothing_else_is() -> None:
    """.env.example and Settings name exactly the same variables."""
    written = re.findall(r"^([A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(written) == sorted(env_name(field) for field in Settings.__struct_fields__)


def test_the_example_states_the_defaults(tmp_path: Path) -> None:
    """Copying .env.example to .env changes nothing."""
    lines = (PROJECT / ".env.example").read_text().splitlines()
    copied = dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))
    home = {"PARLEY_HOME": str(tmp_path)}
    assert load({**copied, **home}) == load(home)


def test_a_port_that_had_to_move_is_found_by_its_old_number(tmp_path: Path) -> None:
    """Who asks for an occupied port gets the one the running stack took instead; other wishes are left alone."""
    (tmp_path / "state.json").write_text(json.dumps({"pg_port": 40001, "moved": {"pg_port": 40000}}))
    home = {"PARLEY_HOME": str(tmp_path)}
    assert load({**home, "PARLEY_PG_PORT": "40000"}).pg_port == 40001
    assert load({**home, "PARLEY_PG_PORT": "41000"}).pg_port == 41000


def test_what_is_unset_comes_from_the_local_stack(tmp_path: Path) -> None:
    """Ports of state.json and secrets of keys.json fill in; what the environment says wins."""
    (tmp_path / "state.json").write_text(json.dumps({"api_port": 8011, "pg_port": 54400, "catcher_port": 2600}))
    keys = {"pg_password": "p/w", "api_password": "a", "worker_password": "w", "jwt_secret": "j", "anon_key": "k"}
    (tmp_path / "keys.json").write_text(json.dumps(keys))
    settings = load({"PARLEY_HOME": str(tmp_path), "SUPABASE_KEY": "mine"})
    assert settings.api_port == 8011
    assert settings.database_url == "postgresql://postgres:p%2Fw@127.0.0.1:54400/postgres"
    assert settings.worker_database_url == "postgresql://parley_worker:w@127.0.0.1:54400/postgres"
    assert settings.smtp_url == "smtp://127.0.0.1:2600?tls=none"
    assert (settings.supabase_key, settings.supabase_jwt_secret) == ("mine", "j")


def test_a_given_database_decides_where_the_runtime_roles_connect(tmp_path: Path) -> None:
    """With DATABASE_URL the API and the workers go to that database, a pooler's project suffix included."""
    given = {
        "PARLEY_HOME": str(tmp_path),
        "DATABASE_URL": "postgresql://postgres.ref:x@db.example.com:5432/postgres?sslmode=require",
        "PARLEY_WORKER_PASSWORD": "w",
    }
    expected = "postgresql://parley_worker.ref:w@db.example.com:5432/postgres?sslmode=require"
    assert load(given).worker_database_url == expected
    assert load(given).api_database_url == ""


def test_a_child_process_reads_back_what_it_was_given(tmp_path: Path) -> None:
    """to_environment() and load() are inverse to each other."""
    settings = load({"PARLEY_HOME": str(tmp_path), "PARLEY_DECIDER_DEADLINE_S": "2.5", "PARLEY_LOG_LEVEL": "debug"})
    assert load(to_environment(settings)) == settings


def test_a_bad_value_is_named_and_a_secret_is_not_shown(tmp_path: Path) -> None:
    """The error says which variable, what was wrong, and where to look."""
    with pytest.raises(SetupError, match=r"PARLEY_API_PORT=many: .* — see \.env\.example"):
        load({"PARLEY_HOME": str(tmp_path), "PARLEY_API_PORT": "many"})


def test_an_origin_that_no_browser_sends_is_refused(tmp_path: Path) -> None:
    """A page, a bare host or a path is no origin, and would silently never match; `*` and a list are fine."""
    home = {"PARLEY_HOME": str(tmp_path)}
    for origins in ("https://app.acme.test, capacitor://localhost", "*", "http://localhost:5173/"):
        assert load({**home, "PARLEY_CORS_ORIGINS": origins}).cors_origins == origins
    for origins in ("app.acme.test", "https://app.acme.test/inbox", "https://a.test,b.test"):
        with pytest.raises(SetupError, match=r"PARLEY_CORS_ORIGINS: .* is no web origin"):
            load({**home, "PARLEY_CORS_ORIGINS": origins})


def test_a_candidate_is_named_in_one_way(tmp_path: Path) -> None:
    """Rules, or anthropic with a model and a prompt; anything else is refused before a worker starts."""
    home = {"PARLEY_HOME": str(tmp_path)}
    for name in ("", "rules", "anthropic", "anthropic:claude-haiku-5-5", "anthropic:claude-haiku-5-5:decide.v1"):
        assert load({**home, "PARLEY_SHADOW_DECIDER": name}).shadow_decider == name
    for name in ("auto", "oracle", "rules:x", "anthropic:", "anthropic:a:b:c", "anthropic:a/b"):
        with pytest.raises(SetupError, match=r"anthropic:claude-haiku-5-5:decide\.v2"):
            load({**home, "PARLEY_SHADOW_DECIDER": name})
