"""Notes of the staff, and the HTML of a mail, over HTTP."""

from tests.api.kit import Client, World


def test_a_note_is_written_changed_listed_and_deleted(agent: Client, owner_client: Client, world: World) -> None:
    """Newest first, by keyset; what was sent twice is there once; the timeline of messages knows nothing of it."""
    _, thread = world.mail(world.acme, "noted@example.com")
    path = f"/v1/threads/{thread}/notes"
    assert agent.get(path).json() == {"items": [], "next_cursor": None}
    made = [agent.post(path, {"note": f"note {n}", "client_note_id": f"n{n}"}) for n in (1, 2, 3, 3)]
    assert [answer.status_code for answer in made] == [201, 201, 201, 200]
    first = agent.get(path, limit=2).json()
    rest = agent.get(path, limit=2, cursor=first["next_cursor"]).json()
    assert [one["note"] for one in first["items"] + rest["items"]] == ["note 3", "note 2", "note 1"]
    assert rest["next_cursor"] is None and first["items"][0]["author_user_id"] == str(world.acme.people["agent"])
    note = made[0].json()["id"]
    assert owner_client("PATCH", f"/v1/notes/{note}", {"note": "mine"}).json()["code"] == "not_the_author"
    assert agent("PATCH", f"/v1/notes/{note}", {"note": "better"}).json()["note"] == "better"
    assert owner_client("DELETE", f"/v1/notes/{note}").json() == {"note_id": note, "deleted": True}
    assert [one["note"] for one in agent.get(path).json()["items"]] == ["note 3", "note 2"]
    said = agent.get(f"/v1/threads/{thread}/messages").text + agent.get(f"/v1/threads/{thread}").text
    assert "note " not in said


def test_notes_of_a_merged_conversation_are_read_in_the_one_that_goes_on(agent: Client, world: World) -> None:
    """And written there."""
    one, two = (world.mail(world.acme, f"merge{n}@example.com")[1] for n in (1, 2))
    contacts = [agent.get(f"/v1/threads/{thread}").json()["contact_id"] for thread in (one, two)]
    agent.post(f"/v1/threads/{two}/notes", {"note": "from before"})
    assert agent.post(f"/v1/contacts/{contacts[0]}/merge", {"loser_id": contacts[1]}).status_code == 200
    assert agent.post(f"/v1/threads/{one}/merge", {"loser_id": str(two)}).status_code == 200
    assert [note["note"] for note in agent.get(f"/v1/threads/{one}/notes").json()["items"]] == ["from before"]
    assert agent.post(f"/v1/threads/{two}/notes", {"note": "too late"}).json()["code"] == "merged"


def test_the_html_of_a_mail_is_given_while_its_text_is_shown(agent: Client, world: World) -> None:
    """As it came, inside JSON; gone with a text that is masked or taken back."""
    message, thread = world.mail(world.acme, "laid-out@example.com", metadata='{"html": true}')
    plain, _ = world.mail(world.acme, "plain-mail@example.com")
    html = "<p onclick=alert(1)>Hello <b>there</b></p>"
    world.db.execute("insert into private.message_html values (%s, %s, %s, false)", [world.acme.id, message, html])
    answer = agent.get(f"/v1/messages/{message}/html")
    assert answer.json() == {"message_id": str(message), "html": html, "cut": False}
    assert answer.headers["content-type"].startswith("application/json")
    assert agent.get(f"/v1/messages/{plain}/html").json()["code"] == "no_html"
    (shown,) = agent.get(f"/v1/threads/{thread}/messages").json()["messages"]
    assert shown["has_html"] and not agent.get(f"/v1/messages/{plain}").json()["has_html"]
    world.db.execute("update public.et_messages set moderation_status = 'review' where id = %s", [message])
    assert agent.get(f"/v1/messages/{message}/html").status_code == 404
    world.db.execute("update public.et_messages set deleted_at = now(), body = '' where id = %s", [message])
    assert world.one("select count(*) from private.message_html where message_id = %s", message) == 0


def test_a_conversation_says_what_a_reply_may_be(agent: Client, world: World) -> None:
    """Before anybody has written one."""
    _, thread = world.mail(world.acme, "limits@example.com")
    head = agent.get(f"/v1/threads/{thread}").json()
    assert (head["reply_until"], head["reply_chars"], head["no_reply"]) == (None, 100_000, None)
    assert head["takes_templates"] is False
