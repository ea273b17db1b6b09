"""Refresh tokens: swapped at every use, one family a session, revoked when an old one turns up."""

import concurrent.futures
from typing import Any

import pytest
from supabase_auth.errors import AuthApiError

from tests.devstack.auth.kit import Local


def refresh(local: Local, token: str) -> Any:
    """The answer to a refresh."""
    return local.ask("POST", "/token?grant_type=refresh_token", {"refresh_token": token})


def session_of(client: Any) -> Any:
    """The client's session."""
    session = client.auth.get_session()
    assert session is not None
    return session


def grow_old(local: Local, seconds: int = 11) -> None:
    """Let every refresh token have been touched that long ago."""
    local.execute("update auth.refresh_tokens set updated_at = updated_at - make_interval(secs => %s)", seconds)


def test_a_refresh_swaps_the_token_within_the_session(local: Local) -> None:
    """A new pair; the session and its amr stay; the user says when he signed in, not when he refreshed."""
    client = local.signed_in()
    before = session_of(client)
    after = client.auth.refresh_session().session
    assert after is not None and after.refresh_token != before.refresh_token
    first, second = client.auth.get_claims(before.access_token), client.auth.get_claims(after.access_token)
    assert first is not None and second is not None
    assert first["claims"]["session_id"] == second["claims"]["session_id"]
    assert first["claims"]["amr"] == second["claims"]["amr"]
    assert after.user.last_sign_in_at == before.user.last_sign_in_at


def test_two_tabs_that_refresh_at_once_end_with_one_token(local: Local) -> None:
    """Eight requests with one token: all are answered, all with the same new token, which works."""
    token = session_of(local.signed_in()).refresh_token
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refresh(local, token), range(8)))
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
    [new] = {answer.json()["refresh_token"] for answer in answers}
    assert new != token and refresh(local, new).status_code == 200


def test_an_answer_that_got_lost_can_be_asked_for_again(local: Local) -> None:
    """The token before the live one is answered with the live one, however late: the client never saw it."""
    token = session_of(local.signed_in()).refresh_token
    new = refresh(local, token).json()["refresh_token"]
    grow_old(local)
    assert refresh(local, token).json()["refresh_token"] == new


def test_an_old_token_revokes_the_whole_family(local: Local) -> None:
    """Older than the one before, and used again after ten seconds: somebody stole it. Nothing of the family lives on."""
    first = session_of(local.signed_in()).refresh_token
    second = refresh(local, first).json()["refresh_token"]
    third = refresh(local, second).json()["refresh_token"]
    grow_old(local)
    stolen = refresh(local, first)
    assert (stolen.status_code, stolen.json()["error_code"]) == (400, "refresh_token_already_used")
    assert stolen.json()["msg"] == "Invalid Refresh Token: Already Used"
    for token in (first, second, third):
        answer = refresh(local, token)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "refresh_token_already_used"), token


def test_within_ten_seconds_an_old_token_is_a_race_not_a_theft(local: Local) -> None:
    """A third tab that comes late is let in, and the tab that was in time is not thrown out for it."""
    first = session_of(local.signed_in()).refresh_token
    third = refresh(local, refresh(local, first).json()["refresh_token"]).json()["refresh_token"]
    late = refresh(local, first)
    assert late.status_code == 200 and late.json()["refresh_token"] != third
    grow_old(local)
    assert refresh(local, third).status_code == 200
    assert refresh(local, late.json()["refresh_token"]).status_code == 200


def test_other_sessions_of_the_user_live_on(local: Local) -> None:
    """A family is one session's."""
    address = local.person()
    here, there = local.signed_in(address), local.signed_in(address)
    first = session_of(here).refresh_token
    refresh(local, refresh(local, first).json()["refresh_token"])
    grow_old(local)
    assert refresh(local, first).status_code == 400
    assert refresh(local, session_of(there).refresh_token).status_code == 200


def test_tokens_nobody_issued_are_refused(local: Local) -> None:
    """Hosted's code; a session that ended takes its tokens along."""
    assert refresh(local, "nosuchtoken1").json()["error_code"] == "refresh_token_not_found"
    assert refresh(local, "").json()["error_code"] == "validation_failed"
    client = local.signed_in()
    token = session_of(client).refresh_token
    client.auth.sign_out()
    assert refresh(local, token).json()["error_code"] == "refresh_token_not_found"


def test_a_session_with_an_end_is_not_refreshed_after_it(local: Local) -> None:
    """`not_after`, as an operator sets it."""
    client = local.signed_in()
    local.execute("update auth.sessions set not_after = now() - interval '1 second' where user_id = %s",
                  session_of(client).user.id)  # fmt: skip
    with pytest.raises(AuthApiError, match="Session Expired") as refused:
        client.auth.refresh_session()
    assert refused.value.code == "session_expired"
