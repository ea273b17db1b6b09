"""Sign-up: a mail asks for confirmation, and nobody learns who is a user already."""

import concurrent.futures
from typing import Any

import pytest
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

from tests.devstack.auth.kit import ANOTHER, GOOD, Local, fragment, new_address


def test_a_new_user_confirms_his_address_and_is_signed_in(local: Local) -> None:
    """No session before the link was followed, one in the redirect afterwards; then the password works."""
    client, address = local.client(), new_address()
    answer = client.auth.sign_up({"email": address, "password": GOOD, "options": {"data": {"name": "Ada"}}})
    assert answer.session is None and answer.user is not None
    assert answer.user.user_metadata["name"] == "Ada"
    assert answer.user.email_confirmed_at is None and answer.user.confirmation_sent_at is not None
    assert [one.provider for one in answer.user.identities or []] == ["email"]
    with pytest.raises(AuthApiError, match="Email not confirmed") as refused:
        client.auth.sign_in_with_password({"email": address, "password": GOOD})
    assert (refused.value.status, refused.value.code) == (400, "email_not_confirmed")
    mail = local.mail(address)
    assert mail.subject == "Confirm your signup"
    said = fragment(local.ask("GET", mail.link.partition("/auth/v1")[2]))
    assert said["type"] == "signup" and said["token_type"] == "bearer"
    session = client.auth.set_session(said["access_token"], said["refresh_token"])
    assert session.user is not None and session.user.email_confirmed_at is not None
    assert session.user.user_metadata["email_verified"] is True
    assert client.auth.sign_in_with_password({"email": address.upper(), "password": GOOD}).session


def test_a_code_confirms_as_well_as_the_link(local: Local) -> None:
    """verify_otp with type email takes what the mail says to type."""
    client, address = local.client(), new_address()
    client.auth.sign_up({"email": address, "password": GOOD})
    answer = client.auth.verify_otp({"email": address, "token": local.mail(address).code, "type": "email"})
    assert answer.session is not None and answer.user is not None and answer.user.email == address


def test_an_address_that_is_taken_is_answered_like_a_new_one(local: Local) -> None:
    """The same shape, an id nobody has, no identities, no mail; the password of the known user stays."""
    address = local.person()
    answer = local.client().auth.sign_up({"email": address, "password": ANOTHER})
    known = local.signed_in(address).auth.get_user()
    assert answer.user is not None and known is not None and answer.session is None
    assert answer.user.id != known.user.id
    assert (answer.user.identities, answer.user.email) == ([], address)
    assert local.mails(address) == []


def test_signing_up_again_before_confirming_sends_the_mail_again(local: Local) -> None:
    """One user; the first password stays, since nothing shows that it is the same person; the newest link counts."""
    client, address = local.client(), new_address()
    first = client.auth.sign_up({"email": address, "password": GOOD}).user
    second = client.auth.sign_up({"email": address, "password": ANOTHER}).user
    assert first is not None and second is not None and first.id == second.id
    old, new = local.mails(address)
    stale = local.ask("GET", old.link.partition("/auth/v1")[2])
    assert fragment(stale)["error_code"] == "otp_expired"
    assert "access_token" in fragment(local.ask("GET", new.link.partition("/auth/v1")[2]))
    assert local.signed_in(address, GOOD).auth.get_user()


def test_many_who_sign_up_as_one_are_one(local: Local) -> None:
    """Ten requests at once for one address make one user."""
    address = new_address()
    body = {"email": address, "password": GOOD}
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: local.ask("POST", "/signup", body), range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert local.execute("select count(*) from auth.users where email = %s", address) == [(1,)]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"email": "no address", "password": GOOD}, 400, "validation_failed"),
        ({"email": f"{'a' * 250}@example.com", "password": GOOD}, 400, "validation_failed"),
        ({"email": "a@example.com"}, 400, "validation_failed"),
        ({"email": "a@example.com", "password": "x" * 73}, 400, "validation_failed"),
        ({"email": "a@example.com", "password": "short"}, 422, "weak_password"),
        ({"email": 7, "password": GOOD}, 400, "bad_json"),
        ({"email": "a@example.com", "password": GOOD, "data": "text"}, 400, "bad_json"),
        ({"email": "a@example.com", "password": GOOD, "code_challenge": "x" * 43}, 400, "validation_failed"),
        ({"email": "a@example.com", "password": GOOD, "code_challenge": "x", "code_challenge_method": "s256"},
         400, "validation_failed"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_sign_up_is_refused(local: Local, body: Any, status: int, code: str) -> None:
    """Hosted's status and code."""
    answer = local.ask("POST", "/signup", body)
    assert (answer.status_code, answer.json()["error_code"], answer.json()["code"]) == (status, code, status)


def test_a_weak_password_is_told_why(local: Local) -> None:
    """The client's own exception carries the reasons."""
    with pytest.raises(AuthWeakPasswordError) as refused:
        local.client().auth.sign_up({"email": new_address(), "password": "tooshort1"})
    assert refused.value.reasons == ["length"]
    assert str(refused.value) == "Password should be at least 10 characters."


def test_a_mail_nobody_takes_is_an_error(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 as hosted words it, not a sign-up that waits for ever."""
    monkeypatch.setattr(local.room._auth.mailer, "_port", 1)
    answer = local.ask("POST", "/signup", {"email": new_address(), "password": GOOD})
    assert (answer.status_code, answer.json()["msg"]) == (500, "Error sending confirmation email")


def test_the_projects_own_trigger_may_refuse_a_user(local: Local) -> None:
    """A trigger on auth.users that raises is answered as on hosted, and nothing is left behind."""
    local.execute(
        "create function public.no_gmail() returns trigger language plpgsql as $$ begin"
        " if new.email like '%@gmail.test' then raise exception 'no'; end if; return new; end $$"
    )
    local.execute("create trigger no_gmail before insert on auth.users for each row execute function public.no_gmail()")
    answer = local.ask("POST", "/signup", {"email": "ada@gmail.test", "password": GOOD})
    assert (answer.status_code, answer.json()["msg"]) == (500, "Database error saving new user")
    assert local.execute("select count(*) from auth.users where email = 'ada@gmail.test'") == [(0,)]


def test_a_visitor_without_an_address_becomes_a_user_with_one(local: Local) -> None:
    """Anonymous: a session at once, the claim says so; with a confirmed address he keeps his id."""
    client = local.client()
    visitor = client.auth.sign_in_anonymously({"options": {"data": {"color": "red"}}})
    assert visitor.user is not None and visitor.session is not None
    assert visitor.user.is_anonymous and visitor.user.user_metadata == {"color": "red"}
    claims = client.auth.get_claims(visitor.session.access_token)
    assert claims is not None and claims["claims"]["is_anonymous"] is True
    refused = local.as_user(visitor.session.access_token, "PUT", "/user", {"password": GOOD})
    assert refused.status_code == 422
    address = new_address()
    client.auth.update_user({"email": address})
    done = client.auth.verify_otp({"email": address, "token": local.mail(address).code, "type": "email_change"})
    assert done.user is not None and done.user.id == visitor.user.id
    assert (done.user.email, done.user.is_anonymous, done.user.app_metadata["provider"]) == (address, False, "email")
