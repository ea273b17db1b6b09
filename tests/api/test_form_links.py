"""Links by which a contact answers without an account, as the staff makes them."""

from tests.api.kit import Client, World


def test_a_link_is_made_for_a_contact(agent: Client, owner_client: Client, world: World) -> None:
    """Its address is where the internet reaches the form, and what is written there is the contact's."""
    message, thread = world.mail(world.acme, "offer@example.com", "My offer?")
    contact = agent.get(f"/v1/threads/{thread}").json()["contact_id"]
    account = owner_client.post(
        "/v1/channel-sessions", {"channel": "form", "provider": "hosted_form", "name": "Answers", "address": "answers"}
    ).json()["session_id"]
    body = {"contact_id": contact, "message_id": str(message), "days": 7}
    made = agent.post(f"/v1/channel-sessions/{account}/form-links", body)
    link = made.json()
    assert (made.status_code, link["contact_id"]) == (201, contact)
    assert link["url"] == f"https://parley.acme.test/functions/v1/form-reply/{link['link_id']}"
    with world.database.connect("parley_ingress") as edge:
        stored = edge.execute("select private.accept_form(%s, 'n1', '{}')", [link["link_id"]]).fetchone()
    assert stored == ("stored",)


def test_what_makes_no_link_is_named(agent: Client, world: World) -> None:
    """Days without sense, and an account people do not answer on."""
    _, thread = world.mail(world.acme, "nolink@example.com")
    contact = agent.get(f"/v1/threads/{thread}").json()["contact_id"]
    path = f"/v1/channel-sessions/{world.acme.session_id}/form-links"
    for days in (0, 366):
        assert agent.post(path, {"contact_id": contact, "days": days}).status_code == 422
    refused = agent.post(path, {"contact_id": contact}).json()
    assert (refused["code"], refused["field"]) == ("no_form_account", "session_id") and "hosted_form" in refused[
        "remedy"
    ]
