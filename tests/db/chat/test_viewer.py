"""An admin looks at conversations between people: with a reason, on record, and nobody else does."""

import json
import uuid
from typing import Any

from tests.db.chat.kit import Chat
from tests.db.helpers import Row, World, refused

WHY = "complaint 4711"


def find(chat: Chat, who: str = "admin", reason: str = WHY, limit: int = 50, **wanted: Any) -> Row:
    """find_conversations() as a member."""
    asked = json.dumps({name: str(value) for name, value in wanted.items()})
    return dict(chat.world.rpc(chat.tenant.people[who], chat.tenant, "find_conversations(%s, %s::jsonb, %s)", reason,
                               asked, limit))  # fmt: skip


def test_found_by_person_and_by_context(world: World) -> None:
    """Who, about what, when; never a text. Each search leaves a row with its reason and what was asked."""
    chat = Chat(world)
    ann, bob = chat.pair()
    cid = chat.person("Cid")
    job = chat.share(ann, cid, kind="job")
    first = chat.start(ann, bob, body="the secret word")["thread_id"]
    second = chat.start(ann, cid, body="another secret", context_kind="job", context_id=job)["thread_id"]
    chat.person("Dan")
    assert {one["thread_id"] for one in find(chat)["items"]} == {first, second}
    assert [one["thread_id"] for one in find(chat, contact_id=bob.contact)["items"]] == [first]
    assert [one["thread_id"] for one in find(chat, contact_id=cid.user)["items"]] == [second]
    about = find(chat, context_kind="job", context_id=job)
    assert [one["thread_id"] for one in about["items"]] == [second] and "secret" not in json.dumps(about)
    assert {one["name"] for one in about["items"][0]["people"]} == {"Ann", "Cid"}
    rows = world.all("select actor, details from public.audit_log where tenant_id = %s and action = 'thread.searched'"
                     " order by at", chat.tenant.id)  # fmt: skip
    assert len(rows) == 4 and {row["details"]["reason"] for row in rows} == {WHY}
    assert rows[1]["details"]["filter"] == {"contact_id": str(bob.contact)} and rows[1]["details"]["found"] == 1


def test_page_by_page(world: World) -> None:
    """Every conversation once, newest first."""
    chat = Chat(world)
    ann = chat.person("Ann")
    threads = []
    for n in range(5):
        other = chat.person(f"P{n}")
        chat.share(ann, other)
        threads.append(chat.start(ann, other, body="hi")["thread_id"])
    found: list[str] = []
    last: Row = {}
    while True:
        page = find(chat, limit=2, **last)
        found += [one["thread_id"] for one in page["items"]]
        if not page["has_more"]:
            break
        last = {"before_at": page["items"][-1]["last_message_at"], "before_id": page["items"][-1]["thread_id"]}
    assert found == threads[::-1]


def test_who_may_not(world: World) -> None:
    """Not without a reason, not agents, not another tenant's admin, whose attempt on a person is logged."""
    chat = Chat(world)
    ann, bob = chat.pair()
    chat.start(ann, bob, body="hi")
    with refused("PT422", code="reason_missing"):
        find(chat, reason=" x ")
    with refused("PT403"):
        find(chat, "agent")
    other = Chat(world)
    before = world.value("select count(*) from public.access_denials where tenant_id = %s", chat.tenant.id)
    assert find(other)["items"] == [] and find(other, contact_id=ann.contact)["code"] == "not_found"
    assert find(other, contact_id=uuid.uuid4()) == find(other, contact_id=ann.contact)
    assert world.value("select count(*) from public.access_denials where tenant_id = %s", chat.tenant.id) == before + 2
