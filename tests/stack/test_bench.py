"""`parley bench start`: how long whoever starts Parley waits for the first answer."""

import json

import pytest

from tests.stack.conftest import Stack


@pytest.mark.prove
def test_the_first_answer_after_a_start_is_measured_beside_its_target(stack: Stack) -> None:
    """A first and a warm start of a stack of its own; nothing of it is left, and the database named is not its."""
    done = stack.run("bench", "start", "--json", "--database", "postgresql://nobody@127.0.0.1:1/none")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)["rows"]}
    assert set(rows) == {"warm start to first answer", "first start to first answer", "warm start to ready"}
    for name in ("warm start to first answer", "first start to first answer"):
        assert (rows[name]["unit"], rows[name]["target"]) == ("s", "≤ 10")
        assert rows[name]["met"] is (rows[name]["value"] <= 10)
    assert 0 < rows["warm start to ready"]["value"] < rows["warm start to first answer"]["value"]
    assert not stack.home.exists() or list(stack.home.iterdir()) == []
