"""A batch leaves behind exactly what its messages leave when they are inserted one by one."""

import random
from typing import Any

import psycopg
import pytest

from tests.db.ingest_messages.conftest import Tenant, for_tenant, make_tenant, random_batch

STATE = {
    "messages": """
        select m.external_message_id, m.seq, m.rev, m.body, m.subject, m.sender_address, m.sender_name, m.direction,
          m.delivery_status, m.sender_kind, m.auto_class, m.spam_score, m.reference_ids, m.content_digest, m.language,
          m.message_type, m.metadata, m.moderation_status, m.staff_readable, m.search_vector::text, m.feed_epoch,
          m.sender = 'contact:' || m.sender_contact_id, c.display_name, i.address, f.external_message_id as thread
        from public.et_messages as m
        join public.contacts as c on c.tenant_id = m.tenant_id and c.id = m.sender_contact_id
        join public.contact_identities as i on i.tenant_id = m.tenant_id and i.contact_id = c.id
        join public.et_messages as f on f.tenant_id = m.tenant_id and f.thread_id = m.thread_id and f.seq = 1
        where m.tenant_id = %s order by 1""",
    "threads": """
        select f.external_message_id, t.channel, t.scope_rule, t.subject, t.folder, t.status, t.snoozed_until,
          t.control, t.control_epoch, t.last_seq, t.last_rev, t.last_inbound_seq, t.unread_count, t.last_direction,
          t.preview, t.last_message_at is not null
        from public.et_threads as t
        join public.et_messages as f on f.tenant_id = t.tenant_id and f.thread_id = t.id and f.seq = 1
        where t.tenant_id = %s order by 1""",
    "work": """
        select f.external_message_id, w.first_seq, w.lease_until, w.attempts
        from private.inbound_work as w
        join public.et_messages as f on f.tenant_id = w.tenant_id and f.thread_id = w.thread_id and f.seq = 1
        where w.tenant_id = %s order by 1""",
    "contacts": """
        select i.kind, i.address, c.display_name, c.kind from public.contact_identities as i
        join public.contacts as c on c.tenant_id = i.tenant_id and c.id = i.contact_id
        where i.tenant_id = %s order by 1, 2""",
}


def state(owner: psycopg.Connection[Any], tenant: Tenant) -> dict[str, list[Any]]:
    """Everything the messages of a tenant left behind, without ids and times."""
    return {name: owner.execute(query, [tenant.id]).fetchall() for name, query in STATE.items()}


def insert_one_by_one(owner: psycopg.Connection[Any], messages: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """(seq, duplicate) per message, through plain INSERTs."""
    outcomes = []
    for row in messages:
        columns = ", ".join([*row, "direction"])
        values = ", ".join(["%s"] * len(row))
        made = owner.execute(
            f"insert into public.et_messages ({columns}) values ({values}, 'inbound') returning seq", list(row.values())
        ).fetchone()
        outcomes.append((made[0] if made else None, made is None))
    return outcomes


@pytest.mark.parametrize("seed", range(24))
def test_random_batches(owner: psycopg.Connection[Any], ingest: Any, seed: int) -> None:
    """Duplicates, reused ids, new people, both scope rules, spam, lists, closed threads: both ways end alike."""
    random_ = random.Random(seed)
    rule, search = (
        random_.choice(["channel_contact", "channel_contact", "email_reference"]),
        random_.choice(["none", "full"]),
    )
    one, other = (make_tenant(owner, rule=rule, search=search) for _ in range(2))
    for _ in range(3):
        batch = random_batch(random_, random_.randint(1, 30))
        got = [(seq, duplicate) for _, _, _, seq, duplicate in ingest(for_tenant(one, batch))]
        assert got == insert_one_by_one(owner, for_tenant(other, batch))
        assert state(owner, one) == state(owner, other)
        for tenant in (one, other):
            owner.execute(
                "update public.et_threads set status = 'closed', closed_at = now() where tenant_id = %s and last_seq %% 2 = 1",
                [tenant.id],
            )
            owner.execute("delete from private.inbound_work where tenant_id = %s and first_seq > 1", [tenant.id])


def test_clean_batches_take_the_set_based_way(owner: psycopg.Connection[Any]) -> None:
    """Plain new messages and plain repetitions are told apart as a set; a reused id sends the batch row by row."""
    tenant = make_tenant(owner)
    clean = for_tenant(tenant, [{"external_id": f"c{n % 3}", "address": "a@x.test"} for n in range(5)])
    reused = for_tenant(tenant, [{"external_id": "r", "address": "a@x.test", "body": body} for body in ("1", "2")])
    import json

    def new_rows(messages: list[dict[str, Any]]) -> Any:
        row = owner.execute(
            "select private.new_inbound_rows(private.inbound_rows(%s))", [json.dumps(messages)]
        ).fetchone()
        return row[0] if row else None

    assert new_rows(clean) == [1, 2, 3]
    assert new_rows(reused) is None
