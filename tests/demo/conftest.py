"""A stack for a demo."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.ports import free_port
from tests.demo.test_demo import Stack


@pytest.fixture
def stack() -> Iterator[Stack]:
    """A stack that is not yet running."""
    folder = Path(tempfile.mkdtemp(prefix="parley-demo-test-"))
    folder.chmod(0o711)
    made = Stack(folder / ".parley")
    made.environment["PARLEY_FUNCTIONS_PORT"] = str(free_port())
    try:
        yield made
    finally:
        made.run("down")
        shutil.rmtree(folder, ignore_errors=True)
