"""Clients of supabase-py on the project."""

import uuid
from collections.abc import Callable, Iterator

import pytest

from supabase import Client, create_client
from tests.support.surface import Project


@pytest.fixture
def anonymous(project: Project) -> Client:
    """A client with the key a browser has."""
    return create_client(project.url, project.publishable_key)


@pytest.fixture
def service(project: Project) -> Client:
    """A client with the key only a server has."""
    return create_client(project.url, project.secret_key)


@pytest.fixture
def signed_in(project: Project, service: Client) -> Iterator[Callable[[], Client]]:
    """Makes a client in which a new user is signed in; the users are removed afterwards."""
    made: list[str] = []

    def sign_in() -> Client:
        credentials = {"email": f"e2e-{uuid.uuid4()}@example.com", "password": f"e2e {uuid.uuid4()}"}
        answer = service.auth.admin.create_user({**credentials, "email_confirm": True})
        made.append(answer.user.id)
        client = create_client(project.url, project.publishable_key)
        client.auth.sign_in_with_password(credentials)
        return client

    yield sign_in
    for user_id in made:
        service.auth.admin.delete_user(user_id)
