"""The other half of the desk's suites, in an office of their own: two processes share what takes longest."""

from pathlib import Path

import pytest

from tests.browser.test_desk import SUITES, Office, foreign_thread, name, office, run_suite

__all__ = ["foreign_thread", "office"]


@pytest.mark.parametrize("suite", SUITES[1::2], ids=name)
def test_the_desk_in_browsers(suite: Path, office: Office, foreign_thread: str) -> None:
    """Every test of the suite passes, and none is skipped."""
    run_suite(suite, office, foreign_thread)
