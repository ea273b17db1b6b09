"""The policy's trust means the same in SQL and in Python."""

import json
from typing import Any

import msgspec
import pytest

from app.moderation.trust import Trust
from tests.db.helpers import World
from tests.db.moderation.test_trust import SAID


def test_the_defaults_are_the_same(world: World) -> None:
    """Member by member, number by number."""
    assert msgspec.to_builtins(Trust()) == world.value("select private.trust_defaults()")


@pytest.mark.parametrize(("trust", "field"), SAID)
def test_what_one_refuses_the_other_refuses(trust: Any, field: str | None) -> None:
    """The same documents pass."""
    try:
        msgspec.json.decode(json.dumps(trust), type=Trust)
    except msgspec.ValidationError:
        assert field is not None
    else:
        assert field is None
