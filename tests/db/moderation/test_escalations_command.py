"""`parley moderation escalations`: what an operator reads of who was called."""

import json
import os
import subprocess
import sys
from pathlib import Path

from app.explain import in_words
from app.settings import PROJECT
from tests.db.helpers import World
from tests.db.moderation.judging import Gated
from tests.db.moderation.test_escalations import ANGRY, rule, watch, wrote


def run(world: World, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command on the database of the test."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "moderation", "escalations", *arguments], cwd=PROJECT, capture_output=True,
        text=True, timeout=60, check=False,
        env={"PATH": os.environ["PATH"], "PARLEY_HOME": str(home), "DATABASE_URL": world.database.url()},
    )  # fmt: skip


def test_an_operator_reads_who_was_called(world: World, tmp_path: Path) -> None:
    """A line each, or an object; another tenant's are left out, and no word of the message is in it."""
    gated, other = Gated(world), Gated(world)
    for one in (gated, other):
        watch(one, customers=True, very_angry=rule("handover"))
        claim, _ = wrote(one, ANGRY)
    said = run(world, tmp_path, "--tenant", other.tenant.slug)
    assert said.returncode == 0, said.stderr
    [line] = said.stdout.splitlines()
    assert str(claim["thread_id"]) in line
    assert "very_angry → handover" in line and "legal words" in line and "lawyer" not in line
    [made] = run(world, tmp_path, "--tenant", other.tenant.slug, "--json").stdout.splitlines()
    assert json.loads(made)["message_id"] == str(claim["message_ids"][-1])
    assert run(world, tmp_path, "--tenant", other.tenant.slug, "--rule", "calm").stdout == "nobody was called\n"
    nobody = run(world, tmp_path, "--tenant", "nobody")
    assert nobody.returncode == 1 and "there is no tenant nobody" in nobody.stderr
    chain = world.value("select private.explain(%s, %s)", other.tenant.id, claim["message_ids"][-1])
    assert "  escalated by the rule very_angry of policy 2: handover (score" in "\n".join(in_words(chain))
