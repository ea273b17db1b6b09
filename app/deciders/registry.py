"""Deciders by name."""

from app.domain.deciding import Decider
from app.errors import ParleyError


class UnknownDecider(ParleyError):
    """There is no decider of this name."""

    code = "unknown_decider"


def create_decider(name: str) -> Decider:
    """The decider called `name`. Raises `UnknownDecider`."""
    if name == "rules":
        from app.deciders.rules import RulesDecider

        return RulesDecider()
    raise UnknownDecider(f"There is no decider called {name[:40]!r}.", remedy="Use 'rules'.")
