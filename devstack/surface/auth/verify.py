"""`/verify`: where the links of the mails lead, and where a code that somebody typed is proved."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from devstack.surface.auth import flows, links, users
from devstack.surface.auth.account import finish_change
from devstack.surface.auth.problems import Problem, expired, invalid
from devstack.surface.auth.requests import Answer, Body, Request, redirect
from devstack.surface.auth.service import Auth, unsupported
from devstack.surface.auth.users import User
from devstack.surface.database import Connection

ONE_MORE = "Confirmation link accepted. Please proceed to confirm link sent to the other email"
OAUTH_WORDS = {
    400: "invalid_request", 401: "unauthorized_client", 403: "access_denied", 500: "server_error",
    503: "temporarily_unavailable",
}  # fmt: skip
LINK_IS_OLD = "Email link is invalid or has expired"


class Verify(Body, frozen=True, kw_only=True):
    """The body of `POST /verify`."""

    type: str | None = None
    token: str | None = None
    token_hash: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class Proved:
    """What a token proved: whose it is. `user` is None when a changed address still waits for its other half."""

    user: User | None
    kind: str


async def follow_link(auth: Auth, request: Request) -> Answer:
    """A redirect to the site: with the session in the fragment, a code in the query (PKCE), or the error in both."""
    token, kind = request.query.get("token", ""), request.query.get("type", "")
    target = auth.redirect_target(request)
    if not kind:
        raise invalid("Verify requires a verification type")
    if not token:
        raise invalid("Verify requires a token or a token hash")
    is_pkce = token.startswith(links.PKCE)
    try:
        auth.limits.take("verify", request.address)
        async with auth.transaction() as connection:
            proved = await _prove(auth, connection, token, kind, LINK_IS_OLD, typed=False)
            if proved.user is None:
                url = _with(target, {"message": ONE_MORE} if is_pkce else {}, {"message": ONE_MORE, "sb": ""})
            elif is_pkce:
                code = await flows.issue_code(connection, proved.user.id, proved.kind)
                url = _with(target, {"code": code})
            else:
                session = await auth.sessions.issue(connection, proved.user, "otp", request)
                names = ("access_token", "expires_at", "expires_in", "refresh_token", "token_type")
                url = _with(target, {}, {**{name: session[name] for name in names}, "type": kind})
    except Problem as problem:
        word = {"error": OAUTH_WORDS[problem.status]} if problem.status in OAUTH_WORDS else {}
        said = {**word, "error_code": problem.code, "error_description": problem.message}
        return redirect(_with(target, said if is_pkce else {}, {**said, "sb": ""}))
    auth.limits.give_back("verify", request.address)
    return redirect(url)


async def verify(auth: Auth, request: Request) -> Answer:
    """The session, for a code with its address or for the digest of a link."""
    body = request.read(Verify)
    if body.phone or body.type in ("sms", "phone_change"):
        raise unsupported("one-time passwords by phone")
    if not body.type:
        raise invalid("Verify requires a verification type")
    if bool(body.token) == bool(body.token_hash):
        raise invalid("Verify requires either a token or a token hash")
    if body.token_hash:
        if body.email:
            raise invalid("Only the token_hash and type should be provided")
        token, message = body.token_hash, LINK_IS_OLD
    else:
        if not body.email:
            raise invalid("Only an email address or phone number should be provided on verify")
        token = links.digest(users.checked_email(body.email), str(body.token))
        message = "Token has expired or is invalid"
    auth.limits.take("verify", request.address)
    async with auth.transaction() as connection:
        proved = await _prove(auth, connection, token, body.type, message, typed=bool(body.token))
        if proved.user is None:
            answer: dict[str, Any] = {"msg": ONE_MORE, "code": "200"}
        else:
            answer = await auth.sessions.issue(connection, proved.user, "otp", request)
    auth.limits.give_back("verify", request.address)
    return Answer(answer)


async def _prove(auth: Auth, connection: Connection, token: str, kind: str, message: str, *, typed: bool) -> Proved:
    """Use the token up and do what it was sent for. Raises Problem."""
    if kind not in links.ACCEPTED:
        raise invalid("Invalid email verification type")
    taken = await links.take(connection, token, links.ACCEPTED[kind], auth.config.otp_expiry_s, typed=typed)
    user = await users.by_id(connection, taken[0], lock=True) if taken else None
    if taken is None or user is None:
        raise expired(message)
    if user.is_banned:
        raise Problem(403, "user_banned", "User is banned")
    if kind == "email":
        kind = "signup" if taken[1] == links.CONFIRMATION else "magiclink"
    if kind == "email_change":
        return Proved(await _change(auth, connection, user), kind)
    if not user.is_confirmed or kind in ("signup", "invite"):
        user = await users.confirm(connection, user)
    await links.forget(connection, user.id)
    return Proved(await users.set_providers(connection, user), kind)


async def _change(auth: Auth, connection: Connection, user: User) -> User | None:
    """Half or all of a change of address."""
    needs_both = auth.config.confirms_email and auth.config.confirms_both and user.email
    if needs_both and user.email_change_confirm_status == 0:
        await users.update(connection, user.id, email_change_confirm_status=1)
        return None
    return await finish_change(connection, user)


def _with(url: str, query: dict[str, Any], fragment: dict[str, Any] | None = None) -> str:
    """`url` with more in its query, and its fragment replaced."""
    parts = urlsplit(url)
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *query.items()]
    return urlunsplit(
        parts._replace(query=urlencode(pairs), fragment=urlencode(fragment) if fragment else parts.fragment)
    )
