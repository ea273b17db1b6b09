"""Auth with supabase-py: what a server written in Python does."""

import uuid
from collections.abc import Callable

import pytest
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

from supabase import Client, acreate_client
from tests.support.surface import Project


def test_a_session_lives_from_sign_in_to_sign_out(signed_in: Callable[[], Client]) -> None:
    """Signed in, refreshed, out: and the old token opens nothing any more."""
    client = signed_in()
    first = client.auth.get_session()
    second = client.auth.refresh_session().session
    assert first is not None and second is not None and first.refresh_token != second.refresh_token
    claims = client.auth.get_claims()
    assert claims is not None and claims["claims"]["sub"] == second.user.id
    client.auth.sign_out()
    with pytest.raises(AuthApiError) as refused:
        client.auth.get_user(second.access_token)
    assert (refused.value.status, refused.value.code) == (403, "session_not_found")


def test_an_admin_makes_changes_and_deletes_a_user(service: Client) -> None:
    """Every timestamp and member is one that supabase-py accepts."""
    address = f"e2e-{uuid.uuid4()}@example.com"
    admin = service.auth.admin
    user = admin.create_user({"email": address, "user_metadata": {"name": "Ada"}}).user
    try:
        assert user.email_confirmed_at is None and user.created_at is not None
        user = admin.update_user_by_id(user.id, {"email_confirm": True, "app_metadata": {"plan": "gold"}}).user
        assert user.email_confirmed_at is not None and user.app_metadata["plan"] == "gold"
        assert user.id in {one.id for one in admin.list_users(page=1, per_page=50)}
    finally:
        admin.delete_user(user.id)
    with pytest.raises(AuthApiError) as gone:
        admin.get_user_by_id(user.id)
    assert (gone.value.status, gone.value.code) == (404, "user_not_found")


def test_errors_are_the_clients_own(anonymous: Client) -> None:
    """Weak passwords have reasons, wrong ones a code."""
    with pytest.raises(AuthWeakPasswordError) as weak:
        anonymous.auth.sign_up({"email": f"e2e-{uuid.uuid4()}@example.com", "password": "x"})
    assert "length" in weak.value.reasons
    with pytest.raises(AuthApiError) as wrong:
        anonymous.auth.sign_in_with_password({"email": f"e2e-{uuid.uuid4()}@example.com", "password": "no such user"})
    assert (wrong.value.status, wrong.value.code) == (400, "invalid_credentials")


async def test_a_link_signs_in_asynchronously(project: Project, service: Client) -> None:
    """The other half of the client, and a digest instead of a browser."""
    address = f"e2e-{uuid.uuid4()}@example.com"
    link = service.auth.admin.generate_link({"type": "magiclink", "email": address})
    client = await acreate_client(project.url, project.publishable_key)
    kind = link.properties.verification_type
    done = await client.auth.verify_otp({"token_hash": link.properties.hashed_token, "type": kind})  # type: ignore[misc]
    assert done.user is not None and done.user.email == address
    await client.auth.sign_out()
    service.auth.admin.delete_user(done.user.id)
