"""Suggestions and translations over HTTP: asked for at once, read when they are there."""

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.api.kit import Client, World
from workers.assistant import AssistantHandler
from workers.loop import Loop


@pytest.fixture(scope="module")
def assistant(world: World) -> Iterator[None]:
    """The assistant worker, without a key."""
    settings = world.database.settings()
    loop = Loop(settings, AssistantHandler(settings))
    thread = threading.Thread(target=lambda: asyncio.run(loop.run()), daemon=True)
    thread.start()
    yield
    loop.stop()
    thread.join(60)


def poll(client: Client, path: str, **params: str) -> dict[str, object]:
    """The state once it does not wait any more."""
    until = time.monotonic() + 60
    while (state := client.get(path, **params).json())["status"] == "waiting":
        assert state["next_poll_ms"] > 0 and time.monotonic() < until
        time.sleep(0.05)
    return dict(state)


@pytest.mark.usefixtures("assistant")
def test_drafts_are_asked_for_and_polled(agent: Client, world: World) -> None:
    """202 with an id; then the tenant's own words as drafts; nothing was sent."""
    world.db.execute(
        "insert into public.faq_entries (tenant_id, question, keywords, answer) values (%s, 'Parking?', '{parking}', %s)",
        [world.acme.id, "There is free parking behind the house."],
    )  # fmt: skip
    _, thread = world.mail(world.acme, "drafts@example.com", "Is there parking?")
    asked = agent.post(f"/v1/threads/{thread}/suggestions")
    assert (asked.status_code, asked.json()["status"]) == (202, "waiting")
    state = poll(agent, f"/v1/suggestions/{asked.json()['request_id']}")
    assert (state["status"], state["decider"], state["reason"], state["next_poll_ms"]) == ("done", "rules", None, None)
    assert "free parking" in state["drafts"][0]["body"]  # type: ignore[index]
    messages = agent.get(f"/v1/threads/{thread}/messages").json()["messages"]
    assert [one["direction"] for one in messages] == ["inbound"]


@pytest.mark.usefixtures("assistant")
def test_what_is_missing_is_told_with_the_remedy(agent: Client, world: World) -> None:
    """Nothing known: write it yourself. No key: no translation, and which setting it needs."""
    message, thread = world.mail(world.acme, "unknown@example.com", "Does your cousin still live in Leeds?")
    asked = agent.post(f"/v1/threads/{thread}/suggestions").json()
    state = poll(agent, f"/v1/suggestions/{asked['request_id']}")
    assert (state["status"], state["reason"], state["drafts"]) == ("unavailable", "nothing_known", [])
    assert "FAQ" in str(state["remedy"])
    first = agent.post(f"/v1/messages/{message}/translation", {"language": "de"})
    assert (first.status_code, first.json()["status"]) == (202, "waiting")
    state = poll(agent, f"/v1/messages/{message}/translation", language="de")
    assert (state["status"], state["reason"], state["text"]) == ("unavailable", "no_model", None)
    assert "ANTHROPIC_API_KEY" in str(state["remedy"])


def test_a_translation_that_is_there_is_answered_at_once(agent: Client, world: World) -> None:
    """200 with the text; another language is none yet."""
    message, _ = world.mail(world.acme, "done@example.com", "Bonjour")
    world.db.execute(
        "insert into private.message_translations (tenant_id, message_id, language, body, model, prompt_version)"
        " values (%s, %s, 'en', 'Hello', 'm', 'translate.v1')", [world.acme.id, message],
    )  # fmt: skip
    answer = agent.post(f"/v1/messages/{message}/translation", {})
    assert (answer.status_code, answer.json()["status"], answer.json()["text"]) == (200, "done", "Hello")
    assert agent.get(f"/v1/messages/{message}/translation").json()["text"] == "Hello"
    assert agent.get(f"/v1/messages/{message}/translation", language="fr").json()["status"] == "none"


def test_nonsense_and_missing_rights_are_refused(client: Callable[..., Client], agent: Client, world: World) -> None:
    """422 for no language, 404 for no such request, 403 for a viewer who asks, 401 for nobody."""
    message, thread = world.mail(world.acme, "rights@example.com")
    assert agent.post(f"/v1/messages/{message}/translation", {"language": "English!"}).status_code == 422
    assert agent.post(f"/v1/messages/{message}/translation", {"to": "x"}).status_code == 422
    assert agent.get(f"/v1/messages/{message}/translation", language="x").status_code == 422
    assert agent.get(f"/v1/suggestions/{uuid.uuid4()}").status_code == 404
    viewer = client(world.acme.token("viewer"))
    for path in (f"/v1/threads/{thread}/suggestions", f"/v1/messages/{message}/translation"):
        refused = viewer.post(path, {} if "translation" in path else None)
        assert (refused.status_code, refused.json()["scope"]) == (403, "send")
    assert client().post(f"/v1/threads/{thread}/suggestions").status_code == 401


def test_a_translation_is_in_the_language_its_reader_chose(
    agent: Client, client: Callable[..., Client], world: World
) -> None:
    """His own where he set one; a colleague still reads the tenant's."""
    viewer = client(world.acme.token("viewer"))
    message, _ = world.mail(world.acme, "reader@example.com", "Bonjour")
    chosen = agent("PUT", "/v1/me/language", {"language": "zh-hant-TW"})
    assert (chosen.status_code, chosen.json()["language"]) == (200, "zh-hant-TW"), chosen.text
    mine = {one["language"] for one in agent.get("/v1/me").json()["memberships"] if one["active"]}
    assert mine == {"zh-hant-TW"} and "zh-hant-TW" in [
        one["language"] for one in viewer.get("/v1/members").json()["items"]
    ]
    path = f"/v1/messages/{message}/translation"
    assert agent.post(path, {}).json()["language"] == agent.get(path).json()["language"] == "zh-Hant"
    assert viewer.get(path).json()["language"] == "en"
    assert agent("PUT", "/v1/me/language", {"language": None}).json()["language"] is None
    assert agent.get(path).json()["language"] == "en"
    for nonsense in ({"language": "English!"}, {"language": "en_US"}, {}, {"locale": "de"}):
        assert agent("PUT", "/v1/me/language", nonsense).status_code == 422
