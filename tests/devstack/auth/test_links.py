"""Links and codes from mails: good once, for an hour, and only where the site is."""

import concurrent.futures
from urllib.parse import urlsplit

import httpx
import pytest
from supabase_auth.errors import AuthApiError

from tests.devstack.auth.kit import ANOTHER, GOOD, Local, fragment, new_address, query


def follow(local: Local, link: str) -> httpx.Response:
    """What a browser gets that follows the link; it has no API key."""
    return httpx.get(link, follow_redirects=False)


def test_a_magic_link_signs_in_once(local: Local) -> None:
    """A session the first time, the error in the fragment the second."""
    address = local.person()
    local.client().auth.sign_in_with_otp({"email": address})
    mail = local.mail(address)
    assert mail.subject == "Your magic link"
    said = fragment(follow(local, mail.link))
    assert said["type"] == "magiclink" and said["access_token"]
    again = follow(local, mail.link)
    assert again.headers["location"].startswith("http://127.0.0.1:3000#")
    assert fragment(again) == {
        "error": "access_denied", "error_code": "otp_expired",
        "error_description": "Email link is invalid or has expired", "sb": "",
    }  # fmt: skip


def test_a_link_followed_twice_at_once_signs_in_once(local: Local) -> None:
    """Eight browsers, one session."""
    address = local.person()
    local.client().auth.sign_in_with_otp({"email": address})
    link = local.mail(address).link
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: fragment(follow(local, link)), range(8)))
    assert sum("access_token" in said for said in answers) == 1


def test_somebody_new_may_come_by_magic_link(local: Local) -> None:
    """He is made, and the mail that confirms him signs him in; with should_create_user false he is refused."""
    address = new_address()
    local.client().auth.sign_in_with_otp({"email": address, "options": {"data": {"name": "Ada"}}})
    assert local.mail(address).subject == "Confirm your signup"
    client = local.client()
    done = client.auth.verify_otp({"email": address, "token": local.mail(address).code, "type": "email"})
    assert done.user is not None and done.user.user_metadata["name"] == "Ada"
    with pytest.raises(AuthApiError, match="Signups not allowed for otp") as refused:
        client.auth.sign_in_with_otp({"email": new_address(), "options": {"should_create_user": False}})
    assert (refused.value.status, refused.value.code) == (422, "otp_disabled")


def test_recovery_ends_in_a_new_password(local: Local) -> None:
    """The link, a session, the password, and the old one is none any more; unknown addresses are answered alike."""
    address = local.person()
    client = local.client()
    assert local.ask("POST", "/recover", {"email": address}).json() == {}
    assert local.ask("POST", "/recover", {"email": new_address()}).json() == {}
    said = fragment(follow(local, local.mail(address).link))
    assert said["type"] == "recovery"
    client.auth.set_session(said["access_token"], said["refresh_token"])
    client.auth.update_user({"password": ANOTHER})
    assert local.signed_in(address, ANOTHER).auth.get_user()
    with pytest.raises(AuthApiError, match="Invalid login credentials"):
        local.signed_in(address, GOOD)


@pytest.mark.parametrize("kind", ["magiclink", "recovery", "email", "signup", "invite", "email_change"])
def test_an_old_or_foreign_code_is_refused(local: Local, kind: str) -> None:
    """One answer for a code that is wrong, somebody else's or an hour old, whatever the type."""
    address, other = local.person(), local.person()
    local.ask("POST", "/recover", {"email": address})
    local.ask("POST", "/recover", {"email": other})
    codes = {address: ["000000"], new_address(): [local.mail(other).code]}
    local.execute("update auth.one_time_tokens set created_at = created_at - interval '61 minutes'")
    codes[other] = [local.mail(other).code]
    for email, tried in codes.items():
        for code in tried:
            answer = local.ask("POST", "/verify", {"type": kind, "email": email, "token": code})
            assert (answer.status_code, answer.json()) == (
                403, {"code": 403, "error_code": "otp_expired", "msg": "Token has expired or is invalid"},
            )  # fmt: skip


def test_a_digest_serves_servers_that_follow_links_themselves(local: Local) -> None:
    """verify_otp with token_hash, as server-rendered sites do."""
    address = local.person()
    local.client().auth.sign_in_with_otp({"email": address})
    done = local.client().auth.verify_otp({"token_hash": local.mail(address).token, "type": "email"})
    assert done.session is not None and done.user is not None and done.user.email == address


def test_what_is_no_verification_is_refused(local: Local) -> None:
    """Neither or both of token and digest; types that do not exist."""
    for body in (
        {"type": "email", "email": "a@example.com"}, {"type": "email", "token": "1", "token_hash": "2"},
        {"token": "1", "email": "a@example.com"}, {"type": "nonsense", "token": "1", "email": "a@example.com"},
        {"type": "email", "token": "1"}, {"type": "email", "token_hash": "1", "email": "a@example.com"},
    ):  # fmt: skip
        answer = local.ask("POST", "/verify", body)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_failed"), body


@pytest.mark.parametrize(
    ("wanted", "is_allowed"),
    [
        ("http://127.0.0.1:3000/welcome?x=1", True), ("http://localhost:5173/after", True),
        ("https://app.example.com/in", True), ("https://app.example.com.evil.test/in", False),
        ("https://evil.test/", False), ("javascript:alert(1)", False), ("//evil.test/", False),
        ("http://127.0.0.1@evil.test/", False),
    ],
)  # fmt: skip
def test_links_lead_to_the_site_and_nowhere_else(local: Local, wanted: str, is_allowed: bool) -> None:
    """This machine and the addresses config.toml allows; whatever else is asked for, the site."""
    address = local.person()
    local.client().auth.sign_in_with_otp({"email": address, "options": {"email_redirect_to": wanted}})
    target = follow(local, local.mail(address).link).headers["location"].partition("#")[0]
    assert target == (wanted if is_allowed else "http://127.0.0.1:3000")
    # A link that was tampered with leads no further.
    local.client().auth.sign_in_with_otp({"email": address})
    link = local.mail(address).link.partition("&redirect_to")[0]
    answer = httpx.get(link, params={**httpx.URL(link).params, "redirect_to": wanted}, follow_redirects=False)
    assert answer.headers["location"].partition("#")[0] == (wanted if is_allowed else "http://127.0.0.1:3000")


CONFIG = {"redirect_urls": ("https://app.example.com/**",)}


def test_pkce_turns_a_link_into_a_code_for_one_browser(local: Local) -> None:
    """The link ends in a code; only who has the verifier gets the session, and gets it once."""
    address = local.person()
    browser = local.client(flow_type="pkce")
    browser.auth.sign_in_with_otp({"email": address})
    landed = follow(local, local.mail(address).link)
    code = query(landed)["code"]
    assert urlsplit(landed.headers["location"]).fragment == ""
    wrong = local.ask("POST", "/token?grant_type=pkce", {"auth_code": code, "code_verifier": "x" * 50})
    assert (wrong.status_code, wrong.json()["error_code"]) == (400, "bad_code_verifier")
    done = browser.auth.exchange_code_for_session({"auth_code": code})
    assert done.session is not None and done.user is not None and done.user.email == address
    claims = browser.auth.get_claims()
    assert claims is not None and claims["claims"]["amr"][0]["method"] == "magiclink"
    again = local.ask("POST", "/token?grant_type=pkce", {"auth_code": code, "code_verifier": "x" * 50})
    assert (again.status_code, again.json()["error_code"]) == (404, "flow_state_not_found")


def test_pkce_serves_sign_up_and_plain_challenges(local: Local) -> None:
    """`plain`: the challenge is the verifier."""
    address, verifier = new_address(), "v" * 43
    asked = {"email": address, "password": GOOD, "code_challenge": verifier, "code_challenge_method": "plain"}
    assert local.ask("POST", "/signup", asked).status_code == 200
    code = query(follow(local, local.mail(address).link))["code"]
    done = local.ask("POST", "/token?grant_type=pkce", {"auth_code": code, "code_verifier": verifier})
    assert done.status_code == 200 and done.json()["user"]["email"] == address


def test_a_code_is_good_for_five_minutes(local: Local) -> None:
    """Then its flow has expired."""
    address, verifier = local.person(), "v" * 43
    local.ask("POST", "/recover", {"email": address, "code_challenge": verifier, "code_challenge_method": "plain"})
    code = query(follow(local, local.mail(address).link))["code"]
    local.execute("update auth.flow_state set auth_code_issued_at = auth_code_issued_at - interval '301 seconds'")
    late = local.ask("POST", "/token?grant_type=pkce", {"auth_code": code, "code_verifier": verifier})
    assert (late.status_code, late.json()["error_code"]) == (422, "flow_state_expired")


def test_errors_of_a_pkce_link_are_in_the_query_as_well(local: Local) -> None:
    """A server-rendered site sees no fragment."""
    answer = follow(
        local, f"{local.url}/auth/v1/verify?token=pkce_nothing&type=magiclink&redirect_to=http://localhost/x"
    )
    assert query(answer)["error_code"] == fragment(answer)["error_code"] == "otp_expired"


def test_a_mail_is_sent_again_on_request(local: Local) -> None:
    """For a sign-up that is not confirmed; nothing for one that is, and nothing for strangers."""
    client, address = local.client(), new_address()
    client.auth.sign_up({"email": address, "password": GOOD})
    client.auth.resend({"type": "signup", "email": address})
    assert [mail.subject for mail in local.mails(address)] == ["Confirm your signup"] * 2
    client.auth.verify_otp({"email": address, "token": local.mail(address).code, "type": "signup"})
    client.auth.resend({"type": "signup", "email": address})
    client.auth.resend({"type": "signup", "email": new_address()})
    assert len(local.mails(address)) == 2
    assert local.ask("POST", "/resend", {"type": "recovery", "email": address}).status_code == 400
