"""Run one worker; any number of copies may run."""

import click

from app.commands._stack import become
from app.errors import BadInput
from app.settings import PROJECT

NOT_WORKERS = {"__init__", "loop"}


def names() -> list[str]:
    """The workers of this tree: the files in `workers` that can be run."""
    found = (path for path in (PROJECT / "workers").glob("*.py") if path.stem not in NOT_WORKERS)
    return sorted(path.stem for path in found if '__name__ == "__main__"' in path.read_text())


@click.command()
@click.argument("name")
def command(name: str) -> None:
    """Run the worker NAME until SIGTERM: inbound, outbound, insights, attachments, ingress, housekeeper, …

    `parley up` runs them all, `shadow` only where PARLEY_SHADOW_DECIDER names a candidate. A wrong name lists what
    there is.
    """
    if name not in names():
        raise BadInput(f"there is no worker {name}", remedy=f"workers here: {', '.join(names()) or 'none'}")
    become(f"workers.{name}")
