"""Sign-up, by e-mail or without any address."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg

from devstack.surface.auth import users
from devstack.surface.auth.flows import Challenge
from devstack.surface.auth.problems import Problem, failed, invalid
from devstack.surface.auth.requests import Answer, Request
from devstack.surface.auth.service import Auth, Mail, unsupported
from devstack.surface.auth.users import User
from devstack.surface.database import Connection


class SignUp(Challenge, frozen=True, kw_only=True):
    """The body of `POST /signup`."""

    email: str | None = None
    phone: str | None = None
    password: str | None = None
    data: dict[str, Any] | None = None


async def sign_up(auth: Auth, request: Request) -> Answer:
    """A session where addresses need no confirmation, else the user, who finds a mail."""
    body = request.read(SignUp)
    if body.phone:
        raise unsupported("sign-up by phone")
    if not auth.config.allows_signup:
        raise Problem(422, "signup_disabled", "Signups not allowed for this instance")
    if not body.email:
        return await _anonymous(auth, request, body)
    auth.limits.take("sign_up", request.address)
    if not auth.config.allows_email_signup:
        raise Problem(422, "email_provider_disabled", "Email signups are disabled")
    if not body.password:
        raise invalid("Signup requires a valid password")
    auth.passwords.check_strength(body.password)
    body.check()
    email = users.checked_email(body.email)
    hashed = await auth.passwords.hash(body.password)
    user, mail = await register(auth, request, email, hashed, body)
    if mail:
        await auth.send(mail)
        return Answer(user.to_json())
    if user.is_confirmed and auth.config.confirms_email:  # somebody has this address, which is nobody's business
        return Answer(_stranger(email, body.data or {}, user))
    async with auth.transaction() as connection:
        return Answer(await auth.sessions.issue(connection, user, "password", request))


async def register(auth: Auth, request: Request, email: str, hashed: str, body: SignUp) -> tuple[User, Mail | None]:
    """A new user, or the one who never confirmed this address, and the mail that asks him to. A user who has confirmed
    it comes back as he is, without a mail. Raises Problem."""
    try:
        async with auth.transaction() as connection:
            return await _register(auth, connection, request, email, hashed=hashed, body=body)
    except psycopg.errors.UniqueViolation:  # two at once: the other one made him
        async with auth.transaction() as connection:
            return await _register(auth, connection, request, email, hashed=hashed, body=body)


async def _register(
    auth: Auth, connection: Connection, request: Request, email: str, *, hashed: str, body: SignUp
) -> tuple[User, Mail | None]:
    user = await users.by_email(connection, email)
    if user is not None and user.is_confirmed:
        if not auth.config.confirms_email:
            raise Problem(422, "user_already_exists", "User already registered")
        return user, None
    if user is None:
        user = await add_user(connection, email, encrypted_password=hashed, metadata=body.data or {})
    if not auth.config.confirms_email:
        return await users.confirm(connection, user), None
    auth.check_frequency(user.confirmation_sent_at)
    return await auth.prepare_link(connection, user, "signup", request, body)


async def add_user(
    connection: Connection, email: str, *, encrypted_password: str, metadata: dict[str, Any], **columns: Any
) -> User:
    """A new, unconfirmed user with an e-mail identity. Raises psycopg.errors.UniqueViolation when he exists, Problem
    when the project's own triggers refuse him."""
    try:
        user = await users.create(
            connection, email=email, encrypted_password=encrypted_password,
            raw_app_meta_data={"provider": "email", "providers": ["email"]}, raw_user_meta_data=metadata, **columns,
        )  # fmt: skip
    except (psycopg.errors.UniqueViolation, psycopg.DataError):
        raise
    except psycopg.Error as error:
        raise failed("Database error saving new user") from error
    data = await users.set_identity(connection, user.id, "email", {"email": email})
    return await users.update(connection, user.id, raw_user_meta_data={**metadata, **data})


def _stranger(email: str, data: dict[str, Any], known: User) -> dict[str, Any]:
    """A user who does not exist, as hosted answers when the address is taken."""
    now = datetime.now(UTC)
    made = replace(
        known, id=uuid.uuid4(), role=users.AUDIENCE, email=email, phone="", email_confirmed_at=None,
        phone_confirmed_at=None, confirmed_at=None, invited_at=None, confirmation_sent_at=now, recovery_sent_at=None,
        email_change="", email_change_sent_at=None, reauthentication_sent_at=None, last_sign_in_at=None,
        banned_until=None, raw_app_meta_data={"provider": "email", "providers": ["email"]}, raw_user_meta_data=data,
        created_at=now, updated_at=now, is_anonymous=False, identities=[], factors=[],
    )  # fmt: skip
    return made.to_json()


async def _anonymous(auth: Auth, request: Request, body: SignUp) -> Answer:
    if not auth.config.allows_anonymous:
        raise Problem(422, "anonymous_provider_disabled", "Anonymous sign-ins are disabled")
    auth.limits.take("anonymous", request.address)
    async with auth.transaction() as connection:
        try:
            user = await users.create(
                connection, is_anonymous=True, raw_app_meta_data={}, raw_user_meta_data=body.data or {}
            )
        except psycopg.Error as error:
            raise failed("Database error creating anonymous user") from error
        return Answer(await auth.sessions.issue(connection, user, "anonymous", request))
