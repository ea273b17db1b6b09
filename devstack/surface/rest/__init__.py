"""Tables and functions over HTTP, as PostgREST has them."""

from devstack.surface.asgi import ASGIApp
from devstack.surface.context import Context
from devstack.surface.problems import unsupported


def app(_context: Context) -> ASGIApp:
    """The ASGI application below `/rest/v1`."""
    return unsupported("rest")
