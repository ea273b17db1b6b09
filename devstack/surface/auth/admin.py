"""The admin API: what only the holder of a secret key may do."""

import hashlib
import logging
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import psycopg

from devstack.surface.auth import links, sessions, users
from devstack.surface.auth.account import set_password
from devstack.surface.auth.config import duration
from devstack.surface.auth.passwords import is_bcrypt
from devstack.surface.auth.problems import Problem, email_exists, failed, invalid
from devstack.surface.auth.requests import Answer, Body, Request
from devstack.surface.auth.service import Auth, unsupported
from devstack.surface.auth.signup import add_user
from devstack.surface.auth.users import User
from devstack.surface.database import Connection

logger = logging.getLogger(__name__)
PAGE = 50


class UserFields(Body, frozen=True, kw_only=True):
    """The body of `POST /admin/users` and `PUT /admin/users/{user_id}`."""

    id: str | None = None
    role: str | None = None
    email: str | None = None
    phone: str | None = None
    password: str | None = None
    password_hash: str | None = None
    email_confirm: bool | None = None
    phone_confirm: bool | None = None
    user_metadata: dict[str, Any] | None = None
    app_metadata: dict[str, Any] | None = None
    ban_duration: str | None = None


class Deletion(Body, frozen=True, kw_only=True):
    """The body of `DELETE /admin/users/{user_id}`."""

    should_soft_delete: bool | None = None


async def list_users(auth: Auth, request: Request) -> Answer:
    """A page of users, newest first, with `Link` and `X-Total-Count`."""
    auth.require_admin(request)
    number, size = _number(request, "page", 1), _number(request, "per_page", PAGE)
    async with auth.pool.connection() as connection:
        found, total = await users.page(connection, number, size, request.query.get("filter", ""))
    last = -(-total // size)
    wanted = {**({"next": number + 1} if last > number else {}), "last": last}
    link = ", ".join(
        f'</admin/users?{urlencode({"page": page, "per_page": size})}>; rel="{name}"' for name, page in wanted.items()
    )
    body = {"users": [user.to_json() for user in found], "aud": users.AUDIENCE}
    return Answer(body, 200, (("link", link), ("x-total-count", str(total))))


def _number(request: Request, name: str, default: int) -> int:
    text = request.query.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 1_000_000:
        raise invalid(f"Bad Pagination Parameters: {name} must be a number greater than 0")
    return int(text)


async def get_user(auth: Auth, request: Request) -> Answer:
    """One user."""
    auth.require_admin(request)
    async with auth.pool.connection() as connection:
        return Answer((await _named(connection, request)).to_json())


async def _named(connection: Connection, request: Request) -> User:
    try:
        user_id = uuid.UUID(request.parts["user_id"])
    except ValueError as error:
        raise Problem(404, "validation_failed", "user_id must be an UUID") from error
    user = await users.by_id(connection, user_id, lock=True)
    if user is None:
        raise Problem(404, "user_not_found", "User not found")
    return user


async def create_user(auth: Auth, request: Request) -> Answer:
    """A user, confirmed or not; no mail is sent."""
    auth.require_admin(request)
    body = request.read(UserFields)
    if not body.email and not body.phone:
        raise invalid("Cannot create a user without either an email or phone")
    email = users.checked_email(body.email) if body.email else None
    hashed = await _hashed(auth, body)
    columns: dict[str, Any] = {"id": _wanted_id(body.id)} if body.id else {}
    metadata = body.user_metadata or {}
    try:
        async with auth.transaction() as connection:
            if email and await users.by_email(connection, email):
                raise email_exists()
            user = await users.create(
                connection, email=email, phone=_phone(body.phone), encrypted_password=hashed or "",
                raw_user_meta_data=metadata, raw_app_meta_data={}, **columns,
            )  # fmt: skip
            if email:
                await users.set_identity(connection, user.id, "email", {"email": email})
            if body.phone:
                await users.set_identity(connection, user.id, "phone", {"phone": _phone(body.phone)})
            user = await users.set_providers(connection, user)
            return Answer((await _apply(connection, user, body)).to_json())
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name == "users_email_partial_key":
            raise email_exists() from error
        if "phone" in str(error.diag.constraint_name):
            raise Problem(422, "phone_exists", "Phone number already registered by another user") from error
        raise failed("Database error creating new user") from error
    except psycopg.DataError:
        raise
    except psycopg.Error as error:
        raise failed("Database error creating new user") from error


def _wanted_id(text: str) -> uuid.UUID:
    try:
        wanted = uuid.UUID(text)
    except ValueError as error:
        raise invalid("ID must conform to the uuid v4 format") from error
    if wanted.int == 0:
        raise invalid("ID cannot be a nil uuid")
    return wanted


def _phone(text: str | None) -> str | None:
    """The number in digits, as hosted keeps it. Raises Problem."""
    if not text:
        return None
    digits = text.strip().removeprefix("+").replace(" ", "")
    if not (digits.isdecimal() and 1 <= len(digits) <= 15 and digits[0] != "0"):
        raise invalid("Invalid phone number format (E.164 required)")
    return digits


async def _hashed(auth: Auth, body: UserFields) -> str | None:
    if body.password and body.password_hash:
        raise invalid("Only a password or a password hash should be provided")
    if body.password_hash:
        if not is_bcrypt(body.password_hash):
            raise unsupported("password hashes other than bcrypt's")
        return body.password_hash
    return await auth.passwords.hash(body.password) if body.password else None


async def _apply(connection: Connection, user: User, body: UserFields) -> User:
    """Role, confirmations, metadata and ban, on a user that is new or known."""
    values: dict[str, Any] = {}
    if body.role:
        values["role"] = body.role.strip()
    if body.phone_confirm and (user.phone or body.phone):
        values["phone_confirmed_at"] = ...
        await users.set_identity(connection, user.id, "phone", {"phone_verified": True})
    if body.app_metadata is not None:
        values["raw_app_meta_data"] = users.merged(user.raw_app_meta_data, body.app_metadata)
    if body.ban_duration:
        values["banned_until"] = _banned_until(body.ban_duration)
    if body.email_confirm:
        user = await users.confirm(connection, user)
    if body.user_metadata is not None:
        values["raw_user_meta_data"] = users.merged(user.raw_user_meta_data, body.user_metadata)
    return await users.update(connection, user.id, **values)


def _banned_until(text: str) -> datetime | None:
    if text == "none":
        return None
    try:
        return datetime.now(UTC) + timedelta(seconds=duration(text))
    except (ValueError, OverflowError) as error:
        raise invalid(f'invalid format for ban duration: time: invalid duration "{text}"') from error


async def change_user(auth: Auth, request: Request) -> Answer:
    """The user as he is now. An address given here needs no confirmation."""
    auth.require_admin(request)
    body = request.read(UserFields)
    email = users.checked_email(body.email) if body.email else None
    if body.password:
        auth.passwords.check_strength(body.password)
    hashed = await _hashed(auth, body)
    try:
        async with auth.transaction() as connection:
            user = await _named(connection, request)
            if email and email != user.email:
                if await users.by_email(connection, email):
                    raise email_exists()
                is_confirmed = bool(body.email_confirm)
                data = {"email": email, "email_verified": is_confirmed}
                await users.set_identity(connection, user.id, "email", data)
                is_visitor = user.is_anonymous and not is_confirmed  # until somebody says the address is his
                user = await users.update(connection, user.id, email=email, is_anonymous=is_visitor)
            if body.phone:
                await users.set_identity(connection, user.id, "phone", {"phone": _phone(body.phone)})
                user = await users.update(connection, user.id, phone=_phone(body.phone))
            user = await users.set_providers(connection, user)
            if hashed:
                user = await set_password(connection, user, hashed, keep=None)
            return Answer((await _apply(connection, user, body)).to_json())
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name == "users_email_partial_key":
            raise email_exists() from error
        raise failed("Error updating user") from error


async def delete_user(auth: Auth, request: Request) -> Answer:
    """The user is gone, and with him what the schema's foreign keys say; softly, only what would let him in."""
    auth.require_admin(request)
    body = request.read(Deletion) if request.body.strip() else Deletion()
    try:
        async with auth.transaction() as connection:
            user = await _named(connection, request)
            if body.should_soft_delete:
                await _hide(connection, user)
            else:
                await connection.execute("delete from auth.users where id = %s", [user.id])
    except psycopg.Error as error:
        logger.error("the schema keeps user %s: %s", request.parts["user_id"], error)
        raise failed("Database error deleting user") from error
    return Answer({})


async def _hide(connection: Connection, user: User) -> None:
    """Soft deletion: no address, no password, no session; the id and what refers to it stay."""
    if user.deleted_at is not None:
        return
    hidden = hashlib.sha256(f"{user.id}{user.email}".encode()).hexdigest()
    await sessions.end(connection, user.id)
    await links.forget(connection, user.id)
    await connection.execute(
        "update auth.identities set provider_id = provider_id || ':' || %s, identity_data = '{}', updated_at = now()"
        " where user_id = %s",
        [hidden[:16], user.id],
    )
    await users.update(
        connection, user.id, email=hidden if user.email else None, phone=hidden[:15] if user.phone else None,
        encrypted_password="", email_change="", raw_user_meta_data={}, raw_app_meta_data={}, deleted_at=...,
    )  # fmt: skip


class Invitation(Body, frozen=True, kw_only=True):
    """The body of `POST /invite`."""

    email: str | None = None
    data: dict[str, Any] | None = None


async def invite(auth: Auth, request: Request) -> Answer:
    """The invited user, who finds a mail."""
    auth.require_admin(request)
    body = request.read(Invitation)
    email = users.checked_email(body.email)
    async with auth.transaction() as connection:
        user = await invited(connection, email, body.data)
        user, mail = await auth.prepare_link(connection, user, "invite", request)
    await auth.send(mail)
    return Answer(user.to_json())


async def invited(connection: Connection, email: str, data: dict[str, Any] | None) -> User:
    """A user who is invited: a new one, or one who never confirmed. Raises Problem for one who did."""
    user = await users.by_email(connection, email)
    if user is not None and user.is_confirmed:
        raise email_exists()
    if user is None:
        user = await add_user(connection, email, encrypted_password="", metadata=data or {})
    return await users.update(connection, user.id, invited_at=...)
