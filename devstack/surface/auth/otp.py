"""What sends a mail to an address: magic links, recovery, and sending again."""

from typing import Any

from devstack.surface.auth import users
from devstack.surface.auth.account import prepare_change
from devstack.surface.auth.flows import Challenge
from devstack.surface.auth.problems import Problem, invalid
from devstack.surface.auth.requests import Answer, Body, Request
from devstack.surface.auth.service import Auth, unsupported
from devstack.surface.auth.signup import SignUp, register

NOTHING: dict[str, Any] = {}


class Otp(Challenge, frozen=True, kw_only=True):
    """The body of `POST /otp` and `POST /magiclink`."""

    email: str | None = None
    phone: str | None = None
    create_user: bool | None = None
    data: dict[str, Any] | None = None


class Recover(Challenge, frozen=True, kw_only=True):
    """The body of `POST /recover`."""

    email: str | None = None


class Resend(Body, frozen=True, kw_only=True):
    """The body of `POST /resend`."""

    type: str | None = None
    email: str | None = None
    phone: str | None = None


async def otp(auth: Auth, request: Request) -> Answer:
    """A mail with link and code to sign in with; to a new address, one that also confirms it."""
    body = request.read(Otp)
    if body.phone:
        raise unsupported("one-time passwords by phone")
    if not body.email:
        raise invalid("One of email or phone must be set")
    body.check()
    auth.limits.take("sign_up", request.address)
    email = users.checked_email(body.email)
    async with auth.pool.connection() as connection:
        user = await users.by_email(connection, email)
    if user is None and body.create_user is False:
        raise Problem(422, "otp_disabled", "Signups not allowed for otp")
    if user is None or not user.is_confirmed:
        if user is None and not (auth.config.allows_signup and auth.config.allows_email_signup):
            raise Problem(422, "signup_disabled", "Signups not allowed for this instance")
        new = SignUp(
            data=body.data, code_challenge=body.code_challenge, code_challenge_method=body.code_challenge_method
        )
        user, mail = await register(auth, request, email, "", new)
        if mail:  # the mail that confirms the address signs in as well
            await auth.send(mail)
            return Answer(NOTHING)
    async with auth.transaction() as connection:
        auth.check_frequency(user.recovery_sent_at)
        _, mail = await auth.prepare_link(connection, user, "magiclink", request, body)
    await auth.send(mail)
    return Answer(NOTHING)


async def recover(auth: Auth, request: Request) -> Answer:
    """A mail to choose a new password with, where there is such a user."""
    body = request.read(Recover)
    if not body.email:
        raise invalid("Password recovery requires an email")
    body.check()
    auth.limits.take("sign_up", request.address)
    email = users.checked_email(body.email)
    async with auth.transaction() as connection:
        user = await users.by_email(connection, email)
        if user is None:
            return Answer(NOTHING)
        auth.check_frequency(user.recovery_sent_at)
        _, mail = await auth.prepare_link(connection, user, "recovery", request, body)
    await auth.send(mail)
    return Answer(NOTHING)


async def resend(auth: Auth, request: Request) -> Answer:
    """The mail of a sign-up or of a changed address once more."""
    body = request.read(Resend)
    if body.type in ("sms", "phone_change") or body.phone:
        raise unsupported("one-time passwords by phone")
    if body.type not in ("signup", "email_change"):
        raise invalid("Missing one of these types: signup, email_change, sms, phone_change")
    if not body.email:
        raise invalid("Type provided requires an email address")
    auth.limits.take("sign_up", request.address)
    email = users.checked_email(body.email)
    async with auth.transaction() as connection:
        user = await users.by_email(connection, email)
        if user is None or (user.is_confirmed if body.type == "signup" else not user.email_change):
            return Answer(NOTHING)
        if body.type == "signup":
            auth.check_frequency(user.confirmation_sent_at)
            mails = [(await auth.prepare_link(connection, user, "signup", request))[1]]
        else:
            _, mails = await prepare_change(auth, connection, user, user.email_change, request=request, challenge=None)
    await auth.send(*mails)
    return Answer(NOTHING)
