"""The people of `supabase/seed.sql` can sign in on the local stack, with a password generated for this machine."""

from devstack.surface.auth.service import Auth

SEEDED = "0197a000-0000-7000-8000-%"
"""How the ids of everything in the seed begin."""


async def give_password(auth: Auth, password: str) -> None:
    """Set it for those of them who have none. One who chose a password himself keeps it."""
    if not password:
        return
    hashed = await auth.passwords.hash(password)
    async with auth.pool.connection() as connection:
        await connection.execute(
            "update auth.users set encrypted_password = %s, updated_at = now()"
            " where id::text like %s and email like '%%.test' and coalesce(encrypted_password, '') = ''",
            [hashed, SEEDED],
        )
