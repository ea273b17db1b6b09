"""What a user does with his own account: look, change, prove again that it is he, leave."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from devstack.surface.auth import flows, links, sessions, users
from devstack.surface.auth.flows import Challenge
from devstack.surface.auth.problems import Problem, email_exists, invalid
from devstack.surface.auth.requests import Answer, Request
from devstack.surface.auth.service import Auth, Mail, SignedIn, unsupported
from devstack.surface.auth.users import User
from devstack.surface.database import Connection

RECENT = timedelta(hours=24)
"""A session this young may change its user's password without asking again."""


class Change(Challenge, frozen=True, kw_only=True):
    """The body of `PUT /user`."""

    email: str | None = None
    phone: str | None = None
    password: str | None = None
    nonce: str | None = None
    data: dict[str, Any] | None = None
    app_metadata: dict[str, Any] | None = None


async def get_user(auth: Auth, request: Request) -> Answer:
    """The user."""
    return Answer((await auth.signed_in(request)).user.to_json())


async def change_user(auth: Auth, request: Request) -> Answer:
    """The user as he is now. A new address is his once it is confirmed."""
    signed_in = await auth.signed_in(request)
    auth.limits.take("sign_up", request.address)
    body = request.read(Change)
    body.check()
    hashed, email = await _checked(auth, signed_in, body)
    mails: list[Mail] = []
    async with auth.transaction() as connection:
        user = await users.by_id(connection, signed_in.user.id, lock=True)
        if user is None:
            raise Problem(403, "user_not_found", "User from sub claim in JWT does not exist")
        if hashed is not None:
            await _check_nonce(auth, connection, signed_in, body.nonce)
            user = await set_password(connection, user, hashed, keep=signed_in.session_id)
        if body.data is not None:
            metadata = users.merged(user.raw_user_meta_data, body.data)
            user = await users.update(connection, user.id, raw_user_meta_data=metadata)
        if email and email != user.email:
            user, mails = await _begin_change(auth, connection, user, email, request=request, body=body)
    await auth.send(*mails)
    return Answer(user.to_json())


async def _checked(auth: Auth, signed_in: SignedIn, body: Change) -> tuple[str | None, str | None]:
    """The hash of the new password and the new address, where there are any. Raises Problem."""
    user = signed_in.user
    if body.phone and body.phone.lstrip("+") != user.phone.lstrip("+"):
        raise unsupported("phone numbers of users")
    if body.app_metadata is not None:
        raise Problem(403, "not_admin", "Updating app_metadata requires admin privileges")
    email = users.checked_email(body.email) if body.email else None
    hashed = None
    if body.password:
        auth.passwords.check_strength(body.password)
        if user.is_anonymous and not email:
            raise Problem(
                422, "validation_failed",
                "Updating password of an anonymous user without an email or phone is not allowed",
            )  # fmt: skip
        if await auth.passwords.matches(body.password, user.encrypted_password):
            raise Problem(422, "same_password", "New password should be different from the old password.")
        hashed = await auth.passwords.hash(body.password)
    if email and email != user.email:
        async with auth.pool.connection() as connection:
            if await users.by_email(connection, email):
                raise email_exists()
    return hashed, email


async def _check_nonce(auth: Auth, connection: Connection, signed_in: SignedIn, nonce: str | None) -> None:
    if not auth.config.secure_password_change:
        return
    if signed_in.began_at is not None and datetime.now(UTC) < signed_in.began_at + RECENT:
        return
    if not nonce:
        raise Problem(400, "reauthentication_needed", "Password update requires reauthentication")
    token = links.digest(signed_in.user.email, nonce)
    taken = await links.take(connection, token, [links.REAUTHENTICATION], auth.config.otp_expiry_s)
    if taken is None or taken[0] != signed_in.user.id:
        raise Problem(422, "reauthentication_not_valid", "Nonce has expired or is invalid")


async def set_password(connection: Connection, user: User, hashed: str, *, keep: str | None) -> User:
    """A new password: links that are under way become void, and every session but `keep` ends."""
    await sessions.end(connection, user.id, but=keep)
    await links.forget(connection, user.id)
    return await users.update(connection, user.id, encrypted_password=hashed)


async def _begin_change(
    auth: Auth, connection: Connection, user: User, email: str, *, request: Request, body: Change
) -> tuple[User, list[Mail]]:
    if user.is_anonymous and not auth.config.confirms_email:
        user = await users.update(connection, user.id, email_change=email)
        return await finish_change(connection, user), []
    return await prepare_change(auth, connection, user, email, request=request, challenge=body)


async def prepare_change(
    auth: Auth, connection: Connection, user: User, email: str, *, request: Request, challenge: Challenge | None
) -> tuple[User, list[Mail]]:
    """The mails that ask the new address, and the old one where both must agree."""
    auth.check_frequency(user.email_change_sent_at)
    prefix = ""
    if challenge and challenge.is_asked:
        prefix = links.PKCE
        await flows.begin(connection, challenge, user.id, "email_change")
    user = await users.update(connection, user.id, email_change=email, email_change_confirm_status=0)
    asked = [(links.CHANGE_NEW, email)]
    if auth.config.confirms_both and user.email:
        asked.append((links.CHANGE_CURRENT, user.email))
    mails, target = [], auth.redirect_target(request)
    for token_type, address in asked:
        code = links.new_code(auth.config.otp_length)
        token = prefix + links.digest(address, code)
        user = await links.store(connection, user, token_type, address, token)
        mails.append(Mail("email_change", address, code, auth.link(token, "email_change", target), email))
    return user, mails


async def finish_change(connection: Connection, user: User) -> User:
    """The new address is the user's."""
    email = user.email_change
    await users.set_identity(connection, user.id, "email", {"email": email, "email_verified": True})
    await links.forget(connection, user.id)
    try:
        user = await users.update(
            connection, user.id, email=email, email_change="", email_change_confirm_status=0, is_anonymous=False
        )
    except psycopg.errors.UniqueViolation as error:  # somebody else took it meanwhile
        raise email_exists() from error
    if not user.is_confirmed:
        user = await users.confirm(connection, user)
    return await users.set_providers(connection, user)


async def reauthenticate(auth: Auth, request: Request) -> Answer:
    """A mail with a code that a change of password must name."""
    user = (await auth.signed_in(request)).user
    if not user.email:
        raise Problem(422, "validation_failed", "Reauthentication requires the user to have an email or a phone number")
    if not user.is_confirmed:
        raise Problem(422, "email_not_confirmed", "Please verify your email first.")
    auth.check_frequency(user.reauthentication_sent_at)
    code = links.new_code(auth.config.otp_length)
    async with auth.transaction() as connection:
        token = links.digest(user.email, code)
        await links.store(connection, user, links.REAUTHENTICATION, user.email, token)
    await auth.send(Mail("reauthentication", user.email, code))
    return Answer({})


async def log_out(auth: Auth, request: Request) -> Answer:
    """204. `scope` says which sessions end: all of the user's (global), this one (local), or all but this one
    (others)."""
    signed_in = await auth.signed_in(request)
    scope = request.query.get("scope") or "global"
    if scope not in ("global", "local", "others"):
        raise invalid(f'Unsupported logout scope "{scope}"')
    this = signed_in.session_id
    async with auth.transaction() as connection:
        if this is None or scope == "global":
            await sessions.end(connection, signed_in.user.id)
        elif scope == "local":
            await sessions.end(connection, signed_in.user.id, only=this)
        else:
            await sessions.end(connection, signed_in.user.id, but=this)
    return Answer(None, 204)
