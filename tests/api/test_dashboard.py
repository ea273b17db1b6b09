"""The desk as a browser gets it: its files, its rules, and nothing else of the disk."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.http import dashboard
from tests.api.kit import World, serving

SUPABASE = "https://project.supabase.test"


@pytest.fixture
def desk(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """A served API with a desk that was built, and its Supabase elsewhere."""
    (tmp_path / "dist" / "assets").mkdir(parents=True)
    (tmp_path / "dist" / "index.html").write_text("<!doctype html><title>desk</title>")
    (tmp_path / "dist" / "assets" / "index-1.js").write_text("let a;")
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(dashboard, "BUILT", tmp_path / "dist")
    settings = world.database.settings(
        supabase_url=SUPABASE, supabase_key="sb_publishable_x", supabase_secret_key="s3cret"
    )
    with serving(settings) as url, httpx.Client(base_url=url) as client:
        yield client


def test_every_screen_is_the_page_under_a_strict_policy(desk: httpx.Client) -> None:
    """It speaks to this server and its Supabase alone, runs only its files, and stands in no frame."""
    for path in ("/dashboard", "/dashboard/", "/dashboard/contacts", "/dashboard/threads/1?x=y"):
        answer = desk.get(path)
        assert answer.status_code == 200 and "<title>desk" in answer.text, path
        policy = answer.headers["content-security-policy"]
        assert f"connect-src 'self' {SUPABASE} wss://project.supabase.test;" in policy
        assert "unsafe" not in policy and "frame-ancestors 'none'" in policy and "require-trusted-types-for" in policy
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_page_of_a_mail_runs_nothing_and_stands_in_the_desk_alone(desk: httpx.Client) -> None:
    """No script, no form, no font; pictures only where they were asked for, and then over TLS."""
    for query, pictures in (("", "img-src data:;"), ("?pictures=true", "img-src data: https:;")):
        answer = desk.get(f"/dashboard/mail-frame{query}")
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and pictures in policy and "script" not in policy.partition("sandbox")[0]
        assert "frame-ancestors 'self'" in policy and policy.endswith("allow-popups-to-escape-sandbox")
        assert "allow-scripts" not in policy and answer.headers.get_list("x-frame-options") == ["SAMEORIGIN"]
        assert answer.headers["referrer-policy"] == "no-referrer" and "<script" not in answer.text
    assert desk.get("/dashboard").headers["x-frame-options"] == "DENY"


def test_a_file_is_kept_for_ever_and_a_missing_one_is_missing(desk: httpx.Client) -> None:
    """A stale page that asks for an old file gets a problem, never HTML that runs as a script."""
    found = desk.get("/dashboard/assets/index-1.js")
    assert found.text == "let a;" and "immutable" in found.headers["cache-control"]
    assert found.headers["content-type"] == "text/javascript; charset=utf-8"
    missing = desk.get("/dashboard/assets/index-0.js")
    assert missing.status_code == 404 and missing.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["../secret.txt", "%2e%2e/secret.txt", "assets/..%2f..%2fsecret.txt", "/etc/passwd.txt"]
)
def test_no_path_leads_out_of_what_was_built(desk: httpx.Client, path: str) -> None:
    """Only names that were built are files."""
    answer = desk.get(f"/dashboard/{path}")
    assert "secret" not in answer.text and "root:" not in answer.text
    assert answer.status_code == 404


def test_the_desk_learns_the_public_key_and_no_other(desk: httpx.Client) -> None:
    """What everybody may know."""
    answer = desk.get("/dashboard/config.json")
    assert answer.json() == {"supabaseUrl": SUPABASE, "publishableKey": "sb_publishable_x"}
    assert answer.headers["cache-control"] == "no-store"


def test_without_a_supabase_the_desk_says_what_to_set(world: World) -> None:
    """An API whose Supabase nobody named."""
    with serving(world.database.settings(supabase_url="", supabase_key="")) as url:
        problem = httpx.get(f"{url}/dashboard/config.json").json()
    assert problem["status"] == 404 and "SUPABASE_URL" in problem["remedy"]


def test_reports_of_browsers_are_taken_whatever_they_say(desk: httpx.Client) -> None:
    """A report is a line of the log; nonsense is one without facts."""
    for body in (b'{"csp-report": {"blocked-uri": "inline"}}', b"[]", b"{}", b"\xff", b""):
        assert desk.post("/dashboard/csp-report", content=body).status_code == 204, body
