"""Whatever the document allows, and much that it does not, gets an answer the document foresees."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.kit import World

LEFT_OUT = ("deleteTenant", "reserveAttachment", "openAttachment")


def schemathesis(url: str, token: str, folder: Path, *options: str) -> str:
    """Run schemathesis with every check against a served API; its report. Fails when it found something."""
    # Not its check that all valid data is accepted: a schema cannot say that a time zone exists or a cursor is ours.
    # Not the operation that deletes the tenant everything else happens in, nor the two that ask Storage, which is not
    # there: tests/api/test_files.py has it.
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{url}/openapi.json",
        "--header", f"Authorization: Bearer {token}", "--checks", "all",
        "--exclude-checks", "positive_data_acceptance",
        *(part for name in LEFT_OUT for part in ("--exclude-operation-id", name)),
        "--seed", "20261121", "--continue-on-failure", "--warnings", "off", "--no-color",
        "--suppress-health-check", "too_slow", *options,
    ]  # fmt: skip
    environment = {**os.environ, "NO_PROXY": "*"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.timeout(600)
def test_examples_and_chance_find_no_fault(url: str, world: World, tmp_path: Path) -> None:
    """Every example and a random request per operation: no server error, no answer outside its schema."""
    world.mail(world.acme)
    options = ("--phases", "examples,fuzzing", "--max-examples", "1")
    report = schemathesis(url, world.acme.token("owner"), tmp_path, *options)
    tested = re.search(r"Tested: (\d+)", report)
    assert tested and int(tested[1]) > 70 and "No issues found" in report


@pytest.mark.prove
@pytest.mark.timeout(1800)
def test_thousands_of_requests_find_no_fault(url: str, world: World, tmp_path: Path) -> None:
    """Every edge of every schema, broken and not, and a hundred random requests per operation."""
    world.mail(world.acme)
    options = ("--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "100")
    assert "No issues found" in schemathesis(url, world.acme.token("owner"), tmp_path, *options)
