"""Access tokens of mailboxes that take no password: the refresh token goes in, a token for an hour comes out.

Account: config `{"oauth": {"token_url", "client_id", "scope"}}`, secrets `oauth_refresh_token` and, where the provider
asks for it, `oauth_client_secret`. The URL is one of the known providers' or one the operator allows: a tenant's own
could point anywhere.
"""

import re
import time
from typing import Any

import httpx
import msgspec

from app.channels.http_api import ANSWER_MOST

KNOWN = re.compile(
    r"https://oauth2\.googleapis\.com/token|https://login\.microsoftonline\.com/[A-Za-z0-9.-]{1,80}/oauth2/v2\.0/token"
    r"|https://api\.login\.yahoo\.com/oauth2/get_token"
)
EARLY_S = 120.0
"""A token that ends so soon is renewed at once: a log-in may take its time."""


class OAuthError(Exception):
    """No access token; `final` when only a person can help, by signing in again."""

    def __init__(self, reason: str, *, final: bool) -> None:
        super().__init__(reason)
        self.final = final


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept, sealed, as the secret `oauth_access_token`."""

    access_token: str
    expires_at: float
    """Seconds since 1970."""
    refresh_token: str | None = None
    """The new one, when the provider changed it."""

    def is_fresh(self) -> bool:
        """Whether it lasts for another log-in."""
        return self.expires_at - EARLY_S > time.time()


def stored_token(secrets: dict[str, str]) -> Token | None:
    """The kept token when it is still fresh."""
    try:
        token = msgspec.json.decode(secrets.get("oauth_access_token", ""), type=Token)
    except msgspec.DecodeError:
        return None
    return token if token.is_fresh() else None


async def refresh(client: httpx.AsyncClient, config: Any, secrets: dict[str, str], allowed: frozenset[str]) -> Token:
    """A new access token. Raises OAuthError."""
    given = config if isinstance(config, dict) else {}
    url = str(given.get("token_url") or "")
    if not (KNOWN.fullmatch(url) or url in allowed):
        raise OAuthError("config.oauth.token_url is not that of a known provider, nor allowed here", final=True)
    if not secrets.get("oauth_refresh_token"):
        raise OAuthError("the account has no secret oauth_refresh_token", final=True)
    form = {
        "grant_type": "refresh_token", "refresh_token": secrets["oauth_refresh_token"],
        "client_id": str(given.get("client_id") or ""), "client_secret": secrets.get("oauth_client_secret", ""),
        "scope": str(given.get("scope") or ""),
    }  # fmt: skip
    try:
        answer = await client.post(url, data={name: value for name, value in form.items() if value})
    except (httpx.HTTPError, OSError) as error:
        raise OAuthError(f"the token server does not answer: {type(error).__name__}", final=False) from error
    return _read(answer)


def _read(answer: httpx.Response) -> Token:
    try:
        said = msgspec.json.decode(answer.content[:ANSWER_MOST], type=dict[str, Any])
    except msgspec.DecodeError:
        said = {}
    token, lasts = said.get("access_token"), said.get("expires_in", 3600)
    if answer.status_code == 200 and isinstance(token, str) and token.isascii() and token:
        renewed = said.get("refresh_token")
        seconds = float(lasts) if isinstance(lasts, int | float | str) and str(lasts).isdigit() else 3600.0
        return Token(
            access_token=token, expires_at=time.time() + seconds,
            refresh_token=renewed if isinstance(renewed, str) else None,
        )  # fmt: skip
    name = str(said.get("error") or answer.status_code)[:60]
    raise OAuthError(
        f"the token server refuses: {name}: sign in again"
        if 400 <= answer.status_code < 500
        else f"the token server: {name}",
        final=400 <= answer.status_code < 500 and answer.status_code != 429,
    )
