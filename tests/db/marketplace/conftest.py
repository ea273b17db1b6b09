"""A tenant with a customer and a provider."""

import pytest

from tests.db.helpers import World
from tests.db.marketplace.kit import Market, market


@pytest.fixture
def shop(world: World) -> Market:
    """Ann and Rob at a tenant of their own."""
    return market(world)
