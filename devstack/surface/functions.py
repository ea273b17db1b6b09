"""`/functions/v1/<name>`: passes requests on to the process that runs the edge functions."""

from devstack.surface.asgi import ASGIApp
from devstack.surface.context import Context
from devstack.surface.problems import unsupported


def app(_context: Context) -> ASGIApp:
    """The ASGI application below `/functions/v1`."""
    return unsupported("functions")
