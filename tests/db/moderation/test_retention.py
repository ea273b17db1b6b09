"""What was kept beside judged messages goes after its time: what is read stays, and so does that it was judged."""

import uuid

import psycopg
import pytest

from tests.db.chat.kit import Person
from tests.db.helpers import World, refused
from tests.db.moderation.kit import Judged
from tests.db.moderation.test_forgetting import WORD, traces


def aged(chat: Judged, days: int = 40) -> None:
    """Everything that was judged so far was so many days ago."""
    with chat.world.database.connect("admin") as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute(
            "update public.moderation_verdicts set created_at = created_at - make_interval(days => %s)"
            " where tenant_id = %s",
            [days, chat.tenant.id],
        )


def keep(chat: Judged, days: int | None) -> None:
    """So long the tenant keeps what was judged."""
    chat.world.owner.execute(
        "update public.tenant_settings set moderation_days = %s where tenant_id = %s", [days, chat.tenant.id]
    )


def expire(world: World, limit: int = 100) -> int:
    """What the housekeeper calls, until nothing is left."""
    gone = 0
    while step := world.worker.execute("select private.expire_moderation(%s) as n", [limit]).fetchone()["n"]:  # type: ignore[index]
        gone += step
    return gone


def said(chat: Judged, status: str, thread: str, person: Person) -> uuid.UUID:
    """A message of this status, judged."""
    message = uuid.UUID(chat.say(person, thread, f"{WORD} {status}")["message_id"])
    chat.judge(message, status, verdict=f'{{"value":"{WORD}"}}', kinds=["phone"],
               comments=[{"visibility": "staff", "comment": f"said {WORD}"}])  # fmt: skip
    return message


def test_what_was_masked_and_stopped_goes_after_its_time(world: World) -> None:
    """Originals, documents, comments, stopped texts and their log; the mask, the verdicts and the counts stay."""
    chat = Judged(world)
    ann, bob, thread = chat.talk()
    masked, stopped, held = (said(chat, status, thread, ann) for status in ("filtered", "blocked", "review"))
    keep(chat, 30)
    assert expire(world) == 0, "it is young"
    aged(chat)
    before = world.all("select * from public.moderation_verdicts where tenant_id = %s order by id", chat.tenant.id)
    keep(chat, None)
    assert expire(world) == 0, "the tenant keeps it as long as its messages"
    keep(chat, 30)
    assert expire(world, limit=1) == 3
    chat.judge(chat.say(ann, thread, "Still here")["message_id"])
    chat.sound()
    assert before == world.all(
        "select * from public.moderation_verdicts where tenant_id = %s and id <= %s order by id",
        chat.tenant.id, before[-1]["id"],
    )  # fmt: skip
    assert chat.bodies(bob, thread) == ["One", "[masked]", "Still here"]
    assert (chat.status(masked), chat.status(stopped), chat.status(held)) == ("filtered", "blocked", "review")
    gone = world.message(stopped)
    assert gone["body"] == "" and gone["deleted_at"] and not gone["erased_at"]
    assert world.message(held)["body"].startswith(WORD), "a person has not read it yet"
    mine = chat.call(ann, "my_message_moderation", message_id=masked)
    assert mine["original"] is None and mine["kinds"] == ["phone"] and not mine["appeal"]["may_appeal"]
    with refused("PT409"):
        chat.call(ann, "appeal_moderation", message_id=stopped, text="It was only a drawing")
    audits = world.all(
        "select details from public.audit_log where tenant_id = %s and action = 'moderation.expired'", chat.tenant.id
    )
    assert sum(row["details"]["verdicts"] for row in audits) == 3
    chat.decide(held, "blocked")
    aged(chat)
    expire(world)
    assert traces(world, chat.tenant) == []
    chat.sound()


def test_evidence_that_is_needed_stays(world: World) -> None:
    """What is marked `keep` outlives its time, whole, until it is marked otherwise; both are on record."""
    chat = Judged(world)
    ann, _, thread = chat.talk()
    stopped = said(chat, "blocked", thread, ann)
    assert world.value("select private.keep_blocked(%s, %s, 'keep')", chat.tenant.id, stopped) == 1
    keep(chat, 30)
    aged(chat)
    expire(world)
    assert world.message(stopped)["body"].startswith(WORD)
    assert world.value("select count(*) from public.blocked_messages_log where message_id = %s", stopped) == 1
    assert world.value("select private.keep_blocked(%s, %s, 'moderation')", chat.tenant.id, stopped) == 1
    expire(world)
    assert traces(world, chat.tenant) == []
    assert world.value("select count(*) from public.blocked_messages_log where message_id = %s", stopped) == 0
    actions = world.all(
        "select action from public.audit_log where tenant_id = %s and action like 'moderation.%%' order by id",
        chat.tenant.id,
    )
    assert [row["action"] for row in actions].count("moderation.retention_changed") == 2
    chat.sound()


def test_what_was_changed_is_judged_anew_and_kept_as_long(world: World) -> None:
    """A text replaced long ago goes; the one that stands there is young, and its original is kept."""
    chat = Judged(world)
    ann, bob, thread = chat.talk()
    masked = said(chat, "filtered", thread, ann)
    aged(chat)
    chat.call(ann, "edit_own_message", message_id=masked, body="Call 555-0100")
    chat.judge(masked, "filtered", filtered_content="Call [phone]")
    keep(chat, 30)
    expire(world)
    assert traces(world, chat.tenant) == []
    assert chat.call(ann, "my_message_moderation", message_id=masked)["original"]["body"] == "Call 555-0100"
    assert chat.bodies(bob, thread)[-1] == "Call [phone]"
    chat.sound()


def test_the_log_is_append_only_but_for_that(world: World) -> None:
    """No role of the runtime changes or deletes a row, and who owns the tables is refused, too."""
    chat = Judged(world)
    ann, _, thread = chat.talk()
    said(chat, "blocked", thread, ann)
    for change in ("delete from public.blocked_messages_log", "update public.blocked_messages_log set kinds = '{}'"):
        with pytest.raises(psycopg.Error, match="append-only"):
            world.owner.execute(f"{change} where tenant_id = %s", [chat.tenant.id])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        world.worker.execute("delete from public.blocked_messages_log")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        world.worker.execute("select private.keep_blocked(%s, %s, 'keep')", [chat.tenant.id, uuid.uuid4()])
