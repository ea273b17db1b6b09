"""`POST /token`: a password, a refresh token or the code of a link for a session."""

from devstack.surface.auth import flows, users
from devstack.surface.auth.problems import Problem, invalid, invalid_login
from devstack.surface.auth.requests import Answer, Body, Request
from devstack.surface.auth.service import Auth, unsupported

REFUSED = {"id_token": "sign-in with an ID token", "web3": "sign-in with a wallet (web3)"}


class ByPassword(Body, frozen=True, kw_only=True):
    """`grant_type=password`."""

    email: str | None = None
    phone: str | None = None
    password: str | None = None


class ByRefreshToken(Body, frozen=True, kw_only=True):
    """`grant_type=refresh_token`."""

    refresh_token: str | None = None


class ByCode(Body, frozen=True, kw_only=True):
    """`grant_type=pkce`."""

    auth_code: str | None = None
    code_verifier: str | None = None


async def token(auth: Auth, request: Request) -> Answer:
    """The session, by the grant that is asked for. What fails counts against the address it came from."""
    grant = request.query.get("grant_type", "")
    if grant in REFUSED:
        raise unsupported(REFUSED[grant])
    ways = {"password": _password, "refresh_token": _refresh, "pkce": _code}
    if grant not in ways:
        raise Problem(400, "invalid_credentials", "unsupported_grant_type")
    auth.limits.take("token", request.address)
    answer = await ways[grant](auth, request)
    auth.limits.give_back("token", request.address)
    return answer


async def _password(auth: Auth, request: Request) -> Answer:
    body = request.read(ByPassword)
    if body.phone:
        raise unsupported("sign-in by phone")
    if not body.email:
        raise invalid("missing email or phone")
    async with auth.pool.connection() as connection:
        user = await users.by_email(connection, body.email)
    password = body.password or ""
    # Unknown, without a password, wrong: one answer, after the same work.
    is_right = await auth.passwords.matches(password, user.encrypted_password if user else None)
    if user is None or not is_right:
        raise invalid_login()
    if user.is_banned:
        raise Problem(400, "user_banned", "User is banned")
    if not user.is_confirmed:
        raise Problem(400, "email_not_confirmed", "Email not confirmed")
    async with auth.transaction() as connection:
        session = await auth.sessions.issue(connection, user, "password", request)
    weakness = auth.passwords.weakness(password)
    if weakness:
        session["weak_password"] = {"message": weakness[0], "reasons": weakness[1]}
    return Answer(session)


async def _refresh(auth: Auth, request: Request) -> Answer:
    body = request.read(ByRefreshToken)
    if not body.refresh_token:
        raise invalid("refresh_token required")
    async with auth.transaction() as connection:
        outcome = await auth.sessions.refresh(connection, body.refresh_token, request)
    if isinstance(outcome, Problem):
        raise outcome
    return Answer(outcome)


async def _code(auth: Auth, request: Request) -> Answer:
    body = request.read(ByCode)
    if not body.auth_code or not body.code_verifier:
        raise invalid("invalid request: both auth code and code verifier should be non-empty")
    async with auth.transaction() as connection:
        done = await flows.finish(connection, body.auth_code, body.code_verifier, auth.config.flow_expiry_s)
        user = await users.by_id(connection, done.user_id)
        if user is None:
            raise Problem(404, "user_not_found", "User not found")
        if user.is_banned:
            raise Problem(400, "user_banned", "User is banned")
        return Answer(await auth.sessions.issue(connection, user, done.method, request))
