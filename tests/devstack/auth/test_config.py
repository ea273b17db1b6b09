"""The settings: what `supabase/config.toml` says is what holds, and what it asks for in vain is named."""

from pathlib import Path

import pytest

from devstack.surface.auth import config


def test_the_projects_own_settings_are_read() -> None:
    """What this tree says, and the defaults of `supabase start` for the rest."""
    found = config.read()
    assert (found.jwt_expiry_s, found.rotates, found.reuse_interval_s, found.min_password) == (3600, True, 10, 10)
    assert (found.confirms_email, found.confirms_both, found.secure_password_change) == (True, True, True)
    assert found.token_hook == "pg-functions://postgres/private/custom_access_token_hook"
    assert (found.otp_length, found.otp_expiry_s, found.max_frequency_s, found.allows_anonymous) == (6, 3600, 1.0, True)
    assert config.ignored() == []


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    """No hook, no confirmation, six characters."""
    assert config.read(tmp_path / "none.toml") == config.Config()


def test_other_settings_are_taken_and_vain_ones_named(tmp_path: Path) -> None:
    """Limits, durations, kinds of characters; hooks, providers and sessions we know nothing of are named."""
    file = tmp_path / "config.toml"
    file.write_text(
        """
[auth]
password_requirements = "lower_upper_letters_digits"
additional_redirect_urls = ["https://*.example.com/**"]
[auth.rate_limit]
token_refresh = 7
sign_in_sign_ups = 8
token_verifications = 9
[auth.email]
max_frequency = "1m30s"
[auth.hook.custom_access_token]
enabled = false
uri = "pg-functions://postgres/public/x"
[auth.hook.send_email]
enabled = true
uri = "https://example.com"
[auth.external.github]
enabled = true
[auth.external.apple]
enabled = false
[auth.sessions]
timebox = "24h"
[auth.mfa.totp]
enroll_enabled = false
verify_enabled = false
"""
    )
    found = config.read(file)
    assert (found.failed_logins, found.sign_ups, found.failed_verifications) == (7, 8, 9)
    assert (found.max_frequency_s, found.password_kinds, found.token_hook) == (90.0, ("lower", "upper", "digits"), "")
    assert config.ignored(file) == ["auth.hook.send_email", "auth.external.github", "auth.sessions"]
    allowed = {url: found.may_redirect_to(url) for url in (
        "https://app.example.com/a/b", "https://a.b.example.com/x", "https://example.com/", "ftp://x", "",
    )}  # fmt: skip
    assert list(allowed.values()) == [True, False, False, False, False]


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example\\@localhost/", "http://evil.example\\.localhost/", "http://localhost\\@evil.example/",
        "http://localhost@evil.example/", "//localhost/", "http:localhost", "http://[::1", "http://localhost:99999/",
        "http://localhost:1x/", "http://local\thost/", "http://localhost/\r\nx-evil: 1", "http://localhost/a b",
        "javascript://localhost/%0aalert(1)", "data://localhost/", "", "nonsense",
    ],
)  # fmt: skip
def test_a_link_leads_nowhere_a_browser_reads_otherwise(url: str) -> None:
    """A backslash is a slash to a browser, blanks are nothing, and a port must be one."""
    assert not config.Config().may_redirect_to(url)
    assert config.Config().may_redirect_to("http://localhost:3000/ü?next=%5C")


@pytest.mark.parametrize(("text", "seconds"), [("24h", 86400), ("1h30m", 5400), ("250ms", 0.25), ("0s", 0)])
def test_durations_are_gos(text: str, seconds: float) -> None:
    """As hosted reads them."""
    assert config.duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "1 h", "1d", "-1h", "h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Not guessed at."""
    with pytest.raises(ValueError, match="is no duration"):
        config.duration(text)
