"""`POST /admin/generate_link`: the link of a mail, without the mail."""

from dataclasses import dataclass
from typing import Any

from devstack.surface.auth import links, users
from devstack.surface.auth.admin import invited
from devstack.surface.auth.problems import Problem, email_exists, invalid
from devstack.surface.auth.requests import Answer, Body, Request
from devstack.surface.auth.service import Auth
from devstack.surface.auth.signup import add_user
from devstack.surface.auth.users import User
from devstack.surface.database import Connection


class Wanted(Body, frozen=True, kw_only=True):
    """The body."""

    type: str | None = None
    email: str | None = None
    new_email: str | None = None
    password: str | None = None
    data: dict[str, Any] | None = None
    redirect_to: str | None = None


@dataclass(frozen=True)
class Token:
    """What the link is made of: the verification type, the token's own type, and the address it goes to."""

    kind: str
    token_type: str
    address: str


async def generate_link(auth: Auth, request: Request) -> Answer:
    """The user with `action_link`, `email_otp`, `hashed_token`, `verification_type` and `redirect_to`."""
    auth.require_admin(request)
    body = request.read(Wanted)
    email = users.checked_email(body.email)
    hashed = ""
    if body.type == "signup" and body.password:
        auth.passwords.check_strength(body.password)
        hashed = await auth.passwords.hash(body.password)
    code = links.new_code(auth.config.otp_length)
    async with auth.transaction() as connection:
        user, wanted = await _prepared(auth, connection, body, email, hashed)
        token = links.digest(wanted.address, code)
        user = await links.store(connection, user, wanted.token_type, wanted.address, token)
    target = auth.redirect_target(request, body.redirect_to)
    kind = body.type if wanted.kind == "email_change" else wanted.kind
    return Answer({
        **user.to_json(), "action_link": auth.link(token, wanted.kind, target), "email_otp": code,
        "hashed_token": token, "verification_type": kind, "redirect_to": target,
    })  # fmt: skip


async def _prepared(auth: Auth, connection: Connection, body: Wanted, email: str, hashed: str) -> tuple[User, Token]:
    """The user the link is for, and what it is made of. Raises Problem."""
    user = await users.by_email(connection, email)
    kind = "signup" if body.type == "magiclink" and user is None else body.type
    if kind == "signup":
        return await _signed_up(connection, user, email, hashed, body), Token("signup", links.CONFIRMATION, email)
    if kind == "invite":
        return await invited(connection, email, body.data), Token("invite", links.CONFIRMATION, email)
    if kind not in ("magiclink", "recovery", "email_change_current", "email_change_new"):
        raise invalid(f"Invalid email action link type requested: {body.type}")
    if user is None:
        raise Problem(404, "user_not_found", "User with this email not found")
    if kind in ("magiclink", "recovery"):
        return user, Token(kind, links.RECOVERY, email)
    if kind == "email_change_current" and not auth.config.confirms_both:
        raise invalid("Enable secure email change to generate link for current email")
    new_email = users.checked_email(body.new_email)
    if await users.by_email(connection, new_email):
        raise email_exists()
    status = user.email_change_confirm_status if user.email_change == new_email else 0
    user = await users.update(connection, user.id, email_change=new_email, email_change_confirm_status=status)
    if kind == "email_change_current":
        return user, Token("email_change", links.CHANGE_CURRENT, email)
    return user, Token("email_change", links.CHANGE_NEW, new_email)


async def _signed_up(connection: Connection, user: User | None, email: str, hashed: str, body: Wanted) -> User:
    if user is None:
        if not hashed and body.type == "signup":
            raise invalid("Signup requires a valid password")
        return await add_user(connection, email, encrypted_password=hashed, metadata=body.data or {})
    if user.is_confirmed:
        raise email_exists()
    metadata = users.merged(user.raw_user_meta_data, body.data)
    return await users.update(connection, user.id, raw_user_meta_data=metadata)
