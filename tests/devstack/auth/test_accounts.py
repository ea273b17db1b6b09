"""What a user does with his account: metadata, password, address, leaving."""

import pytest
from supabase_auth.errors import AuthApiError

from tests.devstack.auth.kit import ANOTHER, GOOD, Local, new_address
from tests.devstack.auth.test_links import follow, fragment, query


def token_of(client: object) -> str:
    """The client's access token."""
    session = client.auth.get_session()  # type: ignore[attr-defined]
    assert session is not None
    return str(session.access_token)


def test_metadata_is_merged_and_null_removes(local: Local) -> None:
    """`data` adds to what there is; app_metadata is not the user's to change."""
    client = local.signed_in(local.person(user_metadata={"name": "Ada", "color": "red"}))
    answer = client.auth.update_user({"data": {"color": None, "size": 3}})
    metadata = answer.user.user_metadata
    assert (metadata["name"], metadata["size"], "color" in metadata) == ("Ada", 3, False)
    refused = local.as_user(token_of(client), "PUT", "/user", {"app_metadata": {"role": "king"}})
    assert (refused.status_code, refused.json()["error_code"]) == (403, "not_admin")


def test_a_new_password_ends_the_other_sessions(local: Local) -> None:
    """The session that changed it goes on; links that were under way are void."""
    address = local.person()
    here, there = local.signed_in(address), local.signed_in(address)
    local.client().auth.sign_in_with_otp({"email": address})
    here.auth.update_user({"password": ANOTHER})
    assert here.auth.get_user()
    gone = local.as_user(token_of(there), "GET", "/user")
    assert (gone.status_code, gone.json()["error_code"]) == (403, "session_not_found")
    assert fragment(follow(local, local.mail(address).link))["error_code"] == "otp_expired"
    assert local.signed_in(address, ANOTHER).auth.get_user()


@pytest.mark.parametrize(("password", "code"), [(GOOD, "same_password"), ("short", "weak_password")])
def test_a_password_that_will_not_do_is_refused(local: Local, password: str, code: str) -> None:
    """The old one, and a weak one."""
    answer = local.as_user(token_of(local.signed_in()), "PUT", "/user", {"password": password})
    assert (answer.status_code, answer.json()["error_code"]) == (422, code)


def test_an_old_session_proves_itself_before_it_changes_the_password(local: Local) -> None:
    """After a day: reauthenticate, and name the code; another's code or a wrong one does not do."""
    address = local.person()
    client = local.signed_in(address)
    local.execute("update auth.sessions set created_at = now() - interval '25 hours'")
    for nonce, code in ((None, "reauthentication_needed"), ("000000", "reauthentication_not_valid")):
        answer = local.as_user(token_of(client), "PUT", "/user", {"password": ANOTHER, "nonce": nonce})
        assert answer.json()["error_code"] == code
    client.auth.reauthenticate()
    client.auth.update_user({"password": ANOTHER, "nonce": local.mail(address).code})
    assert local.signed_in(address, ANOTHER).auth.get_user()


@pytest.mark.parametrize("first", ["old", "new"])
def test_an_address_changes_when_both_agree(local: Local, first: str) -> None:
    """One confirmation says that the other is awaited, the second changes the address; the order is free."""
    old, new = local.person(), new_address()
    client = local.signed_in(old)
    answer = client.auth.update_user({"email": new})
    assert (answer.user.email, answer.user.new_email) == (old, new)
    order = [old, new] if first == "old" else [new, old]
    said = fragment(follow(local, local.mail(order[0]).link))
    assert said["message"].startswith("Confirmation link accepted.")
    user = client.auth.get_user()
    assert user is not None and user.user.email == old
    done = local.client().auth.verify_otp(
        {"email": order[1], "token": local.mail(order[1]).code, "type": "email_change"}
    )
    assert done.user is not None and (done.user.email, done.user.new_email) == (new, None)
    assert [one.identity_data["email"] for one in done.user.identities or []] == [new]
    assert local.signed_in(new).auth.get_user()


def test_an_address_changes_by_pkce_too(local: Local) -> None:
    """The second link ends in a code for the browser that asked."""
    old, new = local.person(), new_address()
    client = local.client(flow_type="pkce")
    client.auth.sign_in_with_password({"email": old, "password": GOOD})
    verifier = "v" * 43
    asked = {"email": new, "code_challenge": verifier, "code_challenge_method": "plain"}
    assert local.as_user(token_of(client), "PUT", "/user", asked).status_code == 200
    assert query(follow(local, local.mail(old).link))["message"].startswith("Confirmation link accepted.")
    code = query(follow(local, local.mail(new).link))["code"]
    done = local.ask("POST", "/token?grant_type=pkce", {"auth_code": code, "code_verifier": verifier})
    assert done.json()["user"]["email"] == new


def test_a_taken_address_is_refused_first_and_last(local: Local) -> None:
    """Taken when it is asked for, or taken by the time it is confirmed."""
    old, taken, late = local.person(), local.person(), new_address()
    client = local.signed_in(old)
    with pytest.raises(AuthApiError) as refused:
        client.auth.update_user({"email": taken})
    assert (refused.value.status, refused.value.code) == (422, "email_exists")
    client.auth.update_user({"email": late})
    local.admin().auth.admin.create_user({"email": late, "email_confirm": True})
    follow(local, local.mail(old).link)
    assert fragment(follow(local, local.mail(late).link))["error_code"] == "email_exists"


def test_the_mail_of_a_change_is_sent_again(local: Local) -> None:
    """Both mails, with new codes."""
    old, new = local.person(), new_address()
    local.signed_in(old).auth.update_user({"email": new})
    local.client().auth.resend({"type": "email_change", "email": old})
    assert [len(local.mails(address)) for address in (old, new)] == [2, 2]
    assert local.mails(new)[0].code != local.mails(new)[1].code


@pytest.mark.parametrize(("scope", "left"), [("global", []), ("local", ["there"]), ("others", ["here"]), (None, [])])
def test_leaving_ends_the_sessions_it_names(local: Local, scope: str | None, left: list[str]) -> None:
    """All, this one, or the others: their tokens are refused from then on."""
    address = local.person()
    tokens = {name: token_of(local.signed_in(address)) for name in ("here", "there")}
    path = f"/logout?scope={scope}" if scope else "/logout"
    answer = local.as_user(tokens["here"], "POST", path)
    assert (answer.status_code, answer.content) == (204, b"")
    states = {name: local.as_user(token, "GET", "/user").status_code for name, token in tokens.items()}
    assert states == {name: 200 if name in left else 403 for name in tokens}


def test_a_scope_that_is_none_is_refused(local: Local) -> None:
    """400, and nobody is signed out."""
    token = token_of(local.signed_in())
    assert local.as_user(token, "POST", "/logout?scope=galaxy").status_code == 400
    assert local.as_user(token, "GET", "/user").status_code == 200


def test_mails_do_not_leave_faster_than_the_project_says(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    """429 with the seconds left, as hosted words it."""
    from dataclasses import replace

    auth = local.room._auth
    monkeypatch.setattr(local.room, "_auth", replace(auth, config=replace(auth.config, max_frequency_s=60.0)))
    address = local.person()
    assert local.ask("POST", "/recover", {"email": address}).status_code == 200
    answer = local.ask("POST", "/recover", {"email": address})
    assert (answer.status_code, answer.json()["error_code"]) == (429, "over_email_send_rate_limit")
    assert answer.json()["msg"] in {
        f"For security purposes, you can only request this after {seconds} seconds." for seconds in range(1, 60)
    }
