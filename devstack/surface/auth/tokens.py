"""Access tokens: the claims hosted puts into them, and the project's own hook that may change them."""

import json
import logging
import re
import time
import uuid
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from devstack.surface.auth.config import Config
from devstack.surface.auth.problems import Problem, failed
from devstack.surface.auth.users import User
from devstack.surface.database import Connection
from devstack.surface.identity import Identity
from devstack.surface.problems import refusal

logger = logging.getLogger(__name__)
HOOK_TIMEOUT_MS = 2000
_PG_FUNCTION = re.compile(r"pg-functions://[^/]+/([^/]+)/([^/]+)")
REQUIRED: dict[str, type | tuple[type, ...]] = {
    "aud": (str, list), "exp": int, "iat": int, "sub": str, "email": str, "phone": str, "role": str, "aal": str,
    "session_id": str, "is_anonymous": bool,
}  # fmt: skip
"""Claims a hook must leave in place, and what they are."""


class Minter:
    """Makes access tokens. `issuer` is the address of the Auth API."""

    def __init__(self, config: Config, identity: Identity, issuer: str) -> None:
        self._config = config
        self._identity = identity
        self._issuer = issuer

    async def mint(self, connection: Connection, user: User, session_id: uuid.UUID, method: str) -> tuple[str, int]:
        """A token for `user` in a session, and when it expires. `method` says how he signed in. Raises Problem."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self._issuer, "sub": str(user.id), "aud": user.aud, "exp": now + self._config.jwt_expiry_s,
            "iat": now, "email": user.email, "phone": user.phone, "app_metadata": user.raw_app_meta_data,
            "user_metadata": user.raw_user_meta_data, "role": user.role, "aal": "aal1",
            "amr": await _methods(connection, session_id), "session_id": str(session_id),
            "is_anonymous": user.is_anonymous,
        }  # fmt: skip
        if self._config.token_hook:
            event = {"user_id": str(user.id), "claims": claims, "authentication_method": method}
            claims = await self._hooked(connection, event)
        return self._identity.sign(claims), now + self._config.jwt_expiry_s

    async def _hooked(self, connection: Connection, event: dict[str, Any]) -> dict[str, Any]:
        """The claims as the project's hook gives them back."""
        uri = self._config.token_hook
        found = _PG_FUNCTION.fullmatch(uri)
        if found is None:
            raise Problem(501, "not_supported", refusal("hooks over HTTP")["msg"])
        try:
            async with connection.transaction():
                await connection.execute(sql.SQL("set local statement_timeout = {}").format(HOOK_TIMEOUT_MS))
                query = sql.SQL("select {}.{}(%s)").format(sql.Identifier(found[1]), sql.Identifier(found[2]))
                cursor = await connection.execute(query, [Jsonb(event)])
                row = await cursor.fetchone()
                await connection.execute("set local statement_timeout to default")
        except psycopg.Error as error:
            logger.error("the access token hook %s failed: %s", uri, error)
            raise failed(f"Error running hook URI: {uri}") from error
        answer = row[0] if row else None
        if isinstance(answer, str):
            answer = json.loads(answer)
        return _checked(answer if isinstance(answer, dict) else {})


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    """The claims of a hook's answer. Raises Problem when it says `error`, or left out what a token needs."""
    refused = answer.get("error")
    if isinstance(refused, dict) and refused.get("message"):
        raise Problem(int(refused.get("http_code") or 500), "unknown", str(refused["message"]))
    claims = answer.get("claims")
    if not isinstance(claims, dict):
        claims = {}
    wrong = [f"- (root): {name} is required\n" for name in REQUIRED if name not in claims]
    wrong += [
        f"- {name}: Invalid type. Expected: {_json_type(kind)}\n"
        for name, kind in REQUIRED.items()
        if name in claims and (not isinstance(claims[name], kind) or (kind is int and isinstance(claims[name], bool)))
    ]
    if wrong:
        raise failed("output claims do not conform to the expected schema: \n" + "".join(wrong))
    return claims


def _json_type(kind: type | tuple[type, ...]) -> str:
    words = {str: "string", int: "integer", bool: "boolean", list: "array"}
    return "/".join(words[one] for one in (kind if isinstance(kind, tuple) else (kind,)))


async def _methods(connection: Connection, session_id: uuid.UUID) -> list[dict[str, Any]]:
    """How the session was signed in to, the latest first: the `amr` claim."""
    cursor = await connection.execute(
        "select authentication_method, extract(epoch from updated_at)::bigint from auth.mfa_amr_claims"
        " where session_id = %s order by updated_at desc",
        [session_id],
    )
    return [{"method": method, "timestamp": at} for method, at in await cursor.fetchall()]
