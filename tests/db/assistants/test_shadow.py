"""A candidate sees what the live decider saw, and can do nothing with it."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from app.domain.replaying import digests, remember
from tests.db.helpers import Row, Tenant, World, refused


@pytest.fixture
def shadow(world: World) -> Iterator[psycopg.Connection[Any]]:
    """A plain connection as the role of the shadow worker."""
    with world.database.connect("parley_shadow", row_factory=dict_row) as connection:
        yield connection


def decided(world: World, tenant: Tenant, body: str = "Hello", sender: str = "ann@people.test", **more: Any) -> Row:
    """A message that was decided on as the inbound worker does it, with its input remembered."""
    arrived = world.arrive(tenant, sender, body)
    (claim,) = [row for row in world.claim() if row["thread_id"] == arrived["thread_id"]]
    context = world.worker.execute(
        "select private.decision_context(%s, %s, %s, %s) as c",
        [tenant.id, claim["thread_id"], claim["first_seq"], claim["last_seq"]],
    ).fetchone()["c"]  # type: ignore[index]
    kept = {"input": remember(context), "knowledge_digest": context["knowledge_digest"]}
    more = {"first_seq": context["first_seq"], **kept, **more}
    done = world.complete(claim, **more)
    return {**done, "context": context, "message_id": arrived["id"], "thread_id": arrived["thread_id"]}


def claim_shadow(connection: psycopg.Connection[Any], candidate: str = "rules", limit: int = 100) -> list[Row]:
    """What waits for a candidate."""
    return connection.execute("select * from private.claim_shadow(%s, 's1', %s)", [candidate, limit]).fetchall()


def test_the_role_cannot_write_a_message_or_a_send(world: World, shadow: psycopg.Connection[Any]) -> None:
    """Over a plain connection with everything it needs to know: refused by the database."""
    tenant = world.tenant()
    row = world.arrive(tenant)
    shadow.execute("select set_config('parley.tenant_id', %s, false)", [str(tenant.id)])
    for statement in (
        "insert into public.et_messages (tenant_id, thread_id, channel, direction, delivery_status, sender_kind, sender,"
        " body, control_epoch, based_on_seq) values (%(t)s, %(th)s, 'email', 'outbound', 'queued', 'ai', 'ai', 'hi', 1, 1)",
        "insert into public.et_outbound_queue (tenant_id, message_id, thread_id, channel, recipient)"
        " values (%(t)s, %(m)s, %(th)s, 'email', 'ann@people.test')",
        "insert into private.outbound_work (tenant_id, queue_id, run_at) values (%(t)s, %(m)s, now())",
        "update public.et_messages set body = 'x'",
        "update public.et_threads set control = 'ai'",
        "delete from public.inbound_decisions",
        "insert into public.shadow_decisions (tenant_id, decision_id, candidate) values (%(t)s, %(m)s, 'x')",
        "insert into public.suppressions (tenant_id, kind, address, scope, reason) values (%(t)s, 'email', 'a', 'all', 'x')",
        "insert into public.notifications (tenant_id, kind, title) values (%(t)s, 'x', 'x')",
        "select * from public.et_messages", "select * from public.contacts", "select * from private.channel_secrets",
        "select * from private.decision_knowledge", "select * from public.inbound_decisions",
        "select private.enqueue_outbound(%(t)s, %(th)s, 'hi', 'ai', 'ai', '{}')",
        "select private.complete_inbound(%(t)s, %(th)s, 1, 1, '{}')",
        "select private.claim_inbound('x', 1)", "select private.mark_send_started(%(t)s, %(m)s, 1)",
        "select public.send_message(%(th)s, 'hi')", "select private.rebuild_work()",
        "select private.replay_context(%(t)s, %(m)s)",
        "set role postgres", "set role service_role", "set role parley_worker", "create table public.x ()",
    ):  # fmt: skip
        with refused("42501"), shadow.transaction():
            shadow.execute(statement, {"t": tenant.id, "th": row["thread_id"], "m": row["id"]})
    assert world.value("select count(*) from public.et_messages where tenant_id = %s", tenant.id) == 1
    assert world.value("select count(*) from public.et_outbound_queue where tenant_id = %s", tenant.id) == 0


def test_the_role_may_call_four_functions(world: World) -> None:
    """Nothing else in private or public is executable by it, no table readable."""
    rows = world.all(
        "select p.proname as name from pg_proc as p where p.pronamespace in ('public'::regnamespace,"
        " 'private'::regnamespace) and p.prokind = 'f' and has_function_privilege('parley_shadow', p.oid, 'execute')"
        " order by 1"
    )
    assert [row["name"] for row in rows] == ["claim_shadow", "complete_shadow", "reserve_ai_call", "settle_ai_call"]
    tables = world.all(
        "select c.relname as name from pg_class as c where c.relkind in ('r', 'v', 'S') and c.relnamespace in"
        " ('public'::regnamespace, 'private'::regnamespace)"
        " and (has_table_privilege('parley_shadow', c.oid, 'select,insert,update,delete'))"
    )
    assert tables == []


def test_a_candidate_gets_the_input_of_the_live_decision(world: World, shadow: psycopg.Connection[Any]) -> None:
    """Burst, history, knowledge, moment and name, member for member, also after the knowledge changed."""
    tenant = world.tenant()
    decided(world, tenant, "first", "bob@people.test")
    world.owner.execute(
        "insert into public.faq_entries (tenant_id, question, keywords, answer) values (%s, 'q', '{k}', 'old')", [tenant.id]
    )  # fmt: skip
    done = decided(world, tenant, "second", "bob@people.test")
    world.owner.execute("update public.faq_entries set answer = 'new' where tenant_id = %s", [tenant.id])
    world.owner.execute("update public.contacts set display_name = 'Robert' where tenant_id = %s", [tenant.id])
    rows = {str(row["decision_id"]): row for row in claim_shadow(shadow) if row["tenant_id"] == tenant.id}
    context = rows[done["decision_id"]]["context"]
    for member in ("tenant_id", "case_id", "channel", "now", "burst", "history", "knowledge", "contact_name",
                   "contact_locale"):  # fmt: skip
        assert context[member] == done["context"][member], member
    assert context["knowledge"]["faqs"][0]["answer"] == "old"
    assert digests(context) == context["digests"]
    assert context["changed"] == []


def test_an_edited_message_is_told(world: World, shadow: psycopg.Connection[Any]) -> None:
    """The digest of the burst differs, and the message that was edited is named."""
    tenant = world.tenant()
    done = decided(world, tenant, "as it was")
    world.owner.execute(
        "update public.et_messages set body = 'as it is', edited_at = now() where id = %s", [done["message_id"]]
    )
    (row,) = [row for row in claim_shadow(shadow) if row["tenant_id"] == tenant.id]
    context = row["context"]
    assert digests(context)["burst"] != context["digests"]["burst"]
    assert digests(context)["history"] == context["digests"]["history"]
    assert [(one["seq"], one["what"]) for one in context["changed"]] == [(1, "edited")]


def test_each_decision_is_judged_once_by_each_candidate(world: World, shadow: psycopg.Connection[Any]) -> None:
    """Two workers share the work; a dead one's comes back; a second candidate sees everything again."""
    tenant = world.tenant()
    for number in range(6):
        decided(world, tenant, f"m{number}", f"p{number}@people.test")

    def mine(rows: list[Row]) -> set[str]:
        return {str(row["decision_id"]) for row in rows if row["tenant_id"] == tenant.id}

    claimed = world.together(3, lambda connection, _: mine(claim_shadow(connection)), role="parley_shadow")
    assert sum(len(one) for one in claimed) == 6 and len(set().union(*claimed)) == 6
    assert mine(claim_shadow(shadow)) == set()
    world.owner.execute("update public.shadow_decisions set lease_until = now() - interval '1 s' where tenant_id = %s", [tenant.id])  # fmt: skip
    again = claim_shadow(shadow)
    assert len(mine(again)) == 6
    for row in again:
        if row["tenant_id"] == tenant.id:
            result = {"action": "no_reply", "intent": "x", "confidence": 0.5, "reply_digest": "ab", "cost_usd": 0.001}
            answer = shadow.execute(
                "select private.complete_shadow(%s, %s, 'rules', %s, %s) as r",
                [row["tenant_id"], row["decision_id"], row["fence"], Jsonb(result)],
            ).fetchone()
            assert answer == {"r": "recorded"}
    world.owner.execute("update public.shadow_decisions set lease_until = now() - interval '1 s' where tenant_id = %s", [tenant.id])  # fmt: skip
    assert mine(claim_shadow(shadow)) == set()
    assert len(mine(claim_shadow(shadow, "anthropic"))) == 6
    stale = shadow.execute(
        "select private.complete_shadow(%s, %s, 'rules', 0, '{}') as r",
        [again[0]["tenant_id"], again[0]["decision_id"]],
    ).fetchone()
    assert stale == {"r": "lost"}


def test_decisions_without_a_decider_are_not_judged(world: World, shadow: psycopg.Connection[Any]) -> None:
    """Somebody was in control, the contact was blocked, the handler failed: there is nothing to compare."""
    tenant = world.tenant()
    decided(world, tenant, input=None, decider="none")
    assert [row for row in claim_shadow(shadow) if row["tenant_id"] == tenant.id] == []


def test_knowledge_is_kept_once_per_content(world: World) -> None:
    """A hundred decisions with the same knowledge keep one copy; a change adds one."""
    tenant = world.tenant()
    count = "select count(*) from private.decision_knowledge where tenant_id = %s"
    for number in range(5):
        decided(world, tenant, sender=f"p{number}@people.test")
    assert world.value(count, tenant.id) == 1
    world.configure(tenant, confidence_threshold=0.7)
    decided(world, tenant, sender="last@people.test")
    assert world.value(count, tenant.id) == 2
    assert world.violations(tenant) == {}


def test_no_text_of_a_message_is_kept_twice(world: World, shadow: psycopg.Connection[Any]) -> None:
    """Neither the decision nor the shadow holds what was written or would have been answered."""
    tenant = world.tenant()
    needle = "needle-" + "x" * 40
    done = decided(world, tenant, needle)
    (row,) = [row for row in claim_shadow(shadow) if row["tenant_id"] == tenant.id]
    assert needle in row["context"]["burst"][0]["text"]
    for table in (
        "public.inbound_decisions",
        "public.shadow_decisions",
        "private.decision_knowledge",
        "public.ai_calls",
    ):
        assert world.value(f"select count(*) from {table} as t where to_jsonb(t)::text like %s", f"%{needle}%") == 0
    assert world.one("select input from public.inbound_decisions where id = %s", done["decision_id"])["input"][
        "digests"
    ]


def test_old_shadows_expire(world: World, shadow: psycopg.Connection[Any]) -> None:
    """After ninety days, by the housekeeper's hand."""
    tenant = world.tenant()
    decided(world, tenant)
    claim_shadow(shadow)
    world.owner.execute("update public.shadow_decisions set created_at = now() - interval '91 days' where tenant_id = %s", [tenant.id])  # fmt: skip
    world.worker.execute("select private.expire_shadows()")
    assert world.value("select count(*) from public.shadow_decisions where tenant_id = %s", tenant.id) == 0
