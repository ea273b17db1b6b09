"""What the handlers share: the configuration, the pool, and the small rules that several of them follow."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt

from devstack.surface.auth import flows, links, sessions, users
from devstack.surface.auth.config import Config
from devstack.surface.auth.flows import Challenge
from devstack.surface.auth.limits import Limits
from devstack.surface.auth.mail import Mailer
from devstack.surface.auth.passwords import Passwords
from devstack.surface.auth.problems import Problem
from devstack.surface.auth.requests import Request
from devstack.surface.auth.sessions import Sessions
from devstack.surface.auth.users import User
from devstack.surface.database import Connection, Pool
from devstack.surface.identity import Identity
from devstack.surface.problems import Unauthorised, refusal

ADMINS = ("service_role", "supabase_admin")


@dataclass(frozen=True)
class Mail:
    """A mail that leaves once the transaction that prepared it is committed."""

    kind: str
    to: str
    code: str
    link: str = ""
    new_email: str = ""


@dataclass(frozen=True)
class SignedIn:
    """Who sent a request with a user's token."""

    user: User
    session_id: str | None
    began_at: datetime | None
    """When the session began; None for a token without one."""


@dataclass(frozen=True)
class Auth:
    """The parts of the room. `url` is its public address, `…/auth/v1`."""

    config: Config
    identity: Identity
    url: str
    pool: Pool
    mailer: Mailer
    passwords: Passwords
    limits: Limits
    sessions: Sessions

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction, rolled back when the block raises."""
        async with self.pool.connection() as connection, connection.transaction():
            yield connection

    async def signed_in(self, request: Request) -> SignedIn:
        """The user whose access token came along. Raises Problem."""
        claims = self._claims(request)
        subject, session_id = claims.get("sub"), claims.get("session_id")
        if not subject:
            raise Problem(403, "bad_jwt", "invalid claim: missing sub claim")
        try:
            user_id = uuid.UUID(str(subject))
        except ValueError as error:
            raise Problem(400, "bad_jwt", "invalid claim: sub claim must be a UUID") from error
        async with self.pool.connection() as connection:
            user = await users.by_id(connection, user_id)
            began_at = await sessions.exists(connection, str(session_id)) if session_id else None
        if user is None:
            raise Problem(403, "user_not_found", "User from sub claim in JWT does not exist")
        if session_id and began_at is None:
            raise Problem(403, "session_not_found", "Session from session_id claim in JWT does not exist")
        return SignedIn(user, str(session_id) if session_id else None, began_at)

    def require_admin(self, request: Request) -> None:
        """Raises Problem for anybody but the holder of a secret key."""
        if self._claims(request).get("role") not in ADMINS:
            raise Problem(403, "not_admin", "User not allowed")

    def _claims(self, request: Request) -> dict[str, Any]:
        scheme, _, token = (request.header("authorization") or "").partition(" ")
        token = token.strip()
        if not token and (request.header("apikey") or "").startswith("sb_"):
            token = str(request.header("apikey"))  # the gateway puts a token in the place of an opaque key
        elif scheme.lower() != "bearer" or not token:
            raise Problem(401, "no_authorization", "This endpoint requires a valid Bearer token")
        try:
            return self.identity.of(token).claims
        except Unauthorised as error:
            message = f"invalid JWT: unable to parse or verify signature, {_as_hosted(token, error)}"
            raise Problem(403, "bad_jwt", message) from error

    def redirect_target(self, request: Request, wanted: str | None = None) -> str:
        """Where a link of this request leads in the end: what it asks for where that is allowed, else the site."""
        asked = (wanted, request.query.get("redirect_to"), request.header("redirect_to"), request.header("referer"))
        return next((url for url in asked if url and self.config.may_redirect_to(url)), self.config.site_url)

    def link(self, token: str, kind: str, redirect_to: str) -> str:
        """The link of a mail."""
        return f"{self.url}/verify?" + urlencode({"token": token, "type": kind, "redirect_to": redirect_to})

    def check_frequency(self, sent_at: datetime | None) -> None:
        """Raises Problem (429) when the last mail of this kind left a moment ago."""
        if sent_at is None:
            return
        left = (sent_at + timedelta(seconds=self.config.max_frequency_s) - datetime.now(UTC)).total_seconds()
        if left > 0:
            text = f"For security purposes, you can only request this after {int(left)} seconds."
            raise Problem(429, "over_email_send_rate_limit", text)

    async def prepare_link(
        self, connection: Connection, user: User, kind: str, request: Request, challenge: Challenge | None = None
    ) -> tuple[User, Mail]:
        """Keep a token of verification type `kind` for the user's address, and the mail that brings it to him."""
        token_type = links.ACCEPTED[kind][0]
        if challenge and challenge.is_asked:
            await flows.begin(connection, challenge, user.id, kind)
        code = links.new_code(self.config.otp_length)
        prefix = links.PKCE if challenge and challenge.is_asked else ""
        token = prefix + links.digest(user.email, code)
        user = await links.store(connection, user, token_type, user.email, token)
        return user, Mail(kind, user.email, code, self.link(token, kind, self.redirect_target(request)))

    async def send(self, *mails: Mail) -> None:
        """Send what was prepared. Raises Problem when nobody takes it."""
        for mail in mails:
            await self.mailer.send(mail.kind, mail.to, mail.code, mail.link, mail.new_email)


def _as_hosted(token: str, refused: Unauthorised) -> str:
    """Why a token is refused, in the words of the library hosted Auth reads tokens with."""
    if token.count(".") != 2:
        return "token is malformed: token contains an invalid number of segments"
    if isinstance(refused.__cause__, jwt.ExpiredSignatureError):
        return "token has invalid claims: token is expired"
    if isinstance(refused.__cause__, jwt.InvalidSignatureError):
        is_secret = jwt.get_unverified_header(token).get("alg") == "HS256"
        why = "signature is invalid" if is_secret else "crypto/ecdsa: verification error"
        return f"token signature is invalid: {why}"
    if refused.__cause__ is None:
        return f"token signature is invalid: signing method {jwt.get_unverified_header(token).get('alg')} is invalid"
    return f"token is malformed: {refused.__cause__}"


def unsupported(feature: str) -> Problem:
    """501, by name."""
    said = refusal(feature)
    return Problem(501, said["code"], said["msg"], hint=said["hint"])
