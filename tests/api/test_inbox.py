"""The inbox: filters, paging, search."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.api.kit import Client, World


def ids(answer: object) -> list[str]:
    """The ids of a page."""
    return [item["id"] for item in answer.json()["items"]]  # type: ignore[attr-defined]


def test_filters_narrow_the_inbox(agent: Client, world: World) -> None:
    """Each filter shows what it says and hides the rest."""
    _, plain = world.mail(world.acme, "plain@example.com")
    _, held = world.mail(world.acme, "held@example.com")
    _, spam = world.mail(world.acme, "spam@example.com", spam_score=0.95)
    me = str(world.acme.people["agent"])
    agent.post(f"/v1/threads/{held}/take-over")
    agent.post(f"/v1/threads/{held}/labels", {"add": ["vip"]})
    agent.post(f"/v1/threads/{held}/read", {})
    contact = agent.get(f"/v1/threads/{held}").json()["contact_id"]
    only_held = [
        {"control": "human"}, {"assignee": me}, {"assignee": "me"}, {"label": "vip"}, {"unread": "false"},
        {"contact": contact},
    ]  # fmt: skip
    for wanted in only_held:
        assert ids(agent.get("/v1/threads", **wanted)) == [str(held)], wanted
    assert str(spam) not in ids(agent.get("/v1/threads"))
    assert ids(agent.get("/v1/threads", folder="spam")) == [str(spam)]
    assert set(ids(agent.get("/v1/threads", folder="any"))) >= {str(plain), str(held), str(spam)}
    assert str(held) not in ids(agent.get("/v1/threads", assignee="none"))
    assert ids(agent.get("/v1/threads", channel="sms")) == []
    assert str(plain) in ids(agent.get("/v1/threads", session=str(world.acme.session_id)))
    agent.post(f"/v1/threads/{plain}/close")
    assert str(plain) not in ids(agent.get("/v1/threads"))
    assert str(plain) in ids(agent.get("/v1/threads", status="closed"))
    assert agent.post(f"/v1/threads/{plain}/reopen").json()["status"] == "open"


def test_paging_misses_nothing_while_messages_arrive(world: World, agent: Client) -> None:
    """Pages never repeat a conversation, and what moved up meanwhile is found above the first page's cursor."""
    made = {str(world.mail(world.acme, f"p{n}@example.com")[1]) for n in range(23)}
    first = agent.get("/v1/threads", limit=5).json()
    seen = [item["id"] for item in first["items"]]
    cursor, newer, moved = first["next_cursor"], first["newer_cursor"], 0
    while cursor:
        world.mail(world.acme, f"p{moved}@example.com")  # the oldest unseen jumps to the top
        moved += 1
        page = agent.get("/v1/threads", limit=5, cursor=cursor).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen))
    above = agent.get("/v1/threads", limit=50, newer_than=newer).json()
    assert above["next_cursor"] is None
    assert made <= set(seen) | {item["id"] for item in above["items"]}
    again = agent.get("/v1/threads", newer_than=above["newer_cursor"]).json()
    assert again["items"] == [] and again["newer_cursor"] == above["newer_cursor"]


def test_search_follows_the_policy(agent: Client, owner_client: Client, world: World) -> None:
    """None refuses, metadata finds subjects and names, full finds words of the body too."""
    _, by_subject = world.mail(world.acme, "s@example.com", "nothing here", subject="Leaky zephyrfaucet")
    _, by_body = world.mail(world.acme, "b@example.com", "the quizzical walrus sings")
    refused = agent.get("/v1/threads", q="zephyrfaucet")
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "search_disabled", "q")
    owner_client("PATCH", "/v1/tenant", {"settings": {"search_policy": "metadata"}})
    assert ids(agent.get("/v1/threads", q="zephyrfaucet")) == [str(by_subject)]
    assert ids(agent.get("/v1/threads", q="walrus")) == []
    assert ids(agent.get("/v1/threads", q="%")) == []
    owner_client("PATCH", "/v1/tenant", {"settings": {"search_policy": "full"}})
    assert ids(agent.get("/v1/threads", q="quizzical walrus")) == [str(by_body)]
    agent("PUT", f"/v1/threads/{by_body}/search-policy", {"policy": "none"})
    assert ids(agent.get("/v1/threads", q="walrus")) == []
    owner_client("PATCH", "/v1/tenant", {"settings": {"search_policy": "none"}})


def test_people_are_found_by_address_number_and_conversation(agent: Client, owner_client: Client, world: World) -> None:
    """However a number is written; where nothing may be searched, neither may these."""
    _, thread = world.mail(world.acme, "perpetua.long@example.com")
    contact = world.one("select contact_id from public.et_threads where id = %s", thread)
    world.db.execute(
        "insert into public.contact_identities (tenant_id, contact_id, kind, address)"
        " values (%s, %s, 'phone', '+4915112345678')", [world.acme.id, contact],
    )  # fmt: skip
    owner_client("PATCH", "/v1/tenant", {"settings": {"search_policy": "metadata"}})
    for text in ("perpetua.long@", "PERPETUA", "+49 151 1234-5678", "(0151) 12345678", str(thread)):
        assert ids(agent.get("/v1/threads", q=text)) == [str(thread)], text
    agent("PUT", f"/v1/threads/{thread}/search-policy", {"policy": "none"})
    assert ids(agent.get("/v1/threads", q="perpetua")) == ids(agent.get("/v1/threads", q=str(thread))) == []
    owner_client("PATCH", "/v1/tenant", {"settings": {"search_policy": "none"}})


def test_thread_actions_change_what_they_say(agent: Client, world: World) -> None:
    """Take over, hand back, assign, snooze, archive: each answers with the new state."""
    _, thread = world.mail(world.acme, "acts@example.com")
    taken = agent.post(f"/v1/threads/{thread}/take-over").json()
    assert (taken["control"], taken["assignee_id"]) == ("human", str(world.acme.people["agent"]))
    back = agent.post(f"/v1/threads/{thread}/hand-back").json()
    assert back["control"] == "ai" and back["control_epoch"] > taken["control_epoch"]
    owner = str(world.acme.people["owner"])
    assert agent.post(f"/v1/threads/{thread}/assign", {"assignee_id": owner}).json()["assignee_id"] == owner
    assert agent.post(f"/v1/threads/{thread}/assign", {"assignee_id": None}).json()["assignee_id"] is None
    soon = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    assert agent.post(f"/v1/threads/{thread}/snooze", {"until": soon}).json()["status"] == "snoozed"
    for moment in ("2001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"):
        refused = agent.post(f"/v1/threads/{thread}/snooze", {"until": moment})
        assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "bad_time", "until")
    assert agent.post(f"/v1/threads/{thread}/archive").json()["status"] == "archived"
    insight = agent.get(f"/v1/threads/{thread}/insights").json()
    assert insight["thread_id"] == str(thread) and insight["summary"] is None


def test_merged_conversations_read_as_one(agent: Client, world: World) -> None:
    """The detail names both sides, history unites them, old ids lead to the winner, and the loser takes no message."""
    (_, winner), (_, loser) = world.mail(world.acme, "m1@example.com"), world.mail(world.acme, "m2@example.com")
    people = [agent.get(f"/v1/threads/{thread}").json()["contact_id"] for thread in (winner, loser)]
    refused = agent.post(f"/v1/threads/{winner}/merge", {"loser_id": str(loser)})
    assert (refused.status_code, refused.json()["code"]) == (422, "other_contact")
    assert agent.post(f"/v1/contacts/{people[0]}/merge", {"loser_id": people[1]}).status_code == 200
    world.db.execute("insert into public.thread_aliases (tenant_id, scope_key, thread_id) values (%s, %s, %s)",
                     [world.acme.id, "conv_u1_u2", loser])  # fmt: skip
    merged = agent.post(f"/v1/threads/{winner}/merge", {"loser_id": str(loser)})
    assert (merged.status_code, merged.json()) == (200, {"thread_id": str(winner), "merged": str(loser)})
    assert agent.get(f"/v1/threads/{loser}").json()["merged_into"] == str(winner)
    detail = agent.get(f"/v1/threads/{winner}").json()
    assert (detail["merged_into"], detail["merged_from"]) == (None, [str(loser)])
    key = world.one("select scope_key from public.et_threads where id = %s", loser)
    for alias in ("conv_u1_u2", key):
        assert agent.get(f"/v1/threads/by-alias/{alias}").json()["id"] == str(winner)
    unknown = agent.get("/v1/threads/by-alias/conv_nobody")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    page = agent.get(f"/v1/threads/{winner}/history", limit=1).json()
    rest = agent.get(f"/v1/threads/{winner}/history", limit=1, cursor=page["next_cursor"]).json()
    assert [page["items"][0]["thread_id"], rest["items"][0]["thread_id"]] == [str(loser), str(winner)]
    assert rest["next_cursor"] is None
    sent = agent.post(f"/v1/threads/{loser}/messages", {"body": "x"})
    assert (sent.status_code, sent.json()["code"], sent.json()["merged_into"]) == (409, "merged", str(winner))


def test_an_alias_is_its_tenants_alone(stranger: Client, agent: Client, world: World) -> None:
    """A stranger gets for an old id what he gets for one that never was."""
    _, thread = world.mail(world.acme, "alias@example.com")
    world.db.execute("insert into public.thread_aliases (tenant_id, scope_key, thread_id) values (%s, %s, %s)",
                     [world.acme.id, "conv_alias", thread])  # fmt: skip
    assert agent.get("/v1/threads/by-alias/conv_alias").status_code == 200
    same = {"x-request-id": "same"}
    answers = [stranger("GET", f"/v1/threads/by-alias/{alias}", headers=same) for alias in ("conv_alias", "conv_never")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}


def test_spam_is_what_the_staff_says(agent: Client, client: Callable[..., Client], world: World) -> None:
    """A conversation goes into spam and out of it, its head says so, and what people made of the detector is counted; a
    viewer reads that and says nothing."""
    _, thread = world.mail(world.acme, "letters@example.com")
    viewer = client(world.acme.token("viewer"))
    url = f"/v1/threads/{thread}/folder"
    assert viewer.post(url, {"folder": "spam"}).status_code == 403
    state = agent.post(url, {"folder": "spam"}).json()
    assert (state["folder"], state["folder_said"], state["status"]) == ("spam", True, "open")
    assert str(thread) in ids(agent.get("/v1/threads", folder="spam"))
    detail = agent.get(f"/v1/threads/{thread}").json()
    assert (detail["folder"], detail["folder_said"]) == ("spam", True)
    moved = agent.post(url, {"folder": "inbox", "expected_last_seq": 7})
    assert (moved.status_code, moved.json()["code"]) == (409, "thread_moved")
    (band,) = [one for one in viewer.get("/v1/operations/filing").json()["items"] if one["detected"] == "inbox"]
    assert (band["score_from"], band["misses"], band["false_alarms"], band["confirmed"]) == (0.0, 1, 0, 0)
    back = agent.post(url, {"folder": None}).json()
    assert (back["folder"], back["folder_said"]) == ("inbox", False)
    refused = agent.post(url, {"folder": "automated"})
    assert (refused.status_code, refused.json()["field"]) == (422, "folder")
