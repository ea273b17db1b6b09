"""Which function answers which path, and what is refused by name."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from devstack.surface.auth import account, admin, generate, info, otp, signin, signup, verify
from devstack.surface.auth.requests import Answer, Request
from devstack.surface.auth.service import Auth

Handler = Callable[[Auth, Request], Awaitable[Answer]]


@dataclass(frozen=True)
class Route:
    """A path, the method, and who answers. `is_open` needs no API key: links in mails, and what checks tokens."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    is_open: bool = False


def _route(method: str, path: str, handler: Handler, *, is_open: bool = False) -> Route:
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
    return Route(method, re.compile(pattern), handler, is_open)


ROUTES = [
    _route("GET", "/health", info.health, is_open=True),
    _route("GET", "/.well-known/jwks.json", info.jwks, is_open=True),
    _route("GET", "/settings", info.settings),
    _route("POST", "/signup", signup.sign_up),
    _route("POST", "/token", signin.token),
    _route("POST", "/otp", otp.otp),
    _route("POST", "/magiclink", otp.otp),
    _route("POST", "/recover", otp.recover),
    _route("POST", "/resend", otp.resend),
    _route("GET", "/verify", verify.follow_link, is_open=True),
    _route("POST", "/verify", verify.verify),
    _route("GET", "/user", account.get_user),
    _route("PUT", "/user", account.change_user),
    _route("GET", "/reauthenticate", account.reauthenticate),
    _route("POST", "/logout", account.log_out),
    _route("POST", "/invite", admin.invite),
    _route("POST", "/admin/generate_link", generate.generate_link),
    _route("GET", "/admin/users", admin.list_users),
    _route("POST", "/admin/users", admin.create_user),
    _route("GET", "/admin/users/{user_id}", admin.get_user),
    _route("PUT", "/admin/users/{user_id}", admin.change_user),
    _route("DELETE", "/admin/users/{user_id}", admin.delete_user),
]

REFUSED = [
    (re.compile(r"/factors(/.*)?|/admin/users/[^/]+/factors(/.*)?"), "multi-factor authentication"),
    (re.compile(r"/authorize|/callback"), "social log-in (OAuth)"),
    (re.compile(r"/user/identities(/.*)?"), "linking of identities"),
    (re.compile(r"/sso/saml(/.*)?"), "SAML"),
    (re.compile(r"/sso(/.*)?|/admin/sso(/.*)?"), "single sign-on (SSO)"),
    (re.compile(r"(/admin|/user)?/oauth(/.*)?|/admin/custom-providers(/.*)?"), "being an OAuth server"),
    (re.compile(r"/passkeys(/.*)?|/admin/users/[^/]+/passkeys(/.*)?"), "passkeys"),
    (re.compile(r"/(admin/)?scim(-providers)?(/.*)?"), "SCIM"),
    (re.compile(r"/admin/audit"), "the audit log of Auth"),
    (re.compile(r"/\.well-known/(openid-configuration|oauth-authorization-server)"), "being an OAuth server"),
]
"""Paths hosted has and this surface does not → what they stand for."""


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a request, and what its placeholders stand for."""
    for route in ROUTES:
        if route.method == method and (match := route.pattern.fullmatch(path)):
            return route, match.groupdict()
    return None


def refused(path: str) -> str | None:
    """What this path stands for, if that is refused."""
    return next((feature for pattern, feature in REFUSED if pattern.fullmatch(path)), None)


def is_known(path: str) -> bool:
    """Whether there is anything at this path, by whatever method."""
    return any(route.pattern.fullmatch(path) for route in ROUTES)
