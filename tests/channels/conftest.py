"""What every adapter is given."""

import pytest

from tests.channels.dispatches import Mark


@pytest.fixture
def mark() -> Mark:
    """A `before_send`."""
    return Mark()
