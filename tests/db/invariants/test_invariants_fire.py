"""Every invariant is shown to fire: a healthy tenant breaks none, one planted corruption breaks the one it is for."""

import json
import uuid
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.db.chat.kit import Chat
from tests.db.helpers import Row, Tenant, World
from tests.db.moderation.kit import Judged
from tests.db.moderation.words_kit import over_rest

CORRUPTIONS: dict[str, str] = {
    "thread_seq_is_dense": "update public.et_threads set last_seq = last_seq + 1, last_rev = last_rev + 1"
                           " where id = %(th)s",
    "thread_head_is_true": "update public.et_threads set unread_count = unread_count + 1 where id = %(th)s",
    "thread_preview_is_newest": "update public.et_threads set preview = 'an older one' where id = %(th)s",
    "closed_since_a_moment": "update public.et_threads set status = 'closed' where id = %(th)s",
    "said_folder_stands": "insert into public.folder_words (tenant_id, thread_id, folder, detected, spam_score,"
                          " auto_class, said_by) values (%(t)s, %(th)s, 'spam', 'inbox', 0, 'none', 'x')",
    "undecided_has_work": "delete from private.inbound_work where thread_id = %(waiting_th)s",
    "processing_has_lease": "update private.inbound_work set lease_until = null where thread_id = %(claimed_th)s",
    "decided_has_decision": "delete from public.inbound_decisions where id = %(d)s",
    "one_reply_per_burst": "insert into public.inbound_decisions (tenant_id, thread_id, first_seq,"
                           " last_seq, action, decider,"
                           " control_epoch, reply_message_id) select tenant_id, thread_id, first_seq,"
                           " last_seq, action, decider,"
                           " control_epoch, reply_message_id from public.inbound_decisions where id = %(d)s",
    "outbound_is_queued": "update public.et_messages set delivery_status = 'failed' where id = %(out)s",
    "send_has_its_basis": "update public.et_outbound_queue set basis_seq = basis_seq + 1 where id = %(q)s",
    "unfinished_dispatch_has_work": "delete from private.outbound_work where tenant_id = %(t)s",
    "sent_has_accepted_attempt": "delete from public.dispatch_attempts where queue_id = %(q)s",
    "accepted_at_most_once": "insert into public.dispatch_attempts (tenant_id, queue_id, number, fence, delivery_class,"
                             " idempotency_key, worker, outcome) values (%(t)s, %(q)s, 2, 0, 'I', 'k',"
                             " 'w', 'accepted')",
    "class_n_never_repeats": "insert into public.dispatch_attempts (tenant_id, queue_id, number, fence, delivery_class,"
                             " idempotency_key, worker) values (%(t)s, %(q)s, 2, 0, 'N', 'k', 'w')",
    "ai_never_over_human": "insert into public.audit_log (tenant_id, actor, action, object_kind, object_id, at)"
                           " select tenant_id, 'x', 'thread.take_over', 'thread', thread_id::text, created_at +"
                           " interval '1 microsecond' from public.et_messages where id = %(out)s",
    "thread_scope_is_unique": "insert into public.thread_aliases (tenant_id, scope_key, thread_id) select"
                              " tenant_id, scope_key,"
                              " %(waiting_th)s from public.et_threads where id = %(th)s",
    "merged_has_no_identity": "update public.contacts set merged_into = %(other_c)s where id = %(c)s",
    "search_follows_policy": "update public.et_messages set search_vector = 'x' where id = %(out)s",
    "spending_is_the_sum": "update public.ai_calls set cost_usd = cost_usd + 1 where tenant_id = %(t)s",
    "decision_has_its_knowledge": "update public.inbound_decisions set knowledge_digest = sha256('x') where id = %(d)s",
    "receipt_is_applied": "insert into public.delivery_receipts (tenant_id, provider, event_id, kind, message_id)"
                          " values (%(t)s, 'p', 'e', 'read', %(out)s)",
    "quarantine_has_work": "delete from private.attachment_work where tenant_id = %(t)s",
    "released_was_checked": "update public.message_attachments set status = 'released' where tenant_id = %(t)s",
    "erased_is_empty": "update public.et_messages set body = 'x' where id = %(erased)s",
    "erased_leaves_nothing_beside": "insert into public.thread_notes (tenant_id, thread_id, note, author)"
                                    " select tenant_id, thread_id, 'x', 'user:x' from public.et_messages where id = %(erased)s",
    "erasure_has_work": "update private.erasures set finished_at = null where tenant_id = %(t)s",
    "seat_counts_its_unread": "update public.thread_participants set unread_count = 9 where thread_id = %(chat_th)s",
    "cursor_is_within_its_thread": "update public.thread_participants set last_delivered_seq = 9 where thread_id ="
                                   " %(chat_th)s",
    "people_meet_no_decider": "insert into private.inbound_work (tenant_id, thread_id, first_seq)"
                              " values (%(t)s, %(chat_th)s, 1)",
    "pair_is_two": "update public.thread_participants set contact_id = %(c)s where thread_id = %(chat_th)s",
    "reaction_has_its_people": "update public.et_messages set reactions = '{\"x\": [\"a\", \"a\"]}'"
                               " where thread_id = %(chat_th)s",
    "push_is_for_its_reader": "insert into private.notification_pushes (tenant_id, thread_id, message_ids, user_id)"
                              " select tenant_id, thread_id, array[id], sender_user_id from public.et_messages"
                              " where thread_id = %(chat_th)s",
    "award_is_one_accepted_bid": "update public.contractor_bids set status = 'rejected' where tenant_id = %(t)s",
    "market_parties_are_in_context": "delete from public.context_participants where tenant_id = %(t)s"
                                     " and context_id = %(booking)s",
    "stored_file_was_checked": "update public.message_attachments set status = 'released' where id = %(stored)s",
    "broadcast_is_counted": "update public.broadcasts set delivered = 9 where tenant_id = %(t)s",
    "stored_call_has_work": "delete from private.webhook_work where tenant_id = %(t)s",
    "judged_is_shown_stopped_or_held": "delete from public.blocked_messages_log where message_id = %(blocked)s",
    "blocked_is_on_record": "insert into public.blocked_messages_log (tenant_id, message_id, verdict_id, thread_id,"
                            " kinds, policy_version) select tenant_id, message_id, id, thread_id, kinds, policy_version"
                            " from public.moderation_verdicts where message_id = %(filtered)s",
    "waiting_has_work": "delete from private.moderation_work where message_id = %(waits)s",
    "masked_has_its_original": "delete from private.message_originals where message_id = %(filtered)s",
    "masked_is_not_what_was_written": "update public.et_messages as m set body = o.body, subject = o.subject from"
                                      " private.message_originals as o where m.id = %(filtered)s"
                                      " and o.message_id = m.id",
    "shown_was_judged": "with gone as (delete from public.moderation_verdicts where message_id = %(approved)s"
                        " returning message_id) update public.et_messages as m set created_at = m.created_at +"
                        " interval '1 hour' from gone where m.id = gone.message_id",
    "held_words_are_not_shown": "update public.projects as p set title = h.words #>> '{}' from public.held_words as h"
                                " where h.tenant_id = %(t)s and h.field = 'title' and p.id = h.row_id",
    "held_words_wait_or_were_refused": "delete from private.word_work where tenant_id = %(t)s",
    "held_name_is_not_shown": "with held as (update public.contacts as c set display_name = 'Call 555-0100', name_held = true"
                              " from public.et_threads as t where t.id = %(chat_th)s and c.tenant_id = t.tenant_id"
                              " and c.id = t.contact_id returning c.tenant_id, c.id, c.display_name, t.id as thread_id)"
                              " update public.thread_participants as p set title = h.display_name from held as h"
                              " where p.tenant_id = h.tenant_id and p.thread_id = h.thread_id and p.contact_id <> h.id",
    "expired_judgement_is_empty": "update private.verdict_documents as d set expired_at = now() from"
                                  " public.moderation_verdicts as v where v.message_id = %(filtered)s"
                                  " and d.verdict_id = v.id",
    "approved_reads_as_judged": "update public.et_messages set body = 'x' where id = %(approved)s",
    "held_for_a_person_is_in_the_queue": "delete from public.moderation_reviews where message_id = %(review)s",
    "escalated_once_per_cool_down": "insert into public.escalations (tenant_id, thread_id, message_id, lane, stage, rule,"
                                    " policy_version, signal, value, action, verdict_id, until) select v.tenant_id,"
                                    " %(th)s, v.message_id, 'people', 'before', 'angry', 1, 'score', 1, 'notify', v.id,"
                                    " now() + interval '1 hour' from public.moderation_verdicts as v"
                                    " where v.message_id in (%(approved)s, %(filtered)s)",
    "handed_over_is_not_answered": "insert into public.escalations (tenant_id, thread_id, message_id, lane, stage, rule,"
                                   " policy_version, signal, value, action, decision_id, until) select d.tenant_id,"
                                   " d.thread_id, d.reply_message_id, 'customers', 'after', 'angry', 1, 'score', 1,"
                                   " 'handover', d.id, now() + interval '1 hour' from public.inbound_decisions as d"
                                   " where d.id = %(d)s",
    "escalated_by_its_own_conversation": "insert into public.escalations (tenant_id, thread_id, message_id, lane, stage,"
                                         " rule, policy_version, signal, value, action, verdict_id, until)"
                                         " select v.tenant_id, %(th)s, v.message_id, 'people', 'before', 'angry', 1,"
                                         " 'score', 1, 'notify', v.id, now() + interval '1 hour'"
                                         " from public.moderation_verdicts as v where v.message_id = %(approved)s",
    "held_never_left": "update public.et_messages set moderation_status = 'blocked' where id = %(out)s",
}  # fmt: skip


@pytest.fixture(scope="module")
def healthy(module_world: World) -> tuple[Tenant, Row]:
    """A tenant with something of everything that an invariant is about, and the ids of it."""
    world = module_world
    tenant = world.tenant()
    done = world.answered(tenant)
    world.finish(world.claim_out()[0])
    claimed = world.arrive(tenant, "claimed@people.test")
    world.claim()
    waiting = world.arrive(tenant, "waiting@people.test")
    world.enqueue(waiting)
    call = {"purpose": "decision", "model": "m", "prompt_version": "p", "most_usd": 0.01}
    call_id = world.value("select private.reserve_ai_call(%s, %s)", tenant.id, Jsonb(call))
    world.value("select private.settle_ai_call(%s, %s, '{\"cost_usd\": 0.001}')", tenant.id, call_id)
    world.push(tenant.session)
    world.owner.execute(
        "insert into public.message_attachments (tenant_id, message_id, filename, content_type, size_bytes)"
        " values (%s, %s, 'a.txt', 'text/plain', 1)", [tenant.id, waiting["id"]],
    )  # fmt: skip
    gone = world.arrive(tenant, "gone@people.test")
    world.owner.execute("select private.begin_erasure(%s, %s, 'request')", [tenant.id, gone["sender_contact_id"]])
    while world.value("select private.continue_erasures(500)"):
        pass
    chat = Chat(world, tenant)
    talk = chat.start(*chat.pair(), body="Between us")
    ann, rob = chat.person("Ann"), chat.person("Rob", "provider")
    card = chat.call(ann, "create_bid_card", bid_card=Jsonb({"title": "x", "publish": True}), tenant_slug=tenant.slug)
    bid = chat.call(rob, "submit_bid", bid_card_id=uuid.UUID(card["id"]), bid=Jsonb({"amount": 1}))
    chat.call(ann, "set_bid_status", bid_id=uuid.UUID(bid["id"]), status="accepted")
    named = {"title": "x", "provider_id": str(rob.contact)}
    booking = chat.call(ann, "create_booking", booking=Jsonb(named), tenant_slug=tenant.slug)
    stored = chat.call(ann, "reserve_attachment", filename="a.png", content_type="image/png", size_bytes=1)
    world.rpc(tenant.people["owner"], tenant, "create_broadcast('Hello')")
    while world.value("select private.deliver_broadcasts(100)"):
        pass
    judged = Judged(world, {"people": {"before": {}, "after": {}}}, tenant=tenant)
    kim, lee = judged.pair()
    said = {what: uuid.UUID(judged.start(kim, lee, body=what)["message_id"])
            for what in ("approved", "filtered", "blocked", "review", "waits")}  # fmt: skip
    for what in ("approved", "filtered", "blocked", "review"):
        judged.judge(said[what], what)
    with over_rest(world):
        judged.call(kim, "create_project", project=Jsonb({"title": "Kitchen"}), tenant_slug=tenant.slug)
    ids = said | {
        "booking": booking["id"], "stored": stored["attachment_id"],
        "chat_th": talk["thread_id"], "erased": gone["id"], "t": tenant.id, "th": done["thread_id"], "d": done["decision_id"], "out": done["message_id"],
        "q": done["queue_id"], "waiting_th": waiting["thread_id"], "claimed_th": claimed["thread_id"],
        "c": waiting["sender_contact_id"], "other_c": claimed["sender_contact_id"],
    }  # fmt: skip
    return tenant, ids


def broken(admin: psycopg.Connection[Any]) -> set[str]:
    """Names of the invariants that have violations, as check_invariants() says."""
    return {row["invariant"] for row in admin.execute("select * from private.check_invariants()") if row["violations"]}


@pytest.mark.parametrize("name", sorted(CORRUPTIONS))
def test_it_fires_on_its_corruption(module_world: World, healthy: tuple[Tenant, Row], name: str) -> None:
    """Triggers off, one statement, rolled back afterwards."""
    _, ids = healthy
    with (
        module_world.database.connect("admin", row_factory=dict_row) as admin,
        admin.transaction(force_rollback=True),
    ):
        assert broken(admin) == set()
        admin.execute("set local session_replication_role = replica")
        assert admin.execute(CORRUPTIONS[name], ids).rowcount > 0, "the corruption found nothing to corrupt"
        assert name in broken(admin)


def test_every_invariant_has_a_corruption(world: World) -> None:
    """A new invariant comes with a proof that it can fail."""
    rows = world.all("select name, claim from private.invariants")
    assert {row["name"] for row in rows} == set(CORRUPTIONS) and all(row["claim"] for row in rows)


@pytest.mark.parametrize("change", [
    "preview = null where id = %(th)s", "closed_at = now() where id = %(th)s",
    "status = 'archived' where id = %(waiting_th)s", "status = 'snoozed', closed_at = now() where id = %(waiting_th)s",
])  # fmt: skip
def test_the_head_of_a_thread_has_no_slack(module_world: World, healthy: tuple[Tenant, Row], change: str) -> None:
    """A preview that is missing, a moment of closing too many or too few: each is seen."""
    _, ids = healthy
    with module_world.database.connect("admin", row_factory=dict_row) as admin, admin.transaction(force_rollback=True):
        admin.execute("set local session_replication_role = replica")
        before = broken(admin)
        admin.execute("update public.et_threads set " + change, ids)
        expected = "thread_preview_is_newest" if change.startswith("preview") else "closed_since_a_moment"
        assert broken(admin) - before == {expected}


def test_a_violation_comes_with_samples(module_world: World, healthy: tuple[Tenant, Row]) -> None:
    """At most five rows that break it, as JSON."""
    _, ids = healthy
    with module_world.database.connect("admin") as admin, admin.transaction(force_rollback=True):
        admin.execute("set local session_replication_role = replica")
        admin.execute(CORRUPTIONS["thread_head_is_true"], ids)
        row = admin.execute(
            "select violations, samples from private.check_invariants() where invariant = 'thread_head_is_true'"
        ).fetchone()
    assert row is not None and row[0] == 1
    assert json.loads(json.dumps(row[1]))[0]["id"] == str(ids["th"])


def test_rebuild_makes_the_work_rows_again(world: World) -> None:
    """Lost work rows are an index lost, not work lost: they are rebuilt from state and served."""
    tenant = world.tenant()
    first = world.arrive(tenant)
    world.arrive(tenant)
    sent = world.enqueue(first)
    claimed = world.arrive(tenant, "claimed@people.test")
    world.claim()
    world.owner.execute("delete from private.inbound_work")
    world.owner.execute("delete from private.outbound_work")
    assert set(world.violations(tenant)) >= {"undecided_has_work", "unfinished_dispatch_has_work"}
    world.owner.execute("select * from private.rebuild_work()")
    world.owner.execute("select * from private.rebuild_work()")
    assert {row["thread_id"] for row in world.claim(100)} >= {first["thread_id"], claimed["thread_id"]}
    assert sent["queue_id"] in {row["queue_id"] for row in world.claim_out(100)}
    assert world.violations(tenant) == {}
