"""The Realtime gateway: Supabase's Realtime protocol (broadcast and presence) on one's own Postgres.

`app()` makes the ASGI application. It is mounted at /realtime/v1, or served alone by `parley realtime`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.realtime.asgi import App
    from app.realtime.claims import KeyResolver
    from app.realtime.limits import Limits
    from app.settings import Settings


def app(
    settings: "Settings", *, resolve_key: "KeyResolver | None" = None, limits: "Limits | None" = None,
    public_keys: "dict[str, Any] | None" = None, cors: bool = False,
) -> "App":  # fmt: skip
    """The gateway of these settings as an ASGI application.

    `resolve_key` says which claims an opaque key (`sb_publishable_…`) stands for; without it, tokens alone are
    accepted. `public_keys` is the key set of tokens, for a host that has it at hand. `cors=True` answers browsers of
    any origin, for a host that does not do so itself.
    """
    from app.realtime import asgi, gateway
    from app.realtime.limits import Limits

    return asgi.App(gateway.Gateway(settings, resolve_key, limits or Limits(), public_keys), cors=cors)
