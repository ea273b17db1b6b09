"""The settings of Supabase Auth in `supabase/config.toml`; where it says nothing, the defaults of `supabase start`."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from devstack.surface import project

LOOPBACK = ("127.0.0.1", "localhost", "::1")
REQUIREMENTS: dict[str, tuple[str, ...]] = {
    "": (),
    "letters_digits": ("letters", "digits"),
    "lower_upper_letters_digits": ("lower", "upper", "digits"),
    "lower_upper_letters_digits_symbols": ("lower", "upper", "digits", "symbols"),
}
"""`password_requirements` → the kinds of characters a password must have."""
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Config:
    """What `[auth]` says. Times in seconds."""

    site_url: str = "http://127.0.0.1:3000"
    redirect_urls: tuple[str, ...] = ()
    jwt_expiry_s: int = 3600
    rotates: bool = True
    reuse_interval_s: int = 10
    allows_signup: bool = True
    allows_anonymous: bool = False
    min_password: int = 6
    password_kinds: tuple[str, ...] = ()
    allows_email_signup: bool = True
    confirms_email: bool = False
    confirms_both: bool = True
    secure_password_change: bool = False
    max_frequency_s: float = 1.0
    otp_length: int = 6
    otp_expiry_s: int = 3600
    flow_expiry_s: int = 300
    token_hook: str = ""
    """The URI of the custom access token hook; empty without one."""
    failed_logins: int = 30
    failed_verifications: int = 30
    sign_ups: int = 300
    """In five minutes from one address. Hosted allows 30: a test suite is one address, so unless config.toml says a
    number ten times as many are let in here."""
    anonymous_sign_ins: int = 30
    """In an hour from one address."""
    bcrypt_cost: int = 10

    def may_redirect_to(self, url: str) -> bool:
        """Whether a link may lead there: the site, an address of `additional_redirect_urls`, or this machine."""
        parts = _split(url)
        if parts is None or not parts.scheme or parts.scheme in ("javascript", "data", "vbscript"):
            return False
        if parts.scheme in ("http", "https") and parts.hostname in (urlsplit(self.site_url).hostname, *LOOPBACK):
            return True
        bare = url.partition("#")[0]
        return any(_pattern(glob).fullmatch(bare) for glob in self.redirect_urls)


def read(path: Path = project.FILE) -> Config:
    """The configuration of this project."""
    auth, email = project.section("auth", path=path), project.section("auth", "email", path=path)
    limits, hook = (
        project.section("auth", "rate_limit", path=path),
        project.section("auth", "hook", "custom_access_token", path=path),
    )
    given: dict[str, Any] = {
        "site_url": auth.get("site_url"), "jwt_expiry_s": auth.get("jwt_expiry"),
        "rotates": auth.get("enable_refresh_token_rotation"),
        "reuse_interval_s": auth.get("refresh_token_reuse_interval"), "allows_signup": auth.get("enable_signup"),
        "allows_anonymous": auth.get("enable_anonymous_sign_ins"), "min_password": auth.get("minimum_password_length"),
        "allows_email_signup": email.get("enable_signup"), "confirms_email": email.get("enable_confirmations"),
        "confirms_both": email.get("double_confirm_changes"),
        "secure_password_change": email.get("secure_password_change"), "otp_length": email.get("otp_length"),
        "otp_expiry_s": email.get("otp_expiry"), "failed_logins": limits.get("token_refresh"),
        "failed_verifications": limits.get("token_verifications"), "sign_ups": limits.get("sign_in_sign_ups"),
        "anonymous_sign_ins": limits.get("anonymous_users"),
    }  # fmt: skip
    if "max_frequency" in email:
        given["max_frequency_s"] = duration(email["max_frequency"])
    return Config(
        redirect_urls=tuple(auth.get("additional_redirect_urls", ())),
        password_kinds=REQUIREMENTS.get(auth.get("password_requirements", ""), ()),
        token_hook=str(hook.get("uri", "")) if hook.get("enabled") else "",
        **{name: value for name, value in given.items() if value is not None},
    )


def ignored(path: Path = project.FILE) -> list[str]:
    """Tables of the file that ask for something we do not do: a person who wrote them should hear of it."""
    names = [
        *(f"hook.{name}" for name in project.section("auth", "hook", path=path) if name != "custom_access_token"),
        *(f"external.{name}" for name in project.section("auth", "external", path=path)),
        *(f"mfa.{name}" for name in project.section("auth", "mfa", path=path)),
        *(f"third_party.{name}" for name in project.section("auth", "third_party", path=path)),
        *(f"web3.{name}" for name in project.section("auth", "web3", path=path)),
        "captcha", "email.smtp", "email.template", "oauth_server", "sessions", "sms",
    ]  # fmt: skip
    asked = {name: project.section("auth", *name.split("."), path=path) for name in names}
    switches = ("enabled", "enable_signup", "enroll_enabled", "verify_enabled")
    return [
        f"auth.{name}" for name, table in asked.items()
        if table and (any(table.get(one) for one in switches) or not any(one in table for one in switches))
    ]  # fmt: skip


def duration(text: str) -> float:
    """`1h30m`, `90s`, `250ms` in seconds. Raises ValueError."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text} is no duration")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _split(url: str) -> SplitResult | None:
    """The parts of a URL; None for what a browser may read as another one: a backslash is a slash to it, and blanks and
    control characters are nothing."""
    if "\\" in url or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where there is none that can be
    except ValueError:
        return None
    return parts


def _pattern(glob: str) -> re.Pattern[str]:
    """A glob of hosted's allow list: `*` stops at `.` and `/`, `**` does not, `?` is one character."""
    words = {"**": ".*", "*": "[^./]*", "?": "[^./]"}
    return re.compile("".join(words.get(part) or re.escape(part) for part in re.split(r"(\*\*|\*|\?)", glob)))
