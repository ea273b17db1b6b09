"""Of somebody who was erased neither texts nor what was found in them are left beside his messages."""

import uuid
from typing import Any

from tests.db.helpers import World
from tests.db.moderation.kit import Judged
from tests.db.privacy.kit import erase, go_on

WORD = "zebrafish"


def traces(world: World, tenant: Any) -> list[str]:
    """Tables of the tenant that still hold the word."""
    tables = world.all(
        "select c.oid::regclass::text as name from pg_class as c where c.relkind = 'r'"
        " and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
    )
    look = "select 1 from {} as t where to_jsonb(t)::text ilike %s and to_jsonb(t) ->> 'tenant_id' = %s limit 1"
    return [row["name"] for row in tables if world.all(look.format(row["name"]), f"%{WORD}%", str(tenant.id))]


def test_nothing_that_was_judged_outlives_its_author(world: World) -> None:
    """Held, masked, stopped, edited and withdrawn: texts, documents, comments and work go, verdicts and log stay."""
    chat = Judged(world)
    ann, bob, thread = chat.talk()
    for status in ("pending", "review", "blocked", "filtered", "approved"):
        for change in (None, "edit", "delete"):
            message = uuid.UUID(chat.say(ann, thread, f"{WORD} {status}")["message_id"])
            if status != "pending":
                chat.judge(message, status, verdict=f'{{"value":"{WORD}"}}',
                           comments=[{"visibility": "staff", "comment": f"said {WORD}"}])  # fmt: skip
            if change == "edit":
                chat.call(ann, "edit_own_message", message_id=message, body=f"{WORD} again")
            elif change == "delete":
                chat.call(ann, "delete_own_message", message_id=message)
    chat.judge(chat.say(bob, thread, "Bob's own")["message_id"])
    chat.sound()
    assert len(traces(world, chat.tenant)) >= 4
    erase(world, chat.tenant, ann.contact)
    go_on(world)
    assert traces(world, chat.tenant) == []
    assert world.value("select count(*) from public.blocked_messages_log where tenant_id = %s", chat.tenant.id) == 3
    assert world.value("select count(*) from private.moderation_work where tenant_id = %s", chat.tenant.id) == 0
    assert "Bob's own" in chat.bodies(bob, thread)
    chat.sound()
