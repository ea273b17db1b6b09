"""Mint a user's token with the local stack's key, to try the API with."""

import json
import re
import time
import uuid
from typing import Any

import click

from app.errors import BadInput, NotFound, SetupError
from app.settings import Settings, load

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def mint(settings: Settings, *, user_id: str, email: str | None, tenant_id: str | None, expires_s: int) -> str:
    """A JWT (HS256) as Supabase Auth issues it, with the tenant in `app_metadata`. Raises SetupError without a
    secret."""
    import jwt

    if not settings.supabase_jwt_secret:
        raise SetupError(
            "no secret to sign with", remedy="start the stack with `parley up`, or set SUPABASE_JWT_SECRET"
        )
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": f"{settings.supabase_url.rstrip('/')}/auth/v1",
        "aud": "authenticated",
        "role": "authenticated",
        "sub": user_id,
        "iat": now,
        "exp": now + expires_s,
        "app_metadata": {"tenant_id": tenant_id} if tenant_id else {},
    }
    if email:
        claims["email"] = email
    return jwt.encode(claims, settings.supabase_jwt_secret, algorithm="HS256")


def seconds(text: str) -> int:
    """`90`, `90s`, `15m`, `1h`, `7d` in seconds. Raises BadInput."""
    match = re.fullmatch(r"(\d+)([smhd]?)", text.strip())
    if not match or not int(match[1]):
        raise BadInput(f"{text} is no duration", remedy="write 15m, 1h or 7d")
    return int(match[1]) * UNITS[match[2] or "s"]


@click.command()
@click.option("--user", metavar="ID", help="The user's id.")
@click.option("--email", metavar="ADDR", help="The user's address, instead of --user.")
@click.option("--tenant", metavar="SLUG|ID", help="The tenant to act in. Default: the user's first membership.")
@click.option("--expires", default="1h", show_default=True, help="How long it is valid: 15m, 1h, 7d.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: token, user_id, email, tenant_id, expires_at.")
def command(user: str | None, email: str | None, tenant: str | None, expires: str, as_json: bool) -> None:
    """Print a token for a user that exists. Creates nothing; being a member is checked by the database when it is used.

    \b
    curl -H "Authorization: Bearer $(parley token --email owner@acme.example)" http://127.0.0.1:8008/…
    """
    if bool(user) == bool(email):
        raise click.UsageError("say who: either --user or --email")
    settings = load()
    user_id, address, tenant_id = look_up(settings, user=user, email=email, tenant=tenant)
    lifetime = seconds(expires)
    token = mint(settings, user_id=user_id, email=address, tenant_id=tenant_id, expires_s=lifetime)
    members = {"user_id": user_id, "email": address, "tenant_id": tenant_id, "expires_at": int(time.time()) + lifetime}
    click.echo(json.dumps({"token": token, **members}) if as_json else token)


def look_up(
    settings: Settings, *, user: str | None, email: str | None, tenant: str | None
) -> tuple[str, str | None, str | None]:
    """The user's id and address and the tenant's id. Raises NotFound when there is no such user or tenant."""
    from app.db.migrate import connect_as_owner

    with connect_as_owner(settings.database_url) as connection:
        column, value = ("id", _uuid(user, "--user")) if user else ("lower(email)", str(email).lower())
        row = connection.execute(
            f"select id::text, email from auth.users where {column} = %s and deleted_at is null",  # noqa: S608
            [value],
        ).fetchone()
        if row is None:
            known = connection.execute(
                "select email from auth.users where email is not null order by created_at limit 5"
            )
            names = ", ".join(name for (name,) in known) or "none yet"
            raise NotFound(f"there is no user {user or email}", remedy=f"users here: {names}")
        if tenant is None:
            first = connection.execute(
                "select tenant_id::text from public.tenant_members where user_id = %s"
                " order by created_at, tenant_id limit 1",
                [row[0]],
            ).fetchone()
            return row[0], row[1], first[0] if first else None
        found = connection.execute(
            "select id::text from public.tenants where slug = %s or id::text = %s", [tenant, tenant]
        ).fetchone()
        if found is None:
            names = ", ".join(
                slug for (slug,) in connection.execute("select slug from public.tenants order by slug limit 5")
            )
            raise NotFound(f"there is no tenant {tenant}", remedy=f"tenants here: {names or 'none yet'}")
        return row[0], row[1], found[0]


def _uuid(text: str | None, option: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise BadInput(f"{option} {text} is no id", field=option) from error
