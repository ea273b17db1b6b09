"""Everything a recipient, a stranger and the staff can read: nothing of a held text is in it, nor what is under a mask."""

import hashlib
import uuid
from typing import Any

import psycopg
import pytest

from tests.db.chat.kit import Person
from tests.db.helpers import World, refused
from tests.db.moderation.kit import Judged

SECRET = "zq5550100"
CALLS = (
    "list_messages(%(th)s, 0)", "list_history(%(th)s)", "poll_messages(%(th)s)", "poll_messages(%(th)s, 0, 99)",
    "get_conversation(%(th)s)", "list_conversations()", "list_conversations('unread')", "unread_total()",
    "mark_read(%(th)s)", "react_to_message(%(m)s, '👍')", "edit_own_message(%(m)s, 'x')", "delete_own_message(%(m)s)",
    "my_message_moderation(%(m)s)", "open_attachment(%(f)s)", "send_message(%(th)s, 'hi', 'c1', 1)",
    "search_messages('%(s)s')", "explain_message(%(m)s)", "read_original(%(m)s, 'a reason')",
    "read_thread(%(th)s, 'a reason')", "translate_message(%(m)s)", "read_translation(%(m)s)",
    "send_message(%(th)s, 'hi', 'c2', null, null, null, '{}', %(m)s)", "search_messages('" + SECRET + "')",
)  # fmt: skip


def readable(world: World) -> list[str]:
    """Tables and views of public that a signed-in person may select from, and the broadcasts of Realtime."""
    rows = world.all(
        "select c.oid::regclass::text as name from pg_class as c where c.relkind in ('r', 'v', 'm', 'p')"
        " and c.relnamespace = 'public'::regnamespace and has_any_column_privilege('authenticated', c.oid, 'select')"
    )
    return [row["name"] for row in rows]


def everything(world: World, user: Any, tenant: Any, **named: Any) -> str:
    """All that somebody is answered by every table, view and call that names a message, as one text."""
    seen = []
    for name in readable(world):
        with world.acting(user, tenant) as connection:
            columns = ", ".join(row["name"] for row in connection.execute(
                "select quote_ident(a.attname) as name from pg_attribute as a where a.attrelid = %s::regclass and a.attnum > 0"
                " and not a.attisdropped and has_column_privilege(a.attrelid, a.attnum, 'select')", [name],
            ))  # fmt: skip
            seen.append(str(connection.execute(f"select {columns} from {name}").fetchall()))
    for call in CALLS:
        try:
            with world.acting(user, tenant) as connection:
                seen.append(str(connection.execute(f"select * from public.{call}", named).fetchall()))
                raise psycopg.Rollback
        except psycopg.Error as error:
            seen.append(f"{error} {error.diag.message_detail}")
    for topic in (f"thread:{named['th']}", f"user:{user}", f"inbox:{tenant.id if tenant else uuid.uuid4()}"):
        with world.acting(user, tenant) as connection:
            connection.execute("select set_config('realtime.topic', %s, true)", [topic])
            seen.append(str(connection.execute("select topic, event, payload from realtime.messages").fetchall()))
    return "\n".join(seen)


def held(chat: Judged, status: str) -> tuple[Person, Person, dict[str, Any]]:
    """A message with a file that is held so, after one that everybody reads; and one of Bob's before it."""
    chat.world.configure(chat.tenant, search_policy="full", ai_enabled=True)
    ann, bob, thread = chat.talk()
    file = chat.call(ann, "reserve_attachment", filename=f"{SECRET}.pdf", content_type="application/pdf", size_bytes=9)
    message = uuid.UUID(
        chat.say(ann, thread, f"Call {SECRET}", attachments=[uuid.UUID(file["attachment_id"])])["message_id"]
    )
    if status == "edited":
        chat.judge(message)
        chat.call(ann, "edit_own_message", message_id=message, body=f"Call now {SECRET}")
    elif status != "pending":
        chat.judge(message, status)
    return ann, bob, {"th": uuid.UUID(thread), "m": message, "f": uuid.UUID(file["attachment_id"]), "s": SECRET}


@pytest.mark.parametrize("status", ["pending", "review", "blocked", "edited"])
def test_nothing_of_a_held_message_is_anywhere(world: World, status: str) -> None:
    """Its recipient, a stranger and the staff at every door, over a plain connection; its sender reads it."""
    chat = Judged(world)
    ann, bob, named = held(chat, status)
    staff = chat.tenant.people["agent"]
    for user, tenant in ((bob.user, None), (world.user(), None), (staff, chat.tenant)):
        seen = everything(world, user, tenant, **named)
        assert len(seen) > 2000 and SECRET not in seen, seen[max(0, seen.find(SECRET) - 400) :][:800]
        for form in (f"Call {SECRET}", f"{ann.user}\nCall {SECRET}", f"user:{ann.user}\nCall {SECRET}", f"\nCall {SECRET}",
                     f"\nCall {SECRET}\n{SECRET}.pdf"):  # fmt: skip
            digest = hashlib.sha256(form.encode())
            assert digest.hexdigest() not in seen and str(digest.digest()) not in seen
    assert SECRET in everything(world, ann.user, None, **named)
    chat.sound()


def test_what_is_under_a_mask_is_nowhere(world: World) -> None:
    """Nor its digest: a masked number would soon be guessed."""
    chat = Judged(world)
    world.configure(chat.tenant, search_policy="full")
    ann, bob, thread = chat.talk()
    message = uuid.UUID(chat.say(ann, thread, f"Call {SECRET}")["message_id"])
    chat.judge(message, "filtered", filtered_content="Call [phone]", kinds=["phone"],
               verdict='{"decision":"filtered","threats_detected":[{"value":"zq5550100"}]}',
               comments=[{"visibility": "sender", "kind": "phone", "comment": "Leave the number out."}])  # fmt: skip
    answered = chat.say(bob, thread, "Which?", reply_to_id=message)
    chat.judge(answered["message_id"])
    named = {"th": uuid.UUID(thread), "m": message, "f": uuid.uuid4(), "s": SECRET}
    digest = world.value("select digest from private.newest_verdict(%s, %s)", chat.tenant.id, message)
    for user, tenant in ((bob.user, None), (chat.tenant.people["agent"], chat.tenant)):
        seen = everything(world, user, tenant, **named)
        assert "Call [phone]" in seen or user != bob.user
        for form in (SECRET, digest.hex(), str(digest), "Leave the number out." if user == bob.user else SECRET):
            assert form not in seen
    quoted = [m["reply_to"]["body"] for m in chat.page(bob, thread)["messages"] if m["reply_to"]]
    assert quoted == ["Call [phone]"]
    chat.sound()


def test_a_quote_of_a_held_message_is_empty(world: World) -> None:
    """Its sender may answer himself; the others see that, and nothing of what is held."""
    chat = Judged(world)
    ann, bob, named = held(chat, "review")
    own = chat.say(ann, named["th"], "As I said", reply_to_id=named["m"])
    chat.judge(own["message_id"])
    assert [m["reply_to"] for m in chat.page(bob, named["th"])["messages"]] == [None, None]
    with refused("PT422", code="bad_reply"):
        chat.say(bob, named["th"], "What?", reply_to_id=named["m"])


def test_a_file_of_a_held_message_is_nobodys(world: World) -> None:
    """Neither to open nor to download; its sender's own upload stays his."""
    chat = Judged(world)
    ann, bob, named = held(chat, "pending")
    world.owner.execute("update public.message_attachments set status = 'released', checked_by = 'sniff', checked_at = now()"
                        " where id = %s", [named["f"]])  # fmt: skip
    assert chat.call(bob, "open_attachment", attachment_id=named["f"])["code"] == "not_found"
    path = chat.call(ann, "open_attachment", attachment_id=named["f"])["path"]
    granted = world.all("select actor from private.attachment_grants where storage_path = %s", path)
    assert granted == [{"actor": f"user:{ann.user}"}]
    chat.judge(named["m"])
    assert chat.call(bob, "open_attachment", attachment_id=named["f"])["path"] == path


def test_neither_deciders_nor_insights_read_what_is_held(world: World) -> None:
    """History, insights and the replay of a decision: what the business has not said yet, nobody concludes from."""
    chat = Judged(world, {"agent": {"after": {}}})
    tenant = chat.tenant
    arrived = world.arrive(tenant)
    sent = world.enqueue(arrived, f"Call {SECRET}")["message_id"]
    world.arrive(tenant, body="And?")
    claim = next(row for row in world.claim() if row["thread_id"] == arrived["thread_id"])
    looks = (
        ("select private.decision_context(%s, %s, %s, %s)", [tenant.id, arrived["thread_id"], 3, claim["last_seq"]]),
        ("select private.thread_history(%s, %s)", [tenant.id, arrived["thread_id"]]),
    )
    assert all(SECRET not in str(world.worker.execute(query, values).fetchall()) for query, values in looks)
    assert world.message(sent)["moderation_status"] == "pending"
    chat.judge(sent)
    assert all(SECRET in str(world.worker.execute(query, values).fetchall()) for query, values in looks)


def test_whoever_reads_on_still_counts_what_is_released_behind(world: World) -> None:
    """The end of a conversation is the last he sees, also where he names a seq behind it."""
    chat = Judged(world)
    ann, bob, thread = chat.talk()
    message = chat.say(ann, thread, "555")["message_id"]
    for seq in (None, 2, 99):
        answer = chat.call(bob, "mark_read", thread_id=uuid.UUID(thread), **({} if seq is None else {"seq": seq}))
        assert (answer["last_read_seq"], answer["unread_count"]) == (1, 0)
    chat.judge(message)
    assert chat.list(bob)[0]["unread_count"] == 1
    assert chat.call(bob, "mark_read", thread_id=uuid.UUID(thread))["last_read_seq"] == 2
    chat.sound()


def test_what_nobody_judges_says_nothing(world: World) -> None:
    """Reactions are signs, contexts are ones that there are, a group's name is no address; without a policy all goes."""
    chat = Judged(world)
    ann, bob, thread = chat.talk()
    world.configure(chat.tenant, chat_policy="anyone")
    first = uuid.UUID(chat.page(bob, thread)["messages"][0]["id"])
    for reaction in ("5550100", "５５５０１００", "٥٥٥", "callme", "①②③"):
        with refused("PT422", code="bad_reaction"):
            chat.call(bob, "react_to_message", message_id=first, reaction=reaction)
    chat.call(bob, "react_to_message", message_id=first, reaction="👍🏽")
    with refused("PT422", code="bad_context"):
        chat.say(ann, thread, "x", context_kind="job", context_id="call 555-0100")
    with refused("PT422", code="bad_context"):
        chat.start(ann, bob, context_kind="job", context_id="call 555-0100", body="x")
    for name in ("Call 555-0100", "ann@example.com", "see example.com", "５５５０１００"):
        with refused("PT422", code="bad_value"):
            chat.call(ann, "start_thread", contact_ids=[bob.contact], subject=name)
    chat.call(ann, "start_thread", contact_ids=[bob.contact], subject="Kitchen, 2nd floor")
    chat.sound()
