"""PKCE: a link ends in a code, and only the browser that asked for the link can turn it into a session."""

import base64
import hashlib
import hmac
import re
import uuid
from dataclasses import dataclass

from devstack.surface.auth.problems import Problem, invalid
from devstack.surface.auth.requests import Body
from devstack.surface.database import Connection

_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]+")
METHODS = {
    "signup": "email/signup", "recovery": "recovery", "magiclink": "magiclink", "invite": "invite",
    "email_change": "email_change",
}  # fmt: skip
"""Verification type → how a flow that ends with it says the user signed in."""


class Challenge(Body, frozen=True, kw_only=True):
    """The members of a body that ask for PKCE."""

    code_challenge: str | None = None
    code_challenge_method: str | None = None

    @property
    def is_asked(self) -> bool:
        """Whether the client asks for PKCE."""
        return bool(self.code_challenge)

    def check(self) -> None:
        """Raises Problem when what is asked for is no proper challenge."""
        if bool(self.code_challenge) != bool(self.code_challenge_method):
            raise invalid("PKCE flow requires code_challenge_method and code_challenge")
        if not self.code_challenge:
            return
        if not 43 <= len(self.code_challenge) <= 128:
            raise invalid("code challenge has to be between 43 and 128 characters")
        if not _CHALLENGE.fullmatch(self.code_challenge):
            raise invalid(
                "code challenge can only contain alphanumeric characters, hyphens, periods, underscores and tildes"
            )
        if str(self.code_challenge_method).lower() not in ("s256", "plain"):
            raise invalid(f'unsupported code_challenge method "{self.code_challenge_method}"')


@dataclass(frozen=True)
class Finished:
    """A flow whose code was exchanged."""

    user_id: uuid.UUID
    method: str


async def begin(connection: Connection, challenge: Challenge, user_id: uuid.UUID, kind: str) -> None:
    """Note that `user_id` was sent a link of verification type `kind` by a browser with this challenge."""
    await connection.execute(
        "insert into auth.flow_state (id, user_id, auth_code, code_challenge_method, code_challenge, provider_type,"
        " created_at, updated_at, authentication_method)"
        " values (gen_random_uuid(), %s, gen_random_uuid()::text, %s, %s, %s, now(), now(), %s)",
        [user_id, str(challenge.code_challenge_method).lower(), challenge.code_challenge, METHODS[kind], METHODS[kind]],
    )


async def issue_code(connection: Connection, user_id: uuid.UUID, kind: str) -> str:
    """The code that the link of this user ends in. Raises Problem when no browser asked for one."""
    cursor = await connection.execute(
        "update auth.flow_state set auth_code_issued_at = now(), updated_at = now() where id = ("
        "select f.id from auth.flow_state as f where f.user_id = %s and f.authentication_method = %s"
        " order by f.created_at desc limit 1) returning auth_code",
        [user_id, METHODS.get(kind, kind)],
    )
    row = await cursor.fetchone()
    if row is None:
        raise Problem(
            400, "flow_state_not_found", "No associated flow state found. No valid flow state found for user."
        )
    return str(row[0])


async def finish(connection: Connection, code: str, verifier: str, expiry_s: int) -> Finished:
    """Use a code up. Raises Problem."""
    cursor = await connection.execute(
        "select id, user_id, authentication_method, code_challenge_method::text, code_challenge,"
        " coalesce(auth_code_issued_at, created_at) < now() - make_interval(secs => %s)"
        " from auth.flow_state where auth_code = %s for update",
        [expiry_s, code],
    )
    row = await cursor.fetchone()
    if row is None or row[1] is None:
        raise Problem(404, "flow_state_not_found", "invalid flow state, no valid flow state found")
    flow_id, user_id, method, kind, challenge, is_old = row
    if is_old:
        raise Problem(422, "flow_state_expired", "invalid flow state, flow state has expired")
    shown = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    if not hmac.compare_digest(str(challenge), shown if kind == "s256" else verifier):
        raise Problem(400, "bad_code_verifier", "code challenge does not match previously saved code verifier")
    await connection.execute("delete from auth.flow_state where id = %s", [flow_id])
    return Finished(user_id, method)
