"""Sign-up, sign-in and tokens, as Supabase Auth has them."""

from devstack.surface.asgi import ASGIApp
from devstack.surface.context import Context
from devstack.surface.problems import unsupported


def app(_context: Context) -> ASGIApp:
    """The ASGI application below `/auth/v1`."""
    return unsupported("auth")
