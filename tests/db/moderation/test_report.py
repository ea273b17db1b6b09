"""`parley moderation report`: what an operator reads, as a table and as an object."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from app.settings import PROJECT
from tests.db.helpers import World
from tests.db.moderation.verdicts import Verdicts, midnight

pytestmark = pytest.mark.usefixtures("in_one_day")


def run(world: World, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command on the database of the test."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "moderation", "report", *arguments], cwd=PROJECT, capture_output=True, text=True,
        timeout=60, check=False,
        env={"PATH": os.environ["PATH"], "PARLEY_HOME": str(home), "DATABASE_URL": world.database.url(), "COLUMNS": "160"},
    )  # fmt: skip


def test_a_report_says_what_became_of_one_tenants_texts(world: World, tmp_path: Path) -> None:
    """By slug or id, another tenant's left out; the object has the summary and every group."""
    verdicts, other = Verdicts(world), Verdicts(world)
    rob = verdicts.contact("Rob Repair")
    verdicts.give("approved", sender_contact_id=rob)
    verdicts.give("blocked", "scam", sender_contact_id=rob, context_kind="bid_card", context_id="card 1", days=1)
    other.give("blocked", "phone")
    said = run(world, tmp_path, "--tenant", verdicts.tenant.slug)
    assert said.returncode == 0, said.stderr
    for words in ("security score 54", "2 texts: 1 let through, 0 masked, 0 held, 1 stopped", "wrong in —",
                  "Rob Repair", "by bid card", "card 1"):  # fmt: skip
        assert words in said.stdout, said.stdout
    made = json.loads(run(world, tmp_path, "--tenant", str(verdicts.tenant.id), "--json").stdout)
    assert (made["tenant"], made["summary"]["texts"]) == (verdicts.tenant.slug, 2)
    assert [item["kind"] for item in made["kind"]] == ["scam"] and len(made["day"]) == 2
    assert made["contact"][0]["display_name"] == "Rob Repair" and made["rule"][0]["action"] == "block"
    yesterday = str(midnight().date() - timedelta(1))
    before = run(
        world, tmp_path, "--tenant", verdicts.tenant.slug, "--first-day", yesterday, "--last-day", yesterday, "--json"
    )
    assert json.loads(before.stdout)["summary"]["texts"] == 1


def test_what_cannot_be_reported_on_is_said_in_a_line(world: World, tmp_path: Path) -> None:
    """No such tenant; days the wrong way round."""
    nobody = run(world, tmp_path, "--tenant", "nobody")
    assert (nobody.returncode, nobody.stderr) == (1, "error: there is no tenant nobody — name its slug or id\n")
    days = ("--first-day", "2026-02-02", "--last-day", "2026-02-01")
    backwards = run(world, tmp_path, "--tenant", world.tenant().slug, *days)
    assert backwards.returncode == 1 and "Name a first and a last day" in backwards.stderr
