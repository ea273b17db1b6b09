"""`/auth/v1`: what supabase-js and supabase-py ask of Supabase Auth, answered as hosted answers it.

    routes.py     path → function; what is refused by name
    signup.py signin.py otp.py verify.py account.py admin.py generate.py info.py     the functions
    users.py sessions.py links.py flows.py     rows of the schema `auth`
    tokens.py passwords.py limits.py mail.py config.py     the parts

Works as `supabase_auth_admin`, who is no superuser, and keeps everything in the tables hosted keeps it in.
"""

from devstack.surface.asgi import ASGIApp
from devstack.surface.auth.room import Room
from devstack.surface.context import Context


def app(context: Context) -> ASGIApp:
    """The ASGI application below `/auth/v1`."""
    return Room(context)
